"""What a hostile hand changes in one field of one object: a row is a name, a kind, a path and a change.

A path goes down by `/`; `*` is each item or value, `**` any depth, and `!` at the end of a part reads the text there as YAML.
A change is a function of the old value that gives the new one; GONE takes the field away; OBJECT as the path is the whole object.
"""

import re

GONE = object()
OBJECT = ""


def be(new):
    """Another value, whatever stood there."""
    return lambda old: new if new != old else GONE


def gone(_):
    return GONE


def times(factor):
    return lambda old: type(old)(old * factor) if isinstance(old, (int, float)) and not isinstance(old, bool) else old


def more(text):
    return lambda old: str(old) + text


def sub(pattern, new):
    return lambda old: re.sub(pattern, new, old, count=1) if isinstance(old, str) else old


def with_(**fields):
    return lambda old: {**old, **fields} if isinstance(old, dict) else old


def plus(*items):
    return lambda old: old + list(items) if isinstance(old, list) else old


def first(old):
    """Without its first item."""
    return old[1:] or GONE


def flag(name, new):
    """Another value of a flag in a list of arguments."""

    def change(old):
        if name in old and old.index(name) + 1 < len(old):
            place = old.index(name) + 1
            return old[:place] + [new(old[place]) if callable(new) else new] + old[place + 1 :]
        return [f"{name}={new(a.split('=', 1)[1]) if callable(new) else new}" if a.startswith(name + "=") else a for a in old]

    return change


def unflag(name):
    def change(old):
        if name in old:
            place = old.index(name)
            return old[:place] + old[place + 2 :]
        return [a for a in old if not a.startswith(name + "=")]

    return change


POD = "spec/template/spec"
BOX = POD + "/containers/*"
WORK = "Deployment StatefulSet"
LITELLM = "data/config.yaml!"
VALUES = "values"
CHART = VALUES + "/proxy_config"
EPP = "data/config.yaml!"
LOCK = "spec/traffic/apiKeyAuthentication"
JWT = "spec/traffic/jwtAuthentication"

DELETED = """NetworkPolicy AgentgatewayPolicy HTTPRoute Gateway AgentgatewayParameters AgentgatewayBackend InferencePool Service ConfigMap
Deployment ServiceAccount Role RoleBinding ExternalSecret ClusterSecretStore SecretStore Cluster ObjectStore ScheduledBackup ScaledObject
PersistentVolumeClaim Namespace Application AppProject Job ImageCatalog Certificate Guard AiGateway ToolServer ToolRoute GuardProvider Agent""".split()

BREAKS = [(f"deleted {kind}", kind, OBJECT, gone) for kind in DELETED] + [
    # Locks, limits, tokens.
    ("lock gone", "AgentgatewayPolicy", LOCK, gone),
    ("lock optional", "AgentgatewayPolicy", LOCK + "/mode", be("Optional")),
    ("lock on another Secret", "AgentgatewayPolicy", LOCK + "/secretRef/name", more("-old")),
    ("jwt gone", "AgentgatewayPolicy", JWT, gone),
    ("jwt optional", "AgentgatewayPolicy", JWT + "/mode", be("Optional")),
    ("jwt permissive", "AgentgatewayPolicy", JWT + "/mode", be("Permissive")),
    ("jwt mode gone", "AgentgatewayPolicy", JWT + "/mode", gone),
    ("jwt issuer", "AgentgatewayPolicy", JWT + "/providers/*/issuer", be("https://accounts.example.org")),
    ("jwt issuer slash", "AgentgatewayPolicy", JWT + "/providers/*/issuer", more("/")),
    ("jwt audiences gone", "AgentgatewayPolicy", JWT + "/providers/*/audiences", gone),
    ("jwt audience", "AgentgatewayPolicy", JWT + "/providers/*/audiences", be(["another"])),
    ("jwks path", "AgentgatewayPolicy", JWT + "/**/jwksPath", be("/keys.json")),
    ("jwks port", "AgentgatewayPolicy", JWT + "/**/backendRef/port", be(5557)),
    ("jwks Service", "AgentgatewayPolicy", JWT + "/**/backendRef/name", more("-x")),
    ("jwks namespace", "AgentgatewayPolicy", JWT + "/**/backendRef/namespace", gone),
    ("require gone", "AgentgatewayPolicy", "spec/traffic/authorization", gone),
    ("require allow", "AgentgatewayPolicy", "spec/traffic/authorization/action", be("Allow")),
    ("require deny", "AgentgatewayPolicy", "spec/traffic/authorization/action", be("Deny")),
    ("require less", "AgentgatewayPolicy", "spec/traffic/authorization/policy/matchExpressions", first),
    ("require true", "AgentgatewayPolicy", "spec/traffic/authorization/policy/matchExpressions", be(["true"])),
    ("require issuer", "AgentgatewayPolicy", "spec/traffic/authorization/policy/matchExpressions/*", sub("5556", "5557")),
    ("rate limit gone", "AgentgatewayPolicy", "spec/traffic/rateLimit", gone),
    ("rate limit by orders", "AgentgatewayPolicy", "spec/traffic/rateLimit/local/*/requests", times(10000)),
    ("rate limit burst", "AgentgatewayPolicy", "spec/traffic/rateLimit/local/*/burst", times(10000)),
    ("rate limit unit", "AgentgatewayPolicy", "spec/traffic/rateLimit/local/*/unit", be("Hours")),
    ("policy on another target", "AgentgatewayPolicy", "spec/targetRefs/*/name", more("-x")),
    ("policy on another kind", "AgentgatewayPolicy", "spec/targetRefs/*/kind", be("GRPCRoute")),
    ("policy namespace", "AgentgatewayPolicy", "metadata/namespace", be("default")),
    ("body limit gone", "AgentgatewayPolicy", "spec/frontend/http/maxBufferSize", gone),
    ("body limit tiny", "AgentgatewayPolicy", "spec/frontend/http/maxBufferSize", be("16Ki")),
    ("header phase", "AgentgatewayPolicy", "spec/traffic/phase", gone),
    ("header name", "AgentgatewayPolicy", "spec/traffic/transformation/request/set/*/name", more("-X")),
    ("header by caller", "AgentgatewayPolicy", "spec/traffic/transformation/request/set/*/value", be('request.headers["x-model"]')),
    ("header adds", "AgentgatewayPolicy", "spec/traffic/transformation/request", lambda old: {"add": old["set"]} if "set" in old else old),
    ("header model lost", "AgentgatewayPolicy", "spec/traffic/transformation/request/set/*/value", sub(r'"[^"]+":"[^"]+",?', "")),
    ("header to another model", "AgentgatewayPolicy", "spec/traffic/transformation/request/set/*/value", sub(r':"[^"]+"', ':"other"')),
    ("header gone", "AgentgatewayPolicy", "spec/traffic/transformation", gone),
    ("tracing sampling", "AgentgatewayPolicy", "spec/frontend/tracing/randomSampling", be("maybe")),
    ("tracing port", "AgentgatewayPolicy", "spec/frontend/tracing/backendRef/port", be(4318)),
    ("tracing protocol", "AgentgatewayPolicy", "spec/frontend/tracing/protocol", be("HTTP")),
    # Backends.
    ("mcp authorization gone", "AgentgatewayBackend", "spec/policies/mcp/authorization", gone),
    ("mcp authorization deny", "AgentgatewayBackend", "spec/policies/mcp/authorization/action", be("Deny")),
    ("mcp authorization all", "AgentgatewayBackend", "spec/policies/mcp/authorization/policy/matchExpressions", be(["true"])),
    ("mcp tool added", "AgentgatewayBackend", "spec/policies/mcp/authorization/policy/matchExpressions/*", sub(r"\]", ', "get-env"]')),
    ("mcp other Services", "AgentgatewayBackend", "spec/mcp/targets/*/selector/services/matchLabels/*", more("-x")),
    ("mcp all Services", "AgentgatewayBackend", "spec/mcp/targets/*/selector/services", gone),
    ("backend model gone", "AgentgatewayBackend", "spec/ai/provider/*/model", gone),
    ("backend model", "AgentgatewayBackend", "spec/ai/provider/*/model", be("claude-opus-4-8")),
    ("backend auth gone", "AgentgatewayBackend", "spec/policies/auth", gone),
    ("backend auth Secret", "AgentgatewayBackend", "spec/policies/auth/secretRef/name", more("-x")),
    ("backend passthrough", "AgentgatewayBackend", "spec/policies/auth", be({"passthrough": {}})),
    ("backend tls gone", "AgentgatewayBackend", "spec/policies/tls", gone),
    # Routes, Gateway, pools.
    ("route path", "HTTPRoute", "spec/rules/*/matches/*/path/value", more("-x")),
    ("route path all", "HTTPRoute", "spec/rules/*/matches/*/path/value", be("/")),
    ("route no matches", "HTTPRoute", "spec/rules/*/matches", gone),
    ("route path type", "HTTPRoute", "spec/rules/*/matches/*/path/type", lambda old: "Exact" if old == "PathPrefix" else "PathPrefix"),
    ("route headers gone", "HTTPRoute", "spec/rules/*/matches/*/headers", gone),
    ("route a header less", "HTTPRoute", "spec/rules/*/matches/*/headers", lambda old: old[:-1] or GONE),
    ("route header name", "HTTPRoute", "spec/rules/*/matches/*/headers/*/name", more("-X")),
    ("route header value", "HTTPRoute", "spec/rules/*/matches/*/headers/*/value", more("-x")),
    ("route header regex", "HTTPRoute", "spec/rules/*/matches/*/headers/*", lambda old: {**old, "type": "RegularExpression", "value": ".*"}),
    ("route rewrite gone", "HTTPRoute", "spec/rules/*/filters", gone),
    ("route rewrite", "HTTPRoute", "spec/rules/*/filters/**/replacePrefixMatch", be("/v2")),
    ("route weight 0", "HTTPRoute", "spec/rules/*/backendRefs/*/weight", be(0)),
    ("route no backends", "HTTPRoute", "spec/rules/*/backendRefs", gone),
    ("route backend kind", "HTTPRoute", "spec/rules/*/backendRefs/*/kind", be("Service")),
    ("route backend group", "HTTPRoute", "spec/rules/*/backendRefs/*/group", be("inference.networking.x-k8s.io")),
    ("route another backend", "HTTPRoute", "spec/rules/*/backendRefs/*/name", more("-x")),
    ("route timeout seconds", "HTTPRoute", "spec/rules/*/timeouts/request", be("5s")),
    ("route timeout ms", "HTTPRoute", "spec/rules/*/timeouts/request", lambda old: old[:-1] + "ms"),
    ("route timeout gone", "HTTPRoute", "spec/rules/*/timeouts", gone),
    ("route timeout off", "HTTPRoute", "spec/rules/*/timeouts/request", be("0s")),
    ("route parent", "HTTPRoute", "spec/parentRefs/*/name", more("-x")),
    ("route parent namespace", "HTTPRoute", "spec/parentRefs/*/namespace", be("default")),
    ("route section", "HTTPRoute", "spec/parentRefs/*/sectionName", be("https")),
    ("route hostnames", "HTTPRoute", "spec", with_(hostnames=["llm.example.com"])),
    ("listener port", "Gateway", "spec/listeners/*/port", be(8080)),
    ("listener protocol", "Gateway", "spec/listeners/*/protocol", be("TCP")),
    ("listener hostname", "Gateway", "spec/listeners/*", with_(hostname="llm.example.com")),
    ("listener all", "Gateway", "spec/listeners/*/allowedRoutes/namespaces", be({"from": "All"})),
    ("listener same", "Gateway", "spec/listeners/*/allowedRoutes/namespaces", be({"from": "Same"})),
    ("listener less", "Gateway", "spec/listeners/*/allowedRoutes/namespaces/selector/matchExpressions/*/values", first),
    ("listener not in", "Gateway", "spec/listeners/*/allowedRoutes/namespaces/selector/matchExpressions/*/operator", be("NotIn")),
    ("gateway class", "Gateway", "spec/gatewayClassName", more("-x")),
    ("gateway parameters gone", "Gateway", "spec/infrastructure", gone),
    ("gateway LoadBalancer", "AgentgatewayParameters", "spec/service/spec/type", be("LoadBalancer")),
    ("gateway Service gone", "AgentgatewayParameters", "spec/service", gone),
    ("gateway shutdown", "AgentgatewayParameters", "spec/shutdown", gone),
    ("gateway shutdown short", "AgentgatewayParameters", "spec/shutdown/max", be(11)),
    ("gateway no replicas", "AgentgatewayParameters", "spec/deployment/spec/replicas", be(0)),
    ("pool open", "InferencePool", "spec/endpointPickerRef/failureMode", be("FailOpen")),
    ("pool picker", "InferencePool", "spec/endpointPickerRef/name", more("-x")),
    ("pool picker port", "InferencePool", "spec/endpointPickerRef/port/number", be(9003)),
    ("pool picker kind", "InferencePool", "spec/endpointPickerRef/kind", be("Deployment")),
    ("pool port", "InferencePool", "spec/targetPorts/*/number", be(8001)),
    ("pool selector wide", "InferencePool", "spec/selector/matchLabels/app.kubernetes.io~1name", gone),
    ("pool selector", "InferencePool", "spec/selector/matchLabels/*", more("-x")),
    ("pool app protocol", "InferencePool", "spec/appProtocol", be("kubernetes.io/h2c")),
    # The picker.
    ("epp pool name", WORK, BOX + "/args", flag("--pool-name", more("-x"))),
    ("epp pool name gone", WORK, BOX + "/args", unflag("--pool-name")),
    ("epp pool namespace", WORK, BOX + "/args", flag("--pool-namespace", "inference")),
    ("epp pool group", WORK, BOX + "/args", flag("--pool-group", "inference.networking.x-k8s.io")),
    ("epp config file", WORK, BOX + "/args", flag("--config-file", "/config/other.yaml")),
    ("epp no config", WORK, BOX + "/args", unflag("--config-file")),
    ("epp secure metrics", WORK, BOX + "/args", flag("--metrics-endpoint-auth", "true")),
    ("epp replicas", "Deployment@epp", "spec/replicas", be(0)),
    ("epp plugin type", "ConfigMap", EPP + "/plugins/*/type", more("-x")),
    ("epp plugin gone", "ConfigMap", EPP + "/plugins", first),
    ("epp plugin ref", "ConfigMap", EPP + "/schedulingProfiles/*/plugins/*/pluginRef", more("-x")),
    ("epp weight negative", "ConfigMap", EPP + "/schedulingProfiles/*/plugins/*/weight", be(-1)),
    ("epp no profiles", "ConfigMap", EPP + "/schedulingProfiles", be([])),
    ("epp api version", "ConfigMap", EPP + "/apiVersion", be("inference.networking.k8s.io/v1")),
    ("epp kind", "ConfigMap", EPP + "/kind", more("s")),
    ("epp feature gate", "ConfigMap", EPP + "/featureGates", gone),
    ("epp unknown gate", "ConfigMap", EPP + "/featureGates/*", more("s")),
    ("epp request ttl", "ConfigMap", EPP + "/flowControl/defaultRequestTTL", be("2s")),
    # vLLM.
    ("vllm model name", WORK, BOX + "/args", flag("--served-model-name", more("-x"))),
    ("vllm model", "Deployment@model-server", BOX + "/args/0", be("gpt2")),
    ("vllm port", WORK, BOX + "/args", flag("--port", "9000")),
    ("vllm length", "Deployment@model-server", BOX + "/args", flag("--max-model-len", "8")),
    ("vllm no usage", "Deployment@model-server", BOX + "/args", lambda old: [a for a in old if a != "--enable-force-include-usage"]),
    ("vllm lora off", "Deployment@model-server", BOX + "/args", lambda old: [a for a in old if a != "--enable-lora"]),
    ("vllm lora name", "Deployment@model-server", BOX + "/args/*", sub('"name":"[^"]+"', '"name":"other"')),
    ("vllm lora rank", "Deployment@model-server", BOX + "/args", flag("--max-lora-rank", "7")),
    ("vllm unknown flag", "Deployment@model-server", BOX + "/args", plus("--enable-everything")),
    ("vllm key", "Deployment@model-server", BOX + "/args", plus("--api-key", "abc")),
    ("vllm gpu gone", "Deployment@model-server", BOX + "/resources/limits/nvidia.com~1gpu", gone),
    ("vllm command", "Deployment@model-server", BOX + "/command", be(["vllm", "bench"])),
    # Pods.
    ("replicas 0", WORK, "spec/replicas", be(0)),
    ("privileged", WORK, BOX + "/securityContext", with_(privileged=True)),
    ("escalation", WORK, BOX + "/securityContext/allowPrivilegeEscalation", be(True)),
    ("capabilities kept", WORK, BOX + "/securityContext/capabilities", gone),
    ("capability added", WORK, BOX + "/securityContext/capabilities", with_(add=["SYS_ADMIN"])),
    ("writable root", WORK, BOX + "/securityContext/readOnlyRootFilesystem", be(False)),
    ("security context gone", WORK, BOX + "/securityContext", gone),
    ("pod security context gone", WORK, POD + "/securityContext", gone),
    ("root", WORK, POD + "/securityContext/runAsUser", be(0)),
    ("root in container", WORK, BOX + "/securityContext", with_(runAsUser=0, runAsNonRoot=True)),
    ("may be root", WORK, POD + "/securityContext/runAsNonRoot", be(False)),
    ("seccomp off", WORK, POD + "/securityContext/seccompProfile/type", be("Unconfined")),
    ("host network", WORK, POD, with_(hostNetwork=True)),
    ("host pid", WORK, POD, with_(hostPID=True)),
    ("host path", WORK, POD, lambda old: {**old, "volumes": old.get("volumes", []) + [{"name": "host", "hostPath": {"path": "/"}}]}),
    ("volume is hostPath", WORK, POD + "/volumes/*", lambda old: {"name": old["name"], "hostPath": {"path": "/var/lib"}}),
    ("token mounted", WORK, POD + "/automountServiceAccountToken", be(True)),
    ("token not mounted", "Deployment@epp", POD + "/automountServiceAccountToken", be(False)),
    ("account", WORK, POD + "/serviceAccountName", be("default")),
    ("account gone", WORK, POD + "/serviceAccountName", gone),
    ("image empty tag", WORK, BOX + "/image", sub(r":[^:/]+$", "")),
    ("image latest", WORK, BOX + "/image", sub(r":[^:/]+$", ":latest")),
    ("image gone", WORK, BOX + "/image", gone),
    ("port number", WORK, BOX + "/ports/*/containerPort", times(2)),
    ("port name", WORK, BOX + "/ports/*/name", more("x")),
    ("port udp", WORK, BOX + "/ports/*/protocol", be("UDP")),
    ("probe path", WORK, BOX + "/readinessProbe/httpGet/path", more("/x")),
    ("probe port", WORK, BOX + "/readinessProbe/*/port", be("other")),
    ("probe port number", WORK, BOX + "/readinessProbe/*/port", be(1)),
    ("probe scheme", WORK, BOX + "/readinessProbe/httpGet", with_(scheme="HTTPS")),
    ("probe service", WORK, BOX + "/readinessProbe/grpc/service", be("other")),
    ("readiness gone", WORK, BOX + "/readinessProbe", gone),
    ("startup gone", WORK, BOX + "/startupProbe", gone),
    ("startup short", WORK, BOX + "/startupProbe/failureThreshold", be(1)),
    ("grace short", WORK, POD + "/terminationGracePeriodSeconds", be(1)),
    ("grace gone", WORK, POD + "/terminationGracePeriodSeconds", gone),
    ("env Secret", "Deployment Job", POD + "/*/*/env/*/valueFrom/secretKeyRef/name", more("-x")),
    ("env key", "Deployment Job", POD + "/*/*/env/*/valueFrom/secretKeyRef/key", more("_X")),
    ("env literal", "Deployment Job", POD + "/*/*/env/*", lambda old: {"name": old["name"], "value": "changeme"} if "valueFrom" in old else old),
    ("env optional", "Deployment Job", POD + "/*/*/env/*/valueFrom/secretKeyRef", with_(optional=True)),
    ("env name", "Deployment Job", POD + "/*/*/env/*", lambda old: {**old, "name": old["name"] + "_X"} if "secretKeyRef" in old.get("valueFrom", {}) else old),
    ("env all gone", "Deployment Job", POD + "/containers/*/env", gone),
    ("mount gone", WORK, BOX + "/volumeMounts", gone),
    ("config mount gone", WORK, BOX + "/volumeMounts", lambda old: [m for m in old if m["name"] != "config"] or GONE),
    ("mount elsewhere", WORK, BOX + "/volumeMounts/*/mountPath", more("-x")),
    ("mount volume", WORK, BOX + "/volumeMounts/*/name", more("-x")),
    ("volumes gone", WORK, POD + "/volumes", gone),
    ("volume another ConfigMap", WORK, POD + "/volumes/*/configMap/name", more("-x")),
    ("volume another claim", WORK, POD + "/volumes/*/persistentVolumeClaim/claimName", more("-x")),
    ("memory request above limit", WORK, BOX + "/resources/requests/memory", be("64Gi")),
    ("memory tiny", WORK, BOX + "/resources", be({"requests": {"memory": "1Mi"}, "limits": {"memory": "1Mi"}})),
    ("memory milli", WORK, BOX + "/resources/limits/memory", be("512m")),
    ("strategy", "Deployment@model-server", "spec/strategy/type", be("RollingUpdate")),
    ("selector", WORK, "spec/selector/matchLabels/*", more("-x")),
    ("pod label", WORK, "spec/template/metadata/labels/app.kubernetes.io~1name", more("-x")),
    ("component label", WORK, "spec/template/metadata/labels/app.kubernetes.io~1component", more("-x")),
    ("args gone", WORK, BOX + "/args", gone),
    ("listen loopback", WORK, BOX + "/args", plus("--host", "127.0.0.1")),
    # Services, policies, rights.
    ("service LoadBalancer", "Service", "spec/type", be("LoadBalancer")),
    ("service NodePort", "Service", "spec/type", be("NodePort")),
    ("service external IPs", "Service", "spec", with_(externalIPs=["203.0.113.7"])),
    ("service udp", "Service", "spec/ports/*/protocol", be("UDP")),
    ("service port", "Service", "spec/ports/*/port", times(2)),
    ("service target", "Service", "spec/ports/*/targetPort", be("other")),
    ("service app protocol gone", "Service", "spec/ports/*/appProtocol", gone),
    ("service app protocol", "Service", "spec/ports/*/appProtocol", be("http")),
    ("service selector", "Service", "spec/selector/*", more("-x")),
    ("service selector gone", "Service", "spec/selector", gone),
    ("service name", "Service", "metadata/name", more("-x")),
    ("policy from anybody", "NetworkPolicy", "spec/ingress/*/from", gone),
    ("policy empty from", "NetworkPolicy", "spec/ingress/*/from", be([{"namespaceSelector": {}}])),
    ("policy to anybody", "NetworkPolicy", "spec/egress/*/to", gone),
    ("policy any port", "NetworkPolicy", "spec/ingress/*/ports", gone),
    ("policy udp", "NetworkPolicy", "spec/ingress/*/ports/*/protocol", be("UDP")),
    ("policy port", "NetworkPolicy", "spec/ingress/*/ports/*/port", be(8001)),
    ("policy no egress", "NetworkPolicy", "spec/policyTypes", lambda old: [t for t in old if t != "Egress"]),
    ("policy no ingress", "NetworkPolicy", "spec/policyTypes", lambda old: [t for t in old if t != "Ingress"] or ["Egress"]),
    ("policy other pods", "NetworkPolicy", "spec/podSelector/matchLabels/*", more("-x")),
    ("policy except gone", "NetworkPolicy", "spec/egress/*/to/*/ipBlock/except", gone),
    ("policy rules gone", "NetworkPolicy", "spec/ingress", be([])),
    ("policy allows all", "NetworkPolicy", "spec/ingress", be([{}])),
    ("policy source pods", "NetworkPolicy", "spec/ingress/*/from/*/podSelector/matchLabels/*", more("-x")),
    ("policy source namespace", "NetworkPolicy", "spec/ingress/*/from/*/namespaceSelector/matchLabels/*", be("elsewhere")),
    ("policy no dns", "NetworkPolicy", "spec/egress", lambda old: [r for r in old if not any(p.get("port") == 53 for p in r.get("ports", []))]),
    ("role ref name", "RoleBinding ClusterRoleBinding", "roleRef/name", more("-x")),
    ("role ref kind", "RoleBinding", "roleRef/kind", be("ClusterRole")),
    ("subject name", "RoleBinding ClusterRoleBinding", "subjects/*/name", more("-x")),
    ("subject kind", "RoleBinding ClusterRoleBinding", "subjects/*/kind", be("User")),
    ("subject namespace", "RoleBinding ClusterRoleBinding", "subjects/*/namespace", be("default")),
    ("subjects gone", "RoleBinding ClusterRoleBinding", "subjects", be([])),
    ("subject everybody", "RoleBinding", "subjects/*", be({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": "system:authenticated"})),
    ("rule gone", "Role ClusterRole", "rules", first),
    ("rule verbs", "Role ClusterRole", "rules/*/verbs", be(["get"])),
    ("rule group", "Role ClusterRole", "rules/*/apiGroups", be(["example.com"])),
    ("rule resource", "Role ClusterRole", "rules/*/resources/0", lambda old: old.rstrip("s")),
    ("rule all", "Role ClusterRole", "rules/*", be({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]})),
    ("rule secrets", "Role ClusterRole", "rules", plus({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]})),
    # KEDA.
    ("scale target", "ScaledObject", "spec/scaleTargetRef/name", more("-x")),
    ("scale target kind", "ScaledObject", "spec/scaleTargetRef/kind", be("StatefulSet")),
    ("scale minimum", "ScaledObject", "spec/minReplicaCount", be(5)),
    ("scale maximum 0", "ScaledObject", "spec/maxReplicaCount", be(0)),
    ("scale server", "ScaledObject", "spec/triggers/*/metadata/serverAddress", be("prometheus-server")),
    ("scale pool", "ScaledObject", "spec/triggers/*/metadata/query", sub(r'inference_pool="[^"]+"', 'inference_pool="other"')),
    ("scale model", "ScaledObject", "spec/triggers/*/metadata/query", sub(r'model_name="[^"]+"', 'model_name="other"')),
    ("scale metric", "ScaledObject", "spec/triggers/*/metadata/query", sub(r"queue_size|requests_running", "queue_depth")),
    ("scale query", "ScaledObject", "spec/triggers/*/metadata/query", sub(r"\)", "")),
    ("scale query gone", "ScaledObject", "spec/triggers/*/metadata/query", gone),
    ("scale threshold", "ScaledObject", "spec/triggers/*/metadata/threshold", be("500000")),
    ("scale threshold word", "ScaledObject", "spec/triggers/*/metadata/threshold", be("many")),
    ("scale activation", "ScaledObject", "spec/triggers/*/metadata/activationThreshold", be("1000")),
    ("scale type", "ScaledObject", "spec/triggers/*/type", be("prometheuss")),
    ("scale cooldown", "ScaledObject", "spec/cooldownPeriod", be(1)),
    ("scale first trigger gone", "ScaledObject", "spec/triggers", first),
    ("scale triggers gone", "ScaledObject", "spec/triggers", be([])),
    ("scale another's model", "ScaledObject", "spec/scaleTargetRef/name", sub("qwen3-4b|qwen3-0-6b", "litellm")),
    # Argo CD.
    ("app project default", "Application", "spec/project", be("default")),
    ("app project", "Application", "spec/project", more("-x")),
    ("app path", "Application", "spec/**/path", more("-x")),
    ("app another's path", "Application", "spec/**/path", sub(r"/(\w+)$", "/postgres")),
    ("app repo", "Application", "spec/**/repoURL", be("https://git.example.org/evil.git")),
    ("app version", "Application", "spec/**/targetRevision", be("*")),
    ("app chart", "Application", "spec/**/chart", more("-x")),
    ("app release", "Application", "spec/**/helm/releaseName", more("-x")),
    ("app namespace", "Application", "metadata/namespace", be("default")),
    ("app destination", "Application", "spec/destination/namespace", be("kube-system")),
    ("app cluster", "Application", "spec/destination/server", be("https://other.example.com")),
    ("app not automated", "Application", "spec/syncPolicy/automated", gone),
    ("app no self heal", "Application", "spec/syncPolicy/automated/selfHeal", be(False)),
    ("app prune", "Application", "spec/syncPolicy/automated/prune", lambda old: not old),
    ("app no retry", "Application", "spec/syncPolicy/retry", gone),
    ("app no server-side apply", "Application", "spec/syncPolicy/syncOptions", lambda old: [o for o in old if o != "ServerSideApply=true"]),
    ("app no skip", "Application", "spec/syncPolicy/syncOptions", lambda old: [o for o in old if not o.startswith("SkipDryRun")]),
    ("app replace", "Application", "spec/syncPolicy/syncOptions", plus("Replace=true")),
    ("app finalizer", "Application", "metadata", lambda old: {**old, "finalizers": ["resources-finalizer.argocd.argoproj.io"]} if not old.get("finalizers") else {k: v for k, v in old.items() if k != "finalizers"}),
    ("app compare", "Application", "metadata/annotations/argocd.argoproj.io~1compare-options", gone),
    ("app wave word", "Application", "metadata/annotations/argocd.argoproj.io~1sync-wave", be("later")),
    ("app wave", "Application", "metadata/annotations/argocd.argoproj.io~1sync-wave", be("99")),
    ("app recurse", "Application", "spec/**/directory", gone),
    ("project repos all", "AppProject", "spec/sourceRepos", be(["*"])),
    ("project a repo less", "AppProject", "spec/sourceRepos", first),
    ("project kinds all", "AppProject", "spec/clusterResourceWhitelist", be([{"group": "*", "kind": "*"}])),
    ("project a kind less", "AppProject", "spec/clusterResourceWhitelist", first),
    ("project destinations all", "AppProject", "spec/destinations", be([{"server": "*", "namespace": "*"}])),
    ("project a destination less", "AppProject", "spec/destinations", lambda old: old[1:] or GONE),
    ("health script gone", "ConfigMap", "data/resource.customizations.health.argoproj.io_Application", gone),
    ("health script", "ConfigMap", "data/resource.customizations.health.argoproj.io_Application", sub("return result", "")),
    ("namespace not kept", "Namespace", "metadata/annotations", gone),
    ("namespace security", "Namespace", "metadata/labels/pod-security.kubernetes.io~1enforce", be("privileged")),
    ("namespace security gone", "Namespace", "metadata/labels/pod-security.kubernetes.io~1enforce", gone),
    ("namespace security word", "Namespace", "metadata/labels/pod-security.kubernetes.io~1enforce", be("strict")),
    ("keep gone", "Cluster ObjectStore PersistentVolumeClaim ExternalSecret", "metadata/annotations", gone),
    ("keep prune", "Cluster ObjectStore PersistentVolumeClaim ExternalSecret Namespace", "metadata/annotations/argocd.argoproj.io~1sync-options", be("Prune=true")),
    ("hook gone", "Job", "metadata/annotations/argocd.argoproj.io~1hook", gone),
    ("hook PostDelete", "Job", "metadata/annotations/argocd.argoproj.io~1hook", be("PostDelete")),
    ("hook delete policy", "Job", "metadata/annotations/argocd.argoproj.io~1hook-delete-policy", gone),
    ("wave", "Job AgentgatewayPolicy", "metadata/annotations/argocd.argoproj.io~1sync-wave", be("5")),
    ("job command", "Job", BOX + "/command", be(["true"])),
    ("job no wait", "Job", POD + "/initContainers", gone),
    # Postgres.
    ("cluster instances 0", "Cluster", "spec/instances", be(0)),
    ("cluster image", "Cluster", "spec/imageName", sub(":.*", ":latest")),
    ("cluster owner", "Cluster", "spec/bootstrap/initdb/owner", more("x")),
    ("cluster database", "Cluster", "spec/bootstrap/initdb/database", more("x")),
    ("cluster secret", "Cluster", "spec/bootstrap/initdb/secret/name", more("-x")),
    ("cluster storage gone", "Cluster", "spec/storage", gone),
    ("cluster storage size", "Cluster", "spec/storage/size", be("10")),
    ("cluster connections", "Cluster", "spec/postgresql/parameters/max_connections", be("5")),
    ("cluster fsync", "Cluster", "spec/postgresql/parameters", with_(fsync="off")),
    ("cluster buffers", "Cluster", "spec/postgresql/parameters/shared_buffers", be("64GB")),
    ("cluster archive off", "Cluster", "spec/plugins/*/isWALArchiver", be(False)),
    ("cluster plugin", "Cluster", "spec/plugins/*/name", more("x")),
    ("cluster plugins gone", "Cluster", "spec/plugins", gone),
    ("cluster store", "Cluster", "spec/plugins/*/parameters/barmanObjectName", more("-x")),
    ("cluster superuser", "Cluster", "spec", with_(enableSuperuserAccess=True)),
    ("cluster hba", "Cluster", "spec/postgresql", with_(pg_hba=["host all all all trust"])),
    ("store path", "ObjectStore", "spec/configuration/destinationPath", be("backups")),
    ("store key", "ObjectStore", "spec/configuration/s3Credentials/*/key", more("X")),
    ("store secret", "ObjectStore", "spec/configuration/s3Credentials/*/name", more("-x")),
    ("store retention gone", "ObjectStore", "spec/retentionPolicy", gone),
    ("backup schedule", "ScheduledBackup", "spec/schedule", be("0 2 * * *")),
    ("backup method", "ScheduledBackup", "spec/method", be("volumeSnapshot")),
    ("backup suspended", "ScheduledBackup", "spec", with_(suspend=True)),
    ("backup cluster", "ScheduledBackup", "spec/cluster/name", more("-x")),
    ("image catalog major", "Cluster", "spec/imageCatalogRef/major", be(16)),
    # External Secrets.
    ("secret store name", "ExternalSecret", "spec/secretStoreRef/name", more("-x")),
    ("secret store kind", "ExternalSecret", "spec/secretStoreRef/kind", lambda old: "SecretStore" if old == "ClusterSecretStore" else "ClusterSecretStore"),
    ("secret target", "ExternalSecret", "spec/target/name", more("-x")),
    ("secret type", "ExternalSecret", "spec/target/template/type", be("kubernetes.io/tls")),
    ("secret template key", "ExternalSecret", "spec/target/template/data", lambda old: {k + "_X": v for k, v in old.items()}),
    ("secret template variable", "ExternalSecret", "spec/target/template/data/*", sub(r"\{\{ \.(\w+)", r"{{ .other")),
    ("secret template literal", "ExternalSecret", "spec/target/template/data/password", be("postgres")),
    ("secret template syntax", "ExternalSecret", "spec/target/template/data/*", sub(r" \}\}", " }")),
    ("secret url host", "ExternalSecret", "spec/target/template/data/DATABASE_URL", sub("@[^:]+", "@db.other.svc")),
    ("secret url database", "ExternalSecret", "spec/target/template/data/DATABASE_URL", sub(r"/litellm\?", "/other?")),
    ("secret url user", "ExternalSecret", "spec/target/template/data/DATABASE_URL", sub("//litellm:", "//admin:")),
    ("secret url tls", "ExternalSecret", "spec/target/template/data/DATABASE_URL", sub("sslmode=require", "sslmode=disable")),
    ("secret url escape", "ExternalSecret", "spec/target/template/data/DATABASE_URL", sub(r" \| urlquery[^}]*", " ")),
    ("secret key", "ExternalSecret", "spec/data/*/secretKey", more("_X")),
    ("secret data gone", "ExternalSecret", "spec/data", be([])),
    ("secret once", "ExternalSecret", "spec/refreshPolicy", lambda old: "OnChange" if old == "CreatedOnce" else "CreatedOnce"),
    ("secret interval", "ExternalSecret", "spec/refreshInterval", be("1ms")),
    ("secret interval word", "ExternalSecret", "spec/refreshInterval", be("hourly")),
    ("secret deletion", "ExternalSecret", "spec/target/deletionPolicy", be("Delete")),
    ("secret creation", "ExternalSecret", "spec/target/creationPolicy", be("Merge")),
    ("secret orphan", "ExternalSecret", "spec/target/creationPolicy", lambda old: "Owner" if old == "Orphan" else old),
    ("secret salt changes", "ExternalSecret", "spec/target/immutable", be(False)),
    ("secret reload label", "ExternalSecret", "spec/target/template/metadata/labels/cnpg.io~1reload", gone),
    ("secret another remote", "ExternalSecret", "spec/data/*/remoteRef/key", be("")),
    ("secret decoding", "ExternalSecret", "spec/data/*/remoteRef/decodingStrategy", be("Base64")),
    ("secret empty prefix", "ExternalSecret", "spec/target/template/data/PROXY_MASTER_KEY", sub("^sk-", "")),
    ("store role", "ClusterSecretStore SecretStore", "spec/provider/*/auth", gone),
    ("store account", "ClusterSecretStore SecretStore", "spec/**/serviceAccountRef/name", more("-x")),
    ("store account namespace", "ClusterSecretStore", "spec/**/serviceAccountRef/namespace", be("elsewhere")),
    ("store conditions", "ClusterSecretStore", "spec/conditions", gone),
    ("secret literal", "ConfigMap", "data", with_(password="hunter2hunter2")),
] + [
    # LiteLLM's configuration, in a ConfigMap and in the values of its chart.
    (f"litellm {name}{where}", kind, base + path, change)
    for base, kind, where in ((LITELLM, "ConfigMap", ""), (CHART, "Values", " in the chart"))
    for name, path, change in [
        ("alias", "/model_list/*/model_name", more("-x")),
        ("alias all", "/model_list/*/model_name", be("*")),
        ("model", "/model_list/*/litellm_params/model", more("-x")),
        ("model all", "/model_list/*/litellm_params/model", be("openai/*")),
        ("provider", "/model_list/*/litellm_params/model", sub("^openai/", "")),
        ("api_base host", "/model_list/*/litellm_params/api_base", sub("inference-gateway", "gateway")),
        ("api_base path", "/model_list/*/litellm_params/api_base", sub("/models/([^/]+)", "/models/other")),
        ("api_base without v1", "/model_list/*/litellm_params/api_base", sub("/v1$", "")),
        ("api_base port", "/model_list/*/litellm_params/api_base", sub(r"\.svc", ".svc:8080")),
        ("api_base direct", "/model_list/*/litellm_params/api_base", be("http://qwen3-0-6b.serving.svc:8000/v1")),
        ("api_base gone", "/model_list/*/litellm_params/api_base", gone),
        ("key literal", "/model_list/*/litellm_params/api_key", be("plain-key-of-mine")),
        ("key variable", "/model_list/*/litellm_params/api_key", more("_X")),
        ("key gone", "/model_list/*/litellm_params/api_key", gone),
        ("input price 0", "/model_list/*/litellm_params/input_cost_per_token", be(0)),
        ("output price gone", "/model_list/*/litellm_params/output_cost_per_token", gone),
        ("price per million", "/model_list/*/litellm_params/input_cost_per_token", times(1000000)),
        ("price word", "/model_list/*/litellm_params/output_cost_per_token", be("cheap")),
        ("price negative", "/model_list/*/litellm_params/output_cost_per_token", times(-1)),
        ("timeout short", "/model_list/*/litellm_params/timeout", be(2)),
        ("timeout gone", "/model_list/*/litellm_params/timeout", gone),
        ("entry gone", "/model_list", first),
        ("entry twice", "/model_list", lambda old: old + old[:1]),
        ("entries swapped", "/model_list", lambda old: [{**old[0], "model_name": old[1]["model_name"]}, {**old[1], "model_name": old[0]["model_name"]}] + old[2:] if len(old) > 1 else old),
        ("master key literal", "/general_settings/master_key", be("letmein")),
        ("master key gone", "/general_settings/master_key", gone),
        ("master key variable", "/general_settings/master_key", more("_X")),
        ("no forced usage", "/general_settings/always_include_stream_usage", be(False)),
        ("models in the database", "/general_settings/store_model_in_db", be(True)),
        ("settings gone", "/general_settings", gone),
        ("callbacks gone", "/litellm_settings/callbacks", gone),
        ("callback unknown", "/litellm_settings/callbacks", lambda old: ["nothing.at_all"]),
        ("no-log allowed", "/litellm_settings/global_disable_no_log_param", gone),
        ("drop_params", "/litellm_settings", with_(drop_params="perhaps")),
        ("retries", "/router_settings/num_retries", be(5000)),
        ("cooldowns", "/router_settings/disable_cooldowns", gone),
        ("unknown setting", "/general_settings", with_(master_keys="x")),
        ("alias of all", "/model_list", plus({"model_name": "*", "litellm_params": {"model": "*", "api_key": "os.environ/UPSTREAM_API_KEY"}})),
        ("fallback to another", "/router_settings", with_(fallbacks=[{"qwen3-0-6b": ["gone"]}])),
        ("pass-through", "/general_settings", with_(pass_through_endpoints=[{"path": "/x", "target": "https://example.com"}])),
        ("public routes", "/general_settings", with_(public_routes=["/chat/completions"])),
        ("no auth on database loss", "/general_settings", with_(allow_requests_on_db_unavailable=True)),
    ]
] + [
    ("litellm not YAML", "ConfigMap@litellm", "data/config.yaml", more("\n  - : [")),
    ("litellm port", "Deployment@litellm", BOX + "/args", flag("--port", "4001")),
    ("litellm config path", "Deployment@litellm", BOX + "/args", flag("--config", "/etc/other/config.yaml")),
    ("litellm no config", "Deployment@litellm", BOX + "/args", unflag("--config")),
    ("chart key secret", "Values", VALUES + "/masterkeySecretName", more("-x")),
    ("chart database secret", "Values", VALUES + "/db/secret/name", more("-x")),
    ("chart Service type", "Values", VALUES + "/service/type", be("LoadBalancer")),
    ("chart ingress", "Values", VALUES, with_(ingress={"enabled": True})),
    ("chart crds off", "Values", VALUES + "/crds/*", be(False)),
    ("chart installCRDs off", "Values", VALUES + "/installCRDs", be(False)),
    ("inference extension off", "Values", VALUES + "/inferenceExtension/enabled", be(False)),
    ("full name", "Values", VALUES + "/fullnameOverride", more("-x")),
    # Dex.
    ("dex issuer", "Values", VALUES + "/config/issuer", be("http://dex.other.svc:5556")),
    ("dex static client", "Values", VALUES + "/config/staticClients/*/id", more("-x")),
    ("dex client literal", "Values", VALUES + "/config/staticClients/*", lambda old: {**{k: v for k, v in old.items() if k != "secretEnv"}, "secret": "changeme"}),
    ("dex client public", "Values", VALUES + "/config/staticClients/*", with_(public=True)),
    ("dex client env", "Values", VALUES + "/config/staticClients/*/secretEnv", more("_X")),
    ("dex hash env", "Values", VALUES + "/config/staticPasswords/*/hashFromEnv", more("_X")),
    ("dex storage", "Values", VALUES + "/config/storage/type", be("memory")),
    ("dex expiry", "Values", VALUES + "/config/expiry/idTokens", be("8760h")),
    ("dex env", "Values", VALUES + "/envVars/*/valueFrom/secretKeyRef/key", more("_X")),
    ("dex env Secret", "Values", VALUES + "/envVars/*/valueFrom/secretKeyRef/name", more("-x")),
    # OpenTelemetry.
    ("otel endpoint", "ConfigMap", EPP + "/receivers/otlp/protocols/grpc/endpoint", sub("4317", "4319")),
    ("otel loopback", "ConfigMap", EPP + "/receivers/otlp/protocols/grpc/endpoint", sub("0.0.0.0", "localhost")),
    ("otel protocol", "ConfigMap", EPP + "/receivers/otlp/protocols", lambda old: {"http": old["grpc"]}),
    ("otel exporter gone", "ConfigMap", EPP + "/exporters", be({})),
    ("otel pipeline exporter", "ConfigMap", EPP + "/service/pipelines/*/exporters/*", more("/x")),
    ("otel pipeline receiver", "ConfigMap", EPP + "/service/pipelines/*/receivers/*", more("x")),
    ("otel processor", "ConfigMap", EPP + "/service/pipelines/*/processors/*", more("x")),
    ("otel no pipelines", "ConfigMap", EPP + "/service/pipelines", be({})),
    ("otel extension", "ConfigMap", EPP + "/service/extensions", gone),
    ("otel health port", "ConfigMap", EPP + "/extensions/health_check/endpoint", sub("13133", "13134")),
    # PVC.
    ("claim size", "PersistentVolumeClaim", "spec/resources/requests/storage", be("20")),
    ("claim mode", "PersistentVolumeClaim", "spec/accessModes", be(["ReadOnlyMany"])),
    ("claim class", "PersistentVolumeClaim", "spec", with_(storageClassName="")),
]

# What breaks nothing, or what no file tells: a class, or a class and a pattern for the object, with the reason.
NO_EFFECT = {
    "deleted Application .*-project$": "what it delivers is applied by hand first",
    "route weight": "",
    "^route backend wrong port: .*": "the port of a pool is the pool's; that of a backend too",
    "^(runtime class|priority class|scheduler): ": "the cluster has it, or not; no file tells",
    "^namespace name label: ": "the API server writes that label itself",
    "^service headless: ": "port and pod port are one number",
    "^(vllm offline|vllm root path|shm gone): ": "whether it matters depends on the cache, the client, the number of GPUs",
}

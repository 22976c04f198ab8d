"""Edits that break nothing: rows as in hostile_breaks, and edits of a whole tree."""

import copy
import re

from hostile_breaks import BOX, CHART, EPP, GONE, LITELLM, OBJECT, POD, VALUES, WORK, flag, more, plus, sub, times, with_


def add(**fields):
    """Fields that are not there yet."""
    return lambda old: {**fields, **old} if isinstance(old, dict) and not set(fields) & set(old) else old


def backwards(old):
    if isinstance(old, dict):
        return {k: backwards(v) for k, v in reversed(list(old.items()))}
    return [backwards(v) for v in old] if isinstance(old, list) else old


def turned(old):
    return old[::-1] if isinstance(old, list) else old


def memory(old):
    found = re.fullmatch(r"(\d+)Gi", old) if isinstance(old, str) else None
    return f"{int(found[1]) * 1024}Mi" if found else old


def cpu(old):
    found = re.fullmatch(r"(\d+)m", old) if isinstance(old, str) else None
    return str(int(found[1]) / 1000) if found else old


def minutes(old):
    found = re.fullmatch(r"(\d+)s", old) if isinstance(old, str) else None
    return f"{int(found[1]) // 60}m" if found and int(found[1]) % 60 == 0 and found[1] != "0" else old


def joined(old):
    """`--flag value` as `--flag=value`."""
    new, skip = [], False
    for this, after in zip(old, old[1:] + ["--"]):
        if skip:
            skip = False
        elif this.startswith("--") and "=" not in this and not after.startswith("--"):
            new.append(f"{this}={after}")
            skip = True
        else:
            new.append(this)
    return new


def noted(old):
    return "# A comment\n" + old if isinstance(old, str) and "model_list" in old else old


def number(name, value):
    return lambda old: value if old == name else old


def without(value):
    return lambda old: GONE if old == value else old


def by_expressions(old):
    """Labels of a selector as expressions."""
    if not isinstance(old, dict) or "matchLabels" not in old:
        return old
    expressions = [{"key": k, "operator": "In", "values": [v]} for k, v in old["matchLabels"].items()]
    return {**{k: v for k, v in old.items() if k != "matchLabels"}, "matchExpressions": old.get("matchExpressions", []) + expressions}


def divided(*keys):
    """A rule for several things as rules for one of each."""

    def change(old):
        for key in keys:
            old = [{**rule, key: [one]} for rule in old for one in rule.get(key) or [None]] if all(key in rule for rule in old) else old
        return old

    return change


def conditions_backwards(old):
    parts = old.split(" && ") if isinstance(old, str) and "||" not in old else []
    return " && ".join(parts[::-1]) if len(parts) == 2 else old


def unsaid(**fields):
    """Without what a server fills in."""
    return lambda old: {k: v for k, v in old.items() if fields.get(k, GONE) != v} if isinstance(old, dict) else old


HARMLESS = [
    ("cel index for field", "AgentgatewayPolicy", "**/matchExpressions/*", sub(r"\bjwt\.([a-z_]+)\b", r'jwt["\1"]')),
    ("app name of cluster", "Application", "spec/destination", lambda old: {**{k: v for k, v in old.items() if k != "server"}, "name": "in-cluster"} if "server" in old else old),
    ("app repo without .git", "Application", "spec/source/repoURL", sub(r"\.git$", "")),
    ("selector by expressions", "NetworkPolicy", "**/*Selector", by_expressions),
    ("policy rules divided", "NetworkPolicy", "spec/*", lambda old: divided("ports", "from")(divided("ports", "to")(old)) if isinstance(old, list) and old and isinstance(old[0], dict) else old),
    ("role rules divided", "Role ClusterRole", "rules", divided("resources", "verbs")),
    ("condition backwards", "AgentgatewayPolicy", "**/matchExpressions/*", conditions_backwards),
    ("condition in brackets", "AgentgatewayPolicy", "**/matchExpressions/*", lambda old: f"({old})"),
    ("conditions joined", "AgentgatewayPolicy", "spec/traffic/authorization/policy/matchExpressions", lambda old: [" && ".join(f"({one})" for one in old)]),
    ("other quotes", "AgentgatewayPolicy ScaledObject", "**/matchExpressions/*", lambda old: old.replace('"', "'") if "'" not in old else old),
    ("lines in promql", "PrometheusRule", "**/expr", sub(r" (and|or|>|<|/) ", r"\n  \1 ")),
    ("comment in promql", "PrometheusRule", "**/expr", more(" # as agreed")),
    ("route defaults unsaid", "HTTPRoute", "**/backendRefs/*", unsaid(group="", kind="Service", weight=1)),
    ("parent defaults unsaid", "HTTPRoute", "spec/parentRefs/*", unsaid(group="gateway.networking.k8s.io", kind="Gateway")),
    ("picker defaults unsaid", "InferencePool", "spec/endpointPickerRef", unsaid(group="", kind="Service", failureMode="FailClose")),
    ("secret defaults unsaid", "ExternalSecret", "spec/target/template", unsaid(engineVersion="v2", mergePolicy="Replace")),
    ("lock default unsaid", "AgentgatewayPolicy", "spec/traffic/apiKeyAuthentication", unsaid(mode="Strict")),
    ("listener kinds said", "Gateway", "spec/listeners/*/allowedRoutes", add(kinds=[{"kind": "HTTPRoute"}])),
    ("database patched", "Cluster", "spec/imageName", sub(r":(\d+)\.(\d)-", lambda m: f":{m[1]}.{int(m[2]) + 1}-")),
    ("address in full", "ConfigMap", LITELLM + "/model_list/*/litellm_params/api_base", sub(r"\.svc/", ".svc.cluster.local:80/")),
    ("only backend's weight", "HTTPRoute", "**/backendRefs/*/weight", lambda _: 100),
    ("keys backwards", "*", OBJECT, backwards),
    ("label", "*", "metadata", lambda old: {**old, "labels": {**old.get("labels", {}), "example.com/team": "a"}}),
    ("annotation", "*", "metadata", lambda old: {**old, "annotations": {**old.get("annotations", {}), "example.com/note": "x"}}),
    ("another part-of", "*", "metadata/labels/app.kubernetes.io~1part-of", lambda _: "ai"),
    ("pod label", WORK, "spec/template/metadata/labels", add(**{"example.com/team": "a"})),
    ("pod annotation", WORK, "spec/template/metadata", lambda old: {**old, "annotations": {**old.get("annotations", {}), "example.com/restarted": "1"}}),
    ("more replicas", "Deployment@litellm Deployment@everything Deployment@otel", "spec/replicas", lambda _: 3),
    ("memory otherwise", WORK, BOX + "/resources/*/memory", memory),
    ("cpu otherwise", WORK, BOX + "/resources/*/cpu", cpu),
    ("cpu limit", WORK, BOX + "/resources/limits", add(cpu="4")),
    ("more memory", WORK, BOX + "/resources/limits/memory", lambda _: "48Gi"),
    ("more env", WORK, BOX + "/env", plus({"name": "TZ", "value": "UTC"})),
    ("env backwards", "Deployment@litellm", BOX + "/env", turned),
    ("volumes backwards", WORK, POD + "/volumes", turned),
    ("node selector", WORK, POD, add(nodeSelector={"kubernetes.io/os": "linux"})),
    ("toleration", WORK, POD, lambda old: {**old, "tolerations": old.get("tolerations", []) + [{"key": "example.com/ai", "operator": "Exists"}]}),
    ("affinity", WORK, POD, add(affinity={"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {"matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": ["amd64"]}]}}]}})),
    ("priority class", WORK, POD, add(priorityClassName="system-cluster-critical")),
    ("longer grace", WORK, POD + "/terminationGracePeriodSeconds", times(2)),
    ("probe period", WORK, BOX + "/readinessProbe/periodSeconds", lambda old: old + 1),
    ("probe delay", WORK, BOX + "/readinessProbe", add(initialDelaySeconds=3)),
    ("probe timeout", WORK, BOX + "/livenessProbe", with_(timeoutSeconds=7)),
    ("longer start", WORK, BOX + "/startupProbe/failureThreshold", times(2)),
    ("revision history", WORK, "spec", add(revisionHistoryLimit=3)),
    ("pull policy", WORK, BOX + "/imagePullPolicy", lambda _: GONE),
    ("defaults said", WORK, POD, add(dnsPolicy="ClusterFirst", restartPolicy="Always")),
    ("another user", WORK, POD + "/securityContext/runAsUser", lambda old: old + 1),
    ("stricter container", WORK, BOX + "/securityContext", with_(runAsNonRoot=True, runAsUser=1234)),
    ("spread", WORK, POD, add(topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {}}])),
    ("sidecar", WORK, POD + "/containers", plus({"name": "logs", "image": "docker.io/library/busybox:1.37.0", "command": ["sleep", "inf"], "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "runAsNonRoot": True, "runAsUser": 1000, "capabilities": {"drop": ["ALL"]}}, "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "32Mi"}}})),
    ("scratch volume", WORK, POD, lambda old: {**old, "volumes": old.get("volumes", []) + [{"name": "scratch", "emptyDir": {}}]}),
    ("port by number", WORK, BOX + "/*Probe/httpGet/port", number("http", 4000) if False else lambda old: old),
    ("protocol left out", WORK, BOX + "/ports/*/protocol", without("TCP")),
    ("mount not read-only", WORK, BOX + "/volumeMounts/*/readOnly", lambda _: GONE),
    ("flags joined", WORK, BOX + "/args", joined),
    ("epp verbosity", "Deployment@epp", BOX + "/args", flag("--v", "3")),
    ("vllm length", "Deployment@model-server", BOX + "/args", flag("--max-model-len", "4096")),
    ("vllm memory", "Deployment@model-server", BOX + "/args", plus("--gpu-memory-utilization", "0.85")),
    ("vllm log", "Deployment@model-server", BOX + "/args", plus("--disable-log-requests") if False else plus("--uvicorn-log-level", "warning")),
    ("job backoff", "Job", "spec/backoffLimit", lambda old: old + 2),
    ("job longer", "Job", "spec/activeDeadlineSeconds", times(2)),
    ("service type left out", "Service", "spec/type", without("ClusterIP")),
    ("service protocol left out", "Service", "spec/ports/*/protocol", without("TCP")),
    ("service affinity said", "Service", "spec", add(sessionAffinity="None")),
    ("service dual stack", "Service", "spec", add(ipFamilyPolicy="PreferDualStack")),
    ("service port more", "Service@litellm", "spec/ports", lambda old: old + [{"name": "http-alt", "port": 80, "targetPort": old[0].get("targetPort", "http"), "protocol": "TCP"}]),
    ("policy source less", "NetworkPolicy", "spec/ingress/*/from", lambda old: [s for s in old if "monitoring" not in str(s)] or old),
    ("policy except more", "NetworkPolicy", "spec/egress/*/to/*/ipBlock/except", lambda old: old + ["198.18.0.0/15"] if ":" not in str(old) else old),
    ("policy sources backwards", "NetworkPolicy", "spec/ingress/*/from", turned),
    ("policy types backwards", "NetworkPolicy", "spec/policyTypes", turned),
    ("role rules backwards", "Role ClusterRole", "rules", turned),
    ("role verbs backwards", "Role ClusterRole", "rules/*/verbs", turned),
    ("route minutes", "HTTPRoute", "spec/rules/*/timeouts/request", minutes),
    ("route weight left out", "HTTPRoute", "spec/rules/*/backendRefs/*/weight", lambda _: GONE),
    ("route header type left out", "HTTPRoute", "spec/rules/*/matches/*/headers/*/type", without("Exact")),
    ("route headers backwards", "HTTPRoute", "spec/rules/*/matches/*/headers", turned),
    ("route rule name", "HTTPRoute", "spec/rules/*", add(name="main")),
    ("route response header", "HTTPRoute", "spec/rules/*/filters", plus({"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "X-Served-By", "value": "gateway"}]}})),
    ("gateway labels", "Gateway", "spec/infrastructure", add(labels={"example.com/team": "a"})),
    ("gateway namespaces backwards", "Gateway", "spec/listeners/*/allowedRoutes/namespaces/selector/matchExpressions/*/values", turned),
    ("gateway replicas", "AgentgatewayParameters", "spec/deployment/spec/replicas", lambda _: 3),
    ("gateway memory", "AgentgatewayParameters", "spec/resources/limits/memory", lambda _: "2Gi"),
    ("gateway longer shutdown", "AgentgatewayParameters", "spec/shutdown/max", times(2)),
    ("body limit otherwise", "AgentgatewayPolicy", "spec/frontend/http/maxBufferSize", sub("16Mi", "16384Ki")),
    ("policy wave", "AgentgatewayPolicy", "metadata/annotations/argocd.argoproj.io~1sync-wave", lambda _: "-2"),
    ("jwks cache", "AgentgatewayPolicy", "spec/traffic/jwtAuthentication/**/cacheDuration", lambda _: "10m"),
    ("header map backwards", "AgentgatewayPolicy", "spec/traffic/transformation/request/set", turned),
    ("pool without app protocol", "InferencePool", "spec/appProtocol", without("http")),
    ("epp weights", "ConfigMap", EPP + "/schedulingProfiles/*/plugins/*/weight", lambda old: old + 1),
    ("epp plugins backwards", "ConfigMap", EPP + "/plugins", turned),
    ("epp longer", "ConfigMap", EPP + "/flowControl/defaultRequestTTL", sub("1200s", "1400s")),
    ("scale polling", "ScaledObject", "spec/pollingInterval", lambda _: 30),
    ("scale cooldown", "ScaledObject", "spec/cooldownPeriod", times(2)),
    ("scale threshold", "ScaledObject", "spec/triggers/*/metadata/threshold", lambda old: str(int(old) + 1)),
    ("scale triggers backwards", "ScaledObject", "spec/triggers", turned),
    ("scale query spaces", "ScaledObject", "spec/triggers/*/metadata/query", sub(r"\{", "{ ")),
    ("app info", "Application", "spec", add(info=[{"name": "team", "value": "a"}])),
    ("app history", "Application", "spec", add(revisionHistoryLimit=5)),
    ("app option", "Application", "spec/syncPolicy/syncOptions", plus("ApplyOutOfSyncOnly=true")),
    ("app options backwards", "Application", "spec/syncPolicy/syncOptions", turned),
    ("app backoff", "Application", "spec/syncPolicy/retry/backoff/duration", lambda _: "20s"),
    ("app backoff otherwise", "Application", "spec/syncPolicy/retry/backoff/maxDuration", sub("3m", "180s")),
    ("project repo more", "AppProject", "spec/sourceRepos", plus("https://git.example.com/other.git")),
    ("project description", "AppProject", "spec/description", more(" of team a")),
    ("project repos backwards", "AppProject", "spec/sourceRepos", turned),
    ("namespace warns", "Namespace", "metadata/labels", add(**{"pod-security.kubernetes.io/warn": "restricted"})),
    ("cluster larger", "Cluster", "spec/storage/size", lambda _: "50Gi"),
    ("cluster three", "Cluster", "spec/instances", lambda _: 3),
    ("cluster connections", "Cluster", "spec/postgresql/parameters/max_connections", lambda old: str(int(old) + 100)),
    ("cluster parameter", "Cluster", "spec/postgresql/parameters", add(log_min_duration_statement="1000")),
    ("claim larger", "PersistentVolumeClaim", "spec/resources/requests/storage", lambda _: "60Gi"),
    ("claim otherwise", "PersistentVolumeClaim", "spec/resources/requests/storage", memory),
    ("secret interval otherwise", "ExternalSecret", "spec/refreshInterval", sub("^1h0m0s$", "60m")),
    ("secret more often", "ExternalSecret", "spec/refreshInterval", sub("^1h.*$", "15m")),
    ("secret key more", "ExternalSecret@dex ExternalSecret@anthropic", "spec/data", lambda old: old + [{"secretKey": "EXTRA", "remoteRef": {"key": "extra"}}]),
    ("secret data backwards", "ExternalSecret", "spec/data", turned),
    ("secret defaults left out", "ExternalSecret", "spec/data/*/remoteRef/conversionStrategy", without("Default")),
    ("backup later", "ScheduledBackup", "spec/schedule", lambda _: "0 30 3 * * *"),
    ("store retention", "ObjectStore", "spec/retentionPolicy", lambda _: "60d"),
    ("otel batch", "ConfigMap", EPP + "/processors/batch", lambda _: {"timeout": "2s"}),
    ("otel limit", "ConfigMap", EPP + "/processors/memory_limiter/limit_percentage", lambda _: 75),
    ("dex expiry", "Values", VALUES + "/config/expiry/idTokens", lambda _: "30m"),
    ("dex resources", "Values@dex", VALUES + "/resources/limits/memory", lambda _: "256Mi"),
    ("comment in text", "ConfigMap", "data/*", noted),
] + [
    (f"litellm {name}{where}", kind, base + path, change)
    for base, kind, where in ((LITELLM, "ConfigMap", ""), (CHART, "Values", " in the chart"))
    for name, path, change in [
        ("entries backwards", "/model_list", turned),
        ("keys backwards", "", lambda old: backwards(old) if isinstance(old, dict) and "model_list" in old else old),
        ("price otherwise", "/model_list/*/litellm_params/input_cost_per_token", lambda old: float(old)),
        ("dearer", "/model_list/*/litellm_params/output_cost_per_token", lambda old: float(old) * 2),
        ("retries", "/router_settings/num_retries", lambda _: 3),
        ("request limit", "/model_list/*/litellm_params", add(rpm=600)),
        ("model info", "/model_list/*", lambda old: {**old, "model_info": {**old.get("model_info", {}), "description": "a model"}}),
        ("json logs", "/litellm_settings", add(json_logs=True)),
    ]
]

EXTRA = {
    "ConfigMap": {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra"}, "data": {"note": "x"}},
    "NetworkPolicy": {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "no-metadata"},
        "spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]}, {"to": [{"namespaceSelector": {}}]}]},
    },
    "ServiceAccount": {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "people"}, "automountServiceAccountToken": False},
    "ResourceQuota": {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": {"hard": {"pods": "100"}}},
    "LimitRange": {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "limits"}, "spec": {"limits": [{"type": "Container", "default": {"memory": "512Mi"}}]}},
}


def extras(items):
    """An object beside those of a namespace."""
    for path, obj in items:
        namespace = obj["metadata"].get("namespace")
        if obj["kind"] in ("Deployment", "Service") and namespace:
            for kind, extra in EXTRA.items():
                new = copy.deepcopy(extra)
                new["metadata"]["namespace"] = namespace
                folder = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
                yield f"extra {kind}", items + [(f"{folder}{kind.lower()}-extra.yaml", new)]
            if obj["kind"] == "Deployment":
                budget = {
                    "apiVersion": "policy/v1",
                    "kind": "PodDisruptionBudget",
                    "metadata": {"name": obj["metadata"]["name"] + "-pdb", "namespace": namespace},
                    "spec": {"maxUnavailable": 1, "selector": obj["spec"]["selector"]},
                }
                yield "extra PodDisruptionBudget", items + [(path.replace("deployment-", "poddisruptionbudget-"), budget)]


def renamed(value, old, new):
    """Every text that is this name, or has it as a part of a host name."""
    if isinstance(value, dict):
        return {k: renamed(v, old, new) for k, v in value.items()}
    if isinstance(value, list):
        return [renamed(v, old, new) for v in value]
    return new if value == old else value


# Kinds whose name nothing but references in the same tree has.
RENAMED = "ConfigMap ServiceAccount NetworkPolicy PersistentVolumeClaim ScheduledBackup ScaledObject".split()


def renames(items):
    """One object and what refers to it, under another name."""
    for path, obj in items:
        name, namespace = obj["metadata"]["name"], obj["metadata"].get("namespace")
        shared = sum(o["metadata"]["name"] == name for _, o in items)
        if obj["kind"] not in RENAMED or shared > 1 and obj["kind"] != "NetworkPolicy" or name == "argocd-cm":
            continue
        if obj["kind"] in ("NetworkPolicy", "ScaledObject"):
            new = copy.deepcopy(obj)
            new["metadata"]["name"] = name + "-renamed"
            yield f"renamed {obj['kind']}", [(p, new if o is obj else o) for p, o in items]
        else:
            yield f"renamed {obj['kind']}", [(p, renamed(o, name, name + "-renamed")) for p, o in items]


def moves(items):
    """An object in another file of its folder."""
    for path, obj in items:
        if "/" in path:
            folder, file = path.rsplit("/", 1)
            yield "file renamed", [(f"{folder}/x-{file}" if o is obj else p, o) for p, o in items]


TREES = [extras, renames, moves]

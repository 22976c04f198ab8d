"""Shapes of large inputs: name -> what n things of it are, as objects, as a text, or as {file: objects or text}."""


def o(kind, name, spec=None, namespace="a", labels=None, **rest):
    """An object; `kind` may carry its group and version: `apps/v1 Deployment`."""
    version, _, kind = kind.rpartition(" ")
    meta = {"name": name, **({"namespace": namespace} if namespace else {}), **({"labels": labels} if labels else {}), **rest.pop("meta", {})}
    return {"apiVersion": version or "v1", "kind": kind, "metadata": meta, **({"spec": spec} if spec is not None else {}), **rest}


GW, AG, AC = "gateway.networking.k8s.io/v1 ", "agentgateway.dev/v1alpha1 ", "argoproj.io/v1alpha1 "
RB, ES, KD = "rbac.authorization.k8s.io/v1 ", "external-secrets.io/v1 ", "keda.sh/v1alpha1 "
GROUP = "gateway.networking.k8s.io"


def pod(name="p", labels=None, containers=None, **spec):
    labels = labels or {"app": name}
    containers = containers or [c()]
    return o("apps/v1 Deployment", name, {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": containers, **spec}}})


def c(name="c", image="example.com/x:1.0", **rest):
    return {"name": name, "image": image, **rest}


def vllm(*args, **rest):
    return c("vllm", "vllm/vllm-openai:v0.23.0", args=["--model", "m", *args], **rest)


def each(n, fn):
    return [x for i in range(n) for x in (fn(i) if isinstance(fn(i), list) else [fn(i)])]


def keys(n, value, stem="k"):
    return {f"{stem}{i}": value(i) if callable(value) else value for i in range(n)}


def svc(name, selector=None, **rest):
    return o("Service", name, {"selector": selector or {"app": name}, "ports": [{"port": 80}], **rest})


def cm(name, data, labels=None):
    return o("ConfigMap", name, data=data, labels=labels)


def gateway(name, listeners=None):
    return o(GW + "Gateway", name, {"gatewayClassName": "agentgateway", "listeners": listeners or [{"name": "http", "port": 80, "protocol": "HTTP"}]})


def route(name, parents=None, rules=None, **spec):
    return o(GW + "HTTPRoute", name, {"parentRefs": parents or [{"name": "g"}], "rules": rules or [{"backendRefs": [to("s")]}], **spec})


def to(name, **rest):
    return {"name": name, "port": 80, **rest}


def policy(name, target="r", kind="HTTPRoute", **spec):
    return o(AG + "AgentgatewayPolicy", name, {"targetRefs": [{"group": GROUP, "kind": kind, "name": target}], **spec})


def backend(name, **spec):
    return o(AG + "AgentgatewayBackend", name, spec)


def app(name, **spec):
    return o(AC + "Application", name, {"project": "p", "source": {"repoURL": "https://git.example.com/a.git", "path": "x", "targetRevision": "main"}, "destination": {"name": "in-cluster", "namespace": "a"}, **spec}, namespace="argocd")


def project(name="p", **spec):
    return o(AC + "AppProject", name, {"sourceRepos": ["https://git.example.com/a.git"], "destinations": [{"server": "https://kubernetes.default.svc", "namespace": "a"}], **spec}, namespace="argocd")


def netpol(name, selector=None, **spec):
    return o("networking.k8s.io/v1 NetworkPolicy", name, {"podSelector": {"matchLabels": selector} if selector else {}, **spec})


def external(name, data=None, store="s", **spec):
    return o(ES + "ExternalSecret", name, {"secretStoreRef": {"name": store, "kind": "SecretStore"}, "target": {"name": name}, "data": data or [fetched("k")], **spec})


def fetched(key):
    return {"secretKey": key, "remoteRef": {"key": key}}


def scaled(name, target="p", triggers=None, **spec):
    return o(KD + "ScaledObject", name, {"scaleTargetRef": {"name": target}, "triggers": triggers or [prometheus("up")], **spec})


def prometheus(query):
    return {"type": "prometheus", "metadata": {"serverAddress": "http://prometheus.a:9090", "query": query, "threshold": "1"}}


def pool(name, labels=None, picker="epp"):
    return o("inference.networking.k8s.io/v1 InferencePool", name, {"selector": {"matchLabels": labels or {"app": name}}, "targetPorts": [{"number": 8000}], "endpointPickerRef": {"name": picker, "port": {"number": 9002}}})


def litellm(text, *others, args=("--config", "/c/config.yaml")):
    proxy = pod("litellm", containers=[c("litellm", "ghcr.io/berriai/litellm:v1.89.2", args=list(args), volumeMounts=[{"name": "c", "mountPath": "/c"}])], volumes=[{"name": "c", "configMap": {"name": "litellm"}}])
    return [proxy, cm("litellm", {"config.yaml": text}), svc("litellm"), *others]


def model(i, base="http://s.a.svc:80/v1", **rest):
    import json
    return json.dumps({"model_name": f"m{i}", "litellm_params": {"model": f"openai/m{i}", "api_base": base, "api_key": "os.environ/K", **rest}})


def models(n, *more, **rest):
    return "model_list:\n" + "".join(f"- {model(i, **rest)}\n" for i in range(n)) + "".join(more)


def rules(*groups):
    return [o("monitoring.coreos.com/v1 PrometheusRule", "r", {"groups": list(groups)})]


def alert(i, expr):
    return {"alert": f"A{i}", "expr": expr, "labels": {"severity": "page"}, "annotations": {"summary": "{{ $labels.pod }}"}}


def env(n, value, name="V"):
    return [{"name": f"{name}{i}", "value": value(i)} for i in range(n)]


def workloads(n, also, each_app=lambda i: f"p{i}"):
    return each(n, lambda i: [pod(each_app(i)), also(i)])


MANIFESTS = {
    # src/references: what names what
    "env-url-text": lambda n: [pod(containers=[c(env=env(n, lambda i: f"http://svc{i}.a.svc:80"))])],
    "env-url-one-text": lambda n: [pod(containers=[c(env=[{"name": "V", "value": " ".join(f"http://svc{i}.a.svc:80" for i in range(n))}])])],
    "env-url-near": lambda n: [svc(f"service-{i}") for i in range(n // 3)] + [pod(containers=[c(env=env(n, lambda i: f"http://servce-{i}.a.svc:80"))])],
    "config-url-text": lambda n: [cm("x", keys(n, lambda i: f"see http://svc{i}.a.svc.cluster.local:80/x"))],
    "env-host-port": lambda n: [pod(containers=[c(env=each(n, lambda i: [{"name": f"A{i}_HOST", "value": f"db{i}"}, {"name": f"A{i}_PORT", "value": "5432"}]))])],
    "env-from-missing": lambda n: [pod(containers=[c(env=each(n, lambda i: {"name": f"V{i}", "valueFrom": {"secretKeyRef": {"name": f"s{i}", "key": "k"}}}))])],
    "env-key-missing": lambda n: [o("Secret", "s", data=keys(9, "")), pod(containers=[c(env=each(n, lambda i: {"name": f"V{i}", "valueFrom": {"secretKeyRef": {"name": "s", "key": f"kk{i}"}}}))])],
    "env-keys-near": lambda n: [cm("s", keys(n, "v", "key-")), pod(containers=[c(env=each(n, lambda i: {"name": f"V{i}", "valueFrom": {"configMapKeyRef": {"name": "s", "key": f"kye-{i}"}}}))])],
    "env-dollar": lambda n: [pod(containers=[c(env=env(n, lambda i: f"$(W{i})"))])],
    "env-twice": lambda n: [pod(containers=[c(env=env(n, lambda i: "x") + env(n, lambda i: "x"))])],
    "args-dollar": lambda n: [pod(containers=[c(env=env(n // 2, lambda i: "x"), args=[f"--x=$(W{i})" for i in range(n)])])],
    "volumes-mounts": lambda n: [pod(containers=[c(volumeMounts=each(n, lambda i: {"name": f"v{i}", "mountPath": f"/d{i}"}))])],
    "volumes-mounts-near": lambda n: [pod(containers=[c(volumeMounts=each(n, lambda i: {"name": f"volum{i}", "mountPath": f"/d{i}"}))], volumes=each(n, lambda i: {"name": f"volume{i}", "emptyDir": {}}))],
    "volumes-unmounted": lambda n: [pod(volumes=each(n, lambda i: {"name": f"v{i}", "configMap": {"name": f"c{i}"}}))],
    "mount-paths": lambda n: [pod(containers=[c(args=[f"/dta{i}/x" for i in range(n)], volumeMounts=each(n, lambda i: {"name": "v", "mountPath": f"/data{i}"}))], volumes=[{"name": "v", "emptyDir": {}}])],
    "containers": lambda n: [pod(containers=each(n, lambda i: c(f"c{i}", ports=[{"containerPort": 80 + i % 9000, "name": f"p{i}"}])))],
    "container-ports-probes": lambda n: [pod(containers=[c(ports=each(n, lambda i: {"containerPort": 1 + i % 65000, "name": f"p{i}"}), livenessProbe={"httpGet": {"port": "web", "path": "/"}})])],
    "pods-of-service-accounts": lambda n: each(n, lambda i: pod(f"p{i}", serviceAccountName=f"sa{i}")),
    "image-pull-secrets": lambda n: [pod(imagePullSecrets=[{"name": f"s{i}"} for i in range(n)])],
    "services-no-pods": lambda n: each(n, lambda i: svc(f"s{i}")),
    "services-pods": lambda n: workloads(n, lambda i: svc(f"p{i}")),
    "services-one-label-off": lambda n: workloads(n, lambda i: svc(f"p{i}", {"app": f"q{i}"})),
    "services-named-ports": lambda n: [pod(), *each(n, lambda i: o("Service", f"s{i}", {"selector": {"app": "p"}, "ports": [{"port": 80, "targetPort": f"web{i}"}]}))],
    "service-ports": lambda n: [pod(), o("Service", "p", {"selector": {"app": "p"}, "ports": each(n, lambda i: {"name": f"p{i}", "port": 1 + i % 65000, "targetPort": f"t{i}"})})],
    "ingress-backends": lambda n: [o("networking.k8s.io/v1 Ingress", "i", {"rules": [{"host": f"h{i}.example.com", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": f"s{i}", "port": {"number": 80}}}}]}} for i in range(n)]})],
    "ingress-tls": lambda n: [o("networking.k8s.io/v1 Ingress", "i", {"tls": [{"hosts": [f"t{i}.example.com" for i in range(n)], "secretName": "t"}], "rules": [{"host": f"h{i}.example.com"} for i in range(n)]})],
    "namespaces-near": lambda n: each(n, lambda i: [o("Namespace", f"team-{i}-dev", namespace=None), o("ConfigMap", "x", namespace=f"team-{i}-dve")]),
    "config-maps-near": lambda n: each(n, lambda i: [cm(f"config-{i}", {}), pod(f"p{i}", volumes=[{"name": "v", "configMap": {"name": f"confg-{i}"}}])]),
    "same-object": lambda n: each(n, lambda i: cm("x", {"k": str(i)})),
    "pvc-of-many": lambda n: [o("PersistentVolumeClaim", "v", {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}), *each(n, lambda i: pod(f"p{i}", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "v"}}]))],
    "spread": lambda n: each(n, lambda i: pod(f"p{i}", topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": f"q{i}"}}}])),
    "node-affinity": lambda n: [pod(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/arhc", "operator": "In", "values": [f"amd{i}"]}]} for i in range(n)]}}})],
    "tolerations": lambda n: [pod(tolerations=each(n, lambda i: {"key": f"k{i}", "operator": "Equl"}))],
    "commands": lambda n: [pod(containers=[c(command=["sh", "-c", "\n".join(f"curl http://svc{i}:80" for i in range(n))])])],
    # network policies
    "netpol-ports": lambda n: [pod(), netpol("x", {"app": "p"}, ingress=[{"ports": each(n, lambda i: {"port": 1 + i % 65000})}])],
    "netpol-from": lambda n: [pod(), netpol("x", {"app": "p"}, ingress=[{"from": each(n, lambda i: {"podSelector": {"matchLabels": {"app": f"q{i}"}}})}])],
    "netpol-many": lambda n: workloads(n, lambda i: netpol(f"x{i}", {"app": f"p{i}"}, ingress=[{"from": [{"podSelector": {"matchLabels": {"app": f"q{i}"}}}]}])),
    "netpol-same-pods": lambda n: [pod(), *each(n, lambda i: netpol(f"x{i}", {"app": "p"}, ingress=[{"ports": [{"port": i + 1}]}]))],
    "netpol-calls": lambda n: [netpol("deny", policyTypes=["Ingress", "Egress"]), *each(n, lambda i: [pod(f"p{i}", containers=[c(env=[{"name": "U", "value": f"http://p{i + 1}:80"}])]), svc(f"p{i}")])],
    "netpol-ip-blocks": lambda n: [pod(), netpol("x", {"app": "p"}, egress=[{"to": each(n, lambda i: {"ipBlock": {"cidr": f"10.{i // 65536}.{i // 256 % 256}.{i % 256}/32"}})}])],
    # RBAC
    "role-binding-subjects": lambda n: [o("ServiceAccount", "robot"), o(RB + "RoleBinding", "b", subjects=each(n, lambda i: {"kind": "ServiceAccount", "name": f"robots{i}", "namespace": "a"}), roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"})],
    "role-binding-subjects-near": lambda n: [*each(n, lambda i: o("ServiceAccount", f"robot-{i}")), o(RB + "RoleBinding", "b", subjects=each(n, lambda i: {"kind": "ServiceAccount", "name": f"robt-{i}", "namespace": "a"}), roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"})],
    "role-bindings": lambda n: each(n, lambda i: o(RB + "RoleBinding", f"b{i}", subjects=[{"kind": "ServiceAccount", "name": f"s{i}", "namespace": "a"}], roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"r{i}"})),
    "role-rules": lambda n: [o(RB + "Role", "r", rules=each(n, lambda i: {"apiGroups": ["aps"], "resources": [f"deployment{i}"], "verbs": ["gett"]}))],
    "role-words": lambda n: [o(RB + "ClusterRole", "r", namespace=None, rules=[{"apiGroups": [f"g{i}.io" for i in range(n)], "resources": [f"podss{i}" for i in range(n)], "verbs": [f"wathc{i}" for i in range(n)]}])],
    # Gateway API
    "route-parents": lambda n: [gateway("g"), svc("s"), route("r", [{"name": f"g{i}"} for i in range(n)])],
    "route-parents-near": lambda n: [*each(n, lambda i: gateway(f"gateway-{i}")), route("r", [{"name": f"gatewy-{i}"} for i in range(n)])],
    "route-parents-same": lambda n: [gateway("g"), route("r", [{"name": "g", "sectionName": f"l{i}"} for i in range(n)])],
    "route-rules": lambda n: [gateway("g"), svc("s"), route("r", rules=each(n, lambda i: {"matches": [{"path": {"value": f"/p{i}"}}], "backendRefs": [to("s")]}))],
    "route-same-rules": lambda n: [gateway("g"), svc("s"), route("r", rules=each(n, lambda i: {"backendRefs": [to("s")]}))],
    "route-matches": lambda n: [gateway("g"), route("r", rules=[{"matches": each(n, lambda i: {"headers": [{"name": "x", "value": f"v{i}"}]}), "backendRefs": [to("s")]}])],
    "route-backends": lambda n: [gateway("g"), route("r", rules=[{"backendRefs": [to(f"s{i}") for i in range(n)]}])],
    "routes": lambda n: [gateway("g"), svc("s"), *each(n, lambda i: route(f"r{i}"))],
    "routes-hosts": lambda n: [gateway("g"), *each(n, lambda i: route(f"r{i}", hostnames=[f"h{i}.example.com"]))],
    "route-hosts": lambda n: [gateway("g", [{"name": "l", "port": 80, "protocol": "HTTP", "hostname": "x.example.com"}]), route("r", hostnames=[f"h{i}.example.com" for i in range(n)])],
    "gateway-listeners": lambda n: [gateway("g", each(n, lambda i: {"name": f"l{i}", "port": 1 + i % 65000, "protocol": "HTTP"}))],
    "gateway-listeners-tls": lambda n: [gateway("g", each(n, lambda i: {"name": f"l{i}", "port": 443, "protocol": "HTTPS", "hostname": f"h{i}.example.com", "tls": {"certificateRefs": [{"name": f"t{i}"}]}}))],
    "gateways-routes": lambda n: each(n, lambda i: [gateway(f"g{i}"), route(f"r{i}", [{"name": f"g{i}"}])]),
    "gateway-selectors": lambda n: [gateway("g", each(n, lambda i: {"name": f"l{i}", "port": 1 + i % 65000, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchLabels": {f"k{i}": "v"}}}}})), *each(n // 20, lambda i: route(f"r{i}"))],
    "grants": lambda n: [*each(n, lambda i: o("gateway.networking.k8s.io/v1beta1 ReferenceGrant", f"x{i}", {"from": [{"group": GROUP, "kind": "HTTPRoute", "namespace": f"n{i}"}], "to": [{"group": "", "kind": "Service"}]})), *each(n, lambda i: {**route("r", rules=[{"backendRefs": [to("s", namespace="a")]}]), "metadata": {"name": "r", "namespace": f"m{i}"}})],
    # agentgateway
    "policies-one-route": lambda n: [gateway("g"), route("r"), *each(n, lambda i: policy(f"p{i}", traffic={"timeouts": {"request": f"{i}s"}}))],
    "policies-missing-routes": lambda n: each(n, lambda i: policy(f"p{i}", f"r{i}")),
    "policy-targets": lambda n: [o(AG + "AgentgatewayPolicy", "p", {"targetRefs": each(n, lambda i: {"group": GROUP, "kind": "HTTPRoute", "name": f"r{i}"})})],
    "policy-jwt-providers": lambda n: [policy("p", traffic={"jwtAuthentication": {"providers": each(n, lambda i: {"issuer": f"https://i{i}.example.com", "jwks": {"remote": {"jwksPath": "/jwks", "backendRef": {"name": f"s{i}", "port": 443}}}})}})],
    "policy-rules-cel": lambda n: [policy("p", traffic={"authorization": {"action": "Allow", "policy": {"matchExpressions": [f"jwt.sub == 'u{i}' && jwt.aud == 'x'" for i in range(n)]}}})],
    "policy-one-cel": lambda n: [policy("p", traffic={"authorization": {"policy": {"matchExpressions": [" || ".join(f"jwt.sub == 'u{i}'" for i in range(n))]}}})],
    "policy-transformations": lambda n: [policy("p", traffic={"transformation": {"request": {"set": each(n, lambda i: {"name": f"x-{i}", "value": f"request.headers['h{i}']"})}}})],
    "policy-rate-limits": lambda n: [policy("p", traffic={"rateLimit": {"local": each(n, lambda i: {"requests": i, "unit": "Minutes"})}})],
    "mcp-targets": lambda n: [backend("b", mcp={"targets": each(n, lambda i: {"name": f"t{i}", "static": {"host": f"s{i}.a.svc", "port": 80}})})],
    "mcp-targets-refs": lambda n: [backend("b", mcp={"targets": each(n, lambda i: {"name": f"t{i}", "static": {"backendRef": {"name": f"s{i}"}, "port": 80}})})],
    "mcp-targets-selectors": lambda n: [backend("b", mcp={"targets": each(n, lambda i: {"name": f"t{i}", "selector": {"services": {"matchLabels": {"app": f"p{i}"}}}})}), *each(n // 9, lambda i: svc(f"s{i}"))],
    "backend-providers": lambda n: [backend("b", ai={"groups": [{"providers": each(n, lambda i: {"name": f"p{i}", "openai": {"model": f"m{i}"}})}]})],
    "backend-providers-same": lambda n: [backend("b", ai={"groups": [{"providers": each(n, lambda i: {"name": "p", "openai": {"model": f"m{i}"}})}]})],
    "backends": lambda n: each(n, lambda i: backend(f"b{i}", ai={"provider": {"openai": {"model": f"m{i}"}}})),
    "backends-routes-models": lambda n: [gateway("g"), *each(n, lambda i: [backend(f"b{i}", ai={"provider": {"openai": {"model": f"m{i}"}}}), route(f"r{i}", rules=[{"matches": [{"headers": [{"name": "x-model", "value": f"m{i}"}]}], "backendRefs": [{"group": "agentgateway.dev", "kind": "AgentgatewayBackend", "name": f"b{i}"}]}])])],
    "model-aliases": lambda n: [policy("p", backend={"ai": {"modelAliases": keys(n, lambda i: f"m{i}")}})],
    # pools and pickers
    "pools": lambda n: each(n, lambda i: [pool(f"p{i}"), svc("epp")][:1]),
    "pools-pods": lambda n: [svc("epp"), *each(n, lambda i: [pool(f"p{i}"), pod(f"p{i}", containers=[vllm("--port", "8000")])])],
    "pickers-pools": lambda n: each(n, lambda i: [pool(f"p{i}", picker=f"e{i}"), pod(f"e{i}", containers=[c("epp", "registry.k8s.io/gateway-api-inference-extension/epp:v1.3.1", args=["--pool-name", f"p{i}"])]), svc(f"e{i}")]),
    "picker-config": lambda n: [pod("epp", containers=[c("epp", "registry.k8s.io/gateway-api-inference-extension/epp:v1.3.1", args=["--config-text", "apiVersion: inference.networking.x-k8s.io/v1alpha1\nkind: EndpointPickerConfig\nplugins:\n" + "".join(f"- type: queue-scorr\n  name: p{i}\n" for i in range(n)) + "schedulingProfiles:\n- name: x\n  plugins:\n" + "".join(f"  - pluginRef: q{i}\n" for i in range(n))])])],
    "picker-flags": lambda n: [pod("epp", containers=[c("epp", "registry.k8s.io/gateway-api-inference-extension/epp:v1.3.1", args=[f"--pool-nme{i}=x" for i in range(n)])])],
    "objectives": lambda n: [pool("p"), *each(n, lambda i: o("inference.networking.x-k8s.io/v1alpha2 InferenceObjective", f"o{i}", {"poolRef": {"name": f"q{i}"}, "priority": i}))],
    # vLLM
    "vllm-flags": lambda n: [pod(containers=[vllm(*(f"--max-modl-{i}" for i in range(n)))])],
    "vllm-flags-twice": lambda n: [pod(containers=[vllm(*(a for i in range(n) for a in ("--max-model-len", str(i))))])],
    "vllm-servers": lambda n: each(n, lambda i: pod(f"p{i}", containers=[vllm("--tensor-parallel-size", "4", "--served-model-name", f"m{i}")])),
    "vllm-names": lambda n: [svc("s", {"app": "p"}), pod(containers=[vllm("--served-model-name", *(f"m{i}" for i in range(n)))])],
    "vllm-shell": lambda n: [pod(containers=[c("vllm", "vllm/vllm-openai:v0.23.0", command=["sh", "-c", "vllm serve m " + " \\\n".join(f"--enable-x{i} $A{i}" for i in range(n))])])],
    # LiteLLM
    "litellm-models": lambda n: litellm(models(n)),
    "litellm-models-same": lambda n: litellm("model_list:\n" + f"- {model(0)}\n" * n),
    "litellm-models-vllm": lambda n: litellm(models(n), svc("s", {"app": "p"}), pod(containers=[vllm("--served-model-name", "mm")])),
    "litellm-models-gateway": lambda n: litellm(models(n // 2, base="http://g.a.svc:80/v1"), gateway("g"), *each(n // 2, lambda i: route(f"r{i}", rules=[{"matches": [{"headers": [{"name": "x-model", "value": f"mm{i}"}]}], "backendRefs": [to("s")]}]))),
    "litellm-models-route-rules": lambda n: litellm(models(n // 2, base="http://g.a.svc:80/v1"), gateway("g"), route("r", rules=each(n, lambda i: {"matches": [{"path": {"value": f"/p{i}"}}], "backendRefs": [to(f"s{i}")]}))),
    "litellm-bases": lambda n: litellm("model_list:\n" + "".join(f"- {model(i, f'http://s{i}.a.svc:80')}\n" for i in range(n))),
    "litellm-fallbacks": lambda n: litellm(models(3, "litellm_settings:\n  fallbacks:\n", *(f"  - a{i}: [b{i}]\n" for i in range(n)))),
    "litellm-fallback-list": lambda n: litellm(models(n // 5, "router_settings:\n  fallbacks:\n  - m0: [" + ", ".join(f"mm{i}" for i in range(n)) + "]\n")),
    "litellm-fallback-chain": lambda n: litellm(models(n // 3, "router_settings:\n  fallbacks:\n", *(f"  - m{i}: [m{i + 1}]\n" for i in range(n // 3)))),
    "litellm-group-alias": lambda n: litellm(models(3, "router_settings:\n  model_group_alias:\n", *(f"    al{i}: mo{i}\n" for i in range(n)))),
    "litellm-unknown-keys": lambda n: litellm("litellm_settings:\n" + "".join(f"  drop_parms{i}: true\n" for i in range(n))),
    "litellm-unknown-params": lambda n: litellm("model_list:\n- model_name: x\n  litellm_params:\n    model: openai/x\n" + "".join(f"    api_bse{i}: true\n" for i in range(n))),
    "litellm-callbacks": lambda n: litellm("litellm_settings:\n  callbacks:\n" + "".join(f"  - promtheus{i}\n" for i in range(n))),
    "litellm-guardrails": lambda n: litellm("guardrails:\n" + "".join(f"- {{guardrail_name: g{i}, litellm_params: {{guardrail: presido, mode: pre_cal}}}}\n" for i in range(n))),
    "litellm-mcp": lambda n: litellm("mcp_servers:\n" + "".join(f"  s{i}: {{url: 'http://s{i}.a.svc/mcp', transport: htp}}\n" for i in range(n))),
    "litellm-environ": lambda n: litellm("model_list:\n" + "".join(f"- {{model_name: m{i}, litellm_params: {{model: openai/x, api_key: os.environ/KEY_{i}}}}}\n" for i in range(n))),
    "litellm-access-groups": lambda n: litellm("general_settings:\n  pass_through_endpoints:\n" + "".join(f"  - {{path: /p{i}, target: 'http://s{i}.a.svc'}}\n" for i in range(n))),
    "litellm-proxies": lambda n: each(n, lambda i: [pod(f"l{i}", containers=[c("litellm", "ghcr.io/berriai/litellm:v1.89.2", args=["--config", "/c/config.yaml"], volumeMounts=[{"name": "c", "mountPath": "/c"}])], volumes=[{"name": "c", "configMap": {"name": f"l{i}"}}]), cm(f"l{i}", {"config.yaml": models(1)})]),
    # Argo CD
    "applications": lambda n: [project(), *each(n, lambda i: app(f"a{i}"))],
    "applications-projects": lambda n: each(n, lambda i: app(f"a{i}", project=f"pp{i}")),
    "application-set-steps": lambda n: [o(AC + "ApplicationSet", "s", {"generators": [{"list": {"elements": each(n, lambda i: {"nme": f"x{i}"})}}], "template": {"metadata": {"name": "{{name}}"}, "spec": app("x")["spec"]}}, namespace="argocd")],
    "application-sources": lambda n: [app("x", sources=each(n, lambda i: {"repoURL": "https://git.example.com/a.git", "path": f"p{i}", "targetRevision": "main"}))],
    "application-ignored": lambda n: [app("x", ignoreDifferences=each(n, lambda i: {"group": "aps", "kind": f"Deploymnt{i}", "jsonPointers": ["/spec/replica"]}))],
    "application-options": lambda n: [app("x", syncPolicy={"syncOptions": [f"CreateNamespac{i}=true" for i in range(n)]})],
    "application-values": lambda n: [app("x", source={"repoURL": "https://charts.jetstack.io", "chart": "cert-manager", "targetRevision": "v1.20.2", "helm": {"valuesObject": keys(n, True, "replicaCont")}})],
    "project-destinations": lambda n: [project(destinations=each(n, lambda i: {"server": "https://kubernetes.default.svc", "namespace": f"n{i}"})), *each(n // 9, lambda i: app(f"a{i}", destination={"server": "https://kubernetes.default.svc", "namespace": f"m{i}"}))],
    "project-roles": lambda n: [project(roles=each(n, lambda i: {"name": f"r{i}", "policies": [f"p, proj:p:r{i}, applications, gett, p/*, allow"]}))],
    "argocd-rbac": lambda n: [{**cm("argocd-rbac-cm", {"policy.csv": "\n".join(f"p, role:x{i}, applcations, get, */*, allow" for i in range(n))}), "metadata": {"name": "argocd-rbac-cm", "namespace": "argocd"}}],
    "argocd-cm": lambda n: [{**cm("argocd-cm", keys(n, "x", "resource.customizatons.health.")), "metadata": {"name": "argocd-cm", "namespace": "argocd"}}],
    "hooks": lambda n: each(n, lambda i: o("ConfigMap", f"x{i}", meta={"annotations": {"argocd.argoproj.io/hok": "PreSinc", "argocd.argoproj.io/sync-wave": str(i)}})),
    "annotations": lambda n: [o("ConfigMap", "x", meta={"annotations": keys(n, "x", "argocd.argoproj.io/sync-option")})],
    "waves": lambda n: [app("x"), *each(n, lambda i: [o("ConfigMap", f"c{i}", meta={"annotations": {"argocd.argoproj.io/sync-wave": str(i % 90)}}), {**pod(f"p{i}", volumes=[{"name": "v", "configMap": {"name": f"c{i}"}}]), "metadata": {"name": f"p{i}", "namespace": "a", "annotations": {"argocd.argoproj.io/sync-wave": str(-i % 90)}}}])],
    # CloudNativePG, External Secrets, KEDA, cert-manager
    "cnpg-parameters": lambda n: [o("postgresql.cnpg.io/v1 Cluster", "c", {"instances": 1, "storage": {"size": "1Gi"}, "postgresql": {"parameters": keys(n, "on", "shared_bufers")}})],
    "cnpg-roles": lambda n: [o("postgresql.cnpg.io/v1 Cluster", "c", {"instances": 1, "storage": {"size": "1Gi"}, "managed": {"roles": each(n, lambda i: {"name": f"r{i}", "passwordSecret": {"name": f"s{i}"}})}})],
    "cnpg-hba": lambda n: [o("postgresql.cnpg.io/v1 Cluster", "c", {"instances": 1, "storage": {"size": "1Gi"}, "postgresql": {"pg_hba": [f"hst all u{i} 10.0.0.0/8 md5" for i in range(n)]}})],
    "cnpg-clusters": lambda n: each(n, lambda i: o("postgresql.cnpg.io/v1 Cluster", f"c{i}", {"instances": 1, "storage": {"size": "1Gi"}, "bootstrap": {"initdb": {"database": "x", "owner": "x", "secret": {"name": f"s{i}"}}}})),
    "external-data": lambda n: [external("x", each(n, lambda i: fetched(f"k{i}")))],
    "external-same-target": lambda n: each(n, lambda i: external(f"x{i}", target={"name": "t"})),
    "external-stores": lambda n: each(n, lambda i: external(f"x{i}", store=f"stre{i}")),
    "external-templates": lambda n: [external("x", target={"name": "x", "template": {"data": keys(n, lambda i: "{{ .k" + str(i) + " | bas64 }}")}})],
    "push-data": lambda n: [o("external-secrets.io/v1alpha1 PushSecret", "p", {"secretStoreRefs": [{"name": "s"}], "selector": {"secret": {"name": "s"}}, "data": each(n, lambda i: {"match": {"secretKey": f"k{i}", "remoteRef": {"remoteKey": f"r{i}"}}})}), o("Secret", "s", data=keys(9, ""))],
    "scalers-one-target": lambda n: [pod(), *each(n, lambda i: scaled(f"s{i}"))],
    "scalers-missing": lambda n: each(n, lambda i: scaled(f"s{i}", f"p{i}")),
    "scaler-triggers": lambda n: [pod(), scaled("s", triggers=each(n, lambda i: {"type": "promethus", "metadata": {"threshld": str(i)}, "name": f"t{i}"}))],
    "scaler-queries": lambda n: [pod(), scaled("s", triggers=each(n, lambda i: prometheus(f"sum(vllm:num_requests_waitin{{model_name='m{i}'}})")))],
    "hpa-metrics": lambda n: [pod(), o("autoscaling/v2 HorizontalPodAutoscaler", "h", {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "p"}, "maxReplicas": 3, "metrics": each(n, lambda i: {"type": "ContainerResource", "containerResource": {"name": "cpu", "container": f"c{i}", "target": {"type": "Utilization", "averageUtilization": 50}}})})],
    "pdbs": lambda n: workloads(n, lambda i: o("policy/v1 PodDisruptionBudget", f"b{i}", {"minAvailable": 1, "selector": {"matchLabels": {"app": f"p{i}"}}})),
    "certificate-names": lambda n: [o("cert-manager.io/v1 Certificate", "c", {"secretName": "s", "issuerRef": {"name": "i"}, "dnsNames": [f"h{i}.example.com" for i in range(n)]})],
    "certificates": lambda n: each(n, lambda i: o("cert-manager.io/v1 Certificate", f"c{i}", {"secretName": "s", "issuerRef": {"name": f"i{i}"}, "dnsNames": ["h.example.com"]})),
    # Prometheus, Grafana, OpenTelemetry
    "alerts": lambda n: rules({"name": "g", "rules": each(n, lambda i: alert(i, f"vllm:num_requests_waitin{i} > 1"))}),
    "alert-groups": lambda n: rules(*each(n, lambda i: {"name": f"g{i}", "rules": [alert(i, "up == 0")]})),
    "alert-one-query": lambda n: rules({"name": "g", "rules": [alert(0, " or ".join(f"metric{i} > 1" for i in range(n)))]}),
    "alert-templates": lambda n: rules({"name": "g", "rules": [{"alert": "A", "expr": "up", "annotations": {"x": " ".join(f"{{{{ $labels.l{i} }}}}" for i in range(n))}}]}),
    "records": lambda n: rules({"name": "g", "rules": each(n, lambda i: {"record": f"a:b{i}", "expr": f"a:b{i + 1}"})}),
    "dashboard": lambda n: [cm("d", {"d.json": '{"title":"x","templating":{"list":[' + ",".join(f'{{"name":"v{i}","type":"custom"}}' for i in range(n // 2)) + ']},"panels":[' + ",".join(f'{{"type":"timeseries","targets":[{{"expr":"sum(vllm:e{i}{{a=\\"$w{i}\\"}})"}}]}}' for i in range(n)) + "]}"}, {"grafana_dashboard": "1"})],
    "service-monitors": lambda n: each(n, lambda i: o("monitoring.coreos.com/v1 ServiceMonitor", f"m{i}", {"selector": {"matchLabels": {"app": f"p{i}"}}, "endpoints": [{"port": "web"}]})),
    "monitor-endpoints": lambda n: [svc("p"), o("monitoring.coreos.com/v1 ServiceMonitor", "m", {"selector": {}, "endpoints": each(n, lambda i: {"port": f"web{i}"})})],
    "otel-pipelines": lambda n: [cm("otel", {"config.yaml": "receivers: {otlp: {}}\nexporters: {debug: {}}\nservice:\n  pipelines:\n" + "".join(f"    traces/{i}: {{receivers: [otl{i}], exporters: [debg{i}]}}\n" for i in range(n))})],
    # the verdict: schemas, CEL of definitions, lists that are maps
    "unknown-fields": lambda n: [o("Service", "s", keys(n, 1, "selectr"))],
    "unknown-fields-custom": lambda n: [o(GW + "HTTPRoute", "r", keys(n, 1, "parentRef"))],
    "wrong-types": lambda n: [pod(containers=[c(env=each(n, lambda i: {"name": f"V{i}", "value": i}))])],
    "list-keys-twice": lambda n: [pod(containers=[c(ports=each(n, lambda i: {"containerPort": 80, "name": "x"}))])],
    "labels": lambda n: [o("ConfigMap", "x", labels=keys(n, "not a label!"))],
    "names": lambda n: each(n, lambda i: cm(f"Not_A_Name_{i}", {})),
    "definition-rules": lambda n: [o("apiextensions.k8s.io/v1 CustomResourceDefinition", "xs.e.io", {"group": "e.io", "names": {"kind": "X", "plural": "xs"}, "scope": "Namespaced", "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "string"}, "x-kubernetes-validations": [{"rule": f"self.size() > {i}"} for i in range(n)]}}}}}]}, namespace=None), o("e.io/v1 X", "x", {"a": "b"})],
    "definitions": lambda n: each(n, lambda i: o("apiextensions.k8s.io/v1 CustomResourceDefinition", f"x{i}s.e.io", {"group": "e.io", "names": {"kind": f"X{i}", "plural": f"x{i}s"}, "scope": "Namespaced", "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}, namespace=None)),
    "admission-policies": lambda n: [o("admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy", "p", {"validations": [{"expression": f"object.spec.x{i} == 1 &&"} for i in range(n)]}, namespace=None)],
    # keys and texts
    "secret-values": lambda n: [cm("x", keys(n, lambda i: f"password: hunter{i}Xq9zL2", "db-password-"))],
    "secret-env": lambda n: [pod(containers=[c(env=env(n, lambda i: f"sk-abcDEF{i:08d}ghiJKL0123456789", "API_KEY_"))])],
    "secret-text": lambda n: [cm("x", {"x": "\n".join(f"api_key = 'Zx8Qw{i:06d}LmNpRt77'" for i in range(n))})],
    "long-value": lambda n: [cm("x", {"x": "a" * n})],
    "long-base64": lambda n: [cm("x", {"x": "QUJDREVGR0hJSktMTU5PUFFS" * n})],
    "comments": lambda n: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + "# a comment: with words\n" * n,
    "comments-with-keys": lambda n: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n" + "".join(f"# password: hunter{i}Xq9zL2\n" for i in range(n)),
    "documents": lambda n: "".join(f"---\na: {i}\n" for i in range(n)),
    "empty-documents": lambda n: "---\n" * n,
    "anchors": lambda n: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n" + "".join(f"  k{i}: &a{i} v\n  l{i}: *a{i}\n" for i in range(n)),
    "aliases": lambda n: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\nx: &a {a: b, c: d}\ny:\n" + "- *a\n" * n,
    "merge-keys": lambda n: "x: &a {a: b}\ny:\n" + "- {<<: *a, c: d}\n" * n,
    "alias-bomb": lambda n: "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{', '.join(['*a' + str(i)] * 9)}]\n" for i in range(n % 40)) + "#" * n,
    "deep-flow": lambda n: "a: " + "[" * n + "]" * n + "\n",
    "deep-block": lambda n: "".join(" " * i + "a:\n" for i in range(int((2 * n) ** 0.5))),
    "flow-lists": lambda n: "a: [" + ", ".join(["[]"] * n) + "]\n",
    "same-keys": lambda n: "a: 1\n" * n,
    "quoted-lines": lambda n: 'a: "' + "\\\n" * n + '"\n',
    "folded": lambda n: "a: >-\n" + "  word word\n\n" * n,
    "broken-lines": lambda n: "a: b: c\n" * n,
    "broken-documents": lambda n: "---\na: [\n" * n,
    "tabs": lambda n: "\t" * n,
    "long-key": lambda n: "? " + "a" * n + "\n: b\n",
    "escapes": lambda n: 'a: "' + "\\u00e9" * n + '"\n',
    "unknown-kinds": lambda n: each(n, lambda i: o(f"e{i}.io/v1 K{i}", "x")),
    "near-kinds": lambda n: each(n, lambda i: o("apps/v1 Deploymnt", f"x{i}", {})),
    "charts": lambda n: [cm("x", {"values.yaml": "".join(f"a{i}: {{b: c}}\n" for i in range(n))})],
}

HEAD = "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\n"


def features(text, **files):
    return {"features.yaml": HEAD + text, **{k.replace("__", "/") + ".yaml": v for k, v in files.items()}}

AI = "runtime.agentic-layer.ai/v1alpha1 "
RULE = """# r{i}

x

```rule
of: ConfigMap
at: /data/*
holds: size(self) > {i}
severity: warning
message: "m{i}"
help: "h"
```
"""


def settings(text, on="egress", **more):
    """features.yaml with settings as text, indented as below `settings:`."""
    return {"features.yaml": f"{HEAD}features: {{ {on}: true }}\nsettings:\n{text}", **more}


def ai(n, name="g{i}", **spec):
    return {"features.yaml": HEAD + "features: { agentic: true }\n", "gateways/x.yaml": each(n, lambda i: o(AI + "AiGateway", name.format(i=i), {"aiGatewayClassName": "litellm", "aiModels": [{"provider": "openai", "name": "gpt-4o"}], **spec}))}


def served(n, text):
    return settings("  serving:\n    models:\n" + "".join(f"      m{i}: {{ model: Qwen/Q{i}{text} }}\n" for i in range(n)), "autoscaling")


FOLDERS = {
    "platform-egress-models": lambda n: settings("  egress:\n    providers:\n      openai:\n        models:\n" + "".join(f"          gpt-{i}: {{ model: gpt-{i}, inputPrice: 1, outputPrice: 2 }}\n" for i in range(min(n, 9_900)))),
    "platform-local-models": lambda n: served(min(n, 500), ""),
    "platform-unknown-settings": lambda n: settings("  egress:\n" + "".join(f"    provders{i}: {{}}\n" for i in range(min(n, 9_900)))),
    "platform-unknown-flags": lambda n: {"features.yaml": HEAD + "features:\n" + "".join(f"  egres{i}: true\n" for i in range(n))},
    "platform-fallbacks": lambda n: settings("  egress: { providers: { anthropic: { models: [claude-haiku-4-5] } } }\n  litellm:\n    fallbacks:\n" + "".join(f"      a{i}: [b{i}]\n" for i in range(min(n, 9_900)))),
    "platform-servers": lambda n: settings("  mcp:\n    servers:\n" + "".join(f"      s{i}: {{ image: {{ repository: ghcr.io/x/s{i}, tag: v1.0.0 }}, port: 8080, tools: [a] }}\n" for i in range(min(n, 9_900))), "mcp"),
    "platform-env": lambda n: settings("  litellm:\n    env:\n" + "".join(f"      K{i}: v\n" for i in range(min(n, 9_900)))),
    "platform-silences": lambda n: {"features.yaml": HEAD + "silence:\n" + "".join(f"- {{ code: dangling-reference, object: Cluster a/b{i}, reason: it is right as it is }}\n" for i in range(n))},
    "platform-existing": lambda n: {"features.yaml": HEAD + "existing:\n" + "".join(f"- {{ kind: Secret, namespace: a, name: b{i} }}\n" for i in range(n))},
    "platform-ai-gateways": lambda n: ai(n),
    "platform-ai-gateways-guards": lambda n: ai(n, guardrails=[{"name": "x", "namespace": "guards"}]),
    "platform-ai-gateways-same": lambda n: ai(n, "same"),
    "platform-agents": lambda n: {**ai(1), "gateways/y.yaml": each(n, lambda i: o(AI + "Agent", f"a{i}", {"framework": "google-adk", "model": f"openai/m{i}"}))},
    "platform-tool-routes": lambda n: {"features.yaml": HEAD + "features: { agentic: true }\n", "gateways/x.yaml": [o(AI + "ToolGateway", "g", {"toolGatewayClassName": "litellm"}), *each(n, lambda i: o(AI + "ToolRoute", f"r{i}", {"toolGatewayRef": {"name": "g"}, "upstream": {"external": {"url": f"https://t{i}.example.com/mcp"}}}))]},
    "platform-patches": lambda n: {"features.yaml": HEAD, "manifests/x/x.yaml": each(300, lambda i: o("ConfigMap", f"x{i}", namespace="x", data={"a": "b"})), "patches/x.yaml": each(n, lambda i: o("ConfigMap", f"x{i % 300}", namespace="x", data={f"k{i}": "v"}))},
    "platform-patches-missing": lambda n: {"features.yaml": HEAD, "patches/x.yaml": each(n, lambda i: o("ConfigMap", f"x{i}", namespace="x", data={"k": "v"}))},
    "platform-operations": lambda n: {"features.yaml": HEAD, "patches/x.yaml": [{"target": {"version": "v1", "kind": "ConfigMap", "namespace": "a", "name": "x"}, "patch": each(n, lambda i: {"op": "add", "path": f"/data/k{i}", "value": "v"})}], "manifests/x/x.yaml": [cm("x", {"a": "b"})]},
    "platform-objects": lambda n: {"features.yaml": HEAD, "manifests/x/x.yaml": each(n, lambda i: o("ConfigMap", f"x{i}", namespace="x", data={"a": "b"}))},
    "platform-objects-unknown": lambda n: {"features.yaml": HEAD, "manifests/x/x.yaml": each(n, lambda i: o("Service", f"x{i}", {"selectr": {"a": "b"}}, namespace="x"))},
    "platform-rule-pages": lambda n: {"features.yaml": HEAD, "manifests/x/x.yaml": each(50, lambda i: o("ConfigMap", f"x{i}", namespace="x", data={"a": "b"})), **{f"rules/r{i}.md": RULE.replace("{i}", str(i)) for i in range(n)}},
    "platform-groups": lambda n: {"features.yaml": HEAD, **{f"groups/g{i}.yaml": f"summary: s\nfeature: g{i}\nrequires: [egres{i}]\n" for i in range(n)}},
    "platform-group-claims": lambda n: {"features.yaml": HEAD + "features: { x: true }\n", "groups/x.yaml": "summary: s\nfeature: x\nclaims:\n" + "".join(f"- {{ control: c{i}, state: implemented, detail: d, evidence: [{{ present: {{ kind: ConfigMap, namespace: x, name: n{i} }} }}] }}\n" for i in range(n))},
    "platform-overlays": lambda n: {"features.yaml": HEAD, **{f"clusters/c{i}.yaml": "features: { egress: false }\n" for i in range(min(n, 300))}},
}

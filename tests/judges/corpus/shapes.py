"""What a schema cannot say of its kind: drawn objects put right where a random draw would almost never be."""

TARGETS = {  # of an AgentgatewayPolicy: kind -> group, and which sections it may carry
    "Gateway": "gateway.networking.k8s.io",
    "HTTPRoute": "gateway.networking.k8s.io",
    "GRPCRoute": "gateway.networking.k8s.io",
    "ListenerSet": "gateway.networking.k8s.io",
    "InferencePool": "inference.networking.k8s.io",
    "Service": "",
    "AgentgatewayBackend": "agentgateway.dev",
}
TRAFFIC = ["Gateway", "HTTPRoute", "GRPCRoute", "ListenerSet", "InferencePool"]


def agentgateway_policy(rng, spec, force):
    """Targets that the sections allow, one way of naming them, one section or two that go together."""
    sections = [s for s in ("frontend", "traffic", "backend") if s in spec]
    if force[:1] and force[0] in sections:
        sections = [force[0]] + [s for s in sections if s != force[0]]
    else:
        rng.shuffle(sections)
    for extra in sections[1:]:
        if "frontend" in (extra, sections[0]) or rng.random() < 0.7:
            del spec[extra]
    kinds = list(TARGETS)
    if "frontend" in spec:
        kinds = ["Gateway"]
    elif "traffic" in spec:
        early = isinstance(spec["traffic"], dict) and spec["traffic"].get("phase") == "PreRouting"
        kinds = ["Gateway", "ListenerSet"] if early else TRAFFIC
    elif isinstance(spec.get("backend"), dict) and ("ai" in spec["backend"] or "mcp" in spec["backend"]):
        kinds.remove("Service")
    kind = rng.choice(kinds)
    target = {"group": TARGETS[kind], "kind": kind}
    if rng.random() < 0.3 and kind != "AgentgatewayBackend" and "frontend" not in spec:
        target["sectionName"] = "8080" if kind == "Service" else "main"
    named = [dict(target, name=f"t{i}") for i in range(rng.choice([1, 1, 2]))]
    chosen = [dict(target, matchLabels={"app": "a"})]
    if force[:1] == ("targetSelectors",) or (force[:1] != ("targetRefs",) and rng.random() < 0.3):
        spec.pop("targetRefs", None)
        spec["targetSelectors"] = chosen
    else:
        spec.pop("targetSelectors", None)
        spec["targetRefs"] = named


def union(rng, value, fields):
    """A discriminator `type` beside the one field it names: `fields` maps its values to fields."""
    present = [t for t, f in fields.items() if f in value]
    if present:
        value["type"] = rng.choice(present)
        for kind, field in fields.items():
            if kind != value["type"]:
                value.pop(field, None)
    elif isinstance(value.get("type"), str) and value["type"] in fields:
        value["type"] = next((t for t, f in fields.items() if f == ""), value["type"])


FILTERS = {
    "RequestHeaderModifier": "requestHeaderModifier",
    "ResponseHeaderModifier": "responseHeaderModifier",
    "RequestMirror": "requestMirror",
    "RequestRedirect": "requestRedirect",
    "URLRewrite": "urlRewrite",
    "CORS": "cors",
    "ExternalAuth": "externalAuth",
    "ExtensionRef": "extensionRef",
}


def put_right(kind, value, rng, force=()):
    """Mends a drawn object of a kind we know more about than its schema says."""
    spec = value.get("spec")
    if kind.kind == "AgentgatewayPolicy" and isinstance(spec, dict):
        agentgateway_policy(rng, spec, force[1:] if force[:1] == ("spec",) else ())
    if kind.kind in ("HTTPRoute", "GRPCRoute"):
        for inner in maps(value):
            if isinstance(inner.get("type"), str) and inner["type"] in FILTERS:
                union(rng, inner, FILTERS)
    return value


def maps(value):
    """Every map of a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from maps(inner)

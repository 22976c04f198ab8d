"""What a golden tree says about LiteLLM: its configuration, the environment of its proxy and of its migration job, and
the routes that stand behind the aliases. Knows both shapes, the Helm chart's values and plain manifests."""

import json
import re
from dataclasses import dataclass, field

import trees

# What the chart puts into the environment itself; the same name in the values would be there twice.
CHART_SETS = ["HOST", "PORT", "LITELLM_LOG", "PROXY_MASTER_KEY", "DISABLE_SCHEMA_UPDATE"]


@dataclass
class Route:
    """An HTTPRoute of a model: its path, the headers it demands, and whether it leaves the cluster."""

    alias: str
    path: str
    headers: dict
    external: bool

    @property
    def model(self):
        """The name that a request must carry: the exact one where adapters share a base."""
        return self.headers.get("X-Gateway-Model-Name") or self.headers.get("X-Gateway-Base-Model-Name")


@dataclass
class Pod:
    """The environment of one pod in order: (name, value or None, secretKeyRef or None)."""

    env: list = field(default_factory=list)

    def names(self):
        return [name for name, _, _ in self.env]

    def literal(self, name):
        return next((value for n, value, _ in self.env if n == name), None)


@dataclass
class Platform:
    chart: bool
    config: dict
    proxy: Pod
    job: Pod
    probes: dict  # readiness, startup, liveness: path
    values: dict  # the chart's values, or {}
    objects: list  # (path, manifest) of the whole tree
    routes: list
    headers: dict  # what the gateway derives from the body's model: header: {model: value}
    guard: dict  # the files of the request guard, which lie beside config.yaml
    elsewhere: list  # objects that the tree counts on and does not make


def read(tree):
    objects = [(path, o) for path, o in trees.manifests(tree)]
    routes, headers, guard = model_routes(objects), derived_headers(objects), guard_files(objects)
    application = one(objects, "Application", lambda o: any(s.get("chart") == "litellm-helm" for s in o["spec"].get("sources", [])))
    if application:
        import yaml

        name = application["metadata"]["labels"]["app.kubernetes.io/name"]
        values = yaml.safe_load((tree / "charts" / name / "values.yaml").read_text())
        probes = {p: (values.get(f"{p}Probe") or {}).get("path", default) for p, default in CHART_PROBES.items()}
        return Platform(
            True,
            values["proxy_config"],
            chart_pod(values, "true"),
            chart_pod(values, "false"),
            probes,
            values,
            objects,
            routes,
            headers,
            guard,
            trees.elsewhere(tree),
        )
    deployment = one(objects, "Deployment", lambda o: o["metadata"]["name"] == "litellm")
    job = one(objects, "Job", lambda o: "prisma_migration" in json.dumps(o))
    config = one(objects, "ConfigMap", lambda o: o["metadata"]["name"] == "litellm-config")
    import yaml

    container = deployment["spec"]["template"]["spec"]["containers"][0]
    probes = {p: container[f"{p}Probe"]["httpGet"]["path"] for p in CHART_PROBES}
    return Platform(
        False,
        yaml.safe_load(config["data"]["config.yaml"]),
        manifest_pod(deployment),
        manifest_pod(job) if job else None,
        probes,
        {},
        objects,
        routes,
        headers,
        guard,
        trees.elsewhere(tree),
    )


def guard_files(objects):
    """What the ConfigMap of the request guard holds."""
    found = one(objects, "ConfigMap", lambda o: "request_guard.py" in (o.get("data") or {}))
    return found["data"] if found else {}


CHART_PROBES = {"readiness": "/health/readiness", "startup": "/health/readiness", "liveness": "/health/liveliness"}


def one(objects, kind, wanted):
    return next((o for _, o in objects if o["kind"] == kind and wanted(o)), None)


def chart_pod(values, disable_schema_update):
    """What the chart of this version gives its proxy and its job; environmentSecrets would reach the proxy alone."""
    master = {"name": values.get("masterkeySecretName"), "key": values.get("masterkeySecretKey")}
    own = {"DISABLE_SCHEMA_UPDATE": disable_schema_update, "LITELLM_LOG": values.get("logLevel", "INFO")}
    env = [(n, own.get(n), master if n == "PROXY_MASTER_KEY" else None) for n in CHART_SETS]
    env += [(n, v, None) for n, v in (values.get("envVars") or {}).items()]
    return Pod(env + [entry(e) for e in values.get("extraEnvVars") or []])


def manifest_pod(workload):
    return Pod([entry(e) for e in workload["spec"]["template"]["spec"]["containers"][0].get("env", [])])


def entry(e):
    return e["name"], e.get("value"), e.get("valueFrom", {}).get("secretKeyRef")


def model_routes(objects):
    """HTTPRoutes whose path is that of an alias, /models/<alias>/v1."""
    found = []
    for _, o in objects:
        for rule in o["spec"].get("rules", []) if o["kind"] == "HTTPRoute" else []:
            for match in rule.get("matches", []):
                alias = re.fullmatch(r"/models/([^/]+)/v1", match.get("path", {}).get("value", ""))
                if alias:
                    headers = {h["name"]: h["value"] for h in match.get("headers", [])}
                    external = any(b.get("kind") == "AgentgatewayBackend" for b in rule.get("backendRefs", []))
                    found.append(Route(alias.group(1), match["path"]["value"], headers, external))
    return found


def derived_headers(objects):
    """The maps of the PreRouting policy: {"model":"value",...}[json(request.body).model]."""
    found = {}
    for _, o in objects:
        traffic = o["spec"].get("traffic", {}) if o["kind"] == "AgentgatewayPolicy" else {}
        if traffic.get("phase") == "PreRouting":
            for header in traffic.get("transformation", {}).get("request", {}).get("set", []):
                table = re.fullmatch(r"(\{.*\})\[json\(request\.body\)\.model\]", header["value"])
                found[header["name"]] = json.loads(table.group(1)) if table else {}
    return found


def secrets(platform):
    """{(namespace, name): keys} of the Secrets that the tree makes or counts on; None for keys that only the store knows."""
    found = {(o["namespace"], o["name"]): set(o.get("keys") or []) or None for o in platform.elsewhere if o["kind"] == "Secret"}
    for _, o in platform.objects:
        if o["kind"] == "Secret":
            found[o["metadata"]["namespace"], o["metadata"]["name"]] = set(o.get("data") or o.get("stringData") or {})
        elif o["kind"] == "ExternalSecret":
            target = o["spec"].get("target", {})
            template = target.get("template", {}).get("data")
            keys = set(template) if template else {d["secretKey"] for d in o["spec"].get("data", [])}
            name = target.get("name", o["metadata"]["name"])
            found[o["metadata"]["namespace"], name] = None if o["spec"].get("dataFrom") else keys
    return found

#!/usr/bin/env python3
"""Writes kubernetes.json: the types of the built-in kinds, as an API server publishes them at /openapi/v3. Each release of
Kubernetes holds these documents, for all versions of its API; those that a server serves unasked are the stable ones. The
documents lack the choices of fields, which stand in the Go code that a server makes them from.

    go mod download k8s.io/kubernetes@v1.35.4
    schemas/kubernetes.py $(go env GOMODCACHE)/k8s.io/kubernetes@v1.35.4 > schemas/kubernetes.json

Kept is what decides about an object: types, required fields, choices, what lists are merged by, defaults: of fields those
that are more than Go's zero value, and `{}` where Go has a struct and no pointer. Descriptions and everything below
`status` are left out. A schema that is used several times stands
once under `types` and is referred to by name.
"""
import json
import re
import sys
from pathlib import Path

KEPT = {"type", "format", "required", "enum", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        "x-kubernetes-preserve-unknown-fields", "x-kubernetes-map-type", "minimum", "maximum"}
SPECIAL = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"x-kubernetes-int-or-string": True},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"format": "kubernetes-quantity"},
    "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"$ref": "ObjectMeta"},
    "io.k8s.apimachinery.pkg.runtime.RawExtension": {"x-kubernetes-preserve-unknown-fields": True},
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON": {"x-kubernetes-preserve-unknown-fields": True},
}
# Marked as required, but the server fills them in or takes the object without.
NOT_REQUIRED = {
    "rbac.v1.RoleRef": ["apiGroup"], "batch.v1.PodFailurePolicy": ["rules"], "core.v1.LimitRangeSpec": ["limits"],
    "scheduling.v1.PriorityClass": ["value"], "discovery.v1.EndpointSlice": ["endpoints"],
    "core.v1.HTTPHeader": ["value"], "core.v1.SleepAction": ["seconds"],
}
# Choices for which Go takes the empty string as the default.
EMPTY_IS_DEFAULT = {
    "apps.v1.DaemonSetUpdateStrategy": ["type"], "apps.v1.DeploymentStrategy": ["type"],
    "apps.v1.StatefulSetUpdateStrategy": ["type"], "batch.v1.CronJobSpec": ["concurrencyPolicy"],
    "core.v1.PodSpec": ["dnsPolicy", "restartPolicy"], "core.v1.ServicePort": ["protocol"],
    "core.v1.ContainerPort": ["protocol"], "core.v1.HTTPGetAction": ["scheme"], "core.v1.Toleration": ["operator"],
    "core.v1.PersistentVolumeSpec": ["persistentVolumeReclaimPolicy"], "storage.v1.StorageClass": ["reclaimPolicy"],
}
OPEN = {"x-kubernetes-preserve-unknown-fields": True}


def documents(release):
    """Group, version and OpenAPI document of each stable version of the API."""
    for path in sorted((release / "api/openapi-spec/v3").glob("api*_openapi.json")):
        found = re.fullmatch(r"apis?__(?:(.*)__)?(v[0-9]+)_openapi.json", path.name)
        if found:
            yield found[1] or "", found[2], json.loads(path.read_text())


def choices(release):
    """core.v1.PodSpec -> field -> its choices."""
    text = (release / "pkg/generated/openapi/zz_generated.openapi.go").read_text()
    found = {}
    for function in text.split("\nfunc schema_")[1:]:
        name = re.match(r"(?:k8sio_api|pkg_apis|apimachinery_pkg_apis)_(\w+?)_(v\d\w*?)_(\w+)\(", function)
        fields = re.finditer(r'\n\t{5}"([^"]+)": \{\n((?:\t{6}.*\n)+)\t{5}\}', function)
        for field in fields if name else []:
            enum = re.search(r"Enum: +\[\]interface\{\}\{(.*)\}", field[2])
            if enum:
                found.setdefault(".".join(name.groups()), {})[field[1]] = json.loads(f"[{enum[1]}]"), "Items:" in field[2]
    return found


def resources(document):
    """Kind -> whether it lies in namespaces, of all that can be created and read."""
    found = {}
    for path, verbs in document["paths"].items():
        created = verbs.get("post", {}).get("x-kubernetes-group-version-kind")
        if created and verbs.get("get", {}).get("x-kubernetes-action") == "list":
            found[created["kind"]] = "{namespace}" in path
    return found


def short(name):
    """io.k8s.api.core.v1.PodSpec -> core.v1.PodSpec"""
    for prefix in ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.apimachinery.pkg.util.",
                   "io.k8s.apiextensions-apiserver.pkg.apis.", "io.k8s.kube-aggregator.pkg.apis."):
        name = name.removeprefix(prefix)
    return name


def reduce(schema, sources, types, enums, field=True):
    """A schema of OpenAPI v3 in our words; what it refers to is added to `types`. `field`: it is that of a field, not of
    the items of a list or the values of a map."""
    default = schema.get("default")
    if "allOf" in schema and len(schema["allOf"]) == 1:
        schema = {**schema, **schema["allOf"][0]}
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name in SPECIAL:
            zero = {} if field or not name.endswith("Quantity") else {"default": "0"}
            return {**SPECIAL[name], **zero}
        key = short(name)
        if key not in types:
            types[key] = None
            types[key] = reduce(sources[name], sources, types, enums)
            if key == "core.v1.LocalObjectReference":
                types[key]["properties"]["name"]["default"] = ""  # it is the key of a list, and may be left out
            for name, (enum, items) in enums.get(key, {}).items():
                known = types[key]["properties"][name]
                (known["items"] if items else known)["enum"] = enum
            for choice in EMPTY_IS_DEFAULT.get(key, []):
                types[key]["properties"][choice]["enum"].append("")
            for missing in NOT_REQUIRED.get(key, []):
                types[key]["required"].remove(missing)
        return {"$ref": key, **({"default": {}} if default == {} else {})}
    out = {key: value for key, value in schema.items() if key in KEPT}
    if default not in ((None, "", 0, False, {}, []) if field else (None,)):
        out["default"] = default
    if "properties" in schema:
        out["properties"] = {
            name: OPEN if name == "status" else reduce(value, sources, types, enums)
            for name, value in sorted(schema["properties"].items())
        }
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            out[key] = reduce(schema[key], sources, types, enums, field=False)
    return out if out.get("type") or "$ref" in out else {**out, **OPEN}


def main():
    release = Path(sys.argv[1])
    types, kinds, enums = {}, [], choices(release)
    for group, version, document in documents(release):
        sources = document["components"]["schemas"]
        by_kind = {gvk["kind"]: name for name, schema in sources.items()
                   for gvk in schema.get("x-kubernetes-group-version-kind", []) if len(schema["x-kubernetes-group-version-kind"]) == 1}
        for kind, namespaced in resources(document).items():
            schema = reduce({"$ref": "/" + by_kind[kind]}, sources, types, enums)
            kinds.append({"group": group, "version": version, "kind": kind, "namespaced": namespaced, "type": schema["$ref"]})
    kinds.sort(key=lambda kind: (kind["group"], kind["kind"], kind["version"]))
    version = release.name.rpartition("@")[2]
    lines = [f'"source": "Kubernetes {version}, api/openapi-spec/v3"', '"kinds": [\n' + ",\n".join(json.dumps(k) for k in kinds) + "\n]",
             '"types": {\n' + ",\n".join(f"{json.dumps(n)}: {json.dumps(types[n], separators=(',', ':'))}" for n in sorted(types)) + "\n}"]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()

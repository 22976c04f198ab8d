#!/usr/bin/env python3
"""Writes kubernetes.json: the types of the built-in kinds, as a running API server publishes them at /openapi/v3.

    KUBECONFIG=... schemas/kubernetes.py > schemas/kubernetes.json

Kept is what decides about an object: types, required fields, choices, what lists are merged by, defaults: of fields those
that are more than Go's zero value, and `{}` where Go has a struct and no pointer. Descriptions and everything below
`status` are left out. A schema that is used several times stands
once under `types` and is referred to by name.
"""
import json
import subprocess
import sys

GROUPS = [
    "api/v1", "apis/apps/v1", "apis/batch/v1", "apis/rbac.authorization.k8s.io/v1", "apis/networking.k8s.io/v1",
    "apis/policy/v1", "apis/autoscaling/v1", "apis/autoscaling/v2", "apis/storage.k8s.io/v1",
    "apis/scheduling.k8s.io/v1", "apis/admissionregistration.k8s.io/v1", "apis/apiextensions.k8s.io/v1",
    "apis/apiregistration.k8s.io/v1", "apis/coordination.k8s.io/v1", "apis/discovery.k8s.io/v1", "apis/node.k8s.io/v1",
]
KEPT = {"type", "format", "required", "enum", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        "x-kubernetes-preserve-unknown-fields", "minimum", "maximum"}
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


def get(path):
    return json.loads(subprocess.run(["kubectl", "get", "--raw", path], check=True, capture_output=True).stdout)


def short(name):
    """io.k8s.api.core.v1.PodSpec -> core.v1.PodSpec"""
    for prefix in ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.apimachinery.pkg.util.",
                   "io.k8s.apiextensions-apiserver.pkg.apis.", "io.k8s.kube-aggregator.pkg.apis."):
        name = name.removeprefix(prefix)
    return name


def reduce(schema, sources, types, field=True):
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
            types[key] = reduce(sources[name], sources, types)
            if key == "core.v1.LocalObjectReference":
                types[key]["properties"]["name"]["default"] = ""  # it is the key of a list, and may be left out
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
            name: OPEN if name == "status" else reduce(value, sources, types)
            for name, value in sorted(schema["properties"].items())
        }
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            out[key] = reduce(schema[key], sources, types, field=False)
    return out if out.get("type") or "$ref" in out else {**out, **OPEN}


def main():
    types, kinds = {}, []
    for path in GROUPS:
        sources = get(f"/openapi/v3/{path}")["components"]["schemas"]
        by_kind = {gvk["kind"]: name for name, schema in sources.items()
                   for gvk in schema.get("x-kubernetes-group-version-kind", []) if len(schema["x-kubernetes-group-version-kind"]) == 1}
        group, version = path.split("/")[1:] if path.startswith("apis") else ("", "v1")
        for resource in get(f"/{path}")["resources"]:
            if "/" in resource["name"] or not {"create", "get"} <= set(resource["verbs"]):
                continue
            kind = resource["kind"]
            schema = reduce({"$ref": "/" + by_kind[kind]}, sources, types)
            kinds.append({"group": group, "version": version, "kind": kind,
                          "namespaced": resource["namespaced"], "type": schema["$ref"]})
    kinds.sort(key=lambda kind: (kind["group"], kind["kind"], kind["version"]))
    version = get("/version")["gitVersion"]
    lines = [f'"source": "kube-apiserver {version}, /openapi/v3"', '"kinds": [\n' + ",\n".join(json.dumps(k) for k in kinds) + "\n]",
             '"types": {\n' + ",\n".join(f"{json.dumps(n)}: {json.dumps(types[n], separators=(',', ':'))}" for n in sorted(types)) + "\n}"]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()

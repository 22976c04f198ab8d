"""What peers' output is validated with. Both tools get the definitions that gatewright has built in: CRDs of the pinned releases, and
for kubeconform the kinds of Kubernetes (kubectl-validate has those of its own)."""
import json
import re
import shutil
from pathlib import Path

from description import ROOT

NAMES = ("kubeconform", "kubectl-validate")

# Who writes a `List` for each cluster, which kubectl-validate does not know.
LISTS = ("jsonnet", "cue", "kcl")


def command(name, lane, tools, schemas, outputs):
    """Steps after a render; none where the tool is not there or cannot read it, and after gatewright's, which has validated what it wrote."""
    if lane.peer == "gatewright" or tools.missing([name]) or (name == "kubectl-validate" and lane.peer in LISTS):
        return None
    if name == "kubeconform":
        return lambda: [[tools.find(name), "-strict", "-n", "8", "-schema-location", f"{schemas}/kubeconform/{{{{.Group}}}}-{{{{.ResourceAPIVersion}}}}-{{{{.ResourceKind}}}}.json", outputs]]
    return lambda: [[tools.find(name), "--local-crds", schemas / "crds", outputs]]


def prepare(folder, tools):
    shutil.rmtree(folder, ignore_errors=True)
    for kind in ("crds", "kubeconform"):
        (folder / kind).mkdir(parents=True)
    for path in sorted((ROOT / "schemas/crds").glob("*.jsonl")):
        for line in path.read_text().splitlines()[1:]:
            definition = json.loads(line)
            (folder / "crds" / f"{definition['metadata']['name']}.json").write_text(line)
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = closed(with_head(version["schema"]["openAPIV3Schema"]))
                write(folder, spec["group"], version["name"], spec["names"]["kind"], schema)
    built_in = json.loads((ROOT / "schemas/kubernetes.json").read_text())
    types = {"ObjectMeta": {"type": "object"}, **{name: closed(type_) for name, type_ in built_in["types"].items()}}
    for kind in built_in["kinds"]:
        schema = {"$ref": f"#/definitions/{kind['type']}", "definitions": {name: types[name] for name in reached(types, kind["type"])}}
        write(folder, kind["group"] or kind["version"], kind["version"], kind["kind"], schema)
    return folder


def reached(types, first):
    """The types that one refers to, directly or not."""
    found, waiting = set(), [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r'"#/definitions/([^"]+)"', json.dumps(types[name]))
    return sorted(found)


def with_head(schema):
    """Every object has these, whether its definition says so or not."""
    head = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    return {**schema, "properties": {**schema.get("properties", {}), **head}}


def write(folder, group, version, kind, schema):
    (folder / "kubeconform" / f"{group}-{version}-{kind.lower()}.json").write_text(json.dumps(schema, separators=(",", ":")))


def closed(schema):
    """A structural schema as JSON Schema: no fields but those it has."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) if key not in ("properties", "default", "enum") else value for key, value in schema.items()}
    if "$ref" in found:
        return {"$ref": f"#/definitions/{found['$ref']}"}
    found.pop("format", None)
    if found.get("required") == []:
        del found["required"]
    if "properties" in found:
        found["properties"] = {key: closed(value) for key, value in found["properties"].items()}
        if not found.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in found:
            found["additionalProperties"] = False
    if found.get("nullable") and "type" in found:
        found["type"] = [found["type"], "null"]
    return {key: value for key, value in found.items() if not key.startswith("x-kubernetes") and key != "nullable"}

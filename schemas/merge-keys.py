#!/usr/bin/env python3
"""Writes merge-keys.json: how server-side apply merges the lists and maps of custom resources, read off their definitions
(structured-merge-diff: `x-kubernetes-list-type`, `-list-map-keys`, `-map-type`). What has no row is a list that is replaced,
or a map that is merged.

    schemas/merge-keys.py FOLDER-OF-CRDS > schemas/merge-keys.json

One row a kind: pattern of the field -> "set", "atomic" (a map that is replaced), or the keys of a list with the values that
they have when they are left out.
"""
import json
import sys
from pathlib import Path

import yaml


def rows(schema, at, out):
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    if kind == "map":
        fields = schema["items"].get("properties", {})
        out[at] = {key: fields.get(key, {}).get("default") for key in keys}
    elif kind == "set" or schema.get("x-kubernetes-map-type") == "atomic":
        out[at] = kind or "atomic"
    for name, below in schema.get("properties", {}).items():
        if at or name not in ("status", "metadata"):
            rows(below, f"{at}/{name}", out)
    below = schema.get("items") if kind == "map" else schema.get("additionalProperties")
    if isinstance(below, dict):
        rows(below, f"{at}/*", out)


def main():
    kinds = {}
    for path in sorted(Path(sys.argv[1]).rglob("*.y*ml")):
        for crd in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
            if not crd or crd.get("kind") != "CustomResourceDefinition":
                continue
            spec, out = crd["spec"], {}
            for version in spec["versions"]:
                if version["served"]:
                    rows(version["schema"]["openAPIV3Schema"], "", out)
            if out:
                kinds.setdefault(f"{spec['group']}/{spec['names']['kind']}", {}).update(out)
    lines = [f"{json.dumps(kind)}: {json.dumps(kinds[kind], separators=(',', ':'), sort_keys=True)}" for kind in sorted(kinds)]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()

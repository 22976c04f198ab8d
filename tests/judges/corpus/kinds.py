"""The kinds that a corpus is made of: one per served version of each CRD, with its schema."""

import collections
import glob
import os

import yaml

Kind = collections.namedtuple("Kind", "group version kind plural namespaced schema")


class Loader(yaml.CSafeLoader):
    """Reads YAML as Kubernetes does: a date is a string."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def documents(path):
    """The objects of one YAML file."""
    with open(path, encoding="utf-8") as file:
        return [d for d in yaml.load_all(file, Loader) if isinstance(d, dict)]


def load(paths, skip=("experimental",)):
    """The kinds of every CRD in and below some paths, in order of file names; `skip` names folders left out."""
    kinds = []
    for path in files(paths):
        if any(f"/{name}/" in path for name in skip):
            continue
        for crd in documents(path):
            if crd.get("kind") != "CustomResourceDefinition":
                continue
            spec = crd["spec"]
            for version in spec["versions"]:
                if version["served"]:
                    kinds.append(
                        Kind(
                            spec["group"],
                            version["name"],
                            spec["names"]["kind"],
                            spec["names"]["plural"],
                            spec["scope"] == "Namespaced",
                            version["schema"]["openAPIV3Schema"],
                        )
                    )
    return kinds


def files(paths):
    """The YAML files among and below some paths."""
    for path in paths:
        yield from (
            [path] if os.path.isfile(path) else sorted(glob.glob(os.path.join(path, "**", "*.yaml"), recursive=True))
        )


def api_version(kind):
    return f"{kind.group}/{kind.version}" if kind.group else kind.version


def step_into(schema, key):
    """The schema one step down, or None: a field's name, `[]` for an item, `{}` for the value of a map."""
    schema = schema or {}
    if key == "[]":
        return schema.get("items")
    if key == "{}" or key not in schema.get("properties", {}):
        more = schema.get("additionalProperties")
        return more if isinstance(more, dict) else None
    return schema["properties"][key]


def schema_at(schema, path):
    """The schema of the value at a path of keys and list positions."""
    for key in path:
        schema = step_into(schema, "[]" if isinstance(key, int) else key)
    return schema

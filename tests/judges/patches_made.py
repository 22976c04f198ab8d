"""What `patches.py` asks an API server about beyond the golden trees: the definitions of the pinned releases with nothing left in
them but types, defaults and the words that decide how lists and maps merge, and objects and patches made from those by chance.

The kinds get a group of their own, so that the server's real ones stay as they are.
"""
import json
from pathlib import Path

SUFFIX = ".judge.example"
MERGING = {"type", "properties", "additionalProperties", "items", "default", "nullable", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
           "x-kubernetes-map-type", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"}
WORDS = ["a", "b", "c", "d"]


def loose(schema):
    """A schema that takes whatever has its types."""
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for word in schema.keys() & MERGING:
        value = schema[word]
        kept[word] = {name: loose(below) for name, below in value.items()} if word == "properties" else value
        if word in ("items", "additionalProperties"):
            kept[word] = loose(value)
    keys = schema.get("x-kubernetes-list-map-keys", [])
    needed = [key for key in keys if "default" not in kept["items"]["properties"][key]]
    if needed:
        kept["items"]["required"] = needed
    return kept


def definitions(folder):
    """CustomResourceDefinitions, and the schema of each kind: (group, kind) -> (version, schema)."""
    crds, kinds = [], {}
    for file in sorted(Path(folder).glob("*.jsonl")):
        for line in file.read_text().splitlines()[1:]:
            crd = json.loads(line)
            spec = crd["spec"]
            for version in spec["versions"]:
                version["schema"]["openAPIV3Schema"] = loose(version["schema"]["openAPIV3Schema"])
                version.pop("subresources", None)
                if version["served"]:
                    kinds.setdefault((spec["group"], spec["names"]["kind"], version["name"]), version["schema"]["openAPIV3Schema"])
            spec["group"] += SUFFIX
            crd["metadata"] = {"name": f"{spec['names']['plural']}.{spec['group']}"}
            spec["names"].pop("shortNames", None)
            spec["names"].pop("categories", None)
            crds.append(crd)
    return crds, kinds


def value(schema, dice, depth=0):
    """Something of a schema; none where there is nothing to write."""
    if schema.get("x-kubernetes-embedded-resource"):
        return None
    if schema.get("x-kubernetes-int-or-string"):
        return dice.choice([1, 2, "50%"])
    if schema.get("properties"):
        some = 0.7 if depth < 3 else 0.35 if depth < 6 else 0.15
        names = [name for name in schema["properties"] if dice.random() < some]
        dice.shuffle(names)
        made = {name: value(schema["properties"][name], dice, depth + 1) for name in names[:12]}
        return {name: one for name, one in made.items() if one is not None}
    if schema.get("type") == "object":
        below = schema.get("additionalProperties")
        below = below if isinstance(below, dict) and below else {"type": "string"}
        made = {word: value(below, dice, depth + 1) for word in dice.sample(WORDS, dice.randrange(3))}
        return {word: one for word, one in made.items() if one is not None}
    if schema.get("type") == "array":
        return listed(schema, dice, depth)
    if schema.get("type") in ("integer", "number"):
        return dice.randrange(4)
    return dice.random() < 0.5 if schema.get("type") == "boolean" else dice.choice(WORDS)


def listed(schema, dice, depth):
    """A list; its keys are few, so that those of an object and of its patch meet."""
    items = [value(schema["items"], dice, depth + 1) for _ in range(dice.randrange(4))]
    items = [item for item in items if item is not None]
    if schema.get("x-kubernetes-list-type") == "set":
        return [item for number, item in enumerate(items) if item not in items[:number]]
    keys, seen = schema.get("x-kubernetes-list-map-keys"), []
    if not keys:
        return items
    fields, kept = schema["items"]["properties"], []
    for item in items:
        for key in keys:
            if "default" not in fields[key] or dice.random() < 0.5:
                item[key] = value(fields[key], dice)
        known = [item.get(key, fields[key].get("default")) for key in keys]
        if known not in seen:
            kept.append(item)
            seen.append(known)
    return kept


def made(kinds, dice):
    """For each kind an object and patches of it, in their order. A field of a map that is null in a patch is to go."""
    for (group, kind, version), schema in sorted(kinds.items()):
        def one():
            parts = {name: value(below, dice, 1) for name, below in schema.get("properties", {}).items()
                     if name not in ("apiVersion", "kind", "metadata", "status")}
            head = {"apiVersion": f"{group}/{version}", "kind": kind, "metadata": {"name": "made", "namespace": "made"}}
            return {**head, **{name: part for name, part in parts.items() if part is not None}}
        obj, patches = one(), [one() for _ in range(dice.randrange(1, 4))]
        for patch in patches:
            if isinstance(patch.get("spec"), dict) and isinstance(obj.get("spec"), dict):
                forget(patch["spec"], obj["spec"], dice)
        yield {"object": obj, "patch": patches[0], "further": patches[1:]}


def forget(patch, obj, dice):
    """Some fields of maps become null."""
    for name in obj:
        if dice.random() < 0.15:
            patch[name] = None
        elif isinstance(patch.get(name), dict) and isinstance(obj[name], dict):
            forget(patch[name], obj[name], dice)


def split(patch):
    """A patch without its nulls, and its nulls alone."""
    if not isinstance(patch, dict):
        return patch, None
    kept, nulls = {}, {}
    for name, part in patch.items():
        if part is None:
            nulls[name] = None
            continue
        kept[name], gone = split(part)
        if gone:
            nulls[name] = gone
    return kept, nulls

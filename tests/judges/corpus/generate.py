"""Random objects from a schema: every optional field, branch and enum gets its turn."""

import collections

import shapes
import strings
from kinds import api_version, step_into

QUANTITIES = ["1", "500m", "1Gi", "0.5", "100Mi", 1, 0]


class Generator:
    """Draws values; fields seen less often are drawn more often, so that a run covers the schema."""

    def __init__(self, rng, size=5):
        self.rng = rng
        self.size = size
        self.seen = collections.Counter()

    def object(self, kind, name, namespace, force=()):
        """An object of the kind; `force` is a schema path (fields, `[]`, `{}`) that it must have."""
        value = {"apiVersion": api_version(kind), "kind": kind.kind, "metadata": {"name": name}}
        if kind.namespaced:
            value["metadata"]["namespace"] = namespace
        schema = dict(
            kind.schema,
            properties={
                k: v
                for k, v in kind.schema.get("properties", {}).items()
                if k not in ("apiVersion", "kind", "metadata")
                and (k != "status" or force[:1] == ("status",) or not self.rng.randrange(12))
            },
        )
        return shapes.put_right(kind, value | self.value(schema, (), tuple(force)), self.rng, tuple(force))

    def value(self, schema, path=(), force=()):
        """A value for the schema; `path` only counts what was drawn before."""
        rng = self.rng
        if schema.get("nullable") and not force and not rng.randrange(4):
            return None
        if "enum" in schema:
            return self.rarest(schema["enum"], path)
        if schema.get("x-kubernetes-int-or-string"):
            return rng.choice(QUANTITIES) if schema.get("pattern") else rng.choice([8080, "http", "25%", 1])
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self.fields(schema, path, force)
        if kind == "array":
            return self.items(schema, path, force)
        if kind == "string":
            return strings.valid(rng, schema)
        if kind in ("integer", "number"):
            return self.number(schema)
        if kind == "boolean":
            return rng.random() < 0.5
        return rng.choice([{"a": 1}, "text", 3, True, ["x"], 1.5])

    def number(self, schema):
        low = schema.get("minimum", 0 if schema.get("maximum", 1) >= 0 else schema["maximum"] - 10)
        high = schema.get("maximum", max(low, 0) + 100)
        low, high = low + bool(schema.get("exclusiveMinimum")), high - bool(schema.get("exclusiveMaximum"))
        return self.rng.choice([int(low), int(high), self.rng.randint(int(low), int(max(low, high)))])

    def rarest(self, choices, path):
        """One of the choices, those drawn least often before."""
        fewest = min(self.seen[path, str(c)] for c in choices)
        chosen = self.rng.choice([c for c in choices if self.seen[path, str(c)] == fewest])
        self.seen[path, str(chosen)] += 1
        return chosen

    def fields(self, schema, path, force):
        properties = schema.get("properties", {})
        if not properties:
            return self.map(schema, path, force)
        names = set(schema.get("required", [])) & set(properties)
        if force:
            names |= {force[0]} & set(properties)
        for branch in ("oneOf", "anyOf"):
            if any("required" in b for b in schema.get(branch, [])):
                names |= set(self.rng.choice(schema[branch]).get("required", [])) & set(properties)
        optional = sorted(set(properties) - names)
        room = max(0, self.size - len(path) // 2)
        wanted = min(
            len(optional), self.rng.choice([0, 1, 1, 2, 2, 3]) if not path[2:] else self.rng.choice([0, 0, 1, 1, 2])
        )
        if path == ():
            wanted = len(optional)
        optional.sort(key=lambda n: (self.seen[path, n], self.rng.random()))
        if room:
            names |= set(optional[:wanted])
        if schema.get("minProperties", 0) > len(names):
            names |= set(optional[: schema["minProperties"]])
        out = {}
        for name in [n for n in properties if n in names]:
            self.seen[path, name] += 1
            rest = force[1:] if force[:1] == (name,) else ()
            out[name] = self.value(properties[name], path + (name,), rest)
        return out

    def map(self, schema, path, force):
        more = schema.get("additionalProperties")
        if not isinstance(more, dict):
            return {"key": "value"} if more or schema.get("x-kubernetes-preserve-unknown-fields") else {}
        low = max(schema.get("minProperties", 0), 1 if force else 0)
        count = self.rng.randint(low, max(low, min(schema.get("maxProperties", 2), 2)))
        keys = ["key", "example.com/name", "a", "b-c"] + [f"k{i}" for i in range(count)]
        return {k: self.value(more, path + ("{}",), force[1:]) for k in keys[:count]}

    def items(self, schema, path, force):
        low = max(schema.get("minItems", 0), 1 if force else 0)
        high = min(schema.get("maxItems", 100), max(low, 2))
        count = self.rng.randint(max(low, min(1, high)), high)
        items = [self.value(schema.get("items", {}), path + ("[]",), force[1:]) for _ in range(count)]
        return distinct(items, schema)


def distinct(items, schema):
    """The items without those that a set or map list would refuse as doubles."""
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys", [])
    if kind not in ("set", "map"):
        return items
    out, seen = [], set()
    for item in items:
        defaults = {k: (step_into(schema.get("items"), k) or {}).get("default") for k in keys}
        mark = repr([item.get(k, defaults[k]) for k in keys] if kind == "map" and isinstance(item, dict) else item)
        if mark not in seen:
            out.append(item)
            seen.add(mark)
    return out

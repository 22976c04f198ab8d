"""The CEL rules of a schema: where each stands, whether an answer of the server speaks of it, how to provoke it."""

import collections
import copy
import re

import strings
from kinds import step_into
from mutate import mutate
from repair import get, locate, put

Rule = collections.namedtuple("Rule", "path text message field update")

TEXT = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
FIELD = re.compile(r"\.([A-Za-z_]\w*)\b(?!\()")
DURATIONS = [
    "0s",
    "1ns",
    "999us",
    "1ms",
    "99ms",
    "100ms",
    "500ms",
    "999ms",
    "1s",
    "2s",
    "59s",
    "1m",
    "4m59s",
    "5m",
    "59m",
    "1h",
    "1h1s",
    "999h",
    "x",
]
ODD_TEXTS = [
    "",
    "x",
    "/x",
    "x/",
    "//",
    "/./",
    "/../",
    "/..",
    "/.",
    "/a%2fb",
    "/a%2Fb",
    "/a#b",
    "/a b",
    "1.2.3.4",
    "::1",
    "*.",
    "*",
    "a.*",
    "*.*.a",
    "*a.b",
    ":method",
    ":bad",
    "a.cluster.local",
    "-a",
    "A_b",
    "gw-instance",
    "SERVICE",
    "http",
    "x" * 300,
]


def rules(schema, path=()):
    """Every rule below a schema with its path of fields, `[]` and `{}`."""
    for rule in schema.get("x-kubernetes-validations", []):
        yield Rule(
            path, rule["rule"], rule.get("message", "").strip(), rule.get("fieldPath", ""), "oldSelf" in rule["rule"]
        )
    for name, inner in schema.get("properties", {}).items():
        yield from rules(inner, path + (name,))
    for step in ("[]", "{}"):
        inner = step_into(schema, step) if step == "[]" else schema.get("additionalProperties")
        if isinstance(inner, dict):
            yield from rules(inner, path + (step,))


def schema_path(value, field, schema):
    """The schema path of a field that the server names."""
    path, rest = locate(value, field)
    out = []
    for key in path:
        known = isinstance(key, str) and key in (schema or {}).get("properties", {})
        step = "[]" if isinstance(key, int) else key if known else "{}"
        schema = step_into(schema, step)
        out.append(step)
    return tuple(out + rest)


def fired(value, causes, schema, known):
    """The rules that an answer speaks of, the whole list in `known`."""
    out = []
    for field, message in causes:
        where = schema_path(value, field, schema)
        for rule in known:
            at = rule.path + tuple(s for s in rule.field.split(".") if s)
            said = rule.message or f"failed rule: {' '.join(rule.text.split())}"
            if at == where and message.endswith((said, "failed rule: " + rule.text)):
                out.append(rule)
    return out


def places(value, path):
    """The concrete paths of an object at a schema path."""
    found = [((), value)]
    for step in path:
        after = []
        for at, here in found:
            if step == "[]" and isinstance(here, list):
                after += [(at + (i,), v) for i, v in enumerate(here)]
            elif step == "{}" and isinstance(here, dict):
                after += [(at + (k,), v) for k, v in here.items()]
            elif isinstance(here, dict) and step in here:
                after.append((at + (step,), here[step]))
        found = after
    return [at for at, _ in found]


def provoke(rng, value, rule, schema, generator):
    """A changed copy of the object that may break the rule."""
    value = copy.deepcopy(value)
    at = rng.choice(places(value, rule.path))
    inner = schema
    for step in rule.path:
        inner = step_into(inner, step)
    words = Words(rule.text)
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        change(rng, value, at, inner, words, generator)
    return value


class Words:
    """What a rule names: fields, texts, numbers."""

    def __init__(self, text):
        self.fields = sorted({m.replace("__namespace__", "namespace") for m in FIELD.findall(text)})
        self.texts = sorted({a or b for a, b in TEXT.findall(text)})
        self.numbers = sorted({int(n) for n in NUMBER.findall(text)})
        self.duration = "duration(" in text

    def candidate(self, rng, schema, old):
        """A value of the schema's type that the rule may care about."""
        kind = schema.get("type")
        if schema.get("x-kubernetes-int-or-string"):
            return rng.choice([n + d for n in self.numbers for d in (-1, 0, 1)] + ["", "1", 0, -1, 2**32, 2**62])
        if kind in ("integer", "number"):
            return rng.choice([n + d for n in self.numbers for d in (-1, 0, 1)] + [0, 1, 2, -1, 100])
        if kind == "string":
            if "enum" in schema:
                return rng.choice(schema["enum"] + ["Other"])
            known = strings.about(schema)
            if known and rng.random() < 0.6:
                return rng.choice(known + DURATIONS if self.duration else known)
            if self.texts and rng.random() < 0.5:
                return rng.choice(self.texts)
            texts = self.texts + [t + "x" for t in self.texts] + ["x" + t for t in self.texts] + ODD_TEXTS
            if isinstance(old, str):
                texts += [old + t for t in self.texts] + [t + old for t in self.texts]
            return rng.choice(DURATIONS if self.duration and rng.random() < 0.8 else texts)
        return None


def change(rng, value, at, schema, words, generator):
    """One change at or below a place, led by the words of the rule."""
    here = get(value, at)
    if isinstance(here, list):
        list_change(rng, here, schema, words, generator)
    elif isinstance(here, dict):
        object_change(rng, here, schema, words, generator)
    else:
        new = words.candidate(rng, schema, here)
        if new is not None:
            put(value, at, new)


def list_change(rng, here, schema, words, generator):
    how, item = rng.randrange(8), schema.get("items", {})
    if how == 0 or not here:
        here.append(generator.value(item, ("x",) * 3))
    elif how in (1, 2, 3):
        double = copy.deepcopy(rng.choice(here))
        for key in schema.get("x-kubernetes-list-map-keys", []):
            if isinstance(double, dict):
                double[key] = (
                    words.candidate(rng, step_into(item, key) or {}, None) if how == 1 else f"other-{len(here)}"
                )
                if (step_into(item, key) or {}).get("type") == "integer":
                    double[key] = rng.randint(1, 60000)
        here.append(double)
    elif how == 4:
        fill(rng, here, schema, words, generator)
    elif how == 5 and item.get("type") == "string":
        here.append(words.candidate(rng, item, None))
    else:
        index = rng.randrange(len(here))
        if isinstance(here[index], dict):
            object_change(rng, here[index], item, words, generator)
        elif isinstance(here[index], str):
            here[index] = words.candidate(rng, item, here[index]) or ""


def fill(rng, here, schema, words, generator):
    """Many items, and in each the lists that the rule counts as long as they may be."""
    item = schema.get("items", {})
    while len(here) < min(4, schema.get("maxItems", 4)):
        here.append(generator.value(item, ("x",) * 3))
    for one in here:
        for name in words.fields if isinstance(one, dict) else []:
            inner = step_into(item, name) or {}
            if inner.get("type") == "array" and name in item.get("properties", {}):
                one[name] = [
                    generator.value(inner["items"], ("x",) * 9) for _ in range(min(inner.get("maxItems", 9), 70))
                ]


def object_change(rng, here, schema, words, generator):
    """Sets, drops or changes a field that the rule names, or any other."""
    properties = schema.get("properties", {})
    named = [n for n in words.fields if n in properties] or sorted(properties)
    if not named:
        more = schema.get("additionalProperties")
        key = rng.choice(words.texts + ["a", ("a" * 62 + ".") * 4 + "a/b", ("a" * 62 + ".") * 3 + "a/b"])
        here[key] = generator.value(more, ("x",) * 3) if isinstance(more, dict) else "b"
        return
    name = rng.choice(named if rng.random() < 0.9 else sorted(properties))
    inner = properties[name]
    if name in here and rng.random() < 0.3:
        del here[name]
    elif name in here and isinstance(here[name], (dict, list)) and rng.random() < 0.7:
        change(rng, here, (name,), inner, words, generator)
    else:
        new = words.candidate(rng, inner, here.get(name)) if rng.random() < 0.7 else None
        here[name] = generator.value(inner, ("x",) * 2) if new is None else new


def any_change(rng, value, schema):
    """A mutation without aim, for when the words of the rule lead nowhere."""
    return mutate(rng, value, schema)[0]

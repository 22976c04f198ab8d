"""Breaks an object in one place: each mutation changes the object and says what it did, or finds nothing to break."""

import copy
import re

import strings
from generate import Generator
from kinds import step_into
from repair import drop, get, put

UNICODE = "é😀漢"
NUMBERS = [0, -1, 1.0, 1.5, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 1e3, 1e30, 65535, 65536]
ODD = [None, "", "text", "1", "true", 0, 7, 1.5, True, False, [], {}, ["a"], [1], {"a": "b"}, [[]], [None], {"a": None}]


def nodes(value, schema, path=()):
    """Every place of an object with what stands there and its schema (None where the schema knows nothing)."""
    yield path, value, schema
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from nodes(inner, step_into(schema, key), path + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from nodes(inner, step_into(schema, "[]"), path + (index,))


def body(value, schema):
    """The places below the fields that are neither metadata nor the type."""
    return [n for n in nodes(value, schema) if n[0] and n[0][0] not in ("metadata", "apiVersion", "kind")]


def dotted(path):
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path)


def pick(rng, choices):
    return rng.choice(choices) if choices else None


def remove(rng, value, schema):
    node = pick(rng, body(value, schema))
    if node:
        drop(value, node[0])
        return f"remove {dotted(node[0])}"


def typo(rng, name):
    at = rng.randrange(len(name)) if name else 0
    return rng.choice(
        [
            name + "s",
            name[:-1],
            name.upper(),
            name.lower(),
            name.capitalize(),
            name[:at] + name[at + 1 :],
            name[:at] + "_" + name[at:],
            re.sub("([A-Z])", r"_\1", name).lower(),
            f" {name}",
            name + "é",
        ]
    )


def rename(rng, value, schema):
    node = pick(rng, [n for n in body(value, schema) if isinstance(n[0][-1], str)])
    if node:
        new = typo(rng, node[0][-1])
        parent = get(value, node[0][:-1])
        parent[new] = parent.pop(node[0][-1])
        return f"rename {dotted(node[0])} to {new!r}"


def retype(rng, value, schema):
    node = pick(rng, body(value, schema))
    if node:
        old = node[1]
        new = rng.choice(ODD + [[old], str(old), {"value": old}] + (old if isinstance(old, list) else []))
        put(value, node[0], copy.deepcopy(new))
        return f"retype {dotted(node[0])} to {new!r}"


def null(rng, value, schema):
    node = pick(rng, body(value, schema))
    if node:
        put(value, node[0], None)
        return f"null {dotted(node[0])}"


def add_null(rng, value, schema):
    """A null where the object had nothing: a field unset, defaulted or refused."""
    node = pick(rng, [n for n in body(value, schema) if isinstance(n[1], dict) and (n[2] or {}).get("properties")])
    name = node and pick(rng, sorted(set(node[2]["properties"]) - set(node[1])))
    if name:
        node[1][name] = None
        return f"add null {dotted(node[0])}.{name}"


def unknown(rng, value, schema):
    node = pick(rng, [((), value, schema)] + [n for n in body(value, schema) if isinstance(n[1], dict)])
    name = rng.choice(
        ["unknown", "nme", "x-extra", "Spec", "", "a.b", "annotations", "$ref", "kind", "apiVersion", "metadata"]
    )
    if name not in node[1]:
        node[1][name] = rng.choice(["text", 1, None, {}, {"a": 1}, []])
        return f"unknown {dotted(node[0])}.{name}"


def add(rng, value, schema):
    """An optional field more: one-of rules, forbidden pairs."""
    node = pick(rng, [n for n in body(value, schema) if isinstance(n[1], dict) and (n[2] or {}).get("properties")])
    name = node and pick(rng, sorted(set(node[2]["properties"]) - set(node[1])))
    if name:
        node[1][name] = Generator(rng).value(node[2]["properties"][name], ("x",) * 3)
        return f"add {dotted(node[0])}.{name}"


def number(rng, value, schema):
    node = pick(
        rng,
        [
            n
            for n in body(value, schema)
            if (n[2] or {}).get("type") in ("integer", "number") or (n[2] or {}).get("x-kubernetes-int-or-string")
        ],
    )
    if node:
        ends = [node[2][k] + d for k in ("minimum", "maximum") if k in node[2] for d in (-1, 1, 0, 0.5)]
        new = rng.choice(ends + ends + NUMBERS)
        put(value, node[0], new)
        return f"number {dotted(node[0])} = {new!r}"


def int_or_string(rng, value, schema):
    node = pick(rng, [n for n in body(value, schema) if (n[2] or {}).get("x-kubernetes-int-or-string")])
    if node:
        new = rng.choice(
            [
                "",
                "1Gi",
                "1 Gi",
                "-1",
                "+1",
                "1e3",
                "1E3",
                "1ki",
                "1k",
                ".5",
                "5.",
                "0x10",
                "1.5.1",
                "Gi",
                "1m",
                1.5,
                1.0,
                -1,
                2**63,
                True,
                None,
                {},
                [1],
                "1e",
                "1e-3",
                "٣",
                "1Gi\n",
            ]
        )
        put(value, node[0], new)
        return f"int-or-string {dotted(node[0])} = {new!r}"


def text(rng, value, schema):
    """A string at or past its lengths, out of its pattern, format or enum."""
    node = pick(rng, [n for n in body(value, schema) if isinstance(n[1], str)])
    if not node:
        return None
    path, old, inner = node
    inner = inner or {}
    choices = [
        "",
        " ",
        old + " ",
        " " + old,
        old.upper(),
        old + "\n",
        old + "é",
        "*",
        "..",
        "a" * 64,
        "a" * 254,
        "-a",
        "A_b",
        "a//b",
        "%2f",
        "1.2.3.4",
        "::1",
        "0s",
        "1h",
        "-1s",
        "1.5s",
        "100ms",
        "1d",
        "99999h",
        "null",
        "\t",
        "\u0000",
        old[:1],
    ]
    for key in ("minLength", "maxLength"):
        if key in inner and inner[key] < 100_000:
            n = inner[key]
            choices += 2 * [
                "a" * max(n - 1, 0),
                "a" * n,
                "a" * (n + 1),
                UNICODE[0] * n,
                UNICODE[1] * n,
                UNICODE[2] * (n + 1),
            ]
    choices += 3 * strings.about(inner)
    for choice in inner.get("enum", []):
        if isinstance(choice, str):
            choices += [choice.lower(), choice.upper(), choice + " ", choice + choice, choice]
    new = rng.choice(choices)
    put(value, path, new)
    return f"text {dotted(path)} = {new[:60]!r} ({len(new)})"


def items(rng, value, schema):
    """A list with a double, too long, too short, with a hole."""
    node = pick(rng, [n for n in body(value, schema) if isinstance(n[1], list)])
    if not node:
        return None
    path, old, inner = node
    inner = inner or {}
    how = rng.choice(
        ["double", "double", "null item", "empty", "wrong item", "past maxItems", "at maxItems", "below minItems"]
    )
    new = copy.deepcopy(old)
    if how == "double" and old:
        new.insert(rng.randrange(len(old) + 1), copy.deepcopy(rng.choice(old)))
    elif how == "null item":
        new.insert(rng.randrange(len(old) + 1), None)
    elif how == "empty":
        new = []
    elif how == "wrong item":
        new.append(rng.choice(ODD))
    elif "maxItems" in how and inner.get("maxItems", 1000) <= 130 and inner.get("items"):
        draw = Generator(rng, size=2)
        new += [
            draw.value(inner["items"], ("x",) * 4)
            for _ in range(inner["maxItems"] - len(old) + (how == "past maxItems"))
        ]
    elif how == "below minItems" and inner.get("minItems"):
        new = new[: inner["minItems"] - 1]
    else:
        return None
    put(value, path, new)
    return f"items {dotted(path)}: {how}"


def entries(rng, value, schema):
    """A map with odd keys, odd values, too many of them."""
    node = pick(
        rng, [n for n in body(value, schema) if isinstance(n[1], dict) and "additionalProperties" in (n[2] or {})]
    )
    if not node:
        return None
    path, old, inner = node
    sample = next(iter(old.values()), "value")
    how = rng.choice(["key", "key", "value", "many"])
    if how == "key":
        key = rng.choice(
            [
                "",
                " ",
                "a b",
                "a/b/c",
                "é",
                "a" * 64,
                "a" * 317,
                "-a",
                "example.com/",
                "/a",
                "Example.com/a",
                "a.b.c",
                "1",
                "a\nb",
            ]
        )
        old[key] = copy.deepcopy(sample)
        return f"entries {dotted(path)}: key {key[:40]!r}"
    if how == "value":
        new = rng.choice(ODD)
        old["odd"] = new
        return f"entries {dotted(path)}: value {new!r}"
    limit = inner.get("maxProperties", 9)
    if limit > 130:
        return None
    over = rng.randrange(2)
    old.update({f"many{i}": copy.deepcopy(sample) for i in range(limit + over - len(old))})
    return f"entries {dotted(path)}: {limit + over} of at most {limit}"


def swap(rng, value, schema):
    """The value of one place in another of the same type."""
    all_nodes = [n for n in body(value, schema) if not isinstance(n[1], (dict, list)) and n[1] is not None]
    one, two = pick(rng, all_nodes), pick(rng, all_nodes)
    if one and one[1] != two[1]:
        put(value, one[0], two[1])
        return f"swap {dotted(one[0])} = {two[1]!r}"


def envelope(rng, value, schema):
    """The fields that every object has."""
    group, _, version = value["apiVersion"].rpartition("/")
    sign = group + "/" if group else ""
    how = rng.randrange(12)
    if how == 0:
        value["apiVersion"] = sign + rng.choice(["v9", "v1", "v1alpha1", "v1beta1", "v2", version.upper(), ""])
    elif how == 1:
        value["kind"] = rng.choice([value["kind"] + "s", value["kind"].lower(), value["kind"] + "List", ""])
    elif how == 2:
        value["apiVersion"] = rng.choice(
            [version, "example.com/" + version, group, 1, None, sign + version + "/" + version]
        )
    elif how == 3:
        del value[rng.choice(["apiVersion", "kind", "metadata"])]
    elif how == 4:
        value["metadata"] = rng.choice(
            [None, {}, [], "name", {"name": None}, {"name": 1}, {"name": ""}, {"name": ["a"]}]
        )
    elif how == 5:
        value["metadata"] = {"generateName": "x-", "namespace": value["metadata"].get("namespace", "corpus")}
    elif how == 6 and "spec" in value:
        value["spec"] = rng.choice([None, {}, [], "text", 1])
    elif how == 7 and "spec" in value:
        del value["spec"]
    elif how == 8 and "spec" in value:
        value["status"] = copy.deepcopy(value["spec"])
    elif how == 9:
        value["status"] = rng.choice(
            [None, {}, [], "text", {"unknown": 1}, {"conditions": []}, {"conditions": [{"type": "Ready"}]}]
        )
    elif how == 10 and "spec" in value:
        value["Spec"] = value.pop("spec")
    elif how == 11 and isinstance(value.get("spec"), dict):
        value.update(value.pop("spec"))
    else:
        return None
    return f"envelope {how}"


BODY = [
    remove,
    rename,
    retype,
    null,
    add_null,
    unknown,
    add,
    add,
    number,
    int_or_string,
    text,
    text,
    items,
    entries,
    swap,
]


def mutate(rng, value, schema, count=1, among=None):
    """A copy of the object with `count` mutations, and what they were."""
    value, done = copy.deepcopy(value), []
    while len(done) < count:
        for _ in range(8):
            note = rng.choice(among or BODY)(rng, value, schema)
            if note:
                break
        else:
            break
        done.append(note)
        if note.startswith("envelope"):  # nothing is sure after that
            break
    return value, "; ".join(done)


def sweep(rng, value, schema, limit=60):
    """Every place of an object broken in turn: dropped, misspelt, of another type, beside an unknown field."""
    places = body(value, schema)
    if len(places) > limit:
        places = rng.sample(places, limit)
    for path, old, inner in places:
        where, named = dotted(path), isinstance(path[-1], str)
        changed = copy.deepcopy(value)
        drop(changed, path)
        yield changed, f"remove {where}"
        if named:
            changed, name = copy.deepcopy(value), typo(rng, path[-1])
            parent = get(changed, path[:-1])
            parent[name] = parent.pop(path[-1])
            yield changed, f"rename {where} to {name!r}"
        changed, odd = copy.deepcopy(value), rng.choice(ODD)
        put(changed, path, copy.deepcopy(odd))
        yield changed, f"retype {where} to {odd!r}"
        if isinstance(old, dict):
            changed = copy.deepcopy(value)
            get(changed, path)["unknown"] = rng.choice(["a", 1, None, {}])
            yield changed, f"unknown {where}.unknown"

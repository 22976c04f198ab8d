"""Makes a refused object acceptable: reads what the server complains of and changes that place."""

import copy
import re

from kinds import schema_at

STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
WORD = re.compile(r"[A-Za-z]\w+")
ONE_OF = re.compile(r"(exactly|at most|at least) one of the fields in \[([^\]]*)\]")


def locate(value, field):
    """The path of a field as the server writes it, as far as the object has it, and the steps that it has not."""
    steps = [m.group(1) if m.group(1) is not None else m.group(2) for m in STEP.finditer(field)]
    path = []
    while steps:
        if isinstance(value, list) and steps[0].isdigit() and int(steps[0]) < len(value):
            key = int(steps[0])
            taken = 1
        elif isinstance(value, dict):
            taken = next((n for n in range(len(steps), 0, -1) if ".".join(steps[:n]) in value), 0)
            key = ".".join(steps[:taken])
        else:
            taken = 0
        if not taken:
            break
        value, steps = value[key], steps[taken:]
        path.append(key)
    return path, steps


def get(value, path):
    for key in path:
        value = value[key]
    return value


def put(value, path, new):
    get(value, path[:-1])[path[-1]] = new


def drop(value, path):
    del get(value, path[:-1])[path[-1]]


def repair(value, causes, kind, generator, force=()):
    """A changed copy of the object, each complaint answered once; the place `force` (a schema path) stays."""
    value, rng = copy.deepcopy(value), generator.rng
    for field, message in causes:
        path, missing = locate(value, field)
        if path[:1] == ["metadata"]:
            continue
        here = get(value, path)
        schema = schema_at(kind.schema, path) or {}
        rest = below(path, force)
        groups = ONE_OF.search(message)
        named = (
            [n for n in WORD.findall(message) if n in schema.get("properties", {})] if isinstance(here, dict) else []
        )
        if groups and isinstance(here, dict):
            choose(here, groups, schema, generator, tuple(path), rest or ())
        elif named and not missing and rng.random() < 0.7:
            toggle(here, rng.choice(named), schema, generator, tuple(path), rest or ())
        elif missing and len(missing) == 1 and isinstance(here, dict) and "Required value" in message:
            inner = schema_at(kind.schema, path + missing)
            if inner is not None:
                here[missing[0]] = generator.value(inner, tuple(path))
        elif path and not missing:
            required = isinstance(path[-1], str) and path[-1] in (schema_at(kind.schema, path[:-1]) or {}).get(
                "required", []
            )
            if required or rest is not None or rng.random() < 0.6:
                put(value, path, generator.value(schema, tuple(path), rest or ()))
            else:
                drop(value, path)
        elif path:
            put(value, path, generator.value(schema, tuple(path), rest or ()))
    return value


def below(path, force):
    """What is left of the forced place below a path; None where the path is not on the way to it."""
    if len(path) > len(force):
        return None
    for key, step in zip(path, force):
        if not (key == step or step == "{}" or (step == "[]" and isinstance(key, int))):
            return None
    return force[len(path) :]


def toggle(here, name, schema, generator, path, force):
    """Draws the named field anew, or drops it, unless the forced place needs it."""
    inner = schema["properties"][name]
    if (
        name in here
        and force[:1] != (name,)
        and name not in schema.get("required", [])
        and generator.rng.random() < 0.5
    ):
        del here[name]
    elif force[:1] != (name,) or name not in here:
        here[name] = generator.value(inner, path + (name,), force[1:] if force[:1] == (name,) else ())


def choose(here, groups, schema, generator, path, force):
    """Answers `exactly one of the fields in [a b]`: keeps one, or draws one."""
    names = groups.group(2).split()
    there = [n for n in names if n in here]
    if groups.group(1) != "at least":
        keep = force[0] if force[:1] and force[0] in there else generator.rng.choice(there) if there else None
        for name in there:
            if name != keep:
                del here[name]
    if not there:
        known = [n for n in names if n in schema.get("properties", {})]
        if known:
            name = generator.rarest(known, path + ("one of",))
            here[name] = generator.value(schema["properties"][name], path + (name,))

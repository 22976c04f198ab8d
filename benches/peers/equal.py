"""Are the outputs of two contenders the same objects?"""
import json
import os

import yaml


def identity(value):
    return value["apiVersion"], value["kind"], value["metadata"].get("namespace"), value["metadata"]["name"]


def load(paths):
    """The objects of some files by identity. One that is there twice must be the same both times."""
    found = {}
    for path in paths:
        text = path.read_text()
        values = [json.loads(text)] if path.suffix == ".json" else yaml.load_all(text, Loader=yaml.CSafeLoader)
        for value in values:
            for one in value.get("items", ()) if isinstance(value, dict) and value.get("kind") == "List" else (value,):
                if isinstance(one, dict) and "kind" in one and "apiVersion" in one:
                    key = identity(one)
                    assert found.setdefault(key, one) == one, f"{path}: {key} is there twice, and not the same"
    return found


def differences(ours, theirs):
    """What is not the same, in words."""
    for key in sorted({*ours, *theirs}, key=str):
        if key not in theirs or key not in ours:
            yield f"{key}: {'missing' if key in ours else 'too much'}"
        else:
            yield from fields(str(key), ours[key], theirs[key])


def fields(place, ours, theirs):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if key not in ours or key not in theirs:
                yield f"{place}/{key}: {'missing' if key in ours else 'too much'}"
            else:
                yield from fields(f"{place}/{key}", ours[key], theirs[key])
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (one, other) in enumerate(zip(ours, theirs)):
            yield from fields(f"{place}/{i}", one, other)
    elif ours != theirs or type(ours) is not type(theirs):
        ours, theirs = str(ours), str(theirs)
        start = max(len(os.path.commonprefix([ours, theirs])) - 20, 0)
        yield f"{place}: {theirs[start:][:150]!r} for {ours[start:][:150]!r}"

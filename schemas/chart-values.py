#!/usr/bin/env python3
"""Writes chart-values.json: the keys of the values of the charts that groups/ pins, so that a typo in one is told.

    schemas/chart-values.py FOLDER > schemas/chart-values.json

FOLDER holds each chart as it is unpacked, in a folder of its name. A key is known when values.yaml has it, when a template reads
it, or when a comment of values.yaml shows it (`also`, wherever it stands). A map is what the chart looks into; what is
true or false by default, or a number, stays one (`switch`, `number`); of everything else, and of a map that is empty by default,
nothing is known below it (null).

`litellm-helm` was written by hand: its published chart could not be had. The keys are those of several states of its
repository, none of which is known to be the release's own; a key is told only where it is nearly one of them.
"""
import json
import re
import sys
from pathlib import Path

import yaml

SHOWN = re.compile(r"^\s*#+\s?\s*([A-Za-z][\w-]*):(?:\s|$)", re.M)
READ = re.compile(r"\.Values((?:\.[A-Za-z]\w*)+)")


def keys(value):
    if isinstance(value, dict) and value:
        return {str(key): keys(below) for key, below in value.items()}
    return "switch" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else None


def add(known, path):
    """A key that a template reads; what lies below a key of which nothing is known stays so."""
    for key in path[:-1]:
        if not isinstance(known.setdefault(key, {}), dict):
            return
        known = known[key]
    known.setdefault(path[-1], None)


def main():
    charts = {}
    for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir()):
        about = yaml.safe_load((folder / "Chart.yaml").read_text())
        text = (folder / "values.yaml").read_text()
        known = keys(yaml.safe_load(text) or {}) or {}
        for path in sorted((folder / "templates").rglob("*")):
            if path.suffix in (".yaml", ".tpl", ".yml"):
                for found in READ.findall(path.read_text()):
                    add(known, found[1:].split("."))
        for dependency in about.get("dependencies", []):
            known[dependency.get("alias", dependency["name"])] = None
        also = sorted(set(SHOWN.findall(text)))
        charts[folder.name] = {"version": str(about["version"]), "values": known, "also": also}
    lines = [f"{json.dumps(name)}: {json.dumps(charts[name], separators=(',', ':'), sort_keys=True)}" for name in charts]
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()

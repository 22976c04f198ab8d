"""Trees that a hostile hand changed in one field, and whether gatewright tells.

    hostile.py [SAMPLES [SEED [PATTERN]]]     so many changes of each class and tree (default 1, 1), classes by a pattern

Told is what `check --manifests` says of the changed tree and not of the whole one. The breaks stand in hostile_breaks, what breaks
nothing in hostile_harmless; what has no effect that a file could tell stands there with its reason and is not counted.
GATEWRIGHT names our program, VERBOSE=1 lists every miss and every false alarm, OPEN=1 takes groups.yaml and claims.yaml away.
"""

import copy
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import trees

try:
    import yaml
except ImportError:
    trees.skip("hostile", "no PyYAML")

from hostile_breaks import BREAKS, GONE, NO_EFFECT
from hostile_further import FURTHER
from hostile_harmless import HARMLESS, TREES

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
PROGRAM = os.environ.get("GATEWRIGHT", "gatewright")


def load(place):
    """[(file, object)], and the texts of groups.yaml and claims.yaml."""
    files = [place] if place.is_file() else [f for f in trees.yaml_files(place) if f not in (place / "groups.yaml", place / "claims.yaml")]
    below = place.parent if place.is_file() else place
    items = [(str(f.relative_to(below)), o) for f in files for o in yaml.load_all(f.read_text(), LOADER) if o]
    # Values of charts are files and no objects: they get an identity here that no file shows.
    items = [(f, o if "metadata" in o else {"kind": "Values", "metadata": {"name": Path(f).parent.name}, "values": o}) for f, o in items]
    other = {n: (place / n).read_text() for n in ("groups.yaml", "claims.yaml", ".gatewright.sha256") if (place / n).is_file()}
    return items, {} if os.environ.get("OPEN") else other


def places(value, parts, above=()):
    """The places that a path leads to, each a tuple of keys; `!` is a step into the YAML of a text."""
    if not parts:
        yield above
        return
    part, rest = parts[0], parts[1:]
    if part.endswith("!"):
        key = part[:-1].replace("~1", "/")
        if isinstance(value, dict) and isinstance(value.get(key), str):
            try:
                inner = yaml.load(value[key], LOADER)
            except yaml.YAMLError:
                return
            yield from places(inner, rest, above + (key, "!"))
    elif part == "**":
        yield from places(value, rest, above)
        for key, item in pairs(value):
            yield from places(item, parts, above + (key,))
    else:
        wanted = part.replace("~1", "/")
        for key, item in pairs(value):
            if str(key) == wanted or part == "*" or "*" in part and re.fullmatch(part.replace("*", ".*"), str(key)):
                yield from places(item, rest, above + (key,))


def pairs(value):
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def edited(value, place, change):
    """The value with one place changed; GONE where all of it is."""
    if not place:
        return change(copy.deepcopy(value))
    if place[0] == "!":
        return yaml.dump(edited(yaml.load(value, LOADER), place[1:], change), Dumper=DUMPER, sort_keys=False)
    new = edited(value[place[0]], place[1:], change)
    out = dict(value) if isinstance(value, dict) else list(value)
    if new is GONE:
        del out[place[0]]
    else:
        out[place[0]] = new
    return out


def wanted(kinds, obj):
    """`Kind`, or `Kind@text` for those with the text among name and labels."""
    for kind in kinds.split():
        kind, _, word = kind.partition("@")
        meta = obj["metadata"]
        if kind in ("*", obj["kind"]) and word in f"{meta['name']} {' '.join(map(str, meta.get('labels', {}).values()))}":
            return True
    return False


def changes(items, rows):
    """(class, what, the tree instead)"""
    for name, kinds, path, change in rows:
        for i, (file, obj) in enumerate(items):
            if not wanted(kinds, obj):
                continue
            meta = obj["metadata"]
            who = f"{obj['kind']} {meta.get('namespace', '')}/{meta['name']}"
            for place in places(obj, path.split("/") if path else []):
                try:
                    new = edited(obj, place, change)
                except (KeyError, TypeError, ValueError, AttributeError):
                    continue
                if new != obj:
                    tree = [(f, new if j == i else o) for j, (f, o) in enumerate(items) if j != i or new is not GONE]
                    yield name, f"{who} {'/'.join(map(str, place))}", tree


def no_effect(name, what):
    return any(re.search(pattern, f"{name}: {what}") for pattern in NO_EFFECT)


def told(items, other):
    folder = Path(tempfile.mkdtemp()) / "tree"
    files = defaultdict(list)
    for path, obj in items:
        files[path].append(obj)
    for path, objects in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        objects = [o["values"] if o["kind"] == "Values" else o for o in objects]
        (folder / path).write_text(yaml.dump_all(objects, Dumper=DUMPER, sort_keys=False))
    for name, text in other.items():
        (folder / name).write_text(text)
    result = subprocess.run([PROGRAM, "check", "-o", "json", "--manifests", str(folder)], capture_output=True, text=True)
    shutil.rmtree(folder.parent, ignore_errors=True)
    if result.returncode not in (0, 1):
        return Counter([f"exit {result.returncode}: {result.stderr.strip()[:300]}"])
    findings = json.loads(result.stdout or "[]")
    findings = findings["findings"] if isinstance(findings, dict) else findings
    return Counter(f"{f['severity']} {f['code']}: {f['message']}" for f in findings)


def judge(place, samples, seed, pattern):
    items, other = load(place)
    whole = told(items, other)
    chance = random.Random(seed)
    by_class = defaultdict(list)
    for name, what, tree in changes(items, BREAKS + FURTHER):
        if re.search(pattern, name) and not no_effect(name, what):
            by_class[(name, True)].append((what, tree))
    for name, what, tree in changes(items, HARMLESS):
        if re.search(pattern, name):
            by_class[(name, False)].append((what, tree))
    for edits in TREES:
        for name, tree in edits(items):
            if re.search(pattern, name):
                by_class[(name, False)].append(("", tree))
    jobs = [(key, *one) for key, all_ in sorted(by_class.items()) for one in chance.sample(all_, min(samples, len(all_)))]
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
        said = list(pool.map(lambda job: told(job[2], other) - whole, jobs))
    return [(place, name, breaks, what, found) for ((name, breaks), what, _), found in zip(jobs, said)]


def show(place, changed):
    """What VERBOSE asks for of one tree, as soon as it is known: all of them take an hour."""
    if not os.environ.get("VERBOSE"):
        return
    for _, name, breaks, what, said in changed:
        if breaks and not said:
            print(f"MISS {place}: {name}: {what}")
        elif said and not breaks:
            print(f"ALARM {place}: {name}: {what} {dict(said)}")
        elif breaks and os.environ["VERBOSE"] == "2":
            print(f"HIT {place}: {name}: {what}\n      " + "\n      ".join(said))
    sys.stdout.flush()


def main():
    arguments = sys.argv[1:] + ["1", "1", ""][len(sys.argv) - 1 :]
    if not shutil.which(PROGRAM):
        trees.skip("hostile", "no gatewright")
    folders = [folder for _, folder in trees.cases("broken") if re.match("full|ha|agentic-|egress-all", folder.parent.parent.name)]
    all_ = []
    for place in folders + [trees.HERE / "broken" / "platform.yaml"]:
        if os.environ.get("TREE", "") in str(place):
            of_tree = judge(place, int(arguments[0]), int(arguments[1]), arguments[2])
            show(place, of_tree)
            all_ += of_tree
    breaks = [one for one in all_ if one[2]]
    harmless = [one for one in all_ if not one[2]]
    found = [one for one in breaks if one[4]]
    alarms = [one for one in harmless if one[4]]
    classes = Counter(one[1] for one in breaks)
    missed = Counter(one[1] for one in breaks if not one[4])
    recall, precision = len(found) / max(1, len(breaks)), 1 - len(alarms) / max(1, len(harmless))
    summary = (
        f"recall {recall:.3f} of {len(breaks)} breaks ({len(classes)} classes, {len(missed)} with a miss), "
        f"precision {precision:.3f} of {len(harmless)} harmless edits ({len({one[1] for one in harmless})} kinds)"
    )
    trees.report("hostile", "gatewright", [summary] if recall < 0.9 or alarms else [], summary)
    sys.exit(bool(trees.failures))


if __name__ == "__main__":
    main()

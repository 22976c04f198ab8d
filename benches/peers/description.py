"""The one description that all inputs are made from: the objects of golden/full, merged over its flags.

gatewright renders the case once as it is, and once for each flag with that flag off. Values that differ per cluster are told by marks
that stand in for them (`MARKS`). What comes out is a tree for each object, in which a node knows when it is there:

  Scalar  a value; a text is a tuple of parts, some of which are a `Field`
  Map     (key, node, condition)...
  List    (node, condition)...
  Lines   (line, condition)...: a text of several lines
  Choice  (flag that is off, node)..., and the node when they are all on

A condition is None, ("on", flags): all of them are on, or ("off", flags): one of them is off. A flag that others need is switched off
together with these. Sets with two independent flags off are not part of the workload.
"""
import copy
import difflib
import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

import equal

ROOT = Path(__file__).resolve().parents[2]
CASE = ROOT / "golden/full/features.yaml"
# What differs per cluster: what it is called in an overlay, a mark that is no other value, and what cluster `i` has.
MARKS = {
    "name": (None, "zq-cluster", lambda i: f"c{i:05}"),  # the name of its overlay
    "region": ("platform.labels.region", "zq-region", lambda i: ("eu-west", "us-east", "ap-south")[i % 3]),
    "idleSeconds": ("settings.autoscaling.idleSeconds", 7713, lambda i: 600 + 60 * (i % 7)),
}
FULL = "full"
ABSENT = object()


@dataclass(frozen=True)
class Field:
    name: str


@dataclass
class Scalar:
    value: object


@dataclass
class Map:
    entries: list


@dataclass
class List:
    items: list


@dataclass
class Lines:
    lines: list


@dataclass
class Choice:
    others: list
    usual: object


@dataclass
class Object:
    """`path` is the file that gatewright writes, below the cluster's folder; `states` is the object as plain data in each state."""
    path: str
    node: Map
    condition: object
    states: dict


@dataclass(eq=False)
class Description:
    flags: list
    together: dict  # the flags that are off in the state of a flag
    objects: list
    features: dict = field(repr=False, default=None)


def cluster(i):
    return {name: value(i) for name, (_, _, value) in MARKS.items()}


def put(tree, path, value):
    *parents, last = path.split(".")
    for key in parents:
        tree = tree.setdefault(key, {})
    tree[last] = value


def overlay(fields):
    """What gatewright's overlay of a cluster says."""
    found = {}
    for name, value in fields.items():
        if MARKS[name][0]:
            put(found, MARKS[name][0], value)
    return found


def describe(gatewright):
    features = yaml.safe_load(CASE.read_text())
    flags = sorted(flag for flag, on in features["features"].items() if on is True)
    with tempfile.TemporaryDirectory() as scratch:
        states, together = {FULL: render(gatewright, features, (), scratch)}, {}
        assert states[FULL], "the golden case full does not render"
        for flag in flags:
            for off in [(flag,)] + [(flag, other) for other in flags if other != flag]:
                objects = render(gatewright, features, off, scratch)
                if objects is not None:
                    states[flag], together[flag] = objects, off
                    break
    flags = [flag for flag in flags if flag in states]
    merge = Merge(sorted(flags, key=lambda flag: -len(together[flag])))
    objects = [merge.object(path, {state: found.get(key, ABSENT) for state, found in by_state(states).items()})
               for key, path in order(states).items()]
    return Description(flags, together, objects, features)


def by_state(states):
    return {state: {key: value for key, (_, value) in found.items()} for state, found in states.items()}


def order(states):
    """Where each object lies, in the order of the tree of all flags."""
    paths = {}
    for found in states.values():
        for key, (path, _) in found.items():
            paths.setdefault(key, path)
    return paths


def render(gatewright, features, off, scratch):
    """The objects of a state: identity -> (path, object); None where gatewright refuses it. One that the tree has twice counts once."""
    features = copy.deepcopy(features)
    features["features"].update({flag: False for flag in off})
    folder = Path(tempfile.mkdtemp(dir=scratch))
    (folder / "clusters").mkdir()
    (folder / "features.yaml").write_text(yaml.safe_dump(features))
    marks = {name: mark for name, (_, mark, _) in MARKS.items()}
    (folder / "clusters" / f"{marks['name']}.yaml").write_text(yaml.safe_dump(overlay(marks)))
    if subprocess.run([gatewright, "-C", folder, "render", "-q"], capture_output=True).returncode:
        return None
    root = folder / "rendered" / MARKS["name"][1]
    return {key: (path.relative_to(root).as_posix().replace(MARKS["name"][1], "cluster"), value)
            for path in reversed(sorted(root.rglob("*.yaml"))) for key, value in equal.load([path]).items()}


class Merge:
    def __init__(self, flags):
        self.flags = flags

    def object(self, path, states):
        there, condition = self.present(states)
        return Object(path, self.node(there), condition, states)

    def present(self, states):
        """The states in which it is there, and the condition that says so."""
        there = {state: value for state, value in states.items() if value is not ABSENT}
        if len(there) == len(states):
            return there, None
        if FULL in there:
            return there, ("on", tuple(flag for flag in self.flags if states.get(flag) is ABSENT))
        return there, ("off", tuple(flag for flag in self.flags if flag in there))

    def node(self, states):
        values = list(states.values())
        if all(isinstance(value, dict) for value in values):
            keys = dict.fromkeys(key for value in values for key in value)
            return Map([self.entry(key, states) for key in keys])
        if all(isinstance(value, list) for value in values):
            return List([self.slot(slot) for slot in align(states)])
        if all(isinstance(value, str) for value in values) and any("\n" in value for value in values):
            lines = {state: value.splitlines(keepends=True) for state, value in states.items()}
            return Lines([self.slot(slot, self.scalar) for slot in align(lines)])
        return self.scalar(states)

    def scalar(self, states):
        usual = states.get(FULL, next(iter(states.values())))
        others = [(flag, Scalar(parts(states[flag]))) for flag in self.flags if flag in states and states[flag] != usual]
        return Choice(others, Scalar(parts(usual))) if others else Scalar(parts(usual))

    def entry(self, key, states):
        there, condition = self.present({state: value.get(key, ABSENT) for state, value in states.items()})
        return key, self.node(there), condition

    def slot(self, states, merge=None):
        there, condition = self.present(states)
        return (merge or self.node)(there), condition


def align(states):
    """Lists of several states as one list of slots: state -> item."""
    first = FULL if FULL in states else next(iter(states))
    usual = states[first]
    slots = [{first: item} for item in usual]
    extra = {}  # position in the usual list -> slots in front of it
    text = [json.dumps(item, sort_keys=True) for item in usual]
    for state, items in states.items():
        if state == first:
            continue
        matcher = difflib.SequenceMatcher(None, text, [json.dumps(item, sort_keys=True) for item in items], autojunk=False)
        for _, i, i2, j, j2 in matcher.get_opcodes():
            if i2 - i == j2 - j:
                for k in range(i2 - i):
                    slots[i + k][state] = items[j + k]
            else:
                extra.setdefault(i, []).extend({state: item} for item in items[j:j2])
    ordered = []
    for i in range(len(slots) + 1):
        ordered += extra.get(i, [])
        ordered += slots[i:i + 1]
    return [{state: slot.get(state, ABSENT) for state in states} for slot in ordered]


def parts(value):
    """A scalar with its marks as fields: a text as a tuple of parts, unless it has none."""
    for name, (_, mark, _) in MARKS.items():
        if value == mark and type(value) is type(mark):
            return Field(name) if not isinstance(mark, str) else (Field(name),)
    if not isinstance(value, str):
        return value
    found = [value]
    for name, (_, mark, _) in MARKS.items():
        if isinstance(mark, str):
            found = [piece for part in found for piece in (split(part, mark, name) if isinstance(part, str) else [part])]
    return tuple(found) if len(found) > 1 or not isinstance(found[0], str) else value


def split(text, mark, name):
    pieces = []
    for i, piece in enumerate(text.split(mark)):
        pieces += ([Field(name)] if i else []) + ([piece] if piece else [])
    return pieces or [text]

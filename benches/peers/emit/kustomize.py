"""Kustomize: a base, a component for each flag and for each set of flags that decide about a value together, a component that puts in
what a cluster is, and an overlay for each cluster, which lists its components."""
import functools
import json

import yaml

from description import ABSENT, FULL, MARKS
from equal import identity

CLUSTER_LISTS_FLAGS = True
HOLDER = {"name": "cluster", "region": "region", "idleSeconds": 0}
HEAD = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}


def dump(value):
    return yaml.safe_dump(value, sort_keys=False, width=10000)


def held(value):
    """With holders in place of the marks."""
    text = json.dumps(value)
    for name, (_, mark, _) in MARKS.items():
        text = text.replace(mark, HOLDER[name]) if isinstance(mark, str) else text.replace(json.dumps(mark), json.dumps(HOLDER[name]))
    return json.loads(text)


class Layers:
    """Which value holds with which flags on: a layer for each set of flags, the later ones over the earlier ones."""

    def __init__(self, description):
        self.flags, self.together = description.flags, description.together
        self.files, self.patches, self.resources, self.replacements = {}, {}, {}, []
        self.texts = {}  # what is put in and is more than a field: its key, the field and the text with its mark

    def values(self, states):
        """Set of flags -> the value with these on, of a value that depends on flags."""
        deciding = [flag for flag in self.flags if flag in states and states[flag] != states[FULL]]
        found = {frozenset(deciding): states[FULL]}
        for flag in deciding:
            found.setdefault(frozenset(deciding) - set(self.together[flag]), states[flag])
        found.setdefault(frozenset(), states[FULL])
        return found

    def home(self, object):
        """The flags without any of which it is not there."""
        return frozenset(flag for flag in self.flags if object.states.get(flag) is ABSENT)

    def object(self, object):
        there = {state: value for state, value in object.states.items() if value is not ABSENT}
        assert FULL in there, f"{object.path}: is there only with a flag off"
        base = self.base(object, there, ())
        self.resources.setdefault(self.home(object), []).append((object.path, base))
        self.fields(base, object)

    def base(self, object, states, path):
        """The value without any of the deciding flags, with patches for the rest."""
        usual = states[FULL]
        if all(value == usual for value in states.values()):
            return usual
        if all(isinstance(value, dict) for value in states.values()) and not self.crossing(states):
            found = {}
            for key in dict.fromkeys(key for value in states.values() for key in value):
                inner = {state: value.get(key, ABSENT) for state, value in states.items()}
                if ABSENT not in inner.values():
                    found[key] = self.base(object, inner, (*path, key))
                    continue
                layers = self.values(inner)
                if layers[frozenset()] is not ABSENT:
                    found[key] = layers[frozenset()]
                self.patch(object, layers, (*path, key))
            return found
        if all(isinstance(value, list) and len(value) == len(usual) for value in states.values()):
            return [self.base(object, {state: value[i] for state, value in states.items()}, (*path, i)) for i in range(len(usual))]
        layers = self.values(states)
        self.patch(object, layers, path)
        return layers[frozenset()]

    def crossing(self, states):
        """Whether a key comes or goes with more than one flag: then the map is replaced as a whole."""
        keys = {key for value in states.values() for key in value}
        return any(len({s for s, v in states.items() if key not in v} - {FULL}) not in (0, 1, len(states) - 1) for key in keys)

    def patch(self, object, layers, path):
        pointer = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)
        for flags, value in layers.items():
            if flags:
                step = {"op": "remove", "path": pointer} if value is ABSENT else {"op": "add" if isinstance(path[-1], str) else "replace", "path": pointer, "value": value}
                # After the component that brings it: larger sets come later.
                self.patches.setdefault(flags | self.home(object), {}).setdefault(identity(object.states[FULL]), []).append(step)

    def fields(self, value, object, path=()):
        """Where the values of a cluster go, by replacements."""
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            here = (*path, key)
            if isinstance(inner, (dict, list)):
                self.fields(inner, object, here)
                continue
            for name, (_, mark, _) in MARKS.items():
                if isinstance(mark, str) and isinstance(inner, str) and mark in inner or inner == mark and type(inner) is type(mark):
                    text, chosen = options(inner, mark)
                    source = name if text == mark else self.texts.setdefault(text, (f"{name}-{len(self.texts)}", name))[0]
                    self.replacements.append((source, identity(held(object.states[FULL])), here, chosen))


def options(value, mark):
    """The text that is put in, which is the mark or holds it, and which piece of the value it is."""
    if value == mark:
        return mark, None
    for delimiter in "/- :.,":
        pieces = value.split(delimiter)
        if mark in pieces and value.count(mark) == 1 and not (delimiter == "-" and "-" in mark and mark not in pieces):
            return mark, {"delimiter": delimiter, "index": pieces.index(mark)}
    # The mark has a `-` of its own; its holder has none.
    plain = value.replace(mark, "\0").split("-")
    if plain.count("\0") == 1:
        return mark, {"delimiter": "-", "index": plain.index("\0")}
    # In quotes, with more beside it, as in a query.
    holding = [(i, piece) for i, piece in enumerate(value.split('"')) if mark in piece]
    assert len(holding) == 1, f"no replacement can put a field into {value!r}"
    return holding[0][1], {"delimiter": '"', "index": holding[0][0]}


def select(key):
    api, kind, namespace, name = held(list(key))
    group, _, version = api.rpartition("/")
    found = {"group": group, "version": version, "kind": kind, "name": name}
    return {key: value for key, value in {**found, "namespace": namespace}.items() if value}


def directory(flags):
    return "components/" + "-".join(sorted(flags)) if flags else "base"


@functools.cache
def layers_of(description):
    layers = Layers(description)
    for object in description.objects:
        layers.object(object)
    return layers


def common(description, on):
    layers, files = layers_of(description), {}
    for flags in sorted({*layers.resources, *layers.patches}, key=lambda flags: (len(flags), sorted(flags))):
        kustomization = dict(COMPONENT if flags else HEAD)
        for path, value in layers.resources.get(flags, []):
            kustomization.setdefault("resources", []).append(path)
            files[f"{directory(flags)}/{path}"] = dump(held(value))
        patches = layers.patches.get(flags)
        if patches:
            kustomization["patches"] = [{"target": select(key), "patch": dump(held(steps))} for key, steps in patches.items()]
        files[f"{directory(flags)}/kustomization.yaml"] = dump(kustomization)
    files["components/cluster/kustomization.yaml"] = dump({**COMPONENT, "replacements": replacements(layers)})
    return files


def replacements(layers):
    """One for each field, with its targets; names come last, for a target is selected by the name that it has then."""
    steps = []
    for last in (False, True):
        for name in [*MARKS, *(key for key, _ in layers.texts.values())]:
            targets = []
            for field, key, path, chosen in layers.replacements:
                if field == name and (path == ("metadata", "name")) == last:
                    text = ".".join(f"[{part}]" if "." in str(part) else str(part) for part in path)
                    targets.append({"select": select(key), "fieldPaths": [text], **({"options": chosen} if chosen else {})})
            if targets:
                steps.append({"source": {"kind": "ConfigMap", "name": "cluster-values", "fieldPath": f"data.{name}"}, "targets": targets})
    return steps


def cluster(description, fields, off):
    gone = {flag for one in off for flag in description.together[one]}
    layers = layers_of(description)
    used = sorted({*layers.resources, *layers.patches} - {frozenset()}, key=lambda flags: (len(flags), sorted(flags)))
    components = [f"../../{directory(flags)}" for flags in used if not flags & gone] + ["../../components/cluster"]
    values = {"apiVersion": "v1", "kind": "ConfigMap",
              "metadata": {"name": "cluster-values", "annotations": {"config.kubernetes.io/local-config": "true"}},
              "data": {**{name: str(value) for name, value in fields.items()},
                       **{key: text.replace(MARKS[name][1], fields[name]) for text, (key, name) in layers.texts.items()}}}
    folder = f"clusters/{fields['name']}"
    return {f"{folder}/kustomization.yaml": dump({**HEAD, "resources": ["../../base", "cluster.yaml"], "components": components}),
            f"{folder}/cluster.yaml": dump(values)}

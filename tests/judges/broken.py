"""Trees broken in one place, and which tool tells: gatewright, kubeconform, kubectl-validate, kube-score.

    broken.py [SAMPLES [SEED]]     so many breaks of each kind and tree (default 20, 1)

Told is what a tool says of the broken tree and not of the whole one. What breaks nothing (HARMLESS, and changes that keep every
reference) counts for precision: a tool that minds it, or a whole tree, gives a false alarm. GATEWRIGHT names our program,
CRDS a folder of CustomResourceDefinitions for `--crds`.
"""

import copy
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import trees

try:
    import yaml
except ImportError:
    trees.skip("broken", "no PyYAML")

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WAVE = "argocd.argoproj.io/sync-wave"
PORTS = {"port", "targetPort", "containerPort", "number"}
# Objects that nothing needs, so that without them everything runs on: kinds, then Applications that deliver what bootstraps them.
LEAVES = "NetworkPolicy PodDisruptionBudget ScaledObject HorizontalPodAutoscaler PodMonitor ServiceMonitor ScheduledBackup Pooler Database".split()
# What breaks nothing, or what no file tells: a pattern for `KIND Kind namespace/name path`, and why.
HARMLESS = [
    (r"^deleted (%s) " % "|".join(LEAVES), "nothing refers to it"),
    (r"^deleted AgentgatewayPolicy \S+/(tracing|body-limit|tools\S*)$", "a limit, a trace or a filter less: nothing says that it is wanted"),
    (r"^deleted AppProject ", "its copy in the bootstrap is applied by hand"),
    (r"^(deleted|renamed) Service \S+/litellm$", "nothing in the tree calls LiteLLM"),
    (r"^key ExternalSecret \S+/gateway-client-keys", "agentgateway takes every key of that Secret"),
    (r"^key \S+ \S+ .*/labels/.*part-of", "nothing selects by that label"),
    (r"^key NetworkPolicy .*monitoring", "that namespace is another's"),
    (r"^key .*topologySpread", "pods are spread otherwise, and run"),
    (r"^port Service (litellm/litellm|ai/litellm|mcp-gateway/everything) .*/port", "nothing calls it by number"),
    (r"^port NetworkPolicy .*/egress/", "the world outside"),
    (r"^port Application .*/service/port", "nothing calls it by number"),
    (r"^port \w+ \S+ .*static/port$", "the world outside"),
    (r"^port \w+ (ai/redis|observability/prometheus) .*containerPort", "which port the image opens by itself stands in no file"),
]
# Kinds that others name.
NAMED = "ServiceAccount ConfigMap Secret Service PersistentVolumeClaim Role Gateway InferencePool AgentgatewayBackend AgentgatewayParameters Namespace SecretStore Cluster ObjectStore ImageCatalog AppProject".split()


def load(place):
    """[(file, object)], and the texts of what is no object: groups.yaml, claims.yaml and the values of charts."""
    below = place.parent if place.is_file() else place
    all_files = [place] if place.is_file() else trees.yaml_files(place)
    is_text = lambda f: str(f.relative_to(below)).startswith(("groups.yaml", "claims.yaml", "charts/"))
    files = [f for f in all_files if not is_text(f)]
    items = [(str(f.relative_to(below)), o) for f in files for o in yaml.load_all(f.read_text(), LOADER) if o]
    return items, {str(f.relative_to(below)): f.read_text() for f in all_files if is_text(f)}


def leaves(value, path=()):
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, path + (key,))
    else:
        yield path, value


def at(value, path):
    for key in path:
        value = value[key]
    return value


def changed(obj, path, new):
    obj = copy.deepcopy(obj)
    parent = at(obj, path[:-1]) if path[:-1] else obj
    parent[path[-1]] = new
    return obj


def rekeyed(obj, path):
    obj = copy.deepcopy(obj)
    parent = at(obj, path[:-1])
    parent["x-" + path[-1]] = parent.pop(path[-1])
    return obj


def waved(obj, wave):
    obj = copy.deepcopy(obj)
    obj["metadata"].setdefault("annotations", {})[WAVE] = wave
    return obj


def named_elsewhere(items, i):
    kind, name = items[i][1]["kind"], items[i][1]["metadata"]["name"]
    others = (o for j, (_, o) in enumerate(items) if j != i and o["kind"] != kind)
    return any(value == name and path[0] != "metadata" for o in others for path, value in leaves(o))


def used_in_folder(items, i):
    """A pod of the same Application cannot start without it."""
    path, obj = items[i]
    pods = [o for p, o in items if Path(p).parent == Path(path).parent and "template" in (o.get("spec") or {})]
    name = obj["metadata"]["name"]
    ends = ("serviceAccountName", "claimName", "configMap", "secretKeyRef", "secretRef")
    return any(v == name and any(e in p for e in ends) for o in pods for p, v in leaves(o))


def breaks(items):
    """(what, index, the object instead or None)"""
    for i, (_, obj) in enumerate(items):
        meta, kind = obj["metadata"], obj["kind"]
        who = f"{kind} {meta.get('namespace', '')}/{meta['name']}"
        yield f"deleted {who}", i, None
        if kind in NAMED and named_elsewhere(items, i):
            yield f"renamed {who}", i, changed(obj, ("metadata", "name"), meta["name"] + "-x")
        if meta.get("namespace"):
            yield f"moved {who}", i, changed(obj, ("metadata", "namespace"), "elsewhere")
        for path, value in leaves(obj):
            place = f"{who} {'/'.join(map(str, path))}"
            above = path[-2] if len(path) > 1 else ""
            if path[0] in ("data", "stringData") and kind in ("ConfigMap", "Secret") or above == "data" and "template" in path:
                if meta["name"] != "argocd-cm":
                    yield f"key {place}", i, rekeyed(obj, path)
            elif path[-1] in ("secretKey", "subPath") or path[-1] == "key" and str(above).endswith(("KeyRef", "accessKeyId")):
                yield f"key {place}", i, changed(obj, path, value + "_X")
            elif above in ("matchLabels", "labels") and path[0] == "spec" or path[:2] == ("spec", "selector") and kind == "Service":
                yield f"key {place}", i, changed(obj, path, str(value) + "-x")
            if path[-1] in PORTS and isinstance(value, (int, str)) and value not in ("", 8888):
                new = value + 1111 if isinstance(value, int) else value + "-x"
                yield f"port {place}", i, changed(obj, path, new)
        if kind in ("ServiceAccount", "ConfigMap", "ExternalSecret") and used_in_folder(items, i):
            yield f"wave {who}", i, waved(obj, "99")
        if kind == "Application" and re.search(r"-(namespaces|postgres|gateway-api-crds|agentgateway-crds|litellm-secrets)$", meta["name"]):
            yield f"wave {who}", i, waved(obj, "99")


def harmless(items):
    """Changes that keep every reference."""
    for i, (_, obj) in enumerate(items):
        note = copy.deepcopy(obj)
        note["metadata"].setdefault("annotations", {})["example.com/note"] = "changed"
        label = copy.deepcopy(obj)
        label["metadata"].setdefault("labels", {})["example.com/team"] = "a"
        yield "annotation", i, note
        yield "label", i, label
        if obj["kind"] in LEAVES:
            yield "leaf renamed", i, changed(obj, ("metadata", "name"), obj["metadata"]["name"] + "-x")


def write(folder, items, texts, i=None, new=None):
    shutil.rmtree(folder, ignore_errors=True)
    files = {}
    for j, (path, obj) in enumerate(items):
        obj = new if j == i else obj
        if obj is not None:
            files.setdefault(path, []).append(obj)
    for path, objects in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(yaml.dump_all(objects, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper)))
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


# Per tool: the command, and the lines that tell something. The validators look at one object at a time.
CRDS = os.environ.get("CRDS")
TOOLS = {
    "gatewright": (
        [os.environ.get("GATEWRIGHT", "gatewright"), "check", "-o", "github"] + (["--crds", CRDS] if CRDS else []) + ["--manifests"],
        r"^::(error|warning)",
    ),
    "kubeconform": (["kubeconform", "-strict", "-ignore-missing-schemas"] + os.environ.get("KUBECONFORM_FLAGS", "").split(), "invalid|error"),
    "kubectl-validate": (["kubectl-validate"] + (["--local-crds", CRDS] if CRDS else []), "."),
    "kube-score": (["kube-score", "score", "-o", "ci"], "CRITICAL|WARNING"),
}
VALIDATORS = ("kubeconform", "kubectl-validate")


def told(tool, folder):
    command, pattern = TOOLS[tool]
    files = [str(f) for f in trees.yaml_files(folder) if f.name not in ("groups.yaml", "claims.yaml", "values.yaml")]
    result = subprocess.run(command + (files if tool == "kube-score" else [str(folder)]), capture_output=True, text=True)
    lines = (result.stdout + result.stderr).replace(str(folder), "").splitlines()
    # Lines move with every change, and a renamed object is still the same.
    lines = [re.sub(r"(line|col|endLine)=\d+,?|(?<=\] )\S+ ", "", line) for line in lines]
    return Counter(line for line in lines if re.search(pattern, line))


def verdicts(tool, folder, objects):
    """What a validator says of each object."""
    names = dict(enumerate(objects))
    write(folder, [(f"object-{n}.yaml", objects[name]) for n, name in names.items()], None)
    result = subprocess.run(TOOLS[tool][0] + [str(folder)], capture_output=True, text=True)
    name, said = None, {name: "" for name in objects}
    for line in (result.stdout + result.stderr).splitlines():
        if found := re.search(r"object-(\d+)\.yaml", line):
            name = names[int(found[1])]
        if name and re.search("invalid|error|ERROR|Invalid", line):
            said[name] += re.sub(r"\S*object-\d+\.yaml\S*( - \S+ \S+)?", "", line)
    return said


def judge(tool, places, samples, seed):
    hits, counts, alarms = Counter(), Counter(), Counter()
    folder = Path(tempfile.mkdtemp()) / "tree"
    for place in places:
        items, texts = load(place)
        write(folder, items, texts)
        whole = told(tool, folder) if tool not in VALIDATORS else None
        chance = random.Random(seed)
        kinds = {}
        for b in breaks(items):
            if not any(re.search(pattern, b[0]) for pattern, _ in HARMLESS):
                kinds.setdefault(b[0].split()[0], []).append(b)
        kinds["harmless"] = list(harmless(items))
        chosen = {k: chance.sample(of_kind, min(samples, len(of_kind))) for k, of_kind in sorted(kinds.items())}
        if tool in VALIDATORS:
            objects = {f"{kind}-{what}-{i}".replace("/", ":"): new for kind in chosen for what, i, new in chosen[kind] if new}
            objects |= {f"{i}-before": obj for i, (_, obj) in enumerate(items)}
            texts = verdicts(tool, folder, objects)
        for kind in chosen:
            for what, i, new in chosen[kind]:
                if tool in VALIDATORS:
                    said = new and texts[f"{i}-before"] != texts[f"{kind}-{what}-{i}".replace("/", ":")]
                else:
                    write(folder, items, texts, i, new)
                    said = told(tool, folder) - whole
                counts[kind] += 1
                hits[kind] += bool(said)
                if os.environ.get("VERBOSE") and bool(said) == (kind == "harmless"):
                    print(f"    {tool} {place.name}: {kind if kind == 'harmless' else ''} {what} {items[i][1]['kind']} {said}")
    shutil.rmtree(folder.parent, ignore_errors=True)
    broken = [k for k in counts if k != "harmless"]
    found = sum(hits[k] for k in broken)
    recall = found / sum(counts[k] for k in broken)
    precision = found / (found + hits["harmless"]) if found else 1.0
    shares = ", ".join(f"{k} {hits[k]}/{counts[k]}" for k in sorted(counts))
    return recall, precision, shares


def main():
    samples, seed = (int(a) for a in (sys.argv[1:] + ["20", "1"][len(sys.argv) - 1 :])[:2])
    places = [folder for _, folder in trees.cases("broken") if folder.parent.parent.name in ("default", "full", "ha")]
    places.append(trees.HERE / "broken" / "platform.yaml")
    for tool in TOOLS:
        if not shutil.which(TOOLS[tool][0][0]):
            print(f"skipped: broken {tool}: not on PATH")
            continue
        recall, precision, shares = judge(tool, places, samples, seed)
        ours = tool == "gatewright"
        problems = [f"recall {recall:.2f}, precision {precision:.2f}: {shares}"] if ours and min(recall, precision) < 0.95 else []
        trees.report("broken", tool, problems, f"recall {recall:.2f}, precision {precision:.2f}: {shares}")
    sys.exit(bool(trees.failures))


main()

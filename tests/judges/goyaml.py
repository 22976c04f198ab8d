"""Every rendered file, and every YAML text inside a ConfigMap, must mean the same to sigs.k8s.io/yaml, gopkg.in/yaml.v3
and PyYAML. The bug hunted: a string that one of them reads as a number, a boolean or a date."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import trees

JUDGE = "goyaml"


def main():
    try:
        import yaml
    except ImportError:
        trees.skip(JUDGE, f"{sys.executable} has no PyYAML")
    if not shutil.which("go"):
        trees.skip(JUDGE, "no go on PATH")
    source = trees.HERE / "goyaml"
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        fetched = subprocess.run(["go", "mod", "download"], cwd=source, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            trees.skip(JUDGE, "its two Go modules cannot be had: " + fetched.stderr.strip().split("\n")[-1])
        reader = scratch / "reader"
        subprocess.run(["go", "build", "-o", reader, "."], cwd=source, check=True, timeout=300)
        for case, tree in trees.cases(JUDGE):
            names = {str(p.relative_to(tree)): p for p in trees.yaml_files(tree)}
            names.update(embedded(tree, scratch))
            paths = "".join(f"{p}\n" for p in names.values())
            lines = subprocess.run([reader], input=paths, capture_output=True, text=True, check=True, timeout=60).stdout
            problems = [] if names else ["there is no file"]
            for (name, path), line in zip(names.items(), lines.splitlines(), strict=True):
                readings = {"PyYAML": by_pyyaml(yaml, path.read_text()), **json.loads(line)}
                problems += [f"{name}{difference}" for difference in disagreements(readings)]
            trees.report(JUDGE, case, problems, f"{len(names)} texts")
    return 1 if trees.failures else 0


def embedded(tree, scratch):
    """YAML inside YAML, written to files: these are configurations that other programs read."""
    found = {}
    for path, manifest in trees.manifests(tree):
        data = manifest.get("data") if isinstance(manifest, dict) and manifest.get("kind") == "ConfigMap" else None
        for key, text in (data or {}).items():
            if key.endswith((".yaml", ".yml")):
                file = scratch / f"{tree.parent.parent.name}-{tree.name}-{len(found)}.yaml"
                file.write_text(text)
                found[f"{path}, {key}"] = file
    return found


def by_pyyaml(yaml, text):
    try:
        return {"value": yaml.safe_load(text)}
    except yaml.YAMLError as error:
        return {"error": str(error)}


def disagreements(readings):
    """What the readers see differently, each with its path and every reader's view."""
    errors = [f": {reader} cannot read it: {r['error']}" for reader, r in readings.items() if r.get("error")]
    return errors or list(differences("", {reader: r["value"] for reader, r in readings.items()}))


def differences(path, values):
    kinds = {kind(v) for v in values.values()}
    if kinds == {"dict"}:
        # A key that only some readers have was read as another type by the others.
        for key in sorted({k for v in values.values() for k in v}, key=str):
            yield from differences(f"{path}/{key}", {r: v.get(key, ABSENT) for r, v in values.items()})
    elif kinds == {"list"} and len({len(v) for v in values.values()}) == 1:
        for i, _ in enumerate(next(iter(values.values()))):
            yield from differences(f"{path}/{i}", {r: v[i] for r, v in values.items()})
    elif len(kinds) > 1 or any(v != next(iter(values.values())) for v in values.values()):
        yield f" {path}: " + ", ".join(f"{r} {kind(v)} {v!r}" for r, v in values.items())


ABSENT = type("absent", (), {"__repr__": lambda self: ""})()


def kind(value):
    # JSON does not tell 2.0 from 2.
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__


if __name__ == "__main__":
    sys.exit(main())

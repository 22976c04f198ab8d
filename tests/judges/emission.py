"""Strings by chance through our emitter, each in several places of a document: sigs.k8s.io/yaml, gopkg.in/yaml.v3 and PyYAML
(its own reader and libyaml's, where it has that) must read what was written. Two Rust readers judge the same texts in
`tests/emission.rs`.

    emission.py [COUNT]   so many strings (default: 30000)
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import trees

JUDGE = "emission"
ROOT = trees.HERE / "../.."
SHOWN = 5


def main():
    count = sys.argv[1] if len(sys.argv) > 1 else "30000"
    with tempfile.TemporaryDirectory() as scratch:
        lines = Path(scratch) / "lines.jsonl"
        command = ["cargo", "test", "--quiet", "--locked", "--test", "emission"]
        environment = {**os.environ, "STRINGS": count, "EMITTED": str(lines)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        problems = [] if done.returncode == 0 else [(done.stdout + done.stderr)[-4000:]]
        trees.report(JUDGE, "serde-saphyr, yaml-rust2", problems, f"{count} strings")
        by_go(lines, Path(scratch) / "reader")
        by_python(lines)
    return 1 if trees.failures else 0


def by_go(lines, reader):
    if not shutil.which("go"):
        return print(f"skipped: {JUDGE} sigs.k8s.io/yaml, yaml.v3: no go on PATH")
    source = trees.HERE / "goyaml"
    built = subprocess.run(["go", "build", "-o", reader, "."], cwd=source, capture_output=True, text=True)
    if built.returncode:
        return print(f"skipped: {JUDGE} sigs.k8s.io/yaml, yaml.v3: not built: {built.stderr.strip()}")
    with lines.open() as texts:
        seen = subprocess.run([reader, "same"], stdin=texts, capture_output=True, text=True, check=True).stdout
    different = [json.loads(line) for line in seen.splitlines()]
    for name in ["sigs", "v3"]:
        problems = [f"line {d['line']}: {d['seen']}" for d in different if d["reader"] == name]
        trees.report(JUDGE, name, problems[:SHOWN])


def by_python(lines):
    try:
        import yaml
    except ImportError:
        return print(f"skipped: {JUDGE} PyYAML: {sys.executable} does not have it")
    for name in ["SafeLoader", "CSafeLoader"]:
        if not hasattr(yaml, name):
            print(f"skipped: {JUDGE} PyYAML {name}: this PyYAML was built without libyaml")
            continue
        problems = []
        with lines.open() as texts:
            for number, line in enumerate(texts):
                asked = json.loads(line)
                try:
                    seen = yaml.load(asked["text"], getattr(yaml, name))
                except yaml.YAMLError as error:
                    seen = error
                if seen != asked["value"]:
                    problems.append(f"line {number}: {asked['text']!r} is read as {seen!r}")
        trees.report(JUDGE, f"PyYAML {name}", problems[:SHOWN])


if __name__ == "__main__":
    sys.exit(main())

"""`goyaml` and `config_patch` against the real gopkg.in/yaml.v3: the same bytes for thousands of patches made by chance.

    goyaml3.py [SEED [COUNT]]   COUNT patches of each kind, judged by `cargo test --test config_patch`
    goyaml3.py --write          makes tests/config_patch.jsonl anew: yaml.v3's answers to the cases that are always tested
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import goyaml3_cases
import trees

JUDGE = "goyaml3"
ROOT = trees.HERE / "../.."


def main():
    if not shutil.which("go"):
        trees.skip(JUDGE, "no go on PATH")
    source = trees.HERE / JUDGE
    with tempfile.TemporaryDirectory() as scratch:
        fetched = subprocess.run(["go", "mod", "download"], cwd=source, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            trees.skip(JUDGE, "its Go module cannot be had: " + fetched.stderr.strip().split("\n")[-1])
        program = Path(scratch) / "yaml3"
        subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True, timeout=300)
        if sys.argv[1:] == ["--write"]:
            return write(program, ROOT / "tests/config_patch.jsonl", goyaml3_cases.fixed())
        seed, count = [int(n) for n in sys.argv[1:]] + [1, 4000][len(sys.argv) - 1 :]
        for kind, cases in goyaml3_cases.by_chance(random.Random(seed), count, lambda cases: ask(program, cases)):
            answers = Path(scratch) / f"{kind}.jsonl"
            write(program, answers, cases)
            trees.report(JUDGE, kind, judged(answers), f"{len(cases)} patches, seed {seed}")
    return 1 if trees.failures else 0


def ask(program, cases):
    questions = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([program], input=questions, capture_output=True, text=True, check=True, timeout=600)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def write(program, path, cases):
    with path.open("w") as file:
        for case, answer in zip(cases, ask(program, cases), strict=True):
            file.write(json.dumps({**case, **answer}) + "\n")
    return 0


def judged(answers):
    """What the Rust test says, when it fails."""
    command = ["cargo", "test", "--quiet", "--locked", "--test", "config_patch", "--", "--exact", "yaml_v3_said_so"]
    environment = {**os.environ, "GOYAML3_ANSWERS": str(answers)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr)[-4000:]]


if __name__ == "__main__":
    sys.exit(main())

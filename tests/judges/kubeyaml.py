"""`kubeyaml` against the real sigs.k8s.io/yaml: the same value, or an error from both.

    kubeyaml.py [SEED [COUNT]]   hand-made texts, COUNT texts made by chance, and real files, whole and broken by chance
    kubeyaml.py --write          makes tests/kubeyaml.jsonl anew: the answers that are always tested

KUBEYAML_FILES names a folder whose YAML and JSON files are the real ones (default: golden/ of this repository). A file is
cut into documents by lines `---`, as kubectl cuts it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubeyaml_cases
import trees

JUDGE = "kubeyaml"
ROOT = trees.HERE / "../.."


def main():
    if not shutil.which("go"):
        trees.skip(JUDGE, "no go on PATH")
    source = trees.HERE / "goyaml"
    with tempfile.TemporaryDirectory() as scratch:
        fetched = subprocess.run(["go", "mod", "download"], cwd=source, capture_output=True, text=True, timeout=300)
        if fetched.returncode:
            trees.skip(JUDGE, "its Go modules cannot be had: " + fetched.stderr.strip().split("\n")[-1])
        program = Path(scratch) / "reader"
        subprocess.run(["go", "build", "-o", program, "."], cwd=source, check=True, timeout=300)
        if sys.argv[1:] == ["--write"]:
            return write(program, ROOT / "tests/kubeyaml.jsonl", kubeyaml_cases.fixed())
        seed, count = [int(n) for n in sys.argv[1:]] + [1, 20000][len(sys.argv) - 1 :]
        real = documents(Path(os.environ.get("KUBEYAML_FILES", ROOT / "golden")))
        kinds = {
            "hand-made": kubeyaml_cases.fixed(),
            "by chance": list(kubeyaml_cases.by_chance(seed, count)),
            "real": real,
            "broken": list(kubeyaml_cases.broken(seed, real, count)),
        }
        for kind, texts in kinds.items():
            answers = Path(scratch) / "answers.jsonl"
            write(program, answers, texts)
            trees.report(JUDGE, kind, judged(answers), f"{len(texts)} texts, seed {seed}")
    return 1 if trees.failures else 0


def documents(folder):
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".yml", ".json") and p.is_file()):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        found += [text] if text.lstrip().startswith("{") else re.split(r"^---(?:[ \t].*)?$", text, flags=re.M)
    return found


def write(program, path, texts):
    questions = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run([program, "kubectl"], input=questions, capture_output=True, text=True, check=True, timeout=900)
    path.write_text(done.stdout)
    return 0


def judged(answers):
    """What the Rust test says, when it fails."""
    command = ["cargo", "test", "--quiet", "--locked", "--test", "kubeyaml", "--", "--exact", "kubectl_reads_so"]
    environment = {**os.environ, "KUBEYAML_ANSWERS": str(answers)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    return [] if done.returncode == 0 else [(done.stdout + done.stderr)[-4000:]]


if __name__ == "__main__":
    sys.exit(main())

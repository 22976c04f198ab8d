"""Inputs of a MiB, each with one thing said as often as fits, and how much processor time they take.

    slow.py [PATTERN]          all shapes of slow_shapes, or those whose name fits

A shape over LIMIT seconds (default 5) of user and system time fails. GATEWRIGHT names our program, built with --release;
KEEP=DIR keeps the inputs, SIZE=N makes them of so many bytes, LIST=1 prints all times.
"""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from slow_shapes import FOLDERS, MANIFESTS

PROGRAM = os.environ.get("GATEWRIGHT", "gatewright")
PROGRAM = str(Path(PROGRAM).resolve()) if "/" in PROGRAM else PROGRAM
SIZE = int(os.environ.get("SIZE", 1 << 20))
LIMIT = float(os.environ.get("LIMIT", 5))
MOST = 9_000  # documents; more objects stand in lists, since a file has 10,000 documents at most


def text(made):
    """A text as it is; objects as a document each, or in lists."""
    if isinstance(made, str):
        return made
    lines = [json.dumps(o, separators=(",", ":")) for o in made]
    if len(lines) <= MOST:
        return "\n---\n".join(lines) + "\n"
    return '{"apiVersion":"v1","kind":"List","items":[' + ",\n".join(lines) + "]}\n"


def files(made):
    """{path: text}, by the shape's answer: files, or one file of manifests."""
    return {k: text(v) for k, v in made.items()} if isinstance(made, dict) else {"m.yaml": text(made)}


def largest(shape):
    """The files with as many things as fit into SIZE."""
    size = lambda n: sum(map(len, files(shape(n)).values()))
    few, many = size(10), size(210)
    n = max(1, int(200 * (SIZE - few) / max(1, many - few)))
    while n > 1 and size(n) > SIZE:
        n = int(n * min(0.99, SIZE / size(n)))
    return files(shape(n)), n


def timed(name, shape, arguments, below):
    made, n = largest(shape)
    folder = Path(below) / name
    for path, content in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run([PROGRAM, *arguments], cwd=folder, capture_output=True, timeout=120)
        code, said = done.returncode, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        code, said = None, ""
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = said.strip().splitlines()[-1] if said.strip() else ""
    bad = code not in (0, 1) or took > LIMIT
    if bad:
        print(f"FAIL slow {name}: {took:.1f} s, {n} things, exit {code}: {last}", flush=True)
    elif os.environ.get("LIST"):
        print(f"ok slow {name}: {took:.1f} s, {n} things: {last}", flush=True)
    return bad


def main():
    pattern = re.compile(sys.argv[1] if len(sys.argv) > 1 else "")
    shapes = [(n, s, ["check", "--manifests", "m.yaml"]) for n, s in MANIFESTS.items()] + [(n, s, ["check"]) for n, s in FOLDERS.items()]
    shapes = [s for s in shapes if pattern.search(s[0])]
    with tempfile.TemporaryDirectory() as made:
        bad = sum(timed(*s, os.environ.get("KEEP", made)) for s in shapes)
    print(f"{'FAIL' if bad else 'ok'} slow : {len(shapes)} inputs, {bad} over the limit")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())

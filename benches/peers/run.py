#!/usr/bin/env python3
"""Times every lane on fleets of N clusters, and writes the results. See README.md.

    benches/peers/run.py [--tools DIR] [--gatewright PROGRAM] [--work DIR] [--runs R] [--budget SECONDS] [--lanes WORDS] N...
"""
import sys

sys.dont_write_bytecode = True
import argparse
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import description
import equal
import generate
import machine
import report
import validators
from lanes import CORES, LANES, Tools

FLAG = "autoscaling"  # what is switched off and on again: no other flag comes with objects and changes as many others

# A process forked by Python has Python's size as its peak; one forked by GNU time has its own.
MEASURED = Path(tempfile.gettempdir()) / f"peers-{os.getpid()}"
MEASURE = ["/usr/bin/time", "-a", "-o", str(MEASURED), "-f", "%M"] if Path("/usr/bin/time").exists() else []


class Failed(Exception):
    pass


def set_aside(folder):
    """Deleted at the end of the run: for minutes ext4 takes longer to find a free inode where many went."""
    if folder.exists():
        folder.rename(Path(tempfile.mkdtemp(dir=folder.parent, prefix="trash-")) / folder.name)


def clean(folder):
    set_aside(folder)
    folder.mkdir(parents=True)


def go(commands, log, tools):
    """Seconds, and KiB of the largest process, of some commands, as many at a time as there are cores."""
    environment = {**os.environ, "NODE_PATH": str(tools.root / "cdk8s/node_modules"), "KUBECONFIG": "/dev/null"}
    waiting, running = list(reversed(commands)), {}
    MEASURED.write_text("")
    with open(log, "w") as said:
        start = time.perf_counter()
        while waiting or running:
            while waiting and len(running) < CORES:
                command = [str(word) for word in waiting.pop()]
                process = subprocess.Popen(MEASURE + command, stdout=said, stderr=said, env=environment)
                running[process.pid] = process, command
            pid, status = os.wait()
            # Python waits for processes that it does not know are gone, when it starts another.
            process, command = running.pop(pid)
            process.returncode = status
            if status:
                for other in running:
                    os.waitpid(other, 0)
                raise Failed(f"{' '.join(command)[:300]}: {Path(log).read_text()[-1500:]}")
        taken = time.perf_counter() - start
    memory = [int(line) for line in MEASURED.read_text().splitlines() if line.isdigit()] if MEASURE else [0]
    return taken, max(memory)


def lane(tools, one, inputs, outputs, names, all):
    return go(one.commands(tools, inputs, outputs, names, all), outputs.parent / "log", tools)


class Bench:
    def __init__(self, options):
        self.options, self.tools = options, Tools(options.tools, options.gatewright)
        self.work = options.work
        self.work.mkdir(parents=True, exist_ok=True)
        self.described = description.describe(options.gatewright)
        self.off = self.described.together[FLAG]
        self.results, self.said = [], []
        self.lanes = [one for one in LANES if not options.lanes or any(word in one.name for word in options.lanes)]
        self.schemas = validators.prepare(self.work / "schemas", self.tools)

    def note(self, text):
        print(text, flush=True)
        self.said.append(text)

    def all(self):
        for one in list(self.lanes):
            missing = self.tools.missing(one.needs)
            if missing:
                self.note(f"{one.name}: not measured, no {', '.join(missing)}")
                self.lanes.remove(one)
        for n in self.options.n:
            self.baselines(n)
            for one in self.lanes:
                try:
                    self.lane(one, n)
                except Failed as failed:
                    print(failed, flush=True)
                    self.note(f"{one.name}, N={n}: failed, {' '.join(str(failed).split())[-200:]}")

    def baselines(self, n):
        """Copying and reading what gatewright writes."""
        inputs = generate.Inputs(self.described, "gatewright", self.folder("gatewright", n), n)
        inputs.all()
        tree, copy = self.work / "baseline/tree", self.work / "baseline/copy"
        clean(tree)
        lane(self.tools, LANES[0], inputs.folder, tree, inputs.names, True)
        self.note(f"N={n}: {len(self.described.objects)} objects a cluster; {size(tree)[0]} files, {size(tree)[1]} bytes by gatewright")
        copies = self.times(lambda _: clean(copy), lambda: [["cp", "-r", f"{tree}/.", copy]], n)
        self.add("cp -r", n, "cold", copies, *size(copy))
        reads = self.times(lambda _: None, lambda: [["sh", "-c", f"find {tree} -type f -exec cat {{}} + > /dev/null"]], n)
        self.add("reading it back", n, "no-op", reads, *size(tree))
        set_aside(self.work / "baseline")

    def folder(self, peer, n):
        return self.work / f"in-{n}" / peer

    def lane(self, one, n):
        inputs = generate.Inputs(self.described, one.peer, self.folder(one.peer, n), n)
        outputs = self.work / "run/out"
        inputs.all()
        middle = n // 2
        name = [inputs.names[middle]]

        def everything():
            return one.commands(self.tools, inputs.folder, outputs, inputs.names, True)

        def changed():
            return one.commands(self.tools, inputs.folder, outputs, name, False) if one.selects else everything()

        cold = self.measure(one, n, "cold", lambda _: clean(outputs), everything, outputs)
        if cold is None:
            return
        self.prove(one, inputs, outputs)
        self.measure(one, n, "no-op", lambda _: None, everything, outputs)
        self.measure(one, n, "one", lambda i: inputs.one(middle, () if i % 2 else self.off), changed, outputs)
        inputs.one(middle)
        self.measure(one, n, "all", lambda i: inputs.all(() if i % 2 else self.off), everything, outputs)
        inputs.all()
        for validator in validators.NAMES:
            check = validators.command(validator, one, self.tools, self.schemas, outputs)
            if check:
                self.measure(one, n, validator, lambda _: clean(outputs), everything, outputs, check)

    def measure(self, one, n, job, before, commands, outputs, after=None):
        """Some runs of a job, or what they would take, where that is more than the budget."""
        expected = self.expected(one.name, n, job)
        if expected is not None and expected > self.options.budget:
            self.add(one.name, n, job, None, 0, 0, expected)
            return None
        runs = 1 if expected is not None and expected * self.runs(n) > self.options.budget else self.runs(n)
        found = self.times(before, commands, n, runs, after)
        self.add(one.name, n, job, found, *size(outputs))
        return found

    def times(self, before, commands, n, runs=None, after=None):
        (self.work / "run").mkdir(exist_ok=True)
        found = []
        for i in range(runs or self.runs(n)):
            before(i)
            os.sync()
            taken = [go(step, self.work / "run/log", self.tools) for step in ([commands()] + ([after()] if after else []))]
            found.append((sum(seconds for seconds, _ in taken), max(memory for _, memory in taken)))
        return found

    def runs(self, n):
        return self.options.runs or (5 if n <= 100 else 3)

    def expected(self, lane, n, job):
        """By the largest fleet so far."""
        known = [found for found in self.results if found["lane"] == lane and found["job"] == job and found["n"] < n]
        return known[-1]["median"] * n / known[-1]["n"] if known else None

    def add(self, lane, n, job, found, files, written, expected=None):
        times = sorted(seconds for seconds, _ in found or [])
        self.results.append({
            "lane": lane, "n": n, "job": job, "median": times[len(times) // 2] if times else expected, "times": times,
            "extrapolated": not times, "memory": max((memory for _, memory in found or []), default=None),
            "files": files, "bytes": written})
        print(f"{lane:<22} N={n:<6} {job:<17} {report.figure(self.results[-1])}", flush=True)

    def prove(self, one, inputs, outputs):
        """What was just written, for some of the clusters, against gatewright's objects."""
        ours = self.work / "run/ours"
        chosen = random.Random(inputs.n).sample(inputs.names, min(5, inputs.n))
        source = generate.Inputs(self.described, "gatewright", self.folder("gatewright", inputs.n), inputs.n)
        source.all()
        clean(ours)
        lane(self.tools, LANES[0], source.folder, ours, chosen, False)
        for name in chosen:
            wrong = list(equal.differences(LANES[0].outputs(ours, name), one.outputs(outputs, name)))
            if wrong:
                raise Failed(f"{name} is not equal: {wrong[:5]}")


def size(folder):
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tools", type=lambda text: Path(text).resolve(), default=description.ROOT / "target/peers")
    parser.add_argument("--gatewright", default=str(description.ROOT / "target/release/gatewright"))
    parser.add_argument("--work", type=lambda text: Path(text).resolve(), default=description.ROOT / "target/peers-work")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--budget", type=float, default=60, help="seconds for one job of a lane")
    parser.add_argument("--lanes", nargs="*", help="only lanes with one of these words")
    parser.add_argument("--write", action="store_true", help="put the results into docs/")
    parser.add_argument("n", type=int, nargs="+")
    bench = Bench(parser.parse_args())
    before = machine.describe(bench.tools)
    bench.all()
    found = {"machine": before, "objects": len(bench.described.objects), "flag": FLAG, "said": bench.said, "results": bench.results}
    (bench.work / "results.json").write_text(json.dumps(found, indent=1) + "\n")
    MEASURED.unlink(missing_ok=True)
    for trash in list(bench.work.rglob("trash-*")):
        shutil.rmtree(trash, ignore_errors=True)
    print(report.text(found))
    if bench.options.write:
        report.write(found)


if __name__ == "__main__":
    main()

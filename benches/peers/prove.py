#!/usr/bin/env python3
"""Holds every contender's objects against gatewright's, for two clusters: all flags on, a flag off on one, a flag off on both.

    benches/peers/prove.py TOOLS GATEWRIGHT [LANE...]
"""
import sys

sys.dont_write_bytecode = True
import tempfile
from pathlib import Path

import description
import equal
import generate
import run
from lanes import LANES, Tools


def states(described):
    """What is switched off in the base, and what in the second cluster."""
    yield (), ()
    for flag in described.flags:
        yield (), described.together[flag]
    yield described.together[run.FLAG], ()


def main():
    tools, wanted = Tools(Path(sys.argv[1]).resolve(), sys.argv[2]), sys.argv[3:]
    described = description.describe(tools.gatewright)
    with tempfile.TemporaryDirectory() as scratch:
        expected = [outputs(tools, described, LANES[0], Path(scratch), *state) for state in states(described)]
    failed = passed = skipped = 0
    for lane in LANES:
        if wanted and lane.name not in wanted:
            continue
        missing = tools.missing(lane.needs)
        if missing:
            print(f"skipped: peers {lane.name}: no {', '.join(missing)}")
            skipped += 1
            continue
        wrong = list(judge(tools, described, lane, expected))
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f"{'FAIL' if wrong else 'ok'} peers {lane.name}", *wrong[:20], sep="\n  ", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)


def judge(tools, described, lane, expected):
    with tempfile.TemporaryDirectory() as scratch:
        for (base, second), ours in zip(states(described), expected):
            theirs = outputs(tools, described, lane, Path(scratch), base, second)
            for name in ours:
                for difference in equal.differences(ours[name], theirs[name]):
                    yield f"base without {base}, second cluster without {second}: {name}: {difference}"


def outputs(tools, described, lane, folder, base, second):
    inputs = generate.Inputs(described, lane.peer, folder / "in", 2)
    inputs.all(base)
    if second:
        inputs.one(1, second)
    run.clean(folder / "out")
    run.lane(tools, lane, folder / "in", folder / "out", inputs.names, True)
    return {name: lane.outputs(folder / "out", name) for name in inputs.names}


if __name__ == "__main__":
    main()

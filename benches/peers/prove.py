#!/usr/bin/env python3
"""Holds every contender's objects against gatewright's: clusters with all flags on, with each flag off, and with a flag off in the base.

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
    """What is switched off in the base, and in each cluster: every flag in one of them, and one flag in all."""
    yield (), [(), *(described.together[flag] for flag in described.flags)]
    yield described.together[run.FLAG], [(), ()]


def main():
    tools, wanted = Tools(Path(sys.argv[1]).resolve(), sys.argv[2]), sys.argv[3:]
    described = description.describe(tools.gatewright)
    with tempfile.TemporaryDirectory() as scratch:
        expected = [outputs(tools, described, LANES[0], Path(scratch) / str(i), *state) for i, state in enumerate(states(described))]
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
        for (base, clusters), ours in zip(states(described), expected):
            theirs = outputs(tools, described, lane, Path(scratch) / str(len(clusters)), base, clusters)
            for off, name in zip(clusters, ours):
                for difference in equal.differences(ours[name], theirs[name]):
                    yield f"without {(*base, *off)}: {name}: {difference}"


def outputs(tools, described, lane, folder, base, clusters):
    inputs = generate.Inputs(described, lane.peer, folder / "in", len(clusters))
    inputs.all(base)
    for i, off in enumerate(clusters):
        if off:
            inputs.one(i, off)
    run.clean(folder / "out")
    run.lane(tools, lane, folder / "in", folder / "out", inputs.names, True)
    return {name: lane.outputs(folder / "out", name) for name in inputs.names}


if __name__ == "__main__":
    main()

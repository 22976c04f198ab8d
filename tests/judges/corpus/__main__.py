"""Builds the mutation corpus: objects, and what a real API server says of each.

    python3 tests/judges/corpus --kubeconfig K --crds DIR --out DIR [--area NAME]... [--seeds DIR]...

One file of JSON lines per area; seeded, so that the same server, CRDs and seeds give the same files.
"""

import argparse
import concurrent.futures
import copy
import json
import os
import sys
import time

import areas
import kinds
import rules
from server import Server

HERE = os.path.dirname(os.path.abspath(__file__))
NO_VERDICT = ("409 ", "429 ", "503 ")  # the name is taken, the server is busy: nothing about the object


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--kubeconfig", required=True, help="a throw-away API server that knows the CRDs")
    ask.add_argument("--crds", required=True, action="append", help="folder or file of CRDs")
    ask.add_argument("--out", required=True, help="folder of the corpus")
    ask.add_argument(
        "--seeds", action="append", default=[], help="folder of objects to start from, besides those of the corpus"
    )
    ask.add_argument("--area", action="append", default=[], help="only this file")
    ask.add_argument(
        "--with",
        dest="channel",
        default="",
        help="also CRDs in folders of this name (experimental), instead of `standard`",
    )
    ask.add_argument("--seed", type=int, default=1, help="another number, another corpus")
    given = ask.parse_args()
    areas.SEED = given.seed
    server = Server(given.kubeconfig)
    every = kinds.load(given.crds, ("standard",) if given.channel else ("experimental",))
    seeds = list(read_seeds(given.seeds + [os.path.join(HERE, "builtin.yaml")]))
    handmade = list(read_seeds([os.path.join(HERE, "handmade.yaml")]))
    os.makedirs(given.out, exist_ok=True)
    for area in [*areas.AREAS, "builtin", "metadata", "updates"]:
        if not given.area or area in given.area:
            start = time.time()
            rows = run(jobs(area, server, every, seeds, handmade))
            counts = write(server, os.path.join(given.out, area + ".jsonl"), area, rows)
            print(f"{area}: {counts}, {time.time() - start:.0f} s", flush=True)


def read_seeds(paths):
    """The objects of some files and folders."""
    for file in kinds.files(paths):
        for value in kinds.documents(file):
            if (
                isinstance(value.get("apiVersion"), str)
                and isinstance(value.get("metadata"), dict)
                and value.get("kind") != "Kustomization"
            ):
                yield value


def jobs(area, server, every, seeds, handmade):
    """The work of an area in pieces that know nothing of each other."""
    if area == "builtin":
        for kind, values in areas.builtins(server, seeds):
            for number, value in enumerate(areas.shapes(values, kind)):
                yield lambda k=kind, v=value, n=number: areas.grown(
                    areas.Kindred(server, k, f"{areas.SEED} builtin {n}"), v, 30, 2
                )
    elif area == "metadata":
        for value in areas.metadata_seeds(server, seeds):
            yield lambda v=value: areas.of_metadata(server, v)
    elif area == "updates":
        for kind in every:
            update = any(r.update for r in rules.rules(kind.schema))
            yield lambda k=kind, n=(40 if update else 4): areas.updates(server, k, n)
    else:
        for kind in (k for k in every if k.group in areas.AREAS[area]):
            mine = areas.shapes([v for v in seeds if is_of(v, kind)], kind)
            made = [v for v in handmade if is_of(v, kind)]
            shards = max(1, areas.FAMILIES.get(kind.kind, 40) // 90)
            for shard in range(shards):
                yield lambda k=kind, m=mine, h=made, s=shard, n=shards: areas.families(server, k, m, h, s, n)


def is_of(value, kind):
    return value["apiVersion"] == kinds.api_version(kind) and value["kind"] == kind.kind


def run(pieces):
    """The rows of all pieces in their order, four pieces at a time."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for rows in pool.map(lambda piece: list(piece()), list(pieces)):
            yield from rows


def write(server, path, area, rows):
    """Writes the rows with the verdict on an apply beside that on a create; doubles are left out."""
    seen, counts = set(), {"objects": 0, "accepted": 0, "apply differs": 0}
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            line = plain(row) if area == "updates" else judged(server, row)
            mark = json.dumps([line.get("old"), line["object"]], sort_keys=True)
            if mark in seen or line["message"].startswith(NO_VERDICT):
                continue
            seen.add(mark)
            counts["objects"] += 1
            counts["accepted"] += line["accepted"]
            counts["apply differs"] += line["apply_accepted"] not in (None, line["accepted"])
            file.write(json.dumps({"id": f"{area}/{counts['objects']}"} | line, ensure_ascii=False) + "\n")
    return ", ".join(f"{n} {what}" for what, n in counts.items())


def judged(server, row):
    accepted, message, _ = row.verdict
    applied, said, _ = server.apply(row.object)
    line = {
        "object": row.object,
        "accepted": accepted,
        "message": message,
        "apply_accepted": applied,
        "source": row.source,
    }
    return line if applied in (None, accepted) else line | {"apply_message": said}


def plain(row):
    old, new, source, (accepted, message, _), (applied, said, _) = row
    line = {
        "old": old,
        "object": new,
        "accepted": accepted,
        "message": message,
        "apply_accepted": applied,
        "source": source,
    }
    return copy.deepcopy(line if applied in (None, accepted) else line | {"apply_message": said})


if __name__ == "__main__":
    sys.exit(main())

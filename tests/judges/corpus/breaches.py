"""Which CEL rules a corpus breaks: the refused objects are sent to the server again and what it says is counted.

python3 tests/judges/corpus/breaches.py --kubeconfig K --crds DIR [--with experimental] FILE.jsonl...
"""

import argparse
import collections
import concurrent.futures
import json

import kinds
import rules
from server import Server


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--kubeconfig", required=True)
    ask.add_argument("--crds", required=True, action="append")
    ask.add_argument("--with", dest="channel", default="")
    ask.add_argument("files", nargs="+")
    given = ask.parse_args()
    server = Server(given.kubeconfig)
    every = kinds.load(given.crds, ("standard",) if given.channel else ("experimental",))
    known = {(kinds.api_version(k), k.kind): (k, list(rules.rules(k.schema))) for k in every}
    alone, counts = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for broken, causes in pool.map(lambda line: breaches(server, known, line), refused(given.files, known)):
            for rule in broken:
                counts[rule] += 1
                alone[rule] += causes == 1
    whole = [(key, r) for key, (_, rs) in known.items() for r in rs]
    print(
        f"{len(whole)} rules, {sum(r in counts for r in whole)} broken, {sum(alone[r] > 0 for r in whole)} broken alone"
    )
    for key, rule in whole:
        if (key, rule) not in counts:
            print(f"never\t{key[0]}\t{key[1]}\t.{'.'.join(rule.path)}\t{rule.text}")


def refused(files, known):
    """The refused objects of the known kinds."""
    for name in files:
        with open(name, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                version, kind = row["object"].get("apiVersion"), row["object"].get("kind")
                if (
                    not row["accepted"]
                    and isinstance(version, str)
                    and isinstance(kind, str)
                    and (version, kind) in known
                ):
                    yield row


def breaches(server, known, row):
    """The rules that the server names, and of how many things it complains."""
    value = row["object"]
    key = (value["apiVersion"], value["kind"])
    kind, every = known[key]
    if "old" in row:
        return updated(server, row, key, kind, every)
    causes = server.create(value)[2]
    return [(key, r) for r in rules.fired(value, causes, kind.schema, every)], len(causes)


def updated(server, row, key, kind, every):
    """The same for an update: the old object is there meanwhile, under a name of its own."""
    name = f"c-breach-{row['id'].replace('/', '-')}"
    old, new = (dict(v, metadata=dict(v.get("metadata") or {}, name=name)) for v in (row["old"], row["object"]))
    if not server.apply(old, dry=False)[0]:
        return [], 0
    causes = server.replace(new)[2]
    server.delete(old)
    return [(key, r) for r in rules.fired(new, causes, kind.schema, every)], len(causes)


if __name__ == "__main__":
    main()

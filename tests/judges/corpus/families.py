"""Families of objects about one schema place: a good object, the bad ones before it, its mutants, broken rules."""

import collections
import random

import mutate
import rules
from generate import Generator
from repair import repair

Row = collections.namedtuple("Row", "object source verdict")


class Kindred:
    """Makes the families of one kind; what was covered steers what comes next."""

    def __init__(self, server, kind, seed, size=5):
        self.server, self.kind = server, kind
        self.rng = random.Random(f"{seed} {kind.group}/{kind.version}/{kind.kind}")
        self.generator = Generator(self.rng, size)
        self.rules = list(rules.rules(kind.schema))
        self.paths = list(schema_paths(kind.schema))
        self.rng.shuffle(self.paths)
        self.covered = set()
        self.fired = collections.Counter()
        self.count = 0

    def ask(self, value, source):
        """The verdict on an object as a row; notes which rules spoke and which places are covered."""
        verdict = self.server.create(value)
        for rule in rules.fired(value, verdict[2], self.kind.schema, self.rules):
            self.fired[rule] += 1
        if verdict[0]:
            self.covered |= covered(value, self.kind.schema)
        return Row(value, source, verdict)

    def good(self, force=(), tries=10, rounds=12):
        """(an accepted object with the forced place or None, rows seen on the way)."""
        rows = []
        for attempt in range(tries):
            self.count += 1
            value = self.generator.object(self.kind, f"c-{self.count}", "corpus", force)
            for turn in range(rounds):
                row = self.ask(
                    value,
                    f"generated with {'.'.join(force) or 'anything'}" + (f", repaired {turn} times" if turn else ""),
                )
                if row.verdict[0]:
                    if rules.places(value, force):
                        return row, rows
                    break
                if turn < 2 and attempt < 2:
                    rows.append(row)
                value = repair(value, row.verdict[2], self.kind, self.generator, force)
        return None, rows

    def mutants(self, row, count):
        """Mutants of an accepted object."""
        for number in range(count):
            among = [mutate.envelope] if self.rng.randrange(25) == 0 else None
            value, note = mutate.mutate(self.rng, row.object, self.kind.schema, 2 if number % 4 == 3 else 1, among)
            if note:
                yield self.ask(value, note)

    def family(self, mutants=5):
        """An object about a place not covered so far, the refused ones before it, its mutants."""
        while self.paths and self.paths[-1] in self.covered:
            self.paths.pop()
        force = self.paths.pop() if self.paths else ()
        row, rows = self.good(force, tries=3)
        yield from rows[-1:] if row else rows[:1]
        if row:
            yield row
            yield from self.mutants(row, mutants)

    def breach(self, rule, tries=250):
        """Objects that break the rule: the first found, then one that breaks nothing else; the good one beside them."""
        best, asked = None, 0
        for _ in range(4):
            row, _ = self.good(rule.path)
            if row is None:
                continue
            for turn in range(tries // 4):
                base = best.object if best and turn % 2 else row.object
                value = rules.provoke(
                    self.rng,
                    base if rules.places(base, rule.path) else row.object,
                    rule,
                    self.kind.schema,
                    self.generator,
                )
                if turn % 5 == 4:
                    value = rules.any_change(self.rng, value, self.kind.schema)
                before = self.fired[rule]
                answer = self.ask(value, f"breaks {'.'.join(rule.path)}: {rule.message or rule.text}")
                if self.fired[rule] == before:
                    continue
                if best is None or len(answer.verdict[2]) < len(best.verdict[2]):
                    best = answer
                asked += 1
                if len(best.verdict[2]) == 1 or asked > 30:
                    return [row, best]
        return [best] if best else []


def schema_paths(schema, path=()):
    """Every place of a schema, status left out."""
    if path:
        yield path
    for name, inner in schema.get("properties", {}).items():
        if path or name not in ("apiVersion", "kind", "metadata", "status"):
            yield from schema_paths(inner, path + (name,))
    if "items" in schema:
        yield from schema_paths(schema["items"], path + ("[]",))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from schema_paths(schema["additionalProperties"], path + ("{}",))


def covered(value, schema, path=()):
    """The schema places that an object has."""
    out = {path}
    if isinstance(value, dict):
        for key, inner in value.items():
            step = key if key in (schema or {}).get("properties", {}) else "{}"
            out |= covered(inner, rules.step_into(schema, step), path + (step,))
    elif isinstance(value, list):
        for inner in value:
            out |= covered(inner, rules.step_into(schema, "[]"), path + ("[]",))
    return out

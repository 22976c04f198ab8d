"""Groups disagreements (target/disagreements.jsonl of tests/corpus.rs) by what was said, the largest groups first.

python3 tests/judges/corpus/classes.py target/disagreements.jsonl [EXAMPLES]
"""

import collections
import json
import re
import sys

PLACE = re.compile(r"\"[^\"]*\"|`[^`]*`|'[^']*'|/\S+|\[[^\]]*\]|\b(spec|status|metadata)\S*|\d+|\S+\.\S+")
START = re.compile(r"^\d+ \S+ \S+ is invalid: |^\d+ ")


def main():
    groups = collections.defaultdict(list)
    with open(sys.argv[1], encoding="utf-8") as file:
        for line in map(json.loads, file):
            accepted = line["apply_accepted"] if line["apply_accepted"] is not None else line["accepted"]
            said = line.get("apply_message") or line["message"]
            if not accepted:
                groups["WE ACCEPT", words(START.sub("", said))].append((line, said))
            else:
                how = "WE REFUSE, SERVER REFUSES TO CREATE" if not line["accepted"] else "WE REFUSE"
                groups[how, words(line["ours"][0])].append((line, said))
    examples = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for (how, text), lines in sorted(groups.items(), key=lambda g: (g[0][0], -len(g[1]))):
        kinds = collections.Counter(str(line["object"].get("kind")) for line, _ in lines)
        print(f"\n{how} · {len(lines)} · {text}\n    kinds: {', '.join(f'{k} {n}' for k, n in kinds.most_common(6))}")
        for line, said in lines[:examples]:
            print(
                f"    {line['id']} ({line['source'][:100]})\n"
                f"        server: {said[:300] or 'accepts'}\n"
                f"        ours:   {'; '.join(line['ours'])[:300] or 'accepts'}"
            )


def words(text):
    """What is left of a message without names, places and numbers."""
    return re.sub(r"\W+", " ", PLACE.sub("_", text))[:90]


if __name__ == "__main__":
    main()

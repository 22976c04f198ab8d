"""The golden trees as the judges see them: cases, manifests, and the lines that say how a case went."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOLDEN = Path(os.environ.get("GOLDEN", HERE / "../../golden"))

failures = 0


def skip(judge, why):
    print(f"skipped: {judge}: {why}")
    sys.exit(0)


def report(judge, case, problems, remark=""):
    """Print the line of one case, and its problems below."""
    global failures
    if problems:
        failures += 1
        print(f"FAIL {judge} {case}")
        for problem in problems:
            print("    " + str(problem).replace("\n", "\n    "))
    else:
        print(f"ok {judge} {case}" + (f" ({remark})" if remark else ""))
    sys.stdout.flush()


def cases(judge):
    """(case/cluster, folder) of every golden tree."""
    found = [(f"{d.parent.parent.name}/{d.name}", d) for d in sorted(GOLDEN.glob("*/rendered/*")) if d.is_dir()]
    if not found:
        report(judge, "", [f"no golden tree below {GOLDEN}"])
        sys.exit(1)
    return found


def yaml_files(tree):
    return sorted(tree.rglob("*.yaml"))


def manifests(tree):
    """(path below the tree, object) of every manifest. groups.yaml tells people what is on, claims.yaml what it must show, charts/ holds values of charts."""
    import yaml

    for path in yaml_files(tree):
        if path not in (tree / "groups.yaml", tree / "claims.yaml") and path.relative_to(tree).parts[0] != "charts":
            yield str(path.relative_to(tree)), yaml.safe_load(path.read_text())


def elsewhere(tree):
    """What groups.yaml says that others make."""
    import yaml

    return yaml.safe_load((tree / "groups.yaml").read_text()).get("elsewhere", [])

"""The script of `gatewright tenants script`, on LiteLLM's own admin API: what a first run makes a second leaves alone, a change in the
file is that change alone, and teams and keys of others stay as they are. A database in memory (memory_database.py) takes PostgreSQL's place."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import litellm
import litellm_process
import litellm_tree
import trees
from litellm_process import MASTER, Proxy
from mock_gateway import Gateway

JUDGE = "litellm-tenants"
HERE = Path(__file__).parent
TENANTS = """platform: ai-dev
teams:
  search: { name: "Search $(it) 'and' more", models: [qwen3-0-6b], budget: 100, budgetDuration: 30d, rpm: 600, tpm: 1000000 }
  writing: { models: [qwen3-0-6b, claude-haiku] }
keys:
  search-backend: { team: search, budget: 20, budgetDuration: 30d, duration: 90d, rpm: 60, maxParallelRequests: 4,
                    allowedRoutes: [llm_api_routes], value: { env: FIRST } }
  search-cron: { team: search, models: [qwen3-0-6b], value: { env: SECOND } }
  alone: { models: [qwen3-0-6b], budget: 1, value: { env: THIRD } }
"""
OTHERS = {
    "/team/new": [{"team_id": "search-2", "team_alias": "search", "models": ["qwen3-0-6b"]}],
    "/key/generate": [{"key": f"sk-of-others-{alias}-0123456789", "key_alias": alias} for alias in ("search-backend-2", "Search-Cron")],
}


def main():
    litellm_process.needs(JUDGE, [litellm.VERSION], "prisma")  # LiteLLM's database client, which the memory stands behind
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tree = dict(trees.cases(JUDGE)).get("egress/ai-dev") or trees.skip(JUDGE, "there is no golden case egress")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            trees.report(JUDGE, "egress/ai-dev", list(problems(litellm_tree.read(tree), Path(scratch))), "5 teams and keys")
    finally:
        litellm_process.stop_all()
    return 1 if trees.failures else 0


def problems(platform, folder):
    subject = litellm.proxy_subject(platform)
    with Gateway(subject["routes"], subject["headers"]) as gateway:
        config = litellm.redirected(subject["config"], gateway)
        config["litellm_settings"]["callbacks"].append("memory_database.recorder")
        files = subject["guard"] | {"memory_database.py": (HERE / "memory_database.py").read_text()}
        with Proxy(folder / "proxy", config, subject["env"], files) as proxy:
            if not proxy.healthy():
                yield f"LiteLLM does not start: {proxy.last_words()}"
                return
            writes = folder / "proxy" / "writes"
            for path, bodies in OTHERS.items():
                for body in bodies:
                    if (status := proxy.call("POST", path, body)[0]) != 200:
                        yield f"{path} of others: {status}"
            yield from run(proxy, folder, writes, TENANTS, made=5)
            yield from run(proxy, folder, writes, TENANTS, made=0)
            changed = TENANTS.replace("rpm: 600", "rpm: 700").replace("budget: 20,", "budget: 25,")
            yield from run(proxy, folder, writes, changed, made=0, changed={"rpm_limit", "max_budget"})


def run(proxy, folder, writes, tenants, made, changed=frozenset()):
    """One run of the script, by what it writes into the database."""
    before = len(writes.read_text().splitlines())
    (folder / "tenants.yaml").write_text(tenants)
    program = os.environ.get("GATEWRIGHT", HERE / "../../target/debug/gatewright")
    golden = trees.GOLDEN / "egress"
    script = subprocess.run([program, "-C", golden, "tenants", "script", folder / "tenants.yaml"], capture_output=True, text=True)
    values = {name: f"sk-of-the-judge-{name}-0123456789" for name in ("FIRST", "SECOND", "THIRD")}
    there = {"LITELLM_URL": f"http://127.0.0.1:{proxy.port}", "LITELLM_MASTER_KEY": MASTER} | values
    ran = subprocess.run(["sh", "-c", script.stdout], env=os.environ | there, capture_output=True, text=True)
    if script.returncode or ran.returncode:
        yield f"the script ends with {ran.returncode}: {script.stderr}{ran.stdout}{ran.stderr}"
    lines = [json.loads(line) for line in writes.read_text().splitlines()[before:]]
    wrote = [line for line in lines if line["table"] in ("litellm_teamtable", "litellm_verificationtoken")]
    if (count := sum(line["what"] == "create" for line in wrote)) != made:
        yield f"{count} teams and keys are made, not {made}: {ran.stdout}"
    fields = {name for line in wrote if line["what"] == "update" for name in line["data"]} - {"team_id", "token", "metadata", "members_with_roles"}
    if fields != changed:
        yield f"a run changes {sorted(fields)}, not {sorted(changed)}"
    if not all(line["ours"] for line in wrote):
        yield f"teams or keys of others are written: {wrote}"


if __name__ == "__main__":
    sys.exit(main())

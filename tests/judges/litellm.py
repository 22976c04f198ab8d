"""LiteLLM itself runs on the proxy configuration of every golden tree, with no database and a mock gateway behind it that
routes as the tree's HTTPRoutes and PreRouting policy say. It must list the aliases that have a route and no others, and
each call must reach its own route, under the gateway's key, at the tree's prices. The migration script runs in the
environment of the tree's job, with a stand-in for prisma. What can be seen without running is in litellm_rules.py."""

import http.client
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import litellm_rules
import litellm_tree
import trees
from mock_gateway import COMPLETION_TOKENS, PROMPT_TOKENS, Gateway

JUDGE = "litellm"
VERSION = "1.89.2"
MASTER, UPSTREAM = "sk-judge-master", "judge-upstream-key"
START_SECONDS = 180
# Run apart, so that the file name of this judge hides no package.
ISOLATED = [sys.executable, "-I"]


def main():
    try:
        found = importlib.metadata.version("litellm")
        import yaml  # noqa: F401  litellm brings it
    except ImportError:
        trees.skip(JUDGE, f"{sys.executable} has no litellm (set PYTHON)")
    if found != VERSION:
        trees.skip(JUDGE, f"{sys.executable} has litellm {found}, not {VERSION}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        scratch = Path(scratch)
        known = known_keys(scratch)
        runs, names = {}, {}  # by what the trial depends on, so that equal ones run once
        waiting = []
        for case, tree in trees.cases(JUDGE):
            try:
                platform = litellm_tree.read(tree)
            except (KeyError, TypeError, AttributeError) as error:
                trees.report(JUDGE, case, [f"not the shape of LiteLLM that this judge knows: {error!r}"])
                continue
            trials = []
            for trial, subject in ((proxy_trial, proxy_subject(platform)), (migration_trial, migration_subject(platform))):
                key = (trial.__name__, json.dumps(subject, sort_keys=True))
                if key not in runs:
                    runs[key], names[key] = pool.submit(attempt, trial, subject, scratch / str(len(runs))), case
                trials.append(key)
            waiting.append((case, litellm_rules.problems(platform, known), trials, len(platform.routes)))
        for case, static, trials, aliases in waiting:
            problems = static + [p for key in trials for p in runs[key].result()]
            shared = "" if names[trials[0]] == case else f", proxy as in {names[trials[0]]}"
            trees.report(JUDGE, case, problems, f"aliases: {aliases}{shared}")
    return 1 if trees.failures else 0


def attempt(trial, *arguments):
    """A judge that breaks has found something: in the tree or in itself."""
    try:
        return trial(*arguments)
    except Exception:
        return [traceback.format_exc()]


def known_keys(scratch):
    """The keys that this version of LiteLLM reads, by section, from its own code."""
    code = r"""
import inspect, json, pathlib, re, litellm
from litellm.types.router import GenericLiteLLMParams
sources = {f.name: f.read_text() for f in pathlib.Path(litellm.__file__).parent.joinpath("proxy").rglob("*.py")}
text = "".join(sources.values())
def read(name, where): return set(re.findall(rf'''\b{name}(?:_data)?(?:\.get\(|\[)\s*["'](\w+)''', where))
print(json.dumps({k: sorted(v) for k, v in {
    "top": read("config", sources["proxy_server.py"]),
    "general_settings": read("general_settings", text),
    "litellm_settings": read("litellm_settings", text) | {k for k in vars(litellm) if not k.startswith("_")},
    "router_settings": set(inspect.signature(litellm.Router.__init__).parameters) - {"self"},
    "litellm_params": set(GenericLiteLLMParams.model_fields) | {"model", "extra_headers"},
}.items()}))
"""
    done = subprocess.run([*ISOLATED, "-c", code], env=environment(scratch), cwd=scratch, capture_output=True, text=True,
                          check=True, timeout=START_SECONDS)
    return {section: set(keys) for section, keys in json.loads(done.stdout).items()}


# -- The proxy -------------------------------------------------------------------------------------------------------


def proxy_subject(p):
    """All that the trial of the proxy depends on, as JSON."""
    return {
        "config": as_helm_writes(p.config) if p.chart else p.config,
        "env": dummies(p.proxy, p.config),
        "routes": [vars(r) | {"model": r.model} for r in sorted(p.routes, key=lambda r: r.alias)],
        "headers": p.headers,
        "probes": sorted(set(p.probes.values())),
    }


def as_helm_writes(value):
    """Helm writes 1.0e-7 as 1e-07, which is a string for the reader of LiteLLM."""
    if isinstance(value, dict):
        return {k: as_helm_writes(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_helm_writes(v) for v in value]
    return repr(value) if isinstance(value, float) and "." not in repr(value) else value


def dummies(pod, config):
    """The environment that the tree gives the pod, with values of ours for its secrets and without the database."""
    master = config["general_settings"].get("master_key", "").removeprefix("os.environ/")
    secret = {master: MASTER, "UPSTREAM_API_KEY": UPSTREAM}
    env = {name: value if source is None else secret.get(name, "judge-secret") for name, value, source in pod.env}
    return {n: v for n, v in env.items() if v is not None and n not in ("DATABASE_URL", "HOST", "PORT")}


def environment(home):
    """No proxies, keys or settings of whoever runs this; prices never from the network."""
    home.mkdir(exist_ok=True)
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONDONTWRITEBYTECODE": "1"}


def proxy_trial(subject, folder):
    """Start LiteLLM on the subject's configuration and say what is wrong with it."""
    import yaml

    env = environment(folder) | subject["env"]
    with Gateway(subject["routes"], subject["headers"]) as gateway:
        config = json.loads(json.dumps(subject["config"]))
        for model in config["model_list"]:
            base = urlsplit(model["litellm_params"]["api_base"])
            model["litellm_params"]["api_base"] = gateway.url + base.path
        (folder / "config.yaml").write_text(yaml.safe_dump(config))
        port = free_port()
        with (folder / "log").open("w+") as log:
            start = "import sys; from litellm import run_server; sys.exit(run_server())"
            arguments = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(port)]
            process = subprocess.Popen([*ISOLATED, "-c", start, *arguments], cwd=folder, env=env, stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                if not answers(process, port):
                    return ["LiteLLM does not start: " + last_words(log)]
                # Entries that it drops and settings that it ignores, it only logs.
                log.seek(0)
                problems = [f"log: {line.strip()}" for line in log if "ERROR" in line or "WARNING" in line]
                problems += interview(subject, Client(port), gateway)
            except OSError as error:
                problems = [f"LiteLLM broke off: {error!r}"]
            finally:
                stop(process)
            return problems


def last_words(log):
    log.seek(0)
    lines = [line.strip() for line in log if line.strip()]
    return "\n".join([line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)][-1:] or lines[-10:])


def answers(process, port):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if Client(port).call("GET", "/health/liveliness", key=None)[0] == 200:
                return True
        except OSError:
            pass
        time.sleep(0.3)
    return False


def stop(process):
    """End the process and its children: they are a process group of their own."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sig)
            process.wait(timeout=20)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            pass


def interview(subject, client, gateway):
    """Every question to the running proxy, and the answers that were wrong."""
    routes = {r["alias"]: r for r in subject["routes"]}
    entries = {m["model_name"]: m["litellm_params"] for m in subject["config"]["model_list"]}
    for path in subject["probes"]:
        status, _, body = client.call("GET", path, key=None)
        if status != 200:
            yield f"probe {path}: {status} {body}"

    for method, path, body in (("GET", "/v1/models", None), ("POST", "/v1/chat/completions", question(next(iter(entries))))):
        status, _, _ = client.call(method, path, body, key=None)
        if status != 401:
            yield f"{path} without a key: {status}"
    status, _, body = client.call("POST", "/v1/chat/completions", question(next(iter(entries))), key="sk-made-up")
    gateway.taken()
    # With the flag and no database any key is served; litellm_rules says where the flag may stand.
    if not subject["config"]["general_settings"].get("allow_requests_on_db_unavailable") and status == 200:
        yield "a made-up key is served although the database is lost"

    status, _, body = client.call("GET", "/v1/models")
    listed = sorted(m["id"] for m in body.get("data", []))
    if listed != sorted(routes):
        yield f"lists {listed}, routes exist for {sorted(routes)}"
    status, _, body = client.call("POST", "/v1/chat/completions", question("no-such-alias"))
    if status not in (400, 404) or gateway.taken():
        yield f"an alias that nobody has: {status} {body}"

    for alias in sorted(set(entries) & set(routes)):
        wrong = list(ask(alias, routes[alias], entries[alias], client, gateway))
        yield from (f"{alias}: {p}" for p in wrong or tricks(alias, routes, client, gateway))


def question(alias, **more):
    return {"model": alias, "messages": [{"role": "user", "content": "Hello"}], **more}


def ask(alias, route, entry, client, gateway):
    """One plain and one streamed call of an alias."""
    status, headers, body = client.call("POST", "/v1/chat/completions", question(alias))
    seen = gateway.taken()
    if status != 200 or len(seen) != 1:
        yield f"{status} {body} after {len(seen)} calls of the gateway"
        return
    yield from call_is_right(route, seen[0], {"model", "messages"})
    prices = [float(entry.get(f"{side}_cost_per_token", 0)) for side in ("input", "output")]
    due = PROMPT_TOKENS * prices[0] + COMPLETION_TOKENS * prices[1]
    cost = float(headers.get("x-litellm-response-cost", 0))
    if abs(cost - due) > 1e-9 * due:
        yield f"costs {cost}, its prices make {due}"

    status, _, body = client.call("POST", "/v1/chat/completions", question(alias, stream=True))
    seen = gateway.taken()
    if status != 200 or len(seen) != 1:
        yield f"streamed: {status} {body} after {len(seen)} calls of the gateway"
        return
    yield from call_is_right(route, seen[0], {"model", "messages", "stream", "stream_options"})
    if seen[0]["body"].get("stream_options", {}).get("include_usage") is not True:
        yield f"streamed without usage: {seen[0]['body']}"
    if "[DONE]" not in body:
        yield f"the stream does not end: {body[-200:]}"


def call_is_right(route, call, allowed):
    if call["path"] != route["path"] + "/chat/completions" or call["alias"] != route["alias"]:
        yield f"went to {call['path']} (route {call['alias']}) with the model {call['body'].get('model')!r}"
    if call["body"].get("model") != route["model"]:
        yield f"sent the model {call['body'].get('model')!r}, the route is for {route['model']!r}"
    if call["authorization"] != f"Bearer {UPSTREAM}":
        yield f"sent the key {call['authorization']!r}"
    if set(call["body"]) - allowed:
        yield f"sent parameters that nobody asked for: {sorted(set(call['body']) - allowed)}"


def tricks(alias, routes, client, gateway):
    """Whatever a caller puts into headers or body, an alias reaches no route but its own and stays there for others."""
    nobody = {"alias": None, "model": "no-such-model", "headers": {"X-Gateway-Base-Model-Name": "no-such-model"}}
    for other in (nobody, *routes.values()):
        if other["alias"] != alias:
            for more in ({"extra_body": {"model": other["model"]}}, {"extra_headers": other["headers"]},
                         {"extra_body": {"model": other["model"]}, "extra_headers": other["headers"]}):
                client.call("POST", "/v1/chat/completions", question(alias, **more), headers=other["headers"])
                reached = {c["alias"] for c in gateway.taken()} - {alias, None}
                if reached:
                    yield f"{json.dumps(more)} reaches {sorted(reached)}"
    status, _, body = client.call("POST", "/v1/chat/completions", question(alias))
    gateway.taken()
    if status != 200:
        yield f"after tricks of one caller, all others get {status} {str(body)[:150]}"


class Client:
    def __init__(self, port):
        self.port = port

    def call(self, method, path, body=None, key=MASTER, headers=None):
        """Status, headers (lower case) and body, parsed where it is JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"Content-Type": "application/json", **(headers or {}), **({"Authorization": f"Bearer {key}"} if key else {})}
            connection.request(method, path, json.dumps(body) if body is not None else None, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = text
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, parsed


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# -- The migration job -----------------------------------------------------------------------------------------------


def migration_subject(p):
    """The environment of the job; a host of the reserved name .invalid stands for the database."""
    if not p.job:
        return None
    env = {n: v if source is None else "judge-secret" for n, v, source in p.job.env}
    if "DATABASE_URL" in env:
        env["DATABASE_URL"] = "postgresql://judge:judge@database.invalid:5432/litellm"
    return {n: v for n, v in env.items() if v is not None}


def migration_trial(env, folder):
    """The script that the job runs must end with 0 if prisma succeeds, and only then."""
    return [p for ends_with in (0, 1) if env is not None for p in migrate(env, folder.with_name(f"{folder.name}-{ends_with}"), ends_with)]


def migrate(env, home, ends_with):
    base = environment(home)
    (home / "prisma").write_text(f'#!/bin/sh\necho "$1" >> "{home}/asked"\nexit {ends_with}\n')
    (home / "prisma").chmod(0o755)
    code = "import runpy; runpy.run_module('litellm.proxy.prisma_migration', run_name='__main__')"
    done = subprocess.run([*ISOLATED, "-c", code], cwd=home, env=base | env | {"PATH": f"{home}:{base['PATH']}"},
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=START_SECONDS)
    if not (home / "asked").exists():
        yield f"migration: prisma was asked nothing, exit code {done.returncode}"
    elif (done.returncode == 0) != (ends_with == 0):
        yield f"migration: prisma ends with {ends_with}, the job with {done.returncode}"


if __name__ == "__main__":
    sys.exit(main())

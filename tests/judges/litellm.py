"""LiteLLM itself runs on the proxy configuration of every golden tree, with no database, and with a mock gateway behind
it that routes as the tree's HTTPRoutes and PreRouting policy say. It must list the aliases that have a route and no
others; each call must reach its own route, under the gateway's key, at the tree's prices. The migration script runs in
the environment of the tree's job, with a stand-in for prisma. litellm_rules.py has what can be seen without running."""

import json
import os
import signal
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import litellm_process
import litellm_rules
import litellm_tree
import trees
from litellm_process import MASTER, Proxy
from mock_gateway import BESIDE, CACHED_TOKENS, COMPLETION_TOKENS, PROMPT_TOKENS, Gateway

JUDGE = "litellm"
VERSION = "1.89.2"
# Callbacks that stay within the process; the others tell a collector, which is not there.
INSIDE = ("request_guard.guard", "prometheus")


def main():
    # Some answers need prisma, though no database; PyYAML comes with litellm.
    litellm_process.needs(JUDGE, [VERSION], "prisma", "PyYAML")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        try:
            judge(Path(scratch), pool)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            litellm_process.stop_all()
    return 1 if trees.failures else 0


def judge(scratch, pool):
    known = litellm_process.known_keys(scratch)
    runs, first, waiting = {}, {}, []  # what depends on the same things runs once
    for case, tree in trees.cases(JUDGE):
        try:
            platform = litellm_tree.read(tree)
            trials = [(proxy_trial, proxy_subject(platform)), (migration_trial, migration_subject(platform))]
            static = litellm_rules.problems(platform, known)
        except (KeyError, TypeError, AttributeError) as error:
            trees.report(JUDGE, case, [f"not the shape of LiteLLM that this judge knows: {error!r}"])
            continue
        if "guardrails" in platform.config:
            trees.report(JUDGE, case, static, "its proxy runs with litellm-guards")
            continue
        keys = [(trial.__name__, json.dumps(subject, sort_keys=True)) for trial, subject in trials]
        for key, (trial, subject) in zip(keys, trials):
            if key not in runs:
                runs[key], first[key] = pool.submit(attempt, trial, subject, scratch / str(len(runs))), case
        waiting.append((case, static, keys, len(platform.routes)))
    for case, static, keys, aliases in waiting:
        shared = "" if first[keys[0]] == case else f", proxy as in {first[keys[0]]}"
        problems = static + [p for key in keys for p in runs[key].result()]
        trees.report(JUDGE, case, problems, f"aliases: {aliases}{shared}")


def attempt(trial, *arguments):
    """A judge that breaks has found something: in the tree or in itself."""
    try:
        return trial(*arguments)
    except Exception:
        return [traceback.format_exc()]


# -- The proxy -------------------------------------------------------------------------------------------------------


def proxy_subject(p):
    """All that the trial of the proxy depends on, as JSON."""
    return {
        "config": as_helm_writes(p.config) if p.chart else p.config,
        "env": dummies(p.proxy, p.config),
        "routes": [vars(r) | {"model": r.model} for r in sorted(p.routes, key=lambda r: r.alias)],
        "headers": p.headers,
        "probes": sorted(set(p.probes.values())),
        "guard": p.guard,
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
    keys = {m["litellm_params"].get("api_key", "").removeprefix("os.environ/") for m in config["model_list"]}
    secret = {key: f"judge-{key}" for key in keys} | {master: MASTER}
    env = {name: value if source is None else secret.get(name, "judge-secret") for name, value, source in pod.env}
    return {n: v for n, v in env.items() if v is not None and n not in ("DATABASE_URL", "HOST", "PORT")}


def bearer(entry):
    """What the gateway must be shown for an entry of the models: the key that the entry names."""
    return f"Bearer judge-{entry['api_key'].removeprefix('os.environ/')}"


def proxy_trial(subject, folder):
    """Start LiteLLM on the subject's configuration and say what is wrong with it."""
    with Gateway(subject["routes"], subject["headers"]) as gateway:
        config = redirected(subject["config"], gateway)
        with Proxy(folder, config, subject["env"], subject["guard"]) as proxy:
            if not proxy.healthy():
                return [f"LiteLLM does not start: {proxy.last_words()}"]
            # Entries that it drops and settings that it ignores, it only logs.
            problems = [f"log: {line}" for line in proxy.log() if "ERROR" in line or "WARNING" in line]
            return problems + list(interview(subject, proxy, gateway))


def redirected(config, gateway):
    """The configuration with the mock in the place of the platform's gateway, and without what else lies beyond the proxy:
    Redis, which the judge limits has, and those who are told of calls."""
    config = json.loads(json.dumps(config))
    settings = config["litellm_settings"]
    if settings.get("cache_params", {}).get("type") == "redis":
        del settings["cache"], settings["cache_params"]
    settings["callbacks"] = [name for name in settings.get("callbacks", []) if name in INSIDE]
    for model in config["model_list"]:
        base = urlsplit(model["litellm_params"]["api_base"])
        model["litellm_params"]["api_base"] = gateway.url + base.path
    return config


def interview(subject, client, gateway):
    """Every question to the running proxy, and the answers that were wrong."""
    routes = {r["alias"]: r for r in subject["routes"]}
    entries = {m["model_name"]: m["litellm_params"] for m in subject["config"]["model_list"]}
    longest = {m["model_name"]: m["model_info"]["max_output_tokens"] for m in subject["config"]["model_list"]}
    for path in subject["probes"]:
        status, _, body = client.call("GET", path, key=None)
        if status != 200:
            yield f"probe {path}: {status} {body}"

    chat = "/v1/chat/completions"
    some = question(next(iter(entries)))
    for method, path, body in (("GET", "/v1/models", None), ("POST", chat, some)):
        status, _, _ = client.call(method, path, body, key=None)
        if status != 401:
            yield f"{path} without a key: {status}"
    status, _, body = client.call("POST", chat, some, key="sk-made-up")
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

    # What a budget sets aside for a call, before anybody has called: an alias that shares its model is not changed by it.
    _, _, body = client.call("GET", "/model_group/info")
    known = {g["model_group"]: g["max_output_tokens"] for g in body.get("data", [])}
    if known != longest:
        yield f"the longest answers are {known}, the entries say {longest}"

    limits = json.loads(subject["guard"].get("request_guard.json", "{}")).get("tokens", {})
    for alias in sorted(set(entries) & set(routes)):
        wrong = list(ask(alias, routes[alias], entries[alias], client, gateway, alias in limits))
        yield from (f"{alias}: {p}" for p in wrong or tricks(alias, routes, client, gateway))


def question(alias, content="Hello", **more):
    return {"model": alias, "messages": [{"role": "user", "content": content}], **more}


def cost_is(headers, due):
    cost = float(headers.get("x-litellm-response-cost", 0))
    if abs(cost - due) > 1e-9 * due:
        yield f"costs {cost}, its prices make {due}"


def ask(alias, route, entry, client, gateway, limited):
    """One plain and one streamed call of an alias."""
    status, headers, body = client.call("POST", "/v1/chat/completions", question(alias))
    seen = gateway.taken()
    if status != 200 or len(seen) != 1:
        yield f"{status} {body} after {len(seen)} calls of the gateway"
        return
    # The guard writes the limit of an alias that has one into the call.
    longest = {"max_completion_tokens"} if limited else set()
    yield from call_is_right(route, entry, seen[0], {"model", "messages"} | longest)
    names = ("input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost")
    price, answer, cached = (float(entry.get(name, 0)) for name in names)
    yield from cost_is(headers, (PROMPT_TOKENS - CACHED_TOKENS) * price + CACHED_TOKENS * cached + COMPLETION_TOKENS * answer)

    # LiteLLM takes cached tokens off the prompt's, whether they are in it or not: the price of the others is lost.
    status, headers, body = client.call("POST", "/v1/chat/completions", question(alias, content=BESIDE))
    gateway.taken()
    yield from cost_is(headers, CACHED_TOKENS * cached + COMPLETION_TOKENS * answer)

    status, _, body = client.call("POST", "/v1/chat/completions", question(alias, stream=True))
    seen = gateway.taken()
    if status != 200 or len(seen) != 1:
        yield f"streamed: {status} {body} after {len(seen)} calls of the gateway"
        return
    yield from call_is_right(route, entry, seen[0], {"model", "messages", "stream", "stream_options"} | longest)
    if seen[0]["body"].get("stream_options", {}).get("include_usage") is not True:
        yield f"streamed without usage: {seen[0]['body']}"
    if "[DONE]" not in body:
        yield f"the stream does not end: {body[-200:]}"


def call_is_right(route, entry, call, allowed):
    if call["path"] != route["path"] + "/chat/completions" or call["alias"] != route["alias"]:
        yield f"went to {call['path']} (route {call['alias']}) with the model {call['body'].get('model')!r}"
    if call["body"].get("model") != route["model"]:
        yield f"sent the model {call['body'].get('model')!r}, the route is for {route['model']!r}"
    if call["authorization"] != bearer(entry):
        yield f"sent the key {call['authorization']!r}"
    if set(call["body"]) - allowed:
        yield f"sent parameters that nobody asked for: {sorted(set(call['body']) - allowed)}"


def tricks(alias, routes, client, gateway):
    """Whatever a caller puts into headers or body, an alias reaches no route but its own and stays there for others."""
    nobody = {"alias": None, "model": "no-such-model", "headers": {"X-Gateway-Base-Model-Name": "no-such-model"}}
    for other in (nobody, *routes.values()):
        if other["alias"] != alias:
            for more in (
                {"extra_body": {"model": other["model"]}},
                {"extra_headers": other["headers"]},
                {"extra_body": {"model": other["model"]}, "extra_headers": other["headers"]},
            ):
                client.call("POST", "/v1/chat/completions", question(alias, **more), headers=other["headers"])
                reached = {c["alias"] for c in gateway.taken()} - {alias, None}
                if reached:
                    yield f"{json.dumps(more)} reaches {sorted(reached)}"
    status, _, body = client.call("POST", "/v1/chat/completions", question(alias))
    gateway.taken()
    if status != 200:
        yield f"after tricks of one caller, all others get {status} {str(body)[:150]}"


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
    problems = []
    for prisma_code in (0, 1) if env is not None else ():
        code, asked = litellm_process.migrate(folder.with_name(f"{folder.name}-{prisma_code}"), env, prisma_code)
        if not asked:
            problems.append(f"migration: prisma was asked nothing, exit code {code}")
        elif (code == 0) != (prisma_code == 0):
            problems.append(f"migration: prisma ends with {prisma_code}, the job with {code}")
    return problems


if __name__ == "__main__":
    sys.exit(main())

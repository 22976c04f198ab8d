"""LiteLLM itself with the rendered configuration and the request guard: whatever a caller sends (litellm_guard_tricks.py), it
is refused, or it is the honest call: same route, model and key upstream, and no less booked. Then the honest calls of two
client libraries (litellm_guard_calls.py) must pass and be booked in full. Without a database: what LiteLLM would write into
it is noted by a module beside the guard. `HONEST=FILE` adds what honest calls become at the gateway to a file, as tests/honest.jsonl
has it for the conditions of the gateway. Last, a key with a budget makes many calls at once: how many go up before one is booked."""

import json
import os
import signal
import socket
import sys
import tempfile
import time
from pathlib import Path

import litellm
import litellm_guard_calls
import litellm_guard_parallel as parallel
import litellm_guard_tricks as tricks
import litellm_process
import litellm_tree
import trees
from litellm_process import MASTER, Proxy
from mock_gateway import CACHED_TOKENS, COMPLETION_TOKENS, PROMPT_TOKENS, Gateway, api_of

JUDGE = "litellm-guard"

# Stands where LiteLLM writes spend into its database, behind its own callback.
RECORDER = """
import json
from litellm.proxy.hooks import proxy_track_cost_callback as track

async def note(**booking):
    told = booking["kwargs"].get("standard_logging_object") or {}
    line = {"cost": booking["response_cost"], "key": booking["user_api_key"], "tags": booking["request_tags"]}
    line |= {"provider": told.get("custom_llm_provider"), "model": told.get("model"), "alias": told.get("model_group")}
    with open("booked", "a") as file:
        file.write(json.dumps(line) + chr(10))

track._update_database_and_spend_counters = note
recorder = track._ProxyDBLogger()
"""


def main():
    litellm_process.needs(JUDGE, [litellm.VERSION], "openai", "anthropic")
    import anthropic
    import openai

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    judged = {}
    try:
        for case, tree in trees.cases(JUDGE):
            platform = litellm_tree.read(tree)
            if not platform.guard:
                trees.report(JUDGE, case, ["the tree has no request guard"])
                continue
            if "guardrails" in platform.config:
                trees.report(JUDGE, case, [], "its proxy runs with litellm-guards")
                continue
            # The guard is one text; what differs is how it is delivered and whether a model leaves the cluster.
            shape = platform.chart, any(r.external for r in platform.routes), len(platform.routes) > 1
            if shape in judged or not shape[2]:
                trees.report(JUDGE, case, [], f"as {judged[shape]}" if shape in judged else "one model")
                continue
            judged[shape] = case
            with tempfile.TemporaryDirectory() as scratch:
                problems, remark = judge(platform, Path(scratch), openai, anthropic)
            trees.report(JUDGE, case, problems, remark)
    finally:
        litellm_process.stop_all()
    return 1 if trees.failures else 0


def judge(platform, folder, openai, anthropic):
    subject = litellm.proxy_subject(platform)
    with Gateway(subject["routes"], subject["headers"]) as gateway:
        config = litellm.redirected(subject["config"], gateway)
        config["litellm_settings"]["callbacks"].append("judge_recorder.recorder")
        files = subject["guard"] | {"judge_recorder.py": RECORDER}
        with Proxy(folder, config, subject["env"], files) as proxy:
            if not proxy.healthy():
                return [f"LiteLLM does not start: {proxy.last_words()}"], ""
            trial = Trial(subject, proxy, gateway, folder / "booked")
            problems = list(trial.tricks()) + list(trial.calls(openai, anthropic))
        remark = f"{trial.tricked} tricks, {trial.called} honest calls"
        return problems + list(parallel.problems(subject, gateway, folder / "parallel")), remark


class Trial:
    def __init__(self, subject, proxy, gateway, file):
        self.proxy, self.gateway, self.file = proxy, gateway, file
        self.routes = {r["alias"]: r for r in subject["routes"]}
        self.entries = {m["model_name"]: m["litellm_params"] for m in subject["config"]["model_list"]}
        self.tricked = self.called = 0
        self.providers = {}

    def booked(self, wanted=0):
        """The bookings since the last look, once there are as many as wanted or long enough after."""
        deadline, lines = time.monotonic() + 8, []
        while time.monotonic() < deadline:
            lines = self.file.read_text().splitlines() if self.file.exists() else []
            if len(lines) >= wanted:
                break
            time.sleep(0.05)
        self.file.write_text("")
        return [json.loads(line) for line in lines]

    def due(self, alias, api):
        """The price of the mock's answer to a call that arrives as this API: /v1/messages does so as a chat."""
        names = ("input_cost_per_token", "cache_read_input_token_cost", "output_cost_per_token")
        prompt, cached, answer = (float(self.entries[alias][name]) for name in names)
        if api == "embeddings":
            return PROMPT_TOKENS * prompt
        hits = CACHED_TOKENS if api == "chat" else 0
        return (PROMPT_TOKENS - hits) * prompt + hits * cached + COMPLETION_TOKENS * answer

    def problems_of(self, api, alias, calls, bookings):
        """What tells a call that was answered from the honest one."""
        if len(calls) != 1 or len(bookings) != 1:
            yield f"{len(calls)} calls of the gateway, {len(bookings)} bookings"
            return
        call, booking, route = calls[0], bookings[0], self.routes[alias]
        if call["alias"] != alias or call["body"].get("model") != route["model"]:
            yield f"reaches {call['alias']} ({call['path']}) with the model {call['body'].get('model')}"
        if call["authorization"] != litellm.bearer(self.entries[alias]):
            yield f"under the key {call['authorization']}"
        if "web_search_options" in call["body"]:
            yield "asks the provider for a search"
        due = self.due(alias, api_of(call["path"]))
        if booking["cost"] < due * (1 - 1e-9):
            yield f"books {booking['cost']} for {due}"
        tags = [tag for tag in booking["tags"] or [] if not tag.startswith("User-Agent: ")]
        if booking["alias"] != alias or tags:
            yield f"books on {booking['alias']} with the tags {tags}"
        if booking["provider"] != self.providers.setdefault(api, booking["provider"]):
            yield f"by the provider {booking['provider']}"

    def tricks(self):
        cost = {alias: self.due(alias, "chat") for alias in self.routes}
        alias, other = min(sorted(cost), key=cost.get), max(sorted(cost), key=cost.get)
        yield from self.same_as_ever(alias, other)
        for trick in tricks.all_of(alias, other, self.routes[other]["model"]):
            self.tricked += 1
            for problem in self.tried(trick, alias):
                yield f"{trick.honest}, {trick.name}: {problem}"
        yield from self.same_as_ever(alias, other)

    def tried(self, trick, alias):
        if trick.hang_up:
            self.hang_up(trick)
            status = 200
            calls, bookings = self.gateway.taken(), self.booked(1)
        else:
            path = trick.path or trick.honest
            try:
                status, _, body = self.proxy.call(trick.method, path, trick.body, headers=trick.headers)
            except OSError as error:
                status, body = 599, error
            calls = self.gateway.taken()
            bookings = self.booked(len(calls) if status < 300 else 0)
        if 200 <= status < 300:
            yield from self.problems_of(trick.honest, alias, calls, bookings)
        elif calls or bookings:
            yield f"{status} after {len(calls)} calls of the gateway and {len(bookings)} bookings"
        elif status >= 500:
            yield f"{status} {str(body)[:150]}"

    def hang_up(self, trick):
        """Read the answer's first words, and no more."""
        self.gateway.pause = 0.2
        text = json.dumps(trick.body).encode()
        head = f"POST {trick.honest} HTTP/1.1\r\nHost: judge\r\nAuthorization: Bearer {MASTER}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.proxy.port), timeout=20) as connection:
            connection.sendall(head.encode() + text)
            read = b""
            while b"Hi" not in read and (more := connection.recv(4096)):
                read += more
        self.gateway.pause = 0

    def same_as_ever(self, *aliases):
        """The honest call of each API; what a trick left behind would show here."""
        for alias in aliases:
            for api in tricks.APIS:
                status, _, body = self.proxy.call("POST", api, tricks.honest(api, alias))
                calls = self.gateway.taken()
                if status != 200:
                    yield f"{api} of {alias}: {status} {body}"
                    continue
                yield from (f"{api} of {alias}: {p}" for p in self.problems_of(api, alias, calls, self.booked(1)))

    def calls(self, openai, anthropic):
        external = next((a for a, r in sorted(self.routes.items()) if r["external"]), None)
        local = next((a for a, r in sorted(self.routes.items()) if not r["external"]), None)
        if not (external and local):
            return
        url = f"http://127.0.0.1:{self.proxy.port}"
        clients = (
            openai.OpenAI(base_url=f"{url}/v1", api_key=MASTER, max_retries=0),
            anthropic.Anthropic(base_url=url, api_key=MASTER, max_retries=0),
        )
        azure = openai.AzureOpenAI(azure_endpoint=url, api_key=MASTER, api_version="2024-10-21", max_retries=0)
        for name, call in litellm_guard_calls.azure(azure, external):
            yield from (f"{name}: {p}" for p in self.passes(call, billed=True))
        for name, call in litellm_guard_calls.calls(*clients, external, local):
            yield from (f"{name}: {p}" for p in self.passes(call, billed=True))
        for name, call in litellm_guard_calls.unbilled(*clients, external, local):
            yield from (f"{name}: {p}" for p in self.passes(call, billed=False))

    def passes(self, call, billed):
        self.called += 1
        try:
            call()
        except Exception as error:  # whatever a client library says
            self.gateway.taken()
            yield f"{type(error).__name__}: {str(error)[:300]}"
            return
        calls = self.gateway.taken()
        if file := os.environ.get("HONEST"):
            with open(file, "a") as lines:
                lines.writelines(json.dumps({n: c[n] for n in ("alias", "path", "body")}) + "\n" for c in calls)
        bookings = self.booked(1 if billed else 0)
        if not billed:
            return
        alias, api = (calls[0]["alias"], api_of(calls[0]["path"])) if calls else (None, None)
        yield from self.problems_of(api, alias, calls, bookings)


if __name__ == "__main__":
    sys.exit(main())

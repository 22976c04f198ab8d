"""Limits over several replicas, of every golden tree with a Valkey of its own: two processes of LiteLLM with the rendered
configuration, and two of Envoy's ratelimit with the rendered limits, count in one server that has the rendered configuration
and users. What holds, what does not (BerriAI/litellm#40291), and what a replica does while the server is away, as the claims
and docs/settings.md say. Every count is of one minute."""

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import litellm_process
import litellm_tree
import trees
from litellm_process import MASTER, SECONDS, Proxy
from mock_gateway import COMPLETION_TOKENS, PROMPT_TOKENS, Gateway

JUDGE = "limits"
VERSION = "1.89.2"
PASSWORD = 'a "word" of: many'  # spaces, quotes and a colon: nothing of it may break a file or a login
SERVER = os.environ.get("REDIS_SERVER") or shutil.which("valkey-server") or shutil.which("redis-server")
RATELIMIT = os.environ.get("RATELIMIT") or shutil.which("ratelimit")
CALLS, LIMIT = 10, 4
# A key with a limit, without a database: LiteLLM asks this file who a caller is.
AUTH = f"""
from litellm.proxy._types import UserAPIKeyAuth
async def who(request, api_key):
    return UserAPIKeyAuth(api_key=api_key, rpm_limit={LIMIT} if "limited" in api_key else None)
"""


def main():
    litellm_process.needs(JUDGE, [VERSION])
    if not SERVER:
        trees.skip(JUDGE, "no valkey-server or redis-server on PATH, and no REDIS_SERVER")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch:
        for case, tree in trees.cases(JUDGE):
            platform = litellm_tree.read(tree)
            if litellm_tree.one(platform.objects, "StatefulSet", lambda o: o["metadata"]["name"] == "valkey"):
                folder = Path(scratch) / case.replace("/", "-")
                folder.mkdir()
                server = Server(platform, folder)
                try:
                    problems = [*users(server), *litellm(platform, server, folder), *ratelimit(platform, server, folder)]
                finally:
                    server.stop()
                    litellm_process.stop_all()
                trees.report(JUDGE, case, problems, "with ratelimit" if RATELIMIT else "without ratelimit")
    return 1 if trees.failures else 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def filled(text):
    """What External Secrets makes of a template of this tree."""
    digest = hashlib.sha256(PASSWORD.encode()).hexdigest()
    return text.replace("{{ .password | sha256sum }}", digest).replace("{{ .password }}", PASSWORD)


class Server:
    """The rendered server: its configuration with another port and other folders, and its users."""

    def __init__(self, platform, folder):
        self.port, self.folder = free_port(), folder / "server"
        self.folder.mkdir()
        config = litellm_tree.one(platform.objects, "ConfigMap", lambda o: "valkey.conf" in o.get("data", {}))["data"]["valkey.conf"]
        secret = litellm_tree.one(platform.objects, "ExternalSecret", lambda o: o["metadata"]["name"] == "valkey")
        (self.folder / "users.acl").write_text(filled(secret["spec"]["target"]["template"]["data"]["users.acl"]))
        for key, value in {"port": self.port, "bind": "127.0.0.1", "dir": self.folder, "aclfile": self.folder / "users.acl"}.items():
            config, count = re.subn(rf"(?m)^{key} .*$", f"{key} {value}", config)
            assert count == 1, key
        (self.folder / "valkey.conf").write_text(config)
        self.start()

    def start(self):
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen([SERVER, self.folder / "valkey.conf"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until(lambda: b"PONG" in self.ask("PING"))

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)

    def ask(self, *command, login=True):
        """The answers to a login and a command."""
        words = [["AUTH", PASSWORD]] if login else []
        lines = b"".join(resp(line) for line in [*words, list(command)])
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as s:
                s.sendall(lines)
                time.sleep(0.1)
                return s.recv(65536)
        except OSError:
            return b""


def resp(words):
    return f"*{len(words)}\r\n".encode() + b"".join(f"${len(w.encode())}\r\n{w}\r\n".encode() for w in words)


def until(true):
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def minute(seconds=35):
    """Waits until so much of a minute is left: all count in minutes of the clock."""
    left = 60 - time.time() % 60
    if left < seconds:
        time.sleep(left + 1)


def users(server):
    if b"NOAUTH" not in server.ask("GET", "x", login=False):
        yield "a caller without a password is let in"
    for command in (["CONFIG", "GET", "*"], ["FLUSHALL"], ["SHUTDOWN"], ["REPLICAOF", "a", "1"], ["KEYS", "*"]):
        if b"NOPERM" not in server.ask(*command):
            yield f"{command[0]} is allowed"


def litellm(platform, server, folder):
    routes = [vars(route) | {"model": route.model} for route in platform.routes]
    with Gateway(routes, platform.headers) as gateway:
        config = json.loads(json.dumps(platform.config))
        config["litellm_settings"].pop("callbacks")
        config["litellm_settings"]["cache_params"] |= {"host": "127.0.0.1", "port": server.port}
        config["general_settings"]["custom_auth"] = "who.who"
        # Beside what is rendered: an alias with each limit, of the first model.
        first = config["model_list"][0]
        first["litellm_params"]["api_base"] = gateway.url + urlsplit(first["litellm_params"]["api_base"]).path
        for limit in ("rpm", "tpm"):
            first["litellm_params"].pop(limit, None)
        tokens = 2 * (PROMPT_TOKENS + COMPLETION_TOKENS)
        named = {"free": {}, "by-requests": {"rpm": LIMIT}, "by-tokens": {"tpm": tokens}}
        each = lambda name, limit: json.loads(json.dumps(first | {"model_name": name, "litellm_params": first["litellm_params"] | limit}))
        config["model_list"] = [each(name, limit) for name, limit in named.items()]  # copies: YAML would write one thing once
        config["router_settings"]["optional_pre_call_checks"] = ["enforce_model_rate_limits"]
        config["router_settings"]["num_retries"] = 0  # each retry counts
        env = {"PROXY_MASTER_KEY": MASTER, "UPSTREAM_API_KEY": "judge-upstream-key", "EGRESS_API_KEY": "judge-egress-key", "REDIS_PASSWORD": PASSWORD}
        proxies = []
        server.stop()  # they start without it, and have to find it later (BerriAI/litellm#42653 is of later releases)
        for name in ("one", "two"):
            (folder / name).mkdir()
            proxies.append(Proxy(folder / name, config, env, {"who.py": AUTH}))
        for proxy in proxies:
            if not proxy.healthy():
                yield f"LiteLLM does not start: {proxy.last_words()}"
                return

        server.start()
        time.sleep(10)

        def passed(model, key):
            """Calls that pass, of so many to each process in turn."""
            body = {"model": model, "messages": [{"role": "user", "content": "Hello"}]}
            said = []
            for i in range(CALLS):
                said.append(proxies[i % 2].call("POST", "/v1/chat/completions", body, key=key)[0])
                time.sleep(0.2)  # tokens are booked after the answer
            assert set(said) <= {200, 429}, said
            return said.count(200)

        def expect(what, model, key, wanted):
            minute()
            got = passed(model, key)
            if got != wanted:
                yield f"{what}: {got} of {CALLS} calls pass, not {wanted}"

        yield from expect("no limit", "free", "sk-judge-free", CALLS)
        yield from expect("rpm of an alias", "by-requests", "sk-judge-free", LIMIT)
        yield from expect("rpm of a key", "free", "sk-judge-limited", LIMIT)
        yield from expect("tpm of an alias, which each counts alone", "by-tokens", "sk-judge-free", 4)
        server.stop()
        yield from expect("rpm of a key, without the server", "free", "sk-judge-limited-alone", 2 * LIMIT)
        server.start()
        time.sleep(10)
        yield from expect("rpm of a key, with the server again", "free", "sk-judge-limited-again", LIMIT)
        for proxy in proxies:
            yield from (line for line in proxy.log() if "NOPERM" in line)


def ratelimit(platform, server, folder):
    deployment = litellm_tree.one(platform.objects, "Deployment", lambda o: o["metadata"]["name"] == "mcp-limits")
    if not RATELIMIT or not deployment:
        return
    of = {kind: litellm_tree.one(platform.objects, kind, lambda o: o["metadata"]["name"] == "mcp-limits") for kind in ("ConfigMap", "ExternalSecret")}
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    env = {e["name"]: e["value"] for e in container["env"] if "value" in e}
    env |= {"REDIS_URL": f"127.0.0.1:{server.port}", "REDIS_AUTH": filled(of["ExternalSecret"]["spec"]["target"]["template"]["data"]["REDIS_AUTH"])}
    # As the kubelet mounts it: files that lead through a folder with dots.
    mounted = folder / "ratelimit" / "limits" / "config"
    (mounted / "..data").mkdir(parents=True)
    for name, text in of["ConfigMap"]["data"].items():
        (mounted / "..data" / name).write_text(text)
        (mounted / name).symlink_to(f"..data/{name}")
    env["RUNTIME_ROOT"] = str(folder / "ratelimit")
    running = []
    try:
        for _ in range(2):
            port = free_port()
            own = env | {"PORT": str(port), "GRPC_PORT": str(free_port()), "DEBUG_PORT": str(free_port())}
            with (folder / f"ratelimit-{port}.log").open("w") as log:
                running.append((port, subprocess.Popen([RATELIMIT], env=own, stdout=log, stderr=log, stdin=subprocess.DEVNULL)))
        for port, _ in running:
            until(lambda port=port: post(port, "GET", "/healthcheck")[0] == 200)
        for policy in (o for _, o in platform.objects if o["kind"] == "AgentgatewayPolicy"):
            asked = policy["spec"].get("traffic", {}).get("rateLimit", {}).get("global")
            if asked:
                # The expressions are constants.
                entries = [[{"key": e["name"], "value": json.loads(e["expression"])} for e in d["entries"]] for d in asked["descriptors"]]
                body = {"domain": asked["domain"], "descriptors": [{"entries": e} for e in entries]}
                yield from window(policy["metadata"]["name"], body, [port for port, _ in running], of["ConfigMap"]["data"])
    finally:
        for _, process in running:
            process.terminate()
            process.wait(timeout=20)


def window(name, body, ports, data):
    """As many pass as the limits say, over both."""
    import yaml

    limits = {d["key"]: d["rate_limit"] for text in data.values() for d in yaml.safe_load(text)["descriptors"]}
    first = next((l for l in limits.values() if l["unit"] == "second"), None)
    if first:
        time.sleep(1.02 - time.time() % 1)
        said = [post(ports[i % 2], "POST", "/json", body)[0] for i in range(first["requests_per_unit"] + 10)]
        if said.count(200) != first["requests_per_unit"] or set(said) != {200, 429}:
            yield f"{name}: {said.count(200)} pass in a second, not {first['requests_per_unit']}"
    unknown = body | {"domain": "unknown"}
    if post(ports[0], "POST", "/json", unknown)[0] != 200:
        yield "a domain that nobody configured is refused"


def post(port, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return 0, b""
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())

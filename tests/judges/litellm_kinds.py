"""Each kind of request that a client may send, to every alias of the golden trees with external models: LiteLLM itself
says which path it makes of it, and the backend of that alias must name the path. What docs/request-path.md tells in its
second column is held here. The answers do not matter, so the mock may answer anything."""

import json
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import litellm_process
import litellm_tree
import trees
from litellm_process import MASTER, Proxy
from mock_gateway import Gateway

JUDGE = "litellm-kinds"
VERSION = "1.89.2"

HELLO = [{"role": "user", "content": "Hello"}]
TOOLS = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}

# Kind: path and body of the client, and what goes up: by provider, else for all. None: nothing does, LiteLLM says 400.
CHAT, RESPONSES = "/chat/completions", "/responses"
KINDS = {
    "chat": ("/v1/chat/completions", {"messages": HELLO}, {"": CHAT}),
    "effort": ("/v1/chat/completions", {"messages": HELLO, "reasoning_effort": "low"}, {"": CHAT}),
    "effort and tools": (
        "/v1/chat/completions",
        {"messages": HELLO, "reasoning_effort": "low", "tools": TOOLS},
        {"": CHAT, "gpt-5.4-mini": RESPONSES},
    ),
    "messages": ("/v1/messages", {"messages": HELLO, "max_tokens": 10}, {"": CHAT}),
    "thinking": (
        "/v1/messages",
        {"messages": HELLO, "max_tokens": 2000, **THINKING},
        {"": RESPONSES, "anthropic": None, "vertexai": CHAT},
    ),
    "responses": ("/v1/responses", {"input": "Hello"}, {"": RESPONSES, "anthropic": CHAT, "vertexai": CHAT}),
    "embeddings": ("/v1/embeddings", {"input": "Hello"}, {"": "/embeddings"}),
    "completions": ("/v1/completions", {"prompt": "Hello"}, {"": "/completions", "gpt-5.4-mini": CHAT}),
}
EMBEDDING = {"dimensions": ("/v1/embeddings", {"input": "Hello", "dimensions": 256}, {"": "/embeddings"})}
ROUTES = {CHAT: "Completions", RESPONSES: "Responses", "/embeddings": "Embeddings", "/completions": "Models"}


def main():
    litellm_process.needs(JUDGE, [VERSION])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for case, tree in trees.cases(JUDGE):
                platform = litellm_tree.read(tree)
                if any(route.external for route in platform.routes):
                    folder = Path(scratch) / case.replace("/", "-")
                    folder.mkdir()
                    trees.report(JUDGE, case, list(judge(platform, folder)), f"aliases: {len(platform.routes)}")
        finally:
            litellm_process.stop_all()
    return 1 if trees.failures else 0


def judge(platform, folder):
    backends = {o["metadata"]["name"]: o["spec"] for _, o in platform.objects if o["kind"] == "AgentgatewayBackend"}
    routes = [vars(route) | {"model": route.model} for route in platform.routes]
    with Gateway(routes, platform.headers) as gateway:
        config = json.loads(json.dumps(platform.config))
        # What else stands beside the configuration is another judge's.
        for name in ("callbacks", "cache", "cache_params"):
            config["litellm_settings"].pop(name, None)
        config.pop("guardrails", None)
        for model in config["model_list"]:
            base = urlsplit(model["litellm_params"]["api_base"])
            model["litellm_params"]["api_base"] = gateway.url + base.path
        modes = {m["model_name"]: m.get("model_info", {}).get("mode") for m in config["model_list"]}
        master = config["general_settings"]["master_key"].removeprefix("os.environ/")
        env = {master: MASTER, "UPSTREAM_API_KEY": "judge-upstream-key", "EGRESS_API_KEY": "judge-egress-key"}
        with Proxy(folder, config, env, platform.guard) as proxy:
            if not proxy.healthy():
                yield f"LiteLLM does not start: {proxy.last_words()}"
                return
            for route in platform.routes:
                spec = backends.get(route.alias, {}) if route.external else {}
                embeds = modes.get(route.alias) == "embedding"
                yield from ask(route, spec, EMBEDDING if embeds else KINDS, proxy, gateway)


def ask(route, spec, kinds, proxy, gateway):
    """Every kind of request to one alias."""
    provider = next(iter(spec.get("ai", {}).get("provider", {})), "")
    named = spec.get("policies", {}).get("ai", {}).get("routes", {})
    for kind, (path, body, wanted) in kinds.items():
        due = wanted.get(route.model, wanted.get(provider, wanted[""]))
        status, _, answer = proxy.call("POST", path, {"model": route.alias, **body})
        sent = {call["path"].removeprefix(f"{route.path}") for call in gateway.taken()}
        if sent != ({due} if due else set()):
            yield f"{route.alias} ({provider}), {kind}: goes up as {sorted(sent)}, not {due}: {status} {str(answer)[:200]}"
        if due is None and status != 400:
            yield f"{route.alias} ({provider}), {kind}: {status} instead of 400"
        reads = max((end for end in named if due and due.endswith(end)), key=len, default="*")
        if provider and due and named.get(reads) != ROUTES[due]:
            yield f"{route.alias} ({provider}), {kind}: the backend reads {due} as {named.get(reads)}"


if __name__ == "__main__":
    sys.exit(main())

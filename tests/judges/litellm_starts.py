"""LiteLLM itself starts, or does not, on configurations with one mistake each: `gatewright check` must report those with which
it ends (litellm-start), and no others. GATEWRIGHT names the program (default: the newest of target/*/gatewright)."""

import copy
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import litellm_process
import trees
from litellm_process import MASTER, Proxy

JUDGE = "litellm-starts"
VERSION = "1.89.2"
ENTRY = {"model_name": "a", "litellm_params": {"model": "openai/x", "api_base": "http://127.0.0.1:9/v1", "api_key": "k"}}
GUARDRAIL = {"guardrail_name": "g", "litellm_params": {"guardrail": "openai_moderation", "mode": "pre_call", "api_key": "k"}}
SERVER = {"url": "http://127.0.0.1:9/mcp"}


def params(**more):
    return [{"model_name": "a", "litellm_params": ENTRY["litellm_params"] | more}]


def guardrail(**more):
    return [{"guardrail_name": "g", "litellm_params": GUARDRAIL["litellm_params"] | more}]


def without(value, *path):
    value = copy.deepcopy(value)
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    del inner[path[-1]]
    return [value]


# What is laid over a configuration that starts; True where it starts still.
CASES = {
    "as it is": ({}, True),
    "no model_name": ({"model_list": without(ENTRY, "model_name")}, False),
    "no litellm_params": ({"model_list": without(ENTRY, "litellm_params")}, False),
    "no model": ({"model_list": without(ENTRY, "litellm_params", "model")}, False),
    "model_name is a number": ({"model_list": [ENTRY | {"model_name": 1.5}]}, False),
    "model_name is a boolean": ({"model_list": [ENTRY | {"model_name": True}]}, False),
    "model is a number": ({"model_list": params(model=4)}, False),
    "no provider": ({"model_list": params(model="qwen3")}, True),
    "header is a number": ({"model_list": params(extra_headers={"x": 1})}, True),
    "rpm is a word": ({"model_list": params(rpm="many")}, True),
    "model_list is a map": ({"model_list": {"a": ENTRY}}, False),
    "general_settings is a list": ({"general_settings": [{"master_key": MASTER}]}, False),
    "litellm_settings is a list": ({"litellm_settings": [{"drop_params": True}]}, False),
    "router_settings is a list": ({"router_settings": [{"num_retries": 1}]}, True),
    "environment_variables is a list": ({"environment_variables": ["A=b"]}, False),
    "master_key is a number": ({"general_settings": {"master_key": 12345}}, False),
    "allowed_ips": ({"general_settings": {"master_key": MASTER, "allowed_ips": ["10.0.0.1"]}}, False),
    "enforced_params": ({"general_settings": {"master_key": MASTER, "enforced_params": ["user"]}}, False),
    "unknown key": ({"router_settings": {"num_retrys": 3}}, True),
    "unknown strategy": ({"router_settings": {"routing_strategy": "fastest"}}, False),
    "fallbacks is a map": ({"router_settings": {"fallbacks": {"a": ["b"]}}}, False),
    "fallbacks of litellm_settings is a map": ({"litellm_settings": {"fallbacks": {"a": ["b"]}}}, False),
    "fallback of two keys": ({"router_settings": {"fallbacks": [{"a": ["b"], "b": ["a"]}]}}, False),
    "fallback is a string": ({"router_settings": {"fallbacks": [{"a": "b"}]}}, True),
    "fallback on itself": ({"router_settings": {"fallbacks": [{"a": ["a"]}]}}, True),
    "callbacks is a string": ({"litellm_settings": {"callbacks": "otel"}}, False),
    "success_callback is a string": ({"litellm_settings": {"success_callback": "otel"}}, True),
    "cache": ({"litellm_settings": {"cache": True}}, False),
    "cache of Redis": ({"litellm_settings": {"cache": True, "cache_params": {"type": "redis"}}}, False),
    "cache of no kind": ({"litellm_settings": {"cache": True, "cache_params": {"type": "rediss"}}}, False),
    "cache in memory": ({"litellm_settings": {"cache": True, "cache_params": {"type": "local"}}}, True),
    "cache with a ttl": ({"litellm_settings": {"cache": True, "cache_params": {"ttl": 60}}}, True),
    "guardrail": ({"guardrails": [GUARDRAIL]}, True),
    "guardrail of two modes": ({"guardrails": guardrail(mode=["pre_call", "post_call"])}, True),
    "guardrail of no mode": ({"guardrails": guardrail(mode="pre")}, False),
    "guardrail without mode": ({"guardrails": without(GUARDRAIL, "litellm_params", "mode")}, False),
    "guardrail without type": ({"guardrails": without(GUARDRAIL, "litellm_params", "guardrail")}, False),
    "guardrail without name": ({"guardrails": without(GUARDRAIL, "guardrail_name")}, False),
    "guardrails is a map": ({"guardrails": {"g": GUARDRAIL}}, False),
    "MCP server": ({"mcp_servers": {"a_b": SERVER}}, True),
    "MCP server with a dash": ({"mcp_servers": {"a-b": SERVER}}, False),
    "MCP server of no transport": ({"mcp_servers": {"ab": SERVER | {"transport": "htp"}}}, False),
    "MCP server of no auth_type": ({"mcp_servers": {"ab": SERVER | {"auth_type": "bearer"}}}, False),
    "mcp_servers is a list": ({"mcp_servers": [SERVER]}, False),
    "mcp_servers beside nothing": ({"mcp_servers": {"ab": SERVER}, "litellm_settings": None}, False),
}


def main():
    litellm_process.needs(JUDGE, [VERSION])
    built = sorted(Path(__file__).resolve().parents[2].glob("target/*/gatewright"), key=lambda p: p.stat().st_mtime)
    program = os.environ.get("GATEWRIGHT") or (built and str(built[-1]))
    if not program:
        trees.skip(JUDGE, "there is no gatewright to ask (set GATEWRIGHT, or `cargo build`)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        try:
            folders = [Path(scratch) / str(i) for i in range(len(CASES))]
            verdicts = pool.map(lambda name, folder: verdict(program, folder, *CASES[name]), CASES, folders)
            for name, problems in zip(CASES, verdicts):
                trees.report(JUDGE, name, problems)
        finally:
            litellm_process.stop_all()
    return 1 if trees.failures else 0


def verdict(program, folder, change, expected):
    config = {"model_list": [ENTRY], "general_settings": {"master_key": MASTER}} | change
    with Proxy(folder, config, {}) as proxy:
        starts = proxy.healthy()
        words = "" if starts else proxy.last_words()
    refused = "litellm-start" in ours(program, config)
    problems = [] if starts == expected else [f"LiteLLM {'starts' if starts else 'ends: ' + words}, not as is written here"]
    if starts == refused:
        problems.append(f"LiteLLM {'starts' if starts else 'ends: ' + words}, gatewright {'reports it' if refused else 'says nothing'}")
    return problems


def ours(program, config):
    """The codes that gatewright finds in a ConfigMap with that configuration, beside a pod with no environment."""
    meta = {"name": "litellm", "namespace": "litellm"}
    mount = {"name": "config", "mountPath": "/etc/litellm"}
    container = {"name": "litellm", "image": f"litellm:v{VERSION}", "args": ["--config", "/etc/litellm/config.yaml"]}
    volumes = [{"name": "config", "configMap": {"name": "litellm"}}]
    objects = [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"config.yaml": json.dumps(config)}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container | {"volumeMounts": [mount]}], "volumes": volumes}},
    ]
    text = "\n---\n".join(map(json.dumps, objects))
    done = subprocess.run([program, "check", "--manifests", "-"], input=text, capture_output=True, text=True, check=False)
    return set(re.findall(r"(?m)^(?:error|warning)\[([\w-]+)\]", done.stderr))


if __name__ == "__main__":
    sys.exit(main())

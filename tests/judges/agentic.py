"""LiteLLM runs on the configuration of every AiGateway and ToolGateway that a golden tree renders, the text as it is. It must
start without an error, ask for the master key where there is one, and list the models, or the tools of every MCP server
(mock_mcp.py stands for each). LiteLLM 1.83.14 is what the operator runs, 1.89.2 what this platform runs; either will do."""

import asyncio
import base64
import re
import signal
import sys
import tempfile
from pathlib import Path

import litellm_process
import mock_mcp
import trees
from litellm_process import MASTER, Proxy

JUDGE = "agentic"
VERSIONS = ("1.83.14", "1.89.2")
HASH = "gateway.agentic-layer.ai/config-hash"


def main():
    # Without prisma 1.89.2 answers 500 where it means 401; PyYAML comes with litellm.
    litellm_process.needs(JUDGE, VERSIONS, "prisma", "PyYAML")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch:
        try:
            for number, (case, objects, gateway) in enumerate(gateways()):
                problems, remark = trial(objects, gateway, Path(scratch) / str(number))
                trees.report(JUDGE, f"{case} {gateway['metadata']['name']}", problems, f"LiteLLM {found}, {remark}")
        finally:
            litellm_process.stop_all()
    return 1 if trees.failures else 0


def gateways():
    """(case, objects by kind, namespace and name, Deployment) of every rendered gateway."""
    count = 0
    for case, tree in trees.cases(JUDGE):
        objects = {}
        for _, value in trees.manifests(tree):
            meta = value["metadata"]
            objects[value["kind"], meta.get("namespace"), meta["name"]] = value
        for (kind, _, _), value in sorted(objects.items(), key=lambda item: str(item[0])):
            if kind == "Deployment" and HASH in value["spec"]["template"]["metadata"].get("annotations", {}):
                count += 1
                yield case, objects, value
    if not count:
        trees.report(JUDGE, "", ["no golden tree has a gateway on LiteLLM"])


def trial(objects, deployment, folder):
    import yaml

    namespace = deployment["metadata"]["namespace"]
    pod = deployment["spec"]["template"]["spec"]
    maps = [v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v]
    text = objects["ConfigMap", namespace, maps[0]]["data"]["config.yaml"]
    config = yaml.safe_load(text)
    env = {e["name"]: e.get("value", MASTER if "MASTER" in e["name"] else "judge-secret") for e in pod["containers"][0]["env"]}
    env["PROMETHEUS_MULTIPROC_DIR"] = str(folder / "metrics")
    if pod["containers"][0].get("envFrom"):
        env.setdefault("LITELLM_MASTER_KEY", MASTER)
    # Bedrock's guard asks for credentials of some sort; nothing is ever called.
    env |= {"AWS_ACCESS_KEY_ID": "judge", "AWS_SECRET_ACCESS_KEY": base64.b64encode(b"judge").decode()}
    (folder / "metrics").mkdir(parents=True)
    locked = "master_key" in (config.get("general_settings") or {}) or "LITELLM_MASTER_KEY" in env
    servers = list(config.get("mcp_servers") or {})
    with mock_mcp.Server() as mock:
        # The one change: where the MCP servers are.
        for name in servers:
            transport = config["mcp_servers"][name]["transport"]
            text = text.replace(config["mcp_servers"][name]["url"], mock.url(transport))
        with Proxy(folder, text, env) as proxy:
            if not proxy.healthy():
                return [f"LiteLLM does not start: {proxy.last_words()}"], ""
            problems = [f"log: {line}" for line in proxy.log() if serious(line)]
            problems += interview(proxy, config, servers, locked)
    return problems, f"models: {len(config.get('model_list') or [])}, MCP servers: {len(servers)}"


def serious(line):
    """LiteLLM drops entries that it cannot use, and only logs it."""
    return re.search(r"\bERROR\b|Traceback", line) and "OTEL" not in line.upper()


def interview(proxy, config, servers, locked):
    problems = []
    key = MASTER if locked else None
    status, _, body = proxy.call("GET", "/v1/models", key=key)
    listed = sorted(m["id"] for m in body.get("data", [])) if status == 200 else body
    wanted = sorted({m["model_name"] for m in config.get("model_list") or []})
    if listed != wanted:
        problems.append(f"lists {listed}, configured are {wanted}")
    status, _, _ = proxy.call("GET", "/v1/models", key=None)
    if (status == 401) != locked:
        problems.append(f"/v1/models without a key: {status}, and it is {'closed' if locked else 'open'}")
    for name in servers:
        allowed = config["mcp_servers"][name].get("allowed_tools") or mock_mcp.TOOLS
        expected = sorted(f"{name}-{tool}" for tool in mock_mcp.TOOLS if tool in allowed)
        found = asyncio.run(tools(f"http://127.0.0.1:{proxy.port}/mcp/{name}", key))
        if found != expected:
            problems.append(f"/mcp/{name} lists {found}, not {expected}")
    return problems


async def tools(url, key):
    """What an MCP client is told, sorted."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with streamablehttp_client(url, headers=headers) as (reading, writing, _):
        async with ClientSession(reading, writing) as session:
            await session.initialize()
            return sorted(tool.name for tool in (await session.list_tools()).tools)


if __name__ == "__main__":
    sys.exit(main())

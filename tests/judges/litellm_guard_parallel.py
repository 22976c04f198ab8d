"""A key with a budget makes many calls at once: what LiteLLM sets aside for each while it runs must let few of them up, whatever
a call looks like, and it must fetch nothing to know. A module beside the guard stands in for the database of keys."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import litellm
from litellm_guard_tricks import CHAT, HI, MESSAGES, RESPONSES, TEXT, honest
from litellm_process import Proxy
from mock_gateway import COMPLETION_TOKENS, PROMPT_TOKENS

AT_ONCE = 20
AFFORDED = 5  # calls that a budget covers

AUTH = """
from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth, hash_token

async def auth(request, api_key):
    token = hash_token(api_key)
    budget = float(api_key.split("-")[2])
    return UserAPIKeyAuth(api_key=token, token=token, max_budget=budget, user_role=LitellmUserRoles.INTERNAL_USER, user_id="u")
"""

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Hi"}}
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
LONG = "Hello there " * 50_000
FORMAT = {"type": "json_schema", "json_schema": {"name": "f", "schema": {"type": "object", "description": LONG}}}
INPUT_IMAGE = {"type": "input_image", "image_url": "https://example.com/a.png"}


def part(value):
    return {"messages": [{"role": "user", "content": [value]}]}


CALLS = {
    "honest": (CHAT, {}),
    "completion": (TEXT, {}),
    "response": (RESPONSES, {}),
    "a file": (CHAT, part({"type": "file", "file": {"file_data": "data:application/pdf;base64,aGk=", "filename": "a.pdf"}})),
    "a video": (CHAT, part({"type": "video_url", "video_url": {"url": "http://example.com/a.mp4"}})),
    "an image of no known detail": (CHAT, part({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "x"}})),
    "an image that is none": (CHAT, part({"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk=", "detail": "high"}})),
    "an image elsewhere": (CHAT, part({"type": "image_url", "image_url": {"url": "ELSEWHERE/a.png", "detail": "high"}})),
    "a file elsewhere": (CHAT, part({"type": "file", "file": {"file_id": "ELSEWHERE/a.pdf"}})),
    "two limits": (CHAT, {"max_completion_tokens": 1, "max_tokens": 4000}),
    "no answer": (CHAT, {"max_tokens": 0}),
    "functions": (CHAT, {"functions": [{"name": "f", "description": LONG, "parameters": {}}], "max_tokens": 1}),
    "a format of the answer": (CHAT, {"response_format": FORMAT, "max_tokens": 1}),
    "a custom tool": (CHAT, {"tools": [{"type": "custom", "custom": {"name": "f", "description": LONG}}], "max_tokens": 1}),
    "instructions": (RESPONSES, {"instructions": LONG, "max_output_tokens": 1}),
    "tools of a response": (RESPONSES, {"tools": [{"type": "function", "name": "f", "description": LONG}], "max_output_tokens": 1}),
    "an earlier answer": (RESPONSES, {"previous_response_id": "resp_1", "max_output_tokens": 1}),
    "an image of a response": (RESPONSES, {"input": [{"role": "user", "content": [INPUT_IMAGE]}], "max_output_tokens": 1}),
    "many prompts": (TEXT, {"prompt": ["Hello"] * 200, "max_tokens": 5}),
    "message with a system prompt": (MESSAGES, {"system": LONG, "max_tokens": 1}),
    "message with an image": (MESSAGES, part(IMAGE) | {"max_tokens": 4000}),
    "message with a document": (MESSAGES, part(DOCUMENT) | {"max_tokens": 4000}),
    "message with an image of a tool": (MESSAGES, {"messages": [*HI, USE, {"role": "user", "content": [RESULT]}], "max_tokens": 4000}),
}


def problems(subject, gateway, folder):
    """What lets more calls up than the budget affords."""
    config = litellm.redirected(subject["config"], gateway)
    config["general_settings"] |= {"custom_auth": "judge_auth.auth", "custom_auth_run_common_checks": True}
    # What LiteLLM refuses to fetch for its being on loopback it would fetch from others.
    config["litellm_settings"] |= {"enable_post_custom_auth_checks": True, "user_url_validation": False}
    folder.mkdir()
    elsewhere = socket.create_server(("127.0.0.1", 0))
    elsewhere.setblocking(False)
    with Proxy(folder, config, subject["env"], subject["guard"] | {"judge_auth.py": AUTH}) as proxy:
        if not proxy.healthy():
            yield f"LiteLLM does not start with keys that have a budget: {proxy.last_words()}"
            return
        entry = next(m for m in config["model_list"] if m["model_info"].get("mode") != "embedding")
        prices = entry["litellm_params"]
        price = PROMPT_TOKENS * float(prices["input_cost_per_token"]) + COMPLETION_TOKENS * float(prices["output_cost_per_token"])
        for name, (api, more) in CALLS.items():
            text = json.dumps(more).replace("ELSEWHERE", f"http://127.0.0.1:{elsewhere.getsockname()[1]}")
            body = honest(api, entry["model_name"], **json.loads(text))
            key = f"sk-{name.replace(' ', '_')}-{AFFORDED * price:.12f}"
            gateway.pause = 0.5
            with ThreadPoolExecutor(AT_ONCE) as pool:
                statuses = list(pool.map(lambda _: status(proxy, api, body, key), range(AT_ONCE)))
            gateway.pause = 0
            time.sleep(0.2)
            went = len(gateway.taken())
            if went > AFFORDED:
                yield f"{went} of {AT_ONCE} calls at once go up where a budget has {AFFORDED}: {name} {sorted(set(statuses))}"
            if asked(elsewhere):
                yield f"LiteLLM fetches what a caller names: {name}"
            if name == "honest" and not went:
                yield "no call goes up under a budget that affords one"


def status(proxy, api, body, key):
    """Of an answer, or 599 without one."""
    try:
        return proxy.call("POST", api, body, key=key)[0]
    except OSError:
        return 599


def asked(server):
    """Whether somebody called since the last look."""
    try:
        server.accept()[0].close()
    except BlockingIOError:
        return False
    return True

"""The request guard without LiteLLM: `cargo test --test guard` takes it out of a rendered tree into the folder REQUEST_GUARD
and runs this. What LiteLLM itself makes of it, tests/judges/litellm_guard.py asks."""

import asyncio
import importlib.util
import json
import os
import sys
import types
import unittest
from pathlib import Path

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
HI = [{"role": "user", "content": "Hello"}]
LOCAL, EXTERNAL = "qwen3-0-6b", "claude-haiku"


class HTTPException(Exception):
    def __init__(self, status_code, detail):
        super().__init__(detail)
        self.status_code = status_code


class RouteChecks:
    """LiteLLM knows many more; the guard asks it about whatever it does not serve itself."""

    @staticmethod
    def is_llm_api_route(route):
        return route.startswith(("/v1/images", "/v1/chat", "/openai/", "/v1/models", "/models"))


class Application:
    """Notes the last request that reached it."""

    middleware_stack = None
    seen = None

    def add_middleware(self, gate):
        self.gate = gate(self.serve)

    async def serve(self, scope, receive, send):
        message = await receive() if scope["type"] == "http" else {}
        self.seen = scope, message.get("body", b"")
        await send({"type": "http.response.start", "status": 200, "headers": []})


def module(name, **names):
    made = sys.modules[name] = types.ModuleType(name)
    vars(made).update(names)
    return made


def load():
    """The guard, in front of a stand-in for LiteLLM."""
    application = Application()
    module("fastapi", HTTPException=HTTPException)
    for name in ("litellm", "litellm.integrations", "litellm.proxy.auth"):
        module(name)
    counter = module("litellm.litellm_core_utils.token_counter", calculate_img_tokens=lambda data, **more: more)
    module("litellm.litellm_core_utils", token_counter=counter)
    module("litellm.integrations.custom_logger", CustomLogger=object)
    module("litellm.proxy.auth.route_checks", RouteChecks=RouteChecks)
    budget = {"_estimate_input_tokens": lambda **more: 5, "_get_output_multiplier": lambda request_body: request_body.get("n", 1)}
    budget["_count_text_tokens"] = lambda model, texts: len(json.dumps(texts))
    budget = module("litellm.proxy.spend_tracking.budget_reservation", **budget)
    module("litellm.proxy.spend_tracking", budget_reservation=budget)
    server = module("litellm.proxy.proxy_server", app=application)
    module("litellm.proxy", proxy_server=server)
    spec = importlib.util.spec_from_file_location("request_guard", Path(os.environ["REQUEST_GUARD"], "request_guard.py"))
    guard = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(guard)
    return guard, application


GUARD, APPLICATION = load()


def ask(path, body=None, method="POST", headers=(), query="", kind="http"):
    """The status of an answer, its text, and what reached LiteLLM: (scope, body) or None."""
    sent, text = [], body if isinstance(body, bytes) else json.dumps(body).encode()
    halves = [{"type": "http.request", "body": text[:7], "more_body": True}, {"type": "http.request", "body": text[7:]}]

    async def receive():
        return halves.pop(0)

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": path, "query_string": query.encode(), "headers": [*headers], "root_path": ""}
    APPLICATION.seen = None
    asyncio.run(APPLICATION.gate(scope | ({"method": method} if kind == "http" else {}), receive, send))
    return sent[0].get("status"), b"".join(m.get("body", b"") for m in sent).decode(), APPLICATION.seen


def chat(**more):
    return {"model": EXTERNAL, "messages": HI, **more}


class Lets(unittest.TestCase):
    def passes(self, path, body, **more):
        status, text, seen = ask(path, body, **more)
        self.assertEqual(status, 200, f"{path} {body}: {text}")
        return json.loads(seen[1])

    def test_the_fields_of_each_api(self):
        tool = {"type": "function", "function": {"name": "f"}}
        for path, body in (
            (CHAT, chat(temperature=0, n=2, tools=[tool], metadata={"ticket": "A-1"}, service_tier="auto", store=True)),
            ("/chat/completions", chat(response_format={"type": "json_object"}, max_tokens=1, max_completion_tokens=1)),
            ("/v1/completions", {"model": EXTERNAL, "prompt": ["a", "b"], "echo": True, "max_tokens": 0}),
            ("/v1/embeddings", {"model": EXTERNAL, "input": ["a"], "dimensions": 8}),
            ("/v1/responses", {"model": EXTERNAL, "input": "a", "text": {}, "background": False}),
            (MESSAGES, chat(max_tokens=9, system="s", thinking={"type": "disabled"}, metadata={"user_id": "u"})),
            (MESSAGES, chat(context_management={"edits": [{"type": "clear_tool_uses_20250919"}]})),
            (MESSAGES, chat(tools=[{"name": "f", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}])),
            (CHAT, chat(tools=[{"type": "function", "function": {"name": "web_search"}}])),
            (CHAT, chat(messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-a_1"}}]}])),
            (CHAT, chat(messages=[{"role": "user", "content": [{"type": "file", "file": {"file_data": "data:a;base64,aGk="}}]}])),
            (MESSAGES + "/count_tokens", chat()),
        ):
            self.assertEqual(self.passes(path, body), body)

    def test_vllm_for_local_models_only(self):
        for more in ({"top_k": 5}, {"guided_json": {}}, {"chat_template_kwargs": {"a": True}}, {"min_p": 0.1}):
            self.passes(CHAT, {"model": LOCAL, "messages": HI, **more})
            self.assertEqual(ask(CHAT, chat(**more))[0], 400, more)

    def test_a_stream_tells_its_usage_whatever_its_caller_wants(self):
        for options in ({}, {"stream_options": None}, {"stream_options": {"include_usage": False}}):
            body = self.passes(CHAT, chat(stream=True, **options))
            self.assertEqual(body["stream_options"], {"include_usage": True})
        body = self.passes("/v1/completions", {"model": LOCAL, "prompt": "a", "stream": True})
        self.assertEqual(body["stream_options"], {"include_usage": True})
        body = self.passes("/v1/responses", {"model": LOCAL, "input": "a", "stream": True})
        self.assertIsNone(body["stream_options"])
        self.assertNotIn("stream_options", self.passes(CHAT, chat(stream_options={"include_usage": False})))

    def test_an_answer_of_a_model_with_a_limit_has_one(self):
        tokens = GUARD.PLATFORM["tokens"]
        tokens[EXTERNAL] = 100
        self.addCleanup(tokens.clear)
        for path, body, name in (
            (CHAT, chat(), "max_completion_tokens"),
            (CHAT, chat(max_tokens=None), "max_completion_tokens"),
            ("/v1/completions", {"model": EXTERNAL, "prompt": "a"}, "max_tokens"),
            ("/v1/responses", {"model": EXTERNAL, "input": "a"}, "max_output_tokens"),
        ):
            self.assertEqual(self.passes(path, body)[name], 100)
            self.assertEqual(self.passes(path, body | {name: 99})[name], 99)
            self.assertEqual(ask(path, body | {name: 101})[0], 400)
        self.assertEqual(ask(MESSAGES, chat(max_tokens=101))[0], 400)
        self.assertEqual(self.passes("/v1/embeddings", {"model": EXTERNAL, "input": "a"}), {"model": EXTERNAL, "input": "a"})
        self.assertEqual(self.passes(CHAT, chat(max_tokens=100)), chat(max_tokens=100))
        self.assertNotIn("max_completion_tokens", self.passes(CHAT, {"model": LOCAL, "messages": HI}))

    def test_the_model_of_path_and_query_when_it_is_that_of_the_body(self):
        self.passes(f"/openai/deployments/{EXTERNAL}/chat/completions", chat(), query="api-version=2024-10-21")
        self.passes(f"/engines/{EXTERNAL}/completions", {"model": EXTERNAL, "prompt": "a"})
        self.passes(MESSAGES, chat(max_tokens=1), query=f"beta=true&model={EXTERNAL}")

    def test_litellm_reads_what_was_checked(self):
        headers = [(b"Content-Length", b"99999"), (b"content-type", b"text/plain"), (b"authorization", b"Bearer sk-1")]
        _, _, (scope, text) = ask(CHAT, json.dumps(chat()).encode("utf-16"), headers=headers, query="beta=true")
        self.assertEqual(json.loads(text), chat())
        self.assertEqual(scope["query_string"], b"")
        self.assertEqual(
            sorted(scope["headers"]),
            [(b"authorization", b"Bearer sk-1"), (b"content-length", b"%d" % len(text)), (b"content-type", b"application/json")],
        )

    def test_the_rest_of_litellm(self):
        for method, path in (("GET", "/v1/models"), ("GET", "/models/a"), ("POST", "/key/generate"), ("GET", "/ui/"),
                             ("GET", "/health/readiness"), ("OPTIONS", CHAT)):
            self.assertEqual(ask(path, {}, method)[0], 200, path)


class Refuses(unittest.TestCase):
    def refused(self, path, body, names=(), status=400, **more):
        answer, text, seen = ask(path, body, **more)
        self.assertEqual((answer, seen), (status, None), f"{path} {str(body)[:200]}: {text}")
        for name in names:
            self.assertIn(f"`{name}`", json.loads(text)["error"]["message"])

    def test_fields_that_litellm_obeys(self):
        for name in sorted(GUARD.CONTROL):
            for path in (CHAT, MESSAGES, "/v1/responses", "/v1/embeddings", "/v1/completions"):
                self.refused(path, {"model": LOCAL, name: 1}, [name])
        self.refused(CHAT, chat(extra_body={}, api_key="x", temperature=0), ["api_key", "extra_body"])

    def test_names_that_look_alike(self):
        for name in ("Model", " model", "model ", "MODEL", "\uff4dodel", "stream_options\u200b", "", "model[]"):
            self.refused(CHAT, chat(**{name: LOCAL}))

    def test_metadata_that_litellm_obeys(self):
        for value in ({"tags": "x"}, {"model_info": "x"}, {"user_api_key": "x"}, {"_x": "y"}, {"Tags": "x"}, {"a": ["b"]},
                      {"a": {"b": "c"}}, "text", ["a"]):
            self.refused(CHAT, chat(metadata=value))
        self.refused(MESSAGES, chat(metadata={"ticket": "A-1"}), ["ticket"])

    def test_models_that_are_not_one_name(self):
        for model in (None, "", f"{LOCAL},{LOCAL}", f"{LOCAL} ", [LOCAL], {"a": 1}, 1, "nobody", LOCAL.upper(), f"openai/{LOCAL}"):
            self.refused(CHAT, chat() | {"model": model})

    def test_another_model_in_path_or_query(self):
        self.refused(CHAT, chat(), query=f"model={LOCAL}")
        self.refused(CHAT, chat(), query=f"model={EXTERNAL}&model={LOCAL}")
        self.refused(CHAT, chat(), query=f"%6dodel={LOCAL}")
        self.refused(CHAT, chat(), query="model=")
        self.refused(f"/openai/deployments/{LOCAL}/chat/completions", chat())
        self.refused(f"/engines/{EXTERNAL}/{LOCAL}/embeddings", {"model": EXTERNAL, "input": "a"})

    def test_values(self):
        audio = [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]
        for more in ({"stream": "true"}, {"stream": 1}, {"max_tokens": -1}, {"max_tokens": "9"}, {"n": True}, {"n": 2**40},
                     {"max_tokens": 0}, {"max_completion_tokens": 0}, {"max_completion_tokens": 1, "max_tokens": 9},
                     {"service_tier": "priority"}, {"modalities": ["audio"]}, {"messages": [HI]}, {"messages": "a"},
                     {"messages": audio}, {"tools": [{"type": "web_search"}]}, {"tools": [1]}, {"stream_options": "x"},
                     {"stream_options": {"include_usage ": False}}):
            self.refused(CHAT, chat(**more))
        self.refused("/v1/responses", {"model": LOCAL, "input": "a", "background": True})
        self.refused("/v1/responses", {"model": LOCAL, "input": "a", "tools": [{"type": "mcp"}]})
        self.refused(MESSAGES, chat(tools=[{"type": "advisor_20260301", "model": LOCAL}]))
        for path in (MESSAGES, MESSAGES + "/count_tokens"):
            self.refused(path, chat(tools=[{"name": "web_search", "input_schema": {}}]), ["web_search"])
        self.refused(MESSAGES, chat(context_management={"edits": [{"type": "compact_20260112"}]}))

    def test_addresses_that_litellm_would_fetch(self):
        for name in ("http://169.254.169.254/a.pdf", "HTTPS://a", "//a/b", ["http://a"]):
            self.refused(CHAT, chat(messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": name}}]}]))
        count = sys.modules["litellm.litellm_core_utils.token_counter"].calculate_img_tokens
        self.assertEqual(count("http://a/b.png", mode="high"), {"mode": "high", "use_default_image_token_count": True})
        self.assertEqual(count("data:image/png;base64,aGk=", mode="high"), {"mode": "high"})

    def test_what_a_budget_sets_aside(self):
        budget = sys.modules["litellm.proxy.spend_tracking.budget_reservation"]

        def tokens(body):
            return budget._estimate_input_tokens(request_body=body, model=LOCAL, model_info={"max_input_tokens": 200000}, route="")

        messages, long = [{"role": "user", "content": "Hi"}], "a" * 1000
        spoken = {"role": "assistant", "content": "Hi", "function_call": {"arguments": long}}
        for more in ({"system": long}, {"functions": [{"description": long}]}, {"response_format": {"schema": long}},
                     {"tools": [{"type": "custom", "custom": {"description": long}}]}, {"messages": [spoken]}):
            self.assertGreater(tokens({"messages": messages} | more), 1000)
        for more in ({"instructions": long}, {"tools": [{"type": "function", "description": long}]}, {"text": {"format": long}}):
            self.assertGreater(tokens({"input": "Hi"} | more), 1000)
        for body in ({"input": "Hi"}, {"messages": messages}, {"prompt": "Hi", "temperature": 0}, {"input": [{"role": "user", "content": [
                {"type": "input_text", "text": "Hi"}]}]}, {"messages": messages, "tools": [{"type": "function", "function": {}}]}):
            self.assertLess(tokens(body), 20)
        for part in ({"type": "input_image"}, {"type": "input_file", "file_id": "f"}, {"type": "item_reference", "id": "i"}):
            self.assertEqual(tokens({"input": [{"role": "user", "content": [part]}]}), 200000)
        self.assertEqual(tokens({"input": "Hi", "previous_response_id": "r"}), 200000)
        for prompt, answers in (("Hi", 2), (["Hi", "Ho", "He"], 6), ([1, 2, 3], 2), ([[1], [2]], 4)):
            self.assertEqual(budget._get_output_multiplier(request_body={"prompt": prompt, "n": 2}), answers)

    def test_texts_that_are_read_in_two_ways(self):
        whole = json.dumps(chat())
        for text in (whole[:-1] + f', "model": "{LOCAL}"}}', whole[:-1] + ', "temperature": NaN}', f"[{whole}]", "", "null",
                     whole[:-1], whole + whole, '{"model": ' + "[" * 100_000):
            self.refused(CHAT, text.encode())

    def test_texts_that_python_alone_can_write(self):
        whole = json.dumps(chat())
        for more in ('"temperature": 1e999', '"user": "\\ud800"', '"metadata": {"\\udc00": "a"}'):
            self.refused(CHAT, (whole[:-1] + f", {more}}}").encode())
        self.assertEqual(ask(CHAT, chat(user="\U0001f600 \u00e9"))[0], 200)

    def test_content_types_of_forms(self):
        for kind in (b"multipart/form-data; boundary=b", b"Application/X-WWW-Form-Urlencoded"):
            self.refused(CHAT, chat(), headers=[(b"Content-Type", kind)])

    def test_headers(self):
        for name in (b"X-LiteLLM-Tags", b"x-litellm-timeout", b"x-litellm-call-id", b"custom-llm-provider"):
            self.refused(CHAT, chat(), [name.decode().lower()], headers=[(name, b"1")])
        for name in (b"x-litellm-api-key", b"x-litellm-session-id", b"anthropic-beta"):
            self.assertEqual(ask(CHAT, chat(), headers=[(name, b"1")])[0], 200)

    def test_routes(self):
        for method, path in (("POST", "/v1/images/generations"), ("GET", CHAT), ("POST", f"{CHAT}/"), ("GET", "/health"),
                             ("PUT", f"/openai/deployments/{LOCAL}/completions"), ("POST", "/openai/v1/chat/completions"),
                             ("POST", "/queue/chat/completions"), ("POST", "/v1/models"), ("GET", "/openai/x"),
                             ("POST", "/health/test_connection"), ("POST", "/usage/ai/chat"), ("GET", "/health\n"),
                             ("POST", f"{CHAT}\n"), ("POST", f"{MESSAGES}/count_tokens\n"), ("POST", "/v1/threads\n")):
            self.refused(path, {}, status=404, method=method)
        status, _, seen = ask("/v1/realtime", kind="websocket")
        self.assertIsNone(seen)

    def test_calls_that_did_not_pass_the_gate(self):
        with self.assertRaises(HTTPException):
            asyncio.run(GUARD.guard.async_pre_call_hook(None, None, {}, "acompletion"))


class HangsUp(unittest.TestCase):
    def test_the_call_goes_on(self):
        async def broken(_):
            raise OSError

        async def call():
            asked = iter([{"type": "http.request", "body": json.dumps(chat(stream=True)).encode()}, {"type": "http.disconnect"}])

            async def receive():
                return next(asked)

            reached = []

            async def application(_, receive, send):
                await receive()
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(receive(), 0.05)
                await send({"type": "http.response.body"})
                reached.append(True)

            scope = {"type": "http", "method": "POST", "path": CHAT, "headers": []}
            await GUARD.Gate(application)(scope, receive, broken)
            return reached

        self.assertEqual(asyncio.run(call()), [True])


if __name__ == "__main__":
    unittest.main()

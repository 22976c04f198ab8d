"""LiteLLM itself with the guards of the golden trees that have some, and stand-ins for Presidio, OpenAI's moderation, Bedrock and
the models: of each kind of request what a guard blocks or masks never reaches a model as it is, what it blocks in an answer never
reaches the caller, and while a guard does not answer nothing passes. Without the gateway, whose own guards did not run."""

import json
import re
import signal
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import litellm
import litellm_process
import litellm_tree
import mock_gateway
import trees
from litellm_process import Proxy

JUDGE = "litellm-guards"
MAIL, CARD, HARM = "alice@example.com", "4111-CARD", "KILL"
# What a cloud gives to pods, for guardrails of Bedrock without keys of their own.
CLOUD = {"AWS_ACCESS_KEY_ID": "ambient", "AWS_SECRET_ACCESS_KEY": "ambient"}
ENTITIES = {"EMAIL_ADDRESS": r"\S+@\S+", "CREDIT_CARD": r"\S*-CARD"}


def request(api, text, model, **more):
    """Path and body of one kind of request."""
    messages = [{"role": "user", "content": text}]
    bodies = {
        "chat": ("/v1/chat/completions", {"messages": messages}),
        "parts": ("/v1/chat/completions", {"messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]}),
        "messages": ("/v1/messages", {"messages": messages, "max_tokens": 50}),
        "responses": ("/v1/responses", {"input": text}),
        "completions": ("/v1/completions", {"prompt": text}),
    }
    path, body = bodies[api]
    return path, body | {"model": model} | more


APIS = ["chat", "parts", "messages", "responses", "completions"]


class Services:
    """Who is asked: `down` names those that answer with an error; `asked` what the models were, `answer` what they say."""

    def __init__(self):
        self.down, self.asked, self.answer = set(), [], "Hi"
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                status, kind, text = services.reply(self.path, body)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def reply(self, path, body):
        service = next((s for s in ("presidio", "moderations", "guardrail") if f"/{s}" in path), None)
        if service in self.down:
            return 500, "application/json", '{"error": {"message": "down"}}'
        if service is None:
            self.asked.append(body)
            api, said = mock_gateway.api_of(path), json.dumps(self.answer)
            if body.get("stream"):
                return 200, "text/event-stream", mock_gateway.stream(api, body).replace('"Hi"', said)
            return 200, "application/json", json.dumps(mock_gateway.answer(api, body)).replace('"Hi"', said)
        return 200, "application/json", json.dumps(getattr(self, service)(path, body))

    def presidio(self, path, body):
        if path.endswith("anonymize"):
            return {"text": "masked", "items": []}
        wanted = {e: p for e, p in ENTITIES.items() if e in body.get("entities", ENTITIES)}
        spans = [(e, m.span()) for e, p in wanted.items() for m in re.finditer(p, body["text"])]
        return [{"entity_type": e, "start": start, "end": end, "score": 0.9} for e, (start, end) in spans]

    def moderations(self, _, body):
        bad = HARM in json.dumps(body["input"])
        result = {"flagged": bad, "categories": {"violence": bad}, "category_scores": {"violence": float(bad)}}
        return {"id": "1", "model": body["model"], "results": [result | {"category_applied_input_types": {}}]}

    def guardrail(self, _, body):
        if HARM not in json.dumps(body["content"]):
            return {"action": "NONE", "outputs": [], "assessments": []}
        topic = {"name": "harm", "type": "DENY", "action": "BLOCKED"}
        return {"action": "GUARDRAIL_INTERVENED", "outputs": [], "assessments": [{"topicPolicy": {"topics": [topic]}}]}


def redirected(config, url):
    """The configuration with the stand-ins in the place of the services."""
    config = json.loads(json.dumps(config))
    for model in config["model_list"]:
        model["litellm_params"]["api_base"] = url + urlsplit(model["litellm_params"]["api_base"]).path
    for guard in config["guardrails"]:
        params = guard["litellm_params"]
        if params["guardrail"] == "presidio":
            params |= {f"presidio_{name}_api_base": f"{url}/presidio" for name in ("analyzer", "anonymizer")}
        elif params["guardrail"] == "bedrock":
            params["aws_bedrock_runtime_endpoint"] = url
        else:
            params["api_base"] = url
    return config


def trial(proxy, services, config):
    """What is wrong with how the guards held."""
    kinds = {g["litellm_params"]["guardrail"]: g["litellm_params"] for g in config["guardrails"]}
    answers = {kind for kind, params in kinds.items() if "post_call" in params["mode"]}
    chats = [m["model_name"] for m in config["model_list"] if m.get("model_info", {}).get("mode") != "embedding"]

    def ask(api, text, **more):
        services.asked.clear()
        path, body = request(api, text, chats[0], **more)
        return proxy.call("POST", path, body)[::2]

    for api in APIS:
        status, body = ask(api, "Hello")
        if status != 200 or len(services.asked) != 1:
            yield f"{api}: an honest call gets {status} {body}"
        if answers and ask(api, "Hello", stream=True)[0] != 400:
            yield f"{api}: a stream is not refused, and guards look at answers"
        actions = kinds.get("presidio", {}).get("pii_entities_config", {})
        if "presidio" in kinds:
            ask(api, f"my address is {MAIL}")
            if MAIL in json.dumps(services.asked):
                yield f"{api}: what Presidio masks reaches the model"
            status, body = ask(api, f"my address is {MAIL}", stream=True)
            if not answers and (status != 200 or "Hi" not in str(body)):
                yield f"{api}: the answer to what Presidio masks comes as {status} {body}"
        blocked = [CARD] if actions.get("CREDIT_CARD") == "BLOCK" else []
        blocked += [HARM] if kinds.keys() - {"presidio"} else []
        for text in blocked:
            if ask(api, f"this is {text}")[0] != 400 or services.asked:
                yield f"{api}: {text} reaches the model"
        services.answer = f"this is {HARM}"
        status, body = ask(api, "Hello")
        if answers - {"presidio"} and (status != 400 or HARM in json.dumps(body)):
            yield f"{api}: {HARM} in an answer reaches the caller: {status}"
        services.answer = "Hi"
        for service, kind in (("presidio", "presidio"), ("moderations", "openai_moderation"), ("guardrail", "bedrock")):
            services.down = {service} if kind in kinds else set()
            status, _ = ask(api, "Hello")
            if services.down and (status == 200 or services.asked and "pre_call" in kinds[kind]["mode"]):
                yield f"{api}: passes while {kind} is down: {status}"
            services.down = set()


def main():
    litellm_process.needs(JUDGE, [litellm.VERSION])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for case, tree in trees.cases(JUDGE):
            platform = litellm_tree.read(tree)
            if "guardrails" not in platform.config:
                continue
            subject, services = litellm.proxy_subject(platform), Services()
            config = redirected(subject["config"], services.url)
            env = CLOUD | subject["env"]
            with tempfile.TemporaryDirectory() as scratch, Proxy(Path(scratch), config, env, subject["guard"]) as proxy:
                started = proxy.healthy()
                problems = list(trial(proxy, services, config)) if started else [f"does not start: {proxy.last_words()}"]
            trees.report(JUDGE, case, problems, ", ".join(g["guardrail_name"] for g in config["guardrails"]))
    finally:
        litellm_process.stop_all()
    return 1 if trees.failures else 0


if __name__ == "__main__":
    sys.exit(main())

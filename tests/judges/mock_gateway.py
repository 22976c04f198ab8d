"""A stand-in for the inference gateway on loopback: it routes as a golden tree's objects say, answers in the shape of
an OpenAI server with a fixed usage, and remembers what it was asked."""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROMPT_TOKENS, COMPLETION_TOKENS = 1000, 200
CACHED_TOKENS = 600  # of a chat's prompt
BESIDE = "Beside"  # a question that is answered as agentgateway 1.2.1 puts Anthropic's usage


class Gateway:
    """Derives the headers from the body's model, then matches path and headers, as the tree's objects say."""

    def __init__(self, routes, derived):
        """`routes`: alias, path and headers of each; `derived`: header: {model: value}."""
        self.routes, self.derived, self.calls = routes, derived, []
        self.pause = 0  # seconds before each part of an answer
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                alias = gateway.route(self.path, self.headers, body.get("model"))
                gateway.calls.append(
                    {
                        "path": self.path,
                        "alias": alias,
                        "body": body,
                        "authorization": self.headers.get("Authorization"),
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                    }
                )
                if alias is None:
                    self.reply(404, "text/plain", "route not found")
                elif body.get("stream"):
                    self.reply(200, "text/event-stream", stream(api_of(self.path), body))
                else:
                    self.reply(200, "application/json", json.dumps(answer(api_of(self.path), body)))

            def reply(self, status, kind, text):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                for part in re.split(r"(?<=\n\n)", text):
                    time.sleep(gateway.pause)
                    self.wfile.write(part.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def route(self, path, headers, model):
        """The alias of the route that takes the call, or None."""
        carried = {name.lower(): value for name, value in headers.items()}
        for name, table in self.derived.items():
            carried[name.lower()] = table.get(model)
        for route in self.routes:
            inside = path == route["path"] or path.startswith(route["path"] + "/")
            if inside and all(carried.get(n.lower()) == v for n, v in route["headers"].items()):
                return route["alias"]
        return None

    def taken(self):
        """The calls since the last look."""
        calls, self.calls = self.calls, []
        return calls

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def usage(api, body):
    """Cached tokens are a part of the prompt's, or beside them; only a chat has some."""
    beside = api == "chat" and any(m.get("content") == BESIDE for m in (body.get("messages") or [])[:1])
    prompt = PROMPT_TOKENS - CACHED_TOKENS if beside else PROMPT_TOKENS
    told = {"prompt_tokens": prompt, "completion_tokens": COMPLETION_TOKENS, "total_tokens": prompt + COMPLETION_TOKENS}
    return told | ({"prompt_tokens_details": {"cached_tokens": CACHED_TOKENS}} if api == "chat" else {})


def api_of(path):
    """The API of a path: chat, completions, embeddings or responses."""
    tail = path.partition("?")[0].removesuffix("/").rsplit("/", 1)[-1]
    return "chat" if path.endswith("/chat/completions") else tail


def answer(api, body):
    shape = {"id": "1", "created": 1, "model": body.get("model")}
    if api == "embeddings":
        count = len(body["input"]) if isinstance(body.get("input"), list) else 1
        vectors = [{"object": "embedding", "index": i, "embedding": [0.5, 0.25]} for i in range(count)]
        told = {"prompt_tokens": PROMPT_TOKENS, "total_tokens": PROMPT_TOKENS}
        return shape | {"object": "list", "data": vectors, "usage": told}
    if api == "responses":
        return response(body)
    if api == "completions":
        choice = {"index": 0, "finish_reason": "stop", "text": "Hi", "logprobs": None}
        return shape | {"object": "text_completion", "choices": [choice], "usage": usage(api, body)}
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
    return shape | {"object": "chat.completion", "choices": [choice], "usage": usage(api, body)}


def response(body):
    """An answer of the Responses API."""
    text = {"type": "output_text", "text": "Hi", "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    usage = {
        "input_tokens": PROMPT_TOKENS,
        "output_tokens": COMPLETION_TOKENS,
        "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    shape = {"id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": body.get("model")}
    choices = {"tool_choice": "auto", "tools": [], "parallel_tool_calls": True}
    return shape | choices | {"output": [message], "usage": usage}


def stream(api, body):
    if api == "responses":
        return responses_stream(body)
    shape = {"id": "1", "created": 1, "model": body.get("model")}
    if api == "completions":
        shape |= {"object": "text_completion"}
        first = {"index": 0, "text": "Hi", "finish_reason": None, "logprobs": None}
        last = {"index": 0, "text": "", "finish_reason": "stop", "logprobs": None}
    else:
        shape |= {"object": "chat.completion.chunk"}
        first = {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}
        last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    chunks = [shape | {"choices": [first]}, shape | {"choices": [last]}]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(shape | {"choices": [], "usage": usage(api, body)})
    return "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"


def responses_stream(body):
    whole = response(body)
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    delta = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Hi"}
    events = [
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", **delta},
        {"type": "response.completed", "response": whole},
    ]
    numbered = (event | {"sequence_number": i} for i, event in enumerate(events))
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in numbered)

"""A stand-in for the inference gateway on loopback: it routes as a golden tree's objects say, answers in the shape of
an OpenAI server with a fixed usage, and remembers what it was asked."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROMPT_TOKENS, COMPLETION_TOKENS = 1000, 200
CACHED_TOKENS = 600  # of the prompt's
BESIDE = "Beside"  # a question that is answered as agentgateway 1.2.1 puts Anthropic's usage


class Gateway:
    """Derives the headers from the body's model, then matches path and headers, as the tree's objects say."""

    def __init__(self, routes, derived):
        """`routes`: alias, path and headers of each; `derived`: header: {model: value}."""
        self.routes, self.derived, self.calls = routes, derived, []
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
                    }
                )
                if alias is None:
                    self.reply(404, "text/plain", "route not found")
                elif body.get("stream"):
                    self.reply(200, "text/event-stream", stream(body))
                else:
                    self.reply(200, "application/json", json.dumps(completion(body)))

            def reply(self, status, kind, text):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

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


def usage(body):
    """Cached tokens are a part of the prompt's, or beside them."""
    beside = "messages" in body and body["messages"][0]["content"] == BESIDE
    prompt = PROMPT_TOKENS - CACHED_TOKENS if beside else PROMPT_TOKENS
    return {
        "prompt_tokens": prompt,
        "completion_tokens": COMPLETION_TOKENS,
        "total_tokens": prompt + COMPLETION_TOKENS,
        "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
    }


def completion(body):
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}
    shape = {"id": "1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return shape | {"choices": [choice], "usage": usage(body)}


def stream(body):
    shape = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    first = {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": None}
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    chunks = [shape | {"choices": [first]}, shape | {"choices": [last]}]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(shape | {"choices": [], "usage": usage(body)})
    return "".join(f"data: {json.dumps(c)}\n\n" for c in chunks) + "data: [DONE]\n\n"

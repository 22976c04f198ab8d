"""An MCP server on loopback that has a few tools: streamable HTTP under /mcp, the older SSE under /sse."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOOLS = ["echo_message", "fetch", "search"]


def answer(message):
    """The answer to a JSON-RPC request; None to a notification."""
    if "id" not in message:
        return None
    results = {
        "initialize": {
            "protocolVersion": message.get("params", {}).get("protocolVersion", "2025-03-26"),
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "mock", "version": "1"},
        },
        "tools/list": {"tools": [{"name": t, "inputSchema": {"type": "object", "properties": {}}} for t in TOOLS]},
    }
    return {"jsonrpc": "2.0", "id": message["id"], "result": results.get(message["method"], {})}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path != "/sse":
            return self.reply(405, b"")
        session = queue.Queue()
        self.server.sessions.append(session)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self.event("endpoint", f"/messages/{len(self.server.sessions) - 1}")
            while (message := session.get()) is not None:
                self.event("message", json.dumps(message))
        except OSError:
            pass

    def event(self, name, data):
        self.wfile.write(f"event: {name}\ndata: {data}\n\n".encode())
        self.wfile.flush()

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        said = answer(message)
        if self.path.startswith("/messages/"):
            if said:
                self.server.sessions[int(self.path.rsplit("/", 1)[1])].put(said)
            return self.reply(202, b"")
        self.reply(200 if said else 202, json.dumps(said).encode() if said else b"")

    def do_DELETE(self):
        self.reply(200, b"")

    def reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server:
    """Runs while it is entered."""

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.sessions = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def url(self, transport):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{'sse' if transport == 'sse' else 'mcp'}"

    def __exit__(self, *_):
        for session in self.server.sessions:
            session.put(None)
        self.server.shutdown()
        self.server.server_close()

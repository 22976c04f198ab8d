"""Rows of tests/attacks.yaml that the request guard answers for: `cargo test --test attacks` gives them as JSON on stdin, each with
its `calls` and what is `mended`, or a `unit`."""

import json
import sys
import unittest

import test_request_guard
from test_request_guard import EXTERNAL, HI, ask

ASKS = {"completions": {"prompt": "Hello"}, "embeddings": {"input": "Hello"}, "responses": {"input": "Hello"}}


def call(request):
    """The status of an answer, and what reached LiteLLM."""
    path, more = request["path"], request.get("body", {})
    api = path.rsplit("/", 1)[-1] if "chat/" not in path else "chat/completions"
    body = {"model": EXTERNAL, **ASKS.get(api, {"messages": HI}), **more}
    headers = [(name.encode(), value.encode()) for name, value in request.get("headers", {}).items()]
    text = request["text"].encode() if "text" in request else body
    status, _, seen = ask(path, text, request.get("method", "POST"), headers, request.get("query", ""), request.get("kind", "http"))
    return status, seen


class Attacks(unittest.TestCase):
    def test_each(self):
        rows = json.load(sys.stdin)
        self.assertGreater(len(rows), 15)
        for row in rows:
            for request in row.get("calls", []):
                with self.subTest(trick=row["trick"], request=request):
                    self.one(row, request)

    def one(self, row, request):
        status, seen = call(request)
        if "mended" not in row:
            self.assertIn(status, (400, 404, None))  # none: a websocket
            return self.assertIsNone(seen)
        scope, text = seen
        self.assertEqual((status, scope["path"], scope["query_string"]), (200, request["path"], b""))
        for name, value in row["mended"].items():
            self.assertEqual(json.loads(text).get(name), value)

    def test_that_an_honest_call_passes(self):
        for api in ("chat/completions", "completions", "embeddings", "responses", "messages"):
            self.assertEqual(call({"path": f"/v1/{api}"})[0], 200)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        found = unittest.defaultTestLoader.loadTestsFromName(name, test_request_guard)
        if not unittest.TextTestRunner(stream=sys.stderr).run(found).wasSuccessful():
            sys.exit(1)
    unittest.main(argv=sys.argv[:1])

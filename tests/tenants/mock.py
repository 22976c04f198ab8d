"""LiteLLM 1.89.2's admin API as far as the tenants script meets it, in memory: what it takes, what it refuses, and what it takes in
silence. Prints its port; `GET /state` tells all that it holds and every change that was made."""

import hashlib
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

MASTER = "sk-master-of-the-mock-0123"
TEAMS, KEYS, CHANGES = {}, {}, []
NOT_SENT = {"max_budget": None, "budget_duration": None, "rpm_limit": None, "tpm_limit": None, "models": [], "metadata": {}}


class Refused(Exception):
    def __init__(self, code, message):
        self.code, self.message = code, message


def digest(key):
    return hashlib.sha256(key.encode()).hexdigest() if key.startswith("sk-") else key


def enterprise(body):
    for name in ("tags", "guardrails", "policies", "prompts", "model_max_budget"):
        if body.get(name):
            raise Refused(400, f"{name}: You must be a LiteLLM Enterprise user to use this feature")


def unique(alias, token=None):
    if any(k["key_alias"] == alias and t != token for t, k in KEYS.items() if alias):
        raise Refused(400, f"Key with alias '{alias}' already exists")


def team_new(body):
    if body["team_id"] in TEAMS:
        raise Refused(400, f"Team id = {body['team_id']} already exists")
    TEAMS[body["team_id"]] = {**NOT_SENT, "team_alias": None, **body}
    return TEAMS[body["team_id"]]


def team_update(body):
    if body["team_id"] not in TEAMS:
        raise Refused(404, "Team not found")
    TEAMS[body["team_id"]].update(body)
    return {"team_id": body["team_id"]}


def key_generate(body):
    unique(body.get("key_alias"))
    if not body["key"].startswith("sk-"):
        raise Refused(400, "LiteLLM Virtual Key must start with 'sk-'")
    token = digest(body.pop("key"))
    if token in KEYS:  # an upsert without an update
        return {"token": token}
    life = body.pop("duration", None)
    KEYS[token] = {**NOT_SENT, "key_alias": None, "allowed_routes": [], **body, "token": token, "expires": life and f"in {life}"}
    return {"token": token}


def key_update(body):
    token = digest(body.pop("key"))
    if token not in KEYS:
        raise Refused(404, "Key not found in database")
    unique(body.get("key_alias"), token)
    KEYS[token].update(body)
    return {"key": token}


def team_info(query):
    if query["team_id"] not in TEAMS:
        raise Refused(404, {"message": f"Team not found, passed team id: {query['team_id']}."})
    return {"team_id": query["team_id"], "team_info": TEAMS[query["team_id"]], "keys": []}


def key_list(query):
    """An alias is a part of one, in any case; two a page, so that there are pages."""
    found = [k for k in KEYS.values() if query["key_alias"].lower() in (k["key_alias"] or "").lower()]
    page, size = int(query["page"]), min(int(query["size"]), 2)
    pages = -(-len(found) // size)
    return {"keys": found[(page - 1) * size : page * size], "total_count": len(found), "current_page": page, "total_pages": pages}


def key_info(query):
    token = digest(query["key"])
    if token not in KEYS:
        raise Refused(404, "Key not found in database")
    return {"key": query["key"], "info": {k: v for k, v in KEYS[token].items() if k != "token"}}


GETS = {"/team/info": team_info, "/key/list": key_list, "/key/info": key_info}
POSTS = {"/team/new": team_new, "/team/update": team_update, "/key/generate": key_generate, "/key/update": key_update}


class Admin(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/state":
            return self.answer(200, {"teams": TEAMS, "keys": KEYS, "changes": CHANGES})
        self.serve(GETS.get(url.path), {name: values[0] for name, values in parse_qs(url.query).items()})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = urlsplit(self.path).path
        self.serve(POSTS.get(path), body, path)

    def serve(self, function, given, change=None):
        if self.headers["Authorization"] != "Bearer " + MASTER:
            return self.answer(401, {"error": {"message": "Authentication Error"}})
        if function is None:
            return self.answer(404, {"detail": "Nothing here"})
        try:
            enterprise(given)
            if change:
                CHANGES.append([change, given.get("team_id") if "team" in change else given.get("key_alias") or given["key"]])
            self.answer(200, function(dict(given)))
        except Refused as refused:
            if change:
                CHANGES.pop()
            self.answer(refused.code, {"error": {"message": refused.message, "code": str(refused.code)}})

    def answer(self, code, value):
        text = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Admin)
print(server.server_port, flush=True)
server.serve_forever()

"""Brings teams and keys of a LiteLLM to what TENANTS says, by its admin API; made for LiteLLM 1.89.2. Everything is looked at
before anything is changed. What is there and not ours ends the run; what TENANTS does not name stays as it is."""

import getpass
import hashlib
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

WANTED = json.loads(os.environ["TENANTS"])
URL = os.environ.get("LITELLM_URL", "http://localhost:4000").rstrip("/")
MARK = {"managed_by": "gatewright", "platform": WANTED["platform"]}
SECRETS = []


def stop(text):
    for secret in SECRETS:
        text = text.replace(secret, "***")
    sys.exit(text)


def ask(what, answers=[]):
    """From the terminal, or from the file that SEED_INPUT names, a line each."""
    if path := os.environ.get("SEED_INPUT"):
        if not answers:
            answers.extend([open(path)])
        return secret(what, answers[0].readline().rstrip("\n"))
    return secret(what, getpass.getpass(f"{what}: "))


def secret(what, value):
    if not value or any(ord(c) < 33 or ord(c) > 126 for c in value):
        stop(f"{what}: no value was given, or one with spaces or other characters that no key has")
    SECRETS.append(value)
    return value


def call(path, query=None, body=None):
    """The answer, or None where LiteLLM says that what is looked up is not there."""
    url = URL + path + ("?" + urllib.parse.urlencode(query) if query else "")
    headers = {"Authorization": "Bearer " + MASTER, "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read(4000).decode(errors="replace")
        if error.code == 404 and query and "not found" in text.lower():
            return None
        stop(f"{path}: {error.code} {text}")
    except (OSError, ValueError) as error:
        stop(f"{URL}{path}: {error}")


def team_of(fields):
    answer = call("/team/info", {"team_id": fields["team_id"]})
    return answer and answer["team_info"]


def key_of(fields):
    """/key/list takes a part of an alias for it, and is paged."""
    found, page, pages = [], 1, 1
    while page <= pages:
        query = {"key_alias": fields["key_alias"], "return_full_object": "true", "size": 100, "page": page}
        answer = call("/key/list", query)
        found += [key for key in answer["keys"] if key.get("key_alias") == fields["key_alias"]]
        page, pages = page + 1, answer.get("total_pages") or 1
    if len(found) > 1:
        stop(f"key {fields['key_alias']}: there are {len(found)} of this alias; nothing was changed")
    return found[0] if found else None


def ours(what, row):
    metadata = row.get("metadata") or {}
    if any(metadata.get(name) != value for name, value in MARK.items()):
        stop(f"{what}: is there, and not made by gatewright for {MARK['platform']}; nothing was changed")


def differences(fields, row):
    """A key's duration counts from when it is made, and is not kept."""
    plain = lambda value: sorted(value) if isinstance(value, list) else value
    return {k: v for k, v in fields.items() if k != "duration" and plain(row.get(k)) != plain(v)}


def digest(value):
    return hashlib.sha256(value.encode()).hexdigest()


def value_of(what, key, row):
    """The value of a key that is to be made; of one that is there LiteLLM changes none (an enterprise license does)."""
    variable = key["variable"]
    value = os.environ.get(variable) if variable else None
    if row is not None and not value:
        return None
    if variable and not value:
        stop(f"{what}: the variable {variable} has no value; nothing was changed")
    value = secret(what, value) if value else ask(f"value of the {what}")
    if not value.startswith("sk-") or len(value) < 20:
        stop(f"{what}: its value must begin with sk- and have at least 20 characters; nothing was changed")
    if row is not None and row["token"] != digest(value):
        stop(f"{what}: has another value, which LiteLLM does not change; delete it there to have it made anew. Nothing was changed")
    # /key/generate with a value that is there already answers 200 and makes nothing.
    if row is None and call("/key/info", {"key": digest(value)}) is not None:
        stop(f"{what}: another key has this value; nothing was changed")
    return value


def work():
    """What is to be done: a line about it, a path and a body for each."""
    for team in WANTED["teams"]:
        fields, what = team["fields"], "team " + team["fields"]["team_id"]
        row = team_of(fields)
        if row is None:
            yield f"{what}: made", "/team/new", {**fields, "metadata": MARK}
            continue
        ours(what, row)
        yield changed(what, "/team/update", {"team_id": fields["team_id"]}, differences(fields, row), row)
    values = set()
    for key in WANTED["keys"]:
        fields, what = key["fields"], "key " + key["fields"]["key_alias"]
        row = key_of(fields)
        if row is not None:
            ours(what, row)
        value = value_of(what, key, row)
        if value in values:
            stop(f"{what}: another key has this value; nothing was changed")
        if value:
            values.add(value)
        if row is None:
            yield f"{what}: made", "/key/generate", {**fields, "key": value, "metadata": MARK}
        else:
            yield changed(what, "/key/update", {"key": row["token"]}, differences(fields, row), row)


def changed(what, path, which, fields, row):
    if not fields:
        return f"{what}: is as it should be", None, None
    told = "; ".join(f"{name} was {row.get(name)}, is {value}" for name, value in fields.items())
    return f"{what}: {told}", path, {**which, **fields}


MASTER = os.environ.get("LITELLM_MASTER_KEY")
MASTER = secret("LITELLM_MASTER_KEY", MASTER) if MASTER else ask("LiteLLM's master key")
for line, path, body in list(work()):
    if path:
        call(path, body=body)
    print(line, flush=True)

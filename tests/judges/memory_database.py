"""Inside LiteLLM, loaded by its callbacks: tables in memory where its code asks Prisma's client for PostgreSQL. Each write is a line of
the file `writes`: table, what, data, and whether the row is marked as made by gatewright."""

import copy
import datetime
import json

from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy import proxy_server, utils
from pydantic import BaseModel, ConfigDict

KEYS = {"litellm_verificationtoken": "token", "litellm_teamtable": "team_id"}
UNSAID = {"models": [], "spend": 0.0, "metadata": {}, "members": [], "admins": [], "members_with_roles": [], "allowed_routes": [],
          "aliases": {}, "config": {}, "permissions": {}, "model_spend": {}, "model_max_budget": {}, "blocked": False}


class Row(BaseModel):
    """What is not there is null."""

    model_config = ConfigDict(extra="allow", protected_namespaces=())

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            if name.startswith("_"):
                raise
            return None


def takes(row, where):
    def one(name, wanted):
        if name in ("AND", "OR", "NOT"):
            found = [takes(row, other) for other in (wanted if isinstance(wanted, list) else [wanted])]
            return {"AND": all(found), "OR": any(found), "NOT": not any(found)}[name]
        value = row.get(name)
        if not isinstance(wanted, dict):
            return value == wanted
        tests = {"contains": lambda part: part.lower() in (value or "").lower(), "in": lambda all: value in all,
                 "equals": lambda other: value == other, "not": lambda other: value != other, "mode": lambda _: True}
        return all(tests[test](other) for test, other in wanted.items())

    return all(one(name, wanted) for name, wanted in (where or {}).items())


def plain(data):
    """JSON columns come as texts."""

    def value(given):
        if isinstance(given, str) and given[:1] in ("{", "["):
            return json.loads(given)
        return given

    return {name: value(getattr(given, "data", given)) for name, given in data.items()}


class Table:
    def __init__(self, name):
        self.name, self.rows = name, []

    def note(self, what, row, data):
        ours = (row.get("metadata") or {}).get("managed_by") == "gatewright"
        with open("writes", "a") as file:
            file.write(json.dumps({"table": self.name, "what": what, "data": data, "ours": ours}, default=str) + "\n")

    async def find_many(self, where=None, skip=0, take=None, **_):
        found = [row for row in self.rows if takes(row, where)][skip or 0:]
        return [Row(**copy.deepcopy(row)) for row in found[:take]]

    async def find_first(self, where=None, **_):
        return next(iter(await self.find_many(where)), None)

    find_unique = find_first

    async def count(self, where=None, **_):
        return len(await self.find_many(where))

    async def create(self, data, **_):
        now = datetime.datetime.now(datetime.timezone.utc)
        row = {**copy.deepcopy(UNSAID), KEYS.get(self.name, "id"): None, "created_at": now, "updated_at": now} | plain(data)
        self.rows.append(row)
        self.note("create", row, data)
        return Row(**copy.deepcopy(row))

    async def update(self, where, data, **_):
        for row in (row for row in self.rows if takes(row, where)):
            for name, value in plain(data).items():
                push = isinstance(value, dict) and value.get("push")
                row[name] = (row.get(name) or []) + push if push else value
            self.note("update", row, data)
            return Row(**copy.deepcopy(row))

    async def upsert(self, where, data, **_):
        if not await self.find_first(where):
            return await self.create(data["create"])
        return await self.update(where, data["update"]) if data.get("update") else await self.find_first(where)


class Database:
    def __init__(self):
        self.tables = {}

    def __getattr__(self, name):
        return self.tables.setdefault(name, Table(name))

    async def query_raw(self, *_):
        return []

    async def query_first(self, *_):
        return None


client = utils.PrismaClient.__new__(utils.PrismaClient)
client.db, client.proxy_logging_obj = Database(), proxy_server.proxy_logging_obj


class Connected:
    """A start without an address of a database takes the client away."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        proxy_server.prisma_client = client
        await self.app(scope, receive, send)


if proxy_server.app.middleware_stack is None:
    proxy_server.app.add_middleware(Connected)
else:
    proxy_server.app.middleware_stack = Connected(proxy_server.app.middleware_stack)
recorder = CustomLogger()

#!/usr/bin/env python3
"""Patches against a real API server: random partial objects over those of golden trees, and over objects made by chance of
every kind that a pinned release defines, merged here and by server-side apply. The server gets the object by one manager and
each patch by another, which takes what it wants by force; a null of a patch goes as a merge patch. Then, in a fresh object, it
gets what `gatewright render` makes of all. The two must be the same but for who manages what.

KUBECONFIG_JUDGE names a throw-away API server on loopback; of custom resources it is given definitions without validation, under
other groups (`patches_made.py`), so that what is asked is how they merge. ROUNDS is the number of patches for each object
(default 4), SEED makes others, CASES names the golden trees. The merge here is asked for by `cargo test --test patches`, which
reads the file that PATCHES names and writes one with `.laid` at its end; RECORD=FILE keeps every twentieth case that agrees, for
that test.
"""
import base64
import http.client
import json
import os
import random
import re
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from patches_made import SUFFIX, definitions, made, split

HERE = Path(__file__).resolve().parent
GOLDEN = Path(os.environ.get("GOLDEN", HERE / "../../golden"))
KUBECONFIG = os.environ.get("KUBECONFIG_JUDGE")
CASES = os.environ.get("CASES", "full bent model-nodes observability cache edge agentic-contract agentic-agentgateway").split()
ROUNDS = int(os.environ.get("ROUNDS", "4"))
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FRESH = {"containers": {"name": "extra", "image": "example.com/extra:1"}, "initContainers": {"name": "extra", "image": "example.com/extra:1"},
         "env": {"name": "EXTRA", "value": "x"}, "ports": {"containerPort": 9999}, "volumes": {"name": "extra", "emptyDir": {}},
         "listeners": {"name": "extra", "port": 8181, "protocol": "HTTP"}}


class Server:
    """The few requests that this needs, over one connection: kubectl takes seconds for each."""

    def __init__(self, kubeconfig):
        config = yaml.safe_load(Path(kubeconfig).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        self.connection = http.client.HTTPSConnection(cluster["server"].removeprefix("https://"), context=context, timeout=60)
        self.headers = {"Authorization": f"Bearer {user['token']}"}
        self.resources = {}
        self.custom = set()

    def define(self, crds):
        """Brings definitions, and waits until all are served."""
        for crd in crds:
            self.custom.add(crd["spec"]["group"].removesuffix(SUFFIX))
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
            self.ask("PATCH", f"{path}?fieldManager=judge&force=true", crd, "application/apply-patch+yaml")
        for crd in crds:
            path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}"
            for _ in range(100):
                conditions = self.ask("GET", path).get("status", {}).get("conditions", [])
                if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
                    break
                time.sleep(0.2)

    def theirs(self, obj):
        """The object under the group that its kind has here."""
        group, slash, version = obj["apiVersion"].partition("/")
        return {**obj, "apiVersion": f"{group}{SUFFIX}/{version}"} if slash and group in self.custom else obj

    def ask(self, method, path, body=None, kind="application/json"):
        sent = None if body is None else json.dumps(body)
        self.connection.request(method, path, sent, {**self.headers, "Content-Type": kind})
        try:
            answer = self.connection.getresponse()
        except http.client.RemoteDisconnected:
            # The merge takes longer than the server waits on a connection.
            self.connection.close()
            return self.ask(method, path, body, kind)
        read = json.loads(answer.read())
        if answer.status >= 300:
            raise RuntimeError(read.get("message", answer.status))
        return read

    def path(self, obj):
        """Where an object of a kind lies, by the server's own word on the plural."""
        version = obj["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if root not in self.resources:
            self.resources[root] = {r["kind"]: r for r in self.ask("GET", root)["resources"] if "/" not in r["name"]}
        if obj["kind"] not in self.resources[root]:
            raise RuntimeError(f"the server has no {obj['kind']} of {version}")
        resource = self.resources[root][obj["kind"]]
        within = f"/namespaces/{obj['metadata'].get('namespace', 'made')}" if resource["namespaced"] else ""
        return f"{root}{within}/{resource['name']}/{obj['metadata']['name']}"

    def apply(self, obj, manager):
        return self.ask("PATCH", f"{self.path(obj)}?fieldManager={manager}&force=true", obj, "application/apply-patch+yaml")

    def remove(self, obj):
        path = self.path(obj)
        try:
            held = self.ask("GET", path)
            if held["metadata"].get("finalizers"):
                self.ask("PATCH", path, {"metadata": {"finalizers": None}}, "application/merge-patch+json")
            self.ask("DELETE", path, {"gracePeriodSeconds": 0, "propagationPolicy": "Background"})
        except RuntimeError as error:
            if "not found" not in str(error):
                raise


def partial(value, dice, name=""):
    """Some of a value, with other words where that is harmless, and something new."""
    if isinstance(value, dict):
        keys = [key for key in value if dice.random() < 0.5]
        # What a workload selects never changes.
        out = {key: value[key] if key == "selector" else partial(value[key], dice, key) for key in keys}
        if name in ("annotations", "labels", "nodeSelector", "data"):
            out[f"extra-{dice.randrange(9)}"] = "x"
        return out
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        items = [partial_item(item, dice) for item in value if dice.random() < 0.6]
        fresh = FRESH.get(name)
        if fresh and dice.random() < 0.5:
            # The ports of a Service, and of a NetworkPolicy, are others than a container's.
            if name == "ports" and "port" in value[0]:
                fresh = {"name": "extra", "port": 9999} if "name" in value[0] else {"port": 9999}
            items.insert(dice.randrange(len(items) + 1), dict(fresh))
        dice.shuffle(items)
        return items or value
    if isinstance(value, list):
        items = [item for item in value if dice.random() < 0.7] or list(value)
        return items
    return value


def partial_item(item, dice):
    """Whole, but for some fields: what identifies it must stay."""
    return {key: value if not isinstance(value, (dict, list)) or dice.random() < 0.5 else partial(value, dice, key) for key, value in item.items()}


def patch_of(obj, dice):
    patch = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": {"name": obj["metadata"]["name"]}}
    if "namespace" in obj["metadata"]:
        patch["metadata"]["namespace"] = obj["metadata"]["namespace"]
    patch["metadata"]["annotations"] = {f"example.com/extra-{dice.randrange(9)}": "x"}
    if obj["metadata"].get("finalizers") and dice.random() < 0.5:
        patch["metadata"]["finalizers"] = ["example.com/extra", *obj["metadata"]["finalizers"]][: dice.randrange(1, 3)]
    for key in ("spec", "data", "rules"):
        if key in obj and dice.random() < 0.9:
            patch[key] = partial(obj[key], dice, key)
    return patch


def applied(server, obj, *patches):
    """What the server holds after it was given these, without what it adds to every object."""
    obj = server.theirs(obj)
    server.remove(obj)
    try:
        result = server.apply(obj, "judge")
        for number, patch in enumerate(patches):
            laid, nulls = split(server.theirs(patch))
            result = server.apply(laid, f"judge-{number}")
            if nulls:
                result = server.ask("PATCH", server.path(obj), nulls, "application/merge-patch+json")
    finally:
        server.remove(obj)
    for field in ("managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "ownerReferences"):
        result["metadata"].pop(field, None)
    for field in ("clusterIP", "clusterIPs"):
        if isinstance(result.get("spec"), dict):
            result["spec"].pop(field, None)
    result.pop("status", None)
    # A Job's pods carry the uid that the server gave it.
    return json.loads(UID.sub("uid", json.dumps(result)))


def rendered():
    """The objects of the golden trees, each once."""
    seen = {}
    for case in CASES:
        for path in sorted((GOLDEN / case / "rendered").rglob("*.yaml")):
            if path.name not in ("groups.yaml", "claims.yaml") and "/charts/" not in str(path) and "/bootstrap/" not in str(path):
                obj = yaml.safe_load(path.read_text())
                if obj["kind"] not in ("Namespace", "CustomResourceDefinition"):
                    seen.setdefault(json.dumps(obj, sort_keys=True), obj)
    return list(seen.values())


def main():
    if not KUBECONFIG:
        print("skipped: patches: KUBECONFIG_JUDGE names no kubeconfig")
        return 0
    dice = random.Random(int(os.environ.get("SEED", "1")))
    server, objects = Server(KUBECONFIG), rendered()
    crds, kinds = definitions(HERE / "../../schemas/crds")
    server.define(crds)
    for namespace in sorted({o["metadata"].get("namespace") for o in objects} - {None} | {"made"}):
        server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, "judge")
    asked = [("rendered", [{"object": obj, "patch": patch_of(obj, dice)} for _ in range(ROUNDS) for obj in objects]),
             ("made", [case for _ in range(ROUNDS) for case in made(kinds, dice)])]
    failed = [name for name, cases in asked if judged(server, name, cases)]
    return bool(failed)


def judged(server, name, cases):
    """Holds our merge of these cases against the server's, and says what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "cases.jsonl"
        given.write_text("".join(json.dumps(case) + "\n" for case in cases))
        command = ["cargo", "test", "--locked", "--quiet", "--test", "patches", "asked_by_the_judge"]
        done = subprocess.run(command, cwd=HERE / "../..", env={**os.environ, "PATCHES": str(given)}, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"FAIL patches {name}: {done.stdout[:2500]}{done.stderr[-2000:]}")
            return True
        laid = [json.loads(line) for line in Path(f"{given}.laid").read_text().splitlines()]
    same, different, refused, kept = 0, [], 0, []
    for case, ours in zip(cases, laid, strict=True):
        try:
            theirs = applied(server, case["object"], case["patch"], *case.get("further", []))
            mine = applied(server, ours)
        except RuntimeError as error:
            refused += 1
            if os.environ.get("VERBOSE"):
                print(f"    {case['object']['kind']}: {error}")
            continue
        if mine == theirs:
            same += 1
            if same % 20 == 0:
                kept.append(json.dumps({**case, "result": ours}, separators=(",", ":")) + "\n")
        else:
            different.append(f"{json.dumps(case)}\n  ours   {json.dumps(mine, sort_keys=True)}\n  theirs {json.dumps(theirs, sort_keys=True)}")
    if os.environ.get("RECORD"):
        with Path(os.environ["RECORD"]).open("a") as file:
            file.write("".join(kept))
    for text in different[:5]:
        print("    " + text.replace("\n", "\n    "))
    verdict = "FAIL" if different or not same else "ok"
    print(f"{verdict} patches {name} ({same} the same, {len(different)} others, {refused} that the server refuses)")
    return verdict == "FAIL"


sys.exit(main())

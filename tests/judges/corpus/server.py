"""Asks a real API server for its verdict on an object; nothing is kept but the namespaces it needs."""

import base64
import http.client
import json
import re
import ssl
import threading
from urllib.parse import quote

import yaml

WET = "fieldValidation=Strict&fieldManager=corpus"
DRY = "dryRun=All&" + WET
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Server:
    """Connections (one a thread) to the API server of a kubeconfig with a token."""

    def __init__(self, kubeconfig):
        with open(kubeconfig, encoding="utf-8") as file:
            config = yaml.safe_load(file)
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        self.host = cluster["server"].split("//")[1]
        self.token = config["users"][0]["user"]["token"]
        self.context = ssl.create_default_context(cadata=authority)
        self.local = threading.local()
        self.lock = threading.Lock()
        self.resources = {}  # (apiVersion, kind) -> (plural, namespaced)
        self.namespaces = {n["metadata"]["name"] for n in self.send("GET", "/api/v1/namespaces")[1]["items"]}
        self.discover()

    def send(self, method, path, body=None, content="application/json"):
        """One request; (HTTP status, answer). A dropped connection is opened again once."""
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content, "Accept": "application/json"}
        for last in (False, True):
            if not hasattr(self.local, "connection"):
                self.local.connection = http.client.HTTPSConnection(self.host, context=self.context, timeout=60)
            try:
                self.local.connection.request(method, path, data, headers)
                answer = self.local.connection.getresponse()
                return answer.status, json.loads(answer.read() or b"{}")
            except (http.client.HTTPException, OSError):
                del self.local.connection
                if last:
                    raise

    def discover(self):
        """Learns which kinds are served, by which name, in which scope."""
        versions = [("/api/v1", "v1")]
        for group in self.send("GET", "/apis")[1]["groups"]:
            versions += [(f"/apis/{v['groupVersion']}", v["groupVersion"]) for v in group["versions"]]
        for path, version in versions:
            for resource in self.send("GET", path)[1].get("resources", []):
                if "/" not in resource["name"] and "create" in resource["verbs"]:
                    self.resources[version, resource["kind"]] = (resource["name"], resource["namespaced"])

    def path(self, value):
        """The collection an object belongs to, as kubectl finds it; None where it finds none."""
        version, kind = value.get("apiVersion"), value.get("kind")
        found = self.resources.get((version, kind)) if isinstance(version, str) and isinstance(kind, str) else None
        if found is None:
            return None
        plural, namespaced = found
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        if not namespaced:
            return f"{root}/{plural}"
        metadata = value.get("metadata")
        namespace = metadata.get("namespace") if isinstance(metadata, dict) else None
        namespace = namespace if isinstance(namespace, str) and namespace else "default"
        self.need_namespace(namespace)
        return f"{root}/namespaces/{quote(namespace, safe='')}/{plural}"

    def need_namespace(self, name):
        with self.lock:
            if name in self.namespaces or len(name) > 63 or not LABEL.fullmatch(name):
                return
            self.namespaces.add(name)
        self.send("POST", "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    def create(self, value):
        """The verdict on creating the object: (accepted, message, causes)."""
        path = self.path(value)
        if path is None:
            return False, f"no matches for kind {value.get('kind')!r} in version {value.get('apiVersion')!r}", []
        return verdict(*self.send("POST", path + f"?{DRY}", value))

    def apply(self, value, dry=True):
        """The verdict on a server-side apply of the object; None where an apply cannot be sent for want of a name."""
        path = self.named(value)
        if path is None:
            return None, "", []
        return verdict(
            *self.send("PATCH", f"{path}?{DRY if dry else WET}&force=true", value, "application/apply-patch+yaml")
        )

    def replace(self, value):
        """The verdict on an update of the object that is there; None where none is."""
        path = self.named(value)
        status, there = self.send("GET", path) if path else (404, {})
        if status != 200:
            return None, "", []
        metadata = dict(value["metadata"], resourceVersion=there["metadata"]["resourceVersion"])
        return verdict(*self.send("PUT", f"{path}?{DRY}", dict(value, metadata=metadata)))

    def delete(self, value):
        self.send("DELETE", self.named(value))

    def named(self, value):
        """The address of an object; None where it has no name or its kind no collection."""
        path, metadata = self.path(value), value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        return f"{path}/{quote(name, safe='')}" if path and isinstance(name, str) and name else None

    def schemas(self, version):
        """The OpenAPI v3 schemas of an apiVersion."""
        root = f"apis/{version}" if "/" in version else f"api/{version}"
        return self.send("GET", f"/openapi/v3/{root}")[1]["components"]["schemas"]


def verdict(status, answer):
    if status < 300:
        return True, "", []
    causes = answer.get("details", {}).get("causes", [])
    return False, f"{status} {answer.get('message', '')}", [(c.get("field", ""), c.get("message", "")) for c in causes]

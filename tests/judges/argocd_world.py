"""A cluster with Argo CD on loopback: an API server of its own, Argo CD's controller and repository server, the host that
they fetch from, and stand-ins for the controllers of what is delivered. None outlives the judge."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import argocd_host

ARGOCD = "argocd"
# Charts and repositories of others whose definitions the cluster must know: folder below ../shared/crds.
DEFINITIONS = {
    "agentgateway-crds": "agentgateway",
    "cloudnative-pg": "cnpg",
    "external-secrets": "eso",
    "keda": "keda",
    "gateway-api": "gateway-api",
    "gateway-api-inference-extension": "gie",
}
# Neither made by the delivery nor of any interest to it.
PASSING = {"events", "leases", "endpoints", "endpointslices", "componentstatuses", "apiservices", "controllerrevisions", "ipaddresses"}


# The server's own: its address and its authority.
SERVERS = {"/Service default/kubernetes", "/ConfigMap kube-system/extension-apiserver-authentication"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def definitions(crds, name, kinds):
    """The files that define these kinds. Not all that there are: Argo CD reads the whole API anew for each, for seconds."""
    files = crds.joinpath(DEFINITIONS.get(name, "none")).rglob("*.yaml")
    wanted = re.compile(rf"^    kind: ({'|'.join(sorted(kinds))})$", re.M)
    return sorted(f for f in files if "experimental" not in f.parts and wanted.search(f.read_text()))


class Git:
    """The repository of the platform: a bare one that the host serves, and a clone to commit in."""

    def __init__(self, repositories, url, scratch):
        self.bare = repositories / (url.removeprefix("https://").removesuffix(".git") + ".git")
        self.clone = scratch / "clone"
        self.bare.mkdir(parents=True)
        self.run("init", "--bare", "--initial-branch=main", str(self.bare), cwd=scratch)
        self.run("clone", str(self.bare), str(self.clone), cwd=scratch)

    @staticmethod
    def run(*args, cwd):
        names = ["-c", "user.name=judge", "-c", "user.email=judge@localhost"]
        done = subprocess.run(["git", *names, *args], cwd=cwd, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, what):
        self.run("add", "--all", cwd=self.clone)
        self.run("commit", "--allow-empty", "-m", what, cwd=self.clone)
        self.run("push", "origin", "HEAD:main", cwd=self.clone)
        return self.run("rev-parse", "HEAD", cwd=self.clone)


def other_repository(repositories, url, revision, path, files, scratch):
    """A repository of somebody else, with some files at a tag."""
    git = Git(repositories, url, scratch)
    folder = git.clone / path
    folder.mkdir(parents=True)
    for file in files:
        (folder / file.name).write_text(file.read_text())
    git.commit("all")
    git.run("tag", revision, cwd=git.clone)
    git.run("push", "origin", revision, cwd=git.clone)


class Api:
    """The API server, by a `kubectl proxy`."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def call(self, method, path, body=None, kind="application/json"):
        request = urllib.request.Request(self.base + path, method=method, headers={"Content-Type": kind})
        request.data = None if body is None else json.dumps(body).encode()
        try:
            with self.open(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (404, 409, 429):  # the last: definitions that are just being taken in
                return None
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:500]}") from None

    def list(self, path):
        return (self.call("GET", path) or {}).get("items", [])

    def merge(self, path, body):
        return self.call("PATCH", path, body, "application/merge-patch+json")

    def kinds(self):
        """(path of the list, kind, namespaced) of everything that can be listed, one version of each."""
        groups = [("/api/v1", "v1")]
        groups += [(f"/apis/{g['preferredVersion']['groupVersion']}", g["name"]) for g in self.call("GET", "/apis")["groups"]]
        for base, _ in groups:
            for kind in (self.call("GET", base) or {}).get("resources", []):
                if "/" not in kind["name"] and "list" in kind["verbs"]:
                    yield f"{base}/{kind['name']}", kind

    def objects(self):
        """Everything there is, by kind, namespace and name, without what differs from one cluster to the next."""
        found = {}
        for path, kind in self.kinds():
            if kind["name"] in PASSING:
                continue
            group = path.split("/")[2] if path.startswith("/apis/") else ""
            for item in self.list(path):
                meta = item["metadata"]
                key = f"{group}/{kind['kind']} {meta.get('namespace', '')}/{meta['name']}".replace(" /", " ")
                if key not in SERVERS:
                    found[key] = plain(item)
        return found


def plain(item):
    item = {k: v for k, v in item.items() if k not in ("status", "operation", "apiVersion", "kind")}
    passing = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
    meta = {k: v for k, v in item["metadata"].items() if k not in passing}
    for owner in meta.get("ownerReferences", []):
        owner.pop("uid")
    notes = meta.get("annotations", {})
    notes.pop("argocd.argoproj.io/refresh", None)
    item["metadata"] = meta
    text = json.dumps(item, sort_keys=True)
    # Handed out by the server: addresses, and the labels of the pods of a Job.
    text = re.sub(r'"(batch.kubernetes.io/)?controller-uid": "[^"]*"', '"controller-uid": ""', text)
    text = re.sub(r'"clusterIP": "10[^"]*"', '"clusterIP": ""', text)
    return json.loads(re.sub(r'"clusterIPs": \["10[^"]*"\]', '"clusterIPs": []', text))


def condition(kind, **more):
    return {"type": kind, "status": "True", "reason": "Judged", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"} | more


def deployment(item):
    n = item["spec"].get("replicas", 1)
    return {
        "observedGeneration": item["metadata"]["generation"], "replicas": n, "updatedReplicas": n,
        "readyReplicas": n, "availableReplicas": n,
        "conditions": [condition("Available"), condition("Progressing", reason="NewReplicaSetAvailable")],
    }


def job(_):
    when = "2026-01-01T00:00:00Z"
    done = [condition("SuccessCriteriaMet"), condition("Complete")]
    return {"startTime": when, "completionTime": when, "succeeded": 1, "uncountedTerminatedPods": {}, "conditions": done}


def route(item):
    seen = {"observedGeneration": item["metadata"]["generation"]}
    parents = item["spec"].get("parentRefs", [])
    said = [condition("Accepted", **seen), condition("ResolvedRefs", **seen)]
    return {"parents": [{"parentRef": p, "controllerName": "judge.example/gateway", "conditions": said} for p in parents]}


def ready(_):
    return {"conditions": [condition("Ready")]}


# What the controllers of these kinds would say once all is well.
STATUS = {
    "/apis/apps/v1/deployments": deployment,
    "/apis/batch/v1/jobs": job,
    "/apis/policy/v1/poddisruptionbudgets": lambda _: {"conditions": [condition("DisruptionAllowed")]},
    "/api/v1/persistentvolumeclaims": lambda _: {"phase": "Bound"},
    "/apis/postgresql.cnpg.io/v1/clusters": lambda _: {"phase": "Cluster in healthy state", "conditions": [condition("Ready")]},
    "/apis/external-secrets.io/v1/externalsecrets": ready,
    "/apis/external-secrets.io/v1/clustersecretstores": ready,
    "/apis/keda.sh/v1alpha1/scaledobjects": ready,
    "/apis/gateway.networking.k8s.io/v1/gateways": lambda _: {"conditions": [condition("Accepted"), condition("Programmed")]},
    "/apis/gateway.networking.k8s.io/v1/httproutes": route,
}


class StandIns:
    """The controllers of the delivered kinds: each object is well seconds after it came, and each ExternalSecret has its Secret."""

    def __init__(self, api):
        self.api, self.done, self.failure = api, threading.Event(), None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while not self.done.wait(2):
            try:
                for path, status in STATUS.items():
                    for item in self.api.list(path):
                        self.tend(path, item, status(item))
            except OSError:
                pass  # the server ends before this does
            except Exception as failure:  # told by the judge, which waits elsewhere
                self.failure = failure

    def tend(self, path, item, status):
        meta = item["metadata"]
        base, kind = path.rsplit("/", 1)
        place = f"{base}/namespaces/{meta['namespace']}/{kind}/{meta['name']}" if "namespace" in meta else f"{path}/{meta['name']}"
        if "deletionTimestamp" in meta:
            rest = [f for f in meta.get("finalizers", []) if f != "kubernetes.io/pvc-protection"]
            if kind == "persistentvolumeclaims" and rest != meta.get("finalizers", []):
                self.api.merge(place, {"metadata": {"finalizers": rest}})
            return
        now = item.get("status") or {}
        if any(now.get(key) != value for key, value in status.items()):
            self.api.merge(f"{place}/status", {"status": status})
        if kind == "externalsecrets":
            self.secret(item)

    def secret(self, item):
        meta, target = item["metadata"], item["spec"].get("target", {})
        name, owner = target.get("name", meta["name"]), target.get("creationPolicy", "Owner") == "Owner"
        place = f"/api/v1/namespaces/{meta['namespace']}/secrets"
        if self.api.call("GET", f"{place}/{name}") is not None:
            return
        reference = {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": meta["name"], "uid": meta["uid"],
                     "controller": True, "blockOwnerDeletion": True}
        made = {"name": name, "ownerReferences": [reference] if owner else []}
        keys = {entry["secretKey"]: base64.b64encode(b"judged").decode() for entry in item["spec"].get("data", [])}
        self.api.call("POST", place, {"apiVersion": "v1", "kind": "Secret", "metadata": made, "data": keys})


class World:
    """One cluster from nothing. `tools`: paths of the programs; `resync`: seconds until Argo CD looks at git by itself."""

    def __init__(self, scratch, tools, shelf, resync=60):
        self.scratch, self.tools, self.started = scratch, tools, []
        scratch.mkdir()
        port = free_port()
        self.server = {
            "JUDGE_DIR": str(scratch / "server"), "JUDGE_PORT": str(port), "JUDGE_ETCD_PORT": str(free_port()),
            "KUBECONFIG_OUT": str(scratch / "kubeconfig"),
        }
        (scratch / "server").mkdir()
        try:
            self.begin(resync, shelf)
        except BaseException:
            self.end()
            raise

    def begin(self, resync, shelf):
        tools = self.tools
        subprocess.run([tools.server / "up.sh"], env=os.environ | self.server, check=True, capture_output=True, timeout=120)
        proxy = free_port()
        self.start("kubectl-proxy", [tools.kubectl, "proxy", f"--port={proxy}"], {})
        self.api = Api(proxy)
        self.until(60, lambda: self.ready(self.api), "kubectl proxy")
        self.install(resync, shelf)
        self.stand_ins = StandIns(self.api)

    @staticmethod
    def ready(api):
        try:
            return api.call("GET", "/api") is not None
        except OSError:
            return False

    def environment(self, more):
        home = self.scratch / "home"
        home.mkdir(exist_ok=True)
        kubeconfig = str(self.scratch / "kubeconfig")
        path = f"{self.tools.folder}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(home), "TMPDIR": str(home), "KUBECONFIG": kubeconfig} | more

    def start(self, name, command, more):
        with (self.scratch / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [str(part) for part in command], env=self.environment(more), cwd=self.scratch,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )
        self.started.append((name, process))

    def kubectl(self, *args, check=True):
        done = subprocess.run(
            [str(self.tools.kubectl), *args], env=self.environment({}), cwd=self.scratch,
            capture_output=True, text=True, timeout=300, check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"kubectl {' '.join(args)}: {done.stderr}")
        return done.stdout

    def install(self, resync, shelf):
        """Argo CD by its own manifests; its programs run here, not in pods."""
        for namespace in (ARGOCD, "kube-system"):
            if self.api.call("GET", f"/api/v1/namespaces/{namespace}") is None:
                self.kubectl("create", "namespace", namespace)
        self.install_manifests()
        self.until(60, lambda: self.api.call("GET", "/apis/argoproj.io/v1alpha1/applications") is not None, "Argo CD's definitions")
        cache, repository = free_port(), free_port()
        program, home = self.tools.argocd, self.scratch
        (home / "cmp").mkdir()
        folders = {f"ARGOCD_{name}_DATA_PATH": str(home / name.lower()) for name in ("TLS", "SSH", "GPG")}
        fake = folders | {"ARGOCD_FAKE_IN_CLUSTER": "true", "ARGOCD_GPG_ENABLED": "false"}
        self.start("cache", [program, "cache", f"127.0.0.1:{cache}"], {})
        self.start("collector", [program, "collector", self.scratch / "kubeconfig"], {})
        self.start(
            "repo-server",
            [program, "repo-server", "--address=127.0.0.1", f"--port={repository}", "--metrics-address=127.0.0.1",
             f"--metrics-port={free_port()}", f"--redis=127.0.0.1:{cache}", "--disable-tls", "--revision-cache-expiration=5s"],
            fake | shelf.environment() | {
                "ARGOCD_PLUGINSOCKFILEPATH": str(home / "cmp"), "ARGOCD_ASK_PASS_SOCK": str(home / "ask"),
            },
        )
        self.start(
            "application-controller",
            [program, "application-controller", f"--namespace={ARGOCD}", f"--redis=127.0.0.1:{cache}",
             f"--repo-server=127.0.0.1:{repository}", "--repo-server-plaintext", f"--app-resync={resync}", "--app-resync-jitter=0",
             "--repo-error-grace-period-seconds=10",
             "--metrics-port", free_port(), f"--kubeconfig={self.scratch / 'kubeconfig'}"],
            fake,
        )

    def install_manifests(self):
        manifests = self.tools.source / "manifests/install.yaml"
        self.kubectl("apply", "--server-side", "--force-conflicts", "-n", ARGOCD, "-f", str(manifests))

    def alive(self):
        for name, process in self.started:
            if process.poll() is not None:
                tail = (self.scratch / f"{name}.log").read_text()[-2000:]
                raise RuntimeError(f"{name} ended with {process.returncode}: {tail}")
        if self.stand_ins_failed():
            raise self.stand_ins.failure

    def stand_ins_failed(self):
        return getattr(self, "stand_ins", None) and self.stand_ins.failure

    def until(self, seconds, holds, what, describe=lambda: ""):
        """Seconds that it took."""
        start = time.monotonic()
        while not holds():
            self.alive()
            if time.monotonic() - start > seconds:
                raise TimeoutError(f"{what}: not within {seconds} s {describe()}")
            time.sleep(0.5)
        return time.monotonic() - start

    def end(self):
        if hasattr(self, "stand_ins"):
            self.stand_ins.done.set()
        for _, process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for _, process in self.started:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        subprocess.run([self.tools.server / "down.sh", "--wipe"], env=os.environ | self.server, check=False, capture_output=True)

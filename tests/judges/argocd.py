"""The delivery on Argo CD itself: its application controller and repository server on an API server of their own, the
platform in a git repository, charts of the same names and versions as those of the tree. What is judged: the README's way
from nothing to the first sync, the order of the waves, argocd-cm, features off and on again, and that a fix in git arrives.
No pod runs: stand-ins say that workloads are well, so nothing is said here of the workloads themselves."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import argocd_host
import argocd_world
import trees
from argocd_world import ARGOCD, World

JUDGE = "argocd"
VERSION = "3.4.6"
HELM = "v3.19.4"
APPLICATIONS = f"/apis/argoproj.io/v1alpha1/namespaces/{ARGOCD}/applications"
CM = f"/api/v1/namespaces/{ARGOCD}/configmaps/argocd-cm"
KEY = "resource.customizations.health.argoproj.io_Application"
FLAGS = ("autoscaling", "egress", "identity", "mcp", "tracing")
SETTLES = 900  # seconds; a busy machine needs its time
README = (trees.HERE / "../../README.md").read_text()


def tools():
    """The programs, built where they are not: Argo CD from its source, Helm as a module. The API server comes from `JUDGE_SERVER`."""
    server = Path(os.environ.get("JUDGE_SERVER", trees.HERE / "../../../shared/judge")).resolve()
    folder = Path(os.environ.get("ARGOCD_JUDGE", Path.home() / ".cache/gatewright-argocd")) / VERSION
    gatewright = os.environ.get("GATEWRIGHT") or shutil.which("gatewright")
    for program in ("go", "git", "openssl"):
        if not shutil.which(program):
            trees.skip(JUDGE, f"no {program} on PATH")
    kubectl = os.environ.get("KUBECTL", server / "bin/kubectl")
    for program in (server / "bin/kube-apiserver", server / "bin/etcd", kubectl):
        if not shutil.which(program):
            trees.skip(JUDGE, f"no {program} (set JUDGE_SERVER, KUBECTL)")
    if not gatewright:
        trees.skip(JUDGE, "no gatewright on PATH (set GATEWRIGHT)")
    source, argocd = folder / "source", folder / "argocd"
    build = os.environ | {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -p=2", "GOBIN": str(folder)}

    def run(*command, cwd=folder):
        done = subprocess.run(["nice", *command], cwd=cwd, env=build, capture_output=True, text=True, check=False)
        if done.returncode:
            trees.report(JUDGE, "build", [f"{' '.join(map(str, command))}\n{done.stderr[-2000:]}"])
            sys.exit(1)

    folder.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        origin = os.environ.get("ARGOCD_SOURCE", "https://github.com/argoproj/argo-cd")
        run("git", "clone", "--quiet", "--depth=1", f"--branch=v{VERSION}", origin, "source.part")
        (folder / "source.part").rename(source)
    main = source / "cmd/judge/main.go"
    ours = (trees.HERE / "argocd/main.go").read_text()
    if not main.exists() or main.read_text() != ours or not argocd.exists():
        main.parent.mkdir(exist_ok=True)
        main.write_text(ours)
        run("go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(argocd), "./cmd/judge", cwd=source)
    if not (folder / "helm").exists():
        run("go", "install", f"helm.sh/helm/v3/cmd/helm@{HELM}")
    crds = Path(os.environ.get("CRDS", server.parent / "crds"))
    return SimpleNamespace(
        folder=folder, source=source, argocd=argocd, server=server, kubectl=kubectl,
        gatewright=str(Path(gatewright).resolve()), crds=crds,
    )


def applications_in(folder):
    import yaml

    for file in sorted(folder.glob("application-*.yaml")):
        yield yaml.safe_load(file.read_text())


class Delivery:
    """One platform in git, and the cluster that it is delivered to."""

    def __init__(self, scratch, tools, features):
        import yaml

        self.scratch, self.tools, self.features, self.yaml = scratch, tools, features, yaml
        scratch.mkdir()
        self.name = features["platform"]["name"]
        repositories = scratch / "repositories"
        url = features["platform"]["argocd"]["repoURL"]
        self.git = argocd_world.Git(repositories, url, scratch)
        self.tree = self.git.clone / "rendered" / self.name
        self.shelf = argocd_host.Shelf(repositories)
        self.render(features)
        self.stock(url, repositories)
        self.commit = self.git.commit("the platform")
        self.world = World(scratch / "world", tools, argocd_host.Host(self.shelf, scratch))
        self.api = self.world.api

    def stock(self, url, repositories):
        """Every chart and repository of others that this tree, with all flags on, asks for."""
        wanted = self.features | {"features": dict.fromkeys(FLAGS, True)}
        other = self.scratch / "everything"
        other.mkdir()
        (other / "features.yaml").write_text(self.yaml.safe_dump(wanted))
        subprocess.run([self.tools.gatewright, "-C", other, "render"], check=True, capture_output=True)
        tree = other / "rendered" / self.name
        kinds = {kind for file in trees.yaml_files(tree) for kind in re.findall(r"^kind: (\w+)$", file.read_text(), re.M)}
        for application in applications_in(tree / "argocd"):
            spec = application["spec"]
            source = spec.get("source") or spec["sources"][0]
            repo, revision = source["repoURL"], source["targetRevision"]
            files = argocd_world.definitions(self.tools.crds, source.get("chart") or repo.rsplit("/", 1)[1], kinds)
            if source.get("chart") == "external-secrets":
                broken = argocd_host.chart(source["chart"], argocd_host.BROKEN, files)
                self.shelf.add_chart(repo, source["chart"], argocd_host.BROKEN, broken)
            if "chart" in source:
                self.shelf.add_chart(repo, source["chart"], revision, argocd_host.chart(source["chart"], revision, files))
            elif repo != url:
                scratch = self.scratch / repo.rsplit("/", 1)[1]
                scratch.mkdir()
                argocd_world.other_repository(repositories, repo, revision, source["path"], files, scratch)

    def render(self, features):
        clone = self.git.clone
        shutil.rmtree(clone / "rendered", ignore_errors=True)
        (clone / "features.yaml").write_text(self.yaml.safe_dump(features))
        done = subprocess.run([self.tools.gatewright, "-C", clone, "render"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"render: {done.stderr}")

    def push(self, what):
        """A commit, and what Argo CD does when it hears of one."""
        self.commit = self.git.commit(what)
        for name in self.applications():
            self.api.merge(f"{APPLICATIONS}/{name}", {"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}})

    def flags(self, on):
        self.render(self.features | {"features": dict.fromkeys(FLAGS, on)})
        self.push(f"flags {on}")
        return self.settle()

    def bootstrap(self):
        """The README's two commands, as they stand there."""
        for command in re.findall(r"^kubectl (?:patch configmap argocd-cm|apply --server-side -f rendered/).*$", README, re.M):
            self.run(command)

    def patch(self):
        self.run(re.search(r"^kubectl patch configmap argocd-cm .*$", README, re.M)[0])

    def run(self, command):
        words = command.replace("ai-dev", self.name).split()[1:]
        done = subprocess.run(
            [str(self.tools.kubectl), *words], cwd=self.git.clone, env=self.world.environment({}),
            capture_output=True, text=True, check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")

    def applications(self):
        return {item["metadata"]["name"]: item for item in self.api.list(APPLICATIONS)}

    def application(self, name):
        return self.applications()[f"{self.name}-{name}"]

    def unsettled(self):
        """Lines about what is not yet as git says."""
        expected = {self.name} | {a["metadata"]["name"] for a in applications_in(self.tree / "argocd")}
        found = self.applications()
        lines = [f"{name}: {'is missing' if name in expected else 'is still there'}" for name in sorted(expected ^ set(found))]
        for name, item in sorted(found.items()):
            status = item.get("status", {})
            sync, health = status.get("sync", {}), status.get("health", {}).get("status")
            revisions = sync.get("revisions") or [sync.get("revision")]
            ours = any("git.example.com" in s["repoURL"] for s in item["spec"].get("sources") or [item["spec"]["source"]])
            state = status.get("operationState", {})
            if sync.get("status") != "Synced" or health != "Healthy" or (ours and self.commit not in revisions):
                said = [c["type"] + ": " + c["message"][:300] for c in status.get("conditions", [])]
                lines.append(f"{name}: {sync.get('status')}, {health}, {state.get('phase')}: {state.get('message', '')[:300]} {said}")
        return lines

    def settle(self, watch=lambda: True):
        def settled():
            watch()
            return not self.unsettled()

        return self.world.until(SETTLES, settled, "all Applications synced and healthy", lambda: "\n" + "\n".join(self.unsettled()))

    def end(self):
        self.world.end()


def differences(before, after):
    lines = [f"is gone: {key}" for key in sorted(before.keys() - after.keys())]
    lines += [f"is new: {key}" for key in sorted(after.keys() - before.keys())]
    for key in sorted(before.keys() & after.keys()):
        if before[key] != after[key]:
            lines.append(f"differs: {key}: {first_difference(before[key], after[key])}")
    return lines


def first_difference(one, other, path=""):
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if one.get(key) != other.get(key):
                return first_difference(one.get(key), other.get(key), f"{path}/{key}")
    return f"{path} {str(one)[:120]} / {str(other)[:120]}"


# Each step of a delivery: a name, and what it yields: problems, one a line.


def installed_in_order(delivery):
    """From nothing by the README, in the order of the waves, and without a wait for a resync."""
    before = delivery.api.call("GET", CM).get("data", {})
    delivery.bootstrap()
    after = delivery.api.call("GET", CM)["data"]
    problems = [f"argocd-cm lost or changed {key}" for key, value in before.items() if after.get(key) != value]
    well, invalid, early = set(), set(), set()

    def watch():
        found = delivery.applications()
        wave = {n: int(a["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", -100)) for n, a in found.items()}
        for name, item in found.items():
            status = item.get("status", {})
            if status.get("health", {}).get("status") == "Healthy" and status.get("sync", {}).get("status") == "Synced":
                well.add(name)
            invalid.update(f"{name}: {c['message']}" for c in status.get("conditions", []) if c["type"] == "InvalidSpecError")
        del wave[delivery.name]
        for name in wave:
            early.update(f"{name} came before {n} was well" for n in wave if wave[n] < wave[name] and n not in well)

    took = delivery.settle(watch)
    return problems + sorted(invalid) + sorted(early), f"{len(well)} Applications in {took:.0f} s"


def values_arrive(delivery):
    """Each chart has rendered the values that lie beside its Application in git."""
    problems, charts = [], 0

    def read(text):
        # Helm writes 1e-07, which PyYAML takes for text.
        return delivery.yaml.safe_load(re.sub(r"(?m): (\d+)e(-?\d+)$", r": \1.0e\2", text))

    for application in applications_in(delivery.tree / "argocd"):
        source = (application["spec"].get("sources") or [{}])[0]
        if "chart" not in source:
            continue
        charts += 1
        file = delivery.git.clone / source["helm"]["valueFiles"][0].removeprefix("$values/")
        place = f"/api/v1/namespaces/{application['spec']['destination']['namespace']}/configmaps"
        shown = delivery.api.call("GET", f"{place}/{source['helm']['releaseName']}-values")
        if shown is None or read(shown["data"]["values"]) != read(file.read_text()):
            problems.append(f"{source['chart']}: the values of {file.name} did not arrive: {shown and shown['data']}")
    return problems, f"{charts} charts"


def cm_is_watched(delivery):
    """The Application that looks at argocd-cm: out of sync when the key is gone, touches nothing, in sync after a patch."""
    name = f"{delivery.name}-argocd-cm"

    def status():
        return delivery.applications()[name]["status"]["sync"]["status"]

    problems = []
    before = delivery.api.call("GET", CM)["data"]
    delivery.api.merge(CM, {"data": {KEY: None}})
    told = delivery.world.until(120, lambda: status() == "OutOfSync", f"{name} tells of the key that is gone")
    delivery.world.until(60, lambda: True, "")
    if KEY in delivery.api.call("GET", CM)["data"]:
        problems.append("the key came back by itself")
    delivery.patch()
    delivery.world.until(120, lambda: status() == "Synced", f"{name} sees the patch")
    if delivery.api.call("GET", CM)["data"] != before:
        problems.append("argocd-cm is not as it was")
    # Somebody syncs it all the same.
    delivery.api.merge(CM, {"data": {KEY: None}})
    delivery.world.until(120, lambda: status() == "OutOfSync", f"{name} tells again")
    delivery.api.merge(f"{APPLICATIONS}/{name}", {"operation": {"sync": {"syncStrategy": {"hook": {}}}}})
    delivery.world.until(120, lambda: status() == "Synced", f"{name} synced by hand")
    after = delivery.api.call("GET", CM)["data"]
    problems += [f"a sync by hand changed {key}" for key in before if after.get(key) != before[key]]
    delivery.patch()
    return problems, f"told after {told:.0f} s"


def cm_survives(delivery):
    """argocd-cm installed in each way that people do, patched, and upgraded in the same way: nobody's key is lost."""
    world, yaml = delivery.world, delivery.yaml
    documents = yaml.safe_load_all((delivery.tools.source / "manifests/install.yaml").read_text())
    theirs = next(d for d in documents if d["kind"] == "ConfigMap" and d["metadata"]["name"] == "argocd-cm")
    theirs["metadata"]["namespace"] = ARGOCD
    file = delivery.scratch / "argocd-cm.yaml"
    problems = []
    for way in ([], ["--server-side", "--force-conflicts"], ["--server-side", "--field-manager=helm"]):
        def install(**data):
            file.write_text(yaml.safe_dump(theirs | {"data": theirs.get("data", {}) | data}))
            world.kubectl("apply", *way, "-f", str(file))

        world.kubectl("delete", "configmap", "argocd-cm", "-n", ARGOCD)
        install()
        delivery.api.merge(CM, {"data": {"users.key": "theirs"}})
        before = delivery.api.call("GET", CM)["data"]
        delivery.patch()
        delivery.patch()
        patched = delivery.api.call("GET", CM)["data"]
        install(**{"new.key": "of an upgrade"})
        after = delivery.api.call("GET", CM)["data"]
        how = " ".join(["apply", *way])
        problems += [f"{how}: the patch changed {key}" for key in before if patched.get(key) != before[key]]
        problems += [f"{how}: the upgrade changed {key}" for key in patched if after.get(key) != patched[key]]
        problems += [] if "new.key" in after else [f"{how}: the upgrade did not arrive"]
    world.kubectl("delete", "configmap", "argocd-cm", "-n", ARGOCD)
    world.install_manifests()
    return problems, "3 ways"


def fixes_arrive(delivery, breaks):
    """What breaks an Application, and the fix: each one commit, and nobody touches the cluster."""
    problems, times = [], []
    for what, application, path, text in breaks(delivery):
        file = delivery.git.clone / path
        was = file.read_text() if file.exists() else None
        file.write_text(text(was or ""))
        delivery.push(f"break: {what}")
        name = f"{delivery.name}-{application}"

        def broken():
            item = delivery.applications()[name].get("status", {})
            said = [c["type"] for c in item.get("conditions", [])]
            state = item.get("operationState", {})
            failing = state.get("phase") in ("Failed", "Error") or state.get("retryCount", 0) > 0 and state["phase"] == "Running"
            return "ComparisonError" in said or failing

        try:
            delivery.world.until(300, broken, f"{what}: {name} tells that it is broken")
        except TimeoutError as silent:
            problems.append(str(silent))
        if was is None:
            file.unlink()
        else:
            file.write_text(was)
        delivery.push(f"fix: {what}")
        times.append(f"{what} {delivery.settle():.0f} s")
    return problems, ", ".join(times)


def breaks(delivery):
    """(what, Application, path, text from text)."""
    tree = f"rendered/{delivery.name}"
    model = next((delivery.tree / "serving/vllm").glob("deployment-*.yaml")).relative_to(delivery.git.clone)
    nowhere = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: judge, namespace: nowhere }\n"
    unknown = "apiVersion: judge.example/v1\nkind: Judge\nmetadata: { name: judge, namespace: serving }\n"
    return [
        ("unreadable", "vllm", model, lambda text: text + "\n]: [\n"),
        ("refused by the server", "vllm", model, lambda text: re.sub(r"containerPort: .*", "containerPort: 99999", text)),
        ("a namespace that is not there", "vllm", f"{tree}/serving/vllm/judge.yaml", lambda _: nowhere),
        ("a kind that is not there", "vllm", f"{tree}/serving/vllm/judge.yaml", lambda _: unknown),
        ("a chart's template fails", "external-secrets", f"{tree}/charts/external-secrets/values.yaml", lambda text: text + "\nrefused: by judge\n"),
        ("a chart's value is refused", "external-secrets", f"{tree}/charts/external-secrets/values.yaml", lambda text: text + "\nshown: no label\n"),
        ("an OCI chart's value is refused", "agentgateway", f"{tree}/charts/agentgateway/values.yaml", lambda text: text + "\nshown: no label\n"),
        version(delivery, "a chart's version is not there", "0.0.0"),
    ]


def spec_breaks(delivery):
    """A version stands in the Application: an attempt that is under way never sees the fix, the end of the attempts does."""
    return [version(delivery, "a chart's version is refused by the server", argocd_host.BROKEN)]


def version(delivery, what, wrong):
    file = f"rendered/{delivery.name}/argocd/application-{delivery.name}-external-secrets.yaml"
    return what, "external-secrets", file, lambda text: re.sub(r"(external-secrets\n    targetRevision: ).*", rf'\g<1>"{wrong}"', text)


def off_and_on(delivery, fresh):
    """Flags off and on again, against what the fresh cluster of the same flags had."""
    on = delivery.api.objects()
    stays = {a["metadata"]["name"] for a in applications_in(delivery.tree / "argocd")
             if not a["spec"]["syncPolicy"].get("automated", {}).get("prune")}
    off_took = delivery.flags(False)
    off = delivery.api.objects()
    back_took = delivery.flags(True)
    problems = [f"on, off, on: {line}" for line in differences(on, delivery.api.objects())]
    fresh |= {"off": off, "on": on, "stays": sorted(stays)}
    (delivery.scratch.parent / "full.json").write_text(json.dumps(fresh))
    return problems, f"{len(on)} objects, off in {off_took:.0f} s: {len(off)}, on in {back_took:.0f} s"


def as_fresh(delivery, other):
    """The same flags from nothing: what the other cluster kept after its flags went off, and what it had with all on."""
    other = other or json.loads(Path(os.environ["ARGOCD_FULL"]).read_text())
    off = delivery.api.objects()
    kept = [key for key in other["off"].keys() - off.keys() if not meant_to_stay(other["off"][key], other["stays"])]
    left = {key: value for key, value in other["off"].items() if key not in kept}
    problems = [f"off, against fresh: {line}" for line in differences(off, left)]
    delivery.flags(True)
    problems += [f"on, against fresh: {line}" for line in differences(other["on"], delivery.api.objects())]
    return problems, f"{len(off)} objects, {len(kept)} stayed of operators"


def meant_to_stay(item, applications):
    notes = item["metadata"].get("annotations", {})
    owner = notes.get("argocd.argoproj.io/tracking-id", "").split(":")[0]  # definitions have none
    return "versions" in item.get("spec", {}) or owner in applications or "Prune=false" in notes.get("argocd.argoproj.io/sync-options", "")


def judge(delivery, case, *steps):
    try:
        for step, *more in steps:
            try:
                problems, remark = step(delivery, *more)
            except (RuntimeError, TimeoutError) as failure:
                trees.report(JUDGE, f"{case} {step.__name__}", [failure])
                return
            trees.report(JUDGE, f"{case} {step.__name__}", problems, remark)
    finally:
        delivery.end()


def main():
    try:
        import yaml
    except ImportError:
        trees.skip(JUDGE, f"{sys.executable} has no PyYAML (set PYTHON)")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    found = tools()
    wanted = set(os.environ.get("ARGOCD_CASES", "full base chart").split())
    features = {case: yaml.safe_load((trees.GOLDEN / case / "features.yaml").read_text()) for case in ("full", "default")}
    off = features["full"] | {"features": dict.fromkeys(FLAGS, False)}
    keep = os.environ.get("ARGOCD_SCRATCH")
    scratch = Path(keep or tempfile.mkdtemp())
    fresh = {}
    try:
        if "full" in wanted:
            judge(Delivery(scratch / "full", found, features["full"]), "full",
                  (cm_survives,), (installed_in_order,), (values_arrive,), (cm_is_watched,), (off_and_on, fresh), (fixes_arrive, breaks))
        if "base" in wanted:
            judge(Delivery(scratch / "base", found, off), "base", (installed_in_order,), (as_fresh, fresh))
        if "chart" in wanted:
            hasty = {"argocd": {"retry": {"duration": "1s", "factor": 1, "maxDuration": "2s"}}}
            judge(Delivery(scratch / "chart", found, features["default"] | {"settings": hasty}), "default",
                  (installed_in_order,), (values_arrive,), (fixes_arrive, spec_breaks))
    finally:
        if not keep:
            shutil.rmtree(scratch, ignore_errors=True)
    sys.exit(1 if trees.failures else 0)


if __name__ == "__main__":
    main()

"""Who renders, and how: a lane is a contender in one mode.

  each  one process for each cluster, as many at a time as there are cores
  many  all clusters in one process, or in one for each core where the contender has no threads of its own
"""
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import equal

CORES = os.cpu_count()
HERE = Path(__file__).resolve().parent


@dataclass
class Lane:
    name: str
    peer: str  # whose inputs it reads
    needs: tuple  # programs that must be there
    commands: object  # (tools, inputs, outputs, names, all) -> argument lists, run CORES at a time
    outputs: object  # (outputs, name) -> the objects of a cluster by identity
    selects: bool = True  # whether it can render some clusters only


@dataclass
class Tools:
    """Where the contenders are installed."""
    root: Path
    gatewright: str

    def find(self, name):
        if name == "gatewright":
            return self.gatewright
        if name == "cdk8s":
            return self.root / "cdk8s/node_modules/cdk8s/package.json"
        for folder in ("bin", "venv/bin"):
            if (self.root / folder / name).exists():
                return str(self.root / folder / name)
        if name == "kcl-lib":
            return next((self.root / "venv").glob("lib/*/site-packages/kcl_lib/__init__.py"), self.root / "none")
        return shutil.which(name) or self.root / "none"

    def missing(self, names):
        return [name for name in names if not Path(self.find(name)).exists()]


def shares(names):
    """As many lists of names as there are cores."""
    return [share for share in (names[i::CORES] for i in range(CORES)) if share]


def stream(suffix):
    return lambda outputs, name: equal.load([outputs / f"{name}{suffix}"])


def tree(folder):
    return lambda outputs, name: equal.load(sorted((outputs / folder / name).rglob("*.yaml")))


def each(command):
    return lambda tools, inputs, outputs, names, all: [command(tools, inputs, outputs, name) for name in names]


def program(name):
    """A program of `many/` with threads of its own; without names it renders all that is there."""
    return lambda tools, inputs, outputs, names, all: [[tools.find(f"many-{name}"), inputs, outputs, *(() if all else names)]]


def shared(command):
    """A process for each core, each with its share of the names."""
    return lambda tools, inputs, outputs, names, all: [[*command(tools, inputs, outputs), *share] for share in shares(names)]


def gatewright(tools, inputs, outputs, names, all):
    chosen = () if all else [word for name in names for word in ("--cluster", name)]
    return [[tools.find("gatewright"), "-C", inputs, "render", "-q", "--output-dir", outputs, *chosen]]


def gatewright_each(tools, inputs, outputs, name):
    return [tools.find("gatewright"), "-C", inputs, "render", "-q", "--output-dir", outputs, "--cluster", name]


def helm(version):
    def command(tools, inputs, outputs, name):
        line = '"$1" template "$2" "$3/chart" -f "$3/clusters/$2.yaml" > "$4/$2.yaml"'
        return ["sh", "-c", line, "sh", tools.find(version), name, inputs, outputs]
    return command


def kustomize(tools, inputs, outputs, name):
    return [tools.find("kustomize"), "build", inputs / "clusters" / name, "-o", outputs / f"{name}.yaml"]


def jsonnet(binary):
    return lambda tools, inputs, outputs, name: [tools.find(binary), "-o", outputs / f"{name}.json", inputs / "clusters" / f"{name}.jsonnet"]


def jsonnet_multi(binary):
    def commands(tools, inputs, outputs, names, all):
        return [[tools.find(binary), "-m", outputs, path] for path in sorted(inputs.glob("fleet-*.jsonnet"))]
    return commands


def cue(tools, inputs, outputs, name):
    line = 'cd "$3" && "$1" export "./clusters/$2" -e list --out json --force -o "$4/$2.json"'
    return ["sh", "-c", line, "sh", tools.find("cue"), name, inputs, outputs]


def kcl(tools, inputs, outputs):
    return [tools.find("python"), HERE / "many/kcl/main.py", inputs, outputs]


def kapitan(tools, inputs, outputs, names, all):
    chosen = () if all else ("-t", *names)
    line = 'cd "$1" && shift && exec "$@"'
    return [["sh", "-c", line, "sh", inputs, tools.find("kapitan"), "compile", "--quiet", "--inventory-backend", "reclass-rs",
             "--output-path", outputs, *chosen]]


def cdk8s(tools, inputs, outputs):
    return ["node", inputs / "main.js", outputs]


LANES = [
    Lane("gatewright", "gatewright", ("gatewright",), gatewright, tree(""), selects=False),
    Lane("gatewright, each", "gatewright", ("gatewright",), each(gatewright_each), tree("")),
    Lane("helm 3, each", "helm", ("helm3",), each(helm("helm3")), stream(".yaml")),
    Lane("helm 3, library", "helm", ("many-helm3",), program("helm3"), stream(".yaml")),
    Lane("helm 4, each", "helm", ("helm4",), each(helm("helm4")), stream(".yaml")),
    Lane("helm 4, library", "helm", ("many-helm4",), program("helm4"), stream(".yaml")),
    Lane("kustomize, each", "kustomize", ("kustomize",), each(kustomize), stream(".yaml")),
    Lane("kustomize, library", "kustomize", ("many-kustomize",),
         shared(lambda tools, inputs, outputs: [tools.find("many-kustomize"), inputs, outputs]), stream(".yaml")),
    Lane("go-jsonnet, each", "jsonnet", ("jsonnet",), each(jsonnet("jsonnet")), stream(".json")),
    Lane("go-jsonnet -m", "jsonnet", ("jsonnet",), jsonnet_multi("jsonnet"), stream(".json"), selects=False),
    Lane("go-jsonnet, library", "jsonnet", ("many-jsonnet",), program("jsonnet"), stream(".json")),
    Lane("jrsonnet, each", "jsonnet", ("jrsonnet",), each(jsonnet("jrsonnet")), stream(".json")),
    Lane("jrsonnet -m", "jsonnet", ("jrsonnet",), jsonnet_multi("jrsonnet"), stream(".json"), selects=False),
    Lane("cue, each", "cue", ("cue",), each(cue), stream(".json")),
    Lane("cue, library", "cue", ("many-cue",), program("cue"), stream(".json")),
    Lane("kcl, each", "kcl", ("kcl-lib", "python"),
         each(lambda tools, inputs, outputs, name: [*kcl(tools, inputs, outputs), name]), stream(".json")),
    Lane("kcl, library", "kcl", ("kcl-lib", "python"), shared(kcl), stream(".json")),
    Lane("kapitan, each", "kapitan", ("kapitan",),
         each(lambda tools, inputs, outputs, name: kapitan(tools, inputs, outputs, [name], False)[0]), tree("compiled")),
    Lane("kapitan", "kapitan", ("kapitan",), kapitan, tree("compiled")),
    Lane("cdk8s, each", "cdk8s", ("cdk8s", "node"),
         each(lambda tools, inputs, outputs, name: [*cdk8s(tools, inputs, outputs), name]), stream(".k8s.yaml")),
    Lane("cdk8s", "cdk8s", ("cdk8s", "node"), shared(cdk8s), stream(".k8s.yaml")),
]

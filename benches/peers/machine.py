"""What a run was made on."""
import os
import platform
import re
import subprocess
from pathlib import Path

GO = ("helm3", "helm4", "kustomize", "jsonnet", "cue", "kubeconform", "kubectl-validate")
OTHERS = ("gatewright", "jrsonnet", "kapitan", "node")


def describe(tools):
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1])
    disk = subprocess.run(["stat", "-f", "-c", "%T", tools.root if tools.root.exists() else "."], capture_output=True, text=True)
    load = os.getloadavg()[0]
    return {
        "cores": os.cpu_count(), "cpu": cpu[1] if cpu else platform.machine(), "memory": f"{memory / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}", "disk": disk.stdout.strip(),
        "load": load, "busy": load > 0.7, "versions": versions(tools)}


def versions(tools):
    """A Go program built by its users often says that it has no version; its module has."""
    found = {}
    for name in (*OTHERS, *GO):
        if tools.missing([name]):
            continue
        command = ["go", "version", "-m", tools.find(name)] if name in GO else [tools.find(name), "--version"]
        said = subprocess.run(command, capture_output=True, text=True)
        match = re.search(r"^\tmod\t\S+\t(\S+)" if name in GO else r"v?\d+\.\d+\.\d+[-+.\w]*", said.stdout + said.stderr, flags=re.M)
        if match:
            found[name] = match[match.lastindex or 0]
    return found

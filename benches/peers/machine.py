"""What a run was made on."""
import os
import platform
import re
import subprocess
from pathlib import Path

VERSIONS = {
    "gatewright": ["--version"], "helm3": ["version", "--short"], "helm4": ["version", "--short"], "kustomize": ["version"],
    "jsonnet": ["--version"], "jrsonnet": ["--version"], "cue": ["version"], "kubeconform": ["-v"], "kapitan": ["--version"],
    "node": ["--version"],
}


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
    found = {}
    for name, arguments in VERSIONS.items():
        if not tools.missing([name]):
            said = subprocess.run([tools.find(name), *arguments], capture_output=True, text=True)
            match = re.search(r"v?\d+\.\d+\.\d+[-+.\w]*", said.stdout + said.stderr)
            found[name] = match[0] if match else "of no version"
    return found

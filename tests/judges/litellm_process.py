"""LiteLLM as processes on loopback: its proxy, its migration script, and what its code says about the keys it reads.
Each gets an environment of its own, and none outlives the judge."""

import http.client
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

import trees

SECONDS = 600  # the longest wait for a start or an end, on a machine that does much else
MASTER = "sk-judge-master"
# Isolated, so that litellm.py beside this file does not hide the package.
PYTHON = [sys.executable, "-I"]
RUNNING = set()


def needs(judge, versions, *packages):
    """Skips the judge unless this Python has LiteLLM in one of these versions, and these packages."""
    try:
        found, *_ = [importlib.metadata.version(package) for package in ("litellm", *packages)]
    except importlib.metadata.PackageNotFoundError:
        trees.skip(judge, f"{sys.executable} has not {' and '.join(('litellm', *packages))} (set PYTHON)")
    if found not in versions:
        trees.skip(judge, f"{sys.executable} has litellm {found}, not {' or '.join(versions)}")


def environment(home):
    """No proxies, keys or settings of whoever runs this; prices never from the network."""
    home.mkdir(exist_ok=True)
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def known_keys(scratch):
    """The keys that this version of LiteLLM reads, by section, from its own code."""
    code = r"""
import inspect, json, pathlib, re, litellm
from litellm.types.router import GenericLiteLLMParams
folder = pathlib.Path(litellm.__file__).parent / "proxy"
server, proxy = (folder / "proxy_server.py").read_text(), "".join(f.read_text() for f in folder.rglob("*.py"))
def read(name, text): return set(re.findall(rf'''\b{name}(?:_data)?(?:\.get\(|\[)\s*["'](\w+)''', text))
print(json.dumps({k: sorted(v) for k, v in {
    "top": read("config", server),
    "general_settings": read("general_settings", proxy),
    "litellm_settings": read("litellm_settings", proxy) | {k for k in vars(litellm) if not k.startswith("_")},
    "router_settings": set(inspect.signature(litellm.Router.__init__).parameters) - {"self"},
    "litellm_params": set(GenericLiteLLMParams.model_fields) | {"model", "extra_headers", "allowed_openai_params"},
}.items()}))
"""
    done = subprocess.run(
        [*PYTHON, "-c", code],
        env=environment(scratch),
        cwd=scratch,
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    return {section: set(keys) for section, keys in json.loads(done.stdout).items()}


def migrate(home, env, prisma_code):
    """Run the migration script with a prisma that only notes that it was called. Exit code, and whether it was."""
    base = environment(home)
    (home / "prisma").write_text(f'#!/bin/sh\necho "$1" >> "{home}/asked"\nexit {prisma_code}\n')
    (home / "prisma").chmod(0o755)
    code = "import runpy; runpy.run_module('litellm.proxy.prisma_migration', run_name='__main__')"
    done = subprocess.run(
        [*PYTHON, "-c", code],
        cwd=home,
        env=base | env | {"PATH": f"{home}:{base['PATH']}"},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
    )
    return done.returncode, (home / "asked").exists()


class Proxy:
    """A running proxy; the master key is that of its caller unless a call says otherwise."""

    def __init__(self, folder, config, env, files=None):
        """`files`: name and text of what lies beside config.yaml."""
        import yaml

        env = environment(folder) | env
        (folder / "config.yaml").write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        for name, text in (files or {}).items():
            (folder / name).write_text(text)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.log_file = folder / "log"
        code = "import sys; from litellm import run_server; sys.exit(run_server())"
        arguments = ["--config", "config.yaml", "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log_file.open("w") as log:
            self.process = subprocess.Popen(
                [*PYTHON, "-c", code, *arguments],
                cwd=folder,
                env=env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        RUNNING.add(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def healthy(self):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.call("GET", "/health/liveliness", key=None)[0] == 200:
                    return True
            except OSError:
                pass
            time.sleep(0.3)
        return False

    def call(self, method, path, body=None, key=MASTER, headers=None):
        """Status, headers (lower case) and body, parsed where it is JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {"Content-Type": "application/json", **(headers or {})}
            if key and "Authorization" not in sent:
                sent["Authorization"] = f"Bearer {key}"
            text = body if body is None or isinstance(body, bytes) else json.dumps(body)
            connection.request(method, path, text, sent)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        try:
            parsed = json.loads(text)
        except ValueError:
            parsed = text
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, parsed

    def log(self):
        return [line.strip() for line in self.log_file.read_text().splitlines() if line.strip()]

    def last_words(self):
        """The error that ended it, or its last lines."""
        errors = [line for line in self.log() if re.match(r"[\w.]*(Error|Exception)\b", line)]
        return "\n".join(errors[-1:] or self.log()[-10:])

    def stop(self):
        """End it and its children: they are a process group of their own."""
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sig)
                self.process.wait(timeout=20)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                pass
        RUNNING.discard(self)


def stop_all():
    for proxy in list(RUNNING):
        proxy.stop()

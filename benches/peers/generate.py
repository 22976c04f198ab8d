#!/usr/bin/env python3
"""Writes the inputs of all contenders for a fleet of N clusters, from the one description.

    benches/peers/generate.py GATEWRIGHT FOLDER N
"""
import sys

sys.dont_write_bytecode = True
import importlib
from pathlib import Path

import yaml

import description
from emit import nothing

PEERS = ("gatewright", "helm", "kustomize", "jsonnet", "cue", "kcl", "kapitan", "cdk8s")


class Inputs:
    """The inputs of a peer for N clusters in a folder, and flags flipped in them."""

    def __init__(self, described, peer, folder, n):
        self.described, self.peer, self.folder, self.n = described, peer, Path(folder), n
        self.names = [description.cluster(i)["name"] for i in range(n)]
        self.emit = importlib.import_module(f"emit.{peer}")

    def write(self, files):
        for path, text in files.items():
            path = self.folder / path
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def all(self, off=()):
        """Every cluster; `off` are the flags that the base has off."""
        on = {flag: flag not in off for flag in self.described.flags}
        self.write(self.emit.common(self.described, on))
        self.write(getattr(self.emit, "fleet", nothing)(self.described, self.names))
        of_base = off if getattr(self.emit, "CLUSTER_LISTS_FLAGS", False) else ()
        for i in range(self.n):
            self.one(i, of_base)

    def one(self, i, off=()):
        self.write(self.emit.cluster(self.described, description.cluster(i), off))


def main():
    gatewright, folder, n = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    described = description.describe(gatewright)
    for peer in PEERS:
        Inputs(described, peer, folder / peer, n).all()
        files = [path for path in (folder / peer).rglob("*") if path.is_file()]
        print(f"{peer:<12} {len(files):>6} files {sum(path.stat().st_size for path in files):>10} bytes")


if __name__ == "__main__":
    main()

"""Jsonnet, for go-jsonnet and jrsonnet: a library for each folder, a file for each cluster, and one that lists them all (`-m`)."""
import json
import os

from emit.expression import Language, folders


class Jsonnet(Language):
    def flag(self, name):
        return f"c.features.{name}"

    def field(self, name):
        return f"c.{name}"

    def entry(self, key, value, condition):
        return f"[if {self.when(condition)} then {self.text(key)}]: {value}" if condition else f"{self.text(key)}: {value}"

    def list(self, items, depth):
        if not any(condition for _, condition in items):
            return self.block("[", [value + "," for value, _ in items], "]", depth)
        return "(" + " + ".join(f"(if {self.when(condition)} then [{value}] else [])" if condition else f"[{value}]"
                                for value, condition in items) + ")"

    def optional(self, condition, value):
        return f'(if {self.when(condition)} then {value} else "")'

    def choice(self, others, usual):
        return "(" + "".join(f"if {condition} then {value} else " for condition, value in others) + usual + ")"


def common(description, on):
    language, files = Jsonnet(), {}
    for folder, objects in folders(description).items():
        items = [(language.node(object.node, 1), object.condition) for object in objects]
        files[f"lib/{folder}.libsonnet"] = "function(c)\n" + language.list(items, 0) + "\n"
    lists = " +\n  ".join(f"(import 'lib/{folder}.libsonnet')(cluster)" for folder in folders(description))
    files["platform.libsonnet"] = (
        f"local defaults = {{ features: {json.dumps(on)} }};\n"
        f"function(given)\n  local cluster = defaults + given;\n  {{ apiVersion: 'v1', kind: 'List', items:\n  {lists} }}\n")
    return files


def cluster(description, fields, off):
    values = "".join(f"  {name}: {json.dumps(value)},\n" for name, value in fields.items())
    values += f"  features+: {json.dumps({flag: False for flag in off})},\n" if off else ""
    return {f"clusters/{fields['name']}.jsonnet": f"(import '../platform.libsonnet')({{\n{values}}})\n"}


def fleet(description, names):
    """A list for each core, since neither program has threads."""
    cores = os.cpu_count()
    lists = [(i, names[i::cores]) for i in range(cores) if names[i::cores]]
    return {f"fleet-{i}.jsonnet": "{\n" + "".join(f"  '{name}.json': import 'clusters/{name}.jsonnet',\n" for name in share) + "}\n"
            for i, share in lists}

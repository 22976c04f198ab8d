"""CUE: one package of the whole platform; each cluster is a folder of the same package, which takes part in its parents' files."""
import json

from emit.expression import Language, folders

PACKAGE = "package platform\n\n"


class Cue(Language):
    def flag(self, name):
        return f"cluster.features.{name}"

    def field(self, name):
        return f"cluster.{name}"

    def text(self, value):
        return json.dumps(value, ensure_ascii=False)

    def entry(self, key, value, condition):
        return f"if {self.when(condition)} {{{self.text(key)}: {value}}}" if condition else f"{self.text(key)}: {value}"

    def item(self, value, condition):
        return f"if {self.when(condition)} {{{value}}}" if condition else value

    def joined(self, pieces):
        if len(pieces) == 1:
            return pieces[0]
        if any(piece.startswith(("if ", "[")) for piece in pieces):
            return "strings.Join([" + ", ".join(pieces) + '], "")'
        return '"' + "".join(piece[1:-1] if piece.startswith('"') else f"\\({piece})" for piece in pieces) + '"'

    def optional(self, condition, value):
        return f"if {self.when(condition)} {{{value}}}"

    def choice(self, others, usual):
        return "[" + "".join(f"if {condition} {{{value}}}, " for condition, value in others) + usual + "][0]"


def common(description, on):
    language = Cue()
    flags = "".join(f"    {flag}: *{json.dumps(on[flag])} | bool\n" for flag in on)
    files = {
        "cue.mod/module.cue": 'module: "example.com/platform@v0"\nlanguage: version: "v0.14.0"\n',
        "platform.cue": PACKAGE + "#Cluster: {\n  name: string\n  region: string\n  idleSeconds: int\n  features: {\n" + flags
        + "  }\n}\n\ncluster: #Cluster\n\n" + "list: {\n  apiVersion: \"v1\"\n  kind: \"List\"\n  items: [" +
        ", ".join(f"for object in _{folder} {{object}}" for folder in folders(description)) + "]\n}\n",
    }
    for folder, objects in folders(description).items():
        body = language.list([(language.node(object.node, 1), object.condition) for object in objects], 0)
        uses = 'import "strings"\n\n' if "strings.Join" in body else ""
        files[f"{folder}.cue"] = PACKAGE + uses + f"_{folder}: {body}\n"
    return files


def cluster(description, fields, off):
    given = {**fields, **({"features": {flag: False for flag in off}} if off else {})}
    return {f"clusters/{fields['name']}/cluster.cue": PACKAGE + f"cluster: {json.dumps(given)}\n"}

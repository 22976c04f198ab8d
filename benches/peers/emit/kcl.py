"""KCL: a file for each folder and one for each cluster, compiled together."""
import json

from emit.expression import Language, folders


class Kcl(Language):
    true, false, null = "True", "False", "None"
    all, any, negation = " and ", " or ", "not "
    comma = ""

    def flag(self, name):
        return f"cluster.features.{name}"

    def field(self, name):
        return f"cluster.{name}"

    def text(self, value):
        return json.dumps(value, ensure_ascii=False).replace("${", '$" + "{')

    def joined(self, pieces):
        return "(" + " + ".join(pieces) + ")" if len(pieces) > 1 or '" + "' in pieces[0] else pieces[0]

    def scalar(self, value):
        found = super().scalar(value)
        return f"({found})" if '" + "' in found and not found.startswith("(") else found

    def entry(self, key, value, condition):
        key = json.dumps(key, ensure_ascii=False)
        return f"**({{{key}: {value}}} if {self.when(condition)} else {{}})" if condition else f"{key}: {value}"

    def item(self, value, condition):
        return f"*([{value}] if {self.when(condition)} else [])" if condition else value

    def optional(self, condition, value):
        return f'({value} if {self.when(condition)} else "")'

    def choice(self, others, usual):
        return "(" + "".join(f"{value} if {condition} else " for condition, value in others) + usual + ")"


def common(description, on):
    language = Kcl()
    flags = "".join(f"    {flag}: bool = {on[flag]}\n" for flag in on)
    files = {"platform.k": "schema Features:\n" + flags + "\nschema Cluster:\n    name: str\n    region: str\n    idleSeconds: int\n"
             "    features: Features = Features {}\n\n"
             "items = [" + ", ".join(f"*_{folder}" for folder in folders(description)) + "]\n"}
    for folder, objects in folders(description).items():
        files[f"{folder}.k"] = f"_{folder} = " + language.list(
            [(language.node(object.node, 1), object.condition) for object in objects], 0) + "\n"
    return files


def cluster(description, fields, off):
    features = "".join(f"    features.{flag} = False\n" for flag in off)
    values = "".join(f"    {name} = {json.dumps(value)}\n" for name, value in fields.items())
    return {f"clusters/{fields['name']}.k": "cluster = Cluster {\n" + values + features + "}\n"}

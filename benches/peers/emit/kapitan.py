"""Kapitan: an inventory of targets and one class, and a Jinja2 template for each object."""
import json

from emit.text import Template

CLASS = """parameters:
  target_name: ${_reclass_:name:short}
  features:
%s  kapitan:
    vars:
      target: ${target_name}
    compile:
    - output_path: .
      input_type: jinja2
      input_paths: [templates]
"""


class Jinja(Template):
    end = "endif"

    def control(self, text):
        return "{% " + text + " %}"

    def value(self, expression):
        return "{{ " + expression + " }}"

    def field(self, name):
        return f"inventory.parameters.cluster.{name}"

    def both(self, flags):
        return " and ".join(f"inventory.parameters.features.{flag}" for flag in flags)

    def either(self, flags):
        return " or ".join(f"not inventory.parameters.features.{flag}" for flag in flags)

    def choose(self, arms, usual):
        """Within a line: the `+` keeps the space in front of it and the end of the line, which Kapitan's Jinja2 would cut off."""
        start = "".join(("{% elif " if i else "{%+ if ") + condition + " %}" + value for i, (condition, value) in enumerate(arms))
        return start + "{% else %}" + usual + "{% endif +%}"

    def document(self, object):
        """Jinja2 drops the last end of line of a file, which may be that of a text."""
        return super().document(object) + "\n"


def common(description, on):
    template = Jinja()
    files = {f"templates/{object.path}": template.document(object) for object in description.objects}
    files["inventory/classes/platform.yml"] = CLASS % "".join(f"    {flag}: {json.dumps(on[flag])}\n" for flag in on)
    return files


def cluster(description, fields, off):
    text = "classes: [platform]\nparameters:\n  cluster:\n"
    text += "".join(f"    {name}: {json.dumps(value)}\n" for name, value in fields.items())
    text += "  features:\n" + "".join(f"    {flag}: false\n" for flag in off) if off else ""
    return {f"inventory/targets/{fields['name']}.yml": text}

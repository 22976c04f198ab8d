"""Helm: a chart with a template for each object, defaults in its values, and values for each cluster."""
import json

from emit.text import Template


class Helm(Template):
    end = "end"

    def control(self, text):
        return "{{- " + text + " }}"

    def value(self, expression):
        return "{{ " + expression + " }}"

    def field(self, name):
        return f".Values.cluster.{name}"

    def both(self, flags):
        names = [f".Values.features.{flag}" for flag in flags]
        return f"and {' '.join(names)}" if len(names) > 1 else names[0]

    def either(self, flags):
        return f"not (and {' '.join(f'.Values.features.{flag}' for flag in flags)})" if len(flags) > 1 else f"not .Values.features.{flags[0]}"

    def choose(self, arms, usual):
        start = "".join(("{{ else if " if i else "{{ if ") + condition + " }}" + value for i, (condition, value) in enumerate(arms))
        return start + "{{ else }}" + usual + "{{ end }}"


def common(description, on):
    template = Helm()
    files = {f"chart/templates/{object.path}": template.document(object) for object in description.objects}
    files["chart/Chart.yaml"] = "apiVersion: v2\nname: platform\nversion: 0.1.0\n"
    files["chart/values.yaml"] = "features:\n" + "".join(f"  {flag}: {json.dumps(on[flag])}\n" for flag in on)
    return files


def cluster(description, fields, off):
    values = "cluster:\n" + "".join(f"  {name}: {json.dumps(value)}\n" for name, value in fields.items())
    values += "features:\n" + "".join(f"  {flag}: false\n" for flag in off) if off else ""
    return {f"clusters/{fields['name']}.yaml": values}

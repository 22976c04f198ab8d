"""Objects as templates of YAML text: what is conditional stands between control lines."""
import json
import re

import yaml

from description import Choice, Field, Lines, List, Map, Scalar

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./:@=+-]*[A-Za-z0-9_]")


class Template:
    """`control` makes a control line, `value` prints an expression; both are of the language, as are the texts that it would read."""
    and_, or_, not_ = " and ", " or ", "not "

    def when(self, condition):
        kind, flags = condition
        return self.both(flags) if kind == "on" else self.either(flags)

    def escape(self, text):
        return re.sub(r"\{[{%#]", lambda found: self.value(json.dumps(found[0])), text)

    def raw(self, value):
        """A text without quotes."""
        if isinstance(value, tuple):
            return "".join(self.value(self.field(part.name)) if isinstance(part, Field) else self.escape(part) for part in value)
        return self.escape(value)

    def inline(self, node):
        if isinstance(node, Choice):
            arms = [(self.either([flag]), self.inline(value)) for flag, value in node.others]
            return self.choose(arms, self.inline(node.usual))
        value = node.value
        if isinstance(value, Field):
            return self.value(self.field(value.name))
        if isinstance(value, tuple):
            quoted = tuple(part if isinstance(part, Field) else json.dumps(part, ensure_ascii=False)[1:-1] for part in value)
            return '"' + self.raw(quoted) + '"'
        if isinstance(value, str):
            plain = PLAIN.fullmatch(value) and yaml.safe_load(value) == value
            return self.escape(value if plain else json.dumps(value, ensure_ascii=False))
        return json.dumps(value)

    def lines(self, node, pad):
        """A map or list in block style."""
        found = []
        for key, value, condition in node.entries if isinstance(node, Map) else [(None, *item) for item in node.items]:
            inner = self.entry(key, value, pad) if isinstance(node, Map) else self.item(value, pad)
            found += self.between(condition, inner)
        return found

    def between(self, condition, lines):
        return [self.control("if " + self.when(condition)), *lines, self.control(self.end)] if condition else lines

    def entry(self, key, value, pad):
        key = key if PLAIN.fullmatch(key) and yaml.safe_load(key) == key else json.dumps(key)
        if isinstance(value, Map) and value.entries:
            return [f"{pad}{key}:"] + self.lines(value, pad + "  ")
        if isinstance(value, List) and value.items:
            return [f"{pad}{key}:"] + self.lines(value, pad)
        return self.leaf(f"{pad}{key}: ", value, pad)

    def item(self, value, pad):
        if isinstance(value, (Map, List)) and (value.entries if isinstance(value, Map) else value.items):
            inner = self.lines(value, pad + "  ")
            first = inner[0]
            return [pad + "- " + first[len(pad) + 2:], *inner[1:]] if first.startswith(pad + "  ") else [pad + "-", *inner]
        return self.leaf(pad + "- ", value, pad)

    def leaf(self, start, value, pad):
        if isinstance(value, Lines):
            return [start + header(value), *self.text(value, pad + "  ")]
        return [start + ("{}" if isinstance(value, Map) else "[]" if isinstance(value, List) else self.inline(value))]

    def text(self, node, pad):
        found, open_ = [], None
        for line, condition in [*node.lines, (None, None)]:
            if open_ and condition != open_:
                found.append(self.control(self.end))
            if condition and condition != open_:
                found.append(self.control("if " + self.when(condition)))
            open_ = condition
            if line is not None:
                found.append((pad + self.line(line)).rstrip("\n") if self.line(line) != "\n" else "")
        return found

    def line(self, node):
        if isinstance(node, Choice):
            arms = [(self.either([flag]), self.raw(value.value).rstrip("\n")) for flag, value in node.others]
            return self.choose(arms, self.raw(node.usual.value).rstrip("\n"))
        return self.raw(node.value)

    def document(self, object):
        return "\n".join(self.between(object.condition, self.lines(object.node, ""))) + "\n"


def header(node):
    """How a block text ends, and that it starts with a space."""
    def plain(line):
        value = line.usual.value if isinstance(line, Choice) else line.value
        return value if isinstance(value, str) else "".join(part for part in value if isinstance(part, str))
    first, last = plain(node.lines[0][0]), plain(node.lines[-1][0])
    return "|" + ("2" if first.startswith(" ") else "") + ("-" if not last.endswith("\n") else "+" if last == "\n" else "")

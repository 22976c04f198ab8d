"""Objects as an expression of a language: literals, with a condition wherever a node has one."""
import json

from description import Choice, Field, Lines, List, Map, Scalar


class Language:
    """What languages differ in. `flag` and `field` are where the values of the cluster stand."""
    true, false, null = "true", "false", "null"
    all, any, negation = " && ", " || ", "!"
    comma = ","

    def flag(self, name):
        raise NotImplementedError

    def field(self, name):
        raise NotImplementedError

    def when(self, condition):
        kind, flags = condition
        if kind == "on":
            return self.all.join(self.flag(flag) for flag in flags)
        return self.any.join(self.negation + self.flag(flag) for flag in flags)

    def off(self, flag):
        return self.negation + self.flag(flag)

    def text(self, value):
        return json.dumps(value, ensure_ascii=False)

    def joined(self, pieces):
        """Texts as one."""
        return "(" + " + ".join(pieces) + ")" if len(pieces) > 1 else pieces[0]

    def scalar(self, value):
        if isinstance(value, Field):
            return self.field(value.name)
        if isinstance(value, tuple):
            return self.joined([self.field(part.name) if isinstance(part, Field) else self.text(part) for part in value])
        if isinstance(value, str):
            return self.text(value)
        return {True: self.true, False: self.false, None: self.null}[value] if isinstance(value, bool) or value is None else json.dumps(value)

    def node(self, node, depth=0):
        if isinstance(node, Scalar):
            return self.scalar(node.value)
        if isinstance(node, Map):
            return self.map([(key, self.node(value, depth + 1), condition) for key, value, condition in node.entries], depth)
        if isinstance(node, List):
            return self.list([(self.node(value, depth + 1), condition) for value, condition in node.items], depth)
        if isinstance(node, Choice):
            return self.choice([(self.off(flag), self.node(value, depth)) for flag, value in node.others], self.node(node.usual, depth))
        assert isinstance(node, Lines)
        return self.joined([piece if condition is None else self.optional(condition, piece) for piece, condition in self.chunks(node)])

    def chunks(self, node):
        """Neighbouring lines under one condition as one text."""
        chunks = []
        for line, condition in node.lines:
            plain = isinstance(line, Scalar) and isinstance(line.value, str)
            if plain and chunks and chunks[-1][2] and chunks[-1][1] == condition:
                chunks[-1] = (chunks[-1][0] + line.value, condition, True)
            else:
                chunks.append((line.value if plain else line, condition, plain))
        return [(self.text(chunk) if plain else self.node(chunk), condition) for chunk, condition, plain in chunks]

    def block(self, opening, lines, closing, depth):
        pad = "  " * (depth + 1)
        return opening + "\n" + "".join(pad + line + "\n" for line in lines) + "  " * depth + closing if lines else opening + closing

    def map(self, entries, depth):
        return self.block("{", [self.entry(*entry) + self.comma for entry in entries], "}", depth)

    def list(self, items, depth):
        return self.block("[", [self.item(*item) + self.comma for item in items], "]", depth)


def folders(description):
    """Objects by the first folder of their path: a module of the platform each."""
    found = {}
    for object in description.objects:
        found.setdefault(object.path.split("/")[0].replace("-", "_"), []).append(object)
    return found

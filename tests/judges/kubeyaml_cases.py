"""Texts for kubeyaml.py: hand-made ones at the edges of YAML 1.1, and others that chance makes of pieces or of real files."""

import random

SCALARS = """6116e760 61e3 1e3 1e400 -1e3 +1 +1.5 1_000 1_0.5 _1 0o7 0o-7 0o8 010 08 -010 0x1F 0X1f -0x1 0b11 0b-1 -0b11 0b2 .5 1. . .1_0
.5e1 -.5 .inf -.INF .nan .Inf 1.e1 12:30 190:20:30 2020-01-01 2020-1-1T1:2:3Z 2020-01-01T01:02:03.5+01:00 20200101 0 -0 -0.0 00 1e-7 1e21 1e20
9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 123456789012345678901234567890 0.1 3.0 100000000000000000000.5
y Y yes Yes YES yEs n N no NO on On ON off OFF true True TRUE tRue false null Null NULL nULL ~ = << <<: - -- --- -x ?x :x x:y x: a#b a\u00a0b
!!str !!int 1 'it''s' "a\\tb" "\\/" "\\x41\\u00e4\\U0001F600" "\\ud83d\\ude00" "\\q" "\\ " "\\_" "\\N" "\\L" "\\'" "\\0" @x `x %x |x >x *x &x !x {x} [x] x} x] {x: , [a:b] {a:b} {"a":b}
[a,,b] [a,] {a,} {,} [,] {a: 1, b} [? a] {? a: b} [a: b, c: d] "a""b" 'a'b 'a' b a'b' 0.0.1 1.2.3 v1.2 1,000 1/2 1e 0x 0b e1 E1 infinity NaN Inf"""

TEXTS = [
    "", " ", "\n", "# x", "---", "--- ", "---\n", "--- x", "--- # x\na: 1", "...", "a: 1\n...\n", "a: 1\n...\nb: 2\n", "\ufeffa: 1\n", "a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r",
    "%YAML 1.1\n---\na: 1\n", "%YAML 1.2\n---\na: 1\n", "%TAG ! tag:x,2000:\n---\na: !y z\n", "%FOO\n---\na: 1\n", "%YAML 1.1\na: 1\n",
    "a: b\n" + "# x\n" * 70 + "c: d\n", "a: 'x\ny'\n", "a:\n  b: 'x\n  y'\n", "a:\n  b: \"x\n  y\n\n  z\"\nc: 1\n", "a: \"x\\\n  y\"\n", "a: x\n y\nb: 1\n", "a: x\ny\n", "a:\n  b\n  c\nd: 1\n",
    "a:\n- b\n- c\n", "a:\n  - b\n  -\n  - c\n", "- - a\n  - b\n- c\n", "- a: 1\n  b: 2\n- c: 3\n", "-\ta\n", "a:\t1\n", "a: \t1\n", "a:\n\tb: 1\n", "a:\n  b: 1\n\t\n", "a: 1\t# x\n", "a: b\t\n", "\ta: 1\n", "a: [1,\n\t2]\n", "a: [\n1\n]\n", "a: {\nb: 1\n}\n", "a:\n  - b\n \t- c\n", "- a\n-\tb: 1\n",
    "a: 1 # c\n", "a: 1#c\n", "a: 'x'#c\n", "a: 'x' #c\n", "a: [1]#c\n", "a: [1] #c\n", "a:#c\n", "a: #c\n  b\n", "a: |#c\n  b\n", "a: | #c\n  b\n",
    "a: |\n  b\n c\n", "a: |\n  b\n\n\n", "a: |+\n  b\n\n\n", "a: |-\n  b\n\n", "a: >\n  b\n  c\n\n  d\n   e\n  f\n", "a: |2\n    b\n", "a: |0\n  b\n", "a: |9\n  b\n", "a: |+2\n   b\n", "a: |2-\n   b\n", "a: |-2-\n  b\n", "a: |\nb: 1\n", "a: |\n\n  b\n", "a: |\n   \n  b\n", "a: |\n\tb\n", "a: |\n  \tb\n", "a: >-\n\n  b\n", "|\n a\n", "--- |\na\n", "- |\n a\n- b\n", "a: >\n\n\n b\n", "a: |\n  b\n# c\n", "a: |\n  b\n  # c\nd: 1", "a: | x\n",
    "a: &x 1\nb: *x\n", "a: &x\nb: *x\n", "a: &x-y_1 1\nb: *x-y_1\n", "a: &x.y 1\nb: *x.y\n", "a: &x/y 1\n", "a: *x\n", "a: &x [*x]\n", "&a a: *a\n", "*a : 1\n", "? &a a\n: *a\n", "a: &x {b: 1}\nc: {<<: *x, d: 2}\n", "c: {b: 2, <<: {b: 1}}\n", "c: {<<: {b: 1}, b: 2}\n", "c: {<<: [{b: 1}, {b: 2, c: 3}]}\n", "c: {<<: 1}\n", "c: {<<: [1]}\n", "'<<': {a: 1}\n", "<<: {a: 1}\n", "a: &x &y 1\n", "a: &x !!str 1\n", "a: !!str &x 1\n", "a: !!str\n", "a: !!null\n", "a: !!int 'x'\n", "a: !!int '3'\n", "a: !!float 3\n", "a: !!bool yes\n", "a: !!bool 1\n", "a: !!binary aGk=\n", "a: !!binary x\n", "a: !!binary |\n  aGk=\n", "a: !!set {b}\n", "a: !!seq [1]\n", "a: !!map 1\n", "a: ! 1\n", "a: !x 1\n", "a: !<tag:yaml.org,2002:int> 3\n", "a: !<x> 3\n", "a: !x!y 1\n", "a: !!timestamp 2020-01-01\n", "a: !!timestamp x\n", "a: !!x%41 1\n", "a: !!python/name:x.y z\n", "!!str 1: 2\n",
    "1: a\n", "1.5: a\n", "1e30: a\n", "0.00001: a\n", "true: a\n", "yes: a\n", "null: a\n", "~: a\n", ": a\n", "[1]: a\n", "{a: 1}: b\n", "18446744073709551615: a\n", "2020-01-01: a\n", "? a\n", "? a\n: b\n", "? a\nb: c\n", "? - a\n: b\n", "a\n", "a: b: c\n", "a: b:c\n", "a: 'b': c\n", "'a':b\n", "'a': b\n", "\"a\":\n", "a:b\n", "a :b\n", "a : b\n", "a:\n b: 1\n  c: 2\n", "a:\n  b: 1\n c: 2\n", "a: 1\n b: 2\n", "a: 1\nb\n", "a: 1\n- b\n", "- a\nb: 1\n", "a: {b: 1} c\n", "{a: 1} x\n", "[a] x\n", "'a' x\n", "a: [b\nc: d\n", "a: [b, c\n", "a: 'b\n", "a: \"b\n", "a: }\n", "a: ]\n", "a: ,b\n", "a: b, c\n", "a: - b\n", "a: ? b\n", "- ? a\n", "a: {b\n: c}\n", "a: {'b'\n: c}\n", "{'a'\n: b}\n", "{\"a\"\n: 1}\n", "'a\nb': c\n", "x" * 1025 + ": 1\n", "x" * 1020 + ": 1\n", "{" + "x" * 1030 + ": 1}\n",
    "a: \x01\n", "a: \x7f\n", "a: \x85b\n", "a: \u2028b\n", "a: x\u2028\n  y\n", "a: \ufeff\n", "a: b\ufeff\n", "a: \U0001f600\n", "\u00e9: {b: 1,\n c: 2}\n", "a: \ufffe\n", "a: \x1b[0m\n", "a: \"\x07\"\n",
    "{}\n", "[]\n", "{\"a\": \"\\/\"}\n", "{\"a\":1}{\"b\":2}", "{a: 1}\n", "{\"a\": [1, 2.0, 1e3, -0, true, null]}", "[{\"a\": \"\\/\"}]\n", "{\n\t\"a\": 1\n}\n", "{\"a\": 1,}\n", "{\"a\": 1 /* x */}\n", "// x\n{\"a\": 1}\n",
    "a: {{ x }}\n", "a: {{ x }} y\n", "a: '{{ x }}'\n", "{{ x }}\n", "a: ${x}\n", "a: {{- x }}\n", "{{- if x }}\na: 1\n{{- end }}\n", "a: <x>\n", "a: %x\n", "%x: 1\n",
    "a: 1\na: 2\n", "a: {b: 1, b: 2}\n", "1: a\n'1': b\n",
]

PIECES = ["a", "b: ", "- ", "\n", "\n  ", "\n    ", "  ", "\t", " ", ":", ": ", "#", " # c", "'", '"', "|\n", ">-\n", "|2\n", "[", "]", "{", "}", ",", ", ", "? ", "&x ", "*x", "<<: ", "!!str ", "! ", "---\n", "...\n", "1e3", "yes", "\\n", "\\/", "''", "~", "\r\n", "x y", "- a: 1\n  b: 2\n", "k:\n- v\n", "\u00e9", "%", "@", "0o7"]


def fixed():
    flat = [word for line in SCALARS.split("\n") for word in line.split(" ")]
    shapes = ["a: {}\n", "- {}\n", "[{}]\n", "{{a: {}}}\n", "{}: 1\n", "{}\n", "a: {} # c\n", "a:\n  {}\n  x\n"]
    return TEXTS + [shape.format(word) for word in flat for shape in shapes]


def by_chance(seed, count):
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 14)))


def broken(seed, texts, count):
    """Real texts with a piece more, a character less, or two lines of other indentation."""
    chance = random.Random(seed)
    for _ in range(count):
        text = chance.choice(texts)[:3000]
        at = chance.randrange(len(text) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            yield text[:at] + chance.choice(PIECES) + text[at:]
        elif kind == 1:
            yield text[:at] + text[at + chance.randint(1, 4):]
        elif kind == 2:
            lines = text.split("\n")
            line = chance.randrange(len(lines))
            lines[line] = chance.choice(["", " ", "  ", "\t"]) + lines[line].lstrip() if chance.random() < 0.5 else " " + lines[line]
            yield "\n".join(lines)
        else:
            yield text[:at] + "\n" + text[at:]

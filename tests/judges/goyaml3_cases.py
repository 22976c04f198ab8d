"""Bases and patches for the judge `goyaml3`: what is always asked, and what chance makes.

A case is {"base": TEXT as yaml.v3 writes it, "patch": TEXT}. By chance come only texts in ordinary layout: where the
two parsers are known to differ (tests/judges/README.md), the judge does not ask.
"""

# Strings that mean something else without quotes, to yaml.v3, to YAML 1.1 or to the layout.
WORDS = """
yes on off no y n Y N NO nO nUll true True TRUE tRue false null ~ Null NULL << = .inf -.inf +.INF .nan NaN 12:30 1:2:3.4
12:60 190:20:30 -1:2 +1:23. 1_0:59 2026-01-02 2026-1-2 2026-01-02T03:04:05Z 0x1F 0o17 017 08 0b11 1e3 1E+3 1. -1.5 .5
+.5 1_000 - -- --- ---x ... .... -a ? ?a : :a a: a:b a#b #a &a *a !a | |- > >x %a @a `a 'a "a a'b a"b {a } [a ] ,a a,b
a\\b 0.5 1e400 -0 +0 0 00 0_ _0 1__0 0x 0xg 0o8 0b2 -0x1f 0o-7 0b-1 0b+1 -0b1 1e 1e+ 1.2.3 12345678901234567890
18446744073709551616 -9223372036854775808 -9223372036854775809 0x8000000000000000 +12345678901234567890 0XFF 0O17 .5_0
._5 .5e1 .5_e1 .e5 . .a .. 2026-13-01 2026-02-30 2024-02-29 2100-02-29 0000-01-01 2026-01-02t03:04:05.123456789012Z
2026-01-02T03:04:05,5Z 2026-01-02T03:04:05.500+01:30 2026-01-02T3:4:5-00:00 2026-01-02T03:04:05 2026-01-02T24:00:00Z
2026-01-02T03:04:05+25:00 2026-01-02T03:04:05+24:60 2026-001-02 *x os.environ/KEY sk-1234 http://x.y:80/p :: a::b
1e6 1e5 123456.7 1e-4 1e-5 1e21 606560574717714.2 -187837594323489.12 5e-324 1.7976931348623157e308 gAECA4D/ aGk=
""".split()
WORDS += ["", " ", "  ", " a", "a ", "a: b", "- a", "? a", ": a", "a #b", "a :b", "{a: b}", "[a, b]", "-- -", "key: |"]
WORDS += ["2026-01-02 3:4:5", "2026-01-02   3:4:5.10", "2026-01-02 03:04:05Z", "!!str x", "a" * 128, "b" * 129]
WORDS += ["word " * 30 + "x", "\t", "\ta", "a\t", "a\tb", "a\nb", "a\n", "\na", "\n", "\n\n", "a\n\n", "a\n\nb", " a\nb"]
WORDS += ["a \nb", "a\n b", "\ta\nb", "a\n\tb", "a\r\nb", "\r", "a\rb", "a\u0085b", "a\u2028b", "\u2028", "a \u2028b"]
WORDS += ["a\u2028 b", "a\u2029\u2029b", "a\u2028b\nc", "\u2028\n", "é", "日本", "😀", "a😀\nb", "\u00a0", "a\u00a0b"]
WORDS += ["\ufeff", "\ufeffab", "a\ufeff", "\ufffe", "\uffff", "\ufffd", "\ue000", "\ud7ff", "\x00", "\x07", "\x08"]
WORDS += ["\x0b", "\x0c", "\x1b", "\x7f", "\x80", "\x9f"]

NOTHING = "{}\n"
OPERATOR = """\
model_list:
    - model_name: gpt-3.5-turbo
      litellm_params:
        model: openai/gpt-3.5-turbo
        api_key: os.environ/OPENAI_API_KEY
mcp_servers:
    default__r1:
        url: http://search.default.svc.cluster.local:8080/mcp
        transport: http
        allowed_tools:
            - search
            - '*x'
        allow_all_keys: true
    k9:
        url: b
    k10:
        url: a
litellm_settings:
    request_timeout: 600
    callbacks:
        - otel
        - prometheus
"""

# What decides more than one character: keys, merges, tags, anchors, documents, the end of a text. `¶` is a line break,
# `⇥` a tab.
TEXTS = r"""
a: {1: x, true: y, ~: z, 1.5: v, 2026-01-02: u}
a: {1: x, 0x1: y, "b": z}
a: {1: x, "1": y}
a: {.inf: 1, -3: 2, 18446744073709551615: 3, false: 4, x: 5}
1: a¶1.50: b¶0x10: c¶true: d¶2026-01-02: e
~: a¶b: c
? [a]¶: b
? {a: b}¶: c
a: {? [b] : c}
a: &x {b: 1, c: [2]}¶d: *x¶e: {<<: *x, b: 9}
a: &x {b: 1}¶c: &y {b: 2, d: 3}¶e: {<<: [*x, *y], f: 4}
a: &x {b: 1, <<: {c: 2}}¶d: {<<: *x, c: 3}
<<: {a: 1, 7: 2}¶a: 0
a: {<<: {7: b}}
a: {<<: [1]}
a: {<<: x}
a: {"<<": {b: c}}
a: <<
a: *x
a: &x [*x]
&k a: 1¶b: {*k : 2}
a: &x 1¶b: &x 2¶c: *x
a: !!str 5¶b: !!int "5"¶c: !!float 5¶d: !foo 5¶e: ! 5¶f: !<tag:yaml.org,2002:str> 5
a: !!int x
a: !!bool yes
a: !!null x
a: !!float 18446744073709551615
a: !!timestamp "2026-01-02"
a: !!binary aGVs\nbG8=
a: !!binary "aGVs\nbG8="
a: !!binary x
a: !!binary gAECA4D/
a: !!seq {b: c}¶d: !!map [e]¶f: !!set {g, h}
a: 1¶a: 2
a: {b: 1, b: 2, c: 3, c: 4}
a: {*x : 1, *x : 2}
- a¶- b
just a string
"a string much longer than ten"
12
true
null
~
{}
[]

---
--- {}
# a comment
a: 1¶---¶b: 2
a: 1¶---¶b: [
a: 1¶...¶b: 2
---¶a: 1¶...
%YAML 1.1¶---¶a: 1
%YAML 1.2¶---¶a: 1
a: |¶  x¶  y
a: |¶  x¶  y¶
a: |-¶  x¶¶
a: |+¶  x¶¶
a: >¶  x¶  y¶¶  z
a: >-¶  x¶    y¶  z
a: |2¶    x¶   y
a:¶- |¶  x¶- >+¶  y¶¶- z
a: "x\¶  y"
a: 'it''s¶  two¶¶  lines'
a: x¶  y¶¶  z
a: [b, c: d, {e: f, g}, [], {}]
a: {b: , c: {d: [e,],},}
a: [
a: {b: c
a: "b
a: b: c
a:¶⇥b: c
a: @b
a: `b`
a: %b
a: 'b' c
a:¶- b¶c:¶  - d¶  -¶    - e¶  - - f¶    - g: h¶      i: j
? a¶: b¶? c¶: - d
a: # x¶  b # y¶#z
model_list: null¶mcp_servers: null¶litellm_settings: null
model_list: []¶litellm_settings: {callbacks: [langfuse]}
litellm_settings: {request_timeout: 1200, callbacks: null, new: null, router: {a: null}}
litellm_settings: {request_timeout: {x: null, y: 1}}
litellm_settings: 5¶mcp_servers: [x]
litellm_settings: {1: a}
litellm_settings: {}
litellm_settings: {request_timeout: null, callbacks: null}
mcp_servers: {k9: {url: null}, k10: null, default__r1: {auth_type: oauth2, headers: {Authorization: os.environ/T}}}
mcp_servers: {~: x}
router_settings: {a: null, b: {c: null}}
_u: 1¶K1: 2¶a: 3¶k9: 4¶k10: 5¶k010: 6¶k1a: 7¶k1-: 8¶k: 9¶k_: 10¶k.: 11¶kk: 12¶9: 13¶10: 14¶é: 15
a1b2: 1¶a1b10: 2¶a01: 3¶a1: 4¶a001: 5¶a0: 6¶a00: 7¶a-1: 8¶a-10: 9¶a-9: 10¶A: 11¶_: 12¶-: 13
"""


def quoted(text):
    def escaped(c):
        code = ord(c)
        if c in '"\\':
            return "\\" + c
        if 0x20 <= code < 0x7F:
            return c
        return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"

    return '"' + "".join(map(escaped, text)) + '"'


class Plain(str):
    """A scalar as it stands, without quotes."""


def flow(value):
    """A value on one line, every string in double quotes."""
    if isinstance(value, Plain):
        return value
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return "{" + ", ".join(f"? {flow(k)} : {flow(v)}" for k, v in value.items()) + "}"


def fixed():
    printable = [word for word in WORDS if word.isprintable() and len(word) < 60]
    patches = [flow({"a": word, word: "b", "c": [word, [{word: word}]]}) for word in WORDS]
    patches += [f"a: {word}\n" for word in printable]
    patches += [f"a: !!{tag} {word}\n" for tag in ("int", "float", "timestamp", "binary") for word in printable[::3]]
    patches += [text.replace("¶", "\n").replace("⇥", "\t") for text in TEXTS.split("\n")]
    owns = ("model_list", "mcp_servers", "litellm_settings")
    return [{"base": OPERATOR if patch.startswith(owns) else NOTHING, "patch": patch} for patch in patches if ordinary(patch)]


def ordinary(patch):
    """Whether both parsers take the same texts here (see tests/judges/README.md)."""
    value = patch[3:].strip() if patch.startswith("a: ") else ""
    return not (set(patch) & set("\u0085\u2028\u2029\ufeff")) and not value.startswith(("? ", ": ", "- "))


def by_chance(r, count, ask):
    """(kind, cases), some of which need answers to be made."""
    yield "values", [{"base": NOTHING, "patch": flow(a_map(r))} for _ in range(count)]
    yield "numbers", [{"base": NOTHING, "patch": "a: [" + ", ".join(number(r) for _ in range(8)) + "]"} for _ in range(count)]
    yield "order", [{"base": NOTHING, "patch": flow({key(r): Plain("1") for _ in range(12)})} for _ in range(count)]
    yield "layout", [{"base": NOTHING, "patch": document(r)} for _ in range(count)]
    yield "operator", [{"base": OPERATOR, "patch": flow(change(r))} for _ in range(count)]
    stable = [word for word in WORDS if word.isprintable() and word != "<<"]  # what reads back as it was written
    patches = [flow({"a": a_map(r, stable), **a_map(r, stable)}) for _ in range(count)]
    bases = [answer.get("text") for answer in ask([{"base": NOTHING, "patch": patch} for patch in patches])]
    yield "bases", [{"base": base, "patch": flow({"a": a_map(r, stable), **a_map(r)})} for base in bases if base]


LETTERS = list("ab0123456789 \n\t:#-?,[]{}&*!|>'\"%@`.~_+=<\\/()$;^")
LETTERS += ["\r", "\u0085", "\u2028", "\u00a0", "é", "日", "😀", "\ufeff", "\x07", "\x7f", "²", "Ⅷ", "ǅ", "ʰ", "ⓐ", "\u093c"]


def string(r, words=WORDS):
    way = r.random()
    if way < 0.6 or words is not WORDS:
        return r.choice(words)
    if way < 0.8:
        return "".join(r.choices(LETTERS, k=r.randint(0, 8)))
    if way < 0.9:
        return r.choice(words) + r.choice(LETTERS) + r.choice(words)
    if way < 0.97:
        return number(r)
    return "".join(r.choices(LETTERS, k=r.randint(60, 160)))


def number(r):
    if r.random() < 0.3:
        return a_float(r)
    return r.choice("0123456789.+") + "".join(r.choices("0123456789.-+_eExobTtZ", k=r.randint(0, 9)))


def a_float(r):
    return repr(r.uniform(-1, 1) * 10 ** r.randint(-20, 25))


def key(r):
    return "".join(r.choices("aB1209_-.é0", k=r.randint(1, 6)))


def value(r, words=WORDS, depth=0):
    way = r.random()
    if depth < 4 and way < 0.2:
        return [value(r, words, depth + 1) for _ in range(r.randint(0, 4))]
    if depth < 4 and way < 0.45:
        return a_map(r, words, depth)
    if way < 0.85:
        return string(r, words)
    odd = ["null", "true", "false", ".inf", ".nan", "2026-01-02T03:04:05Z", "!!binary gAECA4D/"]
    odd += ["!!binary " + "gAEC" * 40, str(r.randint(-(2**63), 2**64 - 1)), a_float(r)]
    odd += ["-0.0"] if words is WORDS else []
    return Plain(r.choice(odd))


def a_map(r, words=WORDS, depth=0):
    return {string(r, words): value(r, words, depth + 1) for _ in range(r.randint(0, 5))}


PARTS = "model_list mcp_servers litellm_settings router_settings default__r1 k10 k9 url request_timeout callbacks new".split()
PLAIN = "null ~ yes on 0o17 017 1_000 2026-01-02 1e3 0.10 12345678901234567890 [] {}".split()
PLAIN += ["{1: a}", "{~: a}", "{true: a, b: c}", "{!!str 1: 2}", "{<<: {a: 1}, b: 2}"]


def change(r, depth=0):
    """A patch of the operator's own keys."""

    def changed():
        way = r.random()
        if way < 0.2:
            return Plain("null")
        if way < 0.6 and depth < 4:
            return change(r, depth + 1)
        return Plain(r.choice(PLAIN)) if way < 0.85 else value(r, depth=3)

    return {part: changed() for part in r.sample(PARTS, r.randint(0, 5))}


SCALARS = """
a value 1 true null ~ yes http://a:80/p os.environ/K a#b 2026-01-02 0.5 -x é 'q' 'it''s' "e\\n\\t\\u00e9\\x41" {} [] <<
017 0o17 1_000 1e3 +1 -0 0x1F 12:30 sk-é 😀 '😀' ...x --x
""".split()
SCALARS += ["", "x y", "a, b", '"d q"', "!!str 5", "!foo z", '!!int "5"', "[a, b]", "{a: b}", "{a, b: c}", "[a: b, c]"]
SCALARS += ['{"a":1}', "[a, ]", "{a: }", "{a: {b: [c, d]}}", "!!binary aGk=", "! 12", "'a: b'", '"a # b"', "a   b"]
KEYS = """a b c k1 k2 k10 K1 _u 'q' "d" url 1 true 0.5 2026-01-02 é a-b a.b a/b http://x -k ?k :k""".split() + ["x y", "!!str 7"]


def document(r):
    body = "\n".join(block(r, 0, 0, []))
    start = r.choice(["", "", "", "---\n", "# c\n", "\n", "--- # c\n", "# c\n\n# d\n---\n", "%YAML 1.1\n---\n", "\ufeff"])
    text = start + body + r.choice(["\n", "\n", "", "\n...\n", "\n---\nz: 1\n", "\n# end", "\n\n"])
    return text.replace("\n", "\r\n") if r.random() < 0.1 else text


def block(r, indent, depth, anchors):
    """Lines of a map in block layout, or of a list below the top."""
    step, lines = r.choice([2, 2, 2, 4, 1, 3]), []
    if depth and r.random() < 0.35:
        for _ in range(r.randint(1, 4)):
            lines += entry(r, " " * indent + r.choice(["-", "-", "- ", "-  "]), indent, depth, step, anchors)
        return lines
    for name in r.sample(KEYS, r.randint(1, 5)):
        lines += entry(r, " " * indent + name + r.choice([":", ":", ": ", " :"]), indent, depth, step, anchors)
    maps = [name for name, kind in anchors if kind == "map"]
    if maps and r.random() < 0.3:
        merged = f"*{r.choice(maps)}"
        lines.append(" " * indent + "<<: " + r.choice([merged, f"[{merged}, {{z: 1}}]", "{z: 1}"]))
    return lines


def entry(r, line, indent, depth, step, anchors):
    """A key or a dash with what belongs to it."""
    comment = r.choice(["", "", "", "", "", " # c", "\n# c", "\n", "\n  # d\n"])
    if depth < 4 and r.random() < 0.4:
        inner = block(r, indent + step, depth + 1, anchors)
        if r.random() < 0.25:
            anchors.append((f"n{len(anchors)}", "list" if inner[0].lstrip().startswith("-") else "map"))
            line += f" &{anchors[-1][0]}"
        return [line + comment, *inner]
    if anchors and r.random() < 0.15:
        return [f"{line} *{r.choice(anchors)[0]}{comment}"]
    text = scalar(r, indent)
    return [f"{line} {text}" + ("" if text.startswith(("|", ">")) else comment)]


def scalar(r, indent):
    way, pad = r.random(), " " * (indent + r.choice([1, 2, 2, 4]))
    if way < 0.7:
        return r.choice(SCALARS)
    if way < 0.85:
        head = r.choice("|>") + r.choice(["", "", "-", "+"]) + r.choice(["", "", " # c", " "])
        texts = [r.choice(["text", "a: b", "# no", "- x", "'q'", "x  ", "é"]) for _ in range(r.randint(1, 6))]
        more = [r.choice([pad, pad, pad + "  ", "\n" + pad]) + text for text in texts[1:]]
        return "\n".join([head, pad + texts[0], *more])
    if way < 0.93:
        quote = r.choice(["", "'", '"'])
        parts = [r.choice(["one", "two words", "x:y", "a#c", "- d", "", "tail  ", "é"]) for _ in range(r.randint(0, 3))]
        return quote + ("\n" + pad).join(["first", *parts, "last"]) + quote
    return r.choice(["[a,{p}b]", "{{a: 1,{p}b: 2}}", "[{p}a,{p}b # c{p}]", "{{a: [b, {{c: d}}],{p}e: 'f',}}"]).format(p="\n" + pad)

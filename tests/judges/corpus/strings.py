"""Strings for a schema: from its pattern, its format, its lengths."""

import re
import string

try:
    from re import _parser as parser, _constants as constants  # Python 3.11
except ImportError:  # before
    import sre_constants as constants
    import sre_parse as parser

FORMATS = {
    "date-time": ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00+02:00", "2026-01-31T08:00:00.123456Z"],
    "byte": ["aGVsbG8=", "YQ==", ""],
    "uri": ["https://example.com/a?b=c", "urn:x:y"],
    "ipv4": ["10.0.0.1"],
    "ipv6": ["2001:db8::1"],
}
BAD_FORMATS = {
    "date-time": ["2026-13-01T00:00:00Z", "2026-01-31", "2026-01-31 08:00:00Z", "2026-01-31T08:00:00", "now", "",
                  "2026-01-31t08:00:00z", "2026-02-30T00:00:00Z", "2026-01-31T24:00:00Z", "2026-01-31T08:00Z",
                  "2026-01-31T08:00:60Z", "2026-01-31T08:00:00+0200", "2026-01-31T08:00:00,5Z"],
    "byte": ["aGVsbG8", "not base64!", "a", "aGVs bG8=", "aGVs\nbG8=", "-_-_", "===="],
    "uri": ["no scheme", "/a/b", "", "http://[::1", "%zz", "http://a b"],
    "ipv4": ["10.0.0", "10.0.0.256", "::1", "010.0.0.1", "10.0.0.1/8"],
    "ipv6": ["10.0.0.1", "2001:db8::1::2", "g::1", "::ffff:10.0.0.1", "fe80::1%eth0"],
}
WORDS = ["alpha", "beta", "gamma", "delta", "http", "main", "db", "x", "node-1", "team.example.com"]
PLAIN = string.ascii_lowercase + string.digits


def from_pattern(rng, pattern, low=0, high=40):
    """A string that matches the pattern, or None where a few tries found none of that length."""
    tree = parser.parse(pattern.replace("\\/", "/"))
    for _ in range(12):
        text = "".join(draw(rng, tree))
        if low <= len(text) <= high and re.search(pattern, text):
            return text
    return None


def draw(rng, tree):
    for op, value in tree:
        if op is constants.LITERAL:
            yield chr(value)
        elif op is constants.NOT_LITERAL:
            yield rng.choice([c for c in PLAIN if ord(c) != value])
        elif op is constants.ANY:
            yield rng.choice(PLAIN)
        elif op is constants.IN:
            yield rng.choice(members(value))
        elif op is constants.BRANCH:
            yield from draw(rng, rng.choice(value[1]))
        elif op is constants.SUBPATTERN:
            yield from draw(rng, value[3])
        elif op in (constants.MAX_REPEAT, constants.MIN_REPEAT):
            low, high, inner = value
            for _ in range(rng.randint(low, max(low, min(int(high), low + 3)))):
                yield from draw(rng, inner)


def members(items):
    """The characters of a class, letters and digits first where it has some."""
    chars, negated = [], False
    for op, value in items:
        if op is constants.NEGATE:
            negated = True
        elif op is constants.LITERAL:
            chars.append(chr(value))
        elif op is constants.RANGE:
            chars += [chr(c) for c in range(value[0], value[1] + 1)]
        elif op is constants.CATEGORY:
            chars += string.digits if value is constants.CATEGORY_DIGIT else PLAIN
    return [c for c in PLAIN if c not in chars] if negated else chars


def valid(rng, schema):
    """A string that fits the schema as far as one can see."""
    low, high = schema.get("minLength", 0), schema.get("maxLength", 40)
    if any("duration(" in rule["rule"] for rule in schema.get("x-kubernetes-validations", [])):
        return rng.choice(["5m", "10m", "1h"])
    if schema.get("format") in FORMATS:
        return rng.choice(FORMATS[schema["format"]])
    if schema.get("pattern"):
        text = from_pattern(rng, schema["pattern"], low, high)
        if text is not None:
            return text
    text = rng.choice(WORDS)[: max(high, 0)]
    return text + "x" * (low - len(text))

"""Strings for a schema: from its pattern, its format, its lengths."""

import re
import string

try:
    from re import _constants as constants  # Python 3.11
    from re import _parser as parser
except ImportError:  # before
    import sre_constants as constants
    import sre_parse as parser

FORMATS = {  # some that are valid, some that are not or hardly
    "date-time": (
        ["2026-01-31T08:00:00Z", "2026-01-31T08:00:00+02:00", "2026-01-31T08:00:00.123456Z"],
        [
            "2026-13-01T00:00:00Z",
            "2026-01-31",
            "2026-01-31 08:00:00Z",
            "2026-01-31T08:00:00",
            "now",
            "",
            "2026-01-31t08:00:00z",
            "2026-02-30T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T08:00Z",
            "2026-01-31T08:00:60Z",
            "2026-01-31T08:00:00+0200",
            "2026-01-31T08:00:00,5Z",
        ],
    ),
    "datetime": (["2026-01-31T08:00:00Z"], ["now", ""]),
    "date": (["2026-01-31"], ["2026-1-31", "2026-02-30", "2026-01-31T00:00:00Z", "", "31.01.2026"]),
    "duration": (
        ["5m", "1h30m", "1 day", "10s"],
        ["", "5", "5x", "-5m", "1.5h", "1w", "1 week 2 days", "PT5M", "5 min", "1h 5m", "inf"],
    ),
    "byte": (
        ["aGVsbG8=", "YQ==", ""],
        ["aGVsbG8", "not base64!", "a", "aGVs bG8=", "aGVs\nbG8=", "-_-_", "====", "YR=="],
    ),
    "uri": (
        ["https://example.com/a?b=c", "urn:x:y"],
        ["no scheme", "/a/b", "", "http://[::1", "%zz", "http://a b", "a:b", "//a/b", "http://a:port"],
    ),
    "email": (["a@example.com"], ["a", "a@", "@b", "a@b", "A <a@b.c>", "a@b c", "", "é@example.com"]),
    "hostname": (
        ["a.example.com", "host"],
        ["a_b", "-a", "a..b", "", "A.B", "a" * 64, "1.2.3.4", "é.com", "a.", "a.b" * 80],
    ),
    "ipv4": (["10.0.0.1"], ["10.0.0", "10.0.0.256", "::1", "010.0.0.1", "10.0.0.1/8", ""]),
    "ipv6": (["2001:db8::1"], ["10.0.0.1", "2001:db8::1::2", "g::1", "::ffff:10.0.0.1", "fe80::1%eth0", "::", ""]),
    "cidr": (["10.0.0.0/8", "2001:db8::/32"], ["10.0.0.0", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/08", "", "::/129"]),
    "mac": (
        ["01:23:45:67:89:ab"],
        ["01-23-45-67-89-AB", "0123.4567.89ab", "01:23", "zz:23:45:67:89:ab", "", "01:23:45:67:89:ab:cd:ef"],
    ),
    "uuid": (
        ["3f2f9a3e-1b2c-4d5e-8f90-123456789abc"],
        [
            "3F2F9A3E-1B2C-4D5E-8F90-123456789ABC",
            "3f2f9a3e1b2c4d5e8f90123456789abc",
            "x",
            "",
            "{3f2f9a3e-1b2c-4d5e-8f90-123456789abc}",
            "00000000-0000-0000-0000-000000000000",
            "3f2f9a3e-1b2c-4d5e-8f90-123456789ab",
        ],
    ),
    "uuid3": (["3f2f9a3e-1b2c-3d5e-8f90-123456789abc"], ["3f2f9a3e-1b2c-4d5e-8f90-123456789abc", "x", ""]),
    "uuid4": (
        ["3f2f9a3e-1b2c-4d5e-8f90-123456789abc"],
        ["3f2f9a3e-1b2c-3d5e-8f90-123456789abc", "3f2f9a3e-1b2c-4d5e-7f90-123456789abc", "x", ""],
    ),
    "uuid5": (["3f2f9a3e-1b2c-5d5e-8f90-123456789abc"], ["3f2f9a3e-1b2c-4d5e-8f90-123456789abc", "x", ""]),
    "isbn": (["0321751043", "978-0321751041"], ["0321751044", "x", "", "978 0321751041", "9780321751040"]),
    "isbn10": (["0321751043", "0-321-75104-3"], ["978-0321751041", "032175104X", ""]),
    "isbn13": (["978-0321751041", "9780321751041"], ["0321751043", "9780321751042", ""]),
    "creditcard": (["4111-1111-1111-1111", "4111111111111111"], ["4111111111111112", "1", "", "4111 1111 1111 1111"]),
    "ssn": (["111-11-1111"], ["111 11 1111", "111111111", "11-111-1111", ""]),
    "hexcolor": (["#ff00ff", "#FFF", "fff"], ["#ff", "red", "", "#gggggg", "#ff00ff00"]),
    "rgbcolor": (["rgb(100,100,100)"], ["rgb(256,1,1)", "RGB(1,1,1)", "rgb(1, 1, 1)", "", "rgb(1%,1%,1%)"]),
    "bsonobjectid": (["507f1f77bcf86cd799439011"], ["507f1f77bcf86cd79943901", "x", "", "507F1F77BCF86CD799439011"]),
}
HINTS = {  # a word in a CEL rule -> what it is about
    "duration(": (["5m", "10m", "1h"], ["1s", "0s", "99h", "5 m", "1d", "1.5m", "-5m"]),
    "isURL(": (
        ["https://a.example.com/b"],
        ["http://a", "https://example.com", "/a", "a b", "https://a:x", "https://[::1]:80/", "HTTPS://A"],
    ),
    "isIP(": (["10.0.0.1"], ["127.0.0.1", "::1", "1.2.3", "::ffff:1.2.3.4", "010.0.0.1", "fe80::1%a", "1.2.3.4 "]),
    "isCIDR(": (["10.1.0.0/16"], ["10.0.0.0/7", "10.1.0.1/16", "192.168.0.0/16", "10.1.0.0/16/1", "::/0", "x"]),
    "isQuantity(": (
        ["1Gi", "500Mi"],
        ["1Mi", "-1Gi", "100Mi", "1e9", "1E9", "2Ti", "1.5Gi", "x", "1 Gi", "0.5", ".5Gi", "104857601"],
    ),
    "isSemver(": (["2.0.0"], ["1.2.3", "1.2.4-alpha", "v2.0.0", "2.0", "1.2.3+build", "02.0.0", "x"]),
}
WORDS = ["alpha", "beta", "gamma", "delta", "http", "main", "db", "x", "node-1", "team.example.com"]
PLAIN = string.ascii_lowercase + string.digits


def from_pattern(rng, pattern, low=0, high=40):
    """A string that matches the pattern, or None where a few tries found none of that length."""
    try:
        tree = parser.parse(pattern.replace("\\/", "/"))
    except re.error:  # what only RE2 knows
        return None
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
    if schema.get("format") in FORMATS:
        return rng.choice(FORMATS[schema["format"]][0])
    good, _ = hinted(schema.get("x-kubernetes-validations", []))
    if good:
        return rng.choice(good)
    if schema.get("pattern"):
        text = from_pattern(rng, schema["pattern"], low, high)
        if text is not None:
            return text
    text = rng.choice(WORDS)[: max(high, 0)]
    return text + "x" * (low - len(text))


def hinted(rules):
    """Texts that rules are about: some that may please them, some that may not."""
    for word, texts in HINTS.items():
        if any(word in rule["rule"] for rule in rules):
            return texts
    return [], []


def about(schema):
    """Texts, good and bad, that a format or the rules of a schema are about."""
    good, bad = FORMATS.get(schema.get("format")) or hinted(schema.get("x-kubernetes-validations", []))
    return good + bad

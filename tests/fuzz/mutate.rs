//! A text and another -> a text that is a little off: broken in its characters, its lines, its words or its nesting.

use crate::random::Random;

/// Longest input by mutation, in bytes.
pub(crate) const LONGEST: usize = 64 << 10;

/// What means something to one of the languages read.
const WORDS: &[&str] = &[
    // YAML.
    "---\n",
    "...\n",
    "- ",
    "? ",
    ": ",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "!!str ",
    "!<x> ",
    "| ",
    ">-\n",
    "|2\n",
    "%YAML 1.1\n",
    "#",
    "'",
    "\"",
    "\\x",
    "\\u",
    "[",
    "]",
    "{",
    "}",
    "[[[[",
    "{a: {a: {a: ",
    ",",
    "\t",
    "\r\n",
    "\r",
    "\n",
    "\n\n  ",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\0",
    "\u{1b}[31m",
    "~",
    "null",
    "yes",
    "true",
    "false",
    "0",
    "-1",
    "1e999",
    ".nan",
    ".inf",
    "0x1F",
    "0o7",
    "1_0",
    "12:30",
    "2026-01-02",
    "18446744073709551615",
    "9223372036854775808",
    "1.7976931348623157e308",
    "é",
    "日本",
    "😀",
    "\u{202e}",
    "a",
    "name",
    "spec",
    "metadata",
    "kind",
    "apiVersion",
    "items",
    // Templates and expressions.
    "{{ ",
    " }}",
    "{% for a in ",
    " %}",
    "{% endfor %}",
    "{% if ",
    "{% endif %}",
    "{% set a = a ~ a %}",
    "{% raw %}",
    "{# ",
    " #}",
    "range(1000000000)",
    " | ",
    "join(\"x\")",
    "replace(\"\", \"aaaa\")",
    "to_yaml",
    "to_json_text",
    "nested(\"a\")",
    "merge_patch({})",
    "sha256",
    "settings",
    "platform",
    "item",
    "loop",
    "[a, a]",
    " * 1000000",
    " ** 99",
    "\"x\" * 99999999",
    " // 0",
    " % 0",
    "a[::-1]",
    ".a.a.a",
    "(((",
    ")))",
    "not ",
    " in ",
    " is defined",
    "dict(a=a)",
    // CEL and patterns.
    "self",
    "oldSelf",
    ".all(x, ",
    ".map(x, ",
    ".exists(x, ",
    ".filter(x, ",
    "has(self.s)",
    "size(",
    ".matches(\"",
    "(a+)+$",
    "(a|a)*",
    "x{1000}",
    "{1000}{1000}",
    "[[:alpha:]]",
    "\\p{L}",
    "\\Q",
    "(?i)",
    "(?=",
    "^",
    "$",
    ".replace('', 'aaaaaaaa')",
    ".split('')",
    ".join(',')",
    " + ",
    " * ",
    " / 0",
    " % 0",
    " ? ",
    " : ",
    "duration('1h')",
    "timestamp('9999-12-31T23:59:59Z')",
    "quantity('1Ei')",
    "int(",
    "string(",
    "base64.decode('",
    "9223372036854775807",
    "-9223372036854775808",
    "[0]",
    "[-1]",
    // Schemas.
    "type: object",
    "properties",
    "additionalProperties",
    "x-kubernetes-validations",
    "x-kubernetes-preserve-unknown-fields: true",
    "x-kubernetes-list-type: map",
    "default",
    "enum",
    "pattern",
    "required",
    "format: int32",
    "maxLength",
    "minimum",
    "$ref",
    "nullable: true",
];

/// A text with one to eight changes; `other` gives parts.
pub(crate) fn mutated(text: &str, other: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..1 + random.below(8) {
        let range = part(&text, random);
        match random.below(10) {
            0 => drop(text.drain(range)),
            1 => {
                let copies = text[range.clone()].repeat([1, 2, 10, 300][random.below(4)]);
                text.insert_str(range.end, &copies);
            }
            2 | 3 => text.insert_str(range.start, random.pick(WORDS)),
            4 | 5 => text.replace_range(word(&text, range.start), random.pick(WORDS)),
            6 => text.replace_range(range, &other[part(other, random)]),
            7 => {
                let own = text[part(&text, random)].to_owned();
                text.replace_range(range, &own);
            }
            8 => {
                // A line further in or out.
                let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
                match random.below(2) {
                    0 => text.insert_str(line, ["  ", "    ", " ", "- "][random.below(4)]),
                    _ if text[line..].starts_with("  ") => drop(text.drain(line..line + 2)),
                    _ => {}
                }
            }
            _ => {
                let depth = [3, 40, 70, 500, 5_000][random.below(5)];
                let (open, close) =
                    [("[", "]"), ("{a: ", "}"), ("(", ")"), ("- ", ""), ("!", ""), ("\n> ", "")][random.below(6)];
                text.replace_range(range, &(open.repeat(depth) + "x" + &close.repeat(depth)));
            }
        }
        text.truncate(text.floor_char_boundary(LONGEST));
    }
    text
}

/// Any part of a text: of some characters, a line, or anything.
fn part(text: &str, random: &mut Random) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(random.below(text.len() + 1));
    let length = match random.below(4) {
        0 => random.below(4),
        1 => random.below(30),
        2 => text[start..].find('\n').map_or(text.len() - start, |at| at + 1),
        _ => random.below(1 + text.len() / 4),
    };
    start..text.ceil_char_boundary((start + length).min(text.len()))
}

/// The word around a place.
fn word(text: &str, at: usize) -> std::ops::Range<usize> {
    let end = |c: char| !(c.is_alphanumeric() || "_-./".contains(c));
    let start = text[..at].rfind(end).map_or(0, |found| text.ceil_char_boundary(found + 1));
    start..text[at..].find(end).map_or(text.len(), |found| at + found)
}

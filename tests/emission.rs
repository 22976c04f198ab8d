//! What we write, others read: strings by chance, as values and keys, in lists, long and in several lines, come back the same.
//!
//! Two Rust readers here. `STRINGS` says how many (3,000), `EMITTED` a file that gets each text with its value, a line of
//! JSON each, for the readers of Go and Python (`tests/judges/run emission`).

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

mod random;

use std::io::Write;

use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml::emit;
use random::Random;
use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// What YAML 1.1 or 1.2 takes for something else than a string, and what its syntax is made of.
const WORDS: &[&str] = &[
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "Yes",
    "YES",
    "no",
    "NO",
    "on",
    "On",
    "off",
    "OFF",
    "true",
    "True",
    "TRUE",
    "false",
    "null",
    "Null",
    "NULL",
    "~",
    "",
    "=",
    "<<",
    ".inf",
    "-.inf",
    "+.INF",
    ".nan",
    ".NaN",
    ".NAN",
    "0",
    "-0",
    "+1",
    "007",
    "0o17",
    "0x1F",
    "0b101",
    "0_1",
    "1_000",
    "_1",
    "1e3",
    "1E+3",
    "1.",
    ".5",
    "1.5e-7",
    "-1.5",
    "+.5",
    "1e400",
    "12:30",
    "1:2:3.4",
    "190:20:30",
    "-1:59",
    "2026-01-02",
    "2026-1-2",
    "2026-01-02T03:04:05Z",
    "2026-01-02 03:04:05.5 +01:00",
    "18446744073709551616",
    "-9223372036854775809",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "... a",
    "- a",
    "-a",
    "?",
    "? a",
    "?a",
    ":",
    ": a",
    ":a",
    "a:",
    "a: b",
    "a:b",
    "a :b",
    "#",
    "#a",
    "a #b",
    "a#b",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    "|-",
    ">",
    ">+",
    "%YAML 1.2",
    "%a",
    "@a",
    "`a",
    "'",
    "''",
    "'a'",
    "\"",
    "\"a\"",
    "a'b",
    "a\"b",
    "\\",
    "\\n",
    "a\\",
    "{",
    "}",
    "{}",
    "{a: b}",
    "[",
    "]",
    "[]",
    "[a, b]",
    ",",
    ", a",
    "a, b",
    "{{ a }}",
    "${A}",
    "é",
    "日本",
    "😀",
    "word",
    "some words",
    "k: |",
];

/// Characters at the edges: controls, breaks of YAML 1.1, blanks of Unicode, ends of planes, the neighbours of surrogates.
const EDGES: &[char] = &[
    '\0',
    '\u{1}',
    '\u{7}',
    '\u{8}',
    '\t',
    '\n',
    '\u{b}',
    '\u{c}',
    '\r',
    '\u{1b}',
    '\u{1f}',
    ' ',
    '~',
    '\u{7f}',
    '\u{80}',
    '\u{85}',
    '\u{9f}',
    '\u{a0}',
    '\u{ad}',
    '\u{300}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{2028}',
    '\u{2029}',
    '\u{202e}',
    '\u{3000}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{f8ff}',
    '\u{fdd0}',
    '\u{feff}',
    '\u{fffd}',
    '\u{fffe}',
    '\u{ffff}',
    '\u{10000}',
    '\u{1f600}',
    '\u{1fffe}',
    '\u{e0001}',
    '\u{10fffe}',
    '\u{10ffff}',
];

/// What stands between the parts of a string.
const SEAMS: &[&str] = &[
    "", "", " ", " ", "  ", "\t", "\n", "\n", "\n\n", "\n  ", "\n    ", "\n\t", " \n", "\r\n", "\n\n\n", ": ", " #",
    "\n- ", "\n# ",
];

fn string(random: &mut Random) -> String {
    let parts = [1, 1, 1, 2, 3, 5, 12][random.below(7)];
    let mut text = String::new();
    for part in 0..parts {
        if part > 0 || random.below(8) == 0 {
            text += random.pick(SEAMS);
        }
        match random.below(8) {
            0..4 => text += random.pick(WORDS),
            4 => text.push(EDGES[random.below(EDGES.len())]),
            5 => (0..random.below(9)).for_each(|_| text.push((b' ' + random.below(95) as u8) as char)),
            6 => text.extend(char::from_u32(random.below(0x11_0000) as u32)),
            _ => {
                text += &format!("{}{}", random.next() >> random.below(64), random.pick(&["", ".", "e1", ":30", "_0"]))
            }
        }
    }
    if random.below(8) == 0 {
        text += random.pick(SEAMS);
    }
    text
}

/// A string in every place that we write strings to, long enough to be folded and with lines before and behind it.
fn document(text: &str, random: &mut Random) -> Value {
    let long = vec![text; 1 + 160 / text.len().max(1)].join(random.pick(&[" ", "  ", " word ", "-"]));
    let lines = [random.pick(&["", " ", "first", "  first", "\t"]), text, random.pick(&["", " ", "last", "   last"])];
    let lines = lines.join("\n") + random.pick(&["", "\n", "\n\n", "\n "]);
    let under = |key: &str, value: Value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
    match random.below(4) {
        0 => json!(text),
        1 => json!([text, [text], under(text, json!([long, text])), lines, [[lines]]]),
        2 => under(text, under(&long, under(&lines, json!(text)))),
        _ => {
            json!({ "value": text, "long": long, "lines": lines, "in": { "lists": [[text], { "a": long, "b": [lines, text] }] }, "keys": under(text, json!(lines)) })
        }
    }
}

/// What the second reader sees. Its own parser and its own idea of what a plain word is.
fn by_yaml_rust2(text: &str) -> Result<Value, String> {
    let documents = YamlLoader::load_from_str(text).map_err(|e| e.to_string())?;
    fn json(yaml: &Yaml) -> Result<Value, String> {
        match yaml {
            Yaml::String(text) => Ok(json!(text)),
            Yaml::Array(items) => items.iter().map(json).collect(),
            Yaml::Hash(map) => {
                let entry = |(key, value): (&Yaml, &Yaml)| match key {
                    Yaml::String(key) => Ok((key.clone(), json(value)?)),
                    other => Err(format!("the key {other:?}")),
                };
                map.iter().map(entry).collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
            other => Err(format!("{other:?}")),
        }
    }
    match documents.as_slice() {
        [one] => json(one),
        several => Err(format!("{} documents", several.len())),
    }
}

#[test]
fn every_string_comes_back() {
    let count = std::env::var("STRINGS").map_or(3_000, |n| n.parse().expect("a number of strings"));
    let mut emitted = std::env::var("EMITTED")
        .ok()
        .map(|path| std::io::BufWriter::new(std::fs::File::create(path).expect("writable")));
    let mut random = Random(6);
    for number in 0..count {
        let text = string(&mut random);
        let value = document(&text, &mut random);
        let written = emit(&value);
        let read = kubeyaml::values(&Source::new("x", written.clone()));
        assert_eq!(read.as_deref().ok(), Some(&[value.clone()][..]), "{number}: {read:?}\n{written}");
        assert_eq!(by_yaml_rust2(&written), Ok(value.clone()), "{number}: yaml-rust2\n{written}");
        if let Some(file) = &mut emitted {
            writeln!(file, "{}", json!({ "text": written, "value": value })).expect("writable");
        }
    }
}

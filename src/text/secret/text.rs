//! Text -> the keys in it that a name before them tells: `password=x`, `--api-key x`, `Authorization: Bearer x`, `"token": "x"`,
//! `name: X` before `value: x`. For arguments, connection strings, scripts, configurations, comments and excerpts.

use std::ops::Range;

use crate::text::secret::form::range_of;
use crate::text::secret::judge::literal;
use crate::text::secret::name::{Says, says};
use crate::text::secret::value;

/// Longest name that is looked at, in bytes.
const NAME: usize = 80;

/// Longest value that is looked at, in bytes.
const VALUE: usize = 2_000;

/// How far behind `name: X` its `value:` may stand, in bytes.
const BESIDE: usize = 200;

/// A name that is waiting for its value: `- name: API_KEY`, and where it ended.
type Pair = Option<(Says, usize)>;

/// All of them, in the order of the text.
pub fn keys(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let (mut found, mut from, mut pair): (_, _, Pair) = (Vec::new(), 0, None);
    while let Some(at) = text[from..].find(['=', ':', '-']).map(|at| from + at) {
        from = at + 1;
        let sign = text.as_bytes()[at];
        let name = match sign {
            b'-' => flag_at(text, at),
            _ => name_before(text, at),
        };
        let says = match name {
            "" => continue,
            "name" | "key" | "header" | "headerName" => {
                let named = value_behind(text, from, sign, NAME).and_then(says);
                pair = named.map(|says| (says, from)).or(pair);
                continue;
            }
            "value" => pair.take().filter(|(_, end)| from - end < BESIDE).map(|(says, _)| says),
            _ => says(name),
        };
        let Some(says) = says else { continue };
        if sign == b'-' {
            from += 1 + name.len();
        }
        let Some(value) = value_behind(text, from, sign, VALUE) else { continue };
        let range = range_of(value, text);
        match literal(says, value) {
            Some(what) => found.push((range.clone(), what)),
            None if value.len() < NAME => continue,
            None => {}
        }
        from = range.end;
    }
    found
}

/// The name directly before `=` or `:`, without its quotes.
fn name_before(text: &str, at: usize) -> &str {
    let start = text.ceil_char_boundary(at.saturating_sub(NAME));
    let before = text[start..at].trim_end_matches([' ', '"', '\'', '\\']);
    let name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let length = before.chars().rev().take_while(|c| name(*c)).count();
    before[before.len() - length..].trim_start_matches('-')
}

/// The name of a flag that begins here, with a space behind it: `--api-key x`.
fn flag_at(text: &str, at: usize) -> &str {
    let Some(rest) = text[at..].strip_prefix("--") else { return "" };
    let name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let length = rest.bytes().take(NAME).take_while(|b| name(char::from(*b))).count();
    let begins = rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && rest[length..].starts_with(' ') { &rest[..length] } else { "" }
}

/// The value that begins here: to its closing quote, or one word; a word of a sentence is none.
fn value_behind(text: &str, from: usize, sign: u8, most: usize) -> Option<&str> {
    let end = text.floor_char_boundary((from + most).min(text.len()));
    let rest = &text[from..end];
    let rest = rest.trim_start_matches(' ');
    let rest = if sign == b':' { indented(rest) } else { rest };
    for quote in ["\\\"", "\"", "'", "`"] {
        if let Some(inside) = rest.strip_prefix(quote) {
            return inside.split_once(quote).map(|(value, _)| value).filter(|value| !value.contains('\n'));
        }
    }
    let rest = rest.strip_prefix('=').unwrap_or(rest); // `==`, `:=`
    let scheme = ["Bearer ", "bearer ", "Basic ", "basic "].iter().find(|scheme| rest.starts_with(**scheme));
    let begin = scheme.map_or(0, |scheme| scheme.len());
    let stops = |c: char| c.is_whitespace() || "\"'`,;)}]\\".contains(c) || sign == b'=' && c == '&';
    let value = rest[begin..].split(stops).next().unwrap_or_default();
    // `password = file.read(`: what a function returns.
    let called = value.split_once('(').map_or("", |(function, _)| function);
    if called.contains('.') && called.split('.').all(|part| !part.is_empty() && value::is_wordy(part)) {
        return None;
    }
    let behind = rest[begin + value.len()..].trim_start_matches(' ');
    let ends =
        behind.is_empty() || behind.starts_with(['\n', '\r', '#', ',', '}', ']', ')', '"', '\'', '`', ';', '&', '\\']);
    (!value.is_empty() && (sign != b':' || ends)).then_some(value)
}

/// What stands on the next, deeper line when a key has nothing or a block's sign behind it.
fn indented(rest: &str) -> &str {
    let (line, next) = rest.split_once('\n').unwrap_or((rest, ""));
    let block = line.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    match ["", "|", ">"].contains(&block)
        && !next.trim_start_matches([' ', '+', '-']).contains(": ")
        && next.starts_with([' ', '+', '-'])
    {
        true => next.trim_start(),
        false => rest,
    }
}

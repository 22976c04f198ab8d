//! The values of Go's `gopkg.in/yaml.v3` v3.0.1: what a plain scalar means to it, and how it orders the keys of a map.
//!
//! Knows neither events nor layout. The rules are those of `resolve.go` and `sorter.go` of that version.

use serde_json::Value;
use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// What `yaml.Unmarshal` yields for an `interface{}`.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    /// `nil`.
    Null,
    /// `bool`: only `true` and `false` in three spellings each, unlike YAML 1.1.
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `uint64`: what is too large for `int`.
    Uint(u64),
    /// `float64`.
    Float(f64),
    /// `time.Time`, in the form in which it is written: RFC 3339 with nanoseconds.
    Time(String),
    /// `string`.
    String(String),
    /// A `string` that is not UTF-8; only `!!binary` yields it.
    Binary(Vec<u8>),
    /// `[]interface{}`.
    List(Vec<Yaml>),
    /// `map[string]interface{}` when all keys are strings, else `map[interface{}]interface{}`.
    Map(Vec<(Yaml, Yaml)>),
}

impl Yaml {
    /// Whether Go has a `map[string]interface{}` here.
    pub fn is_string_map(&self) -> bool {
        let is_string = |key: &Yaml| matches!(key, Yaml::String(_) | Yaml::Binary(_));
        matches!(self, Yaml::Map(entries) if entries.iter().all(|(key, _)| is_string(key)))
    }
}

impl From<&Value> for Yaml {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Yaml::Null,
            Value::Bool(b) => Yaml::Bool(*b),
            Value::Number(n) => match (n.as_i64(), n.as_u64()) {
                (Some(i), _) => Yaml::Int(i),
                (None, Some(u)) => Yaml::Uint(u),
                (None, None) => Yaml::Float(n.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(s) => Yaml::String(s.clone()),
            Value::Array(items) => Yaml::List(items.iter().map(Yaml::from).collect()),
            Value::Object(map) => {
                Yaml::Map(map.iter().map(|(k, v)| (Yaml::String(k.clone()), Yaml::from(v))).collect())
            }
        }
    }
}

/// What a scalar without quotes and without a tag is.
pub fn plain(text: &str) -> Yaml {
    by_form(text, true)
}

/// The same with a tag (`!!int`): what the text is must be what the tag says.
///
/// # Errors
/// The words of yaml.v3.
pub fn tagged(tag: &str, text: &str) -> Result<Yaml, String> {
    let value = by_form(text, tag == "!!timestamp");
    let found = tag_of(&value);
    match (tag, value) {
        ("!!str", _) => Ok(Yaml::String(text.into())),
        ("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp", value) if found == tag => Ok(value),
        ("!!float", Yaml::Int(i)) => Ok(Yaml::Float(i as f64)),
        ("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp", _) => {
            Err(format!("yaml: cannot decode {found} `{text}` as a {tag}"))
        }
        _ => Ok(Yaml::String(text.into())),
    }
}

/// The tag of a value in its short form.
pub fn tag_of(value: &Yaml) -> &'static str {
    match value {
        Yaml::Null => "!!null",
        Yaml::Bool(_) => "!!bool",
        Yaml::Int(_) | Yaml::Uint(_) => "!!int",
        Yaml::Float(_) => "!!float",
        Yaml::Time(_) => "!!timestamp",
        Yaml::String(_) => "!!str",
        Yaml::Binary(_) => "!!binary",
        Yaml::List(_) => "!!seq",
        Yaml::Map(_) => "!!map",
    }
}

fn by_form(text: &str, times: bool) -> Yaml {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Yaml::Null,
        "true" | "True" | "TRUE" => return Yaml::Bool(true),
        "false" | "False" | "FALSE" => return Yaml::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Yaml::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Yaml::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Yaml::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let found = match text.as_bytes()[0] {
        b'.' => fraction(text),
        b'0'..=b'9' | b'+' | b'-' => times.then(|| time(text)).flatten().or_else(|| number(&text.replace('_', ""))),
        _ => None,
    };
    found.unwrap_or_else(|| Yaml::String(text.into()))
}

/// A number that starts with a point: an underscore may stand between two digits.
fn fraction(text: &str) -> Option<Yaml> {
    let bytes = text.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let separates = |i: usize| digit(i - 1) && digit(i + 1);
    (0..bytes.len()).all(|i| bytes[i] != b'_' || separates(i)).then(|| float(&text.replace('_', ""))).flatten()
}

fn number(text: &str) -> Option<Yaml> {
    integer(text).or_else(|| float(text)).or_else(|| signed_after_prefix(text))
}

/// Go's literals: `0x1f`, `0o17`, `017`, `0b11`, decimal; in `int`, or in `uint64` without a sign.
fn integer(text: &str) -> Option<Yaml> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match (digits.get(..2).map(str::to_ascii_lowercase).as_deref(), digits) {
        (Some("0x"), _) => (16, &digits[2..]),
        (Some("0o"), _) => (8, &digits[2..]),
        (Some("0b"), _) => (2, &digits[2..]),
        (Some(_), octal) if octal.starts_with('0') => (8, &octal[1..]),
        (_, decimal) => (10, decimal),
    };
    let size = magnitude(digits, radix)?;
    match (text.as_bytes()[0], i64::try_from(size)) {
        (b'-', _) => 0i64.checked_sub_unsigned(size).map(Yaml::Int),
        (_, Ok(int)) => Some(Yaml::Int(int)),
        (b'+', Err(_)) => None,
        (_, Err(_)) => Some(Yaml::Uint(size)),
    }
}

/// The digits alone; Rust's own parser would take a sign.
fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    digits.chars().all(|c| c.is_digit(radix)).then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, if it is finite.
fn float(text: &str) -> Option<Yaml> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let fine = match mantissa.split_once('.') {
        Some(("", after)) => digits(after) && !after.is_empty(),
        Some((before, after)) => digits(before) && digits(after),
        None => digits(mantissa) && !mantissa.is_empty(),
    };
    let exponent = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        digits(e) && !e.is_empty()
    });
    (fine && exponent).then(|| text.parse::<f64>().ok()).flatten().filter(|f| f.is_finite()).map(Yaml::Float)
}

/// `0b-1` and `0o+7`: the prefix comes off and the rest may have a sign.
fn signed_after_prefix(text: &str) -> Option<Yaml> {
    let (radix, rest) = match (text.strip_prefix("0b"), text.strip_prefix("0o")) {
        (Some(rest), _) => (2, rest),
        (_, Some(rest)) => (8, rest),
        _ => return None,
    };
    let size = magnitude(rest.strip_prefix(['+', '-'])?, radix)?;
    if rest.starts_with('-') { 0i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() }.map(Yaml::Int)
}

/// The four forms of a time: `2026-1-2`, with `T` or `t` and a zone, with spaces and no zone (then it is UTC).
fn time(text: &str) -> Option<Yaml> {
    let (year, rest) = (text.get(..4)?, text.get(4..)?);
    year.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
    let mut rest = rest.strip_prefix('-')?;
    let month = one_or_two(&mut rest)?;
    rest = rest.strip_prefix('-')?;
    let day = one_or_two(&mut rest)?;
    if !(1..=12).contains(&month) || day < 1 || day > days(year.parse().ok()?, month) {
        return None;
    }
    let date = format!("{year}-{month:02}-{day:02}");
    if rest.is_empty() {
        return Some(Yaml::Time(format!("{date}T00:00:00Z")));
    }
    let zoned = rest.starts_with(['T', 't']);
    let mut rest = if zoned { &rest[1..] } else { rest.strip_prefix(' ')?.trim_start_matches(' ') };
    let clock = clock(&mut rest)?;
    let zone = if zoned { zone(rest)? } else { rest.is_empty().then(|| "Z".into())? };
    Some(Yaml::Time(format!("{date}T{clock}{zone}")))
}

/// `15:4:5.999999999`, written with two digits each and no trailing zeros; a comma may stand for the point.
fn clock(rest: &mut &str) -> Option<String> {
    let hour = one_or_two(rest)?;
    *rest = rest.strip_prefix(':')?;
    let minute = one_or_two(rest)?;
    *rest = rest.strip_prefix(':')?;
    let second = one_or_two(rest)?;
    (hour < 24 && minute < 60 && second < 60).then_some(())?;
    let mut text = format!("{hour:02}:{minute:02}:{second:02}");
    if let Some(after) = rest.strip_prefix(['.', ',']).filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let nanoseconds = after[..end.min(9)].trim_end_matches('0');
        if !nanoseconds.is_empty() {
            text = format!("{text}.{nanoseconds}");
        }
        *rest = &after[end..];
    }
    Some(text)
}

/// `Z` or `+07:00`; Go allows 24 hours and 60 minutes here.
fn zone(text: &str) -> Option<String> {
    if text == "Z" {
        return Some("Z".into());
    }
    let (hours, minutes) = text.strip_prefix(['+', '-'])?.split_once(':')?;
    let two = |s: &str| (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok())?;
    let (hours, minutes) = (two(hours)?, two(minutes)?);
    (hours <= 24 && minutes <= 60).then_some(())?;
    let offset = hours * 60 + minutes;
    Some(if offset == 0 { "Z".into() } else { format!("{}{:02}:{:02}", &text[..1], offset / 60, offset % 60) })
}

fn one_or_two(rest: &mut &str) -> Option<u32> {
    let digits = rest.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    number.parse().ok()
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Puts every map in the order in which yaml.v3 writes one: numbers and booleans by value, then other kinds, then
/// strings in "natural" order (`_u, K1, a, k9, k10`).
pub fn sort(value: &mut Yaml) {
    match value {
        Yaml::List(items) => items.iter_mut().for_each(sort),
        Yaml::Map(entries) => {
            entries.iter_mut().for_each(|(_, value)| sort(value));
            *entries = merge_sorted(std::mem::take(entries));
        }
        _ => {}
    }
}

/// The standard library's sort may panic on an order that is not total, and digits beyond `int64` make this one so.
fn merge_sorted(mut left: Vec<(Yaml, Yaml)>) -> Vec<(Yaml, Yaml)> {
    if left.len() < 2 {
        return left;
    }
    let right = merge_sorted(left.split_off(left.len() / 2));
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (merge_sorted(left).into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(&b.0, &a.0) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left.chain(right));
    merged
}

fn less(a: &Yaml, b: &Yaml) -> bool {
    match (a, b) {
        (Yaml::String(_) | Yaml::Binary(_), Yaml::String(_) | Yaml::Binary(_)) => naturally_less(&chars(a), &chars(b)),
        (Yaml::Time(a), Yaml::Time(b)) => a < b, // Go leaves their order to chance
        _ => match (as_float(a), as_float(b)) {
            (Some(x), Some(y)) if x != y => x < y,
            (Some(_), Some(_)) if kind(a) == kind(b) => match (a, b) {
                (Yaml::Int(a), Yaml::Int(b)) => a < b,
                (Yaml::Uint(a), Yaml::Uint(b)) => a < b,
                _ => false,
            },
            _ => kind(a) < kind(b),
        },
    }
}

fn as_float(value: &Yaml) -> Option<f64> {
    match value {
        Yaml::Bool(b) => Some(f64::from(u8::from(*b))),
        Yaml::Int(i) => Some(*i as f64),
        Yaml::Uint(u) => Some(*u as f64),
        Yaml::Float(f) => Some(*f),
        _ => None,
    }
}

fn chars(value: &Yaml) -> Vec<char> {
    match value {
        Yaml::String(text) => text.chars().collect(),
        Yaml::Binary(bytes) => String::from_utf8_lossy(bytes).chars().collect(),
        _ => Vec::new(),
    }
}

/// The order of `reflect.Kind`.
fn kind(value: &Yaml) -> u8 {
    match value {
        Yaml::Bool(_) => 1,
        Yaml::Int(_) => 2,
        Yaml::Uint(_) => 11,
        Yaml::Float(_) => 14,
        Yaml::Null => 20,
        Yaml::Map(_) => 21,
        Yaml::List(_) => 23,
        Yaml::String(_) | Yaml::Binary(_) => 24,
        Yaml::Time(_) => 25,
    }
}

/// The first difference decides: a letter stands after anything else, but before it within a number; numbers by value.
fn naturally_less(a: &[char], b: &[char]) -> bool {
    let Some(at) = a.iter().zip(b).position(|(x, y)| x != y) else { return a.len() < b.len() };
    let in_number = at > 0 && is_digit(a[at - 1]);
    match (is_letter(a[at]), is_letter(b[at])) {
        (true, true) => return a[at] < b[at],
        (false, false) => {}
        (letter, _) => return letter == in_number,
    }
    // A zero counts when a digit other than zero stands before it.
    let counts = a[..at].iter().rev().take_while(|c| is_digit(**c)).any(|c| *c != '0');
    let start = i64::from((a[at] == '0' || b[at] == '0') && counts);
    let (x, y) = (number_at(a, at, start), number_at(b, at, start));
    if x == y { a[at] < b[at] } else { x < y }
}

/// The value of the digits from there, with their count. It wraps as Go's does.
fn number_at(text: &[char], at: usize, start: i64) -> (i64, usize) {
    let digits = text[at..].iter().take_while(|c| is_digit(**c));
    digits.fold((start, 0), |(n, len), c| {
        (n.wrapping_mul(10).wrapping_add(i64::from(u32::from(*c)) - i64::from(u32::from('0'))), len + 1)
    })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || (!c.is_ascii() && get_general_category(c) == Category::DecimalNumber)
}

fn is_letter(c: char) -> bool {
    use Category::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    let letters = [LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter];
    c.is_ascii_alphabetic() || (!c.is_ascii() && letters.contains(&get_general_category(c)))
}

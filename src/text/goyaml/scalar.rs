//! A scalar -> the text and the style that `gopkg.in/yaml.v3` v3.0.1 writes it with, and what its characters allow.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::text::goyaml::value::{Yaml, plain};

/// How yaml.v3 wants to write a scalar; the text may not allow it.
pub enum Style {
    /// As it is.
    Plain,
    /// In double quotes.
    Double,
    /// As a block of lines.
    Literal,
}

/// A scalar that is to be written.
pub struct Scalar<'a> {
    /// What is to be written.
    pub text: Cow<'a, str>,
    /// How.
    pub style: Style,
    /// `!!binary` stands before it.
    pub tag: bool,
}

impl Scalar<'_> {
    /// The scalar of a value that is no list and no map.
    pub fn of(value: &Yaml) -> Scalar<'_> {
        let (text, style) = match value {
            Yaml::Null => (Cow::Borrowed("null"), Style::Plain),
            Yaml::Bool(true) => ("true".into(), Style::Plain),
            Yaml::Bool(false) => ("false".into(), Style::Plain),
            Yaml::Int(i) => (i.to_string().into(), Style::Plain),
            Yaml::Uint(u) => (u.to_string().into(), Style::Plain),
            Yaml::Float(f) => (float(*f).into(), Style::Plain),
            Yaml::Time(text) => (text.into(), Style::Plain),
            Yaml::String(text) if text.contains('\n') => (text.into(), Style::Literal),
            Yaml::String(text) if means_something_else(text) => (text.into(), Style::Double),
            Yaml::String(text) => (text.into(), Style::Plain),
            Yaml::Binary(bytes) => {
                let text = base64_lines(bytes);
                let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
                (text.into(), style)
            }
            Yaml::List(_) | Yaml::Map(_) => unreachable!("the writer has opened lists and maps"),
        };
        Scalar { text, style, tag: matches!(value, Yaml::Binary(_)) }
    }

    /// Whether it may be a key without `?`.
    pub fn is_simple_key(&self) -> bool {
        let tag = if self.tag { "!!binary".len() } else { 0 };
        !self.text.contains(is_break) && tag + self.text.len() <= 128
    }
}

/// Whether a string needs quotes because without them it would be no string, to yaml.v3 or under YAML 1.1.
fn means_something_else(text: &str) -> bool {
    let old_bool = matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    );
    old_bool || is_base_60(text) || !matches!(plain(text), Yaml::String(_))
}

/// `12:30:45.6`: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut places = whole.split(':');
    let first = places.next().unwrap_or_default();
    let mut places = places.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && places.peek().is_some()
        && places.all(|place| match place.as_bytes() {
            [unit] => unit.is_ascii_digit(),
            [ten, unit] => matches!(ten, b'0'..=b'5') && unit.is_ascii_digit(),
            _ => false,
        })
}

/// `strconv.FormatFloat(f, 'g', -1, 64)`: the shortest digits that read back, with an exponent from 1e+06 on and from 1e-05 down.
fn float(f: f64) -> String {
    if f.is_nan() {
        return ".nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { ".inf" } else { "-.inf" }.into();
    }
    let shortest = format!("{f:e}");
    let digits = shortest.split('e').next().expect("`{:e}` writes digits").bytes().filter(u8::is_ascii_digit).count();
    // Where two numbers of so many digits are equally near, Go takes the even one.
    let even = Some(format!("{f:.*e}", digits - 1)).filter(|even| even.parse() == Ok(f));
    let scientific = even.unwrap_or(shortest);
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a decimal exponent");
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
        return format!("{f:.decimals$}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Lines of 70 characters, each with its break, unless there is one alone.
fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    if text.len() < 70 {
        return text;
    }
    let mut lines = String::new();
    for (i, c) in text.chars().enumerate() {
        if i > 0 && i % 70 == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    lines + "\n"
}

/// What the characters of a text allow.
pub struct Shape {
    /// Without quotes.
    pub plain: bool,
    /// In single quotes.
    pub single: bool,
    /// As a block of lines.
    pub literal: bool,
}

impl Shape {
    /// The shape of a text.
    pub fn of(text: &str) -> Shape {
        if text.is_empty() {
            return Shape { plain: true, single: true, literal: false };
        }
        let special = text.chars().any(|c| c != '\t' && !is_printable(c));
        let pair = |first: fn(char) -> bool, second: fn(char) -> bool| {
            text.chars().zip(text.chars().skip(1)).any(|(a, b)| first(a) && second(b))
        };
        let is_space = |c: char| c == ' ';
        let space_break = pair(is_space, is_break);
        let break_space = pair(is_break, is_space);
        let single = !(special || space_break || break_space || text.contains('\t'));
        let edges = text.starts_with(is_space) || text.ends_with(is_space);
        Shape {
            plain: single && !edges && !text.contains(is_break) && !has_indicator(text),
            single,
            literal: !(special || space_break || text.ends_with(is_space)),
        }
    }
}

/// Whether a character would say something about the structure where it stands.
fn has_indicator(text: &str) -> bool {
    let blank = |c: Option<char>| c.is_none_or(|c| c == ' ' || c == '\t');
    let mut chars = text.chars();
    let first = chars.next();
    let leads = match first {
        Some('#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`') => true,
        Some('?' | ':' | '-') => blank(chars.next()),
        _ => false,
    };
    let mut previous = first;
    leads
        || text.starts_with("---")
        || text.starts_with("...")
        || text.char_indices().skip(1).any(|(at, c)| {
            let before = previous.replace(c);
            match c {
                ':' => blank(text[at + 1..].chars().next()),
                '#' => before.is_some_and(|b| b == ' ' || b == '\t' || is_break(b)),
                _ => false,
            }
        })
}

/// A line break of YAML 1.1.
pub fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Nothing above the basic plane is, so an emoji is escaped.
pub fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// A character as it stands in double quotes.
pub fn escaped(c: char) -> String {
    let name = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ ..=0xff => format!("\\x{code:02X}"),
                code @ ..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{name}")
}

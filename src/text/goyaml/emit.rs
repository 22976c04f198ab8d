//! Values -> text, byte for byte as Go's `gopkg.in/yaml.v3` v3.0.1 marshals them.
//!
//! Knows layout and quoting, and nothing of how text is read. Indentation is 4 spaces, lists stand indented under their
//! key, lines are never folded. The rules are those of `encode.go` and `emitterc.go` of that version, oddities included:
//! every reader of the text, and its hash, depends on them.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::text::goyaml::value::{Yaml, plain};

const INDENT: usize = 4;

/// The text of a value; maps in the order given.
pub fn emit(value: &Yaml) -> String {
    let mut writer = Writer { text: String::new(), column: 0, blank: true, fresh: true };
    writer.node(value, None, Parent::Other);
    writer.line(0);
    writer.text
}

/// What a node stands in: this decides how far it is indented, and whether it may take several lines.
#[derive(Clone, Copy, PartialEq)]
enum Parent {
    Item,
    Key,
    Other,
}

struct Writer {
    text: String,
    /// Characters in the current line.
    column: usize,
    /// The last thing written separates words.
    blank: bool,
    /// Nothing but indentation and `-`, `?`, `:` stands in the current line.
    fresh: bool,
}

impl Writer {
    fn node(&mut self, value: &Yaml, indent: Option<usize>, parent: Parent) {
        match value {
            Yaml::List(items) if items.is_empty() => self.empty("[", "]"),
            Yaml::List(items) => {
                let inner = indent.map_or(0, |indent| deeper(indent, parent));
                for item in items {
                    self.line(inner);
                    self.indicator("-", true);
                    self.node(item, Some(inner), Parent::Item);
                }
            }
            Yaml::Map(entries) if entries.is_empty() => self.empty("{", "}"),
            Yaml::Map(entries) => {
                let inner = indent.map_or(0, |indent| deeper(indent, parent));
                for (key, value) in entries {
                    self.line(inner);
                    self.key(key, inner);
                    self.node(value, Some(inner), Parent::Other);
                }
            }
            scalar => self.scalar(&Scalar::of(scalar), indent.map_or(INDENT, |i| deeper(i, parent)), parent),
        }
    }

    /// A key of several lines or of more than 128 bytes needs a `?`.
    fn key(&mut self, key: &Yaml, indent: usize) {
        let simple = match key {
            Yaml::List(items) => items.is_empty(),
            Yaml::Map(entries) => entries.is_empty(),
            key => Scalar::of(key).is_simple_key(),
        };
        if simple {
            self.node(key, Some(indent), Parent::Key);
            self.put(":");
            (self.blank, self.fresh) = (false, false);
        } else {
            self.indicator("?", true);
            self.node(key, Some(indent), Parent::Other);
            self.line(indent);
            self.indicator(":", true);
        }
    }

    fn scalar(&mut self, scalar: &Scalar<'_>, indent: usize, parent: Parent) {
        if scalar.tag {
            self.indicator("!!binary", false);
        }
        let shape = Shape::of(&scalar.text);
        match scalar.style {
            Style::Literal if shape.literal && parent != Parent::Key => self.literal(&scalar.text, indent),
            Style::Plain if shape.plain => self.plain(&scalar.text),
            Style::Plain if shape.single => self.single_quoted(&scalar.text, indent),
            _ => self.double_quoted(&scalar.text),
        }
    }

    fn plain(&mut self, text: &str) {
        self.indicator(text, false);
    }

    fn single_quoted(&mut self, text: &str, indent: usize) {
        self.indicator("'", false);
        let mut broken = false;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                broken = true;
                continue;
            }
            if broken {
                self.line(indent);
            }
            if c == '\'' {
                self.put("'");
            }
            self.put_char(c);
            (self.fresh, broken) = (false, false);
        }
        self.put("'");
        (self.blank, self.fresh) = (false, false);
    }

    fn double_quoted(&mut self, text: &str) {
        // With a byte order mark in front yaml.v3 escapes every character: it looks at the start of the text each time.
        let marked = text.starts_with('\u{feff}');
        let quoted = text.chars().fold(String::from("\""), |mut quoted, c| {
            if marked || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                quoted += &escaped(c);
            } else {
                quoted.push(c);
            }
            quoted
        });
        self.indicator(&(quoted + "\""), false);
    }

    /// `|`, with `4` when the text starts with a space or a break, `-` without a break at the end, `+` with several.
    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.put("4"); // the wrong number in a list, where the text is indented by 2; so it is in yaml.v3
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next().is_none_or(is_break)) {
            (false, _) => self.put("-"),
            (true, true) => self.put("+"),
            (true, false) => {}
        }
        (self.blank, self.fresh) = (true, false);
        let mut broken = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                broken = true;
                continue;
            }
            if broken {
                self.line(indent);
            }
            self.put_char(c);
            (self.fresh, broken) = (false, false);
        }
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, false);
        self.put(close);
    }

    /// Goes on at that column: in the current line, if nothing but indicators stands in it.
    fn line(&mut self, indent: usize) {
        if !self.fresh || self.column > indent || (self.column == indent && !self.blank) {
            self.put_break('\n');
        }
        while self.column < indent {
            self.put_char(' ');
        }
        self.blank = true;
    }

    /// A word on its own; `-`, `?` and `:` leave the line as fresh as it was.
    fn indicator(&mut self, text: &str, keeps_fresh: bool) {
        if !self.blank {
            self.put(" ");
        }
        self.put(text);
        self.blank = false;
        self.fresh &= keeps_fresh;
    }

    fn put(&mut self, text: &str) {
        text.chars().for_each(|c| self.put_char(c));
    }

    fn put_char(&mut self, c: char) {
        self.text.push(c);
        self.column += 1;
    }

    fn put_break(&mut self, c: char) {
        self.text.push(c);
        (self.column, self.fresh) = (0, true);
    }
}

/// Two further in a list, behind the `- `; elsewhere the next multiple of four.
fn deeper(indent: usize, parent: Parent) -> usize {
    if parent == Parent::Item { indent + 2 } else { (indent / INDENT + 1) * INDENT }
}

/// How yaml.v3 wants to write a scalar; the text may not allow it.
enum Style {
    Plain,
    Double,
    Literal,
}

struct Scalar<'a> {
    text: Cow<'a, str>,
    style: Style,
    /// `!!binary` stands before it.
    tag: bool,
}

impl Scalar<'_> {
    fn of(value: &Yaml) -> Scalar<'_> {
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

    fn is_simple_key(&self) -> bool {
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
struct Shape {
    plain: bool,
    single: bool,
    literal: bool,
}

impl Shape {
    fn of(text: &str) -> Shape {
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

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Nothing above the basic plane is, so an emoji is escaped.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

fn escaped(c: char) -> String {
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

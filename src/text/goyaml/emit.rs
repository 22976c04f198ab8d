//! Values -> text, byte for byte as Go's `gopkg.in/yaml.v3` v3.0.1 marshals them.
//!
//! Knows layout and quoting, and nothing of how text is read. Indentation is 4 spaces, lists stand indented under their
//! key, lines are never folded. The rules are those of `encode.go` and `emitterc.go` of that version, oddities included:
//! every reader of the text, and its hash, depends on them.

use crate::text::goyaml::scalar::{Scalar, Shape, Style, escaped, is_break, is_printable};
use crate::text::goyaml::value::Yaml;

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
        self.lines(text, indent, false, Some('\''));
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
        self.lines(text, indent, true, None);
    }

    /// A text over several lines, each at that column; `broken`: a line is to begin. A quote in it is doubled.
    fn lines(&mut self, text: &str, indent: usize, mut broken: bool, quote: Option<char>) {
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                broken = true;
                continue;
            }
            if broken {
                self.line(indent);
            }
            if quote == Some(c) {
                self.put_char(c);
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

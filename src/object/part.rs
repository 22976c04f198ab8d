//! A value that stands in an object: directly, or as YAML in one of its strings (a `config.yaml` in a ConfigMap). Rules look
//! at both alike, and findings point at the line in either. Knows no kind.

use std::sync::Arc;

use memchr::memmem;
use serde_json::Value;

use crate::object::object::{File, Object};
use crate::text::finding::{About, Code, Finding, Severity};
use crate::text::kubeyaml;
use crate::text::source::{Place, Source};
use crate::text::yaml::Kind;

/// A part of an object.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The object.
    pub object: Object<'a>,
    /// JSON pointer to the value, or to the string that holds it.
    pointer: String,
    /// The string and what it says; `None` where the value stands in the object itself.
    text: Option<Arc<Text>>,
    /// JSON pointer in what the string says.
    inside: String,
}

#[derive(Debug)]
struct Text {
    file: File,
    /// Which document of it.
    position: usize,
    value: Value,
}

impl Text {
    /// A text of several documents says nothing.
    fn read(source: &Arc<Source>) -> Result<Self, Finding> {
        let (mut documents, wrong) = kubeyaml::read(source);
        if let Some(wrong) = wrong.into_iter().find(|finding| finding.severity == Severity::Error) {
            return Err(wrong);
        }
        let only = if documents.len() == 1 { documents.pop() } else { None };
        let (position, value) = only.map_or((0, Value::Null), |document| (document.position, document.value));
        Ok(Self { file: File::new(source), position, value })
    }
}

impl<'a> Part<'a> {
    /// The value at a JSON pointer of an object.
    pub fn of(object: &Object<'a>, pointer: &str) -> Self {
        Self { object: *object, pointer: pointer.to_owned(), text: None, inside: String::new() }
    }

    /// What the string at a JSON pointer of an object says as YAML.
    ///
    /// # Errors
    /// The finding of the YAML reader, its place in the object's file.
    pub fn of_text(object: &Object<'a>, pointer: &str, code: Code) -> Result<Self, Finding> {
        let source = || Source::new(pointer, object.text_at(pointer));
        let read = object.fact(pointer, || Text::read(&source()).map(Arc::new));
        match &*read {
            Ok(text) => {
                let text = Some(text.clone());
                Ok(Self { object: *object, pointer: pointer.to_owned(), text, inside: String::new() })
            }
            Err(wrong) => {
                let source = source();
                let inner = wrong.place.as_ref().map(|p| (p.start, p.end));
                let mut finding = object.error(code, pointer, wrong.message.clone());
                if let (Some(outer), Some((start, end))) = (&finding.place, inner) {
                    finding.place = Some(within(outer, &source.text, start, end));
                }
                Err(finding)
            }
        }
    }

    /// The part at a JSON pointer of this one.
    pub fn part(&self, pointer: &str) -> Self {
        let mut part = self.clone();
        match part.text {
            Some(_) => part.inside += pointer,
            None => part.pointer += pointer,
        }
        part
    }

    /// What stands there; null when nothing does.
    pub fn value(&self) -> &Value {
        static NULL: Value = Value::Null;
        let found = match &self.text {
            Some(text) => text.value.pointer(&self.inside),
            None => self.object.value.pointer(&self.pointer),
        };
        found.unwrap_or(&NULL)
    }

    /// The value at a JSON pointer of this part.
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.value().pointer(pointer)
    }

    /// The string at a JSON pointer of this part; empty when there is none.
    pub fn text_at(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// The items of the list at a JSON pointer of this part.
    pub fn items(&self, pointer: &str) -> &[Value] {
        self.at(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// An error about what stands at a JSON pointer of this part, or should stand there.
    pub fn error(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        let mut finding = Finding::error(code, message).place(self.place(pointer));
        let pointer = if self.text.is_some() { self.pointer.clone() } else { format!("{}{pointer}", self.pointer) };
        finding.about = Some(Box::new(About { object: self.object.identity.to_string(), pointer }));
        finding
    }

    /// A warning about what stands at a JSON pointer of this part.
    pub fn warning(&self, code: Code, pointer: &str, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..self.error(code, pointer, message) }
    }

    /// Where that stands in the file.
    pub fn place(&self, pointer: &str) -> Place {
        match &self.text {
            Some(text) => self.place_in_text(text, pointer, true),
            None => self.object.place(&format!("{}{pointer}", self.pointer)),
        }
    }

    /// Where the key of that stands in the file; in an object itself it is the value's place, on the same line.
    pub fn key_place(&self, pointer: &str) -> Place {
        match &self.text {
            Some(text) => self.place_in_text(text, pointer, false),
            None => self.place(pointer),
        }
    }

    fn place_in_text(&self, text: &Text, pointer: &str, value: bool) -> Place {
        let outer = self.object.place(&self.pointer);
        let Some(node) = text.file.node(text.position) else { return outer };
        let pointer = format!("{}{pointer}", self.inside);
        // A switch says more than its `true`.
        let scalar = |k: &Kind| matches!(k, Kind::String(_) | Kind::Number(_));
        let inner = match node.at(&pointer).filter(|n| value && scalar(&n.kind)) {
            Some(node) => node.place.clone(),
            None => node.place_at(&pointer),
        };
        within(&outer, &text.file.source.text, inner.start, inner.end)
    }
}

/// A finding about a text of an object, at the words in it that are meant; at the text where they are not there as they are.
pub fn amid(finding: Finding, object: &Object<'_>, pointer: &str, words: &str) -> Finding {
    let text = object.text_at(pointer);
    let is_word = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    let alone = |at: &usize| {
        let (before, after) = (&text[..*at], &text[at + words.len()..]);
        !before.ends_with(is_word) && !after.starts_with(is_word)
    };
    let mut all = memmem::find_iter(text.as_bytes(), words.as_bytes()).filter(|_| !words.is_empty());
    let Some(start) = all.clone().find(alone).or_else(|| all.next()) else { return finding };
    let place = within(&object.place(pointer), text, start, start + words.len());
    finding.place(place)
}

/// A finding about a text of an object, at one of its lines, counted from 1.
pub fn at_line(finding: Finding, object: &Object<'_>, pointer: &str, line: usize) -> Finding {
    let source = Source::new("", object.text_at(pointer));
    let (text, start) = (source.line(line).to_owned(), source.offset(line, 1));
    let indentation = text.len() - text.trim_start().len();
    if text.trim().is_empty() {
        return finding;
    }
    let place = within(&object.place(pointer), &source.text, start + indentation, start + text.trim_end().len());
    finding.place(place)
}

/// Where bytes of a text stand in the block scalar that holds it; the whole scalar where it is written in another way.
fn within(scalar: &Place, inner: &str, start: usize, end: usize) -> Place {
    // Thousands of findings may lie in one text: its lines are counted, and not listed for each.
    let begin = inner[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = 1 + memchr::memchr_iter(b'\n', &inner.as_bytes()[..begin]).count();
    let wanted = inner[begin..].lines().next().unwrap_or_default();
    let indentation = |l: &str| l.len() - l.trim_start().len();
    let source = &scalar.source;
    // The scalar begins at its first line or, where that is empty, at the mark `|` above it.
    let (first, _) = source.line_column(scalar.start);
    for (outer, there) in [first + line - 1, first + line].map(|l| (source.offset(l, 1), source.line(l))) {
        if !wanted.is_empty() && there.trim() == wanted.trim() && indentation(there) > indentation(wanted) {
            let shift = outer + indentation(there) - indentation(wanted) + start - begin;
            return Place::new(source, shift, shift + (end - start).min(begin + wanted.len() - start));
        }
    }
    scalar.clone()
}

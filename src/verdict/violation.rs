//! What an API server refuses an object for, and the path that leads there. Knows no schema.

use std::fmt;

use serde_json::Value;

use crate::object::object::Object;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;

/// One reason to refuse an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What kind of mistake it is.
    pub code: Code,
    /// JSON pointer (RFC 6901) to a value that exists in the object as given.
    pub pointer: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
}

impl Violation {
    /// A violation at a path.
    pub fn new(code: Code, path: &Path<'_>, message: impl Into<String>) -> Self {
        Self { code, pointer: path.pointer(), message: message.into(), help: None }
    }

    /// With its way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As a finding on an object: at a pointer in it, with a sentence that says so.
    pub fn on(self, object: &Object<'_>, pointer: &str, message: String) -> Finding {
        Finding { help: self.help.map(Into::into), ..object.error(self.code, pointer, message) }
    }
}

/// A path into an object, linked from the leaf to the root, so that going down costs nothing.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The object itself.
    pub const ROOT: Path<'static> = Path { parent: None, step: Step::Root };

    /// The field or key of that name.
    pub fn key(&'a self, name: &'a str) -> Path<'a> {
        Path { parent: Some(self), step: Step::Key(name) }
    }

    /// The list item at that index.
    pub fn index(&'a self, index: usize) -> Path<'a> {
        Path { parent: Some(self), step: Step::Index(index) }
    }

    /// True for the object itself.
    pub fn is_root(&self) -> bool {
        self.parent.is_none()
    }

    /// As a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        let mut pointer = self.parent.map(Path::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(name) => {
                pointer.push('/');
                pointer.push_str(&escaped(name));
            }
            Step::Index(index) => pointer += &format!("/{index}"),
        }
        pointer
    }
}

/// As people write it: `spec.rules[0].name`.
impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else { return f.write_str("the object") };
        if !parent.is_root() {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Key(name) if name.contains(['.', '/']) => write!(f, "[{name}]"),
            Step::Key(name) if parent.is_root() => f.write_str(name),
            Step::Key(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// The longest part of a JSON pointer that exists in the object.
pub fn existing(object: &Value, pointer: &str) -> String {
    let mut end = pointer.len();
    while object.pointer(&pointer[..end]).is_none() {
        end = pointer[..end].rfind('/').unwrap_or(0);
    }
    pointer[..end].to_owned()
}

/// What a value is, for messages: `a list`, `the string "x"`.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(b) => format!("the boolean {b}"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) if s.chars().count() <= 40 => format!("the string {s:?}"),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "a list".into(),
        Value::Object(_) => "a map".into(),
    }
}

/// A version of a kind that is not served, with those that are.
pub fn not_served<'a>(kind: &str, version: &str, served: impl Iterator<Item = &'a str>) -> Violation {
    let served: Vec<&str> = served.collect();
    let violation = Violation::new(
        Code::VersionNotServed,
        &Path::ROOT.key("apiVersion"),
        format!("{kind} has no version `{version}`"),
    );
    violation.help(format!("served: {}", served.join(", ")))
}

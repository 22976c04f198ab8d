//! What changes: an object, and a field of it with the way that leads there. Only data.

use serde_json::Value;

use crate::object::object::Identity;
use crate::text::kubeyaml;
use crate::text::source::Source;

/// One field that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The way to it: keys, and `*` for an item of a list; a text that is YAML is gone into like a map.
    pub steps: Vec<String>,
    /// The same for people: `spec.containers[litellm].image`.
    pub shown: String,
    /// JSON pointer to it in the new object, or in the old one where it is gone; to the text where it lies in one.
    pub pointer: String,
    /// What it was; none where it is new.
    pub old: Option<Value>,
    /// What it is; none where it is gone.
    pub new: Option<Value>,
}

impl Field {
    /// Its last step.
    pub fn key(&self) -> &str {
        self.steps.last().map(String::as_str).unwrap_or_default()
    }

    /// Whether the way goes through these steps, one after the other.
    pub fn passes(&self, steps: &[&str]) -> bool {
        self.steps.windows(steps.len()).any(|window| window == steps)
    }

    /// Whether the way ends with these steps.
    pub fn ends(&self, steps: &[&str]) -> bool {
        self.steps.len() >= steps.len() && self.steps[self.steps.len() - steps.len()..] == *steps
    }

    /// The parts that are no map and no list, each with its way: of a whole part that comes or goes those in it.
    pub fn leaves(&self) -> Vec<Field> {
        let mut leaves = Vec::new();
        self.walk(&mut leaves);
        leaves
    }

    fn walk(&self, out: &mut Vec<Field>) {
        let (whole, gone) = match (&self.old, &self.new) {
            (Some(old), None) => (old, true),
            (None, Some(new)) => (new, false),
            _ => return out.push(self.clone()),
        };
        let mut below = |step: &str, shown: String, value: &Value| {
            let mut steps = self.steps.clone();
            steps.push(step.to_owned());
            let side = |there: bool| there.then(|| value.clone());
            let (old, new) = (side(gone), side(!gone));
            Field { steps, shown, pointer: self.pointer.clone(), old, new }.walk(out);
        };
        match whole {
            Value::Object(map) if !map.is_empty() => {
                map.iter().for_each(|(key, value)| below(key, with_key(&self.shown, key), value));
            }
            Value::Array(items) if !items.is_empty() => {
                let label = |(i, item): (usize, &Value)| match item["name"].as_str() {
                    Some(name) => name.to_owned(),
                    None => i.to_string(),
                };
                items.iter().enumerate().for_each(|(i, item)| {
                    below("*", format!("{}[{}]", self.shown, label((i, item))), item);
                });
            }
            Value::String(text) => match structured(text) {
                Some(said) => {
                    let side = |there: bool| there.then(|| said.clone());
                    let shown = format!("{}:", self.shown);
                    Field { shown, old: side(gone), new: side(!gone), ..self.clone() }.walk(out);
                }
                None => out.push(self.clone()),
            },
            _ => out.push(self.clone()),
        }
    }
}

/// The map or list that a text says; none where it is plain text.
pub fn structured(text: &str) -> Option<Value> {
    // One line with a colon may be a sentence: a key there is one word.
    let line = |text: &str| text.split_once(": ").is_some_and(|(key, _)| !key.is_empty() && !key.contains(' '));
    let likely = text.contains('\n') || text.starts_with(['{', '[']) || line(text);
    let mut documents = likely.then(|| kubeyaml::values(&Source::new("", text)).ok()).flatten()?;
    let whole = match documents.len() {
        1 => documents.remove(0),
        _ => return None,
    };
    (whole.is_object() || whole.is_array()).then_some(whole)
}

/// `a.b`, or `a[b.c/d]` for a key that is no plain word.
pub fn with_key(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    match (plain, path.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{path}.{key}"),
        (false, _) => format!("{path}[{key}]"),
    }
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is new.
    Added,
    /// It has other fields.
    Changed,
    /// It has another name or namespace: for the cluster a new object, and the old one gone.
    Renamed,
    /// The same object stands in another folder: another Application brings it.
    Moved,
    /// It is gone.
    Removed,
}

impl Kind {
    /// One sign for a list.
    pub fn sign(self) -> char {
        match self {
            Kind::Added => '+',
            Kind::Changed => '~',
            Kind::Renamed | Kind::Moved => '>',
            Kind::Removed => '-',
        }
    }

    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Changed => "changed",
            Kind::Renamed => "renamed",
            Kind::Moved => "moved",
            Kind::Removed => "removed",
        }
    }
}

/// One object that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// Who it is; of one that is gone who it was.
    pub identity: Identity,
    /// Who it was, where it has another name or namespace.
    pub was: Option<Identity>,
    /// What happens.
    pub kind: Kind,
    /// The file below the cluster's folder.
    pub path: String,
    /// The fields that differ, in the order of the object; none of one that comes or goes as a whole.
    pub fields: Vec<Field>,
}

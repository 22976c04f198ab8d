//! Two values -> the fields that differ: maps by keys, lists by their items' keys, texts that are YAML as YAML. Neither order nor
//! formatting is a difference where it means nothing.

use serde_json::{Map, Value};

use crate::command::review::change::{self, structured, with_key};
use crate::command::review::pairing::{arguments, pairs};
use crate::text::pointer::escaped;
use crate::verdict::merging::Field;

/// The fields of two objects that differ, in the order of the new one; `field` says how lists of their kind are merged.
pub fn compare(old: &Value, new: &Value, field: &Field) -> Vec<change::Field> {
    let mut found = Vec::new();
    let way = Way { steps: Vec::new(), shown: String::new(), pointer: String::new(), inside: false };
    values(Some(old), Some(new), field, &way, &mut found);
    found
}

#[derive(Clone)]
struct Way {
    steps: Vec<String>,
    shown: String,
    pointer: String,
    /// Below a text that is YAML: pointers end at the text.
    inside: bool,
}

impl Way {
    fn key(&self, key: &str) -> Way {
        self.step(key.to_owned(), with_key(&self.shown, key), &escaped(key))
    }

    fn item(&self, label: &str, position: usize) -> Way {
        self.step("*".to_owned(), format!("{}[{label}]", self.shown), &position.to_string())
    }

    fn step(&self, step: String, shown: String, part: &str) -> Way {
        let pointer = if self.inside { self.pointer.clone() } else { format!("{}/{part}", self.pointer) };
        let steps = self.steps.iter().cloned().chain([step]).collect();
        Way { steps, shown, pointer, inside: self.inside }
    }
}

fn values(old: Option<&Value>, new: Option<&Value>, field: &Field, way: &Way, out: &mut Vec<change::Field>) {
    match (old, new) {
        (Some(old), Some(new)) if same(old, new) => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => maps(old, new, field, way, out),
        (Some(Value::Array(old)), Some(Value::Array(new))) => lists(old, new, field, way, out),
        (Some(Value::String(old)), Some(Value::String(new))) => texts(old, new, way, out),
        (None, None) => {}
        (old, new) => out.push(differs(old, new, way)),
    }
}

fn differs(old: Option<&Value>, new: Option<&Value>, way: &Way) -> change::Field {
    let (steps, shown, pointer) = (way.steps.clone(), way.shown.clone(), way.pointer.clone());
    change::Field { steps, shown, pointer, old: old.cloned(), new: new.cloned() }
}

/// `1` and `1.0` are one number.
fn same(old: &Value, new: &Value) -> bool {
    old == new || (old.is_number() && new.is_number() && old.as_f64() == new.as_f64())
}

fn maps(old: &Map<String, Value>, new: &Map<String, Value>, field: &Field, way: &Way, out: &mut Vec<change::Field>) {
    for (key, value) in new {
        values(old.get(key), Some(value), &field.field(key), &way.key(key), out);
    }
    for (key, value) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        values(Some(value), None, &field.field(key), &way.key(key), out);
    }
}

fn lists(old: &[Value], new: &[Value], field: &Field, way: &Way, out: &mut Vec<change::Field>) {
    let key = way.steps.last().map(String::as_str).unwrap_or_default();
    if ["args", "command", "extraArgs"].contains(&key)
        && let (Some(before), Some(now)) = (arguments(old), arguments(new))
    {
        return flags(&before, &now, way, out);
    }
    let pairs = pairs(old, new, &field.list(), key);
    let item = field.item();
    for (label, position, old, new) in &pairs.items {
        values(*old, *new, &item, &way.item(label, *position), out);
    }
    if pairs.reordered {
        let order = |items: &[Value]| Value::from(items.to_vec());
        let mut whole = differs(Some(&order(old)), Some(&order(new)), way);
        whole.shown += " (order)";
        out.push(whole);
    }
}

fn flags(old: &[(String, Value)], new: &[(String, Value)], way: &Way, out: &mut Vec<change::Field>) {
    let find = |list: &[(String, Value)], name: &str| list.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let gone = old.iter().filter(|(name, _)| find(new, name).is_none());
    for (name, _) in new.iter().chain(gone) {
        let (before, now) = (find(old, name), find(new, name));
        let way = Way { inside: true, ..way.clone() };
        let way = way.step(name.clone(), format!("{}[{name}]", way.shown), "");
        values(before.as_ref(), now.as_ref(), &Field::unknown(), &way, out);
    }
}

fn texts(old: &str, new: &str, way: &Way, out: &mut Vec<change::Field>) {
    match (structured(old), structured(new)) {
        (Some(before), Some(now)) => {
            let way = Way { inside: true, shown: format!("{}:", way.shown), ..way.clone() };
            values(Some(&before), Some(&now), &Field::unknown(), &way, out);
        }
        _ if old.trim_end() == new.trim_end() && old.contains('\n') => {}
        _ => out.push(differs(Some(&Value::from(old)), Some(&Value::from(new)), way)),
    }
}

//! A completed object and the CEL rules of its schema -> those that do not hold. Source: apiextensions-apiserver 1.35
//! schema/cel/validation.go.

use serde_json::Value;

use crate::cel::{self, Answer, Rule};
use crate::cost::Size;
use crate::finding::Code;
use crate::structural::{ListType, Structural};
use crate::violation::{Path, Violation};

/// The rules of the schema and of all below it that a value breaks. `old` is what it was before an update.
pub fn broken(schema: &Structural, value: &Value, old: Option<&Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    if value.is_null() {
        return;
    }
    if !schema.rules.is_empty() {
        let whole = path.is_root() || schema.embedded;
        let this = cel::value(schema, value, whole);
        let size = Size::of(value).with(old.map(Size::of));
        let before = old.filter(|old| !old.is_null()).and_then(|old| cel::value(schema, old, whole));
        for rule in &schema.rules {
            let answer = match &this {
                Some(this) => rule.answer(this, before.as_ref(), size),
                None => Answer::Broken("the value cannot be brought into CEL".into()),
            };
            if let Some(violation) = said(rule, answer, path) {
                // What an update leaves as it was is not held against it.
                if rule.is_transition() || old != Some(value) {
                    out.push(violation);
                }
            }
        }
    }
    for all in &schema.all_of {
        broken(all, value, old, path, out);
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let Some(field) = schema.field(name) {
                    broken(field, value, old.and_then(|old| old.get(name)), &path.key(name), out);
                }
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.items.as_deref() else { return };
            for (index, item) in items.iter().enumerate() {
                broken(below, item, same_item(schema, item, old), &path.index(index), out);
            }
        }
        _ => {}
    }
}

/// The item of the old list with the same keys; only lists of type `map` have one.
fn same_item<'a>(schema: &Structural, item: &Value, old: Option<&'a Value>) -> Option<&'a Value> {
    let items = old.filter(|_| schema.list_type == ListType::Map)?.as_array()?;
    items.iter().find(|old| schema.list_map_keys.iter().all(|key| old.get(key) == item.get(key)))
}

fn said(rule: &Rule, answer: Answer, path: &Path<'_>) -> Option<Violation> {
    let (message, help) = match answer {
        Answer::Holds | Answer::Skipped => return None,
        Answer::Fails(message) => (format!("`{path}`: {message}"), format!("the rule is {}", rule.rule.trim())),
        Answer::Broken(why) => {
            (format!("`{path}`: the rule `{}` cannot be evaluated: {why}", rule.rule.trim()), String::new())
        }
    };
    let mut violation = Violation::new(Code::CelRule, path, message);
    violation.pointer += &pointer(&rule.field_path);
    violation.help = Some(help).filter(|help| !help.is_empty());
    Some(violation)
}

/// `.spec['a.b'].c` as a JSON pointer.
fn pointer(field_path: &str) -> String {
    let mut out = String::new();
    let mut rest = field_path.trim();
    while !rest.is_empty() {
        let (name, after) = if let Some(inner) = rest.strip_prefix("['") {
            inner.split_once("']").unwrap_or((inner, ""))
        } else {
            let inner = rest.strip_prefix('.').unwrap_or(rest);
            inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
        };
        out.push('/');
        out += &name.replace('\\', "").replace('~', "~0").replace('/', "~1");
        rest = after;
    }
    out
}

//! A completed object and the CEL rules of its schema -> those that do not hold. Source: apiextensions-apiserver 1.35
//! schema/cel/validation.go.

use serde_json::Value;

use crate::text::finding::Code;
use crate::text::pointer::escaped;
use crate::verdict::cel::{Answer, Rule, Scope};
use crate::verdict::celvalue;
use crate::verdict::cost::Size;
use crate::verdict::structural::{ListType, Structural};
use crate::verdict::violation::{Path, Violation};

/// The rules of the schema and of all below it that a value breaks. `old` is what it was before an update.
pub fn broken(schema: &Structural, value: &Value, old: Option<&Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    if value.is_null() {
        return;
    }
    if !schema.rules.is_empty() {
        let whole = path.is_root() || schema.embedded;
        let old = old.filter(|old| !old.is_null());
        // Lists of type set and map are equal in any order, so both are brought into one.
        let ordered = old.map(|old| (in_order(schema, value), in_order(schema, old)));
        let (value_now, before) = match &ordered {
            Some((value, old)) => (value, Some(old)),
            None => (value, None),
        };
        let scope = celvalue::value(schema, value_now, whole).map(|this| {
            let old = before.and_then(|old| celvalue::value(schema, old, whole));
            Scope::new(this, old, Size::of(value_now).with(before.map(Size::of)))
        });
        for rule in &schema.rules {
            let answer = match &scope {
                Some(scope) => rule.answer(scope),
                None => Answer::Broken("the value cannot be brought into CEL".into()),
            };
            // What an update leaves as it was is not held against it.
            if let Some(violation) = said(rule, answer, path).filter(|_| rule.is_transition() || old != Some(value)) {
                out.push(violation);
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

fn in_order(schema: &Structural, value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = match schema.items.as_deref() {
                Some(below) => items.iter().map(|item| in_order(below, item)).collect(),
                None => items.clone(),
            };
            match schema.list_type {
                ListType::Atomic => {}
                ListType::Set => items.sort_by_cached_key(Value::to_string),
                ListType::Map => items.sort_by_cached_key(|item| {
                    schema.list_map_keys.iter().map(|key| item[key].to_string()).collect::<Vec<_>>()
                }),
            }
            Value::Array(items)
        }
        Value::Object(map) => {
            let known = |(name, value): (&String, &Value)| {
                (name.clone(), schema.field(name).map_or_else(|| value.clone(), |field| in_order(field, value)))
            };
            map.iter().map(known).collect()
        }
        scalar => scalar.clone(),
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
        out += &escaped(&name.replace('\\', ""));
        rest = after;
    }
    out
}

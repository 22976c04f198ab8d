//! A selector in an object -> where it says what it wants.

use serde_json::Value;

use crate::object::object::Object;
use crate::text::pointer::escaped;

/// Its one label or condition; the selector itself where it has several.
pub fn label_at(object: &Object<'_>, pointer: &str) -> String {
    let Some(selector) = object.at(pointer).and_then(Value::as_object) else { return pointer.to_owned() };
    let one = |map: &Value| match map.as_object().map(|map| map.keys().collect::<Vec<_>>()) {
        Some(keys) if keys.len() == 1 => Some(escaped(keys[0]).into_owned()),
        _ => None,
    };
    let (labels, conditions) = (selector.get("matchLabels"), selector.get("matchExpressions"));
    match (labels, conditions.and_then(Value::as_array).map(Vec::as_slice)) {
        (Some(labels), None) => one(labels).map(|key| format!("{pointer}/matchLabels/{key}")),
        (None, Some([_])) => Some(format!("{pointer}/matchExpressions/0")),
        (None, None) => one(&Value::Object(selector.clone())).map(|key| format!("{pointer}/{key}")),
        _ => None,
    }
    .unwrap_or_else(|| pointer.to_owned())
}

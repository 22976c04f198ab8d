//! An object as it was rendered -> what a hand must leave of it. What may change without harm is left out: labels and names of its
//! own parts (which other rules follow), computing resources, additions.

use serde_json::{Map, Value, json};

use crate::render::alike::uncommented;
use crate::text::{digest, kubeyaml};

/// Keys that say how the parts of a world find each other, which other rules follow, or what may be any.
const ANY: &[&str] = &[
    "containerPort",
    "cpu",
    "description",
    "fullnameOverride",
    "generateName",
    "hostPort",
    "imagePullPolicy",
    "matchLabels",
    "memory",
    "number",
    "portName",
    "schedule",
    "secretKey",
    "sectionName",
    "selector",
    "subPath",
    "targetPort",
];

/// A text longer than this is kept as its digest, unless it is YAML with keys.
const LONG: usize = 400;

/// What is kept of an object; `None` for kinds that are kept whole by claims of their own.
pub fn kept(kind: &str, object: &Value) -> Option<Value> {
    if kind == "NetworkPolicy" {
        return None;
    }
    let mut kept = Map::new();
    for (key, value) in object.as_object()? {
        if !["apiVersion", "kind", "metadata", "status"].contains(&key.as_str())
            && let Some(value) = trimmed(key, false, value)
        {
            kept.insert(key.clone(), value);
        }
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}

/// What is kept of a value below a key, or of an item of the list that is.
fn trimmed(key: &str, item: bool, value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(map) => {
            let kept = map.iter().filter(|(inner, _)| is_kept(key, item, map, inner));
            let below = kept.filter_map(|(key, value)| Some((key.clone(), trimmed(key, false, value)?)));
            Some(Value::Object(below.collect()))
        }
        Value::Array(items) if words(key) => Some(Value::Array(flags(items))),
        Value::Array(items) => Some(Value::Array(items.iter().filter_map(|item| trimmed(key, true, item)).collect())),
        Value::String(text) => Some(match inner(text) {
            Some(inner) if !key.ends_with(".json") => trimmed("", false, &inner)?,
            _ if text.len() > LONG => json!({ "sha256": sum(text) }),
            _ => value.clone(),
        }),
        _ => Some(value.clone()),
    }
}

/// Whether a key of a map says what the map is about. The map stands below `above`, or in the list there.
fn is_kept(above: &str, item: bool, map: &Map<String, Value>, key: &str) -> bool {
    match key {
        // A part of an object has any name; what it refers to has not, nor what its program knows.
        "name" => above != "metadata" && (!item || above.ends_with("Refs") || map.contains_key("kind") || is_set(map)),
        // What clients outside call.
        "port" => above == "listeners",
        // An alert goes to whom its labels say.
        "labels" => map.contains_key("alert"),
        "annotations" => false,
        _ => !ANY.contains(&key),
    }
}

/// Whether a map says a name and its value, as a variable or a header.
pub fn is_set(map: &Map<String, Value>) -> bool {
    map.contains_key("value") || map.contains_key("valueFrom")
}

/// Whether a key has arguments.
pub fn words(key: &str) -> bool {
    key == "args" || key == "command"
}

/// Arguments, a flag and its value as one word; those about ports are left out, as other ports are.
pub fn flags(items: &[Value]) -> Vec<Value> {
    let mut flags: Vec<String> = Vec::new();
    let mut open = false;
    for word in items.iter().filter_map(Value::as_str) {
        match flags.last_mut() {
            Some(flag) if open && !word.starts_with("--") => {
                *flag += &format!("={word}");
                open = false;
            }
            _ => {
                flags.push(word.to_owned());
                open = word.starts_with("--") && !word.contains('=');
            }
        }
    }
    flags
        .into_iter()
        .filter(|flag| !flag.split('=').next().is_some_and(|name| name.ends_with("port")))
        .map(Value::from)
        .collect()
}

/// The digest of a text without its comments.
pub fn sum(text: &str) -> String {
    digest::hex(uncommented(text).as_bytes())
}

/// The YAML with keys that a text is.
pub fn inner(text: &str) -> Option<Value> {
    let value = text.contains(": ").then(|| kubeyaml::value(text).ok().flatten())??;
    (text.contains('\n') && value.is_object()).then_some(value)
}

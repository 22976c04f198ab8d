//! An object as its author wrote it -> the object that the API server validates: with its defaults.
//!
//! Source: apiextensions-apiserver 1.35 schema/defaulting. A `null` takes the default too, where there is one and null is
//! no value; elsewhere it stays, and server-side apply refuses it (a plain create drops it instead).

use serde_json::{Map, Value};

use crate::verdict::structural::Structural;

/// The value with its defaults, also those inside of lists and of other defaults.
pub fn complete(schema: &Structural, value: &Value) -> Value {
    match value {
        Value::Null if !schema.nullable => schema.default.as_ref().map_or(Value::Null, |d| complete(schema, d)),
        Value::Object(map) => Value::Object(complete_map(schema, map)),
        Value::Array(items) => match schema.items.as_deref() {
            Some(schema) => items.iter().map(|item| complete(schema, item)).collect(),
            None => value.clone(),
        },
        scalar => scalar.clone(),
    }
}

fn complete_map(schema: &Structural, map: &Map<String, Value>) -> Map<String, Value> {
    let given = map.iter().map(|(name, value)| {
        let value = schema.field(name).map_or_else(|| value.clone(), |field| complete(field, value));
        (name.clone(), value)
    });
    let missing = schema.properties.iter().filter(|(name, _)| !map.contains_key(*name));
    let defaults = missing.filter_map(|(name, field)| Some((name.clone(), complete(field, field.default.as_ref()?))));
    given.chain(defaults).collect()
}

//! An object as its author wrote it -> the object that the API server validates: `null` dropped where it is no value,
//! defaults filled in. Source: apiextensions-apiserver 1.35 schema/defaulting.

use serde_json::{Map, Value};

use crate::structural::Structural;

/// The value with its defaults, also those inside of lists and of other defaults.
pub fn complete(schema: &Structural, value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(complete_map(schema, map)),
        Value::Array(items) => match schema.items.as_deref() {
            Some(schema) => items.iter().map(|item| complete_item(schema, item)).collect(),
            None => value.clone(),
        },
        scalar => scalar.clone(),
    }
}

fn complete_map(schema: &Structural, map: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in map {
        let Some(field) = schema.field(name) else {
            out.insert(name.clone(), value.clone());
            continue;
        };
        match (&field.default, value) {
            (None, Value::Null) if !field.nullable => {}
            _ => drop(out.insert(name.clone(), complete_item(field, value))),
        }
    }
    for (name, property) in &schema.properties {
        if let Some(default) = property.default.as_ref().filter(|_| !map.contains_key(name)) {
            out.insert(name.clone(), complete(property, default));
        }
    }
    out
}

fn complete_item(schema: &Structural, item: &Value) -> Value {
    match &schema.default {
        Some(default) if item.is_null() && !schema.nullable => complete(schema, default),
        _ => complete(schema, item),
    }
}

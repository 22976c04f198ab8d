//! Fields that a schema does not have: what the API server refuses in strict mode, and what server-side apply refuses
//! always.

use serde_json::Value;

use crate::text::finding::Code;
use crate::text::schema::did_you_mean;
use crate::verdict::structural::Structural;
use crate::verdict::violation::{Path, Violation};

/// What every object and every embedded object has besides the fields of its schema.
const TYPE_AND_METADATA: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// The fields of a value that its schema does not declare. `whole`: the value is an object with apiVersion, kind and
/// metadata, whatever the schema says.
pub fn unknown(schema: &Structural, value: &Value, whole: bool, path: &Path<'_>, out: &mut Vec<Violation>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                let below = path.key(name);
                match schema.field(name) {
                    _ if (whole || schema.embedded) && TYPE_AND_METADATA.contains(&name.as_str()) => {}
                    Some(field) => unknown(field, value, false, &below, out),
                    None if schema.open() => {}
                    None => out.push(violation(schema, whole, name, path, &below)),
                }
            }
        }
        Value::Array(items) => {
            let Some(schema) = &schema.items else { return };
            for (index, item) in items.iter().enumerate() {
                unknown(schema, item, false, &path.index(index), out);
            }
        }
        _ => {}
    }
}

fn violation(schema: &Structural, whole: bool, name: &str, path: &Path<'_>, below: &Path<'_>) -> Violation {
    let mut known: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
    if whole || schema.embedded {
        known.extend(TYPE_AND_METADATA.iter().filter(|name| !schema.properties.contains_key(**name)));
    }
    let message = match path.is_root() {
        true => format!("an object of this kind has no field `{name}`"),
        false => format!("`{path}` has no field `{name}`"),
    };
    Violation::new(Code::UnknownField, below, message).help(did_you_mean(name, &known))
}

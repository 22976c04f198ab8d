//! A list of things that say their names -> the map by name that a schema wants instead, as one line of YAML.

use serde_json::{Map, Value};

use crate::text::yaml::{emit, object};

/// The map, where each thing has one key that its schema does not know, a text: its name there.
pub fn map_of(schema: &Value, list: &Value) -> Option<String> {
    converted(schema, list).filter(|map| map.as_object().is_some_and(|map| !map.is_empty())).map(|map| flow(&map))
}

/// A list, and those in it, as the maps that the schema has there.
fn converted(schema: &Value, value: &Value) -> Option<Value> {
    let Value::Array(items) = value else { return None };
    let inner = schema.get("additionalProperties")?;
    let known = inner.get("properties").map(object)?;
    let mut map = Map::new();
    for item in items {
        let mut settings = item.as_object()?.clone();
        let name = settings.keys().find(|key| !known.contains_key(*key))?.clone();
        let name = settings.shift_remove(&name)?.as_str()?.to_owned();
        for (key, value) in &mut settings {
            if let Some(nested) = known.get(key).and_then(|schema| converted(schema, value)) {
                *value = nested;
            }
        }
        map.insert(name, Value::Object(settings));
    }
    Some(Value::Object(map))
}

/// One line that reads back as the value.
fn flow(value: &Value) -> String {
    let pair = |(key, value): (&String, &Value)| format!("{}: {}", word(key), flow(value));
    let all = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Object(map) => format!("{{ {} }}", all(map.iter().map(pair).collect())),
        Value::Array(items) => format!("[{}]", all(items.iter().map(flow).collect())),
        Value::String(text) => word(text),
        other => other.to_string(),
    }
}

/// A text without quotes, where it is one word that reads back as it is.
fn word(text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
    let text = Value::from(text);
    if plain && !emit(&text).starts_with(['"', '\'']) { emit(&text).trim_end().to_owned() } else { text.to_string() }
}

#[cfg(test)]
mod tests {
    use super::map_of;
    use crate::text::kubeyaml;
    use serde_json::json;

    #[test]
    fn the_name_is_what_the_schema_does_not_know_and_all_reads_back() {
        let adapters = json!({ "additionalProperties": { "properties": { "name": {}, "source": {} } } });
        let schema =
            json!({ "additionalProperties": { "properties": { "model": {}, "args": {}, "adapters": adapters } } });
        let list = json!([
            { "alias": "a", "model": "Org/A", "args": ["--x", "1", "a, b"] },
            { "model": "Org/B", "alias": "b", "adapters": [{ "alias": "c", "name": "yes", "source": "x" }] },
        ]);
        let text = map_of(&schema, &list).expect("it has names");
        assert_eq!(
            text,
            r#"{ a: { model: Org/A, args: [--x, "1", "a, b"] }, b: { model: Org/B, adapters: { c: { name: "yes", source: x } } } }"#
        );
        let read = kubeyaml::values(&crate::text::source::Source::new("", &*text)).expect("YAML");
        assert_eq!(read[0]["b"]["adapters"]["c"]["name"], "yes");
        assert_eq!(map_of(&schema, &json!([{ "model": "Org/A" }])), None);
        assert_eq!(map_of(&schema, &json!(["a"])), None);
        assert_eq!(map_of(&schema, &json!([])), None);
    }
}

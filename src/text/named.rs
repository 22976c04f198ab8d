//! A list of things that say their names -> the map by name that a schema wants instead, as one line of YAML.

use regex::Regex;
use serde_json::{Map, Value, json};

use crate::text::yaml::{Kind, Node, emit, object};

/// Before a number that stands here as it is written: `1.0` is no `1`.
const NUMBER: char = '\0';

/// What says a thing's name, where its schema knows several of its keys not.
const NAMES: [&str; 3] = ["alias", "name", "model"];

/// What to write where a list stands, or a thing in a list of names, and the schema has a map there; or a number instead of a
/// text. `keyword` leads to what failed, `whole` to the value in `node`.
pub fn help(schema: &Value, keyword: &str, node: &Node, whole: &str) -> Option<String> {
    let (path, pointer) = match (keyword.strip_suffix("/items/type"), whole.rsplit_once('/')) {
        (Some(list), Some((above, _))) => (list, above),
        _ => (keyword.strip_suffix("/type")?, whole),
    };
    let wanted = schema.pointer(path)?;
    let number = node.at(whole).filter(|node| matches!(node.kind, Kind::Number(_)));
    let is_text = schema.pointer(keyword).is_some_and(|kind| kind == "string");
    if let Some(number) = number.filter(|_| is_text) {
        let quoted = format!("put it into quotes: \"{}\"", written(number));
        return Some(wanted["description"].as_str().map_or(quoted.clone(), |said| format!("{said}; {quoted}")));
    }
    let key = pointer.rsplit('/').next().unwrap_or_default();
    let beside = path.strip_suffix(&format!("/properties/{key}")).and_then(|path| schema.pointer(path));
    let map = map_of(wanted, beside, key, node.at(pointer)?)?;
    Some(format!("names are keys: `{map}`"))
}

/// `did you mean ...? ` where a name would do in lower-case letters and dashes.
pub fn meant(pattern: &str, name: &str) -> String {
    let meant = dashed(name);
    let would_do = Regex::new(pattern).is_ok_and(|form| form.is_match(&meant));
    if would_do { format!("did you mean `{meant}`? ") } else { String::new() }
}

/// `key: MAP`, where each thing has a key that its schema does not know, a text: its name there; or the map beside it
/// (`beside` is the schema that has both) of those whose they are, as `providers` has models that say their `provider`.
fn map_of(schema: &Value, beside: Option<&Value>, key: &str, list: &Node) -> Option<String> {
    let list = value(list);
    let items = list.as_array().filter(|items| !items.is_empty())?;
    let grouped = beside.and_then(|beside| beside.get("properties")).and_then(|all| grouped(object(all), key, items));
    let map = match grouped {
        Some(grouped) => grouped,
        None => Value::Object(Map::from_iter([(key.to_owned(), converted(schema, items)?)])),
    };
    flow(&map).strip_prefix("{ ")?.strip_suffix(" }").map(str::to_owned)
}

fn grouped(all: &Map<String, Value>, key: &str, items: &[Value]) -> Option<Value> {
    all.iter().find_map(|(owners, schema)| {
        let inner = schema.pointer(&format!("/additionalProperties/properties/{key}"))?;
        let mut lists: Map<String, Value> = Map::new();
        for item in items {
            let mut item = item.as_object()?.clone();
            let owner = item.shift_remove(owners.strip_suffix('s')?)?.as_str()?.to_owned();
            lists.entry(owner).or_insert_with(|| json!([])).as_array_mut()?.push(item.into());
        }
        for list in lists.values_mut() {
            *list = json!({ key: converted(inner, list.as_array()?)? });
        }
        Some(json!({ owners: lists }))
    })
}

/// A list, and those in it, as the maps that the schema has there.
fn converted(schema: &Value, items: &[Value]) -> Option<Value> {
    let inner = schema.get("additionalProperties")?;
    let known = inner.get("properties").map(object)?;
    let mut map = Map::new();
    for item in items {
        let mut settings = item.as_object()?.clone();
        let is_new = |key: &&str| settings.contains_key(*key) && !known.contains_key(*key);
        let named = NAMES.iter().copied().find(is_new).map(str::to_owned);
        let name = match named.or_else(|| settings.keys().find(|key| !known.contains_key(*key)).cloned()) {
            Some(name) => settings.shift_remove(&name)?.as_str()?.trim_start_matches(NUMBER).to_owned(),
            None => dashed(settings.get("name")?.as_str()?),
        };
        if takes(inner, "string") && settings.keys().eq(["value"]) {
            let text = settings["value"].as_str()?.trim_start_matches(NUMBER);
            map.insert(name, text.into());
            continue;
        }
        for (key, value) in &mut settings {
            let Some(schema) = known.get(key) else { continue };
            let things = value.as_array().filter(|items| items.iter().any(Value::is_object));
            match things.filter(|_| schema.pointer("/additionalProperties/properties").is_some()) {
                Some(things) => *value = converted(schema, things)?,
                None => quote(schema, value),
            }
        }
        map.insert(name, Value::Object(settings));
    }
    Some(Value::Object(map))
}

fn takes(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind))
}

/// A number becomes a text where the schema has a text.
fn quote(schema: &Value, value: &mut Value) {
    match value {
        Value::String(text) if schema["type"] == "string" => *text = text.trim_start_matches(NUMBER).to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|item| quote(&schema["items"], item)),
        _ => {}
    }
}

/// A name in lower-case letters, digits and dashes.
fn dashed(name: &str) -> String {
    let dashed = name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    dashed.trim_matches('-').to_owned()
}

/// A number as it is written.
fn written(node: &Node) -> String {
    let place = &node.place;
    let text = place.source.text.get(place.start..place.end).unwrap_or_default().trim();
    if text.parse::<f64>().is_ok() { text.to_owned() } else { node.to_value().to_string() }
}

fn value(node: &Node) -> Value {
    match &node.kind {
        Kind::Number(_) => format!("{NUMBER}{}", written(node)).into(),
        Kind::List(items) => items.iter().map(value).collect(),
        Kind::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), value(&e.value))).collect()),
        _ => node.to_value(),
    }
}

/// One line that reads back as the value.
fn flow(value: &Value) -> String {
    let pair = |(key, value): (&String, &Value)| format!("{}: {}", word(key), flow(value));
    let all = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Object(map) => format!("{{ {} }}", all(map.iter().map(pair).collect())),
        Value::Array(items) => format!("[{}]", all(items.iter().map(flow).collect())),
        Value::String(text) => text.strip_prefix(NUMBER).map_or_else(|| word(text), str::to_owned),
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
    use crate::text::source::Source;
    use crate::text::{kubeyaml, yaml};
    use serde_json::{Value, json};

    fn help(schema: &Value, beside: Option<&Value>, list: &str) -> Option<String> {
        let nodes = yaml::nodes(&Source::new("", list)).expect("YAML");
        let text = map_of(schema, beside, "models", &nodes[0])?;
        kubeyaml::values(&Source::new("", &*text)).expect("it reads back");
        Some(text)
    }

    #[test]
    fn the_name_is_what_the_schema_does_not_know_and_all_reads_back() {
        let adapters = json!({ "additionalProperties": { "properties": { "name": {}, "source": {} } } });
        let text = json!({ "type": "string" });
        let env = json!({ "additionalProperties": { "type": ["string", "object"], "properties": { "secret": {} } } });
        let schema = json!({ "additionalProperties": { "properties": {
            "model": text, "args": { "items": text }, "adapters": adapters, "env": env, "price": { "type": "number" },
        } } });
        let providers = json!({ "properties": {
            "providers": { "additionalProperties": { "properties": { "models": schema } } },
            "models": { "additionalProperties": { "properties": { "alias": {} } } },
        } });
        for (list, map) in [
            (
                r#"[{ alias: a, model: Org/A, args: [--x, "1", "a, b"] }]"#,
                r#"models: { a: { model: Org/A, args: [--x, "1", "a, b"] } }"#,
            ),
            (
                "[{ model: Org/B, alias: b, adapters: [{ alias: c, name: 'yes', source: x }] }]",
                r#"models: { b: { model: Org/B, adapters: { c: { name: "yes", source: x } } } }"#,
            ),
            (
                "[{ alias: b, adapters: [{ name: Tone.A, source: x }] }]",
                "models: { b: { adapters: { tone-a: { name: Tone.A, source: x } } } }",
            ),
            (
                "[{ alias: 1.0, model: 5.4, price: 1.0, args: [2.0] }]",
                r#"models: { "1.0": { model: "5.4", price: 1.0, args: ["2.0"] } }"#,
            ),
            (
                "[{ alias: b, env: [{ name: A, value: c }, { name: B, value: 1.0 }] }]",
                r#"models: { b: { env: { A: c, B: "1.0" } } }"#,
            ),
        ] {
            assert_eq!(help(&schema, None, list).as_deref(), Some(map));
        }
        let owned = "[{ provider: p, alias: a, model: m }, { provider: p, alias: b, model: o }]";
        let map = "providers: { p: { models: { a: { model: m }, b: { model: o } } } }";
        assert_eq!(help(&providers["properties"]["models"], Some(&providers), owned).as_deref(), Some(map));
        for list in ["[{ model: Org/A }]", "[a]", "[]", "[{ alias: a, env: [{ value: x }, { name: b }, c] }]"] {
            assert_eq!(help(&schema, None, list), None);
        }
    }
}

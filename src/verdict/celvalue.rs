//! A value and its schema -> the value as CEL sees it: typed by the schema, fields under their escaped names, undeclared
//! fields invisible. Source: apiserver 1.35 cel/common/valuesunstructured.go, cel/escaping.go.

use std::sync::Arc;

use kube_cel::cel::objects::{Key, Map, Value as Cel};
use serde_json::Value;

use crate::text::forms;
use crate::verdict::formats;
use crate::verdict::structural::{Kind, Structural};

/// A value as CEL sees it; none where its schema says nothing that CEL could type.
pub fn value(schema: &Structural, value: &Value, whole: bool) -> Option<Cel> {
    Some(match (schema.kind, value) {
        (_, Value::Null) => Cel::Null,
        (_, Value::Bool(b)) => Cel::Bool(*b),
        (Kind::Number, Value::Number(n)) => Cel::Float(n.as_f64()?),
        (Kind::Integer, Value::Number(n)) => Cel::Int(n.as_i64().or_else(|| n.as_f64().map(|f| f as i64))?),
        (_, Value::Number(n)) => n.as_i64().map(Cel::Int).or_else(|| n.as_f64().map(Cel::Float))?,
        (Kind::String, Value::String(text)) => string(&schema.format, text)?,
        (_, Value::String(text)) => Cel::String(Arc::new(text.clone())),
        (_, Value::Array(items)) => {
            let below = schema.items.as_deref()?;
            Cel::List(Arc::new(
                items.iter().map(|item| self::value(below, item, below.embedded)).collect::<Option<_>>()?,
            ))
        }
        (_, Value::Object(map)) => {
            let fields = map.iter().filter_map(|(name, value)| {
                let (key, cel) = match schema.properties.get(name) {
                    _ if whole && name == "metadata" => (name.clone(), metadata(value)),
                    _ if whole && (name == "apiVersion" || name == "kind") => (name.clone(), plain(value)),
                    Some(property) => (escape(name)?, self::value(property, value, property.embedded)?),
                    None => (name.clone(), self::value(schema.values()?, value, false)?),
                };
                Some((Key::String(Arc::new(key)), cel))
            });
            Cel::Map(Map { map: Arc::new(fields.collect()) })
        }
    })
}

/// A value as CEL sees it without a schema: every map by its own keys.
///
/// # Errors
/// A number that CEL does not have.
pub fn untyped(value: &Value) -> Result<Cel, String> {
    Ok(match value {
        Value::Null => Cel::Null,
        Value::Bool(b) => Cel::Bool(*b),
        Value::Number(n) => {
            let number = n.as_i64().map(Cel::Int).or_else(|| n.as_f64().map(Cel::Float));
            number.ok_or_else(|| format!("{n} is no number of CEL"))?
        }
        Value::String(text) => Cel::String(Arc::new(text.clone())),
        Value::Array(items) => Cel::List(Arc::new(items.iter().map(untyped).collect::<Result<_, _>>()?)),
        Value::Object(map) => {
            let field = |(key, value): (&String, &Value)| Ok((Key::String(Arc::new(key.clone())), untyped(value)?));
            Cel::Map(Map { map: Arc::new(map.iter().map(field).collect::<Result<_, String>>()?) })
        }
    })
}

/// Rules see the name and the generateName of an object, and no more of its metadata.
fn metadata(value: &Value) -> Cel {
    let names = ["name", "generateName"].into_iter().filter_map(|key| Some((key, value.get(key)?)));
    Cel::Map(Map { map: Arc::new(names.map(|(key, value)| (Key::from(key), plain(value))).collect()) })
}

fn plain(value: &Value) -> Cel {
    value.as_str().map_or(Cel::Null, |text| Cel::String(Arc::new(text.to_owned())))
}

fn string(format: &str, text: &str) -> Option<Cel> {
    Some(match format {
        "duration" => Cel::Duration(chrono::Duration::nanoseconds(formats::duration(text)?)),
        "date-time" => Cel::Timestamp(chrono::DateTime::parse_from_rfc3339(text).ok()?),
        "date" => {
            let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Cel::Timestamp(date.and_hms_opt(0, 0, 0)?.and_utc().into())
        }
        "byte" => Cel::Bytes(Arc::new(forms::base64(text)?)),
        _ => Cel::String(Arc::new(text.to_owned())),
    })
}

/// CEL's reserved words (apiserver 1.35 cel/escaping.go).
const RESERVED: [&str; 21] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// The name of a field in CEL; none where it has no name there.
fn escape(name: &str) -> Option<String> {
    if RESERVED.contains(&name) {
        return Some(format!("__{name}__"));
    }
    let fine = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(fine) {
        return None;
    }
    let underscores = name.replace("__", "\0");
    let dashes = underscores.replace('.', "__dot__").replace('-', "__dash__").replace('/', "__slash__");
    Some(dashes.replace('\0', "__underscores__"))
}

//! A completed object against its structural schema: types, bounds, choices, formats, what must be there, what must be
//! unique. Source: kube-openapi validation/validate and apiextensions-apiserver 1.35 schema/listtype.

use serde_json::{Map, Number, Value};

use crate::text::finding::Code;
use crate::text::schema::did_you_mean;
use crate::verdict::formats;
use crate::verdict::quantity;
use crate::verdict::structural::{Kind, ListType, Structural};
use crate::verdict::violation::{Path, Violation, describe};

/// The format by which the schemas of built-in kinds mark an amount of a resource.
pub const QUANTITY: &str = "kubernetes-quantity";

/// Everything that is wrong with a value.
pub fn validate(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    let before = out.len();
    types(schema, value, path, out);
    if out.len() > before {
        return;
    }
    choice(schema, value, path, out);
    match value {
        Value::String(text) => string(schema, text, path, out),
        Value::Number(n) => number(schema, n, path, out),
        Value::Array(items) => list(schema, items, path, out),
        Value::Object(map) => object(schema, map, path, out),
        Value::Null | Value::Bool(_) => {}
    }
    if !value.is_null() {
        combined(schema, value, path, out);
    }
}

fn invalid(path: &Path<'_>, message: String) -> Violation {
    Violation::new(Code::InvalidField, path, message)
}

fn types(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    let (fits, wanted) = match schema.kind {
        Kind::Any if schema.int_or_string => {
            (value.is_string() || is_integer(value) || (value.is_null() && schema.nullable), "an integer or a string")
        }
        Kind::Any if schema.format == QUANTITY => {
            let fits = match value {
                Value::String(text) => quantity::parse(text).is_some(),
                other => other.is_number(),
            };
            (fits, "a quantity, as in 500m or 1Gi")
        }
        Kind::Any => return,
        _ if value.is_null() => (schema.nullable, kind_words(schema.kind)),
        Kind::Object => (value.is_object(), "a map"),
        Kind::Array => (value.is_array(), "a list"),
        Kind::String => (value.is_string(), "a string"),
        Kind::Integer => (is_integer(value), "an integer"),
        Kind::Number => (value.is_number(), "a number"),
        Kind::Boolean => (value.is_boolean(), "true or false"),
    };
    if !fits {
        let violation = invalid(path, format!("`{path}` is {}, it must be {wanted}", describe(value)));
        out.push(match (schema.kind, value) {
            (Kind::String, Value::Number(_) | Value::Bool(_)) => violation.help("put it in quotes"),
            (Kind::Integer | Kind::Number | Kind::Boolean, Value::String(_)) => {
                violation.help("write it without quotes")
            }
            _ => violation,
        });
    }
}

fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "anything",
        Kind::Object => "a map",
        Kind::Array => "a list",
        Kind::String => "a string",
        Kind::Integer => "an integer",
        Kind::Number => "a number",
        Kind::Boolean => "true or false",
    }
}

/// A 64-bit integer, or a float that is one exactly. Formats such as int32 mean nothing to the API server.
fn is_integer(value: &Value) -> bool {
    const EXACT: f64 = 9_007_199_254_740_991.0; // 2^53 - 1
    value.is_i64() || value.as_f64().is_some_and(|f| f.fract() == 0.0 && f.abs() <= EXACT)
}

fn choice(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    if schema.choices.is_empty() || schema.choices.iter().any(|choice| equal(choice, value)) {
        return;
    }
    let plain = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let choices: Vec<String> = schema.choices.iter().map(plain).collect();
    let names: Vec<&str> = choices.iter().map(String::as_str).collect();
    let message = format!("`{path}` cannot be `{}`", plain(value));
    out.push(invalid(path, message).help(did_you_mean(&plain(value), &names)));
}

/// Equal as JSON: 1 and 1.0 are the same number.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

fn string(schema: &Structural, text: &str, path: &Path<'_>, out: &mut Vec<Violation>) {
    let length = text.chars().count();
    if let Some(most) = schema.max_length.filter(|most| length > *most) {
        out.push(invalid(path, format!("`{path}` has {length} characters, at most {most} are allowed")));
    } else if let Some(least) = schema.min_length.filter(|least| length < *least) {
        out.push(invalid(path, format!("`{path}` has {length} characters, it needs at least {least}")));
    } else if let Some(pattern) = &schema.pattern {
        match pattern.regex() {
            Ok(regex) if regex.is_match(text) => {}
            Ok(_) => {
                let given = describe(&Value::String(text.to_owned()));
                let message = format!("`{path}` is {given}, which its pattern does not allow");
                out.push(invalid(path, message).help(format!("it must match {}", pattern.text)));
            }
            Err(why) => {
                let message = format!("`{path}` has a pattern that cannot be read: {why}");
                out.push(invalid(path, message).help("the definition of the kind is at fault, not the object"));
            }
        }
    }
    if !formats::admits(&schema.format, text) {
        let given = describe(&Value::String(text.to_owned()));
        out.push(invalid(path, format!("`{path}` is {given}, it must be of the format {}", schema.format)));
    }
}

fn number(schema: &Structural, number: &Number, path: &Path<'_>, out: &mut Vec<Violation>) {
    let Some(value) = number.as_f64() else { return };
    let below = |least: f64| if schema.exclusive_minimum { value <= least } else { value < least };
    let above = |most: f64| if schema.exclusive_maximum { value >= most } else { value > most };
    if let Some(least) = schema.minimum.filter(|least| below(*least)) {
        let words = if schema.exclusive_minimum { "more than" } else { "at least" };
        out.push(invalid(path, format!("`{path}` is {number}, it must be {words} {least}")));
    }
    if let Some(most) = schema.maximum.filter(|most| above(*most)) {
        let words = if schema.exclusive_maximum { "less than" } else { "at most" };
        out.push(invalid(path, format!("`{path}` is {number}, it must be {words} {most}")));
    }
    if let Some(step) = schema.multiple_of.filter(|step| *step != 0.0 && (value / step).fract() != 0.0) {
        out.push(invalid(path, format!("`{path}` is {number}, it must be a multiple of {step}")));
    }
}

fn count(what: &str, have: usize, bounds: (Option<usize>, Option<usize>), path: &Path<'_>, out: &mut Vec<Violation>) {
    if let Some(least) = bounds.0.filter(|least| have < *least) {
        out.push(invalid(path, format!("`{path}` has {have} {what}, it needs at least {least}")));
    }
    if let Some(most) = bounds.1.filter(|most| have > *most) {
        out.push(invalid(path, format!("`{path}` has {have} {what}, at most {most} are allowed")));
    }
}

fn list(schema: &Structural, items: &[Value], path: &Path<'_>, out: &mut Vec<Violation>) {
    count("items", items.len(), (schema.min_items, schema.max_items), path, out);
    if let Some(below) = &schema.items {
        for (index, item) in items.iter().enumerate() {
            validate(below, item, &path.index(index), out);
        }
    }
    unique(schema, items, path, out);
}

/// What stands twice in a list that is merged by value or by keys.
fn unique(schema: &Structural, items: &[Value], path: &Path<'_>, out: &mut Vec<Violation>) {
    let key = |item: &Value| match schema.list_type {
        ListType::Atomic => None,
        ListType::Set => Some(canonical(item)),
        ListType::Map => {
            let values: Vec<String> =
                schema.list_map_keys.iter().map(|k| item.get(k).map_or_else(String::new, canonical)).collect();
            Some(values.join(", "))
        }
    };
    let mut seen = std::collections::BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let Some(key) = key(item) else { return };
        if schema.list_type == ListType::Map && !schema.list_map_keys.iter().any(|k| item.get(k).is_some()) {
            let keys = schema.list_map_keys.join(", ");
            out.push(invalid(
                &path.index(index),
                format!("`{path}[{index}]` has none of the keys of this list: {keys}"),
            ));
            continue;
        }
        if let Some(first) = seen.insert(key.clone(), index) {
            let what = match schema.list_type {
                ListType::Map => format!("the same {} ({key})", schema.list_map_keys.join(", ")),
                _ => "the same value".into(),
            };
            let message = format!("`{path}[{index}]` has {what} as `{path}[{first}]`");
            out.push(invalid(&path.index(index), message).help("each item of this list is there once"));
        }
    }
}

/// What server-side apply wants of the parts that are not stored: that every value has the type of its schema.
pub fn typed(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    match value {
        Value::Null => {}
        Value::Array(items) if schema.kind == Kind::Array => {
            for (index, item) in items.iter().enumerate() {
                schema.items.iter().for_each(|below| typed(below, item, &path.index(index), out));
            }
            unique(schema, items, path, out);
        }
        Value::Object(map) if schema.kind == Kind::Object => {
            for (name, value) in map {
                schema.field(name).into_iter().for_each(|field| typed(field, value, &path.key(name), out));
            }
        }
        Value::Number(_) if schema.kind == Kind::Integer => {}
        Value::Number(_) | Value::Bool(_) if schema.format == "date-time" => {} // any scalar is one there
        _ => types(schema, value, path, out),
    }
}

/// The one text of a value, so that equal values have equal texts.
fn canonical(value: &Value) -> String {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}

fn object(schema: &Structural, map: &Map<String, Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    count("keys", map.len(), (schema.min_properties, schema.max_properties), path, out);
    for name in schema.required.iter().filter(|name| !map.contains_key(*name)) {
        let message = match path.is_root() {
            true => format!("the object needs `{name}`"),
            false => format!("`{path}` needs `{name}`"),
        };
        out.push(invalid(path, message));
    }
    for (name, value) in map {
        if let Some(field) = schema.field(name) {
            validate(field, value, &path.key(name), out);
        }
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not`: further conditions on the same value.
fn combined(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    let failures = |schema: &Structural| {
        let mut inner = Vec::new();
        validate(schema, value, path, &mut inner);
        inner
    };
    for all in &schema.all_of {
        validate(all, value, path, out);
    }
    for (branches, exactly) in [(&schema.any_of, false), (&schema.one_of, true)] {
        let results: Vec<Vec<Violation>> = branches.iter().map(failures).collect();
        let fitting = results.iter().filter(|r| r.is_empty()).count();
        if branches.is_empty() || fitting == 1 || (fitting > 1 && !exactly) {
            continue;
        }
        if fitting > 1 {
            let message = format!("`{path}` fits {fitting} of its alternatives, it must fit exactly one");
            out.push(invalid(path, message));
            continue;
        }
        let nearest = results.into_iter().min_by_key(Vec::len).unwrap_or_default();
        let violation = invalid(path, format!("`{path}` fits none of its alternatives"));
        let why = nearest.into_iter().next().map(|v| v.message);
        out.push(match why {
            Some(why) => violation.help(format!("the nearest one fails because {why}")),
            None => violation,
        });
    }
    if schema.not.as_deref().is_some_and(|not| failures(not).is_empty()) {
        out.push(invalid(path, format!("`{path}` is what its schema rules out")));
    }
}

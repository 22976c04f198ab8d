//! The filters that templates have beside the built-in ones (docs/groups.md lists them). Pure functions on JSON values.

use std::collections::BTreeMap;

use minijinja::value::{Kwargs, Serde, Value as Jinja, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use serde_json::{Map, Value, json};

use crate::text::digest;
use crate::text::merge;
use crate::text::schema::{is_slip, nearest};
use crate::text::yaml;

/// Longest text that a filter makes of others, in bytes.
pub const MAX_TEXT: usize = 8 << 20;

/// Their names.
pub const NAMES: [&str; 11] = [
    "collect",
    "filled_from",
    "image_ref",
    "index_by",
    "merge_patch",
    "nearest",
    "nested",
    "per_million",
    "sha256",
    "to_json_text",
    "to_yaml",
];

/// Adds them to an engine.
pub fn add(env: &mut Environment<'_>) {
    env.add_filter("collect", |v: Jinja, attr: String| call(v, |v| collect(v, &attr)));
    env.add_filter("filled_from", |v: Jinja, base: Jinja| {
        // Of many things each is filled from all of them, and takes no more than it has.
        let own = json(&v)?;
        let names = own.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        let others = names.map(|name| Ok((name.to_owned(), json(&base.get_attr(name)?)?)));
        let others = others.collect::<Result<Map<_, _>, Error>>()?;
        Ok::<_, Error>(Jinja::from(Serde(filled_from(own, &Value::Object(others)))))
    });
    env.add_filter("image_ref", |v: Jinja, options: Kwargs| {
        let keep_tag = options.get::<Option<bool>>("keep_tag")?.unwrap_or_default();
        options.assert_all_used()?;
        call(v, |v| image_ref(&v, keep_tag))
    });
    env.add_filter("index_by", |v: Jinja, key: String, value: String| call(v, |v| index_by(v, &key, &value)));
    env.add_filter("nearest", near);
    env.add_filter("nested", nested);
    env.add_filter("merge_patch", |v: Jinja, patch: Jinja| {
        let patch = json(&patch)?;
        call(v, |mut v| {
            merge::merge_patch(&mut v, &patch);
            Ok(v)
        })
    });
    env.add_filter("per_million", |v: Jinja| call(v, per_million));
    env.add_filter("sha256", |text: String| digest::hex(text.as_bytes()));
    env.add_filter("to_json_text", |v: Jinja| call(v, |v| Ok(json!(sorted(v).to_string()))));
    env.add_filter("join", join);
    env.add_filter("replace", replace);
    env.add_filter("to_yaml", |v: Jinja| call(v, |v| Ok(json!(yaml::emit(&v)))));
}

/// As the engine's own, up to [`MAX_TEXT`].
fn join(value: Jinja, separator: Option<String>) -> Result<String, Error> {
    let separator = separator.unwrap_or_default();
    let mut text = String::new();
    for (i, item) in value.try_iter()?.enumerate() {
        if i > 0 {
            text += &separator;
        }
        text += &item.to_string();
        short(text.len())?;
    }
    Ok(text)
}

/// As the engine's own, up to [`MAX_TEXT`].
fn replace(text: String, from: String, to: String) -> Result<String, Error> {
    short(text.len().saturating_add(text.matches(&*from).count().saturating_mul(to.len())))?;
    Ok(text.replace(&*from, &to))
}

fn short(bytes: usize) -> Result<(), Error> {
    let sentence = || format!("this makes a text of more than {MAX_TEXT} bytes");
    if bytes > MAX_TEXT { Err(Error::new(ErrorKind::InvalidOperation, sentence())) } else { Ok(()) }
}

fn call(value: Jinja, filter: impl FnOnce(Value) -> Result<Value, String>) -> Result<Jinja, Error> {
    let result = filter(json(&value)?).map_err(|e| Error::new(ErrorKind::InvalidOperation, e))?;
    Ok(Jinja::from(Serde(result)))
}

/// A value as JSON, up to [`MAX_TEXT`] in all: a list may hold one large text many times.
pub(crate) fn json(value: &Jinja) -> Result<Value, Error> {
    json_within(value, &mut 0)
}

/// The same after so many bytes, a few for each value. By hand: the engine's values as serde sees them take much longer.
fn json_within(value: &Jinja, length: &mut usize) -> Result<Value, Error> {
    *length += 8 + value.as_str().map_or(0, str::len);
    short(*length)?;
    if let Some(text) = value.as_str() {
        return Ok(Value::String(text.to_owned()));
    }
    match (value.kind(), value.as_object()) {
        (ValueKind::Seq | ValueKind::Iterable, _) => value.try_iter()?.map(|item| json_within(&item, length)).collect(),
        (ValueKind::Map, Some(map)) => {
            let entries = map.try_iter_pairs().into_iter().flatten();
            let entry = |(key, value): (Jinja, Jinja)| Ok((key.to_string(), json_within(&value, length)?));
            entries.map(entry).collect::<Result<Map<_, _>, _>>().map(Value::Object)
        }
        _ => serde_json::to_value(value).map_err(|e| Error::new(ErrorKind::InvalidOperation, e.to_string())),
    }
}

/// The values of an attribute, lists flattened, nulls left out, without repeats, sorted by their JSON text.
///
/// # Errors
/// No item has the attribute, and one has another that it is nearly.
fn collect(list: Value, attribute: &str) -> Result<Value, String> {
    let attributes = || list.as_array().into_iter().flatten().filter_map(Value::as_object).flat_map(Map::keys);
    if attributes().all(|known| known != attribute)
        && let Some(near) = attributes().find(|known| is_slip(known, attribute))
    {
        return Err(format!("no item has `{attribute}`: did you mean `{near}`?"));
    }
    let mut found = Vec::new();
    for item in list.as_array().into_iter().flatten() {
        match item.get(attribute) {
            Some(Value::Array(items)) => found.extend(items.iter().cloned()),
            Some(Value::Null) | None => {}
            Some(value) => found.push(value.clone()),
        }
    }
    found.sort_by_cached_key(Value::to_string);
    found.dedup();
    Ok(Value::Array(found))
}

/// Settings, and what they leave unset or empty as it stands in others; inner maps have the entries of both.
fn filled_from(own: Value, others: &Value) -> Value {
    let Value::Object(mut own) = own else { return own };
    for (name, value) in &mut own {
        match (&mut *value, &others[name]) {
            (Value::Object(inner), Value::Object(others)) => {
                let said = std::mem::replace(inner, others.clone()).into_iter().filter(|(_, value)| !is_unset(value));
                inner.extend(said);
            }
            (value, others) if is_unset(value) && !others.is_null() => *value = others.clone(),
            _ => {}
        }
    }
    Value::Object(own)
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// `repository@digest`, or `repository:tag` where there is no digest; `repository:tag@digest` for who reads a version in the
/// tag.
fn image_ref(image: &Value, keep_tag: bool) -> Result<Value, String> {
    let part = |name: &str| image[name].as_str().filter(|text| !text.is_empty());
    let repository = part("repository").ok_or_else(|| format!("{image} has no `repository`"))?;
    let (tag, digest) = (part("tag").map(|tag| format!(":{tag}")), part("digest").map(|digest| format!("@{digest}")));
    match (tag.filter(|_| keep_tag || digest.is_none()), digest) {
        (None, None) => Err(format!("`{repository}` has neither `tag` nor `digest`")),
        (tag, digest) => Ok(json!(format!("{repository}{}{}", tag.unwrap_or_default(), digest.unwrap_or_default()))),
    }
}

/// A map from each item's `key` to its `value`, sorted by key.
fn index_by(list: Value, key: &str, value: &str) -> Result<Value, String> {
    let mut index = Map::new();
    for item in list.as_array().into_iter().flatten() {
        let name = item[key].as_str().ok_or_else(|| format!("`{key}` of {item} is no string"))?;
        let known = index.entry(name).or_insert_with(|| item[value].clone());
        if *known != item[value] {
            return Err(format!("`{name}` stands for both {known} and {}", item[value]));
        }
    }
    Ok(sorted(Value::Object(index)))
}

/// The one of the keys of a map, or of the texts of a list, that may be meant by a name; none is near: none.
fn near(name: String, known: Jinja) -> Option<String> {
    let known: Vec<Jinja> = known.try_iter().into_iter().flatten().collect();
    let known: Vec<&str> = known.iter().filter_map(Jinja::as_str).collect();
    nearest(&name, &known).map(str::to_owned)
}

/// Keys of a map in their order, or the numbers of a list, each with its value. Values of the engine, which share what they hold.
fn entries(value: &Jinja) -> Result<Vec<(Jinja, Jinja)>, Error> {
    let mut entries: Vec<(Jinja, Jinja)> = match value.kind() {
        ValueKind::Map => {
            value.try_iter()?.map(|key| Ok((key.clone(), value.get_item(&key)?))).collect::<Result<_, Error>>()?
        }
        ValueKind::Seq | ValueKind::Iterable => {
            value.try_iter()?.enumerate().map(|(i, entry)| (i.into(), entry)).collect()
        }
        _ => Vec::new(),
    };
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(entries)
}

/// Each element of the map or list `attribute` of each entry of a map or list; its parent is the entry without them, which would
/// otherwise stand beside each of its elements. With `over` and `by` an element is laid over the entry of `over` that its own
/// `by` names, or its key.
fn nested(value: Jinja, attribute: String, options: Kwargs) -> Result<Jinja, Error> {
    let (over, by): (Option<Jinja>, Option<&str>) = (options.get("over")?, options.get("by")?);
    options.assert_all_used()?;
    let mut flat = Vec::new();
    for (key, entry) in entries(&value)?.into_iter().filter(|(_, entry)| entry.kind() == ValueKind::Map) {
        let others = entry.try_iter()?.filter(|name| name.as_str() != Some(&*attribute));
        let others =
            others.map(|name| Ok((name.to_string(), entry.get_item(&name)?))).collect::<Result<Vec<_>, Error>>()?;
        let parent = Jinja::from_pairs(others);
        for (index, value) in entries(&entry.get_attr(&attribute)?)? {
            let value = match &over {
                Some(table) => laid_over(&value, &table.get_item(&named(&value, by, &index)?)?)?,
                None => value,
            };
            flat.push(Jinja::from_pairs([
                ("key", key.clone()),
                ("parent", parent.clone()),
                ("value", value),
                ("index", index),
            ]));
        }
    }
    Ok(Jinja::from(flat))
}

/// What an element says under `by`, or where it says nothing, its key.
fn named(value: &Jinja, by: Option<&str>, key: &Jinja) -> Result<Jinja, Error> {
    let name = by.map_or(Ok(Jinja::UNDEFINED), |by| value.get_attr(by))?;
    Ok(if name.is_none() || name.is_undefined() { key.clone() } else { name })
}

/// A map over another one: where it has nothing, or `none`, the other one counts.
fn laid_over(value: &Jinja, below: &Jinja) -> Result<Jinja, Error> {
    let mut laid: BTreeMap<String, Jinja> = BTreeMap::new();
    for (key, value) in
        [below, value].map(entries).into_iter().collect::<Result<Vec<_>, Error>>()?.into_iter().flatten()
    {
        match laid.get(&key.to_string()) {
            Some(_) if value.is_none() => {}
            _ => drop(laid.insert(key.to_string(), value)),
        }
    }
    Ok(Jinja::from(laid))
}

/// A price per million as a price per one: the decimal point moves, nothing is computed.
fn per_million(price: Value) -> Result<Value, String> {
    let number = price.as_f64().ok_or_else(|| format!("{price} is no number"))?;
    format!("{number}e-6").parse::<f64>().map(|n| json!(n)).map_err(|e| e.to_string())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_move_the_point_exactly() {
        for (price, token) in
            [(json!(1), "1e-6"), (json!(0.8), "8e-7"), (json!(0.035), "3.5e-8"), (json!(15), "1.5e-5")]
        {
            assert_eq!(per_million(price).unwrap().as_f64().unwrap(), token.parse::<f64>().unwrap());
        }
    }

    #[test]
    fn a_digest_wins_over_the_tag() {
        let image = |tag: Value, digest: Value| json!({ "repository": "r.io/a", "tag": tag, "digest": digest });
        let both = image(json!("1"), json!("sha256:0"));
        assert_eq!(image_ref(&both, false).unwrap(), "r.io/a@sha256:0");
        assert_eq!(image_ref(&both, true).unwrap(), "r.io/a:1@sha256:0");
        assert_eq!(image_ref(&image(json!("1"), json!(null)), true).unwrap(), "r.io/a:1");
        assert_eq!(
            image_ref(&image(json!(null), json!(null)), false).unwrap_err(),
            "`r.io/a` has neither `tag` nor `digest`"
        );
        assert!(image_ref(&json!({ "tag": "1" }), false).is_err());
    }

    #[test]
    fn what_is_unset_comes_from_the_others_and_maps_have_both() {
        let own = json!({ "a": null, "b": [], "env": { "X": { "secret": "own" }, "Y": null }, "zero": 0, "c": "c" });
        let all = json!({ "a": 1, "b": [2], "env": { "X": { "field": "f" }, "Y": "y", "Z": "z" }, "zero": 3, "d": 4 });
        let env = json!({ "X": { "secret": "own" }, "Y": "y", "Z": "z" });
        assert_eq!(filled_from(own, &all), json!({ "a": 1, "b": [2], "env": env, "zero": 0, "c": "c" }));
    }

    #[test]
    fn lists_are_indexed_flattened_and_collected() {
        let models = json!([{"m": "b", "h": "x"}, {"m": "a", "h": "y"}, {"m": "b", "h": "x"}]);
        assert_eq!(index_by(models.clone(), "m", "h").unwrap().to_string(), r#"{"a":"y","b":"x"}"#);
        assert!(index_by(json!([{"m": "b", "h": "x"}, {"m": "b", "h": "z"}]), "m", "h").is_err());
        assert_eq!(collect(models.clone(), "m"), Ok(json!(["a", "b"])));
        let each = |value: Value, over: &[(&str, Jinja)]| {
            let options = over.iter().cloned().collect();
            json(&nested(Jinja::from(Serde(value)), "models".into(), options).unwrap()).unwrap()
        };
        let flat = each(json!({"p": {"z": 1, "models": ["x", "y"]}, "a": {}}), &[]);
        assert_eq!(flat[1], json!({"key": "p", "parent": {"z": 1}, "value": "y", "index": 1}));
        let table = Jinja::from(Serde(json!({"m": {"price": 2, "kind": "chat"}})));
        let models = json!({"p": {"models": {"a": {"model": "m", "price": 3, "kind": null}, "m": {"model": null}}}});
        let flat = each(models, &[("over", table), ("by", "model".into())]);
        assert_eq!(flat[0]["value"], json!({"model": "m", "price": 3, "kind": "chat"}));
        assert_eq!(flat[1]["value"], json!({"model": null, "price": 2, "kind": "chat"}));
        assert_eq!(flat[1]["index"], "m");
    }
}

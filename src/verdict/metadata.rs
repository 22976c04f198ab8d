//! The metadata of an object, also of one embedded in another -> what an API server refuses of it: fields, types, the
//! syntax of names, labels, annotations, finalizers and owners. Source: apimachinery 1.35 api/validation/objectmeta.go.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::text::finding::Code;
use crate::text::yaml::object;
use crate::verdict::fields;
use crate::verdict::formats;
use crate::verdict::names::{self, Syntax};
use crate::verdict::spot::Spot;
use crate::verdict::structural::Structural;
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation};

/// Most bytes of all annotations of one object.
const MAX_ANNOTATIONS: usize = 256 << 10;

static OBJECT_META: LazyLock<Structural> =
    LazyLock::new(|| Structural::deserialize(schema()).expect("a schema of ours"));

/// The schema of ObjectMeta (meta/v1): what an author may give; the server refuses `managedFields` in an apply.
pub fn schema() -> Value {
    let string = json!({ "type": "string" });
    let strings = json!({ "type": "object", "additionalProperties": { "type": "string", "nullable": true } });
    let owner = json!({
        "type": "object",
        "properties": {
            "apiVersion": string, "kind": string, "name": string, "uid": string,
            "controller": { "type": "boolean" }, "blockOwnerDeletion": { "type": "boolean" },
        },
    });
    json!({
        "type": "object",
        "properties": {
            "name": string, "generateName": string, "namespace": string, "labels": strings, "annotations": strings,
            "finalizers": { "type": "array", "items": string, "x-kubernetes-list-type": "set" },
            "ownerReferences": {
                "type": "array", "items": owner,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
            },
            "creationTimestamp": string, "deletionTimestamp": string, "resourceVersion": string, "selfLink": string,
            "managedFields": { "type": "array", "items": { "x-kubernetes-preserve-unknown-fields": true } },
            "uid": string, "generation": { "type": "integer" }, "deletionGracePeriodSeconds": { "type": "integer" },
        },
    })
}

/// What a kind wants of the metadata of its objects.
#[derive(Clone, Copy)]
pub struct Rules {
    /// The syntax of names.
    pub names: Syntax,
    /// Objects lie in namespaces; elsewhere the server drops the namespace.
    pub namespaced: bool,
    /// The kind is built in; there Go's types are stricter.
    pub builtin: bool,
}

/// What is wrong with the metadata of a whole object.
pub fn check(whole: &Value, rules: Rules, out: &mut Vec<Violation>) {
    let path = Path::ROOT.key("metadata");
    let meta = object(&whole["metadata"]);
    let text = |key: &str| meta.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if text("name").is_none()
        && text("generateName").is_none()
        && meta.get("name").is_none_or(|n| n.is_string() || n.is_null())
    {
        out.push(invalid(&path, "the object has no name".into()).help("add `metadata.name`"));
    }
    common(&whole["metadata"], rules, &path, out);
    for (key, why) in [("managedFields", "the server keeps them"), ("uid", "the server makes it")] {
        if meta.get(key).is_some_and(|value| !value.is_null() && value != "") {
            out.push(invalid(&path.key(key), format!("`{}` cannot be given: {why}", path.key(key))));
        }
    }
    if text("resourceVersion").is_some_and(|version| !version.bytes().all(|b| b.is_ascii_digit())) {
        out.push(invalid(&path.key("resourceVersion"), "`metadata.resourceVersion` must be a number in quotes".into()));
    }
}

/// What is wrong with the objects that a schema embeds in a value: type, and metadata where there is some.
pub fn check_embedded(schema: &Structural, value: &Value, path: &Path<'_>, out: &mut Vec<Violation>) {
    match value {
        Value::Object(map) => {
            if schema.embedded {
                embedded(map, path, out);
            }
            for (name, value) in map {
                schema.field(name).into_iter().for_each(|field| check_embedded(field, value, &path.key(name), out));
            }
        }
        Value::Array(items) => {
            let Some(below) = schema.items.as_deref() else { return };
            items.iter().enumerate().for_each(|(i, item)| check_embedded(below, item, &path.index(i), out));
        }
        _ => {}
    }
}

/// What is wrong with the metadata of a template: its labels and annotations are those of what is made from it.
pub fn check_template(metadata: &Spot<'_>, out: &mut Vec<Violation>) {
    keys(object(metadata.value), &metadata.path, out);
}

fn embedded(map: &Map<String, Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    for name in ["apiVersion", "kind"] {
        let fits = |text: &str| match name {
            "kind" => names::fault(Syntax::Label1035, &text.to_lowercase()).is_none(),
            _ => !text.is_empty() && text.matches('/').count() <= 1,
        };
        match map.get(name) {
            None => out.push(Violation::new(Code::InvalidField, path, format!("`{path}` needs `{name}`"))),
            Some(value) if !value.as_str().is_some_and(fits) => {
                let message = format!("`{}` is no {name} of an object", path.key(name));
                out.push(Violation::new(Code::InvalidField, &path.key(name), message));
            }
            Some(_) => {}
        }
    }
    if let Some(metadata) = map.get("metadata") {
        let rules = Rules { names: Syntax::PathSegment, namespaced: true, builtin: false };
        common(metadata, rules, &path.key("metadata"), out);
    }
}

fn invalid(path: &Path<'_>, message: String) -> Violation {
    Violation::new(Code::InvalidMetadata, path, message)
}

fn named(text: &str, syntax: Syntax, path: &Path<'_>, out: &mut Vec<Violation>) {
    if let Some(words) = names::fault(syntax, text) {
        out.push(invalid(path, format!("`{path}` cannot be `{text}`")).help(words));
    }
}

fn common(metadata: &Value, rules: Rules, path: &Path<'_>, out: &mut Vec<Violation>) {
    let before = out.len();
    fields::unknown(&OBJECT_META, metadata, false, path, out);
    validate::typed(&OBJECT_META, metadata, path, out);
    out[before..].iter_mut().for_each(|violation| violation.code = Code::InvalidMetadata);
    let meta = object(metadata);
    let text = |key: &str| meta.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(name) = text("name") {
        named(name, rules.names, &path.key("name"), out);
    }
    if let Some(prefix) = text("generateName") {
        // More characters follow. The server lets a last dash, and what stands before it, pass (api/validation/generic.go).
        let masked = prefix.strip_suffix('-').filter(|rest| !rest.is_empty() && rules.names != Syntax::PathSegment);
        let name = masked.map_or_else(
            || prefix.to_owned(),
            |rest| format!("{}a", &rest[..rest.floor_char_boundary(rest.len() - 1)]),
        );
        if names::fault(rules.names, &name).is_some() {
            named(prefix, rules.names, &path.key("generateName"), out);
        }
    }
    if let Some(namespace) = text("namespace").filter(|_| rules.namespaced) {
        named(namespace, Syntax::Label, &path.key("namespace"), out);
    }
    for key in ["creationTimestamp", "deletionTimestamp"] {
        if let Some(time) = meta.get(key).and_then(Value::as_str).filter(|time| !formats::admits("date-time", time)) {
            out.push(invalid(&path.key(key), format!("`{}` is {time:?}, which is no time", path.key(key))));
        }
    }
    keys(meta, path, out);
    finalizers(meta, rules.builtin, &path.key("finalizers"), out);
    owners(meta, &path.key("ownerReferences"), out);
}

/// The syntax of labels and annotations, and how much there is.
fn keys(meta: &Map<String, Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    for (field, value_syntax) in [("labels", Some(Syntax::LabelValue)), ("annotations", None)] {
        let path = path.key(field);
        for (key, value) in meta.get(field).map(object).into_iter().flatten() {
            let key_text = if field == "labels" { key.clone() } else { key.to_lowercase() };
            if let Some(words) = names::fault(Syntax::Key, &key_text) {
                out.push(invalid(&path.key(key), format!("`{path}` cannot have a key `{key}`")).help(words));
            }
            if let (Some(syntax), Some(text)) = (value_syntax, value.as_str()) {
                named(text, syntax, &path.key(key), out);
            }
        }
    }
    let size = |(key, value): (&String, &Value)| key.len() + value.as_str().map_or(0, str::len);
    let bytes: usize = meta.get("annotations").map(object).into_iter().flatten().map(size).sum();
    if bytes > MAX_ANNOTATIONS {
        let path = path.key("annotations");
        out.push(invalid(&path, format!("`{path}` has {bytes} bytes, at most {MAX_ANNOTATIONS} are allowed")));
    }
}

fn items<'a>(meta: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    meta.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn finalizers(meta: &Map<String, Value>, builtin: bool, path: &Path<'_>, out: &mut Vec<Violation>) {
    let names: Vec<&str> = items(meta, "finalizers").iter().map(|name| name.as_str().unwrap_or_default()).collect();
    let syntax = if builtin { Syntax::Finalizer } else { Syntax::Key };
    for (index, name) in names.iter().enumerate() {
        named(name, syntax, &path.index(index), out);
    }
    if names.contains(&"orphan") && names.contains(&"foregroundDeletion") {
        out.push(invalid(path, format!("`{path}` cannot have both `orphan` and `foregroundDeletion`")));
    }
}

fn owners(meta: &Map<String, Value>, path: &Path<'_>, out: &mut Vec<Violation>) {
    let owners = items(meta, "ownerReferences");
    for (index, owner) in owners.iter().enumerate() {
        let path = path.index(index);
        for name in ["apiVersion", "kind", "name", "uid"] {
            if owner.get(name).is_none_or(|v| v.is_null() || v == "") {
                out.push(invalid(&path, format!("`{path}` needs `{name}`")));
            }
        }
        if owner["apiVersion"]
            .as_str()
            .is_some_and(|version| version.matches('/').count() > 1 || version.ends_with('/'))
        {
            out.push(invalid(&path.key("apiVersion"), format!("`{}` is no group and version", path.key("apiVersion"))));
        }
        if owner["kind"] == "Event" && owner["apiVersion"] == "v1" {
            out.push(invalid(&path, format!("`{path}` is an Event, which cannot own anything")));
        }
    }
    if owners.iter().filter(|owner| owner["controller"] == true).count() > 1 {
        out.push(invalid(path, format!("`{path}` has several owners with `controller: true`, one is allowed")));
    }
}

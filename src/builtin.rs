//! The kinds that an API server brings itself -> their schemas, and what it says of an object of theirs.
//!
//! `schemas/kubernetes.json` is what a server of 1.35 publishes. No crate of Kubernetes types has what decides here: the
//! choices of a field, and the keys by which lists are merged. What the server checks beyond its schemas is in
//! [`crate::pods`] and [`crate::objects`].

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::defaults;
use crate::fields;
use crate::metadata;
use crate::names::Syntax;
use crate::structural::Structural;
use crate::validate;
use crate::violation::{Path, Violation};

/// A built-in kind in one version.
#[derive(Debug, Deserialize)]
pub struct Builtin {
    /// API group; empty for the core.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Its objects lie in namespaces.
    pub namespaced: bool,
    #[serde(rename = "type")]
    type_name: String,
    #[serde(skip)]
    schema: OnceLock<Structural>,
}

#[derive(Deserialize)]
struct File {
    kinds: Vec<Builtin>,
    types: BTreeMap<String, Value>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../schemas/kubernetes.json")).expect("schemas/kubernetes.json is ours")
});

/// The served versions of a kind; none for a kind that is not built in.
pub fn versions(group: &str, kind: &str) -> Vec<&'static Builtin> {
    FILE.kinds.iter().filter(|k| k.group == group && k.kind == kind).collect()
}

impl Builtin {
    /// The schema, with everything it refers to in place.
    pub fn schema(&self) -> &Structural {
        self.schema.get_or_init(|| {
            let whole = resolve(&json!({ "$ref": self.type_name }), &mut Vec::new());
            Structural::deserialize(whole).expect("schemas/kubernetes.json holds schemas")
        })
    }
}

/// The schema with what it refers to in its place; what refers to itself (a schema in a CustomResourceDefinition) is left
/// open there.
fn resolve(schema: &Value, above: &mut Vec<String>) -> Value {
    match schema {
        Value::Object(map) => match map.get("$ref").and_then(Value::as_str) {
            Some("ObjectMeta") => metadata::schema(),
            Some(name) if above.iter().any(|a| a == name) => json!({ "x-kubernetes-preserve-unknown-fields": true }),
            Some(name) => {
                above.push(name.to_owned());
                let resolved = resolve(FILE.types.get(name).expect("schemas/kubernetes.json is complete"), above);
                above.pop();
                resolved
            }
            None => Value::Object(bounded(map.iter().map(|(key, v)| (key.clone(), resolve(v, above))).collect())),
        },
        Value::Array(items) => items.iter().map(|item| resolve(item, above)).collect(),
        scalar => scalar.clone(),
    }
}

/// The Go types behind built-in kinds overflow; custom resources know no such bounds.
fn bounded(mut schema: Map<String, Value>) -> Map<String, Value> {
    if schema.get("format").is_some_and(|format| format == "int32") && schema.contains_key("type") {
        schema.insert("minimum".into(), json!(i32::MIN));
        schema.insert("maximum".into(), json!(i32::MAX));
    }
    schema
}

/// What the API server refuses of an object of a built-in kind.
pub fn judge(builtin: &Builtin, object: &Value, out: &mut Vec<Violation>) {
    let schema = builtin.schema();
    metadata::check(object, name_syntax(&builtin.kind), out);
    fields::unknown(schema, object, true, &Path::ROOT, out);
    let completed = defaults::complete(schema, &without_nulls(object));
    validate::validate(schema, &completed, &Path::ROOT, out);
}

/// The syntax of a kind's names where it is not a DNS subdomain.
fn name_syntax(kind: &str) -> Syntax {
    match kind {
        "Namespace" => Syntax::Label,
        "Service" => Syntax::Label1035,
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" => Syntax::PathSegment,
        _ => Syntax::Subdomain,
    }
}

/// `null` in a map is no value: Go's types do not know the difference.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            map.iter().filter(|(_, v)| !v.is_null()).map(|(key, v)| (key.clone(), without_nulls(v))).collect()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        scalar => scalar.clone(),
    }
}

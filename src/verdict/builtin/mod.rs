//! The kinds that an API server brings itself -> their schemas, and what it says of an object of theirs.
//!
//! `schemas/kubernetes.json` is what a server of 1.35 publishes. No crate of Kubernetes types has what decides here: the
//! choices of a field, and the keys by which lists are merged. What the server checks beyond its schemas is in
//! [`crate::verdict::builtin::constraints`], [`crate::verdict::builtin::workloads`] and the modules beside them.

pub mod selectors;
pub mod constraints;
pub mod containers;
pub mod pods;
pub mod storage;
pub mod network;
pub mod access;
pub mod workloads;
pub mod immutable;

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::verdict::defaults;
use crate::verdict::fields;
use crate::verdict::metadata;
use crate::verdict::names::Syntax;
use crate::verdict::spot::Spot;
use crate::verdict::structural::Structural;
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation};

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
    serde_json::from_str(include_str!("../../../schemas/kubernetes.json")).expect("schemas/kubernetes.json is ours")
});

/// The served versions of a kind; none for a kind that is not built in.
pub fn versions(group: &str, kind: &str) -> Vec<&'static Builtin> {
    FILE.kinds.iter().filter(|k| k.group == group && k.kind == kind).collect()
}

/// The groups, each once.
pub fn groups() -> impl Iterator<Item = &'static str> {
    let all: std::collections::BTreeSet<&str> = FILE.kinds.iter().map(|k| k.group.as_str()).collect();
    all.into_iter()
}

/// The kinds of a group; none of a group that is not built in.
pub fn kinds(group: &str) -> Vec<&'static str> {
    FILE.kinds.iter().filter(|k| k.group == group).map(|k| k.kind.as_str()).collect()
}

/// Where a kind is served when the group that is named is one of the server's own and does not have it: `extensions/v1beta1
/// Ingress` has been `networking.k8s.io/v1` since Kubernetes 1.22.
pub fn elsewhere(group: &str, kind: &str) -> Vec<&'static Builtin> {
    let own = group == "extensions" || FILE.kinds.iter().any(|k| k.group == group);
    FILE.kinds.iter().filter(|k| own && k.kind == kind).collect()
}

impl Builtin {
    /// As an object names it: `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

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
                let mut resolved = resolve(FILE.types.get(name).expect("schemas/kubernetes.json is complete"), above);
                above.pop();
                if let (Some(default), Some(schema)) = (map.get("default"), resolved.as_object_mut()) {
                    schema.insert("default".into(), default.clone());
                }
                resolved
            }
            None => Value::Object(as_in_go(map.iter().map(|(key, v)| (key.clone(), resolve(v, above))).collect())),
        },
        Value::Array(items) => items.iter().map(|item| resolve(item, above)).collect(),
        scalar => scalar.clone(),
    }
}

/// What Go's types add: integers overflow, and bytes may be none.
fn as_in_go(mut schema: Map<String, Value>) -> Map<String, Value> {
    if schema.get("format").is_some_and(|format| format == "int32") && schema.contains_key("type") {
        schema.insert("minimum".into(), json!(i32::MIN));
        schema.insert("maximum".into(), json!(i32::MAX));
    }
    if schema.get("format").is_some_and(|format| format == "byte") {
        schema.insert("format".into(), json!("kubernetes-bytes"));
        schema.insert("nullable".into(), json!(true));
    }
    schema
}

/// What the API server refuses of an object of a built-in kind; `old` is what it was before an update.
pub fn judge(builtin: &Builtin, object: &Value, old: Option<&Value>, out: &mut Vec<Violation>) {
    let schema = builtin.schema();
    let rules = metadata::Rules { names: name_syntax(&builtin.kind), namespaced: builtin.namespaced, builtin: true };
    metadata::check(object, rules, out);
    fields::unknown(schema, object, true, &Path::ROOT, out);
    let completed = defaults::complete(schema, &without_nulls(schema, object));
    let before = out.len();
    validate::validate(schema, &completed, &Path::ROOT, out);
    if out.len() == before {
        beyond(&builtin.kind, &Spot::root(&completed), out);
    }
    if let Some(old) = old {
        let old = defaults::complete(schema, old);
        immutable::changed((&builtin.group, &builtin.kind), schema, (&completed, &old), out);
    }
}

/// What the server checks in Go.
fn beyond(kind: &str, object: &Spot<'_>, out: &mut Vec<Violation>) {
    constraints::check(kind, object, out);
    match kind {
        "Pod" => workloads::pod(object, out),
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => workloads::keeper(object, kind, out),
        "Job" => workloads::job(object, out),
        "CronJob" => workloads::cron_job(object, out),
        "PodDisruptionBudget" => workloads::budget(object, out),
        "HorizontalPodAutoscaler" => workloads::autoscaler(object, out),
        "Service" => network::service(object, out),
        "ConfigMap" | "Secret" => storage::data(object, kind, out),
        "PersistentVolumeClaim" => storage::claim(&object.at("spec"), out),
        "PersistentVolume" => storage::volume(object, out),
        "Role" | "ClusterRole" => access::role(object, kind, out),
        "RoleBinding" | "ClusterRoleBinding" => access::binding(object, kind, out),
        "NetworkPolicy" => network::network_policy(object, out),
        "Ingress" => network::ingress(object, out),
        "PriorityClass" => storage::priority_class(object, out),
        "StorageClass" => storage::storage_class(object, out),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => access::webhooks(object, out),
        "ResourceQuota" => storage::quota(object, out),
        "LimitRange" => storage::limit_range(object, out),
        "ValidatingAdmissionPolicy" => access::admission_policy(object, out),
        "APIService" => access::api_service(object, out),
        "EndpointSlice" => network::endpoint_slice(object, out),
        _ => {}
    }
}

/// The syntax of a kind's names where it is not a DNS subdomain.
fn name_syntax(kind: &str) -> Syntax {
    match kind {
        "Namespace" | "StatefulSet" => Syntax::Label,
        "Service" => Syntax::Label1035,
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" | "PodDisruptionBudget" => Syntax::PathSegment,
        _ => Syntax::Subdomain,
    }
}

/// A field that is `null` is not given: Go's types do not know the difference. In lists and maps it is a zero value.
pub fn without_nulls(schema: &Structural, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let given = map.iter().filter(|(name, v)| !v.is_null() || !schema.properties.contains_key(*name));
            let known = given.map(|(name, v)| {
                (name.clone(), schema.field(name).map_or_else(|| v.clone(), |field| without_nulls(field, v)))
            });
            known.collect()
        }
        Value::Array(items) => match schema.items.as_deref() {
            Some(schema) => items.iter().map(|item| without_nulls(schema, item)).collect(),
            None => value.clone(),
        },
        scalar => scalar.clone(),
    }
}

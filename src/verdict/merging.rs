//! A field of a kind -> how server-side apply merges it (sigs.k8s.io/structured-merge-diff), as the schema of a built-in kind, or
//! the definition of a pinned release, says. Where nothing is known maps merge and lists are replaced, as in a definition that
//! says nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::verdict::builtin;
use crate::verdict::chart_value;
use crate::verdict::metadata;
use crate::verdict::pinned;
use crate::verdict::structural::{Kind, ListType, Structural};

/// The schemas of a custom resource by version, unpacked when the first patch asks for them.
type Versions = LazyLock<BTreeMap<String, Structural>, Box<dyn FnOnce() -> BTreeMap<String, Structural> + Send>>;

/// API group, kind, and the schemas.
static CUSTOM: LazyLock<Vec<(&str, &str, Versions)>> = LazyLock::new(|| {
    let kinds = pinned::releases().iter().flat_map(|release| release.kinds().map(move |kind| (release, kind)));
    kinds
        .map(|(release, (group, kind))| {
            let unpack =
                move || release.definitions(|g, k| (g, k) == (group, kind)).flat_map(|d| versions(&d)).collect();
            (group, kind, Versions::new(Box::new(unpack)))
        })
        .collect()
});

/// The schemas of a definition, by version.
fn versions(definition: &str) -> BTreeMap<String, Structural> {
    let mut definition: Value = serde_json::from_str(definition).expect("schemas/crds.py writes JSON");
    let Some(Value::Array(versions)) = definition.pointer_mut("/spec/versions").map(Value::take) else {
        return BTreeMap::new();
    };
    let schema = |mut version: Value| {
        let schema = version.pointer_mut("/schema/openAPIV3Schema")?.take();
        Some((version["name"].as_str()?.to_owned(), Structural::deserialize(schema).ok()?))
    };
    versions.into_iter().filter_map(schema).collect()
}

static METADATA: LazyLock<Structural> =
    LazyLock::new(|| Structural::deserialize(metadata::schema()).expect("the schema of metadata is ours"));

/// How a list is merged.
#[derive(Debug, PartialEq)]
pub enum List {
    /// The new one takes its place.
    Replaced,
    /// By value.
    Set,
    /// By these keys, each with the value that it has when it is left out (null: it must be there).
    Keyed(Vec<(String, Value)>),
}

/// A field, or a whole object.
#[derive(Clone)]
pub struct Field {
    schema: Option<&'static Structural>,
    /// It is the whole object of a custom resource, whose definition says nothing of its metadata.
    custom: bool,
}

impl Field {
    /// A whole object of a kind.
    pub fn root(group: &str, version: &str, kind: &str) -> Self {
        if let Some(builtin) = builtin::versions(group, kind).into_iter().find(|builtin| builtin.version == version) {
            return Self { schema: Some(builtin.schema()), custom: false };
        }
        let custom = CUSTOM.iter().find(|(of, name, _)| (*of, *name) == (group, kind));
        Self { schema: custom.and_then(|(.., versions)| versions.get(version)), custom: true }
    }

    /// A value of which nothing is known.
    pub fn unknown() -> Self {
        Self { schema: None, custom: false }
    }

    /// A list among the values of a chart, by the field of a pod that its name says.
    pub fn chart_value(name: &str) -> Self {
        let schema = chart_value::schemas(name).find(|schema| schema.kind == Kind::Array);
        Self { schema, custom: false }
    }

    /// Nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.schema.is_none()
    }

    /// Required fields of a map that a value lacks, but for those with a default.
    pub fn lacking(&self, value: &Value) -> Vec<&str> {
        let Some(schema) = self.schema else { return Vec::new() };
        let given = |name: &str| value.get(name).is_some() || schema.field(name).is_some_and(|f| f.default.is_some());
        schema.required.iter().map(String::as_str).filter(|name| !given(name)).collect()
    }

    /// A field of this map.
    pub fn field(&self, name: &str) -> Self {
        let schema = match name {
            "metadata" if self.custom => Some(&*METADATA),
            _ => self.schema.and_then(|schema| schema.field(name)),
        };
        Self { schema, custom: false }
    }

    /// An item of this list.
    pub fn item(&self) -> Self {
        Self { schema: self.schema.and_then(|schema| schema.items.as_deref()), custom: false }
    }

    /// The map is replaced, not merged.
    pub fn is_atomic(&self) -> bool {
        self.schema.is_some_and(|schema| schema.map_type == "atomic")
    }

    /// How this list is merged.
    pub fn list(&self) -> List {
        let Some(schema) = self.schema else { return List::Replaced };
        match schema.list_type {
            ListType::Atomic => List::Replaced,
            ListType::Set => List::Set,
            ListType::Map => List::Keyed(schema.list_map_keys.iter().map(|key| keyed(schema, key)).collect()),
        }
    }
}

fn keyed(list: &Structural, key: &str) -> (String, Value) {
    let default = list.items.as_ref().and_then(|item| item.field(key)?.default.clone());
    (key.to_owned(), default.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(group: &str, version: &str, kind: &str, path: &str) -> Field {
        let root = Field::root(group, version, kind);
        path.split('/').skip(1).fold(root, |field, step| if step == "0" { field.item() } else { field.field(step) })
    }

    #[test]
    fn lists_merge_as_their_definitions_say() {
        let name = || List::Keyed(vec![("name".into(), Value::Null)]);
        let pod = "/spec/template/spec";
        for (path, list) in [
            ("/containers", name()),
            ("/containers/0/env", name()),
            (
                "/containers/0/ports",
                List::Keyed(vec![("containerPort".into(), Value::Null), ("protocol".into(), json!("TCP"))]),
            ),
            ("/containers/0/args", List::Replaced),
            ("/tolerations", List::Replaced),
        ] {
            assert_eq!(at("apps", "v1", "Deployment", &format!("{pod}{path}")).list(), list, "{path}");
        }
        assert_eq!(at("", "v1", "Pod", "/metadata/finalizers").list(), List::Set);
        assert_eq!(at("gateway.networking.k8s.io", "v1", "Gateway", "/spec/listeners").list(), name());
        assert_eq!(at("gateway.networking.k8s.io", "v1", "Gateway", "/metadata/finalizers").list(), List::Set);
        assert_eq!(at("monitoring.coreos.com", "v1", "PrometheusRule", "/spec/groups").list(), name());
        let workers = "/spec/leaderWorkerTemplate/workerTemplate/spec/containers";
        assert_eq!(at("leaderworkerset.x-k8s.io", "v1", "LeaderWorkerSet", workers).list(), name());
        assert_eq!(at("example.com", "v1", "Unknown", "/spec/items").list(), List::Replaced);
        assert!(at("apps", "v1", "Deployment", &format!("{pod}/nodeSelector")).is_atomic());
        assert!(!at("apps", "v1", "Deployment", &format!("{pod}/containers/0/resources")).is_atomic());
    }
}

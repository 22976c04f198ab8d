//! A field of a kind -> how server-side apply merges it (sigs.k8s.io/structured-merge-diff): that of a built-in kind by its
//! schema, that of a custom resource by its row in schemas/merge-keys.json. Where nothing is known maps merge and lists are
//! replaced, as in a definition that says nothing.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::verdict::builtin;
use crate::verdict::metadata;
use crate::verdict::structural::{ListType, Structural};

type Rows = BTreeMap<String, Row>;

/// What the definition of a custom resource says about a field.
#[derive(Deserialize)]
#[serde(untagged)]
enum Row {
    /// `set`, or `atomic` for a map.
    Word(String),
    /// The keys of a list's items, each with the value that it has when it is left out.
    Keys(BTreeMap<String, Value>),
}

static ROWS: LazyLock<BTreeMap<String, Rows>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../schemas/merge-keys.json")).expect("schemas/merge-keys.json is ours")
});

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
pub struct Field(Known);

#[derive(Clone)]
enum Known {
    Schema(Option<&'static Structural>),
    Rows(&'static Rows, String),
}

impl Field {
    /// A whole object of a kind.
    pub fn root(group: &str, version: &str, kind: &str) -> Self {
        if let Some(builtin) = builtin::versions(group, kind).into_iter().find(|builtin| builtin.version == version) {
            return Self(Known::Schema(Some(builtin.schema())));
        }
        static NONE: Rows = Rows::new();
        Self(Known::Rows(ROWS.get(&format!("{group}/{kind}")).unwrap_or(&NONE), String::new()))
    }

    /// A value of which nothing is known.
    pub fn unknown() -> Self {
        Self(Known::Schema(None))
    }

    /// A field of this map.
    pub fn field(&self, name: &str) -> Self {
        match &self.0 {
            Known::Schema(schema) => Self(Known::Schema(schema.and_then(|schema| schema.field(name)))),
            Known::Rows(_, at) if at.is_empty() && name == "metadata" => Self(Known::Schema(Some(&METADATA))),
            Known::Rows(rows, at) => {
                let named = format!("{at}/{name}");
                let is =
                    |row: &str| row.strip_prefix(&named).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                let known =
                    rows.range(named.clone()..).take_while(|(row, _)| row.starts_with(&named)).any(|(r, _)| is(r));
                Self(Known::Rows(rows, if known { named } else { format!("{at}/*") }))
            }
        }
    }

    /// An item of this list.
    pub fn item(&self) -> Self {
        match &self.0 {
            Known::Schema(schema) => Self(Known::Schema(schema.and_then(|schema| schema.items.as_deref()))),
            Known::Rows(rows, at) => Self(Known::Rows(rows, format!("{at}/*"))),
        }
    }

    /// The map is replaced, not merged.
    pub fn is_atomic(&self) -> bool {
        match &self.0 {
            Known::Schema(schema) => schema.is_some_and(|schema| schema.map_type == "atomic"),
            Known::Rows(rows, at) => matches!(rows.get(at), Some(Row::Word(word)) if word == "atomic"),
        }
    }

    /// How this list is merged.
    pub fn list(&self) -> List {
        match &self.0 {
            Known::Schema(None) => List::Replaced,
            Known::Schema(Some(schema)) => match schema.list_type {
                ListType::Atomic => List::Replaced,
                ListType::Set => List::Set,
                ListType::Map => List::Keyed(schema.list_map_keys.iter().map(|key| keyed(schema, key)).collect()),
            },
            Known::Rows(rows, at) => match rows.get(at) {
                Some(Row::Word(word)) if word == "set" => List::Set,
                Some(Row::Keys(keys)) => List::Keyed(keys.clone().into_iter().collect()),
                _ => List::Replaced,
            },
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
        assert_eq!(at("example.com", "v1", "Unknown", "/spec/items").list(), List::Replaced);
        assert!(at("apps", "v1", "Deployment", &format!("{pod}/nodeSelector")).is_atomic());
        assert!(!at("apps", "v1", "Deployment", &format!("{pod}/containers/0/resources")).is_atomic());
    }
}

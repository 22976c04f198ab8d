//! What several rules need to know of a kind: scope, pod templates, data, what stays as it is. The table is
//! schemas/kinds.yaml, which also says what each field means.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::object::api_group::APIEXTENSIONS;
use crate::text::kubeyaml;
use crate::text::source::Source;

/// A kind, as the table has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Kind {
    scope: Scope,
    /// JSON pointers of its pod templates, the one whose pods answer requests first.
    pub pods: Vec<String>,
    /// Its template is merged onto one that an operator makes.
    pub overlay: bool,
    /// Its pods are meant to end.
    pub ends: bool,
    /// Its controllers lead requests to its pods, pin their images, and give them defaults of their own.
    pub serverless: bool,
    labels: BTreeMap<String, Given>,
    /// JSON pointer of the templates of its pods' claims; empty where it has none.
    pub claims: String,
    /// What goes with an object of it.
    pub holds: Option<Holds>,
    /// Who brings one that stands in no file.
    pub brought: Option<Brought>,
    /// JSON pointers of what an update may not change.
    pub fixed: Vec<String>,
    /// The same, once it is given.
    pub fixed_once_given: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
enum Scope {
    Cluster,
    #[default]
    Namespaced,
}

/// The value of a label that controllers give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Given {
    Any,
    Name,
}

/// What an object holds that stands nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// Data.
    Data,
    /// A key, or what makes one.
    Key,
}

/// Who brings an object that stands in no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Brought {
    /// Operators make it of other objects.
    Operators,
    /// Charts, controllers and the distribution: some of them among the files do not mean that all are.
    Others,
    /// The same, and they are judged only where some of the kind are known.
    Distribution,
}

impl Kind {
    /// The labels that its controllers give to pods.
    pub fn given(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str)
    }

    /// Whether its controllers give this label to the pods of an object of that name.
    pub fn gives(&self, label: &str, value: &Value, name: &str) -> bool {
        self.labels.get(label).is_some_and(|given| *given == Given::Any || value == name)
    }
}

/// Where the objects of an API group come from; the documents of the table stand in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Server,
    Product,
    Other,
}

struct Group {
    origin: Origin,
    kinds: BTreeMap<String, Kind>,
}

static TABLE: LazyLock<BTreeMap<String, Group>> = LazyLock::new(|| {
    let source = Source::new("kinds.yaml", include_str!("../../schemas/kinds.yaml"));
    let documents = kubeyaml::values(&source).expect("our own file parses");
    let mut table = BTreeMap::new();
    for (origin, document) in [Origin::Server, Origin::Product, Origin::Other].into_iter().zip(documents) {
        let groups: BTreeMap<String, BTreeMap<String, Kind>> =
            serde_json::from_value(document).expect("our own file has this shape");
        table.extend(groups.into_iter().map(|(name, kinds)| (name, Group { origin, kinds })));
    }
    table
});

/// What is known of a kind; of most it is nothing.
pub fn of(group: &str, kind: &str) -> &'static Kind {
    static NOTHING: LazyLock<Kind> = LazyLock::new(Kind::default);
    TABLE.get(group).and_then(|group| group.kinds.get(kind)).unwrap_or(&NOTHING)
}

/// The kinds with pod templates, as group, kind and what is known of it.
pub fn with_pods() -> impl Iterator<Item = (&'static str, &'static str, &'static Kind)> {
    let kinds = TABLE.iter().flat_map(|(group, of)| of.kinds.iter().map(move |(name, kind)| (&**group, &**name, kind)));
    kinds.filter(|(.., kind)| !kind.pods.is_empty())
}

/// True for kinds whose objects lie in no namespace; without a group for those of any. [`Scopes`] knows more.
pub fn is_cluster_scoped(group: Option<&str>, kind: &str) -> bool {
    let scope = |group: &Group| group.kinds.get(kind).is_some_and(|kind| kind.scope == Scope::Cluster);
    match group {
        Some(group) => TABLE.get(group).is_some_and(scope),
        None => TABLE.values().any(scope),
    }
}

/// True for API groups that a cluster has without a CustomResourceDefinition.
pub fn is_built_in(group: &str) -> bool {
    !group.contains('.') || TABLE.get(group).is_some_and(|group| group.origin == Origin::Server)
}

/// True for API groups of which it is known what their objects make: those of the server, and of known products.
pub fn is_known(group: &str) -> bool {
    TABLE.get(group).is_some_and(|group| group.origin != Origin::Other)
}

/// Where the objects of kinds lie: as their definitions say, and without one as the table does.
#[derive(Debug, Default)]
pub struct Scopes(BTreeMap<String, BTreeMap<String, bool>>);

impl Scopes {
    /// Adds what an object says, where it is a CustomResourceDefinition.
    pub fn learn(&mut self, object: &Value) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let version = object["apiVersion"].as_str().unwrap_or_default();
        if object["kind"] != "CustomResourceDefinition" || !version.starts_with(APIEXTENSIONS) {
            return;
        }
        if let (Some(group), Some(kind), Some(scope)) =
            (text("/spec/group"), text("/spec/names/kind"), text("/spec/scope"))
        {
            self.add(group, kind, scope);
        }
    }

    /// Adds the scope that a definition gives to a kind.
    pub fn add(&mut self, group: &str, kind: &str, scope: &str) {
        self.0.entry(group.to_owned()).or_default().insert(kind.to_owned(), scope == "Cluster");
    }

    /// True for kinds whose objects lie in no namespace.
    pub fn is_cluster(&self, group: &str, kind: &str) -> bool {
        let defined = self.0.get(group).and_then(|kinds| kinds.get(kind)).copied();
        defined.unwrap_or_else(|| is_cluster_scoped(Some(group), kind))
    }
}

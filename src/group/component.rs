//! The shapes that a plan is made of: components and secrets, expressions already filled in. Only data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::object::existing::Existing;

/// A component that is on; docs/groups.md tells what its fields mean.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Component {
    /// Unique in the plan.
    #[serde(default)]
    pub name: String,
    /// The group that has it.
    #[serde(default)]
    pub group: String,
    /// Its key in the group file, and its folder of templates; the name, but for those that a `for` makes.
    #[serde(skip)]
    pub entry: String,
    /// What a `for` lets its templates see: `item` and `loop`.
    #[serde(skip)]
    pub own: Map<String, Value>,
    /// Destination.
    pub namespace: Namespace,
    /// Further namespaces that it renders into.
    #[serde(default)]
    pub namespaces: Vec<Namespace>,
    /// Folder below the cluster's, for rendered components.
    #[serde(default)]
    pub path: Option<String>,
    /// Order of its Application.
    #[serde(default)]
    pub wave: i64,
    /// Holds data.
    #[serde(default)]
    pub keep: bool,
    /// Its Application prunes and cascades.
    #[serde(default = "yes")]
    pub prune: bool,
    /// It has an Application.
    #[serde(default = "yes")]
    pub application: bool,
    /// Cluster-scoped kinds it creates.
    #[serde(default)]
    pub cluster_kinds: Vec<ClusterKind>,
    /// Kinds within namespaces, by API group, that it brings and that no template of its names.
    #[serde(default)]
    pub kinds: BTreeMap<String, Vec<String>>,
    /// What of others its folder holds too.
    #[serde(default)]
    pub copies: Vec<Copied>,
    /// As in an Application.
    #[serde(default)]
    pub ignore_differences: Vec<Value>,
    /// A Helm chart.
    #[serde(default)]
    pub chart: Option<Chart>,
    /// A folder in a git repository.
    #[serde(default)]
    pub git: Option<Git>,
}

impl Component {
    /// All namespaces that it renders into.
    pub fn all_namespaces(&self) -> impl Iterator<Item = &Namespace> {
        [&self.namespace].into_iter().chain(&self.namespaces)
    }
}

/// A namespace of a component: `name`, or `{ name: name, existing: true }`. Templates see the name.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(from = "Named", into = "String")]
pub struct Namespace {
    /// Its name.
    pub name: String,
    /// It is another's: neither rendered nor labelled nor pruned here.
    pub existing: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Name(String),
    Whose(Whose),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    name: String,
    #[serde(default)]
    existing: bool,
}

impl From<Named> for Namespace {
    fn from(named: Named) -> Self {
        match named {
            Named::Name(name) => Self { name, existing: false },
            Named::Whose(Whose { name, existing }) => Self { name, existing },
        }
    }
}

impl From<Namespace> for String {
    fn from(namespace: Namespace) -> Self {
        namespace.name
    }
}

/// Objects of another component.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// Name of the component.
    pub component: String,
    /// Kind of the objects.
    pub kind: String,
}

/// A cluster-scoped kind.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ClusterKind {
    /// API group; empty for the core.
    pub group: String,
    /// Kind.
    pub kind: String,
}

/// A Helm chart as an Application's source.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Chart {
    /// Repository URL; without a scheme for OCI.
    pub repo: String,
    /// Name.
    pub name: String,
    /// Exact version.
    pub version: String,
    /// Helm release; the component's name when absent.
    #[serde(default)]
    pub release_name: Option<String>,
    /// Values; templates see their file.
    #[serde(default = "empty", skip_serializing)]
    pub values: Value,
    /// Their file below the cluster's folder; the engine fills it in.
    #[serde(default)]
    pub values_file: String,
    /// What it makes that others refer to; not for templates.
    #[serde(default, skip_serializing)]
    pub creates: Vec<Existing>,
}

/// A folder in a git repository as an Application's source.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// Repository URL.
    pub repo: String,
    /// Tag or commit.
    pub revision: String,
    /// Folder.
    pub path: String,
    /// What it makes that others refer to; not for templates.
    #[serde(default, skip_serializing)]
    pub creates: Vec<Existing>,
}

/// A Kubernetes Secret that an ExternalSecret fills from the backend.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Secret {
    /// Name of the Secret.
    pub name: String,
    /// The component whose folder holds the ExternalSecret.
    pub component: String,
    /// Its component's namespace.
    #[serde(default)]
    pub namespace: String,
    /// The group that declares it.
    #[serde(default)]
    pub group: String,
    /// Type of the Secret.
    #[serde(default = "opaque", rename = "type")]
    pub kind: String,
    /// Labels of the Secret.
    #[serde(default)]
    pub labels: Map<String, Value>,
    /// Who reads it.
    pub readers: Vec<String>,
    /// Never pruned or deleted by a sync.
    #[serde(default)]
    pub keep: bool,
    /// Read once, then immutable.
    #[serde(default)]
    pub write_once: bool,
    /// JSON pointer of its entry in the group file.
    #[serde(skip)]
    pub pointer: String,
    /// Keys and where they come from.
    pub data: BTreeMap<String, SecretKey>,
    /// ESO templates over `data`.
    #[serde(default)]
    pub template: Option<Map<String, Value>>,
}

/// Where one key of a Secret comes from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Name in the backend, without the store's prefix.
    pub remote: String,
    /// Who makes it.
    pub source: SecretSource,
    /// What it is.
    pub description: String,
}

/// Who makes a key.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// A person: somebody else issued it.
    Given,
    /// Anyone: any strong random value will do.
    Generated,
}

fn yes() -> bool {
    true
}
fn empty() -> Value {
    json!({})
}
fn opaque() -> String {
    "Opaque".into()
}

//! What a cluster has and we do not render: made by a chart or a git folder, or declared by the user. And what is not to be
//! reported. Only data; docs/groups.md tells what the fields mean.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::source::Place;

/// An object that references may point at although no file holds it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Existing {
    /// API group; absent: whatever group has that kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Kind.
    pub kind: String,
    /// Namespace; absent: cluster-scoped, or for a component's product the component's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    /// Keys of a Secret or ConfigMap; absent: not known, any key may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
    /// Ports of a Service; absent: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<i64>>,
    /// Labels of a Namespace or Service.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub labels: Map<String, Value>,
    /// The chart whose Application makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
    /// The git repository whose Application makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

impl Existing {
    /// A Namespace of which only the name is known.
    pub fn namespace(name: &str) -> Self {
        Self {
            group: None,
            kind: "Namespace".into(),
            namespace: None,
            name: name.into(),
            keys: None,
            ports: None,
            labels: Map::new(),
            chart: None,
            repository: None,
        }
    }
}

/// A finding on one object that somebody decided to live with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The finding's code.
    pub code: String,
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// Why.
    pub reason: String,
    /// Where it is written.
    #[serde(skip)]
    pub place: Option<Place>,
}

//! What a bundle is made of: objects with their text, and the values of charts. Only data.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::group::claim::{Evidence, Kept};
use crate::object::facts::Facts;
use crate::object::object::{File, Identity, Linked};
use crate::plan::origin::{From, Origin};
use crate::render::kept;
use crate::text::digest;
use crate::text::source::Place;
use crate::text::yaml::Node;

/// One Kubernetes object with its text.
#[derive(Debug)]
pub struct Manifest {
    /// Who it is; no two in a bundle agree.
    pub identity: Identity,
    /// The object.
    pub value: Value,
    /// Its canonical YAML after a line that names purpose, group and template.
    pub text: Arc<str>,
    /// Digest of the text.
    pub digest: String,
    /// The template that it comes from, or the file of the user's own.
    pub template: String,
    /// The patches over it, in their order.
    pub layers: Vec<Arc<Layer>>,
    /// Parts of the object that its text leaves to other files.
    pub linked: Vec<Linked>,
    /// What rules found out about it.
    pub facts: Facts,
    /// [`Manifest::kept`], made once for all clusters that have the object.
    pub kept: OnceLock<Option<String>>,
}

impl Manifest {
    /// An object with its text, as its template or file has it.
    pub fn new(identity: Identity, value: Value, text: Arc<str>, template: String) -> Self {
        let digest = digest::hex(text.as_bytes());
        let (layers, linked) = (Vec::new(), Vec::new());
        let (facts, kept) = (Facts::default(), OnceLock::new());
        Self { identity, value, text, digest, template, layers, linked, facts, kept }
    }

    /// What a patch says below a part that is wrong as a whole: as our templates render it, it is sound.
    pub fn laid_below(&self, pointer: &str) -> Option<Place> {
        let mut pointer = pointer.to_owned();
        for Layer { node, origin } in self.layers.iter().rev().map(AsRef::as_ref) {
            // Of an object as a whole it may be anything.
            if let Some(from) = origin.below(&pointer).filter(|_| pointer.matches('/').count() > 1) {
                return Some(node.place_at(from));
            }
            if let From::Before(before) = origin.of(&pointer) {
                pointer = before;
            }
        }
        None
    }

    /// Where a patch took away what stood beside a part, or beside what is above it: a field, or an item of a list that a finding
    /// names. Not of an object's first fields, beside which all is.
    pub fn taken_beside(&self, pointer: &str, message: &str) -> Option<Place> {
        let beside = |at: &str| {
            let (above, _) = at.rsplit_once('/').unwrap_or_default();
            above.matches('/').count() > 1 && pointer.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
        };
        self.layers.iter().rev().find_map(|layer| {
            let told = |(at, from): &(String, String)| {
                let item = layer.node.at(from).filter(|node| node.get("$patch").is_some());
                let names = item.into_iter().flat_map(Node::entries).filter(|entry| entry.key != "$patch");
                let mut names = names.filter_map(|entry| entry.value.to_value().as_str().map(str::to_owned)).peekable();
                let is_item = names.peek().is_some();
                let fits = !is_item || names.any(|name| message.split([' ', ',', '`', ':']).any(|word| word == name));
                (fits && beside(at)).then(|| ((is_item, at.len()), layer.node.place_at(from)))
            };
            let found = layer.origin.removed.iter().filter_map(told);
            found.max_by_key(|(rank, _)| *rank).map(|(_, place)| place)
        })
    }

    /// What a hand must leave of it, as a line of evidence; `None` where that is nothing.
    pub fn kept(&self) -> Option<&str> {
        let make = || {
            let Identity { group, kind, namespace, name } = self.identity.clone();
            let value = kept::kept(&kind, &self.value)?;
            Some(format!("  - {}\n", json!(Evidence::Kept(Kept { kind, group, namespace, name, value }))))
        };
        self.kept.get_or_init(make).as_deref()
    }
}

/// The values of a component's chart, in a file of their own: a fix there is a commit, which a running retry takes; one in the
/// Application would be none.
#[derive(Debug)]
pub struct ChartValues {
    /// The component.
    pub component: String,
    /// The values.
    pub value: Value,
    /// Their canonical YAML after a line that names the group.
    pub text: Arc<str>,
    /// Digest of the text.
    pub digest: String,
}

/// A manifest in the component that renders it.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The object.
    pub manifest: Arc<Manifest>,
    /// Name of the component.
    pub component: String,
    /// File below the cluster's folder.
    pub path: String,
    /// As in [`crate::object::object::Object::made`].
    pub files: OnceLock<Vec<File>>,
}

/// A patch that was laid over an object.
#[derive(Debug)]
pub struct Layer {
    /// The patch.
    pub node: Arc<Node>,
    /// Where the parts of the object come from.
    pub origin: Origin,
}

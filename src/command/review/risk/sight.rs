//! What a rule on changes sees, and what it says. Knows no rule.

use serde_json::Value;

use crate::command::review::change::{Change, Field, Kind};
use crate::command::review::delivery::{self, Does};
use crate::command::review::objects::{self, Thing, Things};
use crate::object::existing::Existing;
use crate::object::kinds::{self, Holds};
use crate::object::labels::selects;
use crate::render::tree::Tree;
use crate::text::finding::Code;
use crate::text::pointer::part;

/// What may go wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Risk {
    /// What kind it is; its page says why.
    pub code: Code,
    /// The field, as people write it; empty for the object as a whole.
    pub field: String,
    /// What happens, in one sentence without a full stop that starts with the object's role.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Codes of what cannot be taken back, or opens the platform to others; they are told first.
const GRAVE: [Code; 8] = [
    Code::DataDeleted,
    Code::VolumeShrinks,
    Code::ImmutableField,
    Code::DataUnprotected,
    Code::AuthLoosened,
    Code::PublicExposure,
    Code::SecretNeeded,
    Code::AliasGone,
];

/// The place of a code among those that are told first.
pub fn rank(code: Code) -> usize {
    GRAVE.iter().position(|grave| *grave == code).unwrap_or(GRAVE.len())
}

/// A state of a cluster.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// The objects that rules look at.
    pub things: &'a Things,
    /// What its user says is there.
    pub existing: &'a [Existing],
}

/// What a rule sees.
pub struct Sight<'a> {
    /// The change.
    pub change: &'a Change,
    /// The object as it was.
    pub old: Option<&'a Thing>,
    /// The object as it is.
    pub new: Option<&'a Thing>,
    /// The cluster as it was.
    pub before: State<'a>,
    /// The cluster as it is.
    pub now: State<'a>,
    /// What Argo CD does.
    pub does: Does,
    /// The fields that differ, whole parts as their leaves.
    pub leaves: Vec<Field>,
}

impl<'a> Sight<'a> {
    /// What the rules see of a change.
    pub fn new(change: &'a Change, before: State<'a>, now: State<'a>) -> Self {
        let was = change.was.as_ref().unwrap_or(&change.identity);
        let (old, new) = (before.things.get(was), now.things.get(&change.identity));
        let does = delivery::does(change.kind, (old, new), (before.things, now.things));
        let leaves = change.fields.iter().flat_map(Field::leaves).collect();
        Self { change, old, new, before, now, does, leaves }
    }

    /// Whether the object is of that kind.
    pub fn is(&self, kind: &str) -> bool {
        self.change.identity.kind == kind
    }

    /// Whether it is an Application, or makes them.
    pub fn delivers(&self) -> bool {
        self.is("Application") || self.is("ApplicationSet")
    }

    /// Whether it is gone under its old name.
    pub fn goes(&self) -> bool {
        matches!(self.change.kind, Kind::Removed | Kind::Renamed)
    }

    /// What is lost with it, in words; none where nothing is.
    pub fn holds(&self) -> Option<&'static str> {
        let identity = &self.change.identity;
        match kinds::of(&identity.group, &identity.kind).holds {
            _ if identity.group.is_empty() && identity.kind == "Namespace" => Some("all that lies in it"),
            _ if identity.kind == "CustomResourceDefinition" => Some("all objects of its kind"),
            Some(Holds::Data) => Some("the data in it"),
            Some(Holds::Key) => Some("the key that it brings"),
            None => None,
        }
    }

    /// Whether a selector takes pods of something that only one of two states has.
    pub fn has_pods(&self, namespace: &str, selector: &Value, (one, other): (&State<'_>, &State<'_>)) -> bool {
        let mut own = one.things.iter().filter(|(identity, _)| !other.things.contains_key(identity));
        own.any(|(identity, thing)| {
            let labels = |pointer: &String| part(&thing.value, &format!("{pointer}/metadata/labels"))?.as_object();
            let mut pods = kinds::of(&identity.group, &identity.kind).pods.iter().filter_map(labels);
            identity.namespace == namespace && pods.any(|labels| selects(selector, Some(labels)))
        })
    }

    /// Whether its namespace, or anything of its component, is still there.
    pub fn place_stays(&self) -> bool {
        self.has_namespace(&self.change.identity.namespace) || self.component_stays()
    }

    /// Whether the cluster has a Namespace of that name.
    pub fn has_namespace(&self, name: &str) -> bool {
        self.now.things.keys().any(|id| id.kind == "Namespace" && id.name == name)
    }

    /// Whether anything of its component is still there.
    pub fn component_stays(&self) -> bool {
        let folder = format!("{}/", objects::folder(&self.change.path));
        self.now.tree.keys().any(|path| path.starts_with(&folder))
    }

    /// A risk of the object as a whole.
    pub fn risk(&self, code: Code, message: impl Into<String>, help: impl Into<String>) -> Risk {
        Risk { code, field: String::new(), message: message.into(), help: help.into() }
    }

    /// A risk of a field.
    pub fn at(&self, field: &Field, code: Code, message: impl Into<String>, help: impl Into<String>) -> Risk {
        Risk { field: field.shown.clone(), ..self.risk(code, message, help) }
    }
}

/// Whether a switch of a table comes to the value that stands beside it; one that goes is off. `None`: the table has no such switch.
pub(crate) fn switched(field: &Field, table: &[(&str, bool)]) -> Option<bool> {
    let (_, to) = table.iter().find(|(switch, _)| *switch == field.key())?;
    Some(field.new.as_ref().map_or(!to, |new| new == to))
}

/// A field's old and new value for a sentence.
pub(crate) fn from_to(field: &Field) -> String {
    let say = |value: &Option<Value>| match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{}`", short(text)),
        Some(other) => format!("`{}`", short(&other.to_string())),
    };
    format!("from {} to {}", say(&field.old), say(&field.new))
}

/// A text in few letters.
pub fn short(text: &str) -> String {
    let line: String = text.chars().map(|c| if c == '\n' { ' ' } else { c }).take(60).collect();
    if text.chars().count() > 60 { format!("{line}…") } else { line }
}

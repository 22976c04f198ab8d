//! The shape of a claim: what a group says that the platform does, and the evidence that shows it. Only data.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::text::finding::{Code, Finding};

/// How true a claim is; later is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It is there, all of it.
    Implemented,
    /// A part is there.
    Partial,
    /// It is there and not proved, or not there yet.
    Pending,
    /// It is described and absent.
    Documented,
    /// Its group is off.
    Off,
}

/// What a group claims.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// What the platform does.
    pub control: String,
    /// How true its group says it is.
    pub state: State,
    /// What exactly.
    pub detail: String,
    /// What is missing of it, where it is partial.
    pub missing: Option<String>,
    /// What would settle it, where it is pending.
    pub settles: Option<String>,
    /// A chart does it, on the word of its values.
    #[serde(default)]
    pub chart: bool,
    /// What must be among the manifests.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Codes of findings that leave only a part of it.
    #[serde(default)]
    pub unless: Vec<String>,
    /// Namespaces of the objects that such findings are about; none: any.
    #[serde(default)]
    pub within: Vec<String>,
    /// The group that claims it.
    #[serde(skip)]
    pub group: String,
    /// JSON pointer in the group file.
    #[serde(skip)]
    pub pointer: String,
    #[serde(skip)]
    promise: OnceLock<String>,
}

impl Declared {
    /// Whether a finding leaves only a part of it.
    pub fn is_undone_by(&self, finding: &Finding) -> bool {
        let namespace = finding.about.as_ref().and_then(|about| about.object.split_once(' ')?.1.split_once('/'));
        let here = namespace.is_none_or(|(namespace, _)| self.within.iter().any(|within| within == namespace));
        self.unless.iter().any(|code| code == finding.code.name()) && (self.within.is_empty() || here)
    }

    /// What of it a rendered folder keeps, as a [`Promise`] in YAML; empty where it keeps no evidence.
    pub fn promise(&self) -> &str {
        self.promise.get_or_init(|| self.promise_of(|_| true))
    }

    /// The same with some of the evidence.
    pub fn promise_of(&self, shown: impl Fn(&Evidence) -> bool) -> String {
        let kept = self.evidence.iter().filter(|evidence| !matches!(evidence, Evidence::Seen(_)) && shown(evidence));
        let lines: String = kept.map(|evidence| format!("  - {}\n", json!(evidence))).collect();
        if lines.is_empty() {
            return lines;
        }
        format!("- control: {}\n  group: {}\n  evidence:\n{lines}", json!(self.control), json!(self.group))
    }

    /// The claim with all that its state asks for.
    ///
    /// # Errors
    /// What is missing.
    pub fn complete(self) -> Result<Self, String> {
        let absent = || self.evidence.iter().any(|e| matches!(e, Evidence::Absent(_)));
        let what = match self.state {
            State::Partial if self.missing.is_none() => "`missing`",
            State::Pending if self.settles.is_none() => "`settles`",
            State::Documented if !absent() => "evidence that it is absent",
            State::Off => "state; `off` is not declared",
            _ if self.unless.iter().any(|code| Code::ALL.iter().all(|c| c.name() != code)) => {
                "finding of each name in `unless`"
            }
            _ => return Ok(self),
        };
        Err(format!("the claim `{}` is {:?} and has no {what}", self.control, self.state).to_lowercase())
    }
}

/// What shows that a claim is true.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum Evidence {
    /// Some manifest agrees.
    Present(Selector),
    /// None does.
    Absent(Selector),
    /// Each that agrees shows what it must.
    Every(Selector),
    /// A run was seen with what this selects; without it the run proves nothing here.
    Seen(Seen),
    /// An object is what it was, but for what may change without harm. Only the engine writes it.
    Kept(Kept),
}

/// What a hand must leave of one object.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Kind.
    pub kind: String,
    /// API group; empty for the core.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Namespace; empty for what lies in none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
    /// As the module `kept` makes it.
    pub value: Value,
}

/// What a run was seen with.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Program and version, for people.
    pub with: String,
    /// How it shows among the manifests.
    #[serde(rename = "as")]
    pub shown: Selector,
}

/// Which manifests: all given fields must agree.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Kind.
    pub kind: String,
    /// API group; empty for the core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Values by JSON pointer, in which `*` stands for some item of a list; the module `evidence` says what a value may be.
    #[serde(rename = "where", default, skip_serializing_if = "Map::is_empty")]
    pub conditions: Map<String, Value>,
    /// The same, where `*` stands for each item: what [`Evidence::Every`] wants.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub shows: Map<String, Value>,
}

/// What `claims.yaml` keeps of a claim, so that a rendered folder can be held against it without its inputs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// What the platform does.
    pub control: String,
    /// The group that claims it.
    pub group: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

//! What is said about the user's files: code, severity, place, way out. Only data; `report` draws it.

pub use crate::text::code::{Code, Own};
use crate::text::source::Place;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written and the exit code is 1.
    Error,
    /// Said, and no more.
    Warning,
}

/// One observation. Findings sort by place, then code, then message.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What kind of mistake it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Other places that explain it, each with a few words.
    pub related: Vec<(Place, String)>,
    /// The way out.
    pub help: Option<Box<str>>,
    /// The object that it is about, where it is about one.
    pub about: Option<Box<About>>,
}

/// A part of a Kubernetes object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    /// The object, as `Kind namespace/name`.
    pub object: String,
    /// JSON pointer into it.
    pub pointer: String,
}

impl Finding {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: None,
            related: Vec::new(),
            help: None,
            about: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// With its place.
    pub fn place(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// With one more place that explains it.
    pub fn related(mut self, place: Place, words: impl Into<String>) -> Self {
        self.related.push((place, words.into()));
        self
    }

    /// With its way out.
    pub fn help(mut self, help: impl Into<Box<str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn key(&self) -> (Option<(&str, usize)>, &'static str, &str) {
        (self.place.as_ref().map(|p| (p.source.name.as_str(), p.start)), self.code.name(), &self.message)
    }
}

/// Sorted, without repeats.
pub fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| a.key().cmp(&b.key()));
    findings.dedup_by(|a, b| a.key() == b.key());
    findings
}

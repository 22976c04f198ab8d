//! The files of the catalog that are compiled into the binary, and how a group file or shape is read, one of them or not.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::text::finding::{Code, Finding};
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// The catalog that is compiled into the binary: (path, text, a group file or shape as JSON), sorted by path.
pub const BUILTIN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// The places of a group file that was read before.
pub(crate) fn places(source: &Arc<Source>) -> Node {
    let nowhere = || Node::new(Place::new(source, 0, 0), Kind::Null);
    yaml::read_group(source).unwrap_or_else(|_| nowhere())
}

/// A file of the binary that says the same, as JSON; empty for a template.
pub(crate) fn json_of(source: &Source) -> Option<&'static str> {
    let same = |(name, text, _): &&(&str, &str, &str)| *name == source.name && *text == source.text;
    BUILTIN.iter().find(same).map(|(_, _, json)| *json)
}

/// What a group file or shape says.
///
/// # Errors
/// It is none.
pub(crate) fn read<T: DeserializeOwned>(source: &Arc<Source>) -> Result<T, Finding> {
    match json_of(source).and_then(|json| serde_json::from_str(json).ok()) {
        Some(text) => Ok(text),
        None => yaml::read_typed(source, Code::GroupFile),
    }
}

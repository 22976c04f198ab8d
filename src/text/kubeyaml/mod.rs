//! Text -> the values that a cluster's tools read in it: kubectl 1.35 and Argo CD, which read with `sigs.k8s.io/yaml` 1.6,
//! that is go.yaml.in/yaml/v2 2.4 (YAML 1.1, libyaml's grammar).
//!
//! A file is cut into its documents first, as kubectl does, so that each is read by itself: what is wrong with one says
//! nothing about the others, and the places of one cost nothing for the others. What a person writes for gatewright is read
//! by [`crate::text::yaml`], which is stricter. `tests/judges/kubeyaml.py` compares with the Go modules.

pub mod token;
pub mod scan;
pub mod characters;
pub mod scalars;
pub mod parse;
pub mod decode;

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::text::finding::{Code, Finding, Severity};
use crate::text::kubeyaml::decode::{Dialect, Duplicate, Placed, Plain, decode};
pub use crate::text::kubeyaml::decode::{MAX_BYTES, MAX_VALUES};
pub use crate::text::kubeyaml::parse::MAX_DEPTH;
use crate::text::kubeyaml::token::Problem;
use crate::text::source::{Place, Source};
use crate::text::yaml::Node;

/// Most documents in one file; what follows is left out.
pub const MAX_DOCUMENTS: usize = 10_000;

/// A document of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Which one, as [`documents`] counts.
    pub position: usize,
    /// What it says; never nothing.
    pub value: Value,
}

/// Reads all documents of a file that can be read; those that say nothing are left out.
pub fn read(source: &Arc<Source>) -> (Vec<Document>, Vec<Finding>) {
    read_as(source, Dialect::Go)
}

fn read_as(source: &Arc<Source>, dialect: Dialect) -> (Vec<Document>, Vec<Finding>) {
    let (ranges, json) = (documents(&source.text), is_json(&source.text));
    let (mut found, mut findings, mut values) = (Vec::new(), Vec::new(), 0);
    for (position, range) in ranges.iter().cloned().enumerate() {
        let start = range.start;
        if position == MAX_DOCUMENTS || values > MAX_VALUES {
            let words = format!("this file has more than {MAX_DOCUMENTS} documents or {MAX_VALUES} values");
            findings.push(problem(source, range, &Problem { limit: true, ..Problem::new(start, words) }));
            break;
        }
        match one(&source.text, range.clone(), json, dialect) {
            Ok(read) => {
                values += read.values;
                findings.extend(read.twice.into_iter().map(|duplicate| twice(source, duplicate)));
                found.extend(read.value.map(|value| Document { position, value }));
            }
            Err(found) => findings.push(problem(source, range, &found)),
        }
    }
    (found, findings)
}

/// What the documents of a text say that is right as a whole, as one that a template yields has to be.
///
/// # Errors
/// The first thing that is wrong with it, with its place.
pub fn values(source: &Arc<Source>) -> Result<Vec<Value>, Finding> {
    let (documents, findings) = read_as(source, Dialect::Templates);
    match findings.into_iter().next() {
        Some(finding) => Err(Finding { help: None, ..finding }),
        None => Ok(documents.into_iter().map(|document| document.value).collect()),
    }
}

/// What a file of ours that is in the binary says.
///
/// # Panics
/// It is no YAML, or has another shape: whoever changed it sees that in the first test.
pub fn ours<T: DeserializeOwned>(name: &str, text: &str) -> T {
    let document = values(&Source::new(name, text)).expect("our own file parses").pop().unwrap_or_default();
    serde_json::from_value(document).expect("our own file has this shape")
}

/// The document at a position with its places.
pub fn node(source: &Arc<Source>, range: Range<usize>) -> Option<Node> {
    let json = is_json(&source.text);
    let tree = parse::parse(&source.text[..range.end], range.start, json).ok()?;
    decode(&tree, &Placed(|(start, end)| Place::new(source, start, end)), Dialect::Go).ok()?.0
}

/// The value of one document.
///
/// # Errors
/// It can't be read; with its place.
pub fn read_one(source: &Arc<Source>, range: Range<usize>) -> Result<Option<Value>, Finding> {
    let read = one(&source.text, range.clone(), is_json(&source.text), Dialect::Go);
    read.map(|read| read.value).map_err(|found| problem(source, range, &found))
}

/// The value of a text of one document.
///
/// # Errors
/// It is no YAML, or goes beyond a limit.
pub fn value(text: &str) -> Result<Option<Value>, Problem> {
    one(text, 0..text.len(), is_json(text), Dialect::Go).map(|read| read.value)
}

struct Read {
    value: Option<Value>,
    values: usize,
    twice: Vec<Duplicate>,
}

fn one(text: &str, range: Range<usize>, json: bool, dialect: Dialect) -> Result<Read, Problem> {
    let foreign = text[range.clone()].char_indices().find(|(at, c)| is_foreign(*c) && *at > 0 || *c == '\0');
    if let Some((at, c)) = foreign {
        let words =
            format!("the character U+{:04X} may not stand in YAML; write it as an escape in quotes", u32::from(c));
        return Err(Problem::new(range.start + at, words));
    }
    let tree = parse::parse(&text[..range.end], range.start, json)?;
    let (value, twice) = decode(&tree, &Plain, dialect)?;
    Ok(Read { value, values: tree.nodes.len(), twice })
}

/// What YAML 1.1 does not let stand in a text.
fn is_foreign(c: char) -> bool {
    !matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// A text that starts as JSON is read as JSON by kubectl, which knows escapes that YAML 1.1 does not.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>().all(|v| v.is_ok())
}

/// Where the documents of a text stand: a line `---` starts one, a line `...` ends one, and values of JSON may follow each
/// other. A directive belongs to the document below it.
pub fn documents(text: &str) -> Vec<Range<usize>> {
    if is_json(text) {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
        let mut ranges = Vec::new();
        let mut from = 0;
        while values.next().is_some() {
            ranges.push(from..values.byte_offset());
            from = values.byte_offset();
        }
        return ranges;
    }
    let (mut ranges, mut start, mut at, mut directives, mut content) = (Vec::new(), 0, 0, false, false);
    for line in text.split_inclusive(['\n', '\r']) {
        let mark = |word: &str| {
            line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
        };
        if mark("---") {
            if !directives || content {
                ranges.push(start..at);
                start = at;
            }
            (directives, content) = (false, true);
        }
        at += line.len();
        if mark("...") {
            ranges.push(start..at);
            start = at;
            (directives, content) = (false, false);
        } else if line.starts_with('%') && !content {
            directives = true;
        } else if !line.trim_start().is_empty() && !line.trim_start().starts_with('#') {
            content = true;
        }
    }
    ranges.push(start..text.len());
    ranges.retain(|range| !range.is_empty());
    ranges
}

fn twice(source: &Arc<Source>, duplicate: Duplicate) -> Finding {
    let message = format!("the key `{}` stands here a second time", duplicate.key);
    let finding = match duplicate.same {
        true => Finding::warning(Code::DuplicateKey, message).help("remove one of the two, which say the same"),
        false => Finding::error(Code::DuplicateKey, message)
            .help("keep one of the two; kubectl takes the last one without a word, kustomize refuses the file"),
    };
    finding.place(Place::new(source, duplicate.at.0, duplicate.at.1))
}

fn problem(source: &Arc<Source>, document: Range<usize>, problem: &Problem) -> Finding {
    let end = source.text[problem.at.min(source.text.len())..].find([' ', '\n', ':']).unwrap_or(0).max(1);
    let place = Place::new(source, problem.at.min(document.end), (problem.at + end).min(document.end));
    match problem.limit {
        true => Finding::error(Code::YamlLimit, problem.words.clone())
            .help("what stands before was checked; split the file, so that the rest is")
            .place(place),
        false => Finding { severity: Severity::Error, ..Finding::error(Code::YamlSyntax, problem.words.clone()) }
            .help("this document was not checked; kubectl and Argo CD can't read it either")
            .place(place),
    }
}

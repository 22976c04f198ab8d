//! Files of manifests -> the objects in them, one [`Manifests`] for each cluster: a folder with a `groups.yaml` of ours is
//! one, and all files outside such a folder are one together.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::chart_values;
use crate::component::Promise;
use crate::existing::{Existing, Silence};
use crate::finding::{Code, Finding};
use crate::kubeyaml;
use crate::object::{File, Identity, Linked};
use crate::source::{Place, Source};
use crate::tree::GROUPS;

/// The objects of one cluster's files.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The folder that paths are relative to; empty or with a `/` at its end.
    pub folder: String,
    /// The files, relative to that folder; those without objects too.
    pub files: Vec<String>,
    /// The objects in the order of files.
    pub documents: Vec<Document>,
    /// As its `groups.yaml` says.
    pub existing: Vec<Existing>,
    /// As its `groups.yaml` says.
    pub silences: Vec<Silence>,
    /// As its `groups.yaml` says.
    pub promises: Vec<Promise>,
    /// Some of what the files stand for is made elsewhere: a chart, a generator.
    pub generated: bool,
    /// There is a `groups.yaml`, so the files are all there is.
    pub closed: bool,
}

/// One object in a file.
#[derive(Debug)]
pub struct Document {
    /// Who it is.
    pub identity: Identity,
    /// What it says.
    pub value: Value,
    /// The file, its name relative to the working folder.
    pub file: Arc<File>,
    /// Which document of the file, from 0.
    pub position: usize,
    /// Values of charts, from files beside it.
    pub linked: Vec<Linked>,
    /// As in [`crate::object::Object::made`].
    pub made: OnceLock<Vec<File>>,
    below: usize,
}

impl Document {
    /// The file relative to [`Manifests::folder`].
    pub fn path(&self) -> &str {
        &self.file.source.name[self.below..]
    }
}

/// What a `groups.yaml` says about the world around the files; the groups themselves are for people.
#[derive(Debug, Deserialize)]
struct Groups {
    #[serde(default)]
    elsewhere: Vec<Existing>,
    #[serde(default)]
    silenced: Vec<Silence>,
    #[serde(default)]
    claims: Vec<Promise>,
}

/// Reads files, sorted by folder. Names are relative to the working folder.
pub fn manifests(sources: &[Arc<Source>]) -> (Vec<Manifests>, Vec<Finding>) {
    let mut clusters: BTreeMap<String, Manifests> = BTreeMap::new();
    let mut findings = Vec::new();
    for source in sources {
        let Some(folder) = source.name.strip_suffix(GROUPS).filter(|f| f.is_empty() || f.ends_with('/')) else {
            continue;
        };
        match groups(source) {
            Ok(Some(Groups { elsewhere, silenced, claims })) => {
                let place = || Some(Place::new(source, 0, 0));
                let silences = silenced.into_iter().map(|s| Silence { place: place(), ..s }).collect();
                let manifests = Manifests {
                    folder: folder.into(),
                    existing: elsewhere,
                    silences,
                    promises: claims,
                    closed: true,
                    ..Manifests::default()
                };
                clusters.insert(folder.to_owned(), manifests);
            }
            Ok(None) => {}
            Err(finding) => findings.push(finding),
        }
    }
    // The innermost folder counts; `""` is that of the files outside all of them.
    let folders: Vec<String> = clusters.keys().cloned().collect();
    let folder_of = |name: &str| {
        let inside = folders.iter().filter(|folder| name.starts_with(folder.as_str()));
        inside.max_by_key(|folder| folder.len()).cloned().unwrap_or_default()
    };
    for source in sources {
        let folder = folder_of(&source.name);
        let file = source.name[folder.len()..].to_owned();
        let cluster = clusters.entry(folder).or_default();
        cluster.generated |= generates(source);
        cluster.files.push(file);
    }
    let read: Vec<(Vec<Document>, Vec<Finding>)> =
        sources.par_iter().map(|source| documents(source, sources.len() == 1)).collect();
    for (documents, found) in read {
        findings.extend(found);
        for mut document in documents {
            let folder = folder_of(&document.file.source.name);
            document.below = folder.len();
            clusters.entry(folder).or_default().documents.push(document);
        }
    }
    for cluster in clusters.values_mut().filter(|cluster| cluster.closed) {
        values_of_charts(cluster, sources);
    }
    (clusters.into_values().collect(), findings)
}

/// Puts the values of charts, which our folders hold beside the Applications, into these.
fn values_of_charts(cluster: &mut Manifests, sources: &[Arc<Source>]) {
    let (folder, start) = (cluster.folder.as_str(), format!("{}{}/", cluster.folder, chart_values::FOLDER));
    let files = sources.iter().filter(|source| source.name.starts_with(&start));
    let read = files.filter_map(|source| {
        let text: Arc<str> = Arc::from(source.text.as_str());
        let values = kubeyaml::read(source).0.into_iter().next()?.value;
        Some((&source.name[folder.len()..], text, values))
    });
    let read: Vec<(&str, Arc<str>, Value)> = read.collect();
    let find = |entry: &str| {
        let named = read.iter().find(|(path, ..)| chart_values::means(entry, path));
        named.map(|(path, text, value)| (*path, text, value))
    };
    for document in &mut cluster.documents {
        if let Some((value, linked)) = chart_values::linked(&document.identity, &document.value, find) {
            (document.value, document.linked) = (value, linked);
        }
    }
}

/// A kustomization that brings more than the files that it names.
fn generates(source: &Source) -> bool {
    let name = source.name.rsplit('/').next().unwrap_or_default();
    let words = ["Generator:", "generators:", "helmCharts:", "://", "github.com/"];
    ["kustomization.yaml", "kustomization.yml"].contains(&name) && words.iter().any(|word| source.text.contains(word))
}

/// What our `groups.yaml` says; `None`: this one is somebody else's.
fn groups(source: &Arc<Source>) -> Result<Option<Groups>, Finding> {
    let (mut documents, mut findings) = kubeyaml::read(source);
    let ours = documents.len() == 1 && ["cluster", "groups"].iter().all(|key| documents[0].value.get(key).is_some());
    if !ours {
        return Ok(None);
    }
    if let Some(finding) = findings.pop() {
        return Err(finding);
    }
    let groups = serde_json::from_value(documents.remove(0).value);
    groups.map(Some).map_err(|e| Finding::error(Code::WrongShape, e.to_string()).place(Place::new(source, 0, 0)))
}

/// The objects of a file, and what is wrong with it; what can be read counts, whatever stands beside it.
fn documents(source: &Arc<Source>, alone: bool) -> (Vec<Document>, Vec<Finding>) {
    let (values, mut findings) = kubeyaml::read(source);
    // A file of another tool may be written in a way that only that tool reads.
    if !alone && !["apiVersion", "kind"].iter().all(|word| source.text.contains(word)) {
        findings.clear();
    }
    let file = Arc::new(File::new(source));
    let mut documents = Vec::new();
    for kubeyaml::Document { position, value } in values {
        let is_list = value["kind"].as_str().is_some_and(|k| k.ends_with("List")) && value["items"].is_array();
        let values = match value {
            Value::Object(mut list) if is_list => match list.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            other => vec![other],
        };
        for value in values {
            match Identity::of(&value) {
                Ok(identity) => {
                    documents.push(Document {
                        identity,
                        value,
                        file: file.clone(),
                        position,
                        linked: Vec::new(),
                        made: OnceLock::new(),
                        below: 0,
                    });
                }
                Err(field) => findings.extend(no_object(&value, &field, source)),
            }
        }
    }
    (documents, findings)
}

/// A document that is no object; files for other tools are none of our business.
fn no_object(value: &Value, field: &str, source: &Arc<Source>) -> Option<Finding> {
    let kind = value["kind"].as_str().unwrap_or_default();
    let for_others = kind.is_empty() && value.get("apiVersion").is_none() && !source.name.starts_with('<');
    if for_others || kind == "Kustomization" || value.pointer("/metadata/generateName").is_some() {
        return None;
    }
    let finding = Finding::error(Code::NotAnObject, format!("a document has no {field}"));
    Some(finding.place(Place::new(source, 0, 0)).help("every object has apiVersion, kind and metadata.name"))
}

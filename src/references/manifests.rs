//! Files of manifests -> the objects in them, one [`Manifests`] for each cluster: a folder with a `groups.yaml` of ours is
//! one; the files outside such a folder are divided as `layout` tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::group::claim::Promise;
use crate::object::chart_values;
use crate::object::existing::{Existing, Silence};
use crate::object::kinds::Scopes;
use crate::object::object::{File, Identity, Linked};
use crate::object::placeholder;
use crate::references::configuration;
use crate::references::kustomization;
use crate::references::layout::{Beyond, Item, Layout};
use crate::render::tree::{CLAIMS, FOLLOWING, GROUPS};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::pointer;
use crate::text::source::{Place, Source};

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
    /// As its `claims.yaml` says.
    pub promises: Vec<Promise>,
    /// Some of what the files stand for is made elsewhere: a chart, a generator.
    pub generated: bool,
    /// There is a `groups.yaml`, so the files are all there is.
    pub closed: bool,
    /// What other worlds of the same repository have; `None` for a cluster of ours.
    pub beyond: Option<Arc<Beyond>>,
    /// What was not looked at, one line each.
    pub notes: Vec<String>,
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
    /// As in [`crate::object::object::Object::made`].
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
}

/// What a `claims.yaml` says.
#[derive(Debug, Deserialize)]
struct Claims {
    claims: Vec<Promise>,
}

/// Reads files, sorted by folder. Names are relative to the working folder.
pub fn manifests(sources: &[Arc<Source>]) -> (Vec<Manifests>, Vec<Finding>) {
    manifests_below("", sources)
}

/// The same of a repository that lies in a folder (empty or with a `/` at its end) of the working folder.
pub fn manifests_below(root: &str, sources: &[Arc<Source>]) -> (Vec<Manifests>, Vec<Finding>) {
    let mut clusters: BTreeMap<String, Manifests> = BTreeMap::new();
    let mut findings = Vec::new();
    let claims = sources.iter().filter_map(|source| Some((source.name.strip_suffix(CLAIMS)?, source)));
    let claims: BTreeMap<&str, &Arc<Source>> = claims.collect();
    for source in sources {
        let Some(folder) = source.name.strip_suffix(GROUPS).filter(|f| f.is_empty() || f.ends_with('/')) else {
            continue;
        };
        match groups(source) {
            Ok(Some(Groups { elsewhere, silenced })) => {
                let promises = claims.get(folder).map_or(Ok(Vec::new()), |source| promises(source));
                let place = || Some(Place::new(source, 0, 0));
                let silences = silenced.into_iter().map(|s| Silence { place: place(), ..s }).collect();
                let manifests = Manifests {
                    folder: folder.into(),
                    existing: elsewhere,
                    silences,
                    promises: promises.unwrap_or_else(|finding| {
                        findings.push(finding);
                        Vec::new()
                    }),
                    closed: true,
                    ..Manifests::default()
                };
                clusters.insert(folder.to_owned(), manifests);
            }
            Ok(None) => {}
            Err(finding) => findings.push(finding),
        }
    }
    // The innermost folder counts; that of the files outside all of them is the root.
    let folders: BTreeSet<String> = clusters.keys().cloned().collect();
    let ours = |name: &str| -> Option<String> {
        let mut above = name.rmatch_indices('/').map(|(at, _)| &name[..=at]).chain([""]);
        above.find_map(|folder| folders.get(folder).cloned())
    };
    let folder_of = |name: &str| ours(name).unwrap_or_else(|| root.to_owned());
    let is_ours = |name: &str| ours(name).is_some();
    let others = sources.iter().filter(|source| !is_ours(&source.name));
    let layout = Layout::new(others.map(|source| (below(root, &source.name), source)));
    let names: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    findings
        .extend(sources.iter().filter(|source| !is_ours(&source.name)).flat_map(|s| kustomization::missing(s, &names)));
    for source in sources {
        let folder = folder_of(&source.name);
        let file = source.name[folder.len()..].to_owned();
        let cluster = clusters.entry(folder).or_default();
        cluster.generated |= generates(source);
        cluster.files.push(file);
    }
    let left_out = |source: &Source| match ours(&source.name) {
        Some(folder) => FOLLOWING.contains(&&source.name[folder.len()..]),
        None => layout.leaves_out(below(root, &source.name)),
    };
    let read = sources
        .par_iter()
        .map(|s| if left_out(s) { (Vec::new(), Vec::new()) } else { documents(s, sources.len() == 1) });
    let read: Vec<(Vec<Document>, Vec<Finding>)> = read.collect();
    let mut templates = 0;
    for (source, (documents, found)) in sources.iter().zip(read) {
        if !is_ours(&source.name) && is_template(source, &found) {
            templates += 1;
            continue;
        }
        findings.extend(found);
        for mut document in documents {
            let folder = folder_of(&document.file.source.name);
            document.below = folder.len();
            clusters.entry(folder).or_default().documents.push(document);
        }
    }
    clusters.values_mut().for_each(|cluster| drop_scopes(&mut cluster.documents));
    for cluster in clusters.values_mut().filter(|cluster| cluster.closed) {
        values_of_charts(cluster, sources);
    }
    // The root may be a cluster of ours itself.
    let open = clusters.get(root).is_some_and(|cluster| !cluster.closed);
    let of_others = open.then(|| clusters.remove(root)).flatten().map(|mut cluster| {
        cluster.folder = root.into();
        cluster.notes = notes(&layout, templates, &cluster.documents);
        let taken = sources.iter().filter(|source| layout.is_taken(below(root, &source.name)));
        divide(cluster, &layout, taken.flat_map(patched).collect())
    });
    (clusters.into_values().chain(of_others.into_iter().flatten()).collect(), findings)
}

/// A name relative to a folder that ends with a `/`.
fn below<'n>(root: &str, name: &'n str) -> &'n str {
    name.strip_prefix(root).unwrap_or(name)
}

/// A file that becomes YAML once something fills it in.
fn is_template(source: &Source, found: &[Finding]) -> bool {
    let unread = found.iter().any(|finding| finding.code == Code::YamlSyntax);
    let control = |line: &str| ["{{", "{%", "{#", "<%", "%{"].iter().any(|mark| line.trim_start().starts_with(mark));
    let set = source.text.contains("kind: ApplicationSet");
    unread && (source.text.lines().any(control) || source.text.contains("{{") && !set)
}

fn scopes(documents: &[Document]) -> Scopes {
    let mut scopes = Scopes::default();
    documents.iter().for_each(|document| scopes.learn(&document.value));
    scopes
}

/// An API server takes the namespace away from what lies in none.
fn drop_scopes(documents: &mut [Document]) {
    let scopes = scopes(documents);
    for Document { identity, .. } in documents.iter_mut() {
        if scopes.is_cluster(&identity.group, &identity.kind) {
            identity.namespace.clear();
        }
    }
}

/// The worlds of a repository that somebody else made.
fn divide(mut whole: Manifests, layout: &Layout, patches: BTreeSet<(String, String)>) -> Vec<Manifests> {
    let mut documents = std::mem::take(&mut whole.documents);
    let namespaces = layout.namespaces(&items(&documents));
    let scopes = scopes(&documents);
    for (Document { identity, .. }, namespace) in documents.iter_mut().zip(namespaces) {
        match namespace {
            Some(namespace) if identity.kind == "Namespace" && placeholder::is_in(&identity.name) => {
                identity.name = namespace;
            }
            Some(namespace) if !scopes.is_cluster(&identity.group, &identity.kind) => identity.namespace = namespace,
            _ => {}
        }
    }
    let worlds = layout.worlds(&items(&documents));
    let beyond = Arc::new(layout.beyond(&items(&documents), patches));
    let (folder, generated) = (whole.folder.clone(), whole.generated);
    let mut divided = vec![Manifests { beyond: Some(beyond.clone()), ..whole }];
    for (document, world) in documents.into_iter().zip(worlds) {
        let empty =
            || Manifests { folder: folder.clone(), generated, beyond: Some(beyond.clone()), ..Manifests::default() };
        divided.resize_with(divided.len().max(world + 1), empty);
        if world > 0 && divided[world].files.last().is_none_or(|file| file != document.path()) {
            divided[world].files.push(document.path().to_owned());
        }
        divided[world].documents.push(document);
    }
    divided
}

fn items(documents: &[Document]) -> Vec<Item<'_>> {
    documents.iter().map(|d| Item { path: d.path(), identity: &d.identity, value: &d.value }).collect()
}

/// Kind and name of what a patch changes.
fn patched(source: &Arc<Source>) -> Vec<(String, String)> {
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let (patches, _) = kubeyaml::read(source);
    let patches = patches.iter().map(|document| &document.value);
    patches.filter_map(|patch| Some((text(patch, "/kind")?, text(patch, "/metadata/name")?))).collect()
}

/// What is not judged, one line for each reason.
fn notes(layout: &Layout, templates: usize, documents: &[Document]) -> Vec<String> {
    let mut notes = Vec::new();
    let charts: Vec<&str> = layout.charts().map(|c| if c.is_empty() { "." } else { c.trim_end_matches('/') }).collect();
    if !charts.is_empty() {
        let more = if charts.len() > 3 { format!(" and {} more", charts.len() - 3) } else { String::new() };
        let some = charts[..charts.len().min(3)].join(", ");
        notes.push(format!("not looked at, a Helm chart must be rendered first: {some}{more}"));
    }
    if templates > 0 {
        notes.push(format!("not looked at, as templates are no YAML yet: {templates} files"));
    }
    let mut files: BTreeSet<&str> = BTreeSet::new();
    for document in documents {
        pointer::strings(&document.value, &mut |_, text| {
            if text.starts_with("${") && document.identity.kind != "ConfigMap" {
                files.insert(document.path());
            }
        });
    }
    if let Some(first) = files.first() {
        let more = if files.len() > 1 { format!(" and {} more files", files.len() - 1) } else { String::new() };
        notes.push(format!("not judged, as `${{...}}` is filled in later: values in {first}{more}"));
    }
    notes
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
    // What `configMapGenerator` and `secretGenerator` make has names that are known.
    let words = ["generators:", "helmCharts:", "helmChartInflationGenerator:", "://", "github.com/"];
    let said = |line: &str| words.iter().any(|word| line.split(" #").next().is_some_and(|line| line.contains(word)));
    let lines = || source.text.lines().filter(|line| !line.trim_start().starts_with('#'));
    kustomization::is_file(name) && lines().any(said)
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
    shaped(source, documents.remove(0).value).map(Some)
}

/// What our `claims.yaml` says.
fn promises(source: &Arc<Source>) -> Result<Vec<Promise>, Finding> {
    let (mut documents, mut findings) = kubeyaml::read(source);
    match (findings.pop(), documents.pop()) {
        (Some(finding), _) => Err(finding),
        (None, Some(document)) => shaped::<Claims>(source, document.value).map(|said| said.claims),
        (None, None) => Ok(Vec::new()),
    }
}

fn shaped<T: DeserializeOwned>(source: &Arc<Source>, value: Value) -> Result<T, Finding> {
    serde_json::from_value(value)
        .map_err(|e| Finding::error(Code::WrongShape, e.to_string()).place(Place::new(source, 0, 0)))
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
                Ok(identity)
                    if configuration::is_file(&identity.group, &identity.kind) || kustomization::is_own(&value) => {}
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
    let nothing = source.name.starts_with('<') && value.get("kind").is_none() && value.get("apiVersion").is_none();
    if !nothing && !configuration::is_meant_as_object(value) {
        return None;
    }
    let finding = Finding::error(Code::NotAnObject, format!("a document has no {field}"));
    Some(finding.place(Place::new(source, 0, 0)).help("every object has apiVersion, kind and metadata.name"))
}

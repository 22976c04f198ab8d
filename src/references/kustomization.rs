//! A kustomization file -> what kustomize takes from its folder and what it gives: files that are resources, files that are
//! none, a namespace, names. Nothing is built. Source: kustomize 5.8 api/types/kustomization.go.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::schema::did_you_mean;
use crate::text::source::{Place, Source};

/// The API group of kustomize's own files.
const GROUP: &str = "kustomize.config.k8s.io";

/// What a kustomization says, as far as a reader of single files needs it.
#[derive(Debug, Default)]
pub struct Kustomization {
    /// Its folder; empty or with a `/` at its end.
    pub folder: String,
    /// The namespace that it gives to all that it lists.
    pub namespace: Option<String>,
    /// What it writes before and behind each name.
    pub affixes: (String, String),
    /// Files and folders that it lists, from where names of files start.
    pub lists: Vec<String>,
    /// Files that are no objects for it: patches, configuration, the content of a ConfigMap.
    pub takes: Vec<String>,
    /// Kind and name of each ConfigMap and Secret that it makes.
    pub makes: Vec<(&'static str, String)>,
    /// Kind and name of what its patches change; an empty name stands for all of the kind.
    pub changes: Vec<(String, String)>,
}

/// Fields that list what is built.
const LISTS: [&str; 3] = ["resources", "bases", "components"];

/// Fields whose files are read as something else: lists of names, or of maps with a name in `path`.
const TAKES: [&str; 9] = [
    "configurations",
    "crds",
    "generators",
    "patches",
    "patchesJson6902",
    "patchesStrategicMerge",
    "replacements",
    "transformers",
    "validators",
];

/// Fields that make objects, and the kind of these.
const MAKES: [(&str, &str); 2] = [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")];

/// True for the names under which kustomize finds its file.
pub fn is_file(name: &str) -> bool {
    ["kustomization.yaml", "kustomization.yml", "Kustomization"].contains(&name.rsplit('/').next().unwrap_or_default())
}

/// True for a file of kustomize itself: no API server knows it.
pub fn is_own(value: &Value) -> bool {
    value["apiVersion"].as_str().and_then(|version| version.split_once('/')).is_some_and(|(group, _)| group == GROUP)
}

impl Kustomization {
    /// What a file of that name says; `None` for any other file, and for one that is no YAML.
    pub fn read(name: &str, source: &Arc<Source>) -> Option<Self> {
        if !is_file(name) {
            return None;
        }
        let value = kubeyaml::read(source).0.into_iter().next()?.value;
        let folder = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let path = |entry: &Value| below(&folder, entry.as_str().or_else(|| entry["path"].as_str())?);
        let paths = |fields: &[&str]| -> Vec<String> {
            fields.iter().flat_map(|field| items(&value[field])).filter_map(path).collect()
        };
        let mut takes = paths(&TAKES);
        let mut makes = Vec::new();
        for (field, kind) in MAKES {
            for made in items(&value[field]) {
                makes.extend(made["name"].as_str().map(|name| (kind, name.to_owned())));
                let files = items(&made["files"]).filter_map(|file| file.as_str()?.rsplit('=').next());
                takes.extend(files.filter_map(|file| below(&folder, file)));
            }
        }
        for chart in items(&value["helmCharts"]) {
            let files = items(&chart["additionalValuesFiles"]).chain([&chart["valuesFile"]]);
            takes.extend(files.filter_map(|file| below(&folder, file.as_str()?)));
        }
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Some(Self {
            namespace: Some(text("namespace")).filter(|namespace| !namespace.is_empty()),
            affixes: (text("namePrefix"), text("nameSuffix")),
            lists: paths(&LISTS),
            takes,
            makes,
            changes: ["patches", "patchesJson6902"].iter().flat_map(|f| items(&value[f])).filter_map(changed).collect(),
            folder,
        })
    }
}

/// Files that a kustomization names and that are not there, beside some that are: it cannot be built. A file may be made before that.
pub fn missing(source: &Arc<Source>, files: &BTreeSet<&str>) -> Vec<Finding> {
    if !is_file(&source.name) {
        return Vec::new();
    }
    let Some(read) = kubeyaml::read(source).0.into_iter().next() else { return Vec::new() };
    let folder = source.name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let fields = ["patches", "patchesStrategicMerge", "resources"];
    let entries = fields.iter().flat_map(|field| items(&read.value[field]));
    let named = entries.filter_map(|entry| entry.as_str().or_else(|| entry["path"].as_str()));
    let named = named.filter(|name| [".yaml", ".yml"].iter().any(|end| name.ends_with(end)));
    let found = named.filter_map(|name| Some((name, below(&folder, name)?)));
    let (there, missing): (Vec<_>, Vec<_>) = found.partition(|(_, path)| files.contains(path.as_str()));
    let beside: Vec<&str> = files.iter().filter_map(|file| file.strip_prefix(folder.as_str())).collect();
    let one = |(name, path): (&str, String)| {
        let message = format!("{} names {path}, which is not there: nothing of it is built", source.name);
        let at = source.text.find(name).unwrap_or_default();
        let finding = Finding::warning(Code::DanglingReference, message).place(Place::new(source, at, at + name.len()));
        finding.help(did_you_mean(name, &beside))
    };
    missing.into_iter().filter(|_| !there.is_empty()).map(one).collect()
}

/// What a patch is for, as its `target` says or the patch itself.
fn changed(patch: &Value) -> Option<(String, String)> {
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    if let Some(kind) = text(patch, "/target/kind") {
        return Some((kind, text(patch, "/target/name").unwrap_or_default()));
    }
    let inline = kubeyaml::read(&Source::new("patch", patch["patch"].as_str()?)).0.into_iter().next()?.value;
    Some((text(&inline, "/kind")?, text(&inline, "/metadata/name")?))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A path that an entry names from a folder, without `.` and `..`; `None` for what is no path of this repository.
pub fn below(folder: &str, entry: &str) -> Option<String> {
    if entry.is_empty() || entry.contains(['\n', ' ', '?']) || entry.contains("://") || entry.starts_with("git@") {
        return None;
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in entry.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()?),
            step => steps.push(step),
        }
    }
    let start = if folder.starts_with('/') { "/" } else { "" };
    Some(format!("{start}{}", steps.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kustomization_takes_and_gives() {
        let text = "namespace: hooks\nnamePrefix: dev-\nresources: [web.yaml, ../base/, https://example.com/x.yaml]\n\
            patches: [{ path: more.yaml }]\nconfigMapGenerator: [{ name: app, files: [a.json, b=../c.yaml] }]\n";
        let read = Kustomization::read("apps/web/kustomization.yaml", &Source::new("x", text)).expect("one");
        assert_eq!(read.namespace.as_deref(), Some("hooks"));
        assert_eq!(read.affixes.0, "dev-");
        assert_eq!(read.lists, ["apps/web/web.yaml", "apps/base"]);
        assert_eq!(read.takes, ["apps/web/more.yaml", "apps/web/a.json", "apps/c.yaml"]);
        assert_eq!(read.makes, [("ConfigMap", "app".to_owned())]);
    }
}

//! Two trees of one cluster -> what a run would take away and nobody named: a mistyped flag must not cost a database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api_group::{BARMAN, CNPG, ESO, ESO_GENERATORS};
use crate::finding::{Code, Finding};
use crate::object::Identity;
use crate::source::{Place, Source};
use crate::tree::{GROUPS, INDEX, Tree};
use crate::yaml;

/// Kinds that hold data (API group, kind): what is in them is gone with them.
const DATABASES: [(&str, &str); 5] = [
    ("", "PersistentVolumeClaim"),
    ("apps", "StatefulSet"),
    (BARMAN, "ObjectStore"),
    (CNPG, "Cluster"),
    (CNPG, "Database"),
];

/// Kinds that make or fill keys; some keys exist nowhere else.
const KEYS: [(&str, &str); 4] =
    [("", "Secret"), (ESO, "ExternalSecret"), (ESO, "PushSecret"), (ESO_GENERATORS, "Password")];

/// Deletions that must be named and are not. `allowed` holds names of clusters and objects (`Kind namespace/name`); `old` is
/// what of ours lies in the cluster's folder `folder`.
pub fn unnamed(cluster: &str, folder: &str, old: &Tree, new: &Tree, allowed: &[String]) -> Vec<Finding> {
    let named = |name: &str| allowed.iter().any(|a| a == name);
    let is_object = |path: &&String| *path != INDEX && *path != GROUPS && !path.starts_with("charts/");
    let objects = |tree: &Tree| tree.keys().filter(is_object).count();
    let (deleted, before) = (deleted(old, new), objects(old));
    let mut findings = Vec::new();
    if named(cluster) || before == 0 {
        return findings;
    }
    for (identity, (path, text)) in &deleted {
        let kind = (identity.group.as_str(), identity.kind.as_str());
        let what = match (DATABASES.contains(&kind), KEYS.contains(&kind)) {
            (true, _) => "data",
            (_, true) => "a key",
            _ => continue,
        };
        if !named(&identity.to_string()) {
            let source = Source::new(format!("{folder}/{path}"), &***text);
            let finding =
                Finding::error(Code::Deletion, format!("this run would delete {identity}, which holds {what}"));
            let help = format!("if it is meant: --allow-delete '{identity}'");
            findings.push(finding.place(Place::new(&source, 0, 0)).help(help));
        }
    }
    if deleted.len() * 3 > before {
        let message = format!("this run would delete {} of the {before} objects in {folder}", deleted.len());
        let help = format!("if it is meant: --allow-delete {cluster}");
        findings.push(Finding::error(Code::Deletion, message).help(help));
    }
    findings
}

/// Objects of the old tree that the new one has in no file.
fn deleted<'a>(old: &'a Tree, new: &Tree) -> BTreeMap<Identity, (&'a String, &'a Arc<str>)> {
    let gone = old.iter().filter(|(path, _)| !new.contains_key(*path));
    let mut gone: BTreeMap<Identity, _> =
        gone.flat_map(|file| identities(file.1).into_iter().map(move |identity| (identity, file))).collect();
    // Under another path it is the same object.
    let came: BTreeSet<Identity> =
        new.iter().filter(|(path, _)| !old.contains_key(*path)).flat_map(|(_, text)| identities(text)).collect();
    gone.retain(|identity, _| !came.contains(identity));
    gone
}

/// The objects in a file; a file that says nothing understandable holds none.
fn identities(text: &str) -> Vec<Identity> {
    let values = yaml::documents(&Source::new("", text)).unwrap_or_default();
    values.iter().filter_map(|value| Identity::of(value).ok()).collect()
}

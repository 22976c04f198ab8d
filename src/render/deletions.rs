//! Two trees of one cluster -> what a run would take away and nobody named: a mistyped flag must not cost a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::object::kinds::{self, Holds};
use crate::object::object::Identity;
use crate::render::tree::{FOLLOWING, Tree};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::pointer::part;
use crate::text::source::{Place, Source};

/// Deletions that must be named and are not. `allowed` holds names of clusters and objects (`Kind namespace/name`); `old` is
/// what of ours lies in the cluster's folder `folder`.
pub fn unnamed(cluster: &str, folder: &str, old: &Tree, new: &Tree, allowed: &[String]) -> Vec<Finding> {
    let named = |name: &str| allowed.iter().any(|a| a == name);
    let is_object = |path: &&String| !FOLLOWING.contains(&path.as_str()) && !path.starts_with("charts/");
    let objects = |tree: &Tree| tree.keys().filter(is_object).count();
    let before = objects(old);
    let mut findings = Vec::new();
    if named(cluster) || before == 0 {
        return findings;
    }
    let deleted = deleted(old, new);
    for (identity, gone) in &deleted {
        let Some(what) = loss(identity, &gone.value).filter(|_| !named(&identity.to_string())) else { continue };
        let source = Source::new(format!("{folder}/{}", gone.path), &**gone.text);
        let finding = Finding::error(Code::Deletion, format!("this run would delete {identity}, {what}"));
        let help = format!("if it is meant: --allow-delete '{identity}'");
        findings.push(finding.place(Place::new(&source, 0, 0)).help(help));
    }
    if deleted.len() * 3 > before {
        let message = format!("this run would delete {} of the {before} objects in {folder}", deleted.len());
        let help = format!("if it is meant: --allow-delete {cluster}");
        findings.push(Finding::error(Code::Deletion, message).help(help));
    }
    findings
}

/// What is lost with an object; nothing where its file says all of it.
fn loss(identity: &Identity, value: &Value) -> Option<&'static str> {
    let kind = (identity.group.as_str(), identity.kind.as_str());
    let options = part(value, "/metadata/annotations/argocd.argoproj.io~1sync-options").and_then(Value::as_str);
    let kept = options.is_some_and(|options| options.split(',').any(|option| option.trim() == "Prune=false"));
    match kinds::of(kind.0, kind.1).holds {
        _ if kind == ("", "Namespace") && !kept => Some("and with it everything that lies there"),
        _ if kind.1 == "CustomResourceDefinition" => Some("and with it every object of its kind"),
        Some(Holds::Data) => Some("which holds data"),
        Some(Holds::Key) => Some("which holds a key"),
        None => None,
    }
}

/// An object that is on its way out, and the file that it stood in.
struct Gone<'a> {
    path: &'a str,
    text: &'a Arc<str>,
    value: Value,
}

/// Objects of the old tree that the new one has in no file. Where one stood another may stand now: a path names kind and name,
/// and no namespace.
fn deleted<'a>(old: &'a Tree, new: &Tree) -> BTreeMap<Identity, Gone<'a>> {
    let mut gone = BTreeMap::new();
    let changed =
        |(path, text): &(&String, &Arc<str>)| !FOLLOWING.contains(&path.as_str()) && new.get(*path) != Some(*text);
    for (path, text) in old.iter().filter(changed) {
        gone.extend(objects(text).into_iter().map(|(identity, value)| (identity, Gone { path, text, value })));
    }
    if gone.is_empty() {
        return gone;
    }
    // Under another path it is the same object.
    let came = new.iter().filter(|(path, text)| old.get(*path) != Some(*text)).flat_map(|(_, text)| objects(text));
    for (identity, _) in came {
        gone.remove(&identity);
    }
    gone
}

/// The objects in a file; a file that says nothing understandable holds none.
fn objects(text: &str) -> Vec<(Identity, Value)> {
    let values = kubeyaml::values(&Source::new("", text)).unwrap_or_default();
    values.into_iter().filter_map(|value| Some((Identity::of(&value).ok()?, value))).collect()
}

//! Two trees of one cluster -> the objects that differ. Files of ours that only follow (the index, the groups, the claims) are no objects;
//! the values of a chart are one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::command::review::change::{Change, Kind};
use crate::command::review::compare::compare;
use crate::object::object::Identity;
use crate::render::tree::{FOLLOWING, Tree};
use crate::text::kubeyaml;
use crate::text::pointer::strings;
use crate::text::source::Source;
use crate::verdict::merging::Field;

/// The kind under which the values of a chart are told.
pub const VALUES: &str = "Values";

/// An object and its file.
#[derive(Clone, Debug)]
pub struct Thing {
    /// The file below the cluster's folder.
    pub path: String,
    /// What it says.
    pub value: Value,
}

/// Objects by identity.
pub type Things = BTreeMap<Identity, Thing>;

/// Files of kinds that say what others mean: they are read also where they did not change.
const CONTEXT: [&str; 6] =
    ["/agentgatewaybackend-", "/application-", "/namespace-", "/externalsecret-", "/httproute-", "/gateway-"];

/// The objects of a tree in files that another tree does not hold alike, and those that say what they mean.
pub fn things(tree: &Tree, other: &Tree) -> Things {
    let mut things = Things::new();
    let differs =
        |path: &str, text: &Arc<str>| other.get(path) != Some(text) || CONTEXT.iter().any(|kind| path.contains(kind));
    for (path, text) in tree.iter().filter(|(path, text)| differs(path, text)) {
        let file = path.rsplit('/').next().unwrap_or_default();
        if FOLLOWING.contains(&file) {
            continue;
        }
        for value in kubeyaml::values(&Source::new("", &**text)).unwrap_or_default() {
            if let Some(identity) = identity(path, &value) {
                things.entry(identity).or_insert_with(|| Thing { path: path.clone(), value });
            }
        }
    }
    things
}

fn identity(path: &str, value: &Value) -> Option<Identity> {
    let chart = || {
        let name = path.strip_prefix("charts/")?.split('/').next()?.to_owned();
        Some(Identity { group: String::new(), kind: VALUES.into(), namespace: String::new(), name })
    };
    Identity::of(value).ok().or_else(chart)
}

/// What differs, sorted by identity.
pub fn changes(old: &Things, new: &Things) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut added: Vec<&Identity> = new.keys().filter(|id| !old.contains_key(*id)).collect();
    let removed = old.keys().filter(|id| !new.contains_key(*id));
    for gone in removed {
        let Some(at) = renamed(gone, &old[gone], &added, new) else {
            changes.push(whole(gone, &old[gone], Kind::Removed));
            continue;
        };
        let now = added.remove(at);
        // What only follows the new name is no change of its own.
        let value = called(&old[gone].value, &gone.name, &now.name);
        let mut change = changed(now, &Thing { value, ..old[gone].clone() }, &new[now]);
        change.fields.retain(|field| !field.steps.starts_with(&["metadata".into(), "name".into()]));
        change.fields.retain(|field| !field.steps.starts_with(&["metadata".into(), "namespace".into()]));
        changes.push(Change { was: Some(gone.clone()), kind: Kind::Renamed, ..change });
    }
    changes.extend(added.iter().map(|id| whole(id, &new[*id], Kind::Added)));
    for (identity, now) in new {
        let Some(before) = old.get(identity) else { continue };
        let change = changed(identity, before, now);
        let kind = if folder(&before.path) == folder(&now.path) { Kind::Changed } else { Kind::Moved };
        if kind == Kind::Moved || !change.fields.is_empty() {
            changes.push(Change { kind, ..change });
        }
    }
    changes.sort_by(|a, b| (&a.identity, a.kind).cmp(&(&b.identity, b.kind)));
    changes
}

/// The folder of a file: what an Application takes.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn whole(identity: &Identity, thing: &Thing, kind: Kind) -> Change {
    Change { identity: identity.clone(), was: None, kind, path: thing.path.clone(), fields: Vec::new() }
}

fn changed(identity: &Identity, old: &Thing, new: &Thing) -> Change {
    let version = new.value["apiVersion"].as_str().and_then(|v| v.rsplit('/').next()).unwrap_or_default();
    let root = match identity.kind.as_str() {
        VALUES => Field::unknown(),
        kind => Field::root(&identity.group, version, kind),
    };
    let fields = compare(&old.value, &new.value, &root);
    Change { fields, ..whole(identity, new, Kind::Changed) }
}

/// A value with another name for one in all of its texts.
fn called(value: &Value, was: &str, is: &str) -> Value {
    match value {
        Value::String(text) if was != is => Value::from(text.replace(was, is)),
        Value::Array(items) => items.iter().map(|item| called(item, was, is)).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), called(value, was, is))).collect(),
        other => other.clone(),
    }
}

/// Of ten texts so many are the same in two objects that are taken for one under another name.
const ALIKE: usize = 8;

/// Position of the new object that is the old one under another name or in another namespace.
fn renamed(gone: &Identity, old: &Thing, added: &[&Identity], new: &Things) -> Option<usize> {
    // Applications are all alike but for what they bring.
    let brings = |thing: &Thing| ["source", "sources"].map(|part| thing.value["spec"][part].clone());
    let like = |id: &&Identity| {
        (&id.group, &id.kind) == (&gone.group, &gone.kind)
            && (gone.kind != "Application" || brings(old) == brings(&new[*id]))
    };
    let scored = added.iter().enumerate().filter(|(_, id)| like(id)).map(|(at, id)| {
        let (same, all) = alike(&old.value, &new[*id].value, (&gone.name, &id.name));
        (same, all, at)
    });
    let (same, all, at) = scored.max_by_key(|(same, all, at)| (same * 1000 / all.max(&1), usize::MAX - at))?;
    (same * 10 >= all * ALIKE).then_some(at)
}

/// Texts that both have at one place, the old name taken for the new one, and how many the larger of them has.
fn alike(old: &Value, new: &Value, (was, is): (&str, &str)) -> (usize, usize) {
    let texts = |value: &Value, from: &str, to: &str| {
        let mut texts = Vec::new();
        let plain = |pointer: &str| ["/metadata/namespace", "/metadata/name"].contains(&pointer);
        strings(value, &mut |pointer, text| {
            if !plain(pointer) {
                texts.push((pointer.to_owned(), if from == to { text.to_owned() } else { text.replace(from, to) }));
            }
        });
        texts.sort();
        texts
    };
    let (before, now) = (texts(old, was, is), texts(new, is, is));
    let same = before.iter().filter(|text| now.binary_search(text).is_ok()).count();
    (same, before.len().max(now.len()))
}

//! Keys that must be in the store before the change is synced.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::objects::{Thing, Things};
use crate::command::review::risk::sight::{Risk, Sight};
use crate::object::existing::Existing;
use crate::text::finding::Code;
use crate::text::pointer::each;

pub(super) fn needed(sight: &Sight<'_>) -> Vec<Risk> {
    let Some(new) = sight.new else { return Vec::new() };
    if ["ExternalSecret", "ClusterExternalSecret"].contains(&sight.change.identity.kind.as_str()) {
        return of_store(sight, new);
    }
    let known = sight.old.map(|old| mounted(&old.value)).unwrap_or_default();
    let made = made(sight.now.things);
    let namespace = Some(&sight.change.identity.namespace);
    let said = |name: &String| {
        let is = |e: &Existing| e.kind == "Secret" && e.name == *name && (namespace == e.namespace.as_ref());
        sight.now.existing.iter().any(is)
    };
    let own = |name: &&String| !known.contains(*name) && !made.contains(*name) && !said(name);
    // A whole new object comes with all that it needs, and `check` holds it against the rest.
    let fresh = mounted(&new.value).into_iter().filter(|name| sight.old.is_some() && own(&name));
    let help = "see that it is there before this is synced";
    fresh
        .map(|name| sight.risk(Code::SecretNeeded, format!("it needs the Secret `{name}` from now on"), help))
        .collect()
}

/// The store itself reads from elsewhere.
pub(super) fn store(sight: &Sight<'_>) -> Vec<Risk> {
    let identity = &sight.change.identity;
    if !["SecretStore", "ClusterSecretStore"].contains(&identity.kind.as_str()) {
        return Vec::new();
    }
    let asked = |thing: &Thing| keys(&thing.value).iter().any(|(store, ..)| *store == identity.name);
    let known = sight.before.things.values().any(asked);
    let elsewhere = |field: &&Field| {
        let login = ["auth", "caProvider", "caBundle"].iter().any(|part| field.passes(&[part]));
        field.passes(&["spec", "provider"]) && !login
    };
    let field = sight.change.fields.iter().find(elsewhere);
    let came = sight.change.kind == Kind::Added && known;
    let risk = || {
        let message = format!("the store `{}` reads from elsewhere, and every key must be there", identity.name);
        let help = "write all of them there before this is synced, the old values where they are written once: `gatewright secrets`";
        let risk = sight.risk(Code::SecretNeeded, message, help);
        Risk { field: field.map(|field| field.shown.clone()).unwrap_or_default(), ..risk }
    };
    (came || field.is_some()).then(risk).into_iter().collect()
}

fn of_store(sight: &Sight<'_>, new: &Thing) -> Vec<Risk> {
    let secrets = sight.before.things.iter().filter(|(id, _)| id.kind.ends_with("ExternalSecret"));
    let before: BTreeSet<Key> = secrets.flat_map(|(_, thing)| keys(&thing.value)).collect();
    let fresh = keys(&new.value).into_iter().filter(|key| !before.contains(key));
    let one = |(store, key, property): Key| {
        let property = if property.is_empty() { property } else { format!(" with the property `{property}`") };
        let message = format!("the store `{store}` must hold the key `{key}`{property}");
        let help = "write it before this is synced; `gatewright secrets` says what it is for";
        sight.risk(Code::SecretNeeded, message, help)
    };
    fresh.map(one).collect()
}

/// What an ExternalSecret asks for: a store, a key in it, and a property of that, empty where it takes all.
type Key = (String, String, String);

fn keys(value: &Value) -> BTreeSet<Key> {
    let mut keys = BTreeSet::new();
    let store = |pattern: &str| {
        let mut found = String::new();
        each(value, pattern, &mut |_, name| found = name.as_str().unwrap_or_default().to_owned());
        found
    };
    let store = store("/spec/**/secretStoreRef/name");
    for pattern in ["/spec/**/remoteRef", "/spec/**/extract"] {
        each(value, pattern, &mut |_, asked| {
            let property = asked["property"].as_str().unwrap_or_default();
            keys.extend(asked["key"].as_str().map(|key| (store.clone(), key.to_owned(), property.to_owned())));
        });
    }
    keys
}

/// Secrets that ExternalSecrets make.
fn made(things: &Things) -> BTreeSet<String> {
    let secrets = things.iter().filter(|(id, _)| id.kind == "ExternalSecret");
    let target = |value: &Value| value["spec"]["target"]["name"].as_str().map(str::to_owned);
    secrets.map(|(id, thing)| target(&thing.value).unwrap_or_else(|| id.name.clone())).collect()
}

/// Secrets that an object names.
fn mounted(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for pattern in [
        "/spec/**/secretKeyRef/name",
        "/spec/**/secretRef/name",
        "/spec/**/secret/secretName",
        "/spec/**/imagePullSecrets/*/name",
    ] {
        each(value, pattern, &mut |_, name| names.extend(name.as_str().map(str::to_owned)));
    }
    names
}

//! An object as it was rendered -> what a hand must leave of it; and that, held against the object that is there now. What may
//! change without harm is left out: names and labels (references are followed elsewhere), resources, additions, order, another
//! form of the same amount, patch versions, and amounts within bounds.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::render::alike::{same, uncommented};
use crate::text::pointer::escaped;
use crate::text::{digest, kubeyaml};

/// Keys whose values are names, or what names are matched with.
const NAMES: &[&str] = &[
    "claimName",
    "containerPort",
    "description",
    "fullnameOverride",
    "generateName",
    "hostPort",
    "imagePullPolicy",
    "labels",
    "matchLabels",
    "name",
    "namespace",
    "number",
    "port",
    "portName",
    "protocol",
    "schedule",
    "secretKey",
    "secretName",
    "sectionName",
    "selector",
    "serviceAccountName",
    "subPath",
    "targetPort",
];

/// What a server takes where nothing is said.
const DEFAULTS: &[&str] = &[
    "ClusterFirst",
    "ClusterIP",
    "Default",
    "Exact",
    "FailClose",
    "IfNotPresent",
    "Ignore",
    "None",
    "Owner",
    "PathPrefix",
    "Periodic",
    "Replace",
    "Retain",
    "Same",
    "Terminate",
    "http",
    "v2",
];

/// Lists of which an item more opens something.
const WHOLE: &[&str] =
    &["audiences", "matchExpressions", "matches", "providers", "redirectURIs", "subjects", "targetPorts"];

/// Keys that were left out on purpose: with one of them something else is called, allowed or delivered.
const UNASKED: &[&str] = &[
    "accessLog",
    "addresses",
    "advanced",
    "allowEmpty",
    "allow_user_auth",
    "background_health_checks",
    "cache",
    "command",
    "connectors",
    "cors",
    "custom_llm_provider",
    "custom_ui_sso_sign_in_handler",
    "dataFrom",
    "debug",
    "disable_reset_budget",
    "disable_spend_logs",
    "discoveryNamespaceSelectors",
    "dnsPolicy",
    "enabled",
    "environment_variables",
    "exclude",
    "failureMode",
    "fallback",
    "forward_client_headers_to_llm_api",
    "global_max_parallel_requests",
    "headerModifiers",
    "hostname",
    "hostnames",
    "ignoreDifferences",
    "immutable",
    "include",
    "internalTrafficPolicy",
    "kinds",
    "managed",
    "max_budget",
    "method",
    "model_group_alias",
    "namespaceResourceBlacklist",
    "namespaceResourceWhitelist",
    "nodeName",
    "optional",
    "parameters",
    "processExternalSecrets",
    "property",
    "proxy_batch_write_at",
    "publishNotReadyAddresses",
    "queryParams",
    "retry",
    "schedulerName",
    "scheme",
    "scopedNamespace",
    "sessionPersistence",
    "signatureKeys",
    "skipCrds",
    "sourceNamespaces",
    "success_callback",
    "syncWindows",
    "timeouts",
    "watchNamespace",
];

/// A text longer than this is kept as its digest, unless it is YAML with keys.
const LONG: usize = 400;

/// What is kept of an object; `None` for kinds that are kept whole by claims of their own.
pub fn kept(kind: &str, object: &Value) -> Option<Value> {
    if kind == "NetworkPolicy" {
        return None;
    }
    let mut kept = Map::new();
    for (key, value) in object.as_object()? {
        if !["apiVersion", "kind", "metadata", "status"].contains(&key.as_str())
            && let Some(value) = trimmed(key, value)
        {
            kept.insert(key.clone(), value);
        }
    }
    (!kept.is_empty()).then_some(Value::Object(kept))
}

fn trimmed(key: &str, value: &Value) -> Option<Value> {
    match value {
        _ if NAMES.contains(&key) || key == "annotations" || key == "resources" && value["requests"].is_object() => {
            None
        }
        Value::Null => None,
        Value::Object(map) => {
            let below = map.iter().filter_map(|(key, value)| Some((key.clone(), trimmed(key, value)?)));
            Some(Value::Object(below.collect()))
        }
        Value::Array(items) if words(key) => Some(Value::Array(flags(items))),
        Value::Array(items) => {
            // What a variable is called, its program knows.
            let name = |item: &Value| if key == "env" { item.get("name").cloned() } else { None };
            let one = |item: &Value| {
                let mut below = trimmed("", item)?;
                name(item).into_iter().for_each(|name| below["name"] = name);
                Some(below)
            };
            Some(Value::Array(items.iter().filter_map(one).collect()))
        }
        Value::String(text) => Some(match inner(text) {
            Some(inner) if !key.ends_with(".json") => trimmed("", &inner)?,
            _ if text.len() > LONG => json!({ "sha256": sum(text) }),
            _ => value.clone(),
        }),
        _ => Some(value.clone()),
    }
}

fn words(key: &str) -> bool {
    key == "args" || key == "command"
}

/// Arguments, a flag and its value as one word; those about ports are left out, as other ports are.
fn flags(items: &[Value]) -> Vec<Value> {
    let mut flags: Vec<String> = Vec::new();
    let mut open = false;
    for word in items.iter().filter_map(Value::as_str) {
        match flags.last_mut() {
            Some(flag) if open && !word.starts_with("--") => {
                *flag += &format!("={word}");
                open = false;
            }
            _ => {
                flags.push(word.to_owned());
                open = word.starts_with("--") && !word.contains('=');
            }
        }
    }
    flags
        .into_iter()
        .filter(|flag| !flag.split('=').next().is_some_and(|name| name.ends_with("port")))
        .map(Value::from)
        .collect()
}

/// The digest of a text without its comments.
fn sum(text: &str) -> String {
    digest::hex(uncommented(text).as_bytes())
}

/// The YAML with keys that a text is.
pub fn inner(text: &str) -> Option<Value> {
    let value = text.contains(": ").then(|| kubeyaml::value(text).ok().flatten())??;
    (text.contains('\n') && value.is_object()).then_some(value)
}

/// Where an object is no longer what was kept of it, as a JSON pointer. `gone` are names of objects that are not there any
/// more, or have another name: texts with these are not compared.
pub fn differs(kept: &Value, found: &Value, gone: &BTreeSet<String>) -> Option<String> {
    below("", kept, Some(found), gone)
}

fn below(key: &str, kept: &Value, found: Option<&Value>, gone: &BTreeSet<String>) -> Option<String> {
    let here = |same: bool| (!same).then(String::new);
    let Some(found) = found.filter(|found| !found.is_null()) else {
        return here(is_default(key, kept));
    };
    match (kept, found) {
        (Value::Object(map), Value::String(text)) if map.len() == 1 && map.contains_key("sha256") => {
            here(map["sha256"] == sum(text))
        }
        (Value::Object(_), Value::String(text)) => match inner(text) {
            Some(inner) => below(key, kept, Some(&inner), gone).map(|_| String::new()),
            None => Some(String::new()),
        },
        (Value::Object(map), Value::Object(other)) => {
            let step = |key: &str, rest: String| format!("/{}{rest}", escaped(key));
            let lost = map.iter().find_map(|(key, kept)| Some(step(key, below(key, kept, other.get(key), gone)?)));
            let asked =
                |key: &str, value: &Value| map.contains_key(key) || !UNASKED.contains(&key) || is_default(key, value);
            let more = || other.iter().find(|(key, value)| !asked(key, value));
            lost.or_else(|| Some(step(more()?.0, String::new())))
        }
        (Value::Array(kept), Value::Array(found)) => {
            let whole = WHOLE.contains(&key) || kept.iter().any(|item| item["verbs"].is_array());
            let found = if words(key) { Cow::Owned(flags(found)) } else { Cow::Borrowed(found.as_slice()) };
            let there = |item: &Value| found.iter().any(|other| below("", item, Some(other), gone).is_none());
            here(kept.iter().all(there) && !(whole && found.len() > kept.len()))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => Some(String::new()),
        _ => here(same(key, kept, found, gone)),
    }
}

/// Whether a field may as well not be said.
fn is_default(key: &str, kept: &Value) -> bool {
    key == "weight" && *kept == json!(1)
        || key == "group" && (*kept == json!("") || *kept == json!("gateway.networking.k8s.io"))
        || key == "readOnly"
        || kept.as_str().is_some_and(|text| DEFAULTS.contains(&text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::{differs, kept};

    fn changed(rendered: &Value, found: &Value) -> Option<String> {
        differs(&kept("Deployment", rendered).expect("kept"), found, &BTreeSet::from(["old".to_owned()]))
    }

    #[test]
    fn what_does_no_harm_is_no_difference() {
        for (rendered, found) in [
            (json!({ "spec": { "replicas": 1 } }), json!({ "spec": { "replicas": 3, "paused": true } })),
            (
                json!({ "spec": { "wait": "300s", "image": "a:1.2.3" } }),
                json!({ "spec": { "wait": "5m", "image": "a:1.2.9@sha256:00" } }),
            ),
            (
                json!({ "ref": { "group": "", "b": 1 }, "a": "x 1\ny 2" }),
                json!({ "ref": { "b": 1 }, "a": "# why\nx 1\ny 2\n" }),
            ),
            (json!({ "spec": { "wait": "30s" } }), json!({ "spec": { "wait": "1m" } })),
            (json!({ "spec": { "weight": 1, "type": "Exact", "a": 1 } }), json!({ "spec": { "a": 1 } })),
            (json!({ "spec": { "args": ["--a", "1", "b"] } }), json!({ "spec": { "args": ["b", "--a=2"] } })),
            (
                json!({ "data": { "c": "a: 1\nb: [{ x: 1 }, { x: 9 }]\n" } }),
                json!({ "data": { "c": "# a\nb: [{x: 9}, {x: 1}]\na: 1" } }),
            ),
            (
                json!({ "spec": { "items": [{ "name": "a", "x": 1 }] } }),
                json!({ "spec": { "items": [{ "name": "b", "x": 1, "y": 2 }] } }),
            ),
            (json!({ "spec": { "url": "http://old.ns" } }), json!({ "spec": { "url": "http://new.ns" } })),
            (json!({ "spec": { "size": "10Gi" } }), json!({ "spec": { "size": "500Gi" } })),
        ] {
            assert_eq!(changed(&rendered, &found), None, "{rendered} {found}");
        }
    }

    #[test]
    fn what_is_lost_is_found() {
        for (rendered, found, pointer) in [
            (json!({ "spec": { "a": { "b/c": true } } }), json!({ "spec": { "a": { "b/c": false } } }), "/spec/a/b~1c"),
            (json!({ "spec": { "a": "x" } }), json!({ "spec": {} }), "/spec/a"),
            (json!({ "spec": { "a": "x" } }), json!({ "spec": { "a": "x", "nodeName": "n" } }), "/spec/nodeName"),
            (
                json!({ "rules": [{ "verbs": ["get"] }] }),
                json!({ "rules": [{ "verbs": ["get"] }, { "verbs": ["*"] }] }),
                "/rules",
            ),
            (json!({ "spec": { "replicas": 2 } }), json!({ "spec": { "replicas": 1 } }), "/spec/replicas"),
            (json!({ "spec": { "wait": "300s" } }), json!({ "spec": { "wait": "300ms" } }), "/spec/wait"),
            (json!({ "spec": { "image": "a:1.2.3" } }), json!({ "spec": { "image": "b:1.2.3" } }), "/spec/image"),
            (
                json!({ "spec": { "image": "a:1@sha256:00" } }),
                json!({ "spec": { "image": "a:1@sha256:11" } }),
                "/spec/image",
            ),
            (json!({ "spec": { "args": ["--a", "1"] } }), json!({ "spec": { "args": ["--a", "1000"] } }), "/spec/args"),
            (
                json!({ "spec": { "input_cost_per_token": 1e-7 } }),
                json!({ "spec": { "input_cost_per_token": 0.1 } }),
                "/spec/input_cost_per_token",
            ),
            (json!({ "data": { "c": "a: 1\nb: { x: y }\n" } }), json!({ "data": { "c": "a: 1\n" } }), "/data/c"),
            (json!({ "data": { "c": "x".repeat(500) } }), json!({ "data": { "c": "x" } }), "/data/c"),
        ] {
            assert_eq!(changed(&rendered, &found).as_deref(), Some(pointer), "{rendered} {found}");
        }
    }
}

//! What was kept of an object, held against the object that is there now. Names that changed wherever they stood are no difference, nor
//! are additions, order, another form of the same amount, patch versions, and amounts within bounds.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::render::alike::same;
use crate::render::kept::{flags, inner, is_set, sum, words};
use crate::text::pointer::escaped;

/// Keys of names of other objects.
const REFERENCES: [&str; 5] = ["claimName", "name", "namespace", "secretName", "serviceAccountName"];

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
const WHOLE: &[&str] = &[
    "audiences",
    "destinations",
    "from",
    "matchExpressions",
    "matches",
    "providers",
    "redirectURIs",
    "subjects",
    "targetPorts",
    "to",
];

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
    "namespace",
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
    "readOnly",
    "retry",
    "schedulerName",
    "scheme",
    "scopedNamespace",
    "sessionPersistence",
    "shareProcessNamespace",
    "signatureKeys",
    "skipCrds",
    "sourceNamespaces",
    "success_callback",
    "syncWindows",
    "timeouts",
    "watchNamespace",
];

/// Names in the objects that are there now.
#[derive(Debug, Default)]
pub struct Names {
    /// Of objects that were kept and are not there, or have another name: texts with these are not compared.
    pub gone: BTreeSet<String>,
    /// All that objects have or refer to. One that is not among them changed wherever it stood.
    said: BTreeSet<String>,
}

impl Names {
    /// Those of some objects.
    pub fn new<'v>(gone: BTreeSet<String>, objects: impl Iterator<Item = &'v Value>) -> Self {
        let mut names = Self { gone, ..Self::default() };
        objects.for_each(|object| names.read(object));
        names
    }

    fn read(&mut self, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| match value {
                Value::String(name) if REFERENCES.contains(&key.as_str()) => drop(self.said.insert(name.clone())),
                _ => self.read(value),
            }),
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            _ => {}
        }
    }

    /// Whether what a map refers to has another name now, or stands in another namespace.
    fn changed(&self, map: &Map<String, Value>, key: &str) -> bool {
        let text = |key| map.get(key).and_then(Value::as_str).unwrap_or_default();
        REFERENCES.contains(&key)
            && !is_set(map)
            && (!self.said.contains(text(key)) || key == "namespace" && self.gone.contains(text("name")))
    }
}

/// What a comparison knows.
struct Now<'n> {
    names: &'n Names,
    /// Of the object.
    own: [(&'static str, &'n Value); 2],
}

/// Where an object is no longer what was kept of it, as a JSON pointer.
pub fn differs(kept: &Value, found: &Value, names: &Names) -> Option<String> {
    let own = ["name", "namespace"].map(|key| (key, &found["metadata"][key]));
    below("", kept, Some(found), &Now { names, own })
}

fn below(key: &str, kept: &Value, found: Option<&Value>, now: &Now<'_>) -> Option<String> {
    let here = |same: bool| (!same).then(String::new);
    let Some(found) = found.filter(|found| !found.is_null()) else {
        return here(key == "readOnly" || is_default(key, kept, now));
    };
    match (kept, found) {
        (Value::Object(map), Value::String(text)) if map.len() == 1 && map.contains_key("sha256") => {
            here(map["sha256"] == sum(text))
        }
        (Value::Object(_), Value::String(text)) => match inner(text) {
            Some(inner) => below(key, kept, Some(&inner), now).map(|_| String::new()),
            None => Some(String::new()),
        },
        (Value::Object(map), Value::Object(other)) => {
            let step = |key: &str, rest: String| format!("/{}{rest}", escaped(key));
            let changed = |key: &str| other.contains_key(key) && now.names.changed(map, key);
            let lost = map
                .iter()
                .filter(|(key, _)| !changed(key))
                .find_map(|(key, kept)| Some(step(key, below(key, kept, other.get(key), now)?)));
            let asked = |key: &str, value: &Value| {
                map.contains_key(key)
                    || !UNASKED.contains(&key)
                    || is_default(key, value, now)
                    || is_empty(value)
                    || is_pace(key, value)
            };
            let more = || other.iter().find(|(key, value)| !asked(key, value));
            lost.or_else(|| Some(step(more()?.0, String::new())))
        }
        (Value::Array(kept), Value::Array(found)) => {
            let whole = WHOLE.contains(&key) || kept.iter().any(|item| item["verbs"].is_array());
            let found = if words(key) { Cow::Owned(flags(found)) } else { Cow::Borrowed(found.as_slice()) };
            let there = |item: &Value| found.iter().any(|other| below("", item, Some(other), now).is_none());
            here(kept.iter().all(there) && !(whole && found.len() > kept.len()))
        }
        (Value::Array(_) | Value::Object(_), _) | (_, Value::Array(_) | Value::Object(_)) => Some(String::new()),
        _ => here(same(key, kept, found, &now.names.gone)),
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// How fast an autoscaler acts, which switches none of its directions off.
fn is_pace(key: &str, value: &Value) -> bool {
    let only = |value: &Value, key: &str| value.as_object().is_some_and(|map| map.keys().all(|k| k == key));
    let inner = &value["horizontalPodAutoscalerConfig"];
    let off = |way: &str| inner["behavior"][way]["selectPolicy"] == "Disabled";
    key == "advanced"
        && only(value, "horizontalPodAutoscalerConfig")
        && only(inner, "behavior")
        && !off("scaleDown")
        && !off("scaleUp")
}

/// Whether a field may as well not be said.
fn is_default(key: &str, kept: &Value, now: &Now<'_>) -> bool {
    now.own.contains(&(key, kept))
        || key == "weight" && *kept == json!(1)
        || key == "group" && (*kept == json!("") || *kept == json!("gateway.networking.k8s.io"))
        || key == "readOnly" && *kept == json!(false)
        || kept.as_str().is_some_and(|text| DEFAULTS.contains(&text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::{Names, differs};
    use crate::render::kept::kept;

    fn changed(rendered: &Value, found: &Value) -> Option<String> {
        let elsewhere = json!({ "metadata": { "name": "there", "namespace": "ns" } });
        let names = Names::new(BTreeSet::from(["old".to_owned()]), [&elsewhere, found].into_iter());
        differs(&kept("Deployment", rendered).expect("kept"), found, &names)
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
            // How fast an autoscaler acts.
            (
                json!({ "spec": { "a": 1 } }),
                json!({ "spec": { "a": 1, "advanced": { "horizontalPodAutoscalerConfig": { "behavior": { "scaleDown": { "stabilizationWindowSeconds": 60 } } } } } }),
            ),
            // A name that changed wherever it stood, and what is said of an object by itself.
            (json!({ "spec": { "ref": { "name": "b" } } }), json!({ "spec": { "ref": { "name": "c" } } })),
            (
                json!({ "spec": { "target": { "name": "a", "namespace": "ns" } } }),
                json!({ "metadata": { "name": "a", "namespace": "ns" }, "spec": { "target": {} } }),
            ),
            (
                json!({ "spec": { "ref": { "name": "a" } } }),
                json!({ "metadata": { "namespace": "ns" }, "spec": { "ref": { "name": "a", "namespace": "ns" } } }),
            ),
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
                json!({ "spec": { "a": 1 } }),
                json!({ "spec": { "a": 1, "advanced": { "horizontalPodAutoscalerConfig": { "behavior": { "scaleUp": { "selectPolicy": "Disabled" } } } } } }),
                "/spec/advanced",
            ),
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
            (
                json!({ "roleRef": { "name": "there" } }),
                json!({ "roleRef": { "name": "cluster-admin" } }),
                "/roleRef/name",
            ),
            (
                json!({ "spec": { "ref": { "name": "a" } } }),
                json!({ "spec": { "ref": { "name": "a", "namespace": "other" } } }),
                "/spec/ref/namespace",
            ),
            (
                json!({ "spec": { "headers": [{ "name": "a", "value": "b" }] } }),
                json!({ "spec": { "headers": [{ "name": "c", "value": "b" }] } }),
                "/spec/headers",
            ),
            (
                json!({ "spec": { "to": [{ "kind": "Service", "name": "a" }] } }),
                json!({ "spec": { "to": [{ "kind": "Service" }] } }),
                "/spec/to",
            ),
            (
                json!({ "spec": { "listeners": [{ "port": 443 }] } }),
                json!({ "spec": { "listeners": [{ "port": 8443 }] } }),
                "/spec/listeners",
            ),
            (
                json!({ "spec": { "resources": { "requests": { "storage": "9Gi", "cpu": "1" } } } }),
                json!({ "spec": { "resources": { "requests": { "storage": "1Gi", "cpu": "2" } } } }),
                "/spec/resources/requests/storage",
            ),
        ] {
            assert_eq!(changed(&rendered, &found).as_deref(), Some(pointer), "{rendered} {found}");
        }
    }
}

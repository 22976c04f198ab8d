//! Known traps of the stores of External Secrets Operator 2.6: patterns, and credentials wherever a provider names them.

use serde_json::Value;

use crate::object::api_group::ESO;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[store];

/// What its webhook refuses.
fn refused(object: &Object<'_>, pointer: &str, why: &str, help: &str) -> Finding {
    object.error(Code::EsoRefuses, pointer, format!("External Secrets refuses {}: {why}", object.identity)).help(help)
}

fn store(store: &Object<'_>) -> Vec<Finding> {
    let cluster_wide = store.is(ESO, "ClusterSecretStore");
    if !cluster_wide && !store.is(ESO, "SecretStore") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, regex) in store.all("/spec/conditions/*/namespaceRegexes/*") {
        if regex.as_str().is_some_and(|text| regex::Regex::new(text).is_err()) {
            findings.push(refused(
                store,
                &pointer,
                "a namespace pattern does not parse",
                "write a regular expression of RE2",
            ));
        }
    }
    let mut references = Vec::new();
    secret_references(
        store.at("/spec/provider").unwrap_or(&Value::Null),
        &mut "/spec/provider".to_owned(),
        &mut references,
    );
    for (pointer, reference) in references {
        match reference["namespace"].as_str() {
            Some(other) if !cluster_wide && other != store.identity.namespace => {
                let why = format!("a SecretStore can't use what lies in namespace {other}");
                findings.push(refused(
                    store,
                    &format!("{pointer}/namespace"),
                    &why,
                    "remove the namespace, or make it a ClusterSecretStore",
                ));
            }
            None if cluster_wide => {
                let name = reference["name"].as_str().unwrap_or_default();
                let message =
                    format!("{} looks for {name} in the namespace of each ExternalSecret that uses it", store.identity);
                let finding = store.warning(Code::StoreReference, &pointer, message);
                findings.push(finding.help("write `namespace`, so that one place has the credentials of the store"));
            }
            _ => {}
        }
    }
    findings
}

/// Maps that name a Secret or a ServiceAccount: with a `key`, or under a name that says so.
fn secret_references<'a>(value: &'a Value, pointer: &mut String, found: &mut Vec<(String, &'a Value)>) {
    for (key, inner) in entries(value) {
        let length = pointer.len();
        *pointer += &format!("/{}", escaped(key));
        let keyed = inner.get("key").is_some() || key.to_lowercase().ends_with("secretref");
        if inner["name"].is_string() && (keyed || key.contains("erviceAccount")) && key != "caProvider" {
            found.push((pointer.clone(), inner));
        } else {
            secret_references(inner, pointer, found);
        }
        pointer.truncate(length);
    }
}

//! The secret contract: what the backend must hold, read off the rendered ExternalSecrets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::group::component::SecretSource;
use crate::plan::resolve::Plan;
use crate::render::bundle::Bundle;

/// One key that the backend must hold.
#[derive(Clone, Debug, Serialize)]
pub struct BackendKey {
    /// Name in the backend.
    pub key: String,
    /// Property of that entry, where the store wants one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The store that reads it.
    pub store: String,
    /// Who makes it.
    pub source: SecretSource,
    /// What it is.
    pub description: String,
    /// Where it arrives, as `namespace/secret key`.
    pub arrives: Vec<String>,
    /// Who reads it.
    pub readers: Vec<String>,
}

/// All keys, sorted by name and property.
pub fn contract(plan: &Plan<'_>, bundle: &Bundle) -> Vec<BackendKey> {
    let mut keys: BTreeMap<(String, Option<String>), BackendKey> = BTreeMap::new();
    for (identity, placed) in bundle.manifests.iter().filter(|(i, _)| i.kind == "ExternalSecret") {
        let spec = &placed.manifest.value["spec"];
        let target = spec.pointer("/target/name").and_then(Value::as_str).unwrap_or(&identity.name);
        let declared = plan.secrets.iter().find(|s| s.namespace == identity.namespace && s.name == target);
        for entry in spec["data"].as_array().into_iter().flatten() {
            let text = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            let (Some(key), Some(secret_key)) = (text("/remoteRef/key"), text("/secretKey")) else { continue };
            let property = text("/remoteRef/property");
            let known = declared.and_then(|s| s.data.get(&secret_key));
            let backend = keys.entry((key.clone(), property.clone())).or_insert_with(|| BackendKey {
                key,
                property,
                store: spec.pointer("/secretStoreRef/name").and_then(Value::as_str).unwrap_or_default().to_owned(),
                source: known.map_or(SecretSource::Given, |k| k.source),
                description: known.map(|k| k.description.clone()).unwrap_or_default(),
                arrives: Vec::new(),
                readers: Vec::new(),
            });
            backend.arrives.push(format!("{}/{target} {secret_key}", identity.namespace));
            for reader in declared.into_iter().flat_map(|s| &s.readers) {
                if !backend.readers.contains(reader) {
                    backend.readers.push(reader.clone());
                }
            }
        }
    }
    keys.into_values().collect()
}

//! The secret contract -> a shell script that fills what is missing, for one tool. Printed, never run; `shell/` has what does
//! not depend on the platform.

use std::collections::BTreeMap;

use anyhow::anyhow;
use serde_json::Value;

use crate::command::formats::Tool;
use crate::command::workspace::Result;
use crate::group::component::SecretSource;
use crate::render::bundle::Bundle;
use crate::render::secret_contract::BackendKey;

/// What all scripts share.
const SEED: &str = include_str!("../../shell/seed.sh");

/// How a tool stores a key.
struct Kit {
    /// The provider of a ClusterSecretStore that reads there.
    provider: &'static str,
    /// The functions `has`, `put` and `get`.
    shell: &'static str,
    /// Variables that these read, with their pointers in the provider.
    facts: &'static [(&'static str, &'static str)],
    /// An entry is a map of fields: a key needs the name of one.
    fields: bool,
}

fn kit(tool: Tool) -> Kit {
    let (provider, shell, facts, fields): (_, _, &'static [_], _) = match tool {
        Tool::Vault => (
            "vault",
            include_str!("../../shell/vault.sh"),
            &[
                ("VAULT_ADDR", "/server"),
                ("VAULT_NAMESPACE", "/namespace"),
                ("MOUNT", "/path"),
                ("VERSION", "/version"),
            ],
            true,
        ),
        Tool::Gcloud => ("gcpsm", include_str!("../../shell/gcloud.sh"), &[("PROJECT", "/projectID")], false),
        Tool::Aws => {
            ("aws", include_str!("../../shell/aws.sh"), &[("REGION", "/region"), ("SERVICE", "/service")], false)
        }
        Tool::Az => ("azurekv", include_str!("../../shell/az.sh"), &[("VAULT_URL", "/vaultUrl")], false),
        Tool::Kubectl => {
            ("kubernetes", include_str!("../../shell/kubectl.sh"), &[("NAMESPACE", "/remoteNamespace")], true)
        }
    };
    Kit { provider, shell, facts, fields }
}

/// The script for one cluster.
///
/// # Errors
/// Its store is another tool's, a key lacks a field that this tool needs, or a name is not for a shell.
pub(crate) fn script(tool: Tool, cluster: &str, keys: &[BackendKey], bundle: &Bundle) -> Result<String> {
    let kit = kit(tool);
    let mut text = format!("#!/bin/sh\n# Keys of the cluster {cluster}, as `gatewright secrets` lists them.\n{SEED}\n");
    text += &opening(tool, Some(bundle))?;
    let mut entries: BTreeMap<&str, Vec<&BackendKey>> = BTreeMap::new();
    keys.iter().for_each(|key| entries.entry(&key.key).or_default().push(key));
    for (entry, keys) in entries {
        if entry.starts_with('-') || entry.chars().any(char::is_control) {
            return Err(anyhow!("the key {entry:?} is no name that a script can hand on\nwrite it by hand").into());
        }
        if let Some(key) = keys.iter().find(|key| kit.fields && key.property.is_none()) {
            let hint = "`settings.secret-store.property` names it for all keys, such as `property: value`";
            return Err(
                anyhow!("{} is read without a field, and entries of this store have fields\n{hint}", key.key).into()
            );
        }
        text += &format!("\nseed {}", quoted(entry));
        for key in keys {
            let source = if key.source == SecretSource::Generated { "generated" } else { "given" };
            let field = key.property.as_deref().unwrap_or_default();
            text += &format!(" \\\n  {source} {} {}", quoted(field), quoted(&key.description));
        }
        text += "\n";
    }
    Ok(text)
}

/// A tool's functions `has`, `put` and `get`, with the variables that they read as far as the store is rendered.
///
/// # Errors
/// The store is another tool's.
pub(crate) fn opening(tool: Tool, bundle: Option<&Bundle>) -> Result<String> {
    let kit = kit(tool);
    let facts = bundle.map(|bundle| facts(&kit, bundle)).transpose()?.unwrap_or_default();
    let set: String = facts.iter().map(|(name, value)| format!("{name}={}\n", quoted(value))).collect();
    Ok(set + kit.shell)
}

/// What the rendered store says; nothing where somebody else's is used.
fn facts(kit: &Kit, bundle: &Bundle) -> Result<Vec<(&'static str, String)>> {
    let mut stores = bundle.manifests.iter().filter(|(identity, _)| identity.kind == "ClusterSecretStore");
    let Some((identity, placed)) = stores.next() else { return Ok(Vec::new()) };
    let providers = &placed.manifest.value["spec"]["provider"];
    let Some(provider) = providers.get(kit.provider) else {
        let has = providers.as_object().and_then(|p| p.keys().next()).map(String::as_str).unwrap_or_default();
        let hint =
            "the tool has to be that of the store: vault, gcloud (gcpsm), aws, az (azurekv) or kubectl (kubernetes)";
        return Err(anyhow!("{identity} reads from {has}, not from {}\n{hint}", kit.provider).into());
    };
    let fact = |(name, pointer): &(&'static str, &str)| {
        Some((*name, provider.pointer(pointer).and_then(Value::as_str)?.to_owned()))
    };
    Ok(kit.facts.iter().filter_map(fact).collect())
}

/// One word of a shell, whatever it holds.
pub(crate) fn quoted(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("'{}'", line.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_a_word() {
        assert_eq!(quoted("a'b $(c)\nd"), r"'a'\''b $(c) d'");
    }
}

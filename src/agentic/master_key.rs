//! Rules on the key that closes a LiteLLM proxy: in clear text in a manifest, or not there at all.

use serde_json::Value;

use crate::agentic::gateway::{Gateway, PATCH_KEY, Patch};
use crate::agentic::seen::Seen;
use crate::object::api_group::NETWORKING;
use crate::object::labels;
use crate::object::object::Object;
use crate::text::finding::{Code, Finding};
use crate::text::goyaml::{self, Yaml};
use crate::text::yaml::object;

/// The variable that LiteLLM reads when the configuration names no key.
const VARIABLE: &str = "LITELLM_MASTER_KEY";

/// How the configuration refers to a variable.
const REFERENCE: &str = "os.environ/";

/// The blocks of the configuration that may hold `master_key`.
const BLOCKS: [&str; 2] = ["general_settings", "litellm_settings"];

/// The way out of a key in clear text in a patch.
pub fn help() -> String {
    format!("write `{REFERENCE}{VARIABLE}`, and give the gateway that variable from a Secret")
}

/// JSON pointers of the keys in clear text in a patch of the settings.
pub fn literals(patch: &Value) -> Vec<String> {
    let literal = |key: &Value| !key.is_null() && !key.as_str().is_some_and(|key| key.starts_with(REFERENCE));
    let found = BLOCKS.iter().filter(|block| patch[**block].get("master_key").is_some_and(literal));
    found.map(|block| format!("/{block}/master_key")).collect()
}

/// A key in a patch or in a variable of the gateway.
pub fn literal(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.model.gateways.iter().filter(|g| g.is_litellm()) {
        if let Patch::Text(name, text) = &gateway.patch
            && let Ok(patch) = goyaml::read(text)
            && keys(&patch).any(|key| !key.starts_with(REFERENCE))
            && let Some(map) = seen.objects.get("", "ConfigMap", &gateway.namespace, name)
        {
            let message =
                format!("{} holds the master key of {} {} in clear text", map.identity, gateway.kind, gateway.id());
            findings.push(map.error(Code::LiteralMasterKey, &format!("/data/{PATCH_KEY}"), message).help(help()));
        }
        let written = |v: &Value| v["name"] == VARIABLE && v["value"].as_str().is_some_and(|value| !value.is_empty());
        if let Some(i) = gateway.given_env.iter().position(written) {
            let object = seen.object(gateway);
            let message = format!("{} holds its master key in clear text", object.identity);
            let help = "take it from a Secret: `valueFrom: { secretKeyRef: ... }`";
            findings.push(object.error(Code::LiteralMasterKey, &format!("/spec/env/{i}/value"), message).help(help));
        }
    }
    findings
}

/// A proxy that answers anybody: no key, and no NetworkPolicy that keeps other namespaces away.
pub fn open(seen: &Seen<'_>) -> Vec<Finding> {
    if !seen.complete(NETWORKING, "NetworkPolicy") {
        return Vec::new();
    }
    let open = seen.model.gateways.iter().filter(|g| g.is_litellm() && !locked(g) && !fenced(seen, g));
    let one = |gateway: &Gateway| {
        let id = seen.object(gateway).identity;
        let message = format!("{id} has no master key: every pod of the cluster may use what it reaches");
        let help = format!(
            "a patch with `general_settings: {{ master_key: {REFERENCE}{VARIABLE} }}` and that variable from a Secret, or a NetworkPolicy for `app: {}`",
            gateway.name
        );
        seen.object(gateway).warning(Code::OpenGateway, "/metadata/name", message).help(help)
    };
    open.map(one).collect()
}

/// A key is there, or may be: what `envFrom` brings is not known here.
fn locked(gateway: &Gateway) -> bool {
    let Some(config) = &gateway.config else { return true }; // something else is wrong, and told
    let variable = |name: &str| gateway.env.iter().any(|v| v["name"] == name);
    let config = goyaml::read(config).unwrap_or(Yaml::Null);
    let key = keys(&config).any(|key| key.strip_prefix(REFERENCE).is_none_or(variable));
    !gateway.env_from.is_empty() || variable(VARIABLE) || key
}

/// The master keys that a configuration or a patch names.
fn keys(config: &Yaml) -> impl Iterator<Item = &str> {
    let blocks = BLOCKS.into_iter().filter_map(|block| get(config, block));
    blocks.filter_map(|block| match get(block, "master_key")? {
        Yaml::String(key) => Some(key.as_str()),
        Yaml::Null => None,
        _ => Some(""),
    })
}

fn get<'y>(map: &'y Yaml, key: &str) -> Option<&'y Yaml> {
    let Yaml::Map(entries) = map else { return None };
    entries.iter().find(|(k, _)| *k == Yaml::String(key.into())).map(|(_, value)| value)
}

/// NetworkPolicies admit nothing from everywhere to its pods.
fn fenced(seen: &Seen<'_>, gateway: &Gateway) -> bool {
    let policies = seen.policies.of(NETWORKING, "NetworkPolicy");
    let selecting: Vec<&Object<'_>> =
        policies.filter(|p| p.identity.namespace == gateway.namespace && selects(p, gateway)).collect();
    let everyone = |peer: &Value| {
        peer.get("namespaceSelector").is_some_and(|s| object(s).is_empty()) || peer["ipBlock"]["cidr"] == "0.0.0.0/0"
    };
    let wide = |rule: &Value| rule["from"].as_array().is_none_or(|from| from.is_empty() || from.iter().any(everyone));
    !selecting.is_empty() && !selecting.iter().any(|policy| policy.items("/spec/ingress").iter().any(wide))
}

fn selects(policy: &Object<'_>, gateway: &Gateway) -> bool {
    let types = policy.items("/spec/policyTypes");
    let mut labels = gateway.common.labels.clone();
    labels.extend(gateway.pod.labels.clone());
    labels.insert("app".into(), gateway.name.as_str().into());
    let ingress = types.is_empty() || types.iter().any(|t| t == "Ingress");
    ingress && policy.at("/spec/podSelector").is_some_and(|pods| labels::selects(pods, Some(&labels)))
}

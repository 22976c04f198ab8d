//! Known traps of AgentgatewayBackend: what its schema accepts and what then does something else.

use serde_json::Value;

use crate::object::api_group::AGENTGATEWAY;
use crate::object::fields::without_effect;
use crate::object::object::{Object, ObjectRule};
use crate::references::gateways::{Acting, policies};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::forms::fits;
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[duplicate_provider, dead_aliases];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[saas_without_key, failover_without_health, tls_port_without_tls];

/// Providers that carry a key in every request: kind, name for people, default host.
const SAAS: [(&str, &str, &str); 3] = [
    ("anthropic", "Anthropic", "api.anthropic.com"),
    ("openai", "OpenAI", "api.openai.com"),
    ("gemini", "Gemini", "generativelanguage.googleapis.com"),
];

/// The model providers of a backend, alone or in groups, each with its pointer.
pub fn providers<'a>(backend: &Object<'a>) -> Vec<(String, &'a Value)> {
    let mut found = backend.all("/spec/ai/provider");
    found.extend(backend.all("/spec/ai/groups/*/providers/*"));
    found
}

/// Whether something is given; an empty map may be nothing.
fn counts(value: Option<&Value>, field: &str) -> bool {
    // `tls: {}` means the system's CAs; an empty `health` means nothing.
    value.is_some_and(|v| field != "health" || v.as_object().is_none_or(|m| !m.is_empty()))
}

/// A field of backend policies, and where AgentgatewayPolicies give it.
struct Field<'w, 'a> {
    name: &'static str,
    acting: Acting<'w, 'a>,
}

impl<'w, 'a> Field<'w, 'a> {
    fn new(world: &'w World<'a>, name: &'static str) -> Self {
        let gives = |p: &&Object<'a>| counts(p.at("/spec/backend").and_then(|b| b.get(name)), name);
        Self { name, acting: Acting::new(world, policies(world).filter(gives)) }
    }

    /// Whether a backend has it, inline or by a policy that acts on it.
    fn given(&self, backend: &Object<'_>, inline: &Value) -> bool {
        let among = |policies: Option<&Value>| counts(policies.and_then(|p| p.get(self.name)), self.name);
        among(inline.get("policies")) || among(backend.at("/spec/policies")) || self.acting.on(backend)
    }
}

fn saas_without_key(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Each of these can put a key into the request.
    let keys = ["auth", "transformation", "extAuth"].map(|field| Field::new(world, field));
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        for (pointer, provider) in providers(backend) {
            let Some((kind, name, host)) = SAAS.iter().find(|(kind, ..)| provider.get(kind).is_some()) else {
                continue;
            };
            let own_host = provider["host"].as_str().is_some_and(|h| h != *host);
            if own_host || keys.iter().any(|field| field.given(backend, provider)) {
                continue;
            }
            let message = format!("{} has no key for {name}: the caller's own token goes to {host}", backend.identity);
            let finding = backend.error(Code::SaasWithoutKey, &format!("{pointer}/{kind}"), message);
            findings.push(finding.help("add `policies.auth.secretRef`; the Secret has the key under `Authorization`"));
        }
    }
    findings
}

fn failover_without_health(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let health = Field::new(world, "health");
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        let groups = backend.items("/spec/ai/groups").len();
        let watched = |provider: &Value| health.given(backend, provider);
        if groups < 2 || providers(backend).iter().any(|(_, provider)| watched(provider)) {
            continue;
        }
        let message = format!(
            "{} has {groups} groups of providers and no health policy: only the first is used",
            backend.identity
        );
        let finding = backend.error(Code::FailoverWithoutHealth, "/spec/ai/groups", message);
        findings.push(finding.help("add `policies.health` with `unhealthyCondition` and `eviction.duration`"));
    }
    findings
}

fn tls_port_without_tls(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let tls = Field::new(world, "tls");
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        let mut hosts = providers(backend);
        hosts.extend(backend.all("/spec/mcp/targets/*/static"));
        for (pointer, host) in hosts {
            let Some(name) = host["host"].as_str().filter(|_| host["port"] == 443) else { continue };
            if tls.given(backend, host) {
                continue;
            }
            let message = format!("{} speaks plain text to {name}:443", backend.identity);
            let finding = backend.error(Code::TlsPortWithoutTls, &format!("{pointer}/port"), message);
            findings
                .push(finding.help("add `policies.tls: {}`: a host of one's own has no TLS unless it is asked for"));
        }
    }
    findings
}

fn duplicate_provider(backend: &Object<'_>) -> Vec<Finding> {
    let mut seen: Vec<&str> = Vec::new();
    let mut findings = Vec::new();
    for (pointer, name) in backend.all("/spec/ai/groups/*/providers/*/name") {
        let name = name.as_str().unwrap_or_default();
        if seen.contains(&name) {
            let message = format!("{} has two providers named `{name}`: the first answers for both", backend.identity);
            let finding = backend.error(Code::DuplicateProvider, &pointer, message);
            findings.push(finding.help("names are unique over all groups of a backend"));
        }
        seen.push(name);
    }
    findings
}

/// The model that a provider pins.
pub fn pinned(provider: &Value) -> Option<&str> {
    let kinds = ["anthropic", "openai", "gemini", "vertexai", "bedrock", "azure"];
    kinds.iter().find_map(|kind| provider.get(kind)?["model"].as_str())
}

/// Aliases are looked up after the provider's model has replaced the caller's, so only one for that model applies.
fn dead_aliases(backend: &Object<'_>) -> Vec<Finding> {
    let everywhere = providers(backend);
    let mut lists: Vec<(String, &Value, Vec<Option<&str>>)> = Vec::new();
    let models = everywhere.iter().map(|(_, p)| pinned(p)).collect();
    lists.extend(
        backend.all("/spec/policies/ai/modelAliases").pop().map(|(pointer, aliases)| (pointer, aliases, models)),
    );
    for (pointer, provider) in &everywhere {
        let own = provider.pointer("/policies/ai/modelAliases");
        lists.extend(
            own.map(|aliases| (format!("{pointer}/policies/ai/modelAliases"), aliases, vec![pinned(provider)])),
        );
    }
    let mut findings = Vec::new();
    for (pointer, aliases, models) in lists {
        // A provider without a model of its own takes the caller's, and with it any alias.
        let Some(models) = models.into_iter().collect::<Option<Vec<&str>>>() else { continue };
        let dead = |alias: &&String| !models.iter().any(|model| fits(alias, model));
        let names: Vec<String> = entries(aliases).keys().filter(dead).map(|name| format!("`{name}`")).collect();
        if !names.is_empty() {
            let why = format!("the provider's model replaces the caller's before {} is looked up", names.join(", "));
            findings.push(without_effect(backend, &pointer, &why));
        }
    }
    findings
}

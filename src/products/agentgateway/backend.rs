//! Known traps of AgentgatewayBackend: what its schema accepts and what then does something else.

use serde_json::Value;

use crate::object::api_group::AGENTGATEWAY;
use crate::object::fields::without_effect;
use crate::object::object::{Object, ObjectRule};
use crate::products::seen;
use crate::references::gateways::{acts_on_backend, policies};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::forms::fits;
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[backend];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[saas_without_key, failover_without_health, tls_port_without_tls];

const BACKEND: &[ObjectRule] = &[
    duplicate_provider,
    override_without_path,
    azure_endpoint,
    mcp_failure_mode,
    inert_tcp,
    empty_health,
    prompt_caching,
    dead_aliases,
];

fn backend(object: &Object<'_>) -> Vec<Finding> {
    match object.is(AGENTGATEWAY, "AgentgatewayBackend") {
        true => BACKEND.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

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

/// Whether a field of backend policies is given to a backend, inline or by an AgentgatewayPolicy that acts on it.
fn given(world: &World<'_>, backend: &Object<'_>, inline: &Value, field: &str) -> bool {
    let filled = |value: Option<&Value>, empty: bool| {
        value.is_some_and(|v| empty || v.as_object().is_none_or(|m| !m.is_empty()))
    };
    // `tls: {}` means the system's CAs; an empty `health` means nothing.
    let counts = |value| filled(value, field != "health");
    counts(inline.get("policies").and_then(|p| p.get(field)))
        || counts(backend.at("/spec/policies").and_then(|p| p.get(field)))
        || policies(world)
            .filter(|p| counts(p.at("/spec/backend").and_then(|b| b.get(field))))
            .any(|p| acts_on_backend(world, p, backend))
}

fn saas_without_key(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        for (pointer, provider) in providers(backend) {
            let Some((kind, name, host)) = SAAS.iter().find(|(kind, ..)| provider.get(kind).is_some()) else {
                continue;
            };
            let own_host = provider["host"].as_str().is_some_and(|h| h != *host);
            // Each of these can put a key into the request.
            let keyed = ["auth", "transformation", "extAuth"];
            if own_host || keyed.iter().any(|field| given(world, backend, provider, field)) {
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
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        let groups = backend.items("/spec/ai/groups").len();
        let watched = |provider: &Value| given(world, backend, provider, "health");
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
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        let mut hosts = providers(backend);
        hosts.extend(backend.all("/spec/mcp/targets/*/static"));
        for (pointer, host) in hosts {
            let Some(name) = host["host"].as_str().filter(|_| host["port"] == 443) else { continue };
            if given(world, backend, host, "tls") {
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

fn override_without_path(backend: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, provider) in providers(backend) {
        let foreign = [("anthropic", "/v1/messages"), ("gemini", "/v1beta/openai/chat/completions")];
        let Some((kind, path)) = foreign.iter().find(|(kind, _)| provider.get(kind).is_some()) else { continue };
        let has = |field: &str| provider.get(field).is_some();
        let routed = |policies: Option<&Value>| policies.is_some_and(|p| p.pointer("/ai/routes").is_some());
        if !has("host")
            || has("path")
            || has("pathPrefix")
            || routed(provider.get("policies"))
            || routed(backend.at("/spec/policies"))
        {
            continue;
        }
        let message = format!(
            "{} replaces the host of {kind} and not its path: requests keep the path of the caller",
            backend.identity
        );
        let finding = backend.error(Code::OverrideWithoutPath, &format!("{pointer}/host"), message);
        findings.push(finding.help(format!("add `path: {path}`, or `pathPrefix` for what stands in place of `/v1`")));
    }
    findings
}

fn azure_endpoint(backend: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, provider) in providers(backend) {
        let endpoint = provider.pointer("/azureopenai/endpoint").and_then(Value::as_str).unwrap_or_default();
        if endpoint.contains("://") {
            let message =
                format!("{} has an Azure endpoint with a scheme: it becomes a part of the name", backend.identity);
            let finding = backend.error(Code::AzureEndpoint, &format!("{pointer}/azureopenai/endpoint"), message);
            findings.push(finding.help("write the host alone, as `name.openai.azure.com`"));
        }
        let name = provider.pointer("/azure/resourceName").and_then(Value::as_str).unwrap_or_default();
        if provider["azure"]["resourceType"] == "Foundry" && name.ends_with("-resource") {
            let message = format!(
                "{}: agentgateway {} appends -resource to the name of a Foundry resource, and calls {name}-resource",
                backend.identity,
                seen::AGENTGATEWAY
            );
            let finding = backend.warning(Code::AzureEndpoint, &format!("{pointer}/azure/resourceName"), message);
            findings.push(finding.help("leave the suffix out until 1.3.0, which appends nothing (agentgateway#1892)"));
        }
    }
    findings
}

fn mcp_failure_mode(backend: &Object<'_>) -> Vec<Finding> {
    let targets = backend.items("/spec/mcp/targets").len();
    if targets < 2 || backend.at("/spec/mcp/failureMode").is_some() {
        return Vec::new();
    }
    let message =
        format!("{} has {targets} MCP targets and no failure mode: one that is down takes all down", backend.identity);
    let finding = backend.warning(Code::McpFailureMode, "/spec/mcp/targets", message);
    vec![finding.help("write `failureMode: FailOpen`, or `FailClosed` if that is meant")]
}

fn inert_tcp(backend: &Object<'_>) -> Vec<Finding> {
    let mut fields = backend.all("/spec/policies/tcp");
    fields.extend(backend.all("/spec/ai/groups/*/providers/*/policies/tcp"));
    fields.iter().map(|(pointer, _)| without_effect(backend, pointer, "agentgateway does not pass it on")).collect()
}

fn empty_health(backend: &Object<'_>) -> Vec<Finding> {
    // With several groups it is worse: failover-without-health.
    if backend.items("/spec/ai/groups").len() > 1 {
        return Vec::new();
    }
    let fields = backend.all("/spec/policies/health").into_iter().filter(|(_, health)| entries(health).is_empty());
    let why = "it names neither what is unhealthy nor what follows";
    fields.map(|(pointer, _)| without_effect(backend, &pointer, why)).collect()
}

fn prompt_caching(backend: &Object<'_>) -> Vec<Finding> {
    let bedrock = |providers: &[(String, &Value)]| providers.iter().any(|(_, p)| p.get("bedrock").is_some());
    let everywhere = providers(backend);
    let mut fields = Vec::new();
    if !bedrock(&everywhere) {
        fields.extend(backend.all("/spec/policies/ai/promptCaching"));
    }
    for (pointer, provider) in everywhere.iter().filter(|(_, p)| p.get("bedrock").is_none()) {
        let here = provider.pointer("/policies/ai/promptCaching");
        fields.extend(here.map(|field| (format!("{pointer}/policies/ai/promptCaching"), field)));
    }
    fields.iter().map(|(pointer, _)| without_effect(backend, pointer, "only Bedrock has it")).collect()
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

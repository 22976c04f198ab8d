//! Known traps of AgentgatewayPolicy: two policies on one field, tokens that nobody counts. What one
//! policy shows alone is in pages; expressions are in `expression`, JSON web tokens in `jwt`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::AGENTGATEWAY;
use crate::object::object::{Identity, Object};
use crate::references::gateways::{self, backends, policies, targets};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::yaml::object as entries;

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[policy_conflict, tokens_without_model];

/// Lists of local limits.
const LIMITS: [&str; 2] = ["/spec/traffic/rateLimit/local", "/spec/traffic/rateLimit/conditional/*/policy/local"];

/// What a policy sets: section and field, and for the large fields the part.
fn fields(policy: &Object<'_>) -> Vec<String> {
    let phase = policy.text_at("/spec/traffic/phase");
    let mut fields = Vec::new();
    for section in ["frontend", "traffic", "backend"] {
        let set = policy.at(&format!("/spec/{section}")).map(entries).into_iter().flatten();
        for (field, value) in set.filter(|(field, _)| *field != "phase") {
            match field.as_str() {
                "ai" | "mcp" => fields.extend(entries(value).keys().map(|part| format!("{section}/{field}/{part}"))),
                _ if phase == "PreRouting" => fields.push(format!("{section}/{field} before routing")),
                _ => fields.push(format!("{section}/{field}")),
            }
        }
    }
    fields
}

fn policy_conflict(world: &World<'_>) -> Vec<Finding> {
    let mut set: BTreeMap<(&str, String, &str, String), &Identity> = BTreeMap::new();
    let mut findings = Vec::new();
    for policy in policies(world) {
        let written = fields(policy);
        for (target, section) in targeted(world, policy) {
            for field in &written {
                let first =
                    *set.entry((policy.home(), target.clone(), section, field.clone())).or_insert(policy.identity);
                if first == policy.identity {
                    continue;
                }
                let pointer = format!("/spec/{}", field.trim_end_matches(" before routing"));
                let name = field.replace('/', ".");
                let message = format!("{} and {first} both set `{name}` for {target}: either may win", policy.identity);
                let finding = policy.error(Code::PolicyConflict, &pointer, message);
                findings.push(finding.help("write it in one of them; a more specific target may override a wider one"));
            }
        }
    }
    findings
}

/// The objects and sections that a policy targets.
fn targeted<'a>(world: &World<'_>, policy: &Object<'a>) -> Vec<(String, &'a str)> {
    let section = |target: &'a Value| target["sectionName"].as_str().unwrap_or_default();
    let text = |target: &Value, key: &str| target[key].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<(String, &str)> = Vec::new();
    for target in policy.items("/spec/targetRefs") {
        let (kind, name) = (text(target, "kind"), text(target, "name"));
        let object = Identity { group: text(target, "group"), kind, name, ..policy.identity.clone() };
        found.push((object.to_string(), section(target)));
    }
    for target in policy.items("/spec/targetSelectors") {
        let (group, kind) = (text(target, "group"), text(target, "kind"));
        let hit = world.objects.of(&group, &kind).filter(|object| targets(policy, object));
        found.extend(hit.map(|object| (object.identity.to_string(), section(target))));
    }
    found.dedup();
    found
}

fn tokens_without_model(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in policies(world) {
        let limits: Vec<_> = LIMITS.iter().flat_map(|pattern| policy.all(&format!("{pattern}/*/tokens"))).collect();
        let Some((pointer, _)) = limits.first() else { continue };
        let routes = gateways::targeted(world, policy, "HTTPRoute");
        for route in routes.into_iter().filter(|route| leads_to_no_model(world, route)) {
            let message =
                format!("{} counts tokens on {}, which leads to no model provider", policy.identity, route.identity);
            let finding = policy.error(Code::TokensWithoutModel, pointer, message);
            findings.push(
                finding.help("tokens are counted for AgentgatewayBackends with `spec.ai` only: limit `requests`"),
            );
        }
    }
    findings
}

/// Whether everything that a route leads to is known, and nothing of it is a model provider.
fn leads_to_no_model(world: &World<'_>, route: &Object<'_>) -> bool {
    let references = backends(route);
    let known = |reference: &Value| match reference["kind"].as_str() {
        Some("AgentgatewayBackend") => gateways::resolve(world, route, reference, (AGENTGATEWAY, ""))
            .is_some_and(|backend| backend.at("/spec/ai").is_none()),
        _ => true,
    };
    !references.is_empty() && references.iter().all(|(_, reference)| known(reference))
}

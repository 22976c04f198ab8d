//! Known traps of AgentgatewayPolicy (agentgateway 1.2.1): limits, tracing, fields that do nothing, and two policies on one
//! field. Keys are in `keys`, expressions in `expression`, JSON web tokens in `jwt`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::fields::without_effect;
use crate::object::object::{Identity, Object, ObjectRule};
use crate::references::gateways::{self, backends, policies, targets};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[policy];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[policy_conflict, tokens_without_model];

const POLICY: &[ObjectRule] =
    &[second_rate_limit, negative_burst, tracing_without_sampling, tracing_port, section_name_not_a_port, inert];

fn policy(object: &Object<'_>) -> Vec<Finding> {
    match object.is(AGENTGATEWAY, "AgentgatewayPolicy") {
        true => POLICY.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

/// Lists of local limits.
const LIMITS: [&str; 2] = ["/spec/traffic/rateLimit/local", "/spec/traffic/rateLimit/conditional/*/policy/local"];

fn second_rate_limit(policy: &Object<'_>) -> Vec<Finding> {
    let lists = LIMITS.iter().flat_map(|pattern| policy.all(pattern));
    let long = lists.filter(|(_, list)| list.as_array().is_some_and(|l| l.len() > 1));
    let one = |(pointer, _): (String, &Value)| {
        let message = format!("{} has several local rate limits: only the first acts", policy.identity);
        let finding = policy.error(Code::SecondRateLimit, &format!("{pointer}/1"), message);
        finding.help("keep the one that matters, or use `global`")
    };
    long.map(one).collect()
}

fn negative_burst(policy: &Object<'_>) -> Vec<Finding> {
    let limits = LIMITS.iter().flat_map(|pattern| policy.all(&format!("{pattern}/*")));
    let negative = limits.filter(|(_, limit)| limit["burst"].as_i64().is_some_and(|burst| burst < 0));
    let one = |(pointer, _): (String, &Value)| {
        let message = format!("{} has a negative burst: the limit is rejected, or without end", policy.identity);
        let finding = policy.error(Code::NegativeBurst, &format!("{pointer}/burst"), message);
        finding.help("burst comes on top of the limit: 0 or more")
    };
    negative.map(one).collect()
}

fn tracing_without_sampling(policy: &Object<'_>) -> Vec<Finding> {
    let pointer = "/spec/frontend/tracing";
    let Some(tracing) = policy.at(pointer).filter(|t| t.get("randomSampling").is_none()) else { return Vec::new() };
    if tracing.get("clientSampling").is_some() {
        return Vec::new();
    }
    let message =
        format!("{} has tracing without `randomSampling`: only requests that are traced already are", policy.identity);
    let finding = policy.warning(Code::TracingWithoutSampling, pointer, message);
    vec![finding.help("write `randomSampling: \"true\"`, or a share such as \"0.1\"")]
}

fn tracing_port(policy: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pointer in ["/spec/frontend/tracing", "/spec/frontend/accessLog/otlp"] {
        let Some(export) = policy.at(pointer) else { continue };
        let protocol = export["protocol"].as_str().unwrap_or("GRPC");
        let (other, right) = match (protocol, export["backendRef"]["port"].as_i64()) {
            ("GRPC", Some(4318)) => ("HTTP", 4317),
            ("HTTP", Some(4317)) => ("GRPC", 4318),
            _ => continue,
        };
        let message = format!("{} exports over {protocol} to the port of OTLP over {other}", policy.identity);
        let finding = policy.warning(Code::TracingPort, &format!("{pointer}/backendRef/port"), message);
        findings.push(finding.help(format!("use port {right}, or `protocol: {other}`")));
    }
    findings
}

fn section_name_not_a_port(policy: &Object<'_>) -> Vec<Finding> {
    let mut all = policy.all("/spec/targetRefs/*");
    all.extend(policy.all("/spec/targetSelectors/*"));
    let mut findings = Vec::new();
    for (pointer, target) in all.into_iter().filter(|(_, t)| t["kind"] == "Service") {
        let Some(section) = target["sectionName"].as_str().filter(|s| s.parse::<u16>().is_err()) else { continue };
        let message = format!("{} targets section `{section}` of a Service: a name is read as port 0", policy.identity);
        let finding = policy.error(Code::SectionNameNotAPort, &format!("{pointer}/sectionName"), message);
        findings.push(finding.help("write the number of the port, in quotes"));
    }
    findings
}

fn inert(policy: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if policy.at("/spec/backend/tcp").is_some() {
        findings.push(without_effect(policy, "/spec/backend/tcp", "agentgateway does not pass it on"));
    }
    if policy.at("/spec/backend/health").is_some_and(|health| entries(health).is_empty()) {
        let why = "it names neither what is unhealthy nor what follows";
        findings.push(without_effect(policy, "/spec/backend/health", why));
    }
    findings
}

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
        let routes = world.objects.of(GATEWAY, "HTTPRoute").filter(|route| targets(policy, route));
        for route in routes.filter(|route| leads_to_no_model(world, route)) {
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

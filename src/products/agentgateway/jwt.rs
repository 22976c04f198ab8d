//! Known traps of JSON web tokens in agentgateway. A policy that the proxy rejects is absent, so its route is open
//! while its status says Valid; and a fresh proxy does not start while one such policy is there.

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::object::{Object, ObjectRule};
use crate::references::gateways::{gateways, policies, resolve, targeted, targets};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding, Severity};
use crate::verdict::expression::Expression;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[agentgateway];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[jwt_without_require, jwks_source, mcp_discovery];

const RULES: &[ObjectRule] = &[mcp_with_remote_keys, inline_jwks, issuer_mismatch, audience_as_string];

fn agentgateway(object: &Object<'_>) -> Vec<Finding> {
    match object.identity.group == AGENTGATEWAY {
        true => RULES.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

const JWT: &str = "/spec/traffic/jwtAuthentication";

/// Where keys are fetched from: three fields of one shape.
const REMOTE: [&str; 3] = [
    "/spec/traffic/jwtAuthentication/providers/*/jwks/remote",
    "/spec/backend/mcp/authentication/jwks",
    "/spec/policies/mcp/authentication/jwks",
];

fn remote<'a>(object: &Object<'a>) -> Vec<(String, &'a Value)> {
    REMOTE.iter().flat_map(|pattern| object.all(pattern)).collect()
}

/// Whether a policy lets only through what has a token, by a rule that is there even when the token part is not.
fn has_gate(policy: &Object<'_>) -> bool {
    let action = policy.text_at("/spec/traffic/authorization/action");
    let expressions = policy.items("/spec/traffic/authorization/policy/matchExpressions").iter();
    // `Allow` is the default; what no such rule allows is denied.
    action != "Deny" && expressions.filter_map(Value::as_str).any(asks)
}

/// Whether a rule reads the token; one that does not parse lets nobody through either.
fn asks(rule: &str) -> bool {
    rule.contains("jwt") && Expression::foreign(rule).map_or(true, |rule| rule.asks("jwt"))
}

fn jwt_without_require(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let gates: Vec<&Object<'_>> = policies(world).filter(|p| has_gate(p)).collect();
    for policy in policies(world).filter(|p| p.at(JWT).is_some() && !has_gate(p)) {
        let strict = !["Optional", "Permissive"].contains(&policy.text_at(&format!("{JWT}/mode")));
        let routes: Vec<Routed<'_, '_>> =
            targeted(world, policy, "HTTPRoute").into_iter().map(|route| (route, gateways(world, route))).collect();
        if !strict || gates.iter().any(|gate| covers(gate, policy, &routes)) {
            continue;
        }
        let message = format!(
            "{} asks for a token and nothing else does: when the proxy rejects it, the route is open",
            policy.identity
        );
        let finding = policy.error(Code::JwtWithoutRequire, JWT, message);
        findings.push(finding.help(
            "add `authorization` with `action: Require` on `jwt.iss` and `jwt.aud` beside it: it stays when the token part is gone",
        ));
    }
    findings
}

/// A route with its Gateways.
type Routed<'w, 'a> = (&'w Object<'a>, Vec<&'w Object<'a>>);

/// Whether a gate stands before everything that a policy targets: on the same target, or on a Gateway of each route.
fn covers(gate: &Object<'_>, policy: &Object<'_>, routes: &[Routed<'_, '_>]) -> bool {
    let same = |field: &str| policy.at(field).is_some() && policy.at(field) == gate.at(field);
    if gate.identity.namespace == policy.identity.namespace
        && (same("/spec/targetRefs") || same("/spec/targetSelectors"))
    {
        return true;
    }
    let before = |(route, parents): &Routed<'_, '_>| {
        targets(gate, route) || !parents.is_empty() && parents.iter().all(|gateway| targets(gate, gateway))
    };
    !routes.is_empty() && routes.iter().all(before)
}

fn mcp_with_remote_keys(object: &Object<'_>) -> Vec<Finding> {
    let has_block = object.at(&format!("{JWT}/mcp")).is_some();
    let mut findings = Vec::new();
    for (pointer, _) in remote(object).into_iter().filter(|(pointer, _)| has_block || !pointer.starts_with(JWT)) {
        let gate = has_gate(object);
        let effect = if gate { "a fresh proxy does not start" } else { "the route is open" };
        let pointer = if pointer.starts_with(JWT) { format!("{JWT}/mcp") } else { pointer };
        let message =
            format!("{} has an MCP block with keys to be fetched: until they are there, {effect}", object.identity);
        let finding = object.error(Code::McpWithRemoteKeys, &pointer, message);
        let severity = if gate { Severity::Warning } else { Severity::Error };
        let help = "drop the block (clients are then told the resource's metadata elsewhere), or give the keys inline";
        findings.push(Finding { severity, ..finding.help(help) });
    }
    findings
}

fn inline_jwks(policy: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, text) in policy.all(&format!("{JWT}/providers/*/jwks/inline")) {
        let Some(why) = text.as_str().and_then(jwks_fault) else { continue };
        let message = format!("{} has inline keys that the proxy rejects: {why}", policy.identity);
        let finding = policy.error(Code::InlineJwks, &pointer, message);
        findings.push(finding.help("write what the issuer's `jwks_uri` answers: JSON with `keys`, each with a `kid`"));
    }
    findings
}

/// What is wrong with a key set; a text that something else fills in later is not looked at.
fn jwks_fault(text: &str) -> Option<String> {
    if text.contains("${") || text.contains("{{") {
        return None;
    }
    let Ok(set) = serde_json::from_str::<Value>(text) else { return Some("this is no JSON".into()) };
    let Some(keys) = set["keys"].as_array() else { return Some("there is no list `keys`".into()) };
    if keys.is_empty() {
        return Some("there is no key in it, so no token is good".into());
    }
    // A key for encryption signs nothing; the proxy passes over it.
    let signing = keys.iter().enumerate().filter(|(_, key)| key["use"] != "enc");
    let mut nameless = signing.filter(|(_, key)| key["kid"].as_str().unwrap_or_default().is_empty());
    nameless.next().map(|(i, _)| format!("key {i} has no `kid`"))
}

/// The texts that rules of a policy compare a claim with, by `jwt.<claim> == "..."` alone.
fn compared(policy: &Object<'_>, claim: &str) -> Vec<(String, String)> {
    let rules = policy.all("/spec/traffic/authorization/policy/matchExpressions/*");
    let text = |rule: &Value| {
        let rule = Expression::foreign(rule.as_str().filter(|rule| rule.contains("jwt"))?).ok()?;
        rule.equality().filter(|(path, _)| path == claim).map(|(_, text)| text.to_owned())
    };
    rules.into_iter().filter_map(|(pointer, rule)| Some((pointer, text(rule)?))).collect()
}

fn issuer_mismatch(policy: &Object<'_>) -> Vec<Finding> {
    if policy.text_at("/spec/traffic/authorization/action") != "Require" {
        return Vec::new();
    }
    let issuers = policy.all(&format!("{JWT}/providers/*/issuer"));
    let known = |text: &str| issuers.is_empty() || issuers.iter().any(|(_, issuer)| *issuer == text);
    let wrong = compared(policy, "jwt.iss").into_iter().filter(|(_, text)| !known(text));
    let one = |(pointer, text): (String, String)| {
        let message =
            format!("{} requires the issuer {text}, and no provider has it: every token is refused", policy.identity);
        let finding = policy.error(Code::IssuerMismatch, &pointer, message);
        let known: Vec<String> = issuers.iter().map(|(_, issuer)| issuer.to_string()).collect();
        finding.help(format!(
            "issuers are compared byte for byte, a slash at the end too; the providers have {}",
            known.join(", ")
        ))
    };
    wrong.map(one).collect()
}

fn audience_as_string(policy: &Object<'_>) -> Vec<Finding> {
    let one = |(pointer, text): (String, String)| {
        let message =
            format!("{} compares `jwt.aud` with a text: a token with a list of audiences is refused", policy.identity);
        let finding = policy.warning(Code::AudienceAsString, &pointer, message);
        finding.help(format!("write `\"{text}\" in jwt.aud || jwt.aud == \"{text}\"`"))
    };
    compared(policy, "jwt.aud").into_iter().map(one).collect()
}

fn jwks_source(world: &World<'_>) -> Vec<Finding> {
    let kinds = ["AgentgatewayPolicy", "AgentgatewayBackend"];
    let mut findings = Vec::new();
    for object in kinds.into_iter().flat_map(|kind| world.objects.of(AGENTGATEWAY, kind)) {
        for (pointer, remote) in remote(object) {
            let pointer = format!("{pointer}/backendRef");
            let Some(source) = resolve(world, object, &remote["backendRef"], ("", "Service")) else { continue };
            if source.is(AGENTGATEWAY, "AgentgatewayBackend") && source.at("/spec/static").is_none() {
                let message =
                    format!("{} fetches keys through {}, which is not `static`", object.identity, source.identity);
                let finding = object.error(Code::JwksSource, &pointer, message);
                findings
                    .push(finding.help("keys come from a Service, or from an AgentgatewayBackend with `spec.static`"));
            } else if source.text_at("/spec/type") == "ExternalName" {
                let message = format!("{} fetches keys from {}, an ExternalName", object.identity, source.identity);
                let finding = object.error(Code::JwksSource, &pointer, message);
                findings.push(finding.help("name the host in an AgentgatewayBackend with `spec.static`"));
            } else if port(source, &remote["backendRef"]) == Some(443) && !has_tls(world, source) {
                let message =
                    format!("{} fetches keys from port 443 of {} without TLS", object.identity, source.identity);
                let finding = object.error(Code::TlsPortWithoutTls, &pointer, message);
                findings.push(finding.help(format!(
                    "add `policies.tls: {{}}` to an AgentgatewayBackend, or a TLS policy in namespace {}",
                    source.identity.namespace
                )));
            }
        }
    }
    findings
}

/// An AgentgatewayBackend has its own port, whatever the reference says.
fn port(source: &Object<'_>, reference: &Value) -> Option<i64> {
    source.at("/spec/static/port").unwrap_or(&reference["port"]).as_i64()
}

fn has_tls(world: &World<'_>, source: &Object<'_>) -> bool {
    let named = |policy: &Object<'_>| {
        let refs = policy.items("/spec/targetRefs").iter();
        policy.identity.namespace == source.identity.namespace
            && refs
                .clone()
                .any(|t| t["name"] == source.identity.name.as_str() && t["kind"] == source.identity.kind.as_str())
    };
    source.at("/spec/policies/tls").is_some()
        || policies(world).any(|p| p.at("/spec/backend/tls").is_some() && targets(p, source))
        || world.objects.of(GATEWAY, "BackendTLSPolicy").any(named)
}

fn mcp_discovery(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in policies(world).filter(|p| p.at(&format!("{JWT}/mcp")).is_some()) {
        for route in targeted(world, policy, "HTTPRoute") {
            if serves_discovery(route) {
                continue;
            }
            let message = format!(
                "{} offers MCP discovery, and {} does not take in /.well-known/oauth-protected-resource",
                policy.identity, route.identity
            );
            let finding = route.warning(Code::McpDiscovery, "/spec/rules", message);
            findings.push(finding.help(
                "let the route match /.well-known/oauth-protected-resource and /.well-known/oauth-authorization-server",
            ));
        }
    }
    findings
}

fn serves_discovery(route: &Object<'_>) -> bool {
    let rule = |rule: &Value| match rule["matches"].as_array() {
        None => true,
        Some(matches) => matches.iter().any(|m| match (m["path"]["type"].as_str(), m["path"]["value"].as_str()) {
            (Some("RegularExpression"), _) | (_, None) => true,
            (_, Some(path)) => {
                "/.well-known/oauth-protected-resource".starts_with(path.trim_end_matches('/'))
                    || path.contains(".well-known/oauth-protected-resource")
            }
        }),
    };
    route.items("/spec/rules").iter().any(rule)
}

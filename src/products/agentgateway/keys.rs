//! Known traps of keys in agentgateway: where a key is sent, and to whom.

use crate::object::api_group::AGENTGATEWAY;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[key_in_other_header, empty_secret_reference, gateway_wide_backend_policy];

/// Where the credentials for a backend stand, in both kinds.
const AUTH: [&str; 4] = [
    "/spec/policies/auth",
    "/spec/ai/groups/*/providers/*/policies/auth",
    "/spec/mcp/targets/*/static/policies/auth",
    "/spec/backend/auth",
];

fn key_in_other_header(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pattern in AUTH.iter().filter(|_| object.identity.group == AGENTGATEWAY) {
        for (pointer, auth) in object.all(pattern) {
            let header = auth.pointer("/location/header/name").and_then(|name| name.as_str());
            let Some(header) = header.filter(|h| !h.eq_ignore_ascii_case("authorization")) else { continue };
            if auth.get("key").is_none() && auth.get("secretRef").is_none() {
                continue;
            }
            let message = format!(
                "{} sends its key in `{header}` and the caller's Authorization header beside it",
                object.identity
            );
            let finding = object.warning(Code::KeyInOtherHeader, &format!("{pointer}/location/header/name"), message);
            findings.push(finding.help("leave `location` out, or remove Authorization from requests to this backend"));
        }
    }
    findings
}

fn empty_secret_reference(object: &Object<'_>) -> Vec<Finding> {
    if object.identity.group != AGENTGATEWAY {
        return Vec::new();
    }
    let of_backends =
        AUTH.iter().flat_map(|auth| ["", "/aws", "/azure", "/gcp"].map(|cloud| format!("{auth}{cloud}/secretRef")));
    let of_callers =
        ["apiKeyAuthentication", "basicAuthentication"].map(|field| format!("/spec/traffic/{field}/secretRef"));
    let mut findings = Vec::new();
    for (pointer, reference) in of_backends.chain(of_callers).flat_map(|pattern| object.all(&pattern)) {
        if reference["name"].as_str().unwrap_or_default().is_empty() {
            let message = format!("{} has a `secretRef` without a name", object.identity);
            let finding = object.error(Code::EmptySecretReference, &pointer, message);
            findings.push(finding.help("name a Secret of the same namespace; the schema lets the name be empty"));
        }
    }
    findings
}

fn gateway_wide_backend_policy(policy: &Object<'_>) -> Vec<Finding> {
    let mut kinds = policy.all("/spec/targetRefs/*/kind");
    kinds.extend(policy.all("/spec/targetSelectors/*/kind"));
    let wide = kinds.iter().find_map(|(_, kind)| kind.as_str().filter(|k| ["Gateway", "ListenerSet"].contains(k)));
    let Some(kind) = wide.filter(|_| policy.is(AGENTGATEWAY, "AgentgatewayPolicy")) else { return Vec::new() };
    let mut findings = Vec::new();
    for (field, what) in [("auth", "its key goes"), ("tls", "TLS is spoken")] {
        let pointer = format!("/spec/backend/{field}");
        if policy.at(&pointer).is_none_or(|value| value.get("passthrough").is_some()) {
            continue;
        }
        let message = format!(
            "{} sets `backend.{field}` on a {kind}: {what} to every backend behind it that has none of its own",
            policy.identity
        );
        let finding = policy.warning(Code::GatewayWideBackendPolicy, &pointer, message);
        findings.push(finding.help("put it into the AgentgatewayBackend that it is for"));
    }
    findings
}

//! Inventory -> AgentgatewayPolicies that act on nothing: a section or a part of the target that is not there, or a target
//! that has no such section. Facts of agentgateway.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY, INFERENCE};
use crate::object::labels::selects;
use crate::object::object::{Identity, Object};
use crate::references::gateways::Targeting;
use crate::references::inventory::{Inventory, Origin};
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

/// Sections that a target of each kind takes.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("AgentgatewayBackend", &["backend"]),
    ("GRPCRoute", &["backend", "traffic"]),
    ("Gateway", &["backend", "frontend", "traffic"]),
    ("HTTPRoute", &["backend", "traffic"]),
    ("InferencePool", &["backend"]),
    ("ListenerSet", &["backend", "traffic"]),
    ("Service", &["backend"]),
];

/// Each target of each policy.
pub fn targets(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in inventory.world.objects.of(AGENTGATEWAY, "AgentgatewayPolicy") {
        for (i, target) in policy.items("/spec/targetRefs").iter().enumerate() {
            let pointer = format!("/spec/targetRefs/{i}");
            findings.extend(section(policy, target, &pointer));
            findings.extend(part(inventory, policy, target, &pointer));
        }
        for (i, target) in policy.items("/spec/targetSelectors").iter().enumerate() {
            findings.extend(section(policy, target, &format!("/spec/targetSelectors/{i}")));
            findings.extend(selected(inventory, policy, target, &format!("/spec/targetSelectors/{i}")));
        }
    }
    findings
}

/// The kind of the target takes the sections of the policy.
fn section(policy: &Object<'_>, target: &Value, pointer: &str) -> Option<Finding> {
    let kind = target["kind"].as_str().unwrap_or_default();
    let wrong = |message: String| policy.error(Code::PolicyTarget, &format!("{pointer}/kind"), message);
    let kinds: Vec<&str> = SECTIONS.iter().map(|(kind, _)| *kind).collect();
    let Some((_, taken)) = SECTIONS.iter().find(|(k, _)| *k == kind) else {
        let message = format!("{} is for {kind}, which no AgentgatewayPolicy can be for", policy.identity);
        return Some(wrong(message).help(did_you_mean(kind, &kinds)));
    };
    let given = ["backend", "frontend", "traffic"].into_iter().filter(|s| policy.at(&format!("/spec/{s}")).is_some());
    let refused = given.into_iter().find(|s| !taken.contains(s));
    if let Some(section) = refused {
        let message = format!("{} sets `{section}`, which does nothing for {kind}", policy.identity);
        return Some(wrong(message).help(format!("{kind} takes {}", taken.join(", "))));
    }
    let early = policy.text_at("/spec/traffic/phase") == "PreRouting";
    (early && !["Gateway", "ListenerSet"].contains(&kind)).then(|| {
        let message = format!("{} acts before routing, when there is no {kind} yet", policy.identity);
        wrong(message).help("let it be for the Gateway")
    })
}

/// What `sectionName` names in a target that is there.
fn part(inventory: &Inventory<'_, '_>, policy: &Object<'_>, target: &Value, pointer: &str) -> Option<Finding> {
    let text = |key: &str| target[key].as_str().unwrap_or_default();
    let (kind, section) = (text("kind"), target["sectionName"].as_str()?);
    let thing = inventory.find(text("group"), kind, &policy.identity.namespace, text("name"))?;
    let Origin::File(object) = &thing.origin else { return None };
    let names = |pointer: &str| -> Vec<String> {
        object.items(pointer).iter().filter_map(|item| item["name"].as_str()).map(str::to_owned).collect()
    };
    let (what, parts) = match kind {
        "Gateway" | "ListenerSet" => ("listener", names("/spec/listeners")),
        "GRPCRoute" | "HTTPRoute" => ("rule", names("/spec/rules")),
        "Service" if section.parse::<u16>().is_ok() => {
            ("port number", object.items("/spec/ports").iter().map(|p| p["port"].to_string()).collect())
        }
        "AgentgatewayBackend" if object.at("/spec/ai/groups").is_some() => {
            let groups = object.items("/spec/ai/groups").iter().flat_map(|g| g["providers"].as_array()).flatten();
            ("provider", groups.filter_map(|p| p["name"].as_str()).map(str::to_owned).collect())
        }
        "AgentgatewayBackend" if object.at("/spec/mcp").is_some() => ("target", names("/spec/mcp/targets")),
        "AgentgatewayBackend" => ("provider", vec!["backend".to_owned()]),
        _ => return None,
    };
    if parts.iter().any(|p| p == section) {
        return None;
    }
    let message = format!(
        "{} is for the {what} `{section}` of {}, which has none of that name",
        policy.identity, object.identity
    );
    let finding = policy.error(Code::PolicyTarget, &format!("{pointer}/sectionName"), message);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    Some(finding.help(did_you_mean(section, &parts)))
}

/// A selector for targets finds one.
fn selected(inventory: &Inventory<'_, '_>, policy: &Object<'_>, target: &Value, pointer: &str) -> Option<Finding> {
    let text = |key: &str| target[key].as_str().unwrap_or_default();
    let group = if text("group").is_empty() { group_of(text("kind")) } else { text("group") };
    let namespace = policy.identity.namespace.as_str();
    let mut all = inventory.of(group, text("kind")).filter(|t| t.namespace == namespace).peekable();
    let known = inventory.world.closed || all.peek().is_some();
    if !known || all.any(|thing| selects(target, thing.labels())) {
        return None;
    }
    let message = format!("{} selects no {} in the namespace {namespace}", policy.identity, text("kind"));
    Some(policy.error(Code::EmptySelection, pointer, message).help("compare with the labels of the targets"))
}

fn group_of(kind: &str) -> &'static str {
    match kind {
        "AgentgatewayBackend" => AGENTGATEWAY,
        "InferencePool" => INFERENCE,
        "Service" => "",
        _ => GATEWAY,
    }
}

/// Sections of a policy that ask a caller who it is.
const LOCKS: [&str; 4] = ["apiKeyAuthentication", "basicAuthentication", "extAuth", "jwtAuthentication"];

fn locks(policy: &Object<'_>) -> bool {
    LOCKS.iter().any(|lock| policy.at(&format!("/spec/traffic/{lock}")).is_some())
}

/// Routes that are open, or open for a while: to tools although others are locked, and before the policy that locks them.
pub fn open(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let objects = &inventory.world.objects;
    let policies = Targeting::new(objects.of(AGENTGATEWAY, "AgentgatewayPolicy").filter(|p| locks(p)));
    let locked = |object: &Object<'_>| !policies.on(object).is_empty();
    let routes: Vec<(&Object<'_>, Option<&Object<'_>>)> =
        objects.of(GATEWAY, "HTTPRoute").map(|route| (route, gateway_of(inventory, route))).collect();
    let beside: BTreeSet<&Identity> =
        routes.iter().filter_map(|(route, gateway)| Some(gateway.filter(|_| locked(route))?.identity)).collect();
    let mut findings = Vec::new();
    for (route, gateway) in &routes {
        let own = policies.on(route).into_iter();
        findings.extend(own.filter_map(|policy| locks_late(inventory, policy, route)));
        let Some(gateway) = gateway else { continue };
        if !beside.contains(gateway.identity) || locked(route) || locked(gateway) || !leads_to_tools(inventory, route) {
            continue;
        }
        let message = format!(
            "{} lets anybody call tools, while other routes of its Gateway ask for a key or a token",
            route.identity
        );
        let finding = route.error(Code::McpUnlocked, "/metadata/name", message);
        findings.push(
            finding.help("an AgentgatewayPolicy on the route with `traffic.jwtAuthentication` and `authorization`"),
        );
    }
    findings
}

fn gateway_of<'i, 'a>(inventory: &'i Inventory<'_, 'a>, route: &Object<'a>) -> Option<&'i Object<'a>> {
    let namespace = Some(route.text_at("/spec/parentRefs/0/namespace")).filter(|n| !n.is_empty());
    let namespace = namespace.unwrap_or(&route.identity.namespace);
    inventory.find(GATEWAY, "Gateway", namespace, route.text_at("/spec/parentRefs/0/name"))?.object()
}

fn leads_to_tools(inventory: &Inventory<'_, '_>, route: &Object<'_>) -> bool {
    let backends = route.items("/spec/rules").iter().filter_map(|rule| rule["backendRefs"].as_array()).flatten();
    let mut names = backends.filter(|b| b["kind"] == "AgentgatewayBackend").filter_map(|b| b["name"].as_str());
    names.any(|name| {
        let backend = inventory.find(AGENTGATEWAY, "AgentgatewayBackend", &route.identity.namespace, name);
        backend.and_then(|b| b.object()).is_some_and(|b| b.at("/spec/mcp").is_some())
    })
}

/// Until its policy is there a route is open.
fn locks_late(inventory: &Inventory<'_, '_>, policy: &Object<'_>, route: &Object<'_>) -> Option<Finding> {
    let delivery = &inventory.delivery;
    delivery.late(&delivery.levels(policy), &delivery.levels(route))?;
    let message = format!("{} is open until {} comes, in a later wave", route.identity, policy.identity);
    let finding = policy.error(Code::SyncOrder, "/metadata/name", message);
    let finding = finding.related(route.place("/metadata/name"), "this comes first");
    Some(finding.help("give the policy an earlier wave than the route"))
}

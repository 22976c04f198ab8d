//! Inventory -> NetworkPolicies that let nobody in by a rule, or keep a Gateway from the pods that its routes lead to.

use serde_json::{Map, Value};

use crate::object::api_group::{AGENTGATEWAY, GATEWAY, INFERENCE, NETWORKING};
use crate::object::labels::{Labels, selects};
use crate::object::object::Object;
use crate::references::gateways;
use crate::references::inventory::{Inventory, Origin};
use crate::references::pods::{self, Pods};
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

/// Every rule about whom NetworkPolicies let in and out.
pub fn admission(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let policies: Vec<&Object<'_>> = inventory.world.objects.of(NETWORKING, "NetworkPolicy").collect();
    if policies.is_empty() {
        return Vec::new();
    }
    let pods = pods::pods(inventory);
    let mut findings: Vec<Finding> = policies.iter().flat_map(|policy| peers(inventory, &pods, policy)).collect();
    for gateway in inventory.world.objects.of(GATEWAY, "Gateway") {
        if gateways::is_agentgateway(inventory.world, gateway) {
            findings.extend(kept_away(inventory, &pods, &policies, gateway));
        }
    }
    findings
}

/// Each peer that is told by labels is some pod, where all pods of its namespace are known.
fn peers(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], policy: &Object<'_>) -> Vec<Finding> {
    let ingress = policy.all("/spec/ingress/*/from/*");
    let all = ingress.into_iter().chain(policy.all("/spec/egress/*/to/*"));
    let nobody = all.filter_map(|(pointer, peer)| {
        if let Some(finding) = peer.get("namespaceSelector").and_then(|n| nearly(inventory, policy, &pointer, n)) {
            return Some(finding);
        }
        let selector = peer.get("podSelector").filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
        let namespace = match peer.get("namespaceSelector") {
            None => policy.home(),
            Some(namespaces) => only_namespace(namespaces)?,
        };
        inventory.find("", "Namespace", "", namespace)?;
        let here = |p: &&Pods<'_>| p.in_namespace(namespace);
        let gateway = selector["matchLabels"]["gateway.networking.k8s.io/gateway-name"].as_str();
        // No chart makes a Gateway; other pods it may.
        let known = gateway.is_some() && inventory.world.closed
            || !inventory.is_opaque(namespace) && (inventory.world.closed || pods.iter().any(|p| here(&p)));
        if !known || pods.iter().filter(here).any(|p| p.taken(selector)) {
            return None;
        }
        let message = format!("{} is for pods of the namespace {namespace} that are not there", policy.identity);
        let finding = policy.warning(Code::EmptySelection, &format!("{pointer}/podSelector"), message);
        Some(finding.help("compare with the labels in the pod templates there"))
    });
    nobody.collect()
}

/// A namespace that is not there, of nearly the name of one that is.
fn nearly(inventory: &Inventory<'_, '_>, policy: &Object<'_>, pointer: &str, selector: &Value) -> Option<Finding> {
    let name = only_namespace(selector)?;
    let names: Vec<&str> = inventory.of("", "Namespace").map(|n| n.name.as_ref()).collect();
    let alike = |n: &&str| strsim::damerau_levenshtein(n, name) <= 1 + name.len() / 6;
    if names.contains(&name) || !names.iter().any(alike) {
        return None;
    }
    let message = format!("{} is for the namespace {name}, which is not there", policy.identity);
    let finding = policy.warning(Code::UnknownNamespace, &format!("{pointer}/namespaceSelector"), message);
    Some(finding.help(did_you_mean(name, &names)))
}

/// The namespace that a selector takes by its name.
fn only_namespace(selector: &Value) -> Option<&str> {
    let labels =
        selector["matchLabels"].as_object().filter(|l| l.len() == 1 && selector.get("matchExpressions").is_none());
    labels?.get("kubernetes.io/metadata.name")?.as_str()
}

/// Pods behind the routes of a Gateway that policies close, and none opens for the Gateway.
fn kept_away(
    inventory: &Inventory<'_, '_>,
    pods: &[Pods<'_>],
    policies: &[&Object<'_>],
    gateway: &Object<'_>,
) -> Vec<Finding> {
    let world = inventory.world;
    let mut findings: Vec<Finding> = Vec::new();
    for route in ["GRPCRoute", "HTTPRoute"].into_iter().flat_map(|kind| world.objects.of(GATEWAY, kind)) {
        if !gateways::gateways(world, route).iter().any(|g| g.identity == gateway.identity) {
            continue;
        }
        for (_, backend) in gateways::backends(route) {
            let Some(target) = gateways::resolve(world, route, backend, ("", "Service")) else { continue };
            for selector in selectors(inventory, target) {
                let behind = pods.iter().filter(|p| p.in_namespace(target.home()) && p.taken(&selector));
                for closing in behind.filter_map(|p| closed(inventory, policies, p, gateway)) {
                    let message = format!(
                        "{} does not let {} in, whose {} leads to these pods",
                        closing.identity, gateway.identity, route.identity
                    );
                    let finding = closing.error(Code::UnreachablePods, "/spec/ingress", message);
                    if !findings.iter().any(|f| f.place == finding.place) {
                        findings.push(
                            finding
                                .help("let in the pods with gateway.networking.k8s.io/gateway-name of its namespace"),
                        );
                    }
                }
            }
        }
    }
    findings
}

/// The selectors of the pods that a backend stands for.
fn selectors(inventory: &Inventory<'_, '_>, target: &Object<'_>) -> Vec<Value> {
    let of = |labels: Option<&Value>| {
        let labels = labels.filter(|l| l.as_object().is_some_and(|l| !l.is_empty()));
        labels.map(|labels| serde_json::json!({ "matchLabels": labels }))
    };
    if target.is("", "Service") {
        return of(target.at("/spec/selector")).into_iter().collect();
    }
    if target.is(INFERENCE, "InferencePool") {
        return of(target.at("/spec/selector/matchLabels")).into_iter().collect();
    }
    let targets = if target.is(AGENTGATEWAY, "AgentgatewayBackend") { target.items("/spec/mcp/targets") } else { &[] };
    let services = || inventory.world.objects.of("", "Service").filter(|s| s.home() == target.home());
    let chosen = targets
        .iter()
        .filter_map(|t| t["selector"].get("services").filter(|_| t["selector"].get("namespaces").is_none()));
    chosen
        .flat_map(|c| services().filter(|s| selects(c, s.labels())))
        .filter_map(|s| of(s.at("/spec/selector")))
        .collect()
}

/// A policy that closes pods which no policy opens for a Gateway.
fn closed<'o, 'a>(
    inventory: &Inventory<'_, '_>,
    policies: &[&'o Object<'a>],
    pods: &Pods<'_>,
    gateway: &Object<'_>,
) -> Option<&'o Object<'a>> {
    let types = |policy: &Object<'_>| policy.items("/spec/policyTypes").iter().any(|t| t == "Ingress");
    let mut over = policies.iter().copied().filter(|policy| {
        let ingress = policy.at("/spec/policyTypes").is_none() || types(policy);
        let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
        ingress && pods.in_namespace(policy.home()) && pods.taken(selector)
    });
    let first = over.next()?;
    let opens = |policy: &Object<'_>| {
        policy.items("/spec/ingress").iter().any(|rule| match rule["from"].as_array() {
            None => true,
            Some(from) => from.is_empty() || from.iter().any(|peer| lets_in(inventory, peer, policy.home(), gateway)),
        })
    };
    (!opens(first) && !over.any(opens)).then_some(first)
}

/// Whether a peer may be the pods of a Gateway: what is not known of their labels speaks for it.
fn lets_in(inventory: &Inventory<'_, '_>, peer: &Value, own: &str, gateway: &Object<'_>) -> bool {
    if peer.get("ipBlock").is_some() {
        return true;
    }
    let namespace = match peer.get("namespaceSelector") {
        None => own == gateway.home(),
        Some(selector) => {
            let thing = inventory.find("", "Namespace", "", gateway.home());
            let known = thing.is_some_and(|t| matches!(t.origin, Origin::File(_)));
            let mut labels = thing.and_then(|t| t.labels()).cloned().unwrap_or_default();
            labels.insert("kubernetes.io/metadata.name".into(), gateway.home().into());
            may_select(selector, &labels, known)
        }
    };
    let mut labels: Labels = Map::new();
    for key in ["gateway.networking.k8s.io/gateway-name", "app.kubernetes.io/name", "app.kubernetes.io/instance"] {
        labels.insert(key.into(), gateway.identity.name.as_str().into());
    }
    namespace && peer.get("podSelector").is_none_or(|selector| may_select(selector, &labels, false))
}

/// Whether a selector takes these labels; others there may be unless they are all known.
fn may_select(selector: &Value, labels: &Labels, all_known: bool) -> bool {
    let wanted = selector["matchLabels"].as_object();
    let fits = |(key, value): (&String, &Value)| labels.get(key).map_or(!all_known, |label| label == value);
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    let known = |e: &&Value| all_known || e["key"].as_str().is_some_and(|key| labels.contains_key(key));
    wanted.is_none_or(|wanted| wanted.iter().all(fits))
        && expressions.filter(known).all(|e| selects(&serde_json::json!({ "matchExpressions": [e] }), Some(labels)))
}

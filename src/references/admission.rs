//! Inventory -> NetworkPolicies that let nobody in by a rule, or keep pods from those that they call.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::agentic::input as agentic;
use crate::object::api_group::NETWORKING;
use crate::object::labels::selects;
use crate::object::object::Object;
use crate::object::selector::label_at;
use crate::references::calls::{self, Call};
use crate::references::fences::{Fences, Way, only_namespace};
use crate::references::inventory::Inventory;
use crate::references::running::Running;
use crate::references::strangers::strangers;
use crate::text::finding::{Code, Finding, Severity};

/// Every rule about whom NetworkPolicies let in and out.
pub fn admission(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let policies: Vec<&Object<'_>> = inventory.world.objects.of(NETWORKING, "NetworkPolicy").collect();
    if policies.is_empty() {
        return Vec::new();
    }
    let pods = Running::new(inventory);
    let mut findings: Vec<Finding> = policies.iter().flat_map(|policy| peers(inventory, &pods, policy)).collect();
    let calls = calls::calls(inventory, &pods);
    findings.extend(kept_away(inventory, &calls));
    findings.extend(strangers(inventory, &pods, &calls));
    findings
}

/// Each peer that is told by labels is some pod, where all pods of its namespace are known.
fn peers(inventory: &Inventory<'_, '_>, pods: &Running<'_>, policy: &Object<'_>) -> Vec<Finding> {
    let ingress = policy.all("/spec/ingress/*/from/*");
    let all = ingress.into_iter().chain(policy.all("/spec/egress/*/to/*"));
    let nobody = all.filter_map(|(pointer, peer)| {
        if let Some(finding) = otherwise_labelled(inventory, policy, &pointer, peer) {
            return Some(finding);
        }
        let selector = peer.get("podSelector").filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
        let namespace = match peer.get("namespaceSelector") {
            None => policy.home(),
            Some(namespaces) => only_namespace(namespaces)?,
        };
        inventory.find("", "Namespace", "", namespace)?;
        if inventory.is_of_others(namespace) && pods.of(namespace).next().is_none() {
            return None;
        }
        let gateway = selector["matchLabels"]["gateway.networking.k8s.io/gateway-name"].as_str();
        // No chart makes a Gateway, and an operator only that of a ToolGateway; other pods they may.
        let made = |name: &str| inventory.find(agentic::GROUP, "ToolGateway", namespace, name).is_some();
        let known = gateway.is_some_and(|name| !made(name)) && inventory.world.closed
            || !inventory.is_opaque(namespace) && (inventory.world.closed || pods.of(namespace).next().is_some());
        if !known || !pods.taken(namespace, selector).is_empty() {
            return None;
        }
        let message = format!("{} is for pods of the namespace {namespace} that are not there", policy.identity);
        let finding =
            policy.warning(Code::EmptySelection, &label_at(policy, &format!("{pointer}/podSelector")), message);
        Some(finding.help("compare with the labels in the pod templates there"))
    });
    nobody.collect()
}

/// A namespace by its name, with labels that it has not. By labels alone it may be one of others, who are let in on purpose.
fn otherwise_labelled(
    inventory: &Inventory<'_, '_>,
    policy: &Object<'_>,
    pointer: &str,
    peer: &Value,
) -> Option<Finding> {
    let wanted = peer.get("namespaceSelector").filter(|_| inventory.world.closed)?;
    let name = wanted["matchLabels"]["kubernetes.io/metadata.name"].as_str()?;
    let namespace = inventory.find("", "Namespace", "", name)?.object()?;
    let mut labels = namespace.at("/metadata/labels").and_then(Value::as_object).cloned().unwrap_or_default();
    labels.insert("kubernetes.io/metadata.name".into(), name.into());
    if selects(wanted, Some(&labels)) {
        return None;
    }
    let message = format!("{} is for the namespace {name} with labels that it has not", policy.identity);
    let at = label_at(policy, &format!("{pointer}/namespaceSelector"));
    let finding = policy
        .warning(Code::EmptySelection, &at, message)
        .related(namespace.place("/metadata"), "these are its labels");
    Some(finding.help("leave them out: the name is enough"))
}

/// Pods that call others, and policies of the one side or the other that do not let them.
fn kept_away(inventory: &Inventory<'_, '_>, calls: &[Call<'_, '_>]) -> Vec<Finding> {
    let (fences, mut told) = (Fences::new(inventory), BTreeSet::new());
    let mut findings = Vec::new();
    for call in calls {
        for (way, own, other) in [(Way::In, call.to, call.from), (Way::Out, call.from, call.to)] {
            let Some(policy) = fences.closed(way, own, other, call.port) else { continue };
            let ends = [policy, &call.from.owner, &call.to.owner].map(|object| object.identity.to_string());
            if told.insert((way.rules(), ends, call.port)) {
                findings.push(Finding { severity: severity(inventory), ..closed(policy, way, call) });
            }
        }
    }
    findings
}

/// In a folder of others a policy that lets them may lie elsewhere.
fn severity(inventory: &Inventory<'_, '_>) -> Severity {
    if inventory.world.closed { Severity::Error } else { Severity::Warning }
}

fn closed(policy: &Object<'_>, way: Way, call: &Call<'_, '_>) -> Finding {
    let (from, to) = (call.from.owner.identity, call.to.owner.identity);
    let port = call.port.map_or_else(String::new, |port| format!("port {port} of "));
    let (message, help) = match way {
        Way::In => (
            format!("{} does not let {from} in, which calls {port}{to}", policy.identity),
            "let it in: a rule of `ingress` with the namespace and the labels of its pods, and the port of the pods",
        ),
        Way::Out => (
            format!("{} does not let {from} out, which calls {port}{to}", policy.identity),
            "let it out: a rule of `egress` with the namespace and the labels of those pods, and their port",
        ),
    };
    let at = if policy.at(way.rules()).is_some() { way.rules() } else { "/spec" };
    let (said, pointer) = &call.said;
    policy.error(Code::PolicyBlocksCall, at, message).related(said.place(pointer), "this is the call").help(help)
}

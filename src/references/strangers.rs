//! Inventory -> NetworkPolicies that let in whom nobody names: everybody, at a port for which another policy of the same pods
//! names some; and, where all pods are known, pods that call nothing there. Policies add up, so that the wider one counts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use crate::object::api_group::NETWORKING;
use crate::object::object::Object;
use crate::references::calls::Call;
use crate::references::fences::only_namespace;
use crate::references::gateways;
use crate::references::inventory::Inventory;
use crate::references::pods::Pods;
use crate::references::running::Running;
use crate::text::finding::{Code, Finding};

/// Both.
pub fn strangers(inventory: &Inventory<'_, '_>, pods: &Running<'_>, calls: &[Call<'_, '_>]) -> Vec<Finding> {
    let policies: Vec<&Object<'_>> = inventory.world.objects.of(NETWORKING, "NetworkPolicy").collect();
    let mut findings = undone(pods, &policies);
    // Elsewhere the one that calls may be in no file.
    if inventory.world.closed {
        findings.extend(policies.iter().flat_map(|policy| uncalled(inventory, pods, calls, policy)));
    }
    findings
}

fn rules<'a>(policy: &Object<'a>) -> &'a [Value] {
    policy.items("/spec/ingress")
}

fn selector<'a>(policy: &Object<'a>) -> &'a Value {
    policy.at("/spec/podSelector").unwrap_or(&Value::Null)
}

/// No peer, or one that is every pod.
fn is_for_all(rule: &Value) -> bool {
    let any = |selector: &Value| selector.as_object().is_some_and(serde_json::Map::is_empty);
    let every = |peer: &Value| {
        peer.get("namespaceSelector").is_some_and(any) && peer.get("podSelector").is_none_or(any)
            || peer["ipBlock"]["cidr"] == "0.0.0.0/0" && peer["ipBlock"].get("except").is_none()
    };
    rule["from"].as_array().is_none_or(|peers| peers.is_empty() || peers.iter().any(every))
}

/// The ports of a rule; none: all of them.
fn ports(rule: &Value) -> Option<BTreeSet<String>> {
    let listed = rule["ports"].as_array().filter(|ports| !ports.is_empty())?;
    Some(listed.iter().map(|port| port["port"].to_string()).collect())
}

/// A policy with what is asked of it for each other one.
struct Admits<'p, 'a> {
    policy: &'p Object<'a>,
    /// Positions of its pods.
    pods: Rc<[usize]>,
    /// The ports of the rules that name who may call them.
    named: Vec<BTreeSet<String>>,
}

/// Rules for everybody, and rules of another policy of the same pods that name who may call these ports.
fn undone(pods: &Running<'_>, policies: &[&Object<'_>]) -> Vec<Finding> {
    let mut by_home: BTreeMap<&str, Vec<Admits<'_, '_>>> = BTreeMap::new();
    for policy in policies {
        let named = rules(policy).iter().filter(|rule| !is_for_all(rule)).filter_map(ports).collect();
        let pods = pods.positions(policy.home(), selector(policy));
        by_home.entry(policy.home()).or_default().push(Admits { policy, pods, named });
    }
    let all = by_home.values().flat_map(|beside| beside.iter().map(move |own| (own, beside)));
    all.filter_map(|(own, beside)| widened(own, beside)).collect()
}

fn widened(own: &Admits<'_, '_>, beside: &[Admits<'_, '_>]) -> Option<Finding> {
    let policy = own.policy;
    let (i, other, at) =
        rules(policy).iter().enumerate().filter(|(_, rule)| is_for_all(rule)).find_map(|(i, rule)| {
            let open = ports(rule);
            let narrowed = |other: &Admits<'_, '_>| {
                let narrow = |named: &&BTreeSet<String>| open.as_ref().is_none_or(|open| named.is_subset(open));
                let named = other.named.iter().find(narrow)?;
                let same = Rc::ptr_eq(&own.pods, &other.pods) && !own.pods.is_empty();
                (same || other.pods.iter().any(|pod| own.pods.binary_search(pod).is_ok())).then(|| named.clone())
            };
            let mut others = beside.iter().filter(|other| other.policy.identity != policy.identity);
            others.find_map(|other| Some((i, other.policy, narrowed(other)?)))
        })?;
    let at: Vec<String> = at.into_iter().map(|port| port.trim_matches('"').to_owned()).collect();
    let message = format!(
        "{} lets everybody in at port {}, for which {} names who may call",
        policy.identity,
        at.join(", "),
        other.identity
    );
    let finding = policy.warning(Code::PolicyAdmitsStrangers, &format!("/spec/ingress/{i}"), message);
    let finding = finding.related(other.place("/spec/ingress"), "this names them");
    Some(finding.help("policies add up: name the callers here as well, or take the rule away"))
}

/// Peers whose pods are known, and call none of the pods behind the policy.
fn uncalled(
    inventory: &Inventory<'_, '_>,
    pods: &Running<'_>,
    calls: &[Call<'_, '_>],
    policy: &Object<'_>,
) -> Vec<Finding> {
    let behind = pods.taken(policy.home(), selector(policy));
    let is_behind = |called: &Pods<'_>| behind.iter().any(|b| b.owner.identity == called.owner.identity);
    // What an operator runs is called by its operator too; and where no caller is told, none of the peers can be told either.
    if behind.iter().any(|pods| pods.template.is_none()) || !calls.iter().any(|call| is_behind(call.to)) {
        return Vec::new();
    }
    let calls_there = |caller: &Pods<'_>| {
        let own = |call: &&Call<'_, '_>| call.from.owner.identity == caller.owner.identity;
        is_behind(caller) || calls.iter().filter(own).any(|call| is_behind(call.to))
    };
    let known =
        |caller: &Pods<'_>| caller.template.is_some() || gateways::is_agentgateway(inventory.world, &caller.owner);
    let peers = policy.all("/spec/ingress/*/from/*").into_iter();
    let found = peers.filter_map(|(pointer, peer)| {
        let callers = peer.get("podSelector").filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
        let namespace = match peer.get("namespaceSelector") {
            None => policy.home(),
            Some(namespaces) => only_namespace(namespaces)?,
        };
        let callers = pods.taken(namespace, callers);
        let first = callers.first()?;
        if inventory.is_opaque(namespace) || !callers.iter().all(|c| known(c) && !calls_there(c)) {
            return None;
        }
        let (caller, called) = (&first.owner.identity, &behind[0].owner.identity);
        let message = format!("{} lets {caller} in, which calls nothing of {called}", policy.identity);
        let finding = policy.warning(Code::PolicyAdmitsStrangers, &pointer, message);
        Some(finding.help("take the peer away; what is called is told by addresses, routes, pools and policies"))
    });
    found.collect()
}

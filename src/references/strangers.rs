//! Inventory -> NetworkPolicies that let in whom nobody names: everybody, at a port for which another rule, or another policy of
//! the same pods, names some; and, where all pods are known, pods that call nothing there, and everybody at a database. Rules and
//! policies add up, so that the wider one counts.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use crate::object::api_group::NETWORKING;
use crate::object::object::{Identity, Object};
use crate::references::calls::Call;
use crate::references::fences::{has_port, only_namespace};
use crate::references::gateways;
use crate::references::inventory::Inventory;
use crate::references::pods::Pods;
use crate::references::running::Running;
use crate::text::finding::{Code, Finding};

/// Ports of PostgreSQL and of Redis, at which only programs that keep something there have business.
const DATABASES: [i64; 2] = [5432, 6379];

/// All of them.
pub fn strangers(inventory: &Inventory<'_, '_>, pods: &Running<'_>, calls: &[Call<'_, '_>]) -> Vec<Finding> {
    let policies: Vec<&Object<'_>> = inventory.world.objects.of(NETWORKING, "NetworkPolicy").collect();
    let mut undone = undone(pods, &policies);
    // One is enough. Elsewhere than in a tree of ours others may run their database open on purpose.
    let told = |policy: &&Object<'_>| {
        let open = || inventory.world.closed.then(|| database(pods, calls, policy))?;
        undone.remove(policy.identity).or_else(|| moot(policy)).or_else(open)
    };
    let mut findings: Vec<Finding> = policies.iter().filter_map(told).collect();
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

/// Whom a peer stands for that names no pods; later is more.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Wide {
    OwnNamespace,
    Pods,
    Addresses,
}

fn wide(peer: &Value, home: &str) -> Option<Wide> {
    let any = |selector: &Value| selector.as_object().is_some_and(serde_json::Map::is_empty);
    if let Some(block) = peer.get("ipBlock") {
        let all = ["0.0.0.0/0", "::/0"].iter().any(|cidr| block["cidr"] == *cidr) && block.get("except").is_none();
        return all.then_some(Wide::Addresses);
    }
    let namespaces = peer.get("namespaceSelector");
    match peer.get("podSelector").is_none_or(any) {
        true if namespaces.is_some_and(any) => Some(Wide::Pods),
        true if is_own(peer, home) => Some(Wide::OwnNamespace),
        _ => None,
    }
}

/// Whether its pods are of the policy's own namespace.
fn is_own(peer: &Value, home: &str) -> bool {
    let own = |namespaces| only_namespace(namespaces) == Some(home);
    peer.get("ipBlock").is_none() && peer.get("namespaceSelector").is_none_or(own)
}

fn peers(rule: &Value) -> &[Value] {
    rule["from"].as_array().map_or(&[], Vec::as_slice)
}

/// No peer, or one that is every pod.
fn is_for_all(rule: &Value) -> bool {
    let every = |peer| matches!(wide(peer, ""), Some(Wide::Addresses | Wide::Pods));
    peers(rule).is_empty() || peers(rule).iter().any(every)
}

/// The ports of a rule; none: all of them.
fn ports(rule: &Value) -> Option<BTreeSet<String>> {
    let listed = rule["ports"].as_array().filter(|ports| !ports.is_empty())?;
    let shown = |port: &Value| {
        let number = port["port"].as_str().map_or_else(|| port["port"].to_string(), str::to_owned);
        let end = port.get("endPort").map_or_else(String::new, |end| format!("-{end}"));
        let protocol = port["protocol"].as_str().filter(|p| *p != "TCP").map_or_else(String::new, |p| format!("/{p}"));
        number + &end + &protocol
    };
    Some(listed.iter().map(shown).collect())
}

/// Whom a rule lets in beside a peer that means fewer, and with it.
fn beside(home: &str, rule: &Value, named: &Value) -> Option<&'static str> {
    let means = wide(named, home);
    if peers(rule).is_empty() {
        return (means < Some(Wide::Pods)).then_some("everybody");
    }
    let block = |peer: &Value| peer["ipBlock"]["cidr"].as_str().map(|cidr| cidr.contains(':'));
    peers(rule).iter().filter(|peer| wide(peer, home) > means).find_map(|peer| match wide(peer, home)? {
        Wide::Addresses => (block(named).is_none() || block(named) == block(peer)).then_some("everybody"),
        Wide::Pods => block(named).is_none().then_some("every pod"),
        Wide::OwnNamespace => is_own(named, home).then_some("every pod of its namespace"),
    })
}

/// A rule for everybody, and a peer of the same policy that names who may call these ports.
fn moot(policy: &Object<'_>) -> Option<Finding> {
    let home = policy.home();
    let all: Vec<(usize, &Value, Option<BTreeSet<String>>)> =
        rules(policy).iter().enumerate().map(|(i, rule)| (i, rule, ports(rule))).collect();
    // A rule without anything is told as such.
    let is_open = |rule: &Value| {
        let wide = peers(rule).is_empty() || peers(rule).iter().any(|peer| wide(peer, home).is_some());
        wide && rule.as_object().is_some_and(|rule| !rule.is_empty())
    };
    let open = all.iter().filter(|(_, rule, _)| is_open(rule));
    let mut pairs = open.flat_map(|own| all.iter().map(move |other| (own, other)));
    let (i, j, whom, at) = pairs.find_map(|((i, rule, open), (j, other, at))| {
        if !open.as_ref().is_none_or(|open| at.as_ref().is_some_and(|at| at.is_subset(open))) {
            return None;
        }
        let named = peers(other).iter().filter(|peer| i != j || wide(peer, home).is_none());
        let whom = named.map(|peer| beside(home, rule, peer)).collect::<Option<Vec<_>>>()?;
        Some((*i, *j, *whom.first()?, at.clone()))
    })?;
    let at = at.map_or_else(|| "every port".to_owned(), |at| format!("port {}", Vec::from_iter(at).join(", ")));
    let other = if i == j { "it" } else { "another rule" };
    let message = format!("{} lets {whom} in at {at}, for which {other} names who may call", policy.identity);
    let finding = policy.warning(Code::PolicyAdmitsStrangers, &format!("/spec/ingress/{i}"), message);
    let finding = finding.related(policy.place(&format!("/spec/ingress/{j}")), "this names them");
    Some(finding.help("rules and peers add up: take the wide one away, or the names, which say nothing beside it"))
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
fn undone<'a>(pods: &Running<'_>, policies: &[&Object<'a>]) -> BTreeMap<&'a Identity, Finding> {
    let mut by_home: BTreeMap<&str, Vec<Admits<'_, '_>>> = BTreeMap::new();
    for policy in policies {
        let named = rules(policy).iter().filter(|rule| !is_for_all(rule)).filter_map(ports).collect();
        let pods = pods.positions(policy.home(), selector(policy));
        by_home.entry(policy.home()).or_default().push(Admits { policy, pods, named });
    }
    let all = by_home.values().flat_map(|beside| beside.iter().map(move |own| (own, beside)));
    all.filter_map(|(own, beside)| Some((own.policy.identity, widened(own, beside)?))).collect()
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
    let message = format!(
        "{} lets everybody in at port {}, for which {} names who may call",
        policy.identity,
        Vec::from_iter(at).join(", "),
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

/// Everybody at the port of a database whose callers are known.
fn database(pods: &Running<'_>, calls: &[Call<'_, '_>], policy: &Object<'_>) -> Option<Finding> {
    let behind = pods.taken(policy.home(), selector(policy));
    let mut open = rules(policy).iter().enumerate().filter(|(_, rule)| is_for_all(rule));
    open.find_map(|(i, rule)| {
        let opened = |call: &&Call<'_, '_>| {
            call.port.is_some_and(|port| DATABASES.contains(&port))
                && has_port(rule, call.to, call.port)
                && call.from.owner.identity != call.to.owner.identity
                && behind.iter().any(|pods| pods.owner.identity == call.to.owner.identity)
        };
        let call = calls.iter().find(opened)?;
        let message = format!(
            "{} lets everybody in at port {} of {}, a database that {} calls",
            policy.identity, call.port?, call.to.owner.identity, call.from.owner.identity
        );
        let finding = policy.warning(Code::PolicyAdmitsStrangers, &format!("/spec/ingress/{i}"), message);
        Some(finding.help("name who calls it in `from`"))
    })
}

//! Who reaches which pods: NetworkPolicies.

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::object::labels::selects;
use crate::render::tree::Tree;
use crate::text::finding::Code;
use crate::text::kubeyaml;
use crate::text::source::Source;
use crate::verdict::builtin::network::lies_in;

pub(super) fn network(sight: &Sight<'_>) -> Vec<Risk> {
    if !sight.change.identity.kind.ends_with("NetworkPolicy") {
        return Vec::new();
    }
    let help = "say in the review who reaches these pods, or whom they reach, from now on";
    if sight.change.kind == Kind::Removed && pods_stay(sight) {
        let closed = sight.old.is_some_and(|old| closed_still(sight, &old.value));
        let told = || sight.risk(Code::NetworkLoosened, "it is gone, and the pods that it closed stay", help);
        return if closed { Vec::new() } else { vec![told()] };
    }
    if sight.change.kind == Kind::Added {
        let opened = sight.new.into_iter().flat_map(|new| opened_beside(sight, &new.value));
        let message = |way: &str| format!("pods that another policy closed have more {way} by it");
        return opened.map(|way| sight.risk(Code::NetworkLoosened, message(way), help)).collect();
    }
    let narrower = |field: &Field| match field.new.is_none() {
        true => field.key() == "*" && !field.passes(&["except"]) && !emptied(sight, field),
        false => limits_more(sight, field),
    };
    let opens = |field: &&Field| {
        let spec = field.steps.first().is_some_and(|step| step == "spec");
        let order = field.old.as_ref().and_then(Value::as_array).is_some() && field.shown.ends_with(" (order)");
        let said = field.key() == "protocol" && field.old.is_none() && field.new == Some("TCP".into());
        let same = order || said || (field.passes(&["policyTypes"]) && field.old.is_none());
        spec && !narrower(field) && !same && !is_to_newcomers(sight, field)
    };
    let fields = sight.change.fields.iter().filter(opens);
    fields.map(|f| sight.at(f, Code::NetworkLoosened, format!("it goes {}", from_to(f)), help)).collect()
}

/// The policies of a cluster.
fn policies(tree: &Tree) -> Vec<Value> {
    let files = tree.iter().filter(|(path, _)| path.contains("/networkpolicy-"));
    files.flat_map(|(path, text)| kubeyaml::values(&Source::new(path, &**text)).unwrap_or_default()).collect()
}

/// Whether a policy closes its pods in a way.
fn of_type(policy: &Value, way: &str) -> bool {
    let types = policy["spec"]["policyTypes"].as_array();
    types.map_or(way == "Ingress", |types| types.iter().any(|t| t == way))
}

/// Whether a policy closes in a way the pods that another one is for.
fn closes(way: &str, other: &Value, policy: &Value) -> bool {
    let pods = &other["spec"]["podSelector"];
    let all = pods.as_object().is_some_and(serde_json::Map::is_empty);
    other["metadata"]["namespace"] == policy["metadata"]["namespace"]
        && of_type(other, way)
        && (all || selects(pods, policy["spec"]["podSelector"]["matchLabels"].as_object()))
}

/// Whether others close what a policy closed that goes: without it less gets through.
fn closed_still(sight: &Sight<'_>, gone: &Value) -> bool {
    let now = policies(sight.now.tree);
    let mut ways = ["Ingress", "Egress"].into_iter().filter(|way| of_type(gone, way));
    ways.all(|way| now.iter().any(|other| closes(way, other, gone)))
}

/// Whether pods of a policy that goes are still there: its namespace is, and they do not go with it.
fn pods_stay(sight: &Sight<'_>) -> bool {
    let namespace = &sight.change.identity.namespace;
    let all = |selector: &Value| selector.as_object().is_none_or(serde_json::Map::is_empty);
    let selector = sight.old.map_or(&Value::Null, |old| &old.value["spec"]["podSelector"]);
    sight.place_stays() && (all(selector) || !sight.has_pods(namespace, selector, (&sight.before, &sight.now)))
}

/// Whether a field of a rule says more of whom or what it is for: a label more, a network in the one before, ports where there were all.
fn limits_more(sight: &Sight<'_>, field: &Field) -> bool {
    let rule = field.steps.get(1).is_some_and(|step| ["ingress", "egress"].contains(&step.as_str()));
    let within = |step: &str| field.steps.iter().any(|s| s == step);
    let inside = |value: &Option<Value>, other: &Option<Value>| {
        let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
        text(value).zip(text(other)).is_some_and(|(inner, outer)| lies_in(&inner, &outer))
    };
    let beside = || {
        let peer = field.pointer.rsplit_once('/').map_or("", |(peer, _)| peer);
        sight.old.and_then(|old| old.value.pointer(peer)).is_some_and(|peer| peer.get("namespaceSelector").is_some())
    };
    rule && match field.key() {
        "cidr" => inside(&field.new, &field.old),
        "ports" | "from" | "to" | "except" => field.old.is_none(),
        "podSelector" => field.old.is_none() && beside(),
        _ => field.old.is_none() && (within("matchLabels") || within("matchExpressions") || within("except")),
    }
}

/// The ways in which a new policy opens pods that were there, and that another policy closed before.
fn opened_beside(sight: &Sight<'_>, policy: &Value) -> Vec<&'static str> {
    let namespace = &sight.change.identity.namespace;
    let pods = &policy["spec"]["podSelector"];
    if is_of_newcomers(sight, namespace, pods) || brings_a_chart(sight, namespace) {
        return Vec::new();
    }
    let before = policies(sight.before.tree);
    let opens = |way: &str, key: &str| {
        let rules = policy["spec"][key].as_array().map_or(&[][..], Vec::as_slice);
        let mut strange = rules.iter().filter(|rule| !(asks_for_names(rule) || names_only_newcomers(sight, rule)));
        strange.next().is_some() && before.iter().any(|other| closes(way, other, policy))
    };
    [("Ingress", "ingress"), ("Egress", "egress")]
        .into_iter()
        .filter(|(way, key)| opens(way, key))
        .map(|(_, key)| key)
        .collect()
}

/// Whether a rule or peer that is new names nobody but pods that come with the same change, and so had no policy before.
fn is_to_newcomers(sight: &Sight<'_>, field: &Field) -> bool {
    let (None, Some(new)) = (&field.old, &field.new) else { return false };
    // The first rules of a pod that called nobody: with them it asks for the addresses of the newcomers.
    match new.as_array() {
        Some(rules) => {
            let mut others = rules.iter().filter(|rule| !asks_for_names(rule)).peekable();
            others.peek().is_some() && others.all(|rule| names_only_newcomers(sight, rule))
        }
        None => names_only_newcomers(sight, new),
    }
}

/// Whether a rule opens the ports of DNS and no other.
fn asks_for_names(rule: &Value) -> bool {
    let ports = rule["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    !ports.is_empty() && ports.iter().all(|port| [53, 5353].iter().any(|dns| port["port"] == *dns))
}

/// A rule, or one peer.
fn names_only_newcomers(sight: &Sight<'_>, new: &Value) -> bool {
    let of_rule = ["to", "from"].iter().filter_map(|way| new[*way].as_array()).flatten();
    let peers: Vec<&Value> = if new.get("podSelector").is_some() { vec![new] } else { of_rule.collect() };
    !peers.is_empty() && peers.iter().all(|peer| names_newcomers(sight, peer))
}

fn names_newcomers(sight: &Sight<'_>, peer: &Value) -> bool {
    let namespace = &peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"];
    let selector = &peer["podSelector"];
    let (Some(namespace), true) = (namespace.as_str(), selector["matchLabels"].is_object()) else { return false };
    is_of_newcomers(sight, namespace, selector)
}

/// Whether an Application with a chart comes to the namespace, whose pods stand in no file.
fn brings_a_chart(sight: &Sight<'_>, namespace: &str) -> bool {
    let mut fresh =
        sight.now.things.iter().filter(|(id, _)| id.kind == "Application" && !sight.before.things.contains_key(id));
    fresh.any(|(_, app)| {
        let spec = &app.value["spec"];
        spec["sources"].is_array() && spec["destination"]["namespace"] == *namespace
    })
}

/// Whether a selector takes pods that come with the same change.
fn is_of_newcomers(sight: &Sight<'_>, namespace: &str, selector: &Value) -> bool {
    sight.has_pods(namespace, selector, (&sight.now, &sight.before))
}

/// Whether the list that lost an item has none left: an empty list of peers lets everybody in.
fn emptied(sight: &Sight<'_>, field: &Field) -> bool {
    let list = field.pointer.rsplit_once('/').map_or("", |(list, _)| list);
    let items = sight.new.and_then(|new| new.value.pointer(list)).and_then(Value::as_array).map(Vec::len);
    let peers = ["from", "to", "ports"].iter().any(|key| list.ends_with(key));
    field.passes(&["policyTypes"]) || (peers && items.is_none_or(|items| items == 0))
}

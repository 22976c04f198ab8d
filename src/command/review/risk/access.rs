//! Who may ask: authentication, routes that a listener takes, tools, and the network.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::risk::limits::held;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::object::kinds;
use crate::object::labels::selects;
use crate::text::finding::Code;
use crate::text::pointer::{each, part};

/// Parts of a policy that ask who somebody is, or whether he may.
const ASKS: [&str; 8] = [
    "apiKeyAuthentication",
    "authorization",
    "basicAuthentication",
    "extAuth",
    "jwtAuthentication",
    "mtls",
    "frontendValidation",
    "authentication",
];

/// Switches of LiteLLM that open something, each with the value that does.
const OPENING: [(&str, bool); 5] = [
    ("allow_client_side_credentials", true),
    ("allow_requests_on_db_unavailable", true),
    ("disable_spend_logs", true),
    ("global_disable_no_log_param", false),
    ("store_model_in_db", true),
];

pub(super) fn auth(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who gets in from now on; Argo CD changes this at once";
    let own = |field: &&Field| !(field.passes(&["mcp", "authorization"]));
    let mut risks: Vec<Risk> = sight
        .leaves
        .iter()
        .filter(own)
        .filter(|field| weaker(field))
        .map(|field| {
            sight.at(field, Code::AuthLoosened, format!("what keeps others out goes {}", from_to(field)), help)
        })
        .collect();
    if sight.goes() && ASKS.iter().any(|part| held(sight, part)) {
        risks.push(sight.risk(Code::AuthLoosened, "it asked for a key, and what it guarded stays", help));
    }
    let asks = |thing: &Value| ASKS.iter().any(|part| !thing["spec"]["traffic"][part].is_null());
    let aims = |field: &&Field| field.passes(&["spec", "targetRefs"]) && field.old.is_some();
    if sight.new.is_some_and(|thing| asks(&thing.value))
        && let Some(field) = sight.leaves.iter().find(aims)
    {
        risks.push(sight.at(field, Code::AuthLoosened, "it asks for a key somewhere else from now on", help));
    }
    risks
}

fn weaker(field: &Field) -> bool {
    let below = field.steps.iter().any(|step| ASKS.contains(&step.as_str()));
    let was = |word: &str| field.old.as_ref().is_some_and(|old| old == word);
    match field.key() {
        "mode" if below => was("Strict"),
        "protocol" if field.passes(&["listeners"]) => was("HTTPS") || was("TLS"),
        "master_key" => field.old.is_some(),
        "allowed_routes" | "public_routes" => true,
        _ if field.passes(&["allowed_routes"]) || field.passes(&["public_routes"]) => field.new.is_some(),
        "cacheDuration" | "jwksPath" => false,
        key if OPENING.iter().any(|(switch, _)| *switch == key) => OPENING
            .iter()
            .any(|(switch, opens)| *switch == key && field.new.as_ref().map_or(!opens, |new| new == opens)),
        "configurable_clientside_auth_params" => field.new.is_some(),
        // A further rule, issuer or audience lets more in; one that goes may have been all that kept others out.
        _ => below,
    }
}

pub(super) fn routes(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "routes of these namespaces take over paths and traffic: name the namespaces that need it";
    let ours = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        sight.now.things.keys().any(|id| id.kind == "Namespace" && id.name == name)
    };
    let wider = |field: &&Field| {
        let within = field.passes(&["allowedRoutes"]);
        let grant = sight.is("ReferenceGrant");
        match (&field.old, &field.new) {
            (old, Some(new)) if within && field.key() == "from" => {
                new == "All" || old.as_ref().is_some_and(|old| old == "Same")
            }
            (None, Some(new)) if within && field.passes(&["values"]) => !ours(new),
            (Some(_), None) if within => field.passes(&["selector"]) && !field.passes(&["values"]),
            (Some(_), Some(_)) => within || grant,
            (None, Some(_)) => grant,
            _ => false,
        }
    };
    let fields = sight.leaves.iter().filter(wider);
    let mut risks: Vec<Risk> = fields
        .map(|f| sight.at(f, Code::RoutesLoosened, format!("whose routes are taken goes {}", from_to(f)), help))
        .collect();
    if sight.is("ReferenceGrant") && sight.change.kind == Kind::Added {
        risks.push(sight.risk(Code::RoutesLoosened, "another namespace may refer to what lies here", help));
    }
    risks
}

pub(super) fn tools(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let (before, now) = (Tools::of(&old.value), Tools::of(&new.value));
    let help = "say in the review what the new tools can read and change";
    let mut risks = Vec::new();
    if before.limited && !now.limited {
        risks.push(sight.risk(Code::ToolsLoosened, "every tool may be called from now on", help));
    } else if let Some(more) = now.said_more_than(&before).filter(|_| before.limited) {
        risks.push(sight.risk(Code::ToolsLoosened, format!("more tools may be called: {more}"), help));
    }
    risks
}

/// The tools that an object lets through.
struct Tools {
    limited: bool,
    allowed: BTreeSet<String>,
    denied: BTreeSet<String>,
}

impl Tools {
    fn of(value: &Value) -> Self {
        let mut tools = Tools { limited: false, allowed: BTreeSet::new(), denied: BTreeSet::new() };
        let authorization = &value["spec"]["policies"]["mcp"]["authorization"];
        let traffic = &value["spec"]["backend"]["mcp"]["authorization"];
        for rules in [authorization, traffic] {
            tools.limited |= !rules.is_null();
            each(rules, "/policy/matchExpressions/*", &mut |_, rule| {
                tools.allowed.extend(quoted(rule.as_str().unwrap_or_default()));
            });
        }
        each(value, "/spec/**/toolFilter", &mut |_, _| tools.limited = true);
        for (part, into) in [("allow", &mut tools.allowed), ("deny", &mut tools.denied)] {
            each(value, &format!("/spec/**/toolFilter/{part}/*"), &mut |_, name| {
                into.extend(name.as_str().map(str::to_owned));
            });
        }
        tools
    }

    fn said_more_than(&self, before: &Tools) -> Option<String> {
        let more = self.allowed.difference(&before.allowed).chain(before.denied.difference(&self.denied));
        let more: Vec<&str> = more.map(String::as_str).collect();
        (!more.is_empty()).then(|| more.join(", "))
    }
}

/// What stands in quotes; all of a rule that quotes nothing.
fn quoted(rule: &str) -> Vec<String> {
    let parts: Vec<String> = rule.split(['"', '\'']).skip(1).step_by(2).map(str::to_owned).collect();
    if parts.is_empty() { vec![rule.to_owned()] } else { parts }
}

pub(super) fn network(sight: &Sight<'_>) -> Vec<Risk> {
    if !sight.change.identity.kind.ends_with("NetworkPolicy") {
        return Vec::new();
    }
    let help = "say in the review who reaches these pods, or whom they reach, from now on";
    if sight.goes() && sight.component_stays() {
        return vec![sight.risk(Code::NetworkLoosened, "it is gone, and the pods that it closed stay", help)];
    }
    let narrower = |field: &Field| field.new.is_none() && field.key() == "*" && !emptied(sight, field);
    let opens = |field: &&Field| {
        let spec = field.steps.first().is_some_and(|step| step == "spec");
        let same = field.passes(&["policyTypes"]) && field.old.is_none();
        spec && !narrower(field) && !same && !is_to_newcomers(sight, field)
    };
    let fields = sight.change.fields.iter().filter(opens);
    fields.map(|f| sight.at(f, Code::NetworkLoosened, format!("it goes {}", from_to(f)), help)).collect()
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
    let mut newcomers = sight.now.things.iter().filter(|(identity, _)| !sight.before.things.contains_key(identity));
    newcomers.any(|(identity, thing)| {
        let labels = |pointer: &String| part(&thing.value, &format!("{pointer}/metadata/labels"))?.as_object();
        let mut pods = kinds::of(&identity.group, &identity.kind).pods.iter().filter_map(labels);
        identity.namespace == namespace && pods.any(|labels| selects(selector, Some(labels)))
    })
}

/// Whether the list that lost an item has none left: an empty list of peers lets everybody in.
fn emptied(sight: &Sight<'_>, field: &Field) -> bool {
    let list = field.pointer.rsplit_once('/').map_or("", |(list, _)| list);
    let items = sight.new.and_then(|new| new.value.pointer(list)).and_then(Value::as_array).map(Vec::len);
    let peers = ["from", "to", "ports"].iter().any(|key| list.ends_with(key));
    field.passes(&["policyTypes"]) || (peers && items.is_none_or(|items| items == 0))
}

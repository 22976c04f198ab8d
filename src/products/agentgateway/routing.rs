//! Known traps of routing by model on agentgateway: the header that a policy has to set, and paths that models share.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::GATEWAY;
use crate::object::object::{Identity, Object, ObjectRule};
use crate::references::gateways::{gateways, is_agentgateway, policies, targets};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[header_value];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[header_without_policy, shared_model_path, small_body_limit];

/// agentgateway rejects such a route while its status stays good, and a proxy that starts with it never becomes ready.
fn header_value(route: &Object<'_>) -> Vec<Finding> {
    if route.identity.group != GATEWAY {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lists = ["matches/*/headers", "filters/*/requestHeaderModifier/set", "filters/*/requestHeaderModifier/add"];
    for (pointer, value) in lists.iter().flat_map(|list| route.all(&format!("/spec/rules/*/{list}/*/value"))) {
        if value.as_str().is_some_and(|v| v.contains(char::is_control)) {
            let message = format!(
                "{} has a control character in the value of a header: a proxy that starts with it never becomes ready",
                route.identity
            );
            let finding = route.error(Code::HeaderValue, &pointer, message);
            findings.push(finding.help("a model that is chosen by a header needs a name of printable characters"));
        }
    }
    findings
}

/// Headers that name a model (Gateway API Inference Extension); agentgateway sets neither by itself.
const MODEL_HEADERS: [&str; 2] = ["x-gateway-base-model-name", "x-gateway-model-name"];

/// A match of a route on the model.
struct Match<'w, 'a> {
    route: &'w Object<'a>,
    /// Pointer to the match's headers.
    pointer: String,
    /// Headers that name the model, lower case, with their values.
    model: BTreeMap<String, &'a str>,
    /// The path, without a `/` at its end.
    path: &'a str,
    exact: bool,
}

fn matches<'w, 'a>(route: &'w Object<'a>) -> Vec<Match<'w, 'a>> {
    let one = |(pointer, part): (String, &'a Value)| {
        let headers = part["headers"].as_array()?.iter();
        let pairs = headers.filter_map(|h| Some((h["name"].as_str()?.to_lowercase(), h["value"].as_str()?)));
        let model: BTreeMap<String, &str> = pairs.filter(|(name, _)| MODEL_HEADERS.contains(&name.as_str())).collect();
        let path = part["path"]["value"].as_str().unwrap_or_default().trim_end_matches('/');
        let exact = part["path"]["type"].as_str().is_some_and(|kind| kind != "PathPrefix");
        (!model.is_empty()).then(|| Match { route, pointer: format!("{pointer}/headers"), model, path, exact })
    };
    route.all("/spec/rules/*/matches/*").into_iter().filter_map(one).collect()
}

/// The matches on a model of all routes of each Gateway of agentgateway.
fn by_gateway<'w, 'a>(world: &'w World<'a>) -> BTreeMap<&'w Identity, (&'w Object<'a>, Vec<Match<'w, 'a>>)> {
    let mut found = BTreeMap::new();
    for route in world.objects.of(GATEWAY, "HTTPRoute").filter(|route| !matches(route).is_empty()) {
        for gateway in gateways(world, route) {
            let entry = found.entry(gateway.identity).or_insert_with(|| (gateway, Vec::new()));
            entry.1.extend(matches(route));
        }
    }
    found
}

/// The headers that are set before routing on a Gateway; `None` when something we do not see into may set any.
fn headers_set<'a>(world: &World<'a>, gateway: &Object<'_>) -> Option<BTreeSet<String>> {
    let mut set = BTreeSet::new();
    for policy in policies(world).filter(|p| p.text_at("/spec/traffic/phase") == "PreRouting") {
        // A ListenerSet belongs to some Gateway, perhaps this one.
        let on_listeners = policy.items("/spec/targetRefs").iter().any(|t| t["kind"] == "ListenerSet");
        if !targets(policy, gateway) && !on_listeners {
            continue;
        }
        let opaque = ["extProc", "extAuth"].iter().any(|f| policy.at(&format!("/spec/traffic/{f}")).is_some());
        if opaque || on_listeners {
            return None;
        }
        for head in ["/spec/traffic/transformation", "/spec/traffic/transformation/conditional/*/policy"] {
            let names = ["set", "add"].map(|verb| policy.all(&format!("{head}/request/{verb}/*/name")));
            set.extend(names.concat().into_iter().filter_map(|(_, name)| Some(name.as_str()?.to_lowercase())));
        }
    }
    Some(set)
}

fn header_without_policy(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (gateway, matches) in by_gateway(world).into_values() {
        let Some(set) = headers_set(world, gateway) else { continue };
        for found in matches {
            let Some(header) = found.model.keys().find(|name| !set.contains(*name)) else { continue };
            let message = format!(
                "{} matches on the header {header}, which no PreRouting policy on {} sets: the caller chooses the model, or nobody does",
                found.route.identity, gateway.identity
            );
            let finding = found.route.error(Code::HeaderWithoutPolicy, &found.pointer, message);
            findings.push(finding.help(
                "let an AgentgatewayPolicy with `phase: PreRouting` on the Gateway set it to `string(json(request.body).model)`",
            ));
        }
    }
    findings
}

fn shared_model_path(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (gateway, matches) in by_gateway(world).into_values() {
        let mut paths: BTreeMap<&str, Vec<&Match<'_, '_>>> = BTreeMap::new();
        matches.iter().for_each(|found| paths.entry(found.path).or_default().push(found));
        for (path, here) in &paths {
            let wide = here.iter().find(|found| !found.exact).unwrap_or(&here[0]);
            let covered = |other: &str| {
                other == *path || !wide.exact && other.strip_prefix(path).is_some_and(|r| r.starts_with('/'))
            };
            let near = paths.range(*path..).take_while(|(other, _)| other.starts_with(path));
            let mut others = near.filter(|(other, _)| covered(other)).flat_map(|(_, found)| found);
            let Some(other) = others.find(|other| other.model != wide.model) else { continue };
            let shown = if path.is_empty() { "any path" } else { path };
            let message = format!(
                "{} and {} take different models on one path of {} ({shown}): who may call one may call both",
                wide.route.identity, other.route.identity, gateway.identity
            );
            let finding = wide.route.warning(Code::SharedModelPath, &wide.pointer, message);
            findings
                .push(finding.help("give each model a path of its own, as `/models/<alias>/v1`, and match on both"));
        }
    }
    findings
}

fn small_body_limit(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (gateway, _) in by_gateway(world).into_values().filter(|(gateway, _)| is_agentgateway(world, gateway)) {
        let raises = |policy: &Object<'_>| policy.at("/spec/frontend/http/maxBufferSize").is_some();
        if policies(world).any(|policy| raises(policy) && targets(policy, gateway)) {
            continue;
        }
        let message = format!(
            "{} reads the model from bodies of at most 2 MiB: a larger request is answered 404",
            gateway.identity
        );
        let finding = gateway.warning(Code::SmallBodyLimit, "/metadata/name", message);
        findings.push(finding.help("add an AgentgatewayPolicy on it with `frontend.http.maxBufferSize`, as `16Mi`"));
    }
    findings
}

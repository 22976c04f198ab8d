//! Rules about the way back, from what Gateways route to the aliases that lead there: no route and no header value that no
//! request has, no route open to others than LiteLLM, no request that gets another model than its alias stands for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::chain::model_header::Carried;
use crate::chain::routing::{Holds, Request, Way};
use crate::chain::way::{End, Stage, Target, Trip, Walk, address, openai_like};
use crate::object::api_group::{AGENTGATEWAY, INFERENCE};
use crate::object::litellm_config::Entry;
use crate::object::object::{Identity, Object};
use crate::references::gateways::targets;
use crate::references::listener::{listeners_of, takers};
use crate::text::finding::{Code, Finding, Severity};

/// What the rules about the way forth have said already.
#[derive(Debug, Default)]
pub struct Said<'a> {
    /// Routes that are part of a finding.
    pub routes: BTreeSet<&'a Identity>,
    /// Models whose request ends nowhere.
    pub models: BTreeSet<&'a str>,
}

/// In our own trees what leads nowhere is a mistake; in those of others it may have callers beside LiteLLM.
fn weigh(walk: &Walk<'_, '_, '_>, finding: Finding) -> Finding {
    let severity = if walk.inventory.world.closed { Severity::Error } else { Severity::Warning };
    Finding { severity, ..finding }
}

/// The trips at a Gateway that reach a rule, with that match.
fn arrived<'w, 'c, 'a>(walk: &'w Walk<'_, 'c, 'a>, stage: usize) -> impl Iterator<Item = (&'w Trip<'c, 'a>, Way<'a>)> {
    walk.trips.iter().filter(move |(trip, _)| trip.stage == stage).filter_map(|(trip, end)| match end {
        End::Taken(way, _) => Some((trip, *way)),
        _ => None,
    })
}

/// Gateways that all aliases are known of, with their index: only there is a route without an alias one too many.
fn known<'w, 'a>(walk: &'w Walk<'_, '_, 'a>) -> impl Iterator<Item = (usize, &'w Stage<'a>)> {
    let tells = |e: Entry<'_>| openai_like(&e) && address(&e).is_some() || e.params["api_base"].is_null();
    let sure = walk.configs.iter().all(|c| !c.open() && c.entries().all(tells))
        && !walk.trips.iter().any(|(_, end)| matches!(end, End::Elsewhere));
    let asked: BTreeSet<usize> = walk.trips.iter().map(|(trip, _)| trip.stage).collect();
    walk.stages.iter().enumerate().filter(move |(i, s)| sure && asked.contains(i) && !s.open)
}

/// Whether a rule leads to models.
fn leads_to_models(way: &Way<'_>) -> bool {
    let refs = way.rule_value()["backendRefs"].as_array().into_iter().flatten();
    let mut kinds = refs.map(|r| (r["group"].as_str().unwrap_or_default(), r["kind"].as_str().unwrap_or_default()));
    kinds.any(|(group, kind)| {
        group == INFERENCE && kind == "InferencePool" || group == AGENTGATEWAY && kind == "AgentgatewayBackend"
    })
}

fn is_ai(walk: &Walk<'_, '_, '_>, way: &Way<'_>) -> bool {
    let refs = way.rule_value()["backendRefs"].as_array().into_iter().flatten();
    let namespace = &way.route.identity.namespace;
    leads_to_models(way)
        && refs.filter(|r| r["kind"] == "AgentgatewayBackend").all(|r| {
            let backend = walk.inventory.world.objects.get(
                AGENTGATEWAY,
                "AgentgatewayBackend",
                namespace,
                r["name"].as_str().unwrap_or_default(),
            );
            backend.is_some_and(|b| b.at("/spec/ai").is_some())
        })
}

/// Routes to models that no alias leads to, and header values that no model gets.
pub fn unreachable(walk: &Walk<'_, '_, '_>, said: &Said<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, stage) in known(walk) {
        let reached: BTreeSet<(&Identity, usize)> =
            arrived(walk, index).map(|(_, w)| (w.route.identity, w.rule)).collect();
        let mut seen = BTreeSet::new();
        for way in stage.ways.iter().filter(|w| w.route.items("/spec/hostnames").is_empty()) {
            let key = (way.route.identity, way.rule);
            if reached.contains(&key) || said.routes.contains(key.0) || !is_ai(walk, way) || !seen.insert(key) {
                continue;
            }
            findings.push(weigh(walk, unmade(stage, way).unwrap_or_else(|| unreached(stage, way))));
        }
    }
    findings
}

fn unreached(stage: &Stage<'_>, way: &Way<'_>) -> Finding {
    let message = format!("no alias of LiteLLM leads to {}", way.route.identity);
    let finding = way.route.error(Code::RouteUnreachable, &format!("{}/path/value", way.pointer()), message);
    finding.help(format!(
        "LiteLLM asks {} for other paths or models: add an entry to its model_list, or remove the route",
        stage.gateway.identity
    ))
}

/// A header value that the policy gives to no model.
fn unmade(stage: &Stage<'_>, way: &Way<'_>) -> Option<Finding> {
    let unmade = |(index, name, kind, value): (usize, &str, &str, &str)| {
        let setter = stage.headers.get(&name.to_ascii_lowercase()).filter(|_| kind == "Exact")?;
        let others = setter.expression.of("\u{0}");
        let made = setter.expression.models().iter().any(|m| setter.expression.of(m) == Carried::Is(value.to_owned()));
        if made || others != Carried::Absent {
            return None;
        }
        let message = format!("{} wants `{value}` for the header `{name}`, which no model gets", way.route.identity);
        let finding = way.route.error(Code::ModelHeader, &format!("{}/headers/{index}/value", way.pointer()), message);
        Some(
            finding
                .related(setter.policy.place(&setter.pointer), "the header is made here")
                .help("add the model to the policy's map"),
        )
    };
    way.headers().find_map(unmade)
}

/// Models that a policy knows and no route takes.
pub fn unrouted(walk: &Walk<'_, '_, '_>, said: &Said<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, stage) in known(walk) {
        for (name, setter) in &stage.headers {
            // A header that no route looks at may be for somebody else.
            if !stage.ways.iter().any(|w| w.headers().any(|(_, n, ..)| n.eq_ignore_ascii_case(name))) {
                continue;
            }
            for model in setter.expression.models().iter().filter(|m| !said.models.contains(m.as_str())) {
                let request = Request {
                    host: String::new(),
                    path: String::new(),
                    headers: stage.carried(model, &Value::Null),
                    open: false,
                };
                if !stage.ways.iter().any(|w| w.headers().next().is_some() && w.takes_headers(&request) > Holds::No) {
                    let message =
                        format!("the header `{}` is made for the model `{model}`, and no route takes it", setter.name);
                    let finding = setter.policy.error(Code::ModelHeader, &setter.pointer, message);
                    findings.push(weigh(walk, finding.help("remove the model, or add its route")));
                    break;
                }
            }
        }
    }
    findings
}

/// Whether the body may name another alias's model and get it, at the price and with the rights of its own.
pub fn bypass(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let mut findings: BTreeMap<(&Identity, usize), Finding> = BTreeMap::new();
    for (index, stage) in walk.stages.iter().enumerate().filter(|(_, s)| !s.open) {
        let trips: Vec<(&Trip<'_, '_>, Way<'_>)> = arrived(walk, index).collect();
        for (trip, way) in &trips {
            let by_path: Vec<&Way<'_>> =
                stage.ways.iter().filter(|w| w.takes_path(&trip.request) == Holds::Yes).collect();
            for (other, _) in trips.iter().filter(|(o, _)| o.model != trip.model && o.entry.alias != trip.entry.alias) {
                let request = Request { headers: other.request.headers.clone(), ..trip.request.clone() };
                let taken =
                    by_path.iter().filter(|w| w.takes_headers(&request) == Holds::Yes).max_by_key(|w| w.precedence());
                let Some(taken) = taken.filter(|t| gets(walk, way, t, other.model)) else { continue };
                let key = (taken.route.identity, taken.rule);
                findings.entry(key).or_insert_with(|| weigh(walk, named_in_the_body(trip, other, taken)));
            }
        }
    }
    findings.into_values().collect()
}

/// Whether a match that takes a request for another model also serves it.
fn gets<'a>(walk: &Walk<'_, '_, 'a>, own: &Way<'_>, taken: &Way<'a>, model: &str) -> bool {
    walk.behind(taken).iter().any(|(_, target)| match target {
        Target::Pinned(..) => !own.same_rule(taken),
        Target::Servers(..) => target.names().is_none_or(|n| n.contains(model)),
        Target::Unknown => !own.same_rule(taken),
    })
}

fn named_in_the_body(trip: &Trip<'_, '_>, other: &Trip<'_, '_>, taken: &Way<'_>) -> Finding {
    let message = format!(
        "who may call `{}` gets `{}` from {} by naming it in the body, with the rights and at the price of `{}`",
        trip.entry.alias, other.model, taken.route.identity, trip.entry.alias
    );
    let finding = taken.route.error(Code::ModelBypass, &taken.pointer(), message);
    let place = trip.config.part.place(&trip.entry.pointer("/litellm_params/api_base"));
    finding
        .related(place, "a caller cannot change this")
        .help("give each alias a path of its own in api_base, and match path and model together")
}

/// Models of others that are served to every key while LiteLLM's database is away.
pub fn costly_without_database(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let pointer = "/general_settings/allow_requests_on_db_unavailable";
    let mut findings = Vec::new();
    for (trip, end) in &walk.trips {
        let End::Taken(way, _) = end else { continue };
        let backends =
            || way.rule_value()["backendRefs"].as_array().into_iter().flatten().filter_map(|r| r["name"].as_str());
        let external = |name: &str| {
            let namespace = &way.route.identity.namespace;
            let backend = walk.inventory.world.objects.get(AGENTGATEWAY, "AgentgatewayBackend", namespace, name);
            backend.is_some_and(|b| b.at("/spec/ai").is_some())
        };
        if trip.config.part.at(pointer) == Some(&Value::Bool(true)) && backends().any(external) {
            let message = format!(
                "without its database LiteLLM serves every key, and `{}` leads to a provider",
                trip.entry.alias
            );
            let finding = trip.config.part.warning(Code::LitellmDatabaseLoss, pointer, message);
            findings.push(finding.help("remove the flag where a model is not your own"));
        }
    }
    findings
}

/// Sections of a policy that ask a caller who it is.
const LOCKS: [&str; 4] = ["apiKeyAuthentication", "jwtAuthentication", "basicAuthentication", "extAuth"];

/// Routes to models that any pod may call past LiteLLM.
pub fn unlocked(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let objects = &walk.inventory.world.objects;
    let locks: Vec<&Object<'_>> = objects.of(AGENTGATEWAY, "AgentgatewayPolicy").filter(|p| locks(p)).collect();
    let mut findings = Vec::new();
    for (index, stage) in walk.stages.iter().enumerate() {
        let ours = stage.gateway.text_at("/spec/gatewayClassName").contains("agentgateway");
        if !ours || locks.iter().any(|p| targets(p, &stage.gateway)) {
            continue;
        }
        let routes: BTreeMap<&Identity, Object<'_>> =
            arrived(walk, index).map(|(_, w)| (w.route.identity, w.route)).collect();
        let (locked, open): (Vec<&Object<'_>>, Vec<&Object<'_>>) =
            routes.values().partition(|route| locks.iter().any(|p| targets(p, route)));
        // Elsewhere a NetworkPolicy may do the same; among locked routes an open one is a mistake.
        if locked.is_empty() && !walk.inventory.world.closed {
            continue;
        }
        for route in open {
            let message = format!("any pod may call {} past LiteLLM, without key and budget", route.identity);
            let finding = route.error(Code::RouteUnlocked, "/metadata/name", message);
            findings.push(finding.help(
                "an AgentgatewayPolicy on the route with `traffic.apiKeyAuthentication` lets LiteLLM's key in alone",
            ));
        }
    }
    findings
}

fn locks(policy: &Object<'_>) -> bool {
    LOCKS.iter().any(|lock| {
        let section = policy.at("/spec/traffic").and_then(|t| t.get(lock));
        section.is_some_and(|s| s["mode"].as_str().is_none_or(|m| m == "Strict"))
    })
}

/// Two rules with one match: the first one gets every request.
pub fn repeated<'a>(walk: &Walk<'_, '_, 'a>) -> Vec<(Finding, Vec<&'a Identity>)> {
    let mut findings = Vec::new();
    for stage in &walk.stages {
        let mut seen: BTreeMap<String, &Way<'_>> = BTreeMap::new();
        let mut known: BTreeMap<&Identity, Vec<&str>> = BTreeMap::new();
        let listeners = listeners_of(&stage.gateway);
        for way in &stage.ways {
            let mut headers: Vec<String> =
                way.headers().map(|(_, n, k, v)| format!("{}\0{k}\0{v}", n.to_ascii_lowercase())).collect();
            headers.sort();
            let rest = (&way.condition["method"], &way.condition["queryParams"], way.route.items("/spec/hostnames"));
            // Listeners may let in routes of different namespaces, or for different hosts and ports.
            let takers = || takers(walk.inventory, &way.route, (&stage.gateway, &listeners));
            let takers = known.entry(way.route.identity).or_insert_with(takers);
            let key = format!("{takers:?}\0{:?}\0{headers:?}\0{rest:?}", way.path());
            let first = seen.entry(key).or_insert(way);
            if !first.same_rule(way) {
                let message = format!("{} matches what {} matches already", way.route.identity, first.route.identity);
                let finding = way.route.error(Code::RouteConflict, &way.pointer(), message);
                let finding = finding
                    .related(first.route.place(&first.pointer()), "the other")
                    .help("the older of two routes gets such requests: let paths or headers differ");
                findings.push((finding, vec![first.route.identity, way.route.identity]));
            }
        }
    }
    findings
}

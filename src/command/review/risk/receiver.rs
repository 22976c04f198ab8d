//! Who gets what is sent: hosts outside the cluster, providers and their regions, the backends of a route, and the models that answer in
//! the place of another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::risk::aliases::configs;
use crate::command::review::risk::sight::{Risk, Sight, State, from_to};
use crate::object::object::Identity;
use crate::text::finding::Code;
use crate::text::pointer::each;

/// Keys of an address that is a host alone.
const HOSTS: [&str; 4] = ["host", "server", "endpoint", "externalName"];

/// Where a provider computes, as LiteLLM names it (litellm 1.89 `types/router.py`).
const PLACES: [&str; 6] = [
    "aws_region_name",
    "vertex_location",
    "vertex_project",
    "vertex_ai_location",
    "vertex_ai_project",
    "custom_llm_provider",
];

/// Lists of models that answer when another does not.
const FALLBACKS: [&str; 3] = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

const HELP: &str = "say in the review whose host that is: it gets what is sent, and the key that opened the old one";
const CONTRACT: &str = "say in the review who reads prompts there, and under which contract";

/// What is sent goes to somebody else.
pub(super) fn elsewhere(sight: &Sight<'_>) -> Vec<Risk> {
    let mut risks = hosts(sight);
    risks.extend(providers(sight));
    risks.extend(backends(sight));
    risks.extend(fallbacks(sight));
    risks
}

fn hosts(sight: &Sight<'_>) -> Vec<Risk> {
    let host = |field: &Field, value: &Option<Value>| {
        let text = value.as_ref()?.as_str()?;
        let address = match text.split_once("://") {
            Some((_, rest)) => rest.rsplit_once('@').map_or(rest, |(_, host)| host),
            None if HOSTS.contains(&field.key()) => text,
            None => return None,
        };
        address.split(['/', ':', '?']).next().map(str::to_owned)
    };
    let other = |field: &&Field| {
        let (old, new) = (host(field, &field.old), host(field, &field.new));
        let own = field.steps.first().is_none_or(|step| step != "metadata") && !field.passes(&["labels"]);
        own && old.is_some() && new.as_ref().is_some_and(|new| !is_inside(new)) && old != new
    };
    let place = |field: &&Field| PLACES.contains(&field.key()) && field.old.is_some() && field.new.is_some();
    let ours = ["AgentgatewayBackend", "Application", "AppProject", "Ingress", "PrometheusRule"];
    let ours = ours.iter().any(|kind| sight.is(kind));
    let fields = sight.leaves.iter().filter(|_| !ours).filter(|field| other(field) || place(field));
    fields
        .map(|f| sight.at(f, Code::SentElsewhere, format!("what is sent goes to another host: {}", from_to(f)), HELP))
        .collect()
}

fn is_inside(host: &str) -> bool {
    !host.contains('.') || host.ends_with(".svc") || host.ends_with(".local")
}

/// A backend of the gateway, or a model of a contract, has another provider.
fn providers(sight: &Sight<'_>) -> Vec<Risk> {
    let contract = |field: &&Field| field.passes(&["aiModels", "*", "provider"]) && field.old.is_some();
    let told = |message: String| Risk { field: "spec".into(), ..sight.risk(Code::SentElsewhere, message, CONTRACT) };
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    if !sight.is("AgentgatewayBackend") {
        let fields = sight.leaves.iter().filter(contract).filter(|field| field.new.is_some());
        let message = |f: &Field| format!("what is asked goes to another provider: {}", from_to(f));
        return fields.map(|f| sight.at(f, Code::SentElsewhere, message(f), CONTRACT)).collect();
    }
    let before = receivers(&old.value);
    let fresh = receivers(&new.value).into_iter().filter(|receiver| !before.contains(receiver));
    fresh.map(|receiver| told(format!("what is asked goes to `{receiver}`"))).collect()
}

/// Who gets what comes to a backend of the gateway, where he is outside the cluster: the provider with all that says where he is.
fn receivers(backend: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let host = |found: &mut BTreeSet<String>, target: &Value| {
        found.extend(target["host"].as_str().filter(|host| !is_inside(host)).map(str::to_owned));
    };
    for pattern in ["/spec/ai/provider", "/spec/ai/groups/*/providers/*"] {
        each(backend, pattern, &mut |_, provider| match provider["host"].as_str() {
            Some(_) => host(&mut found, provider),
            None => {
                let known =
                    |(key, of): (&String, &Value)| (of.is_object() && key != "policies").then(|| words(key, of));
                found.extend(provider.as_object().into_iter().flatten().filter_map(known));
            }
        });
    }
    for pattern in ["/spec/static", "/spec/mcp/targets/*/static"] {
        each(backend, pattern, &mut |_, target| host(&mut found, target));
    }
    found
}

fn words(provider: &str, of: &Value) -> String {
    let of = of.as_object().into_iter().flatten();
    let place = of.filter(|(key, _)| !["model", "apiVersion"].contains(&key.as_str()));
    place.filter_map(|(_, value)| value.as_str()).fold(provider.to_owned(), |words, word| format!("{words} {word}"))
}

/// A backend of a route: who gets its requests, or itself where it is in the cluster; and whether he is outside.
type Goal = (String, bool);

/// Each backend's part of the requests of a route.
fn parts(route: &Value, state: &State<'_>) -> BTreeMap<Goal, f64> {
    let mut parts = BTreeMap::new();
    each(route, "/spec/rules/*/backendRefs", &mut |_, refs| {
        let refs = refs.as_array().map_or(&[][..], Vec::as_slice);
        let weight = |to: &Value| to["weight"].as_f64().unwrap_or(1.0);
        let all: f64 = refs.iter().map(weight).sum();
        for to in refs.iter().filter(|to| weight(to) > 0.0) {
            for goal in goals(to, &route["metadata"]["namespace"], state) {
                *parts.entry(goal).or_default() += weight(to) / all;
            }
        }
    });
    parts
}

fn goals(to: &Value, namespace: &Value, state: &State<'_>) -> Vec<Goal> {
    let name = to["name"].as_str().unwrap_or_default();
    let itself = format!("{} {name}", to["kind"].as_str().unwrap_or("Service"));
    let namespace = to.get("namespace").unwrap_or(namespace);
    let is = |id: &Identity| id.kind == "AgentgatewayBackend" && id.name == name && *namespace == *id.namespace;
    let found = || state.things.iter().find(|(id, _)| is(id)).map(|(_, thing)| &thing.value);
    let backend = (to["kind"] == "AgentgatewayBackend").then(found).flatten();
    let outside: Vec<Goal> = backend.into_iter().flat_map(receivers).map(|receiver| (receiver, true)).collect();
    if outside.is_empty() { vec![(itself, false)] } else { outside }
}

/// A route sends requests to a provider that got none or few of them, or to something else than before.
fn backends(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let moved = sight.change.fields.iter().find(|field| field.passes(&["backendRefs"]));
    let Some(field) = moved.filter(|_| sight.change.identity.kind.ends_with("Route")) else { return Vec::new() };
    let (before, now) = (parts(&old.value, &sight.before), parts(&new.value, &sight.now));
    let most = before.values().copied().fold(0.0, f64::max);
    let gone = before.keys().all(|goal| !now.contains_key(goal));
    let more = |(goal, part): (&Goal, &f64)| {
        let was = before.get(goal).copied().unwrap_or_default();
        let grows = *part > was + 1e-9 && was < most;
        (gone || (goal.1 && grows)).then(|| format!("requests go to `{}`, which got none or fewer of them", goal.0))
    };
    let list = field.shown.split(".backendRefs").next().unwrap_or_default();
    let told =
        |message| Risk { field: format!("{list}.backendRefs"), ..sight.risk(Code::SentElsewhere, message, CONTRACT) };
    now.iter().filter_map(more).map(told).collect()
}

/// A model of another provider answers in the place of one.
fn fallbacks(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let pairs = |value: &Value| -> BTreeSet<(String, String)> { configs(value).iter().flat_map(of_config).collect() };
    let before = pairs(&old.value);
    let configs = configs(&new.value);
    let far = |(from, to): &(String, String)| {
        let serving =
            |alias: &str| -> BTreeSet<Goal> { configs.iter().flat_map(|c| served(c, alias, &sight.now)).collect() };
        let (own, others) = (serving(from), serving(to));
        let known = others.iter().all(|goal| !goal.1 || own.contains(goal));
        others.is_empty() || !known
    };
    let message = |(from, to): (String, String)| {
        format!("what is asked of `{from}` may go to `{to}`, which somebody else serves")
    };
    let fresh = pairs(&new.value).into_iter().filter(|pair| !before.contains(pair) && far(pair));
    fresh.map(|pair| sight.risk(Code::SentElsewhere, message(pair), CONTRACT)).collect()
}

/// The models of a configuration, each with one that answers in its place.
fn of_config(config: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for section in ["litellm_settings", "router_settings"].map(|section| &config[section]) {
        for (from, to) in
            FALLBACKS.iter().filter_map(|key| section[*key].as_array()).flatten().filter_map(Value::as_object).flatten()
        {
            pairs.extend(
                to.as_array().into_iter().flatten().filter_map(Value::as_str).map(|to| (from.clone(), to.to_owned())),
            );
        }
        let all = section["default_fallbacks"].as_array().into_iter().flatten().filter_map(Value::as_str);
        pairs.extend(all.map(|to| ("*".to_owned(), to.to_owned())));
    }
    pairs
}

/// Who serves an alias: the backends of the routes that its address leads to, or the host itself.
fn served(config: &Value, alias: &str, state: &State<'_>) -> Vec<Goal> {
    let mut goals = Vec::new();
    let entries = config["model_list"].as_array().into_iter().flatten();
    for entry in entries.filter(|entry| entry["model_name"] == alias) {
        let params = &entry["litellm_params"];
        let Some((_, address)) = params["api_base"].as_str().and_then(|base| base.split_once("://")) else {
            let provider = params["model"].as_str().unwrap_or_default().split('/').next().unwrap_or_default();
            goals.push((provider.to_owned(), true));
            continue;
        };
        let (host, path) = address.split_once('/').unwrap_or((address, ""));
        let host = host.split(':').next().unwrap_or_default();
        if !is_inside(host) {
            goals.push((host.to_owned(), true));
            continue;
        }
        let route = |value: &Value| {
            let mut leads = false;
            each(value, "/spec/rules/*/matches/*/path/value", &mut |_, taken| {
                let taken = taken.as_str().unwrap_or_default().trim_matches('/');
                leads |= !taken.is_empty() && (path == taken || path.starts_with(&format!("{taken}/")));
            });
            leads
        };
        let routes = state.things.iter().filter(|(id, thing)| id.kind == "HTTPRoute" && route(&thing.value));
        goals.extend(routes.flat_map(|(_, thing)| parts(&thing.value, state).into_keys()));
    }
    goals
}

//! A bundle -> the way of each request: from the alias that a caller names through LiteLLM, the Gateway, a route and a backend
//! to what answers, with prices and limits; and what else the Gateways lead to.

use serde_json::Value;

use crate::chain::routing::Way;
use crate::chain::way::{self, End, Target, Trip};
use crate::command::graph::drawing::Graph;
use crate::command::pipeline::Rendered;
use crate::object::kinds::Scopes;
use crate::object::litellm_config::{self, Entry};
use crate::object::object::Object;
use crate::references::gateways;
use crate::references::inventory::Inventory;
use crate::references::world::World;

/// The ways of all aliases, then the routes that no alias takes.
pub fn request(rendered: &Rendered<'_>) -> Graph {
    let folder = format!("{}/", rendered.plan.cluster);
    let world = World::of_bundle(&rendered.plan, &rendered.bundle, &folder);
    let inventory = Inventory::new(&world, Scopes::default());
    let configs = litellm_config::of_objects(&world.objects);
    let walk = way::walk(&inventory, &configs);
    let mut graph = Graph::new(format!("Requests in the cluster {}", rendered.plan.cluster));
    let caller = graph.node("caller", ["caller".to_owned(), "with a key of LiteLLM".to_owned()]);
    for config in &configs {
        let object = config.part.object.identity;
        let proxy = graph.node(&object.to_string(), ["LiteLLM".to_owned(), object.to_string()]);
        graph.arrow(caller, proxy, "");
        for entry in config.entries() {
            let alias = graph.node(&format!("{object} {}", entry.index), alias(&entry));
            graph.arrow(proxy, alias, "");
            let own = |(trip, _): &&(Trip<'_, '_>, End<'_>)| {
                std::ptr::eq(trip.config, config) && trip.entry.index == entry.index
            };
            match walk.trips.iter().find(own) {
                Some((trip, end)) => {
                    let gateway = gateway(&mut graph, &walk.stages[trip.stage]);
                    graph.arrow(alias, gateway, "");
                    follow(&mut graph, &world, gateway, end);
                }
                None => {
                    let host = way::address(&entry).map_or("its provider, directly".to_owned(), |a| a.host.to_owned());
                    let elsewhere = graph.node(&format!("elsewhere {host}"), [host.clone()]);
                    graph.dash(elsewhere);
                    graph.arrow(alias, elsewhere, "");
                }
            }
        }
    }
    for stage in &walk.stages {
        let index = gateway(&mut graph, stage);
        let taken = |way: &&Way<'_>| is_taken(&walk.trips, way);
        for way in stage.ways.iter().filter(|way| !taken(way)) {
            route(&mut graph, &world, index, way);
        }
    }
    graph
}

/// Whether the request of some alias takes the way.
fn is_taken(trips: &[(Trip<'_, '_>, End<'_>)], way: &Way<'_>) -> bool {
    trips.iter().any(|(_, end)| matches!(end, End::Taken(first, second) if [Some(first), second.as_ref()].into_iter().flatten().any(|w| w.same_rule(way))))
}

/// The alias with its model, prices and limits.
fn alias(entry: &Entry<'_>) -> Vec<String> {
    let number = |key: &str| entry.params[key].as_f64().or_else(|| entry.value["model_info"][key].as_f64());
    let mut lines = vec![entry.alias.to_owned(), format!("asks for {}", entry.provider().1)];
    if let (Some(input), Some(output)) = (number("input_cost_per_token"), number("output_cost_per_token")) {
        lines.push(format!("${} in, ${} out per million tokens", million(input), million(output)));
    }
    let limits = [
        ("timeout", "timeout", " s"),
        ("max_output_tokens", "answers up to", " tokens"),
        ("rpm", "at most", " requests a minute"),
        ("tpm", "at most", " tokens a minute"),
        ("max_parallel_requests", "at most", " at once"),
        ("max_budget", "budget $", ""),
    ];
    lines.extend(limits.iter().filter_map(|(key, before, after)| Some(format!("{before} {}{after}", number(key)?))));
    lines
}

/// A price per token as one per million.
fn million(price: f64) -> String {
    let text = format!("{:.6}", price * 1e6);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The Gateway, with the headers that it sets from the body.
fn gateway(graph: &mut Graph, stage: &way::Stage<'_>) -> usize {
    let name = stage.gateway.identity.to_string();
    let headers = stage.headers.values().map(|setter| format!("sets {} itself", setter.name));
    graph.node(&name, [name.clone()].into_iter().chain(headers))
}

fn follow(graph: &mut Graph, world: &World<'_>, gateway: usize, end: &End<'_>) {
    let lost = |graph: &mut Graph, words: &str| {
        let node = graph.node(words, [words.to_owned()]);
        graph.dash(node);
        graph.arrow(gateway, node, "");
    };
    match end {
        End::Taken(first, second) => {
            [Some(first), second.as_ref()].into_iter().flatten().for_each(|way| route(graph, world, gateway, way));
        }
        End::Elsewhere => lost(graph, "where the files do not show"),
        End::OtherHeaders => lost(graph, "no route: other headers"),
        End::NoPath => lost(graph, "no route: other paths"),
    }
}

/// A rule of a route with its conditions, who may take it, and what answers.
fn route(graph: &mut Graph, world: &World<'_>, gateway: usize, way: &Way<'_>) {
    let name = way.route.identity.to_string();
    let mut lines = vec![name.clone(), format!("path {}", way.path().1)];
    lines.extend(way.headers().map(|(_, header, _, value)| format!("{header}: {value}")));
    if let Some(timeout) = way.rule_value()["timeouts"]["request"].as_str() {
        lines.push(format!("timeout {timeout}"));
    }
    let policies = gateways::policies(world).filter(|policy| gateways::targets(policy, &way.route));
    lines.extend(policies.flat_map(limits));
    let node = graph.node(&format!("{name} {}", way.pointer()), lines);
    graph.arrow(gateway, node, "");
    let known = way::behind(world, way);
    let references = way.rule_value()["backendRefs"].as_array().into_iter().flatten().enumerate();
    for (index, reference) in references.filter(|(_, reference)| reference["weight"] != 0) {
        let text = |key: &str, default| reference[key].as_str().unwrap_or(default).to_owned();
        let namespace = text("namespace", &way.route.identity.namespace);
        let shown = format!("{} {namespace}/{}", text("kind", "Service"), text("name", ""));
        let mut lines = vec![shown.clone()];
        let found = known.iter().find(|(at, _)| *at == index).map(|(_, target)| target);
        if let Some(Target::Pinned(_, model)) = found {
            lines.push(format!("always the model {model}"));
        }
        let backend = graph.node(&shown, lines);
        graph.arrow(node, backend, "");
        if let Some(Target::Servers(_, servers)) = found {
            for server in servers {
                let workload = server.workload.identity.to_string();
                let names = server.names.iter().flatten().map(|name| format!("answers to {name}"));
                let server = graph.node(&workload, [workload.clone()].into_iter().chain(names));
                graph.arrow(backend, server, "");
            }
        }
    }
}

/// What a policy asks of those who take a route.
fn limits(policy: &Object<'_>) -> Vec<String> {
    let traffic = policy.at("/spec/traffic").unwrap_or(&Value::Null);
    let mut lines = Vec::new();
    if let Some(mode) = traffic["apiKeyAuthentication"]["mode"].as_str() {
        lines.push(format!("needs a key of the gateway ({mode})"));
    }
    for provider in traffic["jwtAuthentication"]["providers"].as_array().into_iter().flatten() {
        lines.push(format!("needs a token of {}", provider["issuer"].as_str().unwrap_or_default()));
    }
    for limit in traffic["rateLimit"]["local"].as_array().into_iter().flatten() {
        let what = if limit["tokens"].is_number() { "tokens" } else { "requests" };
        let unit = limit["unit"].as_str().unwrap_or_default().trim_end_matches('s').to_lowercase();
        lines.push(format!("at most {} {what} a {unit}", limit[what]));
    }
    lines
}

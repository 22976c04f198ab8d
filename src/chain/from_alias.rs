//! Rules about the way from an alias to its model. Each finding stands at the step that disagrees with the others; each tells
//! which routes it is about, so that nobody reports them again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::chain::model_header::Carried;
use crate::chain::model_server::{Server, all_servers, selected};
use crate::chain::routing::{Holds, Way, header_fits, path_fits};
use crate::chain::way::{Target, Trip, Walk, address, by_path, nearest, openai_like, selecting};
use crate::object::litellm_config::{Config, Entry};
use crate::object::object::{Identity, Object};
use crate::references::inventory::Absence;
use crate::references::world::World;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::schema::did_you_mean;

/// The address of every entry names something that is there.
pub fn addresses<'a>(walk: &Walk<'_, '_, 'a>) -> Vec<(Finding, Vec<&'a Identity>)> {
    let mut findings = Vec::new();
    let mut asked = Asked::default();
    for config in walk.configs {
        for entry in config.entries() {
            let Some(finding) = self::entry(walk, &mut asked, config, &entry) else { continue };
            let path = address(&entry).map_or("", |a| a.path);
            let meant = walk.stages.iter().flat_map(|s| &s.ways).filter(|w| path_fits(w.path(), path) == Holds::Yes);
            findings.push((finding, meant.map(|w| w.route.identity).collect()));
        }
    }
    findings
}

/// What thousands of entries may ask for again.
#[derive(Default)]
struct Asked<'a> {
    /// All Services, as `name.namespace`.
    services: Option<Vec<String>>,
    /// What answers behind a Service, and to which names.
    behind: BTreeMap<&'a Identity, (Target<'a>, Option<BTreeSet<&'a str>>)>,
}

/// Ends of addresses that LiteLLM's client appends itself.
const ENDPOINTS: [&str; 4] = ["/chat/completions", "/completions", "/embeddings", "/responses"];

fn entry<'a>(
    walk: &Walk<'_, '_, 'a>,
    asked: &mut Asked<'a>,
    config: &Config<'_>,
    entry: &Entry<'_>,
) -> Option<Finding> {
    let address = address(entry)?;
    let pointer = entry.pointer("/litellm_params/api_base");
    let error = |message: String| config.part.error(Code::ApiBase, &pointer, message);
    let alias = entry.alias;
    if let Some(end) = ENDPOINTS.iter().find(|e| openai_like(entry) && address.path.ends_with(**e)) {
        let message = format!("the api_base of `{alias}` ends in `{end}`, which LiteLLM appends again");
        return Some(error(message).help("end it where the version stands, as in `/v1`"));
    }
    let (name, namespace, sure) = address.service(config.namespace())?;
    let Some(thing) = walk.inventory.find("", "Service", namespace, name) else {
        let severity = match walk.inventory.absence(&config.part.object, ("", "Service"), namespace, name) {
            Absence::Sure if sure => Severity::Error,
            Absence::Likely if sure => Severity::Warning,
            _ => return None,
        };
        // Other controllers name the Service of a Gateway in their own way.
        if walk.stages.iter().any(|s| !s.gateway.text_at("/spec/gatewayClassName").contains("agentgateway")) {
            return None;
        }
        let services = || walk.inventory.of("", "Service").map(|t| format!("{}.{}", t.name, t.namespace)).collect();
        let known: Vec<&str> = asked.services.get_or_insert_with(services).iter().map(String::as_str).collect();
        let finding = error(format!("`{alias}` asks the Service {namespace}/{name}, which is not there"));
        return Some(Finding { severity, ..finding.help(did_you_mean(&format!("{name}.{namespace}"), &known)) });
    };
    // The name of a headless Service is that of its pods, which may listen at other ports as well.
    let headless = thing.object().filter(|o| o.text_at("/spec/clusterIP") == "None");
    let by_pods = |service: &Object<'_>| listens(walk.inventory.world, service, address.port) != Some(false);
    let ports = thing.ports().filter(|ports| headless.is_some() || !ports.is_empty())?;
    if !ports.iter().any(|p| p.number == address.port) && !headless.is_some_and(by_pods) {
        let numbers: Vec<String> = ports.iter().map(|p| p.number.to_string()).collect();
        let message = format!("`{alias}` asks port {} of the Service {namespace}/{name}", address.port);
        return Some(error(message).help(format!("its ports are {}", numbers.join(", "))));
    }
    let object = thing.object()?;
    if object.identity.kind == "Gateway" {
        let listener = object.items("/spec/listeners").iter().find(|l| l["port"] == address.port)?;
        let plain = listener["protocol"] == "HTTP";
        let message =
            format!("`{alias}` asks {} with https, and its port {} is plain HTTP", object.identity, address.port);
        return (plain && address.scheme == "https").then(|| error(message).help("write `http://`"));
    }
    direct(walk, asked, config, entry, object)
}

/// Whether the pods behind a Service declare a port; `None`: they declare none, or are not known.
fn listens(world: &World<'_>, service: &Object<'_>, port: i64) -> Option<bool> {
    let pods = selected(world, &service.identity.namespace, service.at("/spec/selector")?);
    let containers = pods.iter().flat_map(|template| template.all_containers());
    let declared: Vec<&Value> = containers.filter_map(|(_, c)| c["ports"].as_array()).flatten().collect();
    (!declared.is_empty()).then(|| declared.iter().any(|p| p["containerPort"] == port))
}

/// A Service without a Gateway before it.
fn direct<'a>(
    walk: &Walk<'_, '_, 'a>,
    asked: &mut Asked<'a>,
    config: &Config<'_>,
    entry: &Entry<'_>,
    service: &Object<'a>,
) -> Option<Finding> {
    let (alias, model) = (entry.alias, entry.provider().1);
    let (target, names) = asked.behind.entry(service.identity).or_insert_with(|| {
        let target = selecting(walk.inventory.world, service, "/spec/selector");
        let names = target.names();
        (target, names)
    });
    let Target::Servers(_, servers) = target else { return None };
    if !openai_like(entry) || model.contains('*') {
        return None;
    }
    let path = address(entry)?.path;
    if !path.ends_with("/v1") && !servers.is_empty() && servers.iter().all(|s| s.below_v1) {
        let message = format!("the api_base of `{alias}` does not end in `/v1`, where vLLM answers");
        let finding = config.part.error(Code::ApiBase, &entry.pointer("/litellm_params/api_base"), message);
        return Some(finding.help("write `/v1` at its end"));
    }
    let names = names.as_ref().filter(|names| !names.contains(model))?;
    let known: Vec<&str> = names.iter().copied().collect();
    let message = format!("`{alias}` asks {} for the model `{model}`, which it does not serve", service.identity);
    let finding = config.part.error(Code::AliasModel, &entry.pointer("/litellm_params/model"), message);
    let place = servers[0].workload.place(&servers[0].pointer);
    Some(finding.related(place, "the names it serves").help(did_you_mean(model, &known)))
}

/// No route matches the path.
pub fn no_path<'a>(walk: &Walk<'_, '_, 'a>, trip: &Trip<'_, 'a>) -> (Finding, Vec<&'a Identity>) {
    let stage = &walk.stages[trip.stage];
    let message = format!(
        "`{}` asks {} for `{}`, a path that none of its routes matches",
        trip.entry.alias, stage.gateway.identity, trip.request.path
    );
    let finding = trip.config.part.error(Code::AliasRoute, &trip.entry.pointer("/litellm_params/api_base"), message);
    // The route that was meant has the right headers, or at least a similar path.
    let headers = |w: &&Way<'a>| w.headers().next().is_some() && w.takes_headers(&trip.request) == Holds::Yes;
    let meant = nearest(stage.ways.iter().filter(headers), &trip.request.path);
    let Some(way) = meant.or_else(|| walk.nearest(trip.stage, &trip.request.path)) else {
        return (finding.help("no HTTPRoute names this Gateway as its parent"), Vec::new());
    };
    let place = way.route.place(&format!("{}/path/value", way.pointer()));
    let help = format!("{} takes what begins with `{}`", way.route.identity, way.path().1);
    (finding.related(place, "the nearest path").help(help), vec![way.route.identity])
}

/// The path leads to routes whose headers do not fit: says which of alias, policy and route differs from the other two.
pub fn other_headers<'a>(walk: &Walk<'_, '_, 'a>, trip: &Trip<'_, 'a>) -> (Finding, Vec<&'a Identity>) {
    // The route that fits best is the one that was meant.
    let misses = |w: &Way<'_>| w.headers().filter(|h| fits(trip, h) == Holds::No).count();
    let ways = by_path(&walk.stages[trip.stage], &trip.request).map(|(way, _)| way);
    let way = ways.min_by_key(|w| (misses(w), Reverse(w.precedence()))).expect("the path leads somewhere");
    let (index, name, _, value) = way.headers().find(|h| fits(trip, h) == Holds::No).expect("some header does not fit");
    let pointer = format!("{}/headers/{index}/value", way.pointer());
    let stage = &walk.stages[trip.stage];
    let Some(setter) = stage.headers.get(&name.to_ascii_lowercase()) else {
        let message = format!("nothing sets the header `{name}` at {}, and routes match on it", stage.gateway.identity);
        let finding = stage.gateway.error(Code::ModelHeader, "/metadata/name", message);
        let help = "an AgentgatewayPolicy of the Gateway with `phase: PreRouting` makes it from the model in the body";
        let routes = stage.ways.iter().filter(|w| w.headers().any(|(_, n, ..)| n.eq_ignore_ascii_case(name)));
        return (finding.help(help), routes.map(|w| w.route.identity).collect());
    };
    let (alias, model, route) = (trip.entry.alias, trip.model, way.route.identity);
    let made = match setter.expression.of(model) {
        Carried::Is(made) => format!("`{made}`"),
        _ => "no value".to_owned(),
    };
    let models = setter.expression.models();
    let producers: Vec<&String> =
        models.iter().filter(|m| setter.expression.of(m) == Carried::Is(value.to_owned())).collect();
    let targets = walk.behind(way);
    let served = |model: &str| targets.iter().any(|(_, t)| serves(t, model));
    // Another header of the route says the exact name, and those that would get the value have aliases of their own.
    let asked = |model: &str| walk.trips.iter().any(|(t, _)| t.model == model && t.entry.alias != alias);
    let exact = way.headers().any(|h| h.3 == model && fits(trip, &h) == Holds::Yes);
    let exact = exact && producers.iter().all(|p| asked(p));
    let finding = if value == model || exact || served(model) && !models.contains(model) {
        let message = format!("the model `{model}` gets {made} for the header `{name}`, and {route} wants `{value}`");
        let finding = setter.policy.error(Code::ModelHeader, &setter.pointer, message);
        finding.help(format!("map `{model}` to `{value}`: `{alias}` asks for it"))
    } else if producers.is_empty() || served(model) && !producers.iter().any(|p| served(p)) {
        let message =
            format!("{route} wants `{value}` for the header `{name}`, and `{alias}`, whose path it has, gets {made}");
        let finding = way.route.error(Code::ModelHeader, &pointer, message);
        finding.help(format!("the header is made from the model in the body, here `{model}`"))
    } else {
        let message = format!(
            "`{alias}` asks for the model `{model}`, and {route}, whose path it has, wants `{value}` for `{name}`"
        );
        let finding = trip.config.part.error(Code::AliasRoute, &trip.entry.pointer("/litellm_params/model"), message);
        let producers: Vec<String> = producers.iter().map(|m| format!("`{m}`")).collect();
        finding.help(format!("that value is made for {}", producers.join(", ")))
    };
    let here = finding.place.clone();
    let others = [
        (way.route.place(&pointer), "the route wants this"),
        (setter.policy.place(&setter.pointer), "the policy makes the header here"),
        (trip.config.part.place(&trip.entry.pointer("/litellm_params/model")), "LiteLLM asks for this"),
    ];
    let others = others.into_iter().filter(|(place, _)| Some(place) != here.as_ref());
    // The route that the alias was made for lies at another path.
    let meant = stage.ways.iter().filter(|w| w.takes_headers(&trip.request) == Holds::Yes).map(|w| w.route.identity);
    (others.fold(finding, |f, (place, words)| f.related(place, words)), meant.chain([route]).collect())
}

fn fits(trip: &Trip<'_, '_>, (_, name, kind, value): &(usize, &str, &str, &str)) -> Holds {
    header_fits(&trip.request, name, kind, value)
}

fn serves(target: &Target<'_>, model: &str) -> bool {
    match target {
        Target::Pinned(_, pinned) => *pinned == model,
        Target::Servers(..) => target.names().is_some_and(|n| n.contains(model)),
        Target::Unknown => false,
    }
}

/// Two routes take one request with equal right: the older one gets it.
pub fn conflict(trip: &Trip<'_, '_>, way: &Way<'_>, other: &Way<'_>) -> Finding {
    let (first, second) = if way.route.identity < other.route.identity { (way, other) } else { (other, way) };
    let message = format!(
        "{} and {} take the requests of `{}` with equal right",
        first.route.identity, second.route.identity, trip.entry.alias
    );
    let finding = second.route.error(Code::RouteConflict, &second.pointer(), message);
    finding
        .related(first.route.place(&first.pointer()), "the other")
        .help("the older of two routes gets such requests: let paths or headers differ")
}

/// What answers is not what was asked for.
pub fn wrong_model<'a>(walk: &Walk<'_, '_, 'a>, trip: &Trip<'_, '_>, way: &Way<'a>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let targets = walk.behind(way);
    // Beside a backend of the model another one is a canary, and meant.
    let meant = targets.iter().any(|(_, t)| matches!(t, Target::Pinned(_, pinned) if akin(pinned, trip.model)));
    for (i, target) in targets.iter() {
        match target {
            Target::Pinned(backend, pinned) if !meant => findings.push(other_pin(trip, backend, pinned)),
            Target::Servers(selector, servers) => {
                findings.extend(wrong_path(trip, way, servers));
                let lacks = |s: &&Server<'_>| s.names.as_ref().is_some_and(|n| !n.contains(trip.model));
                if let Some(server) = servers.iter().find(lacks) {
                    findings.push(not_served(walk, trip, way, (*i, selector, server)));
                }
            }
            _ => {}
        }
    }
    findings
}

/// Whether two names may well mean one model: dated, prefixed by a vendor, or a nickname without a version.
fn akin(pinned: &str, asked: &str) -> bool {
    let asked = asked.rsplit('/').next().unwrap_or(asked);
    pinned.contains(asked) || asked.contains(pinned) || !asked.contains(|c: char| c.is_ascii_digit())
}

fn other_pin(trip: &Trip<'_, '_>, backend: &Object<'_>, pinned: &str) -> Finding {
    let message =
        format!("{} is fixed to `{pinned}`, and `{}` asks it for `{}`", backend.identity, trip.entry.alias, trip.model);
    let pointer = backend.all("/spec/ai/provider/*/model").pop().map_or_else(String::new, |(pointer, _)| pointer);
    let finding = backend.warning(Code::AliasModel, &pointer, message);
    let place = trip.config.part.place(&trip.entry.pointer("/litellm_params/model"));
    finding.related(place, "LiteLLM asks for this").help("the backend's model answers, at the price of the other")
}

/// Model servers answer below `/v1`.
fn wrong_path(trip: &Trip<'_, '_>, way: &Way<'_>, servers: &[Server<'_>]) -> Option<Finding> {
    let path = way.rewritten(&trip.request.path)?;
    if path.starts_with("/v1/") || servers.iter().all(|s| s.names.is_none()) {
        return None;
    }
    let message = format!(
        "{} hands the requests of `{}` on as `{path}`, and vLLM answers below `/v1/`",
        way.route.identity, trip.entry.alias
    );
    let filters = format!("{}/filters", way.rule_pointer());
    let pointer = if way.route.at(&filters).is_some() { filters } else { way.rule_pointer() };
    let finding = way.route.error(Code::AliasRoute, &pointer, message);
    Some(finding.help("a URLRewrite of the rule replaces the prefix of its match by `/v1`"))
}

/// The model servers do not know the model that the whole way agrees on.
fn not_served(
    walk: &Walk<'_, '_, '_>,
    trip: &Trip<'_, '_>,
    way: &Way<'_>,
    (backend, selector, server): (usize, &Object<'_>, &Server<'_>),
) -> Finding {
    let world = walk.inventory.world;
    let names: Vec<String> = server.names.iter().flatten().map(|n| format!("`{n}`")).collect();
    let (alias, model, names) = (trip.entry.alias, trip.model, names.join(", "));
    let namespace = &selector.identity.namespace;
    let elsewhere =
        all_servers(world, namespace).into_iter().find(|s| s.names.as_ref().is_some_and(|n| n.contains(model)));
    let Some(other) = elsewhere else {
        let message = format!("{} serves {names}, and `{alias}` asks it for `{model}`", server.workload.identity);
        let finding = server.workload.error(Code::AliasModel, &server.pointer, message);
        let place = trip.config.part.place(&trip.entry.pointer("/litellm_params/model"));
        return finding.related(place, "LiteLLM asks for this").help("`--served-model-name` gives it further names");
    };
    let message = format!(
        "{} leads to {}, which serves {names}; `{alias}` asks for `{model}`",
        way.route.identity, server.workload.identity
    );
    let pools = world.objects.of(&selector.identity.group, &selector.identity.kind);
    let selects = |pool: &&Object<'_>| {
        let pointer = if pool.identity.kind == "Service" { "/spec/selector" } else { "/spec/selector/matchLabels" };
        let found = selecting(world, pool, pointer);
        pool.identity.namespace == *namespace
            && matches!(found, Target::Servers(_, s) if s.iter().any(|s| s.workload.identity == other.workload.identity))
    };
    let (pool, place) =
        (pools.filter(|p| p.identity.namespace == *namespace).find(selects), other.workload.place(&other.pointer));
    let finding = match pool {
        Some(pool) => {
            let pointer = format!("{}/backendRefs/{backend}/name", way.rule_pointer());
            way.route
                .error(Code::AliasModel, &pointer, message)
                .help(format!("{} selects what serves it", pool.identity))
        }
        None => selector.error(Code::AliasModel, "/spec/selector", message).help("let it select what serves the model"),
    };
    finding.related(place, "this serves the model")
}

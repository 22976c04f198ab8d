//! Rules about the way from alias to model, forth and back: no alias that leads nowhere, no route and no header without an
//! alias that leads there. Each finding stands at the step that disagrees with the others.

use serde_json::Value;

use crate::chain::{End, Stage, Target, Trip, behind, end, stages, trip};
use crate::finding::{Code, Finding};
use crate::litellm::configs;
use crate::model_header::Carried;
use crate::object::Object;
use crate::routing::{Holds, Way, header_fits};
use crate::world::World;

/// All that is wrong on the ways from aliases to models.
pub fn chain(world: &World<'_>) -> Vec<Finding> {
    let (configs, _) = configs(world);
    if configs.is_empty() {
        return Vec::new();
    }
    let stages = stages(world);
    let mut findings = Vec::new();
    for config in &configs {
        for entry in config.entries() {
            let Some(trip) = trip(&stages, config, entry) else { continue };
            let stage = &stages[trip.stage];
            match end(stage, &trip.request) {
                End::NoPath => findings.push(no_path(stage, &trip)),
                End::OtherHeaders(ways) => findings.push(other_headers(world, stage, &trip, &ways)),
                End::Taken(way, _) => findings.extend(wrong_model(world, &trip, &way)),
                End::Elsewhere => {}
            }
        }
    }
    findings
}

fn base_pointer(trip: &Trip<'_, '_>) -> String {
    trip.entry.pointer("/litellm_params/api_base")
}

fn no_path(stage: &Stage<'_>, trip: &Trip<'_, '_>) -> Finding {
    let message = format!(
        "`{}` asks {} for `{}`, a path that none of its routes matches",
        trip.entry.alias, stage.gateway.identity, trip.request.path
    );
    let finding = trip.config.part.error(Code::AliasRoute, &base_pointer(trip), message);
    let near = stage.ways.iter().filter(|w| w.path().0 != "RegularExpression");
    let near = near.min_by_key(|w| (strsim::damerau_levenshtein(w.path().1, &trip.request.path), w.path().1));
    match near {
        Some(way) => {
            let (place, words) = (way.route.place(&format!("{}/path/value", way.pointer())), "the nearest path");
            finding.related(place, words).help(format!(
                "{} takes what begins with `{}`",
                way.route.identity,
                way.path().1
            ))
        }
        None => finding.help("no HTTPRoute names this Gateway as its parent"),
    }
}

/// The path leads to routes whose headers do not fit: says which of alias, policy and route differs from the other two.
fn other_headers(world: &World<'_>, stage: &Stage<'_>, trip: &Trip<'_, '_>, ways: &[Way<'_>]) -> Finding {
    // The route that fits best is the one that was meant.
    let misses = |w: &Way<'_>| w.headers().filter(|h| fits(trip, h) == Holds::No).count();
    let way = ways.iter().min_by_key(|w| (misses(w), std::cmp::Reverse(w.weight()))).expect("the path leads somewhere");
    let header = way.headers().find(|h| fits(trip, h) == Holds::No).expect("some header does not fit");
    let (index, name, _, value) = header;
    let (alias, model, route) = (trip.entry.alias, trip.model, way.route.identity);
    let pointer = format!("{}/headers/{index}/value", way.pointer());
    let Some(setter) = stage.headers.get(&name.to_ascii_lowercase()) else {
        return nothing_sets(stage, name);
    };
    let carried = setter.expression.of(model);
    let producers: Vec<&str> =
        setter.expression.models().into_iter().filter(|m| is(&setter.expression.of(m), value)).collect();
    let served = behind(world, way).iter().any(|(_, t)| serves(t, model));
    let wrong_policy = value == model || carried == Carried::Absent && served;
    let made = match &carried {
        Carried::Is(made) => format!("`{made}`"),
        _ => "no value".to_owned(),
    };
    let finding = if wrong_policy {
        let message = format!("for the model `{model}` the header `{name}` gets {made}, and {route} wants `{value}`");
        let finding = setter.policy.error(Code::ModelHeader, &setter.pointer, message);
        finding.help(format!("map `{model}` to `{value}`: `{alias}` asks for it"))
    } else if producers.is_empty() || served {
        let message = format!("{route} wants `{name}: {value}`, and `{alias}`, whose path it has, gets {made}");
        let finding = way.route.error(Code::ModelHeader, &pointer, message);
        finding.help(format!("`{name}` is made from the model in the body, here `{model}`"))
    } else {
        let message =
            format!("`{alias}` asks for the model `{model}`, and {route}, whose path it has, wants `{name}: {value}`");
        let finding = trip.config.part.error(Code::AliasRoute, &trip.entry.pointer("/litellm_params/model"), message);
        let names: Vec<String> = producers.iter().map(|m| format!("`{m}`")).collect();
        finding.help(format!("that value is made for {}", names.join(", ")))
    };
    finding
        .related(way.route.place(&pointer), "the route wants this")
        .related(setter.policy.place(&setter.pointer), "the policy makes the header here")
        .related(trip.config.part.place(&trip.entry.pointer("/litellm_params/model")), "LiteLLM asks for this")
}

/// One finding for all routes that match on it.
fn nothing_sets(stage: &Stage<'_>, name: &str) -> Finding {
    let gateway = stage.gateway.identity;
    let message = format!("nothing sets the header `{name}` at {gateway}, and routes match on it");
    let finding = stage.gateway.error(Code::ModelHeader, "/metadata/name", message);
    finding.help(
        "an AgentgatewayPolicy with `phase: PreRouting` in the Gateway's namespace makes it from the body's model",
    )
}

fn fits(trip: &Trip<'_, '_>, (_, name, kind, value): &(usize, &str, &str, &str)) -> Holds {
    header_fits(&trip.request, name, kind, value)
}

fn is(carried: &Carried, value: &str) -> bool {
    matches!(carried, Carried::Is(text) if text == value)
}

fn serves(target: &Target<'_>, model: &str) -> bool {
    match target {
        Target::Pinned(_, pinned) => *pinned == model,
        Target::Servers(..) => target.names().is_some_and(|n| n.contains(model)),
        Target::Unknown => false,
    }
}

/// What answers is another model than the one asked for.
fn wrong_model(world: &World<'_>, trip: &Trip<'_, '_>, way: &Way<'_>) -> Vec<Finding> {
    behind(world, way)
        .iter()
        .flat_map(|(_, target)| match target {
            Target::Pinned(backend, pinned) if !akin(pinned, trip.model) => {
                vec![other_pin(trip, backend, pinned)]
            }
            _ => Vec::new(),
        })
        .collect()
}

/// Whether two names may well mean one model: dated, prefixed by a vendor, or a nickname without a version.
fn akin(pinned: &str, asked: &str) -> bool {
    let asked = asked.rsplit('/').next().unwrap_or(asked);
    pinned.contains(asked) || asked.contains(pinned) || !asked.contains(|c: char| c.is_ascii_digit())
}

fn other_pin(trip: &Trip<'_, '_>, backend: &Object<'_>, pinned: &str) -> Finding {
    let message =
        format!("{} is fixed to `{pinned}`, and `{}` asks it for `{}`", backend.identity, trip.entry.alias, trip.model);
    let provider = backend.at("/spec/ai/provider").and_then(Value::as_object).and_then(|p| p.keys().next());
    let pointer = format!("/spec/ai/provider/{}/model", provider.map_or("", String::as_str));
    let finding = backend.warning(Code::AliasModel, &pointer, message);
    finding
        .related(trip.config.part.place(&trip.entry.pointer("/litellm_params/model")), "LiteLLM asks for this")
        .help("the backend's model is the one that answers; price and name in LiteLLM are of the other")
}

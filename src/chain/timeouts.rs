//! Rules about the times along the way from alias to model: who waits is not given up by the one before, and a model server
//! that sleeps is woken by a request that somebody holds.

use serde_json::Value;

use crate::chain::model_server::{Server, selected};
use crate::chain::routing::Way;
use crate::chain::way::{End, Target, Trip, Walk};
use crate::object::api_group::{AGENTGATEWAY, KEDA};
use crate::object::litellm_config::Config;
use crate::object::object::Object;
use crate::object::part::Part;
use crate::products::keda::scaled_object::scaled_workload;
use crate::references::world::World;
use crate::text::finding::{Code, Finding};
use crate::text::forms;
use crate::text::pointer::escaped;

/// A number of seconds and where it is said.
struct Time<'a> {
    seconds: f64,
    part: Part<'a>,
    pointer: String,
}

impl Time<'_> {
    fn warning(&self, message: String) -> Finding {
        self.part.warning(Code::TimeoutOrder, &self.pointer, message)
    }

    fn place(&self) -> crate::text::source::Place {
        self.part.place(&self.pointer)
    }
}

/// Times that contradict each other.
pub fn timeouts(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (trip, end) in &walk.trips {
        let End::Taken(way, _) = end else { continue };
        let (caller, route) = (litellm(trip), route(way));
        if let (Some(caller), Some(route)) = (&caller, &route)
            && caller.seconds < route.seconds
        {
            let message = format!(
                "LiteLLM gives a call of `{}` up after {} s, and {} only after {} s",
                trip.entry.alias, caller.seconds, way.route.identity, route.seconds
            );
            let help = "what it gave up still runs when LiteLLM tries again: let it wait as long as the route";
            findings.push(caller.warning(message).related(route.place(), "the route waits this long").help(help));
        }
        if let (Some(caller), Some(route)) = (&caller, &route)
            && route.seconds * 2.0 <= caller.seconds
        {
            let message = format!(
                "{} gives a call of `{}` up after {} s, and LiteLLM would wait {} s",
                way.route.identity, trip.entry.alias, route.seconds, caller.seconds
            );
            let help = "long answers are cut: let the route wait as long as LiteLLM";
            findings.push(route.warning(message).related(caller.place(), "LiteLLM waits this long").help(help));
        }
        for (_, target) in walk.behind(way).iter() {
            if let Target::Servers(pool, servers) = target {
                let ahead: Vec<Time<'_>> = [litellm(trip), self::route(way)].into_iter().flatten().collect();
                findings.extend(cold_start(walk.inventory.world, trip, pool, servers, &ahead));
            }
        }
    }
    findings.extend(walk.configs.iter().flat_map(passed_over));
    findings.extend(drains(walk));
    findings
}

/// A time for all that no entry heeds, because each has its own, and one for streams that all heed.
fn passed_over(config: &Config<'_>) -> Vec<Finding> {
    let part = &config.part;
    let seconds = |pointer: &str| part.at(pointer).and_then(self::seconds);
    let own: Vec<f64> = config.entries().filter_map(|e| seconds(&e.pointer("/litellm_params/timeout"))).collect();
    let (shortest, all) = (own.iter().copied().fold(f64::INFINITY, f64::min), own.len() == config.entries().count());
    if own.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for pointer in ["/router_settings/timeout", "/litellm_settings/request_timeout"] {
        let Some(time) = seconds(pointer).filter(|s| all && *s < shortest) else { continue };
        let name = pointer.rsplit('/').next().unwrap_or_default();
        let message = format!(
            "`{name}` is {time} s, and every model has a timeout of its own, the shortest of {shortest} s, which wins"
        );
        findings.push(
            part.warning(Code::TimeoutOrder, pointer, message).help("remove it, or change the timeouts of the models"),
        );
    }
    let pointer = "/router_settings/stream_timeout";
    if let Some(time) = seconds(pointer).filter(|s| *s < PAUSE && *s < shortest) {
        let message =
            format!("LiteLLM gives a stream up when nothing comes for {time} s, and its models have {shortest} s");
        findings.push(
            part.warning(Code::TimeoutOrder, pointer, message)
                .help("a model may think for longer before its first token: remove it"),
        );
    }
    findings
}

/// Seconds that a model may well be silent for in the midst of an answer.
const PAUSE: f64 = 30.0;

/// What LiteLLM waits for an answer, where that is said.
fn litellm<'a>(trip: &Trip<'_, 'a>) -> Option<Time<'a>> {
    let part = &trip.config.part;
    let own = trip.entry.pointer("/litellm_params/timeout");
    let pointers = [own, "/router_settings/timeout".into(), "/litellm_settings/request_timeout".into()];
    pointers.into_iter().find_map(|pointer| {
        let value = part.at(&pointer)?;
        let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|s| *s > 0.0)?;
        Some(Time { seconds, part: part.clone(), pointer })
    })
}

/// What a rule gives a request, where that is said.
fn route<'a>(way: &Way<'a>) -> Option<Time<'a>> {
    time(&way.route, format!("{}/timeouts/request", way.rule_pointer()))
}

fn time<'a>(object: &Object<'a>, pointer: String) -> Option<Time<'a>> {
    let seconds = object.at(&pointer).and_then(seconds)?;
    Some(Time { seconds, part: Part::of(object, ""), pointer })
}

/// Seconds of a number, or of a duration; zero is no limit.
fn seconds(value: &Value) -> Option<f64> {
    let of_text = || Some(forms::duration(value.as_str()?)? as f64 / 1e9);
    value.as_f64().or_else(of_text).filter(|seconds| *seconds > 0.0)
}

/// A pool whose model servers may all sleep needs a picker that holds requests, for as long as a start takes.
fn cold_start(
    world: &World<'_>,
    trip: &Trip<'_, '_>,
    pool: &Object<'_>,
    servers: &[Server<'_>],
    ahead: &[Time<'_>],
) -> Vec<Finding> {
    let Some((server, scaler)) = servers.iter().find_map(|s| Some((s, sleeper(world, &s.workload)?))) else {
        return Vec::new();
    };
    let Some(config) = picker(world, pool) else { return Vec::new() };
    if !config.items("/featureGates").iter().any(|g| g == "flowControl") {
        let message = format!(
            "{} lets {} sleep, and the endpoint picker of {} holds no request until it wakes",
            scaler.identity, server.workload.identity, pool.identity
        );
        let finding = scaler.error(Code::ColdStart, "/spec/minReplicaCount", message);
        let finding =
            finding.related(config.place("/featureGates"), "without `flowControl` an empty pool is a 503 at once");
        return vec![
            finding.help("add the feature gate `flowControl` to the picker's configuration, or keep one replica"),
        ];
    }
    let pointer = "/flowControl/defaultRequestTTL";
    let Some(hold) = config.at(pointer).and_then(seconds) else { return Vec::new() };
    let hold = Time { seconds: hold, part: config, pointer: pointer.into() };
    let mut findings = Vec::new();
    for time in ahead.iter().filter(|t| t.seconds < hold.seconds) {
        let message = format!(
            "a call of `{}` is given up here after {} s, and the endpoint picker of {} would hold it for {} s",
            trip.entry.alias, time.seconds, pool.identity, hold.seconds
        );
        findings.push(
            time.warning(message)
                .related(hold.place(), "held this long")
                .help("who holds a request is waited for, and for the answer too"),
        );
    }
    if let Some(start) = start(server).filter(|start| hold.seconds < start.seconds) {
        let message = format!(
            "the endpoint picker of {} holds a request for {} s, and {} may take {} s to start",
            pool.identity, hold.seconds, server.workload.identity, start.seconds
        );
        findings.push(
            hold.warning(message)
                .related(start.place(), "the probe allows this")
                .help("hold requests for as long as a start may take"),
        );
    }
    findings
}

/// What may scale a workload to nothing; KEDA's `minReplicaCount` is 0 by default.
fn sleeper<'a>(world: &World<'a>, workload: &Object<'a>) -> Option<Object<'a>> {
    let scales = |o: &&Object<'a>| {
        scaled_workload(world, o).is_some_and(|scaled| scaled.identity == workload.identity)
            && o.at("/spec/minReplicaCount").is_none_or(|m| m == 0)
    };
    world.objects.of(KEDA, "ScaledObject").find(scales).copied()
}

/// The configuration of the endpoint picker of a pool, where a ConfigMap holds it.
fn picker<'a>(world: &World<'a>, pool: &Object<'a>) -> Option<Part<'a>> {
    let namespace = &pool.identity.namespace;
    let service = world.objects.get("", "Service", namespace, pool.text_at("/spec/endpointPickerRef/name"))?;
    let workloads = selected(world, namespace, service.at("/spec/selector")?);
    let volumes = workloads.iter().flat_map(|template| template.items("/volumes"));
    let maps = volumes.filter_map(|v| world.objects.get("", "ConfigMap", namespace, v["configMap"]["name"].as_str()?));
    let texts = maps.flat_map(|map| {
        map.at("/data").and_then(Value::as_object).into_iter().flatten().map(move |(k, v)| (map, k, v))
    });
    let mut texts = texts.filter(|(_, _, text)| text.as_str().is_some_and(|t| t.contains("EndpointPickerConfig")));
    let (map, key, _) = texts.next()?;
    Part::of_text(map, &format!("/data/{}", escaped(key)), Code::ColdStart).ok()
}

/// The time that the startup probe of a model server gives it.
fn start<'a>(server: &Server<'a>) -> Option<Time<'a>> {
    let pointer = server.pointer.rsplit_once('/')?.0.to_owned() + "/startupProbe";
    let probe = server.workload.at(&pointer)?;
    let number = |key: &str, default: f64| probe[key].as_f64().unwrap_or(default);
    let seconds = number("initialDelaySeconds", 0.0) + number("periodSeconds", 10.0) * number("failureThreshold", 3.0);
    Some(Time { seconds, part: Part::of(&server.workload, ""), pointer })
}

/// A proxy that stops waits for the answers that it may still give.
fn drains(walk: &Walk<'_, '_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, stage) in walk.stages.iter().enumerate() {
        let name = stage.gateway.text_at("/spec/infrastructure/parametersRef/name");
        let namespace = &stage.gateway.identity.namespace;
        let parameters = walk.inventory.world.objects.get(AGENTGATEWAY, "AgentgatewayParameters", namespace, name);
        let Some(drain) = parameters.and_then(|p| time(p, "/spec/shutdown/max".into())) else { continue };
        let ways = walk.trips.iter().filter_map(|(trip, end)| match end {
            End::Taken(way, _) if trip.stage == index => route(way),
            _ => None,
        });
        let longest = ways.max_by(|a, b| a.seconds.total_cmp(&b.seconds));
        if let Some(longest) = longest.filter(|l| drain.seconds < l.seconds) {
            let message = format!(
                "{} stops after {} s, and a request may take {} s",
                stage.gateway.identity, drain.seconds, longest.seconds
            );
            findings.push(
                drain
                    .warning(message)
                    .related(longest.place(), "as this route says")
                    .help("a rollout cuts what runs longer: let it drain as long as a request may take"),
            );
        }
    }
    findings
}

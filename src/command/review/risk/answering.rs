//! What keeps the platform answering: probes, limits of memory, a second replica, budgets of disruptions, the time to end.

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::objects::{Thing, VALUES};
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::command::review::routine::REPLICAS;
use crate::text::finding::Code;
use crate::text::forms::duration;
use crate::text::kubeyaml;
use crate::text::source::Source;
use crate::verdict::quantity;

/// Parts without which a pod is not looked after; each gone as a whole means something.
const PARTS: [(&str, &str); 7] = [
    ("readinessProbe", "requests go to it before it can answer"),
    ("livenessProbe", "nobody restarts it when it hangs"),
    ("startupProbe", "it is judged before it has started"),
    ("limits", "it may take the memory of its whole node"),
    ("resources", "it may take the memory of its whole node, and is the first that a full node stops"),
    ("preStop", "it ends while requests still come"),
    ("lifecycle", "it ends while requests still come"),
];

/// Parts of a chart that others lean on.
const LEANED_ON: [&str; 6] =
    ["webhook", "certController", "networkPolicy", "networkPolicies", "podDisruptionBudget", "metricsServer"];

pub(super) fn lowered(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "leave it, or say in the review why nothing stops answering without it";
    let told = |(field, why): (&Field, &str)| {
        sight.at(field, Code::AvailabilityLowered, format!("{why}: it goes {}", from_to(field)), help)
    };
    let whole = sight.change.fields.iter().filter_map(|field| Some((field, gone(field)?)));
    let leaves = sight.leaves.iter().filter_map(|field| Some((field, less(sight, field)?)));
    let mut risks: Vec<Risk> = whole.chain(leaves).map(told).collect();
    if sight.goes() && scaled_up_to(sight.old).is_some_and(|most| most > in_git(sight)) {
        let message = "it is gone, and what it scaled stays as small as git says";
        risks.push(sight.risk(Code::AvailabilityLowered, message, help));
    }
    if sight.is("PodDisruptionBudget") && sight.goes() && guarded_stay(sight) {
        let message = "it is gone, and draining a node may stop all pods that it counted";
        risks.push(sight.risk(Code::AvailabilityLowered, message, help));
    }
    risks
}

/// Fields of scalers for how many may run at most.
const MOST: [&str; 2] = ["maxReplicas", "maxReplicaCount"];

/// How many a scaler lets run.
fn scaled_up_to(scaler: Option<&Thing>) -> Option<i64> {
    let spec = &scaler?.value["spec"];
    let scales = spec.get("scaleTargetRef").is_some();
    MOST.iter().filter(|_| scales).find_map(|field| spec[field].as_i64())
}

/// How many of what a scaler scaled run without it; nothing is lost where that goes as well.
fn in_git(sight: &Sight<'_>) -> i64 {
    let target = sight.old.map_or(&Value::Null, |old| &old.value["spec"]["scaleTargetRef"]);
    let kind = target["kind"].as_str().unwrap_or("Deployment").to_lowercase();
    let file = format!("/{kind}-{}.yaml", target["name"].as_str().unwrap_or_default());
    // It need not have changed.
    let texts = sight.now.tree.iter().filter(|(path, _)| path.ends_with(&file)).map(|(_, text)| text);
    let documents = texts.flat_map(|text| kubeyaml::values(&Source::new("", &**text)).unwrap_or_default());
    let mut own = documents.filter(|value| value["metadata"]["namespace"] == *sight.change.identity.namespace);
    own.next().map_or(i64::MAX, |value| value["spec"]["replicas"].as_i64().unwrap_or(1))
}

fn gone(field: &Field) -> Option<&'static str> {
    if field.new.is_some() {
        return None;
    }
    let memory = field.ends(&["limits", "memory"]);
    let key = if memory { "limits" } else { field.key() };
    let (_, why) = PARTS.iter().find(|(part, _)| *part == key)?;
    let limited = |old: &Value| memory || !old["memory"].is_null() || !old["limits"]["memory"].is_null();
    let counts = !["limits", "resources"].contains(&key) || field.old.as_ref().is_some_and(limited);
    counts.then_some(why)
}

fn less(sight: &Sight<'_>, field: &Field) -> Option<&'static str> {
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_i64);
    let (old, new) = (number(&field.old), number(&field.new));
    let data = field.key() == "instances";
    if REPLICAS.contains(&field.key()) && !data && new == Some(1) && old > Some(1) {
        return Some("one is left, and nobody answers while it restarts");
    }
    let scales = MOST.contains(&field.key()) && sight.new.is_some();
    if scales && new.is_some() && new < old {
        return Some("what ran beside it under load is stopped, and does not come back");
    }
    if field.key() == "terminationGracePeriodSeconds" && (new == Some(0) || new < old) && new.is_some() {
        return Some("it is killed in the middle of requests");
    }
    if waits(field).is_some_and(|(old, new)| new.is_some_and(|new| new < old)) {
        return Some("answers that take longer are cut off");
    }
    if field.ends(&["strategy", "type"]) && field.new == Some("Recreate".into()) {
        return Some("nobody answers while a new version starts");
    }
    if field.ends(&["rollingUpdate", "maxUnavailable"]) && takes_away_more(field) {
        return Some("a new version may take more of its pods away at once");
    }
    if field.passes(&["limits"]) && is_less(field) {
        return Some("what ran with as much is killed, or does not start");
    }
    if sight.is("PodDisruptionBudget") && evicts_more(field) {
        return Some("draining nodes may stop more of its pods at once");
    }
    if sight.is("PrometheusRule") && field.key() == "alert" && field.new.is_none() {
        return Some("nobody is told of it any more");
    }
    let off = ["enabled", "create"].contains(&field.key()) && field.new == Some(false.into());
    let part = field.steps.iter().any(|step| LEANED_ON.contains(&step.as_str()));
    (sight.is(VALUES) && off && part).then_some("a part of the chart that others lean on is switched off")
}

/// How long a request may take, before and now, in nanoseconds; none of a field that says no such thing.
pub(super) fn waits(field: &Field) -> Option<(i64, Option<i64>)> {
    let known = match field.key() {
        "request" | "backendRequest" => field.passes(&["timeouts"]),
        // LiteLLM's, in seconds.
        "timeout" | "stream_timeout" => ["litellm_params", "router_settings"].iter().any(|part| field.passes(&[part])),
        "request_timeout" => field.passes(&["litellm_settings"]),
        key => key == "requestTimeout",
    };
    let time = |value: &Value| match value {
        Value::String(text) => duration(text),
        _ => value.as_i64().map(|seconds| seconds.saturating_mul(1_000_000_000)),
    };
    let old = known.then(|| field.old.as_ref().and_then(time)).flatten()?;
    Some((old, field.new.as_ref().and_then(time)))
}

/// Whether a rollout takes more pods away than before, and more than it does where nothing is said: a quarter, or one.
fn takes_away_more(field: &Field) -> bool {
    let amount = |value: &Option<Value>| match value {
        None => Some(0.25),
        Some(Value::String(text)) => Some(text.strip_suffix('%')?.parse::<f64>().ok()? / 100.0),
        Some(other) => Some(other.as_f64()? / 4.0),
    };
    let (old, new) = (amount(&field.old), amount(&field.new));
    field.new.is_some() && new > old && new > Some(0.25)
}

/// Whether a limit of devices, as GPUs, is less than it was.
fn is_less(field: &Field) -> bool {
    let amount = |value: &Option<Value>| value.as_ref().and_then(quantity::of);
    field.key().contains('/') && amount(&field.old).zip(amount(&field.new)).is_some_and(|(old, new)| new < old)
}

/// Whether a budget of disruptions lets more pods go; a part in a hundred and a count cannot be compared.
fn evicts_more(field: &Field) -> bool {
    let amount = |value: &Option<Value>| match value {
        Some(Value::String(text)) => text.strip_suffix('%')?.parse::<i64>().ok(),
        other => other.as_ref()?.as_i64(),
    };
    let alike = field.old.as_ref().map(Value::is_string) == field.new.as_ref().map(Value::is_string);
    let (old, new) = (amount(&field.old), amount(&field.new));
    match field.key() {
        "minAvailable" => field.old.is_some() && (!alike || new < old),
        "maxUnavailable" => field.new.is_some() && field.old.is_some() && (!alike || new > old),
        _ => false,
    }
}

/// Whether the pods that a budget counts are still there.
fn guarded_stay(sight: &Sight<'_>) -> bool {
    let selector = sight.old.map_or(&Value::Null, |old| &old.value["spec"]["selector"]);
    let namespace = &sight.change.identity.namespace;
    sight.place_stays() && !sight.has_pods(namespace, selector, (&sight.before, &sight.now))
}

//! Known traps of KEDA: what its webhook refuses, and what scaling to zero needs around it.

use serde_json::Value;

use crate::object::api_group::{INFERENCE, KEDA};
use crate::object::fields::deprecated;
use crate::object::object::{Object, ObjectRule};
use crate::object::pod_template::{self, PodTemplate, flag};
use crate::products::inference::pool::picker_config;
use crate::references::application::applications;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[keda_refuses, busy_pod, http_scaled_object];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[two_scalers, scaled_replicas, nobody_waits];

fn refused(scaled: &Object<'_>, pointer: &str, why: String, help: &str) -> Finding {
    scaled.error(Code::KedaRefuses, pointer, format!("KEDA refuses {}: {why}", scaled.identity)).help(help)
}

/// The checks of apis/keda/v1alpha1/scaledobject_webhook.go that one object decides and the schema does not make.
fn keda_refuses(scaled: &Object<'_>) -> Vec<Finding> {
    let is_job = scaled.is(KEDA, "ScaledJob");
    if !is_job && !scaled.is(KEDA, "ScaledObject") {
        return Vec::new();
    }
    let mut findings = triggers(scaled);
    if is_job {
        return findings;
    }
    let number = |pointer: &str| scaled.at(pointer).and_then(Value::as_i64);
    let minimum = number("/spec/minReplicaCount").unwrap_or(0);
    if let Some(idle) = number("/spec/idleReplicaCount") {
        // A written minimum of 0 makes an HPA with 1.
        let least = if number("/spec/minReplicaCount").is_some() { minimum.max(1) } else { 0 };
        if idle >= least {
            let why = format!("idleReplicaCount {idle} is not below minReplicaCount {least}");
            findings.push(refused(
                scaled,
                "/spec/idleReplicaCount",
                why,
                "only 0 below a minimum of 1 or more makes sense",
            ));
        }
    }
    let resource = |trigger: &Value| trigger["type"] == "cpu" || trigger["type"] == "memory";
    let all = scaled.items("/spec/triggers");
    if minimum == 0 && !all.is_empty() && all.iter().all(resource) {
        let why = "with cpu and memory triggers alone it can't scale to 0".to_owned();
        findings.push(refused(
            scaled,
            "/spec/triggers",
            why,
            "write `minReplicaCount: 1`, or add a trigger that acts without pods",
        ));
    }
    let name = &scaled.identity.name;
    let hpa = scaled.at("/spec/advanced/horizontalPodAutoscalerConfig/name").and_then(Value::as_str);
    let hpa = hpa.filter(|n| !n.is_empty()).map_or_else(|| format!("keda-hpa-{name}"), str::to_owned);
    if name.len() > 63 || hpa.len() > 63 {
        let why = format!("the name of its HPA, {hpa}, has more than 63 characters");
        findings.push(refused(
            scaled,
            "/metadata/name",
            why,
            "shorten the name, or set advanced.horizontalPodAutoscalerConfig.name",
        ));
    }
    findings
}

fn triggers(scaled: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    if scaled.at("/spec/triggers").is_some_and(|t| t.as_array().is_some_and(Vec::is_empty)) {
        findings.push(refused(scaled, "/spec/triggers", "it has no trigger".into(), "add one"));
    }
    for (pointer, trigger) in scaled.all("/spec/triggers/*") {
        if let Some(name) = trigger["name"].as_str().filter(|name| !name.is_empty()) {
            if seen.contains(&name) {
                let why = format!("two triggers are named {name}");
                findings.push(refused(scaled, &format!("{pointer}/name"), why, "names are unique in one object"));
            }
            seen.push(name);
        }
        let kind = trigger["type"].as_str().unwrap_or_default();
        if trigger["useCachedMetrics"] == true && ["cpu", "memory", "cron"].contains(&kind) {
            let why = format!("a {kind} trigger has no cached metrics");
            findings.push(refused(scaled, &format!("{pointer}/useCachedMetrics"), why, "remove it"));
        }
    }
    findings
}

/// What an object scales: API group, kind and name.
pub fn scale_target<'a>(scaled: &Object<'a>) -> (&'a str, &'a str, &'a str) {
    let text = |key: &str| scaled.text_at(&format!("/spec/scaleTargetRef/{key}"));
    let group = text("apiVersion").split_once('/').map_or("apps", |(group, _)| group);
    (group, if text("kind").is_empty() { "Deployment" } else { text("kind") }, text("name"))
}

fn two_scalers(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen: Vec<(&str, (&str, &str, &str), &Object<'_>)> = Vec::new();
    let foreign = world.objects.of("autoscaling", "HorizontalPodAutoscaler");
    let foreign = foreign.filter(|hpa| hpa.annotation("validations.keda.sh/hpa-ownership") != "false");
    for scaler in foreign.chain(world.objects.of(KEDA, "ScaledObject")) {
        let (home, target) = (scaler.home(), scale_target(scaler));
        let handed_over = scaler.annotation("scaledobject.keda.sh/transfer-hpa-ownership") == "true";
        if let Some((.., first)) = seen.iter().find(|(h, t, _)| *h == home && *t == target)
            && scaler.is(KEDA, "ScaledObject")
            && !handed_over
        {
            let why = format!("{} scales {} {} too", first.identity, target.1, target.2);
            findings.push(refused(
                scaler,
                "/spec/scaleTargetRef",
                why,
                "one scaler a workload: put all triggers into one",
            ));
        }
        seen.push((home, target, scaler));
    }
    findings
}

/// The workload that an object scales, where the files hold it.
pub fn scaled_workload<'w, 'a>(world: &'w World<'a>, scaled: &Object<'_>) -> Option<&'w Object<'a>> {
    let (group, kind, name) = scale_target(scaled);
    world.objects.get(group, kind, &scaled.identity.namespace, name)
}

fn scaled_replicas(world: &World<'_>) -> Vec<Finding> {
    let ignored = || {
        applications(world)
            .flat_map(|app| app.all("/spec/ignoreDifferences/*"))
            .any(|(_, part)| part.to_string().contains("replicas"))
    };
    let mut findings = Vec::new();
    for scaled in world.objects.of(KEDA, "ScaledObject") {
        let Some(workload) = scaled_workload(world, scaled).filter(|w| w.at("/spec/replicas").is_some()) else {
            continue;
        };
        if ignored() {
            continue;
        }
        let message = format!(
            "{} has `replicas`, and {} scales it: every apply sets them back",
            workload.identity, scaled.identity
        );
        let finding = workload.warning(Code::ScaledReplicas, "/spec/replicas", message);
        findings.push(finding.help("leave `replicas` out"));
    }
    findings
}

/// What the picker's queue is called in its metrics.
const QUEUE: &str = "flow_control_queue_size";

fn busy_pod(scaled: &Object<'_>) -> Vec<Finding> {
    let to_zero = scaled.at("/spec/minReplicaCount").is_none_or(|n| n == 0);
    let triggers = scaled.all("/spec/triggers/*");
    let by_queue = |trigger: &Value| {
        trigger["metadata"]["query"].as_str().is_some_and(|q| q.contains(QUEUE) && !q.contains("running"))
    };
    if !scaled.is(KEDA, "ScaledObject") || !to_zero || triggers.is_empty() || !triggers.iter().all(|(_, t)| by_queue(t))
    {
        return Vec::new();
    }
    let message = format!(
        "{} looks at waiting requests only: a pod that is busy with the last one is taken away",
        scaled.identity
    );
    let finding = scaled.warning(Code::BusyPod, "/spec/triggers", message);
    vec![finding.help("add a trigger on `vllm:num_requests_running`")]
}

fn http_scaled_object(object: &Object<'_>) -> Vec<Finding> {
    match object.is("http.keda.sh", "HTTPScaledObject") {
        true => vec![deprecated(
            object,
            "/kind",
            "is deprecated since 0.14",
            "write an InterceptorRoute and a ScaledObject",
        )],
        false => Vec::new(),
    }
}

/// Without the gate `flowControl` a pool without pods answers 503 at once, and nothing is ever woken.
fn nobody_waits(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scaled in
        world.objects.of(KEDA, "ScaledObject").filter(|s| s.at("/spec/minReplicaCount").is_none_or(|n| n == 0))
    {
        let Some(workload) = scaled_workload(world, scaled) else { continue };
        let near = |object: &Object<'_>| object.home() == scaled.home();
        let Some(scales) = pod_template::of(workload).next() else { continue };
        let of_pool = |pool: &&Object<'_>| pool.at("/spec/selector").is_some_and(|s| scales.is_selected(s));
        let Some(pool) = world.objects.of(INFERENCE, "InferencePool").filter(|o| near(o)).find(of_pool) else {
            continue;
        };
        let picks = |template: &PodTemplate<'_>| {
            template.containers().iter().any(|(_, c)| flag(c, "pool-name") == Some(&pool.identity.name))
        };
        let mut all = pod_template::all(&world.objects).filter(|template| near(&template.owner));
        let Some(configs) = all.find(picks).and_then(|picker| configs(world, &picker)) else { continue };
        let gated = |config: &Value| {
            config["featureGates"].as_array().is_some_and(|g| g.iter().any(|gate| gate == "flowControl"))
        };
        if configs.iter().any(gated) {
            continue;
        }
        let message = format!(
            "{} scales to 0, and the picker of {} holds no request while no pod is there",
            scaled.identity, pool.identity
        );
        let finding = scaled.warning(Code::NobodyWaits, "/spec/scaleTargetRef", message);
        findings.push(finding.help("add `featureGates: [flowControl]` to the picker's configuration"));
    }
    findings
}

/// The configurations that a picker may be started with; `None` when they are not here.
fn configs(world: &World<'_>, picker: &PodTemplate<'_>) -> Option<Vec<Value>> {
    let containers = picker.containers();
    let texts = containers.iter().find_map(|(_, c)| flag(c, "config-text"));
    if let Some(text) = texts {
        return Some(picker_config(text).into_iter().collect());
    }
    if containers.iter().all(|(_, c)| flag(c, "config-file").is_none()) {
        return Some(Vec::new());
    }
    let mounted = picker.owner.all(&picker.spec("/volumes/*/configMap/name"));
    let maps = mounted
        .iter()
        .filter_map(|(_, name)| world.objects.get("", "ConfigMap", &picker.owner.identity.namespace, name.as_str()?));
    let found: Vec<Value> =
        maps.flat_map(|map| map.all("/data/*")).filter_map(|(_, text)| picker_config(text.as_str()?)).collect();
    (!found.is_empty()).then_some(found)
}

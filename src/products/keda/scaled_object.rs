//! Known traps of KEDA: two scalers of one workload, and what scaling to zero needs around it. What its webhook refuses
//! of one object is in pages.

use std::cell::LazyCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{INFERENCE, KEDA};
use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate, flag};
use crate::products::inference::pool::picker_config;
use crate::references::application::applications;
use crate::references::labelled::Labelled;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[two_scalers, scaled_replicas, nobody_waits];

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
            let message = format!("KEDA refuses {}: {why}", scaler.identity);
            let finding = scaler.error(Code::KedaRefuses, "/spec/scaleTargetRef", message);
            let finding = finding.related(first.place("/spec/scaleTargetRef"), "this scales it");
            findings.push(finding.help("one scaler a workload: put all triggers into one"));
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
    // Elsewhere nobody says that what is applied is applied again.
    let plain = world.objects.of("autoscaling", "HorizontalPodAutoscaler").filter(|_| world.closed);
    for scaled in world.objects.of(KEDA, "ScaledObject").chain(plain) {
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
        findings.push(
            finding.help("leave `replicas` out; of what is rendered here a patch takes it away: `replicas: null`"),
        );
    }
    findings
}

/// Without the gate `flowControl` a pool without pods answers 503 at once, and nothing is ever woken.
fn nobody_waits(world: &World<'_>) -> Vec<Finding> {
    let to_zero = |scaled: &&Object<'_>| scaled.at("/spec/minReplicaCount").is_none_or(|n| n == 0);
    let scales = |scaled| Some((scaled, pod_template::of(scaled_workload(world, scaled)?).next()?));
    let scaled: Vec<_> = world.objects.of(KEDA, "ScaledObject").filter(to_zero).filter_map(scales).collect();
    let mut labelled = Labelled::default();
    for (i, (_, template)) in scaled.iter().enumerate() {
        labelled.add(i, template.owner.home(), template.labels(), template.kind.given());
    }
    let mut pools: BTreeMap<usize, &Object<'_>> = BTreeMap::new();
    for pool in world.objects.of(INFERENCE, "InferencePool") {
        let Some(selector) = pool.at("/spec/selector") else { continue };
        for i in labelled.near(pool.home(), selector).into_iter().filter(|i| scaled[*i].1.is_selected(selector)) {
            pools.entry(i).or_insert(pool);
        }
    }
    let pickers = LazyCell::new(|| pickers(world));
    let mut findings = Vec::new();
    for (i, pool) in pools {
        let (scaled, picker) = (scaled[i].0, pickers.get(&(pool.home(), pool.identity.name.as_str())));
        let Some(configs) = picker.and_then(|picker| configs(world, picker)) else { continue };
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

/// The pods that pick for pools, the first of each, by namespace and name of the pool.
fn pickers<'a>(world: &World<'a>) -> BTreeMap<(&'a str, &'a str), PodTemplate<'a>> {
    let mut pickers = BTreeMap::new();
    for template in pod_template::all(&world.objects) {
        for pool in template.containers().iter().filter_map(|(_, c)| flag(c, "pool-name")) {
            pickers.entry((template.owner.home(), pool)).or_insert(template);
        }
    }
    pickers
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

//! Rules about a KEDA trigger on Prometheus: what it needs, and a query about the pool or the model of the workload that it
//! scales (pkg/scalers/prometheus_scaler.go).

use serde_json::Value;

use crate::chain::model_server;
use crate::object::api_group::{INFERENCE, KEDA};
use crate::object::object::Object;
use crate::object::pod_template;
use crate::products::keda::scaled_object::scaled_workload;
use crate::products::prometheus::promql;
use crate::references::world::World;
use crate::text::finding::{Code, Finding};

/// Every trigger of every ScaledObject.
pub fn triggers(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scaled in world.objects.of(KEDA, "ScaledObject") {
        for (pointer, trigger) in scaled.all("/spec/triggers/*") {
            findings.extend(refused(scaled, &pointer, trigger));
            findings.extend(other_subject(world, scaled, &pointer, trigger));
        }
    }
    findings
}

/// A text that somebody else fills in is not looked at.
fn given<'a>(trigger: &'a Value, key: &str) -> Option<&'a str> {
    trigger["metadata"][key].as_str().filter(|text| !text.contains("${") && !text.contains("{{"))
}

fn refused(scaled: &Object<'_>, pointer: &str, trigger: &Value) -> Option<Finding> {
    let kind = trigger["type"].as_str().unwrap_or_default();
    let metadata = &trigger["metadata"];
    let say = |key: &str, why: String, help: &str| {
        let message = format!("KEDA refuses {}: {why}", scaled.identity);
        Some(scaled.error(Code::KedaRefuses, &format!("{pointer}/{key}"), message).help(help))
    };
    let like = ["serverAddress", "query", "threshold"].iter().all(|key| metadata.get(key).is_some());
    // Graphite is asked by the same three.
    if like && !["prometheus", "graphite"].contains(&kind) {
        return say("type", format!("there is no scaler {kind}"), "a query for Prometheus takes `type: prometheus`");
    }
    if kind != "prometheus" {
        return None;
    }
    if let Some(key) = ["serverAddress", "query", "threshold"].iter().find(|key| metadata.get(key).is_none()) {
        return say(
            "metadata",
            format!("a prometheus trigger has no {key}"),
            "all of serverAddress, query and threshold are needed",
        );
    }
    if given(trigger, "serverAddress").is_some_and(|address| !address.contains("://")) {
        return say(
            "metadata/serverAddress",
            "serverAddress is no URL".into(),
            "begin it with `http://` or `https://`",
        );
    }
    for key in ["threshold", "activationThreshold"] {
        if given(trigger, key).is_some_and(|text| text.parse::<f64>().is_err()) {
            return say(&format!("metadata/{key}"), format!("{key} is no number"), "write a number in quotes");
        }
    }
    None
}

/// The query is about another pool or model than that of the target.
fn other_subject(world: &World<'_>, scaled: &Object<'_>, pointer: &str, trigger: &Value) -> Option<Finding> {
    let text = given(trigger, "query").filter(|_| trigger["type"] == "prometheus")?;
    let query = promql::read(text)?.ok()?;
    let target = scaled_workload(world, scaled)?;
    let say = |what: &str, asked: &str, own: Vec<&str>| {
        let message = format!("{} scales {} by the {what} `{asked}`", scaled.identity, target.identity);
        let finding = scaled.warning(Code::ScalerQuery, &format!("{pointer}/metadata/query"), message);
        Some(finding.help(format!("its own: {}", own.join(", "))))
    };
    if let Some(asked) = query.value("inference_pool") {
        let pods = pod_template::of(target).next()?;
        let near = world.objects.of(INFERENCE, "InferencePool").filter(|p| p.home() == scaled.home());
        let own = near.filter(|p| p.at("/spec/selector").is_some_and(|s| pods.is_selected(s)));
        let own: Vec<&str> = own.map(|p| p.identity.name.as_str()).collect();
        if !own.is_empty() && !own.contains(&asked) {
            return say("pool", asked, own);
        }
    }
    if let Some(asked) = query.value("model_name").filter(|_| text.contains("vllm:")) {
        let own: Vec<&str> = model_server::server_of(target)?.names?.into_iter().collect();
        if !own.contains(&asked) {
            return say("model", asked, own);
        }
    }
    None
}

//! HorizontalPodAutoscalers and PodDisruptionBudgets held against the one workload that they are for: whether a share of what it
//! requests can be measured, and whether a pod of it may ever go.

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::products::kubernetes::scaled::target;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[measured, kept];

/// What an HPA measures of containers is there to be measured (Kubernetes 1.35 `pkg/controller/podautoscaler`).
fn measured(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for hpa in world.objects.of("autoscaling", "HorizontalPodAutoscaler") {
        let Some(template) = target(world, hpa, "scaleTargetRef") else { continue };
        for (pointer, metric) in hpa.all("/spec/metrics/*") {
            let (field, of) = match metric["type"].as_str() {
                Some("Resource") => ("resource", None),
                Some("ContainerResource") => ("containerResource", metric["containerResource"]["container"].as_str()),
                _ => continue,
            };
            findings.extend(one(hpa, &template, &format!("{pointer}/{field}"), &metric[field], of));
        }
    }
    findings
}

fn one(
    hpa: &Object<'_>,
    template: &PodTemplate<'_>,
    pointer: &str,
    metric: &Value,
    of: Option<&str>,
) -> Option<Finding> {
    let workload = &template.owner.identity;
    let name = metric["name"].as_str()?;
    // A LimitRange or a webhook may give requests: only where other containers or resources have some are these forgotten.
    let asked =
        |c: &Value, name: &str| ["requests", "limits"].iter().any(|list| c["resources"][*list].get(name).is_some());
    let share = metric["target"].get("averageUtilization").is_some();
    let own = || template.containers().into_iter().filter(|(_, c)| of.is_none_or(|of| c["name"] == of));
    let (_, lacking) = own().find(|(_, c)| share && !asked(c, name) && c["resources"]["requests"].is_object())?;
    let container = lacking["name"].as_str().unwrap_or_default();
    let message = format!(
        "{} wants a share of the {name} that pods request, and `{container}` of {workload} requests none",
        hpa.identity
    );
    let finding = hpa.warning(Code::ScalerQuery, &format!("{pointer}/target"), message);
    Some(finding.help(format!("add `resources.requests.{name}`, or measure an `averageValue`")))
}

/// A budget that never lets a pod go keeps every node of its pods from being drained.
fn kept(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for budget in world.objects.of("policy", "PodDisruptionBudget") {
        let Some(selector) = budget.at("/spec/selector") else { continue };
        let own =
            pod_template::all(&world.objects).filter(|t| t.owner.home() == budget.home() && t.is_selected(selector));
        let [template] = own.take(2).collect::<Vec<_>>()[..] else { continue };
        let workload = &template.owner;
        let name = workload.identity.name.as_str();
        let scaled = |kind: &str| {
            let mut all = world.objects.iter().filter(|o| o.identity.kind == kind && o.home() == workload.home());
            all.any(|o| o.text_at("/spec/scaleTargetRef/name") == name)
        };
        let changes = ["HorizontalPodAutoscaler", "ScaledObject"].into_iter().any(scaled);
        let replicas = workload.at("/spec/replicas").map_or(Some(1), Value::as_i64);
        // One pod alone is another matter: a budget for it is meant to ask before.
        let several = replicas.filter(|n| *n > 1 && !changes && workload.identity.kind != "DaemonSet");
        let least = budget.at("/spec/minAvailable").and_then(Value::as_i64);
        if let Some((replicas, least)) = several.zip(least).filter(|(replicas, least)| least >= replicas) {
            let message = format!(
                "{} keeps {least} of the {replicas} pods of {}: none may ever go",
                budget.identity, workload.identity
            );
            let finding = budget.warning(Code::SingleInstancePdb, "/spec/minAvailable", message);
            findings.push(finding.help("keep one fewer than there are, or write `maxUnavailable: 1`"));
        }
    }
    findings
}

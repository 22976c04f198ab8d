//! Scalers of Kubernetes that name a container which the pods of their target have not, or a resource that is none but for a letter.

use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[containers, resources];

/// Kinds, the field that names their target, and those that name its containers.
const SCALERS: [(&str, &str, &str, &str); 2] = [
    ("autoscaling", "HorizontalPodAutoscaler", "scaleTargetRef", "/spec/metrics/*/containerResource/container"),
    (
        "autoscaling.k8s.io",
        "VerticalPodAutoscaler",
        "targetRef",
        "/spec/resourcePolicy/containerPolicies/*/containerName",
    ),
];

/// The pods of the workload that a scaler names in that field.
pub fn target<'a>(world: &World<'a>, scaler: &Object<'_>, field: &str) -> Option<PodTemplate<'a>> {
    let said = |key: &str| scaler.text_at(&format!("/spec/{field}/{key}"));
    let group = said("apiVersion").split_once('/').map_or("", |(group, _)| group);
    let workload = world.objects.get(group, said("kind"), &scaler.identity.namespace, said("name"))?;
    pod_template::of(workload).next()
}

fn containers(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (group, kind, target, fields) in SCALERS {
        for scaler in world.objects.of(group, kind) {
            let Some(template) = self::target(world, scaler, target) else { continue };
            // Others are put beside them on admission.
            let names: Vec<&str> = template.all_containers().iter().filter_map(|(_, c)| c["name"].as_str()).collect();
            for (pointer, name) in scaler.all(fields).into_iter().filter_map(|(at, name)| Some((at, name.as_str()?))) {
                let known = name == "*" || names.contains(&name) || name.ends_with("-proxy");
                let help = did_you_mean(name, &names);
                if !known && (world.closed || help.starts_with("did you mean")) {
                    let message = format!(
                        "{} is for the container `{name}`, which {} has not",
                        scaler.identity, template.owner.identity
                    );
                    findings.push(scaler.error(Code::DanglingReference, &pointer, message).help(help));
                }
            }
        }
    }
    findings
}

/// What can be measured of pods by their resources.
const RESOURCES: [&str; 2] = ["cpu", "memory"];

fn resources(world: &World<'_>) -> Vec<Finding> {
    let places = [
        ("autoscaling", "HorizontalPodAutoscaler", "/spec/metrics/*/resource|containerResource/name"),
        (
            "autoscaling.k8s.io",
            "VerticalPodAutoscaler",
            "/spec/resourcePolicy/containerPolicies/*/controlledResources/*",
        ),
    ];
    let all = places.into_iter().flat_map(|(group, kind, at)| world.objects.of(group, kind).map(move |o| (o, at)));
    let wrong = |(scaler, at): (&Object<'_>, &str)| {
        let strange =
            scaler.all(at).into_iter().filter(|(_, name)| name.as_str().is_some_and(|n| !RESOURCES.contains(&n)));
        let one = |(pointer, name): (String, &serde_json::Value)| {
            let name = name.as_str().unwrap_or_default();
            let message = format!("{} measures `{name}`, which no pod has", scaler.identity);
            scaler.error(Code::InvalidField, &pointer, message).help(did_you_mean(name, &RESOURCES))
        };
        strange.map(one).collect::<Vec<_>>()
    };
    all.flat_map(wrong).collect()
}

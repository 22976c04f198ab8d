//! Parts of AgentgatewayParameters that are laid over what agentgateway makes of a Gateway: its definition lets anything stand there, and
//! the API server refuses what no Deployment, Service or scaler has, so that the Gateway is not made (agentgateway
//! `controller/pkg/deployer/overlays.go`).

use serde_json::Value;

use crate::object::api_group::AGENTGATEWAY;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::verdict::laid::refused;
use crate::verdict::violation::Violation;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[laid_over];

/// What is laid over what: the part, and API group and kind of the object.
const PARTS: [(&str, &str, &str); 5] = [
    ("deployment", "apps", "Deployment"),
    ("horizontalPodAutoscaler", "autoscaling", "HorizontalPodAutoscaler"),
    ("podDisruptionBudget", "policy", "PodDisruptionBudget"),
    ("service", "", "Service"),
    ("serviceAccount", "", "ServiceAccount"),
];

fn laid_over(object: &Object<'_>) -> Vec<Finding> {
    if !object.is(AGENTGATEWAY, "AgentgatewayParameters") {
        return Vec::new();
    }
    let one = |(part, group, kind): &(&str, &str, &str)| -> Vec<Finding> {
        let at = format!("/spec/{part}/spec");
        let Some(spec @ Value::Object(_)) = object.at(&at) else { return Vec::new() };
        let told = |violation: Violation| {
            let message = format!("{} lays over its {kind} what none can have: {}", object.identity, violation.message);
            let pointer = format!("/spec/{part}{}", violation.pointer);
            violation.on(object, &pointer, message)
        };
        refused(group, kind, "spec", spec).into_iter().map(told).collect()
    };
    PARTS.iter().flat_map(one).filter(|finding| finding.code != Code::CelRule).collect()
}

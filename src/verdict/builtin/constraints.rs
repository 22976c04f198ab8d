//! Single fields of built-in kinds that Go checks and their schemas do not: a table, and a walk that applies it.
//! Source: kubernetes 1.35 pkg/apis/*/validation.

use crate::verdict::builtin::selectors;
use crate::verdict::names::Syntax;
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// What a field must be, where it is given.
#[derive(Clone, Copy)]
enum Must {
    /// A map with these fields, none of them empty.
    Have(&'static [&'static str]),
    /// A text of that syntax.
    Be(Syntax),
    /// Empty, or a text of that syntax.
    BeIfAny(Syntax),
    /// A number in these bounds.
    Lie(i64, i64),
    /// One of these texts.
    Choose(&'static [&'static str]),
    /// The number of a port.
    Port,
    /// A LabelSelector.
    Select,
    /// An amount that is not negative.
    Amount,
}

use Must::{Amount, Be, BeIfAny, Choose, Have, Lie, Port, Select};

const MOST: i64 = i32::MAX as i64;
const KEEP: Must = Choose(&["Retain", "Delete", ""]);
const RULES: Must = Have(&["operations", "apiGroups", "apiVersions", "resources"]);
const REASONS: Must = Choose(&["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"]);
const METRICS: Must = Choose(&["ContainerResource", "External", "Object", "Pods", "Resource"]);
const SCALING: Must = Choose(&["Disabled", "Max", "Min"]);
const EXIT: &str = "spec.podFailurePolicy.rules[].onExitCodes";

/// Kind, path (`[]` for each item, `{}` for each value of a map), what must be there.
const TABLE: &[(&str, &str, Must)] = &[
    ("APIService", "spec", Have(&["version"])),
    ("APIService", "spec.groupPriorityMinimum", Lie(1, 20_000)),
    ("APIService", "spec.service", Have(&["namespace", "name"])),
    ("APIService", "spec.service.port", Port),
    ("APIService", "spec.version", Be(Syntax::Label1035)),
    ("APIService", "spec.versionPriority", Lie(1, 1_000)),
    ("EndpointSlice", "", Have(&["addressType"])),
    ("EndpointSlice", "endpoints[].hostname", Be(Syntax::Label)),
    ("EndpointSlice", "endpoints[].nodeName", Be(Syntax::Subdomain)),
    ("EndpointSlice", "ports[].appProtocol", Be(Syntax::Key)),
    ("EndpointSlice", "ports[].name", BeIfAny(Syntax::Label)),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleDown.policies", Have(&[])),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleDown.selectPolicy", SCALING),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleDown.policies[].type", Choose(&["Percent", "Pods"])),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleUp.policies", Have(&[])),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleUp.selectPolicy", SCALING),
    ("HorizontalPodAutoscaler", "spec.behavior.scaleUp.policies[].type", Choose(&["Percent", "Pods"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].type", METRICS),
    ("HorizontalPodAutoscaler", "spec.metrics[].external.metric", Have(&["name"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].object.metric", Have(&["name"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].object.describedObject", Have(&["kind", "name"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].pods.metric", Have(&["name"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].{}.target", Have(&["type"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].{}.target.type", Choose(&["Utilization", "Value", "AverageValue"])),
    ("HorizontalPodAutoscaler", "spec.metrics[].{}.target.averageValue", Amount),
    ("HorizontalPodAutoscaler", "spec.metrics[].{}.target.value", Amount),
    ("Ingress", "spec.ingressClassName", Be(Syntax::Subdomain)),
    ("Ingress", "spec.tls[].hosts[]", Have(&[])),
    ("Ingress", "spec.tls[].secretName", BeIfAny(Syntax::Subdomain)),
    ("IngressClass", "spec", Have(&["controller"])),
    ("IngressClass", "spec.controller", Be(Syntax::DomainPath)),
    ("IngressClass", "spec.parameters", Have(&["kind", "name"])),
    ("IngressClass", "spec.parameters.apiGroup", Be(Syntax::Subdomain)),
    ("IngressClass", "spec.parameters.kind", Be(Syntax::PathSegment)),
    ("IngressClass", "spec.parameters.name", Be(Syntax::PathSegment)),
    ("IngressClass", "spec.parameters.scope", Choose(&["Cluster", "Namespace"])),
    ("Job", EXIT, Have(&["operator", "values"])),
    ("Job", "spec.podFailurePolicy.rules[]", Have(&["action"])),
    ("Job", "spec.podReplacementPolicy", Choose(&["Failed", "TerminatingOrFailed"])),
    ("Lease", "spec.leaseDurationSeconds", Lie(1, MOST)),
    ("Lease", "spec.leaseTransitions", Lie(0, MOST)),
    ("LimitRange", "spec.limits[].type", Choose(&["Container", "Pod", "PersistentVolumeClaim"])),
    ("Namespace", "spec.finalizers[]", Be(Syntax::Finalizer)),
    ("PersistentVolume", "spec", Have(&["capacity", "accessModes"])),
    ("PersistentVolume", "spec.capacity.storage", Amount),
    ("PersistentVolume", "spec.storageClassName", BeIfAny(Syntax::Subdomain)),
    ("PersistentVolume", "spec.hostPath", Have(&["path"])),
    ("PersistentVolume", "spec.csi", Have(&["driver", "volumeHandle"])),
    ("PersistentVolume", "spec.nfs", Have(&["server", "path"])),
    ("ResourceQuota", "spec.hard{}", Amount),
    ("Job", "spec.managedBy", Be(Syntax::DomainPath)),
    ("Service", "spec.clusterIPs[]", Be(Syntax::Address)),
    ("Service", "spec.trafficDistribution", Choose(&["PreferClose", "PreferSameZone", "PreferSameNode"])),
    ("ResourceQuota", "spec.scopeSelector.matchExpressions[]", Have(&["scopeName", "operator"])),
    ("StatefulSet", "spec.persistentVolumeClaimRetentionPolicy.whenDeleted", KEEP),
    ("StatefulSet", "spec.persistentVolumeClaimRetentionPolicy.whenScaled", KEEP),
    ("StatefulSet", "spec.serviceName", BeIfAny(Syntax::Label)),
    ("ValidatingAdmissionPolicy", "spec", Have(&["matchConstraints"])),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints", Have(&["resourceRules"])),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.namespaceSelector", Select),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.objectSelector", Select),
    ("ValidatingAdmissionPolicy", "spec.matchConstraints.resourceRules[]", RULES),
    ("ValidatingAdmissionPolicy", "spec.paramKind", Have(&["apiVersion", "kind"])),
    ("ValidatingAdmissionPolicy", "spec.validations[]", Have(&["expression"])),
    ("ValidatingAdmissionPolicy", "spec.validations[].expression", Be(Syntax::Cel)),
    ("ValidatingAdmissionPolicy", "spec.validations[].messageExpression", Be(Syntax::Cel)),
    ("ValidatingAdmissionPolicy", "spec.validations[].reason", REASONS),
    ("ValidatingAdmissionPolicy", "spec.variables[]", Have(&["name", "expression"])),
    ("ValidatingAdmissionPolicy", "spec.variables[].expression", Be(Syntax::Cel)),
    ("ValidatingAdmissionPolicy", "spec.variables[].name", Be(Syntax::Identifier)),
    ("ValidatingAdmissionPolicy", "spec.matchConditions[].expression", Be(Syntax::Cel)),
    ("ValidatingAdmissionPolicyBinding", "spec", Have(&["policyName", "validationActions"])),
    ("ValidatingAdmissionPolicyBinding", "spec.policyName", Be(Syntax::Subdomain)),
    ("ValidatingAdmissionPolicyBinding", "spec.validationActions[]", Choose(&["Deny", "Warn", "Audit"])),
    ("ValidatingAdmissionPolicyBinding", "spec.matchResources.namespaceSelector", Select),
    ("ValidatingAdmissionPolicyBinding", "spec.matchResources.objectSelector", Select),
    ("WebhookConfiguration", "webhooks[].matchConditions[]", Have(&["name", "expression"])),
    ("WebhookConfiguration", "webhooks[].matchConditions[].name", Be(Syntax::Key)),
    ("WebhookConfiguration", "webhooks[].matchConditions[].expression", Be(Syntax::Cel)),
    ("WebhookConfiguration", "webhooks[].clientConfig.service.path", Be(Syntax::UrlPath)),
];

/// What is wrong with single fields of an object.
pub fn check(kind: &str, object: &Spot<'_>, out: &mut Vec<Violation>) {
    for (_, path, must) in
        TABLE.iter().filter(|(k, ..)| *k == kind || kind.strip_suffix(k).is_some_and(|w| w.ends_with("ing")))
    {
        visit(object, path, *must, out);
    }
}

fn visit(spot: &Spot<'_>, path: &'static str, must: Must, out: &mut Vec<Violation>) {
    if path.is_empty() {
        return hold(spot, must, out);
    }
    if let Some(rest) = path.strip_prefix("[]") {
        return spot.items().for_each(|item| visit(&item, rest.trim_start_matches('.'), must, out));
    }
    if let Some(rest) = path.strip_prefix("{}") {
        return spot.entries().for_each(|(_, value)| visit(&value, rest.trim_start_matches('.'), must, out));
    }
    let end = path.find(['.', '[', '{']).unwrap_or(path.len());
    let field = spot.at(&path[..end]);
    if field.there() {
        visit(&field, path[end..].trim_start_matches('.'), must, out);
    }
}

fn hold(spot: &Spot<'_>, must: Must, out: &mut Vec<Violation>) {
    match must {
        Have([]) if spot.is_empty() => out.push(spot.refuse(format!("`{}` is empty", spot.path))),
        Have(names) if spot.value.is_object() && !names.is_empty() => spot.needs(names, out),
        Have(_) => {}
        Be(syntax) => spot.named(syntax, out),
        BeIfAny(syntax) if !spot.is_empty() => spot.named(syntax, out),
        BeIfAny(_) => {}
        Lie(least, most) => spot.within(least, most, out),
        Choose(choices) => spot.among(choices, out),
        Port => spot.port(false, out),
        Select => selectors::selector(spot, out),
        Amount if spot.quantity().is_some_and(|amount| amount < 0) => {
            out.push(spot.refuse(format!("`{}` cannot be negative", spot.path)));
        }
        Amount => {}
    }
}

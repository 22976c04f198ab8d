//! Roles -> words in their rules that give nothing, since they are nearly those that do: the API server takes any word for a group, a resource or a
//! verb (kubernetes 1.35 `pkg/apis/rbac/validation`).

use serde_json::Value;

use crate::object::api_group::{GATEWAY, INFERENCE, INFERENCE_X, KEDA, MONITORING, RBAC};
use crate::object::object::{Object, ObjectRule};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::near::is_near;
use crate::text::schema::is_slip;
use crate::verdict::pinned::{self, Release};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[words];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[names];

/// Resources that have names in files, with their kinds.
const NAMED: [(&str, &str, &str); 8] = [
    ("apps", "deployments", "Deployment"),
    ("apps", "statefulsets", "StatefulSet"),
    ("apps", "daemonsets", "DaemonSet"),
    ("batch", "cronjobs", "CronJob"),
    ("", "services", "Service"),
    ("", "configmaps", "ConfigMap"),
    ("", "serviceaccounts", "ServiceAccount"),
    ("", "persistentvolumeclaims", "PersistentVolumeClaim"),
];

/// A right for one object, of which the name is nearly that of one.
fn names(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in world.objects.of(RBAC, "Role") {
        for (pointer, rule) in role.all("/rules/*") {
            let has =
                |key: &str, word: &str| rule[key].as_array().is_some_and(|list| list.iter().any(|item| item == word));
            let kinds =
                NAMED.iter().filter(|(group, resource, _)| has("apiGroups", group) && has("resources", resource));
            let there: Vec<&str> = kinds
                .flat_map(|(group, _, kind)| world.objects.of_in(group, kind, &role.identity.namespace))
                .map(|object| object.identity.name.as_str())
                .collect();
            for (at, name) in rule["resourceNames"].as_array().into_iter().flatten().enumerate() {
                let name = name.as_str().filter(|name| !there.contains(name)).unwrap_or_default();
                let Some(near) = there.iter().find(|near| is_slip(near, name)) else { continue };
                let message = format!("{} gives rights to `{name}` alone, which is not there", role.identity);
                let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/resourceNames/{at}"), message);
                findings.push(finding.help(format!("did you mean `{near}`?")));
            }
        }
    }
    findings
}

/// Resources of the core group.
const CORE: &str =
    "bindings componentstatuses configmaps endpoints events limitranges namespaces nodes persistentvolumeclaims
    persistentvolumes pods podtemplates replicationcontrollers resourcequotas secrets serviceaccounts services";

/// Resources of other groups of Kubernetes.
const GROUPS: [(&str, &str); 23] = [
    ("apps", "controllerrevisions daemonsets deployments replicasets statefulsets"),
    ("batch", "cronjobs jobs"),
    ("autoscaling", "horizontalpodautoscalers"),
    ("policy", "poddisruptionbudgets podsecuritypolicies"),
    ("networking.k8s.io", "ingressclasses ingresses ipaddresses networkpolicies servicecidrs"),
    (RBAC, "clusterrolebindings clusterroles rolebindings roles"),
    (
        "storage.k8s.io",
        "csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses",
    ),
    ("coordination.k8s.io", "leasecandidates leases"),
    ("discovery.k8s.io", "endpointslices"),
    (
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations validatingadmissionpolicies
        validatingadmissionpolicybindings validatingwebhookconfigurations",
    ),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
    ("authentication.k8s.io", "selfsubjectreviews tokenreviews"),
    (
        "authorization.k8s.io",
        "localsubjectaccessreviews selfsubjectaccessreviews selfsubjectrulesreviews subjectaccessreviews",
    ),
    ("certificates.k8s.io", "certificatesigningrequests clustertrustbundles podcertificaterequests signers"),
    ("events.k8s.io", "events"),
    ("node.k8s.io", "runtimeclasses"),
    ("scheduling.k8s.io", "priorityclasses workloads"),
    // Of others, those of the pinned releases.
    (
        GATEWAY,
        "backendtlspolicies gatewayclasses gateways grpcroutes httproutes listenersets referencegrants tcproutes tlsroutes udproutes",
    ),
    (INFERENCE, "inferencepools"),
    (INFERENCE_X, "inferencemodelrewrites inferencemodels inferenceobjectives inferencepoolimports inferencepools"),
    (KEDA, "clustertriggerauthentications scaledjobs scaledobjects triggerauthentications"),
    (
        MONITORING,
        "alertmanagerconfigs alertmanagers podmonitors probes prometheusagents prometheuses prometheusrules scrapeconfigs
        servicemonitors thanosrulers",
    ),
];

/// What stands behind a `/` in a resource of Kubernetes' own groups.
const PARTS: &str = "approval attach binding checkpoint configz ephemeralcontainers eviction exec finalize finalizers healthz log metrics
    portforward proxy resize scale spec stats status token";

const VERBS: &str =
    "approve attest bind create delete deletecollection escalate get impersonate list patch sign update use watch";

/// What people say, and the verb that does it.
const SAID: [(&str, &str); 7] = [
    ("read", "get"),
    ("view", "get"),
    ("write", "update"),
    ("edit", "update"),
    ("modify", "update"),
    ("add", "create"),
    ("remove", "delete"),
];

fn words(role: &Object<'_>) -> Vec<Finding> {
    if !(role.is(RBAC, "Role") || role.is(RBAC, "ClusterRole")) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (pointer, rule) in role.all("/rules/*") {
        let all = |key: &str| rule[key].as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
        if let Some(at) = all("apiGroups").position(|group| ["core", "v1", "core/v1"].contains(&group)) {
            let message = format!("{} gives rights in the API group `core`, which is not there", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/apiGroups/{at}"), message);
            findings.push(finding.help("the group of Pods, Secrets and Services is the empty text: `''`"));
        }
        if let Some((at, group)) =
            all("apiGroups").enumerate().find(|(_, group)| !group.starts_with("core") && group.contains('/'))
        {
            let message = format!("{} gives rights in the API group `{group}`, and no group has a `/`", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/apiGroups/{at}"), message);
            findings.push(finding.help("write the group without its version"));
        }
        for (at, group) in all("apiGroups").enumerate() {
            let near = GROUPS.iter().find(|(known, _)| is_near(known, group, 1));
            let Some((near, _)) = near.filter(|_| !GROUPS.iter().any(|(known, _)| *known == group)) else { continue };
            let message = format!("{} gives rights in the API group `{group}`, which is none", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/apiGroups/{at}"), message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
        let of = |group: &str| {
            let known = GROUPS.iter().find(|(known, _)| *known == group).map(|(_, resources)| *resources);
            let known = known.or_else(|| group.is_empty().then_some(CORE)).map(str::to_owned);
            known.or_else(|| Some(defined(group)).filter(|all| !all.is_empty()))
        };
        // Whose resources the others have is not known here.
        let resources = all("apiGroups").map(of).collect::<Option<Vec<_>>>().unwrap_or_default().join(" ");
        let mut tell = |key: &str, at: usize, word: &str, help: String| {
            let message = format!("{} gives a right for `{word}`, which is none", role.identity);
            let finding = role.warning(Code::FieldWithoutEffect, &format!("{pointer}/{key}/{at}"), message);
            findings.push(finding.help(help));
        };
        for (at, word) in all("resources").enumerate().filter(|_| !resources.is_empty()) {
            let (resource, part) = word.split_once('/').unwrap_or((word, "*"));
            if let Some(near) = slip(resource, &resources) {
                tell("resources", at, word, format!("did you mean `{near}`?"));
            } else if let Some(near) = slip(part, PARTS) {
                tell("resources", at, word, format!("did you mean `{resource}/{near}`?"));
            } else if let Some(group) = group_of(resource, &resources) {
                tell("resources", at, word, format!("`{resource}` are of the group `{group}`"));
            }
        }
        for (at, word) in all("verbs").enumerate() {
            if let Some(near) = slip(word, VERBS) {
                tell("verbs", at, word, format!("did you mean `{near}`?"));
            }
        }
    }
    findings
}

/// The resources of a group that a pinned release defines.
fn defined(group: &str) -> String {
    let kinds = pinned::releases().iter().flat_map(Release::kinds).filter(|(known, _)| *known == group);
    let plural = |kind: String| match kind.strip_suffix('y') {
        Some(start) if !start.ends_with(['a', 'e', 'o']) => format!("{start}ies"),
        _ if kind.ends_with(['s', 'x']) => format!("{kind}es"),
        _ => format!("{kind}s"),
    };
    kinds.map(|(_, kind)| plural(kind.to_lowercase())).collect::<Vec<_>>().join(" ")
}

/// The group of a resource that the groups of a rule have not; events are of two.
fn group_of(resource: &str, resources: &str) -> Option<&'static str> {
    let has = |all: &str| all.split_whitespace().any(|known| known == resource);
    let other = GROUPS.iter().find(|(_, all)| has(all)).map(|(group, _)| *group).or_else(|| has(CORE).then_some("''"));
    other.filter(|_| !has(resources) && resource != "events")
}

fn slip<'k>(word: &str, known: &'k str) -> Option<&'k str> {
    if known.split_whitespace().any(|known| known == word) || word == "*" {
        return None;
    }
    let meant = SAID.iter().find(|(said, meant)| *said == word && known.contains(meant)).map(|(_, meant)| *meant);
    meant.or_else(|| known.split_whitespace().find(|known| is_near(known, word, 1 + word.len() / 8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_others_are_theirs() {
        for (word, near) in
            [("pod", Some("pods")), ("secret", Some("secrets")), ("pods", None), ("widgets", None), ("*", None)]
        {
            assert_eq!(slip(word, CORE), near, "{word}");
        }
        for (word, near) in
            [("gets", Some("get")), ("wacth", Some("watch")), ("push", None), ("read", Some("get")), ("request", None)]
        {
            assert_eq!(slip(word, VERBS), near, "{word}");
        }
    }
}

//! What the roles of an endpoint picker let it read, against what it watches (Gateway API Inference Extension 1.5.0).

use serde_json::Value;

use crate::api_group::{INFERENCE, RBAC};
use crate::finding::{Code, Finding};
use crate::rules::inference::pickers;
use crate::rules::workload::{flag, workloads};
use crate::wiring::rights::binds;
use crate::world::{World, WorldRule};

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[pool_rights];

/// Verbs of a watch.
const WATCH: [&str; 3] = ["get", "list", "watch"];

/// A picker that may not watch its pool, or the pods of it, never gets ready. Rights are for one API group, and the pool moved
/// to another when it became stable.
fn pool_rights(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for workload in workloads(world) {
        let account = workload.text_at("/spec/template/spec/serviceAccountName");
        for (pointer, picker) in pickers(workload).into_iter().filter(|_| !account.is_empty()) {
            let group = flag(picker, "pool-group").unwrap_or(INFERENCE);
            let Some(rules) = rules_of(world, &workload.identity.namespace, account) else { continue };
            for (group, resource) in [(group, "inferencepools"), ("", "pods")] {
                let lacks = |verb: &&&str| !rules.iter().any(|rule| allows(rule, group, resource, verb));
                if WATCH.iter().find(lacks).is_none() {
                    continue;
                }
                let of = if group.is_empty() { String::new() } else { format!(" of {group}") };
                let message = format!("{} runs a picker that may not watch {resource}{of}", workload.identity);
                let others = rules.iter().find(|rule| has(rule, "resources", resource));
                let help = match others.map(|rule| listed(&rule["apiGroups"])).filter(|others| *others != group) {
                    Some(others) => format!("its roles are for {resource} of {others}: name {group}"),
                    None => format!("allow get, list and watch of {resource}{of} in a role of {account}"),
                };
                findings.push(workload.error(Code::MissingRight, &pointer, message).help(help));
            }
        }
    }
    findings
}

/// The rules of all roles that a ServiceAccount has; `None` where none is bound, or one is not among the objects.
fn rules_of<'a>(world: &World<'a>, namespace: &str, account: &str) -> Option<Vec<&'a Value>> {
    let bindings = ["ClusterRoleBinding", "RoleBinding"].iter().flat_map(|kind| world.objects.of(RBAC, kind));
    let mut rules = Vec::new();
    for binding in bindings.filter(|binding| binds(binding, namespace, account)) {
        let kind = binding.text_at("/roleRef/kind");
        let of_binding = if kind == "Role" { binding.identity.namespace.as_str() } else { "" };
        let role = world.objects.get(RBAC, kind, of_binding, binding.text_at("/roleRef/name"))?;
        if role.at("/aggregationRule").is_some() {
            return None;
        }
        rules.extend(role.items("/rules"));
    }
    (!rules.is_empty()).then_some(rules)
}

fn allows(rule: &Value, group: &str, resource: &str, verb: &str) -> bool {
    rule.get("resourceNames").is_none()
        && has(rule, "apiGroups", group)
        && has(rule, "resources", resource)
        && has(rule, "verbs", verb)
}

fn has(rule: &Value, field: &str, wanted: &str) -> bool {
    rule[field].as_array().is_some_and(|all| all.iter().any(|one| one == wanted || one == "*"))
}

fn listed(list: &Value) -> String {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

//! Inventory -> pods that do not get the rights that the files hold for them, or too late.

use crate::object::api_group::RBAC;
use crate::object::object::Object;
use crate::object::pod_template;
use crate::references::inventory::{Inventory, Origin};
use crate::text::finding::{Code, Finding, Severity};

/// Roles are bound, and before the pods that use them.
pub fn bindings(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let objects = &inventory.world.objects;
    let bindings: Vec<&Object<'_>> =
        ["ClusterRoleBinding", "RoleBinding"].iter().flat_map(|kind| objects.of(RBAC, kind)).collect();
    let mut findings: Vec<Finding> =
        objects.of(RBAC, "Role").filter_map(|role| unbound(inventory, &bindings, role)).collect();
    for template in pod_template::all(objects) {
        let (workload, account) = (&template.owner, template.text_at("/serviceAccountName"));
        let mut own =
            bindings.iter().filter(|b| !account.is_empty() && binds(b, &workload.identity.namespace, account));
        findings.extend(own.find_map(|binding| late(inventory, workload, binding)));
    }
    findings
}

/// True where a binding gives its role to a ServiceAccount.
fn binds(binding: &Object<'_>, namespace: &str, account: &str) -> bool {
    binding.items("/subjects").iter().any(|subject| {
        let there = subject["namespace"].as_str().unwrap_or(&binding.identity.namespace);
        subject["kind"] == "ServiceAccount" && subject["name"] == account && there == namespace
    })
}

/// Roles for people are bound elsewhere; beside a ServiceAccount that has no rights at all, a role that is bound to nobody was
/// meant for it.
fn unbound(inventory: &Inventory<'_, '_>, bindings: &[&Object<'_>], role: &Object<'_>) -> Option<Finding> {
    let namespace = role.identity.namespace.as_str();
    let of_role = |b: &&Object<'_>| {
        let refers = b.text_at("/roleRef/kind") == "Role" && b.text_at("/roleRef/name") == role.identity.name;
        refers && b.identity.namespace == namespace
    };
    if bindings.iter().any(of_role) || inventory.is_opaque(namespace) {
        return None;
    }
    let in_files =
        inventory.of("", "ServiceAccount").filter(|a| matches!(a.origin, Origin::File(_)) && a.namespace == namespace);
    let mut idle = in_files.filter(|account| !bindings.iter().any(|b| binds(b, namespace, &account.name)));
    let account = idle.next()?;
    let message =
        format!("{} is bound to nobody, and ServiceAccount {namespace}/{} has no rights", role.identity, account.name);
    Some(role.warning(Code::UnboundRole, "/metadata/name", message).help("add a RoleBinding, or drop the Role"))
}

/// A pod that may not read what it watches seldom becomes ready.
fn late(inventory: &Inventory<'_, '_>, workload: &Object<'_>, binding: &Object<'_>) -> Option<Finding> {
    let delivery = &inventory.delivery;
    let role = inventory.find(
        RBAC,
        binding.text_at("/roleRef/kind"),
        &binding.identity.namespace,
        binding.text_at("/roleRef/name"),
    );
    let role = role.and_then(|role| role.object());
    let needs = delivery.levels(workload);
    let late =
        [Some(binding), role].into_iter().flatten().find(|o| delivery.late(&delivery.levels(o), &needs).is_some())?;
    let message =
        format!("{} has its rights from {}, which the same sync brings later", workload.identity, late.identity);
    let finding = workload
        .error(Code::SyncOrder, "/metadata/name", message)
        .related(late.place("/metadata/name"), "this comes later");
    let finding =
        finding.help("a sync waits for each wave to become healthy: rights belong before the pods that use them");
    Some(Finding { severity: Severity::Warning, ..finding })
}

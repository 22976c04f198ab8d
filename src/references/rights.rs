//! Inventory -> pods that do not get the rights that the files hold for them, or too late.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::api_group::RBAC;
use crate::object::object::{Object, Objects};
use crate::object::pod_template;
use crate::references::inventory::{Inventory, Origin};
use crate::text::finding::{Code, Finding, Severity};

/// Roles are bound, and before the pods that use them.
pub fn bindings(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let objects = &inventory.world.objects;
    let bindings = Bindings::new(objects);
    let mut findings: Vec<Finding> =
        objects.of(RBAC, "Role").filter_map(|role| unbound(inventory, &bindings, role)).collect();
    for binding in ["ClusterRoleBinding", "RoleBinding"].iter().flat_map(|kind| objects.of(RBAC, kind)) {
        for (i, subject) in binding.items("/subjects").iter().enumerate().filter(|(_, s)| s["kind"] == "User") {
            let name = subject["name"].as_str().unwrap_or_default();
            let own = &binding.identity.namespace;
            let mut accounts = inventory.named("", "ServiceAccount", name);
            let here = accounts.any(|a| own.is_empty() || a.namespace == own);
            if here && !bindings.of.keys().any(|(_, account)| *account == name) {
                let message = format!("{} is for the user {name}, and {name} is a ServiceAccount", binding.identity);
                let finding = binding.warning(Code::UnboundRole, &format!("/subjects/{i}/kind"), message);
                findings.push(finding.help("write `kind: ServiceAccount` and its namespace"));
            }
        }
    }
    for template in pod_template::all(objects) {
        let (workload, account) = (&template.owner, template.text_at("/serviceAccountName"));
        let own = bindings.of.get(&(workload.identity.namespace.as_str(), account)).filter(|_| !account.is_empty());
        findings.extend(own.into_iter().flatten().find_map(|binding| late(inventory, workload, binding)));
    }
    findings
}

/// Who is given what.
struct Bindings<'w, 'a> {
    /// The bindings of a ServiceAccount, by namespace and name.
    of: BTreeMap<(&'a str, &'a str), Vec<&'w Object<'a>>>,
    /// The Roles that are bound, by namespace and name.
    roles: BTreeSet<(&'a str, &'a str)>,
}

impl<'w, 'a> Bindings<'w, 'a> {
    fn new(objects: &'w Objects<'a>) -> Self {
        let (mut of, mut roles) = (BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
        for binding in ["ClusterRoleBinding", "RoleBinding"].iter().flat_map(|kind| objects.of(RBAC, kind)) {
            let own = binding.identity.namespace.as_str();
            if binding.text_at("/roleRef/kind") == "Role" {
                roles.insert((own, binding.text_at("/roleRef/name")));
            }
            for subject in binding.items("/subjects").iter().filter(|s| s["kind"] == "ServiceAccount") {
                let account =
                    (subject["namespace"].as_str().unwrap_or(own), subject["name"].as_str().unwrap_or_default());
                of.entry(account).or_default().push(binding);
            }
        }
        Self { of, roles }
    }
}

/// Roles for people are bound elsewhere; beside a ServiceAccount that has no rights at all, a role that is bound to nobody was
/// meant for it.
fn unbound(inventory: &Inventory<'_, '_>, bindings: &Bindings<'_, '_>, role: &Object<'_>) -> Option<Finding> {
    let namespace = role.identity.namespace.as_str();
    if bindings.roles.contains(&(namespace, role.identity.name.as_str())) || inventory.is_opaque(namespace) {
        return None;
    }
    let in_files =
        inventory.of("", "ServiceAccount").filter(|a| matches!(a.origin, Origin::File(_)) && a.namespace == namespace);
    let mut idle = in_files.filter(|account| !bindings.of.contains_key(&(namespace, account.name.as_ref())));
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

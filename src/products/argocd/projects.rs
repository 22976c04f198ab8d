//! Inventory -> AppProjects that lose a permission before Argo CD has used it. It deletes what an Application brought only
//! where the project still allows it (argo-cd 3.4, `getPermittedAppLiveObjects`); what it may not touch stays, and the
//! Application is gone all the same.

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::Object;
use crate::references::inventory::Inventory;
use crate::text::finding::{Code, Finding};

/// Projects that list namespaces one by one and are applied before the Applications that would go together with them.
pub fn shrinking(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let projects = inventory.world.objects.of(ARGOCD, "AppProject");
    projects.filter_map(|project| shrinks(inventory, project)).collect()
}

fn shrinks(inventory: &Inventory<'_, '_>, project: &Object<'_>) -> Option<Finding> {
    let delivery = &inventory.delivery;
    delivery.of(project.path).first()?;
    let listed: Vec<&str> =
        project.items("/spec/destinations").iter().filter_map(|d| d["namespace"].as_str()).collect();
    if listed.iter().any(|namespace| namespace.contains(['*', '!', '?', '[', '{'])) {
        return None;
    }
    let first = delivery.levels(project);
    let goes = |a: &&Object<'_>| {
        let namespace = a.text_at("/spec/destination/namespace");
        a.text_at("/spec/project") == project.identity.name
            && listed.contains(&namespace)
            && namespace != project.identity.namespace
            && cascades(a)
            && delivery.of(a.path).iter().any(|parent| prunes(&delivery.applications[*parent]))
            && delivery.late(&delivery.levels(a), &first).is_some()
    };
    let child = delivery.applications.iter().find(goes)?;
    let message = format!(
        "{} lists its namespaces and is applied before {}: when both leave git together, what that brought stays for ever",
        project.identity, child.identity
    );
    let finding = project.warning(Code::ShrinkingProject, "/spec/destinations", message);
    let finding = finding.related(child.place("/metadata/finalizers"), "may then delete nothing any more");
    Some(finding.help("allow namespaces by a pattern that stays, as `*` with `!kube-public`, or take the namespace away in a later commit"))
}

/// Its finalizer deletes what it brought.
fn cascades(application: &Object<'_>) -> bool {
    let mut finalizers = application.items("/metadata/finalizers").iter().filter_map(Value::as_str);
    finalizers.any(|f| f.starts_with("resources-finalizer.argocd.argoproj.io"))
}

fn prunes(application: &Object<'_>) -> bool {
    application.at("/spec/syncPolicy/automated/prune") == Some(&Value::Bool(true))
}

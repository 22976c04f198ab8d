//! The names of a fleet's Applications: `prod` has one for each of its components, and another cluster may be called like one.

use std::collections::{BTreeMap, BTreeSet};

use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::plan::resolve::{Plan, resolve};
use crate::text::finding::{Code, Finding};
use crate::text::source::Place;

fn name(cluster: &Cluster) -> &str {
    cluster.platform["argocd"]["name"].as_str().unwrap_or_default()
}

/// Where a cluster's Applications lie and what they are for: namespace and server; and all their names, the root's too.
fn applications(plan: &Plan<'_>) -> ([String; 2], BTreeSet<String>) {
    let root = plan.platform["argocd"]["name"].as_str().unwrap_or_default();
    let settings = plan.scopes.get("argocd").map(|scope| &scope.value()["settings"]);
    let text = |pointer| settings.and_then(|s| s.pointer(pointer)?.as_str()).unwrap_or_default().to_owned();
    let components = plan.components.iter().filter(|component| component.application);
    let names = components.map(|component| format!("{root}-{}", component.name));
    (["/namespace", "/destination/server"].map(text), names.chain([root.to_owned()]).collect())
}

/// A finding for each cluster that has an Application of the name that another cluster's has, in one namespace.
pub fn collisions(clusters: &[Cluster], catalog: &Catalog, memo: &Memo) -> Vec<Finding> {
    let by_name: BTreeMap<&str, &Cluster> = clusters.iter().map(|cluster| (name(cluster), cluster)).collect();
    // Only a name that goes on after another cluster's can be that of one of its Applications.
    let mut longer: BTreeMap<&str, Vec<&Cluster>> = BTreeMap::new();
    for cluster in clusters {
        for (at, _) in name(cluster).match_indices('-') {
            longer.entry(&name(cluster)[..at]).or_default().push(cluster);
        }
    }
    let mut findings = Vec::new();
    for (short, others) in longer {
        let plan = by_name.get(short).and_then(|cluster| resolve(catalog, cluster, memo).ok());
        let Some(([namespace, server], names)) = plan.as_ref().map(applications) else { continue };
        for other in others {
            let long = name(other);
            let near = names.range(long.to_owned()..).next().is_some_and(|name| name.starts_with(long));
            let theirs = Some(other).filter(|_| near).and_then(|other| resolve(catalog, other, memo).ok());
            let Some(([place, other_server], theirs)) = theirs.as_ref().map(applications) else { continue };
            // Two clusters that are one server to their Argo CDs have one each.
            let shared = place == namespace && server != other_server;
            if let (true, Some(both)) = (shared, names.intersection(&theirs).next()) {
                let message = format!(
                    "the Application `{both}` in the namespace {namespace} would be that of two clusters, `{}` and `{}`",
                    plan.as_ref().map_or(short, |plan| &plan.cluster),
                    other.platform["cluster"].as_str().unwrap_or_default()
                );
                let finding = Finding::error(Code::DuplicateCluster, message);
                let finding = finding.help("a cluster's Applications are called by its name and that of a component: give this file another name");
                findings.push(match other.sources.last() {
                    Some(source) => finding.place(Place::new(source, 0, 0)),
                    None => finding,
                });
            }
        }
    }
    findings
}

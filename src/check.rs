//! Rules over a bundle. They look, they never edit, and none looks at a file.

use std::collections::BTreeSet;

use crate::claims;
use crate::finding::{Code, Finding};
use crate::plan::Plan;
use crate::render::{Bundle, Placed};
use crate::source::{Place, Source};

/// Everything that is wrong with a bundle.
pub fn check(plan: &Plan<'_>, bundle: &Bundle) -> Vec<Finding> {
    let mut findings = match claims::claims(plan, bundle) {
        Ok(claims) => claims::gaps(plan, &claims),
        Err(findings) => findings,
    };
    for placed in bundle.manifests.values() {
        findings.extend(secret_material(plan, placed));
        findings.extend(namespace(plan, placed));
        findings.extend(cluster_kind(plan, placed));
    }
    findings
}

/// A finding about a rendered file, at the first line that holds `needle`.
fn about(plan: &Plan<'_>, placed: &Placed, needle: &str, finding: Finding) -> Finding {
    let source = Source::new(format!("{}/{}", plan.cluster, placed.path), &*placed.manifest.text);
    let start = source.text.find(needle).unwrap_or(0);
    let end = if source.text.contains(needle) { start + needle.len() } else { 0 };
    finding.place(Place::new(&source, start, end))
}

/// Keys live in the data plane: nothing that looks like one may stand in a file.
fn secret_material(plan: &Plan<'_>, placed: &Placed) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (what, line) in &placed.manifest.material {
        let message = format!("{} holds {what}", placed.manifest.identity);
        let finding = Finding::error(Code::SecretMaterial, message);
        findings.push(about(
            plan,
            placed,
            line,
            finding.help("render a reference to a Secret that an ExternalSecret fills"),
        ));
    }
    let identity = &placed.manifest.identity;
    if identity.kind == "Secret" && identity.group.is_empty() {
        let finding = Finding::error(Code::SecretMaterial, format!("{identity} is a Secret in git"));
        findings.push(about(
            plan,
            placed,
            "kind: Secret",
            finding.help("declare it under `secrets:` of the group: an ExternalSecret then fills it"),
        ));
    }
    findings
}

/// Every namespace in use is one that some component brings.
fn namespace(plan: &Plan<'_>, placed: &Placed) -> Option<Finding> {
    let known: BTreeSet<&str> = plan.components.iter().map(|c| c.namespace.as_str()).collect();
    let identity = &placed.manifest.identity;
    if identity.namespace.is_empty() || known.contains(identity.namespace.as_str()) {
        return None;
    }
    let finding =
        Finding::error(Code::UnknownNamespace, format!("{identity} lies in a namespace that no component has"));
    let needle = format!("namespace: {}", identity.namespace);
    Some(about(plan, placed, &needle, finding.help("let a component have that namespace: it is then created")))
}

/// The AppProject allows exactly the cluster-scoped kinds that components declare.
fn cluster_kind(plan: &Plan<'_>, placed: &Placed) -> Option<Finding> {
    let identity = &placed.manifest.identity;
    let component = plan.components.iter().find(|c| c.name == placed.component)?;
    let declared = component.cluster_kinds.iter().any(|k| k.group == identity.group && k.kind == identity.kind);
    if !identity.namespace.is_empty() || !component.application || declared {
        return None;
    }
    let message =
        format!("component `{}` renders {identity} without a namespace and does not declare that kind", component.name);
    let finding = Finding::error(Code::ClusterKind, message)
        .help("add it to `clusterKinds` of the component, or give the object a namespace");
    Some(about(plan, placed, "kind:", finding))
}

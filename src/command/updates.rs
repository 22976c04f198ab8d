//! A cluster's folder as it is and the objects that are rendered now -> what the API server refuses of the change: rules that
//! compare with the old object (`oldSelf`), and fields of built-in kinds that never change; and volumes of databases that would
//! shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::command::pipeline::Rendered;
use crate::command::rulebook;
use crate::object::object::Object;
use crate::products::cnpg;
use crate::references::manifests::manifests;
use crate::references::world::World;
use crate::render::trace;
use crate::render::tree::Tree;
use crate::text::finding::{Finding, sorted};
use crate::text::source::Source;
use crate::verdict::crd::{Crds, Verdict};

/// API group and kind of each object that the folder does not hold in the same file and text; none where it is empty.
pub fn kinds(rendered: &Rendered<'_>, old: &Tree) -> BTreeSet<(String, String)> {
    let placed = rendered.bundle.manifests.iter().filter(|_| !old.is_empty());
    let changed = placed.filter(|(_, p)| old.get(&p.path) != Some(&p.manifest.text));
    changed.map(|(identity, _)| (identity.group.clone(), identity.kind.clone())).collect()
}

/// What the API server refuses of the updates alone, at the places that cause it, sorted; what it refuses of an object
/// whatever it was before is told by `check`. `old` holds our files in `folder`; those that cannot be read are told too, and
/// those that stay as they are are not even read.
pub fn refused(rendered: &Rendered<'_>, folder: &str, old: &Tree, crds: &Crds) -> Vec<Finding> {
    let stays: BTreeMap<&str, &Arc<str>> =
        rendered.bundle.manifests.values().map(|p| (p.path.as_str(), &p.manifest.text)).collect();
    let files = old.iter().filter(|(path, text)| path.ends_with(".yaml") && stays.get(path.as_str()) != Some(text));
    let sources: Vec<Arc<Source>> =
        files.map(|(path, text)| Source::new(format!("{folder}/{path}"), &**text)).collect();
    let (before, mut findings) = manifests(&sources);
    let before: Vec<World<'_>> = before.iter().map(World::of_manifests).collect();
    let name = format!("{}/", rendered.plan.cluster);
    let now = World::of_bundle(&rendered.plan, &rendered.bundle, &name);
    let mut refused = Vec::new();
    for object in now.objects.iter().filter(|object| !is_created_anew(object)) {
        let id = object.identity;
        let old = before.iter().find_map(|world| world.objects.get(&id.group, &id.kind, &id.namespace, &id.name));
        if let Some(old) = old.filter(|old| old.value != object.value) {
            refused.extend(update(object, old, crds));
            refused.extend(cnpg::update::refused(object, old));
        }
    }
    findings.extend(trace::causes(&rendered.plan, &rendered.bundle, rendered.cluster, refused));
    sorted(findings)
}

/// Argo CD deletes it before it applies it: a hook before each sync (`BeforeHookCreation` unless it says otherwise), others on
/// demand.
fn is_created_anew(object: &Object<'_>) -> bool {
    let options = object.annotation("argocd.argoproj.io/sync-options");
    let hook = ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().any(|name| !object.annotation(name).is_empty());
    hook || options.split(',').any(|option| option.trim() == "Force=true")
}

fn update(object: &Object<'_>, old: &Object<'_>, crds: &Crds) -> Vec<Finding> {
    let (Verdict::Judged(alone), Verdict::Judged(update)) =
        (crds.verdict(object.value), crds.verdict_of_update(object.value, old.value))
    else {
        return Vec::new();
    };
    let own = update.into_iter().filter(|violation| !alone.contains(violation));
    own.map(|violation| {
        let before = old.place(&violation.pointer);
        rulebook::refusal(object, violation).related(before, "as it was")
    })
    .collect()
}

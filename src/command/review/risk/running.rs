//! What runs, how much of it and when: versions, replicas, waves; fields that the API server does not change, selectors,
//! defaults of definitions.

use std::sync::LazyLock;

use crate::command::review::change::{Field, Kind};
use crate::command::review::delivery::Does;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::command::review::routine::{self, REPLICAS, Step};
use crate::object::object::Identity;
use crate::text::finding::Code;
use crate::verdict::crd::{Crds, Verdict};

const PVC: &str = "PersistentVolumeClaim";

static BUILT_IN: LazyLock<Crds> = LazyLock::new(Crds::default);

pub(super) fn immutable(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    // What a chart or an operator makes of it: its volumes stay what they are. A claim without a class got that of the cluster.
    let judged = |field: &Field| sight.is(PVC) && field.old.is_some();
    let class = |field: &&Field| ["storageClass", "storageClassName"].contains(&field.key()) && !judged(field);
    if let Some(field) = sight.leaves.iter().find(class).filter(|_| !sight.is("StatefulSet")) {
        let message = format!("volumes that are there keep their class: it goes {}", from_to(field));
        let help = "move the data to new volumes first, or leave the class";
        return vec![sight.at(field, Code::ImmutableField, message, help)];
    }
    // kubernetes 1.35 `apiextensions-apiserver/pkg/apis/apiextensions/validation`, once it is established.
    let named = |field: &&Field| ["scope", "kind", "plural", "group"].contains(&field.key()) && field.steps.len() < 4;
    let defines = sight.is("CustomResourceDefinition");
    if let Some(field) = sight.leaves.iter().find(named).filter(|field| defines && field.old.is_some()) {
        let message = format!(
            "the API server refuses it: a definition keeps its `{}`, which goes {}",
            field.key(),
            from_to(field)
        );
        let help = "make a definition of another name, and move the objects to it";
        return vec![sight.at(field, Code::ImmutableField, message, help)];
    }
    let annotations = &new.value["metadata"]["annotations"];
    let hook = ["argocd.argoproj.io/hook", "helm.sh/hook"].iter().any(|name| !annotations[name].is_null());
    if sight.change.kind == Kind::Renamed || sight.does == Does::Recreates || hook {
        return Vec::new();
    }
    let (Verdict::Judged(alone), Verdict::Judged(update)) =
        (BUILT_IN.verdict(&new.value), BUILT_IN.verdict_of_update(&new.value, &old.value))
    else {
        return Vec::new();
    };
    let own = update.into_iter().filter(|v| !alone.contains(v) && !v.pointer.ends_with("/requests/storage"));
    let one = |violation: crate::verdict::violation::Violation| {
        let help = "keep it, give the object another name, or delete the one in the cluster first";
        let risk = sight.risk(Code::ImmutableField, format!("the API server refuses it: {}", violation.message), help);
        Risk { field: violation.pointer[1.min(violation.pointer.len())..].replace('/', "."), ..risk }
    };
    own.map(one).collect()
}

pub(super) fn selector(sight: &Sight<'_>) -> Vec<Risk> {
    let of_pods = |field: &&Field| field.steps.starts_with(&["spec".into(), "selector".into()]) && !sight.is(PVC);
    let fields = sight.change.fields.iter().filter(of_pods);
    let help = "pods with the old labels are left alone at once: change labels first and the selector after, or use a new name";
    fields.map(|f| sight.at(f, Code::SelectorChanged, format!("what it selects goes {}", from_to(f)), help)).collect()
}

pub(super) fn zero(sight: &Sight<'_>) -> Vec<Risk> {
    let counts = |field: &&Field| {
        let none = field.new.as_ref().is_some_and(|new| new.as_i64() == Some(0));
        let asleep = field.key() == "cnpg.io/hibernation" && field.new == Some("on".into());
        let keda = |end: &str| field.key().strip_prefix("autoscaling.keda.sh/") == Some(end);
        let paused = ["suspend", "paused"].contains(&field.key()) && field.new == Some(true.into())
            || keda("paused") && field.new == Some("true".into())
            || keda("paused-replicas") && field.new == Some("0".into());
        (REPLICAS.contains(&field.key()) && none) || asleep || paused
    };
    let said = |f: &Field| match REPLICAS.contains(&f.key()) {
        true => "it goes down to nothing".to_owned(),
        false => format!("it is stopped, as `{}` goes", f.key()),
    };
    let help = "nothing answers then, or the first request waits: say in the review that this is meant";
    let mut risks: Vec<Risk> = sight
        .leaves
        .iter()
        .filter(counts)
        .map(|f| sight.at(f, Code::ScaledToZero, format!("{}: {}", said(f), from_to(f)), help))
        .collect();
    if sight.is("ScaledObject")
        && sight.change.kind == Kind::Added
        && !scales_a_newcomer(sight)
        && sight.new.is_some_and(|new| new.value["spec"]["minReplicaCount"].as_i64().unwrap_or(0) == 0)
    {
        risks.push(sight.risk(Code::ScaledToZero, "what it scales goes down to nothing when nobody asks", help));
    }
    risks
}

/// Whether what is scaled comes with the same change.
fn scales_a_newcomer(sight: &Sight<'_>) -> bool {
    let Some(new) = sight.new else { return false };
    let target = &new.value["spec"]["scaleTargetRef"];
    let (kind, namespace) = (target["kind"].as_str().unwrap_or("Deployment"), &sight.change.identity.namespace);
    let is = |id: &Identity| id.kind == kind && target["name"] == *id.name && id.namespace == *namespace;
    sight.now.things.keys().any(|id| is(id) && !sight.before.things.contains_key(id))
}

/// Annotations that say when an object comes.
const WHEN: [&str; 5] = [
    "argocd.argoproj.io/sync-wave",
    "argocd.argoproj.io/hook",
    "argocd.argoproj.io/hook-delete-policy",
    "helm.sh/hook",
    "helm.sh/hook-weight",
];

pub(super) fn wave(sight: &Sight<'_>) -> Vec<Risk> {
    let fields = sight.leaves.iter().filter(|field| WHEN.contains(&field.key()));
    let help = "see that what it needs comes before it still, and what needs it after: `gatewright check`";
    fields.map(|f| sight.at(f, Code::WaveMoved, format!("when it is synced goes {}", from_to(f)), help)).collect()
}

pub(super) fn version(sight: &Sight<'_>) -> Vec<Risk> {
    let step = |field: &Field| routine::step(field.old.as_ref()?, field.new.as_ref()?);
    let elsewhere = |field: &Field| {
        sight.delivers()
            && (["repoURL", "chart"].contains(&field.key()) || field.ends(&["source", "path"]))
            && field.old.is_some()
            && field.new.is_some()
    };
    let registry = |field: &Field| field.ends(&["image", "registry"]) || field.ends(&["global", "imageRegistry"]);
    let far = |field: &&Field| {
        elsewhere(field)
            || registry(field)
            || routine::is_version(field)
                && matches!(step(field), Some(Step::Major | Step::Older | Step::Elsewhere | Step::Unknown))
    };
    let message = |field: &Field| match step(field) {
        Some(Step::Major) => format!("over a major version: {}", from_to(field)),
        Some(Step::Older) => {
            format!("back to an older version, which may not read what the newer one wrote: {}", from_to(field))
        }
        Some(Step::Elsewhere) => {
            format!("from another registry, which may hold something else under that tag: {}", from_to(field))
        }
        _ => format!("another program, or no version that can be compared: {}", from_to(field)),
    };
    let help = "read the release notes for what breaks, and try it on one cluster first";
    sight.leaves.iter().filter(far).map(|f| sight.at(f, Code::MajorVersion, message(f), help)).collect()
}

pub(super) fn crd(sight: &Sight<'_>) -> Vec<Risk> {
    if !sight.is("CustomResourceDefinition") {
        return Vec::new();
    }
    let dropped =
        |field: &Field| field.new.is_none() && field.steps.iter().rev().nth(1).is_some_and(|of| of == "properties");
    let default = |field: &&Field| {
        let schema = field.passes(&["openAPIV3Schema"]);
        (schema && (dropped(field) || field.steps.iter().any(|step| step == "default")))
            || (field.key() == "served" && field.new == Some(false.into()))
            || (field.key() == "storage" && field.passes(&["versions"]))
            || (field.ends(&["spec", "versions", "*"]) && field.new.is_none())
    };
    let help = "objects that leave the field out mean something else at once: write it out in them first";
    let fields = sight.change.fields.iter().filter(default);
    let what = |f: &Field| match f.passes(&["openAPIV3Schema"]) {
        true if dropped(f) => "a field that objects may have, and that is cut out of them when they are next written,",
        true => "a default",
        false => "a version that objects may have",
    };
    fields.map(|f| sight.at(f, Code::CrdDefault, format!("{} goes {}", what(f), from_to(f)), help)).collect()
}

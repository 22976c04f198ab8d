//! A field that differs -> whether it is what happens every day: an image or version within its major version, a replica more,
//! a label; and whether it only follows another change.

use serde_json::Value;

use crate::command::review::change::{Change, Field, Kind};

/// Fields that hold numbers of replicas.
pub const REPLICAS: [&str; 7] =
    ["replicas", "replicaCount", "instances", "minReplicas", "minReplicaCount", "maxReplicas", "maxReplicaCount"];

/// Whether all that the change does is routine.
pub fn change(change: &Change) -> bool {
    change.kind == Kind::Changed && change.fields.iter().all(|f| follows(f) || field(&change.identity.kind, f))
}

/// A checksum of a mounted file: it changes with the file, so that pods restart.
pub fn follows(field: &Field) -> bool {
    field.key().starts_with("checksum/")
}

fn field(kind: &str, field: &Field) -> bool {
    let both = (field.old.as_ref(), field.new.as_ref());
    if is_version(field) {
        return matches!(both, (Some(old), Some(new)) if step(old, new) == Some(Step::Within));
    }
    if REPLICAS.contains(&field.key()) {
        return matches!(both, (Some(old), Some(new)) if old.as_i64() > Some(0) && new.as_i64() >= old.as_i64());
    }
    let own = field.steps.starts_with(&["metadata".into(), "labels".into()]);
    own && kind != "Namespace" && field.steps.len() == 3 && !field.key().starts_with("argocd.argoproj.io/")
}

/// Whether a field names what runs: an image, its tag, the version of a chart.
pub fn is_version(field: &Field) -> bool {
    ["image", "imageName", "tag", "targetRevision", "appVersion"].contains(&field.key())
        || field.ends(&["labels", "app.kubernetes.io/version"])
        || field.ends(&["kustomize", "images", "*"])
}

/// How far apart two versions are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Forward within a major version.
    Within,
    /// Back within a minor version.
    Back,
    /// The same, from now on by its digest, or from elsewhere with the digest that it had.
    Pinned,
    /// Back over a minor version.
    Older,
    /// Over a major version; of `0.x` each minor one.
    Major,
    /// The same from another registry.
    Elsewhere,
    /// Another image, or something that is no version: how far, nobody knows.
    Unknown,
}

/// The step between two images or versions; none where nothing differs.
pub fn step(old: &Value, new: &Value) -> Option<Step> {
    let (old, new) = (old.as_str()?, new.as_str()?);
    if old == new {
        return None;
    }
    let ((name, before), (other, now)) = (parts(old), parts(new));
    // A digest in the place of a tag: what ran before is pinned.
    if new.contains('@') && !old.contains('@') && other.is_empty() && now == name {
        return Some(Step::Pinned);
    }
    let (Some(before), Some(now)) = (numbers(before), numbers(now)) else { return Some(Step::Unknown) };
    let digest = |text: &str| text.split_once('@').map(|(_, digest)| digest.to_owned());
    if digest(old).is_some() && digest(old) == digest(new) {
        return Some(Step::Pinned);
    }
    let major = |v: &[u64]| if v[0] == 0 { (0, v.get(1).copied()) } else { (v[0], None) };
    let same = path(name).ends_with(path(other)) || path(other).ends_with(path(name));
    Some(match () {
        () if name != other && same && before == now => Step::Elsewhere,
        () if name != other && !same => Step::Unknown,
        () if major(&before) != major(&now) => Step::Major,
        () if now[..now.len().min(2)] < before[..before.len().min(2)] => Step::Older,
        () if now < before => Step::Back,
        () => Step::Within,
    })
}

/// The path of an image without its registry; a mirror may stand before the whole.
fn path(name: &str) -> &str {
    match name.split_once('/') {
        Some((registry, path)) if registry.contains(['.', ':']) => path,
        _ => name,
    }
}

/// The name and the version of `registry/name:version@digest`, or an empty name and a version alone.
fn parts(text: &str) -> (&str, &str) {
    let named = text.split_once('@').map_or(text, |(named, _)| named);
    match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        _ => ("", named),
    }
}

fn numbers(version: &str) -> Option<Vec<u64>> {
    let plain = version.strip_prefix('v').unwrap_or(version);
    let end = plain.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(plain.len());
    let numbers: Vec<u64> =
        plain[..end].trim_end_matches('.').split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    (!numbers.is_empty()).then_some(numbers)
}

//! Workloads -> their pods' labels, containers and arguments. Answers only.

use serde_json::Value;

use crate::object::labels::Labels;
use crate::object::object::Object;
use crate::references::world::World;

/// The Deployments, StatefulSets and DaemonSets.
pub fn workloads<'w, 'a>(world: &'w World<'a>) -> impl Iterator<Item = &'w Object<'a>> {
    ["Deployment", "StatefulSet", "DaemonSet"].into_iter().flat_map(|kind| world.objects.of("apps", kind))
}

/// Whether an object is one of them.
pub fn is_workload(object: &Object<'_>) -> bool {
    object.identity.group == "apps"
        && ["Deployment", "StatefulSet", "DaemonSet"].contains(&object.identity.kind.as_str())
}

/// The labels of a workload's pods.
pub fn pod_labels<'a>(workload: &Object<'a>) -> Option<&'a Labels> {
    workload.at("/spec/template/metadata/labels").and_then(Value::as_object)
}

/// The containers of a workload's pods, each with its pointer.
pub fn containers<'a>(workload: &Object<'a>) -> Vec<(String, &'a Value)> {
    workload.all("/spec/template/spec/containers/*")
}

/// The repository and the tag of a container's image; a digest counts as neither.
pub fn image(container: &Value) -> (&str, &str) {
    let image = container["image"].as_str().unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        // A colon before a slash is a registry's port.
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (image, ""),
    }
}

/// What a container is started with: `command`, then `args`.
pub fn words(container: &Value) -> Vec<&str> {
    let lists = ["command", "args"].into_iter().filter_map(|key| container[key].as_array());
    lists.flatten().filter_map(Value::as_str).collect()
}

/// The value of a command-line flag `--name value` or `--name=value` (one dash or two); empty for one that stands alone.
pub fn flag<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    let words = words(container);
    words.iter().enumerate().find_map(|(i, word)| {
        let word = word.strip_prefix('-')?;
        let rest = word.strip_prefix('-').unwrap_or(word).strip_prefix(name)?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => {
                Some(words.get(i + 1).filter(|next| !next.starts_with('-')).copied().unwrap_or_default())
            }
            None => None,
        }
    })
}

//! Known traps of images: tags that move.

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, ARGOCD};
use crate::object::object::{Object, ObjectRule};
use crate::object::pod_template::{self, image_parts};
use crate::references::application::sources;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[in_pods, in_parameters, in_values];

/// Words for what is newest, or newest of a branch.
const MOVING: [&str; 15] = [
    "nightly",
    "main",
    "master",
    "trunk",
    "head",
    "tip",
    "dev",
    "devel",
    "develop",
    "development",
    "edge",
    "canary",
    "rolling",
    "unstable",
    "stable",
];

/// Whether a tag means another image from time to time: `latest` in any company, another such word without a version, a
/// date or a commit beside it.
pub fn moves(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    let parts: Vec<&str> = tag.split(['-', '_']).collect();
    // A version of CUDA says nothing about the rest.
    let pins = |part: &&str| {
        let digits = part.bytes().filter(u8::is_ascii_digit).count();
        let commit = part.len() >= 7 && part.bytes().all(|b| b.is_ascii_hexdigit());
        commit || !part.starts_with("cu") && (digits >= 3 || digits > 0 && part.contains(['.', 'v']))
    };
    parts.contains(&"latest") || parts.iter().any(|p| MOVING.contains(p)) && !parts.iter().any(pins)
}

/// LiteLLM's image is told with what its tag does to the schema; a bare `controller` is kubebuilder's name for what a
/// kustomization sets.
fn is_others(repository: &str) -> bool {
    let name = repository.rsplit('/').next().unwrap_or_default();
    // Names of images are lower case; others are places to be filled in.
    let filled_in = repository.contains(['$', '{', '<']) || repository.contains(char::is_uppercase);
    name.starts_with("litellm") || ["controller", "auto", ""].contains(&repository) || filled_in
}

fn warning(object: &Object<'_>, pointer: &str, does: &str, whole: &str) -> Finding {
    let message = format!("{} {does} {whole}, whatever that is on the day a pod starts", object.identity);
    object.warning(Code::FloatingVersion, pointer, message).help("name a release or a digest")
}

fn in_pods(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::of(object).filter(|t| !t.kind.serverless) {
        let containers = template.all_containers().into_iter();
        let containers = containers.map(|(p, c)| (format!("{p}/image"), "runs", &c["image"], &c["imagePullPolicy"]));
        let volumes = object.all(&template.spec("/volumes/*/image")).into_iter();
        let volumes = volumes.map(|(p, v)| (format!("{p}/reference"), "mounts", &v["reference"], &v["pullPolicy"]));
        for (pointer, does, image, policy) in containers.chain(volumes) {
            let whole = image.as_str().unwrap_or_default();
            let (repository, tag) = image_parts(whole);
            // An image that is never pulled is the one that lies on the node.
            let pinned = whole.contains('@') || *policy == "Never" || whole.contains(['$', '{', '<']);
            if !pinned && !is_others(repository) && (tag.is_empty() || moves(tag)) {
                findings.push(warning(object, &pointer, does, whole));
            }
        }
    }
    findings
}

fn in_parameters(object: &Object<'_>) -> Vec<Finding> {
    match object.is(AGENTGATEWAY, "AgentgatewayParameters").then(|| object.at("/spec/image")).flatten() {
        Some(image) => in_map(object, "/spec/image", image, "agentgateway").into_iter().collect(),
        None => Vec::new(),
    }
}

/// The images of a chart, where its values name repository and tag beside each other.
fn in_values(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = if object.is(ARGOCD, "Application") { sources(object) } else { Vec::new() };
    for (pointer, source) in all {
        below(object, &format!("{pointer}/helm/valuesObject"), &source["helm"]["valuesObject"], &mut findings);
    }
    findings
}

fn below(object: &Object<'_>, pointer: &str, value: &Value, findings: &mut Vec<Finding>) {
    for (key, inner) in value.as_object().into_iter().flatten() {
        let pointer = format!("{pointer}/{}", escaped(key));
        findings.extend(inner["repository"].as_str().and_then(|name| in_map(object, &pointer, inner, name)));
        below(object, &pointer, inner, findings);
    }
}

/// A map of an image's parts; without a tag it is as its chart or controller says.
fn in_map(object: &Object<'_>, pointer: &str, image: &Value, name: &str) -> Option<Finding> {
    let tag = image["tag"].as_str()?;
    let digest = image["digest"].as_str().is_some_and(|d| !d.is_empty());
    let moving = !digest && !name.contains('@') && !is_others(name) && moves(tag);
    moving.then(|| warning(object, &format!("{pointer}/tag"), "runs", &format!("{name}:{tag}")))
}

#[cfg(test)]
mod tests {
    use super::moves;

    #[test]
    fn tags_that_move() {
        for tag in ["latest", "nightly", "main", "main-stable", "latest-cuda12", "1.2-latest", "Edge", "nightly-cu128"]
        {
            assert!(moves(tag), "{tag}");
        }
        for tag in
            ["v1.2.3", "2.1", "18.3-minimal-trixie", "nightly-20260102", "main-3f9a2b1", "v1.83.14-stable.patch.2"]
        {
            assert!(!moves(tag), "{tag}");
        }
        for tag in ["24.15.0-bookworm-slim", "dev-v2", "bookworm", "r36.4"] {
            assert!(!moves(tag), "{tag}");
        }
    }
}

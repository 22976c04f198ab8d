//! The images that a cluster pulls, read off its objects: those that an object or the values of a chart name, and the charts that
//! name theirs in themselves alone.

use serde::Serialize;
use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::render::bundle::Bundle;

/// One image in one object.
#[derive(Clone, Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Image {
    /// As it is pulled; what a chart or a controller adds by itself is missing. None: only the chart knows.
    pub image: Option<String>,
    /// The object that names it.
    pub object: String,
    /// The chart that makes a pod of it, and its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<String>,
}

/// All of them, sorted: by image, those that only a chart knows first.
pub fn images(bundle: &Bundle) -> Vec<Image> {
    let mut images = Vec::new();
    for (identity, placed) in &bundle.manifests {
        let (value, object) = (&placed.manifest.value, identity.to_string());
        if identity.group != ARGOCD || identity.kind != "Application" {
            let named = named(value).into_iter();
            images.extend(named.map(|image| Image { image: Some(image), object: object.clone(), chart: None }));
            continue;
        }
        let several = value.pointer("/spec/sources").and_then(Value::as_array).into_iter().flatten();
        for source in several.chain(value.pointer("/spec/source")) {
            let (Some(chart), Some(version)) = (source["chart"].as_str(), source["targetRevision"].as_str()) else {
                continue;
            };
            let chart = Some(format!("{chart} {version}"));
            let named: Vec<Option<String>> = named(&source["helm"]["valuesObject"]).into_iter().map(Some).collect();
            let named = if named.is_empty() { vec![None] } else { named };
            let image = |image| Image { image, object: object.clone(), chart: chart.clone() };
            images.extend(named.into_iter().map(image));
        }
    }
    images.sort();
    images.dedup();
    images
}

/// The images below a value: under `image`, or a key that ends so, as a text, as the map of its parts, or as a map of several.
fn named(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map.iter().flat_map(|(key, inner)| entry(&key.to_ascii_lowercase(), inner)).collect(),
        Value::Array(items) => items.iter().flat_map(named).collect(),
        _ => Vec::new(),
    }
}

fn entry(key: &str, inner: &Value) -> Vec<String> {
    if !key.ends_with("image") && key != "imagename" {
        return named(inner);
    }
    let several = || inner.as_object().into_iter().flatten().filter(|(_, one)| one.is_object());
    let found: Vec<String> = match whole(inner) {
        Some(one) => vec![one],
        None => several().filter_map(|(_, one)| whole(one)).collect(),
    };
    if found.is_empty() { named(inner) } else { found }
}

/// An image as one reference, which that of a volume is already; another map without a repository names none.
fn whole(image: &Value) -> Option<String> {
    let part = |name: &str| image[name].as_str().filter(|text| !text.is_empty());
    match image {
        Value::String(image) if !image.is_empty() => Some(image.clone()),
        _ if part("reference").is_some() => part("reference").map(str::to_owned),
        _ => {
            let registry = part("registry").map(|registry| format!("{registry}/")).unwrap_or_default();
            let tag = part("tag").map(|tag| format!(":{tag}")).unwrap_or_default();
            let digest = part("digest").map(|digest| format!("@{digest}")).unwrap_or_default();
            part("repository").map(|repository| format!("{registry}{repository}{tag}{digest}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn images_are_texts_or_maps_of_their_parts() {
        let value = json!({
            "spec": { "imageName": "a/b:1", "containers": [{ "image": "c:2" }], "imagePullPolicy": "Always" },
            "image": { "registry": "r.io", "repository": "d", "tag": "3" },
            "volumes": [{ "name": "weights", "image": { "reference": "f:4", "pullPolicy": "IfNotPresent" } }],
            "sidecarImage": { "repository": "e@sha256", "tag": "abc" },
            "global": { "image": { "registry": "r.io" } },
            "operator": { "image": { "manager": { "repository": "g", "tag": "v5", "pullPolicy": "Always" } } },
        });
        assert_eq!(named(&value), ["a/b:1", "c:2", "r.io/d:3", "f:4", "e@sha256:abc", "g:v5"]);
    }
}

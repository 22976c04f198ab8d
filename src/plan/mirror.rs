//! Settings -> the same with their images behind a mirror (`platform.registry`), so that templates and the values of charts
//! need not know of one. An image is what has the keys of the shape `image`.

use serde_json::Value;

/// Puts every image of a group's settings, which are complete, behind a registry.
pub fn behind(registry: &str, schema: &Value, settings: &mut Value) {
    let properties = schema.get("properties");
    let declares = |name: &str| properties.is_some_and(|p| p.get(name).is_some());
    if ["repository", "tag", "digest"].into_iter().all(declares) {
        if declares("registry") {
            settings["registry"] = registry.into();
        } else if let Some(repository) = settings["repository"].as_str() {
            settings["repository"] = mirrored(registry, repository).into();
        }
        return;
    }
    match settings {
        Value::Object(map) => {
            for (name, value) in map {
                let own = properties.and_then(|p| p.get(name)).or_else(|| schema.get("additionalProperties"));
                own.into_iter().for_each(|schema| behind(registry, schema, value));
            }
        }
        Value::Array(items) => {
            let schema = schema.get("items").into_iter();
            schema.for_each(|schema| items.iter_mut().for_each(|item| behind(registry, schema, item)));
        }
        _ => {}
    }
}

/// The name of a repository with the registry in it replaced; without one it is Docker Hub's.
fn mirrored(registry: &str, repository: &str) -> String {
    match repository.split_once('/') {
        _ if repository.strip_prefix(registry).is_some_and(|rest| rest.starts_with('/')) => repository.to_owned(),
        Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => format!("{registry}/{path}"),
        Some(_) => format!("{registry}/{repository}"),
        None => format!("{registry}/library/{repository}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_registry_gives_way_to_the_mirror() {
        for (repository, expected) in [
            ("ghcr.io/berriai/litellm-database", "m.example.com/hub/berriai/litellm-database"),
            ("localhost/a", "m.example.com/hub/a"),
            ("registry:5000/a/b", "m.example.com/hub/a/b"),
            ("vllm/vllm-openai", "m.example.com/hub/vllm/vllm-openai"),
            ("busybox", "m.example.com/hub/library/busybox"),
            ("m.example.com/hub/a", "m.example.com/hub/a"),
        ] {
            assert_eq!(mirrored("m.example.com/hub", repository), expected);
        }
    }

    #[test]
    fn images_are_found_by_their_shape_in_maps_and_lists() {
        let image = json!({ "properties": { "repository": {}, "tag": {}, "digest": {} } });
        let schema = json!({ "properties": { "chart": { "properties": { "repository": {} } },
            "servers": { "additionalProperties": { "properties": { "image": image } } } } });
        let mut settings =
            json!({ "chart": { "repository": "a.io/b" }, "servers": { "x": { "image": { "repository": "a.io/b" } } } });
        behind("m.io", &schema, &mut settings);
        assert_eq!(settings["servers"]["x"]["image"]["repository"], "m.io/b");
        assert_eq!(settings["chart"]["repository"], "a.io/b");
    }
}

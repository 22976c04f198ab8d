//! Catalog -> words for people and editors: a group explained, and the JSON Schemas of features.yaml, of a group
//! file and of a rule.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::group::catalog::Catalog;
use crate::group::file::Group;
use crate::group::page;
use crate::group::pages::Pages;
use crate::group::template::Templates;
use crate::text::finding::Code;
use crate::text::kubeyaml;
use crate::text::merge::lay;
use crate::text::schema::Schema;
use crate::text::source::Source;
use crate::text::yaml::object;

/// A group explained in plain text, 80 columns where the words allow.
pub fn group(group: &Group, templates: &Templates) -> String {
    let switch = match &group.feature {
        None => "always on".to_owned(),
        Some(feature) => format!("on with `features.{feature}: true`, or when something that is on needs it"),
    };
    let profiles: BTreeSet<&str> = group.variants.values().flat_map(|v| &v.text.on_in).map(String::as_str).collect();
    let by_itself: String = profiles.iter().map(|name| format!("; in the profile {name} by itself")).collect();
    let mut text = format!("{}: {}\n{switch}{by_itself}\n", group.name, group.summary);
    for (provider, variant) in &group.variants {
        if !provider.is_empty() {
            let default = if group.provider.as_ref() == Some(provider) { " (default)" } else { "" };
            text += &format!("\nprovider {provider}{default}: {}\n", variant.text.summary);
        }
        let written = &variant.text;
        let mut line = |name: &str, words: Vec<String>| {
            if !words.is_empty() {
                text += &format!("  {name}: {}\n", words.join(", "));
            }
        };
        line("needs", written.requires.clone());
        line("takes when present", written.uses.clone());
        line("provides", written.capabilities().map(str::to_owned).collect());
        line(
            "adds to lists",
            written.provides.keys().filter(|n| !written.capabilities().any(|c| c == *n)).cloned().collect(),
        );
        line("reads lists", written.collects.keys().cloned().collect());
        line("components", written.components.keys().cloned().collect());
        line("secrets", written.secrets.iter().filter_map(|s| s["name"].as_str()).map(str::to_owned).collect());
        let folders = written.components.keys().map(|name| format!("templates/{name}/"));
        let rendered: Vec<String> = folders.flat_map(|folder| purposes(templates, &folder)).collect();
        if !rendered.is_empty() {
            text += &format!("  renders:\n{}", rendered.concat());
        }
        for (list, item) in written.collects.iter().filter_map(|(list, collect)| Some((list, collect.item.as_ref()?))) {
            text += &format!("  an item of {list}:\n");
            settings(item, 4, &mut text);
        }
        text += "  settings:\n";
        settings(&variant.schema.json, 4, &mut text);
    }
    text
}

/// The templates of a folder, each with what its objects are for.
fn purposes(templates: &Templates, folder: &str) -> Vec<String> {
    let line = |name: &str| match templates.purpose(name) {
        Some(purpose) => format!("    {name}\n        {purpose}\n"),
        None => format!("    {name}\n"),
    };
    templates.in_folder(folder).into_iter().map(line).collect()
}

fn settings(schema: &Value, indent: usize, text: &mut String) {
    let names = |schema: &Value| schema["properties"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>());
    for (name, property) in schema.get("properties").map(object).into_iter().flatten() {
        let default = match property.get("default") {
            Some(value) if !value.is_null() => format!(" = {value}"),
            _ => String::new(),
        };
        let words = property["description"].as_str().unwrap_or_default();
        *text += &format!("{:indent$}{name}{default}\n{:indent$}    {words}\n", "", "");
        // An entry that is there by default is like those that are added, and what these take comes below.
        if names(property).is_some() && names(property) == names(&schema["additionalProperties"]) {
            continue;
        }
        settings(property, indent + 2, text);
        for key in ["items", "additionalProperties"] {
            if let Some(inner) = property.get(key).filter(|v| v.is_object()) {
                settings(inner, indent + 4, text);
            }
        }
    }
}

/// A finding code explained: its page, or one line for those whose message says all.
pub fn code(pages: &Pages, code: Code) -> String {
    let line = || format!("{}: {}\n", code.name(), code.summary());
    pages.text(code.name()).map_or_else(line, str::to_owned)
}

/// The JSON Schema (draft 2020-12) of features.yaml with every group's settings.
pub fn schema(catalog: &Catalog) -> Value {
    let features: Map<String, Value> = catalog
        .features()
        .into_iter()
        .map(|(feature, group)| (feature.to_owned(), json!({ "type": "boolean", "description": group.summary })))
        .collect();
    let settings: Map<String, Value> = catalog.groups.values().map(|g| (g.name.clone(), settings_schema(g))).collect();
    let closed = |properties: Map<String, Value>, description: &str| json!({ "type": ["object", "null"], "additionalProperties": false, "properties": properties, "description": description });
    let list = |schema: &Schema, description: &str| json!({ "type": ["array", "null"], "items": schema.json, "description": description });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gatewright features.yaml",
        "type": "object",
        "additionalProperties": false,
        "required": ["platform"],
        "properties": {
            "platform": catalog.platform.json,
            "features": closed(features, "true: on; false: never; absent: on only if something that is on needs it"),
            "settings": closed(settings, "Settings by group"),
            "existing": list(&catalog.existing, "What the cluster has and is not rendered here; references may point at it"),
            "silence": list(&catalog.silence, "Findings that are not to be reported, each with its reason"),
        },
    })
}

/// The JSON Schema of a group file.
pub fn group_schema() -> Value {
    let source = Source::new("schemas/group.yaml", include_str!("../../schemas/group.yaml"));
    kubeyaml::values(&source).expect("the built-in schema is YAML").remove(0)
}

/// The JSON Schema of a block `rule`.
pub fn rule_schema() -> Value {
    let mut schema = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "gatewright rule" });
    lay(&mut schema, page::schema());
    schema
}

/// One schema for a group with one shape, else one of the shapes of its providers.
fn settings_schema(group: &Group) -> Value {
    let shapes: Vec<Value> = group
        .variants
        .iter()
        .map(|(provider, variant)| {
            let mut schema = variant.schema.json.clone();
            if !provider.is_empty() {
                schema["properties"]["provider"]["enum"] = json!([provider]);
                if group.provider.as_ref() != Some(provider) {
                    let required = schema["required"].as_array().cloned().unwrap_or_default();
                    schema["required"] = required.into_iter().chain([json!("provider")]).collect();
                }
            }
            schema
        })
        .collect();
    let mut schema = match &shapes[..] {
        [only] => only.clone(),
        _ => json!({ "anyOf": shapes }),
    };
    schema["description"] = json!(group.summary);
    schema
}

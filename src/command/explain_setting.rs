//! `serving.models` -> what the setting is: type, default, allowed values, its value in each cluster, who reads it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::explain_line::written;
use crate::command::pipeline::Rendered;
use crate::group::catalog::Catalog;
use crate::group::file::Group;
use crate::text::pointer::part;

/// The keywords of a schema that say which values are allowed.
const BOUNDS: [&str; 8] = ["enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern"];

/// Files of objects that are named; the rest is counted.
const FILES: usize = 12;

/// A setting `GROUP.PATH`, or one of the platform; none where there is no such setting.
pub fn setting(catalog: &Catalog, clusters: &[&Rendered<'_>], topic: &str) -> Option<String> {
    let (group, path) = topic.strip_prefix("settings.").unwrap_or(topic).split_once('.')?;
    if group == "platform" {
        let schema = below(&catalog.platform.json, path)?;
        let text =
            format!("platform.{path}: {}\n", words(schema)) + &about(schema, required(&catalog.platform.json, path));
        return Some(text + &values(clusters, "", path));
    }
    let group = catalog.groups.get(group)?;
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (provider, variant) in &group.variants {
        let Some(schema) = below(&variant.schema.json, path) else { continue };
        let facts = format!("{}\n{}", words(schema), about(schema, required(&variant.schema.json, path)));
        alike.entry(facts).or_default().push(provider);
    }
    let all = alike.len();
    let one = |(facts, providers): (&String, &Vec<&str>)| match all {
        1 => format!("{}.{path}: {facts}", group.name),
        _ => format!("{}.{path} (provider {}): {facts}", group.name, providers.join(", ")),
    };
    let text: String = alike.iter().map(one).collect();
    if text.is_empty() {
        return None;
    }
    Some(text + &values(clusters, &group.name, path) + &readers(catalog, group, path) + &renders(clusters, group, path))
}

fn below<'s>(schema: &'s Value, path: &str) -> Option<&'s Value> {
    path.split('.').try_fold(schema, |schema, step| {
        let named = schema["properties"].get(step);
        named
            .or_else(|| schema.get("additionalProperties").filter(|any| any.is_object()))
            .or_else(|| schema["items"]["properties"].get(step))
    })
}

fn required(schema: &Value, path: &str) -> bool {
    let (around, key) =
        path.rsplit_once('.').map_or((Some(schema), path), |(around, key)| (below(schema, around), key));
    around.and_then(|around| around["required"].as_array()).is_some_and(|all| all.iter().any(|name| name == key))
}

fn words(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

fn about(schema: &Value, required: bool) -> String {
    let kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    };
    let mut text = format!("  type      {kind}{}\n", if required { ", required" } else { "" });
    match schema.get("default") {
        None | Some(Value::Null) => {}
        Some(default) => text += &format!("  default   {default}\n"),
    }
    for bound in BOUNDS {
        if let Some(value) = schema.get(bound) {
            text += &format!("  {bound:<9} {value}\n");
        }
    }
    let keys = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect::<Vec<_>>();
    if !keys.is_empty() {
        text += &format!("  keys      {}\n", keys.join(", "));
    }
    text
}

/// What it is in each cluster.
fn values(clusters: &[&Rendered<'_>], group: &str, path: &str) -> String {
    let steps = path.replace('.', "/");
    let one = |rendered: &&Rendered<'_>| {
        let root = if group.is_empty() { "/platform" } else { "/settings" };
        let scope = match group {
            "" => rendered.plan.scopes.values().next()?,
            group => rendered.plan.scopes.get(group)?,
        };
        let value = part(scope.value(), &format!("{root}/{steps}"))?;
        let from = written(rendered, group, &steps);
        Some(format!("  in {}: {value} ({from})\n", rendered.plan.cluster))
    };
    clusters.iter().filter_map(one).collect()
}

/// The lines of templates and of the group file that name it.
fn readers(catalog: &Catalog, group: &Group, path: &str) -> String {
    let name = format!("settings.{path}");
    let reads = |line: &str| {
        line.match_indices(&name).any(|(at, _)| {
            let after = line[at + name.len()..].chars().next();
            after.is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == '-'))
        })
    };
    let components = group.variants.values().flat_map(|variant| variant.text.components.keys());
    let folders: BTreeSet<String> = components.map(|name| format!("templates/{name}/")).collect();
    let templates = folders.iter().flat_map(|folder| catalog.templates.in_folder(folder));
    let sources = templates.filter_map(|template| catalog.templates.source(template)).chain([&group.source]);
    let mut text = String::new();
    for source in sources {
        for (at, line) in source.text.lines().enumerate().filter(|(_, line)| reads(line)) {
            text += &format!("  read by   {}:{}  {}\n", source.name, at + 1, line.trim());
        }
    }
    text
}

/// The files whose templates see it.
fn renders(clusters: &[&Rendered<'_>], group: &Group, path: &str) -> String {
    let name = format!("settings.{path}");
    let mut files = BTreeSet::new();
    for rendered in clusters {
        for placed in rendered.bundle.manifests.values() {
            let component = rendered.plan.components.iter().find(|component| component.name == placed.component);
            let own = component.is_some_and(|component| component.group == group.name);
            let mut inputs = rendered.plan.catalog.templates.inputs(&placed.manifest.template);
            let related = |input: &str| {
                let (one, other) = (format!("{input}."), format!("{name}."));
                one.starts_with(&other) || other.starts_with(&one)
            };
            let template = rendered.plan.catalog.templates.source(&placed.manifest.template).is_some();
            if own && template && inputs.any(related) {
                files.insert(format!("{}/{}", rendered.plan.cluster, placed.path));
            }
        }
    }
    let more = files.len().saturating_sub(FILES);
    let mut text: String = files.into_iter().take(FILES).map(|file| format!("  makes     {file}\n")).collect();
    if more > 0 {
        text += &format!("  makes     and {more} more\n");
    }
    text
}

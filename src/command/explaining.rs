//! The command `explain`: what a topic means, and who knows about it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::command::explain;
use crate::command::explain_follows;
use crate::command::explain_line::{self, Input};
use crate::command::explain_setting;
use crate::command::gateway_config;
use crate::command::pipeline::Rendered;
use crate::command::why_not;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::git;
use crate::disk::read;
use crate::group::memo::Memo;
use crate::text::schema::did_you_mean;
use crate::text::secret;
use crate::text::shown::folded_prose;

/// Clusters of a fleet that are looked at; they differ in little.
const CLUSTERS: usize = 20;

/// A working folder that was looked for upward.
pub(crate) struct Nearest {
    /// The folder with the features file.
    pub(crate) folder: PathBuf,
    /// The way from there to where the command was started, with `/` at its end; empty where it is the same.
    prefix: String,
}

impl Nearest {
    /// The folder itself, whatever it has.
    pub(crate) fn here(folder: &Path) -> Self {
        Nearest { folder: folder.to_owned(), prefix: String::new() }
    }
}

/// The nearest folder, upward, that has the features file; the one itself where none has.
pub(crate) fn nearest(folder: &Path, file: &Path) -> Nearest {
    if folder.join(file).exists() || file.is_absolute() {
        return Nearest::here(folder);
    }
    match git::upward(folder, file) {
        Some((folder, prefix)) if !prefix.is_empty() => Nearest { folder, prefix: format!("{prefix}/") },
        _ => Nearest::here(folder),
    }
}

/// Explains a topic.
pub(crate) fn explain(workspace: &Workspace<'_>, near: &Nearest, topic: &str, object: Option<&str>) -> Result<Outcome> {
    let catalog = workspace.catalog;
    if let (false, Some(group)) = (topic == "why-not", catalog.groups.get(topic)) {
        return Ok(Outcome::data(explain::group(group, &catalog.templates)));
    }
    if let Some(code) = catalog.pages.code(topic) {
        let page = explain::code(&catalog.pages, code);
        // A page that goes to a file is a page.
        return Ok(Outcome::data(if std::io::stdout().is_terminal() { folded_prose(&page, 0) } else { page }));
    }
    if let Some(group) = topic.strip_prefix("features.").and_then(|name| catalog.features().remove(name)) {
        return Ok(Outcome::data(explain::group(group, &catalog.templates)));
    }
    let said = match (topic, object) {
        ("why-not", Some(object)) => why_not(workspace, object)?,
        _ if topic.contains('/') || topic.contains(".yaml") || topic.contains(".yml") => {
            of_objects(workspace, near, topic)?
        }
        _ if topic.contains('.') => setting(workspace, topic)?.map(|said| folded_prose(&secret::masked(&said), 4)),
        _ => None,
    };
    let talk = match near.prefix.is_empty() {
        true => String::new(),
        false => format!("{} is used\n", near.folder.join(workspace.file).display()),
    };
    match said {
        Some(data) => Ok(Outcome { talk, ..Outcome::data(data) }),
        None => Err(unknown(workspace, near, topic)?),
    }
}

/// Files, lines, objects and gateways, in each cluster that has them.
fn of_objects(workspace: &Workspace<'_>, near: &Nearest, topic: &str) -> Result<Option<String>> {
    let clusters = workspace.clusters(None)?;
    let said = workspace.each(&clusters, &Memo::default(), |rendered| {
        let gateway = gateway_config::explain(&rendered.plan.agentic.model, topic);
        let named = |text: String| format!("cluster {}: {text}", rendered.plan.cluster);
        let found =
            explain_line::find(&rendered, topic).into_iter().map(|placed| explain_line::object(&rendered, placed));
        Ok(match gateway {
            Some(text) => named(text),
            None => match found.collect::<String>() {
                nothing if nothing.is_empty() => file(&rendered, near, topic).unwrap_or_default(),
                text => named(text),
            },
        })
    })?;
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    Ok(if said.is_empty() { None } else { Some(said.join("\n")) })
}

fn file(rendered: &Rendered<'_>, near: &Nearest, topic: &str) -> Option<String> {
    let (path, line) = match topic.rsplit_once(':') {
        Some((path, line)) => (path, Some(line.parse().ok()?)),
        None => (topic, None),
    };
    let path = path.strip_prefix("./").unwrap_or(path);
    let whole = format!("{}{path}", near.prefix);
    let made = explain_line::file(rendered, &whole, line);
    if let Some(text) = made.or_else(|| explain_follows::file(rendered, &whole, line)) {
        return Some(text);
    }
    match explain_line::input(rendered, &whole, line)? {
        Input::Text(text) => Some(text),
        Input::Topic(topic) => {
            let catalog = rendered.plan.catalog;
            let flag = topic.strip_prefix("features.").and_then(|name| catalog.features().remove(name));
            match flag {
                Some(group) => Some(explain::group(group, &catalog.templates)),
                None => explain_setting::setting(catalog, &[rendered], &topic),
            }
        }
    }
}

fn setting(workspace: &Workspace<'_>, topic: &str) -> Result<Option<String>> {
    let there = workspace.folder.join(workspace.file).exists();
    let mut clusters = if there { workspace.clusters(None)? } else { Vec::new() };
    clusters.truncate(CLUSTERS);
    let rendered = workspace.each(&clusters, &Memo::default(), Ok)?;
    Ok(explain_setting::setting(workspace.catalog, &rendered.iter().collect::<Vec<_>>(), topic))
}

fn why_not(workspace: &Workspace<'_>, object: &str) -> Result<Option<String>> {
    let several = !read::inputs(workspace.folder, workspace.file)?.clusters.is_empty();
    let mut clusters = workspace.clusters(None)?;
    clusters.truncate(CLUSTERS);
    let said = workspace.each(&clusters, &Memo::default(), |rendered| {
        let stem = several.then_some(rendered.cluster.name.as_str());
        Ok(why_not::why_not(workspace.catalog, &rendered, object, stem))
    })?;
    Ok(Some(said.concat()))
}

/// What a topic may have meant.
fn unknown(workspace: &Workspace<'_>, near: &Nearest, topic: &str) -> Result<read::Failure> {
    let catalog = workspace.catalog;
    let path =
        topic.rsplit_once(':').map_or(topic, |(path, line)| if line.parse::<usize>().is_ok() { path } else { topic });
    if workspace.folder.join(format!("{}{path}", near.prefix)).is_file() {
        let hint = format!(
            "explain knows what `render` writes, by file and line; `gatewright check --manifests {path}` looks for mistakes in manifests of others"
        );
        return Ok(anyhow!("{path} is not rendered here\n{hint}").into());
    }
    if topic.contains('/') {
        let clusters = workspace.clusters(None)?;
        let names = workspace.each(&clusters, &Memo::default(), |rendered| {
            let gateways = gateway_config::names(&rendered.plan.agentic.model);
            let ids = rendered.bundle.manifests.keys();
            let objects = ids.map(|id| format!("{}/{}/{}", id.kind, id.namespace, id.name).replace("//", "/"));
            let files =
                rendered.bundle.manifests.values().map(|p| format!("rendered/{}/{}", rendered.plan.cluster, p.path));
            Ok(gateways.into_iter().chain(objects).chain(files).collect::<Vec<String>>())
        })?;
        let names = names.concat();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hint = match did_you_mean(topic, &names) {
            close if close.starts_with("did you mean") => close,
            _ => format!("`gatewright explain why-not {topic}` says what would bring an object"),
        };
        return Ok(anyhow!("there is no `{topic}` to explain\n{hint}").into());
    }
    let settings: Vec<String> = catalog
        .groups
        .values()
        .flat_map(|group| {
            let keys =
                group.variants.values().flat_map(|v| v.schema.json["properties"].as_object().into_iter().flatten());
            keys.map(|(key, _)| format!("{}.{key}", group.name)).collect::<Vec<_>>()
        })
        .collect();
    let names = catalog.groups.keys().map(String::as_str).chain(catalog.pages.names());
    let names: Vec<&str> = names.chain(settings.iter().map(String::as_str)).collect();
    let groups: Vec<&str> = catalog.groups.keys().map(String::as_str).collect();
    let hint = match did_you_mean(topic, &names) {
        close if close.starts_with("did you mean") => close,
        _ => format!("groups: {}", groups.join(", ")),
    };
    Ok(anyhow!("there is no group, setting or finding code `{topic}`\n{hint}").into())
}

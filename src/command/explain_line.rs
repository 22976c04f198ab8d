//! A rendered file, or a line of it, or an object -> what makes it: templates, group files, patches, and each setting that they name
//! with its value and where that was written.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::pipeline::Rendered;
use crate::object::object::Identity;
use crate::plan::choice::Reason;
use crate::render::manifest::Placed;
use crate::render::trace;
use crate::render::tree::{CLAIMS, GROUPS, INDEX};
use crate::text::pointer::part;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// A rendered file, or one of its lines (from 1); none where the cluster has no such file.
pub fn file(rendered: &Rendered<'_>, path: &str, line: Option<usize>) -> Option<String> {
    let cluster = rendered.plan.cluster.as_str();
    let (_, below) = path.split_once(&format!("{cluster}/"))?;
    let (placed, text) = match rendered.bundle.manifests.values().find(|placed| placed.path == below) {
        Some(placed) => (Some(placed), &placed.manifest.text),
        None => match rendered.bundle.values.get(below) {
            Some(values) => (None, &values.text),
            None => return follows(below).map(str::to_owned),
        },
    };
    let about = match placed {
        Some(placed) => object(rendered, placed),
        None => format!("{below}: the values of a chart\n"),
    };
    let Some(line) = line else { return Some(about) };
    let source = Source::new(format!("{cluster}/{below}"), &**text);
    let Some(written) = text.lines().nth(line.saturating_sub(1)) else {
        return Some(format!("{about}it has {} lines\n", text.lines().count()));
    };
    let head = format!("{below}:{line}: {}\n{about}", written.trim());
    let nodes = yaml::nodes(&source).ok()?;
    let place = nodes.first().and_then(|node| last_on(node, line));
    let trail = place.and_then(|place| trace::trail(&rendered.plan, &rendered.bundle, &place));
    let Some(trail) = trail else {
        return Some(
            head + "  this line is a comment, or the engine's own: the first line of a file names its template\n",
        );
    };
    let mut text = head;
    let mut named = BTreeSet::new();
    for cause in trail {
        text += &format!(
            "  line      {}:{}  {}\n",
            cause.place.source.name,
            cause.place.line_column().0,
            first(&cause.place)
        );
        named.extend(cause.names.iter().map(|name| (cause.group.clone(), name.clone())));
    }
    text.extend(named.iter().filter_map(|(group, name)| self::named(rendered, group, name)));
    Some(text)
}

fn follows(below: &str) -> Option<&'static str> {
    match below {
        GROUPS => Some(
            "the groups that are on, and what exists beside the files; it follows from features.yaml: `gatewright resolve`\n",
        ),
        CLAIMS => {
            Some("what the files must show; it follows from them and from the claims of groups: `gatewright status`\n")
        }
        INDEX => Some("the index of our files with their digests; it follows from them\n"),
        _ => None,
    }
}

fn first(place: &Place) -> String {
    let source = &place.source;
    source.text.lines().nth(place.line_column().0 - 1).unwrap_or_default().trim().to_owned()
}

/// An object, where it comes from and why it is there.
pub fn object(rendered: &Rendered<'_>, placed: &Placed) -> String {
    let (plan, manifest) = (&rendered.plan, &placed.manifest);
    let mut text = format!("{}\n  file      {}/{}\n", manifest.identity, plan.cluster, placed.path);
    if let Some(purpose) = plan.catalog.templates.purpose(&manifest.template) {
        text += &format!("  for       {purpose}\n");
    }
    text += &format!("  from      {}\n", manifest.template);
    for layer in &manifest.layers {
        let place = &layer.node.place;
        text += &format!("  patch     {}:{}\n", place.source.name, place.line_column().0);
    }
    let component = plan.components.iter().find(|component| component.name == placed.component);
    if let Some(choice) = component.and_then(|component| plan.choices.get(component.group.as_str())) {
        let flag = choice.group.feature.as_ref().and_then(|feature| rendered.cluster.flags.get(feature));
        let place = match (&choice.reason, flag) {
            (Reason::Flag, Some(flag)) => format!(" ({}:{})", flag.place.source.name, flag.place.line_column().0),
            _ => String::new(),
        };
        text += &format!("  group     {}: {}{place}\n", choice.group.name, choice.reason);
    }
    text
}

/// A file of the inputs: what a patch is laid over, what a template or an object of the user's own makes; and of features.yaml
/// the setting on a line, as a topic of its own.
pub fn input(rendered: &Rendered<'_>, path: &str, line: Option<usize>) -> Option<Input> {
    let all = rendered.bundle.manifests.values();
    let laid = |placed: &Placed| placed.manifest.layers.iter().any(|layer| layer.node.place.source.name == path);
    let made: Vec<String> = all
        .filter_map(|placed| match (placed.manifest.template == path, laid(placed)) {
            (true, _) => Some(format!("  makes     {} ({})\n", placed.manifest.identity, placed.path)),
            (_, true) => Some(format!("  is over   {} ({})\n", placed.manifest.identity, placed.path)),
            _ => None,
        })
        .collect();
    if !made.is_empty() {
        return Some(Input::Text(format!("{path}\n{}", made.concat())));
    }
    let mut pointer = String::new();
    let found = key_on(&rendered.cluster.written, path, line?, &mut pointer);
    found.then(|| Input::Topic(pointer.trim_start_matches('/').replace('/', ".")))
}

/// What is said about a file of the inputs.
pub enum Input {
    /// All of it.
    Text(String),
    /// What is known of the setting that stands there.
    Topic(String),
}

/// The way to the key on a line of a file.
fn key_on(node: &Node, file: &str, line: usize, pointer: &mut String) -> bool {
    for entry in node.entries() {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(&entry.key);
        let here = entry.place.source.name == file && entry.place.line_column().0 == line;
        if key_on(&entry.value, file, line, pointer) || here {
            return true;
        }
        pointer.truncate(length);
    }
    false
}

/// The object that a topic `KIND/NAME` or `KIND/NAMESPACE/NAME` means.
pub fn find<'r>(rendered: &'r Rendered<'_>, topic: &str) -> Vec<&'r Placed> {
    let all = rendered.bundle.manifests.iter();
    all.filter(|(identity, _)| is(identity, topic)).map(|(_, placed)| placed).collect()
}

/// Whether a topic means an object.
pub fn is(identity: &Identity, topic: &str) -> bool {
    match topic.split('/').collect::<Vec<_>>()[..] {
        [kind, name] => identity.kind == kind && identity.name == name,
        [kind, namespace, name] => (&*identity.kind, &*identity.namespace, &*identity.name) == (kind, namespace, name),
        _ => false,
    }
}

/// A path that a line names, with its value and where that comes from.
fn named(rendered: &Rendered<'_>, group: &str, name: &str) -> Option<String> {
    let (root, path) = name.split_once('.').unwrap_or((name, ""));
    let scope = rendered.plan.scopes.get(group)?.value();
    let value = |pointer: &str| part(scope, pointer).map(short);
    let steps = path.replace('.', "/");
    match root {
        "settings" => {
            let (shown, from) = (value(&format!("/settings/{steps}")), written(rendered, group, &steps));
            Some(format!("  setting   {group}.{path} = {} ({from})\n", shown.unwrap_or_else(|| "nothing".into())))
        }
        "platform" => {
            let (shown, from) = (value(&format!("/platform/{steps}")), written(rendered, "", &steps));
            Some(format!("  platform  {path} = {} ({from})\n", shown.unwrap_or_else(|| "nothing".into())))
        }
        "capabilities" => {
            let capability = path.split('.').next().unwrap_or_default();
            let of = rendered
                .plan
                .choices
                .values()
                .find(|c| c.on && c.variant().text.capabilities().any(|p| p == capability));
            Some(format!("  from      the capability {capability} of the group {}\n", of?.group.name))
        }
        list if scope.get(list).is_some_and(Value::is_array) => {
            let from = rendered.plan.choices.values().filter(|c| c.on && c.variant().text.provides.contains_key(list));
            let from: Vec<&str> = from.map(|choice| choice.group.name.as_str()).collect();
            Some(format!(
                "  list      {list}, which {} fill\n",
                if from.is_empty() { "the engine".into() } else { from.join(", ") }
            ))
        }
        _ => None,
    }
}

/// Where a setting (of the platform: without a group) was written, or that it is a default.
pub fn written(rendered: &Rendered<'_>, group: &str, steps: &str) -> String {
    let pointer = if group.is_empty() { format!("/platform/{steps}") } else { format!("/settings/{group}/{steps}") };
    let node = &rendered.cluster.written;
    // A setting may be written as a whole, or only parts of it.
    match node.at(&pointer) {
        Some(_) => {
            let place = node.place_at(&pointer);
            format!("{}:{}", place.source.name, place.line_column().0)
        }
        None => "default".to_owned(),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 60 { text } else { format!("{}…", text.chars().take(60).collect::<String>()) }
}

/// The last part of a value that begins on a line: a scalar, else the key.
fn last_on(node: &Node, line: usize) -> Option<Place> {
    let on = |place: &Place| place.line_column().0 == line;
    let below: Option<Place> = match &node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            let inner = last_on(&entry.value, line);
            match inner {
                Some(place) if on(&place) => Some(place),
                _ => on(&entry.place).then(|| entry.place.clone()),
            }
        }),
        Kind::List(items) => items.iter().find_map(|item| last_on(item, line)),
        // A text of several lines is one value.
        Kind::String(_) => {
            let (start, end) = (node.place.line_column().0, node.place.end_line_column().0);
            return (start..=end).contains(&line).then(|| node.place.clone());
        }
        _ => None,
    };
    below.or_else(|| on(&node.place).then(|| node.place.clone()))
}

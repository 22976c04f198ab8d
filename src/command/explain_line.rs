//! A rendered file, or a line of it, or an object -> what makes it: templates, group files, patches, and each setting that they name
//! with its value and where that was written.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::pipeline::Rendered;
use crate::object::object::Identity;
use crate::plan::choice::Reason;
use crate::plan::own::Own;
use crate::plan::resolve::Plan;
use crate::render::manifest::Placed;
use crate::render::trace;
use crate::render::tree;
use crate::text::pointer::part;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// A file of an object or of a chart's values, or one of its lines (from 1); none where the cluster has no such file.
pub fn file(rendered: &Rendered<'_>, path: &str, line: Option<usize>) -> Option<String> {
    let cluster = rendered.plan.cluster.as_str();
    let (_, below) = path.split_once(&format!("{cluster}/"))?;
    let (plan, bundle) = (&rendered.plan, &rendered.bundle);
    let placed = bundle.manifests.values().find(|placed| placed.path == below);
    let placed = placed.or_else(|| tree::copies(plan, bundle).get(below).copied());
    let (about, name, text, head) = match (placed, bundle.values.get(below)) {
        (Some(placed), _) => {
            (object(rendered, placed), placed.path.as_str(), &placed.manifest.text, of_head(plan, placed))
        }
        (None, Some(values)) => {
            let component = plan.components.iter().find(|component| component.name == values.component);
            let head = component
                .and_then(|c| Some(plan.choices.get(c.group.as_str())?.place(&format!("/components/{}", c.entry))));
            (format!("{below}: the values of a chart\n"), below, &values.text, head)
        }
        (None, None) => return None,
    };
    let Some(line) = line else { return Some(about) };
    let Some(written) = text.lines().nth(line.saturating_sub(1)) else {
        return Some(format!("{about}it has {} lines\n", text.lines().count()));
    };
    let said = format!("{below}:{line}: {}\n{about}", written.trim());
    if written.starts_with('#') {
        return Some(said + &head.map(|place| line_of(&place)).unwrap_or_default());
    }
    let source = Source::new(format!("{cluster}/{name}"), &**text);
    let nodes = yaml::nodes(&source).ok()?;
    let whole = nodes.first()?;
    // What looks like YAML within a text may be none.
    let places = [part_on(whole, line)?, last_before(whole, line).place.clone()];
    let (mut trail, place) = places.into_iter().find_map(|place| Some((trace::trail(plan, bundle, &place)?, place)))?;
    if let Some(last) = trail.last_mut() {
        last.place = below_in(&last.place, line.saturating_sub(place.line_column().0), written);
    }
    let lines: String = trail.iter().map(|cause| line_of(&cause.place)).collect();
    let named: BTreeSet<_> =
        trail.iter().flat_map(|cause| cause.names.iter().map(|name| (&cause.group, name))).collect();
    let named: String = named.into_iter().filter_map(|(group, name)| self::named(rendered, group, name)).collect();
    Some(said + &lines + &named)
}

/// What the first line of an object's file says stands in its template, or in the file of the user's that it comes from.
fn of_head(plan: &Plan<'_>, placed: &Placed) -> Option<Place> {
    let Some(source) = plan.catalog.templates.source(&placed.manifest.template) else {
        let is = |own: &&Own| own.identity == placed.manifest.identity;
        return plan.own.values().flatten().find(is).map(|own| own.node.place.clone());
    };
    let at = source.text.find("purpose:").unwrap_or_default();
    Some(Place::new(source, at, at))
}

/// The line of a text that is written out where its first line is: so many below it, where that is the same.
fn below_in(first: &Place, down: usize, written: &str) -> Place {
    let (source, line) = (&first.source, first.line_column().0);
    // A block of text starts below its key.
    let same = |line: &usize| source.text.lines().nth(line - 1).is_some_and(|text| text.trim() == written.trim());
    match [line + down, line + down + 1].into_iter().find(same) {
        Some(line) => Place::new(source, source.offset(line, 1), source.offset(line + 1, 1)),
        None => first.clone(),
    }
}

/// `  line      templates/litellm/service.yaml:3  kind: Service`
pub(crate) fn line_of(place: &Place) -> String {
    format!("  line      {}:{}  {}\n", place.source.name, place.line_column().0, first(place))
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
    text + &component.map(|component| of_group(rendered, &component.group)).unwrap_or_default()
}

/// A group, why it is on, and where its flag stands.
pub(crate) fn of_group(rendered: &Rendered<'_>, name: &str) -> String {
    let Some(choice) = rendered.plan.choices.get(name) else { return String::new() };
    let flag = choice.group.feature.as_ref().and_then(|feature| rendered.cluster.flags.get(feature));
    let place = match (&choice.reason, flag) {
        (Reason::Flag, Some(flag)) => format!(" ({}:{})", flag.place.source.name, flag.place.line_column().0),
        _ => String::new(),
    };
    format!("  group     {name}: {}{place}\n", choice.reason)
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
pub(crate) fn named(rendered: &Rendered<'_>, group: &str, name: &str) -> Option<String> {
    let (root, path) = name.split_once('.').unwrap_or((name, ""));
    let scope = rendered.plan.scopes.get(group)?.value();
    let value = |pointer: &str| part(scope, pointer).map(short);
    let steps = path.replace('.', "/");
    match root {
        "settings" => {
            let (shown, from) = (value(&format!("/settings/{steps}")), written(rendered, group, &steps));
            Some(format!("  setting   {group}.{path} = {} ({from})\n", shown.unwrap_or_else(|| "nothing".into())))
        }
        "platform" => Some(of_platform(rendered, path)),
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

/// `  platform  argocd.repoURL = "https://..." (features.yaml:4)`
pub(crate) fn of_platform(rendered: &Rendered<'_>, path: &str) -> String {
    let steps = path.replace('.', "/");
    let value = part(&rendered.plan.platform, &format!("/{steps}")).map(short);
    format!("  platform  {path} = {} ({})\n", value.unwrap_or_else(|| "nothing".into()), written(rendered, "", &steps))
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

/// What stands on a line: a part that begins there, else the text that goes on there. Of a text that is YAML the part in it.
fn part_on(node: &Node, line: usize) -> Option<Place> {
    if let Some(place) = last_on(node, line) {
        return Some(place);
    }
    let text = last_before(node, line);
    let (Kind::String(written), source, (first, _)) = (&text.kind, &text.place.source, text.place.line_column()) else {
        return Some(text.place.clone());
    };
    let indent = source.text.lines().nth(first - 1).map_or(0, |text| text.len() - text.trim_start().len());
    let inner = yaml::nodes(&Source::new("text", written.as_str())).ok();
    let inner = inner.and_then(|nodes| last_on(nodes.first()?, line + 1 - first));
    let outer = |(line, column): (usize, usize)| source.offset(line + first - 1, column + indent);
    let placed = |place: Place| Place::new(source, outer(place.line_column()), outer(place.end_line_column()));
    Some(inner.map_or_else(|| text.place.clone(), placed))
}

/// The last value that begins before a line.
fn last_before(node: &Node, line: usize) -> &Node {
    let before = |node: &&Node| node.place.line_column().0 < line;
    let below = match &node.kind {
        Kind::Map(entries) => entries.iter().map(|entry| &entry.value).take_while(before).last(),
        Kind::List(items) => items.iter().take_while(before).last(),
        _ => None,
    };
    below.map_or(node, |below| last_before(below, line))
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

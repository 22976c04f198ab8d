//! A file that follows from the others, or a line of it -> what makes that: the index, the groups that are on, the claims.

use serde_json::Value;

use crate::command::explain_line::{self, line_of, named, of_group, of_platform};
use crate::command::pipeline::Rendered;
use crate::group::component::Component;
use crate::object::existing::Silence;
use crate::object::object::Identity;
use crate::render::tree::{CLAIMS, GROUPS, INDEX};
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Node};

/// Each with what it is, and who knows its lines.
type Lines = fn(&Rendered<'_>, &[&str], usize) -> Option<String>;
const FILES: [(&str, &str, Lines); 3] = [
    (INDEX, "the index of our files with their digests; it follows from them\n", of_index),
    (
        GROUPS,
        "the groups that are on, and what exists beside the files; it follows from features.yaml: `gatewright resolve`\n",
        of_groups,
    ),
    (
        CLAIMS,
        "what the files must show; it follows from them and from the claims of groups: `gatewright status`\n",
        of_claims,
    ),
];

/// A file of these, or one of its lines (from 1).
pub fn file(rendered: &Rendered<'_>, path: &str, line: Option<usize>) -> Option<String> {
    let (_, below) = path.split_once(&format!("{}/", rendered.plan.cluster))?;
    let (_, about, of_line) = FILES.iter().find(|(name, _, _)| *name == below)?;
    let tree = rendered.tree();
    let lines: Vec<&str> = tree.get(below)?.lines().collect();
    let Some((line, text)) = line.and_then(|line| Some((line, lines.get(line.checked_sub(1)?)?))) else {
        return Some((*about).to_owned());
    };
    // What says no more than that there is a list follows from all that is switched on.
    let said = of_line(rendered, &lines, line);
    let said = said.unwrap_or_else(|| line_of(&rendered.cluster.written.place_at("/features")));
    Some(format!("{below}:{line}: {}\n{about}{said}", text.trim()))
}

fn of_index(rendered: &Rendered<'_>, lines: &[&str], line: usize) -> Option<String> {
    let (_, path) = lines[line - 1].split_once("  ")?;
    explain_line::file(rendered, &format!("{}/{path}", rendered.plan.cluster), None)
}

/// The entry that begins last before a line.
fn last(node: &Node, line: usize) -> Option<(&str, &Node)> {
    let before = node.entries().iter().take_while(|entry| entry.place.line_column().0 <= line);
    before.last().map(|entry| (entry.key.as_str(), &entry.value))
}

fn of_groups(rendered: &Rendered<'_>, lines: &[&str], line: usize) -> Option<String> {
    let nodes = yaml::nodes(&Source::new(GROUPS, lines.join("\n"))).ok()?;
    let (key, value) = last(nodes.first()?, line)?;
    match key {
        "cluster" => Some(of_platform(rendered, "name")),
        "profile" => Some(of_platform(rendered, "profile")),
        "groups" => {
            let (group, entry) = last(value, line)?;
            let own = last(entry, line).is_some_and(|(key, _)| key == "provider");
            let provider = || named(rendered, group, "settings.provider").unwrap_or_default();
            Some(of_group(rendered, group) + &if own { provider() } else { String::new() })
        }
        _ => {
            let items = value.to_value();
            let starts = lines[..line]
                .iter()
                .rev()
                .take_while(|text| !text.starts_with(key))
                .filter(|text| text.starts_with("- "));
            let item = &items[starts.count().checked_sub(1)?];
            let place = match key {
                "silenced" => silence(rendered, item),
                _ => elsewhere(rendered, item),
            };
            place.map(|place| line_of(&place))
        }
    }
}

fn silence(rendered: &Rendered<'_>, item: &Value) -> Option<Place> {
    let is = |silence: &&Silence| item["object"] == *silence.object && item["code"] == *silence.code;
    rendered.plan.silences.iter().find(is)?.place.clone()
}

/// Who says that something is there: the user, a group, or a group for its chart or folder.
fn elsewhere(rendered: &Rendered<'_>, item: &Value) -> Option<Place> {
    let is = |kind: &str, name: &str| item["kind"] == kind && (item["name"] == name || name.contains("{{"));
    let said = |own: &Value| is(own["kind"].as_str().unwrap_or_default(), own["name"].as_str().unwrap_or_default());
    let (plan, cluster) = (&rendered.plan, rendered.cluster);
    if let Some(at) = cluster.existing.iter().position(|own| is(&own.kind, &own.name)) {
        return Some(cluster.written.place_at(&format!("/existing/{at}")));
    }
    let of_component = |component: &Component| {
        let choice = plan.choices.get(component.group.as_str())?;
        let under = |part: &str| choice.place(&format!("/components/{}/{part}", component.entry));
        let chart = component.chart.as_ref().map(|chart| ("chart", &chart.creates));
        let git = component.git.as_ref().map(|git| ("git", &git.creates));
        let made = chart.into_iter().chain(git).find_map(|(part, creates)| {
            let at = creates.iter().position(|own| is(&own.kind, &own.name))?;
            Some(under(&format!("{part}/creates/{at}")))
        });
        let namespace = || component.all_namespaces().any(|own| own.existing && is("Namespace", &own.name));
        made.or_else(|| namespace().then(|| under("namespace")))
    };
    plan.components.iter().find_map(of_component).or_else(|| {
        plan.choices.values().filter(|choice| choice.on).find_map(|choice| {
            let at = choice.variant().text.existing.iter().position(said)?;
            Some(choice.place(&format!("/existing/{at}")))
        })
    })
}

/// The line of a claim, or of an object that must stay as it is rendered.
fn of_claims(rendered: &Rendered<'_>, lines: &[&str], line: usize) -> Option<String> {
    let above = |before: &str| lines[..line].iter().rev().find_map(|text| text.strip_prefix(before));
    let control = above("- control: ")?.trim_matches('"');
    let (plan, item) = (&rendered.plan, lines[line - 1].strip_prefix("  - "));
    let Some(claim) = plan.declared.iter().find(|claim| claim.control == *control) else {
        let kept: Value = serde_json::from_str(item?).ok()?;
        let kept = kept.as_object()?.values().next()?;
        let part = |key: &str| kept.get(key).and_then(Value::as_str).unwrap_or_default();
        let whole = (part("kind"), part("namespace"), part("name"));
        let is = |id: &Identity| (&*id.kind, &*id.namespace, &*id.name) == whole;
        let placed = rendered.bundle.manifests.iter().find(|(id, _)| is(id));
        return placed.map(|(_, placed)| explain_line::object(rendered, placed));
    };
    let choice = plan.choices.get(claim.group.as_str())?;
    let part = if item.is_some() { "/evidence" } else { "/control" };
    Some(of_group(rendered, &claim.group) + &line_of(&choice.place(&format!("{}{part}", claim.pointer))))
}

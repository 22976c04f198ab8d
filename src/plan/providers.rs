//! A group's settings and its providers -> what is wrong with them, with the provider that a cluster has. What the base says for
//! a provider that the cluster's overlay did not choose is that one's matter: held against its schema, and otherwise unused.

use crate::group::catalog::Variant;
use crate::plan::choice::Choice;
use crate::text::finding::{Code, Finding};
use crate::text::source::Place;
use crate::text::yaml::{Kind, Node};

/// The mistakes in what is written under `settings.<group>`.
pub(crate) fn mistakes(choice: &Choice<'_>, given: &Node) -> Vec<Finding> {
    let what = format!("settings.{}", choice.group.name);
    let mut findings = Vec::new();
    for finding in choice.variant().schema.findings(given, &what) {
        let part = finding.place.as_ref().filter(|_| finding.code == Code::UnknownKey).and_then(|at| part(given, at));
        let of = part.and_then(|(key, value)| Some((key, value, others(choice, given, key, &what)?)));
        match of {
            None => findings.push(finding),
            Some((key, value, (_, mistakes))) if chosen_elsewhere(given, key) => {
                let below = mistakes.into_iter().filter(|m| m.place.as_ref().is_some_and(|at| holds(value, at)));
                findings.extend(below);
            }
            Some((_, _, (other, _))) => {
                let help = format!("it is a setting of the provider `{other}`, and this is `{}`", choice.provider);
                findings.push(finding.help(help));
            }
        }
    }
    findings
}

/// Another provider that knows a key, and the mistakes that it finds.
fn others<'a>(choice: &Choice<'a>, given: &Node, key: &Place, what: &str) -> Option<(&'a str, Vec<Finding>)> {
    let variants = choice.group.variants.iter().filter(|(name, _)| *name != choice.provider);
    let told = |variant: &Variant| variant.schema.findings(given, what);
    let mut known = variants.map(|(name, variant)| (name.as_str(), told(variant)));
    known.find(|(_, mistakes)| !mistakes.iter().any(|m| m.code == Code::UnknownKey && m.place.as_ref() == Some(key)))
}

/// Whether another file chooses the provider than the one that has the key.
fn chosen_elsewhere(given: &Node, key: &Place) -> bool {
    given.get("provider").is_some_and(|provider| provider.place.source.name != key.source.name)
}

/// The key that stands at a place, and its value.
fn part<'n>(node: &'n Node, at: &Place) -> Option<(&'n Place, &'n Node)> {
    let found = node.entries().iter().find(|entry| entry.place == *at).map(|entry| (&entry.place, &entry.value));
    found.or_else(|| inner(node).find_map(|node| part(node, at)))
}

/// Whether a value or a part of it stands at a place.
fn holds(node: &Node, at: &Place) -> bool {
    node.place == *at || node.entries().iter().any(|e| e.place == *at) || inner(node).any(|inner| holds(inner, at))
}

fn inner(node: &Node) -> Box<dyn Iterator<Item = &Node> + '_> {
    match &node.kind {
        Kind::List(items) => Box::new(items.iter()),
        _ => Box::new(node.entries().iter().map(|entry| &entry.value)),
    }
}

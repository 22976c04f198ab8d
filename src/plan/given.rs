//! Settings as written -> those that count for the provider that a group has, and what is wrong with all of them. What
//! features.yaml says for a provider that a cluster does not choose is held against that one's schema, and counts for nothing here.

use serde_json::Value;

use crate::plan::choice::Choice;
use crate::plan::features::Cluster;
use crate::plan::size::MAX_ITEMS;
use crate::text::finding::{Code, Finding};
use crate::text::schema::Schema;
use crate::text::source::Place;
use crate::text::yaml::{Entry, Kind, Node};

/// The settings of a group that count for its provider, and every mistake in all of them.
pub fn given(choice: &Choice<'_>, node: &Node, cluster: &Cluster) -> (Node, Vec<Finding>) {
    let (group, name) = (choice.group, format!("settings.{}", choice.group.name));
    let mut large = Vec::new();
    too_many(node, &name, &mut large);
    if !large.is_empty() {
        return (node.clone(), large);
    }
    let schema = &choice.variant().schema;
    let others = group.variants.iter().filter(|(other, _)| *other != choice.provider);
    let others: Vec<(&str, &Value)> = others.map(|(name, variant)| (name.as_str(), &variant.schema.json)).collect();
    let mut parts = Parts { base: cluster.base.as_deref(), unused: Vec::new(), misplaced: Vec::new() };
    let own = parts.own(node, &schema.json, &others, &name);
    let mut findings = schema.findings(&own, &name);
    findings.extend(parts.unused.iter().flat_map(|(schema, node, name)| schema.findings(node, name)));
    for finding in &mut findings {
        let misplaced = parts.misplaced.iter().find(|(place, _)| finding.place.as_ref() == Some(place));
        if let Some((_, other)) = misplaced.filter(|_| finding.code == Code::UnknownKey) {
            let help = format!("it is a setting of the provider `{other}`, and this is `{}`", choice.provider);
            finding.help = Some(help.into());
        }
        finding.message.push_str(&whose(choice, cluster));
    }
    (own, findings)
}

/// Maps and lists with more than any group takes.
fn too_many(node: &Node, name: &str, findings: &mut Vec<Finding>) {
    for entry in node.entries() {
        let name = format!("{name}.{}", entry.key);
        let many = if let Kind::List(items) = &entry.value.kind { items.len() } else { entry.value.entries().len() };
        if many > MAX_ITEMS {
            let sentence = format!("`{name}` has {many} entries; {MAX_ITEMS} are the most");
            let finding = Finding::error(Code::YamlLimit, sentence).place(entry.place.clone());
            findings.push(finding.help("write fewer, or divide them among several clusters"));
        }
        too_many(&entry.value, &name, findings);
    }
}

/// Whose settings a message is about, where one file may be several clusters'.
pub fn whose(choice: &Choice<'_>, cluster: &Cluster) -> String {
    match cluster.base.is_some() && choice.group.variants.len() > 1 {
        true => format!(", with the provider `{}`", choice.provider),
        false => String::new(),
    }
}

/// What only other providers know.
struct Parts<'n> {
    /// Name of features.yaml, where there are overlays.
    base: Option<&'n str>,
    /// What it says of them, each with its schema and name.
    unused: Vec<(Schema, Node, String)>,
    /// What else says something of them, each with the provider.
    misplaced: Vec<(Place, &'n str)>,
}

impl<'n> Parts<'n> {
    /// A value without what features.yaml says in it for other providers.
    fn own(&mut self, node: &Node, schema: &Value, others: &[(&'n str, &Value)], name: &str) -> Node {
        let Kind::Map(entries) = &node.kind else { return node.clone() };
        let mut kept = Vec::new();
        for entry in entries {
            let name = format!("{name}.{}", entry.key);
            let below = others.iter().filter_map(|(other, schema)| Some((*other, property(schema, &entry.key)?)));
            let below: Vec<(&str, &Value)> = below.collect();
            match (property(schema, &entry.key), below.first()) {
                (Some(own), _) => {
                    let value = self.own(&entry.value, own, &below, &name);
                    kept.push(Entry { value, ..entry.clone() });
                }
                (None, Some((_, other))) if self.base == Some(&entry.place.source.name) => {
                    self.unused.extend(Schema::new(other).ok().map(|schema| (schema, entry.value.clone(), name)));
                }
                (None, other) => {
                    self.misplaced.extend(other.map(|(other, _)| (entry.place.clone(), *other)));
                    kept.push(entry.clone());
                }
            }
        }
        Node::new(node.place.clone(), Kind::Map(kept))
    }
}

/// The schema of a map's entry.
fn property<'s>(schema: &'s Value, key: &str) -> Option<&'s Value> {
    let declared = schema.get("properties").and_then(|properties| properties.get(key));
    declared.or_else(|| schema.get("additionalProperties").filter(|inner| inner.is_object()))
}

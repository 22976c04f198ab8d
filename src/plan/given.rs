//! Settings as written -> what is wrong with them. What features.yaml says for a provider that a cluster does not choose is held
//! against that provider's schema, and counts for nothing here.

use serde_json::Value;

use crate::plan::choice::Choice;
use crate::plan::features::Cluster;
use crate::text::finding::Finding;
use crate::text::schema::Schema;
use crate::text::yaml::{Entry, Kind, Node};

/// The settings of a group that count for the provider it has, and every mistake in all of them.
pub fn given(choice: &Choice<'_>, node: &Node, cluster: &Cluster) -> (Node, Vec<Finding>) {
    let (group, name) = (choice.group, format!("settings.{}", choice.group.name));
    let schema = &choice.variant().schema;
    let Some(base) = cluster.base.as_ref().filter(|_| group.variants.len() > 1) else {
        return (node.clone(), schema.findings(node, &name));
    };
    let others: Vec<&Value> = group.variants.values().map(|variant| &variant.schema.json).collect();
    let mut parts = Parts { base, others: Vec::new() };
    let own = parts.own(node, &schema.json, &others, &name);
    let mut findings = schema.findings(&own, &name);
    findings.extend(parts.others.iter().flat_map(|(schema, node, name)| schema.findings(node, name)));
    findings.iter_mut().for_each(|finding| finding.message.push_str(&whose(choice, cluster)));
    (own, findings)
}

/// Whose settings a message is about, where one file may be several clusters'.
pub fn whose(choice: &Choice<'_>, cluster: &Cluster) -> String {
    match cluster.base.is_some() && choice.group.variants.len() > 1 {
        true => format!(", in the cluster `{}` with the provider `{}`", cluster.name, choice.provider),
        false => String::new(),
    }
}

/// What only other providers know, each with its schema and name.
struct Parts<'n> {
    /// Name of features.yaml.
    base: &'n str,
    others: Vec<(Schema, Node, String)>,
}

impl Parts<'_> {
    /// A value without what features.yaml says in it for other providers.
    fn own(&mut self, node: &Node, schema: &Value, others: &[&Value], name: &str) -> Node {
        let Kind::Map(entries) = &node.kind else { return node.clone() };
        let mut kept = Vec::new();
        for entry in entries {
            let name = format!("{name}.{}", entry.key);
            let below: Vec<&Value> = others.iter().filter_map(|other| property(other, &entry.key)).collect();
            match (property(schema, &entry.key), below.first()) {
                (Some(own), _) => {
                    let value = self.own(&entry.value, own, &below, &name);
                    kept.push(Entry { value, ..entry.clone() });
                }
                (None, Some(other)) if entry.place.source.name == self.base => {
                    self.others.extend(Schema::new(other).ok().map(|schema| (schema, entry.value.clone(), name)));
                }
                _ => kept.push(entry.clone()),
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

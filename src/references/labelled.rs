//! Labels -> positions in a list, so that a selector asks few: thousands may select among thousands.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::labels::{Labels, selects};
use crate::references::inventory::{Inventory, Thing};
use crate::references::made::Port;

/// Positions by namespace and label.
#[derive(Debug, Default)]
pub struct Labelled {
    of: BTreeMap<String, Vec<usize>>,
    /// By namespace and label, as `key=value`, or `key` where a controller chooses the value.
    by: BTreeMap<(String, String), Vec<usize>>,
}

impl Labelled {
    /// Something in a namespace, with its labels and those that a controller gives it.
    pub fn add<'k>(
        &mut self,
        position: usize,
        namespace: &str,
        labels: Option<&Labels>,
        given: impl Iterator<Item = &'k str>,
    ) {
        self.of.entry(namespace.to_owned()).or_default().push(position);
        let own = labels.into_iter().flatten().map(|(key, value)| label(key, value));
        for label in own.chain(given.map(str::to_owned)) {
            self.by.entry((namespace.to_owned(), label)).or_default().push(position);
        }
    }

    /// Those of a namespace.
    pub fn of(&self, namespace: &str) -> &[usize] {
        self.of.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Those of a namespace among which are all that a selector takes: those with one label of it, the rarest.
    pub fn near(&self, namespace: &str, selector: &Value) -> Vec<usize> {
        let labelled = |label: String| self.by.get(&(namespace.to_owned(), label)).map_or(&[][..], Vec::as_slice);
        let of = |key: &str, values: &[Value]| {
            values.iter().map(|value| labelled(label(key, value))).chain([labelled(key.to_owned())]).collect::<Vec<_>>()
        };
        let pairs = selector["matchLabels"].as_object().into_iter().flatten();
        let pairs = pairs.map(|(key, value)| of(key, std::slice::from_ref(value)));
        let expressions =
            selector["matchExpressions"].as_array().into_iter().flatten().filter(|e| e["operator"] == "In");
        let among = expressions.filter_map(|e| Some(of(e["key"].as_str()?, e["values"].as_array()?)));
        let rarest = pairs.chain(among).min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>());
        let mut near = rarest.map_or_else(|| self.of(namespace).to_vec(), |lists| lists.concat());
        near.sort_unstable();
        near.dedup();
        near
    }
}

fn label(key: &str, value: &Value) -> String {
    format!("{key}={value}")
}

/// A Service, with what is asked of it most.
pub struct Service<'i, 'a> {
    thing: &'i Thing<'a>,
    labels: Option<&'a Labels>,
    /// Its ports, where they are known.
    pub ports: Option<Vec<Port<'a>>>,
}

/// All Services.
pub struct Services<'i, 'a> {
    all: Vec<Service<'i, 'a>>,
    labelled: Labelled,
}

impl<'i, 'a> Services<'i, 'a> {
    /// Those of files, and those that something else makes.
    pub fn new(inventory: &'i Inventory<'_, 'a>) -> Self {
        let service = |thing: &'i Thing<'a>| Service { thing, labels: thing.labels(), ports: thing.ports() };
        let all: Vec<Service<'i, 'a>> = inventory.of("", "Service").map(service).collect();
        let mut labelled = Labelled::default();
        all.iter().enumerate().for_each(|(i, s)| labelled.add(i, s.thing.namespace, s.labels, [].into_iter()));
        Self { all, labelled }
    }

    /// Those of a namespace.
    pub fn of(&self, namespace: &str) -> impl Iterator<Item = &'i Thing<'a>> {
        self.labelled.of(namespace).iter().map(|i| self.all[*i].thing)
    }

    /// Those of a namespace that a selector takes.
    pub fn taken(&self, namespace: &str, selector: &Value) -> Vec<&Service<'i, 'a>> {
        let near = self.labelled.near(namespace, selector).into_iter().map(|i| &self.all[i]);
        near.filter(|service| selects(selector, service.labels)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn near_are_all_that_a_selector_takes() {
        let labels = [
            json!({ "app": "x", "tier": "front" }),
            json!({ "app": "x" }),
            json!({ "zone": "a" }),
            json!({}),
            json!({ "app": "y" }),
        ];
        let mut labelled = Labelled::default();
        labels.iter().enumerate().for_each(|(i, l)| labelled.add(i, "a", l.as_object(), [].into_iter()));
        labelled.add(9, "b", labels[0].as_object(), [].into_iter());
        for (selector, near) in [
            (json!({ "matchLabels": { "app": "x", "tier": "front" } }), vec![0]),
            (json!({ "matchLabels": { "app": "x" } }), vec![0, 1]),
            (json!({ "matchLabels": { "app": "z" } }), vec![]),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "In", "values": ["x", "y"] }] }), vec![0, 1, 4]),
            (
                json!({ "matchExpressions": [{ "key": "app", "operator": "NotIn", "values": ["x"] }] }),
                vec![0, 1, 2, 3, 4],
            ),
            (json!({ "matchExpressions": [{ "key": "app", "operator": "Exists" }] }), vec![0, 1, 2, 3, 4]),
            (json!({ "matchLabels": {} }), vec![0, 1, 2, 3, 4]),
            (json!({}), vec![0, 1, 2, 3, 4]),
        ] {
            let found = labelled.near("a", &selector);
            assert_eq!(found, near, "{selector}");
            let taken = (0..5).filter(|i| selects(&selector, labels[*i].as_object()));
            assert!(taken.into_iter().all(|i| found.contains(&i)), "{selector}");
        }
    }
}

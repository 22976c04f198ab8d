//! What a line of a template takes from the settings -> the places where the user said it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::features::Cluster;
use crate::text::pointer::unescaped;
use crate::text::source::Place;
use crate::text::yaml::{Kind, Node};

/// Places that are told of those that say the same.
const TOLD: usize = 10;

/// Where something is said: the entries by key and value, and the items of lists, which have no key, by their value.
type Index = BTreeMap<Option<String>, BTreeMap<String, Vec<Place>>>;

/// What the user wrote for a cluster.
pub struct Said<'c> {
    cluster: &'c Cluster,
    /// What is said below a pointer, once somebody asked.
    below: RefCell<BTreeMap<String, Index>>,
}

impl<'c> Said<'c> {
    /// Of a cluster.
    pub fn of(cluster: &'c Cluster) -> Self {
        Self { cluster, below: RefCell::default() }
    }

    /// Where the part `rest` below a pointer is said, if the line means the `whole` that stands there; where another value is
    /// rendered, or the line is for one of many, the entries that say this key and value.
    pub fn places(&self, pointer: &str, rest: &str, whole: bool, rendered: Option<&(String, &Value)>) -> Vec<Place> {
        let Some(written) = self.cluster.written.at(pointer) else { return Vec::new() };
        let exact = format!("{pointer}{rest}");
        let is = |value: &Value| self.cluster.written.at(&exact).is_some_and(|node| node.to_value() == *value);
        let found = match rendered.filter(|(_, value)| !(whole && is(value))) {
            Some((key, value)) => self.same(pointer, written, key, value),
            None => Vec::new(),
        };
        match found.is_empty() && whole {
            true => vec![self.cluster.written.place_at(&exact)],
            false => found,
        }
    }

    /// The entries below a node with a key and a value; of an item of a list, the items that are the same.
    fn same(&self, pointer: &str, written: &Node, key: &str, value: &Value) -> Vec<Place> {
        let mut below = self.below.borrow_mut();
        let index = below.entry(pointer.to_owned()).or_insert_with(|| {
            let mut index = Index::new();
            add(written, &mut index);
            index
        });
        let is_item = key.bytes().all(|b| b.is_ascii_digit());
        let keys = [Some(Some(key.to_owned())), is_item.then_some(None)];
        let values = keys.into_iter().flatten().filter_map(|key| index.get(&key));
        let found: Vec<&Place> = values.filter_map(|values| values.get(&text(value.clone()))).flatten().collect();
        // Of what is a map by name, the name is a key.
        let named = value.as_str().filter(|_| key == "name" && found.is_empty());
        let named = named.and_then(|name| index.get(&Some(name.to_owned()))).into_iter().flat_map(BTreeMap::values);
        found.into_iter().chain(named.flatten()).take(TOLD).cloned().collect()
    }
}

/// The key and the value of a rendered part, as settings say it: the value of a variable is said under its name.
pub fn entry<'v>(rendered: &'v Value, pointer: &str) -> Option<(String, &'v Value)> {
    let (above, key) = pointer.rsplit_once('/').unwrap_or_default();
    let name = rendered.pointer(above).and_then(|pair| pair["name"].as_str()).filter(|_| key == "value");
    let key = name.map_or_else(|| unescaped(key).into_owned(), str::to_owned);
    rendered.pointer(pointer).map(|value| (key, value))
}

/// A value as text, whatever the order of its keys.
fn text(mut value: Value) -> String {
    value.sort_all_objects();
    value.to_string()
}

fn add(node: &Node, index: &mut Index) {
    for entry in node.entries() {
        let values = index.entry(Some(entry.key.clone())).or_default();
        values.entry(text(entry.value.to_value())).or_default().push(entry.place.clone());
        add(&entry.value, index);
    }
    let Kind::List(items) = &node.kind else { return };
    for item in items {
        let values = index.entry(None).or_default();
        values.entry(text(item.to_value())).or_default().push(item.place.clone());
        add(item, index);
    }
}

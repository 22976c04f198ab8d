//! Values of YAML that know where they stand.

use std::sync::OnceLock;

use serde_json::{Number, Value};

use crate::text::pointer::unescaped;
use crate::text::source::Place;

/// A YAML value that knows where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value's text; for a map or a list the place where it starts.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// The entries of a large map by their keys, once somebody asked for one.
    order: OnceLock<Vec<u32>>,
}

/// Entries of a map from which on it is searched by an index.
const LARGE: usize = 16;

/// The kinds of [`Node`].
#[derive(Clone, Debug)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean in any of YAML 1.1's spellings; [`Node::place`] has the spelling.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A string.
    String(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file; keys are unique.
    Map(Vec<Entry>),
}

/// One key of a mapping with its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// A value at its place.
    pub fn new(place: Place, kind: Kind) -> Self {
        Self { place, kind, order: OnceLock::new() }
    }

    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The entry of that key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let entries = self.entries();
        if entries.len() < LARGE {
            return entries.iter().find(|e| e.key == key);
        }
        let order = self.order.get_or_init(|| {
            let mut order: Vec<u32> = (0..entries.len() as u32).collect();
            order.sort_by_key(|i| entries[*i as usize].key.as_str());
            order
        });
        let at = order.partition_point(|i| entries[*i as usize].key.as_str() < key);
        order.get(at).map(|i| &entries[*i as usize]).filter(|e| e.key == key)
    }

    /// The value of that key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// The place of the deepest part of a JSON pointer that exists: the key of a map's entry, the item of a list.
    pub fn place_at(&self, pointer: &str) -> Place {
        let mut found = (self, &self.place);
        for token in pointer.split('/').skip(1) {
            let Some(next) = found.0.step(token) else { break };
            found = next;
        }
        found.1.clone()
    }

    /// The node at a JSON pointer.
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, |node, token| Some(node.step(token)?.0))
    }

    /// What a part of a pointer leads to, and its place.
    fn step(&self, token: &str) -> Option<(&Node, &Place)> {
        match &self.kind {
            Kind::List(items) => {
                // A list of names may stand for the map of them.
                let named = |item: &&Node| matches!(&item.kind, Kind::String(name) if *name == unescaped(token));
                let numbered = token.parse::<usize>().ok().and_then(|number| items.get(number));
                numbered.or_else(|| items.iter().find(named)).map(|item| (item, &item.place))
            }
            _ => self.entry(&unescaped(token)).map(|entry| (&entry.value, &entry.place)),
        }
    }

    /// The value without its places.
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(b) => Value::Bool(*b),
            Kind::Number(n) => Value::Number(n.clone()),
            Kind::String(s) => Value::String(s.clone()),
            Kind::List(items) => items.iter().map(Node::to_value).collect(),
            Kind::Map(entries) => Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect()),
        }
    }

    /// What the value is, for messages: `a list`, `the string "x"`.
    pub fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".into(),
            Kind::Bool(b) => format!("the boolean {b}"),
            Kind::Number(n) => format!("the number {n}"),
            Kind::String(s) if s.chars().count() <= 40 => format!("the string {s:?}"),
            Kind::String(_) => "a string".into(),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
        }
    }
}

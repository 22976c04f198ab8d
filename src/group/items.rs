//! The shapes of the items that groups add to a list: each is declared once, beside `collects`, by a group that reads the list.
//! What is wrong with an item is told where it was written.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::group::written::{GroupText, own};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::Schema;
use crate::text::source::Place;
use crate::text::yaml::{Entry, Kind, Node};

/// Schemas by list, each with the group that declares it.
#[derive(Debug, Default)]
pub struct Items(BTreeMap<String, (String, Schema)>);

/// Where a part of a group file stands, by its JSON pointer.
type Places<'p> = &'p dyn Fn(&str) -> Place;

impl Items {
    /// Takes what a group declares. The variants of a group say the same.
    pub fn declare(&mut self, group: &str, text: &GroupText, place: Places<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (list, raw) in text.collects.iter().filter_map(|(list, collect)| Some((list, collect.item.as_ref()?))) {
            let wrong = match (self.0.get(list), Schema::new(raw)) {
                (Some((other, _)), _) if other != group => {
                    format!("`{other}` says already what an item of `{list}` is")
                }
                (Some(_), _) => continue,
                (None, Err(message)) => message,
                (None, Ok(schema)) => {
                    self.0.insert(list.clone(), (group.to_owned(), schema));
                    continue;
                }
            };
            findings.push(Finding::error(Code::GroupFile, wrong).place(place(&format!("/collects/{list}/item"))));
        }
        findings
    }

    /// What an item of a list is.
    pub fn of(&self, list: &str) -> Option<&Schema> {
        self.0.get(list).map(|(_, schema)| schema)
    }

    /// What is wrong with an item that a group adds to a list, at the JSON pointer where it is written.
    pub fn findings(&self, list: &str, item: &Value, place: Places<'_>, pointer: &str) -> Vec<Finding> {
        match self.of(list).filter(|schema| !schema.admits(item)) {
            Some(schema) => schema.findings(&placed(item, place, pointer), list),
            None => Vec::new(),
        }
    }

    /// What is wrong with the fields that a group gives to items, whatever its settings: the values come later.
    pub fn names(&self, text: &GroupText, place: Places<'_>) -> Vec<Finding> {
        let lists = text.provides.iter().filter(|(_, provided)| provided.is_list());
        let entries = lists.flat_map(|(list, p)| p.entries().into_iter().map(move |(at, fields)| (list, at, fields)));
        let all = entries
            .flat_map(|(list, at, fields)| self.findings(list, &own(fields), place, &format!("/provides/{list}{at}")));
        all.filter(|finding| matches!(finding.code, Code::UnknownKey | Code::MissingValue)).collect()
    }
}

/// A value at the places where it is written.
fn placed(value: &Value, place: Places<'_>, pointer: &str) -> Node {
    let inner = |key: &str, value: &Value| placed(value, place, &format!("{pointer}/{}", escaped(key)));
    let kind = match value {
        Value::Null => Kind::Null,
        Value::Bool(b) => Kind::Bool(*b),
        Value::Number(number) => Kind::Number(number.clone()),
        Value::String(text) => Kind::String(text.clone()),
        Value::Array(items) => Kind::List(items.iter().enumerate().map(|(i, v)| inner(&i.to_string(), v)).collect()),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                let value = inner(key, value);
                Entry { key: key.clone(), place: value.place.clone(), value }
            };
            Kind::Map(map.iter().map(entry).collect())
        }
    };
    Node::new(place(pointer), kind)
}

//! A place in a YAML text -> the pointer to the part of the value that stands there.

use std::sync::Arc;

use crate::text::pointer::escaped;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// The part of a value that stands at a place: a scalar, the key of an entry, or an item of a list. Parts stand in their order,
/// since nothing that is rendered has an alias. Where a map starts its first key does, and readers differ in where it ends.
pub fn part_at(node: &Node, place: &Place) -> Option<String> {
    let at = |other: &Place| (other.start, other.end) == (place.start, place.end);
    let starts = node.entries().first().is_some_and(|first| node.place.start == place.start && !at(&first.place));
    if at(&node.place) || starts {
        return Some(String::new());
    }
    match &node.kind {
        Kind::Map(entries) => {
            let before = entries.partition_point(|entry| entry.place.start <= place.start);
            let entry = &entries[before.checked_sub(1)?];
            let key = format!("/{}", escaped(&entry.key));
            if at(&entry.place) { Some(key) } else { part_at(&entry.value, place).map(|inner| key + &inner) }
        }
        Kind::List(items) => {
            let before = items.partition_point(|item| item.place.start <= place.start).checked_sub(1)?;
            part_at(&items[before], place).map(|inner| format!("/{before}{inner}"))
        }
        _ => None,
    }
}

/// The text amid which a place lies, with the pointer to it.
pub fn text_around<'n>(node: &'n Node, place: &Place) -> Option<(String, &'n Node)> {
    match &node.kind {
        Kind::Map(entries) => {
            let before = entries.partition_point(|entry| entry.place.start <= place.start);
            let entry = &entries[before.checked_sub(1)?];
            text_around(&entry.value, place).map(|(inner, text)| (format!("/{}{inner}", escaped(&entry.key)), text))
        }
        Kind::List(items) => {
            let at = items.partition_point(|item| item.place.start <= place.start).checked_sub(1)?;
            text_around(&items[at], place).map(|(inner, text)| (format!("/{at}{inner}"), text))
        }
        Kind::String(_) => Some((String::new(), node)),
        _ => None,
    }
}

/// A block of text that holds YAML, as read.
pub struct Block {
    source: Arc<Source>,
    node: Node,
    /// Lines of the file above it, and the columns before it in each line.
    above: usize,
    indent: usize,
}

impl Block {
    /// The block that a text is.
    pub fn of(node: &Node) -> Option<Self> {
        let Kind::String(text) = &node.kind else { return None };
        let source = Source::new(node.place.source.name.as_str(), text.as_str());
        // The place of a block is that of its first line, unless that is empty.
        let (first, _) = node.place.line_column();
        let line = node.place.source.line(first);
        let indent = line.len() - line.trim_start().len();
        let node = yaml::nodes(&source).ok()?.into_iter().next()?;
        Some(Self { source, node, above: first - 1, indent })
    }

    /// The pointer in what it holds to a place of the file around it.
    pub fn part_at(&self, place: &Place) -> Option<String> {
        let at = |(line, column): (usize, usize)| {
            Some(self.source.offset(line.checked_sub(self.above)?, column.checked_sub(self.indent)?))
        };
        let (start, end) = (at(place.line_column())?, at(place.end_line_column())?);
        part_at(&self.node, &Place::new(&self.source, start, end))
    }
}

/// The line of a block of text that reads like the one at a place amid another block: what is written and what is rendered of it have
/// the same lines.
pub fn same_line(written: &Node, rendered: &Place) -> Option<Place> {
    let Kind::String(text) = &written.kind else { return None };
    let (line, _) = rendered.line_column();
    let wanted = rendered.source.line(line).trim();
    if !text.contains('\n') || wanted.is_empty() {
        return None;
    }
    let (source, (first, _)) = (&written.place.source, written.place.line_column());
    let lines = first..=first + text.lines().count();
    let at = lines.into_iter().find(|line| source.line(*line).trim() == wanted)?;
    let (start, found) = (source.offset(at, 1), source.line(at));
    Some(Place::new(source, start + found.len() - found.trim_start().len(), start + found.trim_end().len()))
}

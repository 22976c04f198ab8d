//! A place in a YAML text -> the pointer to the part of the value that stands there.

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

/// The pointer to a block of text, and the one in the YAML that it holds to a place amid it.
pub fn amid(node: &Node, place: &Place) -> Option<(String, String)> {
    if let Kind::Map(entries) = &node.kind {
        let before = entries.partition_point(|entry| entry.place.start <= place.start);
        let entry = &entries[before.checked_sub(1)?];
        return amid(&entry.value, place).map(|(outer, inner)| (format!("/{}{outer}", escaped(&entry.key)), inner));
    }
    let (Kind::String(text), (first, _)) = (&node.kind, node.place.line_column()) else { return None };
    let source = Source::new(place.source.name.as_str(), text.as_str());
    // The place of a block is that of its first line, unless that is empty.
    let line = place.source.text.lines().nth(first - 1)?;
    let (first, indent) = (first - 1, line.len() - line.trim_start().len());
    let at =
        |(line, column): (usize, usize)| Some(source.offset(line.checked_sub(first)?, column.checked_sub(indent)?));
    let (start, end) = (at(place.line_column())?, at(place.end_line_column())?);
    // A text that is no YAML has no parts: the place is somewhere in it.
    let inner = yaml::nodes(&source).ok().and_then(|nodes| nodes.into_iter().next());
    let within = inner.and_then(|inner| part_at(&inner, &Place::new(&source, start, end)));
    Some((String::new(), within.unwrap_or_default()))
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

//! A group file with `base: builtin` and the built-in one of its name -> one group, each part with the place where it was
//! written. It is laid as a provider is laid over its group: maps merge, `null` removes, lists of the group append.

use std::sync::Arc;

use crate::group::builtin::{BUILTIN, json_of, places, read};
use crate::group::written::GroupText;
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Entry, Kind, Node};

/// The key that asks for it.
const BASE: &str = "base";

/// What it may say.
const WORD: &str = "builtin";

/// What a group file says; with its places where it lies over a built-in one.
///
/// # Errors
/// It is none, or cannot lie over one.
pub(crate) fn group_text(source: &Arc<Source>) -> Result<(GroupText, Option<Node>), Finding> {
    let over = if json_of(source).is_some() { None } else { yaml::read_group(source).ok() };
    let Some(base) = over.as_ref().and_then(|over| over.get(BASE)) else { return Ok((read(source)?, None)) };
    let wrong = |message: String, place| Finding::error(Code::GroupFile, message).place(place);
    if !matches!(&base.kind, Kind::String(text) if text == WORD) {
        let message = format!("`{}` is `{}`, or is not there", BASE, WORD);
        return Err(wrong(message, base.place.clone()).help("without it the file replaces the built-in one"));
    }
    let ours = |file: &&str| file.starts_with("groups/");
    let names: Vec<&str> = BUILTIN.iter().map(|(name, ..)| *name).filter(ours).collect();
    let Some((name, text, _)) = BUILTIN.iter().find(|(name, ..)| *name == source.name) else {
        let message = format!("there is no built-in {} to lie over", source.name);
        return Err(wrong(message, base.place.clone()).help(did_you_mean(&source.name, &names)));
    };
    let laid = laid(&places(&Source::new(*name, *text)), over.as_ref().expect("it has a key"));
    match serde_json::from_value(laid.to_value()) {
        Ok(text) => Ok((text, Some(laid))),
        // Which file has the mistake, and where, is seen without the key that no group has.
        Err(error) => {
            let key = over.as_ref().and_then(|over| over.entry(BASE)).expect("it has a key");
            let mut alone = source.text.clone();
            alone.replace_range(key.place.start..base.place.end, &" ".repeat(base.place.end - key.place.start));
            let found = yaml::read_typed::<GroupText>(&Source::new(source.name.as_str(), alone), Code::GroupFile).err();
            Err(found.unwrap_or_else(|| wrong(error.to_string(), Place::new(source, 0, 0))))
        }
    }
}

/// One group out of both.
fn laid(base: &Node, over: &Node) -> Node {
    let mut entries = over.entries().to_vec();
    entries.retain(|entry| entry.key != BASE);
    group(base, &Node::new(over.place.clone(), Kind::Map(entries)))
}

fn group(base: &Node, over: &Node) -> Node {
    maps(base, over, &|key, base, over| match key {
        "providers" => maps(base, over, &|_, base, over| group(base, over)),
        "settings" => {
            maps(base, over, &|key, base, over| if key == "required" { list(base, over) } else { value(base, over) })
        }
        _ => list(base, over),
    })
}

fn list(base: &Node, over: &Node) -> Node {
    match (&base.kind, &over.kind) {
        (Kind::List(first), Kind::List(then)) => {
            Node::new(base.place.clone(), Kind::List(first.iter().chain(then).cloned().collect()))
        }
        _ => value(base, over),
    }
}

fn value(base: &Node, over: &Node) -> Node {
    maps(base, over, &|_, base, over| value(base, over))
}

/// Two maps, each key of both as `lay` says; anything else replaces. What is new is taken as it is: the value of a chart may be
/// `null`.
fn maps(base: &Node, over: &Node, lay: &dyn Fn(&str, &Node, &Node) -> Node) -> Node {
    let (Kind::Map(entries), Kind::Map(changes)) = (&base.kind, &over.kind) else { return over.clone() };
    let laid = |entry: &Entry| match over.entry(&entry.key) {
        None => Some(entry.clone()),
        Some(Entry { value: Node { kind: Kind::Null, .. }, .. }) => None,
        Some(change) => Some(Entry { value: lay(&entry.key, &entry.value, &change.value), ..change.clone() }),
    };
    let new = changes.iter().filter(|change| base.entry(&change.key).is_none()).cloned();
    Node::new(over.place.clone(), Kind::Map(entries.iter().filter_map(laid).chain(new).collect()))
}

//! A group file with `base: builtin` and the built-in one of its name -> one group, each part with the place where it was
//! written. It is laid as a provider is laid over its group: maps merge, `null` removes, lists of the group append.

use crate::text::yaml::{Entry, Kind, Node};

/// The key that asks for it.
pub const BASE: &str = "base";

/// What it may say.
pub const BUILTIN: &str = "builtin";

/// One group out of both.
pub fn laid(base: &Node, over: &Node) -> Node {
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

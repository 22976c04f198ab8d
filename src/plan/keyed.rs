//! Items of lists that are merged by keys: what each is known by, which one was meant, in which order they stand afterwards.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::text::schema::did_you_mean;
use crate::verdict::merging::List;

/// What an item is known by in its list; none where a key is missing.
pub fn key(list: &List, item: &Value) -> Option<String> {
    match list {
        List::Keyed(names) => {
            let part = |(name, default): &(String, Value)| {
                let value = item.get(name).unwrap_or(default);
                (!value.is_null()).then(|| value.clone())
            };
            let parts: Option<Vec<Value>> = names.iter().map(part).collect();
            parts.map(|parts| Value::Array(parts).to_string())
        }
        _ => Some(item.to_string()),
    }
}

/// Which item of a list was meant by one that it has not, by the first of the keys; none where the list is empty.
pub fn meant(list: &List, item: &Value, before: &[Value]) -> Option<String> {
    let List::Keyed(keys) = list else { return None };
    let (key, _) = keys.first()?;
    let known: Vec<&str> = before.iter().filter_map(|item| item[key].as_str()).collect();
    (!known.is_empty()).then(|| did_you_mean(item[key].as_str().unwrap_or_default(), &known))
}

/// The items of a merged list, each with its position in the old list and in the new one. Items of the new list stand in its
/// order; those of the old one alone keep their place before the next item that both have.
pub fn in_order(old: &[&str], new: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
    let (in_old, in_new): (BTreeMap<&str, usize>, BTreeSet<&str>) =
        (old.iter().enumerate().map(|(i, key)| (*key, i)).collect(), new.iter().copied().collect());
    let mut shared = new.iter().filter(|key| in_old.contains_key(*key));
    let mut next = shared.next();
    let (mut merged, mut done) = (Vec::new(), BTreeSet::new());
    let (mut o, mut n) = (0, 0);
    while o < old.len() || n < new.len() {
        if let (Some(before), Some(after)) = (old.get(o), new.get(n)) {
            if before == after {
                merged.push((Some(o), Some(n)));
                done.insert(*before);
                (o, n, next) = (o + 1, n + 1, shared.next());
                continue;
            }
            // An item that both have, and not the one whose turn it is.
            if in_new.contains(before) && next.is_some_and(|next| next != before) {
                o += 1;
                continue;
            }
        }
        if let Some(before) = old.get(o) {
            if !in_new.contains(before) {
                merged.push((Some(o), None));
                o += 1;
                continue;
            }
            if done.contains(before) {
                o += 1;
            }
        }
        if let Some(after) = new.get(n) {
            merged.push((in_old.get(after).copied(), Some(n)));
            done.insert(*after);
            n += 1;
            if next == Some(after) {
                next = shared.next();
            }
        }
    }
    merged
}

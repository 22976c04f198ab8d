//! Laying values over values: RFC 7396, the same without removal, and the same for nodes that keep their places.

use serde_json::Value;

use crate::text::yaml::{Entry, Kind, Node};

/// RFC 7396: maps merge, everything else replaces, `null` removes.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let map = target.as_object_mut().expect("made an object above");
    if patch.values().any(Value::is_null) {
        map.retain(|key, _| patch.get(key).is_none_or(|value| !value.is_null()));
    }
    for (key, value) in patch.iter().filter(|(_, value)| !value.is_null()) {
        merge_patch(map.entry(key).or_insert(Value::Null), value);
    }
}

/// Maps merge, everything else replaces, `null` included: what was left out of a map stays, what was written counts.
pub fn lay(target: &mut Value, over: &Value) {
    match (target, over) {
        (Value::Object(target), Value::Object(over)) => {
            for (key, value) in over {
                lay(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, over) => *target = over.clone(),
    }
}

/// RFC 7396 for files: a cluster's overlay over `features.yaml`. Each part keeps the place where it was written.
pub fn overlay(base: &Node, over: &Node) -> Node {
    let (Kind::Map(entries), Kind::Map(changes)) = (&base.kind, &over.kind) else {
        return over.clone();
    };
    let laid = |entry: &Entry| match over.entry(&entry.key) {
        None => Some(entry.clone()),
        Some(Entry { value: Node { kind: Kind::Null, .. }, .. }) => None,
        Some(change) => Some(Entry { value: overlay(&entry.value, &change.value), ..change.clone() }),
    };
    let mut merged: Vec<Entry> = entries.iter().filter_map(laid).collect();
    for change in changes.iter().filter(|change| base.entry(&change.key).is_none()) {
        match &change.value.kind {
            Kind::Null => {}
            Kind::Map(_) => {
                let empty = Node::new(change.value.place.clone(), Kind::Map(Vec::new()));
                merged.push(Entry { value: overlay(&empty, &change.value), ..change.clone() });
            }
            _ => merged.push(change.clone()),
        }
    }
    Node::new(base.place.clone(), Kind::Map(merged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The examples of RFC 7396, appendix A.
    #[test]
    fn rfc_7396_examples() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            let mut merged = target.clone();
            merge_patch(&mut merged, &patch);
            assert_eq!(merged, result, "{target} with {patch}");
        }
    }
}

//! Laying values over values: RFC 7396, the same without removal, and the same for nodes that keep their places.

use serde_json::Value;

use crate::yaml::{Entry, Kind, Node};

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
    for (key, value) in patch {
        if value.is_null() {
            map.shift_remove(key);
        } else {
            merge_patch(map.entry(key).or_insert(Value::Null), value);
        }
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
    let mut merged = entries.clone();
    for change in changes {
        let known = merged.iter().position(|e| e.key == change.key);
        match (known, &change.value.kind) {
            (Some(i), Kind::Null) => drop(merged.remove(i)),
            (None, Kind::Null) => {}
            (Some(i), _) => {
                merged[i].value = overlay(&merged[i].value, &change.value);
                merged[i].place = change.place.clone();
            }
            (None, Kind::Map(_)) => {
                let empty = Node { place: change.value.place.clone(), kind: Kind::Map(Vec::new()) };
                merged.push(Entry { value: overlay(&empty, &change.value), ..change.clone() });
            }
            (None, _) => merged.push(change.clone()),
        }
    }
    Node { place: base.place.clone(), kind: Kind::Map(merged) }
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

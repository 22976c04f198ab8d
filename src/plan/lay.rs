//! A partial object over a whole one, as server-side apply would merge them (structured-merge-diff v6: merge.go), and where
//! each part of the result comes from. `null` removes; `$patch: delete` removes an item of a list that has keys, `$patch:
//! replace` puts a map or a list in the place of what was there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::plan::keyed::{in_order, key, meant};
use crate::plan::origin::{Origin, Positions};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::nearest;
use crate::text::source::Place;
use crate::text::yaml::{Kind, Node};
use crate::verdict::merging::{Field, List};

/// The key of an order to the merge.
const ORDER: &str = "$patch";

/// A laid value: none where everything was removed.
pub struct Laid {
    /// The value.
    pub value: Option<Value>,
    /// Where its parts come from.
    pub origin: Origin,
    /// What the patch says wrongly.
    pub findings: Vec<Finding>,
}

/// Lays a patch over an object.
pub fn lay(base: &Value, patch: &Node, field: &Field) -> Laid {
    let mut laying = Laying { values: false, origin: Origin::default(), findings: Vec::new() };
    let value = laying.value(Some(base), patch, field, "", "");
    Laid { value, origin: laying.origin, findings: laying.findings }
}

/// Lays values of a Helm chart over others: maps merge, lists that charts hand on to a pod merge as the pod's do where all items
/// have the keys, all else is replaced, and `null` stays: Helm takes a default of the chart away for it.
pub fn lay_values(base: &Value, patch: &Node) -> Laid {
    let mut laying = Laying { values: true, origin: Origin::default(), findings: Vec::new() };
    let value = laying.value(Some(base), patch, &Field::unknown(), "", "/values");
    Laid { value, origin: laying.origin, findings: laying.findings }
}

struct Laying {
    /// What is laid are values of a chart.
    values: bool,
    origin: Origin,
    findings: Vec<Finding>,
}

impl Laying {
    /// The value at a pointer of the result, from what was there and the part of the patch at `from`.
    fn value(&mut self, base: Option<&Value>, patch: &Node, field: &Field, at: &str, from: &str) -> Option<Value> {
        match &patch.kind {
            Kind::Null if !self.values => None,
            Kind::Map(_) => self.map(base, patch, field, at, from),
            Kind::List(items) => Some(self.list(base, items, field, at, from)),
            _ => {
                self.brought(at, from);
                Some(patch.to_value())
            }
        }
    }

    fn map(&mut self, base: Option<&Value>, patch: &Node, field: &Field, at: &str, from: &str) -> Option<Value> {
        let order = patch.entry(ORDER);
        let replaces = match order.map(|order| &order.value.kind) {
            Some(Kind::String(word)) if word == "delete" => return None,
            Some(Kind::String(word)) if word == "replace" => true,
            Some(Kind::String(word)) if word == "merge" => false,
            Some(_) => {
                let place = order.map_or(&patch.place, |order| &order.value.place);
                self.wrong(
                    "`$patch` is `delete`, `replace` or `merge`",
                    place,
                    "remove the line, or write one of them",
                );
                false
            }
            None => false,
        };
        let kept = base.and_then(Value::as_object).filter(|_| !replaces && !field.is_atomic());
        if kept.is_none() {
            self.brought(at, from);
        }
        let is_there = kept.is_some();
        let mut map: Map<String, Value> = kept.cloned().unwrap_or_default();
        for entry in patch.entries().iter().filter(|entry| entry.key != ORDER) {
            let key = escaped(&entry.key);
            let (at, from) = (format!("{at}/{key}"), format!("{from}/{key}"));
            let below = field.field(&entry.key);
            let below = if self.values && below.is_unknown() { Field::chart_value(&entry.key) } else { below };
            match self.value(map.get(&entry.key), &entry.value, &below, &at, &from) {
                Some(value) => drop(map.insert(entry.key.clone(), value)),
                None if map.shift_remove(&entry.key).is_some() => self.origin.removed.push((at, from)),
                None if is_there => {
                    let known: Vec<&str> = map.keys().map(String::as_str).collect();
                    let meant = nearest(&entry.key, &known).map(str::to_owned);
                    self.origin.idle.push((from, meant));
                }
                None => {}
            }
        }
        Some(Value::Object(map))
    }

    fn list(&mut self, base: Option<&Value>, items: &[Node], field: &Field, at: &str, from: &str) -> Value {
        let is_order = |item: &Node| item.entries().len() == 1 && orders(item, "replace");
        let before: &[Value] = base.and_then(Value::as_array).map_or(&[], Vec::as_slice);
        let list = field.list();
        let known = |item: &Value| key(&list, item).is_some();
        let is_form = !self.values || items.iter().all(|item| known(&item.to_value())) && before.iter().all(known);
        let list = if is_form && !items.iter().any(is_order) { list } else { List::Replaced };
        let items: Vec<(usize, &Node)> = items.iter().enumerate().filter(|(_, item)| !is_order(item)).collect();
        if list == List::Replaced {
            self.brought(at, from);
            let fresh = |(position, item): &(usize, &Node)| {
                if orders(item, "delete") {
                    let help = "write the whole list, or remove an item by `patch:` with `op: remove`";
                    self.wrong("this list has no keys, so no item of it can be removed by itself", &item.place, help);
                }
                self.value(None, item, &field.item(), &format!("{at}/{position}"), &format!("{from}/{position}"))
            };
            return items.iter().filter_map(fresh).collect();
        }
        let mut keys = Vec::new();
        let mut seen = BTreeSet::new();
        for (position, item) in items {
            let Some(key) = key(&list, &item.to_value()) else {
                let List::Keyed(names) = &list else { continue };
                let names: Vec<String> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
                let sentence = format!("an item of this list is known by {}", names.join(" and "));
                self.wrong(&sentence, &item.place, "name the item; one that is not there yet is added");
                continue;
            };
            if !seen.insert(key.clone()) {
                self.wrong("this item stands twice in the list", &item.place, "write it once");
                continue;
            }
            keys.push((key, position, item));
        }
        let known: Vec<String> = before.iter().map(|item| key(&list, item).unwrap_or_default()).collect();
        let is_known: BTreeSet<&String> = known.iter().collect();
        let (deleted, laid): (Vec<_>, Vec<_>) = keys.into_iter().partition(|(_, _, item)| orders(item, "delete"));
        for (key, _, item) in &deleted {
            if !is_known.contains(key) {
                let help = meant(&list, &item.to_value(), before).unwrap_or_else(|| "look at what is rendered".into());
                self.wrong("no item of the list is known by this, so none is removed", &item.place, &help);
            }
        }
        self.origin
            .removed
            .extend(deleted.iter().map(|(_, position, _)| (at.to_owned(), format!("{from}/{position}"))));
        let gone: BTreeSet<&String> = deleted.iter().map(|(key, ..)| key).collect();
        let left: Vec<usize> = (0..before.len()).filter(|i| !gone.contains(&known[*i])).collect();
        let old: Vec<&str> = left.iter().map(|i| known[*i].as_str()).collect();
        let new: Vec<&str> = laid.iter().map(|(key, ..)| key.as_str()).collect();
        let (mut merged, mut positions) = (Vec::new(), Vec::new());
        for (was, now) in in_order(&old, &new) {
            let (was, at) = (was.map(|i| left[i]), format!("{at}/{}", merged.len()));
            let value = match now.map(|i| &laid[i]) {
                Some((_, position, item)) => {
                    let base = was.map(|i| &before[i]);
                    if base.is_none() {
                        self.added(item, &list, before, &field.item(), &at);
                    }
                    self.value(base, item, &field.item(), &at, &format!("{from}/{position}"))
                }
                None => was.map(|i| before[i].clone()),
            };
            merged.extend(value);
            positions.push(was);
        }
        self.origin.lists.insert(at.to_owned(), Positions::Each(positions));
        Value::Array(merged)
    }

    /// An item that was not there, and is no whole one: another was meant.
    fn added(&mut self, item: &Node, list: &List, before: &[Value], field: &Field, at: &str) {
        let value = item.to_value();
        let name = at.rsplit('/').nth(1).unwrap_or_default();
        let is_container = name.ends_with("ontainers");
        let mut lacking = field.lacking(&value);
        if is_container && value.get("image").is_none() {
            lacking.push("image");
        }
        let help = meant(list, &value, before).filter(|help| is_container || help.ends_with('?'));
        let (Some(help), false) = (help, lacking.is_empty()) else { return };
        let lacking: Vec<String> = lacking.iter().map(|field| format!("`{field}`")).collect();
        let key =
            if let List::Keyed(keys) = list { keys.first().and_then(|(key, _)| value[key].as_str()) } else { None };
        let named = key.map(|key| format!(" `{key}`")).unwrap_or_default();
        let sentence = format!("`{name}` has no item{named}, and one that is added needs {}", lacking.join(" and "));
        self.wrong(&sentence, &item.place, &help);
    }

    fn brought(&mut self, at: &str, from: &str) {
        self.origin.bring(at, from);
    }

    fn wrong(&mut self, sentence: &str, place: &Place, help: &str) {
        self.findings.push(Finding::error(Code::InvalidPatch, sentence).place(place.clone()).help(help));
    }
}

fn orders(item: &Node, word: &str) -> bool {
    matches!(item.get(ORDER).map(|order| &order.kind), Some(Kind::String(order)) if order == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::origin::From;
    use crate::text::source::Source;
    use crate::text::yaml;

    fn read(text: &str) -> Node {
        yaml::read(&Source::new("patch.yaml", text)).expect("valid")
    }

    /// Before, patch and result of `spec` of a pod.
    const MERGES: &[[&str; 3]] = &[
        ["{a: 1, b: {c: 2}}", "{b: {d: 3}}", "{a: 1, b: {c: 2, d: 3}}"],
        ["{a: 1, b: 2}", "{a: null, c: null}", "{b: 2}"],
        ["{b: {c: 2}}", "{b: {$patch: replace, d: 3}}", "{b: {d: 3}}"],
        ["{b: {c: 2}, a: 1}", "{b: {$patch: delete}}", "{a: 1}"],
        ["{nodeSelector: {a: b}}", "{nodeSelector: {c: d}}", "{nodeSelector: {c: d}}"],
        ["{tolerations: [{key: a}]}", "{tolerations: [{key: b}]}", "{tolerations: [{key: b}]}"],
        [
            "{containers: [{name: a, image: x}]}",
            "{containers: [{name: a, tty: true}]}",
            "{containers: [{name: a, image: x, tty: true}]}",
        ],
        [
            "{containers: [{name: a}]}",
            "{containers: [{name: b, image: x}]}",
            "{containers: [{name: a}, {name: b, image: x}]}",
        ],
        [
            "{containers: [{name: a}]}",
            "{containers: [{name: b, image: x}, {name: a}]}",
            "{containers: [{name: b, image: x}, {name: a}]}",
        ],
        [
            "{containers: [{name: a}, {name: b}, {name: c}]}",
            "{containers: [{name: b, $patch: delete}]}",
            "{containers: [{name: a}, {name: c}]}",
        ],
        [
            "{containers: [{name: a}, {name: b}]}",
            "{containers: [{$patch: replace}, {name: c}]}",
            "{containers: [{name: c}]}",
        ],
        [
            "{containers: [{name: a, ports: [{containerPort: 80}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 80, protocol: TCP, name: h}, {containerPort: 80, protocol: UDP}]}]}",
            "{containers: [{name: a, ports: [{containerPort: 80, protocol: TCP, name: h}, {containerPort: 80, protocol: UDP}]}]}",
        ],
        // What both have stands in the order of the patch; the rest keeps its place before it.
        [
            "{volumes: [{name: a}, {name: b}, {name: c}]}",
            "{volumes: [{name: c}, {name: a}]}",
            "{volumes: [{name: b}, {name: c}, {name: a}]}",
        ],
    ];

    #[test]
    fn merges_are_those_of_server_side_apply() {
        for [before, patch, result] in MERGES {
            let spec = |text: &str| read(&format!("spec: {text}"));
            let laid = lay(&spec(before).to_value(), &spec(patch), &Field::root("", "v1", "Pod"));
            assert!(laid.findings.is_empty(), "{patch}: {:?}", laid.findings);
            assert_eq!(laid.value, Some(spec(result).to_value()), "{before} with {patch}");
        }
    }

    #[test]
    fn values_merge_as_what_they_become() {
        for [before, patch, result] in [
            ["{extraEnvVars: [{name: A}]}", "{extraEnvVars: [{name: B}]}", "{extraEnvVars: [{name: A}, {name: B}]}"],
            [
                "{extraEnvVars: [{name: A}]}",
                "{extraEnvVars: [{$patch: replace}, {name: B}]}",
                "{extraEnvVars: [{name: B}]}",
            ],
            ["{volumes: [{name: a}, {name: b}]}", "{volumes: [{name: a, $patch: delete}]}", "{volumes: [{name: b}]}"],
            ["{nodeSelector: {a: b}}", "{nodeSelector: {c: null}}", "{nodeSelector: {a: b, c: null}}"],
            ["{tolerations: [{key: a}]}", "{tolerations: [{key: b}]}", "{tolerations: [{key: b}]}"],
            ["{env: {A: b}}", "{env: {C: d}}", "{env: {A: b, C: d}}"],
            ["{volumes: [a, b]}", "{volumes: [c]}", "{volumes: [c]}"],
        ] {
            let laid = lay_values(&read(before).to_value(), &read(patch));
            assert!(laid.findings.is_empty(), "{patch}: {:?}", laid.findings);
            assert_eq!(laid.value, Some(read(result).to_value()), "{before} with {patch}");
        }
    }

    #[test]
    fn every_part_knows_where_it_comes_from() {
        let before = read("{containers: [{name: a, image: x}], hostname: h}").to_value();
        let patch = read("{spec: {containers: [{name: b, image: y}, {name: a, tty: true}], subdomain: s}}");
        let laid = lay(&serde_json::json!({ "spec": before }), &patch, &Field::root("", "v1", "Pod"));
        let from = |pointer: &str| laid.origin.of(pointer);
        assert_eq!(from("/spec/containers/0/image"), From::Patch("/spec/containers/0/image".into()));
        assert_eq!(from("/spec/containers/1/tty"), From::Patch("/spec/containers/1/tty".into()));
        assert_eq!(from("/spec/containers/1/image"), From::Before("/spec/containers/0/image".into()));
        assert_eq!(from("/spec/hostname"), From::Before("/spec/hostname".into()));
        assert_eq!(from("/spec/subdomain"), From::Patch("/spec/subdomain".into()));
    }

    #[test]
    fn wrong_orders_are_told() {
        for (patch, said) in [
            ("{hostname: {$patch: remove}}", "`$patch` is `delete`, `replace` or `merge`"),
            (
                "{tolerations: [{key: a, $patch: delete}]}",
                "this list has no keys, so no item of it can be removed by itself",
            ),
            ("{containers: [{image: x}]}", "an item of this list is known by `name`"),
            ("{containers: [{name: x, image: y}, {name: x}]}", "this item stands twice in the list"),
            (
                "{containers: [{name: servr, tty: true}]}",
                "`containers` has no item `servr`, and one that is added needs `image`",
            ),
            ("{containers: [{name: x, $patch: delete}]}", "no item of the list is known by this, so none is removed"),
        ] {
            let before = serde_json::json!({ "spec": { "containers": [{ "name": "server" }] } });
            let laid = lay(&before, &read(&format!("spec: {patch}")), &Field::root("", "v1", "Pod"));
            let messages: Vec<&str> = laid.findings.iter().map(|f| f.message.as_str()).collect();
            assert_eq!(messages, [said], "{patch}");
        }
    }
}

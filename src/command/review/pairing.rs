//! Two lists -> which items of them are the same: by the keys of the list's definition, by a key that tells the items apart, by
//! the names of arguments, and at last by value.

use serde_json::Value;

use crate::verdict::merging::List;

/// Keys that tell the items of a list apart where no definition says which do, in the order in which they are tried.
const NAMES: [&str; 8] = ["name", "model_name", "alias", "id", "key", "host", "secretKey", "kind"];

/// Keys of lists whose order has a meaning although their items have names.
const IN_ORDER: [&str; 5] = ["initContainers", "rules", "filters", "callbacks", "command"];

/// Items that are the same, each with the label that people know it by; those of the new list first, in its order.
pub struct Pairs<'v> {
    /// Label, position in the new list (or in the old one), old item, new item.
    pub items: Vec<(String, usize, Option<&'v Value>, Option<&'v Value>)>,
    /// Items that are in both stand in another order, and that means something.
    pub reordered: bool,
}

/// Pairs the items of two lists; `key` is the name of the field that holds them.
pub fn pairs<'v>(old: &'v [Value], new: &'v [Value], list: &List, key: &str) -> Pairs<'v> {
    let labels = |items: &[Value], label: &dyn Fn(&Value) -> Option<String>| -> Option<Vec<String>> {
        let mut labels: Vec<String> = items.iter().map(label).collect::<Option<_>>()?;
        let named = labels.clone();
        labels.sort();
        labels.windows(2).all(|two| two[0] != two[1]).then_some(named)
    };
    let both = |label: &dyn Fn(&Value) -> Option<String>| Some((labels(old, label)?, labels(new, label)?));
    let keyed = match list {
        List::Keyed(keys) => both(&|item| by_keys(item, keys)),
        List::Set => both(&|item| Some(scalar(item)?.to_owned())),
        List::Replaced => None,
    };
    let named = || NAMES.iter().find_map(|name| both(&|item| scalar(item.get(name)?)));
    // kustomize's list of images: each known by its name.
    let image = |item: &Value| {
        let text = item.as_str().filter(|_| key == "images")?;
        let named = text.split_once('@').map_or(text, |(named, _)| named);
        Some(named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map_or(named, |(name, _)| name).to_owned())
    };
    match keyed.or_else(named).or_else(|| both(&image)) {
        Some((before, now)) => labelled(old, new, (&before, &now), IN_ORDER.contains(&key)),
        None => by_value(old, new, key),
    }
}

fn by_keys(item: &Value, keys: &[(String, Value)]) -> Option<String> {
    let parts: Option<Vec<String>> =
        keys.iter().map(|(key, default)| scalar(item.get(key).unwrap_or(default))).collect();
    Some(parts?.join("/"))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn labelled<'v>(old: &'v [Value], new: &'v [Value], (before, now): (&[String], &[String]), ordered: bool) -> Pairs<'v> {
    let was = |label: &String| before.iter().position(|other| other == label);
    let mut items: Vec<_> =
        now.iter().enumerate().map(|(i, l)| (l.clone(), i, was(l).map(|at| &old[at]), Some(&new[i]))).collect();
    let gone = before.iter().enumerate().filter(|(_, label)| !now.contains(label));
    items.extend(gone.map(|(i, label)| (label.clone(), i, Some(&old[i]), None)));
    let kept: Vec<usize> = now.iter().filter_map(was).collect();
    Pairs { items, reordered: ordered && kept.windows(2).any(|two| two[0] > two[1]) }
}

/// Equal items are the same; what is left over is paired by position where both are maps.
fn by_value<'v>(old: &'v [Value], new: &'v [Value], key: &str) -> Pairs<'v> {
    let mut left: Vec<Option<usize>> = (0..old.len()).map(Some).collect();
    let mut take = |fits: &dyn Fn(&Value) -> bool| {
        left.iter_mut().find(|at| at.is_some_and(|at| fits(&old[at]))).and_then(Option::take)
    };
    let equal: Vec<Option<usize>> = new.iter().map(|item| take(&|other| other == item)).collect();
    let likely = new.iter().zip(&equal);
    let paired: Vec<Option<usize>> = likely
        .map(|(item, found)| found.or_else(|| if item.is_object() { take(&Value::is_object) } else { None }))
        .collect();
    let label = |i: usize, item: &Value| scalar(item).unwrap_or_else(|| i.to_string());
    let mut items: Vec<_> =
        new.iter().enumerate().map(|(i, item)| (label(i, item), i, paired[i].map(|at| &old[at]), Some(item))).collect();
    items.extend(left.iter().flatten().map(|at| (label(*at, &old[*at]), *at, Some(&old[*at]), None)));
    let kept: Vec<usize> = paired.iter().copied().flatten().collect();
    let moved = kept.windows(2).any(|two| two[0] > two[1]);
    Pairs { items, reordered: moved && (IN_ORDER.contains(&key) || new.iter().any(Value::is_object)) }
}

/// Arguments of a program as a list of flags with their values, and of what stands alone; none where a flag stands twice, so
/// that its order counts.
pub fn arguments(items: &[Value]) -> Option<Vec<(String, Value)>> {
    let mut found: Vec<(String, Value)> = Vec::new();
    let texts: Vec<&str> = items.iter().map(Value::as_str).collect::<Option<_>>()?;
    let mut at = 0;
    while let Some(text) = texts.get(at) {
        at += 1;
        let (name, value) = match (text.starts_with('-'), text.split_once('=')) {
            (false, _) => (format!("#{}", found.len()), Value::from(*text)),
            (true, Some((name, value))) => (name.to_owned(), Value::from(value)),
            (true, None) => match texts.get(at).filter(|next| !next.starts_with('-') && !next.contains('\n')) {
                Some(next) => {
                    at += 1;
                    ((*text).to_owned(), Value::from(*next))
                }
                None => ((*text).to_owned(), Value::Bool(true)),
            },
        };
        if found.iter().any(|(other, _)| *other == name) {
            return None;
        }
        found.push((name, value));
    }
    Some(found)
}

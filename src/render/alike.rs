//! Two values -> whether the one does the work of the other: scalars (texts without comments, amounts within bounds, versions of one
//! line), and what allows no more.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::text::forms::{duration, version};

/// Keys with amounts of which more is no harm.
const MORE: &[&str] = &["instances", "maxReplicaCount", "replicaCount", "replicas", "size", "storage"];

/// Levels of a log, without the one that has prompts in it.
const LEVELS: [&str; 4] = ["CRITICAL", "ERROR", "INFO", "WARNING"];

/// A text without its comments.
pub fn uncommented(text: &str) -> String {
    let lines: Vec<&str> = text.trim().lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    lines.join("\n")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| uncommented(text).split_whitespace().collect())
}

/// Whether a scalar is what was kept, or does the same. `gone` are names of objects that are not there any more: texts with these are
/// not compared.
pub fn same(key: &str, kept: &Value, found: &Value, gone: &BTreeSet<String>) -> bool {
    let (kept, found) = (text(kept), text(found));
    let (kept, found) = (kept.as_str(), found.as_str());
    kept == found
        || LEVELS.contains(&kept) && LEVELS.contains(&found)
        || gone.iter().any(|name| kept.contains(name.as_str()))
        || alike(kept, found)
        || matches!((amount(kept), amount(found)), (Some(kept), Some(found)) if same_size(key, kept, found))
        // A flag with an amount.
        || matches!((kept.split_once('='), found.split_once('=')), (Some((a, kept)), Some((b, found))) if a == b
            && matches!((amount(kept), amount(found)), (Some(kept), Some(found)) if same_size(a, kept, found)))
}

/// Amounts that do the same work: of what is paid for no less, of what holds data no less, of all else neither nothing nor by
/// orders of magnitude.
fn same_size(key: &str, kept: f64, found: f64) -> bool {
    if kept == 0.0 || found == 0.0 || (kept < 0.0) != (found < 0.0) {
        return kept == found;
    }
    let ratio = found / kept;
    match () {
        () if MORE.contains(&key) => ratio >= 1.0,
        () if key.contains("cost_per") => (0.999..=100.0).contains(&ratio),
        () => (0.2..=10.0).contains(&ratio),
    }
}

/// A number, a duration or a quantity.
fn amount(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 12] = [
        ("kB", 1024.0),
        ("Ki", 1024.0),
        ("Mi", 1048576.0),
        ("Gi", 1073741824.0),
        ("Ti", 1099511627776.0),
        ("k", 1e3),
        ("M", 1e6),
        ("G", 1e9),
        ("T", 1e12),
        ("MB", 1048576.0),
        ("GB", 1073741824.0),
        ("d", 86400e9),
    ];
    let of_unit = || UNITS.iter().find_map(|(unit, size)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * size));
    text.parse().ok().filter(|n: &f64| n.is_finite()).or_else(|| Some(duration(text)? as f64)).or_else(of_unit)
}

/// Two versions of one line, as they are or at the end of an image's name; a digest may be added.
fn alike(kept: &str, found: &str) -> bool {
    let split = |text: &str| -> Option<(String, [u32; 2], String)> {
        let (repository, tag) = text.rsplit_once(':').unwrap_or(("", text));
        let rest = tag.trim_start_matches(|c: char| c != '-').to_owned();
        // The second number of a PostgreSQL is what the third of others is.
        let line = |[a, b]: [u32; 2]| if repository.ends_with("/postgresql") { [a, 0] } else { [a, b] };
        version::<2>(tag).filter(|_| tag.contains('.')).map(|v| (repository.to_owned(), line(v), rest))
    };
    let bare = |text: &'_ str| text.split_once("@sha256:").map_or(text, |(bare, _)| bare).to_owned();
    let (of_kept, of_found) = (bare(kept), bare(found));
    of_kept == kept && (of_kept == of_found || split(kept).is_some_and(|kept| split(&of_found) == Some(kept)))
}

/// Whether what is there allows no more than this: its parts without some items of their lists, in any order, and with more
/// exceptions.
pub fn within(wanted: &Value, found: &Value) -> bool {
    let set = |some: &[Value], all: &[Value]| some.iter().all(|item| all.contains(item));
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.len() == found.len()
                && wanted.iter().all(|(key, wanted)| match (key.as_str(), wanted, found.get(key)) {
                    ("except", Value::Array(wanted), Some(Value::Array(found))) => set(wanted, found),
                    ("policyTypes", Value::Array(wanted), Some(Value::Array(found))) => {
                        set(wanted, found) && set(found, wanted)
                    }
                    (_, wanted, found) => found.is_some_and(|found| within(wanted, found)),
                })
        }
        (Value::Array(wanted), Value::Array(found)) => {
            found.is_empty() == wanted.is_empty()
                && found.iter().all(|found| wanted.iter().any(|wanted| within(wanted, found)))
        }
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::within;

    #[test]
    fn a_policy_may_be_narrower() {
        let policy = json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{ "from": [{ "a": 1 }, { "b": 2 }] }],
            "egress": [{ "to": [{ "ipBlock": { "cidr": "::/0", "except": ["x"] } }] }] });
        let with = |pointer: &str, value: Value| {
            let mut changed = policy.clone();
            *changed.pointer_mut(pointer).expect("there") = value;
            within(&policy, &changed)
        };
        assert!(with("/policyTypes", json!(["Egress", "Ingress"])) && with("/ingress/0/from", json!([{ "b": 2 }])));
        assert!(with("/egress/0/to/0/ipBlock/except", json!(["y", "x"])));
        assert!(!with("/policyTypes", json!(["Ingress"])) && !with("/ingress/0", json!({})));
        assert!(!with("/ingress/0/from", json!([])) && !with("/ingress/0/from", json!([{ "c": 3 }])));
        assert!(!with("/egress/0/to/0/ipBlock/except", json!(["y"])));
    }
}

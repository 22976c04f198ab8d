//! Parameters of PostgreSQL in a Cluster -> those that are none but for a letter or two, and values with which it does not start. They stand in
//! schemas/postgres-parameters.txt; CloudNativePG 1.29 hands them on as they are, and the instance stays down.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::object::api_group::CNPG;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::near::is_near;
use crate::text::pointer::escaped;
use crate::text::schema::nearest;
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[parameters];

/// What a parameter takes.
enum Takes {
    Anything,
    Switch,
    /// A number with one of these units, within these bounds where it has none.
    Number {
        units: &'static [&'static str],
        least: f64,
        most: f64,
    },
    Word(Vec<&'static str>),
}

const MEMORY: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
const TIME: [&str; 6] = ["us", "ms", "s", "min", "h", "d"];

static KNOWN: LazyLock<BTreeMap<&str, Takes>> = LazyLock::new(|| {
    let lines = include_str!("../../../schemas/postgres-parameters.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(read).collect()
});

fn read(line: &'static str) -> Option<(&'static str, Takes)> {
    let mut words = line.split(' ');
    let name = words.next()?;
    let takes = match words.next() {
        Some("bool") => Takes::Switch,
        Some("integer" | "real") => {
            let units: &[&str] = match words.next()? {
                "-" => &[],
                unit if unit.ends_with('B') => &MEMORY,
                _ => &TIME,
            };
            Takes::Number { units, least: words.next()?.parse().ok()?, most: words.next()?.parse().ok()? }
        }
        Some("enum") => Takes::Word(words.next()?.split('|').collect()),
        _ => Takes::Anything,
    };
    Some((name, takes))
}

fn parameters(cluster: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let given = cluster.at("/spec/postgresql/parameters").filter(|_| cluster.is(CNPG, "Cluster"));
    for (name, value) in given.map(entries).into_iter().flatten() {
        let at = format!("/spec/postgresql/parameters/{}", escaped(name));
        let text = value.as_str().filter(|text| !text.contains(['$', '{'])).unwrap_or_default().trim();
        match KNOWN.get(name.as_str()) {
            // Extensions have their own, with a dot; names are read in any case.
            None if name.contains('.') || KNOWN.keys().any(|known| known.eq_ignore_ascii_case(name)) => {}
            None => {
                let Some(near) = nearest(name, &KNOWN.keys().copied().collect::<Vec<_>>()) else { continue };
                let message =
                    format!("PostgreSQL of {} knows no parameter `{name}`, and does not start", cluster.identity);
                findings.push(cluster.error(Code::CnpgRefuses, &at, message).help(format!("did you mean `{near}`?")));
            }
            Some(takes) if !text.is_empty() => {
                let Some(help) = wrong(takes, text) else { continue };
                let message = format!("PostgreSQL of {} does not start with `{text}` as {name}", cluster.identity);
                findings.push(cluster.error(Code::CnpgRefuses, &at, message).help(help));
            }
            Some(_) => {}
        }
    }
    findings
}

/// The way out for a value that a parameter does not take.
fn wrong(takes: &Takes, text: &str) -> Option<String> {
    match takes {
        Takes::Anything => None,
        Takes::Switch => {
            let low = text.to_lowercase();
            let known = ["on", "off", "true", "false", "yes", "no", "1", "0"];
            let fits = known.iter().any(|word| word.starts_with(&low)) && low != "o";
            (!fits).then(|| "it is `on` or `off`".into())
        }
        // Releases differ in their words: one that is nearly known is a slip.
        Takes::Word(words) => {
            let known = words.iter().any(|word| word.eq_ignore_ascii_case(text));
            let near = words.iter().find(|word| !known && word.len() > 2 && is_near(word, &text.to_lowercase(), 1))?;
            Some(format!("did you mean `{near}`?"))
        }
        Takes::Number { units, least, most } => {
            let end = text.find(|c: char| c.is_ascii_alphabetic() && !"eExX".contains(c)).unwrap_or(text.len());
            let (number, unit) = (text[..end].trim(), text[end..].trim());
            let hexadecimal = number.starts_with("0x");
            let known = unit.is_empty() || units.contains(&unit);
            match number.parse::<f64>() {
                _ if !known => Some(match units {
                    [] => "it is a number without a unit".into(),
                    units => format!("its units are {}", units.join(", ")),
                }),
                Ok(value) if unit.is_empty() && !(*least..=*most).contains(&value) => {
                    Some(format!("it is between {least} and {most}"))
                }
                Err(_) if !hexadecimal => Some("it is a number, with a `.` before its parts".into()),
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_postgresql_reads_them() {
        for (name, text, fits) in [
            ("work_mem", "16MB", true),
            ("work_mem", "4096", true),
            ("work_mem", "16Mb", false),
            ("work_mem", "2Gi", false),
            ("checkpoint_completion_target", "0.9", true),
            ("checkpoint_completion_target", "9", false),
            ("checkpoint_completion_target", "0,9", false),
            ("idle_in_transaction_session_timeout", "5min", true),
            ("idle_in_transaction_session_timeout", "5 min", true),
            ("idle_in_transaction_session_timeout", "5minutes", false),
            ("log_min_duration_statement", "-1", true),
            ("log_min_duration_statement", "half", false),
            ("max_connections", "200", true),
            ("max_connections", "200x", false),
            ("jit", "off", true),
            ("jit", "t", true),
            ("jit", "offf", false),
            ("wal_compression", "LZ4", true),
            ("wal_compression", "lz44", false),
            ("wal_compression", "brotli", true),
            ("search_path", "a, b", true),
            ("io_method", "worker", true),
        ] {
            let takes = KNOWN.get(name).expect("a parameter");
            assert_eq!(wrong(takes, text).is_none(), fits, "{name} = {text}");
        }
    }
}

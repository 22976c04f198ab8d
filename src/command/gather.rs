//! Findings -> groups of one cause: the same rule about the same part of objects of one kind. A repository has few causes
//! and many places.

use std::collections::BTreeMap;

use crate::text::finding::{Code, Finding, Severity};

/// From how many on findings of one cause are told together: up to here each has words of its own.
const TOGETHER: usize = 3;

/// What makes findings one cause.
type Cause<'a> = (Severity, Code, &'a str, String, String);

/// The findings by cause, in the order of the first of each; those of causes with few findings alone.
pub fn causes(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    let mut known: BTreeMap<Cause<'_>, usize> = BTreeMap::new();
    let mut counts: BTreeMap<Cause<'_>, usize> = BTreeMap::new();
    findings.iter().for_each(|finding| *counts.entry(cause(finding)).or_default() += 1);
    for finding in findings {
        let cause = cause(finding);
        match known.get(&cause) {
            Some(group) if counts[&cause] >= TOGETHER => groups[*group].push(finding),
            _ => {
                known.insert(cause, groups.len());
                groups.push(vec![finding]);
            }
        }
    }
    groups
}

/// How many findings each code has, most first: `unknown-field 12, wrong-shape 3`.
pub fn by_code<'a>(findings: impl Iterator<Item = &'a Finding>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    findings.for_each(|finding| *counts.entry(finding.code.name()).or_default() += 1);
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), *code));
    let counts: Vec<String> = counts.into_iter().map(|(code, count)| format!("{code} {count}")).collect();
    counts.join(", ")
}

fn cause(finding: &Finding) -> Cause<'_> {
    let (object, pointer) = finding.about.as_ref().map_or(("", ""), |about| (about.object.as_str(), &about.pointer));
    let kind = object.split(' ').next().unwrap_or_default();
    (finding.severity, finding.code, kind, without_positions(pointer), shape(&words(finding)))
}

/// A message without the object that it is about.
pub fn words(finding: &Finding) -> String {
    match &finding.about {
        Some(about) => finding.message.replace(&about.object, "…"),
        None => finding.message.clone(),
    }
}

/// `/spec/containers/0/env` and `/spec/containers/1/env` are one part.
fn without_positions(pointer: &str) -> String {
    let steps = pointer.split('/').map(|step| if step.bytes().all(|b| b.is_ascii_digit()) { "" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

/// A message without what it quotes and counts.
fn shape(message: &str) -> String {
    let parts = message.split('`').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "…" });
    parts.collect::<String>().split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::About;

    fn finding(object: &str, pointer: &str, message: &str) -> Finding {
        let about = About { object: object.into(), pointer: pointer.into() };
        let message = format!("{object}: {message}");
        Finding { about: Some(Box::new(about)), ..Finding::error(Code::UnknownField, message) }
    }

    #[test]
    fn one_cause_is_one_group_and_few_findings_stay_alone() {
        let many = ["a", "b", "c"].map(|name| {
            finding(&format!("Job x/{name}"), &format!("/spec/{}/y", name.len()), "`spec[0]` has no field `y`")
        });
        let few = [finding("Pod x/a", "/spec", "no field `y`"), finding("Pod x/b", "/spec", "no field `z`")];
        let all: Vec<Finding> = many.into_iter().chain(few).collect();
        let sizes: Vec<usize> = causes(&all).iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 1, 1]);
        assert_eq!(by_code(all.iter()), "unknown-field 5");
    }
}

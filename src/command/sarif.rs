//! Findings -> a SARIF 2.1.0 log, as code scanning services read it. Knows no excerpt: the files are theirs to show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::command::baseline;
use crate::command::report::path_from_start;
use crate::group::pages::Pages;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::source::Place;

/// One log with one run, whether or not there are findings; `directory` is that of `-C`.
pub fn log(findings: &[Finding], directory: &Path) -> Value {
    let mut seen = BTreeMap::new();
    let own: BTreeSet<Code> = findings.iter().map(|f| f.code).filter(|code| matches!(code, Code::Own(_))).collect();
    let codes: Vec<Code> = Code::ALL.iter().copied().chain(own).collect();
    let index = |finding: &Finding| codes.iter().position(|code| *code == finding.code);
    let results: Vec<Value> = findings.iter().map(|f| result(f, index(f), directory, &mut seen)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gatewright",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<Value>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// What a code means: its line and its page, or the line twice where there is no page.
fn rule(code: Code) -> Value {
    let page = match code {
        Code::Own(own) => Some(own.page.as_str()),
        _ => Pages::ours().text(code.name()),
    };
    let first = |page: &str| page.split("\n\n").nth(1).unwrap_or_default().replace('\n', " ");
    let mut rule = json!({
        "id": code.name(),
        "shortDescription": { "text": code.summary() },
        "fullDescription": { "text": page.map_or_else(|| code.summary().to_owned(), first) },
        "help": { "text": page.unwrap_or(code.summary()) },
    });
    if let Some(page) = page {
        rule["help"]["markdown"] = json!(page);
    }
    rule
}

fn result(finding: &Finding, index: Option<usize>, directory: &Path, seen: &mut BTreeMap<String, usize>) -> Value {
    let help = finding.help.as_ref().map(|help| format!("\n{help}")).unwrap_or_default();
    let mut location = Map::new();
    if let Some(place) = &finding.place {
        location.insert("physicalLocation".into(), physical(place, directory));
    }
    if let Some(about) = &finding.about {
        let part = format!("{}{}", about.object, about.pointer);
        location.insert("logicalLocations".into(), json!([{ "fullyQualifiedName": part, "kind": "resource" }]));
    }
    let related = finding.related.iter().enumerate().map(|(id, (place, words))| {
        json!({ "id": id, "physicalLocation": physical(place, directory), "message": { "text": words } })
    });
    let fingerprint = fingerprint(finding, seen);
    let mut result = json!({
        "ruleId": finding.code.name(),
        "ruleIndex": index,
        "level": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": { "text": format!("{}{help}", finding.message) },
        // GitHub looks at the second name only.
        "partialFingerprints": { "gatewright/v1": fingerprint, "primaryLocationLineHash": fingerprint },
    });
    if !location.is_empty() {
        result["locations"] = json!([location]);
    }
    if !finding.related.is_empty() {
        result["relatedLocations"] = related.collect();
    }
    result
}

fn physical(place: &Place, directory: &Path) -> Value {
    let ((line, column), (end_line, end_column)) = (place.line_column(), place.end_line_column());
    json!({
        "artifactLocation": { "uri": uri(&path_from_start(directory, &place.source.name)) },
        "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
    })
}

/// A path as a URI reference (RFC 3986): relative as it is, absolute with its scheme.
fn uri(path: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let one = |b: u8| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    path.bytes().map(one).fold(scheme.to_owned(), |uri, part| uri + &part)
}

/// That of the baseline; equal findings are told apart by their order.
fn fingerprint(finding: &Finding, seen: &mut BTreeMap<String, usize>) -> String {
    let print = baseline::fingerprint(finding);
    let count = seen.entry(print.clone()).or_default();
    *count += 1;
    format!("{print}:{count}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::finding::About;
    use crate::text::source::Source;

    fn finding(text: &str, at: usize) -> Finding {
        let place = Place::new(&Source::new("a b/\u{e4}.yaml", text), at, at + 1);
        let about = About { object: "Service x/y".into(), pointer: "/spec".into() };
        Finding {
            about: Some(Box::new(about)),
            ..Finding::error(Code::WrongShape, "port 80 is not there").place(place)
        }
    }

    #[test]
    fn a_fingerprint_survives_a_move_and_tells_equal_findings_apart() {
        let print = |log: &Value, n: usize| log["runs"][0]["results"][n]["partialFingerprints"].clone();
        let before = log(&[finding("x: 1\n", 0)], Path::new("."));
        let after = log(&[finding("# new\nx: 1\n", 6), finding("# new\nx: 1\n", 6)], Path::new("."));
        assert_eq!(print(&before, 0), print(&after, 0));
        assert_ne!(print(&after, 0), print(&after, 1));
        assert_eq!(after["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 2);
    }

    #[test]
    fn paths_are_uris_as_seen_from_the_start() {
        let uri = |directory: &str| {
            let log = log(&[finding("x", 0)], Path::new(directory));
            let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
            location["artifactLocation"]["uri"].as_str().unwrap_or_default().to_owned()
        };
        assert_eq!(uri("."), "a%20b/%C3%A4.yaml");
        assert_eq!(uri("./p"), "p/a%20b/%C3%A4.yaml");
        assert_eq!(uri("/p"), "file:///p/a%20b/%C3%A4.yaml");
    }

    #[test]
    fn every_code_is_a_rule_with_words() {
        let log = log(&[], Path::new("."));
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        assert_eq!(rules.len(), Code::ALL.len());
        for rule in rules {
            for text in ["/shortDescription/text", "/fullDescription/text", "/help/text"] {
                let text = rule.pointer(text).and_then(Value::as_str).unwrap_or_default();
                assert!(text.len() > 10, "{rule}");
            }
        }
    }
}

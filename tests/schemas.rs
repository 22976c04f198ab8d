//! The JSON Schemas for editing: what the engine reads is what they allow.

use std::collections::BTreeSet;
use std::fs;

use gatewright::command::explain;
use gatewright::group::catalog::BUILTIN;
use gatewright::group::claim::{Declared, Evidence, Seen, Selector};
use gatewright::group::component::{Chart, ClusterKind, Component, Copied, Git, Secret, SecretKey};
use gatewright::group::rule::RuleText;
use gatewright::group::written::{AgenticText, Collect, GroupText, Rule};
use gatewright::object::existing::{Existing, Silence};
use gatewright::text::fences::blocks;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn value(name: &str, text: &str) -> Value {
    kubeyaml::values(&Source::new(name, text)).expect("YAML").remove(0)
}

/// What is wrong with a value, each with its place.
fn errors(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// The schema of a part of a group file.
fn part(name: &str) -> Validator {
    let schema = json!({ "$ref": format!("#/$defs/{name}"), "$defs": explain::group_schema()["$defs"] });
    jsonschema::draft202012::new(&schema).expect("a JSON Schema")
}

#[test]
fn every_group_and_shape_keeps_to_the_schema() {
    let groups = jsonschema::draft202012::new(&explain::group_schema()).expect("a JSON Schema");
    let shapes = part("setting");
    for (path, text, _) in BUILTIN {
        let validator = match path.split('/').next() {
            Some("groups") => &groups,
            Some("shapes") => &shapes,
            _ => continue,
        };
        let errors = errors(validator, &value(path, text));
        assert!(errors.is_empty(), "{path}: {}", errors.join("\n"));
    }
    let docs = fs::read_to_string("docs/groups.md").expect("docs/groups.md");
    let mine = docs.split("```yaml\n").find(|block| block.starts_with("# groups/mine.yaml")).expect("a whole group");
    let mine = value("mine.yaml", mine.split("```").next().unwrap_or_default());
    assert_eq!(errors(&groups, &mine), [""; 0]);
}

#[test]
fn every_rule_keeps_to_the_schema() {
    let rules = jsonschema::draft202012::new(&explain::rule_schema()).expect("a JSON Schema");
    let mut seen = 0;
    for entry in fs::read_dir("rules").expect("the pages") {
        let page = fs::read_to_string(entry.expect("readable").path()).expect("text");
        for range in blocks(&page, "rule") {
            let errors = errors(&rules, &value("rule", &page[range.clone()]));
            assert!(errors.is_empty(), "{}: {}", &page[range], errors.join("\n"));
            seen += 1;
        }
    }
    assert!(seen >= 6, "{seen} rules");
    for wrong in [json!({ "hods": "true" }), json!({ "each": [{ "severity": "fatal" }] })] {
        assert!(!rules.is_valid(&wrong), "{wrong}");
    }
    let schema = explain::rule_schema();
    let written: BTreeSet<String> = schema["properties"].as_object().expect("properties").keys().cloned().collect();
    assert_eq!(written, names::<RuleText>().into_iter().chain(["each".to_owned()]).collect());
}

/// An editor marks what the engine refuses.
#[test]
fn mistakes_are_marked() {
    let groups = jsonschema::draft202012::new(&explain::group_schema()).expect("a JSON Schema");
    for (wrong, at) in [
        (json!({ "feature": "fax" }), ""),
        (json!({ "summary": "Faxes", "require": ["fax"] }), ""),
        (
            json!({ "summary": "Faxes", "settings": { "properties": { "a": { "typ": "string" } } } }),
            "/settings/properties/a",
        ),
        (
            json!({ "summary": "Faxes", "providers": { "a": { "components": { "fax": { "wave": "early" } } } } }),
            "/providers/a/components/fax/wave",
        ),
        (
            json!({ "summary": "Faxes", "secrets": [{ "name": "a", "component": "fax", "readers": [], "data": { "k": { "remote": "k", "source": "made", "description": "K" } } }] }),
            "/secrets/0/data/k/source",
        ),
        (
            json!({ "summary": "Faxes", "claims": [{ "control": "Fax", "state": "partial", "detail": "Some", "evidence": [{ "presnt": { "kind": "Fax" } }] }] }),
            "/claims/0/evidence/0",
        ),
    ] {
        let errors = errors(&groups, &wrong);
        assert!(errors.iter().any(|e| e.starts_with(&format!("{at}: "))), "{wrong}: {errors:?}");
    }
}

/// The names that a type of the engine has, from what serde says to another name.
fn names<T: DeserializeOwned>() -> BTreeSet<String> {
    let error = serde_json::from_value::<T>(json!({ "-": 1 })).err().expect("no name").to_string();
    let (_, expected) = error.split_once("expected ").unwrap_or_else(|| panic!("{error}"));
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_schema_has_the_names_of_the_engine() {
    let schema = explain::group_schema();
    let check = |part: &str, engine: BTreeSet<String>, more: &[&str], inner: &[&str]| {
        let properties = schema["$defs"][part]["properties"].as_object().unwrap_or_else(|| panic!("no {part}"));
        let written: BTreeSet<String> = properties.keys().cloned().collect();
        let mut wanted: BTreeSet<String> = engine.into_iter().filter(|name| !inner.contains(&name.as_str())).collect();
        wanted.extend(more.iter().map(|name| (*name).to_owned()));
        assert_eq!(written, wanted, "{part}");
    };
    let counts = ["for", "when"];
    check("group", names::<GroupText>(), &["base"], &[]);
    check("collect", names::<Collect>(), &[], &[]);
    check("validate", names::<Rule>(), &[], &[]);
    check("agentic", names::<AgenticText>(), &[], &[]);
    // What the engine fills in itself is not to be written.
    check("component", names::<Component>(), &counts, &["group"]);
    check("chart", names::<Chart>(), &[], &["valuesFile"]);
    check("git", names::<Git>(), &[], &[]);
    check("copied", names::<Copied>(), &[], &[]);
    check("clusterKind", names::<ClusterKind>(), &[], &[]);
    check("secret", names::<Secret>(), &counts, &["group"]);
    check("secretKey", names::<SecretKey>(), &[], &[]);
    check("existing", names::<Existing>(), &counts, &["chart", "repository"]);
    check("silence", names::<Silence>(), &counts, &[]);
    check("claim", names::<Declared>(), &counts, &[]);
    check("evidence", names::<Evidence>(), &counts, &["kept"]);
    check("seen", names::<Seen>(), &[], &[]);
    check("selector", names::<Selector>(), &[], &[]);
    let keywords: BTreeSet<String> = gatewright::text::schema::KEYWORDS.iter().map(|k| (*k).to_owned()).collect();
    check("setting", keywords, &["shape"], &[]);
}

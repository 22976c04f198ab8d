//! Manifests are read as kubectl reads them. `kubeyaml.jsonl` has the answers of `sigs.k8s.io/yaml`; `tests/judges/kubeyaml.py`
//! makes it, and asks about thousands of other texts through `KUBEYAML_ANSWERS`.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use gatewright::text::finding::{Code, Severity};
use gatewright::text::kubeyaml::{self, MAX_DOCUMENTS};
use gatewright::text::source::Source;
use serde_json::Value;

/// Numbers count by their value: JSON of Go does not tell 2.0 from 2.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

#[test]
fn kubectl_reads_so() {
    let path = std::env::var("KUBEYAML_ANSWERS").unwrap_or_else(|_| "tests/kubeyaml.jsonl".into());
    let answers = std::fs::read_to_string(path).expect("the answers");
    let mut wrong = Vec::new();
    for line in answers.lines() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let text = case["text"].as_str().expect("a text");
        let ours = kubeyaml::value(text);
        let fine = match (&ours, case.get("error")) {
            (Err(_), Some(_)) => true,
            (Ok(value), None) => same(value.as_ref().unwrap_or(&Value::Null), &case["value"]),
            _ => false,
        };
        if !fine {
            wrong.push(format!("{text:?}\n  ours   {ours:?}\n  theirs {} {}", case["value"], case["error"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {} texts:\n{}", wrong.len(), answers.lines().count(), wrong.join("\n"));
}

#[test]
fn a_document_that_is_wrong_does_not_hide_the_others() {
    let source = Source::new("x.yaml", "a: 1\n---\nb: [\n---\nc: 3\n--- {d: 4}\n...\n# nothing\n---\n");
    let (documents, findings) = kubeyaml::read(&source);
    let values: Vec<String> = documents.iter().map(|d| d.value.to_string()).collect();
    assert_eq!(values, [r#"{"a":1}"#, r#"{"c":3}"#, r#"{"d":4}"#]);
    let places: Vec<_> = findings.iter().map(|f| (f.code, f.place.as_ref().expect("a place").line_column())).collect();
    assert_eq!(places, [(Code::YamlSyntax, (4, 1))]);
}

#[test]
fn every_node_has_its_place() {
    let source = Source::new("x.yaml", "# one\n---\na:\n  b: [1, \"zwö\", yes]\n  c: |\n    text\n\n  d: *x\n");
    let text = source.text.replace("*x", "plain");
    let source = Source::new("x.yaml", text);
    let node = kubeyaml::node(&source, kubeyaml::documents(&source.text)[1].clone()).expect("a document");
    for (pointer, text) in
        [("/a/b/1", "\"zwö\""), ("/a/b/2", "yes"), ("/a/b", "["), ("/a/c", "text"), ("/a/d", "plain")]
    {
        assert_eq!(node.at(pointer).expect(pointer).place.text(), text);
    }
    assert_eq!(node.place_at("/a/d/e").text(), "d");
}

#[test]
fn keys_that_stand_twice_are_told_and_the_last_one_counts() {
    let source = Source::new("x.yaml", "a: 1\na: 2\nb: {c: 1, c: 1}\nx: &x {d: 1}\ny: {<<: *x, d: 2}\n");
    let (documents, findings) = kubeyaml::read(&source);
    assert_eq!(documents[0].value["a"], 2);
    let told: Vec<_> =
        findings.iter().map(|f| (f.code, f.severity, f.place.as_ref().expect("a place").line_column())).collect();
    let expected = [(Severity::Error, (2, 1)), (Severity::Warning, (3, 11))];
    assert_eq!(told, expected.map(|(severity, at)| (Code::DuplicateKey, severity, at)));
}

#[test]
fn limits_say_what_was_left_out() {
    let many = "a: 1\n---\n".repeat(MAX_DOCUMENTS + 5);
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
    let deep = format!("a: {}{}", "[".repeat(300), "]".repeat(300));
    for (text, documents) in [(many, MAX_DOCUMENTS), (bomb, 1), (long, 1), (deep, 1)] {
        let text = if documents == 1 { format!("{text}\n---\nb: 1\n") } else { text };
        let (read, findings) = kubeyaml::read(&Source::new("x.yaml", text));
        assert_eq!(read.len(), documents);
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::YamlLimit]);
    }
}

#[test]
fn json_is_read_as_json() {
    let source = Source::new("x.json", "{\"a\":\"\\/\\ud83d\\ude00\",\n\"b\"\n:\t1}\n{\"c\": 2}");
    let (documents, findings) = kubeyaml::read(&source);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(documents[0].value, serde_json::json!({ "a": "/\u{1f600}", "b": 1 }));
    assert_eq!(documents[1].value, serde_json::json!({ "c": 2 }));
}

#[test]
fn the_second_object_of_one_name_is_looked_at_too() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: x}\nspec: {ports: [{port: 80}]}\n";
    let text = format!("{service}---\n{}", service.replace("ports", "prots"));
    let (clusters, found) = gatewright::references::manifests::manifests(&[Source::new("x.yaml", text)]);
    assert!(found.is_empty(), "{found:?}");
    let world = gatewright::references::world::World::of_manifests(&clusters[0]);
    let findings = gatewright::command::rulebook::check(&world, &Default::default());
    let told = |code| findings.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("{code:?} in {findings:?}"));
    assert_eq!(told(Code::UnknownField).place.as_ref().expect("a place").line_column().0, 9);
    assert_eq!(told(Code::DuplicateObject).related[0].0.line_column().0, 3);
}

/// What stands in a template's text for more than one reading is read as its author means it.
#[test]
fn texts_of_templates_are_read_as_they_are_meant() {
    let read = |text: &str| kubeyaml::values(&Source::new("filled", text)).map_err(|finding| finding.code);
    let shown = |text: &str| read(text).expect("YAML").iter().map(Value::to_string).collect::<Vec<_>>().join(" ");
    // A map wins over what it merges, wherever that stands, and of several maps the first; their keys follow its own.
    assert_eq!(
        shown("<<: [&a { x: 1, y: 2 }, { y: 3, z: 4 }]\nown: 0\nx: 5\nb: { x: 6, <<: *a }"),
        r#"{"own":0,"x":5,"b":{"x":6,"y":2},"y":2,"z":4}"#
    );
    assert_eq!(shown("{ y: 1.0, on: yes, n: y, mode: 0644 }"), r#"{"y":1.0,"on":true,"n":"y","mode":420}"#);
    assert_eq!(shown("---\na: 1\n---\n# nothing\n---\nb: 2\n"), r#"{"a":1} {"b":2}"#);
    assert_eq!(read("a: 1\n---\na: 1\na: 2\n"), Err(Code::DuplicateKey));
    assert_eq!(read("a: [\n"), Err(Code::YamlSyntax));
}

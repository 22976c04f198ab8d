//! Reading and writing YAML: places, refusals, and that what is written reads back the same.

use gatewright::text::finding::Code;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml::{Kind, Node, emit, read};

fn node(text: &str) -> Node {
    read(&Source::new("x.yaml", text)).unwrap_or_else(|f| panic!("{f:?}"))
}

#[test]
fn every_node_knows_its_text() {
    let node = node("a:\n  b: [1, \"zwö\", yes]\n  c: {d: null}\n");
    assert_eq!(node.at("/a/b/1").unwrap().place.text(), "\"zwö\"");
    assert_eq!(node.at("/a/b/2").unwrap().place.text(), "yes");
    assert!(matches!(node.at("/a/b/2").unwrap().kind, Kind::Bool(true)));
    assert_eq!(node.place_at("/a/c/d").text(), "d");
    assert_eq!(node.place_at("/a/c/nope").text(), "c");
}

#[test]
fn mistakes_are_placed() {
    for (text, code, at) in [
        ("a: 1\na: 2\n", Code::DuplicateKey, (2, 1)),
        ("a: 1\n---\nb: 2\n", Code::SeveralDocuments, (3, 1)),
        ("", Code::EmptyFile, (1, 1)),
        ("# only a comment\n", Code::EmptyFile, (1, 1)),
        ("a:\n\tb: 1\n", Code::YamlSyntax, (2, 2)),
        ("a: [1\n", Code::YamlSyntax, (1, 4)),
        ("a: &x [1]\nb: *y\n", Code::YamlSyntax, (2, 4)),
    ] {
        let finding = read(&Source::new("x.yaml", text)).expect_err(text);
        let place = finding.place.clone().expect("a place");
        assert_eq!((finding.code, place.line_column()), (code, at), "{text:?}: {finding:?}");
    }
}

#[test]
fn deep_and_explosive_files_are_refused() {
    let deep = format!("a: {}{}", "[".repeat(200), "]".repeat(200));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..10 {
        bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", "));
    }
    for text in [deep, bomb] {
        let finding = read(&Source::new("x.yaml", text)).expect_err("a limit");
        assert_eq!(finding.code, Code::YamlLimit, "{finding:?}");
    }
}

#[test]
fn what_is_written_reads_back_the_same() {
    for text in
        ["yes", "on", "012", "1e3", "0x1F", "12:30", "a: b", "- x", "\t\tx\ny", "x\n\n", " lead", "#", "~", "=", "<<"]
    {
        let value = serde_json::json!({ text: [text, { "k": text }] });
        let emitted = emit(&value);
        let read = kubeyaml::values(&Source::new("x", emitted.clone())).expect("own text");
        assert_eq!(read, [value], "{emitted}");
    }
}

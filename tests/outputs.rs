//! The formats of `check`: what programs read. Each is the same on every run, shows no key and takes no finding away.

use std::path::Path;
use std::process::Command;

use gatewright::text::finding::Code;
use serde_json::Value;

struct Said {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in the project's folder, as CI would.
fn check(arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.args(arguments).env("NO_COLOR", "1").output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// `check` of an example of tests/diagnostics in a format.
fn example(name: &str, format: &str) -> Said {
    let folder = format!("tests/diagnostics/{name}");
    check(&["-C", &folder, "check", "-o", format])
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
}

#[test]
fn every_format_ends_alike_and_says_the_same_twice() {
    for (name, code) in [("not-a-flag", 1), ("unknown-namespace", 1), ("group-file", 1), ("unused-silence", 0)] {
        for format in ["text", "json", "sarif", "github"] {
            let (one, two) = (example(name, format), example(name, format));
            assert_eq!((one.code, &one.out, &one.err), (code, &two.out, &two.err), "{name} {format}");
            let (data, talk) = if format == "text" { (&one.err, &one.out) } else { (&one.out, &one.err) };
            let quiet = talk.is_empty() || talk.starts_with("custom resources were held");
            assert!(!data.is_empty() && quiet, "{name} {format}: {data} {talk}");
        }
    }
}

#[test]
fn warnings_fail_only_when_denied() {
    let folder = ["-C", "tests/diagnostics/unused-silence", "check"];
    for format in ["text", "json", "sarif", "github"] {
        let plain = check(&[&folder[..], &["-o", format]].concat());
        let denied = check(&[&folder[..], &["-o", format, "--deny", "warnings"]].concat());
        assert_eq!((plain.code, denied.code), (0, 1), "{format}");
        assert_eq!((plain.out, plain.err), (denied.out, denied.err), "{format}");
    }
    assert_eq!(check(&["-f", "golden/default/features.yaml", "check", "--deny", "warnings"]).code, 0);
}

#[test]
fn sarif_has_what_code_scanning_reads() {
    let log = json(&example("forbidden-feature", "sarif"));
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let result = &run["results"][0];
    let rule = result["ruleIndex"].as_u64().expect("an index") as usize;
    assert_eq!(run["tool"]["driver"]["rules"][rule]["id"], "forbidden-feature");
    assert_eq!((&result["ruleId"], &result["level"]), (&Value::from("forbidden-feature"), &Value::from("error")));
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "tests/diagnostics/forbidden-feature/features.yaml");
    let region = serde_json::json!({ "startLine": 5, "startColumn": 3, "endLine": 5, "endColumn": 11 });
    assert_eq!(place["region"], region);
    assert_eq!(result["relatedLocations"][0]["message"]["text"], "this needs it");

    let log = json(&example("unknown-namespace", "sarif"));
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let result = results.iter().find(|r| r["ruleId"] == "unknown-namespace").expect("the finding");
    let about = &result["locations"][0];
    let part = about["logicalLocations"][0]["fullyQualifiedName"].as_str().unwrap_or_default();
    assert!(part.ends_with("/metadata/namespace"), "{part}");

    let fine = json(&check(&["-f", "golden/default/features.yaml", "check", "-o", "sarif"]));
    assert_eq!(fine["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(fine["runs"][0]["tool"]["driver"]["rules"].as_array().map(Vec::len), Some(Code::ALL.len()));
}

#[test]
fn github_and_sarif_point_at_files_that_can_be_edited() {
    let log = json(&example("unknown-namespace", "sarif"));
    let results = log["runs"][0]["results"].as_array().expect("a list");
    assert!(!results.is_empty());
    for result in results {
        let file = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let file = file.as_str().expect("a file");
        assert!(Path::new(file).is_file() && !file.contains("/rendered/"), "{file}");
    }
}

#[test]
fn github_reads_paths_from_where_it_started() {
    let said = example("not-a-flag", "github");
    assert!(said.out.starts_with("::error file=tests/diagnostics/not-a-flag/features.yaml,line="), "{}", said.out);
    assert_eq!(check(&["-f", "golden/default/features.yaml", "check", "-o", "github"]).out, "");
}

/// Whatever the format and whatever the finding: what is told about a key is not the key.
#[test]
fn no_format_shows_a_key() {
    let cases = [
        ("literal-secret", "sk-1234567890abcdef"),
        ("literal-secret--pem", "BEGIN RSA PRIVATE KEY"),
        ("literal-secret--token", "q8Zr3LmX0vTn5KcYw1PbHs7Dg4JfAe9U"),
        ("literal-secret--url", "s3cret"),
        ("secret-material", "q8Zr3LmX0vTn5KcYw1PbHs7Dg4JfAe9U"),
    ];
    for (name, key) in cases {
        let folder = Path::new("tests/diagnostics").join(name);
        let holds = |entry: &walkdir::DirEntry| std::fs::read_to_string(entry.path()).is_ok_and(|t| t.contains(key));
        assert!(walkdir::WalkDir::new(&folder).into_iter().flatten().any(|e| holds(&e)), "{name} has no {key}");
        for format in ["text", "json", "sarif", "github"] {
            let said = example(name, format);
            assert_eq!(said.code, 1);
            assert!(!said.out.contains(key) && !said.err.contains(key), "{format}: {}{}", said.out, said.err);
        }
    }
}

#[test]
fn a_format_that_is_not_there_is_a_mistake_of_usage() {
    for (arguments, words) in [
        (&["check", "-o", "markdown"][..], "possible values: text, json, sarif, github"),
        (&["status", "-o", "sarif"], "possible values: text, json, yaml, markdown"),
        (&["secrets", "-o", "sarif"], "possible values: text, json, yaml, markdown"),
    ] {
        let said = check(&[&["-C", "golden/default"], arguments].concat());
        assert!(said.code == 2 && said.err.contains(words), "{}", said.err);
    }
}

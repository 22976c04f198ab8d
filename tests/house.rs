//! Rules of the house that a test can hold.

use std::fs;

/// The modules of lib.rs in their order: a module may use only those above it.
#[test]
fn modules_use_only_what_stands_above_them() {
    let lib = fs::read_to_string("src/lib.rs").expect("src/lib.rs");
    let order: Vec<&str> = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 10, "{order:?}");
    for (position, module) in order.iter().enumerate() {
        let text = fs::read_to_string(format!("src/{module}.rs")).expect("a file per module");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for later in &order[position + 1..] {
            let uses = code.contains(&format!("crate::{later}::")) || code.contains(&format!("crate::{later};"));
            let grouped = code.lines().any(|l| {
                l.starts_with("use crate::{")
                    && l.split(['{', '}', ',']).any(|n| n.trim().split("::").next() == Some(later))
            });
            assert!(!uses && !grouped, "src/{module}.rs uses `{later}`, which stands below it in src/lib.rs");
        }
    }
}

/// One concept a file: the doc comment says which, and nobody knows what is another's to know.
#[test]
fn files_are_small_and_say_what_they_are() {
    let only = [
        ("serde_yaml", &["yaml"][..]),
        ("minijinja", &["template", "filters"]),
        ("jsonschema", &["schema"]),
        ("kube_cel", &["cel", "celvalue", "cost"]),
        ("chrono", &["celvalue", "formats"]),
        ("annotate_snippets", &["report"]),
        ("std::fs", &["disk", "output"]),
        ("std::env", &["catalog", "commands"]),
    ];
    for entry in fs::read_dir("src").expect("src") {
        let path = entry.expect("readable").path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with("//!"), "{name}: no `//!` line that says what it turns into what");
        assert!(text.lines().count() <= 520, "{name}: {} lines; is it one concept?", text.lines().count());
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (word, homes) in only {
            assert!(homes.contains(&name.as_str()) || !code.contains(&format!("{word}::")), "{name} knows {word}");
        }
        assert!(!code.contains("HashMap"), "{name}: the order of a HashMap is not ours");
    }
}

/// What the project says of itself holds everywhere: no local paths, no leftovers.
#[test]
fn texts_are_clean() {
    for folder in ["src", "groups", "templates", "docs", "golden", "tests", "schemas"] {
        for entry in walkdir::WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_file()) {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            for word in ["TODO", "FIXME", "XXX", "dbg!(", "/home/", "/tmp/"] {
                let allowed = entry.path().ends_with("tests/house.rs") || (word == "/tmp/" && folder != "src");
                assert!(allowed || !text.contains(word), "{}: {word}", entry.path().display());
            }
        }
    }
}

/// Every dependency has a licence that deny.toml allows; `cargo deny` says the same where it is installed.
#[test]
fn licences_are_allowed() {
    let deny = fs::read_to_string("deny.toml").expect("deny.toml");
    let list = deny.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).expect("a list of licences");
    let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    let rustc = std::process::Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let about = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = about.lines().find_map(|l| l.strip_prefix("host: ")).expect("a host");
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host])
        .output()
        .expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 50, "{}", packages.len());
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none").replace('/', " OR ").replace(['(', ')'], "");
        let fine = |choice: &str| choice.split(" AND ").all(|l| allowed.contains(&l.trim()));
        assert!(licence.split(" OR ").any(fine), "{} is under {licence}", package["name"]);
    }
}

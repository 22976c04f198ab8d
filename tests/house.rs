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
        ("annotate_snippets", &["report"]),
        ("std::fs", &["disk"]),
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
            for word in ["TODO", "FIXME", "XXX", "dbg!(", "/home/", "/root/", "/tmp/"] {
                let allowed = entry.path().ends_with("tests/house.rs") || (word == "/tmp/" && folder != "src");
                assert!(allowed || !text.contains(word), "{}: {word}", entry.path().display());
            }
        }
    }
}

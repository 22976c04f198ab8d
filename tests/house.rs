//! Rules of the house that a test can hold.

use std::fs;

/// The modules in the order of lib.rs, a folder's children before what stands below it: a module may use only those above.
#[test]
fn modules_use_only_what_stands_above_them() {
    let order = modules();
    assert!(order.len() > 50, "{order:?}");
    for (position, module) in order.iter().enumerate() {
        let text = fs::read_to_string(format!("src/{}.rs", module.replace("::", "/"))).expect("a file per module");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for used in uses(code) {
            let long = order.iter().position(|m| *m == used.join("::"));
            let found = long.or_else(|| order.iter().position(|m| *m == used[0]));
            let place = found.unwrap_or_else(|| panic!("{module} uses {used:?}, which is no module"));
            assert!(place <= position, "{module} uses {}, which stands below it in src/lib.rs", order[place]);
        }
        assert!(!code.contains("super::"), "{module}: paths start at the crate, so that their order can be read");
    }
}

/// `a` for a file, `a::b` for a file in the folder of `a`.
fn modules() -> Vec<String> {
    let children = |file: &str| -> Vec<String> {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.lines().filter_map(|l| Some(l.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
    };
    let mut order = Vec::new();
    for module in children("src/lib.rs") {
        let inner = children(&format!("src/{module}.rs"));
        order.extend(inner.iter().map(|child| format!("{module}::{child}")));
        order.push(module);
    }
    order
}

/// The first two names of each path below `crate`, also in groups.
fn uses(code: &str) -> Vec<Vec<&str>> {
    let name = |c: char| !(c.is_alphanumeric() || c == '_');
    let mut all = Vec::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let inside = group.split('}').next().unwrap_or_default();
            all.extend(inside.split(',').map(|n| n.trim().split("::").take(1).collect::<Vec<_>>()));
            continue;
        }
        let first = rest.split(name).next().unwrap_or_default();
        let second = rest[first.len()..].strip_prefix("::").unwrap_or_default();
        match second.strip_prefix('{') {
            Some(group) => {
                let inside = group.split('}').next().unwrap_or_default();
                all.extend(inside.split(',').map(|n| vec![first, n.trim().split(name).next().unwrap_or_default()]));
            }
            None => all.push(vec![first, second.split(name).next().unwrap_or_default()]),
        }
    }
    all
}

/// One concept a file: the doc comment says which, and nobody knows what is another's to know.
#[test]
fn files_are_small_and_say_what_they_are() {
    let only = [
        ("serde_yaml", &["yaml"][..]),
        ("granit_parser", &["goyaml::tree"]),
        ("minijinja", &["template", "template::filters"]),
        ("jsonschema", &["schema"]),
        ("kube_cel", &["verdict::cel", "verdict::celvalue", "verdict::cost"]),
        ("chrono", &["verdict::celvalue", "verdict::formats"]),
        ("annotate_snippets", &["report"]),
        ("std::fs", &["disk", "folders", "output"]),
        ("std::env", &["catalog", "commands"]),
    ];
    for entry in walkdir::WalkDir::new("src") {
        let entry = entry.expect("readable");
        let path = entry.path();
        if path.is_dir() {
            continue;
        }
        let name = path.strip_prefix("src").unwrap_or(path).with_extension("").to_string_lossy().replace('/', "::");
        let text = fs::read_to_string(path).expect("readable");
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

/// The README's table of limits has the numbers of the constants.
#[test]
fn limits_are_as_the_readme_says() {
    use gatewright::{disk, goyaml, kubeyaml, render, template, verdict, weight, yaml};
    let limits = [
        ("features.yaml, an overlay, a group, a config patch", yaml::MAX_BYTES),
        ("features.yaml, an overlay, a group, a config patch", goyaml::MAX_BYTES),
        ("a file of manifests or CRDs, or stdin", disk::MAX_STREAM as usize),
        ("levels of a YAML file that is written for gatewright", yaml::MAX_DEPTH),
        ("its values, aliases expanded", yaml::MAX_NODES),
        ("levels of a file of manifests or CRDs, aliases followed", kubeyaml::MAX_DEPTH),
        ("its values, aliases expanded; the rest is left out", kubeyaml::MAX_VALUES),
        ("its documents; the rest is left out", kubeyaml::MAX_DOCUMENTS),
        ("text of one of its documents, aliases expanded", kubeyaml::MAX_BYTES),
        ("a template or an expression", template::MAX_TEMPLATE),
        ("steps of a template", template::FUEL as usize),
        ("steps of an expression", template::EXPRESSION_FUEL as usize),
        ("text of a template or a filter", template::MAX_OUTPUT),
        ("text of a template or a filter", template::filters::MAX_TEXT),
        ("values that one `set` repeats", template::growth::MAX_WEIGHT as usize),
        ("items of a `for` in a group", weight::MAX_ITEMS),
        ("values that the groups of a cluster make", weight::MAX_VALUES),
        ("objects of a cluster", render::MAX_RENDERED),
        ("a CEL rule", verdict::cel::MAX_RULE),
        ("levels of a CEL rule", verdict::cel::MAX_NESTING),
        ("steps of a CEL rule, bounded before it runs", verdict::cost::MAX_STEPS as usize),
        ("a compiled pattern (linear time, no backtracking)", verdict::pattern::MAX_SIZE),
        ("levels of a config patch, aliases expanded", goyaml::MAX_DEPTH),
        ("values of a config patch, aliases expanded", goyaml::MAX_VALUES),
    ];
    let readme = fs::read_to_string("README.md").expect("README.md");
    for (what, limit) in limits {
        let row = readme
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {what} | ")))
            .unwrap_or_else(|| panic!("no row: {what}"));
        let number: usize = row.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
        assert_eq!(limit, if row.contains("MiB") { number << 20 } else { number }, "{what}");
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

//! Rules of the house that a test can hold.

use std::fs;

/// The rooms, in the order of lib.rs.
const ROOMS: [&str; 12] = [
    "text",
    "object",
    "verdict",
    "agentic",
    "group",
    "plan",
    "render",
    "references",
    "products",
    "chain",
    "disk",
    "command",
];

/// Twelve rooms, and no file beside them but the two roots.
#[test]
fn there_are_twelve_rooms() {
    let rooms = children("src/lib.rs");
    assert_eq!(rooms, ROOMS);
    let mut beside: Vec<String> = fs::read_dir("src")
        .expect("src/")
        .map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| !ROOMS.contains(&name.as_str()))
        .collect();
    beside.sort();
    assert_eq!(beside, ["lib.rs", "main.rs"]);
    assert!(fs::read_to_string("src/main.rs").expect("readable").lines().count() <= 25);
    let map = fs::read_to_string("CONTRIBUTING.md").expect("CONTRIBUTING.md");
    let rows =
        map.lines().skip_while(|line| !line.starts_with("| room |")).skip(2).take_while(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.map(|row| row.split('`').nth(1).unwrap_or_default()).collect();
    assert_eq!(named, ROOMS, "the table of rooms in CONTRIBUTING.md");
}

/// The modules in the order of lib.rs and of each room, a folder's children before the folder itself: a module may use only
/// those above.
#[test]
fn modules_use_only_what_stands_above_them() {
    let order = modules();
    assert!(order.len() > 150, "{order:?}");
    for (position, (module, file)) in order.iter().enumerate() {
        let text = fs::read_to_string(file).expect("a file per module");
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for used in uses(code) {
            // The longest name of a module that the path starts with; a facade is named for what stands in it.
            let found = (1..=used.len()).rev().find_map(|n| {
                let name = used[..n].join("::");
                order.iter().position(|(module, _)| *module == name)
            });
            let place = found.unwrap_or_else(|| panic!("{module} uses {used:?}, which is no module"));
            assert!(place <= position, "{module} uses {}, which stands below it", order[place].0);
        }
        assert!(!code.contains("super::"), "{module}: paths start at the crate, so that their order can be read");
    }
}

/// What `pub mod` lines of a file name.
fn children(file: &str) -> Vec<String> {
    let text = fs::read_to_string(file).expect("readable");
    text.lines().filter_map(|l| Some(l.strip_prefix("pub mod ")?.strip_suffix(';')?.to_owned())).collect()
}

/// Name and file of each module: `a::b` for `src/a/b.rs`, or for `src/a/b/mod.rs`, which stands below its children.
fn modules() -> Vec<(String, String)> {
    fn below(parent: &str, names: Vec<String>, order: &mut Vec<(String, String)>) {
        for name in names {
            let module = if parent.is_empty() { name } else { format!("{parent}::{name}") };
            let path = format!("src/{}", module.replace("::", "/"));
            let folder = format!("{path}/mod.rs");
            if fs::exists(&folder).unwrap_or(false) {
                below(&module, children(&folder), order);
                order.push((module, folder));
            } else {
                order.push((module, format!("{path}.rs")));
            }
        }
    }
    let mut order = Vec::new();
    below("", children("src/lib.rs"), &mut order);
    order
}

/// The paths below `crate` that code names, also in groups.
fn uses(code: &str) -> Vec<Vec<&str>> {
    let mut all = Vec::new();
    for rest in code.split("crate::").skip(1) {
        path(rest, &mut Vec::new(), &mut all);
    }
    all
}

/// Follows one path: `a::b::{c, d::e}` is `a::b::c` and `a::b::d::e`.
fn path<'a>(text: &'a str, before: &mut Vec<&'a str>, all: &mut Vec<Vec<&'a str>>) {
    let depth = before.len();
    if let Some(group) = text.strip_prefix('{') {
        let (mut open, mut start) = (0, 0);
        for (at, c) in group.char_indices() {
            let ends = open == 0 && (c == ',' || c == '}');
            if ends && !group[start..at].trim().is_empty() {
                path(group[start..at].trim(), before, all);
            }
            match c {
                _ if ends && c == '}' => break,
                _ if ends => start = at + 1,
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
        }
        return;
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    if &text[..end] != "self" {
        before.push(&text[..end]);
    }
    match text[end..].strip_prefix("::") {
        Some(rest) => path(rest, before, all),
        None => all.push(before.clone()),
    }
    before.truncate(depth);
}

/// `verdict` could become a crate of its own: it knows nothing but `text` and `object`, and these know only each other.
#[test]
fn verdict_stands_on_text_and_object_alone() {
    for (module, file) in
        modules().iter().filter(|(m, _)| ["text", "object", "verdict"].iter().any(|r| m.starts_with(r)))
    {
        let text = fs::read_to_string(file).expect("readable");
        for used in uses(&text) {
            assert!(["text", "object", "verdict"].contains(&used[0]), "{module} uses {used:?}");
        }
    }
}

/// One concept a file: the doc comment says which, and nobody knows what is another's to know.
#[test]
fn files_are_small_and_say_what_they_are() {
    let only = [
        ("serde_yaml", &["text::yaml"][..]),
        ("granit_parser", &["text::goyaml::tree"]),
        ("minijinja", &["group::template"]),
        ("jsonschema", &["text::schema"]),
        ("kube_cel", &["verdict"]),
        ("miniz_oxide", &["verdict::pinned"]),
        ("promql_parser", &["products::prometheus::promql"]),
        ("chrono", &["verdict"]),
        ("annotate_snippets", &["command::report"]),
        ("signal_hook", &["command::interrupt"]),
        ("graph_layout", &["command::graph::svg"]),
        ("std::fs", &["disk"]),
        ("std::env", &["group::catalog", "disk::cache", "command"]),
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
        assert!(text.lines().count() <= 400, "{name}: {} lines; is it one concept?", text.lines().count());
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (word, homes) in only {
            let home =
                homes.iter().any(|home| name.strip_prefix(home).is_some_and(|n| n.is_empty() || n.starts_with("::")));
            assert!(home || !code.contains(&format!("{word}::")), "{name} knows {word}");
        }
        assert!(!code.contains("HashMap"), "{name}: the order of a HashMap is not ours");
    }
}

/// What the project says of itself holds everywhere: no local paths, no leftovers.
#[test]
fn texts_are_clean() {
    for folder in ["src", "groups", "shapes", "templates", "rules", "docs", "golden", "tests", "schemas", "shell"] {
        for entry in walkdir::WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_file()) {
            // Argo CD's own home, in its own image.
            let Ok(text) = fs::read_to_string(entry.path()).map(|text| text.replace("/home/argocd/", "")) else {
                continue;
            };
            for word in ["TODO", "FIXME", "XXX", "dbg!(", "/home/", "/tmp/"] {
                let allowed = entry.path().ends_with("tests/house.rs") || (word == "/tmp/" && folder != "src");
                assert!(allowed || !text.contains(word), "{}: {word}", entry.path().display());
            }
        }
    }
}

/// The table of limits has the numbers of the constants.
#[test]
fn limits_are_as_the_docs_say() {
    use gatewright::disk::read;
    use gatewright::group::{page, shapes, template};
    use gatewright::plan::size;
    use gatewright::render::{bundle, patched};
    use gatewright::text::{goyaml, kubeyaml, schema, yaml};
    use gatewright::verdict;
    let limits = [
        ("features.yaml, an overlay, a group, a config patch", yaml::MAX_BYTES),
        ("features.yaml, an overlay, a group, a config patch", goyaml::MAX_BYTES),
        ("a file of manifests or CRDs, or stdin", read::MAX_STREAM as usize),
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
        ("items of a `for` in a group", size::MAX_ITEMS),
        ("entries of a map or a list in the settings", size::MAX_ITEMS),
        ("values that the groups of a cluster make", size::MAX_VALUES),
        ("objects of a cluster", bundle::MAX_RENDERED),
        ("shapes that a settings schema takes", shapes::MAX_TAKEN),
        ("patches and operations over one object", patched::MAX_LAYERS),
        ("objects under the patches of a cluster, each patch anew", patched::MAX_PATCHED),
        ("an object that `copy` makes larger", patched::MAX_OBJECT),
        ("a page with rules", page::MAX_PAGE),
        ("a CEL rule", verdict::cel::MAX_RULE),
        ("levels of a CEL rule", verdict::cel::MAX_NESTING),
        ("steps of a CEL rule, bounded before it runs", verdict::cost::MAX_STEPS as usize),
        ("a compiled pattern (linear time, no backtracking)", verdict::pattern::MAX_SIZE),
        ("names among which the one that was meant is looked for", schema::MAX_SEARCHED),
        ("levels of a config patch, aliases expanded", goyaml::MAX_DEPTH),
        ("values of a config patch, aliases expanded", goyaml::MAX_VALUES),
    ];
    let table = fs::read_to_string("docs/limits.md").expect("docs/limits.md");
    for (what, limit) in limits {
        let row = table
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {what} | ")))
            .unwrap_or_else(|| panic!("no row: {what}"));
        let number: usize = row.chars().filter(char::is_ascii_digit).collect::<String>().parse().expect("a number");
        assert_eq!(limit, if row.contains("MiB") { number << 20 } else { number }, "{what}");
    }
}

/// The changelog is about this version, and each entry says first whether manifests change.
#[test]
fn the_changelog_says_what_changes() {
    let text = fs::read_to_string("CHANGELOG.md").expect("CHANGELOG.md");
    let newest = text.lines().find_map(|line| line.strip_prefix("## ")).expect("a version");
    assert_eq!(newest, env!("CARGO_PKG_VERSION"));
    let entries: Vec<&str> = text.split("\n- ").skip(1).collect();
    let says = |entry: &&str| {
        ["**Rendered output changed: yes", "**Rendered output changed: no.**"].iter().any(|w| entry.starts_with(w))
    };
    let first = entries.last().expect("entries");
    assert!(first.starts_with("The first catalog"), "{first}");
    let silent: Vec<&&str> = entries[..entries.len() - 1].iter().filter(|entry| !says(entry)).collect();
    assert!(silent.is_empty(), "{silent:?}");
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

/// What stands of other projects in the binary is named with its release and licence, and is of the releases that are rendered.
#[test]
fn definitions_are_named_and_of_the_pinned_releases() {
    use gatewright::products::seen;
    use gatewright::verdict::pinned;
    let table = fs::read_to_string("schemas/crds/README.md").expect("a page about them");
    let groups = ["operators", "observability"].map(|group| fs::read_to_string(format!("groups/{group}.yaml")));
    let groups = groups.map(|text| text.expect("a group")).concat();
    for release in pinned::releases() {
        let (name, version) = (release.name, &release.version);
        let row =
            format!("| {name}.jsonl | {} {version} | {} | {} |", release.product, release.licence, release.source);
        assert!(table.contains(&row), "schemas/crds/README.md lacks: {row}");
        let installed = release.installed.as_ref().map(|installed| format!("default: {}", installed.version));
        assert!(installed.is_none_or(|default| groups.contains(&default)), "{name} is of another release");
        assert!(release.kinds().count() > 0, "{name}");
    }
    let versions: Vec<&str> = pinned::releases().iter().map(|r| r.version.trim_start_matches('v')).collect();
    let seen =
        [seen::AGENTGATEWAY, seen::BARMAN, seen::CNPG, seen::ESO, seen::GATEWAY_API, seen::INFERENCE, seen::KEDA];
    assert!(seen.iter().all(|version| versions.contains(version)), "{versions:?}");
}

/// A release that facts were seen on stands in one file of src/, and it is the one that is rendered.
#[test]
fn releases_stand_in_one_place() {
    use gatewright::products::seen;
    for (release, group, before) in [
        (seen::AGENTGATEWAY, "operators", "v"),
        (seen::BARMAN, "operators", "v"),
        (seen::CERT_MANAGER, "operators", "v"),
        (seen::ESO, "operators", ""),
        (seen::GATEWAY_API, "operators", "v"),
        (seen::INFERENCE, "operators", "v"),
        (seen::KEDA, "operators", ""),
        (seen::LITELLM, "litellm", "v"),
        (seen::OTEL, "tracing", ""),
    ] {
        let file = format!("groups/{group}.yaml");
        let text = fs::read_to_string(&file).expect("a group");
        assert!(text.contains(&format!("default: {before}{release}")), "{file} renders no {release}");
        for entry in walkdir::WalkDir::new("src").into_iter().flatten().filter(|e| e.file_type().is_file()) {
            let text = fs::read_to_string(entry.path()).expect("readable");
            assert!(
                entry.path().ends_with("seen.rs") || !text.contains(release),
                "{}: {release} stands in src/products/seen.rs, and nowhere else",
                entry.path().display()
            );
        }
    }
}

//! Compiles the catalog into the binary: `groups/`, `shapes/` and `templates/` become a table of (path, text, JSON), `rules/` one of (code,
//! page, JSON of each rule). The JSON is the file or block once more, read here so that no run has to; it is empty where a file is no YAML (the
//! run then says why). `schemas/crds/` becomes a table of releases, and their definitions compressed one by one, so that a run unpacks those
//! that it asks for. The digest of all that decides what is rendered goes into `GATEWRIGHT_BUILD`.

#![allow(clippy::disallowed_methods, reason = "cargo tells it where things are by the environment")]

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/text/fences.rs"]
#[expect(unreachable_pub, reason = "the library's own file")]
mod fences;

fn main() {
    // A rule of ours that fails stops an unoptimised build, as `debug_assert` would: std's own of these are off (Cargo.toml).
    println!("cargo::rustc-check-cfg=cfg(unoptimized)");
    if env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimized");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let mut files = Vec::new();
    for folder in ["groups", "shapes", "templates"] {
        walk(&root.join(folder), "yaml", &mut files);
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        let text = || fs::read_to_string(&file).expect("a group file is readable");
        let json = if name.starts_with("templates/") { String::new() } else { json(&text()) };
        writeln!(table, "    ({name:?}, include_str!({file:?}), {json:?}),").expect("writing to a string");
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("catalog.rs"), table).expect("the build folder is writable");
    fs::write(out.join("pages.rs"), pages(&root.join("rules"))).expect("the build folder is writable");
    let (releases, packed) = releases(&root.join("schemas/crds"));
    fs::write(out.join("releases.rs"), releases).expect("the build folder is writable");
    fs::write(out.join("releases.bin"), packed).expect("the build folder is writable");
    println!("cargo::rustc-env=GATEWRIGHT_BUILD={:016x}", build(&root));
}

/// Two binaries with one such number render alike.
fn build(root: &Path) -> u64 {
    let mut files = vec![root.join("Cargo.lock")];
    for (folder, extension) in [
        ("src", "rs"),
        ("groups", "yaml"),
        ("shapes", "yaml"),
        ("templates", "yaml"),
        ("rules", "md"),
        ("schemas", "yaml"),
        ("schemas", "json"),
        ("schemas", "jsonl"),
    ] {
        walk(&root.join(folder), extension, &mut files);
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        hasher.write(file.strip_prefix(root).expect("below the root").as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(file).expect("a source is readable"));
    }
    hasher.finish()
}

/// A table of (name, about the release, (API group, kind, start and end of its definition)), and the definitions.
fn releases(folder: &Path) -> (String, Vec<u8>) {
    let mut files = Vec::new();
    walk(folder, "jsonl", &mut files);
    files.sort();
    let (mut table, mut packed) = (String::from("&[\n"), Vec::new());
    for file in files {
        let name = file.file_stem().expect("a file name").to_string_lossy();
        let text = fs::read_to_string(&file).expect("a release is readable");
        let (about, definitions) = text.split_once('\n').expect("a line about the release");
        writeln!(table, "    ({name:?}, {about:?}, &[").expect("writing to a string");
        for definition in definitions.lines() {
            let read: serde_json::Value = serde_json::from_str(definition).expect("schemas/crds.py writes JSON");
            let start = packed.len();
            packed.extend(miniz_oxide::deflate::compress_to_vec(definition.as_bytes(), 9));
            let (group, kind, end) = (&read["spec"]["group"], &read["spec"]["names"]["kind"], packed.len());
            writeln!(table, "        ({group}, {kind}, {start}, {end}),").expect("writing to a string");
        }
        table.push_str("    ]),\n");
    }
    (table + "]\n", packed)
}

/// A table of (code, page, its `rule` blocks as JSON), sorted by code.
fn pages(folder: &Path) -> String {
    let mut files = Vec::new();
    walk(folder, "md", &mut files);
    files.retain(|file| !file.ends_with("README.md"));
    files.sort();
    let line = |file: &PathBuf| {
        let code = file.file_stem().expect("a file name").to_string_lossy();
        let page = fs::read_to_string(file).expect("a page is readable");
        let rules = fences::blocks(&page, "rule").into_iter().map(|range| {
            let json = json(&page[range]);
            assert!(!json.is_empty(), "a rule in {} is no YAML", file.display());
            json
        });
        format!("    ({code:?}, include_str!({file:?}), &{:?}),\n", rules.collect::<Vec<_>>())
    };
    format!("&[\n{}]\n", files.iter().map(line).collect::<String>())
}

fn json(text: &str) -> String {
    let options = serde_yaml::options! { legacy_octal_numbers: true };
    let value: Result<serde_json::Value, _> = serde_yaml::from_str_with_options(text, options);
    value.map(|v| v.to_string()).unwrap_or_default()
}

fn walk(folder: &Path, extension: &str, files: &mut Vec<PathBuf>) {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, extension, files);
        } else if path.extension().is_some_and(|e| e == extension) {
            files.push(path);
        }
    }
}

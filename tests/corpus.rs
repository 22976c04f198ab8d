//! Our verdict beside that of a real API server, on the objects of a mutation corpus (tests/judges/README.md).
//!
//! `GATEWRIGHT_CORPUS` names a file of JSON lines or a folder of them, `GATEWRIGHT_CRDS` the definitions (../shared/crds).
//! Without the first the test says that it was skipped. Every disagreement goes to `target/disagreements.jsonl`.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use gatewright::text::source::Source;
use gatewright::verdict::crd::{Crds, Verdict};
use rayon::prelude::*;
use serde_json::{Value, json};

/// What became of the objects of one kind.
#[derive(Default)]
struct Count {
    /// We say what the server says of an apply.
    agree: usize,
    /// We accept what it refuses.
    lax: usize,
    /// We refuse what it accepts.
    strict: usize,
    /// We refuse what it accepts in an apply and refuses in a create.
    stricter_way: usize,
}

#[test]
fn says_what_an_api_server_says() {
    let Some(corpus) = std::env::var_os("GATEWRIGHT_CORPUS") else {
        return println!("skipped: GATEWRIGHT_CORPUS names no corpus");
    };
    let crds = std::env::var("GATEWRIGHT_CRDS").unwrap_or_else(|_| "../shared/crds".into());
    let crds = read_crds(Path::new(&crds));
    let mut counts = BTreeMap::<(String, String), Count>::new();
    let mut report = fs::File::create("target/disagreements.jsonl").expect("a report");
    for file in files(Path::new(&corpus), "jsonl") {
        let area = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).expect("a file of the corpus");
        let lines: Vec<Value> =
            text.par_lines().map(|l| serde_json::from_str(l).expect("a line of the corpus")).collect();
        let verdicts: Vec<Vec<String>> = lines.par_iter().map(|line| refusals(&crds, line)).collect();
        for (line, ours) in lines.iter().zip(verdicts) {
            let kind = line["object"]["kind"].as_str().unwrap_or("no kind").to_owned();
            let count = counts.entry((area.clone(), kind)).or_default();
            // Ours is the verdict on a server-side apply; where none could be sent, on a create.
            let created = line["accepted"].as_bool().expect("a verdict");
            let accepted = line["apply_accepted"].as_bool().unwrap_or(created);
            match (ours.is_empty(), accepted) {
                (true, false) => count.lax += 1,
                (false, true) if created => count.strict += 1,
                (false, true) => count.stricter_way += 1,
                _ => count.agree += 1,
            }
            if ours.is_empty() != accepted {
                let mut line = line.clone();
                line["ours"] = json!(ours);
                writeln!(report, "{line}").expect("a report");
            }
        }
    }
    table(&counts);
    let apart = counts.values().filter(|c| c.lax + c.strict > 0).count();
    assert!(!counts.is_empty(), "the corpus is empty");
    assert!(
        apart == 0,
        "{apart} kinds where we and the API server are not of one mind, see target/disagreements.jsonl"
    );
}

/// Everything we refuse the object of a line for.
fn refusals(crds: &Crds, line: &Value) -> Vec<String> {
    let verdict = match line.get("old") {
        Some(old) => crds.verdict_of_update(&line["object"], old),
        None => crds.verdict(&line["object"]),
    };
    match verdict {
        Verdict::NoSchema => vec!["no schema is known".into()],
        Verdict::Judged(violations) => {
            violations.iter().map(|v| format!("{} {}: {}", v.code.name(), v.pointer, v.message)).collect()
        }
    }
}

fn table(counts: &BTreeMap<(String, String), Count>) {
    println!(
        "{:<18} {:<30} {:>8} {:>8} {:>9} {:>9} {:>12}",
        "area", "kind", "objects", "agree", "we accept", "we refuse", "as in create"
    );
    let mut sum = Count::default();
    for ((area, kind), count) in counts {
        row(area, kind, count);
        sum.agree += count.agree;
        sum.lax += count.lax;
        sum.strict += count.strict;
        sum.stricter_way += count.stricter_way;
    }
    row("all", "", &sum);
}

fn row(area: &str, kind: &str, count: &Count) {
    let Count { agree, lax, strict, stricter_way } = count;
    let objects = agree + lax + strict + stricter_way;
    println!("{area:<18} {kind:<30.30} {objects:>8} {agree:>8} {lax:>9} {strict:>9} {stricter_way:>12}");
}

/// The definitions of a folder; of Gateway API the standard channel.
fn read_crds(folder: &Path) -> Crds {
    let files = files(folder, "yaml").into_iter().filter(|f| !f.iter().any(|part| part == "experimental"));
    let sources: Vec<_> =
        files.map(|f| Source::new(f.display().to_string(), fs::read_to_string(&f).expect("a definition"))).collect();
    let (crds, findings) = Crds::read(&sources, None);
    assert!(findings.is_empty(), "{findings:?}");
    crds
}

fn files(path: &Path, extension: &str) -> Vec<PathBuf> {
    let entries =
        walkdir::WalkDir::new(path).sort_by_file_name().into_iter().flatten().map(walkdir::DirEntry::into_path);
    entries.filter(|p| p.extension().is_some_and(|e| e == extension)).collect()
}

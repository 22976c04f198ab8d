//! The way from alias to model, broken at each step in copies of the golden trees: every break is found, with its code, at
//! the object that differs from the others; and untouched trees, ours and strangers', say nothing.

use std::fs;
use std::sync::Arc;

use gatewright::command::rulebook;
use gatewright::references::manifests::manifests;
use gatewright::references::world::World;
use gatewright::text::finding::Finding;
use gatewright::text::source::Source;
use rayon::prelude::*;

/// One change of a golden tree, a row of tests/chain.yaml.
#[derive(serde::Deserialize)]
struct Break {
    case: String,
    /// The end of the path of the file.
    file: String,
    /// What is replaced, once; absent: the file goes.
    from: Option<String>,
    #[serde(default)]
    to: String,
    code: String,
    object: String,
}

/// The files of a golden tree.
fn tree(case: &str) -> Vec<(String, String)> {
    let folder = format!("golden/{case}/rendered/");
    let files = walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().map(|e| e.expect("readable"));
    let files = files.filter(|e| e.file_type().is_file());
    files
        .map(|e| {
            let name = e.path().to_string_lossy().strip_prefix(&folder).expect("below it").to_owned();
            (name, fs::read_to_string(e.path()).expect("text"))
        })
        .collect()
}

/// Everything that is said about some files.
fn check(files: &[(String, String)]) -> Vec<Finding> {
    let sources: Vec<Arc<Source>> =
        files.iter().map(|(name, text)| Source::new(name.as_str(), text.as_str())).collect();
    let (clusters, mut findings) = manifests(&sources);
    findings.extend(clusters.iter().flat_map(|cluster| {
        rulebook::check(&World::of_manifests(cluster), &gatewright::verdict::crd::Crds::default())
    }));
    findings
}

fn tell(findings: &[Finding]) -> String {
    let one = |f: &Finding| {
        let object = f.about.as_ref().map_or("?", |a| a.object.as_str());
        format!("    {:?} {} at {object}: {}\n", f.severity, f.code.name(), f.message)
    };
    findings.iter().map(one).collect()
}

#[test]
fn each_break_is_found_where_it_is() {
    let text = fs::read_to_string("tests/chain.yaml").expect("the table");
    let breaks: Vec<Break> = serde_yaml::from_str(&text).expect("rows of breaks");
    assert!(breaks.len() > 80, "{}", breaks.len());
    let wrong: Vec<String> = breaks.par_iter().filter_map(unfound).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join(""));
}

/// What is said instead of what should be.
fn unfound(broken: &Break) -> Option<String> {
    let Break { case, file, from, to, code, object } = broken;
    let mut files = tree(case);
    let at = files.iter().position(|(name, _)| name.ends_with(file)).expect("the file is there");
    match from {
        None => drop(files.remove(at)),
        Some(from) => {
            assert!(files[at].1.contains(from), "{case}, {file}: no {from:?}");
            files[at].1 = files[at].1.replacen(from, to, 1);
        }
    }
    let findings = check(&files);
    let is = |f: &Finding| f.code.name() == code && f.about.as_ref().is_some_and(|a| a.object == *object);
    (!findings.iter().any(is))
        .then(|| format!("{case}, {file}: {from:?} -> {to:?}: no {code} at {object}, but\n{}", tell(&findings)))
}

#[test]
fn untouched_trees_say_nothing() {
    for case in fs::read_dir("golden").expect("the cases") {
        let case = case.expect("readable").file_name().to_string_lossy().into_owned();
        let findings = check(&tree(&case));
        assert!(findings.is_empty(), "{case}:\n{}", tell(&findings));
    }
}

/// Platforms of another make, which are right: nothing is said of them.
#[test]
fn strangers_are_left_in_peace() {
    let mut wrong = String::new();
    for file in fs::read_dir("tests/strangers").expect("the files") {
        let path = file.expect("readable").path();
        let files = [(path.to_string_lossy().into_owned(), fs::read_to_string(&path).expect("text"))];
        // Advice is welcome; an error would be wrong.
        wrong += &check(&files)
            .iter()
            .filter(|f| f.severity == gatewright::text::finding::Severity::Error)
            .map(|f| format!("{}:\n{}", path.display(), tell(std::slice::from_ref(f))))
            .collect::<String>();
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

//! The API server's verdict, offline.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use gatewright::crd::{Crds, Verdict};
use gatewright::source::Source;
use gatewright::yaml;

fn files(folder: &str) -> Vec<Arc<Source>> {
    let mut files: Vec<_> = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "yaml"))
        .map(|e| Source::new(e.path().display().to_string(), std::fs::read_to_string(e.path()).expect("readable")))
        .collect();
    files.sort();
    files
}

/// The pinned CRDs; none, visibly, where they are not there.
fn pinned() -> Option<Vec<Arc<Source>>> {
    let found = Path::new("../shared/crds").is_dir();
    if !found {
        eprintln!("skipped: ../shared/crds is not there");
    }
    found.then(|| files("../shared/crds"))
}

#[test]
fn golden_objects_are_accepted() {
    let Some(sources) = pinned() else { return };
    let start = Instant::now();
    let (crds, findings) = Crds::read(&sources, None);
    eprintln!("read in {:?}", start.elapsed());
    assert!(findings.is_empty(), "{findings:?}");
    let mut judged = 0;
    let start = Instant::now();
    for source in files("golden").into_iter().filter(|s| s.name.contains("/rendered/")) {
        for object in yaml::documents(&source).expect("golden").iter().filter(|o| o.get("kind").is_some()) {
            if let Verdict::Judged(violations) = crds.verdict(object) {
                judged += 1;
                assert!(violations.is_empty(), "{}: {violations:#?}", source.name);
            }
        }
    }
    eprintln!("{judged} judged in {:?}", start.elapsed());
    assert!(judged > 100, "{judged}");
}

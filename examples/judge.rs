//! One JSON object a line on stdin -> true or false a line, then what is wrong.
use gatewright::crd::{Crds, Verdict};
use gatewright::source::Source;
use std::io::BufRead;
fn main() {
    let sources: Vec<_> = walkdir::WalkDir::new("/work/shared/crds")
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| {
            e.path().extension().is_some_and(|x| x == "yaml")
                && !(e.path().to_string_lossy().contains("/experimental/"))
                && std::env::args().len() < 2
        })
        .map(|e| Source::new(e.path().display().to_string(), std::fs::read_to_string(e.path()).unwrap()))
        .collect();
    let (crds, _) = Crds::read(&sources, None);
    for line in std::io::stdin().lock().lines() {
        let object: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        match crds.verdict(&object) {
            Verdict::NoSchema => println!("none"),
            Verdict::Judged(v) => println!(
                "{}\t{}",
                v.is_empty(),
                v.iter()
                    .map(|v| format!("{} {} {}", v.code.name(), v.pointer, v.message))
                    .collect::<Vec<_>>()
                    .join(" || ")
            ),
        }
    }
}

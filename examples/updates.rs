use gatewright::crd::{Crds, Verdict};
use gatewright::source::Source;
use std::io::BufRead;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let sources: Vec<_> = walkdir::WalkDir::new("/work/shared/crds")
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| {
            e.path().extension().is_some_and(|x| x == "yaml")
                && !(e.path().to_string_lossy().contains("/experimental/"))
        })
        .map(|e| Source::new(e.path().display().to_string(), std::fs::read_to_string(e.path()).unwrap()))
        .collect();
    let (crds, _) = Crds::read(&sources, None);
    let (mut agree, mut n) = (0, 0);
    for line in std::io::BufReader::new(std::fs::File::open(&args[2]).unwrap()).lines() {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(accepted) = row[&args[1]].as_bool() else { continue };
        n += 1;
        if let Verdict::Judged(v) = crds.verdict_of_update(&row["object"], &row["old"]) {
            if v.is_empty() == accepted {
                agree += 1;
            } else {
                println!(
                    "{} {}\n   server: {}\n   ours: {}",
                    if accepted { "TOO STRICT" } else { "TOO LAX" },
                    row["id"],
                    row["message"].as_str().unwrap_or("").chars().take(600).collect::<String>(),
                    v.iter()
                        .map(|v| format!("{} {} {}", v.code.name(), v.pointer, v.message))
                        .collect::<Vec<_>>()
                        .join("\n      ")
                );
            }
        }
    }
    println!("{agree}/{n}");
}

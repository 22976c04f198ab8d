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
    let t = std::time::Instant::now();
    let (crds, f) = Crds::read(&sources, None);
    eprintln!("read {:?} {:?}", t.elapsed(), f);
    let (mut agree, mut n, mut none) = (0, 0, 0);
    let mut time = std::time::Duration::ZERO;
    for file in &args[2..] {
        for line in std::io::BufReader::new(std::fs::File::open(file).unwrap()).lines() {
            let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            let Some(accepted) = row[&args[1]].as_bool() else { continue };
            n += 1;
            let t = std::time::Instant::now();
            let verdict = crds.verdict(&row["object"]);
            time += t.elapsed();
            match verdict {
                Verdict::NoSchema => {
                    none += 1;
                    if accepted {
                        println!("NOSCHEMA {} {}", row["id"], row["object"]["kind"]);
                    } else {
                        agree += 1;
                    }
                }
                Verdict::Judged(v) => {
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
        }
    }
    println!("{agree}/{n} agree, {none} without schema, {time:?}");
}

//! Time and memory of whole processes: a cold render, a render without changes, and 1,000 clusters.
//! `cargo bench` runs it; numbers are for comparing two builds on one machine, not for keeping.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, process};

const RUNS: usize = 7;

fn main() {
    let root = env::temp_dir().join(format!("gatewright-bench-{}", process::id()));
    let one = root.join("one");
    let many = root.join("many");
    fs::create_dir_all(&one).expect("a temporary folder");
    fs::create_dir_all(many.join("clusters")).expect("a temporary folder");
    let features = fs::read_to_string("golden/full/features.yaml").expect("the golden case full");
    fs::write(one.join("features.yaml"), &features).expect("writable");
    fs::write(many.join("features.yaml"), &features).expect("writable");
    for n in 0..1000 {
        let overlay =
            format!("platform: {{ labels: {{ shard: s{} }} }}\nfeatures: {{ mcp: {} }}\n", n % 10, n % 2 == 0);
        fs::write(many.join(format!("clusters/c{n:04}.yaml")), overlay).expect("writable");
    }

    println!("{:<28} {:>10} {:>10} {:>12}", "", "median", "best", "peak memory");
    report("process start (--version)", &one, &["--version"], || {});
    report("one cluster, cold", &one, &["render"], || drop(fs::remove_dir_all(one.join("rendered"))));
    report("one cluster, no change", &one, &["render"], || {});
    report("one cluster, check", &one, &["check"], || {});
    report("1,000 clusters, cold", &many, &["render"], || drop(fs::remove_dir_all(many.join("rendered"))));
    report("1,000 clusters, no change", &many, &["render"], || {});
    fs::remove_dir_all(&root).expect("our own folder");
}

fn report(what: &str, folder: &Path, arguments: &[&str], before: impl Fn()) {
    let runs = if what.starts_with("1,000") { 3 } else { RUNS };
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..runs {
        before();
        let (time, peak) = run(folder, arguments);
        times.push(time);
        memory = memory.max(peak);
    }
    times.sort();
    let ms = |d: Duration| format!("{:.1} ms", d.as_secs_f64() * 1e3);
    println!("{what:<28} {:>10} {:>10} {:>8} MiB", ms(times[times.len() / 2]), ms(times[0]), memory / 1024);
}

/// Wall time, and the peak resident size in KiB as `/usr/bin/time` tells it (0 where that is not installed).
fn run(folder: &Path, arguments: &[&str]) -> (Duration, u64) {
    let program = env!("CARGO_BIN_EXE_gatewright");
    let measured = Path::new("/usr/bin/time").exists();
    let mut command = if measured { Command::new("/usr/bin/time") } else { Command::new(program) };
    if measured {
        command.args(["-f", "%M", program]);
    }
    let start = Instant::now();
    let output = command.arg("-C").arg(folder).args(arguments).output().expect("the program runs");
    let time = start.elapsed();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stderr);
    (time, said.lines().last().filter(|_| measured).and_then(|line| line.parse().ok()).unwrap_or(0))
}

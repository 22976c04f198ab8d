//! The API server's verdict: what it costs to read CRDs, and to judge objects on one core; and the whole command beside
//! kubectl-validate, where that is on PATH. Needs ../shared/crds. `cargo bench --bench check` runs it; numbers are for
//! comparing on one machine, not for keeping.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatewright::crd::{Crds, Verdict};
use gatewright::source::Source;
use gatewright::yaml;
use serde_json::Value;

const CRDS: &str = "../shared/crds";
const TREE: &str = "golden/full/rendered";
const RUNS: usize = 7;

fn main() {
    if !Path::new(CRDS).is_dir() {
        println!("skipped: {CRDS} is not there");
        return;
    }
    let crds = sources(CRDS);
    let objects: Vec<Value> = sources(TREE)
        .iter()
        .flat_map(|source| yaml::documents(source).expect("a golden tree"))
        .filter(|object| object.get("kind").is_some())
        .collect();
    let text = |object: &Value, key: &str| object[key].as_str().unwrap_or_default().to_owned();
    let group =
        |object: &Value| text(object, "apiVersion").split_once('/').map_or(String::new(), |(g, _)| g.to_owned());
    let wanted: BTreeSet<(String, String)> = objects.iter().map(|o| (group(o), text(o, "kind"))).collect();

    report("read the CRDs in use", || drop(Crds::read(&crds, Some(&wanted))));
    report("read all CRDs", || drop(Crds::read(&crds, None)));
    report("read and judge, cold", || judge(&Crds::read(&crds, Some(&wanted)).0, &objects));
    let (warm, _) = Crds::read(&crds, Some(&wanted));
    judge(&warm, &objects);
    let best = report("judge, schemas and rules compiled", || judge(&warm, &objects));
    println!("{} objects, {:.0} a second on one core", objects.len(), objects.len() as f64 / best.as_secs_f64());

    let ours = report("gatewright check, whole process", || {
        run(env!("CARGO_BIN_EXE_gatewright"), &["check", "--manifests", TREE, "--crds", CRDS]);
    });
    let folders = ["agentgateway/v1.2.1", "argocd/v3.4.4", "cnpg/v1.29.1", "eso/v2.6.0", "gie/v1.5.0", "keda/v2.20.1"];
    let mut arguments = vec![TREE.to_owned()];
    for folder in folders.iter().chain(&["cnpg/plugin-barman-cloud-v0.13.0", "gateway-api/v1.5.1/standard"]) {
        arguments.extend(["--local-crds".to_owned(), format!("{CRDS}/{folder}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if Command::new("kubectl-validate").arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("kubectl-validate is not on PATH");
        return;
    }
    let theirs = report("kubectl-validate, whole process", || run("kubectl-validate", &arguments));
    println!("{:.0} times as fast", theirs.as_secs_f64() / ours.as_secs_f64());
}

fn sources(folder: &str) -> Vec<Arc<Source>> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    files
        .filter(|entry| entry.path().extension().is_some_and(|x| x == "yaml"))
        .map(|entry| {
            Source::new(entry.path().display().to_string(), std::fs::read_to_string(entry.path()).expect("readable"))
        })
        .collect()
}

fn judge(crds: &Crds, objects: &[Value]) {
    for object in objects {
        match crds.verdict(object) {
            Verdict::Judged(violations) => assert!(violations.is_empty(), "{violations:?}"),
            Verdict::NoSchema => panic!("no schema for {}", object["kind"]),
        }
    }
}

fn run(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).env("KUBECONFIG", "/dev/null").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().expect("the program runs");
}

/// The best of some runs.
fn report(what: &str, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    println!("{what:<36} median {:>10}   best {:>10}", ms(times[RUNS / 2]), ms(times[0]));
    times[0]
}

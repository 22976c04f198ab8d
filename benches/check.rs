//! The API server's verdict: what it costs to read CRDs, and to judge objects on one core; and the whole command beside
//! kubectl-validate and kubeconform, where these are on PATH. Needs ../shared/crds. `cargo bench --bench check` runs it; numbers are for
//! comparing on one machine, not for keeping.

#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::verdict::crd::{Crds, Verdict};
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
        .flat_map(|source| kubeyaml::values(source).expect("a golden tree"))
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
    for (program, arguments) in [("kubectl-validate", kubectl_validate()), ("kubeconform", kubeconform(&crds))] {
        let there = Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
        if !there {
            println!("{program} is not on PATH");
            continue;
        }
        let theirs = report(&format!("{program}, whole process"), || run(program, &arguments));
        println!("{:.1} times as fast", theirs.as_secs_f64() / ours.as_secs_f64());
    }
}

/// With the folders of the versions that the catalog pins.
fn kubectl_validate() -> Vec<String> {
    let folders = ["agentgateway/v1.2.1", "argocd/v3.4.4", "cnpg/v1.29.1", "eso/v2.6.0", "gie/v1.5.0", "keda/v2.20.1"];
    let folders = folders.iter().chain(&["cnpg/plugin-barman-cloud-v0.13.0", "gateway-api/v1.5.1/standard"]);
    let options = folders.flat_map(|folder| ["--local-crds".to_owned(), format!("{CRDS}/{folder}")]);
    [TREE.to_owned()].into_iter().chain(options).collect()
}

/// It knows no CEL. It takes one JSON Schema per kind, written here beforehand; built-in kinds, whose schemas it would fetch,
/// it may pass over.
fn kubeconform(crds: &[Arc<Source>]) -> Vec<String> {
    let folder = format!("{}/schemas", env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    for crd in crds.iter().flat_map(|source| kubeyaml::values(source).expect("a CRD")) {
        for version in crd["spec"]["versions"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
            let (group, kind) = (text(&crd["spec"]["group"]), text(&crd["spec"]["names"]["kind"]));
            let path = format!("{folder}/{group}_{kind}_{}.json", text(&version["name"]));
            std::fs::write(path, version["schema"]["openAPIV3Schema"].to_string()).expect("writable");
        }
    }
    let location = folder + "/{{.Group}}_{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";
    ["-ignore-missing-schemas", "-schema-location", &location, TREE].map(str::to_owned).to_vec()
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

fn run(program: &str, arguments: &[impl AsRef<std::ffi::OsStr>]) {
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

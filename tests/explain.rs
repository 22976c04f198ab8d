//! `explain`: files, lines, objects and settings; and that the causes it names are causes.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::review::flips::{put, with_root};
use gatewright::command::revision::Revision;
use gatewright::command::{explain_follows, explain_line};
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::render::manifest::Placed;
use gatewright::render::trace;
use gatewright::text::source::Source;
use gatewright::text::yaml::{self, Kind, Node};
use rayon::prelude::*;
use serde_json::{Value, json};

fn gatewright(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.current_dir(folder).args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// A platform with a patch, rendered.
fn platform(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("patches")).expect("writable");
    let features = "platform: { name: ai-dev, argocd: { repoURL: https://git.example.com/p.git } }\nfeatures:\n  tracing: true\n\
                    settings:\n  litellm:\n    provider: manifests\n    replicas: 2\n";
    fs::write(folder.join("features.yaml"), features).expect("writable");
    let patch =
        "apiVersion: v1\nkind: Service\nmetadata: { name: litellm, namespace: litellm, annotations: { a: b } }\n";
    fs::write(folder.join("patches/a.yaml"), patch).expect("writable");
    let (code, _, err) = gatewright(&folder, &["render"]);
    assert_eq!(code, 0, "{err}");
    folder
}

#[test]
fn a_topic_is_explained_where_it_is_asked_for() {
    let folder = platform("explain");
    let explain = |from: &str, topic: &[&str]| gatewright(&folder.join(from), &[&["explain"], topic].concat());
    let deployment = fs::read_to_string(folder.join("rendered/ai-dev/litellm/deployment-litellm.yaml")).expect("text");
    let line = deployment.lines().position(|line| line == "  replicas: 2").expect("replicas") + 1;
    let service = fs::read_to_string(folder.join("rendered/ai-dev/litellm/service-litellm.yaml")).expect("text");
    let patched = service.lines().position(|line| line.trim() == "a: b").expect("the patch") + 1;
    for (from, topic, said) in [
        (
            ".",
            format!("rendered/ai-dev/litellm/deployment-litellm.yaml:{line}"),
            "setting   litellm.replicas = 2 (features.yaml:7)",
        ),
        ("rendered/ai-dev/litellm", format!("deployment-litellm.yaml:{line}"), "templates/litellm/deployment.yaml:"),
        (".", format!("rendered/ai-dev/litellm/service-litellm.yaml:{patched}"), "line      patches/a.yaml:3"),
        (".", "Deployment/litellm/litellm".into(), "group     litellm: core"),
        (
            ".",
            "Deployment/tracing/otel-collector".into(),
            "group     tracing: features.yaml says true (features.yaml:3)",
        ),
        (".", "litellm.replicas".into(), "in ai-dev: 2 (features.yaml:7)"),
        (".", "features.yaml:7".into(), "read by   templates/litellm/deployment.yaml:"),
        (".", "patches/a.yaml".into(), "is over   Service litellm/litellm"),
        (".", "templates/litellm/service.yaml".into(), "makes     Service litellm/litellm"),
        (".", "features.tracing".into(), "tracing: Traces of requests from LiteLLM"),
        (".", "secret-needed".into(), "# secret-needed"),
    ] {
        let (code, out, err) = explain(from, &[&topic]);
        assert!(code == 0 && out.contains(said), "{topic}: {out}{err}");
        assert_eq!(err.contains("features.yaml is used"), from != ".", "{topic}: {err}");
    }
    for (object, said) in [
        ("HTTPRoute/claude-haiku", "it would be with `features.egress: true`"),
        ("Deployment/litellm/litellm", "it is rendered"),
        ("Deployment/litllm", "of its kind: Deployment/litellm/litellm"),
    ] {
        let (code, out, err) = explain(".", &["why-not", object]);
        assert!(code == 0 && out.contains(said), "{object}: {out}{err}");
    }
    let (code, _, err) = explain(".", &["rendered/ai-dev/other.yaml"]);
    assert!(code == 2 && err.contains("there is no `rendered/ai-dev/other.yaml` to explain"), "{err}");
    fs::write(folder.join("mine.yaml"), "a: b\n").expect("writable");
    let (code, _, err) = explain(".", &["mine.yaml"]);
    assert!(code == 2 && err.contains("check --manifests mine.yaml"), "{err}");
}

/// Another value of the same type.
fn other(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => number.as_i64().map(|number| json!(number + 1)),
        Value::Bool(truth) => Some(json!(!truth)),
        Value::String(text) => Some(json!(format!("{text}x"))),
        Value::Array(items) => {
            let last = other(items.last()?)?;
            Some(items.iter().take(items.len() - 1).cloned().chain([last]).collect())
        }
        Value::Object(map) => {
            let (key, last) = map.iter().next_back()?;
            Some(json!({ key.as_str(): other(last)? }))
        }
        Value::Null => None,
    }
}

/// The inputs of a case of golden trees.
fn inputs(case: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![case.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()) {
            let below = path.strip_prefix(case).expect("below it").to_string_lossy().replace('\\', "/");
            match path.is_dir() {
                true if below == "rendered" => {}
                true => folders.push(path),
                false => drop(files.insert(below, fs::read_to_string(&path).expect("text"))),
            }
        }
    }
    files
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> =
        fs::read_dir("golden").expect("the cases").map(|entry| entry.expect("readable").path()).collect();
    cases.sort();
    cases
}

/// So many lines of each cluster's folder are asked for.
const ASKED: usize = 25;

/// Whatever line of a golden tree is asked for: something of the inputs or the catalog is named that makes it.
#[test]
fn every_line_of_a_golden_tree_has_a_cause() {
    let (mut asked, mut without) = (0, Vec::new());
    for case in cases() {
        let revision = Revision::new(inputs(&case));
        let catalog = Catalog::new(&revision.catalog_files).expect("the catalog");
        for cluster in revision.clusters("features.yaml", &catalog).expect("sound").expect("there") {
            let rendered = pipeline::render(&catalog, &cluster, &Memo::default()).expect("it renders");
            let lines: Vec<(String, usize)> = rendered
                .tree()
                .iter()
                .flat_map(|(path, text)| {
                    (1..=text.lines().count())
                        .map(|line| (format!("{}/{path}", cluster.name), line))
                        .collect::<Vec<_>>()
                })
                .collect();
            let first = asked % 7;
            for (path, line) in lines.iter().skip(first).step_by(lines.len() / ASKED) {
                asked += 1;
                let said = explain_line::file(&rendered, path, Some(*line));
                let said = said.or_else(|| explain_follows::file(&rendered, path, Some(*line))).unwrap_or_default();
                let causes = ["  line      ", "  patch     ", "  platform  ", "  group     "];
                if !causes.iter().any(|cause| said.contains(cause)) {
                    without.push(format!("{}: {path}:{line}: {said}", case.display()));
                }
            }
        }
    }
    assert!(without.is_empty() && asked >= 700, "{asked} asked; {}", without.join("\n"));
}

/// A line written otherwise: another word, or another key where nothing stands behind it. None where it is more than that.
fn otherwise(line: &str) -> Option<String> {
    let (before, end) = match line.trim_end() {
        line if line.ends_with("}}") => (line.rsplit_once("{{")?.0, ""),
        line if line.ends_with(['"', '\'']) => line.split_at(line.len() - 1),
        line if line.ends_with(':') => line.split_at(line.len() - 1),
        line if line.ends_with(|c: char| c.is_alphanumeric()) => (line, ""),
        _ => return None,
    };
    (!before.trim_start().starts_with('#')).then(|| format!("{before}x{end}"))
}

/// What becomes of a line when one that its causes name is written otherwise: whether it is another one; none where it does not render.
fn flipped(files: &BTreeMap<String, String>, cluster: &str, path: &str, line: &str) -> Option<bool> {
    let revision = Revision::new(files.clone());
    let catalog = Catalog::new(&revision.catalog_files).ok()?;
    let clusters = revision.clusters("features.yaml", &catalog).ok()??;
    let rendered = pipeline::render(&catalog, clusters.iter().find(|c| c.name == cluster)?, &Memo::default()).ok()?;
    let same = |text: &str| text.lines().filter(|other| *other == line).count();
    let before = fs::read_to_string(path).expect("a golden file");
    let tree = rendered.tree();
    let now = tree.get(path.split_once(&format!("/{cluster}/"))?.1);
    Some(now.is_none_or(|now| same(now) < same(&before)))
}

/// In every golden tree, those with patches, charts and several clusters too: a line that is named as a cause is written otherwise, and
/// the line that it makes is another. `FLIPS` asks for more of them.
#[test]
fn a_line_that_is_named_makes_its_line() {
    let flips: usize = env::var("FLIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let one = |(n, case): (usize, PathBuf)| {
        let files = inputs(&case);
        let revision = Revision::new(files.clone());
        let catalog = Catalog::new(&revision.catalog_files).expect("the catalog");
        let clusters = revision.clusters("features.yaml", &catalog).expect("sound").expect("there");
        let cluster = &clusters[n % clusters.len()];
        let rendered = pipeline::render(&catalog, cluster, &Memo::default()).expect("it renders");
        let tree = rendered.tree();
        let objects = tree.iter().filter(|(path, _)| path.contains('/'));
        let lines = objects.flat_map(|(path, text)| text.lines().enumerate().skip(1).map(move |line| (path, line)));
        // The head of a list or a map is told by what fills it, which is not always what writes it.
        let lines: Vec<_> = lines.filter(|(_, (_, line))| !line.ends_with(':')).collect();
        let (mut told, mut made) = (Vec::new(), 0);
        for (path, (at, line)) in lines.iter().skip(n * 7).step_by(lines.len() / flips) {
            let said = explain_line::file(&rendered, &format!("{}/{path}", cluster.name), Some(at + 1));
            let said = said.unwrap_or_default();
            let place = |row: &str| {
                let (place, _) = row.strip_prefix("  line      ")?.split_once("  ")?;
                let (file, line) = place.rsplit_once(':')?;
                Some((file.to_owned(), line.parse::<usize>().ok()?))
            };
            let Some((file, number)) = said.lines().filter_map(place).next_back() else { continue };
            let text =
                files.get(&file).cloned().or_else(|| fs::read_to_string(&file).ok()).expect("a file that is there");
            let mut all: Vec<String> = text.lines().map(str::to_owned).collect();
            let Some(other) = otherwise(&all[number - 1]) else { continue };
            all[number - 1] = other;
            let files = files.clone().into_iter().chain([(file.clone(), all.join("\n") + "\n")]).collect();
            let golden = format!("{}/rendered/{}/{path}", case.display(), cluster.name);
            match flipped(&files, &cluster.name, &golden, line) {
                Some(true) => made += 1,
                Some(false) => told.push(format!("{golden}:{}: `{line}` is not made by {file}:{number}", at + 1)),
                // What does not render for it needs the line as it is.
                None => {}
            }
        }
        (made, told)
    };
    let done: Vec<(usize, Vec<String>)> =
        cases().into_iter().enumerate().collect::<Vec<_>>().into_par_iter().map(one).collect();
    let made: usize = done.iter().map(|(made, _)| made).sum();
    let wrong: Vec<String> = done.into_iter().flat_map(|(_, told)| told).collect();
    println!("{made} lines made");
    assert!(wrong.is_empty() && made >= 20, "{made} made; {}", wrong.join("\n"));
}

/// Every so manieth line is tried.
const STEP: usize = 3;

/// A setting that a line's causes name is one: with another value the object is another one at that line.
#[test]
fn a_cause_that_is_flipped_changes_its_line() {
    let read = |case: &str| fs::read_to_string(format!("golden/{case}/features.yaml")).expect("a case");
    let catalog = Catalog::new(&BTreeMap::new()).expect("the catalog");
    let (mut flipped, mut same) = (0, Vec::new());
    for case in ["full", "mcp"] {
        let revision = Revision::new(BTreeMap::from([("features.yaml".to_owned(), read(case))]));
        let clusters = revision.clusters("features.yaml", &catalog).expect("sound").expect("there");
        let memo = Memo::default();
        let rendered = pipeline::render(&catalog, &clusters[0], &memo).expect("it renders");
        let one = |placed: &Placed| {
            let name = format!("{}/{}", rendered.plan.cluster, placed.path);
            let node = yaml::nodes(&Source::new(name, &*placed.manifest.text)).expect("YAML").remove(0);
            let leaf = |(pointer, leaf): (String, &Node)| {
                let trail = trace::trail(&rendered.plan, &rendered.bundle, &leaf.place).unwrap_or_default();
                // The line itself, and nothing else in it.
                let cause = trail.first().filter(|cause| cause.names.len() == 1 && trail.len() == 1)?;
                let path = cause.names.first()?.strip_prefix("settings.")?;
                let scope = rendered.plan.scopes[cause.group.as_str()].value();
                let value = scope.pointer(&format!("/settings/{}", path.replace('.', "/"))).and_then(other)?;
                let steps: Vec<&str> = ["settings", &cause.group].into_iter().chain(path.split('.')).collect();
                let changed = changed(&catalog, &rendered, &steps, &value, placed, &pointer)?;
                Some((changed, format!("{case}: {}{pointer} by {}.{path}", placed.path, cause.group)))
            };
            leaves(&node).into_iter().step_by(STEP).filter_map(leaf).collect::<Vec<_>>()
        };
        let manifests: Vec<&Placed> = rendered.bundle.manifests.values().collect();
        for (changed, line) in manifests.into_par_iter().flat_map_iter(one).collect::<Vec<_>>() {
            if changed { flipped += 1 } else { same.push(line) }
        }
    }
    println!("{flipped} lines changed");
    assert!(same.is_empty() && flipped >= 10, "{flipped} changed; not: {same:?}");
}

/// Whether the line is another one with another value; none where it does not render.
fn changed(
    catalog: &Catalog,
    rendered: &Rendered<'_>,
    steps: &[&str],
    value: &Value,
    placed: &Placed,
    pointer: &str,
) -> Option<bool> {
    let value = yaml::read(&Source::new("other", value.to_string())).ok()?;
    let root = put(&rendered.cluster.written, steps, Some(&value));
    let cluster = with_root(rendered.cluster, &root, catalog, None)?;
    let after = pipeline::render(catalog, &cluster, &Memo::default()).ok()?;
    let now = after.bundle.manifests.get(&placed.manifest.identity).map(|placed| &placed.manifest.value);
    Some(now.and_then(|now| now.pointer(pointer)) != placed.manifest.value.pointer(pointer))
}

/// The scalars of a value with their pointers.
fn leaves(node: &Node) -> Vec<(String, &Node)> {
    let below = |key: &str, node| {
        leaves(node).into_iter().map(|(rest, leaf)| (format!("/{key}{rest}"), leaf)).collect::<Vec<_>>()
    };
    match &node.kind {
        Kind::Map(entries) => {
            entries.iter().flat_map(|e| below(&e.key.replace('~', "~0").replace('/', "~1"), &e.value)).collect()
        }
        Kind::List(items) => items.iter().enumerate().flat_map(|(i, item)| below(&i.to_string(), item)).collect(),
        _ => vec![(String::new(), node)],
    }
}

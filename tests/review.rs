//! `diff`: the pages of its codes, and changes as people make them, each with what must be said of it.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::{env, fs};

use gatewright::command::causes::Inputs;
use gatewright::command::pipeline;
use gatewright::command::review::objects::{changes, things};
use gatewright::command::review::risk::{
    self,
    sight::{Risk, Sight, State},
};
use gatewright::command::review::told::{Review, Seen};
use gatewright::command::revision::Revision;
use gatewright::command::seen::seen;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::object::object::Identity;
use gatewright::plan::features::Cluster;
use gatewright::render::tree::Tree;
use gatewright::text::fences::blocks;
use gatewright::text::kubeyaml;
use gatewright::text::merge::merge_patch;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::Crds;
use rayon::prelude::*;
use serde_json::{Value, json};

/// Objects as files of a cluster: Applications in their folder, all others in one.
fn tree(objects: &str) -> Tree {
    let values = kubeyaml::values(&Source::new("page", objects)).expect("YAML");
    let file = |value: Value| {
        let id = Identity::of(&value).expect("an object");
        let folder = if id.kind == "Application" { "argocd" } else { "part" };
        (format!("{folder}/{}-{}.yaml", id.kind.to_lowercase(), id.name), Arc::from(yaml::emit(&value)))
    };
    values.into_iter().map(file).collect()
}

/// What may go wrong between two states, with the object.
fn risks(was: &Tree, is: &Tree) -> Vec<(String, Risk)> {
    let (before, now) = (things(was, is), things(is, was));
    let sides = (State { tree: was, things: &before, existing: &[] }, State { tree: is, things: &now, existing: &[] });
    let one = |change| {
        let found = risk::risks(&Sight::new(&change, sides.0, sides.1));
        found.into_iter().map(move |risk| (change.identity.to_string(), risk)).collect::<Vec<_>>()
    };
    changes(&before, &now).into_iter().flat_map(one).collect()
}

/// Pages of codes that `diff` alone tells.
fn pages() -> Vec<(String, String)> {
    let entries = fs::read_dir("rules").expect("the pages").map(|entry| entry.expect("readable").path());
    let read = entries.map(|path| {
        let code = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (code, fs::read_to_string(&path).expect("text"))
    });
    let mut pages: Vec<_> = read.filter(|(_, page)| !blocks(page, "yaml was").is_empty()).collect();
    pages.sort();
    pages
}

#[test]
fn every_page_has_a_change_that_earns_it_and_one_that_does_not() {
    let mut wrong = Vec::new();
    let pages = pages();
    assert!(pages.len() >= 23, "{}", pages.len());
    for (code, page) in pages {
        let block = |info: &str| {
            let range = blocks(&page, info).into_iter().next().unwrap_or_else(|| panic!("{code}: no block {info}"));
            (page[range.clone()].to_owned(), range)
        };
        let (was, is, harmless) =
            (tree(&block("yaml was").0), tree(&block("yaml is").0), tree(&block("yaml harmless").0));
        let found = risks(&was, &is);
        let earned = |found: &[(String, Risk)]| found.iter().any(|(_, risk)| risk.code.name() == code);
        if !earned(&found) || earned(&risks(&was, &harmless)) {
            wrong.push(format!("{code}: {found:?}, harmless: {:?}", risks(&was, &harmless)));
        }
        let line = |(object, risk): &(String, Risk)| {
            let field = if risk.field.is_empty() { String::new() } else { format!("{}: ", risk.field) };
            format!("{}: {object}: {field}{}\n  = {}\n", risk.code.name(), risk.message, risk.help)
        };
        let said: String = found.iter().map(line).collect();
        let (text, range) = block("text");
        if text != said && env::var_os("UPDATE_GOLDEN").is_some() {
            let page = format!("{}{said}{}", &page[..range.start], &page[range.end..]);
            fs::write(format!("rules/{code}.md"), page).expect("writable");
        } else if text != said {
            wrong.push(format!("{code}: the page does not show what is said:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn many_objects_are_a_third_of_a_cluster_and_no_few() {
    assert!(risk::many(25, 60).is_some() && risk::many(24, 24).is_none() && risk::many(30, 120).is_none());
}

/// A working folder in memory, its catalog and its clusters.
struct Platform {
    revision: Revision,
    made_of: Arc<(Catalog, Memo)>,
    clusters: Vec<Cluster>,
    several: bool,
}

/// The catalog of those that bring nothing of their own.
static OURS: LazyLock<Arc<(Catalog, Memo)>> = LazyLock::new(|| Arc::new(catalog(&BTreeMap::new())));

fn catalog(files: &BTreeMap<String, String>) -> (Catalog, Memo) {
    (Catalog::new(files).expect("a catalog"), Memo::default())
}

impl Platform {
    fn new(features: &Value, files: &BTreeMap<String, String>) -> Self {
        let mut all = files.clone();
        all.insert("features.yaml".into(), yaml::emit(features));
        let several = all.keys().any(|path| path.starts_with("clusters/"));
        let revision = Revision::new(all);
        let made_of = match revision.catalog_files.is_empty() {
            true => OURS.clone(),
            false => Arc::new(catalog(&revision.catalog_files)),
        };
        let clusters = revision.clusters("features.yaml", &made_of.0).expect("sound inputs").expect("features.yaml");
        Self { revision, made_of, clusters, several }
    }

    fn inputs<'a>(&'a self, cluster: &'a Cluster) -> Inputs<'a> {
        let stem = self.several.then_some(cluster.name.as_str());
        Inputs { cluster, files: &self.revision.catalog_files, catalog: &self.made_of.0, stem, memo: &self.made_of.1 }
    }
}

fn review(was: &Platform, is: &Platform) -> Review {
    let one = |cluster: &Cluster| -> Seen {
        let before = was.clusters.iter().find(|c| c.name == cluster.name).expect("the same clusters");
        let old = pipeline::render(&was.made_of.0, before, &was.made_of.1).expect("it renders").tree();
        let rendered = match pipeline::render(&is.made_of.0, cluster, &is.made_of.1) {
            Ok(rendered) => rendered,
            Err(findings) => {
                let refused = findings.into_iter().map(|f| format!("it does not render: {}", f.message)).collect();
                return Seen { cluster: cluster.name.clone(), refused, ..Seen::default() };
            }
        };
        let new = rendered.tree();
        let then = Some(was.inputs(before));
        let folder = format!("rendered/{}", cluster.name);
        seen(&folder, (&old, then), (&new, is.inputs(cluster), &rendered), &Crds::default()).0
    };
    Review::new(is.clusters.iter().map(one).collect())
}

fn files(case: &Value, side: &str, onto: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut files = onto.clone();
    for (path, text) in case["files"][side].as_object().into_iter().flatten() {
        match text {
            Value::Null => drop(files.remove(path)),
            text => drop(files.insert(path.clone(), text.as_str().expect("a text").to_owned())),
        }
    }
    files
}

#[test]
fn risky_changes_are_named_and_harmless_ones_are_not() {
    let text = fs::read_to_string("tests/review.yaml").expect("the cases");
    let cases = kubeyaml::values(&Source::new("tests/review.yaml", text)).expect("YAML").remove(0);
    let one = |case: &Value| -> (bool, Vec<String>) {
        let mut wrong = Vec::new();
        let laid = |base: &Value, part: &str| {
            let mut features = base.clone();
            merge_patch(&mut features, case.get(part).unwrap_or(&json!({})));
            features
        };
        let before = laid(&cases["base"], "was");
        let after = laid(&before, "is");
        let was_files = files(case, "was", &BTreeMap::new());
        let is_files = files(case, "is", &was_files);
        let review = review(&Platform::new(&before, &was_files), &Platform::new(&after, &is_files));
        let told: BTreeSet<&str> =
            review.told.iter().flat_map(|told| &told.known.risks).map(|risk| risk.code.name()).collect();
        let wanted: BTreeSet<&str> =
            case["earns"].as_array().expect("codes").iter().filter_map(Value::as_str).collect();
        let (name, verdict) = (&case["change"], review.verdict().word());
        let missed = !wanted.is_subset(&told);
        let other = case["verdict"].as_str().is_some_and(|wanted| wanted != verdict);
        if missed || other || (wanted.is_empty() && (!told.is_empty() || verdict == "refused")) {
            wrong.push(format!("{name}: {verdict}: {told:?}, wanted {wanted:?}; {:?}", review.refused));
        }
        for told in review.told.iter().filter(|told| told.known.causes.is_empty()) {
            wrong.push(format!("{name}: {} has no cause", told.object));
        }
        (wanted.is_empty(), wrong)
    };
    let (harmless, wrong): (Vec<bool>, Vec<Vec<String>>) =
        cases["changes"].as_array().expect("changes").par_iter().map(one).unzip();
    let (wrong, harmless) = (wrong.concat(), harmless.iter().filter(|harmless| **harmless).count());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(harmless >= 20, "{harmless} harmless changes");
}

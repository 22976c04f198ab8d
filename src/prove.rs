//! Every combination of features, providers and profiles, rendered and checked; a failure shrunk to the smallest set that
//! shows it. Knows no group by name: what can be chosen comes from the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::crd::Crds;
use crate::digest;
use crate::features::Inputs;
use crate::finding::Finding;
use crate::pipeline;
use crate::render::Memo;
use crate::source::Source;
use crate::yaml;

/// One choice of everything that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Set {
    /// Flags that are `true`; the others are absent.
    pub flags: BTreeSet<String>,
    /// Provider of each group that has providers.
    pub providers: BTreeMap<String, String>,
    /// The profile.
    pub profile: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Proof {
    /// How many sets were rendered and checked.
    pub sets: usize,
    /// How many different trees they made.
    pub trees: usize,
    /// How many sets failed.
    pub failed: usize,
    /// For each kind of failure the smallest set that shows it, and what is said about it.
    pub failures: Vec<(Set, Finding)>,
}

impl Set {
    /// The features.yaml of this set. Providers that need settings get the example of their group file.
    pub fn features_yaml(&self, catalog: &Catalog) -> String {
        let flags: Map<String, Value> = self.flags.iter().map(|f| (f.clone(), json!(true))).collect();
        let mut settings = Map::new();
        for (group, provider) in &self.providers {
            let example = catalog.groups[group].variants[provider].text.example.clone();
            let mut of_group = example.as_object().cloned().unwrap_or_default();
            of_group.insert("provider".into(), json!(provider));
            settings.insert(group.clone(), Value::Object(of_group));
        }
        yaml::emit(&json!({
            "platform": { "name": "proof", "profile": self.profile, "argocd": { "repoURL": "https://git.example.com/proof.git" } },
            "features": flags,
            "settings": settings,
        }))
    }

    /// In words: what differs from the defaults.
    pub fn describe(&self, catalog: &Catalog) -> String {
        let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
        let mut words = vec![format!("profile {}", self.profile), format!("features [{}]", flags.join(", "))];
        let chosen = self.providers.iter().filter(|(g, p)| catalog.groups[*g].provider.as_ref() != Some(p));
        words.extend(chosen.map(|(group, provider)| format!("{group} {provider}")));
        words.join(", ")
    }
}

/// All sets of a catalog, in a fixed order.
pub fn sets(catalog: &Catalog) -> Vec<Set> {
    let profiles = catalog.platform.json["properties"]["profile"]["enum"].as_array().into_iter().flatten();
    let start = profiles.filter_map(Value::as_str).map(|profile| Set {
        flags: BTreeSet::new(),
        providers: BTreeMap::new(),
        profile: profile.to_owned(),
    });
    let mut sets: Vec<Set> = start.collect();
    for feature in catalog.features().keys() {
        let with = |set: &Set| Set {
            flags: set.flags.iter().cloned().chain([(*feature).to_owned()]).collect(),
            ..set.clone()
        };
        sets = sets.iter().flat_map(|set| [set.clone(), with(set)]).collect();
    }
    for group in catalog.groups.values().filter(|g| !g.variants.contains_key("")) {
        let with = |set: &Set, provider: &String| {
            let mut set = set.clone();
            set.providers.insert(group.name.clone(), provider.clone());
            set
        };
        sets = sets.iter().flat_map(|set| group.variants.keys().map(|p| with(set, p))).collect();
    }
    sets
}

/// Renders and checks every set; `progress` is told how many are done.
pub fn prove(catalog: &Catalog, sets: &[Set], progress: impl Fn(usize) + Sync) -> Proof {
    let memo = Memo::default();
    let done = AtomicUsize::new(0);
    let results: Vec<Result<String, Vec<Finding>>> = sets
        .par_iter()
        .map(|set| {
            let result = judge(catalog, set, &memo);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            result
        })
        .collect();
    let trees: BTreeSet<&String> = results.iter().flatten().collect();
    let mut smallest: BTreeMap<(&str, String), (Set, Finding)> = BTreeMap::new();
    let failed = sets.iter().zip(&results).filter_map(|(set, result)| Some((set, result.as_ref().err()?)));
    let failed: Vec<(&Set, &Vec<Finding>)> = failed.collect();
    for (set, findings) in &failed {
        for finding in findings.iter() {
            let kind = (finding.code.name(), finding.message.clone());
            smallest.entry(kind).or_insert_with(|| (shrink(catalog, set, finding, &memo), finding.clone()));
        }
    }
    Proof { sets: sets.len(), trees: trees.len(), failed: failed.len(), failures: smallest.into_values().collect() }
}

/// The digest of the set's tree, or what is wrong with it.
fn judge(catalog: &Catalog, set: &Set, memo: &Memo) -> Result<String, Vec<Finding>> {
    let features = Source::new("features.yaml", set.features_yaml(catalog));
    let clusters = pipeline::read(&Inputs { features, clusters: Vec::new() }, catalog)?;
    let mut index = String::new();
    for cluster in &clusters {
        let rendered = pipeline::render(catalog, cluster, memo)?;
        let findings = rendered.findings(&Crds::default());
        if !findings.is_empty() {
            return Err(findings);
        }
        index += &rendered.tree()[crate::tree::INDEX];
    }
    Ok(digest::hex(index.as_bytes()))
}

/// Takes away flags and choices as long as the same finding stays.
fn shrink(catalog: &Catalog, set: &Set, finding: &Finding, memo: &Memo) -> Set {
    let shows = |set: &Set| {
        let findings = judge(catalog, set, memo).err().unwrap_or_default();
        findings.iter().any(|f| f.code == finding.code && f.message == finding.message)
    };
    let mut smallest = set.clone();
    for flag in &set.flags {
        let mut smaller = smallest.clone();
        smaller.flags.remove(flag);
        if shows(&smaller) {
            smallest = smaller;
        }
    }
    for group in set.providers.keys() {
        let mut plainer = smallest.clone();
        let Some(default) = &catalog.groups[group].provider else { continue };
        plainer.providers.insert(group.clone(), default.clone());
        if shows(&plainer) {
            smallest = plainer;
        }
    }
    smallest
}

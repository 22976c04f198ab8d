//! Feature sets, rendered and checked; a failure shrunk to the smallest set that shows it. Knows no group by name: what can be
//! chosen comes from the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde_json::Value;

use crate::command::bends::{self, Bends};
use crate::command::pipeline;
use crate::command::rulebook;
use crate::command::sets::Set;
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::choice;
use crate::plan::features::{Cluster, Flag, Inputs};
use crate::text::digest;
use crate::text::finding::{Finding, sorted};
use crate::text::source::{Place, Source};
use crate::text::yaml;
use crate::verdict::crd::Crds;

/// What came of it.
#[derive(Debug)]
pub struct Proof {
    /// How many sets were looked at.
    pub sets: usize,
    /// How many of them come to something else than the others: these were rendered and checked.
    pub outcomes: usize,
    /// How many different trees these made.
    pub trees: usize,
    /// How many sets failed.
    pub failed: usize,
    /// For each kind of failure the smallest set that shows it, and what is said about it.
    pub failures: Vec<(Set, Finding)>,
    /// Where the patches begin whose targets some sets lack, each with the smallest set that has its target.
    pub needs: Vec<(Place, Option<Set>)>,
}

/// What is the same for all sets.
struct Given<'a> {
    catalog: &'a Catalog,
    bends: &'a Bends,
    memo: Memo,
}

/// What a set comes to: profile and, by group that is on, its provider. Sets that come to the same give the same objects: flags
/// are seen by the choice of groups alone, and of a group that is off nothing is seen (`tests/properties.rs`).
pub type Outcome = (String, Vec<(String, String)>);

/// Renders and checks every set, those that come to the same once; `progress` is told how many are done.
pub fn prove(catalog: &Catalog, sets: &[Set], progress: impl Fn(usize) + Sync) -> Proof {
    prove_with(catalog, &Bends::default(), sets, progress)
}

/// The same with files of a user's own over each set. A set in which the target of a patch is off is tried without that patch.
pub fn prove_with(catalog: &Catalog, bends: &Bends, sets: &[Set], progress: impl Fn(usize) + Sync) -> Proof {
    prove_while(catalog, bends, sets, progress, || true)
}

/// The same; sets that come up when `goes_on` says no are left out.
pub fn prove_while(
    catalog: &Catalog,
    bends: &Bends,
    sets: &[Set],
    progress: impl Fn(usize) + Sync,
    goes_on: impl Fn() -> bool + Sync,
) -> Proof {
    let given = &Given { catalog, bends, memo: Memo::default() };
    let plain = plain_clusters(catalog, sets);
    let outcomes: Vec<Option<Outcome>> =
        sets.par_iter().map(|set| outcome_of(catalog, &cluster(&plain, set).filter(|_| goes_on())?)).collect();
    let mut same: BTreeMap<&Outcome, Vec<&Set>> = BTreeMap::new();
    // A set that comes to nothing fails by itself.
    let mut jobs: Vec<Vec<&Set>> = Vec::new();
    for (set, outcome) in sets.iter().zip(&outcomes) {
        match outcome {
            Some(outcome) => same.entry(outcome).or_default().push(set),
            None => jobs.push(vec![set]),
        }
    }
    jobs.extend(same.into_values());
    let done = AtomicUsize::new(0);
    let judged = jobs.into_par_iter().filter(|_| goes_on()).map(|sets| {
        let result = match cluster(&plain, sets[0]) {
            Some(cluster) => judge(given, cluster),
            None => judge_text(given, sets[0]),
        };
        progress(done.fetch_add(sets.len(), Ordering::Relaxed) + sets.len());
        (sets, result)
    });
    let (jobs, judged): (Vec<Vec<&Set>>, Vec<Judged>) = judged.unzip();
    let (results, without): (Vec<_>, Vec<_>) = judged.into_iter().unzip();
    let whole = |place: &Place| {
        let laid = jobs.iter().zip(&without).filter(|(_, without)| !without.contains(place));
        laid.flat_map(|(sets, _)| sets).min_by_key(|set| set.weight(catalog)).map(|set| (*set).clone())
    };
    let places: BTreeSet<&Place> = without.iter().flatten().collect();
    let needs = places.into_iter().map(|place| (place.clone(), whole(place))).collect();
    let trees: BTreeSet<&String> = results.iter().flatten().collect();
    let failed: Vec<(&Vec<&Set>, &Vec<Finding>)> =
        jobs.iter().zip(&results).filter_map(|(sets, result)| Some((sets, result.as_ref().err()?))).collect();
    let mut smallest: BTreeMap<(&str, String), (Set, Finding)> = BTreeMap::new();
    for (sets, findings) in &failed {
        for finding in findings.iter() {
            let kind = (finding.code.name(), finding.message.clone());
            smallest.entry(kind).or_insert_with(|| shrink(given, sets[0], finding));
        }
    }
    Proof {
        sets: jobs.iter().map(Vec::len).sum(),
        outcomes: jobs.len(),
        trees: trees.len(),
        failed: failed.iter().map(|(sets, _)| sets.len()).sum(),
        failures: smallest.into_values().collect(),
        needs,
    }
}

/// The cluster that the features.yaml of a set describes.
fn read(catalog: &Catalog, set: &Set) -> Result<Cluster, Vec<Finding>> {
    let features = Source::new("features.yaml", set.features_yaml(catalog));
    let clusters = pipeline::read(&Inputs { features, clusters: Vec::new() }, catalog)?;
    Ok(clusters.into_iter().next().expect("a features.yaml without overlays is one cluster"))
}

/// Without flags there are few sets: each is read once. Those that can't be read are left out.
fn plain_clusters(catalog: &Catalog, sets: &[Set]) -> BTreeMap<Set, Cluster> {
    let plain: BTreeSet<Set> = sets.iter().map(without_flags).collect();
    plain.into_par_iter().filter_map(|set| read(catalog, &set).ok().map(|cluster| (set, cluster))).collect()
}

fn without_flags(set: &Set) -> Set {
    Set { flags: BTreeSet::new(), ..set.clone() }
}

/// The cluster of a set, made from the one without flags.
fn cluster(plain: &BTreeMap<Set, Cluster>, set: &Set) -> Option<Cluster> {
    let mut cluster = plain.get(&without_flags(set))?.clone();
    let flag = Flag { on: true, place: cluster.place.clone() };
    cluster.flags.extend(set.flags.iter().map(|name| (name.clone(), flag.clone())));
    Some(cluster)
}

/// What a set comes to; none when it can't be read or its groups do not fit together.
pub fn outcome(catalog: &Catalog, set: &Set) -> Option<Outcome> {
    outcome_of(catalog, &read(catalog, set).ok()?)
}

fn outcome_of(catalog: &Catalog, cluster: &Cluster) -> Option<Outcome> {
    let (choices, findings) = choice::choose(catalog, cluster);
    let on = choices.values().filter(|c| c.on).map(|c| (c.group.name.clone(), c.provider.to_owned()));
    let profile = cluster.platform["profile"].as_str().unwrap_or_default();
    findings.is_empty().then(|| (profile.to_owned(), on.collect()))
}

/// The digest of a cluster's objects, or what is wrong with them; and the patches that it lacks the targets of.
type Judged = (Result<String, Vec<Finding>>, BTreeSet<Place>);

fn judge(given: &Given<'_>, mut cluster: Cluster) -> Judged {
    cluster.manifests = examples(given.catalog, &cluster);
    let mut without = BTreeSet::new();
    loop {
        let cluster = given.bends.over(cluster.clone(), &without);
        match (judge_one(given, &cluster), without.len()) {
            (Err(findings), before) => {
                without.extend(bends::without_target(&findings));
                if without.len() == before {
                    return (Err(findings), without);
                }
            }
            (result, _) => return (result, without),
        }
    }
}

fn judge_one(given: &Given<'_>, cluster: &Cluster) -> Result<String, Vec<Finding>> {
    let rendered = pipeline::render(given.catalog, cluster, &given.memo)?;
    let findings = rulebook::check_rendered(&rendered.plan, &rendered.bundle, &Crds::default());
    let findings = given.bends.failures(findings);
    if !findings.is_empty() {
        return Err(sorted(findings));
    }
    let mut digests = String::new();
    for placed in rendered.bundle.manifests.values() {
        digests.extend([placed.path.as_str(), &placed.manifest.digest, "\n"]);
    }
    Ok(digest::hex(digests.as_bytes()))
}

fn judge_text(given: &Given<'_>, set: &Set) -> Judged {
    match read(given.catalog, set) {
        Ok(cluster) => judge(given, cluster),
        Err(findings) => (Err(findings), BTreeSet::new()),
    }
}

/// The example manifests of the groups that are on.
pub fn examples(catalog: &Catalog, cluster: &Cluster) -> Vec<Arc<Source>> {
    let (choices, _) = choice::choose(catalog, cluster);
    let texts = choices.values().filter(|c| c.on).filter_map(|c| c.variant().text.agentic.as_ref());
    let one = |object: &Value| format!("---\n{}", yaml::emit(object));
    texts.map(|t| Source::new("gateways/example.yaml", t.example.iter().map(one).collect::<String>())).collect()
}

/// The smallest set that shows the same finding, and the finding in that set with its place in the inputs.
fn shrink(given: &Given<'_>, set: &Set, finding: &Finding) -> (Set, Finding) {
    let shows = |set: &Set| {
        let findings = judge_text(given, set).0.err().unwrap_or_default();
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
        let Some(default) = &given.catalog.groups[group].provider else { continue };
        plainer.providers.insert(group.clone(), default.clone());
        if shows(&plainer) {
            smallest = plainer;
        }
    }
    let finding = traced(given, &smallest, finding).unwrap_or_else(|| finding.clone());
    (smallest, finding)
}

/// A finding of a set at the place that causes it.
fn traced(given: &Given<'_>, set: &Set, finding: &Finding) -> Option<Finding> {
    let (_, without) = judge_text(given, set);
    let mut cluster = read(given.catalog, set).ok()?;
    cluster.manifests = examples(given.catalog, &cluster);
    let cluster = given.bends.over(cluster, &without);
    let rendered = pipeline::render(given.catalog, &cluster, &given.memo).ok()?;
    let mut findings = rendered.findings(&Crds::default()).into_iter();
    findings.find(|f| f.code == finding.code && f.message == finding.message)
}

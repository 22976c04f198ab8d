//! A working folder -> its clusters, each with the manifests that its groups ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::command::pipeline;
use crate::disk::read::{self, Failure};
use crate::group::catalog::Catalog;
use crate::plan::features::Cluster;
use crate::plan::own;
use crate::plan::resolve;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::schema::did_you_mean;
use crate::text::source::{Place, Source};

/// The clusters of a folder, each with the manifests that its groups ask for.
///
/// # Errors
/// As [`read::inputs`]; every mistake in features.yaml and its overlays; manifests that are unreadable.
pub fn clusters(folder: &Path, features: &Path, catalog: &Catalog) -> Result<Vec<Cluster>, Failure> {
    let mut clusters = pipeline::read(&read::inputs(folder, features)?, catalog).map_err(Failure::Findings)?;
    let mut findings = Vec::new();
    let charts = read::chart_values(folder, features)?;
    let names: Vec<&str> = clusters.iter().map(|cluster| cluster.name.as_str()).collect();
    let known: BTreeSet<&str> = names.iter().copied().collect();
    for name in read::cluster_folders(folder, features)? {
        if !known.contains(name.as_str()) {
            let place = Place::new(&Source::new(format!("clusters/{name}"), ""), 0, 0);
            let finding = Finding::error(Code::UnknownKey, format!("there is no cluster `{name}` for this folder"));
            findings.push(finding.place(place).help(did_you_mean(&name, &names)));
        }
    }
    let files = |below: &str, findings: &mut Vec<Finding>| told(read::manifests(folder, features, below), findings);
    let owned =
        |below: &str, findings: &mut Vec<Finding>| told(read::manifest_folders(folder, features, below), findings);
    // What all clusters share is read once.
    let (patches, shared) = (files("patches", &mut findings)?, owned(own::FOLDER, &mut findings)?);
    for cluster in &mut clusters {
        cluster.charts.clone_from(&charts);
        for below in resolve::folders(catalog, cluster) {
            cluster.manifests.extend(files(&below, &mut findings)?);
        }
        cluster.patches.clone_from(&patches);
        cluster.patches.extend(files(&format!("clusters/{}/patches", cluster.name), &mut findings)?);
        let only_here = owned(&format!("clusters/{}/{}", cluster.name, own::FOLDER), &mut findings)?;
        for (name, files) in shared.iter().cloned().chain(only_here) {
            cluster.own.entry(name).or_default().extend(files);
        }
    }
    if findings.is_empty() { Ok(clusters) } else { Err(Failure::Findings(findings)) }
}

/// What could be read; what is wrong with the user's files is kept for later, so that all of it is told together.
fn told<T: Default>(read: Result<T, Failure>, findings: &mut Vec<Finding>) -> Result<T, Failure> {
    match read {
        Err(Failure::Findings(found)) => {
            findings.extend(found);
            Ok(T::default())
        }
        other => other,
    }
}

/// Most clusters that a finding names.
const NAMED: usize = 3;

/// What is told of a file that clusters share, and is so in some of them alone, names their overlays.
pub(crate) fn name(clusters: &[Cluster], found: &mut [Vec<Finding>]) {
    let overlay = |cluster: &Cluster| {
        let own = cluster.sources.last().filter(|own| Some(&own.name) != cluster.base.as_ref())?;
        Some(Place::new(own, 0, 0))
    };
    let overlays: Vec<Option<Place>> = clusters.iter().map(overlay).collect();
    let key = |finding: &Finding, overlay: &Option<Place>| {
        let place = finding.place.as_ref().filter(|_| finding.related.is_empty())?;
        let (folder, _) = overlay.as_ref()?.source.name.rsplit_once('/')?;
        let own = place.source.name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        (!own).then(|| (finding.code, place.to_string(), finding.message.clone()))
    };
    let mut earned: BTreeMap<_, Vec<Place>> = BTreeMap::new();
    for (findings, overlay) in found.iter().zip(&overlays) {
        let keys: BTreeSet<_> = findings.iter().filter_map(|finding| key(finding, overlay)).collect();
        keys.into_iter().for_each(|key| earned.entry(key).or_default().extend(overlay.clone()));
    }
    for (findings, overlay) in found.iter_mut().zip(&overlays) {
        // What a shared patch takes away in any cluster is there.
        findings.retain(|finding| {
            let earned = key(finding, overlay).and_then(|key| earned.get(&key));
            let idle = (finding.code, finding.severity) == (Code::PatchWithoutEffect, Severity::Warning);
            !idle || earned.is_none_or(|earned| earned.len() == clusters.len())
        });
        for finding in findings.iter_mut() {
            let some =
                key(finding, overlay).and_then(|key| earned.get(&key)).filter(|some| some.len() < clusters.len());
            for place in some.into_iter().flatten().take(NAMED) {
                finding.related.push((place.clone(), "in this cluster".to_owned()));
            }
        }
    }
}

//! A working folder -> its clusters, each with the manifests that its groups ask for.

use std::collections::BTreeSet;
use std::path::Path;

use crate::command::pipeline;
use crate::disk::read::{self, Failure};
use crate::group::catalog::Catalog;
use crate::plan::features::Cluster;
use crate::plan::own;
use crate::plan::resolve;
use crate::text::finding::{Code, Finding};
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

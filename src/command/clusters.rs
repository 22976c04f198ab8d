//! A working folder -> its clusters, each with the manifests that its groups ask for.

use std::path::Path;
use std::sync::Arc;

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
    for name in read::cluster_folders(folder, features)? {
        if !clusters.iter().any(|cluster| cluster.name == name) {
            let names: Vec<&str> = clusters.iter().map(|cluster| cluster.name.as_str()).collect();
            let place = Place::new(&Source::new(format!("clusters/{name}"), ""), 0, 0);
            let finding = Finding::error(Code::UnknownKey, format!("there is no cluster `{name}` for this folder"));
            findings.push(finding.place(place).help(did_you_mean(&name, &names)));
        }
    }
    for cluster in &mut clusters {
        cluster.charts.clone_from(&charts);
        let mut read = |below: &str, into: &mut Vec<Arc<Source>>| match read::manifests(folder, features, below) {
            Ok(sources) => {
                into.extend(sources);
                Ok(())
            }
            Err(Failure::Findings(found)) => {
                findings.extend(found);
                Ok(())
            }
            Err(other) => Err(other),
        };
        for below in resolve::folders(catalog, cluster) {
            read(&below, &mut cluster.manifests)?;
        }
        for below in ["patches".to_owned(), format!("clusters/{}/patches", cluster.name)] {
            read(&below, &mut cluster.patches)?;
        }
        for below in [own::FOLDER.to_owned(), format!("clusters/{}/{}", cluster.name, own::FOLDER)] {
            match read::manifest_folders(folder, features, &below) {
                Ok(found) => {
                    found.into_iter().for_each(|(name, files)| cluster.own.entry(name).or_default().extend(files))
                }
                Err(Failure::Findings(found)) => findings.extend(found),
                Err(other) => return Err(other),
            }
        }
    }
    if findings.is_empty() { Ok(clusters) } else { Err(Failure::Findings(findings)) }
}

//! A working folder -> its clusters, each with the manifests that its groups ask for.

use std::path::Path;

use crate::command::pipeline;
use crate::disk::read::{self, Failure};
use crate::group::catalog::Catalog;
use crate::plan::features::Cluster;
use crate::plan::resolve;

/// The clusters of a folder, each with the manifests that its groups ask for.
///
/// # Errors
/// As [`read::inputs`]; every mistake in features.yaml and its overlays; manifests that are unreadable.
pub fn clusters(folder: &Path, features: &Path, catalog: &Catalog) -> Result<Vec<Cluster>, Failure> {
    let mut clusters = pipeline::read(&read::inputs(folder, features)?, catalog).map_err(Failure::Findings)?;
    let mut findings = Vec::new();
    for cluster in &mut clusters {
        for below in resolve::folders(catalog, cluster) {
            match read::manifests(folder, features, &below) {
                Ok(sources) => cluster.manifests.extend(sources),
                Err(Failure::Findings(found)) => findings.extend(found),
                Err(other) => return Err(other),
            }
        }
    }
    if findings.is_empty() { Ok(clusters) } else { Err(Failure::Findings(findings)) }
}

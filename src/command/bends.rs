//! What a working folder lays over every feature set that `prove` tries: `patches/` and `manifests/`; and what of that needs
//! groups that are off in some of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::disk::read::{self, Failure};
use crate::plan::features::Cluster;
use crate::plan::own;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::source::{Place, Source};
use crate::text::yaml;

/// Files of the user's own, for one cluster.
#[derive(Clone, Debug, Default)]
pub struct Bends {
    /// The cluster that they are for; empty: any.
    pub cluster: String,
    patches: Vec<Arc<Source>>,
    own: BTreeMap<String, Vec<Arc<Source>>>,
    charts: Vec<Arc<Source>>,
}

impl Bends {
    /// Those of a folder: what all clusters share, and once for each cluster that has more.
    ///
    /// # Errors
    /// A file is unreadable.
    pub fn read(folder: &Path, features: &Path) -> Result<Vec<Self>, Failure> {
        let owned = |below: &str| read::manifest_folders(folder, features, below);
        let shared = Self {
            cluster: String::new(),
            patches: read::manifests(folder, features, "patches")?,
            own: owned(own::FOLDER)?.into_iter().collect(),
            charts: read::chart_values(folder, features)?,
        };
        let mut all = Vec::new();
        for name in read::cluster_folders(folder, features)? {
            let mut bends = shared.clone();
            bends.patches.extend(read::manifests(folder, features, &format!("clusters/{name}/patches"))?);
            for (component, files) in owned(&format!("clusters/{name}/{}", own::FOLDER))? {
                bends.own.entry(component).or_default().extend(files);
            }
            all.push(Self { cluster: name, ..bends });
        }
        Ok(if all.is_empty() { vec![shared] } else { all })
    }

    /// There is nothing to lay over anything.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty() && self.own.is_empty()
    }

    /// A cluster with them, but for these patches.
    pub fn over(&self, mut cluster: Cluster, without: &BTreeSet<Place>) -> Cluster {
        cluster.patches.clone_from(&self.patches);
        cluster.own.clone_from(&self.own);
        cluster.charts.clone_from(&self.charts);
        cluster.without.clone_from(without);
        cluster
    }

    /// What fails a set: of a user's own files warnings are for `check`.
    pub fn failures(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| self.is_empty() || finding.severity == Severity::Error);
        findings
    }
}

/// Where the patches begin that lack their targets.
pub fn without_target(findings: &[Finding]) -> BTreeSet<Place> {
    let lacking = findings.iter().filter(|f| f.code == Code::PatchWithoutTarget).filter_map(|f| f.place.as_ref());
    let begins = |place: &Place| {
        let documents = yaml::nodes(&place.source).unwrap_or_default().into_iter().map(|document| document.place);
        documents.take_while(|begin| begin.start <= place.start).last().unwrap_or_else(|| place.clone())
    };
    lacking.map(begins).collect()
}

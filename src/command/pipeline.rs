//! The whole way for one cluster; the CLI, the tests and the golden cases all come through here.

use rayon::prelude::*;

use crate::command::rulebook;
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::features::{self, Cluster, Inputs};
use crate::plan::fleet_names::collisions;
use crate::plan::resolve::{self, Plan};
use crate::references::manifests::Manifests;
use crate::render::bundle::{self, Bundle};
use crate::render::tree::{Tree, tree};
use crate::render::{patched, trace};
use crate::text::finding::{Finding, sorted};
use crate::verdict::crd::Crds;

/// One cluster, resolved and rendered.
#[derive(Debug)]
pub struct Rendered<'a> {
    /// What was decided.
    pub plan: Plan<'a>,
    /// The objects.
    pub bundle: Bundle,
    /// What was asked for.
    pub cluster: &'a Cluster,
}

impl Rendered<'_> {
    /// The files of the cluster's folder.
    pub fn tree(&self) -> Tree {
        tree(&self.plan, &self.bundle)
    }

    /// What the rules and the schemas say, at the places that cause it, sorted.
    pub fn findings(&self, crds: &Crds) -> Vec<Finding> {
        self.findings_with(&Manifests::default(), crds)
    }

    /// The same with files of others that lie in the cluster's folder.
    pub fn findings_with(&self, others: &Manifests, crds: &Crds) -> Vec<Finding> {
        let found = rulebook::check_with(&self.plan, &self.bundle, others, crds);
        let mut findings = trace::causes(&self.plan, &self.bundle, self.cluster, found);
        findings.extend(self.plan.advice.iter().cloned());
        findings.extend(patched::idle(&self.bundle.manifests));
        sorted(findings)
    }
}

/// Reads features.yaml and its overlays.
///
/// # Errors
/// Every mistake that can be seen before anything is rendered, of all files and all clusters, sorted.
pub fn read(inputs: &Inputs, catalog: &Catalog) -> Result<Vec<Cluster>, Vec<Finding>> {
    let (clusters, mut findings) = features::read(inputs, catalog);
    let memo = Memo::default();
    findings.extend(collisions(&clusters, catalog, &memo));
    if findings.is_empty() {
        return Ok(clusters);
    }
    let resolved = |cluster: &Cluster| resolve::resolve(catalog, cluster, &memo).err().unwrap_or_default();
    findings.par_extend(clusters.par_iter().flat_map(resolved));
    Err(sorted(findings))
}

/// Resolves and renders one cluster. Equal inputs give equal results; `memo` changes the time only.
///
/// # Errors
/// Every mistake of the first stage that has one, sorted.
pub fn render<'a>(catalog: &'a Catalog, cluster: &'a Cluster, memo: &Memo) -> Result<Rendered<'a>, Vec<Finding>> {
    let plan = resolve::resolve(catalog, cluster, memo).map_err(sorted)?;
    let bundle = bundle::render(&plan, memo).map_err(sorted)?;
    Ok(Rendered { plan, bundle, cluster })
}

//! The whole way for one cluster; the CLI, the tests and the golden cases all come through here.

use crate::catalog::Catalog;
use crate::check;
use crate::features::Cluster;
use crate::finding::{Finding, sorted};
use crate::plan::{self, Plan};
use crate::render::{self, Bundle, Memo};
use crate::tree::{Tree, tree};

/// One cluster, resolved and rendered.
#[derive(Debug)]
pub struct Rendered<'a> {
    /// What was decided.
    pub plan: Plan<'a>,
    /// The objects.
    pub bundle: Bundle,
}

impl Rendered<'_> {
    /// The files of the cluster's folder.
    pub fn tree(&self) -> Tree {
        tree(&self.plan, &self.bundle)
    }

    /// What the rules say, sorted.
    pub fn findings(&self) -> Vec<Finding> {
        sorted(check::check(&self.plan, &self.bundle))
    }
}

/// Resolves and renders one cluster. Equal inputs give equal results; `memo` changes the time only.
///
/// # Errors
/// Every mistake of the first stage that has one, sorted.
pub fn render<'a>(catalog: &'a Catalog, cluster: &Cluster, memo: &Memo) -> Result<Rendered<'a>, Vec<Finding>> {
    let plan = plan::resolve(catalog, cluster).map_err(sorted)?;
    let bundle = render::render(&plan, memo).map_err(sorted)?;
    Ok(Rendered { plan, bundle })
}

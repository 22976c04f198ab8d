//! Golden cases: folders with a features.yaml and the tree it promises. Compares, and accepts on request.

use std::path::Path;

use crate::command::clusters;
use crate::command::pipeline;
use crate::disk::read::{self, Failure};
use crate::disk::write;
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::render::tree::{Tree, changes, unified_diff};
use crate::verdict::crd::Crds;

/// What a case renders today: all clusters, paths below `rendered/`.
///
/// # Errors
/// The case does not render, or its findings are errors.
pub fn rendered(catalog: &Catalog, case: &Path) -> Result<Tree, Failure> {
    let clusters = clusters::clusters(case, Path::new("features.yaml"), catalog)?;
    let mut all = Tree::new();
    for cluster in clusters {
        let rendered = pipeline::render(catalog, &cluster, &Memo::default()).map_err(Failure::Findings)?;
        let findings = rendered.findings(&Crds::default());
        if !findings.is_empty() {
            return Err(Failure::Findings(findings));
        }
        all.extend(rendered.tree().into_iter().map(|(path, text)| (format!("{}/{path}", cluster.name), text)));
    }
    Ok(all)
}

/// What the case promises: every file below `rendered/`, ours or not.
///
/// # Errors
/// A file is unreadable.
pub fn promised(case: &Path) -> Result<Tree, Failure> {
    Ok(read::read_tree(&case.join("rendered"))?)
}

/// The difference of a case as a unified diff; empty when the promise holds.
///
/// # Errors
/// As [`rendered`] and [`promised`].
pub fn difference(catalog: &Catalog, case: &Path) -> Result<String, Failure> {
    let (promised, rendered) = (promised(case)?, rendered(catalog, case)?);
    let mut diff = unified_diff("rendered", &promised, &rendered);
    if diff.is_empty() && promised != rendered {
        diff = "the index of files differs\n".into();
    }
    Ok(diff)
}

/// Makes today's tree the promise. Returns how many files changed.
///
/// # Errors
/// As [`rendered`], or the folder cannot be written.
pub fn accept(catalog: &Catalog, case: &Path) -> Result<usize, Failure> {
    let (promised, rendered) = (promised(case)?, rendered(catalog, case)?);
    let changed = changes(&promised, &rendered).len();
    if promised.iter().ne(rendered.iter()) {
        write::replace(&case.join("rendered"), &rendered)?;
    }
    Ok(changed)
}

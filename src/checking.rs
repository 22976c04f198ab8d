//! The command `check`: what would be rendered, or any manifests, under all rules and against the definitions of their kinds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::args::{Check, Deny};
use crate::crd::Crds;
use crate::disk::{self, Failure};
use crate::finding::{Finding, Severity, sorted};
use crate::object::Identity;
use crate::render::Memo;
use crate::source::Source;
use crate::workspace::{Outcome, Result, Workspace};
use crate::world::World;
use crate::{check, manifests};

/// Where definitions lie when nobody says otherwise.
const CRDS: &str = "crds";

/// What is said where there are none.
const NO_CRDS: &str =
    "custom resources were not held against their definitions: there is no folder crds/ and no --crds\n";

pub(crate) fn check(workspace: &Workspace<'_>, args: &Check) -> Result<Outcome> {
    let definitions = definitions(workspace.folder, &args.crds)?;
    let checked = match &args.manifests {
        Some(path) => of_manifests(workspace.folder, path, definitions.as_ref()),
        None => of_clusters(workspace, args.cluster.as_deref(), definitions.as_ref()),
    };
    let (findings, looked) = match checked {
        Ok(findings) => (sorted(findings), true),
        Err(Failure::Findings(findings)) => (sorted(findings), false),
        Err(other) => return Err(other),
    };
    let talk = if looked && definitions.is_none() { NO_CRDS.to_owned() } else { String::new() };
    let fails = |f: &Finding| f.severity == Severity::Error || args.deny == Some(Deny::Warnings);
    let differs = findings.iter().any(fails);
    Ok(Outcome { findings, differs, talk, ..Outcome::default() })
}

fn of_clusters(workspace: &Workspace<'_>, only: Option<&str>, from: Option<&Definitions>) -> Result<Vec<Finding>> {
    let (clusters, memo) = (workspace.clusters(only)?, Memo::default());
    let (crds, mut findings) = match from {
        Some(definitions) => {
            let kinds = workspace.each(&clusters, &memo, |rendered| Ok(kinds(rendered.bundle.manifests.keys())))?;
            definitions.of(&kinds.into_iter().flatten().collect())
        }
        None => Default::default(),
    };
    let found = workspace.each(&clusters, &memo, |rendered| Ok(rendered.findings(&crds)))?;
    findings.extend(found.into_iter().flatten());
    Ok(findings)
}

fn of_manifests(folder: &Path, path: &Path, from: Option<&Definitions>) -> Result<Vec<Finding>> {
    let (sources, mut findings) = disk::sources(folder, path)?;
    let (clusters, found) = manifests::manifests(&sources);
    findings.extend(found);
    let (crds, found) = match from {
        Some(definitions) => definitions.of(&kinds(clusters.iter().flat_map(|c| &c.documents).map(|d| &d.identity))),
        None => Default::default(),
    };
    findings.extend(found);
    findings.par_extend(clusters.par_iter().flat_map(|cluster| check::check(&World::of_manifests(cluster), &crds)));
    Ok(findings)
}

/// API group and kind of each object.
fn kinds<'a>(identities: impl Iterator<Item = &'a Identity>) -> BTreeSet<(String, String)> {
    identities.map(|identity| (identity.group.clone(), identity.kind.clone())).collect()
}

/// Files of CustomResourceDefinitions, and what is wrong with them as files.
struct Definitions {
    files: Vec<Arc<Source>>,
    findings: Vec<Finding>,
}

impl Definitions {
    /// The definitions of these kinds; the others are not even read.
    fn of(&self, kinds: &BTreeSet<(String, String)>) -> (Crds, Vec<Finding>) {
        let (crds, mut findings) = Crds::read(&self.files, Some(kinds));
        findings.extend(self.findings.iter().cloned());
        (crds, findings)
    }
}

/// The files at these paths, or below the default folder; `None`: there is neither.
fn definitions(folder: &Path, paths: &[PathBuf]) -> Result<Option<Definitions>> {
    let default = [PathBuf::from(CRDS)];
    let paths = match paths {
        [] if folder.join(CRDS).is_dir() => &default[..],
        [] => return Ok(None),
        paths => paths,
    };
    let mut definitions = Definitions { files: Vec::new(), findings: Vec::new() };
    for path in paths {
        let (files, findings) = disk::sources(folder, path)?;
        definitions.files.extend(files);
        definitions.findings.extend(findings);
    }
    Ok(Some(definitions))
}

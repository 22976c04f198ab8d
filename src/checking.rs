//! The command `check`: what would be rendered, or any manifests, under all rules and against the definitions of their kinds.

use std::path::Path;

use anyhow::anyhow;
use rayon::prelude::*;

use crate::args::{Check, Deny, Place};
use crate::check;
use crate::definitions::{self, Definitions, kinds};
use crate::disk::{self, Failure};
use crate::finding::{Finding, Severity, sorted};
use crate::manifests;
use crate::memo::Memo;
use crate::rendering;
use crate::workspace::{Outcome, Result, Workspace};
use crate::world::World;

pub(crate) fn check(workspace: &Workspace<'_>, args: &Check) -> Result<Outcome> {
    let definitions = Definitions::find(workspace.folder, &args.crds)?;
    if args.coverage {
        return match &definitions {
            Some(definitions) => Ok(definitions.coverage()),
            None => Err(anyhow!("there are no definitions to tell of\nname them with --crds").into()),
        };
    }
    let checked = match &args.manifests {
        Some(path) => of_manifests(workspace.folder, path, definitions.as_ref()),
        None => of_clusters(workspace, &args.place, definitions.as_ref()),
    };
    let (findings, talk) = match checked {
        Ok((findings, unknown)) => (sorted(findings), unknown),
        Err(Failure::Findings(findings)) => (sorted(findings), String::new()),
        Err(other) => return Err(other),
    };
    let fails = |f: &Finding| f.severity == Severity::Error || args.deny == Some(Deny::Warnings);
    let differs = findings.iter().any(fails);
    Ok(Outcome { findings, differs, talk, ..Outcome::default() })
}

/// Findings, and what is to be said of kinds that were held against nothing.
type Checked = (Vec<Finding>, String);

fn of_clusters(workspace: &Workspace<'_>, place: &Place, from: Option<&Definitions>) -> Result<Checked> {
    let (clusters, memo) = (workspace.clusters(place.cluster.as_deref())?, Memo::default());
    let kinds = workspace.each(&clusters, &memo, |rendered| Ok(kinds(rendered.bundle.manifests.keys())))?;
    let kinds = kinds.into_iter().flatten().collect();
    let (crds, mut findings) = from.map(|definitions| definitions.of(&kinds)).unwrap_or_default();
    let found = workspace.each(&clusters, &memo, |rendered| {
        let mut findings = rendered.findings(&crds);
        findings.extend(rendering::foreign_files(workspace, &place.output_dir, &rendered)?);
        Ok(findings)
    })?;
    findings.extend(found.into_iter().flatten());
    Ok((findings, definitions::unknown(&kinds, &crds, from)))
}

fn of_manifests(folder: &Path, path: &Path, from: Option<&Definitions>) -> Result<Checked> {
    let (sources, mut findings) = disk::sources(folder, path)?;
    let (clusters, found) = manifests::manifests_below(&disk::root(folder, path), &sources);
    findings.extend(found);
    let kinds = kinds(clusters.iter().flat_map(|c| &c.documents).map(|d| &d.identity));
    let (crds, found) = from.map(|definitions| definitions.of(&kinds)).unwrap_or_default();
    findings.extend(found);
    findings.par_extend(clusters.par_iter().flat_map(|cluster| check::check(&World::of_manifests(cluster), &crds)));
    let notes: String = clusters.iter().flat_map(|c| &c.notes).map(|note| format!("{note}\n")).collect();
    Ok((findings, notes + &definitions::unknown(&kinds, &crds, from)))
}

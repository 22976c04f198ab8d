//! The command `check`: what would be rendered, or any manifests, under all rules and against the definitions of their kinds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use rayon::prelude::*;

use crate::args::{Check, Deny};
use crate::check;
use crate::crd::Crds;
use crate::disk::{self, Failure};
use crate::finding::{Finding, Severity, sorted};
use crate::manifests;
use crate::object::Identity;
use crate::render::Memo;
use crate::source::Source;
use crate::workspace::{Outcome, Result, Workspace};
use crate::world::World;

/// Where definitions lie when nobody says otherwise.
const CRDS: &str = "crds";

/// What is said where there are none.
const NO_CRDS: &str =
    "custom resources were not held against their definitions: there is no folder crds/ and no --crds\n";

pub(crate) fn check(workspace: &Workspace<'_>, args: &Check) -> Result<Outcome> {
    let definitions = definitions(workspace.folder, &args.crds)?;
    if args.coverage {
        return match &definitions {
            Some(definitions) => Ok(definitions.coverage()),
            None => Err(anyhow!("there are no definitions to tell of\nname them with --crds").into()),
        };
    }
    let checked = match &args.manifests {
        Some(path) => of_manifests(workspace.folder, path, definitions.as_ref()),
        None => of_clusters(workspace, args.cluster.as_deref(), definitions.as_ref()),
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

fn of_clusters(workspace: &Workspace<'_>, only: Option<&str>, from: Option<&Definitions>) -> Result<Checked> {
    let (clusters, memo) = (workspace.clusters(only)?, Memo::default());
    let kinds = workspace.each(&clusters, &memo, |rendered| Ok(kinds(rendered.bundle.manifests.keys())))?;
    let kinds = kinds.into_iter().flatten().collect();
    let (crds, mut findings) = from.map(|definitions| definitions.of(&kinds)).unwrap_or_default();
    let found = workspace.each(&clusters, &memo, |rendered| Ok(rendered.findings(&crds)))?;
    findings.extend(found.into_iter().flatten());
    Ok((findings, unknown(&kinds, &crds, from)))
}

fn of_manifests(folder: &Path, path: &Path, from: Option<&Definitions>) -> Result<Checked> {
    let (sources, mut findings) = disk::sources(folder, path)?;
    let (clusters, found) = manifests::manifests(&sources);
    findings.extend(found);
    let kinds = kinds(clusters.iter().flat_map(|c| &c.documents).map(|d| &d.identity));
    let (crds, found) = from.map(|definitions| definitions.of(&kinds)).unwrap_or_default();
    findings.extend(found);
    findings.par_extend(clusters.par_iter().flat_map(|cluster| check::check(&World::of_manifests(cluster), &crds)));
    Ok((findings, unknown(&kinds, &crds, from)))
}

/// One line about the kinds that have no schema here; nothing when all have one.
fn unknown(kinds: &BTreeSet<(String, String)>, crds: &Crds, from: Option<&Definitions>) -> String {
    if from.is_none() {
        return NO_CRDS.to_owned();
    }
    let unknown = kinds.iter().filter(|(group, kind)| crds.namespaced(group, kind).is_none());
    let names: Vec<String> = unknown.map(|(group, kind)| format!("{kind} ({group})")).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("held against no definition, as none was found: {}\n", names.join(", ")),
    }
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
    /// What of all definitions is evaluated: a line for each kind and version, and one for each rule that is not.
    fn coverage(&self) -> Outcome {
        let (crds, mut findings) = Crds::read(&self.files, None);
        findings.extend(self.findings.iter().cloned());
        let (mut data, mut totals) = (String::new(), [0; 3]);
        for kind in crds.coverage() {
            let counts = [kind.rules, kind.update_rules, kind.unusable.len()];
            totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
            let name = format!("{}/{} {}", kind.group, kind.version, kind.kind);
            data += &format!(
                "{name:<64} {:>4} rules, {:>3} of updates, {} not evaluated\n",
                counts[0], counts[1], counts[2]
            );
            for (path, rule, why) in &kind.unusable {
                data += &format!("  {path}: {why}: {rule}\n");
            }
        }
        let [rules, updates, unusable] = totals;
        data += &format!(
            "{rules} rules, {updates} of updates (not evaluated here: they need the old object), {unusable} not evaluated\n"
        );
        Outcome { data, findings: sorted(findings), ..Outcome::default() }
    }

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
        [] if folder.join(CRDS).is_dir() => {
            disk::inside(folder, &folder.join(CRDS))?;
            &default[..]
        }
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

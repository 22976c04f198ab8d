//! The command `check`: what would be rendered, or any manifests, under all rules and against the definitions of their kinds.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::anyhow;
use rayon::prelude::*;

use crate::command::args::{Check, Place};
use crate::command::baseline::{self, Baseline};
use crate::command::beside::{Lying, Meant, Others};
use crate::command::clusters;
use crate::command::definitions::{Asked, Definitions, kinds};
use crate::command::formats::Deny;
use crate::command::pipeline::Rendered;
use crate::command::rulebook;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::folders;
use crate::disk::read::{self, Failure};
use crate::disk::write;
use crate::group::ejected;
use crate::group::memo::Memo;
use crate::references::manifests;
use crate::references::world::World;
use crate::text::finding::{Code, Finding, Severity, sorted};

/// Entries of a baseline that are named one by one.
const SHOWN_ENTRIES: usize = 10;

pub(crate) fn check(workspace: &Workspace<'_>, args: &Check) -> Result<Outcome> {
    let definitions = Definitions::find(workspace.folder, &args.crds)?;
    if args.coverage {
        return Ok(definitions.coverage());
    }
    let checked = match &args.manifests {
        Some(path) => of_manifests(workspace, path, &definitions),
        None => of_clusters(workspace, &args.place, &definitions),
    };
    let (mut findings, mut talk) = match checked {
        Ok((findings, unknown)) => (sorted(findings), unknown),
        // What could not even be read is never accepted.
        Err(Failure::Findings(findings)) => {
            return Ok(Outcome { findings: sorted(findings), differs: true, ..Outcome::default() });
        }
        Err(other) => return Err(other),
    };
    if let Some(path) = &args.baseline {
        let shown = path.display();
        let path = workspace.folder.join(path);
        if args.write_baseline {
            write::save(&path, &baseline::write(&findings))?;
            talk += &format!("{shown} accepts {}\n", counted(findings.len(), "finding"));
            return Ok(Outcome { talk, ..Outcome::default() });
        }
        let text = read::baseline(&path)?;
        let accepted = Baseline::read(&text).map_err(|line| {
            anyhow!("{shown} is no baseline: line {line} names no finding\n`--write-baseline` makes it anew")
        })?;
        let before = findings.len();
        let (new, gone) = accepted.news(findings);
        findings = new;
        talk += &told(&shown.to_string(), before - findings.len(), &gone);
    }
    let fails = |f: &Finding| f.severity == Severity::Error || args.deny == Some(Deny::Warnings);
    let differs = findings.iter().any(fails);
    Ok(Outcome { findings, differs, talk, ..Outcome::default() })
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// What is said of a baseline: how much it accepts, and what of it matches nothing any more.
fn told(name: &str, accepted: usize, gone: &[String]) -> String {
    let mut text = format!("{name} accepts {}\n", counted(accepted, "finding"));
    if !gone.is_empty() {
        text += &format!("{} of its entries match nothing any more; `--write-baseline` removes them:\n", gone.len());
        text.extend(gone.iter().take(SHOWN_ENTRIES).map(|entry| format!("  {entry}\n")));
    }
    if gone.len() > SHOWN_ENTRIES {
        text += &format!("  and {} more\n", gone.len() - SHOWN_ENTRIES);
    }
    text
}

/// Findings, and what is to be said of kinds that were held against nothing.
type Checked = (Vec<Finding>, String);

fn of_clusters(workspace: &Workspace<'_>, place: &Place, from: &Definitions) -> Result<Checked> {
    let (clusters, memo) = (workspace.clusters(Some(&place.which))?, Memo::default());
    let meant = Meant::read(workspace)?;
    let looked = workspace.each(&clusters, &memo, |rendered| {
        let others = Lying::new(workspace, place, &meant, &rendered)?.others;
        let mut asked = Asked::of(&rendered.bundle);
        asked.kinds.extend(kinds(others.manifests.documents.iter().map(|document| &document.identity)));
        Ok((asked, (rendered.plan.cluster.clone(), others)))
    })?;
    let (asked, others): (Vec<_>, BTreeMap<String, Others>) = looked.into_iter().unzip();
    let asked = Asked::all(asked);
    let known = from.of(&asked);
    let (crds, mut findings) = (&known.0, known.1.clone());
    let mut found = workspace.each::<Vec<Finding>>(&clusters, &memo, |rendered| {
        let others = &others[&rendered.plan.cluster];
        let mut findings = rendered.findings_with(&others.manifests, crds);
        findings.extend(others.findings.iter().cloned());
        findings.extend(path_in_repository(workspace, place, &rendered)?);
        Ok(findings)
    })?;
    clusters::name(&clusters, &mut found);
    findings.extend(meant.findings(place));
    findings.extend(ejected::outdated(workspace.catalog.sources.values()));
    findings.extend(found.into_iter().flatten());
    Ok((findings, from.unknown(&asked, crds)))
}

/// Argo CD reads the folder that is written, where it is there and lies in a repository that is here.
fn path_in_repository(workspace: &Workspace<'_>, place: &Place, rendered: &Rendered<'_>) -> Result<Option<Finding>> {
    let told = rendered.plan.platform["argocd"]["path"].as_str().unwrap_or_default();
    let Some(path) = folders::in_repository(&workspace.folder.join(&place.output_dir))?.filter(|path| path != told)
    else {
        return Ok(None);
    };
    let message = format!("Argo CD reads the folder `{told}` of the repository, and the files lie in `{path}` of it");
    let finding = Finding::warning(Code::SettingAdvice, message)
        .place(rendered.cluster.written.place_at("/platform/argocd/path"));
    Ok(Some(
        finding
            .help(format!("set `platform.argocd.path: {path}`, unless the files are copied into another repository")),
    ))
}

fn of_manifests(workspace: &Workspace<'_>, path: &Path, from: &Definitions) -> Result<Checked> {
    let (folder, pages) = (workspace.folder, workspace.catalog.pages.as_ref());
    let (sources, mut findings) = read::sources(folder, path)?;
    if sources.is_empty() && findings.is_empty() {
        return Err(anyhow!("{} holds no YAML or JSON file", path.display()).into());
    }
    let (clusters, found) = manifests::manifests_below(&read::root(folder, path), &sources);
    findings.extend(found);
    let asked = Asked::of_objects(clusters.iter().flat_map(|c| &c.documents).map(|d| (&d.identity, &d.value)));
    let objects: usize = clusters.iter().map(|c| c.documents.len()).sum();
    let looked_at = format!("{} in {}\n", counted(objects, "object"), counted(sources.len(), "file"));
    let known = from.of_others(&asked);
    findings.extend(known.1.iter().cloned());
    let crds = &known.0;
    let check = |cluster| rulebook::check(&World { pages, ..World::of_manifests(cluster) }, crds);
    findings.par_extend(clusters.par_iter().flat_map(check));
    let notes: String = clusters.iter().flat_map(|c| &c.notes).map(|note| format!("{note}\n")).collect();
    Ok((findings, notes + &from.unknown_of_others(&asked, crds) + &looked_at))
}

//! The commands `render`, `render --check` and `render --stdout`: the folder of each cluster, as it is and as it
//! should be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;

use crate::command::args::{Part, Place};
use crate::command::beside::{Lying, Meant, shown};
use crate::command::definitions::{Asked, Definitions};
use crate::command::fleet::Fleet;
use crate::command::pipeline::Rendered;
use crate::command::remembered::Remembered;
use crate::command::updates;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::output::Output;
use crate::disk::read::{self, Failure};
use crate::disk::write;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::render::deletions;
use crate::render::fleet::Digests;
use crate::render::manifest::{Manifest, Placed};
use crate::render::tree::{self, Change, INDEX, Tree, changes};
use crate::text::digest;
use crate::text::finding::{Code, Finding, Severity, sorted};

/// Stale files that `render --check` names one by one.
const SHOWN_FILES: usize = 10;

/// Writes the folders of all clusters. Nothing is touched when anything is wrong with any of them.
pub(crate) fn render(
    workspace: &Workspace<'_>,
    place: &Place,
    allow_delete: &[String],
    part: &Part,
) -> Result<Outcome> {
    let memo = Memo::default();
    let folder = output_folder(workspace, place)?;
    let (all, shard) = (workspace.clusters(None)?, part.shard()?);
    let output = Output::open(&folder)?;
    let fleet = Fleet::new(workspace, &folder, &all, shard)?;
    let mut clusters = if place.which.is_all() { all } else { place.which.of(all)? };
    clusters.retain(|cluster| shard.is_none_or(|shard| shard.has(&cluster.name)));
    let names = names(&clusters);
    let mut remembered = Remembered::of(workspace, &folder, &clusters);
    let (held, clusters) = remembered.held(clusters)?;
    let definitions = Definitions::find(workspace.folder, &[])?;
    let (staged, mut findings) = workspace.each_sound(&clusters, &memo, |rendered, findings| {
        let name = rendered.plan.cluster.as_str();
        let (shown, found, tree) = both(workspace, place, &rendered)?;
        unrefused(&rendered, &shown, (&tree::owned(&found, &tree), &tree), &definitions, allow_delete)?;
        let (done, staged) = write::stage(&output, name, &found, &tree)?;
        let warnings = done.edited.iter().map(|path| match tree.contains_key(path) {
            true => format!("warning: {name}/{path} was changed by hand; it is as rendered again\n"),
            false => format!("warning: {name}/{path} is not rendered any more and was changed by hand; it stays, delete it yourself\n"),
        });
        let warnings: String = warnings.collect();
        let digest = digest::hex(tree[INDEX].as_bytes());
        Ok((name.to_owned(), Folder { files: tree.len() - 1, digest, done, warnings, staged, findings: findings.to_vec() }))
    })?;
    let mut talk: String = staged.iter().map(|(_, folder)| folder.warnings.as_str()).collect();
    let sum = |count: fn(&Folder) -> usize| staged.iter().map(|(_, folder)| count(folder)).sum::<usize>();
    let (written, removed) = (sum(|folder| folder.done.written), sum(|folder| folder.done.removed));
    let files = sum(|folder| folder.files) + held.values().map(|held| held.files).sum::<usize>();
    let (mut digests, mut waiting) = (Digests::new(), Vec::new());
    for (name, held) in held {
        digests.insert(name, held.digest);
        findings.extend(held.warnings);
    }
    for ((name, folder), cluster) in staged.into_iter().zip(&clusters) {
        remembered.set(cluster, folder.digest.clone(), &folder.findings);
        digests.insert(name, folder.digest);
        waiting.extend(folder.staged);
    }
    let orphans = if shard.is_some() { Vec::new() } else { orphans(workspace, place, &names)? };
    talk += &exchange((&folder, &place.output_dir), &output, waiting, orphans, allow_delete)?;
    fleet.write(&folder, digests)?;
    remembered.keep();
    let which = match names.len() {
        1..=3 => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        n => format!("{n} clusters"),
    };
    talk +=
        &format!("{which}: {files} files in {} ({written} written, {removed} removed)\n", place.output_dir.display());
    Ok(Outcome { talk, findings: sorted(findings), ..Outcome::default() })
}

/// A cluster's folder that is rendered and waits to take its place.
struct Folder {
    files: usize,
    digest: String,
    done: write::Written,
    warnings: String,
    staged: Option<write::Staged>,
    /// What the rules have to say of it.
    findings: Vec<Finding>,
}

/// Puts staged folders in their places, and takes those of `orphans` away that may be deleted; what is to be said of these. The
/// output folder comes with its name in messages.
pub(crate) fn exchange(
    (folder, shown): (&Path, &Path),
    output: &Output,
    mut waiting: Vec<write::Staged>,
    orphans: Vec<String>,
    allow_delete: &[String],
) -> Result<String> {
    let mut talk = String::new();
    for name in orphans {
        let shown = format!("{}/{name}", shown.display());
        if allow_delete.contains(&name) {
            let (done, staged) = write::stage(output, &name, &read::read_tree(&folder.join(&name))?, &Tree::new())?;
            waiting.extend(staged);
            talk += &format!("{shown}: {} files deleted\n", done.removed);
        } else {
            talk += &format!("warning: {shown} belongs to no cluster; if it is gone for good: --allow-delete {name}\n");
        }
    }
    if !waiting.is_empty() {
        output.flush()?;
        waiting.into_iter().try_for_each(write::Staged::replace)?;
        output.flush()?;
    }
    Ok(talk)
}

/// Stops what would cost data or keys, and what the API server would refuse of the change, unless it is allowed by name.
fn unrefused(
    rendered: &Rendered<'_>,
    shown: &str,
    (old, new): (&Tree, &Tree),
    definitions: &Definitions,
    allow_delete: &[String],
) -> Result<()> {
    let cluster = &rendered.plan.cluster;
    let deleted = deletions::unnamed(cluster, shown, old, new, allow_delete);
    if !deleted.is_empty() {
        return Err(Failure::Findings(deleted));
    }
    let kinds = updates::kinds(rendered, old);
    if kinds.is_empty() {
        return Ok(());
    }
    let known = definitions.of(&Asked { kinds, ..Asked::of(&rendered.bundle) });
    let named = |name: &str| allow_delete.iter().any(|allowed| allowed == name);
    // What is wrong with an old file is no reason not to replace it.
    let refused = updates::refused(rendered, shown, old, &known.0).into_iter().filter_map(|finding| {
        let object = finding.about.as_ref()?.object.clone();
        let stops = finding.severity == Severity::Error && !named(cluster) && !named(&object);
        let help = finding.help.clone().unwrap_or_default();
        let way = format!("if the object in the cluster is deleted first: --allow-delete '{object}'");
        stops.then(|| finding.help(if help.is_empty() { way } else { format!("{help}; {way}") }))
    });
    match refused.collect::<Vec<_>>() {
        findings if findings.is_empty() => Ok(()),
        findings => Err(Failure::Findings(findings)),
    }
}

/// Components that a person brings: the root Application, and a patch that would take keys away if it were applied whole.
const BY_HAND: [&str; 2] = ["argocd-cm", "bootstrap"];

/// The objects of one cluster that Argo CD delivers as one stream, in the order of their files.
pub(crate) fn stdout(workspace: &Workspace<'_>, place: &Place) -> Result<Outcome> {
    let memo = Memo::default();
    let clusters = workspace.clusters(Some(&place.which))?;
    if clusters.len() > 1 {
        let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
        let hint = format!("choose one with --cluster: {}", names.join(", "));
        return Err(anyhow!("--stdout prints one cluster, and there are {}\n{hint}", names.len()).into());
    }
    let (texts, findings) = workspace.each_sound(&clusters, &memo, |rendered, _| {
        let delivered = rendered.bundle.manifests.values().filter(|p| !BY_HAND.contains(&p.component.as_str()));
        Ok(stream(delivered, |manifest| manifest.text.clone()))
    })?;
    Ok(Outcome { findings, ..Outcome::exactly(texts.concat()) })
}

/// Objects as one stream, in the order of their files.
pub(crate) fn stream<'p>(placed: impl Iterator<Item = &'p Placed>, text: impl Fn(&Manifest) -> Arc<str>) -> String {
    let mut placed: Vec<&Placed> = placed.collect();
    placed.sort_by(|a, b| a.path.cmp(&b.path));
    placed.iter().map(|placed| format!("---\n{}", text(&placed.manifest))).collect()
}

/// Whether the committed files are what the inputs render, and nothing else that Argo CD would apply.
pub(crate) fn render_check(workspace: &Workspace<'_>, place: &Place) -> Result<Outcome> {
    let memo = Memo::default();
    let folder = output_folder(workspace, place)?;
    let meant = Meant::read(workspace)?;
    let clusters = workspace.clusters(Some(&place.which))?;
    let (found, warnings) = workspace.each_sound(&clusters, &memo, |rendered, _| {
        let lying = Lying::new(workspace, place, &meant, &rendered)?;
        let digest = (rendered.plan.cluster.clone(), digest::hex(lying.tree[INDEX].as_bytes()));
        Ok((digest, (stale(&lying.shown, &lying.tree, &lying.found), lying.others.findings)))
    })?;
    let (digests, found): (Digests, Vec<_>) = found.into_iter().unzip();
    let (stale, foreign): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let mut findings: Vec<Finding> = stale.into_iter().flatten().collect();
    if place.which.is_all() {
        findings.extend(Fleet::new(workspace, &folder, &clusters, None)?.check(&place.output_dir, &digests));
    }
    for name in orphans(workspace, place, &names(&clusters))? {
        let message = format!("{} belongs to no cluster", shown(place, &name));
        findings.push(Finding::error(Code::StaleOutput, message));
    }
    let mut findings = sorted(findings);
    let more = findings.len().saturating_sub(SHOWN_FILES);
    findings.truncate(SHOWN_FILES);
    if more > 0 {
        findings.push(Finding::error(Code::StaleOutput, format!("and {more} more files")));
    }
    if let Some(last) = findings.last_mut() {
        last.help = Some("run `gatewright render` and commit the result; `gatewright diff` shows it".into());
    }
    findings.extend(foreign.into_iter().flatten());
    findings.extend(meant.findings(place));
    findings.extend(warnings);
    Ok(Outcome { findings, ..Outcome::default() })
}

/// The output folder.
pub(crate) fn output_folder(workspace: &Workspace<'_>, place: &Place) -> Result<PathBuf> {
    if place.output_dir == Path::new("-") {
        return Err(anyhow!("`-` is no folder\n`gatewright render --stdout` prints the objects of a cluster").into());
    }
    Ok(workspace.folder.join(&place.output_dir))
}

/// The name of a cluster's folder, what lies in it, and what should.
pub(crate) fn both(workspace: &Workspace<'_>, place: &Place, rendered: &Rendered<'_>) -> Result<(String, Tree, Tree)> {
    let name = shown(place, &rendered.plan.cluster);
    let found = read::read_tree(&workspace.folder.join(&name))?;
    Ok((name, found, rendered.tree()))
}

/// What clusters are called.
pub(crate) fn names(clusters: &[Cluster]) -> BTreeSet<String> {
    clusters.iter().map(|cluster| cluster.name.clone()).collect()
}

/// Folders of ours in the output folder that belong to no cluster.
pub(crate) fn orphans(workspace: &Workspace<'_>, place: &Place, known: &BTreeSet<String>) -> Result<Vec<String>> {
    if !place.which.is_all() {
        return Ok(Vec::new());
    }
    let mut names = write::cluster_folders(&workspace.folder.join(&place.output_dir))?;
    names.retain(|name| !known.contains(name));
    Ok(names)
}

/// What of a cluster's folder is not as it is rendered.
fn stale(folder: &str, tree: &Tree, found: &Tree) -> Vec<Finding> {
    let owned = tree::owned(found, tree);
    if owned.is_empty() {
        return vec![Finding::error(Code::StaleOutput, format!("{folder} was never rendered"))];
    }
    let edited: BTreeSet<String> = tree::hand_edited(found).into_iter().collect();
    let one = |(path, change): (String, Change)| {
        let (code, what) = match change {
            _ if edited.contains(&path) => (Code::HandEdited, "was changed by hand"),
            Change::Added => (Code::StaleOutput, "is missing"),
            Change::Removed => (Code::StaleOutput, "is not rendered any more"),
            Change::Changed => (Code::StaleOutput, "is not what the inputs render"),
        };
        Finding::error(code, format!("{folder}/{path} {what}"))
    };
    changes(&owned, tree).into_iter().map(one).collect()
}

//! The command `verify`: an index of the fleet, or one cluster's folder, against what the inputs render. What lies in the output
//! folder does not count.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::command::args::Which;
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::disk::read;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::render::fleet::{self, Digests};
use crate::render::tree::INDEX;
use crate::text::digest;
use crate::text::finding::{Code, Finding};

pub(crate) fn verify(workspace: &Workspace<'_>, path: &Path, which: &Which) -> Result<Outcome> {
    let clusters = workspace.clusters(Some(which))?;
    if workspace.folder.join(path).is_dir() {
        folder(workspace, path, clusters)
    } else {
        index(workspace, path, which, &clusters)
    }
}

fn index(workspace: &Workspace<'_>, path: &Path, which: &Which, clusters: &[Cluster]) -> Result<Outcome> {
    let file = path.display();
    let text = read::text_of(&workspace.folder.join(path))?;
    let said = fleet::read(&text).map_err(|line| {
        anyhow!("{file} is no index of a fleet: line {line} is no digest of a cluster's index\n`gatewright render` writes one beside the folders of clusters/*.yaml")
    })?;
    let digests: Digests = workspace
        .each(clusters, &Memo::default(), |rendered| {
            Ok((rendered.plan.cluster.clone(), digest::hex(rendered.tree()[INDEX].as_bytes())))
        })?
        .into_iter()
        .collect();
    let tell = |message: String| Finding::error(Code::StaleOutput, message);
    let mut findings = Vec::new();
    for (cluster, digest) in &digests {
        match said.get(cluster) {
            Some(known) if known == digest => {}
            Some(_) => findings.push(tell(format!("{file} has another digest of `{cluster}` than the inputs render"))),
            None => findings.push(tell(format!("{file} says nothing of `{cluster}`"))),
        }
    }
    for cluster in said.keys().filter(|name| which.is_all() && !digests.contains_key(*name)) {
        findings.push(tell(format!("{file} has a digest of `{cluster}`, and there is no such cluster")));
    }
    Ok(said_of(&format!("{} as {file} says", counted(digests.len())), findings))
}

/// The folder may lie anywhere: it is the cluster of its name, or the one that is meant.
fn folder(workspace: &Workspace<'_>, path: &Path, mut clusters: Vec<Cluster>) -> Result<Outcome> {
    let shown = path.display();
    if clusters.len() > 1 {
        let real = workspace.folder.join(path).canonicalize().unwrap_or_else(|_| PathBuf::from(path));
        let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
        clusters.retain(|cluster| cluster.name == name);
        if clusters.is_empty() {
            return Err(anyhow!("there is no cluster of the name of {shown}\nname it with --cluster").into());
        }
    }
    let trees = workspace.each(&clusters, &Memo::default(), |rendered| Ok(rendered.tree()))?;
    let tree = trees.first().ok_or_else(|| anyhow!("there is no cluster"))?;
    let folder = workspace.folder.join(path);
    let found = read::read_tree(&folder)?;
    let names: BTreeSet<String> = read::names(&folder)?.into_iter().collect();
    let tell = |path: &String, what: &str| Finding::error(Code::StaleOutput, format!("{shown}/{path} {what}"));
    let ours = tree.iter().filter_map(|(path, text)| match found.get(path) {
        Some(lies) if lies == text => None,
        _ if names.contains(path) => Some(tell(path, "is not what the inputs render")),
        _ => Some(tell(path, "is missing")),
    });
    let others = names.iter().filter(|path| !tree.contains_key(*path)).map(|path| tell(path, "is not rendered"));
    Ok(said_of(&format!("{shown} is what the inputs render, and nothing else"), ours.chain(others).collect()))
}

fn counted(n: usize) -> String {
    if n == 1 { "1 cluster is".to_owned() } else { format!("{n} clusters are") }
}

fn said_of(fine: &str, findings: Vec<Finding>) -> Outcome {
    let talk = if findings.is_empty() { format!("{fine}\n") } else { String::new() };
    Outcome { talk, findings, ..Outcome::default() }
}

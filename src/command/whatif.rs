//! `--features egress=true` and `--set serving.timeoutSeconds=60` -> clusters as if that stood in features.yaml.

use std::path::Path;

use anyhow::anyhow;

use crate::command::review::flips::put;
use crate::command::workspace::{Result, Workspace};
use crate::disk::read::{self, Failure};
use crate::plan::features::{self, Cluster};
use crate::plan::resolve;
use crate::text::schema::did_you_mean;
use crate::text::source::Source;
use crate::text::yaml::{self, Node};

/// Something that is written otherwise: the keys that lead to it, and the value; none takes it away.
#[derive(Debug)]
pub(crate) struct Asked {
    steps: Vec<String>,
    value: Option<Node>,
}

/// What the arguments ask for.
///
/// # Errors
/// An argument that is none, or names nothing.
pub(crate) fn asked(workspace: &Workspace<'_>, flags: &[String], settings: &[String]) -> Result<Vec<Asked>> {
    let known = workspace.catalog.features();
    let mut all = Vec::new();
    for flag in flags {
        let (name, value) = flag.split_once('=').unwrap_or((flag, "true"));
        let names: Vec<&str> = known.keys().copied().collect();
        if !known.contains_key(name) {
            return Err(anyhow!("there is no feature `{name}`\n{}", did_you_mean(name, &names)).into());
        }
        if !["true", "false"].contains(&value) {
            return Err(
                anyhow!("a flag is `true` or `false`, and `{flag}` says neither\n--features {name}=true").into()
            );
        }
        all.push(Asked { steps: vec!["features".into(), name.into()], value: Some(node("--features", flag, value)?) });
    }
    for setting in settings {
        let Some((path, value)) = setting.split_once('=') else {
            return Err(anyhow!("`{setting}` sets nothing\n--set GROUP.SETTING=VALUE").into());
        };
        let mut steps: Vec<String> = path.split('.').map(str::to_owned).collect();
        if steps.first().is_none_or(|first| !["platform", "settings"].contains(&first.as_str())) {
            steps.insert(0, "settings".into());
        }
        let value = if value.trim().is_empty() { None } else { Some(node("--set", setting, value)?) };
        all.push(Asked { steps, value });
    }
    Ok(all)
}

fn node(option: &str, written: &str, value: &str) -> Result<Node> {
    yaml::read(&Source::new(format!("{option} {written}"), value)).map_err(|finding| Failure::Findings(vec![finding]))
}

/// The clusters as if that were written in each; `several`: they have overlays.
///
/// # Errors
/// Every mistake in what is asked for.
pub(crate) fn clusters(
    workspace: &Workspace<'_>,
    from: &[Cluster],
    asked: &[Asked],
    several: bool,
) -> Result<Vec<Cluster>> {
    if asked.is_empty() {
        return Ok(from.to_vec());
    }
    let mut findings = Vec::new();
    let mut clusters = Vec::new();
    for cluster in from {
        let root = asked.iter().fold(cluster.written.clone(), |root, asked| {
            let steps: Vec<&str> = asked.steps.iter().map(String::as_str).collect();
            put(&root, &steps, asked.value.as_ref())
        });
        let (read, wrong) = features::of_root(&root, several.then(|| cluster.name.clone()), workspace.catalog);
        findings.extend(wrong);
        let Cluster { patches, own, charts, .. } = cluster.clone();
        let Some(mut read) = read.map(|read| Cluster { patches, own, charts, ..read }) else { continue };
        for below in resolve::folders(workspace.catalog, &read) {
            read.manifests.extend(read::manifests(workspace.folder, Path::new(workspace.file), &below)?);
        }
        clusters.push(read);
    }
    if findings.is_empty() { Ok(clusters) } else { Err(Failure::Findings(findings)) }
}

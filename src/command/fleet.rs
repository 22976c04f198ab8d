//! What `render` writes beside the clusters' folders: the index of the fleet, or what a shard is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::anyhow;

use crate::command::args::Part;
use crate::command::workspace::{Result, Workspace, pretty};
use crate::disk::{optional, write};
use crate::group::ejected;
use crate::plan::features::Cluster;
use crate::render::fleet::{self, Digests, FLEET, RECORD, Record, Shard};
use crate::text::digest;
use crate::text::finding::{Code, Finding};

impl Part {
    /// The part that is meant; none: all of it.
    ///
    /// # Errors
    /// It is no part, or the environment does not say which.
    #[expect(clippy::disallowed_methods, reason = "that is how a Kubernetes Indexed Job tells a pod which one it is")]
    pub(crate) fn shard(&self) -> Result<Option<Shard>> {
        let text = match (&self.shard, self.shards) {
            (Some(text), _) => text.clone(),
            (None, None) => return Ok(None),
            (None, Some(of)) => match std::env::var("JOB_COMPLETION_INDEX") {
                Ok(index) => format!("{index}/{of}"),
                Err(_) => {
                    let hint = "a Kubernetes Indexed Job sets it; elsewhere: --shard I/N";
                    return Err(anyhow!("--shards goes with the variable JOB_COMPLETION_INDEX\n{hint}").into());
                }
            },
        };
        let hint = "`3/7` is the fourth of seven: they count from 0";
        Ok(Some(Shard::parse(&text).ok_or_else(|| anyhow!("`{text}` is no shard\n{hint}"))?))
    }
}

/// A fleet before it is rendered.
pub(crate) struct Fleet {
    names: BTreeSet<String>,
    /// There are `clusters/`.
    several: bool,
    /// With the digest of the inputs.
    shard: Option<(Shard, String)>,
    /// What the index that lies there says.
    before: Option<Digests>,
}

impl Fleet {
    /// # Errors
    /// Something lies where the index belongs that is none.
    pub(crate) fn new(workspace: &Workspace<'_>, output: &Path, all: &[Cluster], shard: Option<Shard>) -> Result<Self> {
        let several = all.iter().any(|cluster| cluster.base.is_some());
        let shard = shard.map(|shard| (shard, inputs(workspace, all)));
        let before = optional::optional(output, FLEET)?.map(|source| fleet::read(&source.text).ok());
        if several && shard.is_none() && before == Some(None) {
            let shown = output.join(FLEET);
            let hint = "move it, then render again";
            return Err(anyhow!("{} is in the way: gatewright did not write it\n{hint}", shown.display()).into());
        }
        let names = all.iter().map(|cluster| cluster.name.clone()).collect();
        Ok(Self { names, several, shard, before: before.flatten() })
    }

    /// Writes what is true once these were rendered; of clusters that were not the index says what it said.
    pub(crate) fn write(&self, output: &Path, rendered: Digests) -> Result<()> {
        if let Some((Shard { index, of }, inputs)) = &self.shard {
            let record = Record {
                shard: *index,
                of: *of,
                gatewright: env!("CARGO_PKG_VERSION").to_owned(),
                inputs: inputs.clone(),
                fleet: self.several,
                names: fleet::digest_of(self.names.iter().map(String::as_str)),
                clusters: rendered,
            };
            return Ok(save(output, RECORD, Some(&pretty(&serde_json::to_value(record).expect("plain data"))))?);
        }
        let mut digests = self.before.clone().unwrap_or_default();
        digests.retain(|name, _| self.names.contains(name));
        digests.extend(rendered);
        save(output, RECORD, None)?;
        if self.several {
            save(output, FLEET, Some(&fleet::index(&digests)))?;
        } else if self.before.is_some() {
            save(output, FLEET, None)?;
        }
        Ok(())
    }

    /// Whether the index that lies there says this of all clusters.
    pub(crate) fn check(&self, shown: &Path, rendered: &Digests) -> Option<Finding> {
        let what = match &self.before {
            _ if !self.several => return None,
            Some(before) if before == rendered => return None,
            Some(_) => "is not what the inputs render",
            None => "is missing",
        };
        Some(Finding::error(Code::StaleOutput, format!("{}/{FLEET} {what}", shown.display())))
    }
}

/// A file beside the clusters' folders as it is to be, or gone; untouched where it is so.
pub(crate) fn save(output: &Path, name: &str, text: Option<&str>) -> anyhow::Result<()> {
    let path = output.join(name);
    match text {
        Some(text) if optional::says(&path, text) => Ok(()),
        Some(text) => write::save(&path, text),
        None => optional::remove(&path),
    }
}

/// The digest of all that decides what is rendered.
fn inputs(workspace: &Workspace<'_>, all: &[Cluster]) -> String {
    let sources = all.iter().flat_map(Cluster::files).chain(workspace.catalog.sources.values());
    // What several clusters read is one file.
    let sources: BTreeMap<&str, &str> = sources.map(|source| (source.name.as_str(), source.text.as_str())).collect();
    let own = sources.into_iter().map(|(name, text)| (digest::hex(text.as_bytes()), name.to_owned()));
    let ours = ejected::names().into_iter().filter_map(|name| {
        let text = ejected::original(&name)?;
        Some((digest::hex(text.as_bytes()), format!("built-in/{name}")))
    });
    digest::hex(digest::listing(ours.chain(own)).as_bytes())
}

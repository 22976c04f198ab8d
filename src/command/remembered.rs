//! What earlier runs made of the same inputs: where a cluster's folder still holds just that, it need not be rendered again. A
//! cluster that earns a finding is not remembered, so that it is told in each run. `render` alone relies on it: `render --check`,
//! `verify` and `merge` work everything out anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::command::workspace::{Result, Workspace};
use crate::disk::cache::Cached;
use crate::disk::read;
use crate::plan::features::Cluster;
use crate::render::tree::{self, INDEX};
use crate::text::digest;
use crate::text::source::Source;

/// The folder of a cluster that is as it should be.
pub(crate) struct Held {
    /// Files of ours beside the index.
    pub(crate) files: usize,
    /// Digest of the index.
    pub(crate) digest: String,
}

/// Folders of clusters by the inputs that they were rendered from.
pub(crate) struct Remembered {
    cached: Cached,
    /// The folder that holds them.
    output: PathBuf,
    /// Cluster -> digest of its inputs.
    inputs: BTreeMap<String, String>,
    /// Cluster -> digest of inputs, and of the index that they gave.
    known: BTreeMap<String, (String, String)>,
}

impl Remembered {
    pub(crate) fn of(workspace: &Workspace<'_>, output: &Path, clusters: &[Cluster]) -> Self {
        let shared = listing(workspace.catalog.sources.values(), &mut BTreeMap::new());
        // What several clusters read is hashed once.
        let (mut inputs, mut digests) = (BTreeMap::new(), BTreeMap::new());
        for cluster in clusters {
            let own = listing(cluster.files(), &mut digests);
            let all = format!("{}\n{shared}{own}", env!("GATEWRIGHT_BUILD"));
            inputs.insert(cluster.name.clone(), digest::hex(all.as_bytes()));
        }
        let cached = Cached::of(output);
        let text = cached.read();
        let known = text.lines().filter_map(|line| {
            let mut words = line.split("  ");
            let (inputs, index, cluster) = (words.next()?, words.next()?, words.next()?);
            Some((cluster.to_owned(), (inputs.to_owned(), index.to_owned())))
        });
        let known = known.collect();
        Self { cached, output: output.to_owned(), inputs, known }
    }

    /// The clusters whose folders hold, in all files of ours, what these inputs gave; and the others.
    ///
    /// # Errors
    /// A folder is unreadable.
    pub(crate) fn held(&self, clusters: Vec<Cluster>) -> Result<(BTreeMap<String, Held>, Vec<Cluster>)> {
        let looked: Vec<(Cluster, Option<Held>)> = clusters
            .into_par_iter()
            .map(|cluster| self.holds(&cluster).map(|held| (cluster, held)))
            .collect::<Result<_>>()?;
        let (mut held, mut others) = (BTreeMap::new(), Vec::new());
        for (cluster, found) in looked {
            match found {
                Some(found) => drop(held.insert(cluster.name, found)),
                None => others.push(cluster),
            }
        }
        Ok((held, others))
    }

    fn holds(&self, cluster: &Cluster) -> Result<Option<Held>> {
        let known = self.known.get(&cluster.name).filter(|(inputs, _)| *inputs == self.inputs[&cluster.name]);
        let Some((_, digest)) = known else { return Ok(None) };
        let found = read::read_tree(&self.output.join(&cluster.name))?;
        let index = found.get(INDEX).filter(|index| digest::hex(index.as_bytes()) == *digest);
        let Some(index) = index.map(|index| tree::index(index)) else { return Ok(None) };
        let says = |(path, digest): (&&str, &&str)| {
            found.get(*path).is_some_and(|text| digest::hex(text.as_bytes()) == *digest)
        };
        Ok(index.iter().all(says).then(|| Held { files: index.len(), digest: digest.clone() }))
    }

    /// What a cluster's inputs give: a folder with this digest, or one that is not to be remembered.
    pub(crate) fn set(&mut self, cluster: &str, digest: Option<String>) {
        match digest {
            Some(digest) => drop(self.known.insert(cluster.to_owned(), (self.inputs[cluster].clone(), digest))),
            None => drop(self.known.remove(cluster)),
        }
    }

    /// Keeps it for the next run.
    pub(crate) fn keep(self) {
        let lines = self.known.iter().map(|(cluster, (inputs, digest))| format!("{inputs}  {digest}  {cluster}\n"));
        self.cached.write(&lines.collect::<String>());
    }
}

/// The digests of files with their names, of which those in `digests` are known.
fn listing<'s>(files: impl Iterator<Item = &'s Arc<Source>>, digests: &mut BTreeMap<&'s str, String>) -> String {
    let digest = |file: &'s Arc<Source>| {
        let known = digests.entry(file.name.as_str()).or_insert_with(|| digest::hex(file.text.as_bytes()));
        (known.clone(), file.name.as_str())
    };
    digest::listing(files.map(digest))
}

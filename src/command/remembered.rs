//! What earlier runs made of the same inputs: where a cluster's folder still holds just that, it need not be rendered again, and
//! what was said of it is said again. `render` alone relies on it: `render --check`, `verify` and `merge` work everything out anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::command::noted::{self, Files};
use crate::command::workspace::{Result, Workspace};
use crate::disk::cache::Cached;
use crate::disk::read;
use crate::group::catalog::Catalog;
use crate::plan::features::Cluster;
use crate::render::tree::{self, INDEX};
use crate::text::digest;
use crate::text::finding::Finding;
use crate::text::source::Source;

/// The folder of a cluster that is as it should be.
pub(crate) struct Held {
    /// Files of ours beside the index.
    pub(crate) files: usize,
    /// Digest of the index.
    pub(crate) digest: String,
    /// What the rules have to say of it.
    pub(crate) warnings: Vec<Finding>,
}

/// Folders of clusters by the inputs that they were rendered from.
pub(crate) struct Remembered<'w> {
    catalog: &'w Catalog,
    cached: Cached,
    /// The folder that holds them.
    output: PathBuf,
    /// Cluster -> digest of its inputs.
    inputs: BTreeMap<String, String>,
    known: BTreeMap<String, Known>,
}

/// What a cluster's inputs gave.
struct Known {
    /// Digest of the inputs.
    inputs: String,
    /// Digest of the index.
    index: String,
    /// As [`noted`] writes them.
    warnings: String,
}

impl<'w> Remembered<'w> {
    pub(crate) fn of(workspace: &Workspace<'w>, output: &Path, clusters: &[Cluster]) -> Self {
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
            let mut words = line.splitn(4, "  ").map(str::to_owned);
            let (inputs, index, cluster) = (words.next()?, words.next()?, words.next()?);
            Some((cluster, Known { inputs, index, warnings: words.next()? }))
        });
        let known = known.collect();
        Self { catalog: workspace.catalog, cached, output: output.to_owned(), inputs, known }
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
        let known = self.known.get(&cluster.name).filter(|known| known.inputs == self.inputs[&cluster.name]);
        let warnings = |known: &Known| noted::read(&known.warnings, &files(self.catalog, cluster), &self.catalog.pages);
        let Some((digest, warnings)) = known.and_then(|known| Some((&known.index, warnings(known)?))) else {
            return Ok(None);
        };
        let found = read::read_tree(&self.output.join(&cluster.name))?;
        let index = found.get(INDEX).filter(|index| digest::hex(index.as_bytes()) == *digest);
        let Some(index) = index.map(|index| tree::index(index)) else { return Ok(None) };
        let says = |(path, digest): (&&str, &&str)| {
            found.get(*path).is_some_and(|text| digest::hex(text.as_bytes()) == *digest)
        };
        Ok(index.iter().all(says).then(|| Held { files: index.len(), digest: digest.clone(), warnings }))
    }

    /// What a cluster's inputs give: an index with this digest, and these warnings.
    pub(crate) fn set(&mut self, cluster: &Cluster, index: String, warnings: &[Finding]) {
        let inputs = self.inputs[&cluster.name].clone();
        match noted::written(warnings, &files(self.catalog, cluster)) {
            Some(warnings) => drop(self.known.insert(cluster.name.clone(), Known { inputs, index, warnings })),
            None => drop(self.known.remove(&cluster.name)),
        }
    }

    /// Keeps it for the next run.
    pub(crate) fn keep(self) {
        let line = |(cluster, known): (&String, &Known)| {
            format!("{}  {}  {cluster}  {}\n", known.inputs, known.index, known.warnings)
        };
        self.cached.write(&self.known.iter().map(line).collect::<String>());
    }
}

/// The user's files that are read for a cluster, by name.
fn files<'s>(catalog: &'s Catalog, cluster: &'s Cluster) -> Files<'s> {
    catalog.sources.values().chain(cluster.files()).map(|file| (file.name.as_str(), file)).collect()
}

/// The digests of files with their names, of which those in `digests` are known.
fn listing<'s>(files: impl Iterator<Item = &'s Arc<Source>>, digests: &mut BTreeMap<&'s str, String>) -> String {
    let digest = |file: &'s Arc<Source>| {
        let known = digests.entry(file.name.as_str()).or_insert_with(|| digest::hex(file.text.as_bytes()));
        (known.clone(), file.name.as_str())
    };
    digest::listing(files.map(digest))
}

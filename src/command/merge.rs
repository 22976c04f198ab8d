//! The command `merge`: the outputs of all shards -> one output folder, once they are proved to be one fleet. Reads no inputs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::anyhow;
use rayon::prelude::*;

use crate::command::fleet::save;
use crate::command::rendering;
use crate::command::workspace::{Outcome, Result};
use crate::disk::output::Output;
use crate::disk::read::{self, Failure};
use crate::disk::write;
use crate::render::deletions;
use crate::render::fleet::{self, Digests, FLEET, RECORD, Record};
use crate::render::tree::{self, INDEX};
use crate::text::digest;
use crate::text::finding::{Code, Finding};

pub(crate) fn merge(folder: &Path, shards: &[PathBuf], to: &Path, allow_delete: &[String]) -> Result<Outcome> {
    let read = |path: &PathBuf| Ok((path.display().to_string(), record(folder, path)?));
    let records: Vec<(String, Record)> = shards.iter().map(read).collect::<Result<_>>()?;
    let mut faults = fleet::faults(&records);
    for (name, record) in &records {
        let known: Vec<(&String, &String)> = record.clusters.iter().collect();
        faults.par_extend(
            known.into_par_iter().flat_map_iter(|(cluster, digest)| changed(folder, name, cluster, digest)),
        );
        let strange =
            write::cluster_folders(&folder.join(name))?.into_iter().filter(|c| !record.clusters.contains_key(c));
        faults.extend(strange.map(|cluster| format!("{name} holds {cluster}, which it did not render")));
    }
    if !faults.is_empty() {
        faults.sort();
        let help = "render what is missing or changed again, from the same inputs and with the same number of shards";
        let tell = |fault: String| Finding::error(Code::ShardSet, fault).help(help);
        return Err(Failure::Findings(faults.into_iter().map(tell).collect()));
    }
    let target = folder.join(to);
    let output = Output::open(&target)?;
    let all: Vec<(&str, &String)> =
        records.iter().flat_map(|(name, record)| record.clusters.keys().map(move |c| (name.as_str(), c))).collect();
    let staged: Vec<Result<_>> = all
        .par_iter()
        .map(|(name, cluster)| {
            let (new, found) =
                (read::read_tree(&folder.join(name).join(cluster))?, read::read_tree(&target.join(cluster))?);
            let shown = format!("{}/{cluster}", to.display());
            let deleted = deletions::unnamed(cluster, &shown, &tree::owned(&found, &new), &new, allow_delete);
            if !deleted.is_empty() {
                return Err(Failure::Findings(deleted));
            }
            Ok((new.len() - 1, write::stage(&output, cluster, &found, &new)?))
        })
        .collect();
    let (mut waiting, mut files, mut written, mut findings) = (Vec::new(), 0, 0, Vec::new());
    for one in staged {
        match one {
            Ok((n, (done, staged))) => {
                waiting.extend(staged);
                files += n;
                written += done.written;
            }
            Err(Failure::Findings(found)) => findings.extend(found),
            Err(other) => return Err(other),
        }
    }
    if !findings.is_empty() {
        return Err(Failure::Findings(findings));
    }
    let digests: Digests = records.iter().flat_map(|(_, record)| record.clusters.clone()).collect();
    let orphans = write::cluster_folders(&target)?.into_iter().filter(|name| !digests.contains_key(name)).collect();
    let mut talk = rendering::exchange((&target, to), &output, waiting, orphans, allow_delete)?;
    save(&target, RECORD, None)?;
    let index = records.iter().any(|(_, record)| record.fleet).then(|| fleet::index(&digests));
    save(&target, FLEET, index.as_deref())?;
    talk += &format!(
        "{} clusters of {} shards: {files} files in {} ({written} written)\n",
        digests.len(),
        records.len(),
        to.display()
    );
    Ok(Outcome { talk, ..Outcome::default() })
}

fn record(folder: &Path, shard: &Path) -> Result<Record> {
    let shown = shard.display();
    let path = folder.join(shard).join(RECORD);
    if !path.exists() {
        return Err(anyhow!(
            "{shown} is no shard: it has no {RECORD}\n`gatewright render --shard I/N --output-dir DIR` writes one"
        )
        .into());
    }
    let text = read::text_of(&path)?;
    Ok(serde_json::from_str(&text).map_err(|error| anyhow!("{shown}/{RECORD} is none of ours: {error}"))?)
}

/// What of a cluster's folder is not as its shard rendered it.
fn changed(folder: &Path, shard: &str, cluster: &str, digest: &str) -> Vec<String> {
    let lies = folder.join(shard).join(cluster);
    let (found, names) = match (read::read_tree(&lies), read::names(&lies)) {
        (Ok(found), Ok(names)) => (found, names),
        (Err(error), _) | (_, Err(error)) => return vec![format!("{error:#}")],
    };
    let empty: Arc<str> = Arc::from("");
    let text = found.get(INDEX).unwrap_or(&empty);
    if digest::hex(text.as_bytes()) != digest {
        return vec![format!("{shard}/{cluster} is not what {shard} rendered")];
    }
    let index = tree::index(text);
    let missing = index.keys().filter(|path| !found.contains_key(**path)).map(|path| (path.to_string(), "is missing"));
    let edited = tree::hand_edited(&found).into_iter().map(|path| (path, "was changed"));
    let strange = names.into_iter().filter(|path| path != INDEX && !index.contains_key(path.as_str()));
    let all = missing.chain(edited).chain(strange.map(|path| (path, "was not rendered")));
    all.map(|(path, what)| format!("{shard}/{cluster}/{path} {what}")).collect()
}

//! The index of each cluster -> one text for all of them; and which part of a fleet a run renders. Knows no disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::render::tree::INDEX;
use crate::text::digest;

/// The file beside the clusters' folders that has the digest of each cluster's index, in the format of `sha256sum`: whoever
/// signs it has signed every file of every cluster.
pub const FLEET: &str = "fleet.sha256";

/// The file beside the clusters' folders that says what a shard is.
pub const RECORD: &str = ".gatewright-shard.json";

/// Digests of indexes, by cluster.
pub type Digests = BTreeMap<String, String>;

/// The text of [`FLEET`].
pub fn index(digests: &Digests) -> String {
    digest::listing(digests.iter().map(|(cluster, digest)| (digest, format!("{cluster}/{INDEX}"))))
}

/// What such a text says.
///
/// # Errors
/// The number of the first line that is none of ours.
pub fn read(text: &str) -> Result<Digests, usize> {
    let mut digests = Digests::new();
    for (number, line) in text.lines().enumerate() {
        let parts = line.split_once("  ").and_then(|(d, path)| Some((d, path.strip_suffix(INDEX)?.strip_suffix('/')?)));
        let hex = |d: &str| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit());
        let Some((digest, cluster)) = parts.filter(|(digest, _)| hex(digest)) else { return Err(number + 1) };
        if digests.insert(cluster.to_owned(), digest.to_owned()).is_some() {
            return Err(number + 1);
        }
    }
    Ok(digests)
}

/// One of so many parts of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: u64,
    /// How many there are.
    pub of: u64,
}

impl Shard {
    /// `3/7` is the fourth of seven.
    pub fn parse(text: &str) -> Option<Self> {
        let (index, of) = text.split_once('/')?;
        let shard = Self { index: index.parse().ok()?, of: of.parse().ok()? };
        (shard.index < shard.of).then_some(shard)
    }

    /// Whether a cluster is in it: the first 16 digits of the SHA-256 of its name, divided by the number of parts, leave its
    /// index.
    pub fn has(&self, cluster: &str) -> bool {
        let digest = digest::hex(cluster.as_bytes());
        u64::from_str_radix(&digest[..16], 16).expect("hex digits") % self.of == self.index
    }
}

/// What a shard says of itself.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// As in [`Shard::index`].
    pub shard: u64,
    /// As in [`Shard::of`].
    pub of: u64,
    /// The version of the program.
    pub gatewright: String,
    /// Digest of all that was read, and of the catalog.
    pub inputs: String,
    /// There are `clusters/`, and so a [`FLEET`].
    pub fleet: bool,
    /// Digest of the names of all clusters, those of other shards included.
    pub names: String,
    /// Its clusters.
    pub clusters: Digests,
}

/// The digest of names, in their order.
pub fn digest_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: BTreeSet<&str> = names.into_iter().collect();
    digest::hex(names.into_iter().map(|name| format!("{name}\n")).collect::<String>().as_bytes())
}

/// Why shards, each under its name, are not one fleet; nothing when they are.
pub fn faults(shards: &[(String, Record)]) -> Vec<String> {
    let Some((first, record)) = shards.first() else { return Vec::new() };
    let mut faults = Vec::new();
    let mut seen: BTreeMap<u64, &str> = BTreeMap::new();
    let mut clusters: Vec<&String> = Vec::new();
    for (name, other) in shards {
        let same = [
            (other.of == record.of, "is one of another number of shards"),
            (other.gatewright == record.gatewright, "was rendered by another version of gatewright"),
            (other.inputs == record.inputs && other.names == record.names, "was rendered from other inputs"),
        ];
        faults.extend(same.iter().filter(|(same, _)| !same).map(|(_, what)| format!("{name} {what} than {first}")));
        if other.shard >= other.of {
            faults.push(format!("{name} is shard {} of {}, which there is not", other.shard, other.of));
            continue;
        }
        if let Some(before) = seen.insert(other.shard, name) {
            faults.push(format!("{before} and {name} are both shard {}/{}", other.shard, other.of));
            continue;
        }
        let shard = Shard { index: other.shard, of: other.of };
        let (own, strange): (Vec<&String>, Vec<&String>) = other.clusters.keys().partition(|name| shard.has(name));
        faults.extend(strange.iter().map(|c| format!("{name} has the cluster {c}, which is in another shard")));
        clusters.extend(own);
    }
    let missing: Vec<String> = (0..record.of).filter(|i| !seen.contains_key(i)).map(|i| i.to_string()).collect();
    if !missing.is_empty() {
        faults.push(format!("of {} shards these are missing: {}", record.of, missing.join(", ")));
    }
    if faults.is_empty() && digest_of(clusters.into_iter().map(String::as_str)) != record.names {
        faults.push("the clusters of the shards are not all clusters of the fleet".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_in_one_shard_and_always_the_same() {
        for cluster in ["a", "prod-eu-1", "x"] {
            assert_eq!((0..7).filter(|i| Shard { index: *i, of: 7 }.has(cluster)).count(), 1, "{cluster}");
        }
        // The digest of `a` begins with ca978112ca1bbdca.
        let part = 0xca97_8112_ca1b_bdca_u64 % 7;
        assert!(Shard { index: part, of: 7 }.has("a"));
        for text in ["7/7", "1", "-1/3", "1/0", "a/b", "1/2/3"] {
            assert_eq!(Shard::parse(text), None, "{text}");
        }
        assert_eq!(Shard::parse("0/1"), Some(Shard { index: 0, of: 1 }));
    }

    #[test]
    fn an_index_is_read_as_it_was_written() {
        let digests: Digests = ["a", "b"].map(|n| (n.to_owned(), digest::hex(n.as_bytes()))).into();
        assert_eq!(read(&index(&digests)), Ok(digests.clone()));
        assert_eq!(read(&(index(&digests) + "what\n")), Err(3));
        assert_eq!(read(&index(&digests).repeat(2)), Err(3));
    }
}

//! `--cluster` and `-l` -> the clusters that are meant.

use std::collections::BTreeSet;

use anyhow::{Result, anyhow};

use crate::command::args::Which;
use crate::plan::features::Cluster;
use crate::text::glob;
use crate::text::schema::did_you_mean;

impl Which {
    /// Nothing is said: all are meant.
    pub(crate) fn is_all(&self) -> bool {
        self.cluster.is_empty() && self.selector.is_empty()
    }

    /// Those that one of the names means, and of these the ones that have all labels.
    ///
    /// # Errors
    /// A name or pattern that means none, or labels that none has.
    pub(crate) fn of(&self, mut clusters: Vec<Cluster>) -> Result<Vec<Cluster>> {
        let names: Vec<&str> = clusters.iter().map(|c| c.name.as_str()).collect();
        for name in &self.cluster {
            if !names.iter().any(|known| glob::matches(name, known)) {
                return Err(match glob::is_pattern(name) {
                    true => anyhow!("no cluster has a name like `{name}`\n{}", did_you_mean(name, &names)),
                    false => anyhow!("there is no cluster `{name}`\n{}", did_you_mean(name, &names)),
                });
            }
        }
        let known = labels(&clusters);
        let named = |c: &Cluster| self.cluster.is_empty() || self.cluster.iter().any(|n| glob::matches(n, &c.name));
        clusters.retain(|cluster| named(cluster) && self.selector.iter().all(|label| holds(label, cluster)));
        if clusters.is_empty() {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let said = self.selector.join(", ");
            let hint = match known.is_empty() {
                true => "no cluster has labels: `platform.labels` in features.yaml or clusters/*.yaml".to_owned(),
                false => did_you_mean(self.selector.first().map_or("", String::as_str), &known),
            };
            return Err(anyhow!("no cluster that is named has the labels {said}\n{hint}"));
        }
        Ok(clusters)
    }
}

/// The labels of all clusters, as `key=value`.
fn labels(clusters: &[Cluster]) -> BTreeSet<String> {
    let of = |c: &Cluster| c.platform["labels"].as_object().cloned().unwrap_or_default();
    let pairs = clusters.iter().flat_map(of);
    pairs.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect()
}

/// `key=value`, `key!=value` (a cluster without the label has another value) or `key`.
fn holds(label: &str, cluster: &Cluster) -> bool {
    let value = |key: &str| cluster.platform["labels"][key].as_str();
    match (label.split_once("!="), label.split_once('=')) {
        (Some((key, other)), _) => value(key) != Some(other),
        (None, Some((key, wanted))) => value(key) == Some(wanted.trim_start_matches('=')),
        (None, None) => value(label).is_some(),
    }
}

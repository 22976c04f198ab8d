//! The changes of all clusters -> what is told: equal changes once, with the clusters that they touch, and one word of verdict.

use std::collections::{BTreeMap, BTreeSet};

use crate::command::review::change::{Change, Kind};
use crate::command::review::delivery::Does;
use crate::command::review::flips::Cause;
use crate::command::review::risk::sight::{Risk, rank};
use crate::command::review::routine::follows;

/// One change of one cluster, with what is known of it.
#[derive(Clone, Debug)]
pub struct Known {
    /// The change.
    pub change: Change,
    /// What Argo CD does.
    pub does: Does,
    /// It is what happens every day.
    pub routine: bool,
    /// What may go wrong.
    pub risks: Vec<Risk>,
    /// Why it is.
    pub causes: BTreeSet<Cause>,
}

/// What differs in one cluster.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Its name.
    pub cluster: String,
    /// Its label `ring`.
    pub ring: String,
    /// The changes.
    pub changes: Vec<Known>,
    /// What may go wrong with the cluster as a whole.
    pub risks: Vec<Risk>,
    /// Why `render` refuses it, a sentence each.
    pub refused: Vec<String>,
}

/// A change, and the clusters that it touches.
#[derive(Clone, Debug)]
pub struct Told {
    /// As the first of the clusters has it.
    pub known: Known,
    /// The object, with `<cluster>` for the name of a cluster where several have it.
    pub object: String,
    /// Their names.
    pub clusters: BTreeSet<String>,
}

impl Told {
    /// The object, with `<cluster>` for the name of its cluster.
    pub fn nameless(&self) -> String {
        self.clusters.first().map_or_else(|| self.object.clone(), |cluster| named_away(&self.object, cluster))
    }
}

/// The word that comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing differs.
    None,
    /// Versions within a major version, more replicas, labels.
    Routine,
    /// Anything else that no rule minds.
    Change,
    /// Something may go wrong.
    Risky,
    /// `render` would refuse it.
    Refused,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::None => "none",
            Verdict::Routine => "routine",
            Verdict::Change => "change",
            Verdict::Risky => "risky",
            Verdict::Refused => "refused",
        }
    }
}

/// All that is told.
#[derive(Clone, Debug, Default)]
pub struct Review {
    /// Changes, the risky ones first.
    pub told: Vec<Told>,
    /// What may go wrong with clusters as a whole, with their names.
    pub whole: BTreeMap<Risk, BTreeSet<String>>,
    /// Why `render` refuses it, with the clusters.
    pub refused: BTreeMap<String, BTreeSet<String>>,
    /// Rings of the clusters that have one.
    pub rings: BTreeMap<String, String>,
    /// Clusters that were looked at.
    pub clusters: usize,
}

impl Review {
    /// Gathers what differs in clusters; equal changes become one.
    pub fn new(seen: Vec<Seen>) -> Self {
        let mut review = Review { clusters: seen.len(), ..Review::default() };
        let mut by_sign: BTreeMap<String, usize> = BTreeMap::new();
        for Seen { cluster, ring, changes, risks, refused } in seen {
            if !ring.is_empty() {
                review.rings.insert(cluster.clone(), ring);
            }
            for risk in risks {
                review.whole.entry(risk).or_default().insert(cluster.clone());
            }
            for sentence in refused {
                review.refused.entry(named_away(&sentence, &cluster)).or_default().insert(cluster.clone());
            }
            for known in changes {
                // Alike as they are, or but for the cluster's name.
                let signs = [sign(&known), named_away(&sign(&known), &cluster)];
                match signs.iter().find_map(|sign| by_sign.get(sign)) {
                    Some(at) => {
                        let told = &mut review.told[*at];
                        let own = object(&known.change);
                        told.clusters.insert(cluster.clone());
                        if own != told.object {
                            told.object = named_away(&own, &cluster);
                        }
                        told.known.causes.extend(known.causes);
                    }
                    None => {
                        by_sign.extend(signs.map(|sign| (sign, review.told.len())));
                        let clusters = BTreeSet::from([cluster.clone()]);
                        review.told.push(Told { object: object(&known.change), known, clusters });
                    }
                }
            }
        }
        let order = |told: &Told| {
            let gravest = told.known.risks.iter().map(|risk| rank(risk.code)).min().unwrap_or(usize::MAX);
            (gravest, told.known.routine, told.object.clone())
        };
        review.told.sort_by_key(order);
        review
    }

    /// What may go wrong, the gravest first, each with its change, or with the clusters that it is about as a whole.
    pub fn risks(&self) -> Vec<(&Risk, Result<&Told, &BTreeSet<String>>)> {
        let whole = self.whole.iter().map(|(risk, clusters)| (risk, Err(clusters)));
        let all = self.told.iter().flat_map(|told| told.known.risks.iter().map(move |risk| (risk, Ok(told))));
        let mut risks: Vec<_> = whole.chain(all).collect();
        risks.sort_by_key(|(risk, _)| rank(risk.code));
        risks
    }

    /// The word that comes first.
    pub fn verdict(&self) -> Verdict {
        let risky = !self.whole.is_empty() || self.told.iter().any(|told| !told.known.risks.is_empty());
        match () {
            () if !self.refused.is_empty() => Verdict::Refused,
            () if risky => Verdict::Risky,
            () if self.told.is_empty() => Verdict::None,
            () if self.told.iter().all(|told| told.known.routine) => Verdict::Routine,
            () => Verdict::Change,
        }
    }

    /// Clusters that something changes in.
    pub fn touched(&self) -> BTreeSet<&str> {
        self.told.iter().flat_map(|told| told.clusters.iter().map(String::as_str)).collect()
    }

    /// How many objects are added, changed, renamed, moved, removed, counted in every cluster.
    pub fn counts(&self) -> Vec<(Kind, usize)> {
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        for told in &self.told {
            *counts.entry(told.known.change.kind).or_default() += told.clusters.len();
        }
        counts.into_iter().collect()
    }

    /// The changes by what causes them, most first.
    pub fn by_cause(&self) -> Vec<(&BTreeSet<Cause>, Vec<&Told>)> {
        let mut groups: BTreeMap<&BTreeSet<Cause>, Vec<&Told>> = BTreeMap::new();
        for told in &self.told {
            groups.entry(&told.known.causes).or_default().push(told);
        }
        let mut groups: Vec<_> = groups.into_iter().collect();
        groups.sort_by_key(|(causes, told)| (std::cmp::Reverse(told.len()), *causes));
        groups
    }

    /// Why `render` refuses it, a sentence each, with the clusters where it is one of theirs.
    pub fn refusals(&self) -> Vec<String> {
        let one = |(why, clusters): (&String, &BTreeSet<String>)| match clusters.is_empty() {
            true => why.clone(),
            false => format!("{why} ({})", self.names(clusters)),
        };
        self.refused.iter().map(one).collect()
    }

    /// The names of clusters for people: all, some with a count, by ring where they have one.
    pub fn names(&self, clusters: &BTreeSet<String>) -> String {
        let some = |names: &[&String]| match names.len() {
            0..=4 => names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", "),
            many => format!("{}, {} and {} more", names[0], names[1], many - 2),
        };
        if clusters.len() == self.clusters && clusters.len() > 4 {
            return format!("all {} clusters", self.clusters);
        }
        let mut rings: BTreeMap<&str, Vec<&String>> = BTreeMap::new();
        for name in clusters {
            rings.entry(self.rings.get(name).map_or("", String::as_str)).or_default().push(name);
        }
        let one = |(ring, names): (&str, Vec<&String>)| match ring {
            "" => some(&names),
            ring => format!("ring {ring}: {}", some(&names)),
        };
        rings.into_iter().map(one).collect::<Vec<_>>().join("; ")
    }
}

/// Causes that are said, at most.
const CAUSES: usize = 8;

/// Causes for people: what was changed alike in several places once, with the first of them.
pub fn words(causes: &BTreeSet<Cause>) -> Vec<String> {
    let mut alike: Vec<(Cause, usize)> = Vec::new();
    for cause in causes {
        let same = |(first, _): &&mut (Cause, usize)| Cause { place: cause.place.clone(), ..first.clone() } == *cause;
        match alike.iter_mut().find(same) {
            Some((_, count)) => *count += 1,
            None => alike.push((cause.clone(), 1)),
        }
    }
    let said = |(cause, count): &(Cause, usize)| match count {
        1 => cause.words(),
        n => Cause { place: format!("{} and {} more", cause.place, n - 1), ..cause.clone() }.words(),
    };
    let more = alike.len().checked_sub(CAUSES).filter(|more| *more > 0).map(|more| format!("{more} other causes"));
    alike.iter().take(CAUSES).map(said).chain(more).collect()
}

/// `Deployment litellm/litellm`, or with the name that it had before.
pub fn object(change: &Change) -> String {
    match &change.was {
        Some(was) => format!("{was} -> {}", change.identity),
        None => change.identity.to_string(),
    }
}

/// What makes changes of two clusters equal: all of them but their causes.
fn sign(known: &Known) -> String {
    let Known { change, does, risks, .. } = known;
    // Checksums follow what is told elsewhere.
    let fields = change.fields.iter().filter(|field| !follows(field));
    let fields = fields.map(|field| (&field.shown, &field.old, &field.new));
    format!("{:?}", (object(change), change.kind, does, risks, fields.collect::<Vec<_>>()))
}

/// A text with `<cluster>` for the cluster's name, where it stands as a word or as a part of a name.
fn named_away(text: &str, cluster: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(cluster).filter(|_| !cluster.is_empty()) {
        let end = at + cluster.len();
        let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let before = if at == 0 { out.chars().last() } else { rest[..at].chars().last() };
        let whole = edge(before) && edge(rest[end..].chars().next());
        out += &rest[..at];
        out += if whole { "<cluster>" } else { cluster };
        rest = &rest[end..];
    }
    out + rest
}

//! `--crds`, the folder `crds/` or the releases in the binary -> the definitions of kinds, and what of them is evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::command::workspace::{Outcome, Result};
use crate::disk::{files, read};
use crate::object::object::Identity;
use crate::render::bundle::Bundle;
use crate::text::finding::{Finding, sorted};
use crate::text::source::Source;
use crate::verdict::crd::Crds;
use crate::verdict::pinned::{self, Release};

/// Where definitions lie when nobody says otherwise.
pub(crate) const CRDS: &str = "crds";

/// What is said where there are none for manifests of others: nobody knows of which releases they are.
const LIKELY: &str =
    "custom resources were held against the definitions that are built in; --crds names those of other releases\n";

/// Where definitions come from, and what is wrong with them as files.
pub(crate) struct Definitions {
    /// Files of the user; none: those that the binary holds.
    files: Option<Vec<Arc<Source>>>,
    findings: Vec<Finding>,
    /// What was read already: clusters of a fleet ask for the same kinds.
    read: Mutex<BTreeMap<Asked, Arc<Known>>>,
}

/// API groups and kinds.
pub(crate) type Kinds = BTreeSet<(String, String)>;

/// What definitions are wanted for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    /// The kinds of the objects.
    pub(crate) kinds: Kinds,
    /// Releases that are installed in another version than the binary holds, and that version.
    pub(crate) others: BTreeMap<&'static str, String>,
}

impl Asked {
    /// The kinds of a cluster's objects, and the versions that its Applications install.
    pub(crate) fn of(bundle: &Bundle) -> Self {
        Self::of_objects(bundle.manifests.iter().map(|(identity, placed)| (identity, &placed.manifest.value)))
    }

    /// The same of any objects.
    pub(crate) fn of_objects<'a>(objects: impl Iterator<Item = (&'a Identity, &'a Value)> + Clone) -> Self {
        let applications = objects.clone().filter(|(identity, _)| identity.kind == "Application");
        let sources = applications.flat_map(|(_, value)| {
            let spec = &value["spec"];
            spec["sources"].as_array().into_iter().flatten().chain([&spec["source"]])
        });
        let other = |source: &Value| {
            let version = source["targetRevision"].as_str()?;
            let installs = |release: &&Release| {
                release.installed.as_ref().is_some_and(|i| match &i.chart {
                    Some(chart) => source["chart"] == **chart,
                    None => i.path.as_ref().is_some_and(|path| source["path"] == **path),
                })
            };
            let release = pinned::releases().iter().find(installs)?;
            (!release.is_near(version)).then(|| (release.name, version.to_owned()))
        };
        Self { kinds: kinds(objects.map(|(identity, _)| identity)), others: sources.filter_map(other).collect() }
    }

    /// What several clusters ask for together. A release that one of them has in another version counts for none.
    pub(crate) fn all(asked: impl IntoIterator<Item = Self>) -> Self {
        asked.into_iter().fold(Self::default(), |mut all, asked| {
            all.kinds.extend(asked.kinds);
            all.others.extend(asked.others);
            all
        })
    }
}

/// Definitions, and what is wrong with their files.
type Known = (Crds, Vec<Finding>);

impl Definitions {
    /// The files at these paths, or below the default folder; without any, what the binary holds.
    pub(crate) fn find(folder: &Path, paths: &[PathBuf]) -> Result<Self> {
        let default = [PathBuf::from(CRDS)];
        let paths = match paths {
            [] if folder.join(CRDS).is_dir() => {
                files::inside(folder, &folder.join(CRDS))?;
                &default[..]
            }
            paths => paths,
        };
        let mut found = Definitions { files: None, findings: Vec::new(), read: Mutex::default() };
        for path in paths {
            let (files, findings) = read::sources(folder, path)?;
            found.files.get_or_insert_default().extend(files);
            found.findings.extend(findings);
        }
        Ok(found)
    }

    /// The user has named or laid down files.
    pub(crate) fn are_given(&self) -> bool {
        self.files.is_some()
    }

    /// What of all definitions is evaluated: a line for each kind and version, and one for each rule that is not.
    pub(crate) fn coverage(&self) -> Outcome {
        let (crds, findings) = self.definitions(None, &BTreeMap::new());
        let (mut data, mut totals) = (String::new(), [0; 3]);
        for kind in crds.coverage() {
            let counts = [kind.rules, kind.update_rules, kind.unusable.len()];
            totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
            let name = format!("{}/{} {}", kind.group, kind.version, kind.kind);
            data += &format!(
                "{name:<64} {:>4} rules, {:>3} of updates, {} not evaluated\n",
                counts[0], counts[1], counts[2]
            );
            for (path, rule, why) in &kind.unusable {
                data += &format!("  {path}: {why}: {rule}\n");
            }
        }
        let [rules, updates, unusable] = totals;
        data += &format!(
            "{rules} rules, {updates} of updates (evaluated by `gatewright diff`, which has the old object), {unusable} not evaluated\n"
        );
        Outcome { data, findings: sorted(findings), ..Outcome::default() }
    }

    fn definitions(&self, kinds: Option<&Kinds>, others: &BTreeMap<&'static str, String>) -> Known {
        let pinned = || Crds::pinned(kinds, |release| !others.contains_key(release.name));
        let Some(files) = &self.files else { return (pinned(), Vec::new()) };
        let (crds, mut findings) = Crds::read(files, kinds);
        findings.extend(self.findings.iter().cloned());
        // A definition of one's own does not take away those of the releases.
        (if kinds.is_some() { crds.or(pinned()) } else { crds }, findings)
    }

    /// The definitions of these kinds; the others are not even read.
    pub(crate) fn of(&self, asked: &Asked) -> Arc<Known> {
        let read = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read().get(asked) {
            return known.clone();
        }
        // Not under the lock: reading uses all threads, and one that waits may take up work that comes by here.
        let known = Arc::new(self.definitions(Some(&asked.kinds), &asked.others));
        read().insert(asked.clone(), known.clone());
        known
    }

    /// The same for manifests of others: without files, what is built in is likely what they are of.
    pub(crate) fn of_others(&self, asked: &Asked) -> Arc<Known> {
        if self.are_given() {
            return self.of(asked);
        }
        let (crds, findings) = self.definitions(Some(&asked.kinds), &asked.others);
        Arc::new((crds.likely(), findings))
    }

    /// A line about the kinds that have no schema here, and one for each release whose own definitions are missing; nothing when
    /// all is known.
    pub(crate) fn unknown(&self, asked: &Asked, crds: &Crds) -> String {
        let mut unknown: BTreeSet<(&str, &str)> = asked.kinds.iter().map(|(g, k)| (g.as_str(), k.as_str())).collect();
        unknown.retain(|(group, kind)| crds.namespaced(group, kind).is_none());
        let mut text = String::new();
        let releases = pinned::releases().iter().filter_map(|r| Some((r, asked.others.get(r.name)?)));
        for (release, version) in releases {
            let theirs: Vec<(&str, &str)> = release.kinds().filter(|kind| unknown.remove(kind)).collect();
            if !theirs.is_empty() {
                text += &format!(
                    "not held against their definitions: {}; {version} installs other ones than those of {} {} that are built in: put \
                     them into {CRDS}/\n",
                    names(theirs),
                    release.product,
                    release.version
                );
            }
        }
        if !unknown.is_empty() {
            text += &format!("held against no definition, as none was found: {}\n", names(unknown));
        }
        text
    }

    /// The same for manifests of others.
    pub(crate) fn unknown_of_others(&self, asked: &Asked, crds: &Crds) -> String {
        if self.are_given() { self.unknown(asked, crds) } else { LIKELY.to_owned() }
    }
}

fn names<'a>(kinds: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let names = kinds.into_iter().map(|(group, kind)| format!("{kind} ({group})"));
    names.collect::<Vec<_>>().join(", ")
}

/// API group and kind of each object.
pub(crate) fn kinds<'a>(identities: impl Iterator<Item = &'a Identity>) -> Kinds {
    identities.map(|identity| (identity.group.clone(), identity.kind.clone())).collect()
}

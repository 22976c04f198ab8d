//! `--crds` or the folder `crds/` -> the definitions of kinds, and what of them is evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::command::workspace::{Outcome, Result};
use crate::disk::read;
use crate::object::object::Identity;
use crate::text::finding::{Finding, sorted};
use crate::text::source::Source;
use crate::verdict::crd::Crds;

/// Where definitions lie when nobody says otherwise.
const CRDS: &str = "crds";

/// What is said where there are none.
const NO_CRDS: &str =
    "custom resources were not held against their definitions: there is no folder crds/ and no --crds\n";

/// Files of CustomResourceDefinitions, and what is wrong with them as files.
pub(crate) struct Definitions {
    files: Vec<Arc<Source>>,
    findings: Vec<Finding>,
    /// What was read already: clusters of a fleet ask for the same kinds.
    read: Mutex<BTreeMap<Kinds, Arc<Known>>>,
}

/// API groups and kinds.
type Kinds = BTreeSet<(String, String)>;

/// Definitions, and what is wrong with their files.
type Known = (Crds, Vec<Finding>);

impl Definitions {
    /// The files at these paths, or below the default folder; `None`: there is neither.
    pub(crate) fn find(folder: &Path, paths: &[PathBuf]) -> Result<Option<Self>> {
        let default = [PathBuf::from(CRDS)];
        let paths = match paths {
            [] if folder.join(CRDS).is_dir() => {
                read::inside(folder, &folder.join(CRDS))?;
                &default[..]
            }
            [] => return Ok(None),
            paths => paths,
        };
        let mut found = Definitions { files: Vec::new(), findings: Vec::new(), read: Mutex::default() };
        for path in paths {
            let (files, findings) = read::sources(folder, path)?;
            found.files.extend(files);
            found.findings.extend(findings);
        }
        Ok(Some(found))
    }

    /// What of all definitions is evaluated: a line for each kind and version, and one for each rule that is not.
    pub(crate) fn coverage(&self) -> Outcome {
        let (crds, mut findings) = Crds::read(&self.files, None);
        findings.extend(self.findings.iter().cloned());
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

    /// The definitions of these kinds; the others are not even read.
    pub(crate) fn of(&self, kinds: &Kinds) -> Arc<Known> {
        let read = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read().get(kinds) {
            return known.clone();
        }
        // Not under the lock: reading uses all threads, and one that waits may take up work that comes by here.
        let (crds, mut findings) = Crds::read(&self.files, Some(kinds));
        findings.extend(self.findings.iter().cloned());
        let known = Arc::new((crds, findings));
        read().insert(kinds.clone(), known.clone());
        known
    }
}

/// One line about the kinds that have no schema here; nothing when all have one.
pub(crate) fn unknown(kinds: &Kinds, crds: &Crds, from: Option<&Definitions>) -> String {
    if from.is_none() {
        return NO_CRDS.to_owned();
    }
    let unknown = kinds.iter().filter(|(group, kind)| crds.namespaced(group, kind).is_none());
    let names: Vec<String> = unknown.map(|(group, kind)| format!("{kind} ({group})")).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("held against no definition, as none was found: {}\n", names.join(", ")),
    }
}

/// API group and kind of each object.
pub(crate) fn kinds<'a>(identities: impl Iterator<Item = &'a Identity>) -> Kinds {
    identities.map(|identity| (identity.group.clone(), identity.kind.clone())).collect()
}

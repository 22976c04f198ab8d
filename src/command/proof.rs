//! The command `prove`: every feature set of the catalog, with what the working folder lays over it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::command::bends::{self, Bends};
use crate::command::interrupt;
use crate::command::pipeline;
use crate::command::progress::Progress;
use crate::command::prove;
use crate::command::sets::{self, Set};
use crate::command::workspace::{Outcome, Result, Workspace};
use crate::group::memo::Memo;
use crate::text::finding::{Code, Finding, sorted};
use crate::text::source::Place;

#[expect(clippy::disallowed_methods, reason = "how long it took goes to stderr, and nothing else knows it")]
pub(crate) fn proof(workspace: &Workspace<'_>) -> Result<Outcome> {
    let catalog = workspace.catalog;
    let (sets, start) = (sets::sets(catalog), Instant::now());
    let stopped = interrupt::watched()?;
    let (mut data, mut findings) = (String::new(), Vec::new());
    for bends in Bends::read(workspace.folder, workspace.file)? {
        let (said, found) = of_all(workspace, &bends, &sets, &stopped);
        data += &said;
        findings.extend(found);
    }
    let flags: Vec<&str> = catalog.features().into_keys().collect();
    let groups = catalog.groups.values().filter(|g| g.variants.len() > 1);
    let groups: Vec<String> = groups.map(|g| format!("{} ({})", g.name, g.variants.len())).collect();
    data += &format!("varied: features {}; providers of {}; profiles\n", flags.join(", "), groups.join(", "));
    data += "not varied: `false` flags, all other settings (defaults, and the examples of group files), names, several clusters\n";
    let talk = format!("{:.1} s\n", start.elapsed().as_secs_f64());
    let differs = stopped.load(Ordering::Relaxed);
    Ok(Outcome { data, talk, findings: sorted(findings), differs, ..Outcome::default() })
}

/// What is said of all sets with these files over them.
fn of_all(workspace: &Workspace<'_>, bends: &Bends, sets: &[Set], stopped: &AtomicBool) -> (String, Vec<Finding>) {
    let catalog = workspace.catalog;
    let progress = Progress::new(sets.len(), "feature sets", workspace.quiet);
    let goes_on = || !stopped.load(Ordering::Relaxed);
    let proof = prove::prove_while(catalog, bends, sets, |done| progress.at(done), goes_on);
    drop(progress);
    let mut data = match (bends.is_empty(), bends.cluster.as_str()) {
        (true, _) => String::new(),
        (false, "") => "with patches/ and manifests/: ".to_owned(),
        (false, cluster) => format!("with the patches and manifests of {cluster}: "),
    };
    data += &format!(
        "{} feature sets, {} outcomes (groups that are on, with their providers, and profile), {} distinct trees, {} failed\n",
        proof.sets, proof.outcomes, proof.trees, proof.failed
    );
    if proof.sets < sets.len() {
        data += &format!("  stopped: {} of {} were not looked at\n", sets.len() - proof.sets, sets.len());
    }
    let mut findings = Vec::new();
    for (set, finding) in proof.failures {
        data += &format!("  {}: {}\n", finding.code.name(), set.describe(catalog));
        findings.push(finding);
    }
    let nowhere = if proof.needs.iter().any(|(_, set)| set.is_none()) { unrendered(workspace) } else { None };
    for (place, set) in proof.needs {
        match set {
            Some(set) => data += &format!("  {place} needs: {}\n", set.describe(catalog)),
            None if nowhere.as_ref().is_some_and(|places| !places.contains(&place)) => {
                data += &format!("  {place} needs the settings of {}\n", workspace.file.display());
            }
            None => findings.push(without_set(place)),
        }
    }
    (data, findings)
}

fn without_set(place: Place) -> Finding {
    let message = "no feature set renders what this patch is for, nor does features.yaml";
    let help = "`gatewright render --stdout` prints what is rendered";
    Finding::error(Code::PatchWithoutTarget, message).place(place).help(help)
}

/// The patches without a target in the clusters as they are; none where they cannot be read.
fn unrendered(workspace: &Workspace<'_>) -> Option<BTreeSet<Place>> {
    let clusters = workspace.clusters(None).ok()?;
    let memo = Memo::default();
    let found = clusters.iter().filter_map(|cluster| pipeline::render(workspace.catalog, cluster, &memo).err());
    Some(bends::without_target(&found.flatten().collect::<Vec<_>>()))
}

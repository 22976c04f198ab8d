//! One cluster before and after -> what differs, with risks and causes. Pure, as [`crate::command::review`]: it asks the rooms
//! that `render` asks whether it would refuse.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use crate::command::causes::{self, Inputs};
use crate::command::pipeline::{self, Rendered};
use crate::command::review::flips::Cause;
use crate::command::review::objects::{changes, things};
use crate::command::review::risk::{
    self,
    sight::{Sight, State},
    warned::{refused as refused_update, warned},
};
use crate::command::review::routine;
use crate::command::review::told::{Known, Seen};
use crate::command::updates;
use crate::render::deletions;
use crate::render::tree::Tree;
use crate::text::finding::{Code, Finding, Severity};
use crate::verdict::crd::Crds;

/// What differs between the files of a cluster and what it renders, and the findings on that. `folder` names the old files;
/// `then` holds their inputs, where these are known.
pub fn seen(
    folder: &str,
    (old, then): (&Tree, Option<Inputs<'_>>),
    (new, inputs, rendered): (&Tree, Inputs<'_>, &Rendered<'_>),
    crds: &Crds,
) -> (Seen, Vec<Finding>) {
    let name = rendered.plan.cluster.as_str();
    let mut findings = rendered.findings(&Crds::default());
    let updates = updates::refused(rendered, folder, old, crds);
    findings.extend(updates.iter().cloned());
    let deleted = deletions::unnamed(name, folder, old, new, &[]);
    let why = |f: &Finding| format!("{}: {}", f.code.name(), f.message);
    // An old file that cannot be read is no reason not to replace it.
    let stops = |f: &&Finding| f.severity == Severity::Error && (f.code != Code::YamlSyntax || f.about.is_some());
    let refused = findings.iter().chain(&deleted).filter(stops).map(why).collect();
    let (before, now) = (things(old, new), things(new, old));
    let differing = changes(&before, &now);
    let causes = match old.is_empty() {
        true => vec![BTreeSet::from([Cause::of_new_cluster(name)]); differing.len()],
        false => causes::causes(then, (inputs, rendered), &before, &differing),
    };
    let was = State { tree: old, things: &before, existing: &[] };
    let is = State { tree: new, things: &now, existing: &inputs.cluster.existing };
    // What was so before the change is none of its risks. Few changes meet a warning, so it is asked for late.
    let before_it = LazyCell::new(|| {
        let rendered = then.and_then(|then| pipeline::render(then.catalog, then.cluster, then.memo).ok());
        rendered.map(|rendered| rendered.findings(&Crds::default())).unwrap_or_default()
    });
    let known = |(change, causes)| {
        let sight = Sight::new(&change, was, is);
        let (mut risks, does, routine) = (risk::risks(&sight), sight.does, routine::change(&change));
        if !risks.iter().any(|risk| [Code::ImmutableField, Code::VolumeShrinks].contains(&risk.code)) {
            risks.extend(refused_update(&change, &updates));
        }
        // What the rules on changes tell of says more than what is told of the state.
        if risks.is_empty() {
            risks = warned(&change, &findings);
            if !risks.is_empty() {
                let known = warned(&change, &before_it);
                risks.retain(|risk| !known.contains(risk));
            }
        }
        Known { routine, does, risks, causes, change }
    };
    let changes: Vec<Known> = differing.into_iter().zip(causes).map(known).collect();
    let unusual = changes.iter().filter(|known| !known.routine).count();
    let many = if old.is_empty() { None } else { risk::many(unusual, old.len()) };
    let ring = inputs.cluster.platform["labels"]["ring"].as_str().unwrap_or_default().to_owned();
    (Seen { cluster: name.to_owned(), ring, changes, risks: many.into_iter().collect(), refused }, findings)
}

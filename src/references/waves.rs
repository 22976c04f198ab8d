//! Inventory -> whether what an object needs is applied before it. Argo CD goes on to the next wave only when everything in
//! this one is healthy, so what waits for something of a later wave waits for ever.

use crate::object::object::Object;
use crate::references::delivery::{self, Late};
use crate::references::inventory::{Inventory, Origin, Thing};
use crate::text::finding::{Code, Finding, Severity};

/// A part of an object that needs something.
#[derive(Clone, Copy, Debug)]
pub struct Needing<'o, 'a> {
    /// The object.
    pub object: &'o Object<'a>,
    /// JSON pointer to that part.
    pub pointer: &'o str,
    /// It is an Application, and what it installs needs it.
    pub content: bool,
}

/// Whether waves wait for Applications there: Argo CD has told no health for them since 1.8, so argocd-cm has to (argo-cd #3781).
pub fn waits(inventory: &Inventory<'_, '_>, namespace: &str) -> bool {
    let settings = inventory.find("", "ConfigMap", namespace, "argocd-cm");
    settings.is_some_and(|settings| {
        let told = |key: &&str| {
            ["resource.customizations", "resource.customizations.health.argoproj.io_Application"].contains(key)
        };
        settings.keys().is_none_or(|keys| keys.iter().any(told))
    })
}

/// About something that comes too late for what needs it; `what` is its name for the message.
pub fn late(inventory: &Inventory<'_, '_>, from: Needing<'_, '_>, what: &str, thing: &Thing<'_>) -> Option<Finding> {
    let delivery = &inventory.delivery;
    let Needing { object: from, pointer, content } = from;
    let needs = match content {
        true => delivery.levels_of_content(delivery.position(from)?),
        false => delivery.levels(from),
    };
    let brings = match &thing.origin {
        Origin::File(object) | Origin::Made(object, _) => delivery.levels(object),
        Origin::Elsewhere(existing) => delivery.levels_of_content(delivery.maker(existing)?),
    };
    let finding = match delivery.late(&brings, &needs)? {
        Late::Application { brings, needs } => {
            let (brings, needs) = (&delivery.applications[brings], &delivery.applications[needs]);
            let (later, sooner) = (delivery::turn(brings).1, delivery::turn(needs).1);
            let message = format!(
                "{} needs {what}, which {} brings in wave {later}, after the {sooner} of {}",
                from.identity, brings.identity, needs.identity
            );
            let finding = from
                .error(Code::SyncOrder, pointer, message)
                .related(brings.place("/metadata/annotations/argocd.argoproj.io~1sync-wave"), "this wave comes later");
            // Without it Argo CD finds an Application healthy as soon as it exists, and its waves wait for nothing.
            let waits = waits(inventory, &brings.identity.namespace);
            Finding { severity: if waits { Severity::Error } else { Severity::Warning }, ..finding }
        }
        Late::Turn { brings, needs } => {
            let turn = |(phase, wave): (i8, i64)| format!("{} wave {wave}", delivery::phase(phase));
            let message = format!(
                "{} ({}) needs {what}, which the same sync brings later ({})",
                from.identity,
                turn(needs),
                turn(brings)
            );
            from.error(Code::SyncOrder, pointer, message)
        }
    };
    Some(finding.help("a sync waits for each wave to become healthy: what is needed belongs in an earlier one"))
}

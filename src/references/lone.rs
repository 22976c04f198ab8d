//! References -> the one that leads nowhere where all others of its kind and namespace lead to something in the files: it is likely
//! forgotten, though in the open its absence alone means nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::object::placeholder;
use crate::references::inventory::{Inventory, Thing};
use crate::references::well_known::is_well_known;
use crate::text::finding::Finding;

/// Kinds that people keep together, with how many others have to be there.
const KINDS: [(&str, usize); 6] = [
    ("ClusterRole", 3),
    ("ConfigMap", 2),
    ("PersistentVolumeClaim", 2),
    ("Role", 2),
    ("Secret", 4),
    ("ServiceAccount", 2),
];

/// What references of a kind in a namespace name.
#[derive(Default)]
struct Named {
    there: BTreeSet<String>,
    missing: BTreeMap<String, Vec<Finding>>,
}

/// References by kind and namespace.
#[derive(Default)]
pub struct Lone<'a>(BTreeMap<(&'a str, &'a str), Named>);

impl<'a> Lone<'a> {
    /// Notes a reference: what it leads to, or how its absence would be told.
    pub fn note(
        &mut self,
        inventory: &Inventory<'_, 'a>,
        (kind, home): (&'a str, &'a str),
        name: &str,
        found: Option<&Thing<'a>>,
        missing: impl FnOnce() -> Finding,
    ) {
        let world = inventory.world;
        if world.closed
            || world.generated
            || inventory.is_opaque(home)
            || !KINDS.iter().any(|(known, _)| *known == kind)
        {
            return;
        }
        match found {
            Some(thing) if thing.is_meant() => {
                self.0.entry((kind, home)).or_default().there.insert(name.to_owned());
            }
            Some(_) => {}
            None if is_well_known(kind, home, name)
                || placeholder::is_in(name)
                || name.contains(':')
                || world.beyond.is_some_and(|beyond| beyond.has(kind, home, name) || beyond.has(kind, "", name)) => {}
            None => {
                let all = &mut self.0.entry((kind, home)).or_default().missing;
                all.entry(name.to_owned()).or_default().push(missing());
            }
        }
    }

    /// Those that are the only ones.
    pub fn findings(self) -> Vec<Finding> {
        let told = self.0.into_iter().filter(|((kind, _), named)| {
            let least = KINDS.iter().find(|(known, _)| known == kind).map_or(usize::MAX, |(_, least)| *least);
            named.missing.len() == 1 && named.there.len() >= least
        });
        told.flat_map(|(_, named)| named.missing.into_values().flatten()).collect()
    }
}

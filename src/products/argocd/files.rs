//! Inventory -> folders and files that Applications of others take from git, and that are there under nearly that name.

use crate::references::inventory::Inventory;
use crate::text::finding::{Code, Finding};
use crate::text::schema::{MAX_SEARCHED, is_misspelt};

/// Both. Of another repository nothing is known, and nearly a name of this one is a slip.
pub fn slips(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let (world, delivery) = (inventory.world, &inventory.delivery);
    if world.closed || world.files.len() > MAX_SEARCHED {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for source in delivery.sources.iter().filter(|source| source.folder.is_none() && !source.path.contains('{')) {
        let application = &delivery.applications[source.application];
        let Some(near) = nearly(delivery.folders.iter().copied(), source.path) else { continue };
        let message = format!("{} delivers the folder {}, which is not there", application.identity, source.path);
        let finding = application.warning(Code::DanglingReference, &format!("{}/path", source.pointer), message);
        findings.push(finding.help(format!("did you mean `{near}`?")));
    }
    for application in &delivery.applications {
        for (pointer, file) in application.all("/spec/sources/*/helm/valueFiles/*") {
            let path = file.as_str().and_then(|file| file.strip_prefix('$')?.split_once('/')).map(|(_, path)| path);
            let Some((path, near)) = path.and_then(|path| Some((path, nearly(world.files.iter().copied(), path)?)))
            else {
                continue;
            };
            let message = format!("{} takes values from {path}, which is not there", application.identity);
            let finding = application.warning(Code::DanglingReference, &pointer, message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

/// The one of these paths that another one nearly is, where it is none of them. What is looked at may be a part of the repository.
fn nearly<'p>(mut known: impl Iterator<Item = &'p str> + Clone, path: &str) -> Option<&'p str> {
    let is = |other: &str| path == other || path.strip_suffix(other).is_some_and(|start| start.ends_with('/'));
    if path.is_empty() || known.clone().any(is) {
        return None;
    }
    known.find(|other| {
        let steps = 1 + other.matches('/').count();
        let start = path.rmatch_indices('/').nth(steps - 1).map_or(0, |(at, _)| at + 1);
        is_misspelt(other, &path[start..])
    })
}

#[cfg(test)]
mod tests {
    use super::nearly;

    #[test]
    fn a_part_of_a_repository_is_enough() {
        let known = || ["apps/ingest", "values/kps.yaml", ""].into_iter();
        assert_eq!(nearly(known(), "apps/ingestt"), Some("apps/ingest"));
        assert_eq!(nearly(known(), "deploy/values/kpss.yaml"), Some("values/kps.yaml"));
        for path in ["apps/ingest", "deploy/apps/ingest", "charts/other", ""] {
            assert_eq!(nearly(known(), path), None, "{path}");
        }
    }
}

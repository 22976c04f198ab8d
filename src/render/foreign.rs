//! What lies in a cluster's folder and is not ours -> what of it Argo CD would apply beside ours, without what is meant to lie
//! there. Knows no disk.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::render::tree::{Tree, owned};
use crate::text::finding::{Code, Finding};
use crate::text::glob;
use crate::text::source::{Place, Source};

/// The file that names what is meant to lie in a synced folder although we did not write it.
pub const IGNORE: &str = ".gatewrightignore";

/// Files that turn a folder into a kustomization or a chart, whatever else lies there.
const TOOLS: [&str; 5] =
    ["kustomization.yaml", "kustomization.yml", "Kustomization", "Chart.yaml", ".argocd-source.yaml"];

/// Endings of the files that Argo CD reads in a folder of plain manifests (argo-cd 3.4 reposerver/repository, `findManifests`);
/// it does not look into folders below.
const READ: [&str; 4] = [".yaml", ".yml", ".json", ".jsonnet"];

/// The files of others that Argo CD reads with the files of ours that lie in the same folder. `names` are all files there,
/// `found` those that hold text, `new` is what is rendered now.
pub fn applied<'n>(names: &'n [String], found: &Tree, new: &Tree) -> Vec<&'n str> {
    let ours = owned(found, new);
    // The values of a chart are read by name, so that nothing beside them is.
    let plain = new.keys().filter(|path| !path.starts_with("charts/"));
    let synced: BTreeSet<&str> = plain.filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    let read = |path: &str| {
        let (folder, name) = path.rsplit_once('/')?;
        let known = READ.iter().any(|ending| name.ends_with(ending)) || TOOLS.contains(&name);
        (known && synced.contains(folder)).then_some(())
    };
    let others = names.iter().map(String::as_str).filter(|path| !ours.contains_key(*path) && !new.contains_key(*path));
    others.filter(|path| read(path).is_some()).collect()
}

/// Whether a file may hold objects as they are.
pub fn holds_objects(path: &str) -> bool {
    READ[..3].iter().any(|ending| path.ends_with(ending))
}

/// About a file of others; `folder` is the cluster's.
pub fn finding(folder: &str, path: &str, found: &Tree) -> Finding {
    let tool = path.rsplit('/').next().filter(|name| TOOLS.contains(name));
    let what = match tool {
        Some(_) => "Argo CD would read all that lies beside it in another way",
        None => "Argo CD would apply it with what is rendered",
    };
    let finding = Finding::error(Code::ForeignFile, format!("{folder}/{path} is not rendered here, and {what}")).help(
        "an object of your own belongs into manifests/<component>/, as docs/patches.md tells; what is right where it lies \
         into .gatewrightignore, with its reason",
    );
    match found.get(path) {
        Some(text) => finding.place(Place::new(&Source::new(format!("{folder}/{path}"), &**text), 0, 0)),
        None => finding,
    }
}

/// What [`IGNORE`] says.
#[derive(Debug, Default)]
pub struct Ignore {
    /// Those with a reason.
    entries: Vec<Entry>,
    /// About the others.
    pub findings: Vec<Finding>,
}

#[derive(Debug)]
struct Entry {
    pattern: String,
    place: Place,
}

impl Ignore {
    /// A path or pattern a line; the comment above it is the reason, for all lines up to the next empty one.
    pub fn new(source: &Arc<Source>) -> Self {
        let (mut ignore, mut reason, mut start) = (Self::default(), false, 0);
        for line in source.text.split_inclusive('\n') {
            let text = line.trim();
            let place = Place::new(source, start, start + line.trim_end().len());
            start += line.len();
            match text.strip_prefix('#') {
                Some(comment) => reason |= !comment.trim().is_empty(),
                None if text.is_empty() => reason = false,
                None if reason => {
                    let pattern = text.trim_start_matches("./").trim_end_matches('/').to_owned();
                    ignore.entries.push(Entry { pattern, place });
                }
                None => {
                    let message = format!("`{text}` is ignored without a reason");
                    let finding = Finding::error(Code::IgnoreEntry, message).place(place);
                    ignore.findings.push(finding.help("the line above it says why, after a `#`"));
                }
            }
        }
        ignore
    }

    /// The entries that name a file, or a folder around it.
    pub fn of(&self, path: &str) -> Vec<usize> {
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        let names: Vec<&str> = folders.chain([path]).collect();
        let named = |entry: &Entry| names.iter().any(|name| glob::matches(&entry.pattern, name));
        self.entries.iter().enumerate().filter(|(_, entry)| named(entry)).map(|(i, _)| i).collect()
    }

    /// About the entries that named nothing in any cluster.
    pub fn unused(&self, used: &BTreeSet<usize>) -> Vec<Finding> {
        let unused = self.entries.iter().enumerate().filter(|(i, _)| !used.contains(i));
        let tell = |(_, entry): (usize, &Entry)| {
            let message = format!("`{}` names no file of others that Argo CD would apply", entry.pattern);
            Finding::warning(Code::IgnoreEntry, message).place(entry.place.clone()).help("remove it")
        };
        unused.map(tell).collect()
    }
}

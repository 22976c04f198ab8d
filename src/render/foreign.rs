//! What lies in a cluster's folder and is not ours -> what of it Argo CD would apply beside ours. Knows no disk.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::object::Identity;
use crate::render::tree::{Tree, owned};
use crate::text::finding::{Code, Finding};
use crate::text::source::{Place, Source};
use crate::text::yaml;

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
    let synced: BTreeSet<&str> = new.keys().filter_map(|path| Some(path.rsplit_once('/')?.0)).collect();
    let read = |path: &str| {
        let (folder, name) = path.rsplit_once('/')?;
        let known = READ.iter().any(|ending| name.ends_with(ending)) || TOOLS.contains(&name);
        (known && synced.contains(folder)).then_some(())
    };
    let others = names.iter().map(String::as_str).filter(|path| !ours.contains_key(*path) && !new.contains_key(*path));
    others.filter(|path| read(path).is_some()).collect()
}

/// One finding for each of them; `folder` is the cluster's.
pub fn findings(folder: &str, applied: &[String], found: &Tree) -> Vec<Finding> {
    let one = |path: &String| {
        let tool = path.rsplit('/').next().filter(|name| TOOLS.contains(name));
        let what = match tool {
            Some(_) => "Argo CD would read all that lies beside it in another way",
            None => "Argo CD would apply it with what is rendered",
        };
        let finding = Finding::error(Code::ForeignFile, format!("{folder}/{path} is not rendered here, and {what}"))
            .help(
                "move it out of this folder; what the platform is to have comes from a group, as docs/groups.md tells",
            );
        match found.get(path) {
            Some(text) => finding.place(Place::new(&Source::new(format!("{folder}/{path}"), &**text), 0, 0)),
            None => finding,
        }
    };
    applied.iter().map(one).collect()
}

/// The objects in them, as far as they can be read: Argo CD would bring these too.
pub fn objects(applied: &[String], found: &Tree) -> Vec<(Identity, Value)> {
    let texts = applied.iter().filter_map(|path| found.get(path));
    let values = texts.flat_map(|text| yaml::documents(&Source::new("", &**text)).unwrap_or_default());
    values.filter_map(|value| Some((Identity::of(&value).ok()?, value))).collect()
}

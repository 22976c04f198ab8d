//! What may stand where a name is typed: groups, codes, commands of the catalog, and the clusters of the folder where it is typed.

use std::ffi::OsStr;
use std::path::Path;

use clap_complete::engine::CompletionCandidate;

use crate::command::clusters;
use crate::disk::read;
use crate::group::catalog::Catalog;

/// Groups and finding codes, each with its line.
pub(crate) fn topics(typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(catalog) = catalog() else { return Vec::new() };
    let groups = catalog.groups.values().map(|group| (group.name.clone(), group.summary.clone()));
    let codes = catalog
        .pages
        .names()
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), catalog.pages.code(name)?.summary().to_owned())));
    starting(typed, groups.chain(codes))
}

/// The clusters of the folder where the command is typed.
pub(crate) fn clusters(typed: &OsStr) -> Vec<CompletionCandidate> {
    let folder = Path::new(".");
    let clusters = catalog().and_then(|catalog| clusters::clusters(folder, Path::new("features.yaml"), &catalog).ok());
    starting(typed, clusters.into_iter().flatten().map(|cluster| (cluster.name, String::new())))
}

fn catalog() -> Option<Catalog> {
    Catalog::new(&read::catalog_files(Path::new("."), false).ok()?).ok()
}

fn starting(typed: &OsStr, names: impl Iterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fitting = names.filter(|(name, _)| name.starts_with(&*typed));
    let one =
        |(name, help): (String, String)| CompletionCandidate::new(name).help((!help.is_empty()).then(|| help.into()));
    fitting.map(one).collect()
}

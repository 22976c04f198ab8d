//! The files of a revision -> what the working folder was: its catalog, its clusters, its rendered tree. The same as
//! [`crate::command::clusters`] does from the disk, from texts in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::command::pipeline;
use crate::command::review::flips::Files;
use crate::group::catalog::Catalog;
use crate::plan::features::{Cluster, Inputs};
use crate::plan::own;
use crate::plan::resolve;
use crate::render::tree::Tree;
use crate::text::finding::Finding;
use crate::text::source::Source;

/// Parts of a working folder that the catalog is made of, with how deep they go and how their files end.
const CATALOG: [(&str, usize, &str); 4] =
    [("groups/", 1, ".yaml"), ("shapes/", 1, ".yaml"), ("templates/", 8, ".yaml"), ("rules/", 1, ".md")];

/// A working folder as it was.
#[derive(Debug)]
pub struct Revision {
    /// All files, as paths from the working folder.
    files: Files,
    /// Those of the catalog.
    pub catalog_files: Files,
}

impl Revision {
    /// A folder with these files.
    pub fn new(files: Files) -> Self {
        let of_catalog = |path: &str| {
            CATALOG.iter().any(|(part, depth, end)| {
                path.strip_prefix(part).is_some_and(|rest| rest.split('/').count() <= *depth && rest.ends_with(end))
            })
        };
        let catalog_files = files.iter().filter(|(path, _)| of_catalog(path));
        let catalog_files = catalog_files.map(|(path, text)| (path.clone(), text.clone())).collect();
        Self { files, catalog_files }
    }

    /// The clusters of a features file; none where there is no such file.
    ///
    /// # Errors
    /// Every mistake in it.
    pub fn clusters(&self, features: &str, catalog: &Catalog) -> Result<Option<Vec<Cluster>>, Vec<Finding>> {
        let beside = features.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let Some(text) = self.files.get(features) else { return Ok(None) };
        let clusters = self.sources(&beside, "clusters");
        let inputs = Inputs { features: Source::new(features, text.as_str()), clusters };
        let mut clusters = pipeline::read(&inputs, catalog)?;
        for cluster in &mut clusters {
            cluster.charts = self.charts(&beside);
            for below in resolve::folders(catalog, cluster) {
                cluster.manifests.extend(self.sources(&beside, &below));
            }
            cluster.patches = self.sources(&beside, "patches");
            cluster.patches.extend(self.sources(&beside, &format!("clusters/{}/patches", cluster.name)));
            for folder in [own::FOLDER.to_owned(), format!("clusters/{}/{}", cluster.name, own::FOLDER)] {
                for name in self.folders(&format!("{beside}{folder}")) {
                    let files = self.sources(&beside, &format!("{folder}/{name}"));
                    if !files.is_empty() {
                        cluster.own.entry(name).or_default().extend(files);
                    }
                }
            }
        }
        Ok(Some(clusters))
    }

    /// What lies in a folder.
    pub fn tree(&self, folder: &str) -> Tree {
        let start = format!("{folder}/");
        let below = self.files.range(start.clone()..).take_while(|(path, _)| path.starts_with(&start));
        below.map(|(path, text)| (path[start.len()..].to_owned(), Arc::from(text.as_str()))).collect()
    }

    /// The YAML files directly in a folder beside features.yaml, under their names from there.
    fn sources(&self, beside: &str, below: &str) -> Vec<Arc<Source>> {
        let start = format!("{beside}{below}/");
        let direct =
            |path: &str| path.strip_prefix(&start).is_some_and(|rest| !rest.contains('/') && rest.ends_with(".yaml"));
        let files = self.files.iter().filter(|(path, _)| direct(path));
        files.map(|(path, text)| Source::new(&path[beside.len()..], text.as_str())).collect()
    }

    fn charts(&self, beside: &str) -> Vec<Arc<Source>> {
        let names = self.folders(&format!("{beside}charts"));
        let file = |name: String| {
            let path = format!("{beside}charts/{name}/values.yaml");
            Some(Source::new(&path[beside.len()..], self.files.get(&path)?.as_str()))
        };
        names.into_iter().filter_map(file).collect()
    }

    /// Names of the folders in a folder.
    fn folders(&self, folder: &str) -> Vec<String> {
        let start = format!("{folder}/");
        let names = self.files.keys().filter_map(|path| path.strip_prefix(&start)?.split_once('/'));
        let names: BTreeMap<&str, ()> = names.map(|(name, _)| (name, ())).collect();
        names.into_keys().map(str::to_owned).collect()
    }
}

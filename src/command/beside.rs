//! A cluster's folder as it lies there, and what of others Argo CD would apply beside what is rendered.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde_json::Value;

use crate::command::args::Place;
use crate::command::pipeline::Rendered;
use crate::command::rulebook;
use crate::command::workspace::{Result, Workspace};
use crate::disk::{optional, read};
use crate::object::object::Identity;
use crate::references::manifests::{self, Manifests};
use crate::render::bundle::Bundle;
use crate::render::claims::Claim;
use crate::render::foreign::{self, IGNORE, Ignore};
use crate::render::manifest::{ChartValues, Manifest, Placed};
use crate::render::tree::{self, Tree};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::Source;

/// What is meant to lie there, and which entries named something so far.
pub(crate) struct Meant {
    ignore: Ignore,
    used: Mutex<BTreeSet<usize>>,
}

impl Meant {
    /// As the working folder says.
    pub(crate) fn read(workspace: &Workspace<'_>) -> Result<Self> {
        let source = optional::optional(workspace.folder, IGNORE)?;
        Ok(Self { ignore: source.as_ref().map(Ignore::new).unwrap_or_default(), used: Mutex::default() })
    }

    fn covers(&self, path: &str) -> bool {
        let entries = self.ignore.of(path);
        let meant = !entries.is_empty();
        self.used.lock().unwrap_or_else(PoisonError::into_inner).extend(entries);
        meant
    }

    /// What is wrong with the entries; those without effect are known once all clusters were looked at.
    pub(crate) fn findings(self, place: &Place) -> Vec<Finding> {
        let used = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let unused = if place.which.is_all() { self.ignore.unused(&used) } else { Vec::new() };
        self.ignore.findings.into_iter().chain(unused).collect()
    }
}

/// The files of others in a cluster's folder that Argo CD would apply.
#[derive(Default)]
pub(crate) struct Others {
    /// One for each that is not meant to lie there.
    pub(crate) findings: Vec<Finding>,
    /// What they hold, meant or not.
    pub(crate) manifests: Manifests,
}

/// A cluster's folder as it lies there; it is empty where nothing was rendered yet.
pub(crate) struct Lying {
    /// The folder as messages name it.
    pub(crate) shown: String,
    pub(crate) found: Tree,
    /// What should lie there.
    pub(crate) tree: Tree,
    pub(crate) others: Others,
}

impl Lying {
    /// One look at the folder.
    pub(crate) fn new(
        workspace: &Workspace<'_>,
        place: &Place,
        meant: &Meant,
        rendered: &Rendered<'_>,
    ) -> Result<Self> {
        let shown = shown(place, &rendered.plan.cluster);
        let folder = workspace.folder.join(&shown);
        let (names, found) = (read::names(&folder)?, read::read_tree(&folder)?);
        let tree = rendered.tree();
        let applied = foreign::applied(&names, &found, &tree);
        if applied.is_empty() {
            return Ok(Self { shown, found, tree, others: Others::default() });
        }
        let told = applied.iter().filter(|path| !meant.covers(&format!("{shown}/{path}")));
        let mut findings: Vec<Finding> = told.map(|path| foreign::finding(&shown, path, &found)).collect();
        let texts = applied
            .iter()
            .filter(|path| foreign::holds_objects(path))
            .filter_map(|path| Some((path, found.get(*path)?)));
        let sources: Vec<Arc<Source>> =
            texts.map(|(path, text)| Source::new(format!("{shown}/{path}"), &**text)).collect();
        let (mut manifests, unread) = manifests::manifests_below(&format!("{shown}/"), &sources);
        findings.extend(unread);
        let manifests = manifests.pop().unwrap_or_default();
        Ok(Self { shown, found, tree, others: Others { findings, manifests } })
    }

    /// The claims that the files bear out; before anything was rendered there, those that it would.
    pub(crate) fn claims(&self, rendered: &Rendered<'_>) -> Vec<Claim> {
        let lies = (!self.behind().is_empty()).then(|| self.as_it_lies(&rendered.bundle));
        rulebook::claims_of(&rendered.plan, lies.as_ref().unwrap_or(&rendered.bundle), &self.others.manifests)
    }

    /// Files of ours that are missing or not what the inputs render.
    fn behind(&self) -> Vec<&str> {
        match tree::owned(&self.found, &self.tree).is_empty() {
            true => Vec::new(),
            false => self.tree.iter().filter(|(path, _)| self.differs(path)).map(|(path, _)| path.as_str()).collect(),
        }
    }

    /// That there are such files.
    pub(crate) fn behind_told(&self) -> Option<Finding> {
        let behind = self.behind();
        let (first, more) = behind.split_first()?;
        let more = if more.is_empty() { String::new() } else { format!(" and {} more files", more.len()) };
        let verb = if behind.len() == 1 { "is" } else { "are" };
        let message = format!("{}/{first}{more} {verb} missing or not what the inputs render", self.shown);
        let help = "the claims are those of the files that lie there; `gatewright render` writes what the inputs say";
        Some(Finding::warning(Code::StaleOutput, message).help(help))
    }

    fn differs(&self, path: &str) -> bool {
        self.found.get(path) != self.tree.get(path)
    }

    /// The objects that the files hold.
    fn as_it_lies(&self, bundle: &Bundle) -> Bundle {
        let read = |path: &str| kubeyaml::values(&Source::new("", &**self.found.get(path)?)).ok();
        let manifests = bundle.manifests.iter().filter_map(|(identity, placed)| {
            if !self.differs(&placed.path) {
                return Some((identity.clone(), placed.clone()));
            }
            let is = |value: &Value| Identity::of(value).is_ok_and(|own| own == *identity);
            let (value, text) = (read(&placed.path)?.into_iter().find(is)?, self.found.get(&placed.path)?.clone());
            let manifest = Manifest::new(identity.clone(), value, text, placed.manifest.template.clone());
            let placed = Placed { manifest: Arc::new(manifest), files: OnceLock::new(), ..placed.clone() };
            Some((identity.clone(), placed))
        });
        let values = bundle.values.iter().filter_map(|(path, values)| {
            if !self.differs(path) {
                return Some((path.clone(), values.clone()));
            }
            let (value, text) = (read(path)?.into_iter().next()?, self.found.get(path)?.clone());
            let (component, digest) = (values.component.clone(), values.digest.clone());
            Some((path.clone(), Arc::new(ChartValues { component, value, text, digest })))
        });
        Bundle { manifests: manifests.collect(), values: values.collect() }
    }
}

/// A cluster's folder as messages name it.
pub(crate) fn shown(place: &Place, cluster: &str) -> String {
    format!("{}/{cluster}", place.output_dir.display())
}

//! Files of a repository that somebody else made -> which of them are objects of a cluster, and which objects belong together.
//! What is built or delivered together is one world; two overlays of one thing are two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::Identity;
use crate::references::kustomization::{Kustomization, below};
use crate::text::schema::is_misspelt;
use crate::text::source::Source;

/// API group of Flux's Kustomization.
const FLUX: &str = "kustomize.toolkit.fluxcd.io";

/// What the files say about each other.
#[derive(Debug, Default)]
pub struct Layout {
    /// By folder.
    kustomizations: BTreeMap<String, Kustomization>,
    /// For each file or folder that is listed, the folders of the kustomizations that list it.
    listed: BTreeMap<String, BTreeSet<String>>,
    /// Files that are no objects for a kustomization.
    taken: BTreeSet<String>,
    /// Folders of Helm charts, each with a `/` at its end or empty.
    charts: BTreeSet<String>,
}

/// Kinds and names in all worlds of a repository, and what is changed before it reaches a cluster.
#[derive(Debug, Default)]
pub struct Beyond {
    names: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
    /// Kind and name of what patches and generators change, with the namespaces; an empty one is any.
    patched: BTreeMap<(String, String), BTreeSet<String>>,
    /// Kind, folder and name of what lies beside a kustomization that does not list it, and stands nowhere else.
    unlisted: BTreeSet<(String, String, String)>,
    /// The files of these.
    aside: BTreeSet<String>,
    /// Kind and name of what generators of kustomizations make.
    made: BTreeSet<(String, String)>,
}

impl Beyond {
    /// True where some world has it in that namespace, or in one that is not known yet.
    pub fn has(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let namespaces = self.names.get(kind).and_then(|names| names.get(name));
        namespaces.is_some_and(|n| namespace.is_empty() || n.contains(namespace) || n.contains(""))
    }

    /// True where some world has one of that kind in that namespace, or in one that is not known yet.
    pub fn has_some(&self, kind: &str, namespace: &str) -> bool {
        let mut all = self.names.get(kind).into_iter().flat_map(BTreeMap::values);
        all.any(|namespaces| namespaces.contains(namespace) || namespaces.contains(""))
    }

    /// The name of a generated one of that kind, which another name nearly is.
    pub fn nearly_made(&self, kind: &str, name: &str) -> Option<&str> {
        self.made
            .iter()
            .filter(|(of, made)| of == kind && is_misspelt(made, name))
            .map(|(_, made)| made.as_str())
            .next()
    }

    /// True for an object of which a patch or a generator changes parts.
    pub fn is_changed(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let namespaces = self.patched.get(&(kind.to_owned(), name.to_owned()));
        namespaces.is_some_and(|n| namespace.is_empty() || n.contains(namespace) || n.contains(""))
    }

    /// True where the folder of a file has it too, and a kustomization lists that file and not the other. Secrets are often applied
    /// by hand.
    pub fn forgets(&self, kind: &str, path: &str, name: &str) -> bool {
        let key = || (kind.to_owned(), folder_of(path).to_owned(), name.to_owned());
        kind != "Secret" && !self.aside.contains(path) && self.unlisted.contains(&key())
    }

    fn change(&mut self, kind: &str, namespace: &str, name: &str) {
        self.patched.entry((kind.to_owned(), name.to_owned())).or_default().insert(namespace.to_owned());
    }

    fn add(&mut self, kind: &str, namespace: &str, name: String) {
        let names = self.names.entry(kind.to_owned()).or_default();
        names.entry(name).or_default().insert(namespace.to_owned());
    }
}

/// One object and where it lies, as far as worlds are told apart.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The file, relative to the repository.
    pub path: &'a str,
    /// Who it is.
    pub identity: &'a Identity,
    /// What it says.
    pub value: &'a Value,
}

impl Layout {
    /// Reads the kustomizations, and notes where charts lie. Names are relative to the repository.
    pub fn new<'a>(files: impl Iterator<Item = (&'a str, &'a Arc<Source>)>) -> Self {
        let mut layout = Self::default();
        for (name, source) in files {
            if file_of(name) == "Chart.yaml" {
                layout.charts.insert(folder_of(name).to_owned());
            }
            let Some(kustomization) = Kustomization::read(name, source) else { continue };
            for listed in &kustomization.lists {
                layout.listed.entry(listed.clone()).or_default().insert(kustomization.folder.clone());
            }
            layout.taken.extend(kustomization.takes.iter().cloned());
            layout.kustomizations.insert(kustomization.folder.clone(), kustomization);
        }
        layout
    }

    /// True for a file in which no objects of a cluster stand: a part of a chart, or what a kustomization reads otherwise.
    pub fn leaves_out(&self, name: &str) -> bool {
        let inside = |folder: &str| self.taken.contains(folder) && !self.listed.contains_key(folder);
        is_expected(name)
            || self.is_taken(name)
            || self.chart_of(name).is_some()
            || ancestors(name).any(|f| inside(f.trim_end_matches('/')))
    }

    /// True for a patch, or another file that a kustomization takes and does not list as well.
    pub fn is_taken(&self, name: &str) -> bool {
        // Scaffolds keep patches that are not in use yet.
        let called_so = || folder_of(name).ends_with("patches/") || file_of(name).contains("patch");
        let built = || ancestors(name).take(3).any(|folder| self.kustomizations.contains_key(folder));
        !self.listed.contains_key(name) && (self.taken.contains(name) || called_so() && built())
    }

    /// The chart that a file is a part of; its definitions of kinds are objects as they are.
    fn chart_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        let part = |folder: &&str| {
            let rest = &name[folder.len()..];
            let values = !rest.contains('/') && rest.starts_with("values");
            rest == "Chart.yaml" || values || ["templates/", "charts/", "ci/"].iter().any(|p| rest.starts_with(p))
        };
        ancestors(name).filter(|folder| self.charts.contains(*folder)).find(part)
    }

    /// The charts that lie in no other one.
    pub fn charts(&self) -> impl Iterator<Item = &str> {
        // Around the repository itself there is nothing.
        let outer = |chart: &&String| {
            let mut around = ancestors(chart.trim_end_matches('/'));
            chart.is_empty() || around.all(|folder| !self.charts.contains(folder))
        };
        self.charts.iter().filter(outer).map(String::as_str)
    }

    /// The namespaces into which kustomize and Flux put each object, whatever it says itself; `None`: its own counts.
    pub fn namespaces(&self, items: &[Item<'_>]) -> Vec<Option<String>> {
        let mut flux: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for item in items.iter().filter(|item| item.identity.group == FLUX) {
            let text = |pointer: &str| item.value.pointer(pointer).and_then(Value::as_str);
            if let (Some(path), Some(namespace)) = (text("/spec/path"), text("/spec/targetNamespace")) {
                let path = below("", path).unwrap_or_default();
                flux.entry(path).or_default().insert(namespace);
            }
        }
        let of_flux = |path: &str| {
            let inner = ancestors(path).find_map(|folder| flux.get(folder.trim_end_matches('/')))?;
            inner.first().filter(|_| inner.len() == 1).map(|namespace| (*namespace).to_owned())
        };
        items.iter().map(|item| of_flux(item.path).or_else(|| self.of_kustomize(item.path))).collect()
    }

    fn of_kustomize(&self, file: &str) -> Option<String> {
        let (mut found, mut listed) = (None, file);
        // The outermost has the last word. Where several list it, nobody can tell.
        for _ in 0..8 {
            let Some(folders) = self.listed.get(listed).filter(|folders| folders.len() == 1) else { break };
            let Some(kustomization) = folders.first().and_then(|folder| self.kustomizations.get(folder)) else { break };
            found = kustomization.namespace.clone().or(found);
            listed = kustomization.folder.trim_end_matches('/');
        }
        found
    }

    /// Which world each object is in: 0 is the one of all that can lie side by side in one cluster.
    pub fn worlds(&self, items: &[Item<'_>]) -> Vec<usize> {
        let roots = self.roots(items);
        let mut keys: Vec<String> = items.iter().map(|item| self.unit(item.path, &roots)).collect();
        split_samples(items, &mut keys);
        let mut owners: BTreeMap<&Identity, BTreeSet<&str>> = BTreeMap::new();
        for (item, key) in items.iter().zip(&keys) {
            owners.entry(item.identity).or_default().insert(key);
        }
        let own_world: BTreeSet<&str> = owners
            .iter()
            .filter(|(identity, units)| units.len() > 1 && !is_shared(identity))
            .flat_map(|(_, units)| units.iter().copied())
            .collect();
        let mut worlds: BTreeMap<(&str, usize), usize> = BTreeMap::new();
        let mut seen: BTreeMap<&Identity, (&str, usize)> = BTreeMap::new();
        let mut numbers = Vec::new();
        for (item, key) in items.iter().zip(&keys) {
            let mut world = (if own_world.contains(key.as_str()) { key.as_str() } else { "" }, 0);
            // What every folder brings again, as a Namespace, does not keep them apart.
            if world.0.is_empty() && is_shared(item.identity) {
                let (first, times) = seen.entry(item.identity).or_insert((key, 0));
                if *first != key {
                    (*first, *times) = (key, *times + 1);
                }
                world.1 = *times;
            }
            let next = worlds.len() + 1;
            numbers.push(if world == ("", 0) { 0 } else { *worlds.entry(world).or_insert(next) });
        }
        numbers
    }

    /// Everything that all worlds have, with the names that kustomize gives.
    pub fn beyond(&self, items: &[Item<'_>], patches: BTreeSet<(String, String)>) -> Beyond {
        let mut beyond = Beyond::default();
        patches.iter().for_each(|(kind, name)| beyond.change(kind, "", name));
        let mut built: BTreeSet<(&str, &str)> = BTreeSet::new();
        for Item { path, identity, .. } in items {
            beyond.add(&identity.kind, &identity.namespace, identity.name.clone());
            // Kustomize writes the namespace of accounts into bindings; and what lies beside a kustomization that does not
            // list it may be a patch.
            let listed = self.listed.contains_key(*path);
            let beside = self.kustomizations.get(folder_of(path)).filter(|_| !listed);
            if beside.is_some() || listed && identity.kind.ends_with("RoleBinding") {
                let namespace = beside.and_then(|k| k.namespace.as_deref()).unwrap_or_default();
                beyond.change(&identity.kind, namespace, &identity.name);
            }
            match beside {
                Some(_) => {
                    let at = (identity.kind.clone(), folder_of(path).to_owned(), identity.name.clone());
                    beyond.unlisted.insert(at);
                    beyond.aside.insert((*path).to_owned());
                }
                None => drop(built.insert((identity.kind.as_str(), identity.name.as_str()))),
            }
            let listing = self.listed.get(*path).into_iter().flatten();
            for kustomization in listing.filter_map(|folder| self.kustomizations.get(folder)) {
                let (before, behind) = &kustomization.affixes;
                beyond.add(&identity.kind, &identity.namespace, format!("{before}{}{behind}", identity.name));
            }
        }
        beyond.unlisted.retain(|(kind, _, name)| !built.contains(&(kind, name)));
        for kustomization in self.kustomizations.values() {
            let namespace = kustomization.namespace.as_deref().unwrap_or_default();
            for (kind, name) in &kustomization.makes {
                beyond.add(kind, "", name.clone());
                beyond.made.insert(((*kind).to_owned(), name.clone()));
                beyond.change(kind, namespace, name);
            }
            let (all, named): (Vec<_>, Vec<_>) = kustomization.changes.iter().partition(|(_, name)| is_pattern(name));
            named.into_iter().for_each(|(kind, name)| beyond.change(kind, namespace, name));
            // A patch for all of a kind is one for what this kustomization builds.
            let built = items.iter().filter(|i| !all.is_empty() && self.builds(&kustomization.folder, i.path));
            let changed = built.map(|i| i.identity).filter(|i| all.iter().any(|(kind, _)| *kind == i.kind));
            changed.for_each(|i| beyond.change(&i.kind, namespace, &i.name));
        }
        beyond
    }

    /// True for a file that a kustomization lists, or one that it lists.
    fn builds(&self, folder: &str, path: &str) -> bool {
        let mut above = vec![path];
        for _ in 0..8 {
            above =
                above.iter().filter_map(|l| self.listed.get(*l)).flatten().map(|f| f.trim_end_matches('/')).collect();
            if above.contains(&folder.trim_end_matches('/')) {
                return true;
            }
        }
        false
    }

    /// What is built together with a file: the kustomization that lists it, the folder that is delivered, or its own folder.
    fn unit(&self, path: &str, roots: &BTreeSet<String>) -> String {
        if let Some(folder) = self.listed.get(path).and_then(BTreeSet::first) {
            return format!("kustomization {folder}");
        }
        // A kustomization that does not name a file leaves it alone.
        let mut folders = ancestors(path);
        if folders.clone().any(|folder| folder == folder_of(path) && self.kustomizations.contains_key(folder)) {
            return format!("file {path}");
        }
        match folders.find(|folder| roots.contains(folder.trim_end_matches('/'))) {
            Some(folder) => format!("delivered {folder}"),
            None => format!("folder {}", folder_of(path)),
        }
    }

    /// The folders that Applications, ApplicationSets and Flux's Kustomizations deliver.
    fn roots(&self, items: &[Item<'_>]) -> BTreeSet<String> {
        let folders: BTreeSet<&str> = items.iter().flat_map(|item| ancestors(item.path)).collect();
        let folders: BTreeSet<&str> = folders.into_iter().map(|folder| folder.trim_end_matches('/')).collect();
        let mut patterns: BTreeSet<String> = BTreeSet::new();
        for item in items {
            match (item.identity.group.as_str(), item.identity.kind.as_str()) {
                (ARGOCD, "Application" | "ApplicationSet") => paths(item.value, &mut patterns),
                (FLUX, "Kustomization") => {
                    patterns.extend(item.value.pointer("/spec/path").and_then(Value::as_str).map(str::to_owned));
                }
                _ => {}
            }
        }
        let patterns: Vec<String> = patterns.iter().filter_map(|p| below("", p)).filter(|p| !p.is_empty()).collect();
        let fits = |folder: &&str| patterns.iter().any(|pattern| is_folder(pattern, folder));
        folders.into_iter().filter(fits).map(str::to_owned).collect()
    }
}

/// True for a name in a patch's target that may fit several objects.
fn is_pattern(name: &str) -> bool {
    name.is_empty()
        || name.contains(|c: char| !c.is_ascii_alphanumeric() && !['-', '.'].contains(&c))
        || name.contains(".*")
}

/// Every `path` of an Application or ApplicationSet.
fn paths(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("path").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| paths(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| paths(value, found)),
        _ => {}
    }
}

/// A folder that a path with `*` for single names means, or one of which the end of the path is the name: what is looked at may
/// be a part of the repository.
fn is_folder(pattern: &str, folder: &str) -> bool {
    let mut steps = pattern.rsplit('/');
    let mut names = folder.rsplit('/');
    loop {
        match (steps.next(), names.next()) {
            (_, None) => return true,
            (None, Some(_)) => return false,
            (Some(step), Some(name)) if step == "*" || step == name || step.contains("{{") => {}
            _ => return false,
        }
    }
}

/// Kinds that many folders bring again without harm.
fn is_shared(identity: &Identity) -> bool {
    ["CustomResourceDefinition", "Namespace"].contains(&identity.kind.as_str())
}

/// A folder that nothing builds, and in which more than two files repeat what others hold, is a collection of samples: each file
/// is for itself.
fn split_samples(items: &[Item<'_>], keys: &mut [String]) {
    let mut first: BTreeMap<(&str, &Identity), &str> = BTreeMap::new();
    let mut repeating: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (item, key) in items.iter().zip(keys.iter()).filter(|(_, key)| key.starts_with("folder ")) {
        let other = first.entry((key, item.identity)).or_insert(item.path);
        if *other != item.path {
            repeating.entry(key).or_default().extend([*other, item.path]);
        }
    }
    let samples: BTreeSet<String> =
        repeating.iter().filter(|(_, files)| files.len() > 2).map(|(key, _)| (*key).to_owned()).collect();
    for (item, key) in items.iter().zip(keys.iter_mut()).filter(|(_, key)| samples.contains(*key)) {
        *key = format!("file {}", item.path);
    }
}

/// The folders that a file lies in, the innermost first, each with a `/` at its end, and last the empty one.
fn ancestors(name: &str) -> impl Iterator<Item = &str> + Clone {
    let ends = name.char_indices().rev().filter(|(_, c)| *c == '/').map(|(at, _)| at + 1);
    ends.chain([0]).map(|end| &name[..end])
}

/// True for what KUTTL and Chainsaw hold against the objects of a cluster: parts of objects, or what must not be there.
fn is_expected(name: &str) -> bool {
    let stem = file_of(name).rsplit_once('.').map_or("", |(stem, _)| stem);
    let step = stem.starts_with(|c: char| c.is_ascii_digit());
    stem.rsplit(['-', '_']).next().is_some_and(|last| last == "assert" || step && ["error", "errors"].contains(&last))
}

fn folder_of(name: &str) -> &str {
    name.rfind('/').map_or("", |at| &name[..=at])
}

fn file_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

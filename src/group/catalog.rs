//! Group files, shapes and templates -> the catalog: every group in each of its provider variants, with its schema.
//! Knows no features.yaml; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::json;

pub use crate::group::builtin::BUILTIN;
use crate::group::builtin::read;
use crate::group::file::Group;
use crate::group::items::Items;
use crate::group::kinds::Kinds;
use crate::group::pages::Pages;
use crate::group::shapes::Shapes;
use crate::group::template::{ENGINE_LISTS, Templates, composite};
use crate::text::finding::{Code, Finding};
use crate::text::schema::{Schema, is_slip};
use crate::text::source::Source;

/// The template that renders every entry of `secrets`.
pub const SECRET_TEMPLATE: &str = "templates/external-secret.yaml";

/// All that can be chosen.
#[derive(Debug)]
pub struct Catalog {
    /// By name.
    pub groups: BTreeMap<String, Group>,
    /// Template names are paths such as `templates/gateway/gateway.yaml`.
    pub templates: Templates,
    /// What items of lists are.
    pub items: Items,
    /// The schema of `platform:`.
    pub platform: Schema,
    /// The schema of an item of `existing:`.
    pub existing: Schema,
    /// The schema of an item of `silence:`.
    pub silence: Schema,
    /// The pages of `rules/`.
    pub pages: Arc<Pages>,
    /// Files of the working directory that replace (true) or add to (false) the built-in ones.
    pub local: BTreeMap<String, bool>,
    /// The same files, by name.
    pub sources: BTreeMap<String, Arc<Source>>,
    kinds: OnceLock<Kinds>,
}

impl Catalog {
    /// Reads the built-in files and those of the working directory, which win; paths are `groups/x.yaml`, `shapes/x.yaml`,
    /// `templates/...`, `rules/x.md`.
    ///
    /// # Errors
    /// Every mistake in group files, and templates that do not parse.
    pub fn new(local: &BTreeMap<String, String>) -> Result<Self, Vec<Finding>> {
        let mut files: BTreeMap<&str, &str> = BUILTIN.iter().map(|(name, text, _)| (*name, *text)).collect();
        let mut notable = BTreeMap::new();
        let (rules, local): (Vec<_>, Vec<_>) = local.iter().partition(|(name, _)| name.starts_with("rules/"));
        for (name, text) in &local {
            if files.insert(name, text).is_none_or(|old| old != *text) {
                notable.insert((*name).clone(), BUILTIN.iter().any(|(n, ..)| n == name));
            }
        }
        let (pages, unread) = Pages::new(&rules);
        notable.extend(pages.local.clone());
        let source = |(name, text): &(&String, &String)| ((*name).clone(), Source::new(name.as_str(), text.as_str()));
        let local_sources =
            local.iter().chain(&rules).filter(|(name, _)| notable.contains_key(*name)).map(source).collect();
        let sources: Vec<Arc<Source>> = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
        let in_folder = |folder: &'static str| sources.iter().filter(move |s| s.name.starts_with(folder)).cloned();

        let (shapes, findings) = read_shapes(in_folder("shapes/"));
        if !findings.is_empty() {
            return Err(findings);
        }
        let (templates, mut findings) = Templates::new(in_folder("templates/"));
        findings.extend(notable.keys().filter_map(|name| templates.source(name)).flat_map(composite::findings));
        findings.extend(unread);
        let mut by_name = BTreeMap::new();
        for source in in_folder("groups/") {
            match Group::read(&source, &shapes) {
                Ok(group) => drop(by_name.insert(group.name.clone(), group)),
                Err(found) => findings.extend(found),
            }
        }
        findings.extend(names_of_both_kinds(&by_name));
        findings.extend(strange_lists(&by_name));
        let (items, wrong) = items(&by_name, !notable.is_empty());
        findings.extend(wrong);
        let catalog = Self {
            groups: by_name,
            templates,
            items,
            platform: Schema::built_in(include_str!("../../schemas/platform.yaml")),
            existing: Schema::built_in(include_str!("../../schemas/existing.yaml")),
            silence: Schema::built_in(include_str!("../../schemas/silence.yaml")),
            pages,
            local: notable,
            sources: local_sources,
            kinds: OnceLock::new(),
        };
        // Names are missing where a file could not be read; then that is what to say.
        if findings.is_empty() {
            findings = catalog.missing_names();
        }
        if findings.is_empty() { Ok(catalog) } else { Err(findings) }
    }

    /// The group of each feature.
    pub fn features(&self) -> BTreeMap<&str, &Group> {
        self.groups.values().filter_map(|g| Some((g.feature.as_deref()?, g))).collect()
    }

    /// The kinds of all components, on or off.
    pub fn kinds(&self) -> &Kinds {
        self.kinds.get_or_init(|| {
            let variants = self.groups.values().flat_map(|group| group.variants.values());
            let components = variants.flat_map(|variant| &variant.text.components);
            Kinds::of(components, &self.templates, &[SECRET_TEMPLATE])
        })
    }

    /// Names that a group uses and nobody has: required capabilities, documents, component folders.
    fn missing_names(&self) -> Vec<Finding> {
        let offered: BTreeSet<&str> = self.groups.values().flat_map(Group::capabilities).collect();
        let mut findings = Vec::new();
        let profiles = self.platform.json["properties"]["profile"]["enum"].as_array().map_or(&[][..], Vec::as_slice);
        for group in self.groups.values() {
            let mut say = |key: &str, message: String| {
                findings.push(Finding::error(Code::GroupFile, message).place(group.node().place_at(key)));
            };
            for variant in group.variants.values() {
                for profile in &variant.text.on_in {
                    if group.feature.is_none() || !profiles.contains(&json!(profile)) {
                        say("/onIn", format!("`{profile}` is no profile, or the group has no `feature`"));
                    }
                }
                for capability in &variant.text.requires {
                    if !offered.contains(capability.as_str()) {
                        say("/requires", format!("no group provides `{capability}`"));
                    }
                }
                let objects = variant.text.agentic.iter().filter_map(|text| text.objects.as_ref());
                let named = variant.text.documents.values().map(|document| ("/documents", &document.template));
                for (key, template) in named.chain(objects.map(|template| ("/agentic/objects", template))) {
                    if self.templates.source(&format!("templates/{template}")).is_none() {
                        say(key, format!("there is no template `templates/{template}`"));
                    }
                }
                for (name, component) in &variant.text.components {
                    let folder = format!("templates/{name}/");
                    let has_source = component.get("chart").is_some() || component.get("git").is_some();
                    for key in ["clusterKinds", "kinds"] {
                        if component.get(key).is_some_and(|kinds| kinds.to_string().contains("{{")) {
                            say(
                                "/components",
                                format!("`{key}` of `{name}` hold an expression: they count when it is off too"),
                            );
                        }
                    }
                    let own_secrets = variant.text.secrets.iter().any(|s| s["component"] == json!(name));
                    if !has_source && !own_secrets && self.templates.in_folder(&folder).is_empty() {
                        say(
                            "/components",
                            format!("component `{name}` has neither `chart`, `git`, secrets nor templates in {folder}"),
                        );
                    }
                }
            }
        }
        findings
    }
}

fn read_shapes(sources: impl Iterator<Item = Arc<Source>>) -> (Shapes, Vec<Finding>) {
    let (mut files, mut findings) = (Vec::new(), Vec::new());
    for source in sources {
        match read(&source) {
            Ok(schema) => files.push((source, schema)),
            Err(found) => findings.push(found),
        }
    }
    let (shapes, found) = Shapes::new(files);
    findings.extend(found);
    (shapes, findings)
}

/// What items of lists are, and which groups do not keep to it. The groups of the binary do, and the tests look.
fn items(groups: &BTreeMap<String, Group>, look: bool) -> (Items, Vec<Finding>) {
    let (mut items, mut findings) = (Items::default(), Vec::new());
    let variants = || groups.values().flat_map(|g| g.variants.iter().map(move |(provider, v)| (g, provider, &v.text)));
    for (group, provider, text) in variants() {
        findings.extend(items.declare(&group.name, text, &|pointer| group.place(provider, pointer)));
    }
    for (group, provider, text) in variants().filter(|_| look) {
        findings.extend(items.names(text, &|pointer| group.place(provider, pointer)));
    }
    (items, findings)
}

/// Lists that a group reads and nobody adds to, or adds to and nobody reads, with nearly the name of another one.
fn strange_lists(groups: &BTreeMap<String, Group>) -> Vec<Finding> {
    let texts = || groups.values().flat_map(|g| g.variants.values()).map(|v| &v.text);
    let given =
        texts().flat_map(|text| text.provides.iter().filter(|(_, p)| p.is_list()).map(|(name, _)| name.as_str()));
    let known: BTreeSet<&str> = given.chain(ENGINE_LISTS).collect();
    let read: BTreeSet<&str> = texts().flat_map(|text| text.collects.keys()).map(String::as_str).collect();
    let mut findings = Vec::new();
    for (group, name) in groups
        .values()
        .flat_map(|g| g.variants.values().map(move |v| (g, v)))
        .flat_map(|(g, v)| v.text.provides.iter().filter(|(_, p)| p.is_list()).map(move |(name, _)| (g, name)))
    {
        let Some(near) = read.iter().find(|near| !read.contains(name.as_str()) && is_slip(near, name)) else {
            continue;
        };
        let place = group.node().place_at(&format!("/provides/{name}"));
        let finding = Finding::error(Code::GroupFile, format!("no group reads the list `{name}`"));
        findings.push(finding.place(place).help(format!("did you mean `{near}`?")));
    }
    for (group, name) in groups
        .values()
        .flat_map(|g| g.variants.values().map(move |v| (g, v)))
        .flat_map(|(g, v)| v.text.collects.keys().map(move |name| (g, name)))
    {
        let Some(near) = known.iter().find(|near| !known.contains(name.as_str()) && is_slip(near, name)) else {
            continue;
        };
        let place = group.node().place_at(&format!("/collects/{name}"));
        let finding = Finding::error(Code::GroupFile, format!("no group adds anything to the list `{name}`"));
        findings.push(finding.place(place).help(format!("did you mean `{near}`?")));
    }
    findings
}

/// Names that are a list here and a capability there.
fn names_of_both_kinds(groups: &BTreeMap<String, Group>) -> Vec<Finding> {
    let mut lists: BTreeSet<String> = BTreeSet::new();
    for text in groups.values().flat_map(|g| g.variants.values()).map(|v| &v.text) {
        lists.extend(text.collects.keys().cloned());
        lists.extend(text.provides.iter().filter(|(_, p)| p.is_list()).map(|(name, _)| name.clone()));
    }
    let mut findings = Vec::new();
    for group in groups.values() {
        for capability in group.capabilities() {
            if lists.contains(capability) {
                let message = format!("`{capability}` is a list elsewhere: give it `for`, or another name");
                findings.push(
                    Finding::error(Code::GroupFile, message)
                        .place(group.node().place_at(&format!("/provides/{capability}"))),
                );
            }
        }
    }
    findings
}

//! Group files, shapes and templates -> the catalog: every group in each of its provider variants, with its schema.
//! Knows no features.yaml; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::group::based::group_text;
pub use crate::group::builtin::BUILTIN;
use crate::group::builtin::{json_of, places, read};
use crate::group::items::Items;
use crate::group::kinds::Kinds;
use crate::group::pages::Pages;
use crate::group::reads;
use crate::group::shapes::Shapes;
use crate::group::template::{Templates, composite};
use crate::group::written::GroupText;
use crate::text::finding::{Code, Finding};
use crate::text::merge::merge_patch;
use crate::text::schema::{Schema, invalid_name, is_dns_label};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Kind, Node};

/// The template that renders every entry of `secrets`.
pub const SECRET_TEMPLATE: &str = "templates/external-secret.yaml";

/// Names in expressions and templates that no list or capability may take.
const RESERVED: [&str; 13] = [
    "platform",
    "settings",
    "capabilities",
    "documents",
    "item",
    "loop",
    "component",
    "namespace",
    "secret",
    "agentic_gateway",
    "agentic_object",
    "cluster_kind",
    "namespaced_kind",
];

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

/// One group file.
#[derive(Debug)]
pub struct Group {
    /// The file's stem.
    pub name: String,
    /// The file.
    pub source: Arc<Source>,
    /// It lies over the built-in one of its name.
    pub based: bool,
    node: OnceLock<Node>,
    /// One line.
    pub summary: String,
    /// The flag that switches it on; `None`: always on.
    pub feature: Option<String>,
    /// The provider chosen when the user says nothing.
    pub provider: Option<String>,
    /// By provider name; the single key `""` when the group has no providers.
    pub variants: BTreeMap<String, Variant>,
}

const MAX_PROVIDERS: usize = 30; // of one group

/// A group with one of its providers merged onto it.
#[derive(Debug)]
pub struct Variant {
    /// What is written, merged.
    pub text: GroupText,
    /// The settings.
    pub schema: Schema,
    of_platform: OnceLock<BTreeSet<String>>,
}

impl Variant {
    /// What it sees of `platform`.
    pub fn platform(&self, platform: &Value, templates: &Templates) -> Value {
        reads::seen(platform, self.of_platform.get_or_init(|| reads::of_platform(&self.text, templates)))
    }
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
            let components: Vec<_> = variants.flat_map(|variant| &variant.text.components).collect();
            Kinds::of(&components, &self.templates, SECRET_TEMPLATE)
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

impl Group {
    fn read(source: &Arc<Source>, shapes: &Shapes) -> Result<Self, Vec<Finding>> {
        let (text, laid) = group_text(source).map_err(|f| vec![f])?;
        let name = source.name.trim_start_matches("groups/").strip_suffix(".yaml").unwrap_or_default().to_owned();
        if !is_dns_label(&name) {
            return Err(vec![invalid_name("the group", &name, Place::new(source, 0, 0))]);
        }
        let based = laid.is_some();
        let node = laid.map_or_else(OnceLock::new, OnceLock::from);
        let say = |pointer: &str, message: String| {
            let node = node.get_or_init(|| places(source));
            Finding::error(Code::GroupFile, message).place(node.place_at(pointer))
        };
        let mut findings = Vec::new();
        for (pointer, name) in text.names() {
            if RESERVED.contains(&name) {
                findings.push(say(&pointer, format!("`{name}` is a name of the engine's own")));
            }
        }
        let written = [&text].into_iter().chain(text.providers.values());
        if written
            .flat_map(|t| [&t.settings, &t.example].into_iter().chain(t.profiles.values()))
            .any(|v| !v.is_null() && !v.is_object())
        {
            findings.push(say("/settings", "`settings`, `example` and each profile are maps".into()));
            return Err(findings);
        }
        if text.summary.is_empty() {
            findings.push(say("", "a group needs a `summary`".into()));
        }
        if text.providers.len() > MAX_PROVIDERS {
            findings.push(say("/providers", format!("more than {MAX_PROVIDERS}: each is the whole group once more")));
            return Err(findings);
        }
        if let Some(provider) = &text.provider
            && !text.providers.contains_key(provider)
        {
            findings.push(say("/provider", format!("`{provider}` is none of its providers")));
        }
        let names: Vec<String> = match text.providers.is_empty() {
            true => vec![String::new()],
            false => text.providers.keys().cloned().collect(),
        };
        let mut variants = BTreeMap::new();
        for provider in &names {
            let mut merged = text.clone();
            if let Some(provider) = text.providers.get(provider) {
                merged.lay(provider.clone());
            }
            if !provider.is_empty() {
                merge_patch(
                    &mut merged.settings,
                    &json!({ "properties": { "provider": {
                    "type": "string", "enum": names, "default": provider, "description": "Which alternative of this group",
                } } }),
                );
            } else if merged.settings.is_null() {
                merged.settings = json!({ "properties": {} });
            }
            for wrong in shapes.fill(&mut merged.settings) {
                let own = format!("/providers/{provider}/settings{}", wrong.at);
                let there = node.get_or_init(|| places(source)).at(&own).is_some();
                let at = if there { own } else { format!("/settings{}", wrong.at) };
                findings.push(say(&at, wrong.message).help(wrong.help));
            }
            match Schema::new(&merged.settings) {
                Ok(schema) => {
                    // Those of the binary are compiled by the tests; compiling them takes time.
                    if json_of(source).is_none()
                        && let Err(message) = schema.compile()
                    {
                        findings.push(say("/settings", message));
                    }
                    variants.insert(provider.clone(), Variant { text: merged, schema, of_platform: OnceLock::new() });
                }
                Err(message) => findings.push(say("/settings", message)),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let source = source.clone();
        Ok(Self {
            name,
            source,
            based,
            node,
            summary: text.summary,
            feature: text.feature,
            provider: text.provider,
            variants,
        })
    }

    /// Capabilities that some variant provides.
    pub fn capabilities(&self) -> BTreeSet<&str> {
        self.variants.values().flat_map(|v| v.text.capabilities()).collect()
    }

    /// The place of a part of the group with its provider laid over it.
    pub fn place(&self, provider: &str, pointer: &str) -> Place {
        self.node().place_at(&self.written(provider, pointer))
    }

    /// What is written at a part of the group with its provider laid over it.
    pub fn text(&self, provider: &str, pointer: &str) -> Option<&str> {
        match &self.node().at(&self.written(provider, pointer))?.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Where a part of the merged group stands in the file: under the provider when that says anything about it. Items of
    /// the provider's lists come after those of the group.
    fn written(&self, provider: &str, pointer: &str) -> String {
        let under = |pointer: &str| format!("/providers/{provider}{pointer}");
        // A list stands at the top, or below `provides`.
        let top = if pointer.starts_with("/provides/") { "/provides/".len() } else { 1 };
        let (head, inner) = pointer.split_at(top.min(pointer.len()));
        let (name, item) = inner.split_once('/').unwrap_or_default();
        let list = format!("{}{name}", head.trim_start_matches('/'));
        let (index, rest) = item.split_at(item.find('/').unwrap_or(item.len()));
        let items = |pointer: &str| match self.node().at(pointer).map(|node| &node.kind) {
            Some(Kind::List(items)) => Some(items.len()),
            _ => None,
        };
        let (own, further) = (items(&format!("/{list}")), items(&under(&format!("/{list}"))));
        if let (Ok(index), true) = (index.parse::<usize>(), own.or(further).is_some()) {
            let own = own.unwrap_or_default();
            return if index < own { pointer.to_owned() } else { under(&format!("/{list}/{}{rest}", index - own)) };
        }
        if self.node().at(&under(pointer)).is_some() { under(pointer) } else { pointer.to_owned() }
    }

    /// The file with its places; read when somebody asks for one.
    fn node(&self) -> &Node {
        self.node.get_or_init(|| places(&self.source))
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

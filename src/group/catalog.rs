//! Group files, shapes and templates -> the catalog: every group in each of its provider variants, with its schema.
//! Knows no features.yaml; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::group::pages::Pages;
use crate::group::shapes::Shapes;
use crate::group::template::Templates;
use crate::text::finding::{Code, Finding};
use crate::text::merge::merge_patch;
use crate::text::schema::{Schema, invalid_name, is_dns_label};
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// The template that renders every entry of `secrets`.
pub const SECRET_TEMPLATE: &str = "templates/external-secret.yaml";

/// The catalog that is compiled into the binary: (path, text, a group file or shape as JSON), sorted by path.
pub const BUILTIN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/catalog.rs"));

/// Names in expressions and templates that no list or capability may take.
const RESERVED: [&str; 12] = [
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
];

/// All that can be chosen.
#[derive(Debug)]
pub struct Catalog {
    /// By name.
    pub groups: BTreeMap<String, Group>,
    /// Template names are paths such as `templates/gateway/gateway.yaml`.
    pub templates: Templates,
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
}

/// One group file.
#[derive(Debug)]
pub struct Group {
    /// The file's stem.
    pub name: String,
    /// The file.
    pub source: Arc<Source>,
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

/// A group with one of its providers merged onto it.
#[derive(Debug)]
pub struct Variant {
    /// What is written, merged.
    pub text: GroupText,
    /// The settings.
    pub schema: Schema,
}

/// A group or a provider as written (docs/groups.md says what each key means).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupText {
    /// One line.
    pub summary: String,
    /// The flag.
    pub feature: Option<String>,
    /// Capabilities it cannot do without.
    pub requires: Vec<String>,
    /// Capabilities it takes when present.
    pub uses: Vec<String>,
    /// Lists it reads.
    pub collects: IndexMap<String, Collect>,
    /// Default provider.
    pub provider: Option<String>,
    /// Capabilities and contributions to lists, by name.
    pub provides: IndexMap<String, Map<String, Value>>,
    /// A settings schema.
    pub settings: Value,
    /// Defaults by profile.
    pub profiles: IndexMap<String, Value>,
    /// Alternatives.
    pub providers: IndexMap<String, GroupText>,
    /// Settings with which a group or provider that requires some can be tried.
    pub example: Value,
    /// What the schema cannot say.
    pub validate: Vec<Rule>,
    /// Name -> template below `templates/`.
    pub documents: IndexMap<String, String>,
    /// Secrets with expressions.
    pub secrets: Vec<Value>,
    /// Objects that are there and not rendered, with expressions.
    pub existing: Vec<Value>,
    /// Findings that are not to be reported, with expressions.
    pub silence: Vec<Value>,
    /// The AiGateway and ToolGateway contracts that it takes apart.
    pub agentic: Option<AgenticText>,
    /// Components with expressions, by name.
    pub components: IndexMap<String, Value>,
    /// Claims with expressions.
    pub claims: Vec<Value>,
}

/// Where contracts come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AgenticText {
    /// Folder of the user's manifests, beside features.yaml; with expressions on the settings.
    pub folder: String,
    /// Template below `templates/` that yields further objects.
    pub objects: Option<String>,
    /// JSON pointer in the settings: what is said of a gateway beyond its object, by `namespace/name`.
    pub extras: Option<String>,
    /// Objects with which the group can be tried.
    pub example: Vec<Value>,
}

/// How a group reads a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Collect {
    /// Fields in which no two items may agree.
    pub unique: Vec<String>,
}

/// A condition on a group's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// An expression yielding a list; the rule holds for each `item`.
    #[serde(rename = "for")]
    pub each: Option<String>,
    /// An expression that must be true.
    pub require: String,
    /// JSON pointer into the group's settings.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// It is told, and rendered all the same.
    #[serde(default)]
    pub warn: bool,
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
        for (name, text) in local {
            if files.insert(name, text).is_none_or(|old| old != text) {
                notable.insert(name.clone(), BUILTIN.iter().any(|(n, ..)| n == name));
            }
        }
        let rules: Vec<Arc<Source>> = rules.into_iter().map(|(name, text)| Source::new(name, text)).collect();
        let (pages, unread) = Pages::new(&rules);
        notable.extend(pages.local.clone());
        let sources: Vec<Arc<Source>> = files.iter().map(|(name, text)| Source::new(*name, *text)).collect();
        let in_folder = |folder: &'static str| sources.iter().filter(move |s| s.name.starts_with(folder)).cloned();

        let (shapes, findings) = read_shapes(in_folder("shapes/"));
        if !findings.is_empty() {
            return Err(findings);
        }
        let (templates, mut findings) = Templates::new(in_folder("templates/"));
        findings.extend(unread);
        let mut by_name = BTreeMap::new();
        for source in in_folder("groups/") {
            match Group::read(&source, &shapes) {
                Ok(group) => drop(by_name.insert(group.name.clone(), group)),
                Err(found) => findings.extend(found),
            }
        }
        findings.extend(names_of_both_kinds(&by_name));
        let catalog = Self {
            groups: by_name,
            templates,
            platform: own_schema(include_str!("../../schemas/platform.yaml")),
            existing: own_schema(include_str!("../../schemas/existing.yaml")),
            silence: own_schema(include_str!("../../schemas/silence.yaml")),
            pages,
            local: notable,
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

    /// The cluster-scoped kinds of all components, on or off, as API group and kind.
    pub fn cluster_kinds(&self) -> BTreeSet<(String, String)> {
        let components =
            self.groups.values().flat_map(|g| g.variants.values()).flat_map(|v| v.text.components.values());
        let kinds = components.filter_map(|component| component["clusterKinds"].as_array()).flatten();
        let text = |kind: &Value, key: &str| kind[key].as_str().unwrap_or_default().to_owned();
        kinds.map(|kind| (text(kind, "group"), text(kind, "kind"))).collect()
    }

    /// Names that a group uses and nobody has: required capabilities, documents, component folders.
    fn missing_names(&self) -> Vec<Finding> {
        let offered: BTreeSet<&str> = self.groups.values().flat_map(Group::capabilities).collect();
        let mut findings = Vec::new();
        for group in self.groups.values() {
            let mut say = |key: &str, message: String| {
                findings.push(Finding::error(Code::GroupFile, message).place(group.node().place_at(key)));
            };
            for variant in group.variants.values() {
                for capability in &variant.text.requires {
                    if !offered.contains(capability.as_str()) {
                        say("/requires", format!("no group provides `{capability}`"));
                    }
                }
                let objects = variant.text.agentic.iter().filter_map(|text| text.objects.as_ref());
                let named = variant.text.documents.values().map(|template| ("/documents", template));
                for (key, template) in named.chain(objects.map(|template| ("/agentic/objects", template))) {
                    if self.templates.source(&format!("templates/{template}")).is_none() {
                        say(key, format!("there is no template `templates/{template}`"));
                    }
                }
                for (name, component) in &variant.text.components {
                    let folder = format!("templates/{name}/");
                    let has_source = component.get("chart").is_some() || component.get("git").is_some();
                    if component.get("clusterKinds").is_some_and(|kinds| kinds.to_string().contains("{{")) {
                        say(
                            "/components",
                            format!("`clusterKinds` of `{name}` hold an expression: they count when it is off too"),
                        );
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

fn own_schema(text: &str) -> Schema {
    let mut documents = yaml::documents(&Source::new("schemas/", text)).expect("the built-in schema is YAML");
    Schema::new(&documents.remove(0)).expect("the built-in schema is a schema")
}

impl Group {
    fn read(source: &Arc<Source>, shapes: &Shapes) -> Result<Self, Vec<Finding>> {
        let text: GroupText = read(source).map_err(|f| vec![f])?;
        let name = source.name.trim_start_matches("groups/").strip_suffix(".yaml").unwrap_or_default().to_owned();
        if !is_dns_label(&name) {
            return Err(vec![invalid_name("the group", &name, Place::new(source, 0, 0))]);
        }
        let node = OnceLock::new();
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
                    if builtin(source).is_none()
                        && let Err(message) = schema.compile()
                    {
                        findings.push(say("/settings", message));
                    }
                    variants.insert(provider.clone(), Variant { text: merged, schema });
                }
                Err(message) => findings.push(say("/settings", message)),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let source = source.clone();
        Ok(Self { name, source, node, summary: text.summary, feature: text.feature, provider: text.provider, variants })
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
        let (list, item) = pointer.get(1..).and_then(|p| p.split_once('/')).unwrap_or_default();
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

/// The places of a group file that was read before.
fn places(source: &Arc<Source>) -> Node {
    let nowhere = || Node::new(Place::new(source, 0, 0), Kind::Null);
    yaml::read_group(source).unwrap_or_else(|_| nowhere())
}

fn builtin(source: &Source) -> Option<&'static str> {
    let same = |(name, text, _): &&(&str, &str, &str)| *name == source.name && *text == source.text;
    BUILTIN.iter().find(same).map(|(_, _, json)| *json)
}

/// What a group file or shape says.
fn read<T: DeserializeOwned>(source: &Arc<Source>) -> Result<T, Finding> {
    match builtin(source).and_then(|json| serde_json::from_str(json).ok()) {
        Some(text) => Ok(text),
        None => yaml::read_typed(source, Code::GroupFile),
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

impl GroupText {
    /// Names that it gives to lists and capabilities, with their places.
    fn names(&self) -> impl Iterator<Item = (String, &str)> {
        let given = self.provides.keys().map(|n| (format!("/provides/{n}"), n.as_str()));
        let engine = |n: &&String| !crate::group::template::ENGINE_LISTS.contains(&n.as_str());
        given.chain(self.collects.keys().filter(engine).map(|n| (format!("/collects/{n}"), n.as_str())))
    }

    /// Names of the capabilities it provides (those without `for`).
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.provides.iter().filter(|(_, fields)| !fields.contains_key("for")).map(|(name, _)| name.as_str())
    }

    fn lay(&mut self, over: GroupText) {
        self.requires.extend(over.requires);
        self.uses.extend(over.uses);
        self.collects.extend(over.collects);
        for (name, fields) in over.provides {
            self.provides.entry(name).or_default().extend(fields);
        }
        let mut required: Vec<Value> = self.settings["required"].as_array().cloned().unwrap_or_default();
        required.extend(over.settings["required"].as_array().cloned().unwrap_or_default());
        if !over.settings.is_null() {
            merge_patch(&mut self.settings, &over.settings);
        }
        if !required.is_empty() {
            self.settings["required"] = Value::Array(required);
        }
        if !over.example.is_null() {
            merge_patch(&mut self.example, &over.example);
        }
        for (profile, defaults) in over.profiles {
            merge_patch(self.profiles.entry(profile).or_insert(Value::Null), &defaults);
        }
        self.validate.extend(over.validate);
        self.documents.extend(over.documents);
        self.secrets.extend(over.secrets);
        self.existing.extend(over.existing);
        self.silence.extend(over.silence);
        self.agentic = over.agentic.or_else(|| self.agentic.take());
        for (name, component) in over.components {
            match self.components.get_mut(&name) {
                Some(base) => merge_patch(base, &component),
                None => drop(self.components.insert(name, component)), // as it is: a chart value may be null
            }
        }
        self.claims.extend(over.claims);
    }
}

/// Names that are a list here and a capability there.
fn names_of_both_kinds(groups: &BTreeMap<String, Group>) -> Vec<Finding> {
    let mut lists: BTreeSet<String> = BTreeSet::new();
    for text in groups.values().flat_map(|g| g.variants.values()).map(|v| &v.text) {
        lists.extend(text.collects.keys().cloned());
        lists.extend(text.provides.iter().filter(|(_, f)| f.contains_key("for")).map(|(name, _)| name.clone()));
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

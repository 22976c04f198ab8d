//! A group file as it is written, and a provider laid over it. Only data; docs/groups.md says what each key means.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::group::template::ENGINE_LISTS;
use crate::text::merge::merge_patch;
use crate::text::pointer::strings;

/// A group or a provider as written (docs/groups.md says what each key means).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GroupText {
    /// One line.
    pub summary: String,
    /// The flag.
    pub feature: Option<String>,
    /// Profiles in which it is on unless the flag says false.
    #[serde(rename = "onIn")]
    pub on_in: Vec<String>,
    /// Capabilities it cannot do without.
    pub requires: Vec<String>,
    /// Capabilities it takes when present.
    pub uses: Vec<String>,
    /// Lists it reads.
    pub collects: IndexMap<String, Collect>,
    /// Default provider.
    pub provider: Option<String>,
    /// Capabilities and contributions to lists, by name.
    pub provides: IndexMap<String, Provided>,
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
    /// Values that templates build, by name.
    pub documents: IndexMap<String, Document>,
    /// Secrets with expressions.
    pub secrets: Vec<Value>,
    /// Objects that are there and not rendered, with expressions.
    pub existing: Vec<Value>,
    /// Findings that are not to be reported, with expressions.
    pub silence: Vec<Value>,
    /// The AiGateway and ToolGateway contracts that it takes apart.
    pub agentic: Option<AgenticText>,
    /// JSON pointer in the settings: a map of guards, each of which may name one of the contracts (`guardRef`).
    pub guards: Option<String>,
    /// Components with expressions, by name.
    pub components: IndexMap<String, Value>,
    /// Claims with expressions.
    pub claims: Vec<Value>,
}

/// What a group provides under one name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Provided {
    /// Fields of a capability; with `for`, of the items of a list.
    Fields(Map<String, Value>),
    /// Items of a list, each written by itself.
    Items(Vec<Map<String, Value>>),
}

impl Provided {
    /// Whether it adds to a list; otherwise it is a capability.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Fields(fields) => fields.contains_key("for"),
            Self::Items(_) => true,
        }
    }

    /// Its entries, each with its JSON pointer from the one of the name.
    pub fn entries(&self) -> Vec<(String, &Map<String, Value>)> {
        match self {
            Self::Fields(fields) => vec![(String::new(), fields)],
            Self::Items(items) => items.iter().enumerate().map(|(i, item)| (format!("/{i}"), item)).collect(),
        }
    }

    /// Lists append, fields are laid over each other.
    fn lay(&mut self, over: Self) {
        match (self, over) {
            (Self::Fields(own), Self::Fields(over)) => own.extend(over),
            (Self::Items(own), Self::Items(over)) => own.extend(over),
            (own, over) => *own = over,
        }
    }
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

/// A value that a template builds: `name: template`, or with `for` and `when` a map.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "DocumentText")]
pub struct Document {
    /// Below `templates/`.
    pub template: String,
    /// With it the value is a list, one for each `item`.
    pub each: Option<Value>,
    /// Whether it is there at all.
    pub when: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum DocumentText {
    Template(String),
    Entry {
        template: String,
        #[serde(rename = "for")]
        each: Option<Value>,
        when: Option<Value>,
    },
}

impl From<DocumentText> for Document {
    fn from(text: DocumentText) -> Self {
        match text {
            DocumentText::Template(template) => Self { template, each: None, when: None },
            DocumentText::Entry { template, each, when } => Self { template, each, when },
        }
    }
}

/// How a group reads a list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Collect {
    /// Fields in which no two items may agree.
    pub unique: Vec<String>,
    /// The schema of an item.
    pub item: Option<Value>,
}

/// `for` and `when` of an entry.
pub fn counts(raw: &Map<String, Value>) -> [Option<&Value>; 2] {
    ["for", "when"].map(|key| raw.get(key))
}

/// An entry without them.
pub fn own(raw: &Map<String, Value>) -> Value {
    let own = raw.iter().filter(|(key, _)| !["for", "when"].contains(&key.as_str()));
    Value::Object(own.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A condition on a group's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The rule holds for each `item` of it.
    #[serde(rename = "for")]
    pub each: Option<Value>,
    /// Whether it is asked at all.
    pub when: Option<Value>,
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

impl GroupText {
    /// Names that it gives to lists and capabilities, with their places.
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, &str)> {
        let given = self.provides.keys().map(|n| (format!("/provides/{n}"), n.as_str()));
        let engine = |n: &&String| !ENGINE_LISTS.contains(&n.as_str());
        given.chain(self.collects.keys().filter(engine).map(|n| (format!("/collects/{n}"), n.as_str())))
    }

    /// Every text in which an expression may stand.
    pub(crate) fn texts(&self) -> Vec<&str> {
        let provided = self.provides.values().flat_map(Provided::entries).flat_map(|(_, fields)| fields.values());
        let documents = self.documents.values().flat_map(|document| [&document.each, &document.when]).flatten();
        let rules = self.validate.iter().flat_map(|rule| [&rule.each, &rule.when]).flatten();
        let lists = [&self.secrets, &self.existing, &self.silence, &self.claims].into_iter().flatten();
        let values = provided.chain(documents).chain(rules).chain(lists).chain(self.components.values());
        let own = self
            .validate
            .iter()
            .flat_map(|rule| [&rule.require, &rule.at, &rule.message].into_iter().chain(&rule.help));
        let folder = self.agentic.iter().map(|agentic| &agentic.folder);
        let mut texts: Vec<&str> = own.chain(folder).map(String::as_str).collect();
        values.for_each(|value| strings(value, &mut |_, text| texts.push(text)));
        texts
    }

    /// Names of the capabilities it provides.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.provides.iter().filter(|(_, provided)| !provided.is_list()).map(|(name, _)| name.as_str())
    }

    pub(crate) fn lay(&mut self, over: GroupText) {
        self.on_in.extend(over.on_in);
        self.requires.extend(over.requires);
        self.uses.extend(over.uses);
        self.collects.extend(over.collects);
        for (name, provided) in over.provides {
            match self.provides.get_mut(&name) {
                Some(own) => own.lay(provided),
                None => drop(self.provides.insert(name, provided)),
            }
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
        self.guards = over.guards.or_else(|| self.guards.take());
        for (name, component) in over.components {
            match self.components.get_mut(&name) {
                Some(base) => merge_patch(base, &component),
                None => drop(self.components.insert(name, component)), // as it is: a chart value may be null
            }
        }
        self.claims.extend(over.claims);
    }
}

//! A group file -> the group in each of its provider variants, with the schema of its settings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::group::based::group_text;
use crate::group::builtin::{json_of, places};
use crate::group::defaults;
use crate::group::reads;
use crate::group::shapes::Shapes;
use crate::group::template::Templates;
use crate::group::written::GroupText;
use crate::text::finding::{Code, Finding};
use crate::text::merge::merge_patch;
use crate::text::schema::{Schema, invalid_name, is_dns_label};
use crate::text::source::{Place, Source};
use crate::text::yaml::{Kind, Node};

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
    of_claims: OnceLock<Vec<BTreeSet<String>>>,
}

impl Variant {
    fn new(text: GroupText, schema: Schema) -> Self {
        Self { text, schema, of_platform: OnceLock::new(), of_claims: OnceLock::new() }
    }

    /// The dotted paths that each of its claims names.
    pub fn of_claims(&self, templates: &Templates) -> &[BTreeSet<String>] {
        self.of_claims.get_or_init(|| self.text.claims.iter().map(|claim| reads::of_entry(claim, templates)).collect())
    }

    /// What it sees of `platform`.
    pub fn platform(&self, platform: &Value, templates: &Templates) -> Value {
        reads::seen(platform, self.of_platform.get_or_init(|| reads::of_platform(&self.text, templates)))
    }
}

impl Group {
    /// Reads a file.
    ///
    /// # Errors
    /// Every mistake in it.
    pub(crate) fn read(source: &Arc<Source>, shapes: &Shapes) -> Result<Self, Vec<Finding>> {
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
                    } else if json_of(source).is_none() {
                        findings.extend(defaults::refused(&merged.settings).into_iter().map(|at| {
                            let finding = say(&format!("/settings{at}"), "its own setting refuses this default".into());
                            finding.help("write one that its `type`, `enum` and `pattern` admit")
                        }));
                    }
                    variants.insert(provider.clone(), Variant::new(merged, schema));
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
    pub(crate) fn node(&self) -> &Node {
        self.node.get_or_init(|| places(&self.source))
    }
}

//! The schema of a custom resource -> the same as a tree of ours: the closed language of structural schemas
//! (apiextensions.k8s.io/v1 JSONSchemaProps), and nothing but what decides about an object.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::verdict::cel::Rule;
use crate::verdict::pattern;

/// One node of a structural schema.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Structural {
    /// The type; none where anything is allowed, or an integer or a string.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The format of a string or a number.
    pub format: String,
    /// `null` is a value here.
    pub nullable: bool,
    /// What a missing value is; `null` counts as no default.
    pub default: Option<Value>,
    /// The declared fields of an object.
    pub properties: BTreeMap<String, Structural>,
    /// The schema of all values of a map.
    pub additional_properties: Option<Additional>,
    /// The fields that must be there.
    pub required: Vec<String>,
    /// The schema of a list's items.
    pub items: Option<Box<Structural>>,
    /// The only values allowed.
    #[serde(rename = "enum")]
    pub choices: Vec<Value>,
    /// Lower bound.
    pub minimum: Option<f64>,
    /// Upper bound.
    pub maximum: Option<f64>,
    /// The lower bound itself is not allowed.
    pub exclusive_minimum: bool,
    /// The upper bound itself is not allowed.
    pub exclusive_maximum: bool,
    /// What a number must be a multiple of.
    pub multiple_of: Option<f64>,
    /// Least number of characters.
    pub min_length: Option<usize>,
    /// Most characters.
    pub max_length: Option<usize>,
    /// Least number of items.
    pub min_items: Option<usize>,
    /// Most items.
    pub max_items: Option<usize>,
    /// Least number of keys.
    pub min_properties: Option<usize>,
    /// Most keys.
    pub max_properties: Option<usize>,
    /// What a string must match somewhere.
    pub pattern: Option<Pattern>,
    /// All of these hold too.
    pub all_of: Vec<Structural>,
    /// At least one of these holds.
    pub any_of: Vec<Structural>,
    /// Exactly one of these holds.
    pub one_of: Vec<Structural>,
    /// This does not hold.
    pub not: Option<Box<Structural>>,
    /// An integer or a string.
    #[serde(rename = "x-kubernetes-int-or-string")]
    pub int_or_string: bool,
    /// Fields that are not declared stay.
    #[serde(rename = "x-kubernetes-preserve-unknown-fields")]
    pub preserve_unknown: bool,
    /// A whole object with apiVersion, kind and metadata.
    #[serde(rename = "x-kubernetes-embedded-resource")]
    pub embedded: bool,
    /// How the list is merged: `atomic`, `set` or `map`.
    #[serde(rename = "x-kubernetes-list-type")]
    pub list_type: ListType,
    /// What identifies an item of a `map` list.
    #[serde(rename = "x-kubernetes-list-map-keys")]
    pub list_map_keys: Vec<String>,
    /// `atomic`: the map is replaced as a whole.
    #[serde(rename = "x-kubernetes-map-type")]
    pub map_type: String,
    /// CEL rules.
    #[serde(rename = "x-kubernetes-validations")]
    pub rules: Vec<Rule>,
}

/// The types of a structural schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// No type is given.
    #[default]
    #[serde(rename = "")]
    Any,
    /// A map.
    Object,
    /// A list.
    Array,
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
}

/// `additionalProperties`: a schema, or whether anything goes.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Additional {
    /// Anything, or nothing.
    Any(bool),
    /// Values of that schema.
    Values(Box<Structural>),
}

/// How a list is merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListType {
    /// As a whole; anything may stand twice.
    #[default]
    Atomic,
    /// By value; nothing stands twice.
    Set,
    /// By the keys of its items; none stands twice.
    Map,
}

/// A pattern, compiled when it is first asked.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Pattern {
    /// As written.
    pub text: String,
    #[serde(skip)]
    regex: OnceLock<Result<Regex, String>>,
}

impl Pattern {
    /// Compiled.
    ///
    /// # Errors
    /// Why it cannot be, in one sentence.
    pub fn regex(&self) -> Result<&Regex, &String> {
        self.regex.get_or_init(|| pattern::compile(&self.text)).as_ref()
    }
}

impl Structural {
    /// The schema of the field or key of that name; none where nothing is said about it.
    pub fn field(&self, name: &str) -> Option<&Structural> {
        self.properties.get(name).or_else(|| self.values())
    }

    /// The schema of the values of a map.
    pub fn values(&self) -> Option<&Structural> {
        match &self.additional_properties {
            Some(Additional::Values(schema)) => Some(schema),
            _ => None,
        }
    }

    /// True when fields that are not declared are no mistake.
    pub fn open(&self) -> bool {
        self.preserve_unknown || matches!(self.additional_properties, Some(Additional::Any(true)))
    }

    /// Calls a function on this node and all below it, each with its path as in `.spec.rules[].name`.
    pub fn walk<'a>(&'a self, path: &str, see: &mut dyn FnMut(&str, &'a Structural)) {
        see(path, self);
        for (name, property) in &self.properties {
            property.walk(&format!("{path}.{name}"), see);
        }
        for (below, name) in [(self.items.as_deref(), "[]"), (self.values(), "[*]"), (self.not.as_deref(), "")] {
            below.into_iter().for_each(|schema| schema.walk(&format!("{path}{name}"), see));
        }
        self.all_of.iter().chain(&self.any_of).chain(&self.one_of).for_each(|schema| schema.walk(path, see));
    }
}

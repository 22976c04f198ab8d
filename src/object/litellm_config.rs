//! Where the objects of a cluster hold the configuration of a LiteLLM proxy: a YAML text in a ConfigMap, or the values of the
//! Helm chart `litellm-helm` in an Argo CD Application. Knows the shape of config.yaml, not what is right in it.

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, Objects};
use crate::object::part::Part;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;

/// The sections of config.yaml that every reader of it names.
pub const SECTIONS: [&str; 5] =
    ["model_list", "litellm_settings", "general_settings", "router_settings", "environment_variables"];

/// The sections that are maps of settings.
pub const SETTINGS: [&str; 3] = ["general_settings", "litellm_settings", "router_settings"];

/// One configuration.
#[derive(Clone, Debug)]
pub struct Config<'a> {
    /// What config.yaml says.
    pub part: Part<'a>,
    /// The values of the chart it stands in.
    pub chart: Option<Part<'a>>,
    /// No other file adds to it or replaces what it says.
    pub complete: bool,
    /// No other file adds to the values of the chart.
    pub values_complete: bool,
}

/// One entry of `model_list`.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'c> {
    /// Index in the list.
    pub index: usize,
    /// The name that clients ask for; empty when it is no string.
    pub alias: &'c str,
    /// `litellm_params`; null when absent.
    pub params: &'c Value,
    /// The whole entry.
    pub value: &'c Value,
}

impl<'c> Entry<'c> {
    /// JSON pointer of something in the entry, in the configuration.
    pub fn pointer(&self, rest: &str) -> String {
        format!("/model_list/{}{rest}", self.index)
    }

    /// A string of `litellm_params`; empty when there is none.
    pub fn text(&self, key: &str) -> &'c str {
        self.params[key].as_str().unwrap_or_default()
    }

    /// The provider and the model that it is asked for; the provider is empty where LiteLLM guesses it.
    pub fn provider(&self) -> (&'c str, &'c str) {
        let model = self.text("model");
        match self.params["custom_llm_provider"].as_str() {
            Some(provider) => {
                (provider, model.strip_prefix(provider).and_then(|m| m.strip_prefix('/')).unwrap_or(model))
            }
            None => model.split_once('/').unwrap_or(("", model)),
        }
    }
}

impl Config<'_> {
    /// The namespace of the proxy's pods.
    pub fn namespace(&self) -> &str {
        match &self.chart {
            Some(_) => self.part.object.text_at("/spec/destination/namespace"),
            None => &self.part.object.identity.namespace,
        }
    }

    /// The entries of `model_list`.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.part.items("/model_list").iter().enumerate().map(|(index, value)| Entry {
            index,
            alias: value["model_name"].as_str().unwrap_or_default(),
            params: &value["litellm_params"],
            value,
        })
    }

    /// Whether models may be known to the proxy that stand in no file: from its database, or by a wildcard.
    pub fn open(&self) -> bool {
        !self.complete
            || self.part.at("/general_settings/store_model_in_db") == Some(&Value::Bool(true))
            || self.entries().any(|e| e.alias.contains('*') || e.alias.is_empty())
    }
}

/// The configurations among objects that can be read.
pub fn of_objects<'a>(objects: &Objects<'a>) -> Vec<Config<'a>> {
    let holders = objects.of("", "ConfigMap").chain(objects.of(ARGOCD, "Application"));
    holders.flat_map(of_object).filter_map(Result::ok).collect()
}

/// The configurations that an object holds, or why one cannot be read.
pub fn of_object<'a>(object: &Object<'a>) -> Vec<Result<Config<'a>, Finding>> {
    match (object.identity.group.as_str(), object.identity.kind.as_str()) {
        ("", "ConfigMap") => of_config_map(object),
        (ARGOCD, "Application") => of_application(object),
        _ => Vec::new(),
    }
}

fn of_config_map<'a>(object: &Object<'a>) -> Vec<Result<Config<'a>, Finding>> {
    let data = object.at("/data").and_then(Value::as_object);
    let mut found = Vec::new();
    for (key, text) in data.into_iter().flatten().filter(|(key, _)| key.ends_with(".yaml") || key.ends_with(".yml")) {
        // Most ConfigMaps are about something else: no need to read them.
        let text = text.as_str().unwrap_or_default();
        if !SECTIONS.iter().any(|s| text.contains(s)) && !text.contains("litellm_params") {
            continue;
        }
        match Part::of_text(object, &format!("/data/{}", escaped(key)), Code::LitellmStart) {
            Ok(part) if is_config(part.value()) => {
                let complete = part.at("/include").is_none();
                found.push(Ok(Config { part, chart: None, complete, values_complete: true }));
            }
            Ok(_) => {}
            Err(finding) if text.contains("\nmodel_list:") || text.starts_with("model_list:") => {
                found.push(Err(finding.help("LiteLLM reads it at start and would end here")));
            }
            Err(_) => {}
        }
    }
    found
}

/// A map that looks like a config.yaml, even where the name of one section is mistyped.
fn is_config(value: &Value) -> bool {
    let Some(map) = value.as_object() else { return false };
    let known = SECTIONS.iter().filter(|s| map.contains_key(**s)).count();
    let has_entries = |v: &Value| v.as_array().is_some_and(|l| l.iter().any(|e| e.get("litellm_params").is_some()));
    known >= 2 || map.contains_key("litellm_settings") || map.values().any(has_entries)
}

fn of_application<'a>(object: &Object<'a>) -> Vec<Result<Config<'a>, Finding>> {
    let sources = object.items("/spec/sources").len();
    let pointers = (0..sources).map(|i| format!("/spec/sources/{i}")).chain(["/spec/source".to_owned()]);
    pointers.filter_map(|p| of_source(object, &p)).collect()
}

/// The chart's values in a source of an Application.
fn of_source<'a>(object: &Object<'a>, pointer: &str) -> Option<Result<Config<'a>, Finding>> {
    let source = object.at(pointer)?;
    let by_path = source["repoURL"].as_str().is_some_and(|u| u.trim_end_matches('/').ends_with("/litellm-helm"));
    if source["chart"].as_str().is_none_or(|c| !c.ends_with("litellm-helm")) && !by_path {
        return None;
    }
    let helm = &source["helm"];
    let values = match (&helm["valuesObject"], &helm["values"]) {
        (Value::Object(_), _) => Part::of(object, &format!("{pointer}/helm/valuesObject")),
        (_, Value::String(_)) => match Part::of_text(object, &format!("{pointer}/helm/values"), Code::LitellmStart) {
            Ok(part) => part,
            Err(finding) => return Some(Err(finding.help("Helm reads these values and would end here"))),
        },
        _ => Part::of(object, &format!("{pointer}/helm")),
    };
    let values_complete = ["valueFiles", "parameters", "fileParameters"].iter().all(|k| helm.get(*k).is_none());
    let part = values.part("/proxy_config");
    let own_map = values.at("/proxyConfigMap/create") == Some(&Value::Bool(false));
    let complete = values_complete && part.at("/include").is_none() && !own_map;
    Some(Ok(Config { part, chart: Some(values), complete, values_complete }))
}

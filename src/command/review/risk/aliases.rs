//! The names of models that keys know: one that goes, and one that another model answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::command::review::change::structured;
use crate::command::review::risk::sight::{Risk, Sight};
use crate::text::finding::Code;
use crate::text::pointer::{each, strings};

pub(super) fn gone(sight: &Sight<'_>) -> Vec<Risk> {
    let names = |value: Option<&Value>| value.map(aliases_of).unwrap_or_default();
    // A configuration may go over into another object.
    let fresh = sight.now.things.iter().filter(|(id, _)| !sight.before.things.contains_key(id));
    let mut now: BTreeSet<String> = fresh.flat_map(|(_, thing)| aliases_of(&thing.value)).collect();
    now.extend(names(sight.new.map(|thing| &thing.value)));
    let gone = names(sight.old.map(|thing| &thing.value)).into_iter().filter(|name| !now.contains(name));
    let help = "keys that name it get an error: give them the new name first, or keep the alias for a while";
    gone.map(|name| sight.risk(Code::AliasGone, format!("the model `{name}` can be called no more"), help)).collect()
}

/// The models that an object lets callers name.
fn aliases_of(value: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each(value, "/spec/aiModels/*/name", &mut |_, name| names.extend(name.as_str().map(str::to_owned)));
    for config in configs(value) {
        each(&config, "/model_list/*/model_name", &mut |_, name| names.extend(name.as_str().map(str::to_owned)));
    }
    names
}

/// The configurations of LiteLLM that an object holds.
pub(super) fn configs(value: &Value) -> Vec<Value> {
    let Some(data) = value.get("data").or_else(|| value.get("proxy_config")) else { return Vec::new() };
    let mut found = Vec::new();
    strings(data, &mut |_, text| {
        if text.contains("model_list") {
            found.extend(structured(text));
        }
    });
    if data.get("model_list").is_some() {
        found.push(data.clone());
    }
    found
}

pub(super) fn swapped(sight: &Sight<'_>) -> Vec<Risk> {
    let (Some(old), Some(new)) = (sight.old, sight.new) else { return Vec::new() };
    let (before, now) = (models_of(&old.value), models_of(&new.value));
    let help = "say in the review that callers know: answers, abilities and costs are those of another model";
    let other = |(alias, models): (&String, &BTreeSet<String>)| {
        let were = before.get(alias)?;
        let fresh = models.iter().find(|model| !were.iter().any(|was| is_same(was, model)))?;
        let were = were.iter().map(|was| format!("`{was}`")).collect::<Vec<_>>().join(", ");
        Some(sight.risk(
            Code::ModelSwapped,
            format!("the model `{alias}` is answered by `{fresh}`, and was by {were}"),
            help,
        ))
    };
    now.iter().filter_map(other).collect()
}

/// The names that callers know, each with the models that answer.
fn models_of(value: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut models = BTreeMap::<String, BTreeSet<String>>::new();
    for config in configs(value) {
        let mut add = |alias: &Value, model: &Value| {
            if let (Some(alias), Some(model)) = (alias.as_str(), model.as_str()) {
                models.entry(alias.to_owned()).or_default().insert(model.to_owned());
            }
        };
        each(&config, "/model_list/*", &mut |_, entry| add(&entry["model_name"], &entry["litellm_params"]["model"]));
        for list in ["/router_settings/model_group_alias", "/litellm_settings/model_alias_map"] {
            for (alias, model) in config.pointer(list).and_then(Value::as_object).into_iter().flatten() {
                add(&alias.clone().into(), model.get("model").unwrap_or(model));
            }
        }
    }
    models
}

/// Words for how the weights of one model are written.
const WEIGHTS: [&str; 14] = [
    "fp8", "fp16", "bf16", "int4", "int8", "awq", "gptq", "gguf", "w4a16", "w8a8", "w8a16", "nvfp4", "dynamic",
    "latest",
];

/// Whether two names are of one model: one of them says in addition how its weights are written, or of which day it is.
fn is_same(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let day = |word: &str| word.len() >= 6 && word.bytes().all(|b| b.is_ascii_digit());
    let says = |word: &str| word.is_empty() || WEIGHTS.contains(&word.to_lowercase().as_str()) || day(word);
    long.strip_prefix(short).is_some_and(|rest| rest.split(['-', '_', '@', ':']).all(says))
}

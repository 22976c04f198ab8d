//! Rules about what a config.yaml of LiteLLM says by itself: nearly all of it is taken in silence by LiteLLM 1.89.2. Knows
//! nothing of pods, gateways or routes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::litellm::{Config, Entry, of_object};
use crate::object::Object;
use crate::schema::did_you_mean;

/// Rules that look at one configuration alone.
const RULES: &[fn(&Config<'_>) -> Vec<Finding>] = &[unknown_keys, prices, fallbacks];

/// What is wrong with the configuration that an object holds.
pub fn config(object: &Object<'_>) -> Vec<Finding> {
    let check = |config: Result<Config<'_>, Finding>| match config {
        Ok(config) => RULES.iter().flat_map(|rule| rule(&config)).collect(),
        Err(finding) => vec![finding],
    };
    of_object(object).into_iter().flat_map(check).collect()
}

/// The keys that LiteLLM reads, by section; sorted.
static KEYS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = "";
    for line in include_str!("../schemas/litellm-keys.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => section = name,
            None => keys.entry(section).or_default().push(line),
        }
    }
    keys
});

/// Sections of settings, each of which is a map.
const SETTINGS: [&str; 3] = ["general_settings", "litellm_settings", "router_settings"];

fn unknown_keys(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = section(config, "", "top");
    findings.extend(SETTINGS.iter().flat_map(|name| section(config, &format!("/{name}"), name)));
    for entry in config.entries() {
        for (key, _) in entry.params.as_object().into_iter().flatten() {
            // Any other unknown key may be a parameter of the model, which it is then sent to.
            let Some(near) = near(key, &KEYS["litellm_params"]) else { continue };
            let message =
                format!("LiteLLM knows no `{key}` in litellm_params, so it goes to the model of `{}`", entry.alias);
            let pointer = entry.pointer(&format!("/litellm_params/{key}"));
            let finding = config.part.error(Code::LitellmUnknownKey, &pointer, message);
            let finding = finding.place(config.part.key_place(&pointer));
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

fn section(config: &Config<'_>, pointer: &str, name: &str) -> Vec<Finding> {
    let known = &KEYS[name];
    let keys = config.part.at(pointer).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key);
    let unknown = keys.filter(|k| known.binary_search(&k.as_str()).is_err());
    let finding = |key: &String| {
        let place = if pointer.is_empty() { "config.yaml".to_owned() } else { format!("`{name}`") };
        let message = format!("LiteLLM knows no `{key}` in {place}");
        let at = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let finding = match near(key, known) {
            Some(near) => {
                config.part.error(Code::LitellmUnknownKey, &at, message).help(format!("did you mean `{near}`?"))
            }
            None => {
                let finding = config.part.warning(Code::LitellmUnknownKey, &at, message);
                finding.help("it does nothing in LiteLLM 1.89.2: remove it")
            }
        };
        finding.place(config.part.key_place(&at))
    };
    unknown.map(finding).collect()
}

/// The known key that was most likely meant by an unknown one.
fn near<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    if known.binary_search(&key).is_ok() {
        return None;
    }
    let allowed = if key.len() < 8 { 1 } else { 2 };
    let distance = |k: &&str| strsim::damerau_levenshtein(key, k);
    let best = known.iter().copied().min_by_key(distance)?;
    (distance(&best) <= allowed && key.len() > 3).then_some(best)
}

/// The prices of a token, each with the words for what it counts.
const PRICES: [(&str, &str); 2] = [("input_cost_per_token", "input"), ("output_cost_per_token", "output")];

/// LiteLLM knows the prices of providers' models by itself; at an address of one's own it knows none.
fn prices(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in config.entries() {
        let price =
            |key: &str| [&entry.params[key], &entry.value["model_info"][key]].into_iter().find(|v| !v.is_null());
        let (has, lacks): (Vec<&(&str, &str)>, Vec<&(&str, &str)>) =
            PRICES.iter().partition(|(key, _)| price(key).is_some());
        let [first, ..] = lacks[..] else { continue };
        if has.is_empty() && (priced_otherwise(&entry) || !own_address(&entry)) || one_sided(&entry) {
            continue;
        }
        let (message, help) = match has[..] {
            [] => (
                format!(
                    "`{}` has no prices, so its calls cost nothing, or what another entry of its model costs",
                    entry.alias
                ),
                "give it `input_cost_per_token` and `output_cost_per_token` in litellm_params; 0 says that it is free",
            ),
            _ => (
                format!("`{}` has no `{}`, so its {} tokens cost nothing", entry.alias, first.0, first.1),
                "give it both prices",
            ),
        };
        let pointer = entry.pointer("/litellm_params");
        findings.push(config.part.warning(Code::LitellmPrice, &pointer, message).help(help));
    }
    findings
}

/// An OpenAI-like server at an address of the user's own, whose model is none of OpenAI's.
fn own_address(entry: &Entry<'_>) -> bool {
    let (provider, model) = entry.provider();
    let name = model.rsplit('/').next().unwrap_or(model);
    let openai = ["gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-", "dall-e", "whisper", "tts-", "codex-"];
    let ours = ["openai", "hosted_vllm", "custom_openai", "openai_like", "text-completion-openai"].contains(&provider);
    ours && !entry.params["api_base"].is_null() && !openai.iter().any(|p| name.starts_with(p)) && !model.contains('*')
}

/// Priced by the second, the request or the picture, or as a model that LiteLLM knows.
fn priced_otherwise(entry: &Entry<'_>) -> bool {
    let keys = [entry.params, &entry.value["model_info"]].into_iter().filter_map(Value::as_object).flatten();
    keys.into_iter().any(|(key, _)| key.contains("cost_per") || key == "tiered_pricing")
}

/// What answers without tokens has no price for them.
fn one_sided(entry: &Entry<'_>) -> bool {
    let mode = entry.value["model_info"]["mode"].as_str();
    let model = entry.text("model").to_ascii_lowercase();
    mode.is_some_and(|m| !["chat", "completion", "responses"].contains(&m))
        || ["embed", "rerank", "bge-", "e5-", "whisper", "tts", "moderation"].iter().any(|w| model.contains(w))
}

/// Where fallbacks may stand, and what each kind of them is for.
const FALLBACKS: [&str; 3] = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

fn fallbacks(config: &Config<'_>) -> Vec<Finding> {
    let aliases: Vec<&str> = config.entries().map(|e| e.alias).collect();
    let mut findings = Vec::new();
    for (section, kind) in SETTINGS[1..].iter().flat_map(|s| FALLBACKS.iter().map(move |k| (s, k))) {
        let pointer = format!("/{section}/{kind}");
        for (i, item) in config.part.items(&pointer).iter().enumerate() {
            for (source, targets) in item.as_object().into_iter().flatten() {
                let at = format!("{pointer}/{i}/{}", source.replace('~', "~0").replace('/', "~1"));
                let named = targets.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Value::as_str);
                let named = named.enumerate().map(|(n, t)| (t, format!("{at}/{n}")));
                for (name, at) in named.chain([(source.as_str(), at.clone())]) {
                    if !config.open() && name != "*" && !aliases.contains(&name) && !group_alias(config, name) {
                        let message = format!("`{kind}` names `{name}`, and no entry of model_list has that alias");
                        let finding = config.part.error(Code::LitellmFallback, &at, message);
                        findings.push(finding.help(did_you_mean(name, &aliases)));
                    }
                }
            }
        }
    }
    findings
}

/// `model_group_alias` gives a group of models a second name.
fn group_alias(config: &Config<'_>, name: &str) -> bool {
    config
        .part
        .at("/router_settings/model_group_alias")
        .and_then(Value::as_object)
        .is_some_and(|m| m.contains_key(name))
}

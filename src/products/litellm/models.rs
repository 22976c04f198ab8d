//! Rules about the entries of LiteLLM's `model_list` and the names that stand for them: shape, price, header values, fallbacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::litellm_config::{Config, Entry, SETTINGS};
use crate::products::litellm::address::Address;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;

/// What LiteLLM wants of each entry: without it no call is answered, or it drops the entry.
pub fn entries(config: &Config<'_>) -> Vec<Finding> {
    let part = &config.part;
    let mut findings = Vec::new();
    for entry in config.entries() {
        if entry.params["model"].is_string() && unprefixed(&entry) {
            let message = format!("the model `{}` of `{}` names no provider", entry.text("model"), entry.alias);
            let finding = part.error(Code::LitellmEntry, &entry.pointer("/litellm_params/model"), message);
            findings.push(finding.help("write `openai/` before it for a server that speaks OpenAI's protocol"));
        }
        findings.extend(not_numbers(config, &entry));
    }
    findings
}

/// Parameters that LiteLLM reads as numbers; with a word in one of them it drops the entry.
const NUMBERS: [&str; 4] = ["rpm", "tpm", "input_cost_per_token", "output_cost_per_token"];

fn not_numbers(config: &Config<'_>, entry: &Entry<'_>) -> Vec<Finding> {
    let word = |key: &&&str| {
        let text = entry.params[**key].as_str().filter(|t| !t.starts_with("os.environ/"));
        text.is_some_and(|t| t.trim().parse::<f64>().is_err())
    };
    let finding = |key: &&str| {
        let message = format!("`{key}` of `{}` is no number, and LiteLLM drops the entry", entry.alias);
        let pointer = entry.pointer(&format!("/litellm_params/{key}"));
        config.part.error(Code::LitellmEntry, &pointer, message).help("write a number")
    };
    NUMBERS.iter().filter(word).map(finding).collect()
}

/// LiteLLM knows the provider of many models by their name, but never for an address of the user's own.
fn unprefixed(entry: &Entry<'_>) -> bool {
    let own = entry.params["api_base"].as_str().is_some_and(|b| !b.contains("openai.azure.com"));
    own && entry.provider().0.is_empty() && !known_to_openai(entry.text("model"))
}

/// One alias for two models at one address: each call gets one of them.
pub fn twice(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut first: BTreeMap<&str, Entry<'_>> = BTreeMap::new();
    for entry in config.entries().filter(|e| !e.alias.is_empty()) {
        let Some(other) = first.get(entry.alias) else {
            first.insert(entry.alias, entry);
            continue;
        };
        let meant = |e: &Entry<'_>| ["weight", "order", "rpm", "tpm"].iter().any(|k| !e.params[*k].is_null());
        let host = |e: &Entry<'_>| Address::new(e.text("api_base")).map(|a| a.host.to_owned());
        let same = other.params == entry.params;
        let mixed = other.text("model") != entry.text("model") && host(other).is_some() && host(other) == host(&entry);
        let embeds = |e: &Entry<'_>| e.value["model_info"]["mode"] == "embedding" || e.text("model").contains("embed");
        if embeds(other) != embeds(&entry) {
            let message = format!(
                "`{}` stands for a model that chats and for one that embeds: each call gets one of them",
                entry.alias
            );
            let place = config.part.place(&other.pointer("/model_name"));
            let finding = config.part.warning(Code::LitellmAliasTwice, &entry.pointer("/model_name"), message);
            findings.push(finding.related(place, "the first").help("give one of them another name"));
        } else if same || mixed && !meant(other) && !meant(&entry) {
            let message = match same {
                true => format!("`{}` stands twice in model_list with the same parameters", entry.alias),
                false => format!(
                    "`{}` stands for `{}` and `{}`: each call gets one of them",
                    entry.alias,
                    other.text("model"),
                    entry.text("model")
                ),
            };
            let finding = config.part.warning(Code::LitellmAliasTwice, &entry.pointer("/model_name"), message);
            let place = config.part.place(&other.pointer("/model_name"));
            findings.push(
                finding
                    .related(place, "the first")
                    .help("give one of them another name, or a `weight` if both are meant"),
            );
        }
    }
    findings
}

/// The prices of a token, each with the words for what it counts.
const PRICES: [(&str, &str); 2] = [("input_cost_per_token", "input"), ("output_cost_per_token", "output")];

/// LiteLLM knows the prices of providers' models by itself; at an address of one's own it knows none.
pub fn prices(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in config.entries() {
        let price =
            |key: &str| [&entry.params[key], &entry.value["model_info"][key]].into_iter().find(|v| !v.is_null());
        let free = |key: &str| price(key).is_none_or(|v| v.as_f64() == Some(0.0));
        let (lacks, has): (Vec<_>, Vec<_>) = PRICES.iter().partition(|(key, _)| free(key));
        let [&(key, tokens), ..] = lacks[..] else { continue };
        // Two zeros say that it is free.
        if one_sided(&entry) || has.is_empty() && (priced(&entry) || priced_otherwise(&entry) || !own_address(&entry)) {
            continue;
        }
        let (message, help) = if has.is_empty() {
            (
                format!(
                    "`{}` has no prices: its calls cost nothing, or what another entry of its model costs",
                    entry.alias
                ),
                "give it `input_cost_per_token` and `output_cost_per_token`; two zeros say that it is free",
            )
        } else {
            (format!("`{}` has no `{key}`, so its {tokens} tokens cost nothing", entry.alias), "give it both prices")
        };
        findings.push(config.part.warning(Code::LitellmPrice, &entry.pointer("/litellm_params"), message).help(help));
    }
    findings
}

/// Whether an entry has a price for tokens.
pub fn priced(entry: &Entry<'_>) -> bool {
    PRICES.iter().any(|(key, _)| !entry.params[*key].is_null() || !entry.value["model_info"][*key].is_null())
}

/// An OpenAI-like server at an address of the user's own, whose model is none of OpenAI's.
pub fn own_address(entry: &Entry<'_>) -> bool {
    let (provider, model) = entry.provider();
    let ours = ["openai", "hosted_vllm", "custom_openai", "openai_like", "text-completion-openai"].contains(&provider);
    ours && !entry.params["api_base"].is_null() && !known_to_openai(model) && !model.contains('*')
}

/// Names of OpenAI's own models, whose provider and prices LiteLLM knows.
fn known_to_openai(model: &str) -> bool {
    let names = ["gpt-", "o1", "o3", "o4", "chatgpt-", "text-embedding-", "dall-e", "whisper", "tts-", "codex-"];
    let name = model.rsplit('/').next().unwrap_or(model);
    // OpenAI's open models have its name and nobody's price.
    names.iter().any(|n| name.starts_with(n)) && !name.starts_with("gpt-oss")
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

/// What the names of a fallback are for.
const FALLBACKS: [&str; 3] = ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"];

/// Fallbacks are lists of maps, and name aliases.
pub fn fallbacks(config: &Config<'_>) -> Vec<Finding> {
    let known = Known { open: config.open(), aliases: config.entries().map(|e| e.alias).collect() };
    let mut findings = Vec::new();
    for (section, kind) in SETTINGS[1..].iter().flat_map(|s| FALLBACKS.iter().map(move |k| (s, k))) {
        let pointer = format!("/{section}/{kind}");
        if config.part.at(&pointer).is_some_and(Value::is_object) {
            let message = format!("`{kind}` is a map, and LiteLLM does not start");
            let finding = config.part.error(Code::LitellmStart, &pointer, message);
            findings.push(finding.help("write a list of maps with one key each: `[{ a: [b] }]`"));
        }
        for (i, item) in config.part.items(&pointer).iter().enumerate() {
            if item.as_object().is_none_or(|map| map.len() != 1) {
                let message = format!("an item of `{kind}` is no map with one key, and LiteLLM does not start");
                let finding = config.part.error(Code::LitellmStart, &format!("{pointer}/{i}"), message);
                findings.push(finding.help("write one item for each alias: `[{ a: [b] }, { b: [c] }]`"));
                continue;
            }
            for (source, targets) in item.as_object().into_iter().flatten() {
                let at = format!("{pointer}/{i}/{}", escaped(source));
                findings.extend(fallback(config, &known, kind, (source, &at), targets));
            }
        }
        findings.extend(unfit(config, &pointer));
        // For a longer context or other rules on content a dearer model may well be meant.
        if *kind == "fallbacks" {
            findings.extend(dearer(config, &pointer));
            findings.extend(circle(config, &pointer));
        }
    }
    findings
}

/// Each alias of a list of fallbacks with one that stands in for it, and where that stands.
fn steps<'c>(config: &'c Config<'_>, pointer: &str) -> Vec<(&'c str, &'c str, String)> {
    let mut steps = Vec::new();
    for (i, item) in config.part.items(pointer).iter().enumerate() {
        for (source, targets) in item.as_object().into_iter().flatten() {
            let at = format!("{pointer}/{i}/{}", escaped(source));
            let named = targets.as_array().into_iter().flatten().enumerate();
            steps.extend(named.filter_map(|(i, t)| Some((source.as_str(), t.as_str()?, format!("{at}/{i}")))));
        }
    }
    steps
}

/// Who may use the cheap alias spends at the price of the other one.
fn dearer(config: &Config<'_>, pointer: &str) -> Vec<Finding> {
    const PRICES: [&str; 2] = ["input_cost_per_token", "output_cost_per_token"];
    let mut entries: BTreeMap<&str, &Value> = BTreeMap::new();
    for entry in config.entries() {
        entries.entry(entry.alias).or_insert(entry.params);
    }
    let price = |alias: &str, name: &str| entries.get(alias)?[name].as_f64();
    let costs_more = |from: &str, to: &str| {
        PRICES.iter().any(|name| price(from, name).zip(price(to, name)).is_some_and(|(cheap, dear)| dear > cheap))
    };
    let dear = steps(config, pointer).into_iter().filter(|(from, to, _)| costs_more(from, to));
    let finding = |(from, to, at): (&str, &str, String)| {
        let message = format!("`{from}` falls back on `{to}`, whose tokens cost more");
        let finding = config.part.warning(Code::LitellmFallback, &at, message);
        finding.help(
            "while it fails, keys for the cheap alias spend at the other one's price; name one that costs no more",
        )
    };
    dear.map(finding).collect()
}

/// What stands in answers other calls, or shorter ones.
fn unfit(config: &Config<'_>, pointer: &str) -> Vec<Finding> {
    let mut entries: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in config.entries() {
        entries.entry(entry.alias).or_default().push(entry);
    }
    let of = |alias: &str| entries.get(alias).map(Vec::as_slice).unwrap_or_default();
    let finding = |(from, to, at): (&str, &str, String)| {
        let kinds = |alias| of(alias).iter().map(embeds).collect::<BTreeSet<Option<bool>>>();
        let (kind, other) = (kinds(from), kinds(to));
        let differ = [&kind, &other].iter().all(|k| k.len() == 1 && !k.contains(&None)) && kind != other;
        if differ {
            let words = if kind.contains(&Some(true)) { "makes embeddings" } else { "answers chats" };
            let message = format!("`{from}` {words}, and `{to}`, which stands in for it, does not");
            let finding = config.part.warning(Code::LitellmFallback, &at, message);
            return Some(finding.help("name an alias for the same calls, or remove it"));
        }
        let least = of(from).iter().map(|e| window(e, UNTOLD_LEAST)).min()??;
        let most = of(to).iter().map(|e| window(e, u64::MAX)).reduce(|a, b| Some(a?.max(b?)))??;
        let message = format!("`{to}` takes {most} tokens, fewer than `{from}`, which it stands in for");
        let finding = config.part.warning(Code::LitellmFallback, &at, message);
        (most < least).then(|| finding.help("a longer prompt fails there, too; name an alias with as long a context"))
    };
    steps(config, pointer).into_iter().filter_map(finding).collect()
}

/// Whether an entry makes embeddings, or else answers chats; nothing where neither its mode nor its name tells.
fn embeds(entry: &Entry<'_>) -> Option<bool> {
    const OTHERS: [&str; 6] = ["gte", "voyage", "nomic", "jina", "minilm", "mxbai"];
    let model = entry.text("model").to_ascii_lowercase();
    match entry.value["model_info"]["mode"].as_str() {
        Some("embedding") => Some(true),
        Some("chat" | "completion" | "responses") => Some(false),
        Some(_) => None,
        None if model.contains("embed") => Some(true),
        None => {
            (!one_sided(entry) && !model.contains('*') && !OTHERS.iter().any(|w| model.contains(w))).then_some(false)
        }
    }
}

/// Rendered for a provider's model of which nobody said what it takes.
const UNTOLD: u64 = 200_000;
/// What providers' models for chats take at least.
const UNTOLD_LEAST: u64 = 32_768;

/// The tokens that a prompt may have, as `max_input_tokens` says; nothing where it does not.
fn window(entry: &Entry<'_>, untold: u64) -> Option<u64> {
    let tokens = entry.value["model_info"]["max_input_tokens"].as_u64()?;
    Some(if tokens == UNTOLD && !entry.text("model").contains("claude") { untold } else { tokens })
}

/// The first alias that its own fallbacks lead back to, by others.
fn circle(config: &Config<'_>, pointer: &str) -> Option<Finding> {
    let steps = steps(config, pointer);
    let mut onward: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (from, to, at) in steps.iter().filter(|(from, to, _)| from != to) {
        onward.entry(from).or_default().push((to, at));
    }
    let (from, to, at) = first_circle(&onward)?;
    let message = format!("the fallbacks lead from `{from}` by `{to}` back to `{from}`");
    let finding = config.part.warning(Code::LitellmFallback, at, message);
    Some(finding.help("when all of them fail, each request goes round until LiteLLM has tried five times; end at an alias without one"))
}

/// A name, one to which it leads and from which it is reached again, and what stands beside that step. Each name is gone
/// through once.
fn first_circle<'s>(onward: &BTreeMap<&'s str, Vec<(&'s str, &'s str)>>) -> Option<(&'s str, &'s str, &'s str)> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in onward.keys() {
        // The way so far: names with how many of their steps were taken.
        let (mut way, mut on_way) = (vec![(*start, 0)], BTreeSet::from([*start]));
        while let Some((name, taken)) = way.last_mut() {
            let step = onward.get(name).and_then(|steps| steps.get(*taken)).filter(|_| !done.contains(name));
            let Some((to, _)) = step else {
                done.insert(*name);
                on_way.remove(name);
                way.pop();
                continue;
            };
            *taken += 1;
            if on_way.insert(*to) {
                way.push((*to, 0));
            } else {
                let (name, taken) = way.iter().find(|(name, _)| name == to)?;
                let (to, at) = onward[name][taken - 1];
                return Some((*name, to, at));
            }
        }
    }
    None
}

/// What names of fallbacks may be.
struct Known<'c> {
    /// Others too, which stand in no file.
    open: bool,
    aliases: BTreeSet<&'c str>,
}

/// One alias with what stands in for it.
fn fallback(
    config: &Config<'_>,
    known: &Known<'_>,
    kind: &str,
    (source, at): (&str, &str),
    targets: &Value,
) -> Vec<Finding> {
    let several = targets.as_array().into_iter().flatten().enumerate();
    let several = several.filter_map(|(i, t)| Some((t.as_str()?, format!("{at}/{i}"))));
    let targets: Vec<(&str, String)> = several.chain(targets.as_str().map(|t| (t, at.to_owned()))).collect();
    let mut findings = Vec::new();
    for (name, at) in targets.iter().cloned().chain([(source, at.to_owned())]) {
        if !known.open && name != "*" && !known.aliases.contains(name) && !group_alias(config, name) {
            let message = format!("`{kind}` names `{name}`, and no entry of model_list has that alias");
            let finding = config.part.error(Code::LitellmFallback, &at, message);
            let aliases: Vec<&str> = known.aliases.iter().copied().collect();
            findings.push(finding.help(did_you_mean(name, &aliases)));
        }
    }
    if let Some((_, at)) = targets.iter().find(|(name, _)| *name == source) {
        let message = format!("`{source}` falls back on itself, which LiteLLM leaves out");
        findings.push(config.part.warning(Code::LitellmFallback, at, message).help("name another alias"));
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

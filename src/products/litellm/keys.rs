//! Rules about the keys of LiteLLM's config.yaml: it ignores those it does not know, and sends some of them to the model. The
//! known ones stand in schemas/litellm-keys.txt.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::object::litellm_config::{Config, Entry, SETTINGS};
use crate::products::seen::LITELLM;
use crate::text::finding::{Code, Finding};
use crate::text::near::slips;
use crate::text::pointer::escaped;

/// The keys that LiteLLM reads, by section; sorted.
static KEYS: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut section = "";
    for line in
        include_str!("../../../schemas/litellm-keys.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            Some(name) => section = name,
            None => keys.entry(section).or_default().push(line),
        }
    }
    keys
});

/// Keys that LiteLLM does not know, or not where they stand.
pub fn keys(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = section(config, "", "top");
    findings.extend(SETTINGS.iter().flat_map(|name| section(config, &format!("/{name}"), name)));
    findings.extend(config.entries().flat_map(|entry| entry_keys(config, &entry)));
    findings
}

/// Where a key is looked for that stands in a section that does not know it.
const HOMES: [&str; 4] = ["router_settings", "litellm_settings", "general_settings", "top"];

fn section(config: &Config<'_>, pointer: &str, name: &str) -> Vec<Finding> {
    let known = &KEYS[name];
    // Such keys at the top hold what anchors name.
    let aside = |k: &str| pointer.is_empty() && (k.starts_with(['.', '_']) || k.starts_with("x-"));
    let keys = config.part.at(pointer).and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str());
    let unknown = keys.filter(|k| !knows(name, k) && !aside(k));
    let place = if pointer.is_empty() { "config.yaml".to_owned() } else { format!("`{name}`") };
    let finding = |key: &str| {
        let at = format!("{pointer}/{}", escaped(key));
        let message = format!("LiteLLM knows no `{key}` in {place}");
        let home = HOMES.iter().find(|home| knows(home, key));
        let finding = match (home, near(key, known)) {
            (Some(home), _) => misplaced(config, &at, key, &place, home),
            (None, Some(near)) => {
                config.part.error(Code::LitellmUnknownKey, &at, message).help(format!("did you mean `{near}`?"))
            }
            (None, None) => config
                .part
                .warning(Code::LitellmUnknownKey, &at, message)
                .help(format!("LiteLLM {LITELLM} does nothing with it: remove it")),
        };
        finding.place(config.part.key_place(&at))
    };
    unknown.map(finding).collect()
}

fn misplaced(config: &Config<'_>, at: &str, key: &str, place: &str, home: &str) -> Finding {
    let message = format!("`{key}` does nothing in {place}");
    let finding = config.part.error(Code::LitellmMisplacedKey, at, message);
    let finding = finding.place(config.part.key_place(at));
    finding.help(match home {
        "top" => format!("`{key}` stands at the top of config.yaml"),
        home => format!("`{key}` belongs into `{home}`"),
    })
}

/// Parameters that do nothing beside `litellm_params`; the router reads some others in both places.
const PARAMETERS: [&str; 9] = [
    "api_base",
    "api_key",
    "api_version",
    "custom_llm_provider",
    "extra_headers",
    "input_cost_per_token",
    "model",
    "output_cost_per_token",
    "timeout",
];

fn entry_keys(config: &Config<'_>, entry: &Entry<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (key, _) in entry.value.as_object().into_iter().flatten() {
        if PARAMETERS.contains(&key.as_str()) {
            let place = "an entry of model_list";
            findings.push(misplaced(config, &entry.pointer(&format!("/{key}")), key, place, "litellm_params"));
        }
    }
    for (key, _) in entry.params.as_object().into_iter().flatten() {
        // Any other unknown key may be a parameter of the model, which it is then sent to.
        let Some(near) = near(key, &KEYS["litellm_params"]) else { continue };
        let message =
            format!("LiteLLM knows no `{key}` in litellm_params, so it goes to the model of `{}`", entry.alias);
        let at = entry.pointer(&format!("/litellm_params/{}", escaped(key)));
        let finding = config.part.error(Code::LitellmUnknownKey, &at, message).place(config.part.key_place(&at));
        findings.push(finding.help(format!("did you mean `{near}`?")));
    }
    findings
}

fn knows(section: &str, key: &str) -> bool {
    KEYS[section].binary_search(&key).is_ok()
}
/// The known key that was most likely meant by an unknown one.
fn near<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    if known.binary_search(&key).is_ok() {
        return None;
    }
    let allowed = if key.len() < 8 { 1 } else { 2 };
    let near = known.iter().filter_map(|k| Some((slips(key, k, allowed).filter(|_| key.len() > 3)?, *k)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, best)| best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_keys_are_sorted_and_long() {
        for (section, least) in
            [("top", 20), ("general_settings", 100), ("litellm_settings", 200), ("litellm_params", 500)]
        {
            assert!(KEYS[section].is_sorted() && KEYS[section].len() > least, "{section}");
        }
        assert!(HOMES.iter().chain(&SETTINGS).all(|s| KEYS.contains_key(s)));
        assert_eq!(near("api_bsae", &KEYS["litellm_params"]), Some("api_base"));
        assert_eq!(near("extra_header", &KEYS["litellm_params"]), Some("extra_headers"));
        assert!(
            ["min_p", "top_k", "chat_template_kwargs", "guided_json"]
                .iter()
                .all(|k| near(k, &KEYS["litellm_params"]).is_none())
        );
    }
}

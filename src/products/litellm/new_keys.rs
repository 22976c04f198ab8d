//! Rules about what LiteLLM gives to new keys and teams. It looks at none of it before somebody makes one.

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

const KEYS: &str = "/litellm_settings/default_key_generate_params";
const TEAMS: &str = "/litellm_settings/default_team_params";
const LIMITS: &str = "/litellm_settings/upperbound_key_generate_params";

/// Numbers that a key gets and that are limited.
const NUMBERS: [&str; 4] = ["max_budget", "max_parallel_requests", "tpm_limit", "rpm_limit"];

/// Names that are no alias: all models, or those of the team.
const OTHERS: [&str; 3] = ["all-proxy-models", "all-team-models", "no-default-models"];

/// What is wrong with the defaults and limits of keys.
pub fn new_keys(config: &Config<'_>) -> Vec<Finding> {
    unknown_models(config).into_iter().chain(over_the_limit(config)).chain(weeks(config)).collect()
}

fn unknown_models(config: &Config<'_>) -> Vec<Finding> {
    let known: Vec<&str> = config.entries().map(|entry| entry.alias).collect();
    let named = config.part.items(&format!("{KEYS}/models")).iter().map(Value::as_str).enumerate();
    let unknown = named.filter_map(|(i, name)| Some((i, name?)));
    let unknown = unknown.filter(|(_, name)| !known.contains(name) && !OTHERS.contains(name) && !name.contains('*'));
    let finding = |(i, name): (usize, &str)| {
        let message = format!("new keys are for `{name}`, and no entry of model_list has that alias");
        let finding = config.part.warning(Code::LitellmNewKeys, &format!("{KEYS}/models/{i}"), message);
        finding.help(did_you_mean(name, &known))
    };
    if config.open() { Vec::new() } else { unknown.map(finding).collect() }
}

fn over_the_limit(config: &Config<'_>) -> Vec<Finding> {
    let number = |at: &str, name: &str| config.part.at(&format!("{at}/{name}")).and_then(Value::as_f64);
    let over = NUMBERS.into_iter().filter_map(|name| Some((name, number(KEYS, name)?, number(LIMITS, name)?)));
    let finding = |(name, given, limit): (&str, f64, f64)| {
        let message =
            format!("a new key gets a {name} of {given}, and none may have more than {limit}: LiteLLM makes no key");
        let finding = config.part.error(Code::LitellmNewKeys, &format!("{KEYS}/{name}"), message);
        finding.help("lower the one in default_key_generate_params, or raise that in upperbound_key_generate_params")
    };
    over.filter(|(_, given, limit)| given > limit).map(finding).collect()
}

fn weeks(config: &Config<'_>) -> Vec<Finding> {
    let at = [KEYS, TEAMS].map(|at| format!("{at}/budget_duration"));
    let weeks = at.into_iter().filter_map(|at| Some((config.part.at(&at)?.as_str()?, at)));
    let finding = |(text, at): (&str, String)| {
        let message =
            format!("a budget for {text} is full again at the next midnight: LiteLLM resets no budgets by weeks");
        config.part.warning(Code::LitellmNewKeys, &at, message).help("write days: `7d` ends on Mondays")
    };
    weeks.filter(|(text, _)| text.strip_suffix('w').is_some_and(|n| n.parse::<u32>().is_ok())).map(finding).collect()
}

//! Rules about what calls cost and leave behind: cached tokens, what a budget sets aside, the log of calls, calls that nobody
//! asked for. What is said here was seen with LiteLLM, or read in its `budget_reservation.py` and `spend_log_cleanup.py`.

use serde_json::Value;

use crate::object::litellm_config::{Config, Entry};
use crate::products::litellm::models::{own_address, priced};
use crate::products::litellm::opening::on;
use crate::products::litellm::pods::Container;
use crate::text::finding::{Code, Finding};

/// Providers and families of models that tell of cached tokens.
const CACHING: [&str; 9] = ["claude", "gpt-", "gemini", "nova-", "deepseek", "grok", "o1", "o3", "o4"];

/// An entry's price without one for cached tokens: LiteLLM then counts those as nothing, also where it knows the model.
pub fn cached_tokens(config: &Config<'_>) -> Option<Finding> {
    let lacks = |e: &Entry<'_>| {
        caches(e) && number(e, "input_cost_per_token") > 0.0 && price(e, "cache_read_input_token_cost").is_null()
    };
    let all: Vec<Entry<'_>> = config.entries().filter(lacks).collect();
    let first = all.first()?;
    let more = match all.len() {
        1 => String::new(),
        n => format!(", and of {} more", n - 1),
    };
    let message = format!("tokens from the cache of the provider of `{}`{more} cost nothing", first.alias);
    let own = if first.params["input_cost_per_token"].is_null() {
        "/model_info/input_cost_per_token"
    } else {
        "/litellm_params/input_cost_per_token"
    };
    let finding = config.part.warning(Code::LitellmPrice, &first.pointer(own), message);
    Some(finding.place(config.part.key_place(&first.pointer(own))).help(
        "give it `cache_read_input_token_cost` and `cache_creation_input_token_cost` beside: a price of one's own replaces all that LiteLLM knows",
    ))
}

fn caches(entry: &Entry<'_>) -> bool {
    let model = entry.text("model").to_ascii_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    let mode = entry.value["model_info"]["mode"].as_str().unwrap_or("chat");
    // OpenAI's open models run at home, and embeddings are not cached.
    !name.contains("gpt-oss")
        && !name.contains("embed")
        && ["chat", "responses", "completion"].contains(&mode)
        && CACHING.iter().any(|c| name.starts_with(c) || (c.len() > 3 && name.contains(&format!(".{c}"))))
}

fn price<'c>(entry: &Entry<'c>, key: &str) -> &'c Value {
    match &entry.params[key] {
        Value::Null => &entry.value["model_info"][key],
        price => price,
    }
}

fn number(entry: &Entry<'_>, key: &str) -> f64 {
    let value = price(entry, key);
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0.0)
}

/// Tokens that a call sets aside where nothing says how long its answer may be.
const ASSUMED: f64 = 16384.0;

/// Less than a cent set aside is no matter.
const CENT: f64 = 0.01;

/// Keys with a budget are refused while what running calls set aside is above it.
pub fn reservations(config: &Config<'_>, container: &Container<'_>) -> Option<Finding> {
    let old = container.version().is_some_and(|v| v < [1, 88]);
    let off = on(config.part.at("/general_settings/disable_budget_reservation"));
    if !database(config, container) || old || off {
        return None;
    }
    let aside = |e: &Entry<'_>| number(e, "output_cost_per_token") * ASSUMED;
    let long = |e: &Entry<'_>| {
        own_address(e) && priced(e) && aside(e) >= CENT && e.value["model_info"]["max_output_tokens"].is_null()
    };
    let all: Vec<Entry<'_>> = config.entries().filter(long).collect();
    let most = all.iter().max_by(|a, b| aside(a).total_cmp(&aside(b)))?;
    let message = format!(
        "a running call of `{}` that names no limit sets {:.2} USD of its key's budget aside, and the key is refused when that is used up",
        most.alias,
        aside(most)
    );
    let finding = config.part.warning(Code::LitellmReservation, &most.pointer("/model_name"), message);
    Some(finding.help("say in `model_info.max_output_tokens` how long answers are; `general_settings.disable_budget_reservation` gives it up"))
}

/// Whether there surely is a database.
fn database(config: &Config<'_>, container: &Container<'_>) -> bool {
    container.has("DATABASE_URL")
        || container.has("DATABASE_HOST")
        || config.part.at("/general_settings/database_url").is_some_and(|v| !v.is_null())
}

/// A row for each call, until something deletes it.
pub fn log_of_calls(config: &Config<'_>, container: &Container<'_>) -> Option<Finding> {
    let pointer = "/general_settings/maximum_spend_logs_retention_period";
    if !config.complete || !database(config, container) || on(config.part.at("/general_settings/disable_spend_logs")) {
        return None;
    }
    let message = match config.part.at(pointer) {
        None | Some(Value::Null) => "LiteLLM keeps a row of each call in its database for ever".to_owned(),
        Some(Value::String(text)) if !is_period(text) && !text.starts_with("os.environ/") => {
            format!("`{text}` is no period, so LiteLLM keeps a row of each call for ever")
        }
        Some(_) => return None,
    };
    let finding = config.part.warning(Code::LitellmSpendLogs, pointer, message);
    Some(
        finding.help(
            "set `general_settings.maximum_spend_logs_retention_period`, as in `90d`, or `disable_spend_logs: true`",
        ),
    )
}

/// As `duration_parser.py` reads it: digits, then s, m, h, d, w or mo.
fn is_period(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    unit.len() < text.len() && ["s", "m", "h", "d", "w"].iter().any(|u| unit.starts_with(u))
}

/// Calls of models that no caller asked for.
pub fn unasked(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let checks = "/general_settings/background_health_checks";
    let checked =
        |e: &Entry<'_>| !on(e.value["model_info"].get("disable_background_health_check")) && !e.alias.contains('*');
    let count = config.entries().filter(checked).count();
    if on(config.part.at(checks)) && count > 0 {
        let seconds = config.part.at("/general_settings/health_check_interval").and_then(Value::as_i64).unwrap_or(300);
        let all = if count == 1 { "the model".to_owned() } else { format!("each of {count} models") };
        let message = format!(
            "LiteLLM calls {all} every {seconds} s to see whether it answers: a call is paid, and wakes what sleeps"
        );
        let finding = config.part.warning(Code::LitellmPaidCalls, checks, message).place(config.part.key_place(checks));
        findings.push(
            finding.help("remove it, or set `model_info.disable_background_health_check: true` where calls cost"),
        );
    }
    findings
}

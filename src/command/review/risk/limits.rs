//! What a request may cost: budgets, limits, prices.

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::objects::Thing;
use crate::command::review::risk::answering::waits;
use crate::command::review::risk::sight::{Risk, Sight, from_to, switched};
use crate::text::finding::Code;
use crate::text::forms::period;
use crate::text::pointer::each;
use crate::verdict::quantity;

/// Ends of the names of numbers of which less is safer.
const CAPS: [&str; 9] =
    ["budget", "budget_limit", "parallel_requests", "rpm", "rpm_limit", "tpm", "tpm_limit", "max_tokens", "maxTokens"];

/// The same, below a limit of a rate.
const RATES: [&str; 4] = ["requests", "tokens", "burst", "requests_per_unit"];

/// Units of a rate, the fastest first, as they begin, with their seconds.
const UNITS: [(&str, f64); 4] = [("second", 1.0), ("minute", 60.0), ("hour", 3600.0), ("day", 86_400.0)];

/// Periods as LiteLLM writes them (`litellm_core_utils/duration_parser.py`), in seconds.
const PERIODS: [(&str, u64); 6] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800), ("mo", 2_592_000)];

/// Switches of LiteLLM that count less, each with the value that does (litellm 1.89 `proxy/_types.py`).
const COUNTING: [(&str, bool); 7] = [
    ("disable_batch_input_file_rate_limiting", true),
    ("disable_budget_reservation", true),
    ("disable_end_user_cost_tracking", true),
    ("disable_spend_updates", true),
    ("disable_token_counter", true),
    ("enforce_user_param", false),
    ("validate_end_user_id_in_db", false),
];

/// How large a request may be.
const SIZES: [&str; 3] = ["maxBufferSize", "maxBodySize", "max_request_size_mb"];

pub(super) fn loosened(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who may now spend or ask more, and how much";
    let mut risks: Vec<Risk> = sight
        .leaves
        .iter()
        .filter(|field| {
            !of_gone_model(sight, field)
                && per_second(sight, field).map_or_else(|| looser(field), |(old, new)| new > old)
        })
        .map(|field| sight.at(field, Code::LimitLoosened, format!("the limit goes {}", from_to(field)), help))
        .collect();
    let opened = sight.change.fields.iter().filter(|field| opens_models(field));
    risks.extend(opened.map(|field| {
        sight.at(field, Code::LimitLoosened, format!("the models that new keys open go {}", from_to(field)), help)
    }));
    let bounds = ["ResourceQuota", "LimitRange"].contains(&sight.change.identity.kind.as_str());
    if sight.goes() && bounds && sight.place_stays() {
        risks.push(sight.risk(Code::LimitLoosened, "it is gone, and its namespace may take as much as there is", help));
    }
    if sight.goes() && ["rateLimit"].iter().chain(&SIZES).any(|part| held(sight, part)) {
        risks.push(sight.risk(Code::LimitLoosened, "its limit goes with it, and what it limited stays", help));
    }
    risks
}

/// A request that may take so many times as long holds as much more.
const LONGER: i64 = 10;

/// How much a rate lets through each second, before and now, where both say it in a unit.
fn per_second(sight: &Sight<'_>, field: &Field) -> Option<(f64, f64)> {
    if !(is_rate(field) && ["requests", "tokens", "unit"].contains(&field.key())) {
        return None;
    }
    let of = |thing: Option<&Thing>| {
        let limit = thing?.value.pointer(field.pointer.rsplit_once('/')?.0)?;
        let unit = limit["unit"].as_str()?.to_lowercase();
        let (_, seconds) = UNITS.iter().find(|(name, _)| unit.starts_with(name))?;
        let count = limit["requests"].as_f64().or(limit["tokens"].as_f64())?;
        Some(count / seconds)
    };
    of(sight.old).zip(of(sight.new))
}

fn is_rate(field: &Field) -> bool {
    field.steps.iter().any(|step| step.to_lowercase().replace('_', "").contains("ratelimit"))
}

fn looser(field: &Field) -> bool {
    let key = field.key();
    let rate = is_rate(field);
    // Of a ResourceQuota, and of a LimitRange.
    if field.passes(&["spec", "hard"]) || field.passes(&["limits", "*", "max"]) {
        let amount = |value: &Option<Value>| value.as_ref().and_then(quantity::of);
        return amount(&field.old).is_some_and(|old| amount(&field.new).is_none_or(|new| new > old));
    }
    // The limit over all proxies, whose numbers stand elsewhere.
    if field.ends(&["rateLimit", "global", "domain"]) {
        return field.new.is_none();
    }
    if key == "budget_duration" || key == "time_period" {
        // The same money for a shorter time; another kind of time cannot be compared.
        return field.old.is_some() && !longer(field);
    }
    if field.ends(&["upperbound_key_generate_params", "duration"])
        || field.ends(&["default_key_generate_params", "duration"])
    {
        return field.old.is_some() && (field.new.is_none() || longer(field));
    }
    if switched(field, &COUNTING) == Some(true) {
        return true;
    }
    // By whom or what a rate is counted.
    if rate && ["expression", "key", "source", "value"].contains(&key) {
        return field.old.is_some() && field.new.is_some();
    }
    if let Some((old, new)) = waits(field) {
        return new.is_none_or(|new| new / LONGER >= old);
    }
    if SIZES.contains(&key) {
        let size = |value: &Option<Value>| value.as_ref().and_then(quantity::of);
        return size(&field.new).zip(size(&field.old)).is_some_and(|(new, old)| new > old);
    }
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
    // A number, or one for each model.
    let capped = field.steps.iter().rev().take(2).any(|step| CAPS.iter().any(|end| step.ends_with(end)));
    match (number(&field.old), number(&field.new)) {
        // The estimate that is set aside for a call that runs.
        (Some(old), Some(new)) if key == "max_output_tokens" => new < old,
        (Some(old), new) if field.passes(&["request_guard.json", "tokens"]) => new.is_none_or(|new| new > old),
        (Some(old), new) if capped || (rate && RATES.contains(&key)) => new.is_none_or(|new| new > old),
        _ => false,
    }
}

/// Whether what new keys or teams get names a model more, or no models, which means all.
fn opens_models(field: &Field) -> bool {
    let within = |at: usize| match field.steps.iter().rev().skip(at).take(2).collect::<Vec<_>>().as_slice() {
        [list, params] => *list == "models" && params.ends_with("_params"),
        _ => false,
    };
    let named = |old: &Value| old["models"].as_array().is_some_and(|models| !models.is_empty());
    match field.new.is_none() {
        true => within(0) || (field.key().ends_with("_params") && field.old.as_ref().is_some_and(named)),
        false => field.old.is_none() && field.key() == "*" && within(1),
    }
}

/// Whether a time such as `30d` becomes a longer one.
fn longer(field: &Field) -> bool {
    let seconds = |value: &Option<Value>| period(value.as_ref()?.as_str()?, &PERIODS);
    seconds(&field.new).zip(seconds(&field.old)).is_some_and(|(new, old)| new >= old)
}

pub(super) fn prices(sight: &Sight<'_>) -> Vec<Risk> {
    let cheaper = |field: &&Field| {
        let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
        if field.passes(&["cost_discount_config"]) {
            return number(&field.new) > number(&field.old);
        }
        let price = field.key().contains("cost_per_")
            || field.key().ends_with("_token_cost")
            || field.passes(&["cost_margin_config"]);
        price && number(&field.old).is_some_and(|old| number(&field.new).is_none_or(|new| new < old))
    };
    let fields = sight.leaves.iter().filter(|field| !of_gone_model(sight, field) && cheaper(field));
    let help = "budgets last longer by as much: see that the provider's price list says so";
    fields.map(|f| sight.at(f, Code::PriceLowered, format!("the price goes {}", from_to(f)), help)).collect()
}

/// A part of a model that is gone as a whole: nobody can call it any more.
fn of_gone_model(sight: &Sight<'_>, leaf: &Field) -> bool {
    let whole = |field: &&Field| field.new.is_none() && field.ends(&["model_list", "*"]);
    sight.change.fields.iter().filter(whole).any(|field| leaf.shown.starts_with(&field.shown))
}

/// Whether a policy that goes held such a part, for something that stays.
pub(super) fn held(sight: &Sight<'_>, part: &str) -> bool {
    let Some(old) = sight.old else { return false };
    let mut holds = false;
    each(&old.value, &format!("/spec/**/{part}"), &mut |_, _| holds = true);
    holds && target_stays(sight, &old.value)
}

fn target_stays(sight: &Sight<'_>, policy: &Value) -> bool {
    let targets = policy["spec"]["targetRefs"].as_array().map_or(&[][..], Vec::as_slice);
    let is = |target: &Value, kind: &str, name: &str| target["kind"] == *kind && target["name"] == *name;
    targets.iter().any(|target| sight.now.things.keys().any(|id| is(target, &id.kind, &id.name)))
}

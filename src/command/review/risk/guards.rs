//! What looks at requests and answers: the guard of LiteLLM, guardrails, prompt guards, and what happens where one of them is away.

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::risk::sight::{Risk, Sight, from_to, switched};
use crate::text::finding::Code;

/// Switches of LiteLLM that let through what was refused or looked at, each with the value that does (litellm 1.89
/// `litellm/__init__.py`).
const PASSING: [(&str, bool); 5] = [
    ("drop_params", true),
    ("modify_params", true),
    ("output_parse_pii", true),
    ("skip_system_message_in_guardrail", true),
    ("skip_tool_message_in_guardrail", true),
];

/// Lists of LiteLLM of which each item lets a parameter through, or drops it unseen.
const PARAMETERS: [&str; 2] = ["additional_drop_params", "allowed_openai_params"];

/// Keys of a guardrail that only tell of it.
const WORDS: [&str; 2] = ["description", "guardrail_info"];

/// Words by which a policy of admission refuses, each below its key; any other word only tells (Kubernetes 1.35
/// `admissionregistration/v1`, Kyverno, Gatekeeper).
const REFUSING: [(&str, &str); 4] = [
    ("validationActions", "deny"),
    ("validationFailureAction", "enforce"),
    ("failureAction", "enforce"),
    ("enforcementAction", "deny"),
];

/// API groups of what is asked before an object is admitted, and of what is asked before a call in a mesh.
const GROUPS: [&str; 4] =
    ["admissionregistration.k8s.io", "kyverno.io", "constraints.gatekeeper.sh", "security.istio.io"];

/// Parts of those by which fewer objects or calls are looked at.
const EXCEPTIONS: [&str; 7] = [
    "exclude",
    "excludeResourceRules",
    "excludedNamespaces",
    "matchConditions",
    "namespaceSelector",
    "objectSelector",
    "selector",
];

pub(super) fn loosened(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review what callers may send from now on, and why";
    let message = |field: &Field| format!("what guards requests goes {}", from_to(field));
    let asked = GROUPS.contains(&sight.change.identity.group.as_str());
    let fields =
        sight.leaves.iter().filter(|field| weaker(field) || refuses_less(field) || (asked && asks_less(field)));
    let mut risks: Vec<Risk> = fields.map(|field| sight.at(field, Code::GuardLoosened, message(field), help)).collect();
    if asked && sight.goes() {
        risks.push(sight.risk(Code::GuardLoosened, "what it refused is admitted from now on", help));
    }
    risks
}

fn refuses_less(field: &Field) -> bool {
    let is = |value: &Option<Value>, word: &str| {
        value.as_ref().and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(word))
    };
    let goes = |(key, word): &(&str, &str)| field.passes(&[key]) && is(&field.old, word) && !is(&field.new, word);
    REFUSING.iter().any(goes)
}

/// Whether what is asked before others looks at less, or lets more pass, from now on.
fn asks_less(field: &Field) -> bool {
    let spec = field.steps.first().is_some_and(|step| step != "metadata");
    let listed = ["validations", "webhooks", "rules"].iter().any(|list| field.passes(&[list]));
    let except = EXCEPTIONS.iter().any(|part| field.passes(&[part]));
    spec && match except {
        true => field.new.is_some(),
        // With its own words above.
        false if ["failurePolicy", "timeoutSeconds"].contains(&field.key()) => false,
        false => listed && (field.old.is_some() || field.passes(&["from"]) || field.passes(&["to"])),
    }
}

fn weaker(field: &Field) -> bool {
    let gone = field.new.is_none();
    let program = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).is_none_or(|name| name.contains('.'));
    let guard = field.passes(&["guardrails"]) || field.steps.iter().any(|step| step == "promptGuard");
    match field.key() {
        "failureMode" | "failurePolicy" => field.new.as_ref().is_some_and(opens),
        "request_guard.py" => !only_refuses(field),
        // One with a dot is a program beside the configuration; the others send what was asked to somebody who looks.
        _ if field.passes(&["callbacks"]) => gone && program(&field.old),
        _ if PARAMETERS.iter().any(|list| field.passes(&[list])) => field.new.is_some() && !is_of_new_model(field),
        _ if field.passes(&["request_guard.json", "fields"]) => field.old.is_none(),
        key if guard && !WORDS.contains(&key) => gone || (field.old.is_some() && !stricter(field)),
        _ => switched(field, &PASSING) == Some(true),
    }
}

/// A model that is new comes with what it takes.
fn is_of_new_model(field: &Field) -> bool {
    field.old.is_none() && field.passes(&["model_list"])
}

/// Whether requests pass where what looks at them is away.
fn opens(mode: &Value) -> bool {
    mode.as_str().is_some_and(|mode| mode.contains("Open") || mode == "Ignore")
}

/// What guardrails do about what they find, the least first.
const ACTIONS: [&str; 4] = ["ALLOW", "MASK", "REJECT", "BLOCK"];

/// Whether a value of a guard, which is another one, lets less through: it acts harder, finds sooner, or is on.
fn stricter(field: &Field) -> bool {
    let number = |value: &Option<Value>| match value.as_ref()? {
        Value::String(text) => text.parse::<f64>().ok(),
        other => other.as_f64(),
    };
    let action = |value: &Option<Value>| {
        let word = value.as_ref()?.as_str()?.to_uppercase();
        ACTIONS.iter().position(|action| *action == word)
    };
    let threshold = field.steps.iter().any(|step| step.to_lowercase().contains("threshold"));
    match (number(&field.old).zip(number(&field.new)), action(&field.old).zip(action(&field.new))) {
        (Some((old, new)), _) if threshold => new < old,
        (_, Some((old, new))) => new > old,
        _ => field.new == Some(true.into()),
    }
}

/// Whether a program has all that it had, and beside it only lines that refuse.
fn only_refuses(field: &Field) -> bool {
    let lines = |value: &Option<Value>| -> Vec<String> {
        let text = value.as_ref().and_then(Value::as_str).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).collect()
    };
    let (old, new) = (lines(&field.old), lines(&field.new));
    let mut rest = old.iter().peekable();
    let more: Vec<&String> = new.iter().filter(|line| rest.next_if(|next| next == line).is_none()).collect();
    let refuses = |line: &&String| line.is_empty() || line.starts_with("if ") || line.starts_with("raise ");
    !old.is_empty() && rest.peek().is_none() && more.iter().all(refuses)
}

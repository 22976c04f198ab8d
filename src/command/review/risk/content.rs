//! What was asked and answered, and keys: written down or sent where they were not.

use serde_json::Value;

use crate::command::review::change::Field;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;

/// Switches that write prompts or answers, each with the value that does (litellm 1.89 `proxy/_types.py`, vllm 0.23 `cli_args.py`).
const SWITCHES: [(&str, bool); 10] = [
    ("redact_messages_in_exceptions", false),
    ("store_prompts_in_spend_logs", true),
    ("turn_off_message_logging", false),
    ("redact_user_api_key_info", false),
    ("log_raw_request_response", true),
    ("set_verbose", true),
    ("--detailed_debug", true),
    ("--enable-log-requests", true),
    ("--enable-log-outputs", true),
    ("--log-raw-request-response", true),
];

/// Callbacks that get numbers, and prompts only where a variable says so.
const NUMBERS: [&str; 2] = ["prometheus", "otel"];

pub(super) fn logged(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who reads that place, and how long it keeps what it gets";
    let message = |field: &Field| format!("prompts, answers or keys may be seen there: it goes {}", from_to(field));
    let fields = sight.leaves.iter().filter(|field| writes(sight, field));
    fields.map(|field| sight.at(field, Code::ContentLogged, message(field), help)).collect()
}

fn writes(sight: &Sight<'_>, field: &Field) -> bool {
    let new = field.new.as_ref();
    let word = new.and_then(Value::as_str).unwrap_or_default();
    let debug = word.eq_ignore_ascii_case("debug");
    let on = |yes: bool| match (new, yes) {
        (Some(Value::Bool(is)), _) => *is == yes,
        (Some(_), _) => yes && word != "false",
        (None, _) => !yes,
    };
    // What one caller was answered is told to the next that asks the same.
    if field.passes(&["cache_params", "supported_call_types"]) && field.key() == "*" {
        return new.is_some();
    }
    let said = ["accessLog", "logging", "tracing"].iter().any(|part| field.passes(&[part]));
    let content = ["llm.prompt", "llm.completion", "request.body", "response.body"];
    match variable(field) {
        // Without the variable that is left to the library.
        Some("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT") => {
            let traces = sight.new.is_some_and(|thing| thing.value.to_string().contains("OTEL_EXPORTER"));
            word != "NO_CONTENT" && (new.is_some() || traces)
        }
        Some("LITELLM_LOG") => debug,
        _ if SWITCHES.iter().any(|(key, _)| *key == field.key()) => {
            SWITCHES.iter().any(|(key, yes)| *key == field.key() && on(*yes))
        }
        _ if ["callbacks", "success_callback", "failure_callback"].iter().any(|list| field.passes(&[list])) => {
            new.is_some() && !word.contains('.') && !NUMBERS.contains(&word)
        }
        _ if ["log_level", "debug_level"].contains(&field.key()) => debug,
        _ if field.key() == "verbosity" => word == "detailed",
        _ => said && content.iter().any(|part| word.contains(part)),
    }
}

/// The variable of a container whose value the field is.
fn variable(field: &Field) -> Option<&str> {
    Some(field.shown.strip_suffix("].value")?.rsplit_once('[')?.1)
}

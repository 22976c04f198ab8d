//! Words in LiteLLM's config.yaml that it passes over or stumbles on when they are needed, where one is nearly another that it knows
//! (litellm 1.89 `litellm/__init__.py`, `types/integrations/slack_alerting.py`, `proxy/_types.py`, `types/router.py`).

use crate::object::litellm_config::Config;
use crate::products::litellm::spelling::slip;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::each;
use crate::text::schema::nearest;

/// Lists of callbacks, and the names that are known there; others may be one's own.
const CALLBACKS: (&str, &str) =
    ("/litellm_settings/callbacks|success_callback|failure_callback|audit_log_callbacks/*", "agentops aim argilla arize arize_phoenix athena athina azure_sentinel azure_storage
        bedrock bitbucket braintrust clickhouse cloudzero custom_callback_api datadog datadog_llm_observability datadog_metrics deepeval dotprompt
        dynamic_rate_limiter dynamodb focus galileo gcs_bucket gcs_pubsub generic_api gitlab greenscale helicone humanloop lago langfuse langfuse_otel
        langsmith langtrace levo literalai logfire logz_io lunary mlflow openmeter opik otel parallel_request_limiter posthog prometheus promptlayer
        resend_email s3 s3_v2 sagemaker sendgrid_email sentry slack smtp_email sqs supabase traceloop vantage wandb weave_otel websearch_interception");

/// Further lists and settings, each with the words that are known in it.
const WORDS: [(&str, &str); 4] = [
    ("/general_settings/alerting/*", "email slack webhook"),
    ("/general_settings/alert_types/*", "budget_alerts cooldown_deployment daily_reports db_exceptions failed_tracking_spend fallback_reports
        internal_user_created internal_user_deleted internal_user_updated llm_exceptions llm_requests_hanging llm_too_slow new_internal_user_created
        new_model_added new_team_created new_virtual_key_created outage_alerts region_outage_alerts spend_reports team_deleted team_updated
        virtual_key_deleted virtual_key_updated"),
    ("/litellm_settings/default_internal_user_params/user_role", "customer internal_user internal_user_viewer org_admin proxy_admin
        proxy_admin_viewer team"),
    ("/litellm_settings/default_key_generate_params/key_type", "ai_apis default llm_api management read_only"),
];

/// Maps, each with the keys that are known in it.
const KEYS: [(&str, &str); 2] = [
    ("/router_settings/retry_policy", "AuthenticationErrorRetries BadRequestErrorRetries ContentPolicyViolationErrorRetries
        InternalServerErrorRetries RateLimitErrorRetries TimeoutErrorRetries"),
    ("/router_settings/allowed_fails_policy", "AuthenticationErrorAllowedFails BadRequestErrorAllowedFails
        ContentPolicyViolationErrorAllowedFails InternalServerErrorAllowedFails RateLimitErrorAllowedFails TimeoutErrorAllowedFails"),
];

/// Words, keys and durations that are nearly right.
pub fn words(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tell = |code: Code, at: &str, message: String, help: String| {
        findings.push(config.part.error(code, at, message).help(help));
    };
    let of_words = WORDS.into_iter().map(|of| (Code::InvalidField, of));
    for (code, (pattern, known)) in [(Code::LitellmCallback, CALLBACKS)].into_iter().chain(of_words) {
        each(config.part.value(), pattern, &mut |at, value| {
            if let Some((word, near)) = value.as_str().and_then(|word| Some((word, slip(known, word)?))) {
                tell(code, at, format!("LiteLLM knows no `{word}` here"), format!("did you mean `{near}`?"));
            }
        });
    }
    for (pattern, known) in KEYS {
        let known: Vec<&str> = known.split_whitespace().collect();
        each(config.part.value(), pattern, &mut |at, map| {
            for key in map.as_object().into_iter().flat_map(|map| map.keys()) {
                if let Some(near) = nearest(key, &known).filter(|near| near != key) {
                    tell(
                        Code::InvalidField,
                        &format!("{at}/{key}"),
                        format!("LiteLLM knows no `{key}` here"),
                        format!("did you mean `{near}`?"),
                    );
                }
            }
        });
    }
    each(config.part.value(), "/litellm_settings/**/budget_duration", &mut |at, value| {
        if let Some(text) = value.as_str().filter(|text| !is_duration(text) && !text.starts_with("os.environ/")) {
            let message = format!("LiteLLM reads no duration in `{text}`");
            tell(Code::InvalidField, at, message, "write `30d`, `12h` or `1mo`".into());
        }
    });
    findings
}

/// `duration_in_seconds` of litellm_core_utils/duration_parser.py.
fn is_duration(text: &str) -> bool {
    let number = ["mo", "s", "m", "h", "d", "w"].into_iter().find_map(|unit| text.strip_suffix(unit));
    number.is_some_and(|number| number.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn durations_have_one_unit() {
        assert!(["30d", "1mo", "24h", "60s"].into_iter().all(is_duration));
        assert!(!["30days", "d", "", "1h30m"].into_iter().any(is_duration));
    }
}

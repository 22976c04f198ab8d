//! Settings of LiteLLM's config.yaml that have one of a few values, or one type.

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;
use crate::verdict::violation::describe;

/// Settings of which LiteLLM knows a few values, and refuses any other.
const CHOICES: [(&str, &[&str]); 2] = [
    (
        "/router_settings/routing_strategy",
        &[
            "simple-shuffle",
            "least-busy",
            "latency-based-routing",
            "cost-based-routing",
            "usage-based-routing-v2",
            "usage-based-routing",
            "provider-budget-routing",
        ],
    ),
    (
        "/litellm_settings/cache_params/type",
        &["local", "redis", "redis-semantic", "s3", "disk", "qdrant-semantic", "azure-blob", "gcs"],
    ),
];

/// Settings that are true or false (litellm 1.89 `proxy/_types.py`, `litellm/__init__.py`, `router.py`): a text is true, whatever it says.
const SWITCHES: [(&str, &str); 3] = [
    (
        "general_settings",
        "allow_client_side_credentials allow_public_health_readiness_details allow_requests_on_db_unavailable allow_user_auth
        always_include_stream_usage background_health_checks block_robots custom_auth_run_common_checks
        database_disable_prepared_statements default_team_disabled disable_batch_input_file_rate_limiting disable_budget_reservation
        disable_error_logs disable_master_key_return disable_prisma_schema_update disable_reset_budget disable_responses_id_security
        disable_spend_logs disable_spend_updates enable_health_check_routing enable_jwt_auth enable_oauth2_auth
        enable_oauth2_proxy_auth enable_public_model_hub enforce_rbac enforce_user_param forward_client_headers_to_llm_api
        forward_llm_provider_auth_headers forward_openai_org_id health_check_details infer_model_from_keys
        reject_clientside_metadata_tags store_model_in_db store_prompts_in_spend_logs use_azure_key_vault use_google_kms
        use_redis_transaction_buffer use_shared_health_check use_x_forwarded_for",
    ),
    (
        "litellm_settings",
        "allow_dynamic_callback_disabling cache disable_add_user_agent_to_request_tags disable_aiohttp_transport
        disable_end_user_cost_tracking disable_streaming_logging disable_token_counter drop_params enable_json_schema_validation
        enable_preview_features filter_invalid_headers force_ipv4 forward_traceparent_to_llm_provider global_disable_no_log_param
        include_cost_in_streaming_usage json_logs log_raw_request_response modify_params redact_messages_in_exceptions
        redact_user_api_key_info require_auth_for_metrics_endpoint return_response_headers set_verbose store_audit_logs
        suppress_debug_info telemetry turn_off_message_logging use_chat_completions_url_for_anthropic_messages",
    ),
    (
        "router_settings",
        "cache_responses disable_cooldowns enable_health_check_routing enable_pre_call_checks enable_tag_filtering
        enable_weighted_failover ignore_invalid_deployments set_verbose tag_filtering_match_any",
    ),
];

/// Settings that are a number, from the same sources.
const NUMBERS: [(&str, &str); 3] = [
    (
        "general_settings",
        "alerting_threshold database_connection_pool_limit database_connection_pool_timeout database_connection_timeout
        global_max_parallel_requests health_check_concurrency health_check_interval max_parallel_requests max_request_size_mb
        max_response_size_mb proxy_batch_polling_interval proxy_batch_write_at proxy_budget_rescheduler_max_time
        proxy_budget_rescheduler_min_time user_api_key_cache_ttl",
    ),
    (
        "litellm_settings",
        "allowed_fails default_in_memory_ttl default_redis_ttl max_budget max_end_user_budget max_fallbacks max_internal_user_budget
        max_tokens max_ui_session_budget max_user_budget num_retries request_timeout",
    ),
    (
        "router_settings",
        "allowed_fails cooldown_time default_max_parallel_requests default_priority max_fallbacks num_retries redis_port
        retry_after stream_timeout timeout",
    ),
];

/// Settings of one type have it; what the environment says is not known.
pub fn types(config: &Config<'_>) -> Vec<Finding> {
    let text = |value: &Value| value.as_str().is_some_and(|text| text.starts_with("os.environ/"));
    let number = |value: &Value| value.is_number() || value.as_str().is_some_and(|text| text.parse::<f64>().is_ok());
    // A text is true, so that one is right where it says so.
    let switch = |value: &Value| {
        let yes = |text: &str| ["true", "yes", "on"].contains(&text.to_lowercase().as_str());
        value.is_boolean() || value.as_str().is_some_and(yes)
    };
    let mut findings = Vec::new();
    let mut look = |table: &[(&str, &str)], fits: &dyn Fn(&Value) -> bool, wanted: &str| {
        for (section, keys) in table {
            for key in keys.split_whitespace() {
                let pointer = format!("/{section}/{key}");
                let Some(value) = config.part.at(&pointer) else { continue };
                if value.is_null() || text(value) || fits(value) {
                    continue;
                }
                let message = format!("`{key}` of LiteLLM is {}, it must be {wanted}", describe(value));
                findings.push(config.part.error(Code::InvalidField, &pointer, message));
            }
        }
    };
    look(&SWITCHES, &switch, "true or false");
    look(&NUMBERS, &number, "a number");
    findings
}

/// Such a setting has one of its values.
pub fn choices(config: &Config<'_>) -> Vec<Finding> {
    let wrong = |(pointer, values): &(&str, &[&str])| {
        let text =
            config.part.at(pointer)?.as_str().filter(|t| !values.contains(t) && !t.starts_with("os.environ/"))?;
        let message = format!(
            "`{}` cannot be `{text}`, and LiteLLM does not start",
            pointer.rsplit('/').next().unwrap_or_default()
        );
        Some(config.part.error(Code::LitellmStart, pointer, message).help(did_you_mean(text, values)))
    };
    CHOICES.iter().filter_map(wrong).collect()
}

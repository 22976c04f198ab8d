//! Settings of LiteLLM's config.yaml that have one of a few values.

use crate::object::litellm_config::Config;
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;

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

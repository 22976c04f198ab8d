//! Rules about several pods of one LiteLLM: where they count together.

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::products::litellm::pods::Container;
use crate::text::finding::{Code, Finding};

/// A number, as a number or as a text.
pub fn number(value: Option<&Value>) -> Option<i64> {
    value.and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()))
}

/// How many pods there may be, and where that is said.
pub fn replicas(config: &Config<'_>, container: &Container<'_>) -> i64 {
    let Some(values) = config.chart.as_ref() else {
        return number(container.part.object.at("/spec/replicas")).unwrap_or(1);
    };
    let scaled = values.at("/autoscaling").filter(|scaling| scaling["enabled"] == true);
    number(scaled.map(|scaling| &scaling["maxReplicas"])).or_else(|| number(values.at("/replicaCount"))).unwrap_or(1)
}

/// Limits and budgets that each pod counts alone: of keys, which the database has, and of aliases.
pub fn alone(config: &Config<'_>, container: &Container<'_>) -> Option<Finding> {
    let limited = |key: &str| config.entries().any(|entry| !entry.params[key].is_null());
    let limits = !container.lacks_database() || limited("rpm") || limited("tpm");
    let replicas = replicas(config, container);
    if replicas < 2 || !config.complete || !limits || is_shared(config, container) {
        return None;
    }
    let message = format!(
        "{replicas} pods of LiteLLM each count alone: a limit or a budget lets through up to {replicas} times as much"
    );
    let finding = match &config.chart {
        Some(values) => values.warning(Code::LitellmReplicas, "/replicaCount", message),
        None => container.part.object.warning(Code::LitellmReplicas, "/spec/replicas", message),
    };
    let help = "give them a Redis: `litellm_settings: { cache: true, cache_params: { type: redis, host: ..., supported_call_types: [] } }`, \
                in features.yaml `features: { cache: true }`";
    Some(finding.help(help))
}

/// Whether anything names a Redis in which they could count. The variables alone are read by releases after 1.89 only
/// (BerriAI/litellm#39410), which ask the Redis once, at their start (#42653).
fn is_shared(config: &Config<'_>, container: &Container<'_>) -> bool {
    let part = &config.part;
    let kind = part.at("/litellm_settings/cache_params/type").and_then(Value::as_str);
    let cache = part.at("/litellm_settings/cache").is_some_and(|on| *on != false)
        && kind.is_none_or(|kind| kind.starts_with("redis") || kind.starts_with("os.environ/"));
    let named = ["/general_settings/coordination_redis", "/router_settings/redis_host", "/router_settings/redis_url"];
    let variables = ["REDIS_HOST", "REDIS_URL", "REDIS_CLUSTER_NODES", "REDIS_SENTINEL_NODES"];
    let newer = container.version().is_none_or(|version| version > [1, 89]);
    cache || named.iter().any(|p| part.at(p).is_some()) || newer && variables.iter().any(|name| container.has(name))
}

//! A gateway -> LiteLLM's `config.yaml` as a value in the operator's order, and the container's environment
//! (ai-gateway-litellm-operator 0.10.0). Knows neither patches nor how YAML is written.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::agentic::guard::{Guard, Skip, field, text};
use crate::agentic::route::Route;
use crate::text::goyaml::{self, Yaml};

/// Seconds for a request.
const REQUEST_TIMEOUT: i64 = 600;

/// Secret of the providers' keys, in the gateway's namespace. Only this name.
pub const API_KEYS: &str = "api-key-secrets";

/// The variable that holds a provider's key.
pub fn api_key(provider: &str) -> String {
    format!("{}_API_KEY", provider.to_uppercase())
}

/// The configuration without a patch. `models` are what the gateway says, `extra` what its settings say beyond it, of each model
/// by name.
pub fn config(models: &[Value], extra: &Value, routes: &[Route], guards: &[Yaml]) -> Yaml {
    let mut config = Vec::new();
    if !models.is_empty() {
        config.push(field("model_list", Yaml::List(models.iter().map(|m| model(m, extra)).collect())));
    }
    if !routes.is_empty() {
        config
            .push(field("mcp_servers", sorted(routes.iter().map(|route| (text(&route.key), server(route))).collect())));
    }
    let callbacks = Yaml::List(vec![text("otel"), text("prometheus")]);
    let settings = vec![field("request_timeout", Yaml::Int(REQUEST_TIMEOUT)), field("callbacks", callbacks)];
    config.push(field("litellm_settings", Yaml::Map(settings)));
    if !guards.is_empty() {
        config.push(field("guardrails", Yaml::List(guards.to_vec())));
    }
    if models.iter().any(|model| LIMITS.iter().any(|key| limit(model, extra, key).is_some())) {
        // Otherwise limits only choose between deployments of a model, of which there is one.
        let checks = Yaml::List(vec![text("enforce_model_rate_limits")]);
        config.push(field("router_settings", Yaml::Map(vec![field("optional_pre_call_checks", checks)])));
    }
    Yaml::Map(config)
}

/// A map in the order in which yaml.v3 writes a Go map. What stands below the keys stays as it is.
fn sorted(mut fields: Vec<(Yaml, Yaml)>) -> Yaml {
    let mut keys = Yaml::Map(fields.iter().map(|(key, _)| (key.clone(), Yaml::Null)).collect());
    goyaml::sort(&mut keys);
    if let Yaml::Map(keys) = keys {
        fields.sort_by_key(|(key, _)| keys.iter().position(|(other, _)| other == key));
    }
    Yaml::Map(fields)
}

/// Requests and tokens a minute.
const LIMITS: [&str; 2] = ["rpm", "tpm"];

/// The part of a limit that one pod has: they count alone.
fn limit(model: &Value, extra: &Value, key: &str) -> Option<i64> {
    let all = extra["models"][model["name"].as_str()?][key].as_i64()?;
    Some((all / extra["replicas"].as_i64().unwrap_or(1).max(1)).max(1))
}

fn model(model: &Value, of_gateway: &Value) -> Yaml {
    let (name, provider) = (model["name"].as_str().unwrap_or_default(), model["provider"].as_str().unwrap_or_default());
    let mut params = vec![
        field("model", text(&format!("{provider}/{name}"))),
        field("api_key", text(&format!("os.environ/{}", api_key(provider)))),
    ];
    let extra = &of_gateway["models"][name];
    params.extend(extra["apiBase"].as_str().map(|url| field("api_base", text(url))));
    for (key, names) in PRICES {
        let price = names.iter().find_map(|name| extra[*name].as_f64());
        let price = price.and_then(|price| format!("{price}e-6").parse::<f64>().ok());
        params.extend(price.map(|price| field(key, Yaml::Float(price))));
    }
    params.extend(LIMITS.iter().filter_map(|key| Some(field(key, Yaml::Int(limit(model, of_gateway, key)?)))));
    let mut entry = vec![field("model_name", text(name)), field("litellm_params", Yaml::Map(params))];
    let longest = extra["maxOutputTokens"].as_i64();
    entry.extend(longest.map(|n| field("model_info", Yaml::Map(vec![field("max_output_tokens", Yaml::Int(n))]))));
    Yaml::Map(entry)
}

/// LiteLLM's name of each price, and the settings that say it, the first that is there.
const PRICES: [(&str, &[&str]); 4] = [
    ("input_cost_per_token", &["inputPrice"]),
    ("output_cost_per_token", &["outputPrice"]),
    ("cache_read_input_token_cost", &["cacheReadPrice", "inputPrice"]),
    ("cache_creation_input_token_cost", &["cacheWritePrice", "inputPrice"]),
];

fn server(route: &Route) -> Yaml {
    let list = |tools: &[String]| Yaml::List(tools.iter().map(|tool| text(tool)).collect());
    let mut server = vec![field("url", text(&route.upstream.url)), field("transport", text(&route.upstream.transport))];
    server.extend((!route.allow.is_empty()).then(|| field("allowed_tools", list(&route.allow))));
    server.extend((!route.deny.is_empty()).then(|| field("disallowed_tools", list(&route.deny))));
    server.push(field("allow_all_keys", Yaml::Bool(true)));
    Yaml::Map(server)
}

/// The guards' entries; those without one, with the reason, apart.
pub fn guardrails<'g>(guards: &'g [Guard], gateway: &str, all: bool) -> (Vec<Yaml>, Vec<(&'g Guard, Skip)>) {
    let (mut entries, mut skipped) = (Vec::new(), Vec::new());
    for guard in guards.iter().filter(|guard| guard.found()) {
        match guard.entry(gateway, all) {
            Ok(entry) => entries.push(entry),
            Err(skip) => skipped.push((guard, skip)),
        }
    }
    (entries, skipped)
}

/// The environment: a key for each provider, then what the gateway says, which wins; sorted by name, of two with one name
/// the last. `PROMETHEUS_MULTIPROC_DIR` is there in any case, and the user may change it.
pub fn environment(models: &[Value], guards: &[Guard], given: &[Value]) -> Vec<Value> {
    let secret = |name: &str, secret: &str, key: &str, optional: Option<bool>| {
        let mut reference = json!({ "name": secret, "key": key });
        if let Some(optional) = optional {
            reference["optional"] = json!(optional);
        }
        json!({ "name": name, "valueFrom": { "secretKeyRef": reference } })
    };
    let mut entries = vec![json!({ "name": "PROMETHEUS_MULTIPROC_DIR", "value": "/prometheus_multiproc" })];
    for model in models {
        let variable = api_key(model["provider"].as_str().unwrap_or_default());
        entries.push(secret(&variable, API_KEYS, &variable, Some(true)));
    }
    for (variable, name, key) in guards.iter().flat_map(Guard::credentials) {
        entries.push(secret(&variable, &name, &key, None));
    }
    entries.extend(given.iter().cloned());
    merged(entries)
}

/// Variables sorted by name, of two with one name the last.
pub fn merged(entries: Vec<Value>) -> Vec<Value> {
    let name = |entry: &Value| entry["name"].as_str().unwrap_or_default().to_owned();
    let by_name: BTreeMap<String, Value> = entries.into_iter().map(|entry| (name(&entry), entry)).collect();
    by_name.into_values().collect()
}

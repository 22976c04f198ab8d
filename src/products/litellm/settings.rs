//! Rules about the shape of the sections of LiteLLM's config.yaml: what it refuses at start, and what it takes for something
//! else.

use serde_json::Value;

use crate::products::litellm::config::{Config, SETTINGS};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;

/// Sections that are lists of maps.
const LISTS: [&str; 6] =
    ["model_list", "guardrails", "credential_list", "vector_store_registry", "search_tools", "prompts"];

/// Sections are maps or lists, each as LiteLLM wants it.
pub fn shapes(config: &Config<'_>) -> Vec<Finding> {
    let maps = SETTINGS.iter().chain(&["mcp_servers", "environment_variables"]).map(|s| (s, "map"));
    let wanted = maps.chain(LISTS.iter().map(|s| (s, "list")));
    let finding = |(section, shape): (&&str, &str)| {
        let value = config.part.at(&format!("/{section}"))?;
        let fits = value.is_null() || if shape == "map" { value.is_object() } else { value.is_array() };
        let effect = if *section == "router_settings" { "ignores it" } else { "does not start" };
        let message = format!("`{section}` is no {shape}, and LiteLLM {effect}");
        (!fits).then(|| start(config, &format!("/{section}"), message, &format!("write it as a {shape}")))
    };
    wanted.filter_map(finding).collect()
}

fn start(config: &Config<'_>, pointer: &str, message: String, help: &str) -> Finding {
    let finding = config.part.error(Code::LitellmStart, pointer, message);
    finding.place(config.part.key_place(pointer)).help(help)
}

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

/// Callbacks are lists; a string is a list of its letters.
pub fn callbacks(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for key in ["callbacks", "success_callback", "failure_callback"] {
        let pointer = format!("/litellm_settings/{key}");
        let Some(text) = config.part.at(&pointer).and_then(Value::as_str) else { continue };
        let help = format!("write `{key}: [{text}]`");
        findings.push(match key {
            "callbacks" => start(config, &pointer, format!("`{key}` is a string, and LiteLLM does not start"), &help),
            _ => {
                let message = format!("`{key}` is a string: LiteLLM takes each of its letters for a callback");
                config.part.error(Code::LitellmCallback, &pointer, message).help(help)
            }
        });
    }
    findings
}

/// When a guardrail may run.
const MODES: [&str; 7] = [
    "pre_call",
    "post_call",
    "during_call",
    "logging_only",
    "pre_mcp_call",
    "during_mcp_call",
    "realtime_input_transcription",
];

/// Guardrails say what they are and when they run.
pub fn guardrails(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, guardrail) in config.part.items("/guardrails").iter().enumerate() {
        let pointer = format!("/guardrails/{i}");
        let name = guardrail["guardrail_name"].as_str();
        let params = &guardrail["litellm_params"];
        let label = name.map_or_else(|| format!("guardrail {}", i + 1), |n| format!("the guardrail `{n}`"));
        let missing =
            [("guardrail_name", &guardrail["guardrail_name"]), ("litellm_params.guardrail", &params["guardrail"])]
                .into_iter()
                .chain([("litellm_params.mode", &params["mode"])])
                .find(|(_, value)| value.is_null());
        if let Some((key, _)) = missing {
            let message = format!("{label} has no `{key}`, and LiteLLM does not start");
            findings.push(start(config, &pointer, message, "a guardrail has a name, a type and a mode"));
            continue;
        }
        let modes = params["mode"].as_array().map_or(std::slice::from_ref(&params["mode"]), Vec::as_slice);
        for mode in modes.iter().filter_map(Value::as_str).filter(|m| !MODES.contains(m)) {
            let message = format!("{label} has the mode `{mode}`, and LiteLLM does not start");
            let finding = config.part.error(Code::LitellmStart, &format!("{pointer}/litellm_params/mode"), message);
            findings.push(finding.help(format!("modes are {}", MODES.join(", "))));
        }
        if params["default_on"].is_null() {
            let message = format!("{label} runs only for requests that name it");
            let finding = config.part.warning(Code::LitellmGuardrail, &format!("{pointer}/litellm_params"), message);
            findings
                .push(finding.help("`default_on: true` runs it for all; `default_on: false` says that this is meant"));
        }
    }
    findings
}

/// How LiteLLM may show itself to an MCP server (`MCPAuth` of litellm/types/mcp.py).
const AUTH_TYPES: [&str; 9] = [
    "none",
    "api_key",
    "bearer_token",
    "basic",
    "authorization",
    "token",
    "oauth2",
    "oauth2_token_exchange",
    "aws_sigv4",
];

/// MCP servers have names without a dash, and a transport that LiteLLM has.
pub fn mcp_servers(config: &Config<'_>) -> Vec<Finding> {
    let servers = config.part.at("/mcp_servers").and_then(Value::as_object);
    let mut findings = Vec::new();
    for (name, server) in servers.into_iter().flatten() {
        let pointer = format!("/mcp_servers/{}", escaped(name));
        if name.contains('-') {
            let message = format!("the name of the MCP server `{name}` has a dash, and LiteLLM does not start");
            findings.push(start(config, &pointer, message, &format!("write `{}`", name.replace('-', "_"))));
        }
        let transport = server["transport"].as_str().unwrap_or("http");
        if !["http", "sse", "stdio"].contains(&transport) {
            let message =
                format!("the MCP server `{name}` has the transport `{transport}`, and LiteLLM does not start");
            let finding = config.part.error(Code::LitellmStart, &format!("{pointer}/transport"), message);
            findings.push(finding.help("transports are http, sse and stdio"));
        }
        let auth = server["auth_type"].as_str().filter(|a| !AUTH_TYPES.contains(a));
        if let Some(auth) = auth {
            let message = format!("the MCP server `{name}` has the auth_type `{auth}`, and LiteLLM does not start");
            let finding = config.part.error(Code::LitellmStart, &format!("{pointer}/auth_type"), message);
            findings.push(finding.help(format!("types are {}", AUTH_TYPES.join(", "))));
        }
    }
    if servers.is_some() && config.part.value().get("litellm_settings").is_some_and(Value::is_null) {
        let message = "`litellm_settings` is empty beside `mcp_servers`, and LiteLLM does not start".to_owned();
        findings.push(start(config, "/litellm_settings", message, "remove the empty section"));
    }
    findings
}

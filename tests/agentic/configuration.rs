//! LiteLLM's configuration and environment.

use serde_json::Value;

use crate::{ai, catalog, config, flat, made, object, render, tool};

/// row: config_test.
#[test]
fn configurations_hold_what_the_operator_writes() {
    let catalog = catalog();
    let text = config(&render(&catalog, "", &ai("default", "gw", "")));
    for part in [
        "model: openai/gpt-4\n",
        "api_key: os.environ/OPENAI_API_KEY\n",
        "request_timeout: 600\n",
        "- otel\n",
        "- prometheus\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("guardrails:") && !text.contains("mcp_servers:"), "{text}");
    let routes = tool("default", "gw", "")
        + &made(
            "ToolRoute",
            "default",
            "b",
            "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://b/mcp } }, toolFilter: { allow: [z, a], deny: [q, b] } }",
        )
        + &made(
            "ToolRoute",
            "default",
            "a",
            "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://a/mcp } } }",
        );
    let text = config(&render(&catalog, "", &routes));
    assert!(!text.contains("model_list"), "{text}");
    assert!(text.find("default__a").expect("there") < text.find("default__b").expect("there"), "{text}");
    // Lists keep their order.
    assert!(flat(&text).contains("- z\n- a\n") && flat(&text).contains("- q\n- b\n"), "{text}");
    assert_eq!(text.matches("url:").count(), 2);
    // Duplicate models stay; LiteLLM balances between them.
    let twice = made(
        "AiGateway",
        "default",
        "gw",
        "{ aiGatewayClassName: litellm, aiModels: [{ provider: openai, name: m }, { provider: azure-ai, name: m }] }",
    );
    let rendered = render(&catalog, "", &twice);
    assert_eq!(config(&rendered).matches("model_name: m").count(), 2);
    assert!(config(&rendered).contains("os.environ/AZURE-AI_API_KEY"));
}

/// row: env_test.
#[test]
fn environments_are_merged_as_the_operator_merges() {
    let catalog = catalog();
    let env = |given: &str| {
        let rendered = render(&catalog, "", &tool("default", "gw", given));
        let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
        let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].clone();
        let pair = |e: &Value| {
            format!("{}={}", e["name"].as_str().unwrap_or_default(), e["value"].as_str().unwrap_or_default())
        };
        env.as_array().into_iter().flatten().map(pair).collect::<Vec<String>>()
    };
    assert_eq!(env(""), ["PROMETHEUS_MULTIPROC_DIR=/prometheus_multiproc"]);
    assert_eq!(
        env(", env: [{ name: PROMETHEUS_MULTIPROC_DIR, value: /custom }]"),
        ["PROMETHEUS_MULTIPROC_DIR=/custom"]
    );
    assert_eq!(
        env(", env: [{ name: ZED, value: z }, { name: ALPHA, value: a }, { name: MIDDLE, value: m }]"),
        ["ALPHA=a", "MIDDLE=m", "PROMETHEUS_MULTIPROC_DIR=/prometheus_multiproc", "ZED=z"]
    );
    assert_eq!(
        env(", env: [{ name: FOO, value: first }, { name: FOO, value: second }]"),
        ["FOO=second", "PROMETHEUS_MULTIPROC_DIR=/prometheus_multiproc"]
    );
}

/// Two spellings of a provider read one variable, so the Secret gets one key.
#[test]
fn providers_are_told_by_their_variable() {
    let catalog = catalog();
    let models =
        "{ aiGatewayClassName: litellm, aiModels: [{ provider: OpenAI, name: a }, { provider: openai, name: b }] }";
    let rendered = render(&catalog, "", &made("AiGateway", "default", "gw", models));
    assert!(config(&rendered).contains("model: OpenAI/a\n") && config(&rendered).contains("model: openai/b\n"));
    let secret = object(&rendered, "ExternalSecret", "default", "api-key-secrets").expect("the providers' keys");
    let keys: Vec<&Value> =
        secret["spec"]["data"].as_array().expect("a list").iter().map(|d| &d["secretKey"]).collect();
    assert_eq!(keys, ["OPENAI_API_KEY"]);
}

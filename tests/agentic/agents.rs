//! What agents find, and what the webhooks and CRDs of agent-runtime-operator do to an object.

use gatewright::agentic::model::Choice;
use gatewright::agentic::webhook::{defaulted, refusals};
use gatewright::command::gateway_config;
use gatewright::command::report;
use gatewright::text::finding::{Code, Severity};
use serde_json::{Value, json};

use crate::{PRESIDIO, ai, catalog, codes, guarded, made, render, try_render};

/// row: ARO agent_aigateway_test, the 6 resolve cases.
#[test]
fn agents_find_their_gateway() {
    let catalog = catalog();
    let agent = |reference: &str| made("Agent", "team", "a", &format!("{{ framework: google-adk{reference} }}"));
    let choice = |manifests: String| render(&catalog, "", &manifests).plan.agentic.model.agents[0].2.clone();
    let named = ", aiGatewayRef: { name: gw, namespace: models }";
    assert_eq!(choice(ai("models", "gw", "") + &agent(named)), Choice::Named("models".into(), "gw".into()));
    assert_eq!(
        choice(ai("team", "gw", "") + &agent(", aiGatewayRef: { name: gw }")),
        Choice::Named("team".into(), "gw".into())
    );
    assert_eq!(choice(agent(named)), Choice::Missing("models".into(), "gw".into()));
    assert_eq!(choice(ai("ai-gateway", "gw", "") + &agent("")), Choice::Only("gw".into()));
    assert_eq!(choice(ai("models", "gw", "") + &agent("")), Choice::Without);
    let two = ai("ai-gateway", "gw", "") + &ai("ai-gateway", "gx", "") + &agent("");
    assert_eq!(choice(two.clone()), Choice::Arbitrary(vec!["gw".into(), "gx".into()]));
    assert!(
        codes(&render(&catalog, "targets: { litellm: contract }", &two), Severity::Error)
            .contains(&Code::AgentReference)
    );
    // What it is told: the dot after `local` is the operator's.
    let rendered = render(&catalog, "", &(ai("ai-gateway", "gw", ", port: 8000") + &agent("")));
    let said = gateway_config::explain(&rendered.plan.agentic.model, "Agent/team/a").expect("an agent");
    assert!(said.contains("LITELLM_PROXY_API_BASE=http://gw.ai-gateway.svc.cluster.local.:8000\n"), "{said}");
    assert!(said.contains("LITELLM_PROXY_API_KEY=team/a\n") && said.contains("USE_LITELLM_PROXY=True\n"), "{said}");
}

/// row: ARO webhooks.
#[test]
fn webhooks_default_and_refuse() {
    let http = json!({ "protocol": "mcp", "transportType": "http", "port": 8080, "path": "/mcp", "replicas": 1, "image": "i" });
    assert_eq!(defaulted("ToolServer", &json!({ "image": "i" })), http);
    let sse = defaulted("ToolServer", &json!({ "image": "i", "transportType": "sse", "port": 9000, "replicas": 0 }));
    assert_eq!((&sse["path"], &sse["port"], &sse["replicas"]), (&json!("/sse"), &json!(9000), &json!(0)));
    let agent = defaulted("Agent", &json!({}));
    assert_eq!(agent["replicas"], 1);
    assert_eq!(agent["protocols"], json!([{ "type": "A2A", "port": 8000, "name": "a2a-8000" }]));
    assert_eq!(agent.get("framework"), None);
    let strange = defaulted("Agent", &json!({ "protocols": [{ "type": "_A.b_", "port": 1 }, { "type": "__" }] }));
    assert_eq!(
        (&strange["protocols"][0]["name"], &strange["protocols"][1]["name"]),
        (&json!("a-b-1"), &json!("port-8000"))
    );
    assert_eq!(defaulted("AiGateway", &json!({}))["port"], 80);
    assert_eq!(defaulted("AiGateway", &Value::Null).get("port"), None);
    let refused = |kind: &str, spec: Value| !refusals(kind, &spec).is_empty();
    assert!(refused("Agent", json!({ "framework": "custom" })));
    assert!(!refused("Agent", json!({ "framework": "custom", "image": "i" })));
    let sub = |value: Value| json!({ "subAgents": [value] });
    assert!(refused("Agent", sub(json!({ "name": "s", "agentRef": { "name": "x" }, "url": "http://x" }))));
    assert!(refused("Agent", sub(json!({ "name": "s" }))));
    assert!(refused("Agent", sub(json!({ "name": "s", "url": "ftp://x" }))));
    assert!(refused("Agent", sub(json!({ "name": "s", "url": "http:///x" }))));
    assert!(!refused("Agent", sub(json!({ "name": "s", "url": "https://x/card.json" }))));
    let mounts = |paths: &[&str]| json!({ "volumeMounts": paths.iter().map(|p| json!({ "name": "v", "mountPath": p })).collect::<Value>() });
    assert!(refused("Agent", mounts(&["/data", "/data/x"])));
    assert!(!refused("Agent", mounts(&["/data", "/data-backup"])));
    for path in ["/a b", "/a?b", "/a#b", "/a\u{7}b"] {
        assert!(refused("ToolServer", json!({ "image": "i", "path": path })), "{path:?}");
    }
    assert!(!refused("ToolServer", json!({ "image": "i", "path": "/mcp/v1" })));
    assert!(refused("Agent", json!({ "tools": [{ "name": "t", "upstream": {} }] })));
}

/// What the API server refuses is refused with a place; what it admits although it is useless is told by a rule.
#[test]
fn the_crds_have_their_say() {
    let catalog = catalog();
    for (manifests, words) in [
        (made("AiGateway", "d", "g", "{}"), "`spec` needs `aiModels`"),
        (made("AiGateway", "d", "g", "{ aiModels: [] }"), "aiModels"),
        (made("AiGateway", "d", "g", "{ aiModels: [{ name: a, provider: b, apiBase: c }] }"), "has no key `apiBase`"),
        (made("Guard", "d", "g", "{ mode: [pre_call, pre_call], providerRef: {} }"), "mode"),
        (made("ToolServer", "d", "s", "{ protocol: mcp, image: i, path: mcp }"), "path"),
        (made("ToolRoute", "d", "r", "{ upstream: { external: { url: ftp://x } } }"), "url"),
        (made("AiGatway", "d", "g", "{}"), "has no kind `AiGatway`"),
        (made("AiGateway", "d", "g", "{ port: 70000, aiModels: [{ name: a, provider: b }] }"), "70000"),
        (
            "apiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: Guard\nmetadata: { name: g }\n".into(),
            "names no namespace",
        ),
        (
            made(
                "AiGateway",
                "d",
                "g",
                "{ aiModels: [{ name: a, provider: b }], env: [{ name: K, value: sk-proj-abc123def456ghi789 }] }",
            ),
            "an API key",
        ),
    ] {
        let findings = try_render(&catalog, "", &manifests).expect_err(words);
        let found = findings
            .iter()
            .find(|f| f.message.contains(words))
            .unwrap_or_else(|| panic!("{words}: {}", report::text(&findings)));
        assert_eq!(found.place.as_ref().expect("a place").source.name, "gateways/case.yaml");
    }
    let bare = "apiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: AiGateway\nmetadata: { name: g, namespace: d }\n";
    for (manifests, code) in [
        (bare.to_owned(), Code::GatewayWithoutSpec),
        (guarded("AiGateway", "pre_call", "{ type: presidio-api }", ""), Code::GuardValues),
        (
            guarded("AiGateway", "pre_call", PRESIDIO, ", presidio: { scoreThresholds: { ALL: lots } }"),
            Code::GuardValues,
        ),
        (
            guarded("AiGateway", "pre_call", PRESIDIO, ", presidio: { entityActions: { PERSON: DELETE } }"),
            Code::GuardValues,
        ),
        (ai("d", "g", ", guardrails: [{}]"), Code::AgenticReference),
    ] {
        assert!(codes(&render(&catalog, "", &manifests), Severity::Error).contains(&code), "{code:?}: {manifests}");
    }
}

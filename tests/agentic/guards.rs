//! Guards as entries of `guardrails`.

use gatewright::agentic::guard::{Guard, Skip};
use gatewright::text::finding::{Code, Severity};
use serde_json::{Value, json};

use crate::{PRESIDIO, ai, catalog, codes, config, flat, gateway, guarded, made, render};

/// row: guardrails_test.
#[test]
fn guards_become_entries() {
    let catalog = catalog();
    let en =
        ", presidio: { language: en, scoreThresholds: { PERSON: \"0.5\" }, entityActions: { EMAIL_ADDRESS: MASK } }";
    let text = config(&render(&catalog, "", &guarded("AiGateway", "pre_call", PRESIDIO, en)));
    for part in [
        "guardrail_name: pii\n",
        "guardrail: presidio\n",
        "presidio_analyzer_api_base: http://presidio.svc:5002\n",
        "presidio_anonymizer_api_base: http://presidio.svc:5002\n",
        "output_parse_pii: true\n",
        "presidio_language: en\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // A missing Guard, a missing provider: the whole gateway fails.
    let all = guarded("AiGateway", "pre_call", PRESIDIO, "");
    for gone in ["kind: Guard\n", "kind: GuardrailProvider\n"] {
        let left: String = all.split_inclusive("---\n").filter(|d| !d.contains(gone)).collect();
        let rendered = render(&catalog, "", &left);
        assert_eq!(codes(&rendered, Severity::Error), [Code::AgenticReference], "{gone}");
        assert_eq!(gateway(&rendered).target, None);
    }
    // Modes of tool gateways: what comes after a call has none.
    let text = config(&render(&catalog, "", &guarded("ToolGateway", "pre_call, during_call, post_call", PRESIDIO, "")));
    assert!(flat(&text).contains("mode:\n- pre_mcp_call\n- during_mcp_call\ndefault_on"), "{text}");
    let rendered = render(&catalog, "", &guarded("ToolGateway", "post_call", PRESIDIO, ""));
    assert!(!config(&rendered).contains("guardrails"), "{}", config(&rendered));
    assert_eq!(codes(&rendered, Severity::Error), [Code::GuardSkipped]);
    // A type that the operator does not know is passed over there, and told here; rendered it is served.
    for (provider, guard, entry) in [
        ("{ type: openai-moderation-api }", ", openaiModeration: { model: m }", "guardrail: openai_moderation"),
        (
            "{ type: bedrock-api, bedrock: { region: eu-west-1 } }",
            ", bedrock: { guardrailId: g }",
            "guardrailIdentifier: g",
        ),
    ] {
        let manifests = guarded("AiGateway", "pre_call", provider, guard);
        let operator = render(&catalog, "targets: { litellm: contract }", &manifests);
        assert!(!config(&operator).contains("guardrails"), "{}", config(&operator));
        assert_eq!(codes(&operator, Severity::Error), [Code::GuardSkipped]);
        let direct = render(&catalog, "", &manifests);
        assert!(config(&direct).contains(entry), "{}", config(&direct));
        assert_eq!(codes(&direct, Severity::Error), []);
    }
}

/// row: guardrails_test, a type that nobody knows: the CRD refuses it, and it would have no entry.
#[test]
fn unknown_types_have_no_entry() {
    let guard = |provider: Value| Guard {
        namespace: "default".into(),
        name: "g".into(),
        provider_namespace: "default".into(),
        provider_name: "p".into(),
        spec: json!({ "mode": ["pre_call"] }),
        provider,
    };
    let unknown = guard(json!({ "type": "unknown" }));
    assert_eq!(unknown.entry("AiGateway", false), Err(Skip::Type("unknown".into())));
    assert_eq!(unknown.entry("AiGateway", true), Err(Skip::Type("unknown".into())));
    // Presidio without its block is passed over as well.
    assert_eq!(guard(json!({ "type": "presidio-api" })).entry("AiGateway", false), Err(Skip::Block("presidio".into())));
}

/// Guards of one name in two namespaces are two entries of one name, in the gateway's order.
#[test]
fn guards_keep_their_order() {
    let catalog = catalog();
    let more = ", guardrails: [{ name: pii, namespace: b }, { name: pii, namespace: a }]";
    let guards: String = ["a", "b"]
        .map(|namespace| {
            let provider = format!("{{ type: presidio-api, presidio: {{ baseUrl: \"http://{namespace}\" }} }}");
            made("Guard", namespace, "pii", "{ mode: [pre_call], providerRef: { name: p } }")
                + &made("GuardrailProvider", namespace, "p", &provider)
        })
        .concat();
    let rendered = render(&catalog, "", &(ai("default", "gw", more) + &guards));
    let text = config(&rendered);
    assert_eq!(text.matches("guardrail_name: pii\n").count(), 2);
    assert!(text.find("http://b").expect("there") < text.find("http://a").expect("there"), "{text}");
    assert_eq!(codes(&rendered, Severity::Warning).iter().filter(|c| **c == Code::GuardName).count(), 1);
}

/// What runs beside a request cannot change it. Without actions LiteLLM masks.
#[test]
fn masking_needs_its_turn() {
    let catalog = catalog();
    for (actions, told) in [("", true), ("PERSON: MASK", true), ("PERSON: BLOCK", false)] {
        let guard = format!(", presidio: {{ entityActions: {{ {actions} }} }}");
        let rendered = render(&catalog, "", &guarded("AiGateway", "during_call", PRESIDIO, &guard));
        assert_eq!(codes(&rendered, Severity::Warning).contains(&Code::GuardWithoutEffect), told, "{actions}");
    }
}

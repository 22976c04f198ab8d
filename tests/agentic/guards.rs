//! Guards as entries of `guardrails`.

use gatewright::agentic::guard::{Guard, Skip};
use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::report;
use gatewright::command::sets;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::{Code, Finding, Severity};
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::Crds;
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

/// Entries of a configuration's `guardrails`, without what only gateways of the contract or only the platform has.
fn entries(text: &str) -> Vec<Value> {
    let config = kubeyaml::values(&Source::new("config.yaml", text)).expect("YAML");
    let mut entries = config[0]["guardrails"].as_array().cloned().unwrap_or_default();
    for entry in &mut entries {
        let params = entry["litellm_params"].as_object_mut().expect("a map");
        params.retain(|key, _| !["output_parse_pii", "presidio_filter_scope"].contains(&key.as_str()));
        if let Some(key) = params.get_mut("api_key") {
            *key = json!(key.as_str().map(str::to_uppercase));
        }
    }
    entries
}

/// A Guard that the platform's LiteLLM names is there what it is on a gateway of the contract, and as if it stood in the settings.
#[test]
fn the_platform_takes_guards_of_the_contract() {
    let catalog = catalog();
    let platform = |guards: &str| format!("}}, litellm: {{ provider: manifests, guards: {{ {guards} }}");
    let of_litellm = |rendered: &Rendered<'_>| {
        let found = rendered.bundle.manifests.iter().find(|(i, p)| {
            i.kind == "ConfigMap" && i.namespace == "litellm" && p.manifest.value["data"]["config.yaml"].is_string()
        });
        found
            .map(|(_, p)| p.manifest.value["data"]["config.yaml"].as_str().unwrap_or_default().to_owned())
            .expect("there")
    };
    for (provider, said, key, mode) in [
        (PRESIDIO, ", presidio: { language: en, entityActions: { PERSON: MASK } }", "", "pre_call, post_call"),
        (
            "{ type: openai-moderation-api, openaiModeration: { apiKeySecretRef: { name: pii, key: k } } }",
            ", openaiModeration: { model: omni-moderation-latest }",
            "openaiModeration: { apiKey: { secret: store } }",
            "pre_call",
        ),
        (
            "{ type: bedrock-api, bedrock: { region: eu-west-1 } }",
            ", bedrock: { guardrailId: g, guardrailVersion: \"1\" }",
            "",
            "pre_call",
        ),
    ] {
        let manifests = guarded("AiGateway", mode, provider, said);
        let beside = if key.is_empty() { String::new() } else { format!(", provider: {{ {key} }}") };
        let named = platform(&format!("pii: {{ guardRef: {{ namespace: default, name: pii }}{beside} }}"));
        let named = render(&catalog, &named, &manifests);
        assert_eq!(entries(&of_litellm(&named)), entries(&config(&named)), "{provider}");
        assert!(!entries(&config(&named)).is_empty());

        let provider = provider.replace("apiKeySecretRef: { name: pii, key: k }", "apiKey: { secret: store }");
        let written =
            render(&catalog, &platform(&format!("pii: {{ mode: [{mode}]{said}, provider: {provider} }}")), &manifests);
        assert_eq!(of_litellm(&named), of_litellm(&written));
    }
    // Where no gateway has it the settings take its place, and nothing is left to an operator.
    let alone: String = guarded("AiGateway", "pre_call", PRESIDIO, ", presidio: { entityActions: { PERSON: MASK } }")
        .split_inclusive("---\n")
        .filter(|document| !document.contains("kind: AiGateway\n"))
        .collect();
    let kinds = |settings: &str| {
        let rendered = render(&catalog, settings, &alone);
        let kinds: Vec<String> = rendered.bundle.manifests.keys().map(|identity| identity.kind.clone()).collect();
        kinds.into_iter().filter(|kind| kind.starts_with("Guard")).collect::<Vec<_>>()
    };
    assert_eq!(kinds(""), ["Guard", "GuardrailProvider"]);
    assert_eq!(kinds(&platform("pii: { guardRef: { namespace: default, name: pii } }")), [""; 0]);
}

/// With every other group, and with all of them.
#[test]
fn guards_of_the_contract_fit_every_group() {
    let catalog = catalog();
    let bedrock = "{ type: bedrock-api, bedrock: { region: eu-west-1 } }";
    let guarded = guarded("AiGateway", "pre_call", bedrock, ", bedrock: { guardrailId: g }");
    let manifests = vec![Source::new("gateways/case.yaml", guarded)];
    let sets = sets::of_flags(&catalog).into_iter().filter(|set| {
        let all = set.flags.len() == catalog.features().len();
        set.flags.contains("agentic") && (set.flags.len() <= 2 || all)
    });
    for set in sets {
        let mut written = kubeyaml::values(&Source::new("", set.features_yaml(&catalog))).expect("YAML").remove(0);
        let guard = json!({ "guardRef": { "namespace": "default", "name": "pii" } });
        written["settings"]["litellm"]["guards"] = json!({ "pii": guard });
        let inputs = Inputs { features: Source::new("features.yaml", yaml::emit(&written)), clusters: Vec::new() };
        let mut clusters = pipeline::read(&inputs, &catalog).unwrap_or_else(|f| panic!("{}", report::text(&f)));
        clusters[0].manifests.clone_from(&manifests);
        let wrong = match pipeline::render(&catalog, &clusters[0], &Memo::default()) {
            Ok(rendered) => rendered.findings(&Crds::default()),
            Err(findings) => findings,
        };
        let wrong: Vec<Finding> = wrong.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(wrong.is_empty(), "{}: {}", set.describe(&catalog), report::text(&wrong));
    }
}

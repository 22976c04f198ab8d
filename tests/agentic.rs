//! The AiGateway and ToolGateway contracts, row by row as the operators' own tests pin them (agent-runtime-operator 0.28.1,
//! ai-gateway-litellm-operator 0.10.0, tool-gateway-agentgateway 0.4.0; `row:` names the test upstream), as far as a renderer can
//! meet the row. What needs a cluster's status or a Secret's content is not here.

use std::collections::BTreeMap;

use gatewright::agentic::class::{Class, Served, served};
use gatewright::agentic::model::{Choice, Gateway, Unserved};
use gatewright::agentic::route;
use gatewright::agentic::route::Broken;
use gatewright::agentic::webhook::{defaulted, refusals};
use gatewright::catalog::Catalog;
use gatewright::config_patch::{patched, strict};
use gatewright::crd::Crds;
use gatewright::explain_gateway;
use gatewright::features::Inputs;
use gatewright::finding::{Code, Finding, Severity};
use gatewright::goyaml::{self, Yaml};
use gatewright::pipeline::{self, Rendered};
use gatewright::render::Memo;
use gatewright::report;
use gatewright::source::Source;
use serde_json::{Value, json};

fn catalog() -> Catalog {
    Catalog::new(&BTreeMap::new()).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

/// A platform with these settings and manifests.
fn try_render<'a>(catalog: &'a Catalog, settings: &str, manifests: &str) -> Result<Rendered<'a>, Vec<Finding>> {
    let features = format!(
        "platform: {{ name: p, argocd: {{ repoURL: https://git.example.com/p.git }} }}\nfeatures: {{ agentic: true }}\nsettings: {{ agentic: {{ {settings} }} }}\n"
    );
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let mut clusters = pipeline::read(&inputs, catalog)?;
    clusters[0].manifests = vec![Source::new("gateways/case.yaml", manifests)];
    // A cluster is borrowed by what is rendered from it; a test ends before that matters.
    pipeline::render(catalog, &clusters.leak()[0], &Memo::default())
}

fn render<'a>(catalog: &'a Catalog, settings: &str, manifests: &str) -> Rendered<'a> {
    try_render(catalog, settings, manifests).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

/// An object of the group, with its spec in flow style.
fn made(kind: &str, namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: {kind}\nmetadata: {{ name: {name}, namespace: {namespace} }}\nspec: {spec}\n"
    )
}

/// An AiGateway on LiteLLM with a patch.
fn patched_gateway(patch: &str) -> String {
    let lines: String = patch.lines().map(|l| format!("    {l}\n")).collect();
    let patch = if lines.is_empty() { " \"\"\n".into() } else { format!(" |\n{lines}") };
    format!(
        "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: AiGateway\nmetadata:\n  name: gw\n  namespace: default\n  annotations: {{ ai-gateway-litellm.agentic-layer.ai/config-patch: patch }}\n\
         spec: {{ aiGatewayClassName: litellm, aiModels: [{{ provider: openai, name: gpt-4 }}] }}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: patch, namespace: default }}\ndata:\n  patch.yaml:{patch}"
    )
}

fn ai(namespace: &str, name: &str, more: &str) -> String {
    made(
        "AiGateway",
        namespace,
        name,
        &format!("{{ aiGatewayClassName: litellm, aiModels: [{{ provider: openai, name: gpt-4 }}]{more} }}"),
    )
}

fn tool(namespace: &str, name: &str, more: &str) -> String {
    made("ToolGateway", namespace, name, &format!("{{ toolGatewayClassName: litellm{more} }}"))
}

fn object(rendered: &Rendered<'_>, kind: &str, namespace: &str, name: &str) -> Option<Value> {
    let found =
        rendered.bundle.manifests.iter().find(|(i, _)| i.kind == kind && i.namespace == namespace && i.name == name);
    found.map(|(_, placed)| placed.manifest.value.clone())
}

fn gateway<'r>(rendered: &'r Rendered<'_>) -> &'r Gateway {
    &rendered.plan.agentic.model.gateways[0]
}

fn config(rendered: &Rendered<'_>) -> String {
    gateway(rendered).config.clone().expect("a configuration")
}

/// A text without its indentation.
fn flat(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

fn codes(rendered: &Rendered<'_>, severity: Severity) -> Vec<Code> {
    rendered.findings(&Crds::default()).iter().filter(|f| f.severity == severity).map(|f| f.code).collect()
}

/// What is said under a code.
fn said(rendered: &Rendered<'_>, code: Code) -> String {
    let found: Vec<Finding> = rendered.findings(&Crds::default()).into_iter().filter(|f| f.code == code).collect();
    found.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n")
}

/// row: class_test, for both kinds.
#[test]
fn classes_are_chosen_as_the_controllers_choose() {
    for (kind, ours) in [
        ("AiGateway", "aigateway.agentic-layer.ai/ai-gateway-litellm-controller"),
        ("ToolGateway", "litellm.agentic-layer.ai/tool-gateway-litellm-controller"),
    ] {
        let class = |name: &str, controller: &str, default: bool| Class {
            kind: kind.into(),
            name: name.into(),
            controller: controller.into(),
            target: "litellm".into(),
            default,
            path: None,
            home: None,
        };
        let ours_plain = class("litellm", ours, false);
        let ours_default = class("litellm", ours, true);
        // Explicit name and our controller: owned.
        assert_eq!(served(std::slice::from_ref(&ours_plain), kind, "litellm"), Served::By(ours_plain.clone()));
        // Explicit `other` with our default class: not owned, no way back to the default.
        assert_eq!(served(std::slice::from_ref(&ours_default), kind, "other"), Served::Unknown("other".into()));
        // Empty and default: owned.
        assert_eq!(served(std::slice::from_ref(&ours_default), kind, ""), Served::By(ours_default.clone()));
        // Empty and the class is not default: not owned.
        assert_eq!(served(std::slice::from_ref(&ours_plain), kind, ""), Served::Nobody);
        // Empty, and the default class is of another controller: not ours.
        let other = class("other", "example.com/other", true);
        assert_eq!(served(&[ours_plain, other.clone()], kind, ""), Served::By(other.clone()));
        // Two default classes of two controllers: both claim it.
        assert!(matches!(served(&[ours_default, other], kind, ""), Served::Several(_)));
    }
}

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

/// row: patch_test ApplyPatch, its 11 cases, as data.
#[test]
fn patches_are_applied_as_the_operator_applies_them() {
    for (base, patch, result) in [
        // An empty patch.
        ("a: 1\n", "", "a: 1\n"),
        // An empty base.
        ("{}\n", "a: 1\n", "a: 1\n"),
        // A scalar replaces a scalar.
        (
            "litellm_settings: { request_timeout: 600 }\n",
            "litellm_settings: { request_timeout: 1200 }\n",
            "litellm_settings: { request_timeout: 1200 }\n",
        ),
        // A nested map keeps what the patch does not name, and gains what it does.
        (
            "mcp_servers: { echo: { url: u, transport: http } }\n",
            "mcp_servers: { echo: { auth_type: oauth2, headers: { A: b } } }\n",
            "mcp_servers: { echo: { url: u, transport: http, auth_type: oauth2, headers: { A: b } } }\n",
        ),
        // A list is replaced, never appended to.
        ("s: { callbacks: [otel, prometheus] }\n", "s: { callbacks: [langfuse] }\n", "s: { callbacks: [langfuse] }\n"),
        // A nested null deletes.
        ("s: { a: 1, b: 2 }\n", "s: { a: null }\n", "s: { b: 2 }\n"),
        // A scalar over a map.
        ("s: { a: 1 }\n", "s: x\n", "s: x\n"),
        // A map over a scalar.
        ("s: x\n", "s: { a: 1 }\n", "s: { a: 1 }\n"),
        // A new key at the top.
        ("a: 1\n", "router_settings: { r: 2 }\n", "a: 1\nrouter_settings: { r: 2 }\n"),
        // A null at the top deletes.
        ("a: 1\nb: 2\n", "a: null\n", "b: 2\n"),
        // A null for what is not there changes nothing.
        ("a: 1\n", "zz: null\n", "a: 1\n"),
    ] {
        let base = goyaml::read(base).expect("YAML");
        let (copy, text) = (base.clone(), patched(&base, Some(patch)).expect("applied"));
        let (mut found, mut wanted) = (goyaml::read(&text).expect("own text"), goyaml::read(result).expect("YAML"));
        goyaml::sort(&mut found);
        goyaml::sort(&mut wanted);
        assert_eq!(found, wanted, "{patch}");
        assert_eq!(base, copy, "the base was changed");
    }
}

/// row: patch_test LoadPatch and Render.
#[test]
fn patches_are_found_or_told() {
    let catalog = catalog();
    let plain = config(&render(&catalog, "", &ai("default", "gw", "")));
    // `""`, `null`, `{}`: the unpatched bytes.
    for nothing in ["", "null", "{}"] {
        assert_eq!(config(&render(&catalog, "", &patched_gateway(nothing))), plain, "{nothing}");
    }
    let refused = |manifests: &str, words: &str| {
        let rendered = render(&catalog, "", manifests);
        assert!(said(&rendered, Code::ConfigPatch).contains(words), "{}", said(&rendered, Code::ConfigPatch));
        // The operator leaves the gateway as it was; nothing is rendered, and nothing is written.
        assert_eq!(gateway(&rendered).target, None);
        assert!(object(&rendered, "Deployment", "default", "gw").is_none());
    };
    let sound = patched_gateway("a: 1");
    refused(sound.split("---\napiVersion: v1").next().expect("the gateway"), "not found");
    refused(&sound.replace("  patch.yaml:", "  other.yaml:"), "patch.yaml");
    refused(&patched_gateway("this: : is: not: yaml"), "patch.yaml");
    refused(&patched_gateway("- a list"), "patch.yaml");
    refused(&patched_gateway("a: 1\na: 2"), "patch.yaml");
    // The ConfigMap that the operator writes: the second pass would find no patch in it.
    let own =
        sound.replace("name: patch,", "name: gw-config,").replace("config-patch: patch", "config-patch: gw-config");
    assert!(said(&render(&catalog, "", &own), Code::ConfigPatch).contains("overwrites"));
    let text = config(&render(
        &catalog,
        "",
        &patched_gateway("router_settings: { a: b }\nlitellm_settings: { request_timeout: null }"),
    ));
    assert!(text.contains("router_settings:\n    a: b\n") && !text.contains("request_timeout"), "{text}");
    assert!(text.contains("model: openai/gpt-4"), "{text}");
}

/// Our own `configPatch` is strictly RFC 7396, where the operator's patch is not.
#[test]
fn the_strict_patch_differs_where_the_rfc_does() {
    let base = Yaml::Map(Vec::new());
    let patch = "router_settings: { a: null, b: 1 }\n";
    assert_eq!(patched(&base, Some(patch)).expect("applied"), "router_settings:\n    a: null\n    b: 1\n");
    assert_eq!(
        strict("{}\n", &json!({ "router_settings": { "a": null, "b": 1 } })).expect("applied"),
        "router_settings:\n    b: 1\n"
    );
    let catalog = catalog();
    let over = "overrides: { default/gw: { configPatch: { router_settings: { a: null, b: 1 } } } }";
    let text = config(&render(&catalog, over, &ai("default", "gw", "")));
    assert!(text.contains("router_settings:\n    b: 1\n"), "{text}");
}

fn guarded(kind: &str, modes: &str, provider: &str, guard: &str) -> String {
    let more = ", guardrails: [{ name: pii }]";
    let gateway = if kind == "AiGateway" { ai("default", "gw", more) } else { tool("default", "gw", more) };
    gateway
        + &made("Guard", "default", "pii", &format!("{{ mode: [{modes}], providerRef: {{ name: p }}{guard} }}"))
        + &made("GuardrailProvider", "default", "p", provider)
}

const PRESIDIO: &str = "{ type: presidio-api, presidio: { baseUrl: \"http://presidio.svc:5002\" } }";

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

/// row: workload_meta_test.
#[test]
fn labels_and_annotations_are_layered() {
    let catalog = catalog();
    let more = ", commonMetadata: { labels: { app: wrong, team: a, tier: common }, annotations: { note: common, gateway.agentic-layer.ai/config-hash: forged } }, \
                podMetadata: { labels: { app: wrong, tier: pod }, annotations: { note: pod, gateway.agentic-layer.ai/secret-hash: forged } }";
    let rendered = render(&catalog, "", &ai("default", "gw", more));
    let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
    let service = object(&rendered, "Service", "default", "gw").expect("a Service");
    assert_eq!(deployment["metadata"]["labels"], json!({ "app": "gw", "team": "a", "tier": "common" }));
    assert_eq!(deployment["metadata"]["labels"], service["metadata"]["labels"]);
    assert_eq!(service["metadata"]["annotations"]["note"], "common");
    let pod = &deployment["spec"]["template"]["metadata"];
    assert_eq!(pod["labels"], json!({ "app": "gw", "team": "a", "tier": "pod" }));
    let hash = gateway(&rendered).config_hash.clone().expect("a hash");
    assert_eq!(
        pod["annotations"],
        json!({ "note": "pod", "gateway.agentic-layer.ai/config-hash": hash, "gateway.agentic-layer.ai/secret-hash": "e3b0c44298fc1c14" })
    );
    assert_eq!(
        object(&rendered, "ConfigMap", "default", "gw-config").expect("its configuration")["metadata"]["labels"],
        json!({ "app": "gw" })
    );
    // Nothing said: no annotations at all.
    let rendered = render(&catalog, "", &ai("default", "gw", ""));
    let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
    assert_eq!(deployment["metadata"].get("annotations"), None);
}

/// row: workload_test.
#[test]
fn ports_are_the_operators() {
    let catalog = catalog();
    let ports = |manifests: &str| {
        let rendered = render(&catalog, "", manifests);
        let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
        let service = object(&rendered, "Service", "default", "gw").expect("a Service");
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert!(container["env"].as_array().expect("a list").iter().any(|e| e["name"] == "PROMETHEUS_MULTIPROC_DIR"));
        assert_eq!(
            deployment["spec"]["template"]["metadata"]["annotations"]["gateway.agentic-layer.ai/secret-hash"],
            "e3b0c44298fc1c14"
        );
        (
            container["ports"][0]["containerPort"].clone(),
            service["spec"]["ports"][0]["port"].clone(),
            service["spec"]["ports"][0]["targetPort"].clone(),
        )
    };
    assert_eq!(ports(&ai("default", "gw", "")), (json!(80), json!(80), json!(80)));
    assert_eq!(ports(&ai("default", "gw", ", port: 8000")), (json!(8000), json!(8000), json!(8000)));
    assert_eq!(ports(&tool("default", "gw", "")), (json!(4000), json!(80), json!(4000)));
}

/// row: aigateway_controller_test.
#[test]
fn a_whole_gateway() {
    let catalog = catalog();
    let models =
        "aiModels: [{ provider: openai, name: a }, { provider: openai, name: b }, { provider: anthropic, name: c }]";
    let class = "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: AiGatewayClass\nmetadata: { name: mine, annotations: { aigatewayclass.kubernetes.io/is-default-class: \"true\" } }\n\
                 spec: { controller: aigateway.agentic-layer.ai/ai-gateway-litellm-controller }\n";
    let spec = format!(
        "{{ port: 8000, {models}, env: [{{ name: FOO, value: bar }}, {{ name: FAVORITE_COLOR, value: blue }}], envFrom: [{{ configMapRef: {{ name: cm }} }}], guardrails: [{{ name: g }}] }}"
    );
    let guard = ", presidio: { language: de, scoreThresholds: { ALL: \"0.7\" }, entityActions: { PHONE_NUMBER: MASK, EMAIL_ADDRESS: MASK } }";
    let manifests = class.to_owned()
        + &made("AiGateway", "default", "test-aigateway", &spec)
        + &made("Guard", "default", "g", &format!("{{ mode: [pre_call], providerRef: {{ name: p }}{guard} }}"))
        + &made("GuardrailProvider", "default", "p", PRESIDIO);
    let rendered = render(&catalog, "", &manifests);
    let deployment = object(&rendered, "Deployment", "default", "test-aigateway").expect("a Deployment");
    let (spec, container) = (&deployment["spec"], &deployment["spec"]["template"]["spec"]["containers"][0]);
    assert_eq!((&spec["replicas"], &container["name"]), (&json!(1), &json!("litellm")));
    let mounts: Vec<&Value> =
        container["volumeMounts"].as_array().expect("a list").iter().map(|m| &m["name"]).collect();
    assert_eq!(mounts, ["config", "prometheus-multiproc"]);
    let names: Vec<&Value> = container["env"].as_array().expect("a list").iter().map(|e| &e["name"]).collect();
    assert_eq!(names, ["ANTHROPIC_API_KEY", "FAVORITE_COLOR", "FOO", "OPENAI_API_KEY", "PROMETHEUS_MULTIPROC_DIR"]);
    assert_eq!(
        container["env"][0]["valueFrom"]["secretKeyRef"],
        json!({ "name": "api-key-secrets", "key": "ANTHROPIC_API_KEY", "optional": true })
    );
    assert_eq!(container["envFrom"], json!([{ "configMapRef": { "name": "cm" } }]));
    let map = object(&rendered, "ConfigMap", "default", "test-aigateway-config").expect("its configuration");
    assert_eq!(map["metadata"]["labels"], json!({ "app": "test-aigateway" }));
    let text = map["data"]["config.yaml"].as_str().expect("a text");
    for part in ["presidio_language: de\n", "ALL: \"0.7\"\n", "PHONE_NUMBER: MASK\n"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("presidio_entities:") && !text.contains("presidio_score_threshold:"), "{text}");
    let service = object(&rendered, "Service", "default", "test-aigateway").expect("a Service");
    assert_eq!((&service["spec"]["type"], &service["spec"]["ports"][0]["port"]), (&json!("ClusterIP"), &json!(8000)));
    // A changed patch changes the hash; without the annotation the patch is gone.
    let hash = |manifests: &str| gateway(&render(&catalog, "", manifests)).config_hash.clone();
    let (one, two, none) =
        (hash(&patched_gateway("a: 1")), hash(&patched_gateway("a: 2")), hash(&ai("default", "gw", "")));
    assert!(one != two && one != none && two != none);
}

/// row: *_patch_steady_state.
#[test]
fn the_second_pass_gives_the_same_bytes() {
    let catalog = catalog();
    let manifests = patched_gateway("router_settings: { b: 1, a: 2 }");
    assert_eq!(render(&catalog, "", &manifests).tree(), render(&catalog, "", &manifests).tree());
}

/// row: toolgateway_routes_test, what stands behind a route.
#[test]
fn upstreams_are_resolved() {
    let catalog = catalog();
    let of = |server: &str, upstream: &str, namespace: &str| {
        let manifests = tool("default", "gw", "")
            + server
            + &made(
                "ToolRoute",
                namespace,
                "r",
                &format!("{{ toolGatewayRef: {{ name: gw, namespace: default }}, upstream: {upstream} }}"),
            );
        let rendered = render(&catalog, "", &manifests);
        let model = &rendered.plan.agentic.model;
        match model.gateways[0].routes.first() {
            Some(route) => Ok((route.upstream.url.clone(), route.upstream.transport.clone())),
            None => Err(model.unserved[0].2.clone()),
        }
    };
    let server = |namespace: &str, name: &str, spec: &str| {
        made("ToolServer", namespace, name, &format!("{{ protocol: mcp, image: i{spec} }}"))
    };
    let pair = |url: &str, transport: &str| Ok((url.to_owned(), transport.to_owned()));
    assert_eq!(
        of(
            &server("default", "search", ", transportType: http, port: 8080"),
            "{ toolServerRef: { name: search } }",
            "default"
        ),
        pair("http://search.default.svc.cluster.local:8080/mcp", "http")
    );
    assert_eq!(
        of(
            &server("default", "files", ", transportType: sse, port: 9000"),
            "{ toolServerRef: { name: files } }",
            "default"
        ),
        pair("http://files.default.svc.cluster.local:9000/sse", "sse")
    );
    assert_eq!(
        of(
            &server("ns2", "x", ", port: 80, path: /custom"),
            "{ toolServerRef: { name: x, namespace: ns2 } }",
            "default"
        ),
        pair("http://x.ns2.svc.cluster.local:80/custom", "http")
    );
    assert_eq!(
        of("", "{ toolServerRef: { name: gone } }", "default"),
        Err(Unserved::Upstream(Broken::NoServer("default".into(), "gone".into())))
    );
    assert_eq!(
        of("", "{ external: { url: \"https://example.com/mcp\" } }", "default"),
        pair("https://example.com/mcp", "http")
    );
    assert_eq!(
        of("", "{ external: { url: \"https://example.com/sse\" } }", "default"),
        pair("https://example.com/sse", "sse")
    );
    // A query does not end the path.
    assert_eq!(
        of("", "{ external: { url: \"https://example.com/mcp?x=/sse\" } }", "default"),
        pair("https://example.com/mcp?x=/sse", "http")
    );
    assert!(matches!(
        of("", "{ external: { url: \"http:///mcp\" } }", "default"),
        Err(Unserved::Upstream(Broken::Because(_)))
    ));
    // What the CRD refuses: `://broken`, an unknown transport, neither or both upstreams.
    for (manifests, words) in [
        (made("ToolRoute", "default", "r", "{ upstream: { external: { url: \"://broken\" } } }"), "external"),
        (made("ToolServer", "default", "s", "{ protocol: mcp, image: i, transportType: websocket }"), "websocket"),
        (made("ToolRoute", "default", "r", "{ upstream: {} }"), "exactly one of toolServerRef, external"),
        (
            made(
                "ToolRoute",
                "default",
                "r",
                "{ upstream: { toolServerRef: { name: a }, external: { url: http://a } } }",
            ),
            "exactly one",
        ),
    ] {
        let findings = try_render(&catalog, "", &manifests).expect_err(words);
        assert!(findings.iter().any(|f| f.message.contains(words)), "{}", report::text(&findings));
    }
}

/// row: toolgateway_routes_test, keys, attachment, filters, partial success.
#[test]
fn routes_are_attached_and_keyed() {
    let catalog = catalog();
    assert_eq!(route::key("default", "search"), "default__search");
    assert_ne!(route::key("foo-bar", "baz"), route::key("foo", "bar-baz"));
    let gateways = tool("default", "gw", "") + &tool("other", "gw", "");
    let to = |reference: &str| format!("{{ {reference}upstream: {{ external: {{ url: http://u/mcp }} }} }}");
    for (reference, namespace, attached) in [
        ("toolGatewayRef: { name: gw, namespace: other }, ", "default", Some("other")), // explicit match
        ("toolGatewayRef: { name: nope }, ", "default", None),                          // mismatch
        ("toolGatewayRef: { name: gw }, ", "default", Some("default")), // the reference's namespace is the route's
        ("", "default", None),                                          // no reference
    ] {
        let rendered = render(&catalog, "", &(gateways.clone() + &made("ToolRoute", namespace, "r", &to(reference))));
        let serving =
            rendered.plan.agentic.model.gateways.iter().find(|g| !g.routes.is_empty()).map(|g| g.namespace.clone());
        assert_eq!(serving.as_deref(), attached, "{reference}");
        assert_eq!(codes(&rendered, Severity::Warning).contains(&Code::DeadRoute), attached.is_none(), "{reference}");
    }
    // One good and one bad route: only the good one is in the map.
    let manifests = tool("default", "gw", "")
        + &made("ToolRoute", "default", "ok-route", &to("toolGatewayRef: { name: gw }, "))
        + &made(
            "ToolRoute",
            "default",
            "bad",
            "{ toolGatewayRef: { name: gw }, upstream: { toolServerRef: { name: gone } } }",
        );
    let rendered = render(&catalog, "", &manifests);
    let text = config(&rendered);
    assert!(text.contains("default__ok_route:") && !text.contains("bad"), "{text}");
    assert!(said(&rendered, Code::DeadRoute).contains("there is no ToolServer default/gone"));
    // Filters are passed on as they are, and what LiteLLM makes of them is told.
    let filter = "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://u/mcp } }, toolFilter: { allow: [search, \"fetch_*\"], deny: [\"delete_*\"] } }";
    let rendered = render(&catalog, "", &(tool("default", "gw", "") + &made("ToolRoute", "default", "r", filter)));
    assert!(
        flat(&config(&rendered)).contains("- search\n- fetch_*\ndisallowed_tools:\n- delete_*\n"),
        "{}",
        config(&rendered)
    );
    assert_eq!(codes(&rendered, Severity::Warning).iter().filter(|c| **c == Code::ToolFilter).count(), 3);
    // Keys can collide, whatever the comment upstream says.
    let twins = tool("default", "gw", "")
        + &made("ToolRoute", "a", "b--c", &to("toolGatewayRef: { name: gw, namespace: default }, "))
        + &made("ToolRoute", "a--b", "c", &to("toolGatewayRef: { name: gw, namespace: default }, "));
    assert_eq!(codes(&render(&catalog, "", &twins), Severity::Error), [Code::RouteKey]);
}

/// row: toolgateway_controller_test, the URLs.
#[test]
fn urls_are_those_of_the_status() {
    let catalog = catalog();
    let manifests = tool("tool-gateway", "gw1", "")
        + &made(
            "ToolRoute",
            "default",
            "ok-route",
            "{ toolGatewayRef: { name: gw1, namespace: tool-gateway }, upstream: { external: { url: http://u/mcp } } }",
        );
    let rendered = render(&catalog, "", &manifests);
    assert_eq!(gateway(&rendered).url, "http://gw1.tool-gateway.svc.cluster.local");
    assert_eq!(
        gateway(&rendered).routes[0].url.as_deref(),
        Some("http://gw1.tool-gateway.svc.cluster.local/mcp/default__ok_route")
    );
    // agentgateway has another path: who reads the URL from the status, or from here, need not know.
    let other = manifests.replace("toolGatewayClassName: litellm", "toolGatewayClassName: agentgateway");
    let rendered = render(&catalog, "", &other);
    assert_eq!(
        gateway(&rendered).routes[0].url.as_deref(),
        Some("http://gw1.tool-gateway.svc.cluster.local/default/ok-route/mcp")
    );
}

/// Globs and lists as CEL, as tool-gateway-agentgateway's tests pin them.
#[test]
fn filters_become_cel() {
    let cel = |allow: &[&str], deny: &[&str]| {
        let owned = |list: &[&str]| list.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        route::filter(&owned(allow), &owned(deny))
    };
    assert_eq!(cel(&["get_*"], &[]).as_deref(), Some(r#"mcp.tool.name.matches("^get_.*$")"#));
    assert_eq!(cel(&["search_issues"], &[]).as_deref(), Some(r#"mcp.tool.name == "search_issues""#));
    assert_eq!(cel(&["a.b*"], &[]).as_deref(), Some(r#"mcp.tool.name.matches("^a\\.b.*$")"#));
    assert_eq!(
        cel(&["a", "b?"], &["c"]).as_deref(),
        Some(r#"(mcp.tool.name == "a" || mcp.tool.name.matches("^b.$")) && !(mcp.tool.name == "c")"#)
    );
    assert_eq!(cel(&[], &["c*"]).as_deref(), Some(r#"!(mcp.tool.name.matches("^c.*$"))"#));
    assert_eq!(cel(&[], &[]), None);
    assert_eq!(cel(&["say \"hi\""], &[]).as_deref(), Some(r#"mcp.tool.name == "say \"hi\"""#));
}

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
    let said = explain_gateway::explain(&rendered.plan.agentic.model, "Agent/team/a").expect("an agent");
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

/// Another class, the same manifests: nothing that the user wrote changes, and what is passed on is what was written.
#[test]
fn swapping_a_class_changes_no_manifest() {
    let catalog = catalog();
    let manifests = ai("models", "chat", "")
        + &made("ToolGateway", "tool-gateway", "tools", "{}")
        + &made(
            "ToolRoute",
            "team",
            "r",
            "{ toolGatewayRef: { name: tools, namespace: tool-gateway }, upstream: { external: { url: http://u/mcp } } }",
        );
    let mut paths = Vec::new();
    for (settings, on_ai, on_tools) in [
        ("defaultClass: { ToolGateway: litellm }", "litellm", "litellm"),
        ("targets: { litellm: contract }, defaultClass: { ToolGateway: litellm }", "contract", "contract"),
        ("", "litellm", "agentgateway"),
        ("targets: { litellm: contract, agentgateway: contract }", "contract", "contract"),
    ] {
        let rendered = render(&catalog, settings, &manifests);
        let gateways = &rendered.plan.agentic.model.gateways;
        assert_eq!(
            (gateways[0].target.as_deref(), gateways[1].target.as_deref()),
            (Some(on_ai), Some(on_tools)),
            "{settings}"
        );
        assert_eq!(codes(&rendered, Severity::Error), [], "{settings}");
        // Callers find both at the same place, whoever serves them; only a route's path belongs to its class.
        assert_eq!(gateways[0].url, "http://chat.models.svc.cluster.local:80");
        assert_eq!(gateways[1].url, "http://tools.tool-gateway.svc.cluster.local");
        paths.push(gateways[1].routes[0].url.clone());
        for input in &rendered.plan.agentic.inputs {
            let passed = object(&rendered, &input.identity.kind, &input.identity.namespace, &input.identity.name);
            let contract = if input.identity.kind == "AiGateway" { on_ai } else { on_tools } == "contract";
            assert_eq!(passed.is_some(), contract, "{settings}: {}", input.identity);
            if let Some(passed) = passed {
                assert_eq!(passed["spec"], input.value["spec"]);
            }
        }
    }
    assert!(paths[0] == paths[1] && paths[2] == paths[3] && paths[0] != paths[2], "{paths:?}");
}

/// A fork adds a class with a target of its own: one group file, one folder, no Rust.
#[test]
fn a_fork_adds_a_class() {
    let group = "summary: Tool gateways on another proxy\nfeature: mine\nrequires: [operators]\ncollects: { agentic_gateway: {} }\n\
                 provides:\n  agentic_class:\n    for: [mine]\n    kind: ToolGateway\n    name: mine\n    controller: example.com/mine\n    target: mine\n    path: \"/t/{namespace}.{name}\"\n\
                 components:\n  mine:\n    when: agentic_gateway | selectattr('target', 'eq', 'mine')\n    namespace: \"{{ agentic_gateway | selectattr('target', 'eq', 'mine') | collect('namespace') | first }}\"\n    path: mine\n    wave: 30\n";
    let template = "{% for gateway in agentic_gateway if gateway.target == \"mine\" %}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: {{ gateway.name }}, namespace: {{ gateway.namespace }} }\n\
                    data: { routes: {{ gateway.routes | map(attribute=\"upstream.url\") | join(\",\") }} }\n{% endfor %}\n";
    let files = BTreeMap::from([
        ("groups/mine.yaml".into(), group.into()),
        ("templates/mine/configmap.yaml".into(), template.into()),
    ]);
    let catalog = Catalog::new(&files).unwrap_or_else(|f| panic!("{}", report::text(&f)));
    let features = "platform: { name: p, argocd: { repoURL: https://git.example.com/p.git } }\nfeatures: { agentic: true, mine: true }\n";
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let mut clusters = pipeline::read(&inputs, &catalog).expect("sound");
    let manifests = made("ToolGateway", "d", "gw", "{ toolGatewayClassName: mine }")
        + &made(
            "ToolRoute",
            "d",
            "r",
            "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://u/mcp } } }",
        );
    clusters[0].manifests = vec![Source::new("gateways/case.yaml", manifests)];
    let rendered =
        pipeline::render(&catalog, &clusters[0], &Memo::default()).unwrap_or_else(|f| panic!("{}", report::text(&f)));
    assert!(rendered.findings(&Crds::default()).is_empty(), "{}", report::text(&rendered.findings(&Crds::default())));
    assert_eq!(object(&rendered, "ConfigMap", "d", "gw").expect("its own")["data"]["routes"], "http://u/mcp");
    assert_eq!(gateway(&rendered).routes[0].url.as_deref(), Some("http://gw.d.svc.cluster.local/t/d.r"));
}

/// What the contract cannot say, and a setting for nobody.
#[test]
fn overrides_add_what_the_contract_cannot_say() {
    let catalog = catalog();
    let over = "overrides: { default/gw: { models: { gpt-4: { apiBase: \"http://g/v1\", inputPrice: 2, outputPrice: 8 } }, replicas: 3, secretHash: d1bdfa9725879973 } }";
    let rendered = render(&catalog, over, &ai("default", "gw", ""));
    let text = config(&rendered);
    assert!(
        flat(&text).contains("api_base: http://g/v1\ninput_cost_per_token: 2e-06\noutput_cost_per_token: 8e-06\n"),
        "{text}"
    );
    let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(
        deployment["spec"]["template"]["metadata"]["annotations"]["gateway.agentic-layer.ai/secret-hash"],
        "d1bdfa9725879973"
    );
    for (settings, words) in [
        (over.to_owned(), "there is no gateway `default/gw`"),
        (format!("targets: {{ litellm: contract }}, {over}"), "says nothing to the operator"),
    ] {
        let manifests = if words.starts_with("there") { ai("default", "gv", "") } else { ai("default", "gw", "") };
        let findings = try_render(&catalog, &settings, &manifests).expect_err(words);
        assert!(findings[0].message.contains(words), "{}", report::text(&findings));
    }
}

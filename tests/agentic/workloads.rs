//! Deployment, Service and ConfigMap of a gateway.

use gatewright::text::finding::{Code, Finding, Severity};
use gatewright::verdict::crd::Crds;
use serde_json::{Value, json};

use crate::{PRESIDIO, ai, catalog, codes, gateway, made, object, patched_gateway, render, tool, try_render};

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

/// row: e2e, a variable in spec.env rolls the pod, and its configuration stays. row: secret_hash_test, of no Secret.
#[test]
fn what_rolls_a_pod() {
    let catalog = catalog();
    let template = |more: &str| {
        let rendered = render(&catalog, "", &ai("default", "gw", more));
        let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
        deployment["spec"]["template"].clone()
    };
    let (before, after) = (template(""), template(", env: [{ name: NO_DOCS, value: \"True\" }]"));
    assert_eq!(before["metadata"], after["metadata"]);
    assert_ne!(before["spec"], after["spec"]);
    let hash = &before["metadata"]["annotations"]["gateway.agentic-layer.ai/secret-hash"];
    assert_eq!(hash.as_str(), gatewright::text::digest::hex(b"").get(..16));
}

/// Two owners of one Deployment, or an object where the gateway has its own: told where it was written, before two templates
/// make one object.
#[test]
fn names_have_one_owner() {
    let catalog = catalog();
    let map = |name: &str| {
        format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name}, namespace: d }}\ndata: {{}}\n")
    };
    let server = made("ToolServer", "d", "gw", "{ protocol: mcp, transportType: http, image: i }");
    for (settings, manifests) in [
        ("", ai("d", "gw", "") + &tool("d", "gw", "")),
        ("", ai("d", "gw", "") + &made("ToolGateway", "d", "gw", "{ toolGatewayClassName: agentgateway }")),
        ("", ai("d", "gw", "") + &map("gw-config")),
        ("", ai("d", "gw", "") + &server),
        ("targets: { litellm: contract }", ai("d", "gw", "") + &tool("d", "gw", "")),
    ] {
        let findings = match try_render(&catalog, settings, &manifests) {
            Ok(rendered) => rendered.findings(&Crds::default()),
            Err(findings) => findings,
        };
        let errors: Vec<&Finding> = findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert_eq!(errors.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::GatewayName], "{settings} {manifests}");
        assert_eq!(errors[0].place.as_ref().expect("a place").source.name, "gateways/case.yaml");
    }
    let apart = ai("d", "gw", "") + &tool("e", "gw", "") + &map("gw-conf");
    assert_eq!(codes(&render(&catalog, "", &apart), Severity::Error), []);
}

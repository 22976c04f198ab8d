//! ToolGateways on agentgateway: inputs that the golden case does not have.

use gatewright::text::finding::{Code, Severity};
use serde_json::json;

use crate::{PRESIDIO, catalog, codes, made, object, render, try_render};

fn gateway(more: &str) -> String {
    made("ToolGateway", "d", "gw", &format!("{{ toolGatewayClassName: agentgateway{more} }}"))
}

/// Of two variables the last counts; what is no `key=value` is no header; a source is no text.
#[test]
fn variables_become_settings() {
    let catalog = catalog();
    let parameters = |env: &str| {
        let rendered = render(&catalog, "", &gateway(&format!(", env: [{env}]")));
        object(&rendered, "AgentgatewayParameters", "d", "gw").expect("its own")["spec"].clone()
    };
    let two = parameters("{ name: B, value: x }, { name: A, value: first }, { name: A, value: second }");
    assert_eq!(two["env"], json!([{ "name": "A", "value": "second" }, { "name": "B", "value": "x" }]));
    let endpoint = "{ name: OTEL_EXPORTER_OTLP_ENDPOINT, value: \"http://c:4317\" }";
    let headers = |text: &str| {
        parameters(&format!("{endpoint}, {{ name: OTEL_EXPORTER_OTLP_HEADERS, value: \"{text}\" }}"))["rawConfig"]["config"]
            ["tracing"]["headers"]
            .clone()
    };
    assert_eq!(headers("a=b=c, d = e,"), json!({ "a": "b=c", "d": "e" }));
    assert_eq!(headers("none"), json!(null));
    let source =
        parameters("{ name: OTEL_EXPORTER_OTLP_ENDPOINT, valueFrom: { fieldRef: { fieldPath: status.hostIP } } }");
    assert_eq!(source.get("rawConfig"), None);
}

/// A second guard, a mode or a type that the adapter does not know: told, and never left out without a word.
#[test]
fn one_guard_fits() {
    let catalog = catalog();
    let guard =
        |name: &str, mode: &str| made("Guard", "d", name, &format!("{{ mode: [{mode}], providerRef: {{ name: p }} }}"));
    let with = |guards: &str, rest: String| gateway(&format!(", guardrails: [{guards}]")) + &rest;
    let presidio = made("GuardrailProvider", "d", "p", PRESIDIO);
    let moderation = made("GuardrailProvider", "d", "p", "{ type: openai-moderation-api }");
    for (manifests, told) in [
        (with("{ name: a }", guard("a", "pre_call") + &presidio), 0),
        (with("{ name: a }, { name: b }", guard("a", "pre_call") + &guard("b", "post_call") + &presidio), 1),
        (with("{ name: a }", guard("a", "pre_call, during_call") + &presidio), 1),
        (with("{ name: a }", guard("a", "pre_call") + &moderation), 1),
    ] {
        assert_eq!(
            codes(&render(&catalog, "", &manifests), Severity::Error),
            vec![Code::GuardSkipped; told],
            "{manifests}"
        );
    }
}

/// Names that Kubernetes allows and file systems do not.
#[test]
fn long_names_have_short_files() {
    let catalog = catalog();
    let name = "r".repeat(240);
    let route =
        format!("{{ toolGatewayRef: {{ name: gw }}, upstream: {{ external: {{ url: http://u/{} }} }} }}", "mcp");
    let rendered = render(&catalog, "", &(gateway("") + &made("ToolRoute", "d", &name, &route)));
    let paths: Vec<&str> = rendered.bundle.manifests.values().map(|placed| placed.path.as_str()).collect();
    let longest = paths.iter().flat_map(|path| path.split('/')).map(str::len).max();
    assert!(paths.iter().any(|path| path.contains("httproute-gw-rrr")) && longest < Some(230), "{longest:?}");
}

/// Two gateways whose routes get objects of one name, in the routes' namespace.
#[test]
fn routes_of_two_gateways_can_clash() {
    let catalog = catalog();
    let route = |name: &str, gateway: &str| {
        let spec = format!(
            "{{ toolGatewayRef: {{ name: {gateway}, namespace: d }}, upstream: {{ external: {{ url: http://u/mcp }} }} }}"
        );
        made("ToolRoute", "team", name, &spec)
    };
    let other = made("ToolGateway", "d", "gw-b", "{ toolGatewayClassName: agentgateway }");
    let clash = gateway("") + &other + &route("b-c", "gw") + &route("c", "gw-b");
    let findings = try_render(&catalog, "", &clash).expect_err("two objects of one name");
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::GatewayName]);
    let contract = render(&catalog, "targets: { agentgateway: contract }", &clash);
    assert_eq!(codes(&contract, Severity::Error), [Code::GatewayName]);
    let apart = gateway("") + &other + &route("b-c", "gw") + &route("d", "gw-b");
    assert_eq!(codes(&render(&catalog, "", &apart), Severity::Error), []);
}

//! Config patches: found, refused, applied.

use gatewright::agentic::config_patch::{patched, strict};
use gatewright::text::finding::{Code, Severity};
use gatewright::text::goyaml::{self, Yaml};
use serde_json::json;

use crate::{ai, catalog, codes, config, gateway, made, object, patched_gateway, render, said, tool, try_render};

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

/// row: *_patch_steady_state.
#[test]
fn the_second_pass_gives_the_same_bytes() {
    let catalog = catalog();
    let manifests = patched_gateway("router_settings: { b: 1, a: 2 }");
    assert_eq!(render(&catalog, "", &manifests).tree(), render(&catalog, "", &manifests).tree());
}

/// row: patch_test Render, on a tool gateway; and LoadPatch with an annotation that names nothing.
#[test]
fn a_patch_keeps_what_it_does_not_name() {
    let catalog = catalog();
    let route = made(
        "ToolRoute",
        "default",
        "echo",
        "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://echo/mcp } } }",
    );
    let annotated = |name: &str| {
        let annotation = format!("annotations: {{ ai-gateway-litellm.agentic-layer.ai/config-patch: {name} }}");
        tool("default", "gw", "").replace("namespace: default }", &format!("namespace: default, {annotation} }}"))
            + &route
    };
    let map = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: patch, namespace: default }\ndata:\n  patch.yaml: |\n    \
               mcp_servers: { default__echo: { auth_type: oauth2 } }\n    router_settings: { num_retries: 2 }\n    \
               litellm_settings: { request_timeout: null }\n";
    assert_eq!(
        config(&render(&catalog, "", &(annotated("patch") + map))),
        "litellm_settings:\n    callbacks:\n        - otel\n        - prometheus\nmcp_servers:\n    default__echo:\n        \
         allow_all_keys: true\n        auth_type: oauth2\n        transport: http\n        url: http://echo/mcp\nrouter_settings:\n    \
         num_retries: 2\n"
    );
    let plain = tool("default", "gw", "") + &route;
    assert_eq!(config(&render(&catalog, "", &annotated("\"\""))), config(&render(&catalog, "", &plain)));
    // The ConfigMap stands in the gateway's namespace, and nowhere else.
    let elsewhere = annotated("patch") + &map.replace("namespace: default", "namespace: other");
    assert!(said(&render(&catalog, "", &elsewhere), Code::ConfigPatch).contains("not found"));
}

/// A master key in clear text, wherever a patch or a variable can hold it.
#[test]
fn master_keys_are_never_literal() {
    let catalog = catalog();
    for key in ["general_settings: { master_key: hunter2 }", "litellm_settings: { master_key: 12345 }"] {
        let rendered = render(&catalog, "", &patched_gateway(key));
        assert!(codes(&rendered, Severity::Error).contains(&Code::LiteralMasterKey), "{key}");
        let over = format!("overrides: {{ default/gw: {{ configPatch: {{ {key} }} }} }}");
        let findings = try_render(&catalog, &over, &ai("default", "gw", "")).expect_err(key);
        assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::LiteralMasterKey]);
        assert_eq!(findings[0].place.as_ref().expect("a place").source.name, "features.yaml");
    }
    let variable = ", env: [{ name: LITELLM_MASTER_KEY, value: hunter2 }]";
    let rendered = render(&catalog, "", &ai("default", "gw", variable));
    assert!(codes(&rendered, Severity::Error).contains(&Code::LiteralMasterKey));
    // A reference is none, and neither is a null that removes one.
    for key in ["os.environ/LITELLM_MASTER_KEY", "null"] {
        let over =
            format!("overrides: {{ default/gw: {{ configPatch: {{ general_settings: {{ master_key: {key} }} }} }} }}");
        assert!(try_render(&catalog, &over, &ai("default", "gw", "")).is_ok(), "{key}");
    }
}

//! ToolRoutes: what stands behind one, under which key, URL and filter.

use gatewright::agentic::model::Unserved;
use gatewright::agentic::route::{self, Broken};
use gatewright::command::report;
use gatewright::text::finding::{Code, Severity};

use crate::{catalog, codes, config, flat, gateway, made, render, said, tool, try_render};

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

/// The transport is told from the path as Go's net/url reads it; what it cannot read is no upstream.
#[test]
fn urls_are_read_as_go_reads_them() {
    let catalog = catalog();
    for (url, transport) in [
        ("http://h/v1/sse?x=1#y", Some("sse")),
        ("http://h/%73se", Some("sse")),
        ("http://h/a%2Fsse", Some("sse")),
        ("http://h/sse/", Some("http")),
        ("http://h/xsse", Some("http")),
        ("http://h?/sse", Some("http")),
        ("http://h/SSE", Some("http")),
        ("http://[::1]:8080/mcp", Some("http")),
        ("http://h/mcp?q=%zz", Some("http")),
        ("http://h/%zz", None),
        ("http://h/%4", None),
        ("http://h/a b", None),
        ("http://h:70000/mcp", None),
        ("http://h:0/mcp", None),
    ] {
        let route = format!("{{ toolGatewayRef: {{ name: gw }}, upstream: {{ external: {{ url: \"{url}\" }} }} }}");
        let rendered = render(&catalog, "", &(tool("default", "gw", "") + &made("ToolRoute", "default", "r", &route)));
        let found = gateway(&rendered).routes.first().map(|r| (r.upstream.url.as_str(), r.upstream.transport.as_str()));
        assert_eq!(found, transport.map(|transport| (url, transport)));
    }
}

/// The Service of a ToolServer is its operator's, so a route to it calls nothing that is missing.
#[test]
fn servers_left_to_their_operator_can_be_called() {
    let catalog = catalog();
    let manifests = tool("default", "gw", "")
        + &made("ToolServer", "team", "search", "{ protocol: mcp, transportType: http, image: i }")
        + &made(
            "ToolRoute",
            "team",
            "r",
            "{ toolGatewayRef: { name: gw, namespace: default }, upstream: { toolServerRef: { name: search } } }",
        );
    let rendered = render(&catalog, "", &manifests);
    assert!(config(&rendered).contains("url: http://search.team.svc.cluster.local:8080/mcp\n"));
    assert_eq!(codes(&rendered, Severity::Error), []);
    let other = manifests.replace(
        "toolServerRef: { name: search }",
        "external: { url: \"http://serach.team.svc.cluster.local:8080/mcp\" }",
    );
    assert_eq!(codes(&render(&catalog, "", &other), Severity::Error), [Code::DanglingReference]);
}

/// agentgateway knows host, port and path of a server, LiteLLM its whole URL; a model's name travels in a header.
#[test]
fn what_would_be_lost_later_is_refused_now() {
    let catalog = catalog();
    let route = made(
        "ToolRoute",
        "default",
        "r",
        "{ toolGatewayRef: { name: gw }, upstream: { external: { url: \"https://mcp.example.com/mcp?tenant=a\" } } }",
    );
    let gateway = made("ToolGateway", "default", "gw", "{ toolGatewayClassName: agentgateway }");
    assert_eq!(codes(&render(&catalog, "", &(gateway + &route)), Severity::Error), [Code::FieldWithoutEffect]);
    assert!(
        !codes(&render(&catalog, "", &(tool("default", "gw", "") + &route)), Severity::Error)
            .contains(&Code::FieldWithoutEffect)
    );

    let model = |name: &str| {
        made(
            "AiGateway",
            "default",
            "ai",
            &format!("{{ aiGatewayClassName: litellm, aiModels: [{{ provider: openai, name: \"{name}\" }}] }}"),
        )
    };
    assert!(said(&render(&catalog, "", &model("gpt\\n4")), Code::HeaderValue).contains("control character"));
    assert_eq!(said(&render(&catalog, "", &model("gpt-4")), Code::HeaderValue), "");
}

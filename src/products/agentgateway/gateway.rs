//! Known traps between the objects of a model gateway: pools and providers, MCP servers, the controller's switches.

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY, INFERENCE};
use crate::object::labels::selects;
use crate::object::object::Object;
use crate::products::agentgateway::backend::{pinned, providers};
use crate::products::agentgateway::entrance;
use crate::references::application::{Given, chart_value, charts};
use crate::references::gateways::{backends, gateways, is_agentgateway, resolve};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[
    saas_behind_pool,
    inference_extension_off,
    chart_config,
    open_proxy,
    mcp_without_app_protocol,
    pod_labels,
    entrance::plain_text,
    entrance::unused_certificate,
];

/// Labels by which the controller of agentgateway selects a Gateway's pods; they hold the Gateway's name.
const SELECTED_BY: [&str; 3] =
    ["app.kubernetes.io/name", "app.kubernetes.io/instance", "gateway.networking.k8s.io/gateway-name"];

/// With other labels on the pods the API server refuses the Deployment, and the Gateway says Programmed all the same.
fn pod_labels(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in world.objects.of(GATEWAY, "Gateway").filter(|g| is_agentgateway(world, g)) {
        let name = gateway.text_at("/spec/infrastructure/parametersRef/name");
        let found = world.objects.get(AGENTGATEWAY, "AgentgatewayParameters", gateway.home(), name);
        for (parameters, label) in found.into_iter().flat_map(|p| SELECTED_BY.map(|label| (p, label))) {
            let pointer = format!("/spec/deployment/spec/template/metadata/labels/{}", escaped(label));
            if parameters.at(&pointer).is_some_and(|value| *value != gateway.identity.name.as_str()) {
                let message = format!(
                    "{} changes the label `{label}`, by which the controller selects the pods of {}: there will be none",
                    parameters.identity, gateway.identity
                );
                let finding = parameters.error(Code::InvalidMetadata, &pointer, message);
                findings.push(finding.help("remove it; other labels are yours"));
            }
        }
    }
    findings
}

/// Routes that lead to an InferencePool.
fn pool_routes<'w, 'a>(world: &'w World<'a>) -> impl Iterator<Item = &'w Object<'a>> {
    let to_pool =
        |(_, reference): &(String, &Value)| reference["kind"] == "InferencePool" && reference["group"] == INFERENCE;
    world.objects.of(GATEWAY, "HTTPRoute").filter(move |route| backends(route).iter().any(to_pool))
}

fn saas_behind_pool(world: &World<'_>) -> Vec<Finding> {
    let all = world
        .objects
        .of(AGENTGATEWAY, "AgentgatewayBackend")
        .flat_map(|b| providers(b).into_iter().map(move |(_, p)| (b, p)));
    // A host of one's own may well be a local server that speaks a provider's language.
    let saas = all.filter(|(_, provider)| provider.get("host").is_none());
    let models: Vec<(&str, &Object<'_>)> =
        saas.filter_map(|(backend, provider)| Some((pinned(provider)?, backend))).collect();
    let mut findings = Vec::new();
    for route in pool_routes(world).filter(|_| !models.is_empty()) {
        for (pointer, rule) in route.all("/spec/rules/*") {
            let to_pool = rule["backendRefs"].as_array().into_iter().flatten().any(|r| r["kind"] == "InferencePool");
            let headers = route.all(&format!("{pointer}/matches/*/headers/*/value"));
            let hit =
                headers.iter().find_map(|(at, value)| Some((at, models.iter().find(|(model, _)| *value == model)?)));
            let Some((at, (model, backend))) = hit.filter(|_| to_pool) else { continue };
            let message = format!(
                "{} sends {model} to an InferencePool, and {} says it is a provider's",
                route.identity, backend.identity
            );
            let finding = route.error(Code::SaasBehindPool, at, message);
            findings.push(
                finding.help("a provider's model is reached through its AgentgatewayBackend; a pool picks among pods"),
            );
        }
    }
    findings
}

fn inference_extension_off(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (application, pointer, source) in charts(world, "agentgateway") {
        let value = chart_value(source, "inferenceExtension.enabled");
        let off = value != Given::Value(true.into()) && value != Given::Elsewhere;
        let Some(route) = pool_routes(world).find(|_| off) else { continue };
        let message = format!(
            "{} installs agentgateway without `inferenceExtension.enabled`: the pool of {} is no backend",
            application.identity, route.identity
        );
        let finding = application.error(Code::InferenceExtensionOff, &format!("{pointer}/chart"), message);
        findings.push(finding.help("add `inferenceExtension: {enabled: true}` to the values of the chart"));
    }
    findings
}

fn chart_config(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (application, pointer, source) in charts(world, "agentgateway") {
        if matches!(chart_value(source, "config"), Given::Value(_)) {
            let inside = if source["helm"].get("valuesObject").is_some() { "/valuesObject/config" } else { "" };
            let pointer = format!("{pointer}/helm{inside}");
            let message = format!("the value `config` of {} does nothing: the chart has none", application.identity);
            let finding = application.warning(Code::FieldWithoutEffect, &pointer, message);
            findings.push(finding.help("configure the proxy by AgentgatewayParameters or an AgentgatewayPolicy"));
        }
    }
    findings
}

fn open_proxy(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        if backend.at("/spec/dynamicForwardProxy").is_none() {
            continue;
        }
        let leads = |route: &&Object<'_>| {
            let mut to = backends(route).into_iter().filter_map(|(_, r)| resolve(world, route, r, ("", "Service")));
            to.any(|found| found.identity == backend.identity)
        };
        let open =
            |route: &&Object<'_>| route.items("/spec/hostnames").is_empty() && !gateways(world, route).is_empty();
        let Some(route) = world.objects.of(GATEWAY, "HTTPRoute").filter(leads).find(open) else { continue };
        let message = format!(
            "{} goes wherever the caller's Host header says, and {} lets any host in",
            backend.identity, route.identity
        );
        let finding = backend.warning(Code::OpenProxy, "/spec/dynamicForwardProxy", message);
        findings.push(finding.help("list the allowed names under `hostnames` of the route"));
    }
    findings
}

/// What makes a port of a Service an MCP server.
const MCP: [&str; 4] = ["agentgateway.dev/mcp", "agentgateway.dev/mcp-sse", "kgateway.dev/mcp", "kgateway.dev/mcp-sse"];

fn mcp_without_app_protocol(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for backend in world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        for (_, selector) in backend.all("/spec/mcp/targets/*/selector") {
            let services: Vec<&Object<'_>> =
                world.objects.of("", "Service").filter(|service| selected(world, backend, selector, service)).collect();
            let speaks = |service: &&Object<'_>| {
                let mut ports = service.items("/spec/ports").iter();
                ports.any(|port| port["appProtocol"].as_str().is_some_and(|p| MCP.contains(&p)))
            };
            if services.iter().any(speaks) {
                continue;
            }
            let Some(service) = services.first() else { continue };
            let message = format!(
                "{} is an MCP server for {}, and none of its ports says so",
                service.identity, backend.identity
            );
            let finding = service.error(Code::McpWithoutAppProtocol, "/spec/ports", message);
            findings.push(finding.help("add `appProtocol: agentgateway.dev/mcp` to the port"));
        }
    }
    findings
}

/// Whether an MCP selector takes in a Service, as far as labels of namespaces are known.
fn selected(world: &World<'_>, backend: &Object<'_>, selector: &Value, service: &Object<'_>) -> bool {
    let namespace = &service.identity.namespace;
    let in_namespace = match selector.get("namespaces") {
        None => *namespace == backend.identity.namespace,
        Some(wanted) => world.objects.get("", "Namespace", "", namespace).is_some_and(|n| selects(wanted, n.labels())),
    };
    in_namespace && selector.get("services").is_none_or(|wanted| selects(wanted, service.labels()))
}

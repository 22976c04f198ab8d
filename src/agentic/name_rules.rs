//! Rules on names: what two objects would own, in the cluster or in the rendered tree.

use std::collections::BTreeMap;

use crate::agentic::class::AGENTGATEWAY_TOOL;
use crate::agentic::input::GROUP;
use crate::agentic::model::Gateway;
use crate::agentic::seen::Seen;
use crate::object::object::{Identity, Object};
use crate::text::finding::{Code, Finding};

/// Gateways, agents and tool servers each get a Deployment and a Service of their name.
pub fn names(seen: &Seen<'_>) -> Vec<Finding> {
    clashes(seen, &|_| true)
}

/// The same among what is rendered here, which is told before two templates make one object.
pub fn rendered_names(seen: &Seen<'_>) -> Vec<Finding> {
    clashes(seen, &|Identity { kind, namespace, name, .. }| {
        seen.model.gateway(kind, namespace, name).is_some_and(Gateway::is_direct)
    })
}

/// LiteLLM answers with the alias in a header, and a line break in it ends the connection.
pub fn models(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.objects.of(GROUP, "AiGateway") {
        for (pointer, name) in
            ["name", "provider"].iter().flat_map(|key| gateway.all(&format!("/spec/aiModels/*/{key}")))
        {
            if name.as_str().is_some_and(|name| name.contains(char::is_control)) {
                let message = format!("{} has a control character in the name of a model", gateway.identity);
                let finding = gateway.error(Code::HeaderValue, &pointer, message);
                findings.push(finding.help("it travels in a header, which can't hold it: use printable characters"));
            }
        }
    }
    findings
}

/// Whether something is to be looked at.
type Counts<'c> = &'c dyn Fn(&Identity) -> bool;

fn clashes(seen: &Seen<'_>, counts: Counts<'_>) -> Vec<Finding> {
    [workloads, adopted, routes].iter().flat_map(|rule| rule(seen, counts)).collect()
}

fn workloads(seen: &Seen<'_>, counts: Counts<'_>) -> Vec<Finding> {
    let mut owners: BTreeMap<(&str, &str), &Object<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    let kinds = ["AiGateway", "ToolGateway", "Agent", "ToolServer"];
    for object in kinds.iter().flat_map(|kind| seen.objects.of(GROUP, kind)).filter(|o| counts(o.identity)) {
        let Identity { namespace, name, .. } = object.identity;
        if let Some(first) = owners.insert((namespace, name), object) {
            findings.push(twice(first, object, &format!("Deployment {namespace}/{name}")));
        }
    }
    findings
}

fn twice(first: &Object<'_>, object: &Object<'_>, what: &str) -> Finding {
    let message = format!("{} and {} would both have the {what}", first.identity, object.identity);
    let finding = object.error(Code::GatewayName, "/metadata/name", message).help("rename one of them");
    finding.related(first.place("/metadata/name"), "the other one")
}

/// What stands where a gateway has an object of its own.
fn adopted(seen: &Seen<'_>, counts: Counts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for gateway in seen.model.gateways.iter().filter(|g| counts(seen.object(g).identity)) {
        let config = format!("{}-config", gateway.name);
        let mut made = vec![("apps", "Deployment", &gateway.name), ("", "Service", &gateway.name)];
        made.extend(gateway.is_litellm().then_some(("", "ConfigMap", &config)));
        for (group, kind, name) in made {
            let found = seen.objects.get(group, kind, &gateway.namespace, name);
            if let Some(object) = found.filter(|_| gateway.patch.config_map() != Some(name)) {
                let message = format!("{} takes the place of {}", seen.object(gateway).identity, object.identity);
                let help = "rename one of them: the operator takes over what has no owner, and overwrites it";
                findings.push(object.error(Code::GatewayName, "/metadata/name", message).help(help));
            }
        }
    }
    findings
}

/// On agentgateway a route gets objects `<gateway>-<route>` in its own namespace: `a` and `b-c`, `a-b` and `c`.
fn routes(seen: &Seen<'_>, counts: Counts<'_>) -> Vec<Finding> {
    let mut owners: BTreeMap<(&str, String), &Object<'_>> = BTreeMap::new();
    let mut findings = Vec::new();
    let on_agentgateway = |g: &&Gateway| g.by().is_some_and(|class| class.controller == AGENTGATEWAY_TOOL);
    let gateways = seen.model.gateways.iter().filter(on_agentgateway).filter(|g| counts(seen.object(g).identity));
    for (gateway, route) in gateways.flat_map(|gateway| gateway.routes.iter().map(move |route| (gateway, route))) {
        let name = format!("{}-{}", gateway.name, route.name);
        let object = seen.of("ToolRoute", &route.namespace, &route.name);
        if let Some(first) = owners.insert((&route.namespace, name.clone()), object) {
            findings.push(twice(first, object, &format!("HTTPRoute {}/{name}", route.namespace)));
        }
    }
    findings
}

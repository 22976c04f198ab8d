//! What of agentgateway and the Gateway API acts on what: routes and their Gateways, policies and their targets. Answers
//! only; what is wrong with them is for the rules.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::labels::selects;
use crate::object::object::Object;
use crate::references::world::World;

/// All AgentgatewayPolicies.
pub fn policies<'w, 'a>(world: &'w World<'a>) -> impl Iterator<Item = &'w Object<'a>> {
    world.objects.of(AGENTGATEWAY, "AgentgatewayPolicy")
}

/// The backendRefs of a route's rules, each with its pointer.
pub fn backends<'a>(route: &Object<'a>) -> Vec<(String, &'a Value)> {
    route.all("/spec/rules/*/backendRefs/*")
}

/// The object that a reference in `from` names: its group, kind, namespace and name, each with its default.
pub fn resolve<'w, 'a>(
    world: &'w World<'a>,
    from: &Object<'_>,
    reference: &Value,
    default: (&str, &str),
) -> Option<&'w Object<'a>> {
    let text = |key: &str| reference[key].as_str();
    let (group, kind) = (text("group").unwrap_or(default.0), text("kind").unwrap_or(default.1));
    let namespace = text("namespace").unwrap_or(&from.identity.namespace);
    world.objects.get(group, kind, namespace, text("name")?)
}

/// The Gateways of agentgateway that a route attaches to, as far as the files hold them.
pub fn gateways<'w, 'a>(world: &'w World<'a>, route: &Object<'_>) -> Vec<&'w Object<'a>> {
    let parents = route.items("/spec/parentRefs").iter();
    let found = parents.filter_map(|parent| resolve(world, route, parent, (GATEWAY, "Gateway")));
    found.filter(|parent| is_agentgateway(world, parent)).collect()
}

/// Whether agentgateway runs that Gateway: its class has the name the controller gives it, or is one of its controller's.
pub fn is_agentgateway(world: &World<'_>, gateway: &Object<'_>) -> bool {
    let class = gateway.text_at("/spec/gatewayClassName");
    gateway.is(GATEWAY, "Gateway")
        && match world.objects.get(GATEWAY, "GatewayClass", "", class) {
            Some(class) => class.text_at("/spec/controllerName") == "agentgateway.dev/agentgateway",
            None => class == "agentgateway",
        }
}

/// Whether a policy's targets take in an object, or a section of it. Targets lie in the policy's namespace.
pub fn targets(policy: &Object<'_>, object: &Object<'_>) -> bool {
    let same = |target: &Value| {
        target["kind"] == object.identity.kind.as_str()
            && target["group"].as_str().unwrap_or_default() == object.identity.group
    };
    policy.home() == object.home()
        && (policy.items("/spec/targetRefs").iter().any(|t| same(t) && t["name"] == object.identity.name.as_str())
            || policy.items("/spec/targetSelectors").iter().any(|t| same(t) && selects(t, object.labels())))
}

/// The routes of a kind that a policy targets: those that it names are looked up, for there may be thousands of both.
pub fn targeted<'w, 'a>(world: &'w World<'a>, policy: &Object<'_>, kind: &str) -> Vec<&'w Object<'a>> {
    let namespace = policy.identity.namespace.as_str();
    let is = |route: &&Object<'_>| targets(policy, route);
    if namespace.is_empty() || policy.at("/spec/targetSelectors").is_some() {
        return world.objects.of(GATEWAY, kind).filter(is).collect();
    }
    let names: BTreeSet<&str> = policy.items("/spec/targetRefs").iter().filter_map(|t| t["name"].as_str()).collect();
    // One without a namespace may lie beside it.
    let all = ["", namespace].into_iter().flat_map(|namespace| names.iter().map(move |name| (namespace, *name)));
    all.filter_map(|(namespace, name)| world.objects.get(GATEWAY, kind, namespace, name)).filter(is).collect()
}

/// Whether a policy acts on the traffic to a backend: it targets the backend, a route to it, or some Gateway.
pub fn acts_on_backend(world: &World<'_>, policy: &Object<'_>, backend: &Object<'_>) -> bool {
    let kinds = policy.all("/spec/targetRefs/*/kind").into_iter().chain(policy.all("/spec/targetSelectors/*/kind"));
    let on_gateway = kinds.into_iter().any(|(_, kind)| kind == "Gateway" || kind == "ListenerSet");
    let leads = |route: &Object<'_>| {
        let to = |reference: &Value| {
            reference["name"] == backend.identity.name.as_str()
                && reference["kind"] == backend.identity.kind.as_str()
                && reference["namespace"].as_str().unwrap_or(&route.identity.namespace) == backend.identity.namespace
        };
        backends(route).iter().any(|(_, reference)| to(reference))
    };
    let mut routes = ["HTTPRoute", "GRPCRoute"].into_iter().flat_map(|kind| targeted(world, policy, kind));
    on_gateway || targets(policy, backend) || routes.any(leads)
}

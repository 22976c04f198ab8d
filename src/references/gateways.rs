//! What of agentgateway and the Gateway API acts on what: routes and their Gateways, policies and their targets. Answers
//! only; what is wrong with them is for the rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY};
use crate::object::labels::selects;
use crate::object::object::{Identity, Object};
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

/// Policies by what they target: there may be thousands of them, and of what is asked about.
pub struct Targeting<'p, 'a> {
    policies: Vec<&'p Object<'a>>,
    /// By home, group, kind and name.
    named: BTreeMap<[&'a str; 4], Vec<usize>>,
    /// By the first label of a selector, where it has one.
    labelled: BTreeMap<Option<(&'a str, &'a str)>, Vec<usize>>,
}

impl<'p, 'a> Targeting<'p, 'a> {
    /// The targets of these policies.
    pub fn new(policies: impl Iterator<Item = &'p Object<'a>>) -> Self {
        let policies: Vec<&Object<'a>> = policies.collect();
        let (mut named, mut labelled) = (BTreeMap::<_, Vec<usize>>::new(), BTreeMap::<_, Vec<usize>>::new());
        for (i, policy) in policies.iter().enumerate() {
            for target in policy.items("/spec/targetRefs") {
                let [group, kind, name] = ["group", "kind", "name"].map(|key| target[key].as_str().unwrap_or_default());
                named.entry([policy.home(), group, kind, name]).or_default().push(i);
            }
            for target in policy.items("/spec/targetSelectors") {
                let first = target["matchLabels"].as_object().and_then(|labels| labels.iter().next());
                labelled
                    .entry(first.and_then(|(key, value)| Some((key.as_str(), value.as_str()?))))
                    .or_default()
                    .push(i);
            }
        }
        Self { policies, named, labelled }
    }

    /// Those whose targets take in an object, or a section of it, in their order.
    pub fn on(&self, object: &Object<'_>) -> Vec<&'p Object<'a>> {
        let Identity { group, kind, name, .. } = object.identity;
        let named = self.named.get(&[object.home(), group.as_str(), kind.as_str(), name.as_str()]);
        let labels = object.labels().into_iter().flatten();
        let labels = labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
        let labelled = labels.map(Some).chain([None]).filter_map(|label| self.labelled.get(&label));
        let near: BTreeSet<usize> = named.into_iter().chain(labelled).flatten().copied().collect();
        near.into_iter().map(|i| self.policies[i]).filter(|policy| targets(policy, object)).collect()
    }
}

/// The backends on whose traffic some policies act.
pub struct Acting<'p, 'a> {
    /// One of them targets some Gateway.
    everywhere: bool,
    targeting: Targeting<'p, 'a>,
    /// Namespace, kind and name of those to which a targeted route leads.
    routed: BTreeSet<[&'a str; 3]>,
}

impl<'p, 'a> Acting<'p, 'a> {
    /// What these policies act on.
    pub fn new(world: &'p World<'a>, policies: impl Iterator<Item = &'p Object<'a>>) -> Self {
        let targeting = Targeting::new(policies);
        let kinds = |policy: &Object<'a>| {
            policy.all("/spec/targetRefs/*/kind").into_iter().chain(policy.all("/spec/targetSelectors/*/kind"))
        };
        let on_gateway = |policy: &&Object<'a>| kinds(policy).any(|(_, k)| k == "Gateway" || k == "ListenerSet");
        let everywhere = targeting.policies.iter().any(on_gateway);
        let targeted = |policy: &&'p Object<'a>| {
            let policy = *policy;
            ["HTTPRoute", "GRPCRoute"].into_iter().flat_map(move |kind| targeted(world, policy, kind))
        };
        let routes: BTreeMap<&Identity, &Object<'a>> =
            targeting.policies.iter().flat_map(targeted).map(|route| (route.identity, route)).collect();
        let mut routed = BTreeSet::new();
        for (route, (_, reference)) in
            routes.values().flat_map(|route| backends(route).into_iter().map(move |b| (route, b)))
        {
            let text = |key: &str| reference[key].as_str();
            if let (Some(kind), Some(name)) = (text("kind"), text("name")) {
                routed.insert([text("namespace").unwrap_or(&route.identity.namespace), kind, name]);
            }
        }
        Self { everywhere, targeting, routed }
    }

    /// Whether one of them acts on a backend: it targets the backend, a route to it, or some Gateway.
    pub fn on(&self, backend: &Object<'_>) -> bool {
        let Identity { namespace, kind, name, .. } = backend.identity;
        self.everywhere
            || self.routed.contains(&[namespace.as_str(), kind.as_str(), name.as_str()])
            || !self.targeting.on(backend).is_empty()
    }
}

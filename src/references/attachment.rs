//! Inventory -> routes that no listener takes, and references into another namespace that nothing allows. Follows the Gateway
//! API 1.5 and what agentgateway makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, ESO, GATEWAY, INFERENCE};
use crate::object::labels::selects;
use crate::object::object::{Identity, Object};
use crate::references::inventory::{Inventory, Origin};
use crate::references::listener::{Guest, Listener, listeners_of, refusal, refused};
use crate::text::finding::{Code, Finding};
use crate::text::schema::did_you_mean;
use crate::text::shown::listed;

/// Kinds that attach to listeners.
const ROUTES: [&str; 5] = ["GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute"];

fn routes<'w, 'a>(inventory: &'w Inventory<'_, 'a>) -> impl Iterator<Item = &'w Object<'a>> {
    ROUTES.iter().flat_map(|kind| inventory.world.objects.of(GATEWAY, kind))
}

/// Each parentRef of a route finds a listener that takes it.
pub fn listeners(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut known: BTreeMap<&Identity, Vec<Listener<'_>>> = BTreeMap::new();
    for route in routes(inventory) {
        let guest = Guest::new(route);
        for (i, parent) in route.items("/spec/parentRefs").iter().enumerate() {
            let text = |key: &str| parent[key].as_str();
            let group = text("group").unwrap_or(GATEWAY);
            let kind = text("kind").unwrap_or("Gateway");
            let namespace = text("namespace").unwrap_or(&route.identity.namespace);
            let Some(thing) = inventory.find(group, kind, namespace, text("name").unwrap_or_default()) else {
                continue;
            };
            let Origin::File(gateway) = &thing.origin else { continue };
            // Who applies an object without a namespace says which.
            if gateway.identity.namespace.is_empty() != namespace.is_empty() {
                continue;
            }
            if group == GATEWAY && ["Gateway", "ListenerSet"].contains(&kind) {
                let all = known.entry(gateway.identity).or_insert_with(|| listeners_of(gateway));
                findings.extend(attached(inventory, &guest, parent, &format!("/spec/parentRefs/{i}"), (gateway, all)));
            }
        }
    }
    findings
}

fn attached(
    inventory: &Inventory<'_, '_>,
    guest: &Guest<'_, '_>,
    parent: &Value,
    pointer: &str,
    (gateway, all): (&Object<'_>, &[Listener<'_>]),
) -> Option<Finding> {
    let route = guest.route;
    let wrong = |at: &str, message: String| route.error(Code::NotAttached, &format!("{pointer}{at}"), message);
    if !all.iter().any(|listener| listener.is_section(parent)) {
        let names: Vec<&str> = all.iter().filter_map(|l| l.name).collect();
        let section = parent["sectionName"].as_str().unwrap_or_default();
        let message =
            format!("{} asks for the listener `{section}`, which {} does not have", route.identity, gateway.identity);
        return Some(wrong("/sectionName", message).help(did_you_mean(section, &names)));
    }
    let chosen: Vec<&Listener<'_>> = all.iter().filter(|l| l.is_section(parent) && l.is_at(parent)).collect();
    if chosen.is_empty() {
        let message = format!(
            "{} asks for port {}, on which {} does not listen",
            route.identity, parent["port"], gateway.identity
        );
        return Some(wrong("/port", message));
    }
    if chosen.iter().any(|l| refused(inventory, guest, l).is_none()) {
        return None;
    }
    let refusals = listed(chosen.iter(), "; ", |listener| refusal(inventory, guest, listener));
    let message = format!("{} is not let in by {}: {refusals}", route.identity, gateway.identity);
    Some(wrong("/name", message).help("change `allowedRoutes` or the hostname of the listener, or the route"))
}

/// A reference into another namespace needs the consent of that namespace, and with agentgateway some never get it.
pub fn grants(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let grants = Grants::new(inventory);
    for route in routes(inventory) {
        for (rule, value) in route.items("/spec/rules").iter().enumerate() {
            let backends = value["backendRefs"].as_array().into_iter().flatten().enumerate();
            for (i, backend) in backends {
                let pointer = format!("/spec/rules/{rule}/backendRefs/{i}");
                findings.extend(crossing(&grants, route, backend, &pointer, ("", "Service")));
            }
        }
    }
    for gateway in inventory.world.objects.of(GATEWAY, "Gateway") {
        for (listener, value) in gateway.items("/spec/listeners").iter().enumerate() {
            let certificates = value["tls"]["certificateRefs"].as_array().into_iter().flatten().enumerate();
            for (i, certificate) in certificates {
                let pointer = format!("/spec/listeners/{listener}/tls/certificateRefs/{i}");
                findings.extend(crossing(&grants, gateway, certificate, &pointer, ("", "Secret")));
            }
        }
    }
    findings
}

/// What the ReferenceGrants allow.
struct Grants<'i, 'w, 'a> {
    inventory: &'i Inventory<'w, 'a>,
    /// Namespaces of files.
    namespaces: BTreeSet<&'a str>,
    /// By their namespace, and by group, kind and namespace of those that may refer: group, kind and name of what they may.
    allowed: BTreeMap<(&'a str, [&'a str; 3]), BTreeSet<[&'a str; 3]>>,
}

impl<'i, 'w, 'a> Grants<'i, 'w, 'a> {
    fn new(inventory: &'i Inventory<'w, 'a>) -> Self {
        let namespaces = inventory.world.objects.iter().map(|o| o.identity.namespace.as_str()).collect();
        let text = |value: &'a Value, key: &str| value[key].as_str().unwrap_or_default();
        let mut allowed: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for grant in inventory.world.objects.of(GATEWAY, "ReferenceGrant") {
            for from in grant.items("/spec/from") {
                let from = ["group", "kind", "namespace"].map(|key| text(from, key));
                // Without a name each of the kind is meant.
                let to = grant.items("/spec/to").iter().filter(|to| to["group"].is_string());
                let to = to.map(|to| ["group", "kind", "name"].map(|key| text(to, key)));
                allowed.entry((grant.identity.namespace.as_str(), from)).or_default().extend(to);
            }
        }
        Self { inventory, namespaces, allowed }
    }

    fn allow(&self, from: &Identity, (group, kind, namespace, name): (&str, &str, &str, &str)) -> bool {
        let key = (namespace, [from.group.as_str(), &from.kind, &from.namespace]);
        let fits = |to: &BTreeSet<[&str; 3]>| ["", name].iter().any(|name| to.contains(&[group, kind, *name]));
        self.allowed.get(&key).is_some_and(fits)
    }
}

fn crossing(
    grants: &Grants<'_, '_, '_>,
    from: &Object<'_>,
    reference: &Value,
    pointer: &str,
    default: (&str, &str),
) -> Option<Finding> {
    let inventory = grants.inventory;
    let text = |key: &str| reference[key].as_str();
    // Of an object that names no namespace nobody knows whether it crosses into another.
    let namespace = text("namespace").filter(|n| *n != from.identity.namespace)?;
    if from.identity.namespace.is_empty() {
        return None;
    }
    let (group, kind) = (text("group").unwrap_or(default.0), text("kind").unwrap_or(default.1));
    let name = text("name").unwrap_or_default();
    let wrong = |message: String| from.error(Code::NotGranted, &format!("{pointer}/namespace"), message);
    // A route that hands over to routes of another namespace asks nobody there (agentgateway, references_collection.go;
    // so does kgateway, whose delegation it is).
    if (group, kind) == (GATEWAY, "HTTPRoute") {
        return None;
    }
    let never = group == AGENTGATEWAY || group == INFERENCE && is_for_agentgateway(inventory, from);
    if never {
        let message = format!(
            "{} names {kind} {namespace}/{name}, and agentgateway follows no such reference into another namespace",
            from.identity
        );
        return Some(
            wrong(message)
                .help(format!("a ReferenceGrant does not help: put the route into the namespace {namespace}")),
        );
    }
    let ours = inventory.world.closed || grants.namespaces.contains(namespace);
    let granted = grants.allow(from.identity, (group, kind, namespace, name));
    // One of another folder may be for this; which of its parts kustomize changes is not known.
    let own = inventory.world.objects.of_in(GATEWAY, "ReferenceGrant", namespace).next().is_some();
    let elsewhere = inventory.world.beyond.is_some_and(|b| !own && b.has_some("ReferenceGrant", namespace));
    if granted || elsewhere || !ours {
        return None;
    }
    let message =
        format!("{} names {kind} {namespace}/{name}, and no ReferenceGrant in that namespace allows it", from.identity);
    Some(wrong(message).help(format!(
        "add a ReferenceGrant to {namespace} from {} in {} to {kind}",
        from.identity.kind, from.identity.namespace
    )))
}

/// A Gateway that a route names is of agentgateway's class.
fn is_for_agentgateway(inventory: &Inventory<'_, '_>, route: &Object<'_>) -> bool {
    route.items("/spec/parentRefs").iter().any(|parent| {
        let namespace = parent["namespace"].as_str().unwrap_or(&route.identity.namespace);
        let thing = inventory.find(GATEWAY, "Gateway", namespace, parent["name"].as_str().unwrap_or_default());
        thing.and_then(|t| t.object()).is_some_and(|g| g.text_at("/spec/gatewayClassName").contains("agentgateway"))
    })
}

/// A ClusterSecretStore serves the namespaces that its conditions name.
pub fn stores(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (kind, pointer) in [("ExternalSecret", "/spec/secretStoreRef"), ("PushSecret", "/spec/secretStoreRefs/0")] {
        for object in inventory.world.objects.of(ESO, kind) {
            let store = object.text_at(&format!("{pointer}/name"));
            if object.text_at(&format!("{pointer}/kind")) != "ClusterSecretStore" {
                continue;
            }
            let Some(Origin::File(store)) = inventory.find(ESO, "ClusterSecretStore", "", store).map(|t| &t.origin)
            else {
                continue;
            };
            let conditions = store.items("/spec/conditions");
            if conditions.is_empty() || conditions.iter().any(|c| serves(inventory, c, &object.identity.namespace)) {
                continue;
            }
            let message =
                format!("{} reads from {}, which does not serve its namespace", object.identity, store.identity);
            let finding = object.error(Code::NotGranted, &format!("{pointer}/name"), message);
            let place = store.place("/spec/conditions");
            findings.push(
                finding.related(place, "these it serves").help("add the namespace to the conditions of the store"),
            );
        }
    }
    findings
}

fn serves(inventory: &Inventory<'_, '_>, condition: &Value, namespace: &str) -> bool {
    let listed = condition["namespaces"].as_array().is_some_and(|names| names.iter().any(|n| n == namespace));
    let selected = condition.get("namespaceSelector").is_some_and(|selector| {
        let thing = inventory.find("", "Namespace", "", namespace);
        thing.is_none_or(|thing| selects(selector, thing.labels()))
    });
    // What a regular expression means is left to the operator.
    listed || selected || condition.get("namespaceRegexes").is_some()
}

//! Inventory -> routes that no listener takes, and references into another namespace that nothing allows. Follows the Gateway
//! API 1.5 and what agentgateway makes of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::object::api_group::{AGENTGATEWAY, ESO, GATEWAY, INFERENCE};
use crate::object::labels::selects;
use crate::object::object::{Identity, Object};
use crate::references::inventory::{Inventory, Origin};
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
    for route in routes(inventory) {
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
                findings.extend(attached(inventory, route, parent, &format!("/spec/parentRefs/{i}"), gateway));
            }
        }
    }
    findings
}

fn attached(
    inventory: &Inventory<'_, '_>,
    route: &Object<'_>,
    parent: &Value,
    pointer: &str,
    gateway: &Object<'_>,
) -> Option<Finding> {
    let wrong = |at: &str, message: String| route.error(Code::NotAttached, &format!("{pointer}{at}"), message);
    let all = gateway.items("/spec/listeners");
    let named = |l: &&Value| parent["sectionName"].as_str().is_none_or(|section| l["name"] == section);
    let at_port = |l: &&Value| parent["port"].as_i64().is_none_or(|port| l["port"].as_i64() == Some(port));
    let names: Vec<&str> = all.iter().filter_map(|l| l["name"].as_str()).collect();
    if !all.iter().any(|l| named(&l)) {
        let section = parent["sectionName"].as_str().unwrap_or_default();
        let message =
            format!("{} asks for the listener `{section}`, which {} does not have", route.identity, gateway.identity);
        return Some(wrong("/sectionName", message).help(did_you_mean(section, &names)));
    }
    let chosen: Vec<&Value> = all.iter().filter(|l| named(l) && at_port(l)).collect();
    if chosen.is_empty() {
        let message = format!(
            "{} asks for port {}, on which {} does not listen",
            route.identity, parent["port"], gateway.identity
        );
        return Some(wrong("/port", message));
    }
    if chosen.iter().any(|l| refused(inventory, route, gateway, l).is_none()) {
        return None;
    }
    let refusals = listed(chosen.iter(), "; ", |listener| refusal(inventory, route, gateway, listener));
    let message = format!("{} is not let in by {}: {refusals}", route.identity, gateway.identity);
    Some(wrong("/name", message).help("change `allowedRoutes` or the hostname of the listener, or the route"))
}

/// The names of the listeners of a Gateway that take a route.
pub fn takers<'g>(inventory: &Inventory<'_, '_>, route: &Object<'_>, gateway: &Object<'g>) -> Vec<&'g str> {
    let named = |parent: &&Value| {
        let namespace = parent["namespace"].as_str().unwrap_or(&route.identity.namespace);
        parent["name"] == *gateway.identity.name && namespace == gateway.identity.namespace
    };
    let asked = |listener: &Value| {
        let same = |key: &str, of: &str, parent: &Value| parent.get(key).is_none_or(|wanted| *wanted == listener[of]);
        let mut parents = route.items("/spec/parentRefs").iter().filter(named);
        parents.any(|parent| same("sectionName", "name", parent) && same("port", "port", parent))
    };
    let listeners = gateway.items("/spec/listeners").iter();
    let taking = listeners.filter(|l| asked(l) && refused(inventory, route, gateway, l).is_none());
    taking.filter_map(|l| l["name"].as_str()).collect()
}

/// What of a route a listener does not take.
enum Refused {
    Namespace,
    Kind,
    Hostnames,
}

fn refused(
    inventory: &Inventory<'_, '_>,
    route: &Object<'_>,
    gateway: &Object<'_>,
    listener: &Value,
) -> Option<Refused> {
    let mut hostnames = route.items("/spec/hostnames").iter().filter_map(Value::as_str).peekable();
    let of_listener = listener["hostname"].as_str().unwrap_or_default();
    if !namespace_allowed(inventory, &route.identity.namespace, gateway, listener) {
        return Some(Refused::Namespace);
    }
    if !kind_allowed(&route.identity.kind, listener) {
        return Some(Refused::Kind);
    }
    let other = !of_listener.is_empty() && hostnames.peek().is_some() && !hostnames.any(|h| hosts_meet(h, of_listener));
    other.then_some(Refused::Hostnames)
}

/// Why a listener does not take a route.
fn refusal(inventory: &Inventory<'_, '_>, route: &Object<'_>, gateway: &Object<'_>, listener: &Value) -> String {
    let name = listener["name"].as_str().unwrap_or_default();
    match refused(inventory, route, gateway, listener) {
        Some(Refused::Namespace) => {
            format!("the listener `{name}` takes no routes from the namespace {}", route.identity.namespace)
        }
        Some(Refused::Kind) => format!("the listener `{name}` takes no {}", route.identity.kind),
        _ => {
            let hostnames = route.items("/spec/hostnames").iter().filter_map(Value::as_str);
            let hostnames = listed(hostnames, ", ", str::to_owned);
            let of_listener = listener["hostname"].as_str().unwrap_or_default();
            format!("the listener `{name}` is for {of_listener}, the route for {hostnames}")
        }
    }
}

fn namespace_allowed(inventory: &Inventory<'_, '_>, namespace: &str, gateway: &Object<'_>, listener: &Value) -> bool {
    let allowed = &listener["allowedRoutes"]["namespaces"];
    match allowed["from"].as_str().unwrap_or("Same") {
        "Same" => namespace == gateway.identity.namespace,
        "None" => false,
        "Selector" => {
            let thing = inventory.find("", "Namespace", "", namespace);
            let mut labels = thing.and_then(|t| t.labels()).cloned().unwrap_or_default();
            labels.insert("kubernetes.io/metadata.name".into(), namespace.into());
            // Of a namespace that is not ours the other labels are not known.
            let known = thing.is_some_and(|t| matches!(t.origin, Origin::File(_)));
            let only_name = names_only(&allowed["selector"]);
            selects(&allowed["selector"], Some(&labels)) || !known && !only_name
        }
        _ => true,
    }
}

/// The selector asks for nothing but the namespace's name.
fn names_only(selector: &Value) -> bool {
    let labels = selector["matchLabels"].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten().filter_map(|e| e["key"].as_str());
    labels.chain(expressions).all(|key| key == "kubernetes.io/metadata.name")
}

fn kind_allowed(kind: &str, listener: &Value) -> bool {
    match listener["allowedRoutes"]["kinds"].as_array().filter(|kinds| !kinds.is_empty()) {
        Some(kinds) => kinds.iter().any(|k| k["kind"] == kind),
        None => match listener["protocol"].as_str().unwrap_or_default() {
            "HTTP" | "HTTPS" => ["GRPCRoute", "HTTPRoute"].contains(&kind),
            "TLS" => ["TCPRoute", "TLSRoute"].contains(&kind),
            "TCP" => kind == "TCPRoute",
            "UDP" => kind == "UDPRoute",
            _ => true,
        },
    }
}

/// Two hostnames have a name in common; `*.` stands for one or more labels.
pub fn hosts_meet(a: &str, b: &str) -> bool {
    let ends = |text: &str, end: &str| {
        text.len() >= end.len() && text.as_bytes()[text.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
    };
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (None, None) => a.eq_ignore_ascii_case(b),
        (Some(suffix), None) => ends(b, suffix),
        (None, Some(suffix)) => ends(a, suffix),
        (Some(a), Some(b)) => ends(a, b) || ends(b, a),
    }
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
    /// By their namespace, and by group, kind and namespace of those that may refer.
    allowed: BTreeMap<(&'a str, [&'a str; 3]), Vec<&'a [Value]>>,
}

impl<'i, 'w, 'a> Grants<'i, 'w, 'a> {
    fn new(inventory: &'i Inventory<'w, 'a>) -> Self {
        let namespaces = inventory.world.objects.iter().map(|o| o.identity.namespace.as_str()).collect();
        let mut allowed: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for grant in inventory.world.objects.of(GATEWAY, "ReferenceGrant") {
            for from in grant.items("/spec/from") {
                let from = ["group", "kind", "namespace"].map(|key| from[key].as_str().unwrap_or_default());
                let key = (grant.identity.namespace.as_str(), from);
                allowed.entry(key).or_default().push(grant.items("/spec/to"));
            }
        }
        Self { inventory, namespaces, allowed }
    }

    fn allow(&self, from: &Identity, (group, kind, namespace, name): (&str, &str, &str, &str)) -> bool {
        let fits = |to: &Value| {
            let named = to["name"].as_str().filter(|n| !n.is_empty());
            to["kind"] == kind && to["group"] == group && named.is_none_or(|n| n == name)
        };
        let key = (namespace, [from.group.as_str(), &from.kind, &from.namespace]);
        self.allowed.get(&key).is_some_and(|grants| grants.iter().copied().flatten().any(fits))
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

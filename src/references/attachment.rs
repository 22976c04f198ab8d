//! Inventory -> routes that no listener takes, and references into another namespace that nothing allows. Follows the Gateway
//! API 1.5 and what agentgateway makes of it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::object::api_group::{AGENTGATEWAY, ESO, GATEWAY, INFERENCE};
use crate::object::labels::{Labels, selects};
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
    let (section, port) = (parent["sectionName"].as_str(), parent["port"].as_i64());
    let named = |l: &&Listener<'_>| section.is_none_or(|section| l.name == Some(section));
    let at_port = |l: &&Listener<'_>| port.is_none_or(|port| l.port == Some(port));
    if !all.iter().any(|l| named(&l)) {
        let names: Vec<&str> = all.iter().filter_map(|l| l.name).collect();
        let section = section.unwrap_or_default();
        let message =
            format!("{} asks for the listener `{section}`, which {} does not have", route.identity, gateway.identity);
        return Some(wrong("/sectionName", message).help(did_you_mean(section, &names)));
    }
    let chosen: Vec<&Listener<'_>> = all.iter().filter(|l| named(l) && at_port(l)).collect();
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
    let guest = Guest::new(route);
    let listeners = gateway.items("/spec/listeners").iter().filter(|l| asked(l));
    let taking = listeners.map(|l| Listener::new(gateway, l)).filter(|l| refused(inventory, &guest, l).is_none());
    taking.filter_map(|l| l.name).collect()
}

/// A listener as routes ask for it: thousands may ask for thousands.
struct Listener<'g> {
    name: Option<&'g str>,
    port: Option<i64>,
    hostname: &'g str,
    protocol: &'g str,
    /// The namespace of its Gateway.
    home: &'g str,
    /// Whose routes it takes.
    from: &'g str,
    selector: &'g Value,
    kinds: Option<Vec<&'g str>>,
}

fn listeners_of<'g>(gateway: &Object<'g>) -> Vec<Listener<'g>> {
    gateway.items("/spec/listeners").iter().map(|listener| Listener::new(gateway, listener)).collect()
}

impl<'g> Listener<'g> {
    fn new(gateway: &Object<'g>, listener: &'g Value) -> Self {
        let allowed = &listener["allowedRoutes"]["namespaces"];
        let kinds = listener["allowedRoutes"]["kinds"].as_array().filter(|kinds| !kinds.is_empty());
        Self {
            name: listener["name"].as_str(),
            port: listener["port"].as_i64(),
            hostname: listener["hostname"].as_str().unwrap_or_default(),
            protocol: listener["protocol"].as_str().unwrap_or_default(),
            home: &gateway.identity.namespace,
            from: allowed["from"].as_str().unwrap_or("Same"),
            selector: &allowed["selector"],
            kinds: kinds.map(|kinds| kinds.iter().filter_map(|k| k["kind"].as_str()).collect()),
        }
    }
}

/// A route as listeners look at it.
struct Guest<'r, 'a> {
    route: &'r Object<'a>,
    hostnames: Vec<&'a str>,
    /// The labels of its namespace, and whether those are all.
    labels: OnceCell<(Labels, bool)>,
}

impl<'r, 'a> Guest<'r, 'a> {
    fn new(route: &'r Object<'a>) -> Self {
        let hostnames = route.items("/spec/hostnames").iter().filter_map(Value::as_str).collect();
        Self { route, hostnames, labels: OnceCell::new() }
    }

    fn labels(&self, inventory: &Inventory<'_, '_>) -> &(Labels, bool) {
        self.labels.get_or_init(|| {
            let namespace = &self.route.identity.namespace;
            let thing = inventory.find("", "Namespace", "", namespace);
            let mut labels = thing.and_then(|t| t.labels()).cloned().unwrap_or_default();
            labels.insert("kubernetes.io/metadata.name".into(), namespace.as_str().into());
            // Of a namespace that is not ours the other labels are not known.
            (labels, thing.is_some_and(|t| matches!(t.origin, Origin::File(_))))
        })
    }
}

/// What of a route a listener does not take.
enum Refused {
    Namespace,
    Kind,
    Hostnames,
}

fn refused(inventory: &Inventory<'_, '_>, guest: &Guest<'_, '_>, listener: &Listener<'_>) -> Option<Refused> {
    if !namespace_allowed(inventory, guest, listener) {
        return Some(Refused::Namespace);
    }
    if !kind_allowed(&guest.route.identity.kind, listener) {
        return Some(Refused::Kind);
    }
    let hosts = &guest.hostnames;
    let other = !listener.hostname.is_empty() && !hosts.is_empty();
    (other && !hosts.iter().any(|h| hosts_meet(h, listener.hostname))).then_some(Refused::Hostnames)
}

/// Why a listener does not take a route.
fn refusal(inventory: &Inventory<'_, '_>, guest: &Guest<'_, '_>, listener: &Listener<'_>) -> String {
    let (name, identity) = (listener.name.unwrap_or_default(), guest.route.identity);
    match refused(inventory, guest, listener) {
        Some(Refused::Namespace) => {
            format!("the listener `{name}` takes no routes from the namespace {}", identity.namespace)
        }
        Some(Refused::Kind) => format!("the listener `{name}` takes no {}", identity.kind),
        _ => {
            let hostnames = listed(guest.hostnames.iter(), ", ", |h| (*h).to_owned());
            format!("the listener `{name}` is for {}, the route for {hostnames}", listener.hostname)
        }
    }
}

fn namespace_allowed(inventory: &Inventory<'_, '_>, guest: &Guest<'_, '_>, listener: &Listener<'_>) -> bool {
    match listener.from {
        "Same" => guest.route.identity.namespace == listener.home,
        "None" => false,
        "Selector" => {
            let (labels, known) = guest.labels(inventory);
            selects(listener.selector, Some(labels)) || !known && !names_only(listener.selector)
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

fn kind_allowed(kind: &str, listener: &Listener<'_>) -> bool {
    match &listener.kinds {
        Some(kinds) => kinds.contains(&kind),
        None => match listener.protocol {
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

//! A Gateway's listener -> which routes it takes, and why it does not take one. Follows the Gateway API 1.5.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use crate::object::labels::{Labels, selects};
use crate::object::object::Object;
use crate::references::inventory::{Inventory, Origin};
use crate::text::shown::listed;

/// The names of those listeners of a Gateway, which are all of it, that take a route.
pub fn takers<'g>(
    inventory: &Inventory<'_, '_>,
    route: &Object<'_>,
    (gateway, listeners): (&Object<'_>, &[Listener<'g>]),
) -> Vec<&'g str> {
    let named = |parent: &&Value| {
        let namespace = parent["namespace"].as_str().unwrap_or(&route.identity.namespace);
        parent["name"] == *gateway.identity.name && namespace == gateway.identity.namespace
    };
    let parents: Vec<&Value> = route.items("/spec/parentRefs").iter().filter(named).collect();
    let asked = |l: &&Listener<'_>| parents.iter().any(|parent| l.is_section(parent) && l.is_at(parent));
    let guest = Guest::new(route);
    let taking = listeners.iter().filter(asked).filter(|l| refused(inventory, &guest, l).is_none());
    taking.filter_map(|l| l.name).collect()
}

/// A listener as routes ask for it: thousands may ask for thousands.
pub struct Listener<'g> {
    pub(crate) name: Option<&'g str>,
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

/// All of a Gateway.
pub fn listeners_of<'g>(gateway: &Object<'g>) -> Vec<Listener<'g>> {
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

    /// Whether a parentRef names it, or none.
    pub(crate) fn is_section(&self, parent: &Value) -> bool {
        parent["sectionName"].as_str().is_none_or(|section| self.name == Some(section))
    }

    /// Whether a parentRef asks for its port, or for none.
    pub(crate) fn is_at(&self, parent: &Value) -> bool {
        parent["port"].as_i64().is_none_or(|port| self.port == Some(port))
    }
}

/// A route as listeners look at it.
pub(crate) struct Guest<'r, 'a> {
    pub(crate) route: &'r Object<'a>,
    hostnames: Vec<&'a str>,
    /// The labels of its namespace, and whether those are all.
    labels: OnceCell<(Labels, bool)>,
}

impl<'r, 'a> Guest<'r, 'a> {
    pub(crate) fn new(route: &'r Object<'a>) -> Self {
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
pub(crate) enum Refused {
    Namespace,
    Kind,
    Hostnames,
}

pub(crate) fn refused(
    inventory: &Inventory<'_, '_>,
    guest: &Guest<'_, '_>,
    listener: &Listener<'_>,
) -> Option<Refused> {
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
pub(crate) fn refusal(inventory: &Inventory<'_, '_>, guest: &Guest<'_, '_>, listener: &Listener<'_>) -> String {
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

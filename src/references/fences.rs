//! Inventory -> whether NetworkPolicies let pods open a connection to others. What is not known of labels, ports and addresses
//! speaks for it.

use serde_json::Value;

use crate::object::api_group::NETWORKING;
use crate::object::labels::{Labels, may_select};
use crate::object::object::Object;
use crate::references::inventory::{Inventory, Origin};
use crate::references::pods::Pods;

/// The side of a connection at which a policy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// At the pods that are called.
    In,
    /// At the pods that call.
    Out,
}

impl Way {
    /// Its `policyTypes`, and where its rules and their peers stand.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::In => ("Ingress", "/spec/ingress", "from"),
            Self::Out => ("Egress", "/spec/egress", "to"),
        }
    }

    /// JSON pointer of its rules in a policy.
    pub fn rules(self) -> &'static str {
        self.names().1
    }
}

/// All NetworkPolicies.
#[derive(Debug)]
pub struct Fences<'i, 'w, 'a> {
    inventory: &'i Inventory<'w, 'a>,
    policies: Vec<&'i Object<'a>>,
}

impl<'i, 'w, 'a> Fences<'i, 'w, 'a> {
    /// Those of the files.
    pub fn new(inventory: &'i Inventory<'w, 'a>) -> Self {
        Self { inventory, policies: inventory.world.objects.of(NETWORKING, "NetworkPolicy").collect() }
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.policies.is_empty()
    }

    /// A policy that closes pods on a side of a connection with others, where none opens them; `port` is that of the pods that
    /// are called.
    pub fn closed(&self, way: Way, pods: &Pods<'_>, other: &Pods<'_>, port: Option<i64>) -> Option<&'i Object<'a>> {
        let (kind, ..) = way.names();
        let mut over = self.policies.iter().copied().filter(|policy| {
            let types = policy.items("/spec/policyTypes");
            // Without types it is for what comes in, and where it has such rules for what goes out.
            let counts = match types.is_empty() {
                true => way == Way::In || policy.at("/spec/egress").is_some(),
                false => types.iter().any(|t| t == kind),
            };
            let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
            counts && pods.in_namespace(policy.home()) && pods.taken(selector)
        });
        let first = over.next()?;
        let called = if way == Way::In { pods } else { other };
        let opens = |policy: &Object<'_>| {
            let rules = policy.items(way.rules()).iter();
            rules.into_iter().any(|rule| self.has_peer(way, policy, rule, other) && has_port(rule, called, port))
        };
        (!opens(first) && !over.any(opens)).then_some(first)
    }

    fn has_peer(&self, way: Way, policy: &Object<'_>, rule: &Value, other: &Pods<'_>) -> bool {
        let (.., peers) = way.names();
        let may_be = |peer: &Value| self.may_be(peer, policy.home(), other);
        rule[peers].as_array().is_none_or(|peers| peers.is_empty() || peers.iter().any(may_be))
    }

    /// Whether a peer may be these pods.
    fn may_be(&self, peer: &Value, own: &str, other: &Pods<'_>) -> bool {
        if peer.get("ipBlock").is_some() {
            return true;
        }
        let home = other.owner.home();
        let namespace = match peer.get("namespaceSelector") {
            None => own == home,
            Some(selector) => {
                let thing = self.inventory.find("", "Namespace", "", home);
                let known = thing.is_some_and(|t| matches!(t.origin, Origin::File(_)));
                let mut labels: Labels = thing.and_then(|t| t.labels()).cloned().unwrap_or_default();
                labels.insert("kubernetes.io/metadata.name".into(), home.into());
                may_select(selector, &labels, known)
            }
        };
        namespace && peer.get("podSelector").is_none_or(|selector| other.may_be_taken(selector))
    }
}

/// Whether a rule is for a port of the pods that are called; one that is not known may be any.
pub fn has_port(rule: &Value, called: &Pods<'_>, wanted: Option<i64>) -> bool {
    let Some(wanted) = wanted else { return true };
    let named = |name: &str| {
        let ports = called.ports.as_ref();
        ports.is_none_or(|ports| ports.iter().any(|p| p.name == name && p.number == wanted))
    };
    let fits = |port: &Value| match &port["port"] {
        _ if port["protocol"].as_str().is_some_and(|protocol| protocol != "TCP") => false,
        Value::String(name) => named(name),
        Value::Null => true,
        first => {
            let first = first.as_i64().unwrap_or_default();
            (first..=port["endPort"].as_i64().unwrap_or(first)).contains(&wanted)
        }
    };
    rule["ports"].as_array().is_none_or(|ports| ports.is_empty() || ports.iter().any(fits))
}

/// The namespace that a selector takes by its name alone.
pub fn only_namespace(selector: &Value) -> Option<&str> {
    let labels =
        selector["matchLabels"].as_object().filter(|l| l.len() == 1 && selector.get("matchExpressions").is_none());
    labels?.get("kubernetes.io/metadata.name")?.as_str()
}

//! World -> references that lead nowhere. One resolver for the table in `edges`; what is odd has a module of its own.

use serde_json::Value;

use crate::object::api_group::RBAC;
use crate::object::kinds;
use crate::object::object::Object;
use crate::references::edges::{EDGES, Edge, IN_PODS, Namespace, Part, To};
use crate::references::inventory::{Absence, Inventory, Thing};
use crate::references::lone::Lone;
use crate::references::slips;
use crate::references::unnamed::{AllNamed, Unnamed};
use crate::references::waves::{self, Needing};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::pointer::{self, each_below};
use crate::text::schema::did_you_mean;

/// One reference as it stands in an object.
#[derive(Debug)]
pub struct Reference<'o, 'a> {
    edge: &'static Edge,
    from: &'o Object<'a>,
    /// JSON pointer to it.
    pointer: &'o str,
    value: &'a Value,
    group: &'a str,
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
}

/// A reference, as others ask for it.
#[derive(Debug)]
pub struct Named<'o, 'a> {
    /// Who refers.
    pub from: &'o Object<'a>,
    /// JSON pointer to the reference.
    pub pointer: &'o str,
    /// What stands there.
    pub value: &'a Value,
    /// Whether it stands in a pod template.
    pub in_pods: bool,
    /// API group of what is named.
    pub group: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The field of the value that names a port of it.
    pub field: Option<&'static str>,
}

/// Every reference of the table leads to something that has what it needs, and in time.
pub fn references(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let (mut findings, unnamed, mut lone) = (Vec::new(), Unnamed::new(inventory, named), Lone::default());
    all(inventory, &mut |reference| {
        let found = resolve(inventory, &unnamed, reference);
        let Reference { edge, from, group, kind, namespace, name, .. } = *reference;
        if found.is_empty() && !edge.weak && (edge.of.is_empty() || group == RBAC) {
            let home = if namespace.is_empty() { from.home() } else { namespace };
            lone.note(inventory, (kind, home), name, inventory.find(group, kind, namespace, name), || {
                let message = format!("{} names {kind} {name}, which is not there", from.identity);
                let finding = from.warning(Code::DanglingReference, &reference.name_pointer(), message);
                finding.help(format!("add that {kind}: all others that are named are in the files"))
            });
        }
        findings.extend(found);
    });
    findings.extend(lone.findings());
    findings
}

fn named<'a>(inventory: &Inventory<'_, 'a>) -> AllNamed<'a> {
    let mut named = AllNamed::new();
    all(inventory, &mut |reference| {
        let found = inventory.find(reference.group, reference.kind, reference.namespace, reference.name);
        let by_pods = reference.kind == "ServiceAccount" && reference.edge.of.is_empty();
        named.extend(found.map(|found| (reference.kind, found.namespace, found.name.to_string(), by_pods)));
    });
    named
}

/// Looks at every reference of the table.
pub fn each<'a>(inventory: &Inventory<'_, 'a>, look: &mut dyn FnMut(&Named<'_, 'a>)) {
    all(inventory, &mut |reference| {
        let Reference { edge, from, pointer, value, group, kind, namespace, name, .. } = *reference;
        let field = if let Part::Port(field) = edge.part { Some(field) } else { None };
        look(&Named { from, pointer, value, in_pods: edge.of.is_empty(), group, kind, namespace, name, field });
    });
}

fn all<'a>(inventory: &Inventory<'_, 'a>, take: &mut dyn FnMut(&Reference<'_, 'a>)) {
    let mut last = None;
    let mut edges: Vec<&'static Edge> = Vec::new();
    let mut templates: &[String] = &[];
    for object in inventory.world.objects.iter() {
        let kind = (object.identity.group.as_str(), object.identity.kind.as_str());
        if last != Some(kind) {
            last = Some(kind);
            edges = EDGES.iter().filter(|edge| edge.of.contains(&kind)).collect();
            templates = &kinds::of(kind.0, kind.1).pods;
        }
        for Spot { edge, pointer } in &object.fact("", || spots(object, &edges, templates)).0 {
            let found = object.at(pointer).and_then(|value| reference(inventory, edge, object, pointer, value));
            found.iter().for_each(&mut *take);
        }
    }
}

/// Where an object may refer to others.
struct Spots(Vec<Spot>);

struct Spot {
    edge: &'static Edge,
    pointer: String,
}

/// By the edges of its kind, and by those of its pods.
fn spots(object: &Object<'_>, edges: &[&'static Edge], templates: &[String]) -> Spots {
    let mut spots = Vec::new();
    let mut look = |edge: &'static Edge, start: &str| {
        let Some(value) = object.at(start) else { return };
        each_below(value, start, edge.at, &mut |pointer, _| spots.push(Spot { edge, pointer: pointer.to_owned() }));
    };
    edges.iter().for_each(|edge| look(edge, ""));
    templates.iter().for_each(|start| IN_PODS.iter().for_each(|edge| look(edge, start)));
    Spots(spots)
}

/// What stands there as a reference; `None`: there is none, or it says that it may be missing.
fn reference<'o, 'a>(
    inventory: &Inventory<'_, 'a>,
    edge: &'static Edge,
    from: &'o Object<'a>,
    pointer: &'o str,
    value: &'a Value,
) -> Option<Reference<'o, 'a>> {
    let field =
        |path: &str| pointer::part(value, &format!("/{path}")).and_then(Value::as_str).filter(|s| !s.is_empty());
    let name = if edge.name.is_empty() { value.as_str().filter(|s| !s.is_empty()) } else { field(edge.name) }?;
    if value.get("optional") == Some(&Value::Bool(true)) {
        return None;
    }
    // Charts make their ServiceAccount themselves unless they are told not to.
    if edge.namespace == Namespace::Destination && pointer.ends_with("/serviceAccount") && value["create"] != false {
        return None;
    }
    let (group, kind) = match edge.to {
        To::One(group, kind) => (group, kind),
        To::Fields(group, kind) => {
            let of_version = || Some(field("apiVersion")?.split_once('/').map_or("", |(group, _)| group));
            let given =
                value.get("group").or_else(|| value.get("apiGroup")).and_then(Value::as_str).or_else(of_version);
            (given.unwrap_or(group), field("kind").unwrap_or(kind))
        }
        To::Type => ("", field("type")?),
    };
    // The claim of a StatefulSet's own takes the place of a volume of its name.
    let claims = || from.items("/spec/volumeClaimTemplates").iter().any(|claim| claim["metadata"]["name"] == name);
    if kind == "PersistentVolumeClaim" && claims() {
        return None;
    }
    // These are no objects; and `*` stands for all routes of a namespace to which another one hands over (agentgateway).
    if ["", "User", "Group"].contains(&kind) || name == "*" {
        return None;
    }
    let own = from.identity.namespace.as_str();
    let namespace = match edge.namespace {
        _ if inventory.scopes.is_cluster(group, kind) => "",
        Namespace::Own => own,
        Namespace::Field => field("namespace").unwrap_or(own),
        Namespace::OnlyField => field("namespace")?,
        Namespace::Destination => from.text_at("/spec/destination/namespace"),
    };
    Some(Reference { edge, from, pointer, value, group, kind, namespace, name })
}

fn resolve(
    inventory: &Inventory<'_, '_>,
    unnamed: &Unnamed<'_, '_, '_>,
    reference: &Reference<'_, '_>,
) -> Vec<Finding> {
    let Reference { group, kind, namespace, name, .. } = *reference;
    match inventory.find(group, kind, namespace, name) {
        Some(thing) => {
            let changed = inventory.world.beyond.is_some_and(|beyond| beyond.is_changed(kind, namespace, name));
            let mut findings = if changed { Vec::new() } else { part(reference, thing) };
            if reference.edge.first {
                let from = Needing {
                    object: reference.from,
                    pointer: &reference.name_pointer(),
                    content: reference.edge.namespace == Namespace::Destination,
                };
                findings.extend(waves::late(inventory, from, &format!("{kind} {name}"), thing));
            }
            findings
        }
        None => missing(inventory, unnamed, reference).into_iter().collect(),
    }
}

fn missing(
    inventory: &Inventory<'_, '_>,
    unnamed: &Unnamed<'_, '_, '_>,
    reference: &Reference<'_, '_>,
) -> Option<Finding> {
    let Reference { group, kind, namespace, name, from, .. } = *reference;
    let mut left = None;
    let severity = match inventory.absence(from, (group, kind), namespace, name) {
        // It is often made by hand: only a slip tells.
        _ if reference.edge.weak && !inventory.world.closed => {
            slips::meant(inventory, (group, kind), namespace, name)?;
            Severity::Warning
        }
        Absence::Unknown => {
            let made = || inventory.world.beyond?.nearly_made(kind, name).map(str::to_owned);
            let beside = unnamed.beside(from, (group, kind), namespace, name, reference.edge.of.is_empty());
            // Of what operators make a Secret has a name that nobody else gives.
            let of_operator = || {
                let near = || slips::near(inventory, (group, kind), namespace, name).into_iter().next();
                (kind == "Secret").then(near)?.map(|near| near.name.to_string())
            };
            left = Some(beside.or_else(made).or_else(of_operator)?);
            Severity::Warning
        }
        Absence::Sure if !reference.edge.weak => Severity::Error,
        Absence::Likely | Absence::Sure => Severity::Warning,
    };
    let message = match namespace {
        "" => format!("{} names {kind} {name}, which is not there", from.identity),
        _ => format!("{} names {kind} {name}, which is not in the namespace {namespace}", from.identity),
    };
    let finding = from.error(Code::DanglingReference, &reference.strange(inventory), message);
    let help = left.map_or_else(
        || way_out(inventory, reference),
        |left| format!("{kind} {left} is there, which was likely meant"),
    );
    Some(Finding { severity, ..finding.help(help) })
}

fn way_out(inventory: &Inventory<'_, '_>, reference: &Reference<'_, '_>) -> String {
    let Reference { group, kind, namespace, name, .. } = *reference;
    if let Some(other) = inventory.like(reference.from, (group, kind), namespace, name).and_then(|like| like.object()) {
        let group = if other.identity.group.is_empty() { "the core" } else { &other.identity.group };
        return format!("{} is there, of {group}", other.identity);
    }
    if let Some(other) = inventory.named(group, kind, name).next() {
        return format!("it is in the namespace {}", other.namespace);
    }
    let here = inventory.of(group, kind).filter(|thing| thing.namespace == namespace);
    let names: Vec<&str> = here.map(|thing| thing.name.as_ref()).collect();
    match names.is_empty() {
        true if inventory.world.closed => format!("add that {kind}, or declare it under `existing:`"),
        true => format!("add that {kind}"),
        false => did_you_mean(name, &names),
    }
}

/// The keys and ports that a reference needs of what it names.
fn part(reference: &Reference<'_, '_>, thing: &Thing<'_>) -> Vec<Finding> {
    let text = |key: &str| reference.value.get(key).and_then(Value::as_str);
    match reference.edge.part {
        Part::Whole => Vec::new(),
        Part::Key(field) => {
            text(field).and_then(|key| missing_key(reference, thing, key, &format!("/{field}"))).into_iter().collect()
        }
        Part::Keys(keys) => keys.iter().filter_map(|key| missing_key(reference, thing, key, "")).collect(),
        Part::Items => {
            let items = reference.value.get("items").and_then(Value::as_array).into_iter().flatten().enumerate();
            let keys = items.filter_map(|(i, item)| Some((i, item["key"].as_str()?)));
            keys.filter_map(|(i, key)| missing_key(reference, thing, key, &format!("/items/{i}/key"))).collect()
        }
        Part::Port(field) => missing_port(reference, thing, field).into_iter().collect(),
    }
}

fn missing_key(reference: &Reference<'_, '_>, thing: &Thing<'_>, key: &str, at: &str) -> Option<Finding> {
    let keys = thing.keys()?;
    if keys.contains(&key) {
        return None;
    }
    let Reference { from, kind, namespace, name, .. } = *reference;
    let message =
        format!("{} reads the key `{key}` of {kind} {namespace}/{name}, which has none of that name", from.identity);
    let finding = from.error(Code::MissingKey, &format!("{}{at}", reference.pointer), message);
    Some(finding.help(did_you_mean(key, &keys)))
}

fn missing_port(reference: &Reference<'_, '_>, thing: &Thing<'_>, field: &str) -> Option<Finding> {
    if reference.kind != "Service" {
        return None;
    }
    let wanted = match reference.value.get(field)? {
        Value::Object(port) => port.get("number").or_else(|| port.get("name"))?,
        port => port,
    };
    let ports = thing.ports()?;
    let fits = |p: &crate::references::made::Port<'_>| match wanted {
        // The controller of AWS reads this name as one of its actions (aws-load-balancer-controller, ingress annotations).
        Value::String(name) if name == "use-annotation" => true,
        // A section may be told by the number of its port (agentgateway).
        Value::String(name) if field == "sectionName" => p.name == name || name.parse() == Ok(p.number),
        Value::String(name) => p.name == name,
        number => number.as_i64() == Some(p.number),
    };
    if ports.iter().any(fits) {
        return None;
    }
    let Reference { from, namespace, name, .. } = *reference;
    let wanted = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let known: Vec<String> = ports.iter().map(|p| p.number.to_string()).collect();
    let message =
        format!("{} calls port {wanted} of Service {namespace}/{name}, which does not have it", from.identity);
    let finding = from.error(Code::MissingPort, &format!("{}/{field}", reference.pointer), message);
    Some(finding.help(format!("its ports: {}", known.join(", "))))
}

impl Reference<'_, '_> {
    /// What leads astray: the kind or the group, where something of the name is there under another one, else the name.
    fn strange(&self, inventory: &Inventory<'_, '_>) -> String {
        let like = inventory.like(self.from, (self.group, self.kind), self.namespace, self.name);
        let other = like.and_then(|like| like.object()).filter(|other| other.identity.name == self.name);
        let fields: &[&str] = match other {
            Some(other) if other.identity.kind != self.kind => &["kind"],
            Some(_) => &["apiVersion", "apiGroup", "group"],
            None => &[],
        };
        let there = fields.iter().find(|field| self.value.get(**field).is_some());
        there.map_or_else(|| self.name_pointer(), |field| format!("{}/{field}", self.pointer))
    }

    fn name_pointer(&self) -> String {
        match self.edge.name {
            "" => self.pointer.to_owned(),
            name => format!("{}/{name}", self.pointer),
        }
    }
}

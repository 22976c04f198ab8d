//! Inventory -> objects whose namespace or kind the cluster will not have, or not in time, and charts that nothing installs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, APIEXTENSIONS, ARGOCD, CERT_MANAGER, CNPG, GATEWAY, NETWORKING};
use crate::object::existing::Existing;
use crate::object::kinds::{self, is_built_in};
use crate::object::object::Object;
use crate::object::selector::label_at;
use crate::references::gateways;
use crate::references::inventory::{Absence, Inventory, Origin, Thing, is_alike};
use crate::references::waves::{self, Needing};
use crate::references::well_known::NAMESPACES;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::near::is_near;
use crate::text::schema::did_you_mean;

/// Every namespace in use is there, before what lies in it.
pub fn namespaces(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = selected(inventory);
    for object in inventory.world.objects.iter().filter(|o| !o.identity.namespace.is_empty()) {
        let place = Needing { object, pointer: "/metadata/namespace", content: false };
        findings.extend(namespace(inventory, place, &object.identity.namespace));
    }
    for object in &inventory.delivery.applications {
        let place = Needing { object, pointer: "/spec/destination/namespace", content: true };
        let name = object.text_at(place.pointer);
        if !name.is_empty() && !creates_namespace(object) {
            findings.extend(namespace(inventory, place, name));
        }
    }
    findings
}

/// Where selectors of namespaces are: API group, kind, pointer.
const SELECTORS: [(&str, &str, &str); 3] = [
    (NETWORKING, "NetworkPolicy", "/spec/ingress/*/from/*/namespaceSelector"),
    (NETWORKING, "NetworkPolicy", "/spec/egress/*/to/*/namespaceSelector"),
    (GATEWAY, "Gateway", "/spec/listeners/*/allowedRoutes/namespaces/selector"),
];

/// Selectors that take a namespace by its name, which is nearly that of one that is there.
fn selected(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut names: Vec<&str> = inventory.of("", "Namespace").map(|n| n.name.as_ref()).collect();
    names.extend(NAMESPACES.iter().filter(|name| !names.contains(name)).copied().collect::<Vec<_>>());
    names.sort_unstable();
    for (group, kind, pattern) in SELECTORS {
        for object in inventory.world.objects.of(group, kind) {
            for (pointer, selector) in object.all(pattern) {
                let nearly =
                    |name: &&str| names.binary_search(name).is_err() && names.iter().any(|n| is_alike(n, name));
                findings.extend(named(selector).into_iter().filter(nearly).map(|name| {
                    let message = format!("{} is for the namespace {name}, which is not there", object.identity);
                    object
                        .warning(Code::UnknownNamespace, &label_at(object, &pointer), message)
                        .help(did_you_mean(name, &names))
                }));
            }
        }
    }
    findings
}

/// The namespaces that a selector names.
fn named(selector: &Value) -> Vec<&str> {
    const NAME: &str = "kubernetes.io/metadata.name";
    let expressions = selector["matchExpressions"].as_array().into_iter().flatten();
    let listed =
        expressions.filter(|e| e["key"] == NAME && e["operator"] == "In").filter_map(|e| e["values"].as_array());
    [&selector["matchLabels"][NAME]].into_iter().chain(listed.flatten()).filter_map(Value::as_str).collect()
}

fn namespace(inventory: &Inventory<'_, '_>, from: Needing<'_, '_>, name: &str) -> Option<Finding> {
    if let Some(thing) = inventory.find("", "Namespace", "", name) {
        return waves::late(inventory, from, &format!("the Namespace {name}"), thing);
    }
    let identity = from.object.identity;
    let severity = namespace_is_missing(inventory, from, name)?;
    let message = match from.content {
        false => format!("{identity} lies in a namespace that is not there"),
        true => format!("{identity} installs into the namespace {name}, which is not there"),
    };
    let known: Vec<&str> = inventory.of("", "Namespace").map(|thing| thing.name.as_ref()).collect();
    let finding = from.object.error(Code::UnknownNamespace, from.pointer, message).help(did_you_mean(name, &known));
    Some(Finding { severity, ..finding })
}

/// A folder of others rarely brings every namespace: there only what runs in one tells that it should.
fn namespace_is_missing(inventory: &Inventory<'_, '_>, from: Needing<'_, '_>, name: &str) -> Option<Severity> {
    let made = |a: &Object<'_>| a.text_at("/spec/destination/namespace") == name && creates_namespace(a);
    let absence = inventory.absence(from.object, ("", "Namespace"), "", name);
    let applications = &inventory.delivery.applications;
    if absence == Absence::Unknown || is_home_of_argo(inventory, name) || applications.iter().any(made) {
        return None;
    }
    let identity = from.object.identity;
    let runs = !kinds::of(&identity.group, &identity.kind).pods.is_empty()
        || gateways::is_agentgateway(inventory.world, from.object)
        || from.object.is(CNPG, "Cluster");
    match inventory.world.closed {
        true => Some(Severity::Error),
        false => runs.then_some(Severity::Warning),
    }
}

/// Argo CD runs there before it installs anything.
fn is_home_of_argo(inventory: &Inventory<'_, '_>, name: &str) -> bool {
    let mut projects = inventory.world.objects.of(ARGOCD, "AppProject").peekable();
    match projects.peek() {
        Some(_) => projects.any(|project| project.identity.namespace == name),
        None => inventory.delivery.applications.iter().any(|a| a.identity.namespace == name),
    }
}

fn creates_namespace(application: &Object<'_>) -> bool {
    application.items("/spec/syncPolicy/syncOptions").iter().any(|option| option == "CreateNamespace=true")
}

/// Every custom resource has its CustomResourceDefinition, and before it.
pub fn kinds(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut known: BTreeMap<&str, Vec<&Thing<'_>>> = BTreeMap::new();
    for thing in inventory.of(APIEXTENSIONS, "CustomResourceDefinition") {
        if let Some((_, group)) = thing.name.split_once('.') {
            known.entry(group).or_default().push(thing);
        }
    }
    let custom = inventory.world.objects.iter().filter(|o| !is_built_in(&o.identity.group));
    custom.filter_map(|object| kind(inventory, known.get(object.identity.group.as_str())?, object)).collect()
}

fn kind(inventory: &Inventory<'_, '_>, known: &[&Thing<'_>], object: &Object<'_>) -> Option<Finding> {
    let identity = object.identity;
    if let Some(thing) = known.iter().find(|thing| defines(thing, &identity.kind)) {
        let from = Needing { object, pointer: "/kind", content: false };
        return waves::late(inventory, from, &format!("the CustomResourceDefinition {}", thing.name), thing);
    }
    // Elsewhere other kinds of a group come with a chart or an operator.
    if !inventory.world.closed && !known.iter().any(|thing| is_slip(thing, &identity.kind)) {
        return None;
    }
    // Charts tell only those of their kinds that somebody refers to.
    if known.iter().any(|thing| matches!(thing.origin, Origin::Elsewhere(_))) {
        return None;
    }
    let message = format!("{identity} is of a kind that no CustomResourceDefinition of {} brings", identity.group);
    let names: Vec<&str> = known.iter().map(|thing| thing.name.as_ref()).collect();
    let finding = object.error(Code::MissingCrd, "/kind", message);
    Some(finding.help(format!("those of that API group: {}", names.join(", "))))
}

/// A kind that is nearly the one of a CustomResourceDefinition.
fn is_slip(thing: &Thing<'_>, kind: &str) -> bool {
    let known = thing.object().map_or("", |object| object.text_at("/spec/names/kind"));
    is_near(known, kind, 1 + kind.len() / 12)
}

/// A CustomResourceDefinition is named after the plural of its kind.
fn defines(thing: &Thing<'_>, kind: &str) -> bool {
    if let Origin::File(object) = &thing.origin {
        return object.text_at("/spec/names/kind") == kind;
    }
    let (plural, singular) = (thing.name.split('.').next().unwrap_or_default(), kind.to_lowercase());
    let stem = singular.strip_suffix('y').map(|stem| format!("{stem}ies"));
    plural == singular
        || plural == format!("{singular}s")
        || plural == format!("{singular}es")
        || Some(plural) == stem.as_deref()
}

/// Every chart and folder that is to bring something has an Application that installs it.
pub fn makers(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let missing = inventory
        .world
        .existing
        .iter()
        .filter(|e| (e.chart.is_some() || e.repository.is_some()) && inventory.delivery.maker(e).is_none());
    let mut brings: BTreeMap<&str, Vec<&Existing>> = BTreeMap::new();
    for existing in missing {
        let maker = existing.chart.as_deref().or(existing.repository.as_deref()).unwrap_or_default();
        brings.entry(maker).or_default().push(existing);
    }
    let one = |(maker, brings): (&str, Vec<&Existing>)| {
        let mut names: BTreeSet<String> = brings.iter().map(|e| format!("{} {}", e.kind, e.name)).collect();
        let first = names.pop_first().unwrap_or_default();
        let others = if names.is_empty() { String::new() } else { format!(" and {} more", names.len()) };
        let message = format!("no Application installs {maker}, which is to bring {first}{others}");
        Finding::error(Code::NotDelivered, message)
            .help("render again, or let its owner bring them and declare them under `existing:`")
    };
    brings.into_iter().map(one).collect()
}

/// Charts whose pods never become ready without kinds that another one brings.
const CHARTS: &[(&str, &[&str])] = &[
    // The controller waits for every kind that it watches (agentgateway).
    ("agentgateway", &[AGENTGATEWAY, GATEWAY]),
    // It renders a Certificate and an Issuer (plugin-barman-cloud 0.7.0).
    ("plugin-barman-cloud", &[CERT_MANAGER, CNPG]),
];

/// Charts come after the kinds that they need.
pub fn charts(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in &inventory.delivery.applications {
        let sources = ["/spec/source/chart", "/spec/sources/*/chart"].iter().flat_map(|pattern| object.all(pattern));
        let Some((pointer, chart)) = sources.filter_map(|(at, chart)| Some((at, chart.as_str()?))).next() else {
            continue;
        };
        for group in CHARTS.iter().filter(|(name, _)| *name == chart).flat_map(|(_, groups)| *groups) {
            let from = Needing { object, pointer: &pointer, content: true };
            let of_group = |thing: &&Thing<'_>| thing.name.split_once('.').is_some_and(|(_, g)| g == *group);
            let definitions = inventory.of(APIEXTENSIONS, "CustomResourceDefinition").filter(of_group);
            let late =
                definitions.filter_map(|thing| waves::late(inventory, from, &format!("the kinds of {group}"), thing));
            findings.extend(late.take(1));
        }
    }
    findings
}

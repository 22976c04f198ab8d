//! All rules over one cluster. They look, they never edit, and none looks at a file.

use serde_json::Value;

use crate::argocd;
use crate::attachment;
use crate::claims;
use crate::containers;
use crate::filled;
use crate::finding::{Code, Finding};
use crate::hosts;
use crate::inventory::Inventory;
use crate::object::Object;
use crate::plan::Plan;
use crate::policies;
use crate::presence;
use crate::render::Bundle;
use crate::rights;
use crate::secret;
use crate::selection;
use crate::silence;
use crate::wiring;
use crate::world::World;

/// Rules that look at one object alone.
const OF_OBJECTS: &[fn(&Object<'_>) -> Vec<Finding>] = &[secret_material, filled::templates];

/// Rules that look at all objects of a cluster.
const OF_WORLDS: &[fn(&World<'_>) -> Vec<Finding>] = &[repeated];

/// Rules that look at everything the cluster will have.
const OF_INVENTORIES: &[fn(&Inventory<'_, '_>) -> Vec<Finding>] = &[
    wiring::references,
    presence::namespaces,
    presence::kinds,
    presence::makers,
    presence::charts,
    selection::selection,
    attachment::listeners,
    attachment::grants,
    attachment::stores,
    policies::targets,
    containers::containers,
    containers::claims,
    rights::bindings,
    policies::open,
    hosts::addresses,
    filled::logins,
    argocd::projects,
    argocd::paths,
    argocd::owners,
];

/// Everything that is wrong with a cluster's objects, and what its silences miss.
pub fn check(world: &World<'_>) -> Vec<Finding> {
    silence::apply(findings(world), world.silences)
}

/// The same for a cluster that was rendered here, whose plan and claims are known.
pub fn check_rendered(plan: &Plan<'_>, bundle: &Bundle) -> Vec<Finding> {
    let folder = format!("{}/", plan.cluster);
    let world = World::of_bundle(plan, bundle, &folder);
    let mut all = findings(&world);
    match claims::claims(plan, bundle) {
        Ok(claims) => all.extend(claims::gaps(plan, &claims)),
        Err(findings) => all.extend(findings),
    }
    silence::apply(all, world.silences)
}

fn findings(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in world.objects.iter().filter(|o| o.clean.is_none_or(|clean| clean.get().is_none())) {
        let before = findings.len();
        OF_OBJECTS.iter().for_each(|rule| findings.extend(rule(object)));
        if let Some(clean) = object.clean.filter(|_| findings.len() == before) {
            clean.get_or_init(|| ());
        }
    }
    OF_WORLDS.iter().for_each(|rule| findings.extend(rule(world)));
    let inventory = Inventory::new(world);
    OF_INVENTORIES.iter().for_each(|rule| findings.extend(rule(&inventory)));
    findings
}

/// One object has one owner: of two with one identity the cluster keeps the one applied last.
fn repeated(world: &World<'_>) -> Vec<Finding> {
    let one = |object: &Object<'_>| {
        let finding =
            object.error(Code::DuplicateObject, "/metadata/name", format!("{} stands twice", object.identity));
        finding.help("one object has one owner: rename one, or drop it")
    };
    world.repeated.iter().map(one).collect()
}

/// Keys live in the data plane: nothing that looks like one may stand in a file.
fn secret_material(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let identity = object.identity;
    if identity.kind == "Secret" && identity.group.is_empty() {
        let finding = object.error(Code::SecretMaterial, "/kind", format!("{identity} is a Secret in git"));
        findings.push(finding.help("let an ExternalSecret fill it; a group declares it under `secrets:`"));
    }
    strings(object.value, &mut String::new(), &mut |pointer, text| {
        if let Some(what) = secret::material(text) {
            let finding = object.error(Code::SecretMaterial, pointer, format!("{identity} holds {what}"));
            findings.push(finding.help("render a reference to a Secret that an ExternalSecret fills"));
        }
    });
    findings
}

fn strings<'a>(value: &'a Value, pointer: &mut String, look: &mut impl FnMut(&str, &'a str)) {
    let length = pointer.len();
    match value {
        Value::String(text) => look(pointer, text),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                *pointer += &format!("/{i}");
                strings(item, pointer, look);
                pointer.truncate(length);
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                *pointer += &format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                strings(item, pointer, look);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

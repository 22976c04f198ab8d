//! What an Application asks Argo CD to leave out of its comparison, and whom it tells -> entries that fit nothing, since a word in them is none
//! (argo-cd 3.4 `util/argo/normalizers/diff_normalizer.go`, notifications-engine `pkg/subscriptions`).

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::references::delivery::Delivery;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::{is_slip, nearest};
use crate::verdict::builtin;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[kinds, fields, triggers];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[names];

fn entries<'a>(object: &Object<'a>) -> Vec<(String, &'a Value)> {
    let is = object.is(ARGOCD, "Application");
    if is { object.all("/spec/ignoreDifferences/*") } else { Vec::new() }
}

fn text<'v>(entry: &'v Value, field: &str) -> &'v str {
    entry[field].as_str().unwrap_or_default()
}

fn nothing(object: &Object<'_>, pointer: &str, why: String, help: String) -> Finding {
    let message = format!("{} leaves out a difference that there is not: {why}", object.identity);
    object.warning(Code::FieldWithoutEffect, pointer, message).help(help)
}

fn kinds(object: &Object<'_>) -> Vec<Finding> {
    let one = |(pointer, entry): (String, &Value)| {
        let (group, kind) = (text(entry, "group"), text(entry, "kind"));
        let known = builtin::kinds(group);
        if kind.is_empty() || kind.contains('*') || known.contains(&kind) {
            return None;
        }
        if let Some(near) = nearest(kind, &known) {
            let why = format!("the group `{group}` has no kind {kind}");
            return Some(nothing(object, &format!("{pointer}/kind"), why, format!("did you mean `{near}`?")));
        }
        let near = builtin::groups().find(|other| is_slip_of(other, group) && builtin::kinds(other).contains(&kind))?;
        let why = format!("there is no {kind} in the group `{group}`");
        Some(nothing(object, &format!("{pointer}/group"), why, format!("did you mean `{near}`?")))
    };
    entries(object).into_iter().filter_map(one).collect()
}

fn is_slip_of(known: &str, group: &str) -> bool {
    is_slip(known, group) || crate::text::near::is_near(known, group, 1) && !group.is_empty()
}

/// Pointers of RFC 6901 into an object of that kind.
fn fields(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, entry) in entries(object) {
        let schema =
            builtin::versions(text(entry, "group"), text(entry, "kind")).first().map(|builtin| builtin.schema());
        for (i, path) in entry["jsonPointers"].as_array().into_iter().flatten().enumerate() {
            let (path, at) = (path.as_str().unwrap_or_default(), format!("{pointer}/jsonPointers/{i}"));
            // One without a `/` is a page's to tell.
            let mut here = schema;
            for step in path.split('/').skip(1) {
                let Some(schema) = here else { break };
                if schema.items.is_some() {
                    here = schema.items.as_deref();
                    continue;
                }
                let known: Vec<&str> = schema.properties.keys().map(String::as_str).collect();
                here = schema.field(step);
                if let Some(near) = nearest(step, &known).filter(|_| here.is_none()) {
                    let why = format!("a {} has no `{path}`", text(entry, "kind"));
                    findings.push(nothing(object, &at, why, format!("did you mean `{near}`?")));
                }
            }
        }
    }
    findings
}

/// A name of none of its objects, and nearly that of one.
fn names(world: &World<'_>) -> Vec<Finding> {
    let delivery = Delivery::new(world);
    let mut findings = Vec::new();
    for (position, application) in delivery.applications.iter().enumerate() {
        for (pointer, entry) in entries(application) {
            let (group, kind, name) = (text(entry, "group"), text(entry, "kind"), text(entry, "name"));
            let own = world.objects.of(group, kind).filter(|object| delivery.of(object.path).contains(&position));
            let own: Vec<&str> = own.map(|object| object.identity.name.as_str()).collect();
            if name.is_empty() || own.contains(&name) {
                continue;
            }
            if let Some(near) = own.iter().find(|near| is_slip(near, name)) {
                let why = format!("it brings no {kind} {name}");
                findings.push(nothing(application, &format!("{pointer}/name"), why, format!("did you mean `{near}`?")));
            }
        }
    }
    findings
}

/// Triggers of the catalog of argo-cd (`notifications_catalog/triggers`); others are one's own.
const TRIGGERS: [&str; 8] = [
    "on-created",
    "on-deleted",
    "on-deployed",
    "on-health-degraded",
    "on-sync-failed",
    "on-sync-running",
    "on-sync-status-unknown",
    "on-sync-succeeded",
];

fn triggers(object: &Object<'_>) -> Vec<Finding> {
    let all = object.at("/metadata/annotations").and_then(Value::as_object).filter(|_| object.identity.group == ARGOCD);
    let one = |key: &String| {
        let trigger = key.strip_prefix("notifications.argoproj.io/subscribe.")?.split('.').next()?;
        let near = TRIGGERS.iter().find(|known| !TRIGGERS.contains(&trigger) && is_slip(known, trigger))?;
        let message =
            format!("{} is told of by the trigger `{trigger}`, which Argo CD's catalog has not", object.identity);
        let finding =
            object.warning(Code::FieldWithoutEffect, &format!("/metadata/annotations/{}", escaped(key)), message);
        Some(finding.help(format!("did you mean `{near}`?")))
    };
    all.into_iter().flat_map(|map| map.keys()).filter_map(one).collect()
}

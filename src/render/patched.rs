//! The objects of a bundle with the user's patches laid over them, in their order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use json_patch::PatchOperation;
use serde_json::Value;

use crate::group::component::Component;
use crate::group::memo::Memo;
use crate::object::existing::Existing;
use crate::object::object::Identity;
use crate::plan::lay::lay;
use crate::plan::origin::{Origin, Positions};
use crate::plan::patches::{Change, Patch, without_effect};
use crate::plan::resolve::Plan;
use crate::plan::size::amount;
use crate::render::manifest::{Layer, Manifest, Placed};
use crate::text::digest;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::unescaped;
use crate::text::schema::{LISTED, did_you_mean, is_slip, nearest};
use crate::text::yaml::{self, Node};
use crate::verdict::merging::Field;
use crate::verdict::violation::existing;

/// Most patches and operations over one object.
pub const MAX_LAYERS: usize = 1_000;

/// Most that the operations of a patch make of an object, as [`amount`] counts: `copy` doubles what is there.
pub const MAX_OBJECT: usize = 4 << 20;

/// Most text of the objects under the patches of a cluster, each patch anew, in bytes.
pub const MAX_PATCHED: usize = 64 << 20;

/// Objects as findings name them.
type Names = Vec<(String, Identity)>;

/// Lays all patches of the plan; what is wrong with them.
pub fn lay_all(plan: &Plan<'_>, manifests: &mut BTreeMap<Identity, Placed>, memo: &Memo) -> Vec<Finding> {
    let (mut findings, mut bytes, mut names) = (Vec::new(), 0, Names::new());
    let mut digests: BTreeMap<&str, String> = BTreeMap::new();
    for patch in &plan.patches.objects {
        let identity = match target(plan, patch, manifests, &mut names) {
            Ok(identity) => identity,
            Err(_) if patch.optional => continue,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        let before = &manifests[&identity].manifest;
        bytes += before.text.len();
        if bytes > MAX_PATCHED {
            let sentence = format!("the objects under the patches up to here have more than {} MiB", MAX_PATCHED >> 20);
            let finding = Finding::error(Code::InvalidPatch, sentence).place(patch.place.clone());
            findings.push(finding.help("write one patch for each object, which says all of it"));
            break;
        }
        let source = &patch.place.source;
        let digest = digests.entry(&source.name).or_insert_with(|| digest::hex(source.text.as_bytes()));
        let parts = [before.digest.as_str(), &source.name, digest, &patch.place.start.to_string()];
        match memo.get("patched", &parts, || patched(before, patch)) {
            Ok(after) => match &*after {
                Some(after) => manifests.get_mut(&identity).expect("found above").manifest = after.clone(),
                None => drop(manifests.remove(&identity)),
            },
            Err(found) => findings.extend(found),
        }
    }
    findings
}

/// The object that a patch is for.
fn target(
    plan: &Plan<'_>,
    patch: &Patch,
    manifests: &BTreeMap<Identity, Placed>,
    names: &mut Names,
) -> Result<Identity, Finding> {
    let fits = |identity: &&Identity| {
        patch.group.as_ref().is_none_or(|group| *group == identity.group)
            && (&patch.kind, &patch.namespace, &patch.name) == (&identity.kind, &identity.namespace, &identity.name)
    };
    let found: Vec<&Identity> = manifests.keys().filter(fits).collect();
    let written = match patch.namespace.as_str() {
        "" => format!("{} {}", patch.kind, patch.name),
        namespace => format!("{} {namespace}/{}", patch.kind, patch.name),
    };
    match &found[..] {
        [only] => Ok((*only).clone()),
        [] => {
            if names.len() != manifests.len() {
                *names = manifests.keys().map(|i| (i.to_string(), i.clone())).collect();
            }
            let (part, help) = missed(plan, patch, &written, manifests, names);
            let finding =
                Finding::error(Code::PatchWithoutTarget, format!("{written} is not rendered, so nothing is patched"));
            let optional = "; if it may be missing, annotate the patch: `gatewright.dev/optional: \"true\"`";
            let help = if help.ends_with('?') { help } else { help + optional };
            Err(finding.place(patch.names(part)).help(help))
        }
        _ => {
            let finding = Finding::error(Code::InvalidPatch, format!("{written} is of several API groups"));
            Err(finding.place(patch.names("kind")).help("name the group in `target`"))
        }
    }
}

fn api_version_of(identity: &Identity, manifests: &BTreeMap<Identity, Placed>) -> String {
    manifests[identity].manifest.value["apiVersion"].as_str().unwrap_or_default().to_owned()
}

/// The component whose chart makes the object.
fn chart<'p>(plan: &'p Plan<'_>, patch: &Patch) -> Option<&'p str> {
    let made = |creates: &[Existing]| creates.iter().any(|e| (&e.kind, &e.name) == (&patch.kind, &patch.name));
    let makes = |c: &&Component| c.chart.as_ref().is_some_and(|chart| c.name == patch.name || made(&chart.creates));
    plan.components.iter().find(makes).map(|component| component.name.as_str())
}

/// The part of the name of its object that a patch has wrong, and the way out.
fn missed(
    plan: &Plan<'_>,
    patch: &Patch,
    written: &str,
    manifests: &BTreeMap<Identity, Placed>,
    rendered: &Names,
) -> (&'static str, String) {
    if let Some(same) = manifests.keys().find(|i| (&i.kind, &i.name) == (&patch.kind, &patch.name)) {
        let help = format!("did you mean `{same}` of `{}`?", api_version_of(same, manifests));
        return (differs(patch, same), help);
    }
    let is_here = |i: &&Identity| (&i.namespace, &i.name) == (&patch.namespace, &patch.name);
    if let Some(same) = manifests.keys().filter(is_here).find(|i| is_slip(&i.kind, &patch.kind)) {
        return ("kind", format!("did you mean `{same}`?"));
    }
    if let Some(chart) = chart(plan, patch) {
        let help = format!(
            "the chart of the component `{chart}` makes it: patch its values, `component: {chart}` and `values: {{ ... }}`"
        );
        return ("name", help);
    }
    let names: Vec<&str> = rendered.iter().map(|(name, _)| name.as_str()).collect();
    let of_kind = rendered.iter().filter(|(_, i)| i.kind == patch.kind).map(|(n, _)| n.as_str());
    let of_kind: Vec<&str> = of_kind.take(LISTED).collect();
    match nearest(written, &names).and_then(|near| rendered.iter().find(|(name, _)| name == near)) {
        Some((near, identity)) => (differs(patch, identity), format!("did you mean `{near}`?")),
        None if of_kind.is_empty() => {
            ("kind", format!("no {} is rendered; `gatewright render --stdout` prints what is", patch.kind))
        }
        None => ("name", format!("rendered are {}", of_kind.join(", "))),
    }
}

/// What a patch says otherwise of an object that it may mean.
fn differs(patch: &Patch, meant: &Identity) -> &'static str {
    let parts = [
        ("kind", patch.kind == meant.kind),
        ("group", patch.group.as_ref().is_none_or(|group| *group == meant.group)),
        ("namespace", patch.namespace == meant.namespace),
    ];
    parts.iter().find(|(_, same)| !same).map_or("name", |(part, _)| part)
}

/// The object with the patch over it; none where the patch removes it.
fn patched(before: &Manifest, patch: &Patch) -> Result<Option<Arc<Manifest>>, Vec<Finding>> {
    let version = before.value["apiVersion"].as_str().unwrap_or_default();
    let own = version.rsplit('/').next().unwrap_or_default();
    if let Some(asked) = patch.version.as_ref().filter(|asked| *asked != own) {
        let sentence = format!("{} is rendered as `{version}`, and this patch is for `{asked}`", before.identity);
        let finding = Finding::error(Code::InvalidPatch, sentence).place(patch.names("version"));
        return Err(vec![finding.help("fields differ between versions: write the patch for the one that is rendered")]);
    }
    let more = if let Change::Operations(operations) = &patch.change { operations.len() } else { 1 };
    if before.layers.len() + more > MAX_LAYERS {
        let sentence = format!("with this patch {} has more than {MAX_LAYERS} patches and operations", before.identity);
        let finding = Finding::error(Code::InvalidPatch, sentence).place(patch.place.clone());
        return Err(vec![finding.help("write one patch without operations, which says all of it")]);
    }
    let (value, origins) = match &patch.change {
        Change::Lay => {
            let root = Field::root(&before.identity.group, own, &before.identity.kind);
            let laid = lay(&before.value, &patch.node, &root);
            if !laid.findings.is_empty() {
                return Err(laid.findings);
            }
            let Some(value) = laid.value else { return Ok(None) };
            (value, vec![laid.origin])
        }
        Change::Operations(operations) => {
            operated(&before.value, operations, &patch.node).map_err(|finding| vec![finding])?
        }
    };
    if value == before.value {
        return Err(vec![without_effect(&patch.node, &before.identity.to_string(), &before.value)]);
    }
    if Identity::of(&value).as_ref() != Ok(&before.identity) || value["apiVersion"] != before.value["apiVersion"] {
        let sentence = format!("a patch changes no identity: this one makes another object of {}", before.identity);
        let help = "apiVersion, kind, name and namespace stay; another object is one of your own";
        return Err(vec![Finding::error(Code::InvalidPatch, sentence).place(patch.place.clone()).help(help)]);
    }
    let text = Arc::from(head(before, &patch.place.source.name) + &yaml::emit(&value));
    let mut layers = before.layers.clone();
    layers.extend(origins.into_iter().map(|origin| Arc::new(Layer { node: patch.node.clone(), origin })));
    let bent = Manifest::new(before.identity.clone(), value, text, before.template.clone());
    Ok(Some(Arc::new(Manifest { layers, ..bent })))
}

/// Fields that patches take away where they are not, beside others that have effect.
pub fn idle(manifests: &BTreeMap<Identity, Placed>) -> Vec<Finding> {
    let told = |manifest: &Manifest, layer: &Layer| {
        let one = |(from, meant): &(String, Option<String>)| {
            let field = unescaped(from.rsplit('/').next().unwrap_or_default());
            let sentence = format!("{} has no `{field}` there, so nothing is taken away", manifest.identity);
            let help = meant.as_ref().map(|near| format!("did you mean `{near}`?"));
            let finding = Finding::warning(Code::PatchWithoutEffect, sentence).place(layer.node.place_at(from));
            finding.help(help.unwrap_or_else(|| "remove the line".to_owned()))
        };
        layer.origin.idle.iter().map(one).collect::<Vec<_>>()
    };
    let all = manifests.values().map(|placed| &placed.manifest);
    all.flat_map(|manifest| manifest.layers.iter().flat_map(|layer| told(manifest, layer))).collect()
}

/// What the head of a file says of a patch over it.
pub fn line(file: &str) -> String {
    format!("# Patched by {file}.\n")
}

/// The comments at the head of a file, with one that names the patch.
fn head(before: &Manifest, file: &str) -> String {
    let lines = before.text.split_inclusive('\n').take_while(|line| line.starts_with('#'));
    let line = line(file);
    let known: Vec<&str> = lines.collect();
    let mut head = known.concat();
    if !known.contains(&line.as_str()) {
        head += &line;
    }
    head
}

/// RFC 6902, one operation after the other, and what each did.
fn operated(before: &Value, operations: &[PatchOperation], patch: &Node) -> Result<(Value, Vec<Origin>), Finding> {
    let (mut value, mut origins) = (before.clone(), Vec::new());
    for (position, operation) in operations.iter().enumerate() {
        let at = |key: &str| patch.place_at(&format!("/patch/{position}/{key}"));
        let before = list_of(operation, &value);
        // What fails leaves the value as it was.
        json_patch::patch(&mut value, std::slice::from_ref(operation)).map_err(|error| {
            let astray = astray(operation, &value).map(|(key, help)| (at(key), help));
            let (place, help) = astray.unwrap_or_else(|| {
                (at("path"), format!("`{}` must lead to something that is rendered", operation.path()))
            });
            let sentence = format!("this operation cannot be done: {}", error.kind);
            Finding::error(Code::InvalidPatch, sentence).place(place).help(help)
        })?;
        if matches!(operation, PatchOperation::Copy(_)) && amount(&value) > MAX_OBJECT {
            let sentence = format!("with this operation the object has more than {} MiB", MAX_OBJECT >> 20);
            return Err(Finding::error(Code::InvalidPatch, sentence).place(at("from")).help("copy less"));
        }
        origins.push(origin(operation, position, before, list_of(operation, &value)));
    }
    Ok((value, origins))
}

/// Where the first pointer of an operation leads to nothing, and what is there.
fn astray(operation: &PatchOperation, value: &Value) -> Option<(&'static str, String)> {
    let path = operation.path().to_string();
    let above = || path.rsplit_once('/').map_or("", |(above, _)| above).to_owned();
    let ways = match operation {
        PatchOperation::Move(operation) => vec![("from", operation.from.to_string()), ("path", above())],
        PatchOperation::Copy(operation) => vec![("from", operation.from.to_string()), ("path", above())],
        PatchOperation::Add(_) => vec![("path", above())],
        _ => vec![("path", path)],
    };
    let (key, way) = ways.into_iter().find(|(_, way)| value.pointer(way).is_none())?;
    let there = existing(value, &way);
    let step = way[there.len()..].split('/').nth(1).map(unescaped)?;
    let whole = if there.is_empty() { "the object" } else { &there };
    Some((
        key,
        match value.pointer(&there)? {
            Value::Object(map) => {
                let known: Vec<&str> = map.keys().map(String::as_str).collect();
                format!("`{whole}` has no `{step}`: {}", did_you_mean(&step, &known))
            }
            Value::Array(items) => match items.len() {
                0 => format!("`{whole}` is empty"),
                1 => format!("`{whole}` has one item, 0"),
                more => format!("`{whole}` has the items 0 to {}", more - 1),
            },
            _ => format!("`{whole}` is neither a map nor a list"),
        },
    ))
}

/// What one operation brought, and which items it moved.
fn origin(operation: &PatchOperation, position: usize, was: Option<usize>, is: Option<usize>) -> Origin {
    let mut origin = Origin::default();
    let path = operation.path().to_string();
    let (list, step) = path.rsplit_once('/').unwrap_or_default();
    let at = match (step, is) {
        ("-", Some(length)) => format!("{list}/{}", length - 1),
        _ => path.clone(),
    };
    if let (Some(was), Some(is), Ok(index)) = (was, is, step.parse::<usize>()) {
        let positions = match was.cmp(&is) {
            Ordering::Less => Some(Positions::Added(index)),
            Ordering::Equal => None,
            Ordering::Greater => Some(Positions::Removed(index)),
        };
        origin.lists.extend(positions.map(|positions| (list.to_owned(), positions)));
    }
    match operation {
        PatchOperation::Add(_) | PatchOperation::Replace(_) => origin.bring(&at, &format!("/patch/{position}/value")),
        PatchOperation::Move(_) | PatchOperation::Copy(_) => origin.bring(&at, &format!("/patch/{position}")),
        PatchOperation::Remove(_) => origin.removed.push((path, format!("/patch/{position}"))),
        PatchOperation::Test(_) => {}
    }
    origin
}

/// How many items the list has that an operation reaches into.
fn list_of(operation: &PatchOperation, value: &Value) -> Option<usize> {
    let path = operation.path().to_string();
    value.pointer(path.rsplit_once('/')?.0).and_then(Value::as_array).map(Vec::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::source::Source;

    #[test]
    fn what_copies_itself_stops() {
        let doubled = json!({ "op": "copy", "from": "/a", "path": "/a/-" });
        let operations: Vec<PatchOperation> =
            serde_json::from_value(json!(vec![doubled; 60])).expect("operations of RFC 6902");
        let text = format!("patch:\n{}", "- { op: copy, from: /a, path: /a/- }\n".repeat(60));
        let node = yaml::read(&Source::new("patches/a.yaml", text)).expect("YAML");
        let finding = operated(&json!({ "a": ["x"] }), &operations, &node).expect_err("it doubles 60 times");
        assert_eq!(finding.message, "with this operation the object has more than 4 MiB");
        assert!(finding.place.is_some_and(|place| place.line_column().0 > 10));
    }
}

//! Files of `patches/` -> what is laid over which object, or over the values of which chart. Knows nothing that is rendered.

use std::collections::BTreeMap;
use std::sync::Arc;

use json_patch::PatchOperation;
use serde_json::{Value, json};

use crate::group::component::Component;
use crate::object::object::Identity;
use crate::plan::features::Cluster;
use crate::plan::lay::lay_values;
use crate::plan::origin::Origin;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::{escaped, part, unescaped};
use crate::text::schema::{did_you_mean, nearest};
use crate::text::secret;
use crate::text::source::Place;
use crate::text::yaml::{self, Entry, Kind, Node, object};

/// Says that a patch may be without a target; it is never laid.
const OPTIONAL: &str = "gatewright.dev/optional";

/// One document of a file in `patches/`, for an object.
#[derive(Debug)]
pub struct Patch {
    /// API group; none: any that has the kind.
    pub group: Option<String>,
    /// API version without its group; none: any.
    pub version: Option<String>,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for what lies in none.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Need not have a target.
    pub optional: bool,
    /// What it does.
    pub change: Change,
    /// The document, without what is never laid.
    pub node: Arc<Node>,
    /// Where it begins.
    pub place: Place,
}

impl Patch {
    /// Where it names a part of the identity of its object: `kind`, `name` and so on.
    pub fn names(&self, part: &str) -> Place {
        let below = match (&self.change, part) {
            (Change::Lay, "kind") => "/kind".to_owned(),
            (Change::Lay, "group" | "version") => "/apiVersion".to_owned(),
            (Change::Lay, _) => format!("/metadata/{part}"),
            (Change::Operations(_), _) => format!("/target/{part}"),
        };
        self.node.place_at(&below)
    }
}

/// What a patch does to its object.
#[derive(Debug)]
pub enum Change {
    /// The document is laid over it.
    Lay,
    /// RFC 6902.
    Operations(Vec<PatchOperation>),
}

/// Values laid over those of a chart.
#[derive(Debug)]
pub struct Values {
    /// The document: `/values` has the values.
    pub node: Node,
    /// Where the parts of the result come from.
    pub origin: Origin,
}

/// All patches of a cluster, in the order in which they are laid.
#[derive(Debug, Default)]
pub struct Patches {
    /// Over objects.
    pub objects: Vec<Patch>,
    /// Over the values of charts, by component, laid already.
    pub values: BTreeMap<String, Vec<Values>>,
}

impl Patches {
    /// Nothing is laid over anything.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.values.is_empty()
    }
}

/// Reads the patches of a cluster and lays those for charts over the components.
pub fn patches(cluster: &Cluster, components: &mut [Component], findings: &mut Vec<Finding>) -> Patches {
    let mut patches = Patches::default();
    for source in &cluster.patches {
        let nodes = match yaml::nodes(source) {
            Ok(nodes) => nodes,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        for node in nodes.into_iter().filter(|node| !cluster.without.contains(&node.place)) {
            secret::literals(&node, findings);
            let read = if node.get("component").is_some() {
                of_values(node, cluster, components, findings).map(|(component, values)| {
                    patches.values.entry(component).or_default().push(values);
                })
            } else {
                of_object(node).map(|patch| patches.objects.push(patch))
            };
            findings.extend(read.err());
        }
        secret::literals_in_comments(source, findings);
    }
    patches
}

fn wrong(sentence: impl Into<String>, place: &Place) -> Finding {
    Finding::error(Code::InvalidPatch, sentence).place(place.clone())
}

/// Refuses keys that mean nothing in a document of this form.
fn only(node: &Node, keys: &[&str]) -> Result<(), Finding> {
    match node.entries().iter().find(|entry| !keys.contains(&entry.key.as_str())) {
        None => Ok(()),
        Some(entry) => {
            Err(wrong(format!("`{}` means nothing here", entry.key), &entry.place).help(did_you_mean(&entry.key, keys)))
        }
    }
}

fn of_values(
    node: Node,
    cluster: &Cluster,
    components: &mut [Component],
    findings: &mut Vec<Finding>,
) -> Result<(String, Values), Finding> {
    only(&node, &["component", "values"])?;
    let name = text(&node, "component").unwrap_or_default();
    let charts: Vec<String> = components.iter().filter(|c| c.chart.is_some()).map(|c| c.name.clone()).collect();
    let place = node.place_at("/component");
    let Some(component) = components.iter_mut().find(|c| c.name == name) else {
        let names: Vec<&str> = charts.iter().map(String::as_str).collect();
        let finding = Finding::error(Code::PatchWithoutTarget, format!("there is no component `{name}`"));
        return Err(finding.place(place).help(did_you_mean(&name, &names)));
    };
    let Some(chart) = &mut component.chart else {
        let help = format!("patch its objects; components with a chart: {}", charts.join(", "));
        return Err(wrong(format!("the component `{name}` has no chart, and so no values"), &place).help(help));
    };
    let Some(values) = node.get("values").filter(|values| matches!(values.kind, Kind::Map(_))) else {
        return Err(
            wrong("`values` must be a map", &node.place_at("/values")).help("the values of the chart, below it")
        );
    };
    let laid = lay_values(&chart.values, values);
    findings.extend(laid.findings);
    let value = laid.value.unwrap_or_default();
    if value == chart.values {
        let before = json!({ "values": chart.values });
        return Err(without_effect(&node, &format!("the values of the chart `{name}`"), &before));
    }
    chart.values = value;
    let vendored = format!("charts/{}-{}/values.yaml", chart.name, chart.version);
    if let Some(source) = cluster.charts.iter().find(|source| source.name == vendored) {
        match yaml::read(source) {
            Ok(known) => unknown(values, &known, &vendored, findings),
            Err(finding) => findings.push(finding),
        }
    }
    Ok((name, Values { node, origin: laid.origin }))
}

/// Keys that the chart does not know, as far as its own values say: below a map that it leaves empty anything may stand.
fn unknown(patch: &Node, known: &Node, file: &str, findings: &mut Vec<Finding>) {
    let names: Vec<&str> = known.entries().iter().map(|entry| entry.key.as_str()).collect();
    for entry in patch.entries().iter().filter(|_| !names.is_empty()) {
        match known.get(&entry.key) {
            Some(below) => unknown(&entry.value, below, file, findings),
            // What subcharts share.
            None if entry.key == "global" => {}
            None => {
                let sentence = format!("{file} has no `{}` here: the chart does not know the key", entry.key);
                let finding = Finding::error(Code::UnknownChartValue, sentence).place(entry.place.clone());
                findings.push(finding.help(did_you_mean(&entry.key, &names)));
            }
        }
    }
}

/// About a patch of something after which everything is as before.
pub fn without_effect(patch: &Node, what: &str, before: &Value) -> Finding {
    let (place, pointer) = only_field(patch);
    let sentence = format!("this patch changes nothing: {what} says all of it already");
    let (above, key) = pointer.rsplit_once('/').unwrap_or_default();
    let known: Vec<&str> = part(before, above).map(object).into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let meant = nearest(&unescaped(key), &known).filter(|near| *near != unescaped(key));
    let help = meant
        .map_or("remove it; or look for the field that was meant".to_owned(), |near| format!("did you mean `{near}`?"));
    Finding::error(Code::PatchWithoutEffect, sentence).place(place).help(help)
}

/// The deepest field that holds all that a patch lays, and the pointer to it.
fn only_field(patch: &Node) -> (Place, String) {
    let (mut node, mut found) = (patch, (patch.place.clone(), String::new()));
    let says = |entry: &&Entry| !["apiVersion", "kind", "component"].contains(&entry.key.as_str()) && !is_name(entry);
    loop {
        let fields: Vec<&Entry> = node.entries().iter().filter(|entry| !found.1.is_empty() || says(entry)).collect();
        let [only] = fields[..] else { return found };
        found = (only.place.clone(), format!("{}/{}", found.1, escaped(&only.key)));
        node = &only.value;
    }
}

/// A patch's own `metadata` that says no more than which object it is for.
fn is_name(entry: &Entry) -> bool {
    entry.key == "metadata"
        && entry.value.entries().iter().all(|field| ["name", "namespace"].contains(&field.key.as_str()))
}

fn of_object(mut node: Node) -> Result<Patch, Finding> {
    if !matches!(node.kind, Kind::Map(_)) {
        let sentence = format!("a patch is a map, and this is {}", node.describe());
        return Err(
            wrong(sentence, &node.place).help("apiVersion, kind, metadata, and the fields to lay over the object")
        );
    }
    let place = node.place.clone();
    let optional = is_optional(&node);
    if optional {
        without_order_of_ours(&mut node);
    }
    if node.get("patch").is_some() {
        only(&node, &["target", "patch", "metadata"])?;
        let target = node.get("target").unwrap_or(&node);
        let field = |key: &str| text(target, key);
        let (Some(kind), Some(name)) = (field("kind"), field("name")) else {
            let help = "kustomize's form: `target: { group: apps, version: v1, kind: Deployment, namespace: litellm, name: litellm }`";
            return Err(wrong("`target` names the object by kind and name", &node.place_at("/target")).help(help));
        };
        only(target, &["group", "version", "kind", "namespace", "name"])?;
        let operations = operations(&node)?;
        return Ok(Patch {
            group: field("group"),
            version: field("version"),
            kind,
            namespace: field("namespace").unwrap_or_default(),
            name,
            optional,
            change: Change::Operations(operations),
            node: Arc::new(node),
            place,
        });
    }
    let identity = Identity::of(&node.to_value()).map_err(|field| nameless(&node, &field))?;
    let version = text(&node, "apiVersion").unwrap_or_default();
    let version = version.rsplit('/').next().unwrap_or_default().to_owned();
    let Identity { group, kind, namespace, name } = identity;
    let (group, version) = (Some(group), Some(version));
    let (change, node) = (Change::Lay, Arc::new(node));
    Ok(Patch { group, version, kind, namespace, name, optional, change, node, place })
}

/// About a patch that lacks a field of the identity of its object, or has another in its place.
fn nameless(node: &Node, field: &str) -> Finding {
    let (above, key) = field.split_once('.').unwrap_or(("", field));
    let (within, wanted) = match node.get(above) {
        Some(metadata) => (metadata, vec![key]),
        None => (node, vec![if above.is_empty() { key } else { above }, "patch", "target", "component", "values"]),
    };
    let slip = |entry: &&Entry| !wanted.contains(&entry.key.as_str()) && nearest(&entry.key, &wanted).is_some();
    let slip = within.entries().iter().find(slip);
    let place = slip.map_or(&node.place, |entry| &entry.place);
    let finding = wrong(format!("this patch names no object: it has no {field}"), place);
    match slip.and_then(|entry| nearest(&entry.key, &wanted)) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.help("apiVersion, kind, metadata.name and metadata.namespace say what it is laid over"),
    }
}

fn text(node: &Node, key: &str) -> Option<String> {
    match &node.get(key)?.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn is_optional(node: &Node) -> bool {
    let word = node.get("metadata").and_then(|m| m.get("annotations")).and_then(|a| text(a, OPTIONAL));
    word.is_some_and(|word| word == "true")
}

/// Takes the annotation away that is meant for us, and the map that it leaves empty.
fn without_order_of_ours(node: &mut Node) {
    let entries = |node: &Node| node.entries().to_vec();
    let kept = |node: &Node, entries| Node::new(node.place.clone(), Kind::Map(entries));
    let (mut top, whole) = (entries(node), &*node);
    for metadata in top.iter_mut().filter(|entry| entry.key == "metadata") {
        let mut fields = entries(&metadata.value);
        for annotations in fields.iter_mut().filter(|entry| entry.key == "annotations") {
            let mut left = entries(&annotations.value);
            left.retain(|annotation| annotation.key != OPTIONAL);
            annotations.value = kept(&annotations.value, left);
        }
        fields.retain(|field| field.key != "annotations" || !field.value.entries().is_empty());
        metadata.value = kept(&metadata.value, fields);
    }
    *node = kept(whole, top);
}

fn operations(node: &Node) -> Result<Vec<PatchOperation>, Finding> {
    let Some(Node { kind: Kind::List(items), .. }) = node.get("patch") else {
        let help = "`- { op: replace, path: /spec/replicas, value: 3 }`";
        return Err(wrong("`patch` is a list of operations (RFC 6902)", &node.place_at("/patch")).help(help));
    };
    let one = |item: &Node| {
        serde_json::from_value(item.to_value()).map_err(|error| {
            let help =
                "`op` is add, remove, replace, move, copy or test; `path` is a JSON pointer, with `value` or `from`";
            wrong(format!("this is no operation of RFC 6902: {error}"), &item.place).help(help)
        })
    };
    items.iter().map(one).collect()
}

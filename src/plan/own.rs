//! Folders of `manifests/` -> components of the user's own, and their objects. What the plan says of components holds for
//! them too: an Application, a wave, namespaces, an entry in the AppProject.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::group::component::{ClusterKind, Component, Namespace};
use crate::object::existing::Existing;
use crate::object::kinds::is_cluster_scoped;
use crate::object::object::Identity;
use crate::plan::features::Cluster;
use crate::text::finding::{Code, Finding};
use crate::text::schema::{Schema, invalid_name, is_dns_label, is_misspelt};
use crate::text::secret;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Node};
use crate::verdict::builtin;

/// Where their files lie: below the working folder, and below the cluster's in the output.
pub const FOLDER: &str = "manifests";

/// The file that says what the defaults do not.
const COMPONENT: &str = "component.yaml";

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::built_in(include_str!("../../schemas/component.yaml")));

/// An object of the user's own.
#[derive(Clone, Debug)]
pub struct Own {
    /// Who it is.
    pub identity: Identity,
    /// The object, in its namespace.
    pub value: Value,
    /// As it was written.
    pub node: Node,
}

/// Reads the folders of a cluster and adds a component for each; their objects by component.
pub fn own(
    cluster: &Cluster,
    components: &mut Vec<Component>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Vec<Own>> {
    let mut all = BTreeMap::new();
    for (name, sources) in &cluster.own {
        let start = Place::new(sources.first().expect("a folder with files"), 0, 0);
        if !is_dns_label(name) {
            findings.push(invalid_name("the component", name, start));
            continue;
        }
        if let Some(other) = components.iter().find(|component| component.name == *name) {
            let sentence = format!("the group `{}` has a component `{name}` already", other.group);
            let finding = Finding::error(Code::DuplicateItem, sentence).place(start);
            findings.push(finding.help("name the folder in another way; what a group renders is bent by patches/"));
            continue;
        }
        let (about, files): (Vec<_>, Vec<_>) = sources.iter().partition(|source| source.name.ends_with(COMPONENT));
        let mut objects: Vec<Own> = files.iter().flat_map(|source| read(source, findings)).collect();
        let component = component(name, about.last().copied(), &objects, findings);
        for object in &mut objects {
            place(object, &component.namespace.name);
        }
        components.push(component);
        all.insert(name.clone(), objects);
    }
    components.sort_by(|a, b| (a.wave, &a.name).cmp(&(b.wave, &b.name)));
    all
}

/// Namespaces that only these objects have, and that are nearly the platform's: whoever meant it, each would be made.
pub fn strays(components: &[Component], existing: &[Existing], own: &BTreeMap<String, Vec<Own>>) -> Vec<Finding> {
    let of_groups = components.iter().filter(|component| !component.group.is_empty());
    let platform: BTreeSet<&str> =
        of_groups.flat_map(Component::all_namespaces).map(|namespace| namespace.name.as_str()).collect();
    let is_there = |name: &str| existing.iter().any(|there| there.kind == "Namespace" && there.name == name);
    let stray = |object: &Own| {
        let name = object.identity.namespace.as_str();
        let near = platform.iter().find(|known| is_misspelt(known, name))?;
        if platform.contains(name) || is_there(name) {
            return None;
        }
        let sentence =
            format!("{} lies in a namespace that nothing of the platform has, and that would be made", object.identity);
        let help = format!("did you mean `{near}`? if not, a Namespace in the same folder says so");
        let place = object.node.place_at("/metadata/namespace");
        Some(Finding::warning(Code::UnknownNamespace, sentence).place(place).help(help))
    };
    own.values().flatten().filter_map(stray).collect()
}

fn read(source: &Arc<Source>, findings: &mut Vec<Finding>) -> Vec<Own> {
    let nodes = yaml::nodes(source).unwrap_or_else(|finding| {
        findings.push(finding);
        Vec::new()
    });
    let mut objects = Vec::new();
    for node in nodes {
        secret::literals(&node, findings);
        let value = node.to_value();
        match Identity::of(&value) {
            Ok(identity) => objects.push(Own { identity, value, node }),
            Err(field) => {
                let finding = Finding::error(Code::NotAnObject, format!("a document has no {field}"));
                let help = "manifests/ holds Kubernetes objects; `component.yaml` says what their Application needs";
                findings.push(finding.place(node.place.clone()).help(help));
            }
        }
    }
    secret::literals_in_comments(source, findings);
    objects
}

fn component(name: &str, about: Option<&Arc<Source>>, objects: &[Own], findings: &mut Vec<Finding>) -> Component {
    let said = about.and_then(|source| match yaml::read(source) {
        Ok(node) => {
            let mistakes = SCHEMA.findings(&node, COMPONENT);
            let sound = mistakes.is_empty();
            findings.extend(mistakes);
            sound.then(|| node.to_value())
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    });
    let written = said.unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    let said = SCHEMA.fill(&written);
    let brought = |name: &str| objects.iter().any(|o| o.identity.kind == "Namespace" && o.identity.name == name);
    let mut namespaces: Vec<Namespace> = Vec::new();
    match written.get("namespace").map(|namespace| serde_json::from_value(namespace.clone())) {
        Some(Ok(namespace)) => namespaces.push(namespace),
        Some(Err(_)) => {
            let finding = Finding::error(Code::WrongShape, "`namespace` is a name, or `{ name, existing }`");
            let place =
                about.map(|source| yaml::read(source).map_or(Place::new(source, 0, 0), |n| n.place_at("/namespace")));
            findings.extend(
                place.map(|place| finding.place(place).help("`namespace: { name: monitoring, existing: true }`")),
            );
        }
        None => {}
    }
    let named: BTreeSet<&str> =
        objects.iter().map(|o| o.identity.namespace.as_str()).filter(|n| !n.is_empty()).collect();
    let strange = namespaces.first().filter(|said| !said.existing && !named.contains(said.name.as_str()));
    if let Some((said, near)) =
        strange.and_then(|said| Some((said, named.iter().find(|near| is_misspelt(near, &said.name))?)))
    {
        let sentence = format!("no object of the folder lies in the namespace `{}`, and it would be made", said.name);
        let place = about.and_then(|source| Some(yaml::read(source).ok()?.place_at("/namespace")));
        let finding = Finding::warning(Code::UnknownNamespace, sentence).help(format!("did you mean `{near}`?"));
        findings.extend(place.map(|place| finding.place(place)));
    }
    for name in named {
        if !namespaces.iter().any(|known| known.name == name) {
            namespaces.push(Namespace { name: name.to_owned(), existing: false });
        }
    }
    for namespace in &mut namespaces {
        namespace.existing |= brought(&namespace.name);
    }
    // An Application names a destination, even where no object needs it.
    let first = match namespaces.is_empty() {
        true => Namespace { name: "default".into(), existing: true },
        false => namespaces.remove(0),
    };
    let (scoped, within): (Vec<_>, Vec<_>) = objects.iter().map(|object| &object.identity).partition(|i| is_cluster(i));
    let names = |of: Vec<&Identity>| of.into_iter().map(|i| (i.group.clone(), i.kind.clone())).collect::<BTreeSet<_>>();
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (group, kind) in names(within) {
        kinds.entry(group).or_default().push(kind);
    }
    Component {
        name: name.to_owned(),
        group: String::new(),
        entry: name.to_owned(),
        own: serde_json::Map::new(),
        namespace: first,
        namespaces,
        path: Some(format!("{FOLDER}/{name}")),
        wave: written.get("wave").and_then(Value::as_i64).unwrap_or_else(|| wave(objects)),
        keep: said["keep"] == true,
        prune: said["prune"] == true,
        application: true,
        cluster_kinds: names(scoped).into_iter().map(|(group, kind)| ClusterKind { group, kind }).collect(),
        kinds,
        copies: Vec::new(),
        ignore_differences: Vec::new(),
        chart: None,
        git: None,
    }
}

/// Kinds that need nothing but their namespace, and that pods need: (API group, kind).
const NEEDED: [(&str, &str); 12] = [
    ("", "ConfigMap"),
    ("", "LimitRange"),
    ("", "Namespace"),
    ("", "PersistentVolumeClaim"),
    ("", "ResourceQuota"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("networking.k8s.io", "IngressClass"),
    ("node.k8s.io", "RuntimeClass"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
];

/// When a folder comes that does not say it: before the workloads where all of it is what they need, else after all that is rendered.
fn wave(objects: &[Own]) -> i64 {
    let needed = |own: &Own| {
        let Identity { group, kind, .. } = &own.identity;
        group == "rbac.authorization.k8s.io" || NEEDED.contains(&(group.as_str(), kind.as_str()))
    };
    if !objects.is_empty() && objects.iter().all(needed) { 0 } else { 45 }
}

/// Whether an object lies in no namespace: as its kind says, and where that is not known as it was written.
fn is_cluster(identity: &Identity) -> bool {
    match builtin::versions(&identity.group, &identity.kind).first() {
        Some(kind) => !kind.namespaced,
        None => identity.namespace.is_empty() || is_cluster_scoped(Some(&identity.group), &identity.kind),
    }
}

/// Puts an object that names no namespace where Argo CD would: into that of the Application.
fn place(object: &mut Own, namespace: &str) {
    if object.identity.namespace.is_empty() && !is_cluster(&object.identity) {
        object.identity.namespace = namespace.to_owned();
        object.value["metadata"]["namespace"] = namespace.into();
    }
}

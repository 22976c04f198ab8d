//! What `check` sees when a tree is broken in one place: an object deleted, renamed or moved, a name, key or port that
//! changed, a wave. Every such change of golden trees must be found, unless a table here says why it breaks nothing; and a
//! tree in which nothing is broken must earn nothing.

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::fs;
use std::sync::Arc;

use gatewright::command::rulebook;
use gatewright::group::claim::Promise;
use gatewright::group::pages::Pages;
use gatewright::object::chart_values;
use gatewright::object::existing::Existing;
use gatewright::object::object::{Identity, Object, Objects};
use gatewright::references::world::World;
use gatewright::text::finding::{Finding, sorted};
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use rayon::prelude::*;
use serde_json::{Value, json};

/// One object in its file.
#[derive(Clone)]
struct Item {
    identity: Identity,
    value: Value,
    path: String,
    text: String,
}

/// The files of one cluster.
struct Tree {
    items: Vec<Item>,
    existing: Vec<Existing>,
    /// The claim that holds NetworkPolicies, which no object names.
    promises: Vec<Promise>,
}

impl Item {
    fn new(value: Value, path: &str) -> Self {
        let identity = Identity::of(&value).expect("an object");
        Self { identity, text: yaml::emit(&value), value, path: path.to_owned() }
    }

    fn changed(&self, pointer: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut value = self.value.clone();
        change(value.pointer_mut(pointer).expect("it is there"));
        Self::new(value, &self.path)
    }
}

fn tree(folder: &str) -> Tree {
    let mut tree = Tree { items: Vec::new(), existing: Vec::new(), promises: Vec::new() };
    let mut values: Vec<(String, Arc<str>, Value)> = Vec::new();
    let files =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten().filter(|e| e.file_type().is_file());
    for file in files.filter(|f| f.path().extension().is_some_and(|e| e == "yaml")) {
        let path = file.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
        let text = fs::read_to_string(file.path()).expect("readable");
        let mut documents = kubeyaml::values(&Source::new(path.as_str(), text)).expect("YAML");
        if path == "groups.yaml" {
            tree.existing = serde_json::from_value(documents[0]["elsewhere"].take()).expect("existing objects");
            continue;
        }
        if path == "claims.yaml" {
            tree.promises = serde_json::from_value(documents[0]["claims"].take()).expect("claims");
            tree.promises.retain(|promise| promise.control == "Closed by default");
            continue;
        }
        if path.starts_with(chart_values::FOLDER) {
            values.push((path, Arc::from(""), documents.remove(0)));
            continue;
        }
        // The bootstrap has a copy of what argocd/ has.
        let new = documents.into_iter().map(|value| Item::new(value, &path));
        let new: Vec<Item> = new.filter(|new| !tree.items.iter().any(|i| i.identity == new.identity)).collect();
        tree.items.extend(new);
    }
    for item in &mut tree.items {
        let find = |entry: &str| {
            let named = values.iter().find(|(path, ..)| chart_values::means(entry, path));
            named.map(|(path, text, value)| (path.as_str(), text, value))
        };
        if let Some((value, _)) = chart_values::linked(&item.identity, &item.value, find) {
            *item = Item::new(value, &item.path);
        }
    }
    assert!(tree.items.len() > 30, "{folder}");
    tree
}

fn findings(items: &[&Item], tree: &Tree) -> Vec<Finding> {
    let objects = items.iter().map(|item| Object {
        path: &item.path,
        text: &item.text,
        ..Object::alone(&item.identity, &item.value)
    });
    let (objects, repeated) = Objects::new(objects);
    let files = items.iter().map(|item| item.path.as_str()).collect();
    let world = World {
        objects,
        files,
        repeated,
        existing: &tree.existing,
        silences: &[],
        promises: &tree.promises,
        generated: false,
        closed: true,
        beyond: None,
        pages: Pages::ours(),
        platform: None,
    };
    sorted(rulebook::check(&world, &gatewright::verdict::crd::Crds::default()))
}

impl Tree {
    /// What is said when one object is another, or gone.
    fn with(&self, at: usize, new: Option<&Item>) -> Vec<Finding> {
        let items = self.items.iter().enumerate();
        let items: Vec<&Item> = items.filter_map(|(i, item)| if i == at { new } else { Some(item) }).collect();
        findings(&items, self)
    }
}

/// One broken tree: what was done to which object, and what came of it.
struct Broken {
    what: String,
    object: usize,
    new: Option<Item>,
}

/// Every leaf of a value with its JSON pointer.
fn leaves(value: &Value, pointer: &str, into: &mut Vec<(String, Value)>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| leaves(v, &format!("{pointer}/{}", escaped(k)), into)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{pointer}/{i}"), into)),
        leaf => into.push((pointer.to_owned(), leaf.clone())),
    }
}

const WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Every way in which this test breaks an object.
fn broken(tree: &Tree) -> Vec<Broken> {
    let mut all = Vec::new();
    for (i, item) in tree.items.iter().enumerate() {
        let mut add = |what: String, new: Option<Item>| {
            all.push(Broken { what: format!("{what} of {}", item.identity), object: i, new });
        };
        add("deletion".into(), None);
        let rename = |v: &mut Value| *v = json!(format!("{}-renamed", v.as_str().expect("a name")));
        add("renaming".into(), Some(item.changed("/metadata/name", rename)));
        if !item.identity.namespace.is_empty() {
            for namespace in ["elsewhere", "litellm", "serving"] {
                if namespace != item.identity.namespace {
                    let moved = item.changed("/metadata/namespace", |v| *v = json!(namespace));
                    add(format!("move to {namespace}"), Some(moved));
                }
            }
        }
        let mut all_leaves = Vec::new();
        leaves(&item.value, "", &mut all_leaves);
        for (pointer, leaf) in all_leaves {
            let key = pointer.rsplit('/').next().unwrap_or_default();
            if pointer.starts_with("/metadata") {
                continue;
            }
            let named = [
                "name",
                "namespace",
                "secretName",
                "claimName",
                "serviceAccountName",
                "sectionName",
                "gatewayClassName",
                "key",
                "barmanObjectName",
                "secretKey",
                "project",
                "path",
                "repoURL",
                "chart",
                "targetPort",
                "kind",
                "subPath",
            ];
            match leaf {
                Value::String(text) if named.contains(&key) && !text.is_empty() => {
                    let new = item.changed(&pointer, |v| *v = json!(format!("{text}-x")));
                    add(format!("change of {pointer}"), Some(new));
                }
                Value::Number(number) if ["port", "number", "containerPort", "targetPort"].contains(&key) => {
                    let number = number.as_i64().expect("a port");
                    let new = item.changed(&pointer, |v| *v = json!(number + 1));
                    add(format!("change of {pointer}"), Some(new));
                }
                _ => {}
            }
        }
        for pointer in [
            "/data",
            "/spec/target/template/data",
            "/metadata/labels",
            "/spec/template/metadata/labels",
            "/spec/selector/matchLabels",
        ] {
            let keys: Vec<String> = item
                .value
                .pointer(pointer)
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(|m| m.keys().cloned())
                .collect();
            for key in keys.iter().filter(|_| !item.identity.name.contains("argocd-cm")) {
                let new = item.changed(pointer, |v| {
                    let map = v.as_object_mut().expect("a map");
                    let value = map.remove(key).expect("there");
                    map.insert(format!("{key}-x"), value);
                });
                add(format!("change of {pointer} {key}"), Some(new));
            }
        }
        for wave in ["-99", "-15", "15", "99"] {
            let mut value = item.value.clone();
            value["metadata"]["annotations"][WAVE] = json!(wave);
            add(format!("wave {wave}"), Some(Item::new(value, &item.path)));
        }
    }
    all
}

/// An object that is gone, or in a namespace where nobody looks for it, is missed by somebody. Of the names, keys, ports and waves
/// some are broken; many of these changes are harmless (a wave among equals, a label that nothing selects), so a share of them
/// has to be told. `BROKEN=all` prints what nobody missed.
#[test]
fn what_is_broken_is_told() {
    let tree = tree("golden/full/rendered/ai-dev");
    let untouched: Vec<&Item> = tree.items.iter().collect();
    assert!(findings(&untouched, &tree).is_empty(), "the tree itself");
    let all = broken(&tree);
    for (kind, step, least) in [
        ("deletion", 1, 0.8),
        ("move to elsewhere", 1, 0.95),
        ("renaming", 4, 0.2),
        ("change", 14, 0.4),
        ("wave", 14, 0.2),
    ] {
        let broken: Vec<&Broken> = all.iter().filter(|b| b.what.starts_with(kind)).step_by(step).collect();
        let missed: Vec<&str> = broken
            .par_iter()
            .filter(|b| tree.with(b.object, b.new.as_ref()).is_empty())
            .map(|b| b.what.as_str())
            .collect();
        let told = 1.0 - missed.len() as f64 / broken.len() as f64;
        println!("{kind}: {} of {} told", broken.len() - missed.len(), broken.len());
        if std::env::var("BROKEN").is_ok_and(|v| v == "all") {
            missed.iter().for_each(|what| println!("  {what}"));
        }
        assert!(told >= least, "{kind}: {told:.2} of {} told; missed:\n{}", broken.len(), missed.join("\n"));
    }
}

/// Changes that only one rule each can see: the object, what of it, and its new value (null: the object goes).
#[test]
fn single_changes_are_told() {
    let tree = tree("golden/full/rendered/ai-dev");
    let container = "/spec/template/spec/containers/0";
    let wave = "/metadata/annotations";
    for (object, pointer, new) in [
        ("Deployment serving/qwen3-4b-epp", &*format!("{container}/ports/1/containerPort"), json!(9103)),
        ("Deployment serving/qwen3-4b-epp", &*format!("{container}/readinessProbe/grpc/port"), json!(9103)),
        ("Service serving/qwen3-4b-epp", "/spec/ports/0/targetPort", json!(9003)),
        ("Deployment tracing/otel-collector", &*format!("{container}/ports/0/containerPort"), json!(4400)),
        ("Job litellm/litellm-migrations", "", Value::Null),
        ("Job litellm/litellm-migrations", wave, json!({ WAVE: "5" })),
        ("ConfigMap argocd/argocd-cm", "", Value::Null),
        ("AgentgatewayParameters inference/inference-gateway", wave, json!({ WAVE: "5" })),
        (
            "NetworkPolicy serving/model-servers",
            "/spec/ingress/0/from/0/namespaceSelector/matchLabels",
            json!({ "kubernetes.io/metadata.name": "edge" }),
        ),
        ("NetworkPolicy serving/model-servers", "/spec/ingress/1/from/0/podSelector/matchLabels", json!({ "a": "b" })),
        ("NetworkPolicy serving/model-servers", "/metadata/namespace", json!("agentgateway-system")),
    ] {
        let at = tree.items.iter().position(|i| i.identity.to_string() == object).expect(object);
        let changed = (!new.is_null()).then(|| {
            let mut value = tree.items[at].value.clone();
            match pointer {
                "/metadata/annotations" => value["metadata"]["annotations"] = new.clone(),
                _ => *value.pointer_mut(pointer).expect(pointer) = new.clone(),
            }
            Item::new(value, &tree.items[at].path)
        });
        assert!(!tree.with(at, changed.as_ref()).is_empty(), "{object} {pointer} {new}");
    }
}

//! Inventory -> the pods of each workload, with labels and ports as far as they are known, and whether a selector takes them.

use std::borrow::Cow;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, CNPG, GATEWAY};
use crate::object::labels::{Labels, selects};
use crate::object::object::Object;
use crate::references::edges::POD_TEMPLATES;
use crate::references::inventory::{Inventory, is_alike};
use crate::references::made::Port;

/// Pods of one workload.
#[derive(Debug)]
pub struct Pods<'a> {
    /// The workload, or what an operator runs them for.
    pub owner: Object<'a>,
    labels: Cow<'a, Labels>,
    /// `None`: no container declares any.
    pub ports: Option<Vec<Port<'a>>>,
}

/// The pods of all workloads, and of what operators run.
pub fn pods<'a>(inventory: &Inventory<'_, 'a>) -> Vec<Pods<'a>> {
    let mut pods = Vec::new();
    for ((group, kind), template) in POD_TEMPLATES.iter().filter(|(k, _)| ![AGENTGATEWAY, CNPG].contains(&k.0)) {
        for object in inventory.world.objects.of(group, kind) {
            let labels = object.at(&format!("{template}/metadata/labels")).and_then(Value::as_object);
            let labels = labels.map_or_else(|| Cow::Owned(Labels::new()), Cow::Borrowed);
            pods.push(Pods { owner: *object, labels, ports: container_ports(object, template) });
        }
    }
    let owned = |pairs: &[(&str, &str)]| {
        Cow::Owned(pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect())
    };
    let port = |name, number| Port { name, number, protocol: "" };
    for object in inventory.world.objects.of(CNPG, "Cluster") {
        let labels = owned(&[("cnpg.io/cluster", &object.identity.name), ("cnpg.io/podRole", "instance")]);
        pods.push(Pods { owner: *object, labels, ports: Some(vec![port("postgresql", 5432), port("metrics", 9187)]) });
    }
    for object in inventory.world.objects.of(CNPG, "Pooler") {
        let labels = owned(&[("cnpg.io/poolerName", &object.identity.name), ("cnpg.io/podRole", "pooler")]);
        pods.push(Pods { owner: *object, labels, ports: Some(vec![port("pgbouncer", 5432), port("metrics", 9127)]) });
    }
    for object in inventory.world.objects.of(GATEWAY, "Gateway") {
        let name = object.identity.name.as_str();
        let labels = owned(&[
            ("gateway.networking.k8s.io/gateway-name", name),
            ("app.kubernetes.io/name", name),
            ("app.kubernetes.io/instance", name),
        ]);
        pods.push(Pods { owner: *object, labels, ports: None });
    }
    pods
}

fn container_ports<'a>(object: &Object<'a>, template: &str) -> Option<Vec<Port<'a>>> {
    let containers = ["containers", "initContainers"].into_iter();
    let all = containers.flat_map(|list| object.items(&format!("{template}/spec/{list}")));
    let declared = all.filter_map(|container| container["ports"].as_array()).flatten();
    let port = |p: &'a Value| {
        Some(Port { name: p["name"].as_str().unwrap_or_default(), number: p["containerPort"].as_i64()?, protocol: "" })
    };
    let ports: Vec<Port<'a>> = declared.filter_map(port).collect();
    (!ports.is_empty()).then_some(ports)
}

/// Labels that controllers of Kubernetes 1.35 add to pods.
const CONTROLLED: [&str; 6] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// A label of those that a selector asks for.
fn given_later(selector: &Value) -> Option<&String> {
    selector["matchLabels"].as_object()?.keys().find(|key| CONTROLLED.contains(&key.as_str()))
}

impl Pods<'_> {
    /// Whether they lie there.
    pub fn in_namespace(&self, namespace: &str) -> bool {
        self.owner.identity.namespace == namespace
    }

    /// Whether a selector takes them. Operators add labels of their own.
    pub fn taken(&self, selector: &Value) -> bool {
        let operated = [CNPG, GATEWAY].contains(&self.owner.identity.group.as_str());
        match selector["matchLabels"].as_object().filter(|_| operated) {
            None if given_later(selector).is_none() => selects(selector, Some(&self.labels)),
            None => {
                let mut own = selector.clone();
                let labels = own["matchLabels"].as_object_mut();
                labels.into_iter().for_each(|labels| labels.retain(|key, _| !CONTROLLED.contains(&key.as_str())));
                selects(&own, Some(&self.labels))
            }
            Some(wanted) => {
                let fits = |(key, value): (&String, &Value)| {
                    self.labels.get(key).map_or(key.contains("cnpg.io/") || key == "role", |l| l == value)
                };
                !wanted.is_empty() && wanted.iter().all(fits)
            }
        }
    }

    /// Whether each of these labels is one of theirs but for a letter or so.
    pub fn nearly_taken(&self, labels: &Value) -> bool {
        let near = |(key, wanted): (&String, &Value)| {
            let (wanted, given) = (wanted.as_str(), self.labels.get(key).and_then(Value::as_str));
            wanted.zip(given).is_some_and(|(wanted, given)| is_alike(given, wanted))
        };
        labels.as_object().is_some_and(|labels| !labels.is_empty() && labels.iter().all(near))
    }
}

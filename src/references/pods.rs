//! Inventory -> the pods of each workload, with labels and ports as far as they are known, and whether a selector takes them.

use std::borrow::Cow;

use serde_json::Value;

use crate::object::api_group::{CNPG, GATEWAY, MONITORING};
use crate::object::labels::{Labels, may_select, selects};
use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::inventory::{Inventory, is_alike};
use crate::references::made::Port;

/// Pods of one workload.
#[derive(Debug)]
pub struct Pods<'a> {
    /// The workload, or what an operator runs them for.
    pub owner: Object<'a>,
    /// `None`: an operator has it.
    pub template: Option<PodTemplate<'a>>,
    labels: Cow<'a, Labels>,
    /// `None`: no container declares any.
    pub ports: Option<Vec<Port<'a>>>,
}

/// The pods of all workloads, and of what operators run.
pub fn pods<'a>(inventory: &Inventory<'_, 'a>) -> Vec<Pods<'a>> {
    let of_template = |template: PodTemplate<'a>| {
        let labels = template.labels().map_or_else(|| Cow::Owned(Labels::new()), Cow::Borrowed);
        Pods { owner: template.owner, template: Some(template), labels, ports: container_ports(&template) }
    };
    let objects = &inventory.world.objects;
    let mut pods: Vec<Pods<'a>> =
        pod_template::all(objects).filter(|template| !template.kind.overlay).map(of_template).collect();
    let mut run = |owner: &Object<'a>, labels: &[(&str, &str)], ports: Option<Vec<Port<'a>>>| {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value)));
        pods.push(Pods { owner: *owner, template: None, labels: Cow::Owned(labels.collect()), ports });
    };
    let port = |name, number| Port { name, number, protocol: "" };
    for cluster in objects.of(CNPG, "Cluster") {
        let labels = [("cnpg.io/cluster", cluster.identity.name.as_str()), ("cnpg.io/podRole", "instance")];
        run(cluster, &labels, Some(vec![port("postgresql", 5432), port("metrics", 9187), port("status", 8000)]));
    }
    for pooler in objects.of(CNPG, "Pooler") {
        let labels = [("cnpg.io/poolerName", pooler.identity.name.as_str()), ("cnpg.io/podRole", "pooler")];
        run(pooler, &labels, Some(vec![port("pgbouncer", 5432), port("metrics", 9127)]));
    }
    // prometheus-operator, pkg/prometheus/server/statefulset.go and pkg/alertmanager/operator.go.
    for (kind, program, number) in [("Alertmanager", "alertmanager", 9093), ("Prometheus", "prometheus", 9090)] {
        for server in objects.of(MONITORING, kind) {
            let name = server.identity.name.as_str();
            let own = [
                (program, name),
                ("app.kubernetes.io/instance", name),
                ("app.kubernetes.io/managed-by", "prometheus-operator"),
                ("app.kubernetes.io/name", program),
                ("operator.prometheus.io/name", name),
            ];
            let more = server.at("/spec/podMetadata/labels").and_then(Value::as_object).into_iter().flatten();
            let more = more.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
            let labels: Vec<(&str, &str)> = more.chain(own).collect();
            run(server, &labels, Some(vec![port("web", number), port("reloader-web", 8080)]));
        }
    }
    for gateway in objects.of(GATEWAY, "Gateway") {
        let name = gateway.identity.name.as_str();
        let class = ("gateway.networking.k8s.io/gateway-class-name", gateway.text_at("/spec/gatewayClassName"));
        let keys = ["gateway.networking.k8s.io/gateway-name", "app.kubernetes.io/name", "app.kubernetes.io/instance"];
        let labels: Vec<(&str, &str)> = keys.map(|key| (key, name)).into_iter().chain([class]).collect();
        run(gateway, &labels, None);
    }
    pods
}

fn container_ports<'a>(template: &PodTemplate<'a>) -> Option<Vec<Port<'a>>> {
    let all = template.all_containers().into_iter();
    let declared = all.filter_map(|(_, container)| container["ports"].as_array()).flatten();
    let port = |p: &'a Value| {
        Some(Port { name: p["name"].as_str().unwrap_or_default(), number: p["containerPort"].as_i64()?, protocol: "" })
    };
    let ports: Vec<Port<'a>> = declared.filter_map(port).collect();
    (!ports.is_empty()).then_some(ports)
}

impl Pods<'_> {
    /// Whether they lie there.
    pub fn in_namespace(&self, namespace: &str) -> bool {
        self.owner.identity.namespace == namespace
    }

    /// The labels of their template; none where an operator makes them, and adds some of its own.
    pub fn template_labels(&self) -> Option<&Labels> {
        self.template.map(|_| &*self.labels)
    }

    /// Whether a selector takes them. Operators add labels of their own.
    pub fn taken(&self, selector: &Value) -> bool {
        let wanted = selector["matchLabels"].as_object();
        match (self.template, wanted) {
            (Some(template), _) => template.is_selected_with(selector, Some(&self.labels)),
            (None, None) => selects(selector, Some(&self.labels)),
            (None, Some(wanted)) => {
                let fits = |(key, value): (&String, &Value)| {
                    self.labels.get(key).map_or(key.contains("cnpg.io/") || key == "role", |l| l == value)
                };
                !wanted.is_empty() && wanted.iter().all(fits)
            }
        }
    }

    /// The same, where operators may have added any label.
    pub fn may_be_taken(&self, selector: &Value) -> bool {
        match self.template {
            Some(template) => template.is_selected_with(selector, Some(&self.labels)),
            None => may_select(selector, &self.labels, false),
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

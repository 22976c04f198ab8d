//! Inventory -> selectors that take nothing, or something without the port that they need.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::edges::{AGENTGATEWAY, CNPG, GATEWAY, INFERENCE, POD_TEMPLATES};
use crate::finding::{Code, Finding, Severity};
use crate::inventory::{Inventory, Thing};
use crate::object::Object;
use crate::products::Port;

/// True where labels fit a LabelSelector.
pub fn selects(selector: &Value, labels: &Map<String, Value>) -> bool {
    let all = selector["matchLabels"].as_object().is_none_or(|wanted| fits(wanted, labels));
    all && selector["matchExpressions"].as_array().into_iter().flatten().all(|e| {
        let label = e["key"].as_str().and_then(|key| labels.get(key));
        let listed = || label.is_some_and(|l| e["values"].as_array().is_some_and(|values| values.contains(l)));
        match e["operator"].as_str().unwrap_or_default() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => label.is_some(),
            _ => label.is_none(),
        }
    })
}

fn fits(wanted: &Map<String, Value>, labels: &Map<String, Value>) -> bool {
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Pods of one workload.
#[derive(Debug)]
struct Pods<'a> {
    owner: Object<'a>,
    labels: Cow<'a, Map<String, Value>>,
    /// `None`: no container declares any.
    ports: Option<Vec<Port<'a>>>,
}

fn pods<'a>(inventory: &Inventory<'_, 'a>) -> Vec<Pods<'a>> {
    let mut pods = Vec::new();
    for ((group, kind), template) in POD_TEMPLATES.iter().filter(|(k, _)| ![AGENTGATEWAY, CNPG].contains(&k.0)) {
        for object in inventory.world.objects.of(group, kind) {
            let labels = object.at(&format!("{template}/metadata/labels")).and_then(Value::as_object);
            let labels = labels.map_or_else(|| Cow::Owned(Map::new()), Cow::Borrowed);
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

impl Pods<'_> {
    fn in_namespace(&self, namespace: &str) -> bool {
        self.owner.identity.namespace == namespace
    }

    /// Operators add labels of their own.
    fn taken(&self, selector: &Value) -> bool {
        let operated = [CNPG, GATEWAY].contains(&self.owner.identity.group.as_str());
        match selector["matchLabels"].as_object().filter(|_| operated) {
            None => selects(selector, &self.labels),
            Some(wanted) => {
                let fits = |(key, value): (&String, &Value)| {
                    self.labels.get(key).map_or(key.contains("cnpg.io/") || key == "role", |l| l == value)
                };
                !wanted.is_empty() && wanted.iter().all(fits)
            }
        }
    }
}

/// Every rule about what selectors take.
pub fn selection(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let pods = pods(inventory);
    let mut findings = Vec::new();
    for service in inventory.world.objects.of("", "Service") {
        findings.extend(service_pods(inventory, &pods, service));
    }
    for pool in inventory.world.objects.of(INFERENCE, "InferencePool") {
        findings.extend(pool_pods(inventory, &pods, pool));
    }
    for budget in inventory.world.objects.of("policy", "PodDisruptionBudget") {
        findings.extend(guarded(inventory, &pods, budget, "/spec/selector"));
    }
    for policy in inventory.world.objects.of("networking.k8s.io", "NetworkPolicy") {
        findings.extend(guarded(inventory, &pods, policy, "/spec/podSelector"));
        findings.extend(policy_ports(&pods, policy));
    }
    for kind in ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"] {
        inventory.world.objects.of("apps", kind).for_each(|workload| findings.extend(own_pods(workload)));
    }
    for backend in inventory.world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        findings.extend(mcp_services(inventory, backend));
    }
    findings.extend(monitors(inventory, &pods));
    findings
}

fn selector_of(object: &Object<'_>, pointer: &str) -> Option<Value> {
    let labels = object.at(pointer).filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
    Some(serde_json::json!({ "matchLabels": labels }))
}

/// Whether it means something that no pod of a namespace is selected.
fn severity(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], namespace: &str) -> Option<Severity> {
    let here = pods.iter().any(|p| p.in_namespace(namespace));
    match inventory.is_opaque(namespace) {
        true => None,
        false if inventory.world.closed || here => Some(Severity::Error),
        false => {
            (!pods.is_empty() && inventory.find("", "Namespace", "", namespace).is_some()).then_some(Severity::Warning)
        }
    }
}

fn nothing(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], object: &Object<'_>, pointer: &str) -> Option<Finding> {
    let namespace = object.identity.namespace.as_str();
    let severity = severity(inventory, pods, namespace)?;
    let message = format!("{} selects no pods in the namespace {namespace}", object.identity);
    let finding = object.error(Code::EmptySelection, pointer, message);
    let here = pods.iter().filter(|p| p.in_namespace(namespace)).map(|p| p.owner.identity.to_string());
    let here: Vec<String> = here.collect();
    Some(Finding {
        severity,
        ..finding.help(match here.is_empty() {
            true => "nothing runs there".into(),
            false => format!("compare with the labels in the pod templates of {}", here.join(", ")),
        })
    })
}

fn service_pods(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], service: &Object<'_>) -> Vec<Finding> {
    let Some(selector) = selector_of(service, "/spec/selector") else { return Vec::new() };
    let taken: Vec<&Pods<'_>> =
        pods.iter().filter(|p| p.in_namespace(&service.identity.namespace) && p.taken(&selector)).collect();
    if taken.is_empty() {
        return nothing(inventory, pods, service, "/spec/selector").into_iter().collect();
    }
    let mut findings = Vec::new();
    for (i, port) in service.items("/spec/ports").iter().enumerate() {
        let (field, target) = match port.get("targetPort") {
            Some(target) => ("targetPort", target),
            None => ("port", &port["port"]),
        };
        findings.extend(no_port(service, &format!("/spec/ports/{i}/{field}"), target, &taken));
    }
    findings
}

/// A port that none of the selected pods has: by name nothing leads there, by number nothing says that something listens.
fn no_port(object: &Object<'_>, pointer: &str, wanted: &Value, taken: &[&Pods<'_>]) -> Option<Finding> {
    let declared: Vec<&Port<'_>> = taken.iter().filter_map(|p| p.ports.as_ref()).flatten().collect();
    let has = match wanted {
        Value::String(name) => declared.iter().any(|p| p.name == name),
        number => taken.iter().any(|p| p.ports.is_none()) || declared.iter().any(|p| Some(p.number) == number.as_i64()),
    };
    if has || taken.iter().any(|p| p.owner.identity.group == GATEWAY) {
        return None;
    }
    let owners: Vec<String> = taken.iter().map(|p| p.owner.identity.to_string()).collect();
    let plain = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let message = format!(
        "{} leads to port {plain} of the pods of {}, which no container has",
        object.identity,
        owners.join(", ")
    );
    let finding = object.error(Code::MissingPort, pointer, message);
    let known: Vec<String> = declared
        .iter()
        .map(|p| if p.name.is_empty() { p.number.to_string() } else { format!("{} ({})", p.name, p.number) })
        .collect();
    Some(Finding {
        severity: if wanted.is_string() { Severity::Error } else { Severity::Warning },
        ..finding.help(format!("their ports: {}", known.join(", ")))
    })
}

fn pool_pods(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], pool: &Object<'_>) -> Vec<Finding> {
    let Some(selector) = selector_of(pool, "/spec/selector/matchLabels") else { return Vec::new() };
    let namespace = pool.identity.namespace.as_str();
    let taken: Vec<&Pods<'_>> = pods.iter().filter(|p| p.in_namespace(namespace) && p.taken(&selector)).collect();
    if taken.is_empty() {
        return nothing(inventory, pods, pool, "/spec/selector/matchLabels").into_iter().collect();
    }
    let mut findings = Vec::new();
    for (i, port) in pool.items("/spec/targetPorts").iter().enumerate() {
        findings.extend(no_port(pool, &format!("/spec/targetPorts/{i}/number"), &port["number"], &taken));
    }
    let picker =
        inventory.find("", "Service", namespace, pool.text_at("/spec/endpointPickerRef/name")).and_then(Thing::object);
    if let Some(of_picker) = picker.and_then(|service| selector_of(service, "/spec/selector")) {
        let both = taken.iter().filter(|p| p.taken(&of_picker)).map(|p| {
            let message =
                format!("{} takes the pods of {}, which are its own endpoint picker", pool.identity, p.owner.identity);
            let finding = pool.error(Code::PickerInPool, "/spec/selector/matchLabels", message);
            finding.help("let the selector ask for a label that only model servers have")
        });
        findings.extend(both);
    }
    findings
}

/// A budget or a NetworkPolicy for no pods breaks nothing, and does nothing.
fn guarded(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>], object: &Object<'_>, pointer: &str) -> Option<Finding> {
    let selector = object.at(pointer).filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
    let taken = pods.iter().any(|p| p.in_namespace(&object.identity.namespace) && p.taken(selector));
    let finding = if taken { None } else { nothing(inventory, pods, object, pointer) };
    finding.map(|finding| Finding { severity: Severity::Warning, ..finding })
}

/// An ingress rule for a port that the pods do not have lets nothing in.
fn policy_ports(pods: &[Pods<'_>], policy: &Object<'_>) -> Vec<Finding> {
    let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
    let taken: Vec<&Pods<'_>> =
        pods.iter().filter(|p| p.in_namespace(&policy.identity.namespace) && p.taken(selector)).collect();
    let mut findings = Vec::new();
    for (rule, value) in policy.items("/spec/ingress").iter().enumerate() {
        for (i, port) in value["ports"].as_array().into_iter().flatten().enumerate() {
            let wanted = &port["port"];
            if taken.is_empty() || wanted.is_null() || port.get("endPort").is_some() {
                continue;
            }
            let pointer = format!("/spec/ingress/{rule}/ports/{i}/port");
            findings.extend(
                no_port(policy, &pointer, wanted, &taken).map(|f| Finding { severity: Severity::Warning, ..f }),
            );
        }
    }
    findings
}

/// The API server refuses a workload whose selector does not take its own pods.
fn own_pods(workload: &Object<'_>) -> Option<Finding> {
    let selector = workload.at("/spec/selector")?;
    let labels = workload.at("/spec/template/metadata/labels").and_then(Value::as_object);
    if labels.is_some_and(|labels| selects(selector, labels)) {
        return None;
    }
    let message = format!("{} does not select its own pods", workload.identity);
    Some(
        workload
            .error(Code::EmptySelection, "/spec/selector", message)
            .help("give the pod template the labels of the selector"),
    )
}

/// agentgateway makes a target of each Service port with one of these protocols, and of nothing else.
const MCP: [&str; 4] = ["agentgateway.dev/mcp", "agentgateway.dev/mcp-sse", "kgateway.dev/mcp", "kgateway.dev/mcp-sse"];

fn mcp_services(inventory: &Inventory<'_, '_>, backend: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (i, target) in backend.items("/spec/mcp/targets").iter().enumerate() {
        let Some(selector) = target.get("selector") else { continue };
        let pointer = format!("/spec/mcp/targets/{i}/selector");
        let in_scope = |thing: &&Thing<'_>| match selector.get("namespaces") {
            None => thing.namespace == backend.identity.namespace,
            Some(namespaces) => {
                let labels = inventory.find("", "Namespace", "", thing.namespace).and_then(Thing::labels);
                labels.is_some_and(|labels| selects(namespaces, labels))
            }
        };
        let services: Vec<&Thing<'_>> = inventory.of("", "Service").filter(in_scope).collect();
        let none = Map::new();
        let taken = services
            .iter()
            .filter(|s| selector.get("services").is_none_or(|wanted| selects(wanted, s.labels().unwrap_or(&none))));
        let taken: Vec<&&Thing<'_>> = taken.collect();
        let known = inventory.world.closed || !services.is_empty() && !inventory.is_opaque(&backend.identity.namespace);
        if taken.is_empty() && known {
            let message =
                format!("{} selects no Service, and answers 503 without a word in its status", backend.identity);
            let finding = backend.error(Code::EmptySelection, &pointer, message);
            findings.push(finding.help("compare with the labels of the Service itself, not of its pods"));
        }
        let speaks = |s: &&&Thing<'_>| s.ports().is_none_or(|ports| ports.iter().any(|p| MCP.contains(&p.protocol)));
        if !taken.is_empty() && !taken.iter().any(|s| speaks(&s)) {
            let names: Vec<String> = taken.iter().map(|s| format!("{}/{}", s.namespace, s.name)).collect();
            let message =
                format!("{} selects Service {}, none of whose ports speaks MCP", backend.identity, names.join(", "));
            let finding = backend.error(Code::MissingPort, &pointer, message);
            findings.push(finding.help(format!("set `appProtocol: {}` on the port", MCP[0])));
        }
    }
    findings
}

/// What Prometheus is told to scrape.
fn monitors(inventory: &Inventory<'_, '_>, pods: &[Pods<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = |object: &Object<'_>| object.at("/spec/namespaceSelector").is_none();
    for monitor in inventory.world.objects.of("monitoring.coreos.com", "PodMonitor").filter(|m| own(m)) {
        findings.extend(guarded(inventory, pods, monitor, "/spec/selector"));
    }
    let known = |namespace: &str| !inventory.is_opaque(namespace);
    for monitor in inventory.world.objects.of("monitoring.coreos.com", "ServiceMonitor").filter(|m| own(m)) {
        let namespace = monitor.identity.namespace.as_str();
        let Some(selector) = monitor.at("/spec/selector") else { continue };
        let mut services = inventory.of("", "Service").filter(|s| s.namespace == namespace).peekable();
        let none = Map::new();
        if services.peek().is_some()
            && known(namespace)
            && !services.any(|s| selects(selector, s.labels().unwrap_or(&none)))
        {
            let message = format!("{} selects no Service in the namespace {namespace}", monitor.identity);
            findings.push(monitor.warning(Code::EmptySelection, "/spec/selector", message));
        }
    }
    findings
}

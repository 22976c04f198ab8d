//! Inventory -> selectors that take nothing, or something without the port that they need.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, GATEWAY, INFERENCE, MONITORING, NETWORKING};
use crate::object::labels::selects;
use crate::object::object::Object;
use crate::object::selector::label_at;
use crate::references::inventory::Inventory;
use crate::references::labelled::Services;
use crate::references::made::Port;
use crate::references::pods::Pods;
use crate::references::running::{Running, selector_of};
use crate::text::finding::{Code, Finding, Severity};
use crate::text::schema::did_you_mean;
use crate::text::shown::listed;

/// Every rule about what selectors take.
pub fn selection(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let (pods, services) = (Running::new(inventory), Services::new(inventory));
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
    for policy in inventory.world.objects.of(NETWORKING, "NetworkPolicy") {
        findings.extend(guarded(inventory, &pods, policy, "/spec/podSelector"));
        findings.extend(policy_ports(inventory, &pods, policy));
    }
    findings.extend(pods.iter().filter_map(own_pods));
    findings.extend(mcp_services(inventory, &services));
    for (kind, group, pointer) in
        [("Service", "", "/spec/selector"), ("PodDisruptionBudget", "policy", "/spec/selector")]
    {
        findings.extend(inventory.world.objects.of(group, kind).filter_map(|o| beside_jobs(&pods, o, pointer)));
    }
    findings.extend(monitors(inventory, &pods, &services));
    let all = pods.iter().enumerate();
    findings.extend(all.filter_map(|(i, p)| unreached(inventory, p, || pods.reached(inventory).contains(&i))));
    findings
}

/// Whether it means something that no pod of a namespace is selected. In a folder of others it does where some Service there
/// finds its pods, so that the folder brings both.
fn severity(
    inventory: &Inventory<'_, '_>,
    pods: &Running<'_>,
    namespace: &str,
    selector: Option<&Value>,
) -> Option<Severity> {
    if inventory.is_opaque(namespace) {
        // Something unknown may run the pods; nearly the labels of some that are there are a slip all the same.
        let slip = |p: &Pods<'_>| selector.is_some_and(|s| p.nearly_taken(s));
        return pods.of(namespace).any(slip).then_some(Severity::Warning);
    }
    if inventory.world.closed || pods.served(inventory).contains(namespace) {
        return Some(Severity::Error);
    }
    let brought = inventory.find("", "Namespace", "", namespace).is_some() && !pods.is_empty();
    (brought || pods.of(namespace).next().is_some()).then_some(Severity::Warning)
}

fn nothing(
    inventory: &Inventory<'_, '_>,
    pods: &Running<'_>,
    object: &Object<'_>,
    pointer: &str,
    namespace: &str,
) -> Option<Finding> {
    let labels = object.at(pointer).map(|s| s.get("matchLabels").unwrap_or(s));
    let severity = severity(inventory, pods, namespace, labels)?;
    let message = format!("{} selects no pods in the namespace {namespace}", object.identity);
    let finding = object.error(Code::EmptySelection, &label_at(object, pointer), message);
    let help = match pods.of(namespace).next() {
        None => "nothing runs there".into(),
        Some(_) => {
            let owners = listed(pods.of(namespace), ", ", owner);
            format!("compare with the labels in the pod templates of {owners}")
        }
    };
    Some(Finding { severity, ..finding.help(help) })
}

fn service_pods(inventory: &Inventory<'_, '_>, pods: &Running<'_>, service: &Object<'_>) -> Vec<Finding> {
    let Some(selector) = selector_of(service, "/spec/selector") else { return Vec::new() };
    let taken = pods.taken(&service.identity.namespace, &selector);
    if taken.is_empty() {
        return nothing(inventory, pods, service, "/spec/selector", &service.identity.namespace).into_iter().collect();
    }
    let mut findings = Vec::new();
    for (i, port) in service.items("/spec/ports").iter().enumerate() {
        let (field, target) = match port.get("targetPort") {
            Some(target) => ("targetPort", target),
            None => ("port", &port["port"]),
        };
        findings.extend(no_port(inventory, service, &format!("/spec/ports/{i}/{field}"), target, &taken));
    }
    findings
}

fn owner(pods: &Pods<'_>) -> String {
    pods.owner.identity.to_string()
}

/// A port that none of the selected pods has: by name nothing leads there, by number nothing says that something listens.
fn no_port(
    inventory: &Inventory<'_, '_>,
    object: &Object<'_>,
    pointer: &str,
    wanted: &Value,
    taken: &[&Pods<'_>],
) -> Option<Finding> {
    let declared: Vec<&Port<'_>> = taken.iter().filter_map(|p| p.ports.as_ref()).flatten().collect();
    let has = match wanted {
        Value::String(name) => declared.iter().any(|p| p.name == name),
        number => taken.iter().any(|p| p.ports.is_none()) || declared.iter().any(|p| Some(p.number) == number.as_i64()),
    };
    let patched = |p: &&Pods<'_>| {
        let owner = p.owner.identity;
        inventory.world.beyond.is_some_and(|beyond| beyond.is_changed(&owner.kind, &owner.namespace, &owner.name))
    };
    if has || taken.iter().any(|p| p.owner.identity.group == GATEWAY || patched(p)) {
        return None;
    }
    let owners = listed(taken.iter(), ", ", |pods| owner(pods));
    let message =
        format!("{} leads to port {} of the pods of {owners}, which no container has", object.identity, shown(wanted));
    let finding = object.error(Code::MissingPort, pointer, message);
    let port = |p: &&Port<'_>| match p.name {
        "" => p.number.to_string(),
        name => format!("{name} ({})", p.number),
    };
    Some(Finding {
        severity: if wanted.is_string() { Severity::Error } else { Severity::Warning },
        ..finding.help(format!("their ports: {}", listed(declared.iter(), ", ", port)))
    })
}

fn pool_pods(inventory: &Inventory<'_, '_>, pods: &Running<'_>, pool: &Object<'_>) -> Vec<Finding> {
    let Some(selector) = selector_of(pool, "/spec/selector/matchLabels") else { return Vec::new() };
    let namespace = pool.identity.namespace.as_str();
    let taken = pods.taken(namespace, &selector);
    if taken.is_empty() {
        return nothing(inventory, pods, pool, "/spec/selector/matchLabels", namespace).into_iter().collect();
    }
    let mut findings = Vec::new();
    for (i, port) in pool.items("/spec/targetPorts").iter().enumerate() {
        findings.extend(no_port(inventory, pool, &format!("/spec/targetPorts/{i}/number"), &port["number"], &taken));
    }
    findings
}

/// Pods of a Job beside those of a server. A Service sends requests to one as soon as it is ready; a budget in percent or with
/// `maxUnavailable` asks the owner of each pod for its scale, which a Job has not, and then allows no eviction at all
/// (Kubernetes 1.35, `getExpectedScale`).
fn beside_jobs(pods: &Running<'_>, object: &Object<'_>, pointer: &str) -> Option<Finding> {
    let selector = match object.identity.kind.as_str() {
        "Service" => selector_of(object, pointer)?,
        _ => object.at(pointer).filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?.clone(),
    };
    let taken = pods.taken(&object.identity.namespace, &selector);
    let (jobs, servers): (Vec<_>, Vec<_>) =
        taken.into_iter().partition(|p| p.template.is_some_and(|template| template.kind.ends));
    let (job, server) = (jobs.first()?, servers.first()?);
    let labels = format!("{}/metadata/labels", job.template?.pointer);
    let message = format!(
        "{} takes the pods of {} beside those of {}",
        object.identity, job.owner.identity, server.owner.identity
    );
    let finding = object.warning(Code::JobBehindService, pointer, message);
    let finding = finding.related(job.owner.place(&labels), "these labels are those of the server");
    Some(finding.help("give the pods of the Job labels of their own"))
}

/// A budget or a NetworkPolicy for no pods breaks nothing, and does nothing.
fn guarded(inventory: &Inventory<'_, '_>, pods: &Running<'_>, object: &Object<'_>, pointer: &str) -> Option<Finding> {
    let home = watched(object)?;
    let selector = object.at(pointer).filter(|s| s.as_object().is_some_and(|s| !s.is_empty()))?;
    // A monitor may look into a namespace in which nothing of ours runs, such as that of Argo CD.
    let strange = home != object.identity.namespace && pods.of(home).next().is_none();
    if strange || !pods.taken(home, selector).is_empty() {
        return None;
    }
    let finding = nothing(inventory, pods, object, pointer, home).or_else(|| astray(pods, object, pointer, selector));
    finding.map(|finding| Finding { severity: Severity::Warning, ..finding })
}

/// Of its own namespace nothing is known, and in another one are pods that it fits.
fn astray(pods: &Running<'_>, object: &Object<'_>, pointer: &str, selector: &Value) -> Option<Finding> {
    let home = watched(object)?;
    let fits = |p: &&Pods<'_>| !p.owner.home().is_empty() && p.taken(selector);
    let other = pods.iter().find(fits).filter(|_| !home.is_empty() && pods.of(home).next().is_none())?;
    let message = format!("{} is for pods that are not known in the namespace {home}", object.identity);
    let finding = object.warning(Code::EmptySelection, &label_at(object, pointer), message);
    Some(finding.help(format!("it fits those of {}", other.owner.identity)))
}

/// An ingress rule for a port that the pods do not have lets nothing in.
fn policy_ports(inventory: &Inventory<'_, '_>, pods: &Running<'_>, policy: &Object<'_>) -> Vec<Finding> {
    let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
    let taken = pods.taken(&policy.identity.namespace, selector);
    let mut findings = Vec::new();
    for (rule, value) in policy.items("/spec/ingress").iter().enumerate() {
        for (i, port) in value["ports"].as_array().into_iter().flatten().enumerate() {
            let wanted = &port["port"];
            if taken.is_empty() || wanted.is_null() || port.get("endPort").is_some() {
                continue;
            }
            let pointer = format!("/spec/ingress/{rule}/ports/{i}/port");
            findings.extend(
                no_port(inventory, policy, &pointer, wanted, &taken)
                    .map(|f| Finding { severity: Severity::Warning, ..f }),
            );
            findings.extend(other_protocol(policy, &pointer, port, &taken));
        }
    }
    findings
}

/// UDP alone, for a port that all containers which declare it have for TCP.
fn other_protocol(policy: &Object<'_>, pointer: &str, port: &Value, taken: &[&Pods<'_>]) -> Option<Finding> {
    if port["protocol"] != "UDP" {
        return None;
    }
    let templates: Vec<_> = taken.iter().map(|pods| pods.template).collect::<Option<_>>()?;
    let containers = templates.iter().flat_map(|template| template.all_containers());
    let declared = containers.filter_map(|(_, container)| container["ports"].as_array()).flatten();
    let same = |p: &&Value| [&p["name"], &p["containerPort"]].contains(&&port["port"]);
    let protocols: Vec<&str> = declared.filter(same).map(|p| p["protocol"].as_str().unwrap_or("TCP")).collect();
    if protocols.is_empty() || protocols.iter().any(|protocol| *protocol != "TCP") {
        return None;
    }
    let message =
        format!("{} lets UDP to port {} in, on which its pods listen for TCP", policy.identity, shown(&port["port"]));
    let rule = pointer.rsplit_once("/ports/").map_or(pointer, |(rule, _)| rule);
    let both =
        policy.items(&format!("{rule}/ports")).iter().any(|p| p["port"] == port["port"] && p["protocol"] != "UDP");
    (!both).then(|| policy.warning(Code::MissingPort, pointer, message).help("write `protocol: TCP`, or leave it out"))
}

fn shown(port: &Value) -> String {
    port.as_str().map_or_else(|| port.to_string(), str::to_owned)
}

/// The API server refuses a workload whose selector does not take its own pods.
fn own_pods(pods: &Pods<'_>) -> Option<Finding> {
    let workload = &pods.owner;
    let selector = workload.at("/spec/selector").filter(|_| workload.identity.group == "apps")?;
    if selects(selector, pods.template?.labels()) {
        return None;
    }
    let message = format!("{} does not select its own pods", workload.identity);
    Some(
        workload
            .error(Code::EmptySelection, "/spec/selector", message)
            .help("give the pod template the labels of the selector"),
    )
}

/// agentgateway makes a target of each port that speaks MCP of the Services that a selector takes.
fn mcp_services(inventory: &Inventory<'_, '_>, all: &Services<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Many may say the same.
    let mut known: BTreeMap<(&str, String), bool> = BTreeMap::new();
    for backend in inventory.world.objects.of(AGENTGATEWAY, "AgentgatewayBackend") {
        let home = backend.identity.namespace.as_str();
        for (i, target) in backend.items("/spec/mcp/targets").iter().enumerate() {
            let Some(selector) = target.get("selector") else { continue };
            let lost = known
                .entry((home, selector.to_string()))
                .or_insert_with(|| leads_nowhere(inventory, all, home, selector));
            if *lost {
                let message =
                    format!("{} selects no Service, and answers 503 without a word in its status", backend.identity);
                let finding = backend.error(Code::EmptySelection, &format!("/spec/mcp/targets/{i}/selector"), message);
                findings.push(finding.help("compare with the labels of the Service itself, not of its pods"));
            }
        }
    }
    findings
}

fn leads_nowhere(inventory: &Inventory<'_, '_>, all: &Services<'_, '_>, home: &str, selector: &Value) -> bool {
    let namespaces: Vec<&str> = match selector.get("namespaces") {
        None => vec![home],
        Some(wanted) => {
            let labelled = inventory.of("", "Namespace").filter(|n| n.labels().is_some());
            labelled.filter(|n| selects(wanted, n.labels())).map(|n| n.name.as_ref()).collect()
        }
    };
    let wanted = selector.get("services").unwrap_or(&Value::Null);
    let none = namespaces.iter().all(|namespace| all.taken(namespace, wanted).is_empty());
    let some = || namespaces.iter().any(|namespace| all.of(namespace).next().is_some());
    none && (inventory.world.closed || some() && !inventory.is_opaque(home))
}

/// The namespace whose pods or Services an object selects: its own, or the one that a monitor names; none for several.
fn watched<'a>(object: &Object<'a>) -> Option<&'a str> {
    let Some(selector) = object.at("/spec/namespaceSelector") else { return Some(&object.identity.namespace) };
    match selector["matchNames"].as_array()?.as_slice() {
        [name] => name.as_str(),
        _ => None,
    }
}

/// What Prometheus is told to scrape.
fn monitors(inventory: &Inventory<'_, '_>, pods: &Running<'_>, all: &Services<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for monitor in inventory.world.objects.of(MONITORING, "PodMonitor") {
        let Some(namespace) = watched(monitor) else { continue };
        findings.extend(guarded(inventory, pods, monitor, "/spec/selector"));
        let taken = pods.taken(namespace, monitor.at("/spec/selector").unwrap_or(&Value::Null));
        let ports: Option<Vec<Port<'_>>> =
            taken.iter().map(|p| p.ports.clone()).collect::<Option<Vec<_>>>().map(|p| p.concat());
        let ports = ports.filter(|_| !taken.is_empty());
        findings.extend(scraped(monitor, "/spec/podMetricsEndpoints", ports.as_deref()));
    }
    let known = |namespace: &str| !inventory.is_opaque(namespace);
    // Whether a selector takes any, and their ports where those are known; many say the same.
    let mut selected = BTreeMap::new();
    for monitor in inventory.world.objects.of(MONITORING, "ServiceMonitor") {
        let Some(namespace) = watched(monitor) else { continue };
        let Some(selector) = monitor.at("/spec/selector") else { continue };
        let here = all.of(namespace).next().is_some();
        let (any, ports) = selected.entry((namespace, selector.to_string())).or_insert_with(|| {
            let taken = all.taken(namespace, selector);
            let known = taken.iter().all(|service| service.ports.is_some());
            let ports: Option<Vec<Port<'_>>> =
                known.then(|| taken.iter().filter_map(|service| service.ports.as_deref()).flatten().copied().collect());
            (!taken.is_empty(), ports)
        });
        if here && known(namespace) && !*any {
            let message = format!("{} selects no Service in the namespace {namespace}", monitor.identity);
            findings.push(monitor.warning(Code::EmptySelection, &label_at(monitor, "/spec/selector"), message));
        }
        let elsewhere =
            || inventory.of("", "Service").find(|s| !s.namespace.is_empty() && selects(selector, s.labels()));
        if let Some(other) = elsewhere().filter(|_| !here) {
            let message =
                format!("{} is for Services that are not known in the namespace {namespace}", monitor.identity);
            let finding = monitor.warning(Code::EmptySelection, "/spec/selector", message);
            findings.push(finding.help(format!("it fits Service {}/{}", other.namespace, other.name)));
        }
        let ports = ports.as_deref().filter(|_| *any && known(namespace));
        findings.extend(scraped(monitor, "/spec/endpoints", ports));
    }
    findings
}

/// Ports by name that nothing has which the monitor selects; `None`: those are not known.
fn scraped(monitor: &Object<'_>, pointer: &str, ports: Option<&[Port<'_>]>) -> Vec<Finding> {
    let Some(ports) = ports else { return Vec::new() };
    let names: Vec<&str> = ports.iter().map(|p| p.name).collect();
    let say = |i: usize, key: &str, port: &str| {
        let message = format!("{} scrapes the port {port}, which nothing that it selects has", monitor.identity);
        monitor.warning(Code::MissingPort, &format!("{pointer}/{i}/{key}"), message)
    };
    let mut missing = Vec::new();
    for (i, endpoint) in monitor.items(pointer).iter().enumerate() {
        match (endpoint["port"].as_str(), endpoint["portNumber"].as_i64()) {
            (Some(name), _) if !names.contains(&name) => {
                missing.push(say(i, "port", name).help(did_you_mean(name, &names)));
            }
            (None, Some(number)) if !ports.iter().any(|p| p.number == number) => {
                let help = format!("their ports: {}", listed(ports.iter(), ", ", |p| p.number.to_string()));
                missing.push(say(i, "portNumber", &number.to_string()).help(help));
            }
            _ => {}
        }
    }
    missing
}

/// Pods that say when they are ready for requests, and that nothing sends any. Elsewhere the Service may be another's.
fn unreached(inventory: &Inventory<'_, '_>, pods: &Pods<'_>, reached: impl Fn() -> bool) -> Option<Finding> {
    let owner = pods.owner;
    let sent = pods.template.filter(|template| !template.kind.serverless);
    let containers = sent.iter().flat_map(|template| template.items("/containers"));
    let asks = containers.into_iter().any(|c| c.get("readinessProbe").is_some());
    let namespace = owner.identity.namespace.as_str();
    if !inventory.world.closed || !asks || pods.ports.is_none() || inventory.is_opaque(namespace) {
        return None;
    }
    (!reached()).then(|| {
        let message = format!("{} has a readiness probe, and no Service leads to its pods", owner.identity);
        owner.warning(Code::UnreachablePods, "/metadata/name", message).help("add a Service, or drop the probe")
    })
}

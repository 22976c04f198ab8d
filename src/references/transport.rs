//! Inventory -> ports that are told by one protocol and open for another: of Services, of NetworkPolicies and of probes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::NETWORKING;
use crate::object::object::Object;
use crate::object::pod_template::{self, PodTemplate};
use crate::references::inventory::Inventory;
use crate::references::pods::Pods;
use crate::references::running::{Running, selector_of};
use crate::text::finding::{Code, Finding, Severity};

/// Every port that is called over another protocol than its container declares.
pub fn protocols(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let pods = Running::new(inventory);
    // Thousands of policies may take the same thousands of pods.
    let ports: Vec<Vec<&Value>> = pods.iter().map(ports).collect();
    let of_pods = |namespace: &str, selector: &Value| -> Declared<'_> {
        Declared::of(pods.positions(namespace, selector).iter().flat_map(|i| &ports[*i]).copied())
    };
    let mut findings = Vec::new();
    for service in inventory.world.objects.of("", "Service") {
        let Some(selector) = selector_of(service, "/spec/selector") else { continue };
        let declared = of_pods(&service.identity.namespace, &selector);
        for (pointer, port) in service.all("/spec/ports/*") {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            findings.extend(differs(service, &format!("{pointer}/protocol"), target, port, &declared));
        }
    }
    for policy in inventory.world.objects.of(NETWORKING, "NetworkPolicy") {
        let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
        let declared = of_pods(&policy.identity.namespace, selector);
        for (pointer, of_rule) in policy.all("/spec/ingress/*/ports") {
            let of_rule = of_rule.as_array().map_or(&[][..], Vec::as_slice);
            // One rule for each protocol is how both are let in.
            let mut asked: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
            for port in of_rule {
                asked.entry(port["port"].to_string()).or_default().insert(protocol(port));
            }
            for (i, port) in of_rule.iter().enumerate() {
                if asked[&port["port"].to_string()].len() == 1 && port.get("endPort").is_none() {
                    let at = format!("{pointer}/{i}/protocol");
                    let found = differs(policy, &at, &port["port"], port, &declared);
                    findings.extend(found.map(|f| Finding { severity: Severity::Warning, ..f }));
                }
            }
        }
    }
    findings.extend(pod_template::all(&inventory.world.objects).flat_map(|template| probes(&template)));
    findings
}

fn protocol(port: &Value) -> &str {
    port["protocol"].as_str().unwrap_or("TCP")
}

/// The ports of the containers of pods.
fn ports<'a>(pods: &Pods<'a>) -> Vec<&'a Value> {
    let all = pods.template.iter().flat_map(PodTemplate::all_containers);
    all.filter_map(|(_, container)| container["ports"].as_array()).flatten().collect()
}

/// Ports of containers by number and by name: a policy may name thousands of thousands.
struct Declared<'a>(BTreeMap<String, Vec<&'a Value>>);

impl<'a> Declared<'a> {
    fn of(ports: impl Iterator<Item = &'a Value>) -> Self {
        let mut by = BTreeMap::<String, Vec<&Value>>::new();
        for port in ports {
            for known in ["containerPort", "name"].map(|key| &port[key]).into_iter().filter(|known| !known.is_null()) {
                by.entry(known.to_string()).or_default().push(port);
            }
        }
        Self(by)
    }

    fn named(&self, wanted: &Value) -> &[&'a Value] {
        self.0.get(&wanted.to_string()).map_or(&[], Vec::as_slice)
    }
}

/// The port is declared, and nowhere for this protocol. A name is looked for together with its protocol.
fn differs(object: &Object<'_>, at: &str, wanted: &Value, port: &Value, declared: &Declared<'_>) -> Option<Finding> {
    let declared = declared.named(wanted);
    let (first, asked) = (declared.first()?, protocol(port));
    if declared.iter().any(|declared| protocol(declared) == asked) {
        return None;
    }
    let plain = wanted.as_str().map_or_else(|| wanted.to_string(), str::to_owned);
    let message =
        format!("{} is for {asked} on port {plain}, which its pods have for {}", object.identity, protocol(first));
    let finding = object.error(Code::MissingPort, at, message);
    let severity = if wanted.is_string() { Severity::Error } else { Severity::Warning };
    Some(Finding {
        severity,
        ..finding.help(format!("write `protocol: {}`, or change that of the container", protocol(first)))
    })
}

/// The kubelet asks over TCP.
fn probes(template: &PodTemplate<'_>) -> Vec<Finding> {
    let object = &template.owner;
    let mut findings = Vec::new();
    for (pointer, container) in template.containers() {
        let own = Declared::of(container["ports"].as_array().into_iter().flatten());
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
            for action in ["httpGet", "tcpSocket", "grpc"] {
                let wanted = &container[probe][action]["port"];
                let declared = own.named(wanted);
                if wanted.is_null() || declared.is_empty() || declared.iter().any(|port| protocol(port) == "TCP") {
                    continue;
                }
                let at = format!("{pointer}/{probe}/{action}/port");
                let message = format!(
                    "{} is asked over TCP on a port that its container has for {}",
                    object.identity,
                    protocol(declared[0])
                );
                findings
                    .push(object.warning(Code::MissingPort, &at, message).help("write `protocol: TCP` on the port"));
            }
        }
    }
    findings
}

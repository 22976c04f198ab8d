//! Inventory -> pods that call others by name and may not ask for names: their policies for what goes out leave no way to port 53.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::NETWORKING;
use crate::object::object::Object;
use crate::references::inventory::Inventory;
use crate::references::pods::Pods;
use crate::references::running::Running;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::strings;

/// Where the DNS servers of a cluster run: of Kubernetes, and of OpenShift.
const DNS_NAMESPACES: [&str; 2] = ["kube-system", "openshift-dns"];

/// One finding for each workload whose every way out leaves DNS out.
pub fn shut_out(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let out = |policy: &&Object<'_>| {
        policy.items("/spec/policyTypes").iter().any(|t| t == "Egress") || policy.at("/spec/egress").is_some()
    };
    let policies: Vec<&Object<'_>> = inventory.world.objects.of(NETWORKING, "NetworkPolicy").filter(out).collect();
    if policies.is_empty() {
        return Vec::new();
    }
    let running = Running::new(inventory);
    let mut held: BTreeMap<usize, Vec<&Object<'_>>> = BTreeMap::new();
    for policy in policies {
        let selector = policy.at("/spec/podSelector").unwrap_or(&Value::Null);
        for i in running.positions(&policy.identity.namespace, selector).iter() {
            held.entry(*i).or_default().push(policy);
        }
    }
    let told = |(i, all): (&usize, &Vec<&Object<'_>>)| {
        let pods = &running[*i];
        let own: Vec<&&Object<'_>> = all.iter().filter(|policy| policy.home() == pods.owner.home()).collect();
        let first = own.first()?;
        let asks =
            own.iter().any(|policy| policy.all("/spec/egress/*").iter().any(|(_, rule)| admits_dns(policy, rule)));
        let name = called_by_name(pods).filter(|_| !asks)?;
        let message = format!(
            "{} calls {name} and may not ask for its address: no policy lets it out to DNS",
            pods.owner.identity
        );
        let finding = first.warning(Code::PolicyWithoutDns, "/spec/egress", message);
        Some(finding.help("let it out to port 53, UDP and TCP, of the namespace kube-system"))
    };
    held.iter().filter_map(told).collect()
}

/// Whether a rule of a policy lets DNS out: to port 53, to peers that may be its servers.
fn admits_dns(policy: &Object<'_>, rule: &Value) -> bool {
    let port = |port: &Value| match &port["port"] {
        Value::Number(first) => {
            let (first, last) = (first.as_i64().unwrap_or_default(), port["endPort"].as_i64());
            (first..=last.unwrap_or(first)).contains(&53)
        }
        Value::String(name) => name.contains("dns") || name == "53",
        _ => true, // any port of the protocol
    };
    let ports = rule["ports"].as_array().is_none_or(|ports| ports.is_empty() || ports.iter().any(port));
    ports && rule["to"].as_array().is_none_or(|peers| peers.is_empty() || peers.iter().any(|p| may_be_dns(policy, p)))
}

fn may_be_dns(policy: &Object<'_>, peer: &Value) -> bool {
    if peer.get("ipBlock").is_some() {
        return true;
    }
    match peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].as_str() {
        Some(namespace) => DNS_NAMESPACES.contains(&namespace),
        // Labels may be anybody's; without a selector it is the namespace of the policy.
        None => peer.get("namespaceSelector").is_some() || DNS_NAMESPACES.contains(&policy.home()),
    }
}

/// A Service that a workload names in variables or arguments.
fn called_by_name<'a>(pods: &Pods<'a>) -> Option<&'a str> {
    let mut found = None;
    for (_, container) in pods.template?.all_containers() {
        strings(container, &mut |at, text| {
            let said = at.starts_with("/env/") && at.ends_with("/value")
                || at.starts_with("/args/")
                || at.starts_with("/command/");
            if said && found.is_none() {
                found = service(text);
            }
        });
    }
    found
}

/// The host of a Service in a text, as `name.namespace.svc`.
fn service(text: &str) -> Option<&str> {
    let end = text.find(".svc")?;
    let behind = text[end + 4..].chars().next();
    let host = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let start = text[..end].rfind(|c: char| !host(c)).map_or(0, |at| at + 1);
    let ends = behind.is_none_or(|c| c == '.' || !host(c));
    (ends && text[start..end].contains('.')).then(|| &text[start..end + 4])
}

#[cfg(test)]
mod tests {
    use super::service;

    #[test]
    fn hosts_of_services() {
        for (text, host) in [
            ("http://backend.models.svc:8000", Some("backend.models.svc")),
            ("--upstream=a.b.svc.cluster.local", Some("a.b.svc")),
            ("backend.models.svcs", None),
            ("x.svc", None),
            ("plain", None),
        ] {
            assert_eq!(service(text), host, "{text}");
        }
    }
}

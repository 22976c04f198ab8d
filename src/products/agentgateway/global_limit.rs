//! Limits that the proxies of agentgateway ask Envoy's ratelimit for: the port that answers, the domain and the descriptors that it
//! knows. It answers OK for what it does not know (ratelimit 3e085e5b, src/config/config_impl.go), so that nothing is limited.

use serde_json::Value;

use crate::object::object::Object;
use crate::object::part::Part;
use crate::object::pod_template::PodTemplate;
use crate::references::gateways::policies;
use crate::references::inventory::Inventory;
use crate::references::running::{Running, selector_of};
use crate::text::finding::{Code, Finding};

/// Where a policy asks.
const ASKED: [&str; 2] = ["/spec/traffic/rateLimit/global", "/spec/traffic/rateLimit/conditional/*/policy/global"];

/// Limits that no answer stands behind.
pub fn limits(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let pods = Running::new(inventory);
    let mut findings = Vec::new();
    for policy in policies(inventory.world) {
        for (pointer, limit) in ASKED.iter().flat_map(|pattern| policy.all(pattern)) {
            let Some((template, container, port)) = counter(inventory, &pods, policy, &limit["backendRef"]) else {
                continue;
            };
            findings.extend(deaf(policy, &pointer, &template, container, &port));
            findings.extend(unknown(inventory, policy, (&pointer, limit), &template, container));
        }
    }
    findings
}

/// The ratelimit behind a reference to a Service: pods, container, and the port of the pods that the reference leads to.
fn counter<'a>(
    inventory: &Inventory<'_, 'a>,
    pods: &Running<'a>,
    policy: &Object<'_>,
    reference: &Value,
) -> Option<(PodTemplate<'a>, &'a Value, Value)> {
    let text = |key: &str| reference[key].as_str().unwrap_or_default();
    if !matches!((text("group"), text("kind")), ("", "" | "Service")) {
        return None;
    }
    let namespace = reference["namespace"].as_str().unwrap_or(&policy.identity.namespace);
    let service = *inventory.find("", "Service", namespace, text("name"))?.object()?;
    let port = service.items("/spec/ports").iter().find(|port| port["port"] == reference["port"])?;
    let selector = selector_of(&service, "/spec/selector")?;
    let template = pods.taken(namespace, &selector).first()?.template?;
    let (_, container) = template.containers().into_iter().find(|(_, container)| is_ratelimit(container))?;
    Some((template, container, port.get("targetPort").unwrap_or(&port["port"]).clone()))
}

fn is_ratelimit(container: &Value) -> bool {
    let image = container["image"].as_str().unwrap_or_default();
    image.split(['@', ':']).next().is_some_and(|name| name.ends_with("envoyproxy/ratelimit"))
}

/// A literal value of a variable.
fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    container["env"].as_array()?.iter().find(|v| v["name"] == name)?["value"].as_str()
}

/// The question goes to a port that does not speak gRPC.
fn deaf(policy: &Object<'_>, at: &str, template: &PodTemplate<'_>, container: &Value, port: &Value) -> Option<Finding> {
    let grpc = variable(container, "GRPC_PORT").unwrap_or("8081").parse::<i64>().ok()?;
    let named = container["ports"].as_array().into_iter().flatten().find(|p| p["name"] == *port);
    let number = port.as_i64().or_else(|| named?["containerPort"].as_i64()).filter(|number| *number != grpc)?;
    let message = format!(
        "{} asks for its limit at port {number} of {}, which takes the question at {grpc}, by gRPC",
        policy.identity, template.owner.identity
    );
    let finding = policy.error(Code::GlobalLimit, &format!("{at}/backendRef/port"), message);
    Some(finding.help(format!("name the port of the Service that leads to {grpc}")))
}

/// The question is about a domain or a descriptor that nobody limits.
fn unknown(
    inventory: &Inventory<'_, '_>,
    policy: &Object<'_>,
    (at, limit): (&str, &Value),
    template: &PodTemplate<'_>,
    container: &Value,
) -> Vec<Finding> {
    if variable(container, "CONFIG_TYPE").is_some_and(|kind| kind != "FILE") {
        return Vec::new(); // limits come from elsewhere
    }
    let files = files(inventory, template, container);
    let domain = limit["domain"].as_str().unwrap_or_default();
    let of_domain: Vec<&Value> = files.iter().filter(|file| file["domain"] == domain).collect();
    let all: Vec<&str> = files.iter().filter_map(|file| file["domain"].as_str()).collect();
    let error = |at: String, what: String, help: String| {
        let message = format!("{} asks for a limit {what}: every request passes", policy.identity);
        policy.error(Code::GlobalLimit, &at, message).help(help)
    };
    if all.is_empty() {
        return Vec::new();
    }
    if of_domain.is_empty() {
        let what = format!("in the domain `{domain}`, which {} does not know", template.owner.identity);
        return vec![error(format!("{at}/domain"), what, format!("it has limits in: {}", all.join(", ")))];
    }
    let descriptors = limit["descriptors"].as_array().into_iter().flatten().enumerate();
    let unlimited = descriptors.filter(|(_, one)| !of_domain.iter().any(|file| is_limited(file, entries(one))));
    let told = unlimited.map(|(i, one)| {
        let names: Vec<&str> = entries(one).iter().filter_map(|entry| entry["name"].as_str()).collect();
        let what = format!("of `{}`, which has none in the domain `{domain}`", names.join(", "));
        let help = "write a descriptor with a `rate_limit` for it, nested as the entries follow each other";
        error(format!("{at}/descriptors/{i}"), what, help.to_owned())
    });
    told.collect()
}

/// What the ConfigMaps say that the container mounts.
fn files(inventory: &Inventory<'_, '_>, template: &PodTemplate<'_>, container: &Value) -> Vec<Value> {
    let mounted: Vec<&Value> = container["volumeMounts"].as_array().into_iter().flatten().map(|m| &m["name"]).collect();
    let volumes = template.items("/volumes").iter().filter(|volume| mounted.contains(&&volume["name"]));
    let mut files = Vec::new();
    for name in volumes.filter_map(|volume| volume["configMap"]["name"].as_str()) {
        let found = inventory.find("", "ConfigMap", &template.owner.identity.namespace, name);
        let Some(map) = found.and_then(|thing| thing.object()) else { continue };
        for (pointer, _) in map.all("/data/*") {
            files.extend(Part::of_text(map, &pointer, Code::GlobalLimit).ok().map(|part| part.value().clone()));
        }
    }
    files
}

fn entries(descriptor: &Value) -> &[Value] {
    descriptor["entries"].as_array().map_or(&[], Vec::as_slice)
}

/// Whether a path of descriptors, one for each entry, ends at a limit.
fn is_limited(level: &Value, entries: &[Value]) -> bool {
    let Some((first, rest)) = entries.split_first() else { return level.get("rate_limit").is_some() };
    let mut next = level["descriptors"].as_array().into_iter().flatten().filter(|one| is_of(one, first));
    next.any(|one| is_limited(one, rest))
}

/// Whether a descriptor is for an entry; one without a value is for each, and what an expression yields is not known.
fn is_of(descriptor: &Value, entry: &Value) -> bool {
    let said = entry["expression"].as_str().unwrap_or_default();
    let constant = said.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|text| !text.contains('"'));
    let value = descriptor["value"].as_str().filter(|value| !value.contains('*'));
    descriptor["key"] == entry["name"] && (constant.is_none() || value.is_none() || value == constant)
}

//! Ports on which programs listen by their flags or their configuration, and pods and Services that mean others: endpoint
//! pickers and OpenTelemetry collectors.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::api_group::INFERENCE;
use crate::object::object::{Object, ObjectRule};
use crate::object::pod_template::{self, PodTemplate, flag};
use crate::products::inference::pool::{pickers, pickers_of, picking};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::Source;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[picker_ports];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[picker_services, collector_ports];

/// Flag and default of the port for requests, for gRPC health checks and for metrics (pkg/epp/server/options.go).
const PICKER: [(&str, i64); 3] = [("grpc-port", 9002), ("grpc-health-port", 9003), ("metrics-port", 9090)];

fn picker_port(picker: &Value, (name, default): (&str, i64)) -> Option<i64> {
    flag(picker, name).map_or(Some(default), |port| port.parse().ok())
}

/// A picker declares the ports that it listens on, and gRPC probes ask the one for health.
fn picker_ports(workload: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (pointer, picker) in pickers_of(workload) {
        let Some(ports) = PICKER.into_iter().map(|p| picker_port(picker, p)).collect::<Option<Vec<i64>>>() else {
            continue;
        };
        findings.extend(declared(workload, &pointer, picker, &ports));
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let asked = picker.pointer(&format!("/{probe}/grpc/port")).and_then(Value::as_i64);
            if let Some(asked) = asked.filter(|asked| !ports[..2].contains(asked)) {
                let message = format!(
                    "{} asks its picker for health on port {asked}, and that answers on {}",
                    workload.identity, ports[1]
                );
                let finding = workload.error(Code::MissingPort, &format!("{pointer}/{probe}/grpc/port"), message);
                findings.push(finding.help("the flag --grpc-health-port sets it, 9003 by default"));
            }
        }
    }
    findings
}

/// A port declared that is none of those listened on, while one of those is not declared: one of the two is wrong.
fn declared(workload: &Object<'_>, pointer: &str, container: &Value, listens: &[i64]) -> Option<Finding> {
    let declared: Vec<i64> =
        container["ports"].as_array()?.iter().filter_map(|port| port["containerPort"].as_i64()).collect();
    // A collector's own metrics.
    let strange = declared.iter().position(|port| !listens.contains(port) && *port != 8888)?;
    let silent = listens.iter().find(|port| !declared.contains(port))?;
    let message =
        format!("{} declares port {}, and its container listens on {silent}", workload.identity, declared[strange]);
    let finding = workload.warning(Code::MissingPort, &format!("{pointer}/ports/{strange}/containerPort"), message);
    Some(finding.help("a Service or a probe that means the port by its name goes astray"))
}

/// The port of a pool's picker leads to the one on which the picker takes requests.
fn picker_services(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let picking = picking(world);
    for pool in world.objects.of(INFERENCE, "InferencePool") {
        let picker = pool.at("/spec/endpointPickerRef").unwrap_or(&Value::Null);
        let name = picker["name"].as_str().unwrap_or_default();
        let Some(service) = world.objects.get("", "Service", pool.home(), name) else { continue };
        let ports = service.items("/spec/ports");
        let Some(i) = ports.iter().position(|p| p["port"] == picker["port"]["number"]) else { continue };
        let Some(selector) = service.at("/spec/selector").and_then(Value::as_object) else { continue };
        let near = picking.get(pool.home()).into_iter().flatten();
        let selected = near.filter(|template| template.has(selector));
        for (_, container) in selected.flat_map(pickers) {
            let field = if ports[i].get("targetPort").is_some() { "targetPort" } else { "port" };
            let (Some(target), Some(wanted)) = (number(container, &ports[i][field]), picker_port(container, PICKER[0]))
            else {
                continue;
            };
            if target != wanted {
                let message = format!(
                    "{} leads to port {target} of the picker, which takes requests on {wanted}",
                    service.identity
                );
                let finding = service.error(Code::MissingPort, &format!("/spec/ports/{i}/{field}"), message);
                findings.push(finding.help("the flag --grpc-port sets it, 9002 by default"));
            }
        }
    }
    findings
}

/// A port of a container by number or name.
fn number(container: &Value, port: &Value) -> Option<i64> {
    let named =
        |name: &str| container["ports"].as_array()?.iter().find(|p| p["name"] == name)?["containerPort"].as_i64();
    port.as_i64().or_else(|| named(port.as_str()?))
}

/// A collector declares the ports of its receivers and extensions.
fn collector_ports(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for template in pod_template::all(&world.objects) {
        for (pointer, container) in template.containers() {
            let Some(listens) = configuration(world, &template, container).and_then(|c| receivers(&c)) else {
                continue;
            };
            findings.extend(declared(&template.owner, &pointer, container, &listens));
        }
    }
    findings
}

/// The configuration of a collector: a file of a mounted ConfigMap that has receivers and pipelines.
fn configuration(world: &World<'_>, template: &PodTemplate<'_>, container: &Value) -> Option<Value> {
    let mounted = container["volumeMounts"].as_array()?;
    let mounted: BTreeSet<&str> = mounted.iter().filter_map(|mount| mount["name"].as_str()).collect();
    let volumes = template.items("/volumes").iter();
    let names = volumes
        .filter(|volume| volume["name"].as_str().is_some_and(|name| mounted.contains(name)))
        .filter_map(|volume| volume["configMap"]["name"].as_str());
    let maps = names.filter_map(|name| world.objects.get("", "ConfigMap", template.owner.home(), name));
    let texts = maps.flat_map(|map| map.at("/data").and_then(Value::as_object).into_iter().flat_map(|d| d.values()));
    let mut parsed = texts
        .filter_map(Value::as_str)
        .filter(|text| text.contains("receivers:"))
        .filter_map(|text| kubeyaml::values(&Source::new("collector", text)).ok()?.into_iter().next());
    parsed.find(|value| value["receivers"].is_object() && value["service"]["pipelines"].is_object())
}

/// The ports that a collector opens to others; `None` where a receiver does not say its own.
fn receivers(configuration: &Value) -> Option<Vec<i64>> {
    let mut ports = Vec::new();
    for (name, receiver) in configuration["receivers"].as_object()? {
        if name.split('/').next() != Some("otlp") {
            return None;
        }
        for protocol in receiver["protocols"].as_object()?.values() {
            ports.push(open_port(protocol["endpoint"].as_str()?)?);
        }
    }
    let others = ["extensions", "exporters"].into_iter().filter_map(|s| configuration[s].as_object()).flatten();
    ports.extend(others.filter_map(|(_, other)| open_port(other["endpoint"].as_str()?)));
    Some(ports)
}

/// The port of an address at which a program waits for others.
fn open_port(endpoint: &str) -> Option<i64> {
    let (host, port) = endpoint.rsplit_once(':')?;
    let open = ["", "0.0.0.0", "[::]", "${env:MY_POD_IP}", "${MY_POD_IP}"].contains(&host);
    port.parse().ok().filter(|_| open)
}

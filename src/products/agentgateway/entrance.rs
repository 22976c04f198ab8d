//! Known traps of Gateways that are reached from outside: keys in plain text, certificates for nobody.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::api_group::{AGENTGATEWAY, CERT_MANAGER, GATEWAY, NETWORKING};
use crate::object::object::{Identity, Object};
use crate::references::gateways::{backends, is_agentgateway, resolve};
use crate::references::listener::hosts_meet;
use crate::references::world::World;
use crate::text::finding::{Code, Finding};

/// Routes to backends on a listener without TLS, by a name of the world outside. Silent where the Gateway's Service has no address
/// outside, or annotations that may say who ends TLS before it.
pub fn plain_text(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // What a proxy for all hosts is asked for goes out, and does not come in.
    let goes_out = |route: &Object<'_>, to: &Value| {
        let backend = resolve(world, route, to, ("", "Service"));
        backend.is_some_and(|backend| backend.at("/spec/dynamicForwardProxy").is_some())
    };
    let comes_in = |route: &&Object<'_>| backends(route).iter().any(|(_, to)| !goes_out(route, to));
    // Thousands of routes may ask one Gateway.
    let mut listeners: BTreeMap<&Identity, Vec<Plain<'_>>> = BTreeMap::new();
    for route in world.objects.of(GATEWAY, "HTTPRoute").filter(comes_in) {
        let names = route.items("/spec/hostnames");
        for (i, parent) in route.items("/spec/parentRefs").iter().enumerate() {
            let gateway = resolve(world, route, parent, (GATEWAY, "Gateway"));
            let Some(gateway) = gateway.filter(|g| is_agentgateway(world, g) && is_outside(world, g)) else { continue };
            let plain = listeners.entry(gateway.identity);
            let plain =
                plain.or_insert_with(|| gateway.items("/spec/listeners").iter().filter_map(Plain::of).collect());
            let (section, port) = (parent["sectionName"].as_str(), parent["port"].as_i64());
            let chosen = |listener: &&Plain<'_>| {
                section.is_none_or(|section| listener.name == Some(section))
                    && port.is_none_or(|port| listener.port == Some(port))
            };
            let Some((name, host)) = plain.iter().filter(chosen).find_map(|listener| listener.takes(names)) else {
                continue;
            };
            let message = format!(
                "{} takes requests for `{host}` in plain text, by the listener `{name}` of {}",
                route.identity, gateway.identity
            );
            let finding = route.warning(Code::PlainText, &format!("/spec/parentRefs/{i}"), message);
            findings.push(finding.help(
                "attach it to a listener with `protocol: HTTPS` alone (`sectionName`); on the other one a route may redirect",
            ));
        }
    }
    findings
}

/// A listener without TLS.
struct Plain<'a> {
    name: Option<&'a str>,
    port: Option<i64>,
    host: Option<&'a str>,
}

impl<'a> Plain<'a> {
    fn of(listener: &'a Value) -> Option<Self> {
        let (name, port, host) = (listener["name"].as_str(), listener["port"].as_i64(), listener["hostname"].as_str());
        (listener["protocol"] == "HTTP").then_some(Self { name, port, host })
    }

    /// Its name where it takes a route, and a name from outside by which it does; `names` are those of the route.
    fn takes(&self, names: &'a [Value]) -> Option<(&'a str, &'a str)> {
        let named = names.iter().filter_map(Value::as_str);
        let met = named.filter(|host| self.host.is_none_or(|own| hosts_meet(own, host)));
        let mut hosts = met.chain(self.host.filter(|_| names.is_empty()));
        Some((self.name?, hosts.find(|host| is_public(host))?))
    }
}

/// Ends of names that lead nowhere outside: of a cluster, and those that are kept for private use (RFC 6761, 6762, 8375, 9476).
const PRIVATE: [&str; 8] = ["svc", "local", "localhost", "internal", "test", "invalid", "lan", "arpa"];

fn is_public(host: &str) -> bool {
    host.rsplit_once('.').is_some_and(|(_, end)| !PRIVATE.contains(&end))
}

/// Whether the Service of a Gateway has an address outside: agentgateway makes it a LoadBalancer unless its parameters say else.
fn is_outside(world: &World<'_>, gateway: &Object<'_>) -> bool {
    if gateway.at("/spec/infrastructure/annotations").is_some() {
        return false;
    }
    let Some(name) = gateway.at("/spec/infrastructure/parametersRef/name").and_then(Value::as_str) else { return true };
    let found = world.objects.get(AGENTGATEWAY, "AgentgatewayParameters", gateway.home(), name);
    found.is_some_and(|p| {
        p.at("/spec/service/spec/type").is_none_or(|t| t == "LoadBalancer")
            && p.at("/spec/service/metadata/annotations").is_none()
    })
}

/// Certificates whose Secret no other object names. In a folder that is not ours charts may read it, so there only where TLS of the same
/// namespace asks for a Secret that nobody makes.
pub fn unused_certificate(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for certificate in world.objects.of(CERT_MANAGER, "Certificate") {
        let secret = certificate.text_at("/spec/secretName");
        if secret.is_empty()
            || named_by_others(world, certificate, secret)
            || !world.closed && !missed(world, certificate)
        {
            continue;
        }
        let message =
            format!("{} puts a certificate into the Secret {secret}, which nobody reads", certificate.identity);
        let finding = certificate.warning(Code::UnusedCertificate, "/spec/secretName", message);
        findings.push(
            finding.help("name it where TLS ends, as in `certificateRefs` of a listener, or remove the Certificate"),
        );
    }
    findings
}

fn named_by_others(world: &World<'_>, object: &Object<'_>, word: &str) -> bool {
    let mut others = world.objects.iter().filter(|other| other.identity != object.identity);
    others.any(|other| says(other.value, word))
}

/// Whether a listener or an Ingress beside a certificate ends TLS with a Secret that is in no file.
fn missed(world: &World<'_>, certificate: &Object<'_>) -> bool {
    let ends = [
        (GATEWAY, "Gateway", "/spec/listeners/*/tls/certificateRefs/*/name"),
        (NETWORKING, "Ingress", "/spec/tls/*/secretName"),
    ];
    ends.iter().any(|(group, kind, pattern)| {
        let mut beside = world.objects.of(group, kind).filter(|o| o.home() == certificate.home());
        beside.any(|end| {
            let asked = end.all(pattern);
            asked.iter().filter_map(|(_, name)| name.as_str()).any(|name| !named_by_others(world, end, name))
        })
    })
}

/// Whether some text of a value holds a name: also in values of charts and in programs.
fn says(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => {
            text.split(|c: char| !c.is_ascii_alphanumeric() && !"-.".contains(c)).any(|part| part == word)
        }
        Value::Array(items) => items.iter().any(|item| says(item, word)),
        Value::Object(map) => map.iter().any(|(key, item)| key == word || says(item, word)),
        _ => false,
    }
}

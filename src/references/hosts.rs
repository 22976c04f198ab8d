//! Inventory -> addresses of Services at which nothing listens: in texts (`http://name.namespace.svc:port`), and the short ones
//! of containers (`http://name:port`, or a pair of variables with `_HOST` and `_PORT`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::object::object::Object;
use crate::object::pod_template;
use crate::references::inventory::{Absence, Inventory, Thing};
use crate::references::slips;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::pointer::{escaped, strings};
use crate::text::schema::{did_you_mean, is_dns_label, is_misspelt};

/// An address within the cluster.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    service: &'a str,
    namespace: &'a str,
    port: Option<i64>,
}

/// Fields that only tell something, and LiteLLM's addresses of models, which have rules of their own.
const ELSEWHERE: [&str; 2] = ["/api_base", "/description"];

/// Every address names a Service and one of its ports, where the namespace is one of this cluster's.
pub fn addresses(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // A text that is one object's is soon told to have none; that of a file with many would be read for each of them.
    let may = |object: &&Object<'_>| object.file.is_some() || object.text.contains(".svc");
    for object in inventory.world.objects.iter().filter(may) {
        for Said { pointer, service, namespace, port } in &object.fact("", || said(object)).0 {
            let address = Address { service, namespace, port: *port };
            findings.extend(wrong(inventory, object, pointer, &address));
        }
    }
    for config in inventory.world.objects.of("", "ConfigMap") {
        for (key, text) in config.at("/data").and_then(Value::as_object).into_iter().flatten() {
            findings.extend(configured(inventory, config, &format!("/data/{}", escaped(key)), text));
        }
    }
    for template in pod_template::all(&inventory.world.objects) {
        for (pointer, container) in template.all_containers() {
            findings.extend(short(inventory, &template.owner, &pointer, container));
        }
    }
    findings
}

/// The addresses in all texts of an object.
struct AllSaid(Vec<Said>);

struct Said {
    pointer: String,
    service: String,
    namespace: String,
    port: Option<i64>,
}

fn said(object: &Object<'_>) -> AllSaid {
    let mut all = Vec::new();
    strings(object.value, &mut |pointer, text| {
        if !ELSEWHERE.iter().any(|field| pointer.ends_with(field)) {
            // The port may stand beside a host.
            let beside = pointer.strip_suffix("/host").and_then(|map| object.at(&format!("{map}/port"))?.as_i64());
            all.extend(find(text).into_iter().map(|Address { service, namespace, port }| Said {
                pointer: pointer.to_owned(),
                service: service.to_owned(),
                namespace: namespace.to_owned(),
                port: port.or(beside),
            }));
        }
    });
    AllSaid(all)
}

/// The addresses in the file or variable of a ConfigMap that name no domain: its readers are in its namespace.
fn configured(inventory: &Inventory<'_, '_>, config: &Object<'_>, pointer: &str, text: &Value) -> Option<Finding> {
    let (text, home) = (text.as_str()?, config.home());
    let ends = |c: char| c.is_whitespace() || ['"', '\'', '`', ',', ';', ')', ']', '}', '<', '>'].contains(&c);
    let lines = || text.lines().filter(|line| !line.trim_start().starts_with(['#', '/']) && !line.contains("api_base"));
    let urls = lines().flat_map(|line| line.match_indices("://").map(|(at, _)| &line[at + 3..]));
    let urls = urls.filter_map(|rest| short_address(inventory, home, rest.split(ends).next()?));
    let hosts = lines().filter_map(|line| {
        let (key, host) = line.split_once(": ")?;
        let key = key.trim_start_matches([' ', '-']).trim_matches('"').to_lowercase();
        let host = host.split(" #").next()?.trim().trim_matches(['"', '\'', ',']);
        let named =
            ["host", "hostname", "addr", "address", "endpoint", "server"].iter().any(|word| key.ends_with(word));
        named.then(|| short_address(inventory, home, host))?
    });
    urls.chain(hosts).find_map(|address| judged(inventory, config, pointer, &address))
}

/// What is wrong with an address without a domain. A short name that is no Service's may be one of a sidecar's, or of another
/// network, unless it is nearly one.
fn judged(inventory: &Inventory<'_, '_>, object: &Object<'_>, pointer: &str, address: &Address<'_>) -> Option<Finding> {
    match inventory.find("", "Service", address.namespace, address.service) {
        Some(_) => wrong(inventory, object, pointer, address),
        None => nearly(inventory, object, pointer, address),
    }
}

/// The addresses in the variables and words of a container that name no domain.
fn short(inventory: &Inventory<'_, '_>, object: &Object<'_>, pointer: &str, container: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut look = |pointer: String, address: Option<Address<'_>>| {
        findings.extend(address.and_then(|address| judged(inventory, object, &pointer, &address)));
    };
    let home = object.home();
    strings(container, &mut |at, text| {
        if at.starts_with("/args") || at.starts_with("/command") || at.starts_with("/env/") && at.ends_with("/value") {
            for (start, _) in text.match_indices("://") {
                look(format!("{pointer}{at}"), short_address(inventory, home, &text[start + 3..]));
            }
        }
    });
    let variables = || container["env"].as_array().into_iter().flatten().enumerate();
    let mut ports: BTreeMap<&str, (usize, &Value)> = BTreeMap::new();
    for (i, variable) in variables() {
        if let Some(stem) = variable["name"].as_str().and_then(|name| name.strip_suffix("_PORT")) {
            ports.entry(stem).or_insert((i, variable));
        }
    }
    for (i, host) in variables() {
        let (Some(name), Some(value)) = (host["name"].as_str(), host["value"].as_str()) else { continue };
        if let Some(address) = pair(home, value).filter(|_| !OF_IMAGES.iter().any(|word| name.contains(word))) {
            look(format!("{pointer}/env/{i}/value"), Some(address));
        }
        let Some(stem) = name.strip_suffix("HOST").map(|stem| stem.trim_end_matches('_')) else { continue };
        let port = ports.get(stem);
        let number = port.and_then(|(_, v)| v["value"].as_str()?.parse().ok());
        let address = short_address(inventory, home, value).filter(|a| a.port.is_none());
        let at = port.filter(|_| number.is_some()).map_or(i, |(at, _)| *at);
        look(format!("{pointer}/env/{at}/value"), address.map(|a| Address { port: number, ..a }));
    }
    findings
}

/// Parts of names of variables whose values are images and versions, which have the form of an address too.
const OF_IMAGES: [&str; 3] = ["IMAGE", "TAG", "VERSION"];

/// `name:port` or `name.namespace:port` as the whole of a text.
fn pair<'t>(home: &'t str, text: &'t str) -> Option<Address<'t>> {
    let (host, port) = text.split_once(':')?;
    let port = port.parse().ok().filter(|port| (80..=65535).contains(port))?;
    let (service, namespace) = host.split_once('.').unwrap_or((host, home));
    let label = |text: &str| text.starts_with(|c: char| c.is_ascii_lowercase()) && is_dns_label(text);
    let named = label(service) && service != "localhost" && (namespace == home || label(namespace));
    named.then_some(Address { service, namespace, port: Some(port) })
}

/// A name that no Service has, and one beside it nearly has.
fn nearly(inventory: &Inventory<'_, '_>, object: &Object<'_>, pointer: &str, address: &Address<'_>) -> Option<Finding> {
    let Address { service, namespace, port } = *address;
    let fits = |thing: &&Thing<'_>| {
        let ports = thing.ports().filter(|_| port.is_some());
        ports.is_none_or(|ports| ports.iter().any(|p| Some(p.number) == port))
    };
    let near = slips::near(inventory, ("", "Service"), namespace, service).into_iter().find(fits)?;
    let message = format!("{} calls {service}, which is no Service beside it", object.identity);
    Some(object.warning(Code::DanglingReference, pointer, message).help(format!("did you mean `{}`?", near.name)))
}

/// The Service that a text without a domain names: `name:port` as the whole of it, or as the host of an address.
pub fn short_service<'t>(home: &'t str, text: &'t str) -> Option<(&'t str, &'t str, Option<i64>)> {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
    pair(home, host.rsplit('@').next().unwrap_or_default()).map(|a| (a.namespace, a.service, a.port))
}

/// `name` or `name.namespace` at the start of a text, with its port.
fn short_address<'t>(inventory: &Inventory<'_, '_>, home: &'t str, text: &'t str) -> Option<Address<'t>> {
    // What stands before `@` is a login.
    let text = text.split(['/', '?']).next()?.rsplit('@').next()?;
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port.parse().ok()?)),
        None => (text, None),
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let (service, namespace) = host.split_once('.').unwrap_or((host, home));
    let named = !service.is_empty() && service.chars().all(plain) && service != "localhost";
    let known = || namespace == home || inventory.find("", "Namespace", "", namespace).is_some();
    (named && known()).then_some(Address { service, namespace, port })
}

fn wrong(inventory: &Inventory<'_, '_>, object: &Object<'_>, pointer: &str, address: &Address<'_>) -> Option<Finding> {
    let Address { service, namespace, port } = *address;
    let thing = inventory.find("", "Service", namespace, service);
    let known = || inventory.has_some("Service", namespace) || inventory.find("", "Namespace", "", namespace).is_some();
    if thing.is_none() && !known() {
        // Of a namespace of others nothing is known.
        let meant = |near: &str| is_misspelt(near, namespace) && inventory.find("", "Service", near, service).is_some();
        let near = inventory.of("", "Namespace").map(|thing| thing.name.as_ref()).find(|near| meant(near))?;
        let message =
            format!("{} calls Service {namespace}/{service}, and there is no such namespace", object.identity);
        let finding = object.warning(Code::DanglingReference, pointer, message);
        return Some(finding.help(format!("did you mean `{near}`?")));
    }
    let Some(thing) = thing else {
        let severity = match inventory.absence(object, ("", "Service"), namespace, service) {
            Absence::Unknown => return None,
            Absence::Likely => Severity::Warning,
            Absence::Sure => Severity::Error,
        };
        let names: Vec<&str> =
            inventory.of("", "Service").filter(|s| s.namespace == namespace).map(|s| s.name.as_ref()).collect();
        let message = format!("{} calls Service {namespace}/{service}, which is not there", object.identity);
        let finding = object.error(Code::DanglingReference, pointer, message);
        let finding = if names.is_empty() {
            finding.help("add that Service")
        } else {
            finding.help(did_you_mean(service, &names))
        };
        return Some(Finding { severity, ..finding });
    };
    let (port, ports) = (port?, thing.ports()?);
    if ports.iter().any(|p| p.number == port) {
        return None;
    }
    let known: Vec<String> = ports.iter().map(|p| p.number.to_string()).collect();
    let message =
        format!("{} calls port {port} of Service {namespace}/{service}, which does not have it", object.identity);
    Some(object.error(Code::MissingPort, pointer, message).help(format!("its ports: {}", known.join(", "))))
}

/// The Services that a text names, as namespace, name and port.
pub fn services(text: &str) -> impl Iterator<Item = (&str, &str, Option<i64>)> {
    let lines = text.lines().flat_map(|line| line.match_indices(".svc").filter_map(|(at, _)| address(line, at)));
    lines.map(|a| (a.namespace, a.service, a.port))
}

/// The addresses in a text: after `//` or `@`, as a value, or the whole of it.
fn find(text: &str) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    let mut before = "";
    while let Some(line) = lines.next() {
        if line.contains(".svc") && !line.contains("api_base") {
            let around = [before, lines.peek().copied().unwrap_or_default()];
            let beside = || around.into_iter().find_map(|other| port_beside(line, other));
            // In a map of one line it stands behind the host.
            let behind = |at: usize| {
                let (map, _) = line[at..].split_once('}')?;
                let host = line[..at].rsplit(['{', ',']).next()?.trim_start().starts_with("host:");
                let port = map.split(',').find_map(|part| part.trim().strip_prefix("port:"))?;
                host.then(|| port.trim().parse().ok())?
            };
            let all = line.match_indices(".svc").filter_map(|(at, _)| Some((at, address(line, at)?)));
            found.extend(all.map(|(at, a)| Address { port: a.port.or_else(|| behind(at)).or_else(beside), ..a }));
        }
        before = line;
    }
    found
}

/// The port of a host that stands in a line of its own, where another line of that map tells it.
fn port_beside(line: &str, other: &str) -> Option<i64> {
    let indent = |line: &str| line.find(|c: char| c != ' ' && c != '-');
    let of = |line: &str, key: &str| line.trim_start_matches([' ', '-']).strip_prefix(key).map(|v| v.trim().to_owned());
    let stem = line.trim_start_matches([' ', '-']).split_once("host:")?.0;
    let plain = stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let port = |other: &str| of(other, &format!("{stem}port:"))?.trim_matches(['"', '\'']).parse().ok();
    (plain && indent(line) == indent(other)).then(|| port(other))?
}

fn address(line: &str, at: usize) -> Option<Address<'_>> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let start = line[..at].rfind(|c| !part_of_name(c)).map_or(0, |i| i + 1);
    let before = &line[..start];
    let rest = &line[at + ".svc".len()..];
    let rest = rest.strip_prefix(".cluster.local").unwrap_or(rest);
    let meant = before.is_empty() || ["//", "@", ": ", "=", "\"", "'"].iter().any(|end| before.ends_with(end));
    if rest.starts_with(part_of_name) || !meant {
        return None;
    }
    let mut labels = line[start..at].rsplit('.');
    let (namespace, service) = (labels.next()?, labels.next()?);
    let digits = |text: &str| text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok();
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(digits(port)?),
        None if before.ends_with("http://") => Some(80),
        None if before.ends_with("https://") => Some(443),
        None => None,
    };
    Some(Address { service, namespace, port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_words() {
        let one = |text| find(text).pop().map(|a| (a.service, a.namespace, a.port));
        assert_eq!(one("http://dex.dex.svc:5556/keys"), Some(("dex", "dex", Some(5556))));
        assert_eq!(one("endpoint: https://otel.tracing.svc.cluster.local"), Some(("otel", "tracing", Some(443))));
        assert_eq!(one("postgresql://u:{{ .p }}@db-rw.shop.svc:5432/app"), Some(("db-rw", "shop", Some(5432))));
        assert_eq!(one("db-0.db.shop.svc:5432"), Some(("db", "shop", Some(5432))));
        assert_eq!(one("cache:\n  host: valkey.valkey.svc\n  port: 6380"), Some(("valkey", "valkey", Some(6380))));
        assert_eq!(one("- port: 1\n  host: a.b.svc\nport: 2"), Some(("a", "b", Some(1))));
        assert_eq!(one("kubernetes.default.svc"), Some(("kubernetes", "default", None)));
        for none in
            ["the host of a.b.svc or another", "http://a.b.svcs", "http://$(HOST).svc", "a.svc", "x: {{ ns }}.svc"]
        {
            assert_eq!(one(none), None, "{none}");
        }
    }
}

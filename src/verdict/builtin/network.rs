//! Services, endpoints, network policies, ingresses -> what an API server refuses of them beyond their schemas.
//! Source: kubernetes 1.35 pkg/apis/core/validation, pkg/apis/networking/validation, pkg/apis/discovery/validation.

use std::net::IpAddr;

use serde_json::Value;

use crate::verdict::builtin::selectors;
use crate::verdict::formats;
use crate::verdict::names::{self, Syntax};
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// What is wrong with a Service.
pub fn service(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    let kind = spec.word("type");
    let ports = spec.at("ports");
    let headless = spec.word("clusterIP") == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        out.push(spec.refuse(format!("`{}` needs `ports`", spec.path)));
    }
    if headless && matches!(kind, "LoadBalancer" | "NodePort") {
        out.push(spec.refuse(format!("`{}` cannot be a {kind} with the clusterIP None", spec.path)));
    }
    let address = spec.word("clusterIP");
    if !matches!(address, "" | "None") && address.parse::<IpAddr>().is_err() {
        out.push(
            spec.at("clusterIP")
                .refuse(format!("`{}.clusterIP` is {address:?}, it must be an IP address or None", spec.path)),
        );
    }
    if kind == "ExternalName" {
        let name = spec.at("externalName");
        let host = name.text().trim_end_matches('.');
        if names::fault(Syntax::Subdomain, host).is_some() {
            out.push(name.refuse(format!("`{}` needs an `externalName` that is a DNS name", spec.path)));
        }
        if !address.is_empty() {
            out.push(
                spec.at("clusterIP")
                    .refuse(format!("`{}` cannot have a clusterIP for the type ExternalName", spec.path)),
            );
        }
    }
    service_ports(&ports, kind, out);
    selectors::labels(&spec.at("selector"), out);
    if spec.word("sessionAffinity") == "ClientIP" {
        spec.at("sessionAffinityConfig").at("clientIP").at("timeoutSeconds").within(1, 86400, out);
    }
    only_where(&spec, kind, out);
    for range in spec.at("loadBalancerSourceRanges").items() {
        if !formats::admits("cidr", range.text().trim()) {
            out.push(range.refuse(format!("`{}` is {:?}, which is no CIDR", range.path, range.text())));
        }
    }
    Spot::unique(spec.at("ipFamilies").items().map(|f| (f, f.text().to_owned())), "family", out);
    for ip in spec.at("externalIPs").items().filter(|ip| ip.text().parse::<IpAddr>().is_err()) {
        out.push(ip.refuse(format!("`{}` is {:?}, which is no IP address", ip.path, ip.text())));
    }
}

fn service_ports(ports: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    let several = ports.len() > 1;
    for port in ports.items() {
        if several {
            port.needs(&["name"], out);
        }
        if !port.word("name").is_empty() {
            port.at("name").named(Syntax::Label, out);
        }
        port.at("port").port(false, out);
        let target = port.at("targetPort");
        if !target.is_empty() || target.int().is_some_and(|n| n != 0) {
            target.port(true, out); // nothing and 0 mean the port itself
        }
        if port.at("nodePort").int().is_some_and(|n| n != 0) && matches!(kind, "" | "ClusterIP") {
            out.push(
                port.at("nodePort").refuse(format!("`{}` cannot have a nodePort for the type ClusterIP", port.path)),
            );
        }
        if !port.word("appProtocol").is_empty() {
            port.at("appProtocol").named(Syntax::Key, out);
        }
    }
    Spot::unique(ports.items().map(|p| (p, p.word("name").to_owned())), "name", out);
}

/// Fields that only some types of Services have.
fn only_where(spec: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    if kind != "LoadBalancer" {
        spec.forbids(&["loadBalancerClass", "allocateLoadBalancerNodePorts"], "it is no LoadBalancer", out);
    }
    if spec.at("externalTrafficPolicy").there()
        && !matches!(kind, "NodePort" | "LoadBalancer")
        && spec.at("externalIPs").is_empty()
    {
        out.push(spec.at("externalTrafficPolicy").refuse(format!(
            "`{}` can have an externalTrafficPolicy only where it is reached from outside",
            spec.path
        )));
    }
    if !spec.at("loadBalancerSourceRanges").is_empty() && kind != "LoadBalancer" {
        let ranges = spec.at("loadBalancerSourceRanges");
        out.push(ranges.refuse(format!("`{}` is allowed only for the type LoadBalancer", ranges.path)));
    }
    if kind == "ExternalName" {
        spec.forbids(&["clusterIPs", "ipFamilies", "ipFamilyPolicy"], "it is an ExternalName", out);
    }
    let check = spec.at("healthCheckNodePort");
    if check.int().is_some_and(|n| n != 0) && (kind != "LoadBalancer" || spec.word("externalTrafficPolicy") != "Local")
    {
        out.push(
            check.refuse(format!("`{}` is only for a LoadBalancer with the externalTrafficPolicy Local", check.path)),
        );
    }
    let addresses = spec.at("clusterIPs");
    let first = addresses.value.get(0).and_then(Value::as_str);
    if addresses.there() && first.is_some() && first != Some(spec.word("clusterIP")) {
        out.push(addresses.refuse(format!("`{}` must start with the clusterIP", addresses.path)));
    }
    if spec.at("ipFamilies").len() > 1 && !matches!(spec.word("ipFamilyPolicy"), "PreferDualStack" | "RequireDualStack")
    {
        let families = spec.at("ipFamilies");
        out.push(
            families.refuse(format!("`{}` has two families, which needs a dual-stack ipFamilyPolicy", families.path)),
        );
    }
}

/// What is wrong with a NetworkPolicy.
pub fn network_policy(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    selectors::selector(&spec.at("podSelector"), out);
    if spec.at("policyTypes").len() > 2 {
        out.push(spec.at("policyTypes").refuse(format!("`{}.policyTypes` has more than two types", spec.path)));
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for rule in spec.at(direction).items() {
            for port in rule.at("ports").items() {
                let number = port.at("port");
                number.port(true, out);
                port.at("endPort").port(false, out);
                let (start, end) = (number.value.as_i64(), port.at("endPort").int());
                if end.is_some() && start.is_none_or(|start| end < Some(start)) {
                    out.push(
                        port.refuse(format!("`{}` needs a `port` that is a number up to its `endPort`", port.path)),
                    );
                }
            }
            rule.at(peers).items().for_each(|peer| network_peer(&peer, out));
        }
    }
}

fn network_peer(peer: &Spot<'_>, out: &mut Vec<Violation>) {
    selectors::selector(&peer.at("podSelector"), out);
    selectors::selector(&peer.at("namespaceSelector"), out);
    let block = peer.at("ipBlock");
    let selects = peer.at("podSelector").there() || peer.at("namespaceSelector").there();
    if !selects && !block.there() {
        out.push(
            peer.refuse(format!("`{}` names no peer: neither podSelector, namespaceSelector nor ipBlock", peer.path)),
        );
    }
    if selects && block.there() {
        out.push(peer.refuse(format!("`{}` cannot have both an ipBlock and a selector", peer.path)));
    }
    if !block.there() {
        return;
    }
    let whole = block.at("cidr");
    if !whole.there() {
        out.push(block.refuse(format!("`{}` needs a `cidr`", block.path)));
        return;
    }
    let Some((network, bits)) = cidr(whole.text()) else {
        out.push(whole.refuse(format!("`{}` is {:?}, it must be a CIDR", whole.path, whole.text())));
        return;
    };
    for except in block.at("except").items() {
        let inside = cidr(except.text())
            .is_some_and(|(other, more)| more > bits && masked(other, bits) == masked(network, bits));
        if !inside {
            out.push(except.refuse(format!(
                "`{}` is {:?}, it must be a CIDR inside of {}",
                except.path,
                except.text(),
                block.word("cidr")
            )));
        }
    }
}

/// Whether a network such as `10.1.0.0/16` is another one or a part of it; false where either is none.
pub fn lies_in(inner: &str, outer: &str) -> bool {
    let (Some((a, more)), Some((b, bits))) = (cidr(inner), cidr(outer)) else { return false };
    more >= bits && masked(a, bits) == masked(b, bits)
}

fn cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/').filter(|_| formats::admits("cidr", text))?;
    Some((address.parse().ok()?, bits.parse().ok()?))
}

/// The first bits of an address.
fn masked(address: IpAddr, bits: u32) -> (bool, u128) {
    match address {
        IpAddr::V4(a) => (false, u128::from(a.to_bits()).checked_shr(32 - bits.min(32)).unwrap_or(0)),
        IpAddr::V6(a) => (true, a.to_bits().checked_shr(128 - bits.min(128)).unwrap_or(0)),
    }
}

/// What is wrong with an Ingress.
pub fn ingress(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    if spec.at("rules").is_empty() && !spec.at("defaultBackend").there() {
        out.push(spec.refuse(format!("`{}` needs `rules` or `defaultBackend`", spec.path)));
    }
    if spec.at("defaultBackend").there() {
        backend(&spec.at("defaultBackend"), out);
    }
    for rule in spec.at("rules").items() {
        host(&rule.at("host"), out);
        let http = rule.at("http");
        if http.there() {
            http.needs(&["paths"], out);
        }
        for path in http.at("paths").items() {
            path.needs(&["pathType"], out);
            let text = path.word("path");
            let kind = path.word("pathType");
            if matches!(kind, "Exact" | "Prefix")
                && (!text.starts_with('/')
                    || ["//", "/./", "/../", "%2f", "%2F"].iter().any(|bad| text.contains(bad))
                    || text.ends_with("/..")
                    || text.ends_with("/."))
            {
                out.push(path.refuse(format!(
                    "`{}` is {text:?}, it must be an absolute path without `//`, `.` and `..`",
                    path.path
                )));
            }
            backend(&path.at("backend"), out);
        }
    }
    for tls in spec.at("tls").items() {
        tls.at("hosts").items().for_each(|h| host(&h, out));
    }
}

fn host(host: &Spot<'_>, out: &mut Vec<Violation>) {
    let text = host.text();
    if !text.is_empty() && names::fault(Syntax::Subdomain, text.strip_prefix("*.").unwrap_or(text)).is_some() {
        out.push(
            host.refuse(format!("`{}` is {text:?}, it must be a DNS name, with `*.` before it or not", host.path)),
        );
    }
    if text.parse::<IpAddr>().is_ok() {
        out.push(host.refuse(format!("`{}` is an IP address, it must be a DNS name", host.path)));
    }
}

fn backend(backend: &Spot<'_>, out: &mut Vec<Violation>) {
    backend.exactly_one(&["service", "resource"], false, out);
    let service = backend.at("service");
    if !service.there() {
        return;
    }
    service.needs(&["name"], out);
    if !service.word("name").is_empty() {
        service.at("name").named(Syntax::Label1035, out);
    }
    let port = service.at("port");
    port.exactly_one(&["name", "number"], false, out);
    port.at("number").port(false, out);
    port.at("name").port(true, out);
}

/// What is wrong with an EndpointSlice.
pub fn endpoint_slice(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let kind = object.word("addressType");
    for endpoint in object.at("endpoints").items() {
        endpoint.needs(&["addresses"], out);
        for address in endpoint.at("addresses").items() {
            let fits = match kind {
                "IPv4" => address.text().parse::<std::net::Ipv4Addr>().is_ok(),
                "IPv6" => address.text().parse::<std::net::Ipv6Addr>().is_ok(),
                _ => names::fault(Syntax::Subdomain, address.text()).is_none(),
            };
            if !fits {
                out.push(address.refuse(format!(
                    "`{}` is {:?}, it must be of the type {kind}",
                    address.path,
                    address.text()
                )));
            }
        }
    }
    Spot::unique(object.at("ports").items().map(|p| (p, p.word("name").to_owned())), "name", out);
}

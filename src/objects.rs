//! Built-in kinds that run no pods -> what an API server refuses of them beyond their schemas.
//! Source: kubernetes 1.35 pkg/apis/{core,rbac,networking,storage,scheduling,admissionregistration}/validation.

use std::net::IpAddr;

use crate::formats;
use crate::names::{self, Syntax};
use crate::selectors;
use crate::spot::Spot;
use crate::violation::Violation;

/// The group of RBAC; the server fills it in where it is missing.
const RBAC: &str = "rbac.authorization.k8s.io";
/// Most bytes of a ConfigMap or Secret (core/validation: MaxSecretSize).
const MAX_DATA: usize = 1 << 20;

/// What is wrong with a Service.
pub fn service(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    let kind = spec.word("type");
    let ports = spec.at("ports");
    let headless = spec.word("clusterIP") == "None";
    if ports.is_empty() && kind != "ExternalName" && !headless {
        out.push(spec.refuse(format!("`{}` needs `ports`", spec.path)));
    }
    if headless && kind == "LoadBalancer" {
        out.push(spec.refuse(format!("`{}` cannot be a LoadBalancer with the clusterIP None", spec.path)));
    }
    if headless && kind == "NodePort" {
        out.push(spec.refuse(format!("`{}` cannot be a NodePort with the clusterIP None", spec.path)));
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
    selectors::labels(&spec.at("selector"), out);
    if spec.at("externalTrafficPolicy").there()
        && !matches!(kind, "NodePort" | "LoadBalancer")
        && spec.at("externalIPs").is_empty()
    {
        out.push(spec.at("externalTrafficPolicy").refuse(format!(
            "`{}` can have an externalTrafficPolicy only where it is reached from outside",
            spec.path
        )));
    }
    spec.at("sessionAffinityConfig").at("clientIP").at("timeoutSeconds").within(1, 86400, out);
    for range in spec.at("loadBalancerSourceRanges").items() {
        if !formats::admits("cidr", range.text().trim()) {
            out.push(range.refuse(format!("`{}` is {:?}, which is no CIDR", range.path, range.text())));
        }
    }
    if !spec.at("loadBalancerSourceRanges").is_empty() && kind != "LoadBalancer" {
        let ranges = spec.at("loadBalancerSourceRanges");
        out.push(ranges.refuse(format!("`{}` is allowed only for the type LoadBalancer", ranges.path)));
    }
    Spot::unique(spec.at("ipFamilies").items().map(|f| (f, f.text().to_owned())), "family", out);
    for ip in spec.at("externalIPs").items().filter(|ip| ip.text().parse::<IpAddr>().is_err()) {
        out.push(ip.refuse(format!("`{}` is {:?}, which is no IP address", ip.path, ip.text())));
    }
}

/// What is wrong with a ConfigMap or a Secret.
pub fn data(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    let maps: &[&str] = if kind == "Secret" { &["data", "stringData"] } else { &["data", "binaryData"] };
    let mut size = 0;
    for name in maps {
        let map = object.at(name);
        for (key, value) in map.entries() {
            if let Some(words) = names::fault(Syntax::DataKey, key) {
                out.push(value.refuse(format!("`{name}` cannot have a key `{key}`")).help(words));
            }
            let coded = (kind, *name) == ("Secret", "data") || *name == "binaryData";
            let bytes = if coded {
                formats::base64(&value.text().replace(['\n', '\r'], "")).map(|b| b.len())
            } else {
                Some(value.text().len())
            };
            match bytes {
                Some(bytes) => size += bytes,
                None => out.push(value.refuse(format!("`{}` is not base64", value.path))),
            }
        }
    }
    if size > MAX_DATA {
        out.push(object.refuse(format!("the {kind} has {size} bytes of data, at most {MAX_DATA} are allowed")));
    }
    if kind == "ConfigMap" {
        for (key, value) in
            object.at("binaryData").entries().filter(|(key, _)| object.at("data").value.get(*key).is_some())
        {
            out.push(value.refuse(format!("`data` and `binaryData` both have the key `{key}`")));
        }
        return;
    }
    let has = |key: &str| maps.iter().any(|map| object.value[*map].get(key).is_some());
    let needed: &[&str] = match object.word("type") {
        "kubernetes.io/dockerconfigjson" => &[".dockerconfigjson"],
        "kubernetes.io/dockercfg" => &[".dockercfg"],
        "kubernetes.io/tls" => &["tls.crt", "tls.key"],
        "kubernetes.io/ssh-auth" => &["ssh-privatekey"],
        _ => &[],
    };
    for key in needed.iter().filter(|key| !has(key)) {
        out.push(object.refuse(format!("a Secret of the type {} needs the key `{key}`", object.word("type"))));
    }
    if object.word("type") == "kubernetes.io/basic-auth" && !has("username") && !has("password") {
        out.push(object.refuse("a Secret of the type kubernetes.io/basic-auth needs the key `username` or `password`"));
    }
    let account = &object.value["metadata"]["annotations"]["kubernetes.io/service-account.name"];
    if object.word("type") == "kubernetes.io/service-account-token" && account.as_str().is_none_or(str::is_empty) {
        out.push(object.refuse("a Secret of the type kubernetes.io/service-account-token needs the annotation kubernetes.io/service-account.name"));
    }
}

/// What is wrong with a claim of a volume, alone or as a template.
pub fn claim(spec: &Spot<'_>, out: &mut Vec<Violation>) {
    spec.needs(&["accessModes"], out);
    let modes = spec.at("accessModes");
    if modes.len() > 1 && modes.items().any(|m| m.text() == "ReadWriteOncePod") {
        out.push(modes.refuse(format!("`{}` cannot have ReadWriteOncePod beside another", modes.path)));
    }
    let resources = spec.at("resources");
    let asked = resources.at("requests").at("storage").quantity();
    match asked {
        None => out.push(resources.refuse(format!("`{}` needs `requests.storage`", resources.path))),
        Some(amount) if amount <= 0 => {
            out.push(resources.refuse(format!("`{}.requests.storage` must be more than 0", resources.path)))
        }
        Some(_) => {}
    }
    let class = spec.at("storageClassName");
    if !class.is_empty() {
        class.named(Syntax::Subdomain, out);
    }
    selectors::selector(&spec.at("selector"), out);
}

/// What is wrong with a PersistentVolume.
pub fn volume(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    if spec.at("capacity").at("storage").quantity().is_none_or(|amount| amount <= 0) {
        out.push(spec.refuse(format!("`{}` needs a `capacity.storage` of more than 0", spec.path)));
    }
    const SOURCES: [&str; 8] = ["azureFile", "csi", "fc", "flexVolume", "hostPath", "iscsi", "local", "nfs"];
    spec.exactly_one(&SOURCES, false, out);
}

/// What is wrong with a Role or a ClusterRole.
pub fn role(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    for rule in object.at("rules").items() {
        rule.needs(&["verbs"], out);
        let urls = rule.at("nonResourceURLs");
        if urls.is_empty() {
            rule.needs(&["apiGroups", "resources"], out);
            continue;
        }
        if kind == "Role" {
            out.push(urls.refuse(format!("`{}` cannot be in a Role: URLs have no namespace", urls.path)));
        }
        if ["apiGroups", "resources", "resourceNames"].iter().any(|name| !rule.at(name).is_empty()) {
            out.push(urls.refuse(format!("`{}` cannot be for both resources and URLs", rule.path)));
        }
    }
    let aggregation = object.at("aggregationRule");
    if aggregation.there() {
        aggregation.needs(&["clusterRoleSelectors"], out);
        aggregation.at("clusterRoleSelectors").items().for_each(|s| selectors::selector(&s, out));
    }
}

/// What is wrong with a RoleBinding or a ClusterRoleBinding.
pub fn binding(object: &Spot<'_>, kind: &str, out: &mut Vec<Violation>) {
    let role = object.at("roleRef");
    role.needs(&["kind", "name"], out);
    let kinds: &[&str] = if kind == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    role.at("kind").among(kinds, out);
    role.at("name").named(Syntax::PathSegment, out);
    role.at("apiGroup").among(&[RBAC, ""], out);
    for subject in object.at("subjects").items() {
        subject.needs(&["kind", "name"], out);
        subject.at("kind").among(&["ServiceAccount", "User", "Group"], out);
        let account = subject.word("kind") == "ServiceAccount";
        subject.at("apiGroup").among(if account { &[""] } else { &[RBAC, ""] }, out);
        if account {
            subject.at("name").named(Syntax::Subdomain, out);
            if kind == "ClusterRoleBinding" {
                subject.needs(&["namespace"], out);
            }
        }
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
    let Some((network, bits)) = cidr(block.word("cidr")) else {
        out.push(block.refuse(format!("`{}` needs a `cidr`", block.path)));
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

/// What is wrong with a PriorityClass.
pub fn priority_class(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let name = object.at("metadata").word("name").to_owned();
    if name.starts_with("system-") && !matches!(&*name, "system-node-critical" | "system-cluster-critical") {
        out.push(object.refuse("the names of PriorityClasses that start with `system-` are Kubernetes' own"));
    }
    object.at("value").within(i64::from(i32::MIN), 1_000_000_000, out);
}

/// What is wrong with a StorageClass.
pub fn storage_class(object: &Spot<'_>, out: &mut Vec<Violation>) {
    object.needs(&["provisioner"], out);
    if !object.word("provisioner").is_empty()
        && names::fault(Syntax::Key, &object.word("provisioner").to_lowercase()).is_some()
    {
        let provisioner = object.at("provisioner");
        out.push(provisioner.refuse(format!("`provisioner` cannot be `{}`", provisioner.text())));
    }
    object.at("reclaimPolicy").among(&["Delete", "Retain", ""], out);
}

/// What is wrong with a configuration of admission webhooks.
pub fn webhooks(object: &Spot<'_>, out: &mut Vec<Violation>) {
    for hook in object.at("webhooks").items() {
        let name = hook.at("name");
        if names::fault(Syntax::Subdomain, name.text()).is_some() || name.text().split('.').count() < 3 {
            out.push(
                name.refuse(format!(
                    "`{}` must have a name of at least three parts, as in name.example.com",
                    hook.path
                )),
            );
        }
        let client = hook.at("clientConfig");
        client.exactly_one(&["url", "service"], false, out);
        if client.at("service").there() {
            client.at("service").needs(&["name", "namespace"], out);
            client.at("service").at("port").port(false, out);
        }
        if client.at("url").there() && !client.word("url").starts_with("https://") {
            out.push(client.at("url").refuse(format!("`{}` must be an https URL", client.at("url").path)));
        }
        hook.needs(&["sideEffects", "admissionReviewVersions"], out);
        hook.at("sideEffects").among(&["None", "NoneOnDryRun"], out);
        let versions = hook.at("admissionReviewVersions");
        if !versions.is_empty() && !versions.items().any(|v| matches!(v.text(), "v1" | "v1beta1")) {
            out.push(versions.refuse(format!("`{}` must have v1 or v1beta1", versions.path)));
        }
        hook.at("timeoutSeconds").within(1, 30, out);
        selectors::selector(&hook.at("namespaceSelector"), out);
        selectors::selector(&hook.at("objectSelector"), out);
        for rule in hook.at("rules").items() {
            rule.needs(&["operations", "apiGroups", "apiVersions", "resources"], out);
            rule.at("operations").items().for_each(|o| o.among(&["CREATE", "UPDATE", "DELETE", "CONNECT", "*"], out));
        }
    }
    Spot::unique(object.at("webhooks").items().map(|h| (h, h.word("name").to_owned())), "name", out);
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

/// What is wrong with a LimitRange: for each resource, its bounds and defaults must be in order.
pub fn limit_range(object: &Spot<'_>, out: &mut Vec<Violation>) {
    for limit in object.at("spec").at("limits").items() {
        // Each is at most all that follow it.
        const ORDER: [&str; 4] = ["min", "defaultRequest", "default", "max"];
        for (at, low) in ORDER.iter().enumerate() {
            for (name, amount) in limit.at(low).entries() {
                for high in &ORDER[at + 1..] {
                    let above = limit.value[*high].get(name).map(|value| Spot { value, path: limit.path });
                    if above.is_some_and(|above| above.quantity() < amount.quantity()) {
                        out.push(amount.refuse(format!("`{}` is more than `{high}`", amount.path)));
                    }
                }
            }
        }
    }
    Spot::unique(object.at("spec").at("limits").items().map(|l| (l, l.word("type").to_owned())), "type", out);
}

/// What is wrong with a ValidatingAdmissionPolicy.
pub fn admission_policy(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    if spec.at("validations").is_empty() && spec.at("auditAnnotations").is_empty() {
        out.push(spec.refuse(format!("`{}` needs `validations` or `auditAnnotations`", spec.path)));
    }
}

/// What is wrong with an APIService.
pub fn api_service(object: &Spot<'_>, out: &mut Vec<Violation>) {
    let spec = object.at("spec");
    let wanted = format!("{}.{}", spec.word("version"), spec.word("group"));
    let metadata = object.at("metadata");
    if metadata.word("name") != wanted {
        out.push(
            metadata
                .at("name")
                .refuse(format!("the name of this APIService must be `{wanted}`, its version and group")),
        );
    }
    if !spec.at("service").there() {
        spec.forbids(&["caBundle"], "it has no service", out);
        if spec.value["insecureSkipTLSVerify"] == true {
            out.push(
                spec.at("insecureSkipTLSVerify")
                    .refuse(format!("`{}` cannot skip verification without a service", spec.path)),
            );
        }
    }
}

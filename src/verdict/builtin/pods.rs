//! The spec of a pod, in a Pod or in a template -> what an API server refuses beyond its schema.
//! Source: kubernetes 1.35 pkg/apis/core/validation.

use std::collections::BTreeSet;

use crate::verdict::builtin::containers;
use crate::verdict::builtin::selectors;
use crate::verdict::names::{self, Syntax};
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// What may make up a volume; exactly one of them does.
const VOLUME_SOURCES: [&str; 30] = [
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
];

/// What is wrong with a pod's spec; `claims` are volumes that something else adds, by name.
pub fn spec(spec: &Spot<'_>, claims: &[&str], out: &mut Vec<Violation>) {
    spec.needs(&["containers"], out);
    let volumes = spec.at("volumes");
    volumes.items().for_each(|v| volume(&v, out));
    let names: BTreeSet<&str> = spec
        .at("volumes")
        .value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|v| v["name"].as_str())
        .chain(claims.iter().copied())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    let (main, init) = (spec.at("containers"), spec.at("initContainers"));
    for item in main.items() {
        containers::container(&item, &names, false, out);
    }
    for item in init.items() {
        containers::container(&item, &names, true, out);
    }
    let both = main.items().chain(init.items()).map(|c| (c, c.word("name").to_owned()));
    Spot::unique(both, "name", out);
    if !spec.at("ephemeralContainers").is_empty() {
        out.push(
            spec.at("ephemeralContainers")
                .refuse(format!("`{}` cannot have ephemeralContainers when it is created", spec.path)),
        );
    }
    let claimed: BTreeSet<&str> =
        spec.value["resourceClaims"].as_array().into_iter().flatten().filter_map(|c| c["name"].as_str()).collect();
    for claim in
        main.items().chain(init.items()).flat_map(|c| c.value["resources"]["claims"].as_array().into_iter().flatten())
    {
        if !claim["name"].as_str().is_some_and(|name| claimed.contains(name)) {
            out.push(spec.refuse(format!(
                "`{}` has a container with a claim {}, which is not in `resourceClaims`",
                spec.path, claim["name"]
            )));
        }
    }
    host(spec, out);
    placement(spec, out);
}

fn host(spec: &Spot<'_>, out: &mut Vec<Violation>) {
    spec.at("activeDeadlineSeconds").within(1, i64::from(i32::MAX), out);
    for (name, syntax) in [
        ("serviceAccountName", Syntax::Subdomain),
        ("nodeName", Syntax::Subdomain),
        ("priorityClassName", Syntax::Subdomain),
        ("runtimeClassName", Syntax::Subdomain),
        ("hostname", Syntax::Label),
        ("subdomain", Syntax::Label),
    ] {
        let field = spec.at(name);
        if !field.is_empty() {
            field.named(syntax, out);
        }
    }
    let security = spec.at("securityContext");
    for name in ["runAsUser", "runAsGroup", "fsGroup"] {
        security.at(name).within(0, i64::from(i32::MAX), out);
    }
    security.at("supplementalGroups").items().for_each(|g| g.within(0, i64::from(i32::MAX), out));
    containers::profile(&security.at("seccompProfile"), out);
    containers::profile(&security.at("appArmorProfile"), out);
    spec.at("os").at("name").among(&["linux", "windows"], out);
    for alias in spec.at("hostAliases").items() {
        if alias.word("ip").parse::<std::net::IpAddr>().is_err() {
            out.push(alias.refuse(format!("`{}` needs an `ip` that is an IP address", alias.path)));
        }
        alias.at("hostnames").items().for_each(|name| name.named(Syntax::Subdomain, out));
    }
    let dns = spec.at("dnsConfig");
    for address in dns.at("nameservers").items().filter(|a| a.text().parse::<std::net::IpAddr>().is_err()) {
        out.push(address.refuse(format!("`{}` is {:?}, which is no IP address", address.path, address.text())));
    }
    for domain in dns.at("searches").items() {
        let name = domain.text().trim_end_matches('.');
        if !name.split('.').all(|label| names::fault(Syntax::Label, label.trim_start_matches('_')).is_none()) {
            out.push(domain.refuse(format!("`{}` is {:?}, which is no DNS name", domain.path, domain.text())));
        }
    }
    dns.at("options").items().for_each(|option| option.needs(&["name"], out));
    if spec.word("dnsPolicy") == "None" && dns.at("nameservers").is_empty() {
        out.push(spec.refuse(format!("`{}` needs `dnsConfig.nameservers` for the dnsPolicy None", spec.path)));
    }
    if spec.value["hostNetwork"] == true {
        for container in spec.at("containers").items() {
            for port in container
                .at("ports")
                .items()
                .filter(|p| p.at("hostPort").int().is_some_and(|h| h != 0 && Some(h) != p.at("containerPort").int()))
            {
                out.push(port.refuse(format!(
                    "`{}` must have the same containerPort and hostPort on the host's network",
                    port.path
                )));
            }
        }
    }
}

/// Where the pod may run.
fn placement(spec: &Spot<'_>, out: &mut Vec<Violation>) {
    selectors::labels(&spec.at("nodeSelector"), out);
    for toleration in spec.at("tolerations").items() {
        tolerates(&toleration, out);
    }
    let affinity = spec.at("affinity");
    let node = affinity.at("nodeAffinity");
    let required = node.at("requiredDuringSchedulingIgnoredDuringExecution");
    if required.there() {
        required.needs(&["nodeSelectorTerms"], out);
    }
    required.at("nodeSelectorTerms").items().for_each(|term| node_term(&term, out));
    for preferred in node.at("preferredDuringSchedulingIgnoredDuringExecution").items() {
        preferred.at("weight").within(1, 100, out);
        node_term(&preferred.at("preference"), out);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let pods = affinity.at(kind);
        pods.at("requiredDuringSchedulingIgnoredDuringExecution").items().for_each(|term| pod_term(&term, out));
        for preferred in pods.at("preferredDuringSchedulingIgnoredDuringExecution").items() {
            preferred.at("weight").within(1, 100, out);
            pod_term(&preferred.at("podAffinityTerm"), out);
        }
    }
    for spread in spec.at("topologySpreadConstraints").items() {
        spread.needs(&["topologyKey", "whenUnsatisfiable"], out);
        spread.at("maxSkew").within(1, i64::MAX, out);
        spread.at("minDomains").within(1, i64::MAX, out);
        if spread.at("minDomains").there() && spread.word("whenUnsatisfiable") != "DoNotSchedule" {
            out.push(
                spread
                    .at("minDomains")
                    .refuse(format!("`{}` can have `minDomains` only with DoNotSchedule", spread.path)),
            );
        }
        selectors::selector(&spread.at("labelSelector"), out);
    }
}

fn tolerates(toleration: &Spot<'_>, out: &mut Vec<Violation>) {
    let operator = toleration.word("operator");
    let key = toleration.at("key");
    if !key.is_empty() {
        key.named(Syntax::Key, out);
    } else if operator != "Exists" {
        out.push(toleration.refuse(format!("`{}` without a key needs the operator Exists", toleration.path)));
    }
    match operator {
        "Exists" if !toleration.at("value").is_empty() => {
            out.push(
                toleration
                    .at("value")
                    .refuse(format!("`{}` cannot have a value for the operator Exists", toleration.path)),
            );
        }
        "" | "Equal" => toleration.at("value").named(Syntax::LabelValue, out),
        _ => {}
    }
    if toleration.at("tolerationSeconds").there() && toleration.word("effect") != "NoExecute" {
        out.push(
            toleration
                .refuse(format!("`{}` can have `tolerationSeconds` only with the effect NoExecute", toleration.path)),
        );
    }
}

fn node_term(term: &Spot<'_>, out: &mut Vec<Violation>) {
    for expression in term.at("matchExpressions").items() {
        expression.at("key").named(Syntax::Key, out);
        let operator = expression.word("operator");
        selectors::requirement(&expression, operator, out);
        let values = expression.at("values");
        if matches!(operator, "Gt" | "Lt") && values.len() != 1 {
            out.push(expression.refuse(format!("`{}` needs exactly one value for `{operator}`", expression.path)));
        }
        if matches!(operator, "In" | "NotIn") {
            values.items().for_each(|value| value.named(Syntax::LabelValue, out));
        }
    }
}

fn pod_term(term: &Spot<'_>, out: &mut Vec<Violation>) {
    term.needs(&["topologyKey"], out);
    if !term.word("topologyKey").is_empty() {
        term.at("topologyKey").named(Syntax::Key, out);
    }
    selectors::selector(&term.at("labelSelector"), out);
    selectors::selector(&term.at("namespaceSelector"), out);
    term.at("namespaces").items().for_each(|name| name.named(Syntax::Label, out));
}

fn volume(volume: &Spot<'_>, out: &mut Vec<Violation>) {
    volume.at("name").named(Syntax::Label, out);
    volume.exactly_one(&VOLUME_SOURCES, true, out); // none is an emptyDir
    for (source, needed) in [
        ("secret", "secretName"),
        ("configMap", "name"),
        ("hostPath", "path"),
        ("persistentVolumeClaim", "claimName"),
        ("csi", "driver"),
        ("nfs", "server"),
        ("nfs", "path"),
    ] {
        let spot = volume.at(source);
        if spot.there() {
            spot.needs(&[needed], out);
        }
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        files(&volume.at(source), out);
    }
    if volume.at("hostPath").word("path").split('/').any(|part| part == "..") {
        out.push(
            volume.at("hostPath").refuse(format!("`{}` cannot have `..` in its path", volume.at("hostPath").path)),
        );
    }
    let limit = volume.at("emptyDir").at("sizeLimit").quantity();
    if limit.is_some_and(|limit| limit < 0) {
        out.push(
            volume
                .at("emptyDir")
                .refuse(format!("`{}` cannot have a negative `sizeLimit`", volume.at("emptyDir").path)),
        );
    }
    for source in volume.at("projected").at("sources").items() {
        source.exactly_one(
            &["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"],
            true,
            out,
        );
        for name in ["secret", "configMap"] {
            let spot = source.at(name);
            if spot.there() {
                spot.needs(&["name"], out);
            }
            files(&spot, out);
        }
        let token = source.at("serviceAccountToken");
        token.at("expirationSeconds").within(600, 1 << 32, out);
        containers::relative(&token.at("path"), out);
    }
}

/// The modes and items of a volume made of keys.
fn files(source: &Spot<'_>, out: &mut Vec<Violation>) {
    source.at("defaultMode").within(0, 0o777, out);
    for item in source.at("items").items() {
        item.needs(&["path"], out);
        if item.value.get("key").is_some() || !item.at("fieldRef").there() && !item.at("resourceFieldRef").there() {
            item.needs(&["key"], out);
        }
        item.at("mode").within(0, 0o777, out);
        containers::relative(&item.at("path"), out);
    }
}

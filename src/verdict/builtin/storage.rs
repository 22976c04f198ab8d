//! Data, volumes, limits, classes -> what an API server refuses of them beyond their schemas.
//! Source: kubernetes 1.35 pkg/apis/core/validation, pkg/apis/storage/validation, pkg/apis/scheduling/validation.

use crate::text::forms;
use crate::text::schema::did_you_mean;
use crate::verdict::builtin::containers;
use crate::verdict::builtin::selectors;
use crate::verdict::names::{self, Syntax};
use crate::verdict::spot::Spot;
use crate::verdict::violation::Violation;

/// Most bytes of a ConfigMap or Secret (core/validation: MaxSecretSize).
const MAX_DATA: usize = 1 << 20;

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
                forms::base64(&value.text().replace(['\n', '\r'], "")).map(|b| b.len())
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
    // The API server counts those too for which there is no driver any more.
    const SOURCES: [&str; 22] = [
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "csi",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "glusterfs",
        "hostPath",
        "iscsi",
        "local",
        "nfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    ];
    spec.exactly_one(&SOURCES, false, out);
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

/// What is wrong with a ResourceQuota: what it limits must be known, and where scopes select, fit them.
pub fn quota(object: &Spot<'_>, out: &mut Vec<Violation>) {
    const KNOWN: [&str; 19] = [
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.storage",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
        "pods",
        "resourcequotas",
        "services",
        "replicationcontrollers",
        "secrets",
        "persistentvolumeclaims",
        "configmaps",
        "services.nodeports",
        "services.loadbalancers",
    ];
    let spec = object.at("spec");
    for (name, amount) in spec.at("hard").entries() {
        let huge = name.trim_start_matches("requests.").starts_with("hugepages-");
        let known = KNOWN.contains(&name) || huge || (name.contains('/') && names::fault(Syntax::Key, name).is_none());
        if !known {
            out.push(amount.refuse(format!("`spec.hard` cannot limit `{name}`")).help(did_you_mean(name, &KNOWN)));
        }
        let counted = !["cpu", "memory", "storage"].iter().any(|part| name.ends_with(part)) && !huge;
        if counted && amount.quantity().is_some_and(|n| n % 1_000_000_000 != 0) {
            out.push(amount.refuse(format!("`{}` must be a whole number", amount.path)));
        }
    }
    for expression in spec.at("scopeSelector").at("matchExpressions").items() {
        let (scope, operator) = (expression.word("scopeName"), expression.word("operator"));
        selectors::requirement(&expression, operator, out);
        if scope != "PriorityClass" && scope != "VolumeAttributesClass" && operator != "Exists" {
            out.push(expression.refuse(format!("`{}` can only ask whether {scope} exists", expression.path)));
        }
    }
}

/// What is wrong with a LimitRange: for each resource, its bounds and defaults must be in order.
pub fn limit_range(object: &Spot<'_>, out: &mut Vec<Violation>) {
    for limit in object.at("spec").at("limits").items() {
        // Each is at most all that follow it.
        const ORDER: [&str; 4] = ["min", "defaultRequest", "default", "max"];
        for (at, low) in ORDER.iter().enumerate() {
            for (name, amount) in limit.at(low).entries() {
                let storage = name == "storage" && limit.word("type") == "PersistentVolumeClaim";
                if !containers::is_resource(name) && !storage {
                    out.push(amount.refuse(format!("`{}` is no resource that can be limited", amount.path)));
                }
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

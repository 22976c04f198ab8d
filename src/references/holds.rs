//! What references may need of an object in a file: keys of a Secret or ConfigMap, ports of a Service.

use crate::object::object::Object;
use crate::references::made::{self, Port};
use serde_json::Value;

/// Keys of a Secret or ConfigMap; `None`: not known.
pub fn keys<'a>(object: &Object<'a>) -> Option<Vec<&'a str>> {
    let keys = |pointer| made::keys_at(object, pointer);
    let all: Vec<&str> = keys("/data").chain(keys("/stringData")).chain(keys("/binaryData")).collect();
    // Controllers fill such an object in the cluster, and mark it.
    let filled = |key: &str| ["inject", "reflect", "replicat"].iter().any(|word| key.contains(word));
    let by_others = keys("/metadata/annotations").chain(keys("/metadata/labels")).any(filled);
    // A type of a controller's own says where the controller finds the rest.
    let kind = object.text_at("/type");
    let token = kind == "kubernetes.io/service-account-token"
        || kind.split_once('/').is_some_and(|(owner, _)| owner.contains('.') && !owner.ends_with("kubernetes.io"));
    // A Secret without any value stands in git for one that is filled by hand, or by another tool.
    let values = ["/data", "/stringData"].into_iter().filter_map(|pointer| object.at(pointer)?.as_object());
    let stub = object.identity.kind == "Secret" && values.flat_map(|map| map.values()).all(|value| value == "");
    (!(token || stub || all.is_empty() && by_others)).then_some(all)
}

/// Ports of a Service; `None`: not known.
pub fn service_ports<'a>(object: &Object<'a>) -> Option<Vec<Port<'a>>> {
    if object.text_at("/spec/type") == "ExternalName" {
        return None;
    }
    let ports = object.items("/spec/ports").iter();
    let text = |port: &'a Value, key: &str| port[key].as_str().unwrap_or_default();
    let port = |p: &'a Value| Port {
        name: text(p, "name"),
        number: p["port"].as_i64().unwrap_or(0),
        protocol: text(p, "appProtocol"),
    };
    Some(ports.map(port).collect())
}

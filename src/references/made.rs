//! An object -> what an operator makes of it: Services, Secrets and other objects that stand in no file and that references
//! may name. One row for each kind that makes something; facts are those of the pinned versions.

use std::borrow::Cow;

use serde_json::Value;

use crate::object::api_group::{CERT_MANAGER, CNPG, ESO, GATEWAY, LWS};
use crate::object::object::Object;
use crate::object::pod_template;

/// A port of a Service or of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// Name; empty when it has none.
    pub name: &'a str,
    /// Number.
    pub number: i64,
    /// `appProtocol`; empty when it has none.
    pub protocol: &'a str,
}

/// An object that an operator makes, in the namespace of the one it is made from.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    /// Kind, of the core or of `apps`.
    pub kind: &'static str,
    /// Name.
    pub name: Cow<'a, str>,
    /// Keys of a Secret or ConfigMap; `None`: not known.
    pub keys: Option<Vec<&'a str>>,
    /// Ports of a Service; `None`: not known.
    pub ports: Option<Vec<Port<'a>>>,
}

type Maker = for<'a> fn(&Object<'a>) -> Vec<Made<'a>>;

/// API group, kind, and what comes of such an object.
const MAKERS: [(&str, &str, Maker); 8] = [
    ("bitnami.com", "SealedSecret", sealed_secret),
    (CERT_MANAGER, "Certificate", certificate),
    (ESO, "ExternalSecret", external_secret),
    (GATEWAY, "Gateway", gateway),
    (CNPG, "Cluster", cluster),
    (CNPG, "Pooler", pooler),
    ("apps", "StatefulSet", stateful_set),
    (LWS, "LeaderWorkerSet", leader_worker_set),
];

/// What comes of an object.
pub fn products<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let identity = object.identity;
    let row = MAKERS.iter().find(|(group, kind, _)| *kind == identity.kind && *group == identity.group);
    row.map_or_else(Vec::new, |(_, _, make)| make(object))
}

/// The strings that are keys of the map at a JSON pointer.
pub fn keys_at<'a>(object: &Object<'a>, pointer: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    object.at(pointer).and_then(Value::as_object).into_iter().flat_map(|map| map.keys().map(String::as_str))
}

fn secret<'a>(name: impl Into<Cow<'a, str>>, keys: Option<Vec<&'a str>>) -> Made<'a> {
    Made { kind: "Secret", name: name.into(), keys, ports: None }
}

fn service<'a>(name: impl Into<Cow<'a, str>>, ports: Vec<Port<'a>>) -> Made<'a> {
    Made { kind: "Service", name: name.into(), keys: None, ports: Some(ports) }
}

fn plain<'a>(kind: &'static str, name: impl Into<Cow<'a, str>>) -> Made<'a> {
    Made { kind, name: name.into(), keys: None, ports: None }
}

fn name_or_own<'a>(object: &Object<'a>, pointer: &str) -> &'a str {
    match object.text_at(pointer) {
        "" => &object.identity.name,
        name => name,
    }
}

/// CloudNativePG: three Services, and Secrets of its own where none are given (cloudnative-pg:
/// pkg/specs/services.go and internal/management/controller/cluster_create.go).
fn cluster<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    const APP: [&str; 11] = [
        "dbname",
        "fqdn-jdbc-uri",
        "fqdn-uri",
        "host",
        "jdbc-uri",
        "password",
        "pgpass",
        "port",
        "uri",
        "user",
        "username",
    ];
    let name = &object.identity.name;
    let postgres = vec![Port { name: "postgres", number: 5432, protocol: "" }];
    let off = object.items("/spec/managed/services/disabledDefaultServices");
    let mut made: Vec<Made<'a>> = ["rw", "ro", "r"]
        .into_iter()
        .filter(|which| !off.iter().any(|o| o == which))
        .map(|which| service(format!("{name}-{which}"), postgres.clone()))
        .collect();
    for additional in object.items("/spec/managed/services/additional") {
        let own = additional.pointer("/serviceTemplate/metadata/name").and_then(Value::as_str);
        made.extend(own.map(|own| service(own, postgres.clone())));
    }
    let given = ["initdb", "recovery", "pg_basebackup"]
        .iter()
        .any(|way| !object.text_at(&format!("/spec/bootstrap/{way}/secret/name")).is_empty());
    if !given {
        made.push(secret(format!("{name}-app"), Some(APP.to_vec())));
    }
    if object.at("/spec/enableSuperuserAccess") == Some(&Value::Bool(true)) {
        made.push(secret(format!("{name}-superuser"), Some(APP.to_vec())));
    }
    made.push(secret(format!("{name}-ca"), Some(vec!["ca.crt", "ca.key"])));
    made.push(secret(format!("{name}-server"), Some(vec!["tls.crt", "tls.key"])));
    made.push(secret(format!("{name}-replication"), Some(vec!["tls.crt", "tls.key"])));
    made.push(plain("ServiceAccount", name.as_str()));
    made.push(plain("ConfigMap", "cnpg-default-monitoring"));
    made
}

/// PgBouncer before a CloudNativePG cluster.
fn pooler<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let name = object.identity.name.as_str();
    let port = Port { name: "pgbouncer", number: 5432, protocol: "" };
    vec![service(name, vec![port]), plain("Deployment", name), plain("ServiceAccount", name)]
}

/// The Secret that External Secrets fills; its keys are known unless the provider or a template elsewhere names them.
fn external_secret<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    // The Secret of the others is somebody else's, and only filled.
    if !["", "Owner", "Orphan", "CreateOrMerge"].contains(&object.text_at("/spec/target/creationPolicy")) {
        return Vec::new();
    }
    vec![secret(name_or_own(object, "/spec/target/name"), external_secret_keys(object))]
}

fn external_secret_keys<'a>(object: &Object<'a>) -> Option<Vec<&'a str>> {
    let template = "/spec/target/template";
    let templated: Vec<&str> = keys_at(object, &format!("{template}/data")).collect();
    let from_elsewhere = !object.items(&format!("{template}/templateFrom")).is_empty();
    let replaces = object.text_at(&format!("{template}/mergePolicy")) != "Merge";
    if from_elsewhere {
        return None;
    }
    if replaces && !templated.is_empty() {
        return Some(templated);
    }
    let fetched = object.items("/spec/data").iter().filter_map(|d| d["secretKey"].as_str());
    object.items("/spec/dataFrom").is_empty().then(|| fetched.chain(templated).collect())
}

fn sealed_secret<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let keys = keys_at(object, "/spec/encryptedData").chain(keys_at(object, "/spec/template/data"));
    vec![secret(name_or_own(object, "/spec/template/metadata/name"), Some(keys.collect()))]
}

fn certificate<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let more = object.at("/spec/keystores").is_some() || !object.items("/spec/additionalOutputFormats").is_empty();
    let keys = (!more).then(|| vec!["tls.crt", "tls.key", "ca.crt"]);
    vec![secret(object.text_at("/spec/secretName"), keys)]
}

/// agentgateway gives each Gateway objects of the Gateway's own name; the Service has the listeners' ports.
fn gateway<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    if !object.text_at("/spec/gatewayClassName").contains("agentgateway") {
        return Vec::new();
    }
    let name = object.identity.name.as_str();
    let listeners = object.items("/spec/listeners").iter();
    let ports = listeners.filter_map(|l| Some(Port { name: "", number: l["port"].as_i64()?, protocol: "" }));
    vec![
        service(name, ports.collect()),
        plain("Deployment", name),
        plain("ServiceAccount", name),
        plain("ConfigMap", name),
    ]
}

/// The claims of a StatefulSet's first pod; how many there are, scaling decides.
fn stateful_set<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let name = &object.identity.name;
    let claims = pod_template::of(object).next().map(|template| template.claims()).unwrap_or_default();
    let names = claims.iter().filter_map(|claim| claim.pointer("/metadata/name")?.as_str());
    names.map(|template| plain("PersistentVolumeClaim", format!("{template}-{name}-0"))).collect()
}

/// LeaderWorkerSet 0.9: a headless Service for all its pods, or one for each group (`subdomainPolicy: UniquePerReplica`).
fn leader_worker_set<'a>(object: &Object<'a>) -> Vec<Made<'a>> {
    let name = &object.identity.name;
    // Nobody names the Service of a group beyond these.
    let groups = object.at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1).min(1000);
    let names: Vec<String> = match object.text_at("/spec/networkConfig/subdomainPolicy") {
        "UniquePerReplica" => (0..groups).map(|group| format!("{name}-{group}")).collect(),
        _ => vec![name.clone()],
    };
    names.into_iter().map(|name| plain("Service", name)).collect()
}

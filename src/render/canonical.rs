//! A value -> one form for all ways to write it that do the same work: selectors, rules of roles and of NetworkPolicies,
//! conditions in CEL, defaults of a server. Only to compare with: nothing is written so.

use serde_json::{Map, Value, json};

use crate::render::conditions::{bare, condition, parts, sorted, turned};
use crate::render::kept::inner;

/// Most rules that a rule of a NetworkPolicy or a role is divided into.
const MOST: usize = 256;

/// Keys of texts that are conditions in PromQL.
const CONDITIONS: [&str; 2] = ["expr", "query"];

/// What a field says where it is not there, by the key that its map or list stands under.
const UNSAID: [(&str, &str, &str); 34] = [
    ("apiKeyAuthentication", "mode", "Strict"),
    ("authorization", "action", "Allow"),
    ("backendRef", "group", ""),
    ("backendRef", "kind", "Service"),
    ("backendRefs", "group", ""),
    ("backendRefs", "kind", "Service"),
    ("certificateRefs", "group", ""),
    ("certificateRefs", "kind", "Secret"),
    ("endpointPickerRef", "failureMode", "FailClose"),
    ("endpointPickerRef", "group", ""),
    ("endpointPickerRef", "kind", "Service"),
    ("headers", "type", "Exact"),
    ("httpGet", "path", ""),
    ("jwtAuthentication", "mode", "Strict"),
    ("livenessProbe", "failureThreshold", "3"),
    ("livenessProbe", "periodSeconds", "10"),
    ("livenessProbe", "timeoutSeconds", "1"),
    ("parentRefs", "group", "gateway.networking.k8s.io"),
    ("parentRefs", "kind", "Gateway"),
    ("path", "type", "PathPrefix"),
    ("readinessProbe", "failureThreshold", "3"),
    ("readinessProbe", "periodSeconds", "10"),
    ("readinessProbe", "timeoutSeconds", "1"),
    ("remote", "cacheDuration", "5m"),
    ("roleRef", "apiGroup", "rbac.authorization.k8s.io"),
    ("scaleTargetRef", "apiVersion", "apps/v1"),
    ("scaleTargetRef", "kind", "Deployment"),
    ("startupProbe", "failureThreshold", "3"),
    ("startupProbe", "periodSeconds", "10"),
    ("target", "creationPolicy", "Owner"),
    ("target", "deletionPolicy", "Retain"),
    ("tracing", "protocol", "GRPC"),
    ("triggers", "metricType", "AverageValue"),
    ("volumeClaimTemplates", "kind", "PersistentVolumeClaim"),
];

/// The same, by a field that stands beside it.
const BESIDE: [(&str, &str, &str); 6] = [
    ("accessModes", "volumeMode", "Filesystem"),
    ("bootstrap", "instances", "1"),
    ("instances", "enablePDB", "true"),
    ("isWALArchiver", "enabled", "true"),
    ("policyTypes", "podSelector", "{}"),
    ("secretStoreRef", "refreshInterval", "1h0m0s"),
];

/// The form that a value below a key has.
pub fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter(|(key, value)| !is_default(key, value));
            let mut map: Map<String, Value> = kept.map(|(key, value)| (key.clone(), canonical(key, value))).collect();
            for (_, field, unsaid) in UNSAID.iter().filter(|(of, ..)| *of == key) {
                map.entry(*field).or_insert_with(|| stated(unsaid));
            }
            for (beside, field, unsaid) in BESIDE {
                if map.contains_key(beside) {
                    map.entry(field).or_insert_with(|| stated(unsaid));
                }
            }
            selector(&mut map);
            required(&mut map);
            routed(key, &mut map);
            contained(key, &mut map);
            if map.contains_key("port") && map.get("endPort") == map.get("port") {
                map.remove("endPort");
            }
            // Lists are sorted by their text.
            map.sort_keys();
            Value::Object(map)
        }
        Value::Array(items) => {
            let parts: &[&str] = match key {
                "ingress" => &["ports", "from"],
                "egress" => &["ports", "to"],
                "rules" => &["apiGroups", "matches", "resources", "verbs"],
                _ => &[],
            };
            let divided = items.iter().flat_map(|item| divided(item, parts));
            let mut all: Vec<Value> = divided.map(|item| canonical(key, &item)).collect();
            // All goes to an only one, whatever its share.
            if let ("backendRefs", [Value::Object(only)]) = (key, all.as_mut_slice())
                && only.get("weight").is_some_and(|weight| *weight != json!(0))
            {
                only.remove("weight");
            }
            if !parts.is_empty() {
                all.sort_by_cached_key(Value::to_string);
                all.dedup();
            }
            Value::Array(all)
        }
        // PromQL keeps the value on the left of a comparison, which CEL does not.
        Value::String(text) if key == "matchExpressions" => Value::String(turned(&condition(text))),
        Value::String(text) if CONDITIONS.contains(&key) => Value::String(condition(text)),
        // So it is deleted where nothing is said.
        Value::String(text) if key == "finalizers" => Value::String(text.trim_end_matches("/background").to_owned()),
        Value::String(text) if text.starts_with('{') => Value::String(sorted(&bare(text))),
        Value::String(text) if key == "image" || key == "imageName" => Value::String(image(text).to_owned()),
        Value::String(text) if key == "repoURL" => Value::String(address(text.strip_suffix(".git").unwrap_or(text))),
        Value::String(text) if text.starts_with("http") && text.contains("://") => Value::String(address(text)),
        Value::String(text) if !key.ends_with(".json") && text.contains('\n') => match inner(text) {
            Some(inner) => canonical("", &inner),
            None => value.clone(),
        },
        Value::String(text) if ["True", "False"].contains(&text.as_str()) => Value::String(text.to_lowercase()),
        Value::String(text) if key == "path" => Value::String(text.trim_end_matches('/').to_owned()),
        _ => value.clone(),
    }
}

fn stated(text: &str) -> Value {
    match text {
        "{}" => json!({}),
        "true" => json!(true),
        _ => text.parse::<i64>().map_or_else(|_| json!(text), Value::from),
    }
}

/// What a server takes where nothing is said.
fn is_default(key: &str, value: &Value) -> bool {
    const STATED: [(&str, &str); 5] = [
        ("apiVersion", "v1"),
        ("internalTrafficPolicy", "Cluster"),
        ("protocol", "TCP"),
        ("schedulerName", "default-scheduler"),
        ("scheme", "HTTP"),
    ];
    const OFF: [&str; 5] = ["allowEmpty", "immutable", "optional", "publishNotReadyAddresses", "skipCrds"];
    let text = value.as_str().unwrap_or_default();
    STATED.contains(&(key, text))
        || OFF.contains(&key) && *value == json!(false)
        || key == "replicas" && *value == json!(1)
        || key == "kinds" && value.as_array().is_some_and(|kinds| kinds.iter().all(|kind| kind["kind"] == "HTTPRoute"))
        || ["ingress", "egress"].contains(&key) && *value == json!([])
}

/// An expression that asks for one value is a label.
fn selector(map: &mut Map<String, Value>) {
    let Some(Value::Array(expressions)) = map.get("matchExpressions") else { return };
    if !expressions.iter().all(|e| e["key"].is_string()) {
        return;
    }
    let mut labels = map.get("matchLabels").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut left = Vec::new();
    for expression in expressions {
        let key = expression["key"].as_str().unwrap_or_default();
        match expression["values"].as_array().map(Vec::as_slice) {
            Some([one]) if expression["operator"] == "In" => drop(labels.insert(key.to_owned(), one.clone())),
            _ => left.push(expression.clone()),
        }
    }
    left.retain(|e| !(e["operator"] == "Exists" && e["key"].as_str().is_some_and(|key| labels.contains_key(key))));
    map.insert("matchLabels".to_owned(), Value::Object(labels));
    match left.is_empty() {
        true => map.remove("matchExpressions"),
        false => map.insert("matchExpressions".to_owned(), Value::Array(left)),
    };
}

/// What Gateway API and Kubernetes fill in of routes, listeners and policies.
fn routed(key: &str, map: &mut Map<String, Value>) {
    match key {
        "listeners" => {
            map.entry("allowedRoutes").or_insert_with(|| json!({ "namespaces": { "from": "Same" } }));
        }
        "headers" => {
            if let Some(Value::String(name)) = map.get_mut("name") {
                name.make_ascii_lowercase();
            }
        }
        "path" if map.get("type").is_some_and(|kind| kind == "PathPrefix") => {
            if let Some(Value::String(path)) = map.get_mut("value") {
                path.truncate(path.trim_end_matches('/').len());
            }
        }
        // The cluster in which Argo CD itself runs.
        "destination" if map.get("name").is_some_and(|name| name == "in-cluster") && !map.contains_key("server") => {
            map.remove("name");
            map.insert("server".to_owned(), json!("https://kubernetes.default.svc"));
        }
        "spec" if map.contains_key("podSelector") && !map.contains_key("policyTypes") => {
            let egress = map.contains_key("egress").then_some("Egress");
            map.insert("policyTypes".to_owned(), ["Ingress"].into_iter().chain(egress).collect());
        }
        _ => {}
    }
}

/// What is limited is requested (Kubernetes), and vLLM reads `--max_model_len` as `--max-model-len`.
fn contained(key: &str, map: &mut Map<String, Value>) {
    if key == "resources"
        && let Some(Value::Object(limits)) = map.get("limits").cloned()
        && let Some(requests) = map.entry("requests").or_insert_with(|| json!({})).as_object_mut()
    {
        for (name, amount) in limits {
            requests.entry(name).or_insert(amount);
        }
    }
    let is_vllm = map.get("image").and_then(Value::as_str).is_some_and(|image| image.contains("vllm/vllm-openai"));
    let arguments = map.get_mut("args").and_then(Value::as_array_mut).filter(|_| is_vllm);
    for argument in arguments.into_iter().flatten() {
        let Some(text) = argument.as_str().filter(|text| text.starts_with("--")) else { continue };
        let (name, value) = text.split_at(text.find('=').unwrap_or(text.len()));
        *argument = Value::String(format!("{}{value}", name.replace('_', "-")));
    }
}

/// An image without what a container runtime fills in.
fn image(image: &str) -> &str {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    image.strip_prefix("library/").unwrap_or(image)
}

/// A URL without what a client fills in.
fn address(url: &str) -> String {
    let url = url.trim_end_matches('/').replace(".svc.cluster.local", ".svc");
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let port = if scheme == "http" { ":80" } else { ":443" };
    format!("{scheme}://{}{path}", host.strip_suffix(port).unwrap_or(host))
}

/// All conditions of a rule that requires them are one.
fn required(map: &mut Map<String, Value>) {
    if map.get("action").is_some_and(|action| action == "Require")
        && let Some(Value::Array(all)) = map.get_mut("policy").and_then(|policy| policy.get_mut("matchExpressions"))
    {
        let mut each: Vec<String> = all
            .iter()
            .filter_map(Value::as_str)
            .flat_map(|text| parts(text, "&&"))
            .map(|text| turned(&condition(text)))
            .collect();
        each.sort();
        *all = each.into_iter().map(Value::String).collect();
    }
}

/// A rule for several ports, peers or verbs, as rules for one of each.
fn divided(rule: &Value, parts: &[&str]) -> Vec<Value> {
    let mut rules = vec![rule.clone()];
    for part in parts {
        let Some(items) = rule[*part].as_array().filter(|items| items.len() > 1) else { continue };
        if rules.len() * items.len() > MOST {
            return vec![rule.clone()];
        }
        let one = |rule: &Value, item: &Value| {
            let mut rule = rule.clone();
            rule[*part] = json!([item]);
            rule
        };
        rules = rules.iter().flat_map(|rule| items.iter().map(|item| one(rule, item)).collect::<Vec<_>>()).collect();
    }
    rules
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::canonical;

    fn same(one: &Value, other: &Value) -> bool {
        canonical("", one) == canonical("", other)
    }

    #[test]
    fn what_does_the_same_work_has_one_form() {
        let (one, other) = (json!({ "port": 1, "protocol": "TCP" }), json!({ "port": 2 }));
        let (a, b) = (json!({ "podSelector": { "matchLabels": { "a": "b" } } }), json!({ "ipBlock": {} }));
        for (one, other) in [
            (
                json!({ "resources": { "limits": { "gpu": 1 } } }),
                json!({ "resources": { "requests": { "gpu": 1 }, "limits": { "gpu": 1 } } }),
            ),
            (
                json!({ "triggers": [{ "type": "cron" }] }),
                json!({ "triggers": [{ "type": "cron", "metricType": "AverageValue" }] }),
            ),
            (json!({ "policyTypes": ["Egress"] }), json!({ "policyTypes": ["Egress"], "podSelector": {} })),
            (
                json!({ "readinessProbe": {}, "target": { "name": "a" }, "secretStoreRef": {}, "instances": 3 }),
                json!({ "readinessProbe": { "periodSeconds": 10 }, "target": { "name": "a", "creationPolicy": "Owner" },
                    "secretStoreRef": {}, "refreshInterval": "1h0m0s", "instances": 3, "enablePDB": true }),
            ),
            (
                json!({ "spec": { "bootstrap": {} } }),
                json!({ "spec": { "bootstrap": {}, "instances": 1, "enablePDB": true } }),
            ),
            (json!({ "finalizers": ["a.b/c"] }), json!({ "finalizers": ["a.b/c/background"] })),
            (
                json!({ "image": "vllm/vllm-openai:v1", "args": ["--max-model-len=1_0", "a_b"] }),
                json!({ "image": "vllm/vllm-openai:v1", "args": ["--max_model_len=1_0", "a_b"] }),
            ),
            (
                json!({ "podSelector": { "matchLabels": { "a": "b" } } }),
                json!({ "podSelector": { "matchExpressions": [{ "key": "a", "operator": "In", "values": ["b"] }, { "key": "a", "operator": "Exists" }] } }),
            ),
            (
                json!({ "ingress": [{ "ports": [one, other], "from": [a, b] }] }),
                json!({ "ingress": [{ "from": [b], "ports": [other, { "port": 1 }] }, { "ports": [other], "from": [a] },
                    { "ports": [{ "port": 1, "endPort": 1 }], "from": [a] }] }),
            ),
            (
                json!({ "rules": [{ "apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"] }] }),
                json!({ "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "get"] },
                    { "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }, { "apiGroups": [""], "resources": ["pods"], "verbs": ["list"] }] }),
            ),
            (
                json!({ "destination": { "name": "in-cluster" }, "source": { "repoURL": "https://g/x.git" } }),
                json!({ "destination": { "server": "https://kubernetes.default.svc" }, "source": { "repoURL": "https://g/x" } }),
            ),
            (json!({ "query": "a['b_c'].d[\"e\"] in ['x']" }), json!({ "query": "a.b_c.d.e in [\"x\"]" })),
            (
                json!({ "action": "Require", "policy": { "matchExpressions": ["a == \"x\" && b in [\"1\", \"2\"]", "(c)"] } }),
                json!({ "action": "Require", "policy": { "matchExpressions": ["c", "b in ['2', '1']", "'x' == a"] } }),
            ),
            (
                json!({ "action": "Require", "policy": { "matchExpressions": ["(a) && (b in c || c == b)"] } }),
                json!({ "action": "Require", "policy": { "matchExpressions": ["b in c || c == b", "a"] } }),
            ),
            (json!({ "expr": "sum(a)\n  > 1 # why" }), json!({ "expr": "sum(a) > 1" })),
        ] {
            assert!(same(&one, &other), "{} {}", canonical("", &one), canonical("", &other));
        }
    }

    #[test]
    fn what_does_other_work_has_another() {
        for (one, other) in [
            (
                json!({ "podSelector": { "matchLabels": { "a": "b" } } }),
                json!({ "podSelector": { "matchExpressions": [{ "key": "a", "operator": "NotIn", "values": ["b"] }] } }),
            ),
            (json!({ "ingress": [{ "ports": [{ "port": 1 }] }] }), json!({ "ingress": [{}] })),
            (json!({ "query": "a{b=\"c d\"}" }), json!({ "query": "a{b=\"cd\"}" })),
            (json!({ "expr": "a && b || c" }), json!({ "expr": "b || c && a" })),
            (json!({ "expr": "(a) && (b)" }), json!({ "expr": "a) && (b" })),
            (json!({ "expr": "a && (b || c)" }), json!({ "expr": "a && b || c" })),
            (json!({ "protocol": "UDP" }), json!({})),
            (json!({ "enabled": false }), json!({})),
        ] {
            assert!(!same(&one, &other), "{one} {other}");
        }
    }
}

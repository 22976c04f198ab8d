//! What the webhooks and CEL rules of agent-runtime-operator 0.28.1 do to an object: defaults, and refusals that no schema
//! can say. Knows one object at a time.

use serde_json::{Map, Value, json};

use crate::text::yaml::object;

/// A part of an object that the operator refuses: its JSON pointer and one sentence.
pub type Refusal = (String, String);

/// The spec with the defaults that the API server and the mutating webhook write, as far as a renderer reads them.
/// AiGateway, ToolGateway, ToolRoute, Guard and GuardrailProvider have no webhook; an AiGateway without a spec has no port.
pub fn defaulted(kind: &str, spec: &Value) -> Value {
    let mut filled = spec.as_object().cloned().unwrap_or_default();
    let set = |filled: &mut Map<String, Value>, key: &str, value: Value| {
        if filled.get(key).is_none_or(|v| v.is_null() || *v == "") {
            filled.insert(key.into(), value);
        }
    };
    match kind {
        "AiGateway" if spec.is_object() => set(&mut filled, "port", json!(80)),
        "ToolServer" => {
            set(&mut filled, "protocol", json!("mcp"));
            set(&mut filled, "transportType", json!("http"));
            let path = if filled["transportType"] == "sse" { "/sse" } else { "/mcp" };
            set(&mut filled, "path", json!(path));
            set(&mut filled, "port", json!(8080));
            set(&mut filled, "replicas", json!(1));
        }
        "Agent" => {
            set(&mut filled, "replicas", json!(1));
            let protocols = filled.get("protocols").and_then(Value::as_array).filter(|p| !p.is_empty()).cloned();
            let protocols = protocols.unwrap_or_else(|| vec![json!({ "type": "A2A" })]);
            filled.insert("protocols".into(), protocols.iter().map(protocol).collect());
        }
        _ => {}
    }
    Value::Object(filled)
}

fn protocol(given: &Value) -> Value {
    let mut filled = given.clone();
    let port = given["port"].as_i64().filter(|port| *port != 0).unwrap_or(8000);
    filled["port"] = json!(port);
    if given["name"].as_str().unwrap_or_default().is_empty() {
        filled["name"] = json!(format!("{}-{port}", port_name(given["type"].as_str().unwrap_or_default())));
    }
    filled
}

/// A protocol as part of a port's name.
fn port_name(protocol: &str) -> String {
    let plain = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    let name: String = protocol.to_lowercase().chars().map(plain).collect();
    match name.trim_matches('-') {
        "" => "port".into(),
        name => name.into(),
    }
}

/// What the operator's CEL rules and validating webhooks refuse.
pub fn refusals(kind: &str, spec: &Value) -> Vec<Refusal> {
    match kind {
        "ToolRoute" => exactly_one(spec, "/upstream", &["toolServerRef", "external"]).into_iter().collect(),
        "ToolServer" => tool_server(spec).into_iter().collect(),
        "Agent" => agent(spec),
        _ => Vec::new(),
    }
}

fn exactly_one(spec: &Value, pointer: &str, keys: &[&str]) -> Option<Refusal> {
    let given = object(spec.pointer(pointer)?);
    let count = keys.iter().filter(|key| given.contains_key(**key)).count();
    (count != 1).then(|| (pointer.to_owned(), format!("exactly one of {} must be there, not {count}", keys.join(", "))))
}

fn tool_server(spec: &Value) -> Option<Refusal> {
    let path = spec["path"].as_str()?;
    let strange = path.chars().find(|c| c.is_control() || " ?#".contains(*c))?;
    Some(("/path".into(), format!("the path holds {strange:?}")))
}

fn agent(spec: &Value) -> Vec<Refusal> {
    let mut refused = Vec::new();
    if spec["framework"] == "custom" && spec["image"].as_str().unwrap_or_default().is_empty() {
        refused.push(("/framework".into(), "the framework custom needs an image".into()));
    }
    for (i, tool) in items(spec, "tools") {
        let keys = ["toolRouteRef", "toolServerRef", "external"];
        let wrong = exactly_one(tool, "/upstream", &keys);
        refused.extend(wrong.map(|(pointer, sentence)| (format!("/tools/{i}{pointer}"), sentence)));
    }
    for (i, sub) in items(spec, "subAgents") {
        let at = format!("/subAgents/{i}");
        match (sub.get("agentRef"), sub["url"].as_str()) {
            (Some(_), Some(_)) | (None, None) => {
                refused.push((at, "a sub-agent needs exactly one of agentRef and url".into()));
            }
            (None, Some(url)) if !web(url) => {
                refused.push((format!("{at}/url"), "the URL needs http:// or https:// and a host".into()));
            }
            _ => {}
        }
    }
    refused.extend(nested_mounts(spec));
    refused
}

/// Mounts inside each other hide files: `/data` and `/data/x`, but not `/data` and `/data-backup`.
fn nested_mounts(spec: &Value) -> Vec<Refusal> {
    let path = |mount: &Value| mount["mountPath"].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
    let paths: Vec<String> = items(spec, "volumeMounts").map(|(_, mount)| path(mount)).collect();
    let mut refused = Vec::new();
    for (i, inner) in paths.iter().enumerate() {
        let inside = |outer: &String| inner.strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let same = paths[..i].contains(inner);
        if let Some(outer) = paths.iter().find(|outer| inside(outer)).or(same.then_some(inner)) {
            let sentence = format!("the mount {inner} lies inside the mount {outer}");
            refused.push((format!("/volumeMounts/{i}/mountPath"), sentence));
        }
    }
    refused
}

fn web(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']))
}

fn items<'a>(spec: &'a Value, key: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    spec[key].as_array().into_iter().flatten().enumerate()
}

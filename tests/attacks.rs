//! The attack table of docs/request-path.md, held row by row: what the request guard refuses in its own Python, what stands in
//! LiteLLM's configuration, and what the conditions at the gateway refuse, as CEL. Honest requests pass all of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use gatewright::text::kubeyaml;
use gatewright::text::pointer;
use gatewright::text::source::Source;
use gatewright::verdict::expression::Expression;
use serde_json::{Map, Value, json};

fn documents(path: &str) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|why| panic!("{path}: {why}"));
    kubeyaml::values(&Source::new(path, text)).expect("YAML")
}

fn rows() -> Vec<Value> {
    let rows = documents("tests/attacks.yaml").remove(0);
    rows.as_array().expect("a list").clone()
}

fn list<'v>(row: &'v Value, key: &str) -> &'v [Value] {
    row[key].as_array().map_or(&[], Vec::as_slice)
}

/// The AgentgatewayPolicies on the routes of aliases, by alias.
fn policies(case: &str) -> BTreeMap<String, Value> {
    let tree = format!("golden/{case}/rendered/ai-dev");
    let files = walkdir::WalkDir::new(&tree).into_iter().flatten().map(|entry| entry.path().display().to_string());
    let named = files.filter(|path| path.contains("/agentgatewaypolicy-") && !path.contains("/mcp/"));
    let all = named.flat_map(|path| documents(&path)).filter(|p| p["spec"]["targetRefs"][0]["kind"] == "HTTPRoute");
    let models =
        all.filter(|p| ["serving", "agentgateway-system"].contains(&p["metadata"]["namespace"].as_str().unwrap_or("")));
    models.map(|p| (p["metadata"]["name"].as_str().expect("a name").to_owned(), p["spec"]["traffic"].clone())).collect()
}

/// The policies, and the model of each alias.
fn aliases(case: &str) -> BTreeMap<String, (Value, String)> {
    let config = config(case);
    let model = |alias: &str| {
        let entry = config["model_list"].as_array().into_iter().flatten().find(|e| e["model_name"] == alias);
        let model = entry.and_then(|e| e["litellm_params"]["model"].as_str()).expect("an entry for each route");
        model.strip_prefix("openai/").expect("as OpenAI's").to_owned()
    };
    policies(case).into_iter().map(|(alias, policy)| (alias.clone(), (policy, model(&alias)))).collect()
}

fn config(case: &str) -> Value {
    let object = documents(&format!("golden/{case}/rendered/ai-dev/litellm/configmap-litellm-config.yaml")).remove(0);
    let text = object["data"]["config.yaml"].as_str().expect("config.yaml").to_owned();
    kubeyaml::values(&Source::new("config.yaml", text)).expect("YAML").remove(0)
}

/// Whether the conditions of an alias let a request through, whose body is a text.
fn passes(policy: &Value, alias: &str, method: &str, path: &str, body: &str) -> bool {
    assert_eq!(policy["authorization"]["action"], "Require", "{alias}");
    let path = format!("/models/{alias}/v1{path}");
    let conditions = list(&policy["authorization"]["policy"], "matchExpressions");
    assert!(conditions.len() > 1, "{alias}");
    let holds = |text: &Value| {
        let text = text.as_str().expect("CEL");
        let expression = Expression::foreign(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        expression.holds(method, &path, body).unwrap_or_else(|| panic!("{text} asks for what is not known here"))
    };
    conditions.iter().all(holds)
}

fn with_model(model: &str, more: &Value) -> Value {
    let mut body = Map::from_iter([("model".to_owned(), json!(model))]);
    body.extend(more.as_object().cloned().unwrap_or_default());
    Value::Object(body)
}

#[test]
fn the_table_of_the_documentation_is_that_of_the_rows() {
    let cell = |row: &Value, line: &str| row[line].as_str().unwrap_or("").to_owned();
    let line = |row: &Value| {
        format!(
            "| {} | {} | {} | {} |\n",
            cell(row, "trick"),
            cell(row, "guard"),
            cell(row, "litellm"),
            cell(row, "gateway")
        )
    };
    let made: String = rows().iter().map(line).collect();
    let file = "docs/request-path.md";
    let text = fs::read_to_string(file).expect("the page");
    let head = "| trick | request guard | LiteLLM's settings | gateway |\n|---|---|---|---|\n";
    let (before, rest) = text.split_once(head).expect("the table's head");
    let (table, after) = rest.split_at(rest.find("\n\n").map_or(rest.len(), |at| at + 1));
    #[allow(clippy::disallowed_methods, reason = "as in the golden tests")]
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::write(file, format!("{before}{head}{made}{after}")).expect("written");
    } else {
        assert_eq!(table, made, "UPDATE_GOLDEN=1 cargo test --test attacks writes it anew");
    }
}

#[test]
fn each_row_says_how_each_of_its_lines_is_seen() {
    for row in rows() {
        let has = |keys: &[&str]| keys.iter().any(|key| !row[key].is_null());
        for (line, keys) in
            [("guard", &["calls", "unit"][..]), ("litellm", &["settings"]), ("gateway", &["asked", "locked", "header"])]
        {
            assert_eq!(has(&[line]), has(keys), "{line} of {}", row["trick"]);
        }
        assert!(has(&["guard", "litellm", "gateway"]), "{}", row["trick"]);
    }
}

#[test]
fn the_guard_stops_what_its_rows_say() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("skipped: there is no python3");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attacks");
    fs::create_dir_all(&folder).expect("a folder");
    let guard = documents("golden/full/rendered/ai-dev/secrets/litellm/configmap-litellm-request-guard.yaml").remove(0);
    for (name, text) in guard["data"].as_object().expect("files") {
        fs::write(folder.join(name), text.as_str().expect("a text")).expect("written");
    }
    let rows: Vec<Value> = rows().into_iter().filter(|row| row["guard"].is_string()).collect();
    let units = rows.iter().filter_map(|row| row["unit"].as_str());
    let mut child = Command::new("python3")
        .args(["-B", "tests/guard/attacks.py"])
        .args(units)
        .env("REQUEST_GUARD", &folder)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    let text = serde_json::to_vec(&rows).expect("JSON");
    child.stdin.take().expect("piped").write_all(&text).expect("it reads");
    let run = child.wait_with_output().expect("it ends");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn litellm_is_set_as_its_rows_say() {
    let config = config("full");
    for row in rows() {
        for (pattern, wanted) in row["settings"].as_object().into_iter().flatten() {
            let mut found = Vec::new();
            pointer::each(&config, pattern, &mut |_, value: &Value| found.push(value.clone()));
            match wanted {
                Value::Null => assert!(found.is_empty(), "{pattern}"),
                Value::String(any) if any == "*" => {
                    let entries = config["model_list"].as_array().map_or(0, Vec::len);
                    assert!(found.len() == entries && found.iter().all(Value::is_number), "{pattern}: {found:?}");
                }
                wanted => assert_eq!(found, std::slice::from_ref(wanted), "{pattern}"),
            }
        }
    }
}

#[test]
fn the_gateway_stops_what_its_rows_say() {
    let (mut all, settings) = (aliases("full"), aliases("settings"));
    all.extend(settings.into_iter().filter(|(alias, _)| ["small", "vectors"].contains(&alias.as_str())));
    let mut asked = 0;
    for row in rows() {
        for request in list(&row, "asked") {
            let text = |key: &str| request[key].as_str();
            let alias = text("alias").expect("an alias");
            let (policy, model) = &all[alias];
            let mut body = with_model(model, &request["body"]);
            if let Some(padding) = request["padding"].as_u64() {
                body["user"] = Value::from("x".repeat(padding as usize));
            }
            let body = text("text").map_or_else(|| body.to_string(), str::to_owned);
            let path = text("path").expect("a path");
            let open = passes(policy, alias, text("method").unwrap_or("POST"), path, &body);
            assert!(!open, "{}: {request}", row["trick"]);
            asked += 1;
        }
        if row["locked"] == true {
            let locked = |policy: &Value| policy["apiKeyAuthentication"]["mode"] == "Strict";
            assert!(all.values().all(|(policy, _)| locked(policy)), "{}", row["trick"]);
        }
        if let Some(header) = row["header"].as_str() {
            let file = "golden/full/rendered/ai-dev/routing/gateway-api-inference/gateway/agentgatewaypolicy-model-header.yaml";
            let set = documents(file).remove(0)["spec"]["traffic"]["transformation"]["request"]["set"].clone();
            assert!(set.as_array().is_some_and(|set| set.iter().any(|h| h["name"] == header)), "{header}");
        }
    }
    assert!(asked > 30, "{asked}");
}

/// What LiteLLM 1.89.2 makes of honest calls by the client libraries of OpenAI and Anthropic, for golden/full: `HONEST=FILE` of
/// tests/judges/litellm_guard.py recorded it, and each shape stands in tests/honest.jsonl once.
#[test]
fn what_litellm_sends_for_honest_calls_passes_the_gateway() {
    let aliases = aliases("full");
    let text = fs::read_to_string("tests/honest.jsonl").expect("the record");
    let calls: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(calls.len() > 40, "{}", calls.len());
    for call in calls {
        let alias = call["alias"].as_str().expect("an alias");
        let path = call["path"].as_str().and_then(|p| p.strip_prefix(&format!("/models/{alias}/v1"))).expect("a path");
        assert!(passes(&aliases[alias].0, alias, "POST", path, &call["body"].to_string()), "{call}");
    }
}

/// Each alias, with limits and without, and what LiteLLM has no reason to send, but may.
#[test]
fn honest_requests_pass_the_gateway() {
    let messages = json!([{ "role": "user", "content": "Grüße 🙂" }]);
    let usage = json!({ "include_usage": true });
    let honest = [
        ("/chat/completions", json!({ "messages": messages, "max_tokens": 2000, "stream": false })),
        ("/chat/completions", json!({ "messages": messages, "max_completion_tokens": null, "stream": null })),
        ("/chat/completions", json!({ "messages": messages, "stream": true, "stream_options": usage })),
        ("/completions", json!({ "prompt": "Hello", "stream": true, "stream_options": usage, "max_tokens": 0 })),
        ("/responses", json!({ "input": "Hello", "stream": true, "max_output_tokens": 16 })),
        ("/embeddings", json!({ "input": ["Hello"], "encoding_format": "float" })),
    ];
    for (alias, (policy, model)) in aliases("full").into_iter().chain(aliases("settings")) {
        for (path, body) in &honest {
            let body = with_model(&model, body).to_string();
            let open = passes(&policy, &alias, "POST", path, &body);
            assert_eq!(open, alias != "vectors" || *path == "/embeddings", "{alias} {path} {body}");
        }
    }
}

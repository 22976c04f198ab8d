//! Rules about files that LiteLLM reads beside its config.yaml, and about what it needs of others to start.

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::products::litellm::opening::on;
use crate::products::litellm::pods::Container;
use crate::text::finding::{Code, Finding};

/// Settings that name a Python object of a file beside config.yaml.
const OBJECTS: [&str; 6] = [
    "custom_auth",
    "custom_key_generate",
    "custom_key_update",
    "custom_sso",
    "custom_ui_sso_sign_in_handler",
    "custom_auth_handler",
];

/// Lists of callbacks, of which those with a dot are Python objects.
const LISTS: [&str; 3] = ["callbacks", "success_callback", "failure_callback"];

/// LiteLLM loads `a.b` from `a.py` in the folder of config.yaml and nowhere else, and ends without that file.
pub fn modules(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let mut named: Vec<(String, &str)> = Vec::new();
    for key in OBJECTS {
        let pointer = format!("/general_settings/{key}");
        named.extend(config.part.at(&pointer).and_then(Value::as_str).map(|text| (pointer.clone(), text)));
    }
    for list in LISTS.map(|key| format!("/litellm_settings/{key}")) {
        let items = config.part.items(&list).iter().enumerate();
        named.extend(items.filter_map(|(i, v)| Some((format!("{list}/{i}"), v.as_str()?))));
    }
    let missing = |(pointer, text): (String, &str)| {
        let (module, _) = text.rsplit_once('.')?;
        let file = format!("{}.py", module.replace('.', "/"));
        if text.contains("://") || !alone(config, container) || holds(config, &file) {
            return None;
        }
        let message = format!("there is no `{file}` beside config.yaml for `{text}`, and LiteLLM does not start");
        let finding = config.part.error(Code::LitellmStart, &pointer, message);
        Some(finding.help(format!("mount `{file}` into the folder of config.yaml, or remove it")))
    };
    named.into_iter().filter_map(missing).collect()
}

/// Whether nothing but the configuration lies in its folder.
fn alone(config: &Config<'_>, container: &Container<'_>) -> bool {
    if !config.complete {
        return false;
    }
    if config.chart.is_some() {
        // The chart mounts the one file into a folder that LiteLLM's image does not have.
        let image = container.part.text_at("/image/repository");
        let own = image.is_empty() || image.contains("berriai/litellm");
        return own && container.part.items("/volumeMounts").is_empty() && container.part.items("/volumes").is_empty();
    }
    let mounts = container.part.items("/volumeMounts");
    let name = &config.part.object.identity.name;
    let volumes = container.volumes();
    let of_config =
        |m: &&Value| volumes.iter().any(|v| v["name"] == m["name"] && v["configMap"]["name"].as_str() == Some(name));
    let Some(folder) =
        mounts.iter().filter(of_config).find(|m| m["subPath"].is_null()).and_then(|m| m["mountPath"].as_str())
    else {
        return false;
    };
    let whole = |m: &Value| volumes.iter().any(|v| v["name"] == m["name"] && v["configMap"]["items"].is_null());
    let below = |m: &&Value| m["mountPath"].as_str().is_some_and(|p| p.starts_with(folder.trim_end_matches('/')));
    mounts.iter().filter(below).count() == 1 && mounts.iter().filter(of_config).all(whole)
}

fn holds(config: &Config<'_>, file: &str) -> bool {
    config.chart.is_none() && config.part.object.at("/data").and_then(|d| d.get(file)).is_some()
}

/// Spend that goes through Redis needs one.
pub fn buffer(config: &Config<'_>) -> Option<Finding> {
    let pointer = "/general_settings/use_redis_transaction_buffer";
    if !on(config.part.at(pointer)) || !config.complete {
        return None;
    }
    let cached = config.part.at("/litellm_settings/cache") == Some(&Value::Bool(true));
    let kind = match config.part.at("/litellm_settings/cache_params") {
        Some(Value::Object(params)) if !params.is_empty() => {
            params.get("type").and_then(Value::as_str).unwrap_or("local")
        }
        _ => "redis",
    };
    if cached && (kind == "redis" || kind.starts_with("os.environ/")) {
        return None;
    }
    let message = "`use_redis_transaction_buffer` needs a cache in Redis, and LiteLLM does not start without one";
    let finding = config.part.error(Code::LitellmStart, pointer, message).place(config.part.key_place(pointer));
    Some(finding.help("set `litellm_settings.cache: true` with `cache_params.type: redis`, or remove it"))
}

/// Ways to log in that LiteLLM keeps for licences: without one it refuses every request.
pub fn logins(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    if !container.lacks("LITELLM_LICENSE") || config.part.at("/general_settings/litellm_license").is_some() {
        return Vec::new();
    }
    let used = ["enable_jwt_auth", "enable_oauth2_auth"].map(|k| format!("/general_settings/{k}"));
    let finding = |pointer: &String| {
        let key = pointer.rsplit('/').next().unwrap_or_default();
        let message = format!("`{key}` needs an enterprise licence, and LiteLLM refuses every request without one");
        let finding = config.part.error(Code::LitellmStart, pointer, message);
        finding.place(config.part.key_place(pointer)).help("set LITELLM_LICENSE, or remove it")
    };
    used.iter().filter(|p| on(config.part.at(p))).map(finding).collect()
}

/// At this level LiteLLM 1.89 writes its settings with the master key and the database's URL (BerriAI/litellm#31944), and prompts.
pub fn debug_log(config: &Config<'_>, container: &Container<'_>) -> Option<Finding> {
    let message = "the log gets prompts, and at the start the master key and the URL of the database";
    let help = "take INFO, and change those keys once the log was read by others";
    let level = "LITELLM_LOG";
    let chart = container.part.text_at("/logLevel").eq_ignore_ascii_case("debug").then(|| "/logLevel".to_owned());
    let set = container.environment.get(level).filter(|_| container.value(level).eq_ignore_ascii_case("debug"));
    let args = container.part.items("/args").iter().chain(container.part.items("/command"));
    let flag = args.into_iter().any(|a| a == "--detailed_debug").then(|| "/args".to_owned());
    if let Some(pointer) = chart.filter(|_| config.chart.is_some()).or(set.map(|v| v.pointer.clone())).or(flag) {
        return Some(container.part.warning(Code::LitellmLog, &pointer, message).help(help));
    }
    let written = config.part.text_at("/environment_variables/LITELLM_LOG").eq_ignore_ascii_case("debug");
    let pointer = if written { "/environment_variables/LITELLM_LOG" } else { "/litellm_settings/set_verbose" };
    (written || on(config.part.at(pointer))).then(|| config.part.warning(Code::LitellmLog, pointer, message).help(help))
}

//! Rules about settings of LiteLLM that let callers past its keys, its models or its prices, or the database past git. What is
//! said here was seen with LiteLLM, or read in its `user_api_key_auth.py` and `auth_utils.py`.

use serde_json::Value;

use crate::object::litellm_config::{Config, Entry};
use crate::products::litellm::address::Address;
use crate::products::litellm::pods::Container;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::pointer::escaped;

/// Settings that let callers past keys, models or prices, and of which more than one value tells.
pub fn openings(config: &Config<'_>) -> Vec<Finding> {
    let mut findings = pass_through(config);
    findings.extend(config.entries().filter_map(|entry| client_address(config, &entry)));
    findings
}

/// A switch that is on, as YAML or as LiteLLM reads words.
pub fn on(value: Option<&Value>) -> bool {
    value.is_some_and(|v| *v == true || v.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true")))
}

fn warning(config: &Config<'_>, pointer: &str, what: &str, help: &str) -> Finding {
    let finding = config.part.warning(Code::LitellmOpen, pointer, what);
    finding.place(config.part.key_place(pointer)).help(help)
}

/// Endpoints that hand requests on with a key of LiteLLM's.
fn pass_through(config: &Config<'_>) -> Vec<Finding> {
    let list = "/general_settings/pass_through_endpoints";
    let mut findings = Vec::new();
    for (i, endpoint) in config.part.items(list).iter().enumerate() {
        let (path, target) =
            (endpoint["path"].as_str().unwrap_or_default(), endpoint["target"].as_str().unwrap_or_default());
        let pointer = format!("{list}/{i}");
        let keyed = carries_key(&endpoint["headers"]);
        let asked = endpoint.get("auth");
        let locked = asked.is_some_and(|a| *a == true || a.as_str().is_some_and(|t| t.eq_ignore_ascii_case("true")));
        if asked.is_some_and(|a| !a.is_null()) && !locked && !target.is_empty() {
            let with = if keyed { ", with LiteLLM's own key" } else { "" };
            let what = format!("`{path}` hands what anybody sends without a key on to {target}{with}");
            let finding =
                warning(config, &format!("{pointer}/auth"), &what, "write `auth: true`, or remove the endpoint");
            findings.push(if keyed { Finding { severity: Severity::Error, ..finding } } else { finding });
        } else if keyed && (!locked || same_host(config, target)) {
            let past = if locked { "past the models and prices of" } else { "past models, prices and budgets of" };
            let what =
                format!("`{path}` hands requests on to {target} with LiteLLM's own key, {past} its virtual keys");
            let help = "remove it and let an entry of model_list lead there: only those have prices";
            findings.push(warning(config, &pointer, &what, help));
        }
    }
    findings
}

/// Whether headers hold what shows who one is.
fn carries_key(headers: &Value) -> bool {
    let names = ["authorization", "key", "token", "secret", "cookie"];
    headers.as_object().into_iter().flatten().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        name != "litellm_user_api_key"
            && (names.iter().any(|n| name.contains(n)) || value.as_str().is_some_and(|v| v.contains("os.environ/")))
    })
}

/// Whether a model of the list is at the same host, where it has a price.
fn same_host(config: &Config<'_>, target: &str) -> bool {
    let host = |text: &str| Address::new(text).map(|a| a.host.to_owned());
    host(target).is_some_and(|wanted| config.entries().any(|e| host(e.text("api_base")) == Some(wanted.clone())))
}

/// LiteLLM's key goes where the caller says.
fn client_address(config: &Config<'_>, entry: &Entry<'_>) -> Option<Finding> {
    let pointer = "/litellm_params/configurable_clientside_auth_params";
    let params = entry.value.pointer(pointer)?.as_array()?;
    let opens = |p: &Value| ["api_base", "base_url"].iter().any(|n| p == n || p.get(n).is_some());
    let index = params.iter().position(opens).filter(|_| !entry.text("api_key").is_empty())?;
    let what = format!("a caller of `{}` chooses the address to which LiteLLM sends its key", entry.alias);
    let at = entry.pointer(&format!("{pointer}/{index}"));
    Some(config.part.warning(Code::LitellmOpen, &at, what).help("let the caller bring a key too, or fix the address"))
}

/// What a JWT must be for; the variable is read when a token comes.
pub fn tokens_for_others(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let pointer = "/general_settings/enable_jwt_auth";
    let said = config.part.at("/environment_variables/JWT_AUDIENCE").is_some() || !container.lacks("JWT_AUDIENCE");
    let licensed = !container.lacks("LITELLM_LICENSE") || config.part.at("/general_settings/litellm_license").is_some();
    let issuers = !config.part.items("/general_settings/litellm_jwtauth/issuers").is_empty();
    if !on(config.part.at(pointer)) || said || issuers || !licensed {
        return Vec::new();
    }
    let what = "LiteLLM takes every token of the issuer, also one that was made for somebody else";
    vec![warning(config, pointer, what, "set JWT_AUDIENCE and JWT_ISSUER where LiteLLM runs")]
}

/// Models and settings may come from the database, over what the file says.
pub fn models_in_database(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let pointer = "/general_settings/store_model_in_db";
    let variable = container.environment.get("STORE_MODEL_IN_DB").filter(|_| {
        container.value("STORE_MODEL_IN_DB").eq_ignore_ascii_case("true") && config.part.at(pointer).is_none()
    });
    let what =
        "models and settings come from LiteLLM's database too, over what git says, and Argo CD sees no difference";
    let help = "remove it: models then come from this file alone";
    let finding = match variable {
        _ if on(config.part.at(pointer)) => config.part.warning(Code::LitellmDatabaseModels, pointer, what),
        Some(variable) => container.part.warning(Code::LitellmDatabaseModels, &variable.pointer, what),
        None => return Vec::new(),
    };
    // Whoever has no models in the file keeps them in the database on purpose.
    if config.part.items("/model_list").is_empty() { Vec::new() } else { vec![finding.help(help)] }
}

/// A key that stands in the file, and no word in its place.
pub fn literal_keys(config: &Config<'_>) -> Vec<Finding> {
    let words = [
        "none",
        "null",
        "dummy",
        "fake",
        "empty",
        "placeholder",
        "not-",
        "no-",
        "your",
        "xxx",
        "change",
        "test",
        "example",
        "local",
        "any",
        "ollama",
        "vllm",
        "mock",
        "unused",
        "ignored",
        "sk-1234",
        "<",
        "$",
        "noop",
        "secret-key-here",
    ];
    let real = |key: &str| {
        let low = key.to_ascii_lowercase();
        key.len() >= 8 && !key.starts_with("os.environ/") && !words.iter().any(|w| low.contains(w))
    };
    let finding = |entry: Entry<'_>| {
        let key = entry.text("api_key");
        if !real(key) || crate::text::secret::material(key).is_some() {
            return None;
        }
        let what = format!("the key of `{}` stands in the configuration", entry.alias);
        let at = entry.pointer(&format!("/litellm_params/{}", escaped("api_key")));
        let finding = config.part.warning(Code::SecretMaterial, &at, what).place(config.part.key_place(&at));
        Some(finding.help("write `os.environ/NAME`, and give the pod the variable from a Secret"))
    };
    config.entries().filter_map(finding).collect()
}

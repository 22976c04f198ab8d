//! Rules about proxies of LiteLLM, a configuration together with the container that reads it: environment, keys, licence, image.

use serde_json::Value;

use crate::object::litellm_config::Config;
use crate::products::litellm::calls;
use crate::products::litellm::database;
use crate::products::litellm::models::{own_address, priced};
use crate::products::litellm::modules;
use crate::products::litellm::opening;
use crate::products::litellm::pods::{self, Container, Pods, Variable};
use crate::products::litellm::replicas;
use crate::products::seen::LITELLM;
use crate::references::inventory::Inventory;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::strings;

/// Rules that look at a proxy: its configuration and the container that reads it.
const PROXIES: &[fn(&Config<'_>, &Container<'_>) -> Vec<Finding>] = &[
    master_key,
    variables,
    callbacks,
    callback_keys,
    cache,
    licences,
    database::without_database,
    opening::tokens_for_others,
    opening::models_in_database,
    modules::modules,
    modules::logins,
    |config, container| modules::debug_log(config, container).into_iter().collect(),
    |config, container| calls::reservations(config, container).into_iter().collect(),
    |config, container| calls::log_of_calls(config, container).into_iter().collect(),
    |config, container| replicas::alone(config, container).into_iter().collect(),
];

/// All that is wrong with the proxies and their migrations.
pub fn proxies(inventory: &Inventory<'_, '_>, configs: &[Config<'_>]) -> Vec<Finding> {
    let pods = pods::pods(inventory, configs);
    let mut findings: Vec<Finding> = Vec::new();
    for (index, container) in &pods.proxies {
        let config = &configs[*index];
        findings.extend(PROXIES.iter().flat_map(|rule| rule(config, container)));
        findings.extend(salt(inventory, container));
        findings.extend(database::connections(inventory, config, container));
        findings.extend(database::schema(inventory, container, &pods.migrations));
    }
    for (index, config) in configs.iter().enumerate() {
        let version = pods.proxies.iter().find(|(i, _)| *i == index).and_then(|(_, container)| container.version());
        findings.extend(stream_usage(config, version));
        findings.extend(database::two_databases(config));
    }
    for migration in &pods.migrations {
        findings.extend(database::migration(migration));
        findings.extend(other_version(migration, &pods));
    }
    for container in pods.proxies.iter().map(|(_, c)| c).chain(&pods.migrations) {
        findings.extend(repeated(container));
        findings.extend(image(container));
    }
    findings
}

const MASTER_KEY: &str = "/general_settings/master_key";

/// Without a master key everybody may call every model.
fn master_key(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let settings = config.part.at("/general_settings").unwrap_or(&Value::Null);
    let others =
        ["custom_auth", "enable_jwt_auth", "enable_oauth2_auth", "enable_oauth2_proxy_auth", "key_management_system"];
    if !config.complete || others.iter().any(|k| !settings[*k].is_null() && settings[*k] != false) {
        return Vec::new();
    }
    let error =
        |message: String, help: &str| vec![config.part.error(Code::LitellmMasterKey, MASTER_KEY, message).help(help)];
    let help = "set `general_settings.master_key: os.environ/NAME`, and the variable from a Secret";
    match settings.get("master_key") {
        None if config.chart.is_some() => chart_master_key(config),
        None if container.lacks("LITELLM_MASTER_KEY") => {
            error("LiteLLM has no master key: it serves everybody".into(), help)
        }
        None => Vec::new(),
        Some(Value::String(text)) if !text.is_empty() => match text.strip_prefix("os.environ/") {
            Some("PROXY_MASTER_KEY") if config.chart.is_some() => chart_master_key(config),
            Some(name) if container.lacks(name) => error(
                format!("no variable `{name}` is set where LiteLLM runs, so it has no master key and serves everybody"),
                &format!("set `{name}` from a Secret in {}", container.part.object.identity),
            ),
            Some(name) => container.environment.get(name).filter(|v| v.optional).map_or_else(Vec::new, |v| {
                let message = format!("`{name}` may be missing, and without it LiteLLM serves everybody");
                let finding = container.part.error(Code::LitellmMasterKey, &v.pointer, message);
                vec![finding.help("remove `optional: true`: the pod then waits for its Secret")]
            }),
            None => Vec::new(),
        },
        Some(Value::Number(_) | Value::Bool(_)) => {
            let message = "the master key is no string, and LiteLLM does not start";
            vec![config.part.error(Code::LitellmStart, MASTER_KEY, message).help("read it from the environment")]
        }
        Some(_) => error("the master key is empty: LiteLLM serves everybody".into(), help),
    }
}

/// The chart makes a master key at random where it is told no Secret, and a new one each time Argo CD renders it.
fn chart_master_key(config: &Config<'_>) -> Vec<Finding> {
    let Some(values) = config.chart.as_ref().filter(|_| config.values_complete) else { return Vec::new() };
    let given = ["/masterkeySecretName", "/masterkey"].iter().any(|p| !values.text_at(p).is_empty());
    if given {
        return Vec::new();
    }
    let message = "the chart makes a new master key each time Argo CD renders it";
    let finding = values.error(Code::LitellmMasterKey, "/masterkeySecretName", message);
    vec![finding.help("set `masterkeySecretName` and `masterkeySecretKey`")]
}

/// What the configuration reads from the environment is there.
fn variables(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    if config.part.at("/general_settings/key_management_system").is_some_and(|v| !v.is_null()) {
        return Vec::new();
    }
    let set = config.part.at("/environment_variables");
    let mut names = Vec::new();
    strings(config.part.value(), &mut |pointer, text| {
        names.extend(text.strip_prefix("os.environ/").map(|name| (name.to_owned(), pointer.to_owned())));
    });
    let missing = names.into_iter().filter(|(name, pointer)| {
        pointer != MASTER_KEY && container.lacks(name) && set.and_then(|s| s.get(name)).is_none()
    });
    let finding = |(name, pointer): (String, String)| {
        let message = format!("no variable `{name}` is set where LiteLLM runs, and it reads that as nothing");
        let finding = config.part.error(Code::LitellmEnvironment, &pointer, message);
        let object = container.part.object.identity;
        finding.help(format!("set `{name}` from a Secret in {object}, in features.yaml by `settings.litellm.env`"))
    };
    missing.map(finding).collect()
}

/// What tells LiteLLM where spans go; without any of it they go to stdout (litellm/integrations/opentelemetry.py).
const OTEL: [&str; 4] =
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ENDPOINT", "OTEL_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL"];

/// OpenTelemetry without an address prints every prompt.
fn callbacks(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let part = &config.part;
    let said = OTEL.iter().any(|n| !container.lacks(n) || part.at(&format!("/environment_variables/{n}")).is_some());
    let without_texts = part.at("/litellm_settings/turn_off_message_logging") == Some(&Value::Bool(true))
        || part.at("/callback_settings/otel/message_logging") == Some(&Value::Bool(false));
    if said || without_texts {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for list in ["callbacks", "success_callback"].map(|key| format!("/litellm_settings/{key}")) {
        let Some(index) = part.items(&list).iter().position(|c| c == "otel") else { continue };
        let message = "the callback `otel` has no endpoint: it prints all prompts and answers to the log";
        let finding = part.error(Code::LitellmCallback, &format!("{list}/{index}"), message);
        findings.push(finding.help("set OTEL_EXPORTER and OTEL_ENDPOINT, or remove the callback"));
    }
    findings
}

/// What callbacks take from the environment alone, and without which they tell nobody anything.
const KEYS: [(&str, &[&str]); 10] = [
    ("arize", &["ARIZE_API_KEY"]),
    ("braintrust", &["BRAINTRUST_API_KEY"]),
    ("datadog", &["DD_API_KEY", "DD_SITE"]),
    ("gcs_bucket", &["GCS_BUCKET_NAME"]),
    ("lago", &["LAGO_API_KEY", "LAGO_API_BASE", "LAGO_API_EVENT_CODE"]),
    ("langfuse", &["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"]),
    ("langfuse_otel", &["LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"]),
    ("langsmith", &["LANGSMITH_API_KEY"]),
    ("openmeter", &["OPENMETER_API_KEY"]),
    ("posthog", &["POSTHOG_API_KEY"]),
];

/// A callback without its keys.
fn callback_keys(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    // An agent on the node takes them in its place.
    let agent = |callback: &str| callback == "datadog" && !container.lacks("LITELLM_DD_AGENT_HOST");
    let set = config.part.at("/environment_variables");
    let lacks = |name: &&&str| container.lacks(name) && set.and_then(|s| s.get(**name)).is_none();
    let mut findings = Vec::new();
    for list in ["callbacks", "success_callback", "failure_callback"].map(|key| format!("/litellm_settings/{key}")) {
        for (i, callback) in config.part.items(&list).iter().enumerate().filter_map(|(i, c)| Some((i, c.as_str()?))) {
            let needed =
                KEYS.iter().find(|(name, _)| *name == callback && !agent(name)).map_or(&[][..], |(_, keys)| keys);
            let missing: Vec<&str> = needed.iter().filter(lacks).copied().collect();
            if missing.is_empty() {
                continue;
            }
            let message = format!("the callback `{callback}` has no {}", missing.join(", no "));
            let finding = config.part.warning(Code::LitellmCallback, &format!("{list}/{i}"), message);
            let help = "set what is missing where LiteLLM runs, in features.yaml by `settings.litellm.env`: \
                        `NAME: { secret: KEY-IN-THE-STORE }`";
            findings.push(finding.help(help));
        }
    }
    findings
}

/// A cache without an address is Redis without a host.
fn cache(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let pointer = "/litellm_settings/cache";
    let params = config.part.at("/litellm_settings/cache_params").and_then(Value::as_object);
    let has = |names: &[&str]| params.is_some_and(|p| names.iter().any(|n| p.contains_key(*n)));
    // Parameters without a type make a cache in memory.
    let redis =
        params.is_none_or(|p| p.is_empty() || p.get("type").is_some_and(|t| t == "redis" || t == "redis-semantic"));
    let said = has(&["host", "url", "redis_startup_nodes", "sentinel_nodes", "service_name"])
        || ["REDIS_HOST", "REDIS_URL", "REDIS_CLUSTER_NODES", "REDIS_SENTINEL_NODES"]
            .iter()
            .any(|n| !container.lacks(n) || config.part.at(&format!("/environment_variables/{n}")).is_some());
    if config.part.at(pointer) != Some(&Value::Bool(true)) || !redis || said {
        return Vec::new();
    }
    let finding =
        config.part.error(Code::LitellmStart, pointer, "`cache` is on without a Redis, and LiteLLM does not start");
    vec![finding.help("set REDIS_HOST, or `cache_params` with a `type`")]
}

/// Settings for which LiteLLM wants a licence.
fn licences(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    if !container.lacks("LITELLM_LICENSE") || config.part.at("/general_settings/litellm_license").is_some() {
        return Vec::new();
    }
    let paid = ["allowed_ips", "enforced_params"].map(|k| format!("/general_settings/{k}"));
    let used = paid.iter().filter(|p| config.part.at(p).is_some_and(|v| !v.is_null()));
    let finding = |pointer: &String| {
        let key = pointer.rsplit('/').next().unwrap_or_default();
        let message = format!("`{key}` needs an enterprise licence, and LiteLLM does not start without one");
        let finding = config.part.error(Code::LitellmStart, pointer, message);
        finding.place(config.part.key_place(pointer)).help("set LITELLM_LICENSE, or remove it")
    };
    used.map(finding).collect()
}

/// What LiteLLM encrypts with one salt can never be read with another.
fn salt(inventory: &Inventory<'_, '_>, container: &Container<'_>) -> Vec<Finding> {
    let name = "LITELLM_SALT_KEY";
    let Some((secret, _)) = container.environment.get(name).and_then(|v: &Variable| v.secret.as_ref()) else {
        return Vec::new();
    };
    let thing = inventory.find("", "Secret", &container.namespace, secret);
    let Some(source) = thing.and_then(|t| t.object()).filter(|o| o.identity.kind == "ExternalSecret") else {
        return Vec::new();
    };
    let once = source.text_at("/spec/refreshPolicy") == "CreatedOnce";
    let never = ["0", "0s", "0m", "0h"].contains(&source.text_at("/spec/refreshInterval"));
    let immutable = source.at("/spec/target/immutable") == Some(&Value::Bool(true));
    if once || never || immutable {
        return Vec::new();
    }
    let message = format!(
        "{} fills `{name}` again whenever the store changes, and nothing encrypted before can be read then",
        source.identity
    );
    let finding = source.warning(Code::LitellmSaltKey, "/spec/refreshPolicy", message);
    vec![finding.help(
        "give the salt an ExternalSecret of its own with `refreshPolicy: CreatedOnce` and `target.immutable: true`",
    )]
}

/// By default LiteLLM counts the tokens of a stream itself.
fn stream_usage(config: &Config<'_>, version: Option<[u32; 2]>) -> Vec<Finding> {
    let pointer = "/general_settings/always_include_stream_usage";
    let asked = config.part.at(pointer) == Some(&Value::Bool(true));
    let metered = config.entries().any(|e| own_address(&e) && priced(&e));
    if asked || !metered || !config.complete || version.is_some_and(|v| v >= [1, 103]) {
        return Vec::new();
    }
    let message = "LiteLLM does not ask for the usage of streams, and counts far too few tokens of them";
    let finding = config.part.warning(Code::LitellmStreamUsage, pointer, message);
    vec![finding.help("set `general_settings.always_include_stream_usage: true`")]
}

/// Schema and proxy are of one version.
fn other_version(migration: &Container<'_>, pods: &Pods<'_>) -> Option<Finding> {
    let ours = migration.tag()?;
    let (_, proxy) = pods.proxies.iter().find(|(_, p)| p.namespace == migration.namespace && p.tag().is_some())?;
    let theirs = proxy.tag().filter(|t| t.trim_start_matches('v') != ours.trim_start_matches('v'))?;
    let message = format!("the migration is of LiteLLM `{ours}`, the proxy `{theirs}`");
    let finding = migration.part.error(Code::LitellmImage, "/image", message);
    Some(finding.related(proxy.part.place("/image"), "the proxy").help("one version brings the schema that it needs"))
}

/// What the chart sets itself. A container of a pod is another rule's matter.
fn repeated(container: &Container<'_>) -> Vec<Finding> {
    let in_chart = container.part.at("/name").is_none();
    let finding = |(name, pointer): &(String, String)| {
        let message = format!("the chart sets `{name}` itself, so it is there twice");
        container.part.error(Code::DuplicateEnv, pointer, message).help("remove it: a server-side apply refuses both")
    };
    container.repeated.iter().filter(|_| in_chart).map(finding).collect()
}

/// An image whose tag moves changes the schema's version behind the migration's back.
fn image(container: &Container<'_>) -> Option<Finding> {
    let tag = container.tag()?;
    let pointer = if container.part.at("/image/tag").is_some() { "/image/tag" } else { "/image" };
    let warning =
        |message: String, help: &str| Some(container.part.warning(Code::LitellmImage, pointer, message).help(help));
    if !tag.contains(|c: char| c.is_ascii_digit()) {
        return warning(
            format!("the tag `{tag}` moves: a restart may bring another version with another schema"),
            &format!("name a version, as in `v{LITELLM}`"),
        );
    }
    let version = container.version()?;
    if tag.starts_with("main-v") && version >= [1, 85] {
        return warning(
            format!("there is no image with the tag `{tag}`"),
            &format!("since 1.84 tags are versions: `{}`", tag.trim_start_matches("main-")),
        );
    }
    None
}

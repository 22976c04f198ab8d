//! Rules about LiteLLM in its pods: the environment that its configuration counts on, its database, its migration, its image.

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::inventory::Inventory;
use crate::litellm::{Config, Entry, configs};
use crate::litellm_pods::{Container, Pods, Variable, database, pods};
use crate::object::Object;
use crate::rules_litellm_models::{own_address, priced};

/// A configuration with the container that reads it.
struct Proxy<'c, 'a> {
    config: &'c Config<'a>,
    container: &'c Container<'a>,
}

/// Rules that look at a proxy.
const PROXIES: &[fn(&Inventory<'_, '_>, &Proxy<'_, '_>) -> Vec<Finding>] =
    &[master_key, variables, without_database, callbacks, cache, licences, salt, connections];

/// All that is wrong with the pods of LiteLLM.
pub fn litellm(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let (configs, _) = configs(inventory.world);
    let pods = pods(inventory, &configs);
    let mut findings: Vec<Finding> = Vec::new();
    for (index, container) in &pods.proxies {
        let proxy = Proxy { config: &configs[*index], container };
        findings.extend(PROXIES.iter().flat_map(|rule| rule(inventory, &proxy)));
    }
    findings.extend(configs.iter().enumerate().flat_map(|(i, config)| stream_usage(config, version(&pods, i))));
    findings.extend(pods.migrations.iter().flat_map(migration));
    findings.extend(pods.migrations.iter().filter_map(|m| other_version(m, &pods)));
    for container in pods.proxies.iter().map(|(_, c)| c).chain(&pods.migrations) {
        findings.extend(repeated(container));
        findings.extend(image(container));
    }
    findings.extend(configs.iter().filter_map(two_databases));
    findings
}

/// Major and minor number of a proxy's LiteLLM, as its image's tag has them.
fn version(pods: &Pods<'_>, config: usize) -> Option<(u32, u32)> {
    let container = pods.proxies.iter().find(|(index, _)| *index == config).map(|(_, c)| c)?;
    numbers(&tag(container)?)
}

fn numbers(tag: &str) -> Option<(u32, u32)> {
    let digits = tag.trim_start_matches("main-").trim_start_matches('v');
    let mut parts = digits.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The tag of the image; `None` where it has a digest or none is said.
fn tag(container: &Container<'_>) -> Option<String> {
    match container.part.at("/image") {
        Some(Value::String(image)) if !image.contains('@') => {
            image.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).map(|(_, tag)| tag.to_owned())
        }
        Some(Value::Object(image)) if !image.get("repository").is_some_and(|r| r.to_string().contains('@')) => {
            image.get("tag").and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    }
}

/// The names after `os.environ/` in a configuration, with their places.
fn environ(value: &Value, pointer: &mut String, found: &mut Vec<(String, String)>) {
    let length = pointer.len();
    let mut into = |key: String, value: &Value, pointer: &mut String| {
        *pointer += &key;
        environ(value, pointer, found);
        pointer.truncate(length);
    };
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(k, v)| into(format!("/{}", k.replace('~', "~0").replace('/', "~1")), v, pointer));
        }
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| into(format!("/{i}"), v, pointer)),
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("os.environ/") {
                found.push((name.to_owned(), pointer.clone()));
            }
        }
        _ => {}
    }
}

const MASTER_KEY: &str = "/general_settings/master_key";

/// Without a master key everybody may call every model.
fn master_key(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
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
fn variables(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
    if config.part.at("/general_settings/key_management_system").is_some_and(|v| !v.is_null()) {
        return Vec::new();
    }
    let set = config.part.at("/environment_variables");
    let mut names = Vec::new();
    environ(config.part.value(), &mut String::new(), &mut names);
    let missing = names.into_iter().filter(|(name, pointer)| {
        pointer != MASTER_KEY && container.lacks(name) && set.and_then(|s| s.get(name)).is_none()
    });
    let finding = |(name, pointer): (String, String)| {
        let message = format!("no variable `{name}` is set where LiteLLM runs, and it reads that as nothing");
        let finding = config.part.error(Code::LitellmEnvironment, &pointer, message);
        finding.help(format!("set `{name}` from a Secret in {}", container.part.object.identity))
    };
    missing.map(finding).collect()
}

/// `allow_requests_on_db_unavailable` lets every key in.
fn without_database(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
    let pointer = "/general_settings/allow_requests_on_db_unavailable";
    if config.part.at(pointer) != Some(&Value::Bool(true)) {
        return Vec::new();
    }
    let url = config.part.at("/general_settings/database_url").is_some();
    let mut findings = Vec::new();
    if container.lacks_database() && !url {
        let message = "LiteLLM has no database and is to serve without one: every key that anybody makes up is served";
        let finding = config.part.error(Code::LitellmDatabaseLoss, pointer, message);
        findings.push(finding.help("set DATABASE_URL, or remove the flag"));
    }
    let probe = ["/readinessProbe/httpGet/path", "/readinessProbe/path"].iter().find_map(|p| container.part.at(p));
    let default = if config.chart.is_some() { "/health/readiness" } else { "" };
    let fixed = tag(container).as_deref().and_then(numbers).is_some_and(|v| v >= (1, 103));
    if probe.and_then(Value::as_str).unwrap_or(default) == "/health/readiness" && !fixed {
        let message = "LiteLLM is to serve without its database, and its readiness probe fails without one";
        let finding = config.part.warning(Code::LitellmDatabaseLoss, pointer, message);
        findings.push(finding.help("probe `/health/liveliness` instead, or remove the flag"));
    }
    if let Some(entry) = config.entries().find(|e| costs_money(e)) {
        let message = format!("without its database LiteLLM serves every key, and `{}` costs money", entry.alias);
        let finding = config.part.warning(Code::LitellmDatabaseLoss, pointer, message);
        findings.push(finding.help("remove the flag where a model is not your own"));
    }
    findings
}

/// A provider's own API.
fn costs_money(entry: &Entry<'_>) -> bool {
    let own = [
        "ollama",
        "ollama_chat",
        "hosted_vllm",
        "vllm",
        "lm_studio",
        "llamafile",
        "litellm_proxy",
        "xinference",
        "custom",
        "",
    ];
    !own.contains(&entry.provider().0) && entry.params["api_base"].is_null() && entry.params["base_url"].is_null()
}

/// OpenTelemetry without an address prints every prompt.
fn callbacks(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
    let endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
    let exporters = ["OTEL_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    let set = |n: &&str| container.has(n) || config.part.at(&format!("/environment_variables/{n}")).is_some();
    let said =
        config.part.at("/callback_settings/otel").is_some() || endpoints.iter().chain(&exporters).any(|n| set(&n));
    let lists = ["callbacks", "success_callback"].map(|k| format!("/litellm_settings/{k}"));
    let mut uses =
        lists.iter().flat_map(|p| config.part.items(p).iter().enumerate().map(move |(i, v)| (format!("{p}/{i}"), v)));
    let Some((pointer, _)) = uses.find(|(_, v)| *v == "otel").filter(|_| !said && !container.open) else {
        return Vec::new();
    };
    let message = "the callback `otel` has no endpoint: it prints all prompts and answers to the log";
    let finding = config.part.error(Code::LitellmCallback, &pointer, message);
    vec![finding.help("set OTEL_EXPORTER and OTEL_ENDPOINT, or remove the callback")]
}

/// A cache without an address is Redis without a host.
fn cache(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
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
fn licences(_: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
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
fn salt(inventory: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let name = "LITELLM_SALT_KEY";
    let container = proxy.container;
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

/// Connections that all workers may open, against those that the database takes.
fn connections(inventory: &Inventory<'_, '_>, proxy: &Proxy<'_, '_>) -> Vec<Finding> {
    let Proxy { config, container } = proxy;
    let Some(cluster) = cluster(inventory, container) else { return Vec::new() };
    let number = |value: Option<&Value>| value.and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
    let values = config.chart.as_ref();
    let (replicas, workers) = match values {
        Some(values) => (number(values.at("/replicaCount")), number(values.at("/numWorkers"))),
        None => (number(container.part.object.at("/spec/replicas")), option(container, "--num_workers")),
    };
    let scaled = values.and_then(|v| v.at("/autoscaling").filter(|a| a["enabled"] == true));
    let replicas = number(scaled.map(|a| &a["maxReplicas"])).or(replicas).unwrap_or(1);
    let limit = number(config.part.at("/general_settings/database_connection_pool_limit")).unwrap_or(10);
    let all = replicas.saturating_mul(workers.unwrap_or(1)).saturating_mul(limit);
    let most = number(cluster.at("/spec/postgresql/parameters/max_connections")).unwrap_or(100);
    if all <= most {
        return Vec::new();
    }
    let pointer = "/spec/postgresql/parameters/max_connections";
    let message = format!(
        "LiteLLM may open {all} connections ({replicas} pods, {limit} for each worker), and {} takes {most}",
        cluster.identity
    );
    let finding = cluster.warning(Code::LitellmConnections, pointer, message);
    vec![finding.help("raise `max_connections`, or lower `general_settings.database_connection_pool_limit`")]
}

fn option(container: &Container<'_>, name: &str) -> Option<i64> {
    let all = container.part.items("/args");
    let at = all.iter().position(|a| a == name)?;
    all.get(at + 1)?.as_str()?.parse().ok()
}

/// The Cluster that DATABASE_URL names, where a file shows it.
fn cluster<'a>(inventory: &Inventory<'_, 'a>, container: &Container<'_>) -> Option<Object<'a>> {
    let (secret, key) = container.environment.get("DATABASE_URL")?.secret.as_ref()?;
    let source = *inventory.find("", "Secret", &container.namespace, secret)?.object()?;
    let mut clusters = inventory.world.objects.of("postgresql.cnpg.io", "Cluster");
    if source.identity.kind == "Cluster" {
        return Some(source);
    }
    let url =
        source.at("/spec/target/template/data")?.get(key)?.as_str().filter(|u| !u.contains("connection_limit"))?;
    let named = |c: &&Object<'a>| {
        url.contains(&format!("@{}-rw.{}", c.identity.name, c.identity.namespace))
            || c.identity.namespace == container.namespace
                && (url.contains(&format!("@{}-rw:", c.identity.name))
                    || url.contains(&format!("@{}-rw/", c.identity.name)))
    };
    clusters.find(named).copied()
}

/// By default LiteLLM counts the tokens of a stream itself.
fn stream_usage(config: &Config<'_>, version: Option<(u32, u32)>) -> Vec<Finding> {
    let pointer = "/general_settings/always_include_stream_usage";
    let asked = config.part.at(pointer) == Some(&Value::Bool(true));
    let metered = config.entries().any(|e| own_address(&e) && priced(&e));
    if asked || !metered || !config.complete || version.is_some_and(|v| v >= (1, 103)) {
        return Vec::new();
    }
    let message = "LiteLLM does not ask for the usage of streams, and counts far too few tokens of them";
    let finding = config.part.warning(Code::LitellmStreamUsage, pointer, message);
    vec![finding.help("set `general_settings.always_include_stream_usage: true`")]
}

/// The migration ends with 0 whatever happened, unless it is told otherwise.
fn migration(container: &Container<'_>) -> Vec<Finding> {
    let error = |pointer: &str, message: &str, help: &str| {
        container.part.error(Code::LitellmMigration, pointer, message).help(help)
    };
    let in_chart = container.part.at("/env").is_none() && container.part.at("/image/repository").is_some();
    let mut findings = Vec::new();
    if container.lacks_database() {
        let help = if in_chart {
            "set DATABASE_URL in `extraEnvVars`: `environmentSecrets` reach the proxy alone"
        } else {
            "set DATABASE_URL from a Secret"
        };
        findings.push(error("/env", "the migration has no DATABASE_URL: it ends well and has done nothing", help));
    }
    if container.value("DISABLE_SCHEMA_UPDATE").eq_ignore_ascii_case("true") {
        let pointer = container.environment["DISABLE_SCHEMA_UPDATE"].pointer.clone();
        findings.push(error(
            &pointer,
            "the migration has DISABLE_SCHEMA_UPDATE: it compares and changes nothing",
            "remove it here; it is for the proxy",
        ));
    }
    let by_default = tag(container).as_deref().and_then(numbers).is_some_and(|v| v >= (1, 103));
    let enforced = container.value("ENFORCE_PRISMA_MIGRATION_CHECK").eq_ignore_ascii_case("true");
    if !container.open && !enforced && !by_default {
        let message = "a migration that fails ends with 0, and the proxy starts on the old schema";
        findings.push(
            container
                .part
                .warning(Code::LitellmMigration, "/env", message)
                .help("set ENFORCE_PRISMA_MIGRATION_CHECK to \"true\""),
        );
    }
    findings
}

/// Schema and proxy are of one version.
fn other_version(migration: &Container<'_>, pods: &Pods<'_>) -> Option<Finding> {
    let ours = tag(migration)?;
    let (_, proxy) = pods.proxies.iter().find(|(_, p)| p.namespace == migration.namespace && tag(p).is_some())?;
    let theirs = tag(proxy).filter(|t| t.trim_start_matches('v') != ours.trim_start_matches('v'))?;
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
    let tag = tag(container)?;
    let pointer = if container.part.at("/image/tag").is_some() { "/image/tag" } else { "/image" };
    let warning =
        |message: String, help: &str| Some(container.part.warning(Code::LitellmImage, pointer, message).help(help));
    if !tag.contains(|c: char| c.is_ascii_digit()) {
        return warning(
            format!("the tag `{tag}` moves: a restart may bring another version with another schema"),
            "name a version, as in `v1.89.2`",
        );
    }
    let (major, minor) = numbers(&tag)?;
    if tag.starts_with("main-v") && (major, minor) >= (1, 85) {
        return warning(
            format!("there is no image with the tag `{tag}`"),
            &format!("since 1.84 tags are versions: `{}`", tag.trim_start_matches("main-")),
        );
    }
    None
}

/// The proxy and the migration of the chart read the flags of `db` in different orders.
fn two_databases(config: &Config<'_>) -> Option<Finding> {
    let values = config.chart.as_ref().filter(|_| config.values_complete)?;
    let url = values.items("/extraEnvVars").iter().any(|v| v["name"] == "DATABASE_URL")
        || values.at("/envVars/DATABASE_URL").is_some();
    let (existing, own) = (database(values, "useExisting"), database(values, "deployStandalone"));
    let message = match (existing, own, url) {
        (true, true, _) => "the chart's migration would use the existing database, and its proxy one that it deploys",
        (false, true, true) => "the chart deploys a database of its own beside the one in DATABASE_URL",
        _ => return None,
    };
    let finding = values.error(Code::LitellmDatabase, "/db/deployStandalone", message);
    Some(finding.help("set `db.deployStandalone: false`; its default is true"))
}

//! Rules about LiteLLM and its database: what it does without one, how many connections it opens, which one the chart means,
//! and whether the migration migrates.

use serde_json::Value;

use crate::object::api_group::CNPG;
use crate::object::litellm_config::{Config, Entry};
use crate::object::object::Object;
use crate::products::litellm::pods::{Container, database};
use crate::products::litellm::replicas::{number, replicas};
use crate::references::inventory::Inventory;
use crate::text::finding::{Code, Finding};

/// `allow_requests_on_db_unavailable` lets every key in.
pub fn without_database(config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
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
    let fixed = container.version().is_some_and(|v| v >= [1, 103]);
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

/// Connections that all workers may open, against those that the database takes.
pub fn connections(inventory: &Inventory<'_, '_>, config: &Config<'_>, container: &Container<'_>) -> Vec<Finding> {
    let Some(cluster) = cluster(inventory, container) else { return Vec::new() };
    let replicas = replicas(config, container);
    let workers = match &config.chart {
        Some(values) => number(values.at("/numWorkers")),
        None => option(container, "--num_workers"),
    };
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
    let mut clusters = inventory.world.objects.of(CNPG, "Cluster");
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

/// The migration ends with 0 whatever happened, unless it is told otherwise.
pub fn migration(container: &Container<'_>) -> Vec<Finding> {
    let error = |pointer: &str, message: &str, help: &str| {
        container.part.error(Code::LitellmMigration, pointer, message).help(help)
    };
    let (place, help) = match container.part.at("/name") {
        Some(_) => ("/env", "set DATABASE_URL from a Secret"),
        None => ("/migrationJob", "set DATABASE_URL in `extraEnvVars`: `environmentSecrets` reach the proxy alone"),
    };
    let mut findings = Vec::new();
    if container.lacks_database() {
        findings.push(error(place, "the migration has no DATABASE_URL: it ends well and has done nothing", help));
    }
    if container.value("DISABLE_SCHEMA_UPDATE").eq_ignore_ascii_case("true") {
        let pointer = container.environment["DISABLE_SCHEMA_UPDATE"].pointer.clone();
        findings.push(error(
            &pointer,
            "the migration has DISABLE_SCHEMA_UPDATE: it compares and changes nothing",
            "remove it here; it is for the proxy",
        ));
    }
    let by_default = container.version().is_some_and(|v| v >= [1, 103]);
    let enforced = container.value("ENFORCE_PRISMA_MIGRATION_CHECK").eq_ignore_ascii_case("true");
    if !container.open && !enforced && !by_default {
        let message = "a migration that fails ends with 0, and the proxy starts on the old schema";
        findings.push(
            container
                .part
                .warning(Code::LitellmMigration, place, message)
                .help("set ENFORCE_PRISMA_MIGRATION_CHECK to \"true\""),
        );
    }
    findings
}

/// A proxy that leaves the schema alone has a migration, and that comes before it.
pub fn schema(inventory: &Inventory<'_, '_>, proxy: &Container<'_>, migrations: &[Container<'_>]) -> Option<Finding> {
    let of_pod = proxy.part.at("/name").is_some();
    let alone = proxy.environment.get("DISABLE_SCHEMA_UPDATE").filter(|_| of_pod)?;
    if !alone.value.as_deref().is_some_and(|v| v.eq_ignore_ascii_case("true")) || !proxy.has("DATABASE_URL") {
        return None;
    }
    let Some(migration) = migrations.iter().find(|m| m.namespace == proxy.namespace) else {
        let message = "LiteLLM is to leave its database's schema alone, and nothing else migrates it";
        let finding = proxy.part.error(Code::LitellmMigration, &alone.pointer, message);
        let help = "add a Job that runs litellm/proxy/prisma_migration.py, or remove DISABLE_SCHEMA_UPDATE";
        return inventory.world.closed.then(|| finding.help(help));
    };
    let delivery = &inventory.delivery;
    let (job, pods) = (&migration.part.object, &proxy.part.object);
    delivery.late(&delivery.levels(job), &delivery.levels(pods))?;
    let message =
        format!("{} migrates the database after {} has started on the old schema", job.identity, pods.identity);
    let finding = migration.part.error(Code::SyncOrder, "", message);
    Some(finding.help("give it an earlier wave than the proxy"))
}

/// The proxy and the migration of the chart read the flags of `db` in different orders.
pub fn two_databases(config: &Config<'_>) -> Option<Finding> {
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

//! Known traps of CloudNativePG and its Barman plugin: what is accepted and means something else. What its webhook
//! refuses is in `cnpg`.

use serde_json::Value;

use crate::object::api_group::{BARMAN, CNPG};
use crate::object::fields::{deprecated, without_effect};
use crate::object::object::{Object, ObjectRule};
use crate::references::application::{applications, charts, sources};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[cluster, scheduled_backup];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[backup_of_nothing, data_not_kept, plugin_namespace];

const CLUSTER: &[ObjectRule] = &[
    fixed_parameters,
    buffers_without_unit,
    deprecated_fields,
    retention_beside_plugin,
    single_instance_pdb,
    floating_postgres,
    database_named_app,
];

fn cluster(object: &Object<'_>) -> Vec<Finding> {
    match object.is(CNPG, "Cluster") {
        true => CLUSTER.iter().flat_map(|rule| rule(object)).collect(),
        false => Vec::new(),
    }
}

/// Parameters that are the operator's (pkg/postgres/configuration.go), each with the value it sets, where it sets one.
const FIXED: &[(&str, &str)] = &[
    ("allow_system_table_mods", ""),
    ("archive_cleanup_command", ""),
    ("archive_command", ""),
    ("bonjour", ""),
    ("bonjour_name", ""),
    ("cluster_name", ""),
    ("config_file", ""),
    ("data_directory", ""),
    ("data_sync_retry", ""),
    ("event_source", ""),
    ("external_pid_file", ""),
    ("hba_file", ""),
    ("hot_standby", "true"),
    ("ident_file", ""),
    ("jit_provider", ""),
    ("listen_addresses", "*"),
    ("log_destination", "csvlog"),
    ("log_directory", "/controller/log"),
    ("log_file_mode", ""),
    ("log_filename", "postgres"),
    ("log_rotation_age", "0"),
    ("log_rotation_size", "0"),
    ("log_truncate_on_rotation", "false"),
    ("logging_collector", "on"),
    ("pg_failover_slots.primary_dsn", ""),
    ("pg_failover_slots.standby_slot_names", ""),
    ("port", "5432"),
    ("primary_conninfo", ""),
    ("primary_slot_name", ""),
    ("promote_trigger_file", ""),
    ("recovery_end_command", ""),
    ("recovery_min_apply_delay", ""),
    ("recovery_target", ""),
    ("recovery_target_action", ""),
    ("recovery_target_inclusive", ""),
    ("recovery_target_lsn", ""),
    ("recovery_target_name", ""),
    ("recovery_target_time", ""),
    ("recovery_target_timeline", ""),
    ("recovery_target_xid", ""),
    ("restart_after_crash", "false"),
    ("restore_command", ""),
    ("shared_preload_libraries", ""),
    ("ssl", "on"),
    ("ssl_ca_file", "/controller/certificates/client-ca.crt"),
    ("ssl_cert_file", "/controller/certificates/server.crt"),
    ("ssl_crl_file", ""),
    ("ssl_dh_params_file", ""),
    ("ssl_ecdh_curve", ""),
    ("ssl_key_file", "/controller/certificates/server.key"),
    ("ssl_passphrase_command", ""),
    ("ssl_passphrase_command_supports_reload", ""),
    ("ssl_prefer_server_ciphers", ""),
    ("stats_temp_directory", ""),
    ("synchronized_standby_slots", ""),
    ("synchronous_standby_names", ""),
    ("syslog_facility", ""),
    ("syslog_ident", ""),
    ("syslog_sequence_numbers", ""),
    ("syslog_split_messages", ""),
    ("temp_tablespaces", ""),
    ("unix_socket_directories", "/controller/run"),
    ("unix_socket_group", ""),
    ("unix_socket_permissions", ""),
];

fn fixed_parameters(cluster: &Object<'_>) -> Vec<Finding> {
    let given = cluster.at("/spec/postgresql/parameters").map(entries).into_iter().flatten();
    let fixed = given.filter(|(name, value)| FIXED.iter().any(|(known, own)| known == name && *value != own));
    let one = |(name, _): (&String, &Value)| {
        let pointer = format!("/spec/postgresql/parameters/{}", escaped(name));
        let message = format!("{} sets `{name}`, which CloudNativePG sets itself and refuses here", cluster.identity);
        let finding = cluster.error(Code::CnpgFixedParameter, &pointer, message);
        let help = match name.as_str() {
            "shared_preload_libraries" => "list libraries under `postgresql.shared_preload_libraries`",
            "synchronous_standby_names" => "use `postgresql.synchronous`",
            _ => "remove it",
        };
        finding.help(help)
    };
    fixed.map(one).collect()
}

fn buffers_without_unit(cluster: &Object<'_>) -> Vec<Finding> {
    let pointer = "/spec/postgresql/parameters/shared_buffers";
    let text = cluster.text_at(pointer);
    if text.parse::<i64>().is_err() {
        return Vec::new();
    }
    let message = format!(
        "{} has shared_buffers without a unit: megabytes to the operator, blocks of 8 kB to PostgreSQL",
        cluster.identity
    );
    vec![cluster.warning(Code::BuffersWithoutUnit, pointer, message).help(format!("write {text}MB if that is meant"))]
}

fn deprecated_fields(cluster: &Object<'_>) -> Vec<Finding> {
    let mut stores = cluster.all("/spec/backup/barmanObjectStore");
    stores.extend(cluster.all("/spec/externalClusters/*/barmanObjectStore"));
    let help = "use an ObjectStore and the plugin barman-cloud.cloudnative-pg.io";
    let mut findings: Vec<Finding> = stores
        .iter()
        .map(|(pointer, _)| deprecated(cluster, pointer, "is removed in CloudNativePG 1.31", help))
        .collect();
    let pointer = "/spec/monitoring/enablePodMonitor";
    if cluster.at(pointer) == Some(&Value::Bool(true)) {
        let help = "write a PodMonitor that selects cnpg.io/cluster";
        findings.push(deprecated(cluster, pointer, "is deprecated and will be removed", help));
    }
    findings
}

fn retention_beside_plugin(cluster: &Object<'_>) -> Vec<Finding> {
    let pointer = "/spec/backup/retentionPolicy";
    match cluster.at(pointer).is_some() && cluster.at("/spec/backup/barmanObjectStore").is_none() {
        true => vec![without_effect(cluster, pointer, "with the plugin it is a field of the ObjectStore")],
        false => Vec::new(),
    }
}

fn single_instance_pdb(cluster: &Object<'_>) -> Vec<Finding> {
    let single = cluster.at("/spec/instances").and_then(Value::as_i64).unwrap_or(1) == 1;
    if !single || cluster.at("/spec/enablePDB") == Some(&Value::Bool(false)) {
        return Vec::new();
    }
    let message = format!("{} has one instance and a disruption budget: its node can't be drained", cluster.identity);
    let finding = cluster.warning(Code::SingleInstancePdb, "/spec/instances", message);
    vec![finding.help("write `enablePDB: false`, or more instances")]
}

fn floating_postgres(cluster: &Object<'_>) -> Vec<Finding> {
    if cluster.at("/spec/imageName").is_some() || cluster.at("/spec/imageCatalogRef").is_some() {
        return Vec::new();
    }
    let message = format!(
        "{} runs the image that its operator has as default: an upgrade of the one moves the other",
        cluster.identity
    );
    let finding = cluster.warning(Code::FloatingVersion, "/spec", message);
    vec![finding.help("write `imageName`, as `ghcr.io/cloudnative-pg/postgresql:18.3-minimal-trixie`")]
}

fn database_named_app(cluster: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for method in ["initdb", "recovery", "pg_basebackup"] {
        let (pointer, text) = (format!("/spec/bootstrap/{method}/owner"), |field: &str| {
            cluster.text_at(&format!("/spec/bootstrap/{method}/{field}"))
        });
        if text("owner").is_empty()
            || text("owner") == "app"
            || !text("database").is_empty()
            || cluster.text_at("/spec/bootstrap/initdb/import/type") == "monolith"
        {
            continue;
        }
        let message =
            format!("{} names the owner `{}` and no database: it is called `app`", cluster.identity, text("owner"));
        let finding = cluster.warning(Code::DatabaseNamedApp, &pointer, message);
        findings.push(finding.help("write `database` beside `owner`"));
    }
    findings
}

fn scheduled_backup(backup: &Object<'_>) -> Vec<Finding> {
    if !backup.is(CNPG, "ScheduledBackup") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let schedule = backup.text_at("/spec/schedule");
    if schedule.split_whitespace().count() == 5 && !schedule.starts_with('@') {
        let message = format!("{} has a schedule of five fields: the first is read as seconds", backup.identity);
        let finding = backup.error(Code::SixFieldSchedule, "/spec/schedule", message);
        findings.push(finding.help(format!("put the seconds first: `0 {schedule}`")));
    }
    if backup.text_at("/spec/method") == "plugin" && backup.text_at("/spec/pluginConfiguration/name").is_empty() {
        let message =
            format!("{} backs up by plugin and names none: each backup fails when it is due", backup.identity);
        let finding = backup.error(Code::BackupMethod, "/spec/method", message);
        findings.push(finding.help("add `pluginConfiguration: {name: barman-cloud.cloudnative-pg.io}`"));
    }
    findings
}

/// The method of a ScheduledBackup is barmanObjectStore unless it says otherwise.
fn backup_of_nothing(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for backup in world.objects.of(CNPG, "ScheduledBackup") {
        let namespace = &backup.identity.namespace;
        let Some(cluster) = world.objects.get(CNPG, "Cluster", namespace, backup.text_at("/spec/cluster/name")) else {
            continue;
        };
        let in_tree = ["", "barmanObjectStore"].contains(&backup.text_at("/spec/method"));
        if !in_tree || cluster.at("/spec/backup/barmanObjectStore").is_some() {
            continue;
        }
        let message =
            format!("{} backs up to barmanObjectStore, which {} does not have", backup.identity, cluster.identity);
        let finding = backup.error(Code::BackupMethod, "/spec", message);
        findings
            .push(finding.help("write `method: plugin` and `pluginConfiguration.name`: the default is the old method"));
    }
    findings
}

/// Whether an Application that deletes what it no longer finds delivers an object: by its folder, or by its namespace.
fn pruned(world: &World<'_>, object: &Object<'_>) -> bool {
    let deletes = |app: &Object<'_>| {
        let finalizer = app
            .items("/metadata/finalizers")
            .iter()
            .any(|f| f.as_str().is_some_and(|f| f.contains("resources-finalizer")));
        app.at("/spec/syncPolicy/automated/prune") == Some(&Value::Bool(true)) || finalizer
    };
    let delivers = |app: &Object<'_>| {
        let within = |path: &str| {
            let path = path.trim_matches('/');
            let file = format!("/{}{}", object.folder, object.path);
            !path.is_empty() && file.contains(&format!("/{path}/"))
        };
        let by_path = sources(app).iter().any(|(_, source)| source["path"].as_str().is_some_and(within));
        let from_git = sources(app).iter().any(|(_, source)| source["path"].is_string());
        by_path || from_git && app.text_at("/spec/destination/namespace") == object.identity.namespace
    };
    applications(world).any(|app| deletes(app) && delivers(app))
}

fn data_not_kept(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for object in world.objects.of(CNPG, "Cluster").chain(world.objects.of(BARMAN, "ObjectStore")) {
        let options = object.annotation("argocd.argoproj.io/sync-options");
        let kept = |name: &str| {
            options.split(',').map(str::trim).any(|o| o == format!("{name}=false") || o == format!("{name}=confirm"))
        };
        if kept("Prune") && kept("Delete") || !pruned(world, object) {
            continue;
        }
        let message = format!(
            "{} holds data, and Argo CD deletes it once it is gone from git or its Application is",
            object.identity
        );
        let finding = object.warning(Code::DataNotKept, "/metadata", message);
        findings.push(
            finding.help("annotate it with `argocd.argoproj.io/sync-options: Prune=false,Delete=false` (or `confirm`)"),
        );
    }
    findings
}

fn plugin_namespace(world: &World<'_>) -> Vec<Finding> {
    let operators = charts(world, "cloudnative-pg");
    let mut findings = Vec::new();
    for (plugin, ..) in charts(world, "plugin-barman-cloud") {
        let Some((operator, ..)) = operators.first() else { continue };
        let namespace = |app: &Object<'_>| app.at("/spec/destination/namespace").cloned();
        let same = operators.iter().any(|(app, ..)| namespace(app) == namespace(plugin));
        if same || namespace(plugin).is_none() {
            continue;
        }
        let message =
            format!("{} installs the backup plugin outside the namespace of {}", plugin.identity, operator.identity);
        let finding = plugin.error(Code::PluginNamespace, "/spec/destination/namespace", message);
        findings.push(finding.help("the operator looks for plugins in its own namespace only: use that"));
    }
    findings
}

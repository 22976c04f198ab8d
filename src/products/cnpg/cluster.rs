//! Known traps of CloudNativePG and its Barman plugin: what is accepted and means something else. What its webhook
//! refuses is in `webhook`.

use serde_json::Value;

use crate::object::api_group::{BARMAN, CNPG};
use crate::object::object::{Object, ObjectRule};
use crate::products::cnpg::webhook::memory;
use crate::references::application::{applications, charts, sources};
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::did_you_mean;
use crate::text::yaml::object as entries;
use crate::verdict::names::{Syntax, fault};
use crate::verdict::quantity;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[fixed_parameters, more_than_the_volume, classes, anti_affinity];

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[backup_of_nothing, data_not_kept, plugin_namespace];

/// A volume is claimed of a class that can be one.
fn classes(cluster: &Object<'_>) -> Vec<Finding> {
    if !cluster.is(CNPG, "Cluster") {
        return Vec::new();
    }
    let places = ["/spec/storage", "/spec/walStorage", "/spec/tablespaces/*/storage"];
    let all = places.iter().flat_map(|place| cluster.all(&format!("{place}/storageClass")));
    let wrong = all.filter_map(|(pointer, class)| {
        let name = class.as_str().filter(|name| !name.is_empty())?;
        let help = fault(Syntax::Subdomain, name)?;
        let message = format!("{} asks for volumes of the class `{name}`, which is no name of one", cluster.identity);
        Some(cluster.error(Code::InvalidField, &pointer, message).help(help))
    });
    wrong.collect()
}

/// Any other word than `required` is taken for `preferred` (pkg/specs/pods.go), so that a slip loosens it.
fn anti_affinity(cluster: &Object<'_>) -> Vec<Finding> {
    const TYPES: [&str; 2] = ["preferred", "required"];
    let pointer = "/spec/affinity/podAntiAffinityType";
    let given = if cluster.is(CNPG, "Cluster") { cluster.text_at(pointer) } else { "" };
    if given.is_empty() || TYPES.contains(&given) {
        return Vec::new();
    }
    let message = format!("{} has the anti-affinity `{given}`, which CloudNativePG does not know", cluster.identity);
    vec![cluster.error(Code::InvalidField, pointer, message).help(did_you_mean(given, &TYPES))]
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
    if !cluster.is(CNPG, "Cluster") {
        return Vec::new();
    }
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

/// Parameters that keep write-ahead log, whatever else needs the volume.
const KEEPING: [&str; 4] = ["max_slot_wal_keep_size", "max_wal_size", "min_wal_size", "wal_keep_size"];

/// The log lies on its own volume, or beside the data.
fn more_than_the_volume(cluster: &Object<'_>) -> Vec<Finding> {
    let sizes = ["/spec/walStorage/size", "/spec/storage/size"];
    let volume = sizes.iter().find_map(|pointer| Some((cluster.at(pointer)?, pointer)));
    let Some((size, at)) = volume.filter(|_| cluster.is(CNPG, "Cluster")) else { return Vec::new() };
    let Some(room) = quantity::of(size) else { return Vec::new() };
    let too_much = |name: &&str| {
        let kept = memory(cluster.text_at(&format!("/spec/postgresql/parameters/{name}")))?;
        (kept >= room).then_some(())
    };
    let told = |name: &str| {
        let pointer = format!("/spec/postgresql/parameters/{name}");
        let message = format!(
            "{} lets {name} keep {} of log on a volume of {}: the volume fills and PostgreSQL stops",
            cluster.identity,
            cluster.text_at(&pointer),
            size.as_str().unwrap_or_default()
        );
        let finding = cluster.warning(Code::UnboundedWal, &pointer, message);
        finding.related(cluster.place(at), "the volume").help("lower it, or make the volume of the log larger")
    };
    KEEPING.into_iter().filter(|name| too_much(name).is_some()).map(told).collect()
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

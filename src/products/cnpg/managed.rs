//! What the webhooks of CloudNativePG refuse and the CRDs let pass: what a Cluster manages for others, and the kinds
//! around it (internal/webhook/v1).

use serde_json::Value;

use crate::object::object::Object;
use crate::products::cnpg::spec::{Refusal, one};
use crate::text::yaml::object as entries;

/// Variables that are not the operator's.
pub fn environment(cluster: &Object<'_>) -> Vec<Refusal> {
    let reserved = |name: &str| {
        let name = name.to_uppercase();
        name.starts_with("CNPG_")
            || name.starts_with("PG")
            || ["POD_NAME", "NAMESPACE", "CLUSTER_NAME"].contains(&name.as_str())
    };
    let names =
        cluster.all("/spec/env/*/name").into_iter().filter_map(|(pointer, name)| Some((pointer, name.as_str()?)));
    let taken = names.filter(|(_, name)| reserved(name));
    taken.map(|(pointer, name)| (pointer, format!("the variable {name} is the operator's"), "remove it")).collect()
}

/// Managed roles: unique, one's own, with a password or without.
pub fn roles(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for (pointer, role) in cluster.all("/spec/managed/roles/*") {
        let name = role["name"].as_str().unwrap_or_default();
        let at = format!("{pointer}/name");
        if seen.contains(&name) {
            found.extend(one(&at, format!("two roles are named {name}"), "keep one"));
        }
        seen.push(name);
        if ["postgres", "streaming_replica"].contains(&name) || name.starts_with("pg_") || name.starts_with("cnpg_") {
            found.extend(one(&at, format!("the role {name} is not yours"), "use another name"));
        }
        if role["disablePassword"] == true && role.get("passwordSecret").is_some() {
            found.extend(one(
                &at,
                format!("the role {name} has a password and none"),
                "keep one of passwordSecret and disablePassword",
            ));
        }
        if role["connectionLimit"].as_i64().is_some_and(|limit| limit < -1) {
            found.extend(one(&at, format!("the role {name} has a negative connection limit"), "-1 means no limit"));
        }
    }
    found
}

/// Managed services: `rw` stays, and names are one's own.
pub fn services(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let head = "/spec/managed/services";
    let off = cluster.items(&format!("{head}/disabledDefaultServices"));
    if let Some(at) = off.iter().position(|service| service == "rw") {
        let pointer = format!("{head}/disabledDefaultServices/{at}");
        found.extend(one(pointer, "the service `rw` can't be switched off", "only `ro` and `r` can"));
    }
    let mut seen: Vec<&str> = Vec::new();
    for (pointer, template) in cluster.all(&format!("{head}/additional/*/serviceTemplate")) {
        let name = template.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let own = ["rw", "ro", "r", "any"].iter().any(|suffix| name == format!("{}-{suffix}", cluster.identity.name));
        if name.is_empty() || own || seen.contains(&name) {
            found.extend(one(&pointer, "an additional service needs a name of its own", "write metadata.name"));
        }
        seen.push(name);
        if template.pointer("/spec/selector").is_some_and(|selector| !entries(selector).is_empty()) {
            found.extend(one(pointer, "the selector of a service is the operator's", "remove it"));
        }
    }
    found
}

/// One archiver of the WAL.
pub fn plugins(cluster: &Object<'_>) -> Vec<Refusal> {
    let all = cluster.items("/spec/plugins").iter();
    let archivers = all.filter(|plugin| plugin["enabled"] != false && plugin["isWALArchiver"] == true).count();
    let in_tree = cluster.at("/spec/backup/barmanObjectStore").is_some();
    match archivers {
        2.. => one("/spec/plugins", "two plugins archive the WAL", "keep `isWALArchiver` on one"),
        1 if in_tree => {
            one("/spec/plugins", "a plugin and barmanObjectStore both archive the WAL", "drop backup.barmanObjectStore")
        }
        _ => Vec::new(),
    }
}

/// Fields that exclude each other, or need each other: place, its partner, whether the partner must be there.
const PARTNERS: [(&str, &str, bool, &str); 5] = [
    ("/spec/serviceAccountName", "/spec/serviceAccountTemplate", false, "keep one of them"),
    ("/spec/ephemeralVolumeSource", "/spec/ephemeralVolumesSizeLimit/temporaryData", false, "keep one of them"),
    ("/spec/certificates/serverTLSSecret", "/spec/certificates/serverCASecret", true, "name the Secret of its CA"),
    ("/spec/certificates/replicationTLSSecret", "/spec/certificates/clientCASecret", true, "name the Secret of its CA"),
    (
        "/spec/certificates/serverAltDNSNames/0",
        "/spec/certificates/serverTLSSecret",
        false,
        "put the names into your certificate",
    ),
];

/// Fields of `PARTNERS`.
pub fn exclusions(cluster: &Object<'_>) -> Vec<Refusal> {
    let field = |pointer: &str| pointer.trim_start_matches("/spec/").replace('/', ".");
    let mut found = Vec::new();
    for (pointer, partner, needed, help) in PARTNERS {
        if cluster.at(pointer).is_some() && cluster.at(partner).is_some() != needed {
            let word = if needed { "without" } else { "beside" };
            found.extend(one(pointer, format!("{} stands {word} {}", field(pointer), field(partner)), help));
        }
    }
    found
}

/// Tolerations as the API of pods wants them.
pub fn tolerations(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    for (pointer, toleration) in cluster.all("/spec/affinity/tolerations/*") {
        let text = |key: &str| toleration[key].as_str().unwrap_or_default();
        let exists = text("operator") == "Exists";
        let why = match () {
            () if text("key").is_empty() && !exists => "without a key it needs `operator: Exists`",
            () if exists && !text("value").is_empty() => "`Exists` has no value",
            () if toleration.get("tolerationSeconds").is_some() && text("effect") != "NoExecute" => {
                "only `NoExecute` has tolerationSeconds"
            }
            () => continue,
        };
        found.extend(one(
            pointer,
            format!("a toleration is malformed: {why}"),
            "see the Kubernetes API for tolerations",
        ));
    }
    found
}

/// Parameters of PgBouncer that a Pooler may set.
const PGBOUNCER: &str = "application_name_add_host auth_type autodb_idle_timeout cancel_wait_timeout client_idle_timeout client_login_timeout \
client_tls_ciphers client_tls_sslmode client_tls13_ciphers default_pool_size disable_pqexec dns_max_ttl dns_nxdomain_ttl idle_transaction_timeout \
ignore_startup_parameters listen_backlog log_connections log_disconnections log_pooler_errors log_stats max_client_conn max_db_connections \
max_packet_size max_prepared_statements max_user_connections min_pool_size pkt_buf query_timeout query_wait_timeout reserve_pool_size \
reserve_pool_timeout sbuf_loopcnt server_check_delay server_check_query server_connect_timeout server_fast_close server_idle_timeout \
server_lifetime server_login_retry server_reset_query server_reset_query_always server_round_robin server_tls_ciphers server_tls13_ciphers \
server_tls_protocols server_tls_sslmode stats_period suspend_timeout tcp_defer_accept tcp_socket_buffer tcp_keepalive tcp_keepcnt tcp_keepidle \
tcp_keepintvl tcp_user_timeout track_extra_parameters verbose";

/// A Pooler's name, parameters and authentication.
pub fn pooler(pooler: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    if pooler.text_at("/spec/cluster/name") == pooler.identity.name {
        found.extend(one(
            "/metadata/name",
            "a pooler can't have the name of its cluster",
            "rename it, as `<cluster>-pooler-rw`",
        ));
    }
    let given = pooler.at("/spec/pgbouncer/parameters").map(entries).into_iter().flatten();
    for (name, _) in given.filter(|(name, _)| !PGBOUNCER.split(' ').any(|known| known == *name)) {
        let pointer = format!("/spec/pgbouncer/parameters/{name}");
        found.extend(one(pointer, format!("the parameter {name} is unknown or the operator's"), "remove it"));
    }
    let secret = ["authQuerySecret", "serverTLSSecret"]
        .iter()
        .any(|s| !pooler.text_at(&format!("/spec/pgbouncer/{s}/name")).is_empty());
    if secret == pooler.text_at("/spec/pgbouncer/authQuery").is_empty() {
        found.extend(one("/spec/pgbouncer", "authQuery and its secret go together", "write both, or neither"));
    }
    found
}

/// A Database's lists: names once, wrappers declared.
pub fn database(database: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    for list in ["extensions", "schemas", "fdws", "servers"] {
        let mut seen: Vec<&Value> = Vec::new();
        for (pointer, name) in database.all(&format!("/spec/{list}/*/name")) {
            if seen.contains(&name) {
                found.extend(one(pointer, format!("{name} stands twice in {list}"), "keep one"));
            }
            seen.push(name);
        }
    }
    let wrappers: Vec<&Value> = database.all("/spec/fdws/*/name").into_iter().map(|(_, name)| name).collect();
    for (pointer, server) in
        database.all("/spec/servers/*").into_iter().filter(|(_, server)| server["ensure"] != "absent")
    {
        if !wrappers.contains(&&server["fdw"]) {
            found.extend(one(
                format!("{pointer}/fdw"),
                format!("there is no foreign data wrapper {}", server["fdw"]),
                "add it to `fdws`",
            ));
        }
    }
    found
}

/// A ScheduledBackup's schedule and fields for snapshots.
pub fn scheduled_backup(backup: &Object<'_>) -> Vec<Refusal> {
    let schedule = backup.text_at("/spec/schedule");
    let fields = schedule.split_whitespace().count();
    let mut found = Vec::new();
    if !schedule.starts_with('@') && !(5..=6).contains(&fields) && !schedule.is_empty() {
        found.extend(one(
            "/spec/schedule",
            format!("a schedule has six fields, not {fields}"),
            "seconds come first: `0 0 2 * * *`",
        ));
    }
    let in_tree = ["", "barmanObjectStore"].contains(&backup.text_at("/spec/method"));
    for field in ["online", "onlineConfiguration"] {
        let pointer = format!("/spec/{field}");
        if in_tree && backup.at(&pointer).is_some() {
            found.extend(one(
                pointer,
                format!("`{field}` is for volume snapshots"),
                "remove it, or write `method: volumeSnapshot`",
            ));
        }
    }
    found
}

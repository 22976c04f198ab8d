//! What the admission webhooks of CloudNativePG 1.29.1 refuse and its CRDs let pass (internal/webhook/v1). Each check
//! yields the place, the reason and the way out.

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::object::{Object, ObjectRule};
use crate::trap_quantity::{postgres_bytes, quantity};
use crate::yaml::object as entries;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[cnpg_refuses];

/// API group of CloudNativePG.
pub const CNPG: &str = "postgresql.cnpg.io";

/// Place, reason, way out.
type Refusal = (String, String, &'static str);

type Check = fn(&Object<'_>) -> Vec<Refusal>;

/// A kind, and a check of it.
const CHECKS: &[(&str, Check)] = &[
    ("Cluster", name),
    ("Cluster", bootstrap),
    ("Cluster", external_clusters),
    ("Cluster", image),
    ("Cluster", storage),
    ("Cluster", replicas),
    ("Cluster", resources),
    ("Cluster", parameters),
    ("Cluster", environment),
    ("Cluster", roles),
    ("Cluster", services),
    ("Cluster", plugins),
    ("Cluster", exclusions),
    ("Cluster", tolerations),
    ("Pooler", pooler),
    ("Database", database),
    ("ScheduledBackup", scheduled_backup),
];

fn cnpg_refuses(object: &Object<'_>) -> Vec<Finding> {
    if object.identity.group != CNPG || object.annotation("cnpg.io/validation") == "disabled" {
        return Vec::new();
    }
    let checks = CHECKS.iter().filter(|(kind, _)| *kind == object.identity.kind);
    let finding = |(pointer, why, help): Refusal| {
        object
            .error(Code::CnpgRefuses, &pointer, format!("CloudNativePG refuses {}: {why}", object.identity))
            .help(help)
    };
    checks.flat_map(|(_, check)| check(object)).map(finding).collect()
}

fn one(pointer: impl Into<String>, why: impl Into<String>, help: &'static str) -> Vec<Refusal> {
    vec![(pointer.into(), why.into(), help)]
}

fn name(cluster: &Object<'_>) -> Vec<Refusal> {
    let name = cluster.identity.name.as_str();
    let label = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.ends_with('-');
    match label && name.len() <= 50 {
        true => Vec::new(),
        false => one(
            "/metadata/name",
            "its Services need a shorter or plainer name",
            "at most 50 lower-case letters, digits and dashes, a letter first",
        ),
    }
}

fn bootstrap(cluster: &Object<'_>) -> Vec<Refusal> {
    let methods = ["initdb", "recovery", "pg_basebackup"];
    let given = methods.iter().filter(|method| cluster.at(&format!("/spec/bootstrap/{method}")).is_some()).count();
    let mut found = Vec::new();
    if given > 1 {
        found.extend(one(
            "/spec/bootstrap",
            "it starts in more than one way",
            "keep one of initdb, recovery and pg_basebackup",
        ));
    }
    let targets = ["targetImmediate", "targetLSN", "targetName", "targetXID", "targetTime"];
    let target = cluster.at("/spec/bootstrap/recovery/recoveryTarget").map(entries);
    if target.is_some_and(|t| targets.iter().filter(|name| t.contains_key(**name)).count() > 1) {
        let pointer = "/spec/bootstrap/recovery/recoveryTarget";
        found.extend(one(pointer, "it recovers to more than one target", "keep one of them"));
    }
    found
}

fn external_clusters(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for (pointer, external) in cluster.all("/spec/externalClusters/*") {
        let name = external["name"].as_str().unwrap_or_default();
        if names.contains(&name) {
            found.extend(one(
                format!("{pointer}/name"),
                format!("two external clusters are named {name}"),
                "rename one",
            ));
        }
        names.push(name);
        if ["connectionParameters", "plugin", "barmanObjectStore"].iter().all(|way| external.get(way).is_none()) {
            found.extend(one(
                pointer,
                format!("nothing leads to the external cluster {name}"),
                "add connectionParameters or plugin",
            ));
        }
    }
    for pointer in ["/spec/bootstrap/recovery/source", "/spec/bootstrap/pg_basebackup/source", "/spec/replica/source"] {
        let source = cluster.text_at(pointer);
        if !source.is_empty() && !names.contains(&source) {
            found.extend(one(
                pointer,
                format!("there is no external cluster {source}"),
                "add it to `externalClusters`",
            ));
        }
    }
    found
}

fn image(cluster: &Object<'_>) -> Vec<Refusal> {
    let image = cluster.text_at("/spec/imageName");
    let (name, digest) = image.split_once('@').unwrap_or((image, ""));
    let tag = name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'));
    let help = "name the version of PostgreSQL in the tag, as `:18.3-minimal-trixie`";
    let starts = |tag: &str| tag.starts_with(|c: char| c.is_ascii_digit());
    match tag {
        _ if image.is_empty() => Vec::new(),
        None if !digest.is_empty() => one("/spec/imageName", "a digest alone does not tell the version", help),
        None | Some("latest") => one("/spec/imageName", "`latest` does not tell the version", help),
        Some(tag) if !starts(tag) => {
            one("/spec/imageName", format!("the tag {tag} does not start with a version"), help)
        }
        Some(_) => Vec::new(),
    }
}

fn storage(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut all = vec![("/spec/storage".to_owned(), cluster.at("/spec/storage").unwrap_or(&Value::Null))];
    all.extend(cluster.all("/spec/walStorage"));
    all.extend(cluster.all("/spec/tablespaces/*/storage"));
    let mut found = Vec::new();
    for (pointer, storage) in all {
        let asked = storage.pointer("/pvcTemplate/resources/requests/storage").is_some();
        match storage["size"].as_str().filter(|size| !size.is_empty()) {
            None if !asked => found.extend(one(pointer, "a volume has no size", "add `size`")),
            Some(size) if quantity(&storage["size"]).is_none() => {
                found.extend(one(
                    format!("{pointer}/size"),
                    format!("{size} is no size"),
                    "write a quantity, as `10Gi`",
                ));
            }
            _ => {}
        }
    }
    found
}

fn replicas(cluster: &Object<'_>) -> Vec<Refusal> {
    let number = |pointer: &str| cluster.at(pointer).and_then(Value::as_i64).unwrap_or(0);
    let instances = cluster.at("/spec/instances").and_then(Value::as_i64).unwrap_or(1);
    let (least, most) = (number("/spec/minSyncReplicas"), number("/spec/maxSyncReplicas"));
    let mut found = Vec::new();
    if cluster.text_at("/spec/primaryUpdateStrategy") == "supervised" && instances == 1 {
        found.extend(one(
            "/spec/primaryUpdateStrategy",
            "one instance alone can't be updated under supervision",
            "leave it out",
        ));
    }
    if most >= instances && most > 0 {
        let why = format!("maxSyncReplicas {most} is not below instances {instances}");
        found.extend(one("/spec/maxSyncReplicas", why, "one instance is the primary"));
    }
    if least > most {
        let why = format!("minSyncReplicas {least} is above maxSyncReplicas {most}");
        found.extend(one("/spec/minSyncReplicas", why, "raise maxSyncReplicas, or use postgresql.synchronous"));
    }
    let synchronous = "/spec/postgresql/synchronous";
    let named = cluster.items(&format!("{synchronous}/standbyNamesPre")).len()
        + cluster.items(&format!("{synchronous}/standbyNamesPost")).len();
    let wanted = number(&format!("{synchronous}/number"));
    if wanted >= instances + named as i64 && wanted > 0 {
        let why = format!("{wanted} synchronous standbys need more than {instances} instances");
        found.extend(one(format!("{synchronous}/number"), why, "one instance is the primary"));
    }
    if cluster.at(synchronous).is_some() && (least > 0 || most > 0) {
        let why = "it has both the old and the new way of synchronous replication";
        found.extend(one(synchronous, why, "drop minSyncReplicas and maxSyncReplicas"));
    }
    found
}

fn resources(cluster: &Object<'_>) -> Vec<Refusal> {
    let amount = |side: &str, name: &str| {
        cluster.at(&format!("/spec/resources/{side}/{name}")).and_then(quantity).filter(|amount| *amount > 0.0)
    };
    let mut found = Vec::new();
    for name in ["cpu", "memory", "ephemeral-storage"] {
        if let (Some(request), Some(limit)) = (amount("requests", name), amount("limits", name))
            && request > limit
        {
            found.extend(one(
                format!("/spec/resources/requests/{name}"),
                format!("it requests more {name} than its limit"),
                "raise the limit",
            ));
        }
    }
    let huge: Vec<(String, f64)> = ["requests", "limits"]
        .iter()
        .flat_map(|side| cluster.at(&format!("/spec/resources/{side}")).map(entries).into_iter().flatten())
        .filter(|(name, _)| name.starts_with("hugepages-"))
        .filter_map(|(name, value)| Some((name.clone(), quantity(value)?)))
        .collect();
    if huge.iter().any(|(name, amount)| huge.iter().any(|(other, wanted)| name == other && amount != wanted)) {
        found.extend(one(
            "/spec/resources",
            "huge pages are requested and limited differently",
            "write the same amount twice",
        ));
    }
    let buffers = postgres_bytes(cluster.text_at("/spec/postgresql/parameters/shared_buffers"));
    if let (Some(buffers), Some(memory)) = (buffers, amount("requests", "memory"))
        && buffers > memory
        && !huge.iter().any(|(_, amount)| buffers <= *amount)
    {
        let pointer = "/spec/postgresql/parameters/shared_buffers";
        found.extend(one(
            pointer,
            "shared_buffers is more than the memory it requests",
            "raise resources.requests.memory",
        ));
    }
    found
}

fn parameters(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    for name in ["shared_buffers", "min_wal_size", "max_wal_size"] {
        let pointer = format!("/spec/postgresql/parameters/{name}");
        let text = cluster.text_at(&pointer);
        if !text.is_empty() && postgres_bytes(text).is_none() {
            found.extend(one(
                pointer,
                format!("{text} is no amount of memory"),
                "write it as PostgreSQL does: 256MB, 1GB",
            ));
        }
    }
    let level = cluster.text_at("/spec/postgresql/parameters/wal_level");
    if !["", "minimal", "replica", "logical"].contains(&level) {
        found.extend(one(
            "/spec/postgresql/parameters/wal_level",
            format!("there is no wal_level {level}"),
            "replica or logical",
        ));
    }
    found
}

fn environment(cluster: &Object<'_>) -> Vec<Refusal> {
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

fn roles(cluster: &Object<'_>) -> Vec<Refusal> {
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

fn services(cluster: &Object<'_>) -> Vec<Refusal> {
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

fn plugins(cluster: &Object<'_>) -> Vec<Refusal> {
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
const PARTNERS: [(&str, &str, bool, &str); 6] = [
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
    ("/spec/replica/source", "/spec/bootstrap", true, "a replica starts by pg_basebackup or recovery"),
];

fn exclusions(cluster: &Object<'_>) -> Vec<Refusal> {
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

fn tolerations(cluster: &Object<'_>) -> Vec<Refusal> {
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

fn pooler(pooler: &Object<'_>) -> Vec<Refusal> {
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

fn database(database: &Object<'_>) -> Vec<Refusal> {
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

fn scheduled_backup(backup: &Object<'_>) -> Vec<Refusal> {
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

//! What the admission webhooks of CloudNativePG refuse (internal/webhook/v1) and its CRDs let pass, as far as it takes amounts
//! as PostgreSQL writes them, or names of parameters. The rest is in rules/cnpg-refuses.md.

use crate::object::api_group::CNPG;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::yaml::object as entries;
use crate::verdict::quantity;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[cnpg_refuses];

/// Place, reason, way out.
type Refusal = (String, String, &'static str);

type Check = fn(&Object<'_>) -> Vec<Refusal>;

/// A kind, and a check of it.
const CHECKS: &[(&str, Check)] =
    &[("Cluster", huge_pages_and_buffers), ("Cluster", amounts), ("Pooler", pooler_parameters)];

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

fn huge_pages_and_buffers(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let huge: Vec<(String, i128)> = ["requests", "limits"]
        .iter()
        .flat_map(|side| cluster.at(&format!("/spec/resources/{side}")).map(entries).into_iter().flatten())
        .filter(|(name, _)| name.starts_with("hugepages-"))
        .filter_map(|(name, value)| Some((name.clone(), quantity::of(value)?)))
        .collect();
    if huge.iter().any(|(name, amount)| huge.iter().any(|(other, wanted)| name == other && amount != wanted)) {
        let why = "huge pages are requested and limited differently".to_owned();
        found.push(("/spec/resources".to_owned(), why, "write the same amount twice"));
    }
    let pointer = "/spec/postgresql/parameters/shared_buffers";
    let requested = cluster.at("/spec/resources/requests/memory").and_then(quantity::of).filter(|amount| *amount > 0);
    if let (Some(buffers), Some(requested)) = (memory(cluster.text_at(pointer)), requested)
        && buffers > requested
        && !huge.iter().any(|(_, amount)| buffers <= *amount)
    {
        let why = "shared_buffers is more than the memory it requests".to_owned();
        found.push((pointer.to_owned(), why, "raise resources.requests.memory"));
    }
    found
}

fn amounts(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    for name in ["shared_buffers", "min_wal_size", "max_wal_size"] {
        let pointer = format!("/spec/postgresql/parameters/{name}");
        let text = cluster.text_at(&pointer);
        if !text.is_empty() && memory(text).is_none() {
            let why = format!("{text} is no amount of memory");
            found.push((pointer, why, "write it as PostgreSQL does: 256MB, 1GB"));
        }
    }
    found
}

/// A memory setting of PostgreSQL in billionths of a byte; without a unit it is in megabytes (the webhook's
/// parsePostgresQuantityValue: PostgreSQL's `kB`, `MB`, `GB` are Kubernetes' `Ki`, `Mi`, `Gi`).
pub fn memory(text: &str) -> Option<i128> {
    let whole = |text: &str| text.parse::<i64>().is_ok();
    if whole(text) {
        return quantity::parse(&format!("{text}Mi"));
    }
    match text.strip_suffix('B')?.replace(' ', "") {
        bytes if whole(&bytes) => quantity::parse(&bytes),
        text => quantity::parse(&format!("{text}i").replace("ki", "Ki")),
    }
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

fn pooler_parameters(pooler: &Object<'_>) -> Vec<Refusal> {
    let given = pooler.at("/spec/pgbouncer/parameters").map(entries).into_iter().flatten();
    let other = given.filter(|(name, _)| !PGBOUNCER.split(' ').any(|known| known == *name));
    let why = |name: &str| format!("the parameter {name} is unknown or the operator's");
    other.map(|(name, _)| (format!("/spec/pgbouncer/parameters/{name}"), why(name), "remove it")).collect()
}

#[cfg(test)]
mod tests {
    use super::memory;

    #[test]
    fn postgres_counts_in_1024() {
        for (text, bytes) in [
            ("256MB", 268_435_456),
            ("1GB", 1_073_741_824),
            ("128kB", 131_072),
            ("16", 16_777_216),
            ("1 GB", 1_073_741_824),
            ("8192B", 8192),
        ] {
            assert_eq!(memory(text), Some(bytes * 1_000_000_000), "{text}");
        }
        for text in ["25%", "1Gi", "GB", ""] {
            assert_eq!(memory(text), None, "{text}");
        }
    }
}

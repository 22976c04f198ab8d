//! Parameters of PostgreSQL in a Cluster: values that a server does not start with, and names that are nearly one. Of the names only
//! those that people set are here (PostgreSQL 17, `src/backend/utils/misc/guc_tables.c`).

use crate::object::api_group::CNPG;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::is_slip;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[parameters];

const MEMORY: &str = "autovacuum_work_mem effective_cache_size hash_mem maintenance_work_mem logical_decoding_work_mem max_slot_wal_keep_size \
    max_wal_size min_wal_size shared_buffers temp_buffers temp_file_limit wal_buffers wal_keep_size work_mem";
const WHOLE: &str = "autovacuum_max_workers default_statistics_target effective_io_concurrency max_connections max_locks_per_transaction \
    max_logical_replication_workers max_parallel_maintenance_workers max_parallel_workers max_parallel_workers_per_gather \
    max_prepared_transactions max_replication_slots max_standby_connections max_wal_senders max_worker_processes \
    superuser_reserved_connections";
const TIME: &str = "archive_timeout authentication_timeout autovacuum_naptime checkpoint_timeout deadlock_timeout \
    idle_in_transaction_session_timeout idle_session_timeout lock_timeout log_autovacuum_min_duration log_min_duration_statement \
    statement_timeout tcp_keepalives_idle tcp_keepalives_interval wal_receiver_timeout wal_sender_timeout";
const OTHER: &str = "autovacuum checkpoint_completion_target datestyle default_transaction_isolation huge_pages jit log_checkpoints \
    log_connections log_disconnections log_line_prefix log_lock_waits log_min_messages log_statement log_temp_files password_encryption \
    random_page_cost search_path seq_page_cost ssl_ciphers ssl_min_protocol_version synchronous_commit timezone track_activities \
    track_io_timing wal_compression wal_level";

/// Whether a text is a number and one of these units.
fn fits(text: &str, units: &[&str]) -> bool {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic() || c == ' ').unwrap_or(text.len());
    let (number, unit) = (text[..at].trim(), text[at..].trim());
    number.parse::<f64>().is_ok() && (unit.is_empty() || units.contains(&unit))
}

fn parameters(cluster: &Object<'_>) -> Vec<Finding> {
    if !cluster.is(CNPG, "Cluster") {
        return Vec::new();
    }
    let among = |list: &str, name: &str| list.split_whitespace().any(|known| known == name);
    let all = || [MEMORY, WHOLE, TIME, OTHER].into_iter().flat_map(str::split_whitespace);
    let mut findings = Vec::new();
    for (name, value) in cluster.at("/spec/postgresql/parameters").and_then(|p| p.as_object()).into_iter().flatten() {
        let Some(text) = value.as_str().filter(|text| !text.contains(['$', '{'])) else { continue };
        let pointer = format!("/spec/postgresql/parameters/{}", escaped(name));
        let help = match name.as_str() {
            name if among(MEMORY, name) && !fits(text, &["B", "kB", "MB", "GB", "TB"]) => {
                "as PostgreSQL writes it: 256MB, 1GB"
            }
            name if among(WHOLE, name) && text.trim().parse::<i64>().is_err() => "a number without a unit",
            name if among(TIME, name) && !fits(text, &["us", "ms", "s", "min", "h", "d"]) => {
                "as PostgreSQL writes it: 500ms, 10s, 5min"
            }
            _ => "",
        };
        if !help.is_empty() {
            let message = format!("PostgreSQL of {} does not start with `{name} = {text}`", cluster.identity);
            findings.push(cluster.error(Code::CnpgRefuses, &pointer, message).help(help));
        } else if let Some(near) =
            all().find(|known| known != name && is_slip(known, name)).filter(|_| !all().any(|k| k == name))
        {
            let message = format!("{} sets `{name}`, and PostgreSQL has no such parameter", cluster.identity);
            findings
                .push(cluster.warning(Code::CnpgRefuses, &pointer, message).help(format!("did you mean `{near}`?")));
        }
    }
    findings
}

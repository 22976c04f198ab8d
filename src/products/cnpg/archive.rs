//! Write-ahead logs of CloudNativePG that fill their volume, and the archive that does not take them away: slots without a
//! bound, amounts beyond the volume, checksums that a store refuses.

use serde_json::Value;

use crate::object::api_group::{BARMAN, CNPG};
use crate::object::object::{Object, ObjectRule};
use crate::products::cnpg::spec::memory;
use crate::text::finding::{Code, Finding};
use crate::verdict::quantity;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[unbounded_slots, more_than_the_volume, checksums];

/// Parameters that keep write-ahead log, whatever else needs the volume.
const KEEPING: [&str; 4] = ["max_slot_wal_keep_size", "max_wal_size", "min_wal_size", "wal_keep_size"];

/// The replication slot of a standby that stays away keeps the log of the primary (cloudnative-pg #10839).
fn unbounded_slots(cluster: &Object<'_>) -> Vec<Finding> {
    let instances = cluster.at("/spec/instances").and_then(Value::as_i64).unwrap_or(1);
    let off = cluster.at("/spec/replicationSlots/highAvailability/enabled") == Some(&Value::Bool(false));
    let pointer = "/spec/postgresql/parameters/max_slot_wal_keep_size";
    let bound = cluster.text_at(pointer);
    if !cluster.is(CNPG, "Cluster") || instances < 2 || off || !["", "-1"].contains(&bound) {
        return Vec::new();
    }
    let message = format!(
        "{} keeps the log for a standby that stays away without a bound: it fills the volume and stops the primary",
        cluster.identity
    );
    let pointer = if bound.is_empty() { "/spec/instances" } else { pointer };
    let help = "set the parameter max_slot_wal_keep_size to a part of the volume; a standby that falls behind further is made anew";
    vec![cluster.warning(Code::UnboundedWal, pointer, message).help(help)]
}

/// The log lies on its own volume, or beside the data.
fn more_than_the_volume(cluster: &Object<'_>) -> Vec<Finding> {
    let sizes = ["/spec/walStorage/size", "/spec/storage/size"];
    let volume = sizes.iter().find_map(|pointer| Some((cluster.at(pointer)?, pointer)));
    let Some((size, _)) = volume.filter(|_| cluster.is(CNPG, "Cluster")) else { return Vec::new() };
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
        finding.help("lower it, or make the volume of the log larger")
    };
    KEEPING.into_iter().filter(|name| too_much(name).is_some()).map(told).collect()
}

/// boto3 1.36 and later send checksums that many stores refuse, so that no backup arrives (plugin-barman-cloud #512, cloudnative-pg
/// #7715). Those of AWS itself take them.
fn checksums(object: &Object<'_>) -> Vec<Finding> {
    let (store, variables) = match () {
        () if object.is(BARMAN, "ObjectStore") => ("/spec/configuration", "/spec/instanceSidecarConfiguration/env"),
        () if object.is(CNPG, "Cluster") => ("/spec/backup/barmanObjectStore", "/spec/env"),
        () => return Vec::new(),
    };
    let pointer = format!("{store}/endpointURL");
    let endpoint = object.text_at(&pointer);
    let host = endpoint.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    let of_aws = host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    let s3 = object.at(&format!("{store}/s3Credentials")).is_some();
    let asks = |variable: &Value| variable["name"] == "AWS_REQUEST_CHECKSUM_CALCULATION";
    if endpoint.is_empty() || !s3 || of_aws || object.items(variables).iter().any(asks) {
        return Vec::new();
    }
    let message =
        format!("{} sends checksums to {host} that many stores beside AWS refuse: no backup arrives", object.identity);
    let help = format!(
        "add AWS_REQUEST_CHECKSUM_CALCULATION and AWS_RESPONSE_CHECKSUM_VALIDATION with the value when_required under `{}`",
        variables[1..].replace('/', ".")
    );
    vec![object.warning(Code::StoreChecksums, &pointer, message).help(help)]
}

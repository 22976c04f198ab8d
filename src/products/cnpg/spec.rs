//! What the webhook of CloudNativePG refuses in a Cluster that its CRD lets pass: how it starts, what it runs on, and
//! how much of it there is (internal/webhook/v1/cluster_webhook.go).

use serde_json::Value;

use crate::object::object::Object;
use crate::text::yaml::object as entries;
use crate::verdict::quantity;

/// Place, reason, way out.
pub type Refusal = (String, String, &'static str);

/// One refusal.
pub fn one(pointer: impl Into<String>, why: impl Into<String>, help: &'static str) -> Vec<Refusal> {
    vec![(pointer.into(), why.into(), help)]
}

/// Its Services are named after it.
pub fn name(cluster: &Object<'_>) -> Vec<Refusal> {
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

/// One way to start, one target to recover to.
pub fn bootstrap(cluster: &Object<'_>) -> Vec<Refusal> {
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

/// Named once, reachable, and there when something starts from them.
pub fn external_clusters(cluster: &Object<'_>) -> Vec<Refusal> {
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

/// The tag tells the version of PostgreSQL.
pub fn image(cluster: &Object<'_>) -> Vec<Refusal> {
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

/// Each volume has a size that is one.
pub fn storage(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut all = vec![("/spec/storage".to_owned(), cluster.at("/spec/storage").unwrap_or(&Value::Null))];
    all.extend(cluster.all("/spec/walStorage"));
    all.extend(cluster.all("/spec/tablespaces/*/storage"));
    let mut found = Vec::new();
    for (pointer, storage) in all {
        let asked = storage.pointer("/pvcTemplate/resources/requests/storage").is_some();
        match storage["size"].as_str().filter(|size| !size.is_empty()) {
            None if !asked => found.extend(one(pointer, "a volume has no size", "add `size`")),
            Some(size) if quantity::parse(size).is_none() => {
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

/// Synchronous standbys against instances.
pub fn replicas(cluster: &Object<'_>) -> Vec<Refusal> {
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

/// Requests against limits, and shared buffers against memory.
pub fn resources(cluster: &Object<'_>) -> Vec<Refusal> {
    let amount = |side: &str, name: &str| {
        cluster.at(&format!("/spec/resources/{side}/{name}")).and_then(quantity::of).filter(|amount| *amount > 0)
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
    let huge: Vec<(String, i128)> = ["requests", "limits"]
        .iter()
        .flat_map(|side| cluster.at(&format!("/spec/resources/{side}")).map(entries).into_iter().flatten())
        .filter(|(name, _)| name.starts_with("hugepages-"))
        .filter_map(|(name, value)| Some((name.clone(), quantity::of(value)?)))
        .collect();
    if huge.iter().any(|(name, amount)| huge.iter().any(|(other, wanted)| name == other && amount != wanted)) {
        found.extend(one(
            "/spec/resources",
            "huge pages are requested and limited differently",
            "write the same amount twice",
        ));
    }
    let buffers = memory(cluster.text_at("/spec/postgresql/parameters/shared_buffers"));
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

/// Amounts of memory and levels that PostgreSQL knows.
pub fn parameters(cluster: &Object<'_>) -> Vec<Refusal> {
    let mut found = Vec::new();
    for name in ["shared_buffers", "min_wal_size", "max_wal_size"] {
        let pointer = format!("/spec/postgresql/parameters/{name}");
        let text = cluster.text_at(&pointer);
        if !text.is_empty() && memory(text).is_none() {
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

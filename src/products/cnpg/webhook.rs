//! What the admission webhooks of CloudNativePG refuse and its CRDs let pass: the table of checks.

use crate::object::api_group::CNPG;
use crate::object::object::{Object, ObjectRule};
use crate::products::cnpg::managed::{
    database, environment, exclusions, plugins, pooler, roles, scheduled_backup, services, tolerations,
};
use crate::products::cnpg::spec::{
    Refusal, bootstrap, external_clusters, image, name, parameters, replicas, resources, storage,
};
use crate::text::finding::{Code, Finding};

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[cnpg_refuses];

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

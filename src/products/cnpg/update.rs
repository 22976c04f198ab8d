//! What the webhook of CloudNativePG refuses of a change of a Cluster: volumes never shrink and never go
//! (internal/webhook/v1/cluster_webhook.go: validateStorageChange, validateWalStorageChange, validateTablespacesChange).

use serde_json::Value;

use crate::object::api_group::CNPG;
use crate::object::object::Object;
use crate::text::finding::{Code, Finding};
use crate::verdict::quantity;

/// The refusals, each on the new object, with the old one beside it.
pub fn refused(new: &Object<'_>, old: &Object<'_>) -> Vec<Finding> {
    if !new.is(CNPG, "Cluster") || new.annotation("cnpg.io/validation") == "disabled" {
        return Vec::new();
    }
    volumes(new, old).into_iter().filter_map(|volume| told(new, old, &volume)).collect()
}

/// A volume that the old object has, and what the new one makes of it; each with the pointer to it.
struct Volume<'a> {
    name: String,
    before: (String, &'a Value),
    after: Option<(String, &'a Value)>,
}

fn volumes<'a>(new: &Object<'a>, old: &Object<'a>) -> Vec<Volume<'a>> {
    let own = |object: &Object<'a>, field: &str| {
        let pointer = format!("/spec/{field}");
        object.at(&pointer).map(|storage| (pointer, storage))
    };
    let mut volumes: Vec<Volume<'a>> = ["storage", "walStorage"]
        .into_iter()
        .filter_map(|field| Some(Volume { name: field.to_owned(), before: own(old, field)?, after: own(new, field) }))
        .collect();
    let storage = |(pointer, tablespace): (String, &'a Value)| (format!("{pointer}/storage"), &tablespace["storage"]);
    for (pointer, tablespace) in old.all("/spec/tablespaces/*") {
        let name = &tablespace["name"];
        let after = new.all("/spec/tablespaces/*").into_iter().find(|(_, other)| other["name"] == *name);
        volumes.push(Volume {
            name: format!("tablespace {}", name.as_str().unwrap_or_default()),
            before: storage((pointer, tablespace)),
            after: after.map(storage),
        });
    }
    volumes
}

fn told(new: &Object<'_>, old: &Object<'_>, volume: &Volume<'_>) -> Option<Finding> {
    let (at, what) = match &volume.after {
        None => ("/spec".to_owned(), "is gone, and what lies on that volume with it"),
        Some((pointer, after)) => {
            let size = |storage: &Value| quantity::of(&storage["size"]);
            let shrinks = size(after)? < size(volume.before.1)?;
            shrinks.then(|| (format!("{pointer}/size"), "is smaller than before, and its volumes never shrink"))?
        }
    };
    let message = format!("CloudNativePG refuses the change of {}: `{}` {what}", new.identity, volume.name);
    let finding = new.error(Code::CnpgRefuses, &at, message).related(old.place(&volume.before.0), "as it was");
    Some(finding.help("keep it; a smaller one takes a new Cluster that is filled from a backup of this one"))
}

//! A review -> JSON for programs; docs/diff.md says what each field means. The version changes when a field goes or means
//! something else.

use serde_json::{Value, json};

use crate::command::review::change::Field;
use crate::command::review::flips::Cause;
use crate::command::review::risk::sight::Risk;
use crate::command::review::told::{Review, Told};
use crate::object::object::Identity;

/// The version of the format.
pub const VERSION: u64 = 1;

/// The whole review.
pub fn json(review: &Review) -> Value {
    let counts = review.counts().into_iter().map(|(kind, count)| (kind.word().to_owned(), json!(count)));
    let refused = |(why, clusters)| json!({ "message": why, "clusters": clusters });
    let whole = |(risk, clusters)| json!({ "risk": self::risk(risk), "clusters": clusters });
    json!({
        "version": VERSION,
        "verdict": review.verdict().word(),
        "clusters": { "compared": review.clusters, "touched": review.touched(), "rings": review.rings },
        "objects": counts.collect::<serde_json::Map<_, _>>(),
        "refused": review.refused.iter().map(refused).collect::<Vec<_>>(),
        "risks": review.whole.iter().map(whole).collect::<Vec<_>>(),
        "changes": review.told.iter().map(change).collect::<Vec<_>>(),
    })
}

fn change(told: &Told) -> Value {
    let known = &told.known;
    json!({
        "object": identity(&known.change.identity),
        "was": known.change.was.as_ref().map(identity),
        "change": known.change.kind.word(),
        "file": known.change.path,
        "clusters": told.clusters,
        "routine": known.routine,
        "argocd": known.does.words(),
        "fields": known.change.fields.iter().map(field).collect::<Vec<_>>(),
        "risks": known.risks.iter().map(risk).collect::<Vec<_>>(),
        "causes": known.causes.iter().map(cause).collect::<Vec<_>>(),
    })
}

fn identity(identity: &Identity) -> Value {
    json!({ "group": identity.group, "kind": identity.kind, "namespace": identity.namespace, "name": identity.name })
}

fn field(field: &Field) -> Value {
    json!({ "path": field.shown, "pointer": field.pointer, "old": field.old, "new": field.new })
}

fn risk(risk: &Risk) -> Value {
    let page = format!("rules/{}.md", risk.code.name());
    json!({ "code": risk.code.name(), "page": page, "field": risk.field, "message": risk.message, "help": risk.help })
}

fn cause(cause: &Cause) -> Value {
    json!({ "kind": cause.what, "name": cause.name, "old": cause.old, "new": cause.new, "place": cause.place })
}

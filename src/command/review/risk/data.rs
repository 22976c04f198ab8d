//! What holds data or a key: deleted, left behind, made anew, without its protection, in a smaller volume.

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::delivery::Does;
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::forms::period;
use crate::verdict::quantity;

pub(super) fn deleted(sight: &Sight<'_>) -> Vec<Risk> {
    let Some(lost) = sight.holds() else { return Vec::new() };
    let goes = sight.goes() && matches!(sight.does, Does::Prunes | Does::DeletesWithApplication | Does::ByHand);
    let anew = sight.change.kind == Kind::Changed && sight.does == Does::Recreates;
    if !(goes || anew) {
        return Vec::new();
    }
    let what = if sight.change.kind == Kind::Removed { "is deleted" } else { "is deleted and created empty" };
    let help = "keep it, or save what it holds first; if it is meant, `render` wants it by name: --allow-delete";
    vec![sight.risk(Code::DataDeleted, format!("it {what}, and {lost} with it: {}", sight.does.words()), help)]
}

pub(super) fn left_behind(sight: &Sight<'_>) -> Vec<Risk> {
    if !(sight.goes() && matches!(sight.does, Does::Keeps | Does::Orphans)) {
        return Vec::new();
    }
    let help = "it runs on, and nobody changes it any more: delete it by hand when it is really to go";
    vec![sight.risk(Code::LeftBehind, format!("git has it no more, and it stays: {}", sight.does.words()), help)]
}

pub(super) fn recreated(sight: &Sight<'_>) -> Vec<Risk> {
    let moved = sight.change.kind == Kind::Moved && matches!(sight.does, Does::Prunes | Does::DeletesWithApplication);
    let forced = sight.change.kind == Kind::Changed && sight.does == Does::Recreates && !sight.is("Job");
    let message = match (moved, forced) {
        (true, _) => "another Application brings it; where the old one syncs first it is deleted and created again",
        (_, true) => "`Force=true`: Argo CD deletes it and creates it again, and what it does is away meanwhile",
        _ => return Vec::new(),
    };
    let help = "sync the new Application first, or set `Prune=false` on it for this change";
    vec![sight.risk(Code::Recreated, message, help)]
}

pub(super) fn unprotected(sight: &Sight<'_>) -> Vec<Risk> {
    let mut risks: Vec<Risk> = sight.leaves.iter().filter_map(|field| lost(sight, field)).collect();
    if sight.is("ScheduledBackup") && sight.goes() && sight.component_stays() {
        risks.push(sight.risk(Code::DataUnprotected, "no more backups are made by it", "keep a schedule of backups"));
    }
    risks.dedup_by(|a, b| a.message == b.message);
    risks
}

/// A protection that is taken away.
fn lost(sight: &Sight<'_>, field: &Field) -> Option<Risk> {
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
    let (old, new) = (text(&field.old), text(&field.new));
    let was = |word: &str| old.contains(word) && !new.contains(word);
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_i64);
    let database = sight.is("Cluster") && sight.change.identity.group == "postgresql.cnpg.io";
    let message = match field.key() {
        "argocd.argoproj.io/sync-options" if was("Prune=false") || was("Delete=false") => {
            format!("Argo CD may delete it from now on: sync options go {}", from_to(field))
        }
        "deletionPolicy" | "reclaimPolicy" | "persistentVolumeReclaimPolicy" if was("Retain") => {
            format!("what it made is deleted with it from now on: `{}` goes {}", field.key(), from_to(field))
        }
        "creationPolicy" if was("Orphan") => "the Secret is deleted with it from now on".to_owned(),
        "retentionPolicy" if !longer(field) => format!("backups are kept for another time: {}", from_to(field)),
        "instances" if database && number(&field.new) == Some(1) && number(&field.old) > Some(1) => {
            "one instance is left, and no other copy of the data".to_owned()
        }
        "prune" if sight.is("Application") && field.new == Some(true.into()) && field.old.is_some() => {
            "Argo CD deletes from now on what git has no more, CRDs and their objects included".to_owned()
        }
        _ if database && field.new.is_none() && field.steps.starts_with(&["spec".into(), "backup".into()]) => {
            "the database has no backups any more".to_owned()
        }
        _ if sight.is("Application") && field.passes(&["finalizers"]) && field.old.is_none() => {
            "all that the Application brought is deleted with it from now on".to_owned()
        }
        _ => return None,
    };
    Some(sight.at(
        field,
        Code::DataUnprotected,
        message,
        "leave the protection in place, or say in the review why it goes",
    ))
}

/// Whether a time such as `30d` (days, weeks or months, as Barman counts) becomes a longer one.
fn longer(field: &Field) -> bool {
    let days = |value: &Option<Value>| period(value.as_ref()?.as_str()?, &[("d", 1), ("w", 7), ("m", 30)]);
    days(&field.new).zip(days(&field.old)).is_some_and(|(new, old)| new > old)
}

pub(super) fn shrinks(sight: &Sight<'_>) -> Vec<Risk> {
    let sizes: [&[&str]; 3] = [&["requests", "storage"], &["storage", "size"], &["walStorage", "size"]];
    let smaller = |field: &&Field| {
        let amount = |value: &Option<Value>| value.as_ref().and_then(quantity::of);
        sizes.iter().any(|way| field.ends(way))
            && amount(&field.new).zip(amount(&field.old)).is_some_and(|(n, o)| n < o)
    };
    let fields = sight.leaves.iter().filter(smaller);
    let help = "a volume only grows: keep its size, or move the data to a new one";
    fields.map(|f| sight.at(f, Code::VolumeShrinks, format!("the volume would shrink {}", from_to(f)), help)).collect()
}

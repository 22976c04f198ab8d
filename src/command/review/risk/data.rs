//! What holds data or a key: deleted, left behind, made anew, without its protection, in a smaller volume.

use serde_json::Value;

use crate::command::review::change::{Field, Kind};
use crate::command::review::delivery::{self, Does};
use crate::command::review::objects::{Thing, VALUES};
use crate::command::review::risk::sight::{Risk, Sight, from_to};
use crate::text::finding::Code;
use crate::text::forms::period;
use crate::verdict::quantity;

pub(super) fn deleted(sight: &Sight<'_>) -> Vec<Risk> {
    if sight.is(VALUES) {
        let gone =
            sight.leaves.iter().filter(|field| brings(&field.old) && !brings(&field.new) && of_definitions(field));
        let message = |f: &Field| {
            format!(
                "the chart brings no definitions any more, and all objects of their kinds go with them: it goes {}",
                from_to(f)
            )
        };
        let help = "keep them, or let the Application keep what it no longer brings: `Prune=false` on the definitions";
        return gone.map(|f| sight.at(f, Code::DataDeleted, message(f), help)).collect();
    }
    match sight.change.identity.kind.as_str() {
        "Application" if sight.change.kind == Kind::Removed => return undelivered(sight),
        "ApplicationSet" => return unmade(sight),
        _ => {}
    }
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

/// What an Application brought that goes, where these files do not have it: a chart, or a folder of another repository.
fn undelivered(sight: &Sight<'_>) -> Vec<Risk> {
    let known = |thing: &Thing| {
        let app = delivery::application(thing, sight.before.things);
        app.is_some_and(|app| sight.old.is_some_and(|old| *app == old.value)) && thing.path != sight.change.path
    };
    let finalizers = sight.old.and_then(|old| old.value["metadata"]["finalizers"].as_array());
    if finalizers.is_none_or(Vec::is_empty) || sight.before.things.values().any(known) {
        return Vec::new();
    }
    let help = "see what it brought, and save what that holds first; without its finalizer all of it would stay";
    vec![sight.risk(Code::DataDeleted, "what it brought goes with it, and stands in none of these files", help)]
}

/// What an ApplicationSet makes Applications of no longer (argo-cd 3.4 docs/operator-manual/applicationset/Controlling-Resource-Modification.md).
fn unmade(sight: &Sight<'_>) -> Vec<Risk> {
    let Some(old) = sight.old else { return Vec::new() };
    let spec = &sight.new.unwrap_or(old).value["spec"];
    let deletes = spec["syncPolicy"]["applicationsSync"]
        .as_str()
        .is_none_or(|policy| ["sync", "create-delete"].contains(&policy));
    let name = spec["template"]["metadata"]["name"].as_str().unwrap_or_default();
    // The Application of an element is known by what its name is made of.
    let named = |element: &Value, other: &Value| {
        let mut parts =
            element.as_object().into_iter().flatten().filter(|(key, _)| name.contains(key.as_str())).peekable();
        parts.peek().is_some() && parts.all(|(key, value)| other[key] == *value)
    };
    let elements = || sight.change.fields.iter().filter(|field| field.passes(&["generators"]));
    let stays = |gone: &Value| elements().filter_map(|field| field.new.as_ref()).any(|new| named(gone, new));
    let gone =
        elements().find(|field| deletes && field.new.is_none() && field.old.as_ref().is_some_and(|old| !stays(old)));
    let (field, who) = match gone {
        Some(field) => (field.shown.clone(), "the Application of it is"),
        None if sight.goes() => (String::new(), "its Applications are"),
        None => return Vec::new(),
    };
    let kept = spec["syncPolicy"]["preserveResourcesOnDeletion"] == true;
    let (code, what) =
        if kept { (Code::LeftBehind, "stays without an owner") } else { (Code::DataDeleted, "goes too") };
    let help =
        "see what these Applications brought, and save what it holds first, or set `preserveResourcesOnDeletion: true`";
    vec![Risk { field, ..sight.risk(code, format!("{who} deleted, and what was brought {what}"), help) }]
}

fn brings(value: &Option<Value>) -> bool {
    *value == Some(true.into())
}

/// Switches of charts for the definitions that they bring, and for keeping them.
fn of_definitions(field: &Field) -> bool {
    let below = ["create", "enabled", "install", "keep"].contains(&field.key()) && field.passes(&["crds"]);
    below || ["installCRDs", "crdsInstall"].contains(&field.key())
}

pub(super) fn left_behind(sight: &Sight<'_>) -> Vec<Risk> {
    if !(sight.goes() && matches!(sight.does, Does::Keeps | Does::Orphans)) {
        return unkept(sight);
    }
    let help = "it runs on, and nobody changes it any more: delete it by hand when it is really to go";
    vec![sight.risk(Code::LeftBehind, format!("git has it no more, and it stays: {}", sight.does.words()), help)]
}

/// What an Application that stays no longer does.
fn unkept(sight: &Sight<'_>) -> Vec<Risk> {
    let help = "say in the review who deletes and corrects it by hand from now on, or leave it to Argo CD";
    let stays = |field: &Field| match field.key() {
        "prune" if field.old == Some(true.into()) => Some("what goes from git stays in the cluster from now on"),
        "argocd.argoproj.io/skip-reconcile" if field.new == Some("true".into()) => {
            Some("Argo CD leaves it alone from now on: neither git nor the cluster corrects it")
        }
        "enabled" if field.passes(&["automated"]) && field.new == Some(false.into()) => {
            Some("what comes to git is not brought from now on")
        }
        "selfHeal" if field.old == Some(true.into()) => Some("what is changed by hand stays so from now on"),
        "server" | "name" if field.passes(&["spec", "destination"]) && field.old.is_some() => {
            Some("it goes to another cluster, empty of data; what runs in the old one stays there")
        }
        // Of replicas a controller says how many.
        _ if field.passes(&["ignoreDifferences"])
            && field.new.is_some()
            && field.new != Some("/spec/replicas".into()) =>
        {
            Some("what is changed there by hand stays so from now on").filter(|_| {
                ["jsonPointers", "jqPathExpressions", "managedFieldsManagers"].iter().any(|p| field.passes(&[p]))
            })
        }
        _ if field.passes(&["finalizers"]) && field.new.is_none() => {
            Some("when it is deleted, what it brought stays from now on")
        }
        _ => None,
    };
    let fields = sight.leaves.iter().filter(|_| sight.delivers() && sight.new.is_some());
    fields.filter_map(|field| Some(sight.at(field, Code::LeftBehind, stays(field)?, help))).collect()
}

pub(super) fn recreated(sight: &Sight<'_>) -> Vec<Risk> {
    let moved = sight.change.kind == Kind::Moved && matches!(sight.does, Does::Prunes | Does::DeletesWithApplication);
    let forced = sight.change.kind == Kind::Changed && sight.does == Does::Recreates && !sight.is("Job");
    let to_replace = |field: &&Field| {
        let options = ["syncOptions", "argocd.argoproj.io/sync-options"].iter().any(|part| field.passes(&[part]));
        let has = |value: &Option<Value>| {
            let text = value.as_ref().and_then(Value::as_str).unwrap_or_default();
            ["Replace=true", "Force=true"].iter().any(|option| text.contains(option))
        };
        options && has(&field.new) && !has(&field.old)
    };
    if let Some(field) = sight.leaves.iter().find(to_replace).filter(|_| !forced) {
        let message = "Argo CD replaces from now on what it applied: what others wrote there goes, and what cannot change is made anew";
        return vec![sight.at(
            field,
            Code::Recreated,
            message,
            "apply on the server side instead, and delete by hand what cannot change",
        )];
    }
    let named = |field: &&Field| field.ends(&["target", "name"]) && field.old.is_some() && field.new.is_some();
    if let Some(field) = sight.leaves.iter().find(named).filter(|_| sight.is("ExternalSecret")) {
        let message = format!("the Secret is deleted, and made anew under another name: it goes {}", from_to(field));
        return vec![sight.at(field, Code::Recreated, message, "let all who read it name the new one first")];
    }
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
        key if (key == "deletionPolicy" || key.to_lowercase().ends_with("reclaimpolicy"))
            && (was("Retain") || was("retain")) =>
        {
            format!("what it made is deleted with it from now on: `{}` goes {}", field.key(), from_to(field))
        }
        _ if field.passes(&["syncOptions"]) && was("Prune=false") => {
            "Argo CD deletes from now on what git has no more of it".to_owned()
        }
        "creationPolicy" if was("Orphan") => "the Secret is deleted with it from now on".to_owned(),
        "endpointURL"
            if sight.change.kind == Kind::Changed && (field.passes(&["spec", "configuration"]) || database) =>
        {
            format!("backups go elsewhere, where none is yet: {}", from_to(field))
        }
        "destinationPath" if field.old.is_some() && field.new.is_some() => {
            format!("backups go elsewhere, where none is yet: {}", from_to(field))
        }
        "schedule" if sight.is("ScheduledBackup") && runs(&new) < runs(&old) => {
            format!("backups are made less often: {}", from_to(field))
        }
        "whenDeleted" | "whenScaled" if new == "Delete" => {
            format!("its volumes are deleted from now on: `{}` goes {}", field.key(), from_to(field))
        }
        _ if database
            && field.old.is_some()
            && field.passes(&["postgresql", "synchronous"])
            && (field.new.is_none() || new == "preferred") =>
        {
            "what was committed may be in one instance alone, and is lost with it".to_owned()
        }
        "fsync" | "full_page_writes" | "synchronous_commit" if database && new == "off" => {
            "what was committed is lost when the database stops at a bad moment".to_owned()
        }
        "maximum_spend_logs_retention_period" if field.new.is_some() && !longer(field) => {
            format!("what was spent is known for a shorter time: {}", from_to(field))
        }
        "refreshPolicy" if was("CreatedOnce") => {
            "a key that is read once is read again, and what the old one encrypted is lost when it is another one"
                .into()
        }
        "retention" | "retentionPeriod" if field.old.is_some() && field.new.is_some() && !longer(field) => {
            format!("what is kept goes earlier: {}", from_to(field))
        }
        "retentionPolicy" if !longer(field) => format!("backups are kept for another time: {}", from_to(field)),
        "instances" if database && number(&field.new) == Some(1) && number(&field.old) > Some(1) => {
            "one instance is left, and no other copy of the data".to_owned()
        }
        "prune" if sight.delivers() && field.new == Some(true.into()) && field.old.is_some() => {
            "Argo CD deletes from now on what git has no more, CRDs and their objects included".to_owned()
        }
        _ if base(&old) != base(&new) && !new.is_empty() && !old.is_empty() => {
            format!("another database is used, which has nothing of the old one: {}", from_to(field))
        }
        _ if database && field.new.is_none() && field.steps.starts_with(&["spec".into(), "backup".into()]) => {
            "the database has no backups any more".to_owned()
        }
        "enabled"
            if field.steps.iter().any(|step| step.to_lowercase().contains("persist"))
                && field.old == Some(true.into()) =>
        {
            "what it holds is gone with its pods from now on, and what its volume has is used no more".to_owned()
        }
        "claimName"
            if field.passes(&["volumes"])
                && field.old.is_some()
                && sight.change.kind == Kind::Changed
                && !volume_goes(sight, field) =>
        {
            format!("its program finds nothing of what it wrote: its volume goes {}", from_to(field))
        }
        "preserveResourcesOnDeletion" if field.old == Some(true.into()) && sight.new.is_some() => {
            "what its Applications brought is deleted with them from now on".to_owned()
        }
        _ if sight.delivers() && field.passes(&["finalizers"]) && field.old.is_none() => {
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

/// Whether a volume goes as a whole, and with it what was read from there.
fn volume_goes(sight: &Sight<'_>, claim: &Field) -> bool {
    let whole = |field: &&Field| field.new.is_none() && field.ends(&["volumes", "*"]);
    sight.change.fields.iter().filter(whole).any(|field| claim.shown.starts_with(&field.shown))
}

/// The name of the database in a URL of PostgreSQL.
fn base(text: &str) -> Option<&str> {
    let (_, address) = text.split_once("postgres").filter(|(before, _)| before.is_empty())?;
    let (_, path) = address.split_once("://")?.1.rsplit_once('@')?.1.split_once('/')?;
    path.split('?').next()
}

/// About how often a schedule of six fields runs: the numbers that each field takes, one by the other.
fn runs(schedule: &str) -> u64 {
    let of = |(part, all): (&str, u64)| match part.split_once('/') {
        Some((_, step)) => all / step.parse::<u64>().unwrap_or(1).max(1),
        None if ["*", "?"].contains(&part) => all,
        None => part
            .split(',')
            .map(|one| match one.split_once('-') {
                Some((from, to)) => to.parse::<u64>().unwrap_or(0).saturating_sub(from.parse().unwrap_or(0)) + 1,
                None => 1,
            })
            .sum(),
    };
    schedule.split_whitespace().zip([60, 60, 24, 31, 12, 7]).map(of).product()
}

/// Whether a time such as `30d` (hours, days, weeks or months, as Barman counts) becomes a longer one.
fn longer(field: &Field) -> bool {
    let hours = |value: &Option<Value>| {
        period(value.as_ref()?.as_str()?, &[("h", 1), ("d", 24), ("w", 168), ("m", 720), ("y", 8760)])
    };
    hours(&field.new).zip(hours(&field.old)).is_some_and(|(new, old)| new > old)
}

pub(super) fn shrinks(sight: &Sight<'_>) -> Vec<Risk> {
    let volume = |step: &String| ["storage", "persist", "volume"].iter().any(|w| step.to_lowercase().contains(w));
    let smaller = |field: &&Field| {
        let amount = |value: &Option<Value>| value.as_ref().and_then(quantity::of);
        ["storage", "size"].contains(&field.key())
            && field.steps.iter().any(volume)
            && amount(&field.new).zip(amount(&field.old)).is_some_and(|(n, o)| n < o)
    };
    let fields = sight.leaves.iter().filter(smaller);
    let help = "a volume only grows: keep its size, or move the data to a new one";
    fields.map(|f| sight.at(f, Code::VolumeShrinks, format!("the volume would shrink {}", from_to(f)), help)).collect()
}

//! What Argo CD does with a change: by the Application that takes the object's folder, its sync policy, and the sync options of
//! the object itself. Source: argo-cd 3.4, docs/user-guide/sync-options.md and gitops-engine's sync.

use serde_json::Value;

use crate::command::review::change::Kind;
use crate::command::review::objects::{Thing, Things, folder};

/// What happens in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Does {
    /// It is created.
    Creates,
    /// It is changed in place.
    Updates,
    /// It is deleted and created again.
    Recreates,
    /// It is deleted by the sync.
    Prunes,
    /// It is deleted with its Application.
    DeletesWithApplication,
    /// It stays, and its Application is out of sync until somebody deletes it.
    Keeps,
    /// It stays, and nothing owns it.
    Orphans,
    /// No Application brings it: a person does.
    ByHand,
}

impl Does {
    /// A few words.
    pub fn words(self) -> &'static str {
        match self {
            Does::Creates => "Argo CD creates it",
            Does::Updates => "Argo CD changes it in place",
            Does::Recreates => "Argo CD deletes and creates it",
            Does::Prunes => "Argo CD prunes it",
            Does::DeletesWithApplication => "Argo CD deletes it with its Application",
            Does::Keeps => "Argo CD keeps it, and is out of sync until it is deleted by hand",
            Does::Orphans => "Argo CD leaves it behind without an owner",
            Does::ByHand => "no Application brings it: apply it by hand",
        }
    }
}

/// What Argo CD does with an object; the objects of both states say which Applications there are.
pub fn does(kind: Kind, (old, new): (Option<&Thing>, Option<&Thing>), (before, now): (&Things, &Things)) -> Does {
    match (kind, old, new) {
        (Kind::Removed | Kind::Renamed | Kind::Moved, Some(old), _) => gone(old, before, now),
        (Kind::Added, _, Some(new)) => match application(new, now) {
            Some(_) => Does::Creates,
            None => Does::ByHand,
        },
        (_, _, Some(new)) => match application(new, now) {
            None => Does::ByHand,
            Some(_) if annotated(new, "Force=true") => Does::Recreates,
            Some(_) => Does::Updates,
        },
        _ => Does::ByHand,
    }
}

fn gone(old: &Thing, before: &Things, now: &Things) -> Does {
    let Some(app) = application(old, before) else { return Does::ByHand };
    let name = &app["metadata"]["name"];
    let still = now.iter().find(|(id, thing)| id.kind == "Application" && thing.value["metadata"]["name"] == *name);
    match still {
        Some((_, app)) => {
            let policy = &app.value["spec"]["syncPolicy"];
            let kept = policy["automated"]["prune"] != true
                || annotated(old, "Prune=false")
                || options(&policy["syncOptions"], "Prune=false");
            if kept { Does::Keeps } else { Does::Prunes }
        }
        None => {
            let finalizers = app["metadata"]["finalizers"].as_array();
            let cascades = finalizers.is_some_and(|all| {
                all.iter().any(|f| f.as_str().is_some_and(|f| f.starts_with("resources-finalizer.argocd.argoproj.io")))
            });
            if cascades && !annotated(old, "Delete=false") { Does::DeletesWithApplication } else { Does::Orphans }
        }
    }
}

fn options(list: &Value, option: &str) -> bool {
    list.as_array().is_some_and(|all| all.iter().any(|o| o == option))
}

/// Whether the object's own sync options have this one.
pub fn annotated(thing: &Thing, option: &str) -> bool {
    let own = thing.value["metadata"]["annotations"]["argocd.argoproj.io/sync-options"].as_str().unwrap_or_default();
    own.split(',').any(|o| o.trim() == option)
}

/// The Application that takes the folder of an object.
pub fn application<'t>(thing: &Thing, all: &'t Things) -> Option<&'t Value> {
    let folder = folder(&thing.path);
    let takes = |app: &Value| {
        let spec = &app["spec"];
        let several = spec["sources"].as_array().map_or(&[][..], Vec::as_slice);
        let paths = several.iter().chain([&spec["source"]]).filter_map(|source| source["path"].as_str());
        let values = format!("/{}", thing.path);
        let mut charts = several.iter().chain([&spec["source"]]).filter_map(|s| s["helm"]["valueFiles"].as_array());
        let cluster = |path: &str| path.strip_suffix(folder).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
        paths.into_iter().any(cluster)
            || charts.any(|files| files.iter().any(|f| f.as_str().is_some_and(|f| f.ends_with(&values))))
    };
    let apps = all.iter().filter(|(id, _)| id.kind == "Application" && id.group == "argoproj.io");
    apps.map(|(_, thing)| &thing.value).find(|app| takes(app))
}

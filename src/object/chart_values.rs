//! Applications whose chart takes its values from a file beside them (`$ref/path` of a second source) -> the same with the
//! values in them, so that rules and claims see what the chart is told, and where that stands. Knows no chart.

use std::sync::Arc;

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Identity, Linked};

/// The folder below the cluster's in which the values of charts stand. No Application delivers it.
pub const FOLDER: &str = "charts";

/// A file of values: its path below the cluster's folder, its text and what it says.
pub type File<'f> = (&'f str, &'f Arc<str>, &'f Value);

/// The file of a component's chart.
pub fn path_of(component: &str) -> String {
    format!("{FOLDER}/{component}/values.yaml")
}

/// True where a `valueFiles` entry, whose path begins at the repository, means that file of ours.
pub fn means(entry: &str, path: &str) -> bool {
    let inside = entry.strip_prefix('$').and_then(|e| e.split_once('/')).map(|(_, inside)| inside);
    inside.is_some_and(|inside| inside == path || inside.strip_suffix(path).is_some_and(|start| start.ends_with('/')))
}

/// The Application with the values in it, and where each of them stands; `None` where no chart takes its values so, from one
/// file that is here.
pub fn linked<'f>(
    identity: &Identity,
    value: &Value,
    find: impl Fn(&str) -> Option<File<'f>>,
) -> Option<(Value, Vec<Linked>)> {
    if identity.group != ARGOCD || identity.kind != "Application" {
        return None;
    }
    let sources = value.pointer("/spec/sources")?.as_array()?;
    let (mut whole, mut all) = (None, Vec::new());
    for (i, source) in sources.iter().enumerate() {
        let helm = &source["helm"];
        let [Value::String(entry)] = helm["valueFiles"].as_array().map_or(&[][..], Vec::as_slice) else { continue };
        let found = if helm.get("values").is_none() && helm.get("valuesObject").is_none() { find(entry) } else { None };
        let Some((path, text, values)) = found else { continue };
        let pointer = format!("/spec/sources/{i}/helm");
        let helm = whole.get_or_insert_with(|| value.clone()).pointer_mut(&pointer)?.as_object_mut()?;
        helm.remove("valueFiles");
        helm.insert("valuesObject".into(), values.clone());
        all.push(Linked { pointer: format!("{pointer}/valuesObject"), path: path.to_owned(), text: text.clone() });
    }
    Some((whole?, all))
}

//! What a group sees of `platform`: the fields that its expressions and templates name. What differs from cluster to cluster
//! stays away from the groups that do not look at it, and what they make is made once for all.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::group::template::{Templates, pick};
use crate::group::written::GroupText;

/// The dotted paths that a group names, `platform` and below, with its provider laid over it.
pub fn of_platform(text: &GroupText, templates: &Templates) -> BTreeSet<String> {
    let documents = text.documents.values().map(|document| &document.template);
    let objects = text.agentic.iter().filter_map(|agentic| agentic.objects.as_ref());
    let by_name = documents.chain(objects).map(|name| format!("templates/{name}"));
    let folders = text.components.keys().flat_map(|name| templates.in_folder(&format!("templates/{name}/")));
    let files: Vec<String> = by_name.chain(folders.map(str::to_owned)).collect();
    let mut names: BTreeSet<String> = files.iter().flat_map(|name| templates.inputs(name)).map(str::to_owned).collect();
    // `for`, `when` and `require` are expressions without braces.
    for part in text.texts().into_iter().filter(|part| part.contains("platform")) {
        names.extend(templates.names(part));
        names.extend(templates.names(&format!("{{{{ {part} }}}}")));
    }
    names.retain(|name| name == "platform" || name.starts_with("platform."));
    names
}

/// The part of `platform` that these paths name.
pub fn seen(platform: &Value, names: &BTreeSet<String>) -> Value {
    if names.contains("platform") {
        return platform.clone();
    }
    pick(platform, names.iter().filter_map(|name| name.strip_prefix("platform.")))
}

//! What a group's expressions and templates name of what it sees. What differs from cluster to cluster stays away from what does
//! not look at it, so that this is made once for all.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::group::template::{Templates, pick};
use crate::group::written::GroupText;
use crate::text::pointer::strings;

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
        names.extend(templates.names(&braced(part)));
    }
    names.retain(|name| name == "platform" || name.starts_with("platform."));
    names
}

/// The dotted paths that an entry of a group names, `item` and `loop` among them.
pub fn of_entry(entry: &Value, templates: &Templates) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    strings(entry, &mut |pointer, text| {
        if text.contains("{{") || text.contains("{%") {
            names.extend(templates.names(text));
        }
        if pointer.ends_with("/for") || pointer.ends_with("/when") {
            names.extend(templates.names(&braced(text)));
        }
    });
    names
}

fn braced(expression: &str) -> String {
    format!("{{{{ {expression} }}}}")
}

/// The part of `platform` that these paths name.
pub fn seen(platform: &Value, names: &BTreeSet<String>) -> Value {
    if names.contains("platform") {
        return platform.clone();
    }
    pick(platform, names.iter().filter_map(|name| name.strip_prefix("platform.")))
}

//! Components and templates -> the kinds that they bring, on or off. An AppProject allows them for good: Argo CD deletes only what
//! the project allows at that moment.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::group::template::Templates;
use crate::object::kinds::is_cluster_scoped;

/// API group and kind, sorted.
type Names = BTreeSet<(String, String)>;

/// The kinds of all components.
#[derive(Debug, Default)]
pub struct Kinds {
    /// Those without a namespace, as `clusterKinds` say.
    pub cluster: Names,
    /// Those within one: of the templates, and as `kinds` say.
    pub namespaced: Names,
}

impl Kinds {
    /// `secret` is the template of all ExternalSecrets, which lies in no component's folder.
    pub(crate) fn of(components: &[(&String, &Value)], templates: &Templates, secret: &str) -> Self {
        let components = || components.iter().copied();
        let text = |kind: &Value, key: &str| kind[key].as_str().unwrap_or_default().to_owned();
        let listed = components().filter_map(|(_, component)| component["clusterKinds"].as_array()).flatten();
        let cluster: Names = listed.map(|kind| (text(kind, "group"), text(kind, "kind"))).collect();

        let folders: BTreeSet<String> = components().map(|(name, _)| format!("templates/{name}/")).collect();
        let names = folders.iter().flat_map(|folder| templates.in_folder(folder));
        let sources = names.chain([secret]).filter_map(|name| templates.source(name));
        let mut namespaced: Names = sources.flat_map(|source| written(&source.text)).collect();
        for (group, kinds) in components().filter_map(|(_, component)| component["kinds"].as_object()).flatten() {
            let kinds = kinds.as_array().into_iter().flatten().filter_map(Value::as_str);
            namespaced.extend(kinds.map(|kind| (group.clone(), kind.to_owned())));
        }
        let within = |kind: &(String, String)| !cluster.contains(kind) && !is_cluster_scoped(Some(&kind.0), &kind.1);
        namespaced.retain(within);
        Self { cluster, namespaced }
    }
}

/// The kinds of a template's objects; those that an expression makes stand in `kinds` of the component.
fn written(template: &str) -> Vec<(String, String)> {
    let mut group = None;
    let mut kinds = Vec::new();
    for line in template.lines().filter(|line| !line.contains("{{")) {
        if let Some(version) = line.strip_prefix("apiVersion: ") {
            group = Some(version.rsplit_once('/').map_or("", |(group, _)| group));
        } else if let (Some(kind), Some(group)) = (line.strip_prefix("kind: "), group.take()) {
            kinds.push((group.to_owned(), kind.trim_end().to_owned()));
        }
    }
    kinds
}

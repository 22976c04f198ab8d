//! `explain why-not KIND/NAME` -> what would have to be written for the object to be rendered. Each flag, provider and profile is
//! tried alone, and the patches away: what is said was rendered, not guessed.

use crate::command::explain_line::{find, object};
use crate::command::pipeline::{self, Rendered};
use crate::command::review::flips::{put, with_root};
use crate::group::catalog::Catalog;
use crate::group::memo::Memo;
use crate::plan::features::Cluster;
use crate::text::schema::did_you_mean;
use crate::text::source::Source;
use crate::text::yaml::{self, Node};

/// Why a cluster does not have the object.
pub fn why_not(catalog: &Catalog, rendered: &Rendered<'_>, topic: &str, stem: Option<&str>) -> String {
    let cluster = rendered.cluster;
    let found = find(rendered, topic);
    if !found.is_empty() {
        let all: String = found.into_iter().map(|placed| object(rendered, placed)).collect();
        return format!("cluster {}: it is rendered\n{all}", cluster.name);
    }
    let memo = Memo::default();
    let has = |cluster: &Cluster| {
        pipeline::render(catalog, cluster, &memo).is_ok_and(|rendered| !find(&rendered, topic).is_empty())
    };
    let head = format!("cluster {}: {topic} is not rendered\n", cluster.name);
    let bare = Cluster { patches: Vec::new(), ..cluster.clone() };
    if !cluster.patches.is_empty() && has(&bare) {
        let without = |source: &std::sync::Arc<Source>| {
            let patches = cluster.patches.iter().filter(|other| *other != source).cloned().collect();
            has(&Cluster { patches, ..cluster.clone() })
        };
        let names: Vec<&str> = cluster.patches.iter().filter(|s| without(s)).map(|s| s.name.as_str()).collect();
        return format!(
            "{head}  a patch takes it away: {}\n",
            if names.is_empty() { "several do".into() } else { names.join(", ") }
        );
    }
    let tries: Vec<(Vec<String>, String)> = tries(catalog, rendered);
    let would = tries.into_iter().filter(|(steps, value)| {
        let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
        let root = node(value).map(|node| put(&cluster.written, &steps, Some(&node)));
        root.and_then(|root| with_root(cluster, &root, catalog, stem)).is_some_and(|cluster| has(&cluster))
    });
    let lines: String =
        would.map(|(steps, value)| format!("  it would be with `{}: {value}`\n", steps.join("."))).collect();
    if !lines.is_empty() {
        return head + &lines;
    }
    head + &charts(rendered, topic) + &near(rendered, topic)
}

/// What can be switched: flags, providers, the profile.
fn tries(catalog: &Catalog, rendered: &Rendered<'_>) -> Vec<(Vec<String>, String)> {
    let mut tries = Vec::new();
    for (feature, group) in catalog.features() {
        if rendered.plan.choices.get(group.name.as_str()).is_some_and(|choice| !choice.on) {
            tries.push((vec!["features".to_owned(), feature.to_owned()], "true".to_owned()));
        }
    }
    for group in catalog.groups.values().filter(|group| group.variants.len() > 1) {
        let now = rendered.plan.choices.get(group.name.as_str()).map_or("", |choice| choice.provider);
        for provider in group.variants.keys().filter(|provider| *provider != now) {
            tries.push((vec!["settings".to_owned(), group.name.clone(), "provider".to_owned()], provider.clone()));
        }
    }
    if rendered.plan.platform["profile"] != "ha" {
        tries.push((vec!["platform".to_owned(), "profile".to_owned()], "ha".to_owned()));
    }
    tries
}

fn node(value: &str) -> Option<Node> {
    yaml::read(&Source::new("why-not", value)).ok()
}

/// Charts that say they make it.
fn charts(rendered: &Rendered<'_>, topic: &str) -> String {
    let name = topic.rsplit('/').next().unwrap_or_default();
    let kind = topic.split('/').next().unwrap_or_default();
    let makes = rendered.plan.components.iter().filter(|component| {
        component.chart.as_ref().is_some_and(|chart| chart.creates.iter().any(|e| e.kind == kind && e.name == name))
    });
    makes
        .map(|component| format!("  the chart of the component {} makes it in the cluster\n", component.name))
        .collect()
}

fn near(rendered: &Rendered<'_>, topic: &str) -> String {
    let ids = || rendered.bundle.manifests.keys();
    let kind = topic.split('/').next().unwrap_or_default();
    let names: Vec<String> =
        ids().map(|id| format!("{}/{}/{}", id.kind, id.namespace, id.name).replace("//", "/")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let of_kind: Vec<&str> = names.iter().filter(|name| name.starts_with(&format!("{kind}/"))).copied().collect();
    match did_you_mean(topic, &names) {
        help if help.starts_with("did you mean") => format!("  {help}\n"),
        _ if of_kind.is_empty() => {
            "  no flag, provider or profile alone brings it, and nothing of its kind is rendered\n".to_owned()
        }
        _ => format!("  no flag, provider or profile alone brings it; of its kind: {}\n", of_kind.join(", ")),
    }
}

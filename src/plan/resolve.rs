//! A cluster in, its plan out: the choice of groups, their settings, and all that templates will see, with nothing rendered
//! yet. The order of the strata stands here, their content in the files named after them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::group::catalog::Catalog;
use crate::group::claim::Declared;
use crate::group::component::{Component, Secret};
use crate::group::memo::Memo;
use crate::group::scope::Scope;
use crate::group::template::Context;
use crate::group::written::AgenticText;
use crate::object::existing::{Existing, Silence};
use crate::plan::agentic_stratum::Agentic;
use crate::plan::choice::{Choice, Choices, choose};
use crate::plan::features::Cluster;
use crate::plan::given::given;
use crate::plan::mirror::behind;
use crate::plan::named_guards::{Named, named_guards};
use crate::plan::own::{Own, own, strays};
use crate::plan::patches::{Patches, patches};
use crate::plan::work::Work;
use crate::text::finding::{Code, Finding};
use crate::text::merge::lay;

/// Everything that was decided about one cluster.
#[derive(Debug)]
pub struct Plan<'a> {
    /// The catalog it was made from.
    pub catalog: &'a Catalog,
    /// Name of the cluster.
    pub cluster: String,
    /// `platform`, complete.
    pub platform: Value,
    /// Every group of the catalog by name, on or off.
    pub choices: Choices<'a>,
    /// By group that is on.
    pub scopes: BTreeMap<&'a str, Scope>,
    /// Sorted by wave, then name.
    pub components: Vec<Component>,
    /// In the order of groups and of their files.
    pub secrets: Vec<Secret>,
    /// What the cluster has and we do not render.
    pub existing: Vec<Existing>,
    /// Findings that are not to be reported.
    pub silences: Vec<Silence>,
    /// What the groups that are on claim.
    pub declared: Vec<Arc<Declared>>,
    /// The AiGateway and ToolGateway contracts.
    pub agentic: Agentic,
    /// What the user lays over what is rendered.
    pub patches: Patches,
    /// Objects of the user's own, by component.
    pub own: BTreeMap<String, Vec<Own>>,
    /// What groups say of settings that they take.
    pub advice: Vec<Finding>,
}

/// Resolves one cluster. Equal inputs give equal plans; `memo` changes the time only.
///
/// # Errors
/// Every mistake that the strata up to the first failing one see.
pub fn resolve<'a>(catalog: &'a Catalog, cluster: &Cluster, memo: &Memo) -> Result<Plan<'a>, Vec<Finding>> {
    let (choices, mut findings) = choose(catalog, cluster);
    let Named { cluster, taken, findings: unnamed } = named_guards(&choices, cluster, memo);
    let cluster = &*cluster;
    findings.extend(unnamed);
    let settings = settings(&choices, cluster, &mut findings);
    if !findings.is_empty() {
        return Err(findings);
    }
    let scope = |choice: &Choice<'a>| {
        let name = choice.group.name.as_str();
        (name, Scope::new(&choice.variant().platform(&cluster.platform, &catalog.templates), &settings[name]))
    };
    let scopes = choices.values().filter(|c| c.on).map(scope).collect();
    let mut work = Work {
        templates: &catalog.templates,
        items: &catalog.items,
        cluster,
        choices: &choices,
        scopes,
        memo,
        findings,
        advice: Vec::new(),
        made: 0,
    };
    work.capabilities();
    work.stop()?;
    work.validate();
    work.stop()?;
    let lists = work.lists();
    work.unique(&lists);
    work.stop()?;
    work.add_lists(|name| lists.get(name).map(|items| items.iter().map(|(_, item)| item.clone()).collect()));
    let agentic = work.agentic(&lists, taken);
    work.stop()?;
    work.add_lists(|name| agentic.list(name));
    work.documents();
    work.stop()?;
    let mut components = work.components();
    work.stop()?;
    let own = own(cluster, &mut components, &mut work.findings);
    let patches = patches(cluster, &mut components, &mut work.findings);
    let secrets = work.secrets(&components);
    let existing = work.existing(&components);
    work.advice.extend(strays(&components, &existing, &own));
    let silences = work.silences();
    work.stop()?;
    let engine = engine_lists(catalog, &components, &secrets, &existing, &agentic);
    work.add_lists(|name| engine.get(name).cloned());
    let declared = work.claims();
    work.stop()?;
    let (scopes, advice) = (work.scopes, work.advice);
    Ok(Plan {
        catalog,
        cluster: cluster.name.clone(),
        platform: cluster.platform.clone(),
        choices,
        scopes,
        components,
        secrets,
        existing,
        silences,
        declared,
        agentic,
        patches,
        own,
        advice,
    })
}

/// Stratum 2: each group's settings, complete. Settings of groups that are off are checked as well.
fn settings<'a>(choices: &Choices<'a>, cluster: &Cluster, findings: &mut Vec<Finding>) -> BTreeMap<&'a str, Value> {
    choices.values().map(|choice| (choice.group.name.as_str(), settings_of(choice, cluster, findings))).collect()
}

fn settings_of(choice: &Choice<'_>, cluster: &Cluster, findings: &mut Vec<Finding>) -> Value {
    let variant = choice.variant();
    let profile = cluster.platform["profile"].as_str().unwrap_or_default();
    let mut value = variant.text.profiles.get(profile).cloned().unwrap_or_else(|| json!({}));
    match cluster.settings.get(&choice.group.name) {
        Some(written) => {
            let (own, found) = given(choice, written, cluster);
            findings.extend(found);
            lay(&mut value, &own.to_value());
        }
        None if choice.on => findings.extend(missing(choice, cluster)),
        None => {}
    }
    let mut filled = variant.schema.fill(&value);
    if let Some(registry) = cluster.platform["registry"].as_str() {
        behind(registry, &variant.schema.json, &mut filled);
    }
    filled
}

/// Required settings of a group about which the user says nothing at all.
fn missing(choice: &Choice<'_>, cluster: &Cluster) -> Option<Finding> {
    let required = choice.variant().schema.json["required"].as_array()?;
    let names: Vec<&str> = required.iter().filter_map(Value::as_str).collect();
    (!names.is_empty()).then(|| {
        Finding::error(
            Code::MissingValue,
            format!("`{}` is on and needs settings: {}", choice.group.name, names.join(", ")),
        )
        .place(cluster.place.clone())
        .help(format!(
            "add them under `settings.{}`; `gatewright explain {}` tells what they mean",
            choice.group.name, choice.group.name
        ))
    })
}

/// The folders of contracts that groups ask for, each beside features.yaml.
pub fn folders(catalog: &Catalog, cluster: &Cluster) -> Vec<String> {
    let (choices, _) = choose(catalog, cluster);
    let on = choices.values().filter(|c| c.on).filter_map(|c| Some((c, c.variant().text.agentic.as_ref()?)));
    let folder = |(choice, text): (&Choice<'_>, &AgenticText)| {
        let context = Context::new(&json!({ "settings": settings_of(choice, cluster, &mut Vec::new()) }));
        let filled = catalog.templates.fill(&json!(text.folder), &context).ok()?;
        filled.as_str().map(str::to_owned)
    };
    on.filter_map(folder).collect()
}

/// The lists that the engine contributes. A Namespace that somebody else brings, as a component or `existing` says, is marked:
/// it is in use here and not rendered.
fn engine_lists(
    catalog: &Catalog,
    components: &[Component],
    secrets: &[Secret],
    existing: &[Existing],
    agentic: &Agentic,
) -> BTreeMap<&'static str, Vec<Value>> {
    let mut namespaces: BTreeMap<&str, bool> = BTreeMap::new();
    for component in components {
        for namespace in component.all_namespaces() {
            *namespaces.entry(&namespace.name).or_default() |= component.keep;
        }
    }
    let said = agentic.namespaces();
    namespaces.extend(said.keys().map(|name| (*name, true)));
    let others: BTreeSet<&str> = existing.iter().filter(|e| e.kind == "Namespace").map(|e| e.name.as_str()).collect();
    let namespace = |(name, keep): (&str, bool)| {
        let said = said.get(name).cloned().unwrap_or_else(|| json!({ "labels": {}, "annotations": {} }));
        let (labels, annotations) = (&said["labels"], &said["annotations"]);
        let existing = others.contains(name);
        json!({ "name": name, "keep": keep, "existing": existing, "labels": labels, "annotations": annotations })
    };
    let values =
        |list: Vec<Result<Value, serde_json::Error>>| list.into_iter().map(|v| v.expect("plain data")).collect();
    BTreeMap::from([
        ("cluster_kind", cluster_kinds(catalog, components)),
        ("namespaced_kind", namespaced_kinds(catalog, components, agentic)),
        ("component", values(components.iter().map(serde_json::to_value).collect())),
        ("secret", values(secrets.iter().map(serde_json::to_value).collect())),
        ("namespace", namespaces.into_iter().map(namespace).collect()),
    ])
}

/// The cluster-scoped kinds of all groups, on or off, and of the user's own objects; sorted.
fn cluster_kinds(catalog: &Catalog, components: &[Component]) -> Vec<Value> {
    let own = components.iter().filter(|component| component.group.is_empty());
    let mut kinds = catalog.kinds().cluster.clone();
    kinds.extend(own.flat_map(|component| &component.cluster_kinds).map(|k| (k.group.clone(), k.kind.clone())));
    kinds.into_iter().map(|(group, kind)| json!({ "group": group, "kind": kind })).collect()
}

/// The kinds within namespaces, likewise; those of contracts among the user's own.
fn namespaced_kinds(catalog: &Catalog, components: &[Component], agentic: &Agentic) -> Vec<Value> {
    let own = components.iter().filter(|component| component.group.is_empty()).flat_map(|component| &component.kinds);
    let own = own.flat_map(|(group, kinds)| kinds.iter().map(move |kind| (group.clone(), kind.clone())));
    let contracts =
        agentic.inputs.iter().map(|input| &input.identity).filter(|identity| !identity.namespace.is_empty());
    let mut kinds = catalog.kinds().namespaced.clone();
    kinds.extend(own.chain(contracts.map(|identity| (identity.group.clone(), identity.kind.clone()))));
    kinds.into_iter().map(|(group, kind)| json!({ "group": group, "kind": kind })).collect()
}

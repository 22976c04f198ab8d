//! features.yaml and clusters/*.yaml -> clusters: what the user means, each part with the place where it was written.
//! Knows the names that the catalog allows; decides nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::group::catalog::Catalog;
use crate::object::existing::{Existing, Silence};
use crate::plan::version;
use crate::text::finding::{Code, Finding};
use crate::text::merge::overlay;
use crate::text::schema::{Schema, did_you_mean, invalid_name, is_dns_label};
use crate::text::secret;
use crate::text::source::{Place, Source};
use crate::text::yaml::{self, Kind, Node};

/// The outermost keys of features.yaml.
const KEYS: [&str; 5] = ["platform", "features", "settings", "existing", "silence"];

/// What a user writes: features.yaml and its overlays, one per cluster.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// features.yaml.
    pub features: Arc<Source>,
    /// clusters/*.yaml; empty: one cluster, named by `platform.name`.
    pub clusters: Vec<Arc<Source>>,
}

/// One cluster, overlay applied.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// DNS label; the folder below the output folder.
    pub name: String,
    /// `platform`, checked and complete, with `cluster` added.
    pub platform: Value,
    /// The flags that were set.
    pub flags: BTreeMap<String, Flag>,
    /// The settings that were given, by group.
    pub settings: BTreeMap<String, Node>,
    /// Objects that the user says are there.
    pub existing: Vec<Existing>,
    /// Findings that the user does not want to see.
    pub silences: Vec<Silence>,
    /// features.yaml and the overlay.
    pub sources: Vec<Arc<Source>>,
    /// The user's manifests of contracts; `disk` reads them once it is known where they lie.
    pub manifests: Vec<Arc<Source>>,
    /// Files of `patches/`, in the order in which they are laid; read as late.
    pub patches: Vec<Arc<Source>>,
    /// Files of `manifests/`, by component; read as late.
    pub own: BTreeMap<String, Vec<Arc<Source>>>,
    /// The values of charts that lie in `charts/`.
    pub charts: Vec<Arc<Source>>,
    /// Name of the file that this cluster's overlay is laid over; without `clusters/` none.
    pub base: Option<String>,
    /// Where the patches begin that are not laid: `prove` tries sets that lack their targets.
    pub without: BTreeSet<Place>,
    /// Where `features:` stands, for flags that are not there.
    pub place: Place,
    /// All of it as it was written, overlay applied.
    pub written: Node,
}

impl Cluster {
    /// The user's files that were read for it.
    pub fn files(&self) -> impl Iterator<Item = &Arc<Source>> {
        let own = self.own.values().flatten();
        self.sources.iter().chain(&self.manifests).chain(&self.patches).chain(&self.charts).chain(own)
    }
}

/// A feature flag as written.
#[derive(Clone, Debug)]
pub struct Flag {
    /// On, or never.
    pub on: bool,
    /// Its key.
    pub place: Place,
}

/// Reads all clusters, as far as mistakes allow, and every mistake in every file. Nothing may be rendered when there is
/// one; later strata still look at what could be read, so that all mistakes are told together.
pub fn read(inputs: &Inputs, catalog: &Catalog) -> (Vec<Cluster>, Vec<Finding>) {
    let mut findings = Vec::new();
    let base = match yaml::read(&inputs.features) {
        Ok(base) => base,
        Err(finding) => return (Vec::new(), vec![finding]),
    };
    let mut clusters = Vec::new();
    if inputs.clusters.is_empty() {
        let sources = vec![inputs.features.clone()];
        clusters.extend(cluster(&base, None, catalog, &mut findings).map(|c| Cluster { sources, ..c }));
    } else if shape(&base, &mut findings) {
        // An overlay must not hide a mistake of the base.
        flags(&base, catalog, &mut findings);
        settings(&base, catalog, &mut findings);
        lists(&base, catalog, &mut findings);
    }
    let mut names: BTreeMap<String, &Arc<Source>> = BTreeMap::new();
    for source in &inputs.clusters {
        let stem = stem(source);
        let start = Place::new(source, 0, 0);
        if let Some(other) = names.insert(stem.to_lowercase(), source) {
            findings.push(
                Finding::error(
                    Code::DuplicateCluster,
                    format!("`{}` and `{}` name one cluster", other.name, source.name),
                )
                .place(start)
                .help("names of clusters differ in more than upper and lower case: some file systems see one folder"),
            );
        } else if !is_dns_label(&stem) {
            findings.push(invalid_name("the cluster", &stem, start));
        } else {
            match yaml::read(source) {
                Ok(over) => {
                    if let Some(name) = over.get("platform").and_then(|p| p.entry("name")) {
                        findings.push(
                            Finding::error(
                                Code::UnknownKey,
                                "a cluster has no `platform.name`: the file's name is its name",
                            )
                            .place(name.place.clone())
                            .help("remove this line"),
                        );
                    }
                    let made = cluster(&overlay(&base, &over), Some(stem), catalog, &mut findings);
                    let sources = vec![inputs.features.clone(), source.clone()];
                    clusters.extend(made.map(|cluster| Cluster { sources, ..cluster }));
                }
                Err(finding) => findings.push(finding),
            }
        }
    }
    for source in inputs.clusters.iter().chain([&inputs.features]) {
        secret::literals_in_comments(source, &mut findings);
    }
    (clusters, findings)
}

/// One cluster of a merged file, as [`read`] reads it; `stem` names it where there are several.
pub fn of_root(root: &Node, stem: Option<String>, catalog: &Catalog) -> (Option<Cluster>, Vec<Finding>) {
    let mut findings = Vec::new();
    (cluster(root, stem, catalog, &mut findings), findings)
}

fn stem(source: &Source) -> String {
    let file = source.name.rsplit('/').next().unwrap_or(&source.name);
    file.strip_suffix(".yaml").unwrap_or(file).to_owned()
}

/// Reads one merged file; `None` when a mistake leaves nothing to go on with.
fn cluster(root: &Node, stem: Option<String>, catalog: &Catalog, findings: &mut Vec<Finding>) -> Option<Cluster> {
    if !shape(root, findings) {
        return None;
    }
    let flags = flags(root, catalog, findings);
    let settings = settings(root, catalog, findings);
    let (existing, silences) = lists(root, catalog, findings);
    let place = root.place_at("/features");
    let base = stem.as_ref().map(|_| root.place.source.name.clone());
    let platform = platform(root, stem, catalog, findings)?;
    let name = platform["cluster"].as_str()?.to_owned();
    let written = root.clone();
    Some(Cluster {
        name,
        platform,
        flags,
        settings,
        existing,
        silences,
        sources: Vec::new(),
        manifests: Vec::new(),
        patches: Vec::new(),
        own: BTreeMap::new(),
        charts: Vec::new(),
        base,
        without: BTreeSet::new(),
        place,
        written,
    })
}

/// The outermost keys, and nothing secret below them; false when there is nothing to go on with.
fn shape(root: &Node, findings: &mut Vec<Finding>) -> bool {
    if !matches!(root.kind, Kind::Map(_)) {
        findings.push(not_a_map("this file", root));
        return false;
    }
    for entry in root.entries() {
        if !KEYS.contains(&entry.key.as_str()) {
            let help = did_you_mean(&entry.key, &KEYS);
            let finding = Finding::error(Code::UnknownKey, format!("`{}` means nothing here", entry.key));
            findings.push(finding.place(entry.place.clone()).help(help));
        }
    }
    secret::literals(root, findings);
    secret::variables(root, findings);
    true
}

fn platform(root: &Node, stem: Option<String>, catalog: &Catalog, findings: &mut Vec<Finding>) -> Option<Value> {
    let Some(node) = root.get("platform") else {
        findings.push(
            Finding::error(Code::MissingValue, "`platform` is missing")
                .place(root.place.clone())
                .help("add `platform:` with `name` and `argocd.repoURL`; `gatewright init` shows how"),
        );
        return None;
    };
    let mistakes = catalog.platform.findings(node, "platform");
    let sound = mistakes.is_empty();
    findings.extend(mistakes);
    if let Some(name) = node.get("name")
        && let Kind::String(text) = &name.kind
        && !is_dns_label(text)
    {
        findings.push(invalid_name("the platform's name", text, name.place.clone()));
        return None;
    }
    if !sound {
        return None;
    }
    let mut platform = catalog.platform.fill(&node.to_value());
    findings.extend(follow_ring(&mut platform, node));
    let name = platform["name"].as_str()?.to_owned();
    // Nothing that is rendered depends on it.
    let wanted = platform.as_object_mut().and_then(|platform| platform.shift_remove("gatewright"));
    findings.extend(wanted.and_then(|wanted| version::other(wanted.as_str()?, node.place_at("/gatewright"))));
    // Two platforms may have clusters of one name, and share an Argo CD.
    let in_argocd = match &stem {
        Some(cluster) if platform["argocd"]["names"] == "platform" => format!("{name}-{cluster}"),
        Some(cluster) => cluster.clone(),
        None => name.clone(),
    };
    platform["cluster"] = stem.unwrap_or(name).into();
    let wrong = match in_argocd.as_str() {
        "default" => {
            let finding = Finding::error(Code::InvalidName, "`default` is the name of Argo CD's own project");
            finding.help("the cluster's name is that of its AppProject: choose another one")
        }
        long if !is_dns_label(long) => invalid_name("the name in Argo CD", long, node.place_at("/name")),
        _ => {
            platform["argocd"]["name"] = in_argocd.into();
            return Some(platform);
        }
    };
    findings.push(wrong.place(node.place_at("/name")));
    None
}

/// A cluster in a ring follows the branch and folder of the ring.
fn follow_ring(platform: &mut Value, node: &Node) -> Option<Finding> {
    let rings = platform["argocd"]["rings"].as_object().filter(|rings| !rings.is_empty())?.clone();
    let name = platform["labels"]["ring"].as_str()?;
    let Some(ring) = rings.get(name) else {
        let names: Vec<&str> = rings.keys().map(String::as_str).collect();
        let finding = Finding::error(Code::InvalidValue, format!("`platform.argocd.rings` has no ring `{name}`"));
        return Some(finding.place(node.place_at("/labels/ring")).help(did_you_mean(name, &names)));
    };
    for key in ["revision", "path"] {
        if let Some(of_ring) = ring.get(key).filter(|value| !value.is_null()) {
            platform["argocd"][key] = of_ring.clone();
        }
    }
    None
}

fn flags(root: &Node, catalog: &Catalog, findings: &mut Vec<Finding>) -> BTreeMap<String, Flag> {
    let known = catalog.features();
    let names: Vec<&str> = known.keys().copied().collect();
    let mut flags = BTreeMap::new();
    let Some(node) = root.get("features") else { return flags };
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        findings.push(not_a_map("`features`", node));
    }
    for entry in node.entries() {
        if !known.contains_key(entry.key.as_str()) {
            let core = catalog.groups.get(&entry.key).is_some_and(|group| group.feature.is_none());
            let (message, help) = match core {
                true => (format!("`{}` has no flag: it is always on", entry.key), "remove this line".to_owned()),
                false => (format!("there is no feature `{}`", entry.key), did_you_mean(&entry.key, &names)),
            };
            findings.push(Finding::error(Code::UnknownKey, message).place(entry.place.clone()).help(help));
            continue;
        }
        match (&entry.value.kind, entry.value.place.text()) {
            (Kind::Bool(on), "true" | "false") => {
                flags.insert(entry.key.clone(), Flag { on: *on, place: entry.place.clone() });
            }
            _ => findings.push(not_a_flag(&entry.key, &entry.value, &entry.place)),
        }
    }
    flags
}

fn not_a_flag(feature: &str, value: &Node, key: &Place) -> Finding {
    let written = value.place.text();
    let (is, place) = match &value.kind {
        Kind::Null if written.is_empty() => ("has no value".to_owned(), key),
        Kind::List(_) | Kind::Map(_) => (format!("is {}", value.describe()), &value.place),
        _ => (format!("is `{written}`"), &value.place),
    };
    let meant = match &value.kind {
        Kind::Bool(on) => Some(*on),
        Kind::Number(n) => n.as_u64().filter(|n| *n <= 1).map(|n| n == 1),
        Kind::String(s) => match s.to_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "enabled" => Some(true),
            "false" | "no" | "off" | "n" | "disabled" => Some(false),
            _ => None,
        },
        _ => None,
    };
    Finding::error(Code::NotAFlag, format!("the feature `{feature}` {is}; a flag is `true` or `false`"))
        .place(place.clone())
        .help(match meant {
            Some(on) => format!("write `{feature}: {on}`"),
            None => format!("write `{feature}: true`, or `false`, or remove the line (on only if something needs it)"),
        })
}

fn settings(root: &Node, catalog: &Catalog, findings: &mut Vec<Finding>) -> BTreeMap<String, Node> {
    let names: Vec<&str> = catalog.groups.keys().map(String::as_str).collect();
    let mut settings = BTreeMap::new();
    let Some(node) = root.get("settings") else { return settings };
    if !matches!(node.kind, Kind::Map(_) | Kind::Null) {
        findings.push(not_a_map("`settings`", node));
    }
    for entry in node.entries() {
        if !catalog.groups.contains_key(&entry.key) {
            findings.push(
                Finding::error(Code::UnknownKey, format!("there is no group `{}` to set", entry.key))
                    .place(entry.place.clone())
                    .help(did_you_mean(&entry.key, &names)),
            );
        } else if matches!(entry.value.kind, Kind::Map(_)) {
            settings.insert(entry.key.clone(), entry.value.clone());
        } else if !matches!(entry.value.kind, Kind::Null) {
            findings.push(not_a_map(&format!("`settings.{}`", entry.key), &entry.value));
        }
    }
    settings
}

fn lists(root: &Node, catalog: &Catalog, findings: &mut Vec<Finding>) -> (Vec<Existing>, Vec<Silence>) {
    let existing: Vec<(Existing, Place)> = items(root, "existing", &catalog.existing, findings);
    for (item, place) in existing.iter().filter(|(item, _)| item.kind == "Namespace" && !is_dns_label(&item.name)) {
        findings.push(invalid_name("the namespace", &item.name, place.clone()));
    }
    let silences = items(root, "silence", &catalog.silence, findings);
    let placed = |(silence, place)| Silence { place: Some(place), ..silence };
    (existing.into_iter().map(|(item, _)| item).collect(), silences.into_iter().map(placed).collect())
}

/// The items of a list at the top of the file that follow their schema, with their places.
fn items<T: DeserializeOwned>(root: &Node, key: &str, schema: &Schema, findings: &mut Vec<Finding>) -> Vec<(T, Place)> {
    let list = match root.get(key) {
        Some(Node { kind: Kind::List(items), .. }) => items.as_slice(),
        None | Some(Node { kind: Kind::Null, .. }) => &[],
        Some(other) => {
            let finding =
                Finding::error(Code::WrongShape, format!("`{key}` is {}, it must be a list", other.describe()));
            findings.push(finding.place(other.place.clone()).help("items that start with `- `, below it"));
            &[]
        }
    };
    let mut read = Vec::new();
    for item in list {
        let mistakes = schema.findings(item, &format!("{key}[]"));
        if mistakes.is_empty() {
            let typed = serde_json::from_value(item.to_value()).expect("the schema admits nothing else");
            read.push((typed, item.place.clone()));
        }
        findings.extend(mistakes);
    }
    read
}

fn not_a_map(what: &str, node: &Node) -> Finding {
    Finding::error(Code::WrongShape, format!("{what} is {}, it must be a map", node.describe()))
        .place(node.place.clone())
        .help("keys with values, indented below it")
}

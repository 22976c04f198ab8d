//! Inventory -> Applications that cannot deliver what they are to deliver, and objects that none or several deliver. Follows
//! Argo CD 3.4.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::object::api_group::{APIEXTENSIONS, ARGOCD};
use crate::object::existing::Existing;
use crate::object::object::{Identity, Object};
use crate::references::delivery::{self, folder_of, one_repository, wildcard};
use crate::references::inventory::{Absence, Inventory, Origin};
use crate::references::waves;
use crate::text::finding::{Code, Finding, Severity};
use crate::text::schema::did_you_mean;

/// Applications with waves of their own, where nothing makes the waves wait.
pub fn waves(inventory: &Inventory<'_, '_>) -> Option<Finding> {
    let applications = &inventory.delivery.applications;
    let wave = |a: &Object<'_>| delivery::turn(a).1;
    let other = |a: &&Object<'_>| wave(a) != wave(&applications[0]);
    let (first, other) = (applications.first()?, applications.iter().find(other)?);
    if !inventory.world.closed || waves::waits(inventory, first.home()) {
        return None;
    }
    let at = "/metadata/annotations/argocd.argoproj.io~1sync-wave";
    let message = format!("{} has a wave, and no argocd-cm lets waves wait for Applications", other.identity);
    let finding = other.warning(Code::SyncOrder, at, message);
    Some(finding.help("restore `resource.customizations.health.argoproj.io_Application` in argocd-cm (argo-cd #3781)"))
}

/// The project of each Application is there and allows its sources, its destination and what it delivers.
pub fn projects(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut delivered: BTreeMap<usize, Vec<&Object<'_>>> = BTreeMap::new();
    for object in inventory.world.objects.iter() {
        for application in inventory.delivery.of(object.path) {
            delivered.entry(application).or_default().push(object);
        }
    }
    let mut brought: BTreeMap<usize, Vec<&Existing>> = BTreeMap::new();
    for existing in inventory.world.existing {
        if let Some(maker) = inventory.delivery.maker(existing) {
            brought.entry(maker).or_default().push(existing);
        }
    }
    let mut known: BTreeMap<&Identity, Permits<'_>> = BTreeMap::new();
    for (position, application) in inventory.delivery.applications.iter().enumerate() {
        let name = Some(application.text_at("/spec/project")).filter(|n| !n.is_empty()).unwrap_or("default");
        let mut named = inventory.of(ARGOCD, "AppProject").filter(|project| project.name == name);
        let project =
            inventory.find(ARGOCD, "AppProject", &application.identity.namespace, name).or_else(|| named.next());
        let Some(Origin::File(project)) = project.map(|p| &p.origin) else {
            findings.extend(no_project(inventory, application, name));
            continue;
        };
        let permits = known.entry(project.identity).or_insert_with(|| Permits::new(*project));
        findings.extend(home(application, permits));
        findings.extend(repositories(application, permits));
        findings.extend(destination(application, permits));
        let objects = delivered.remove(&position).unwrap_or_default();
        findings.extend(contents(inventory, application, permits, &objects));
        findings.extend(elsewhere(application, permits, &brought.remove(&position).unwrap_or_default()));
    }
    findings
}

/// What a project allows: thousands of Applications may ask one with thousands of patterns.
struct Permits<'a> {
    project: Object<'a>,
    /// Patterns of repositories; those with `!` close what they name to the project, and open nothing.
    open: Vec<String>,
    closed: Vec<String>,
    /// Server, its name, and namespace.
    destinations: Vec<[&'a str; 3]>,
}

impl<'a> Permits<'a> {
    fn new(project: Object<'a>) -> Self {
        let repositories = project.items("/spec/sourceRepos").iter().filter_map(Value::as_str);
        let (closed, open): (Vec<&str>, Vec<&str>) = repositories.partition(|pattern| pattern.starts_with('!'));
        let destinations = project.items("/spec/destinations").iter();
        let fields = |d: &'a Value| ["server", "name", "namespace"].map(|key| d[key].as_str().unwrap_or_default());
        Self {
            project,
            open: open.into_iter().map(plain).collect(),
            closed: closed.into_iter().map(|pattern| plain(&pattern[1..])).collect(),
            destinations: destinations.map(fields).collect(),
        }
    }
}

/// A repository as Argo CD compares it.
fn plain(url: &str) -> String {
    one_repository(url).to_lowercase()
}

fn no_project(inventory: &Inventory<'_, '_>, application: &Object<'_>, name: &str) -> Option<Finding> {
    let namespace = application.identity.namespace.as_str();
    if name == "default" || inventory.absence(application, (ARGOCD, "AppProject"), namespace, name) == Absence::Unknown
    {
        return None;
    }
    let known: Vec<&str> = inventory.of(ARGOCD, "AppProject").map(|p| p.name.as_ref()).collect();
    let message = format!("{} names AppProject {name}, which is not there", application.identity);
    Some(application.error(Code::DanglingReference, "/spec/project", message).help(did_you_mean(name, &known)))
}

fn refused(application: &Object<'_>, permits: &Permits<'_>, pointer: &str, what: &str, field: &str) -> Finding {
    let message = format!("{} does not allow {what} to {}", permits.project.identity, application.identity);
    let finding = application.error(Code::NotPermitted, pointer, message);
    finding.related(permits.project.place(&format!("/spec/{field}")), "what the project allows")
}

/// Argo CD reads Applications in its own namespace, and in others where the project says so.
fn home(application: &Object<'_>, permits: &Permits<'_>) -> Option<Finding> {
    let project = &permits.project;
    let namespace = application.identity.namespace.as_str();
    let sources = project.items("/spec/sourceNamespaces");
    let allowed =
        namespace == project.identity.namespace || namespace.is_empty() || project.identity.namespace.is_empty();
    if allowed || sources.iter().filter_map(Value::as_str).any(|pattern| wildcard(pattern, namespace)) {
        return None;
    }
    let finding =
        refused(application, permits, "/metadata/namespace", &format!("the namespace {namespace}"), "sourceNamespaces");
    Some(finding.help(format!("Argo CD reads Applications in {}", project.identity.namespace)))
}

fn repositories(application: &Object<'_>, permits: &Permits<'_>) -> Vec<Finding> {
    let hit = |patterns: &[String], url: &str| patterns.iter().any(|pattern| wildcard(pattern, url));
    let fits = |url: &str| hit(&permits.open, url) && !hit(&permits.closed, url);
    let several = (0..application.items("/spec/sources").len()).map(|i| format!("/spec/sources/{i}"));
    let pointers = ["/spec/source".to_owned()].into_iter().chain(several).map(|source| format!("{source}/repoURL"));
    let wrong = pointers.filter(|pointer| {
        let url = application.text_at(pointer);
        !url.is_empty() && !fits(&plain(url))
    });
    let one = |pointer: String| {
        let url = application.text_at(&pointer);
        let finding = refused(application, permits, &pointer, &format!("the repository {url}"), "sourceRepos");
        let allowed = permits.project.items("/spec/sourceRepos").iter().filter_map(Value::as_str);
        finding.help(did_you_mean(url, &allowed.collect::<Vec<_>>()))
    };
    wrong.map(one).collect()
}

/// How a field of a destination takes a text: `!` takes all that it does not name, and what it names is closed whatever other
/// destinations say (argo-cd 3.4, `isDestinationMatched`).
#[derive(Clone, Copy, PartialEq)]
enum Taken {
    Yes,
    No,
    Closed,
}

fn taken(pattern: &str, text: &str) -> Taken {
    match pattern.strip_prefix('!') {
        Some(closed) if wildcard(closed, text) => Taken::Closed,
        Some(_) => Taken::Yes,
        None if wildcard(pattern, text) => Taken::Yes,
        None => Taken::No,
    }
}

/// True where a project lets an Application put something into a namespace.
fn is_destination(application: &Object<'_>, permits: &Permits<'_>, namespace: &str) -> bool {
    const HERE: &str = "https://kubernetes.default.svc";
    let (server, name) =
        (application.text_at("/spec/destination/server"), application.text_at("/spec/destination/name"));
    let server = if server.is_empty() && name == "in-cluster" { HERE } else { server };
    let one = |[of_server, of_name, of_namespace]: &[&str; 3]| {
        let by_server = if server.is_empty() { Taken::No } else { taken(of_server, server) };
        let by_name = if name.is_empty() { Taken::No } else { taken(of_name, name) };
        // Which server a name stands for is known to Argo CD alone.
        let unknown = !name.is_empty() && of_name.is_empty() && server.is_empty()
            || !of_name.is_empty() && of_server.is_empty() && name.is_empty();
        let there = unknown || by_server == Taken::Yes || by_name == Taken::Yes;
        match taken(of_namespace, namespace) {
            Taken::Yes if there => Taken::Yes,
            Taken::Closed => Taken::Closed,
            _ if by_server == Taken::Closed || by_name == Taken::Closed => Taken::Closed,
            _ => Taken::No,
        }
    };
    let all: Vec<Taken> = permits.destinations.iter().map(one).collect();
    all.contains(&Taken::Yes) && !all.contains(&Taken::Closed)
}

fn destination(application: &Object<'_>, permits: &Permits<'_>) -> Option<Finding> {
    let pointer = "/spec/destination/namespace";
    let namespace = application.text_at(pointer);
    if namespace.is_empty() || is_destination(application, permits, namespace) {
        return None;
    }
    let cluster = ["server", "name"].map(|key| application.text_at(&format!("/spec/destination/{key}"))).concat();
    let what = format!("the namespace {namespace} of {cluster}");
    Some(refused(application, permits, pointer, &what, "destinations"))
}

/// Namespaces and kinds of the objects in an Application's folder.
fn contents(
    inventory: &Inventory<'_, '_>,
    application: &Object<'_>,
    permits: &Permits<'_>,
    objects: &[&Object<'_>],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut namespaces: BTreeSet<&str> = BTreeSet::new();
    let mut kinds: BTreeSet<(&str, &str, bool)> = BTreeSet::new();
    for object in objects {
        let identity = object.identity;
        let namespace = identity.namespace.as_str();
        let in_destination = namespace == application.text_at("/spec/destination/namespace");
        if !namespace.is_empty()
            && !in_destination
            && namespaces.insert(namespace)
            && !is_destination(application, permits, namespace)
        {
            let finding = refused(
                application,
                permits,
                "/spec/project",
                &format!("the namespace {namespace} of {identity}"),
                "destinations",
            );
            findings.push(finding.related(object.place("/metadata/namespace"), "this lies in it"));
        }
        let cluster_scoped = namespace.is_empty();
        if cluster_scoped && !inventory.world.closed && !inventory.scopes.is_cluster(&identity.group, &identity.kind) {
            continue;
        }
        if kinds.insert((&identity.group, &identity.kind, cluster_scoped))
            && !is_kind(&permits.project, (&identity.group, &identity.kind), cluster_scoped)
        {
            let (field, scope) = match cluster_scoped {
                true => ("clusterResourceWhitelist", "the cluster-scoped kind"),
                false => ("namespaceResourceWhitelist", "the kind"),
            };
            let what = format!("{scope} {} of {identity}", identity.kind);
            let finding = refused(application, permits, "/spec/project", &what, field);
            let finding = finding.related(object.place("/kind"), "this is of that kind");
            findings.push(
                finding.help("add it to that list; in a group file to `clusterKinds` or `kinds` of the component"),
            );
        }
    }
    findings
}

/// Absent lists: of cluster-scoped kinds none are allowed, of the others all.
fn is_kind(project: &Object<'_>, (group, kind): (&str, &str), cluster_scoped: bool) -> bool {
    let scope = if cluster_scoped { "cluster" } else { "namespace" };
    let listed = |list: &str| {
        let entries = project.items(&format!("/spec/{scope}Resource{list}")).iter();
        entries.filter(|e| e.get("name").is_none()).any(|entry| {
            let fits = |key: &str, text: &str| wildcard(entry[key].as_str().unwrap_or_default(), text);
            fits("group", group) && fits("kind", kind)
        })
    };
    let whitelist = project.at(&format!("/spec/{scope}ResourceWhitelist"));
    let named = whitelist.and_then(Value::as_array).is_some_and(|list| list.iter().any(|e| e.get("name").is_some()));
    let allowed = listed("Whitelist") || named || !cluster_scoped && whitelist.is_none();
    allowed && !listed("Blacklist")
}

/// What a chart puts into other namespaces than its own, and its kinds.
fn elsewhere(application: &Object<'_>, permits: &Permits<'_>, brought: &[&Existing]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for e in brought {
        let own = application.text_at("/spec/destination/namespace");
        let strange = e.namespace.as_deref().filter(|n| *n != own && !is_destination(application, permits, n));
        if let Some(namespace) = strange {
            let what = format!("the namespace {namespace} of its {} {}", e.kind, e.name);
            findings.push(refused(application, permits, "/spec/project", &what, "destinations"));
        }
        let definition = (APIEXTENSIONS, "CustomResourceDefinition");
        if e.kind == definition.1 && !is_kind(&permits.project, definition, true) {
            let what = format!("the cluster-scoped kind {} of its {}", e.kind, e.name);
            findings.push(refused(application, permits, "/spec/project", &what, "clusterResourceWhitelist"));
            break;
        }
    }
    findings
}

/// Every path of an Application in this repository is a folder of it.
pub fn paths(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let delivery = &inventory.delivery;
    let Some((repository, start)) = delivery.home else { return Vec::new() };
    let lost = delivery.sources.iter().filter(|source| {
        let here = inventory.world.closed || !start.is_empty() && source.path.starts_with(start);
        source.folder.is_none() && source.repository == repository && here
    });
    let folders: Vec<String> = delivery.folders.iter().map(|folder| format!("{start}{folder}")).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let one = |source: &delivery::Source<'_>| {
        let application = &delivery.applications[source.application];
        let message = format!("{} delivers the folder {}, which is not there", application.identity, source.path);
        let finding = application.error(Code::DanglingReference, &format!("{}/path", source.pointer), message);
        finding.help(did_you_mean(source.path, &folders))
    };
    lost.map(one).collect()
}

/// Every object is delivered by one Application.
pub fn owners(inventory: &Inventory<'_, '_>) -> Vec<Finding> {
    let delivery = &inventory.delivery;
    if delivery.home.is_none() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut undelivered: BTreeMap<&str, Vec<&Object<'_>>> = BTreeMap::new();
    let mut twice: BTreeSet<(usize, usize)> = BTreeSet::new();
    for object in inventory.world.objects.iter() {
        match delivery.of(object.path)[..] {
            [] => undelivered.entry(folder_of(object.path)).or_default().push(object),
            [first, second, ..] if twice.insert((first, second)) => {
                let (first, second) = (&delivery.applications[first], &delivery.applications[second]);
                let message =
                    format!("{} is delivered by {} and by {}", object.identity, first.identity, second.identity);
                let finding = object.error(Code::NestedPaths, "/metadata/name", message);
                findings.push(finding.help("one object has one owner: the one that prunes deletes it for both"));
            }
            _ => {}
        }
    }
    findings
        .extend(undelivered.into_iter().filter_map(|(folder, objects)| nobody_delivers(inventory, folder, &objects)));
    findings
}

/// A folder is applied by hand when it holds what Argo CD itself needs. Elsewhere the files of others may be for anything;
/// one among folders that are delivered stands out.
fn nobody_delivers(inventory: &Inventory<'_, '_>, folder: &str, objects: &[&Object<'_>]) -> Option<Finding> {
    let (world, delivery) = (inventory.world, &inventory.delivery);
    // It delivers other Applications.
    let is_root = |object: &&Object<'_>| {
        let own = delivery.position(object);
        let mut folders = delivery.sources.iter().filter(|s| own == Some(s.application)).filter_map(|s| s.folder);
        folders.any(|folder| delivery.applications.iter().any(|a| folder_of(a.path) == folder))
    };
    let sibling = || {
        let beside = |other: &str| folder_of(other) == folder_of(folder) && !folder.is_empty() && !other.is_empty();
        delivery.sources.iter().filter_map(|s| s.folder).any(beside)
    };
    let built = || world.files.iter().any(|f| f.ends_with("kustomization.yaml") || f.ends_with("Chart.yaml"));
    let by_hand = match world.closed {
        true => objects.iter().any(is_root),
        false => {
            !sibling()
                || built()
                || objects.iter().all(|o| o.identity.group == ARGOCD)
                || world.objects.of(ARGOCD, "ApplicationSet").next().is_some()
        }
    };
    if by_hand {
        return None;
    }
    let (first, others) = objects.split_first()?;
    let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
    let message = format!("no Application delivers the folder {folder} with {}{more}", first.identity);
    let finding = first.error(Code::NotDelivered, "/metadata/name", message).help("add an Application with that path");
    Some(Finding { severity: if world.closed { Severity::Error } else { Severity::Warning }, ..finding })
}

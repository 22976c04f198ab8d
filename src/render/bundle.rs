//! Plan + templates -> manifests, sorted and unique. A manifest is immutable and shared; rendering it again from equal
//! inputs gives the one already there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::group::catalog::SECRET_TEMPLATE;
use crate::group::component::{Component, Secret};
use crate::group::memo::Memo;
use crate::group::template::pick;
use crate::object::chart_values;
use crate::object::object::Identity;
use crate::plan::own::Own;
use crate::plan::resolve::Plan;
use crate::render::manifest::{ChartValues, Manifest, Placed};
use crate::render::patched;
use crate::text::digest;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::{Place, Source};
use crate::text::yaml;

/// All manifests of one cluster, by identity.
#[derive(Debug)]
pub struct Bundle {
    /// The manifests.
    pub manifests: BTreeMap<Identity, Placed>,
    /// The values of charts, by path below the cluster's folder.
    pub values: BTreeMap<String, Arc<ChartValues>>,
}

/// What a template or a component yields.
type Made = Vec<Arc<Manifest>>;

/// Most text of a cluster's objects, in bytes.
pub const MAX_RENDERED: usize = 64 << 20;

/// Renders all components of a plan.
///
/// # Errors
/// Every template that fails, yields something else than objects, or repeats an object.
pub fn render(plan: &Plan<'_>, memo: &Memo) -> Result<Bundle, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut manifests: BTreeMap<Identity, Placed> = BTreeMap::new();
    let rendered: Vec<&Component> = plan.components.iter().filter(|c| c.path.is_some()).collect();
    let made = AtomicUsize::new(0);
    let one = |c: &&Component| of_component(plan, c, memo).and_then(|objects| bounded(objects, &made));
    let all: Vec<Result<Arc<Made>, Vec<Finding>>> = rendered.par_iter().map(one).collect();
    for (component, made) in rendered.iter().zip(all) {
        let made = made.unwrap_or_else(|wrong| {
            findings.extend(wrong);
            Arc::default()
        });
        for manifest in made.iter() {
            let placed = Placed {
                manifest: manifest.clone(),
                component: component.name.clone(),
                path: String::new(),
                files: OnceLock::new(),
            };
            if let Some(other) = manifests.insert(manifest.identity.clone(), placed) {
                let message = format!("{} comes from {} as well", manifest.identity, other.manifest.template);
                let finding = Finding::error(Code::DuplicateObject, message);
                findings.push(
                    match (written(plan, component, manifest), plan.catalog.templates.source(&manifest.template)) {
                        (Some(own), _) => finding
                            .place(own.node.place.clone())
                            .help("one object has one owner: rename it, or bend the other by a patch"),
                        (None, Some(source)) => finding
                            .place(Place::new(source, 0, 0))
                            .help("one object has one owner: rename one, or drop it"),
                        (None, None) => finding,
                    },
                );
            }
        }
    }
    if findings.is_empty() {
        findings.extend(patched::lay_all(plan, &mut manifests, memo));
    }
    let values = values(plan, memo);
    let bytes: usize = values.values().map(|values| values.text.len()).sum();
    findings.extend(within_bounds(bytes, &made).err());
    link(&mut manifests, &values, memo);
    let bundle = assign_paths(plan, manifests, values);
    if findings.is_empty() { Ok(bundle) } else { Err(findings) }
}

/// The object as the user wrote it, where it is one of the user's own.
pub fn written<'p>(plan: &'p Plan<'_>, component: &Component, manifest: &Manifest) -> Option<&'p Own> {
    plan.own.get(&component.name)?.iter().find(|own| own.identity == manifest.identity)
}

/// A template with the values that it names.
#[derive(Debug)]
pub struct Job<'p> {
    component: &'p Component,
    /// Name of the template.
    pub template: &'p str,
    /// What it sees.
    pub context: Value,
}

/// What a component renders: its folder's templates, and the template of secrets for each of its secrets.
pub fn jobs<'p>(plan: &'p Plan<'_>, component: &'p Component) -> Vec<Job<'p>> {
    let templates = &plan.catalog.templates;
    let folder = format!("templates/{}/", component.entry);
    let mut whole = Cow::Borrowed(plan.scopes[component.group.as_str()].value());
    for (name, value) in &component.own {
        whole.to_mut()[name] = value.clone();
    }
    let job = |template: &'p str, context: &Value| Job {
        component,
        template,
        context: pick(context, templates.inputs(template)),
    };
    let mut jobs: Vec<Job<'p>> =
        templates.in_folder(&folder).into_iter().map(|template| job(template, &whole)).collect();
    for secret in plan.secrets.iter().filter(|s| s.component == component.name) {
        let secret = serde_json::to_value(secret).expect("plain data");
        let context = json!({ "platform": plan.platform, "capabilities": whole["capabilities"], "secret": secret });
        jobs.push(job(SECRET_TEMPLATE, &context));
    }
    jobs
}

/// Objects that, with all those made before, are not too much.
fn bounded(objects: Arc<Made>, before: &AtomicUsize) -> Result<Arc<Made>, Vec<Finding>> {
    let bytes: usize = objects.iter().map(|manifest| manifest.text.len()).sum();
    within_bounds(bytes, before).map(|()| objects).map_err(|finding| vec![finding])
}

fn within_bounds(bytes: usize, before: &AtomicUsize) -> Result<(), Finding> {
    if before.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_RENDERED {
        return Ok(());
    }
    let sentence = format!("the templates of this cluster yield more than {} MiB", MAX_RENDERED >> 20);
    Err(Finding::error(Code::TemplateOutput, sentence).help("write less"))
}

/// The values of all charts.
fn values(plan: &Plan<'_>, memo: &Memo) -> BTreeMap<String, Arc<ChartValues>> {
    let mut files = BTreeMap::new();
    for component in &plan.components {
        let Some(chart) = &component.chart else { continue };
        let (name, group) = (component.name.as_str(), component.group.as_str());
        let head = format!(
            "# Generated by gatewright: group {group}, values of the chart {name}. Change features.yaml or groups/{group}.yaml, not this file.\n"
        );
        let patches = plan.patches.values.get(name).into_iter().flatten();
        let head: String =
            [head].into_iter().chain(patches.map(|p| patched::line(&p.node.place.source.name))).collect();
        let make = || -> Result<ChartValues, std::convert::Infallible> {
            let text: Arc<str> = Arc::from(head.clone() + &yaml::emit(&chart.values));
            let digest = digest::hex(text.as_bytes());
            Ok(ChartValues { component: name.to_owned(), value: chart.values.clone(), text, digest })
        };
        let Ok(made) = memo.get("values", &[&head, name, &chart.values.to_string()], make);
        files.insert(chart_values::path_of(name), made);
    }
    files
}

/// Lets each Application know the values that it takes from a file.
fn link(manifests: &mut BTreeMap<Identity, Placed>, values: &BTreeMap<String, Arc<ChartValues>>, memo: &Memo) {
    let find = |entry: &str| {
        let (path, values) = values.iter().find(|(path, _)| chart_values::means(entry, path))?;
        Some((path.as_str(), &values.text, &values.value))
    };
    for placed in manifests.values_mut() {
        let before = placed.manifest.clone();
        let Some((value, linked)) = chart_values::linked(&before.identity, &before.value, find) else { continue };
        let digests: Vec<&str> =
            linked.iter().filter_map(|l| values.get(&l.path)).map(|values| values.digest.as_str()).collect();
        let make = || -> Result<Manifest, std::convert::Infallible> {
            let (identity, text, template) = (before.identity.clone(), before.text.clone(), before.template.clone());
            Ok(Manifest { layers: before.layers.clone(), linked, ..Manifest::new(identity, value, text, template) })
        };
        let Ok(manifest) = memo.get("linked", &[&before.digest, &digests.concat()], make);
        placed.manifest = manifest;
    }
}

/// All of a component. It follows from what its group sees and from its secrets, and each template from the values that it
/// names, and each document from its text: what differs for every cluster is made anew, and no more.
fn of_component(plan: &Plan<'_>, component: &Component, memo: &Memo) -> Result<Arc<Made>, Vec<Finding>> {
    if let Some(own) = plan.own.get(&component.name) {
        let one = |own: &Own| {
            let file = &own.node.place.source.name;
            let make = || -> Result<Manifest, std::convert::Infallible> {
                let head = format!("# Generated by gatewright: {file}. Change that file, not this one.\n");
                Ok(manifest(own.identity.clone(), own.value.clone(), file, head))
            };
            let Ok(made) = memo.get("own", &[file, &own.value.to_string()], make);
            made
        };
        return Ok(Arc::new(own.iter().map(one).collect()));
    }
    let secrets: Vec<&Secret> = plan.secrets.iter().filter(|s| s.component == component.name).collect();
    let secrets = serde_json::to_string(&secrets).expect("plain data");
    let scope = plan.scopes[component.group.as_str()].digest();
    memo.get("component", &[&component.group, &component.name, scope, &secrets], || {
        let jobs = jobs(plan, component);
        let made: Vec<Result<Arc<Made>, Finding>> = jobs.par_iter().map(|job| filled(plan, job, memo)).collect();
        let (mut manifests, mut findings) = (Vec::new(), Vec::new());
        for made in made {
            match made {
                Ok(made) => manifests.extend(made.iter().cloned()),
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(manifests) } else { Err(findings) }
    })
}

fn filled(plan: &Plan<'_>, job: &Job<'_>, memo: &Memo) -> Result<Arc<Made>, Finding> {
    let Job { component, template, context } = job;
    let group = component.group.as_str();
    let head = || head(group, template, plan.catalog.templates.purpose(template));
    memo.get("template", &[group, template, &context.to_string()], || {
        let text = plan.catalog.templates.render(template, context)?;
        let documents = split(&text)
            .map(|document| memo.get("document", &[group, template, document], || parsed(document, template, &head())));
        Ok(documents.collect::<Result<Vec<_>, Finding>>()?.iter().flat_map(|made| made.iter().cloned()).collect())
    })
}

/// The documents of a YAML stream: a line `---` at the margin is a separator wherever it stands.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---\n").map(|document| document.strip_prefix("---\n").unwrap_or(document))
}

fn parsed(text: &str, template: &str, head: &str) -> Result<Made, Finding> {
    let source = Source::new(format!("{template} (filled)"), text);
    let wrong = |sentence| Finding::error(Code::TemplateOutput, sentence).place(Place::new(&source, 0, 0));
    let values = kubeyaml::values(&source).map_err(|f| Finding { code: Code::TemplateOutput, ..f })?;
    values.into_iter().map(|value| of_template(value, template, head).map(Arc::new).map_err(wrong)).collect()
}

/// The first line of a file: what the object is for, if its template says so, and where it comes from.
fn head(group: &str, template: &str, purpose: Option<String>) -> String {
    let from = format!("group {group}, {template}");
    let from = purpose.map_or(from.clone(), |purpose| format!("{purpose} ({from})"));
    format!("# Generated by gatewright: {from}. Change features.yaml or the template, not this file.\n")
}

fn of_template(value: Value, template: &str, head: &str) -> Result<Manifest, String> {
    let identity = Identity::of(&value).map_err(|field| format!("an object has no {field} in {template}"))?;
    Ok(manifest(identity, value, template, head.to_owned()))
}

/// An object with its text after these comments.
fn manifest(identity: Identity, value: Value, from: &str, head: String) -> Manifest {
    let text = Arc::from(head + &yaml::emit(&value));
    Manifest::new(identity, value, text, from.to_owned())
}

/// `<component path>/<kind>-<name>.yaml`, longer where that is taken. Lower case: some file systems see no difference.
fn assign_paths(
    plan: &Plan<'_>,
    mut manifests: BTreeMap<Identity, Placed>,
    values: BTreeMap<String, Arc<ChartValues>>,
) -> Bundle {
    let folders: BTreeMap<&str, &str> =
        plan.components.iter().filter_map(|c| Some((c.name.as_str(), c.path.as_deref()?))).collect();
    let forms: [fn(&Identity) -> String; 3] = [
        |i| format!("{}-{}", i.kind, i.name),
        |i| format!("{}-{}-{}", i.kind, i.namespace, i.name),
        |i| {
            format!(
                "{}.{}-{}-{}-{}",
                i.kind,
                i.group,
                i.namespace,
                i.name,
                &digest::hex(format!("{i:?}").as_bytes())[..8]
            )
        },
    ];
    let mut open: Vec<Identity> = manifests.keys().cloned().collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for form in forms {
        let mut by_path: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        for identity in open {
            let folder = folders[manifests[&identity].component.as_str()];
            let (plain, safe) = (form(&identity), file_name(&form(&identity)));
            let changed = !plain.eq_ignore_ascii_case(&safe);
            let suffix = if changed { format!("-{}", &digest::hex(plain.as_bytes())[..8]) } else { String::new() };
            by_path.entry(format!("{folder}/{safe}{suffix}.yaml")).or_default().push(identity);
        }
        open = Vec::new();
        for (path, identities) in by_path {
            match &identities[..] {
                [only] if taken.insert(path.clone()) => manifests.get_mut(only).expect("from its keys").path = path,
                _ => open.extend(identities),
            }
        }
    }
    assert!(open.is_empty(), "the last form holds a digest of the whole identity");
    Bundle { manifests, values }
}

/// Most letters of a name before a digest stands for the rest: Kubernetes allows 253 in a name, file systems 255 in a file's.
const LONGEST_NAME: usize = 200;

fn file_name(text: &str) -> String {
    text.chars()
        .take(LONGEST_NAME)
        .map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect()
}

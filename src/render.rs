//! Plan + templates -> manifests, sorted and unique. A manifest is immutable and shared; rendering it again from equal
//! inputs gives the one already there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde_json::{Value, json};

use crate::catalog::SECRET_TEMPLATE;
use crate::component::{Component, Secret};
use crate::digest;
use crate::finding::{Code, Finding};
use crate::memo::Memo;
use crate::object::{File, Identity};
use crate::plan::Plan;
use crate::source::{Place, Source};
use crate::template::pick;
use crate::yaml;

/// One Kubernetes object with its text.
#[derive(Debug)]
pub struct Manifest {
    /// Who it is; no two in a bundle agree.
    pub identity: Identity,
    /// The object.
    pub value: Value,
    /// Its canonical YAML after a line that names group and template.
    pub text: Arc<str>,
    /// Digest of the text.
    pub digest: String,
    /// The template it comes from.
    pub template: String,
    /// As in [`crate::object::Object::clean`].
    pub clean: OnceLock<()>,
}

/// A manifest in the component that renders it.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The object.
    pub manifest: Arc<Manifest>,
    /// Name of the component.
    pub component: String,
    /// File below the cluster's folder.
    pub path: String,
    /// As in [`crate::object::Object::made`].
    pub file: OnceLock<File>,
}

/// All manifests of one cluster, by identity.
#[derive(Debug)]
pub struct Bundle {
    /// The manifests.
    pub manifests: BTreeMap<Identity, Placed>,
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
    let made: Vec<Result<Arc<Made>, Vec<Finding>>> = rendered.par_iter().map(one).collect();
    for (component, made) in rendered.iter().zip(made) {
        let made = made.unwrap_or_else(|wrong| {
            findings.extend(wrong);
            Arc::default()
        });
        for manifest in made.iter() {
            let placed = Placed {
                manifest: manifest.clone(),
                component: component.name.clone(),
                path: String::new(),
                file: OnceLock::new(),
            };
            if let Some(other) = manifests.insert(manifest.identity.clone(), placed) {
                let source = plan.catalog.templates.source(&manifest.template).expect("a template of the catalog");
                let message = format!("{} comes from {} as well", manifest.identity, other.manifest.template);
                findings.push(
                    Finding::error(Code::DuplicateObject, message)
                        .place(Place::new(source, 0, 0))
                        .help("one object has one owner: rename one, or drop it"),
                );
            }
        }
    }
    let bundle = assign_paths(plan, manifests);
    if findings.is_empty() { Ok(bundle) } else { Err(findings) }
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
    let folder = format!("templates/{}/", component.name);
    let whole = plan.sights[component.group.as_str()].value();
    let job = |template: &'p str, context: &Value| Job {
        component,
        template,
        context: pick(context, templates.inputs(template)),
    };
    let mut jobs: Vec<Job<'p>> =
        templates.in_folder(&folder).into_iter().map(|template| job(template, whole)).collect();
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
    if before.fetch_add(bytes, Ordering::Relaxed) + bytes <= MAX_RENDERED {
        return Ok(objects);
    }
    let sentence = format!("the templates of this cluster yield more than {} MiB", MAX_RENDERED >> 20);
    Err(vec![Finding::error(Code::TemplateOutput, sentence).help("write less")])
}

/// All of a component. It follows from what its group sees and from its secrets, and each template from the values that it
/// names, and each document from its text: what differs for every cluster is made anew, and no more.
fn of_component(plan: &Plan<'_>, component: &Component, memo: &Memo) -> Result<Arc<Made>, Vec<Finding>> {
    let secrets: Vec<&Secret> = plan.secrets.iter().filter(|s| s.component == component.name).collect();
    let secrets = serde_json::to_string(&secrets).expect("plain data");
    let sight = plan.sights[component.group.as_str()].digest();
    memo.get("component", &[&component.group, &component.name, sight, &secrets], || {
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
    memo.get("template", &[group, template, &context.to_string()], || {
        let text = plan.catalog.templates.render(template, context)?;
        let documents = split(&text)
            .map(|document| memo.get("document", &[group, template, document], || parsed(document, group, template)));
        Ok(documents.collect::<Result<Vec<_>, Finding>>()?.iter().flat_map(|made| made.iter().cloned()).collect())
    })
}

/// The documents of a YAML stream: a line `---` at the margin is a separator wherever it stands.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---\n").map(|document| document.strip_prefix("---\n").unwrap_or(document))
}

fn parsed(text: &str, group: &str, template: &str) -> Result<Made, Finding> {
    let source = Source::new(format!("{template} (filled)"), text);
    let wrong = |sentence| Finding::error(Code::TemplateOutput, sentence).place(Place::new(&source, 0, 0));
    let values = yaml::documents(&source).map_err(|f| Finding { code: Code::TemplateOutput, ..f })?;
    values.into_iter().map(|value| manifest(value, group, template).map(Arc::new).map_err(wrong)).collect()
}

fn manifest(value: Value, group: &str, template: &str) -> Result<Manifest, String> {
    let identity = Identity::of(&value).map_err(|field| format!("an object has no {field} in {template}"))?;
    let head = format!(
        "# Generated by gatewright: group {group}, {template}. Change features.yaml or the template, not this file.\n"
    );
    let text: Arc<str> = Arc::from(head + &yaml::emit(&value));
    let digest = digest::hex(text.as_bytes());
    Ok(Manifest { identity, value, text, digest, template: template.to_owned(), clean: OnceLock::new() })
}

/// `<component path>/<kind>-<name>.yaml`, longer where that is taken. Lower case: some file systems see no difference.
fn assign_paths(plan: &Plan<'_>, mut manifests: BTreeMap<Identity, Placed>) -> Bundle {
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
    Bundle { manifests }
}

/// Most letters of a name before a digest stands for the rest: Kubernetes allows 253 in a name, file systems 255 in a file's.
const LONGEST_NAME: usize = 200;

fn file_name(text: &str) -> String {
    text.chars()
        .take(LONGEST_NAME)
        .map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect()
}

//! Plan + templates -> manifests, sorted and unique. A manifest is immutable and shared; rendering it again from equal
//! inputs gives the one already there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::catalog::SECRET_TEMPLATE;
use crate::component::Component;
use crate::finding::{Code, Finding};
use crate::plan::Plan;
use crate::source::{Place, Source};
use crate::template::pick;
use crate::yaml;

/// One Kubernetes object with its text.
#[derive(Debug)]
pub struct Manifest {
    /// Who it is; no two in a bundle agree.
    pub identity: Identity,
    /// `apiVersion`.
    pub api_version: String,
    /// The object.
    pub value: Value,
    /// Its canonical YAML after a line that names group and template.
    pub text: Arc<str>,
    /// The template it comes from.
    pub template: String,
}

/// What a cluster tells objects apart by (versions of an API group show the same objects).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// API group; empty for the core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.kind, self.name),
        }
    }
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
}

/// All manifests of one cluster, by identity.
#[derive(Debug)]
pub struct Bundle {
    /// The manifests.
    pub manifests: BTreeMap<Identity, Placed>,
}

/// What one template yields.
type Made = Arc<[Arc<Manifest>]>;

/// Manifests by the template and the values that made them.
#[derive(Debug, Default)]
pub struct Memo(Mutex<BTreeMap<(String, String), Made>>);

/// Renders all components of a plan.
///
/// # Errors
/// Every template that fails, yields something else than objects, or repeats an object.
pub fn render(plan: &Plan<'_>, memo: &Memo) -> Result<Bundle, Vec<Finding>> {
    let mut findings = Vec::new();
    let mut manifests: BTreeMap<Identity, Placed> = BTreeMap::new();
    for component in plan.components.iter().filter(|c| c.path.is_some()) {
        for (template, context) in jobs(plan, component) {
            let made = match filled(plan, component, template, &context, memo) {
                Ok(made) => made,
                Err(finding) => {
                    findings.push(finding);
                    continue;
                }
            };
            for manifest in made.iter() {
                let placed =
                    Placed { manifest: manifest.clone(), component: component.name.clone(), path: String::new() };
                if let Some(other) = manifests.insert(manifest.identity.clone(), placed) {
                    let source = plan.catalog.templates.source(template).expect("a template of the catalog");
                    findings.push(
                        Finding::error(
                            Code::DuplicateObject,
                            format!("{} comes from {} as well", manifest.identity, other.manifest.template),
                        )
                        .place(Place::new(source, 0, 0))
                        .help("one object has one owner: rename one, or drop it"),
                    );
                }
            }
        }
    }
    let bundle = assign_paths(plan, manifests);
    if findings.is_empty() { Ok(bundle) } else { Err(findings) }
}

/// What a component renders: its folder's templates, and the template of secrets for each of its secrets.
fn jobs<'p>(plan: &'p Plan<'_>, component: &Component) -> Vec<(&'p str, Value)> {
    let templates = &plan.catalog.templates;
    let folder = format!("templates/{}/", component.name);
    let context = &plan.contexts[component.group.as_str()];
    let names: Vec<&str> =
        templates.in_folder(&folder).map(|n| templates.source(n).expect("listed").name.as_str()).collect();
    let mut jobs: Vec<(&str, Value)> = names.into_iter().map(|n| (n, pick(context, templates.inputs(n)))).collect();
    for secret in plan.secrets.iter().filter(|s| s.component == component.name) {
        let mut context = json!({ "platform": plan.platform, "capabilities": context["capabilities"] });
        context["secret"] = serde_json::to_value(secret).expect("plain data");
        jobs.push((SECRET_TEMPLATE, pick(&context, templates.inputs(SECRET_TEMPLATE))));
    }
    jobs
}

fn filled(
    plan: &Plan<'_>,
    component: &Component,
    template: &str,
    context: &Value,
    memo: &Memo,
) -> Result<Made, Finding> {
    let key = (template.to_owned(), format!("{} {context}", component.group));
    if let Some(known) = memo.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(known.clone());
    }
    let text = plan.catalog.templates.render(template, context)?;
    let source = Source::new(format!("{template} (filled)"), text);
    let manifests: Made = yaml::documents(&source)
        .map_err(|f| Finding { code: Code::TemplateOutput, ..f })?
        .into_iter()
        .map(|value| {
            manifest(value, &component.group, template)
                .map(Arc::new)
                .map_err(|sentence| Finding::error(Code::TemplateOutput, sentence).place(Place::new(&source, 0, 0)))
        })
        .collect::<Result<_, _>>()?;
    memo.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, manifests.clone());
    Ok(manifests)
}

fn manifest(value: Value, group: &str, template: &str) -> Result<Manifest, String> {
    let text = |pointer: &str| {
        let found = value.pointer(pointer).and_then(Value::as_str).filter(|s| !s.is_empty());
        found
            .map(str::to_owned)
            .ok_or_else(|| format!("an object has no {} in {template}", pointer[1..].replace('/', ".")))
    };
    let api_version = text("/apiVersion")?;
    let identity = Identity {
        group: api_version.split_once('/').map_or(String::new(), |(group, _)| group.to_owned()),
        kind: text("/kind")?,
        namespace: value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default().to_owned(),
        name: text("/metadata/name")?,
    };
    let head = format!(
        "# Generated by gatewright: group {group}, {template}. Change features.yaml or the template, not this file.\n"
    );
    let text = Arc::from(head + &yaml::emit(&value));
    Ok(Manifest { identity, api_version, value, text, template: template.to_owned() })
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
                &crate::digest::hex(format!("{i:?}").as_bytes())[..8]
            )
        },
    ];
    let mut open: Vec<Identity> = manifests.keys().cloned().collect();
    for form in forms {
        let mut by_path: BTreeMap<String, Vec<Identity>> = BTreeMap::new();
        for identity in open {
            let folder = folders[manifests[&identity].component.as_str()];
            let (plain, safe) = (form(&identity), file_name(&form(&identity)));
            let changed = !plain.eq_ignore_ascii_case(&safe);
            let suffix =
                if changed { format!("-{}", &crate::digest::hex(plain.as_bytes())[..8]) } else { String::new() };
            by_path.entry(format!("{folder}/{safe}{suffix}.yaml")).or_default().push(identity);
        }
        open = Vec::new();
        for (path, identities) in by_path {
            match &identities[..] {
                [only] => manifests.get_mut(only).expect("from its keys").path = path,
                _ => open.extend(identities),
            }
        }
    }
    Bundle { manifests }
}

fn file_name(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-.".contains(c) { c.to_ascii_lowercase() } else { '-' })
        .collect()
}

//! CustomResourceDefinitions, besides the built-in kinds -> the verdict of an API server (1.35) on one object, offline.
//!
//! The verdict is that of a server-side apply in strict mode, as Argo CD does it. Of what decides there, webhooks and
//! quotas are not known here, and the namespace is taken to exist.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::object::kinds::Scopes;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::source::{Place, Source};
use crate::verdict::builtin;
use crate::verdict::cel_rules;
use crate::verdict::defaults;
use crate::verdict::descriptions;
use crate::verdict::fields;
use crate::verdict::metadata;
use crate::verdict::names::{self, Syntax};
use crate::verdict::pinned::{self, Release};
use crate::verdict::structural::Structural;
use crate::verdict::validate;
use crate::verdict::violation::{Path, Violation, describe, existing, not_served};

/// Definitions of kinds by group and kind.
#[derive(Debug, Default)]
pub struct Crds {
    kinds: BTreeMap<(String, String), Definition>,
    /// Nobody says that the objects are of these releases.
    likely: bool,
}

/// What one CustomResourceDefinition says.
#[derive(Debug, Deserialize)]
struct Definition {
    group: String,
    names: Names,
    scope: String,
    versions: Vec<Version>,
}

#[derive(Debug, Deserialize)]
struct Names {
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Version {
    name: String,
    served: bool,
    #[serde(default)]
    schema: Holder,
    #[serde(default)]
    subresources: Subresources,
}

/// A schema as read, and as a tree of ours once it is asked.
#[derive(Debug, Default, Deserialize)]
struct Holder {
    #[serde(default, rename = "openAPIV3Schema")]
    raw: Value,
    #[serde(skip)]
    structural: OnceLock<Result<Structural, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Subresources {
    status: Option<Value>,
    scale: Option<Scale>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scale {
    spec_replicas_path: String,
}

/// What the API server would say.
#[derive(Debug)]
pub enum Verdict {
    /// No schema is known for the kind.
    NoSchema,
    /// Everything it would refuse the object for; nothing when it would take it.
    Judged(Vec<Violation>),
}

/// What of one kind in one version is evaluated.
#[derive(Debug)]
pub struct Coverage {
    /// API group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// API version.
    pub version: String,
    /// CEL rules that count whenever an object is created.
    pub rules: usize,
    /// CEL rules that only an update evaluates.
    pub update_rules: usize,
    /// What cannot be evaluated: path as in `.spec.rules[].name`, the rule or pattern, and why.
    pub unusable: Vec<(String, String, String)>,
}

impl Crds {
    /// Reads CustomResourceDefinitions, alone, as several documents of a file or in a `List`; other kinds are passed over.
    /// With `wanted` only those of these groups and kinds. When a kind is defined twice, the later file counts.
    pub fn read(sources: &[Arc<Source>], wanted: Option<&BTreeSet<(String, String)>>) -> (Crds, Vec<Finding>) {
        let read: Vec<_> = sources.par_iter().map(|source| definitions(source, wanted)).collect();
        let mut crds = Crds::default();
        let mut findings = Vec::new();
        for (definitions, mut mistakes) in read {
            findings.append(&mut mistakes);
            for definition in definitions {
                crds.kinds.insert((definition.group.clone(), definition.names.kind.clone()), definition);
            }
        }
        (crds, findings)
    }

    /// The definitions of the releases that the binary holds: of those that count, and with `wanted` only of these groups and
    /// kinds.
    pub fn pinned(wanted: Option<&BTreeSet<(String, String)>>, counts: impl Fn(&Release) -> bool + Sync) -> Crds {
        #[derive(Deserialize)]
        struct Document {
            spec: Definition,
        }
        let is_wanted =
            |group: &str, kind: &str| wanted.is_none_or(|w| w.contains(&(group.to_owned(), kind.to_owned())));
        let read = |text: String| serde_json::from_str(&text).expect("schemas/crds.py writes definitions");
        let releases = pinned::releases().par_iter().filter(|release| counts(release));
        let read = releases.flat_map_iter(|release| release.definitions(is_wanted).map(read));
        let read: Vec<Document> = read.collect();
        let kinds = read.into_iter().map(|Document { spec }| ((spec.group.clone(), spec.names.kind.clone()), spec));
        Crds { kinds: kinds.collect(), likely: false }
    }

    /// With those of groups of which these have no kind.
    pub fn or(mut self, others: Crds) -> Self {
        let own: BTreeSet<String> = self.kinds.keys().map(|(group, _)| group.clone()).collect();
        self.kinds.extend(others.kinds.into_iter().filter(|((group, _), _)| !own.contains(group)));
        self
    }

    /// The same, for objects of which nobody says which releases they are of.
    pub fn likely(self) -> Self {
        Self { likely: true, ..self }
    }

    /// Whether the definition of a kind may be of another release than the object.
    pub fn is_likely(&self, group: &str, kind: &str) -> bool {
        self.likely && self.kinds.contains_key(&(group.to_owned(), kind.to_owned()))
    }

    /// Whether an object names a version above all that the definition of its kind has.
    pub fn is_beyond(&self, object: &Value) -> bool {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let (group, version) = text("apiVersion").split_once('/').unwrap_or_default();
        let definition = self.kinds.get(&(group.to_owned(), text("kind").to_owned()));
        let given = names::rank(version);
        given.is_some() && definition.is_some_and(|d| d.versions.iter().all(|v| names::rank(&v.name) < given))
    }

    /// Whether objects of a kind lie in namespaces; none when the kind is not known.
    pub fn namespaced(&self, group: &str, kind: &str) -> Option<bool> {
        let defined = self.kinds.get(&(group.to_owned(), kind.to_owned())).map(|d| d.scope == "Namespaced");
        defined.or_else(|| builtin::versions(group, kind).first().map(|k| k.namespaced))
    }

    /// Where objects of the defined kinds lie.
    pub fn scopes(&self) -> Scopes {
        let mut scopes = Scopes::default();
        for ((group, kind), definition) in &self.kinds {
            scopes.add(group, kind, &definition.scope);
        }
        scopes
    }

    /// What the API server says when the object is created.
    pub fn verdict(&self, object: &Value) -> Verdict {
        self.judge(object, None)
    }

    /// What the API server says when the object takes the place of an old one.
    pub fn verdict_of_update(&self, object: &Value, old: &Value) -> Verdict {
        self.judge(object, Some(old))
    }

    fn judge(&self, object: &Value, old: Option<&Value>) -> Verdict {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
        let kind = text("kind");
        let mut out = Vec::new();
        if let Some(definition) = self.kinds.get(&(group.to_owned(), kind.to_owned())) {
            let served: Vec<&Version> = definition.versions.iter().filter(|v| v.served).collect();
            match served.iter().find(|v| v.name == version) {
                Some(version) => {
                    let namespaced = definition.scope == "Namespaced";
                    let rules = metadata::Rules { names: Syntax::Subdomain, namespaced, builtin: false };
                    metadata::check(object, rules, &mut out);
                    version.judge(object, old, &mut out);
                }
                None => out.push(not_served(kind, version, served.iter().map(|v| &*v.name))),
            }
        } else {
            let served = builtin::versions(group, kind);
            match served.iter().find(|k| k.version == version) {
                Some(found) => builtin::judge(found, object, old, &mut out),
                None if served.is_empty() => {
                    let elsewhere: Vec<String> =
                        builtin::elsewhere(group, kind).iter().map(|k| k.api_version()).collect();
                    if elsewhere.is_empty() {
                        return self.slip(group, kind).map_or(Verdict::NoSchema, |slip| Verdict::Judged(vec![slip]));
                    }
                    out.push(not_served(kind, text("apiVersion"), elsewhere.iter().map(String::as_str)));
                }
                None => out.push(not_served(kind, version, served.iter().map(|k| &*k.version))),
            }
        }
        for violation in &mut out {
            violation.pointer = existing(object, &violation.pointer);
        }
        Verdict::Judged(out)
    }

    /// What is said of a kind that nobody has, but for a slip of the pen.
    fn slip(&self, group: &str, kind: &str) -> Option<Violation> {
        let pinned = pinned::releases().iter().flat_map(Release::kinds).filter(|(of, _)| *of == group);
        let given = self.kinds.keys().filter(|(of, _)| of == group).map(|(_, kind)| kind.as_str());
        let known = builtin::kinds(group).into_iter().chain(pinned.map(|(_, kind)| kind)).chain(given);
        let most = if kind.len() < 9 { 1 } else { 2 };
        let distance = |known: &&str| strsim::damerau_levenshtein(&known.to_lowercase(), &kind.to_lowercase());
        let near = known.min_by_key(distance).filter(|near| *near != kind && distance(near) <= most)?;
        let of = if group.is_empty() { "Kubernetes' core" } else { group };
        let violation = Violation::new(Code::MissingCrd, &Path::ROOT.key("kind"), format!("{of} has no kind `{kind}`"));
        Some(violation.help(format!("did you mean `{near}`?")))
    }

    /// What is evaluated of each kind in each served version.
    pub fn coverage(&self) -> Vec<Coverage> {
        let versions: Vec<_> = self.kinds.values().flat_map(|d| d.versions.iter().map(move |v| (d, v))).collect();
        versions
            .into_par_iter()
            .filter(|(_, v)| v.served)
            .map(|(definition, version)| version.coverage(definition))
            .collect()
    }
}

impl Version {
    fn judge(&self, object: &Value, old: Option<&Value>, out: &mut Vec<Violation>) {
        let schema = match self.schema.structural() {
            Ok(schema) => schema,
            Err(why) => return out.push(Violation::new(Code::CrdFile, &Path::ROOT, why.clone())),
        };
        fields::unknown(schema, object, true, &Path::ROOT, out);
        let stored = self.subresources.status.is_none();
        if let (false, Some(field), Some(status)) = (stored, schema.properties.get("status"), object.get("status")) {
            validate::typed(field, status, &Path::ROOT.key("status"), out);
        }
        let complete = |object: &Value| {
            let mut object = defaults::complete(schema, object);
            if let (false, Some(map)) = (stored, object.as_object_mut()) {
                map.shift_remove("status"); // a create does not set it, so that no rule sees it
            }
            object
        };
        let completed = complete(object);
        let old = old.map(complete);
        let before = out.len();
        validate::validate(schema, &completed, &Path::ROOT, out);
        if let Some(old) = &old {
            let told = out.split_off(before);
            out.extend(told.into_iter().filter(|v| !unchanged(&completed, old, &v.pointer)));
        }
        metadata::check_embedded(schema, &completed, &Path::ROOT, out);
        if let Some(scale) = &self.subresources.scale {
            replicas(scale, &completed, out);
        }
        if out.len() == before {
            cel_rules::broken(schema, &completed, old.as_ref(), &Path::ROOT, out);
        }
    }

    fn coverage(&self, definition: &Definition) -> Coverage {
        let mut coverage = Coverage {
            group: definition.group.clone(),
            kind: definition.names.kind.clone(),
            version: self.name.clone(),
            rules: 0,
            update_rules: 0,
            unusable: Vec::new(),
        };
        match self.schema.structural() {
            Ok(schema) => schema.walk("", &mut |path, node| coverage.add(path, node)),
            Err(why) => coverage.unusable.push((String::new(), "the schema".into(), why.clone())),
        }
        coverage
    }
}

impl Coverage {
    fn add(&mut self, path: &str, node: &Structural) {
        for rule in &node.rules {
            match rule.unusable() {
                Some(why) => self.unusable.push((path.to_owned(), rule.rule.clone(), why.clone())),
                None if rule.is_transition() => self.update_rules += 1,
                None => self.rules += 1,
            }
        }
        if let Some((pattern, Err(why))) = node.pattern.as_ref().map(|p| (p, p.regex())) {
            self.unusable.push((path.to_owned(), pattern.text.clone(), why.clone()));
        }
    }
}

/// True when the value at a pointer, or one that holds it, is what it was: an update is not held against that (ratcheting,
/// apiextensions-apiserver 1.35 validation/ratcheting.go).
fn unchanged(new: &Value, old: &Value, pointer: &str) -> bool {
    let ends = pointer.match_indices('/').map(|(at, _)| at).skip(1).chain([pointer.len()]);
    ends.map(|end| &pointer[..end]).any(|part| new.pointer(part).is_some_and(|value| old.pointer(part) == Some(value)))
}

/// What the scale subresource wants of the number of replicas (registry/customresource/validator.go).
fn replicas(scale: &Scale, object: &Value, out: &mut Vec<Violation>) {
    let names: Vec<&str> = scale.spec_replicas_path.trim_start_matches('.').split('.').collect();
    let found = names.iter().try_fold(object, |value, name| value.get(*name));
    if let Some(value) = found
        .filter(|value| !value.as_f64().is_some_and(|n| n.fract() == 0.0 && (0.0..=f64::from(i32::MAX)).contains(&n)))
    {
        let what = names.join(".");
        let message = format!("`{what}` is {}, it must be an integer from 0 to {}", describe(value), i32::MAX);
        let mut violation = Violation::new(Code::InvalidField, &Path::ROOT, message);
        violation.pointer = names.iter().map(|name| format!("/{name}")).collect();
        out.push(violation);
    }
}

impl Holder {
    fn structural(&self) -> Result<&Structural, &String> {
        let read = || match &self.raw {
            Value::Null => Ok(Structural { preserve_unknown: true, ..Structural::default() }),
            raw => Structural::deserialize(raw).map_err(|e| format!("its schema cannot be read: {e}")),
        };
        self.structural.get_or_init(read).as_ref()
    }
}

/// The definitions in one file, and what is wrong with it.
fn definitions(source: &Arc<Source>, wanted: Option<&BTreeSet<(String, String)>>) -> (Vec<Definition>, Vec<Finding>) {
    let ranges = kubeyaml::documents(&source.text);
    let wanted: Vec<_> = ranges.into_iter().filter(|range| is_wanted(&source.text[range.clone()], wanted)).collect();
    let parsed = |range: &Range<usize>| match kubeyaml::value(&descriptions::emptied(&source.text[range.clone()])) {
        Ok(value) => Ok(value),
        // Read once more as it stands, for the place.
        Err(_) => kubeyaml::read_one(source, range.clone()),
    };
    let parsed: Vec<Result<Option<Value>, Finding>> = wanted.par_iter().map(parsed).collect();
    let start = Place::new(source, 0, 0);
    let mut out = Vec::new();
    let mut findings = Vec::new();
    for parsed in parsed {
        let document = match parsed {
            Ok(document) => document,
            Err(finding) => {
                findings.push(finding);
                continue;
            }
        };
        let (lists, single): (Vec<Value>, Vec<Value>) = document.into_iter().partition(|d| d["items"].is_array());
        let items = lists.iter().flat_map(|list| list["items"].as_array().into_iter().flatten()).cloned();
        for mut document in single.into_iter().chain(items).filter(|d| d["kind"] == "CustomResourceDefinition") {
            let name = document["metadata"]["name"].as_str().unwrap_or("without a name").to_owned();
            match Definition::deserialize(document["spec"].take()) {
                Ok(definition) => out.push(definition),
                Err(e) => findings.push(
                    Finding::error(Code::CrdFile, format!("the CustomResourceDefinition {name} cannot be read: {e}"))
                        .place(
                            source.text.find(&name).map_or(start.clone(), |at| Place::new(source, at, at + name.len())),
                        )
                        .help("take the file from the release of its operator"),
                ),
            }
        }
    }
    (out, findings)
}

/// True when a text may define a kind of one of their groups, in YAML or JSON: another kind may be meant. Most definitions are not
/// parsed, this is cheaper.
fn is_wanted(text: &str, wanted: Option<&BTreeSet<(String, String)>>) -> bool {
    wanted.is_none_or(|kinds| {
        text.contains("CustomResourceDefinition") && kinds.iter().any(|(group, _)| text.contains(group.as_str()))
    })
}

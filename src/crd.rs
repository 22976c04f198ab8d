//! CustomResourceDefinitions -> the verdict of an API server (1.35) on one object, offline.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::defaults;
use crate::fields;
use crate::finding::{Code, Finding};
use crate::rules;
use crate::source::{Place, Source};
use crate::structural::Structural;
use crate::validate;
use crate::violation::{Path, Violation, existing};
use crate::yaml;

/// Definitions of kinds by group and kind.
#[derive(Debug, Default)]
pub struct Crds {
    kinds: BTreeMap<(String, String), Definition>,
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
    schema: Value,
    #[serde(default)]
    subresources: Subresources,
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

impl Crds {
    /// Reads CustomResourceDefinitions, alone, as several documents or in a `List`; other kinds are passed over. With
    /// `wanted` only those of these groups and kinds.
    pub fn read(sources: &[Arc<Source>], wanted: Option<&BTreeSet<(String, String)>>) -> (Crds, Vec<Finding>) {
        let read: Vec<_> = sources.par_iter().map(|source| definitions(source, wanted)).collect();
        let mut crds = Crds::default();
        let mut findings = Vec::new();
        for (source, definitions) in sources.iter().zip(read) {
            match definitions {
                Ok(definitions) => {
                    for definition in definitions {
                        crds.kinds.insert((definition.group.clone(), definition.names.kind.clone()), definition);
                    }
                }
                Err(finding) => findings.push(
                    finding.unwrap_or_else(|| Finding::error(Code::CrdFile, "broken").place(Place::new(source, 0, 0))),
                ),
            }
        }
        (crds, findings)
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
        let Some(definition) = self.kinds.get(&(group.to_owned(), text("kind").to_owned())) else {
            return Verdict::NoSchema;
        };
        let mut out = Vec::new();
        match definition.versions.iter().find(|v| v.name == version && v.served) {
            None => {
                let served: Vec<&str> = definition.versions.iter().filter(|v| v.served).map(|v| &*v.name).collect();
                let message = format!("{} has no version `{version}`", definition.names.kind);
                let violation = Violation::new(Code::VersionNotServed, &Path::ROOT.key("apiVersion"), message);
                out.push(violation.help(format!("served: {}", served.join(", "))));
            }
            Some(version) => match version.structural() {
                Ok(schema) => self.against(version, schema, object, old, &mut out),
                Err(why) => out.push(Violation::new(Code::CrdFile, &Path::ROOT, why.clone())),
            },
        }
        for violation in &mut out {
            violation.pointer = existing(object, &violation.pointer);
        }
        Verdict::Judged(out)
    }

    fn against(
        &self,
        version: &Version,
        schema: &Structural,
        object: &Value,
        old: Option<&Value>,
        out: &mut Vec<Violation>,
    ) {
        fields::unknown(schema, object, true, &Path::ROOT, out);
        let complete = |object: &Value| {
            let mut object = defaults::complete(schema, object);
            if version.subresources.status.is_some() {
                object.as_object_mut().map(|o| o.shift_remove("status"));
            }
            object
        };
        let completed = complete(object);
        let before = out.len();
        validate::validate(schema, &completed, &Path::ROOT, out);
        if out.len() == before {
            rules::broken(schema, &completed, old.map(complete).as_ref(), &Path::ROOT, out);
        }
    }
}

impl Version {
    fn structural(&self) -> Result<&Structural, &String> {
        let read = || match self.schema.get("openAPIV3Schema") {
            Some(schema) => Structural::deserialize(schema).map_err(|e| e.to_string()),
            None => Structural::deserialize(json!({ "x-kubernetes-preserve-unknown-fields": true }))
                .map_err(|e| e.to_string()),
        };
        self.structural.get_or_init(read).as_ref()
    }
}

fn definitions(
    source: &Arc<Source>,
    _wanted: Option<&BTreeSet<(String, String)>>,
) -> Result<Vec<Definition>, Option<Finding>> {
    if !source.text.contains("CustomResourceDefinition") {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    for document in yaml::crds(source).map_err(Some)? {
        if document["kind"] == "CustomResourceDefinition" {
            out.push(
                Definition::deserialize(&document["spec"])
                    .map_err(|e| Some(Finding::error(Code::CrdFile, e.to_string())))?,
            );
        }
    }
    Ok(out)
}

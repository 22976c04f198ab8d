//! ApplicationSet -> parameters that its templates read and its generators do not give (argo-cd 3.4 `applicationset/generators`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer::strings;
use crate::text::schema::did_you_mean;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[parameters];

/// What the generator of clusters gives, and that of folders in git.
const OF_CLUSTERS: [&str; 7] =
    ["name", "nameNormalized", "server", "project", "metadata.labels", "metadata.annotations", "values"];
const OF_FOLDERS: [&str; 8] = [
    "path",
    "path.path",
    "path.basename",
    "path.basenameNormalized",
    "path.segments",
    "path.filename",
    "path.filenameNormalized",
    "values",
];

/// Parameters by their full names; with all of them below the one that ends with a dot.
type Given = BTreeSet<String>;

fn parameters(object: &Object<'_>) -> Vec<Finding> {
    if !object.is(ARGOCD, "ApplicationSet") {
        return Vec::new();
    }
    let mut given = Given::new();
    let generators = object.items("/spec/generators");
    // Several generators make Applications of their own: each has to give all.
    let [generator] = generators else { return Vec::new() };
    if all(generator, &mut given).is_none() || given.is_empty() {
        return Vec::new();
    }
    let go = object.at("/spec/goTemplate") == Some(&Value::Bool(true));
    let Some(template) = object.at("/spec/template") else { return Vec::new() };
    let mut findings = Vec::new();
    strings(template, &mut |at, text| {
        for read in read(text, go) {
            if !given.iter().any(|name| gives(name, read)) {
                let names: Vec<&str> = given.iter().map(String::as_str).collect();
                let message = format!("{} reads `{read}`, which its generators do not give", object.identity);
                let finding = object.warning(Code::ArgocdRefuses, &format!("/spec/template{at}"), message);
                findings.push(finding.help(did_you_mean(read, &names)));
            }
        }
    });
    findings
}

/// Whether a parameter is what is read, or a map or list that has it.
fn gives(name: &str, read: &str) -> bool {
    let part = |of: &str| read.strip_prefix(of).is_some_and(|rest| rest.starts_with(['.', '[']));
    match name {
        // Without Go's templates `path[0]` is a segment.
        "path" => read == "path" || read.starts_with("path["),
        _ => read == name || part(name),
    }
}

/// What a generator gives for every Application; `None`: something that is not known.
fn all(generator: &Value, given: &mut Given) -> Option<()> {
    let map = generator.as_object()?;
    for (kind, said) in map.iter().filter(|(kind, _)| *kind != "selector") {
        let own = |names: &[&str], given: &mut Given| {
            given.extend(names.iter().filter(|name| **name != "values").map(|name| (*name).to_owned()));
            let values = said["values"].as_object().into_iter().flatten();
            given.extend(values.map(|(name, _)| format!("values.{name}")));
        };
        match kind.as_str() {
            "list" if said.get("elementsYaml").is_none() => {
                let elements: Vec<&serde_json::Map<String, Value>> =
                    said["elements"].as_array()?.iter().map(Value::as_object).collect::<Option<_>>()?;
                let (first, rest) = elements.split_first()?;
                let everywhere = first.keys().filter(|key| rest.iter().all(|element| element.contains_key(*key)));
                given.extend(everywhere.cloned());
            }
            "clusters" => own(&OF_CLUSTERS, given),
            "git" if said["files"].is_null() && said["directories"].is_array() => {
                let prefix = said["pathParamPrefix"].as_str().unwrap_or_default();
                if !prefix.is_empty() {
                    return None;
                }
                own(&OF_FOLDERS, given);
            }
            "matrix" => said["generators"].as_array()?.iter().try_for_each(|inner| all(inner, given))?,
            _ => return None,
        }
    }
    Some(())
}

/// The parameters that a text reads by name alone: `{{ .name }}` of Go's templates, `{{name}}` of the others.
fn read(text: &str, go: bool) -> Vec<&str> {
    let inner = text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}"));
    let words = inner.map(|(inner, _)| inner.trim_matches(['-', ' ']));
    let name = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-[]".contains(c));
    // Within `range` and `with` a name is another thing's, and what has a default may lack.
    let plain = |word: &&str| {
        !word.contains("default") && !["{{range", "{{ range", "{{with", "{{ with"].iter().any(|w| text.contains(w))
    };
    let read = words.filter(plain).filter_map(|word| match go {
        true => word.split_whitespace().next()?.strip_prefix('.'),
        false => Some(word),
    });
    read.filter(|word| name(word)).collect()
}

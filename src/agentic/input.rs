//! Files of manifests -> the objects of runtime.agentic-layer.ai in them, checked as their CRDs and webhooks check them, and
//! all other objects beside them as they are. Every mistake with its place. Decides nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

use crate::agentic::webhook::{defaulted, refusals};
use crate::object::kinds::is_cluster_scoped;
use crate::object::object::{File, Identity, Object};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::schema::{Schema, did_you_mean, invalid_name, is_dns_label};
use crate::text::secret;
use crate::text::source::{Place, Source};
use crate::text::yaml::{Kind, Node, object};

/// The API group of the contracts.
pub const GROUP: &str = "runtime.agentic-layer.ai";

/// The only version of their CRDs.
pub const VERSION: &str = "v1alpha1";

/// Kinds whose objects get a Service of their name.
const NAMES_A_SERVICE: [&str; 4] = ["AiGateway", "ToolGateway", "ToolServer", "Agent"];

/// Keys of an object of these kinds.
const KEYS: [&str; 5] = ["apiVersion", "kind", "metadata", "spec", "status"];

/// The schemas of `spec`, by kind.
static SCHEMAS: LazyLock<BTreeMap<String, Schema>> = LazyLock::new(|| {
    let source = Source::new("schemas/agentic.yaml", include_str!("../../schemas/agentic.yaml"));
    let documents = kubeyaml::values(&source).expect("the built-in schemas are YAML");
    let schema = |(kind, raw): (&String, &Value)| (kind.clone(), Schema::new(raw).expect("a schema"));
    object(&documents[0]["kinds"]).iter().map(schema).collect()
});

/// One object as written.
#[derive(Clone, Debug)]
pub struct Input {
    /// Who it is.
    pub identity: Identity,
    /// What it says.
    pub value: Value,
    /// The file.
    pub file: Arc<File>,
    /// Which document of the file, from 0.
    pub position: usize,
}

impl Input {
    /// The object in its file.
    pub fn object(&self) -> Object<'_> {
        Object {
            path: &self.file.source.name,
            text: &self.file.source.text,
            document: self.position,
            file: Some(&self.file),
            ..Object::alone(&self.identity, &self.value)
        }
    }
}

/// The spec of an object with the defaults that the cluster would write.
pub fn spec(object: &Object<'_>) -> Value {
    defaulted(&object.identity.kind, object.at("/spec").unwrap_or(&Value::Null))
}

/// The schema of a kind's spec, for tests that hold it against the CRD.
pub fn schema(kind: &str) -> Option<&'static Schema> {
    SCHEMAS.get(kind)
}

/// Reads files, sorted by name; every mistake of all of them.
pub fn read(sources: &[Arc<Source>]) -> (Vec<Input>, Vec<Finding>) {
    let (mut inputs, mut findings): (Vec<Input>, Vec<Finding>) = (Vec::new(), Vec::new());
    let mut first: BTreeMap<Identity, usize> = BTreeMap::new();
    for source in sources {
        let (documents, mistakes_of_yaml) = kubeyaml::read(source);
        findings.extend(mistakes_of_yaml);
        let file = Arc::new(File::new(source));
        for document in &documents {
            file.node(document.position).into_iter().for_each(|node| secret::literals(node, &mut findings));
        }
        secret::literals_in_comments(source, &mut findings);
        for document in documents {
            let Some(node) = file.node(document.position) else { continue };
            match input(node, &file, document.position) {
                // Files that are applied alone each bring the Namespaces they need.
                Ok(input)
                    if input.identity.kind == "Namespace"
                        && first.get(&input.identity).is_some_and(|i| inputs[*i].value == input.value) => {}
                Ok(input) => {
                    findings.extend(mistakes(node, &input.identity));
                    match first.get(&input.identity) {
                        Some(other) => findings.push(twice(&inputs[*other], &input, node)),
                        None => drop(first.insert(input.identity.clone(), inputs.len())),
                    }
                    inputs.push(input);
                }
                Err(finding) => findings.push(finding),
            }
        }
    }
    (inputs, findings)
}

fn input(node: &Node, file: &Arc<File>, position: usize) -> Result<Input, Finding> {
    let value = node.to_value();
    match Identity::of(&value) {
        Ok(identity) => Ok(Input { identity, value, file: file.clone(), position }),
        Err(field) => Err(Finding::error(Code::NotAnObject, format!("a document has no {field}"))
            .place(node.place_at("/kind"))
            .help("every object has apiVersion, kind and metadata.name")),
    }
}

fn twice(other: &Input, input: &Input, node: &Node) -> Finding {
    let finding = Finding::error(Code::DuplicateObject, format!("{} stands twice", input.identity));
    let finding =
        finding.place(value_place(node, "/metadata/name")).help("one object has one owner: rename one, or drop it");
    finding.related(other.object().place("/metadata/name"), "here it stands first")
}

/// What the API server and the webhooks would refuse.
fn mistakes(node: &Node, identity: &Identity) -> Vec<Finding> {
    if identity.group != GROUP {
        return Vec::new();
    }
    let kind = identity.kind.as_str();
    let Some(schema) = SCHEMAS.get(kind) else {
        let kinds: Vec<&str> = SCHEMAS.keys().map(String::as_str).collect();
        let finding = Finding::error(Code::InvalidValue, format!("{GROUP} has no kind `{kind}`"));
        return vec![finding.place(value_place(node, "/kind")).help(did_you_mean(kind, &kinds))];
    };
    let mut findings = envelope(node, identity);
    if let Some(spec) = node.get("spec") {
        findings.extend(schema.findings(spec, "spec"));
        if findings.is_empty() {
            let refused = refusals(kind, &spec.to_value()).into_iter().map(|(pointer, sentence)| {
                Finding::error(Code::InvalidValue, format!("{identity}: {sentence}")).place(spec.place_at(&pointer))
            });
            findings.extend(refused);
        }
    }
    findings
}

/// What stands around the spec: version, name, namespace, unknown keys.
fn envelope(node: &Node, identity: &Identity) -> Vec<Finding> {
    let mut findings = Vec::new();
    let version = format!("{GROUP}/{VERSION}");
    let written = node.get("apiVersion").map(Node::to_value);
    if written.as_ref().and_then(Value::as_str) != Some(&version) {
        let finding = Finding::error(Code::InvalidValue, format!("{identity}: its version is none of {version}"));
        findings.push(finding.place(value_place(node, "/apiVersion")).help(format!("write `apiVersion: {version}`")));
    }
    for entry in node.entries().iter().filter(|e| !KEYS.contains(&e.key.as_str())) {
        let finding = Finding::error(Code::UnknownKey, format!("{identity} has no key `{}`", entry.key));
        findings.push(finding.place(entry.place.clone()).help(did_you_mean(&entry.key, &KEYS)));
    }
    let scoped = is_cluster_scoped(Some(GROUP), &identity.kind);
    if scoped != identity.namespace.is_empty() {
        let (sentence, help) = match scoped {
            true => ("is cluster-scoped and names a namespace", "remove `metadata.namespace`"),
            false => ("names no namespace", "add `metadata.namespace`: it would land wherever it is applied"),
        };
        let finding = Finding::error(Code::MissingValue, format!("{identity} {sentence}"));
        findings.push(finding.place(node.place_at("/metadata/namespace")).help(help));
    }
    if !scoped && !identity.namespace.is_empty() && !is_dns_label(&identity.namespace) {
        findings.push(invalid_name("the namespace", &identity.namespace, value_place(node, "/metadata/namespace")));
    }
    if NAMES_A_SERVICE.contains(&identity.kind.as_str()) && !is_dns_label(&identity.name) {
        findings.push(invalid_name("the name of a Service", &identity.name, value_place(node, "/metadata/name")));
    }
    findings
}

/// The place of a scalar itself, not of its key.
fn value_place(node: &Node, pointer: &str) -> Place {
    match node.at(pointer) {
        Some(Node { kind: Kind::Map(_) | Kind::List(_), .. }) | None => node.place_at(pointer),
        Some(scalar) => scalar.place.clone(),
    }
}

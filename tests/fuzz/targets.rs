//! The table of targets: a text -> what is reported of it. Each goes as far as the program would with such a file.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use gatewright::agentic::config_patch;
use gatewright::agentic::input;
use gatewright::command::github;
use gatewright::command::pipeline;
use gatewright::command::report;
use gatewright::command::rulebook;
use gatewright::command::sarif;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::references::manifests::manifests;
use gatewright::references::world::World;
use gatewright::text::finding::{Code, Finding};
use gatewright::text::goyaml;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::{Crds, Verdict};
use serde_json::{Value, json};

/// Something that reads what others wrote.
pub(crate) struct Target {
    /// The name of the test and of the folder in the corpus.
    pub(crate) name: &'static str,
    /// Further seeds: folders below the project, or beside it where they are there.
    pub(crate) seeds: &'static [&'static str],
    /// Reads a text.
    pub(crate) attempt: fn(&str) -> Vec<Finding>,
}

/// All targets.
pub(crate) const TARGETS: &[Target] = &[
    Target { name: "yaml", seeds: &["golden/full", "tests/diagnostics"], attempt: yaml },
    Target {
        name: "features",
        seeds: &["golden/full/features.yaml", "golden/ha/features.yaml", "features.yaml"],
        attempt: features,
    },
    Target { name: "group", seeds: &["groups"], attempt: group },
    Target { name: "template", seeds: &["templates"], attempt: template },
    Target { name: "crd", seeds: &["tests/diagnostics/cel-rule/crds", "../shared/crds"], attempt: crd },
    Target { name: "cel", seeds: &[], attempt: cel },
    Target { name: "patch", seeds: &["golden/full/features.yaml"], attempt: patch },
    Target { name: "manifests", seeds: &["golden/full/rendered", "tests/diagnostics"], attempt: of_manifests },
    Target {
        name: "agentic",
        seeds: &[
            "golden/agentic-litellm/gateways",
            "golden/agentic-patched/gateways",
            "golden/agentic-agentgateway/gateways",
        ],
        attempt: agentic,
    },
];

const PLATFORM: &str = "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\n";

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(&BTreeMap::new()).expect("the built-in catalog"));

/// Prints findings in every format; nothing of a hostile text may reach a terminal or a log as a command.
pub(crate) fn report(findings: &[Finding]) {
    let findings: Vec<Finding> = findings.iter().cloned().map(report::masked).collect();
    let text = anstream::adapter::strip_str(&report::text(&findings)).to_string();
    let harmful = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(harmful, None, "in a report: {text:?}");
    assert!(report::json(&findings).is_array());
    assert!(sarif::log(&findings, Path::new(".")).is_object());
    for line in github::commands(&findings, Path::new(".")).lines() {
        let known = ["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command));
        assert!(known, "in a log: {line:?}");
    }
}

/// Every way to read YAML; what is read can be written and read again.
fn yaml(text: &str) -> Vec<Finding> {
    let source = Source::new("x.yaml", text);
    let mut findings: Vec<Finding> =
        [yaml::read(&source).err(), yaml::read_group(&source).err()].into_iter().flatten().collect();
    let (documents, wrong) = kubeyaml::read(&source);
    findings.extend(wrong);
    let ranges = kubeyaml::documents(text);
    for document in documents {
        let node = kubeyaml::node(&source, ranges[document.position].clone()).expect("it was read");
        assert_eq!(node.to_value(), document.value);
        same(&document.value);
    }
    match yaml::nodes(&source) {
        Ok(nodes) => nodes.iter().for_each(|node| same(&node.to_value())),
        Err(finding) => findings.push(finding),
    }
    match kubeyaml::values(&source) {
        Ok(documents) => documents.iter().for_each(same),
        Err(finding) => findings.push(finding),
    }
    findings
}

fn same(value: &Value) {
    let text = yaml::emit(value);
    let read = kubeyaml::values(&Source::new("x", text.as_str()));
    assert_eq!(read.ok().as_deref(), Some(std::slice::from_ref(value)), "{text}");
}

/// The way of `check`, with files of a cluster and a catalog.
fn rendered(catalog: &Catalog, features: &str, gateways: &[Arc<Source>]) -> Vec<Finding> {
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let mut clusters = match pipeline::read(&inputs, catalog) {
        Ok(clusters) => clusters,
        Err(findings) => return findings,
    };
    for cluster in &mut clusters {
        cluster.manifests.extend(gateways.iter().cloned());
    }
    let mut findings = Vec::new();
    for cluster in &clusters {
        match pipeline::render(catalog, cluster, &Memo::default()) {
            Ok(rendered) => {
                findings.extend(rendered.findings(&Crds::default()));
                rendered
                    .tree()
                    .keys()
                    .for_each(|path| assert!(path.split('/').all(|part| !["", ".", ".."].contains(&part)), "{path}"));
            }
            Err(found) => findings.extend(found),
        }
    }
    findings
}

/// A features.yaml, also as an overlay.
fn features(text: &str) -> Vec<Finding> {
    let overlay = Inputs {
        features: Source::new("features.yaml", PLATFORM),
        clusters: vec![Source::new("clusters/c.yaml", text)],
    };
    let mut findings = rendered(&CATALOG, text, &[]);
    findings.extend(pipeline::read(&overlay, &CATALOG).err().into_iter().flatten());
    findings
}

fn with_catalog(files: &[(&str, &str)], features: &str) -> Vec<Finding> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    match Catalog::new(&files) {
        Ok(catalog) => rendered(&catalog, features, &[]),
        Err(findings) => findings,
    }
}

/// A group file of a fork, switched on.
fn group(text: &str) -> Vec<Finding> {
    with_catalog(&[("groups/egress.yaml", text)], &format!("{PLATFORM}features: {{ egress: true }}\n"))
}

/// A template of a fork, with a group that renders it.
fn template(text: &str) -> Vec<Finding> {
    const GROUP: &str = "summary: A lamp\ncomponents: { lamp: { namespace: lamp, path: lamp, wave: 1 } }\n\
        settings: { properties: { a: { type: array, default: [1, two, { three: [4] }], items: {}, description: Any } } }\n";
    with_catalog(&[("groups/lamp.yaml", GROUP), ("templates/lamp/lamp.yaml", text)], PLATFORM)
}

/// CustomResourceDefinitions; the other documents are objects that are held against them.
fn crd(text: &str) -> Vec<Finding> {
    let source = Source::new("crds/x.yaml", text);
    let (crds, mut findings) = Crds::read(std::slice::from_ref(&source), None);
    crds.coverage();
    for object in kubeyaml::values(&source).unwrap_or_default() {
        findings.extend(judged(&crds, &object));
    }
    findings
}

fn judged(crds: &Crds, object: &Value) -> Vec<Finding> {
    let verdicts = [crds.verdict(object), crds.verdict_of_update(object, object)];
    let violations = verdicts.into_iter().flat_map(|verdict| match verdict {
        Verdict::NoSchema => Vec::new(),
        Verdict::Judged(violations) => violations,
    });
    violations.map(|violation| Finding::error(Code::CelRule, violation.message)).collect()
}

/// A rule on an object of some size; a second line is the expression of its message.
fn cel(text: &str) -> Vec<Finding> {
    let (rule, message) = text.split_once('\n').unwrap_or((text, ""));
    let string = json!({ "type": "string" });
    let fields = json!({
        "s": string, "n": { "type": "integer" }, "d": { "type": "number" }, "b": { "type": "boolean" },
        "l": { "type": "array", "items": string }, "m": { "type": "object", "additionalProperties": string },
        "o": { "type": "array", "items": { "type": "object", "properties": { "name": string, "l": { "type": "array", "items": string } } } },
        "t": { "type": "string", "format": "date-time" }, "u": { "type": "string", "format": "duration" },
    });
    let mut validation = json!({ "rule": rule, "message": "no" });
    if !message.is_empty() {
        validation["messageExpression"] = json!(message);
    }
    let spec = json!({ "type": "object", "properties": fields, "x-kubernetes-validations": [validation] });
    let schema = json!({ "openAPIV3Schema": { "type": "object", "properties": { "spec": spec } } });
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": { "name": "lamps.example.com" },
        "spec": { "group": "example.com", "names": { "kind": "Lamp", "plural": "lamps" }, "scope": "Namespaced",
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": schema }] },
    });
    let words: Vec<String> = (0..200).map(|i| "a".repeat(i % 40) + "b").collect();
    let object = json!({
        "apiVersion": "example.com/v1", "kind": "Lamp", "metadata": { "name": "x", "namespace": "y" },
        "spec": { "s": "a".repeat(2_000), "n": i64::MIN, "d": 1.5, "b": true, "l": words, "m": { "a": "b", "c": "d" },
            "o": words.iter().take(50).map(|w| json!({ "name": w, "l": words[..50] })).collect::<Value>(),
            "t": "9999-12-31T23:59:59Z", "u": "2540400h" },
    });
    let (crds, mut findings) = Crds::read(&[Source::new("crds/x.yaml", yaml::emit(&crd))], None);
    findings.extend(judged(&crds, &object));
    findings
}

/// The configuration patch of a gateway, as the operator reads YAML.
fn patch(text: &str) -> Vec<Finding> {
    let base = goyaml::read("model_list:\n- a: 1\n  b: {c: d}\nsettings: {x: [y]}\n").expect("a base");
    let said = config_patch::patched(&base, Some(text)).and_then(|patched| {
        config_patch::marked(&base, &patched);
        config_patch::strict(&patched, &json!({ "settings": { "x": null, "z": 1 } }))
    });
    said.err().map(|words| Finding::error(Code::WrongShape, words)).into_iter().collect()
}

/// Manifests on stdin.
fn of_manifests(text: &str) -> Vec<Finding> {
    let (clusters, mut findings) = manifests(&[Source::new("<stdin>", text)]);
    for cluster in &clusters {
        findings.extend(rulebook::check(&World::of_manifests(cluster), &Crds::default()));
    }
    findings
}

/// Gateways, routes and agents, with a platform that renders them.
fn agentic(text: &str) -> Vec<Finding> {
    let sources = [Source::new("gateways/x.yaml", text)];
    let mut findings = input::read(&sources).1;
    findings.extend(rendered(&CATALOG, &format!("{PLATFORM}features: {{ agentic: true }}\n"), &sources));
    findings
}

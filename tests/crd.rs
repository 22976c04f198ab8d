//! The API server's verdict, offline. What is expected here was asked of kube-apiserver 1.35.4 (server-side apply, strict).

#![allow(clippy::disallowed_methods, reason = "how much a run does is set by the environment")]

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use gatewright::command::rulebook;
use gatewright::references::manifests::manifests;
use gatewright::references::world::World;
use gatewright::text::finding::Code;
use gatewright::text::source::Source;
use gatewright::text::{kubeyaml, yaml};
use gatewright::verdict::crd::{Crds, Verdict};
use gatewright::verdict::descriptions;
use serde_json::{Value, json};

const WIDGETS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - {name: v1alpha1, served: false, storage: false}
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        x-kubernetes-validations:
        - {rule: "self.metadata.name != 'forbidden'", message: this name is taken}
        properties:
          metadata: {type: object}
          spec:
            type: object
            properties:
              text: {type: string, minLength: 2, maxLength: 4, pattern: "^[a-zä]+$"}
              size: {type: integer, minimum: 1, maximum: 10, exclusiveMaximum: true, default: 3}
              ratio: {type: number, multipleOf: 0.5}
              replicas: {type: integer, format: int32}
              "on": {type: boolean}
              mode: {type: string, enum: [Fast, Slow], default: Slow}
              port: {x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string, maxLength: 5}]}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: string}}}
              labels: {type: object, additionalProperties: {type: string}, maxProperties: 2}
              maybe: {type: string, nullable: true}
              when: {type: string, format: date-time}
              wait: {type: string, format: duration}
              bytes: {type: string, format: byte}
              id: {type: string, format: uuid}
              weird: {type: string, format: no-such-format}
              tags: {type: array, items: {type: string}, x-kubernetes-list-type: set, maxItems: 3}
              snake_case: {type: integer}
              a__b-c: {type: integer}
              namespace: {type: string}
              ports:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [number, protocol]
                items:
                  type: object
                  required: [number]
                  properties:
                    number: {type: integer}
                    protocol: {type: string, default: TCP}
                    level: {type: integer, default: 1}
                  x-kubernetes-validations:
                  - {rule: "self.level < 5", fieldPath: .level, messageExpression: "'level ' + string(self.level) + ' is too high'"}
                  - {rule: "self.level >= oldSelf.level", message: the level may not sink}
              one:
                type: object
                properties: {a: {type: string}, b: {type: string}}
                oneOf: [{required: [a]}, {required: [b]}]
                not: {properties: {a: {enum: [never]}}, required: [a]}
              template:
                type: object
                x-kubernetes-embedded-resource: true
                x-kubernetes-preserve-unknown-fields: true
            x-kubernetes-validations:
            - {rule: "self.size > 0 && self.mode in ['Fast', 'Slow']", message: defaults come first}
            - {rule: "!has(self.text) || size(self.text) <= 4 && self.text.matches('^[^0-9]+$')"}
            - {rule: "!has(self.snake_case) || self.snake_case < 3", message: snake}
            - {rule: "!has(self.a__underscores__b__dash__c) || self.a__underscores__b__dash__c < 3", message: escaped}
            - {rule: "!has(self.__namespace__) || self.__namespace__ != 'kube-system'", message: not there}
            - {rule: "!has(self.wait) || self.wait < duration('1h')", message: too long}
            - {rule: "!has(self.when) || self.when > timestamp('2020-01-01T00:00:00Z')", message: too old}
            - {rule: "!has(self.bytes) || size(self.bytes) == 5", message: five bytes}
            - {rule: "!has(self.ratio) || self.ratio < 2.5", message: ratio}
            - {rule: "!has(self.port) || type(self.port) != string || self.port != 'none'", message: port}
            - {rule: "self.size == oldSelf.size", message: the size stays}
            - {rule: "oldSelf.hasValue() || self.mode == 'Slow'", optionalOldSelf: true, message: starts slow}
            - {rule: "!has(self.tags) || !has(oldSelf.tags) || self.tags == oldSelf.tags", message: the tags stay}
          status:
            type: object
            properties: {replicas: {type: integer}}
"#;

fn widgets() -> Crds {
    let text = WIDGETS.to_owned();
    let (crds, findings) = Crds::read(&[Source::new("widgets.yaml", text)], None);
    assert!(findings.is_empty(), "{findings:?}");
    crds
}

fn widget(spec: Value) -> Value {
    json!({ "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "w", "namespace": "n" }, "spec": spec })
}

/// `code pointer` of all violations.
fn told(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::NoSchema => vec!["no-schema".into()],
        Verdict::Judged(violations) => {
            violations.into_iter().map(|v| format!("{} {}", v.code.name(), v.pointer)).collect()
        }
    }
}

#[test]
fn valid_objects_pass() {
    let crds = widgets();
    for spec in [
        json!({}),
        json!({ "text": "ääää", "size": 9, "ratio": 2, "on": true, "mode": "Slow" }),
        json!({ "port": 80, "free": { "any": [1, { "thing": null }], "known": "x" }, "labels": { "a.b/c-d": "x" } }),
        json!({ "port": "http", "maybe": null, "size": null, "mode": null }),
        json!({ "when": "2024-02-29T12:00:00Z", "wait": "59m", "bytes": "aGVsbG8=", "weird": "anything" }),
        json!({ "id": "123e4567-e89b-12d3-a456-426614174000", "tags": ["b", "a"], "snake_case": 2, "a__b-c": 1 }),
        json!({ "ports": [{ "number": 1 }, { "number": 1, "protocol": "UDP" }], "one": { "a": "x" }, "replicas": 1.0 }),
        json!({ "template": { "apiVersion": "v1", "kind": "Pod", "metadata": { "labels": { "a": "b" } }, "spec": {} } }),
    ] {
        assert_eq!(told(crds.verdict(&widget(spec.clone()))), Vec::<String>::new(), "{spec}");
    }
}

#[test]
fn each_feature_of_a_schema_is_held() {
    let crds = widgets();
    for (spec, expected) in [
        (json!({ "tex": "ab" }), "unknown-field /spec/tex"),
        (json!({ "ports": [{ "number": 1, "levle": 2 }] }), "unknown-field /spec/ports/0/levle"),
        (json!({ "text": 12 }), "invalid-field /spec/text"),
        (json!({ "text": "a" }), "invalid-field /spec/text"),
        (json!({ "text": "abcde" }), "invalid-field /spec/text"),
        (json!({ "text": "a1" }), "invalid-field /spec/text"),
        (json!({ "text": null }), "invalid-field /spec/text"),
        (json!({ "size": 0 }), "invalid-field /spec/size"),
        (json!({ "size": 10 }), "invalid-field /spec/size"),
        (json!({ "size": 1.5 }), "invalid-field /spec/size"),
        (json!({ "size": "3" }), "invalid-field /spec/size"),
        (json!({ "ratio": 0.3 }), "invalid-field /spec/ratio"),
        (json!({ "ratio": "1" }), "invalid-field /spec/ratio"),
        (json!({ "replicas": -1 }), "invalid-field /spec/replicas"),
        (json!({ "replicas": 3_000_000_000u64 }), "invalid-field /spec/replicas"),
        (json!({ "on": "true" }), "invalid-field /spec/on"),
        (json!({ "mode": "fast" }), "invalid-field /spec/mode"),
        (json!({ "port": true }), "invalid-field /spec/port"),
        (json!({ "port": "abcdef" }), "invalid-field /spec/port"),
        (json!({ "free": { "known": 1 } }), "invalid-field /spec/free/known"),
        (json!({ "labels": { "a": 1 } }), "invalid-field /spec/labels/a"),
        (json!({ "labels": { "a": "", "b": "", "c": "" } }), "invalid-field /spec/labels"),
        (json!({ "when": "yesterday" }), "invalid-field /spec/when"),
        (json!({ "wait": "long" }), "invalid-field /spec/wait"),
        (json!({ "bytes": "?" }), "invalid-field /spec/bytes"),
        (json!({ "id": "x" }), "invalid-field /spec/id"),
        (json!({ "tags": ["a", "a"] }), "invalid-field /spec/tags/1"),
        (json!({ "tags": ["a", "b", "c", "d"] }), "invalid-field /spec/tags"),
        (json!({ "ports": [{ "level": 1 }] }), "invalid-field /spec/ports/0"),
        (json!({ "ports": [{ "number": 1 }, { "number": 1, "protocol": "TCP" }] }), "invalid-field /spec/ports/1"),
        (json!({ "one": {} }), "invalid-field /spec/one"),
        (json!({ "one": { "a": "x", "b": "y" } }), "invalid-field /spec/one"),
        (json!({ "one": { "a": "never" } }), "invalid-field /spec/one"),
        (json!({ "template": { "kind": "Pod" } }), "invalid-field /spec/template"),
        (
            json!({ "template": { "apiVersion": "v1", "kind": "Pod", "metadata": { "labels": { "a b": "" } } } }),
            "invalid-metadata /spec/template/metadata/labels/a b",
        ),
        (json!({ "ports": [{ "number": 1, "level": 5 }] }), "cel-rule /spec/ports/0/level"),
        (json!({ "snake_case": 3 }), "cel-rule /spec"),
        (json!({ "a__b-c": 3 }), "cel-rule /spec"),
        (json!({ "namespace": "kube-system" }), "cel-rule /spec"),
        (json!({ "wait": "2 hours" }), "cel-rule /spec"),
        (json!({ "when": "2019-01-01T00:00:00Z" }), "cel-rule /spec"),
        (json!({ "bytes": "aGVsbG8h" }), "cel-rule /spec"),
        (json!({ "ratio": 3 }), "cel-rule /spec"),
        (json!({ "port": "none" }), "cel-rule /spec"),
        (json!({ "mode": "Fast" }), "cel-rule /spec"),
    ] {
        assert_eq!(told(crds.verdict(&widget(spec.clone()))), [expected], "{spec}");
    }
}

#[test]
fn messages_name_the_way_out() {
    let crds = widgets();
    let one = |spec| match crds.verdict(&widget(spec)) {
        Verdict::Judged(violations) => violations.into_iter().next().expect("one"),
        Verdict::NoSchema => panic!("the kind is defined"),
    };
    let unknown = one(json!({ "tex": "ab" }));
    assert_eq!(unknown.message, "`spec` has no field `tex`");
    assert_eq!(unknown.help.as_deref(), Some("did you mean `text`?"));
    assert_eq!(one(json!({ "ports": [{ "number": 1, "level": 5 }] })).message, "`spec.ports[0]`: level 5 is too high");
    assert_eq!(one(json!({ "size": "3" })).message, "`spec.size` is the string \"3\", it must be an integer");
}

#[test]
fn updates_are_held_against_the_old_object() {
    let crds = widgets();
    let update = |new: Value, old: Value| told(crds.verdict_of_update(&widget(new), &widget(old)));
    let none: [&str; 0] = [];
    assert_eq!(update(json!({ "size": 4 }), json!({ "size": 3 })), ["cel-rule /spec"]);
    assert_eq!(update(json!({}), json!({ "size": 3 })), none, "the default is what it was");
    assert_eq!(update(json!({ "mode": "Fast" }), json!({})), none, "there is an old value");
    assert_eq!(update(json!({ "tags": ["a", "b"] }), json!({ "tags": ["b", "a"] })), none, "a set has no order");
    assert_eq!(update(json!({ "tags": ["a", "c"] }), json!({ "tags": ["b", "a"] })), ["cel-rule /spec"]);
    let ports = |levels: [u64; 2]| json!({ "ports": [{ "number": levels[0], "level": levels[1] }, { "number": 9 }] });
    assert_eq!(update(ports([1, 2]), ports([1, 3])), ["cel-rule /spec/ports/0"], "items are found by their keys");
    assert_eq!(update(ports([2, 2]), ports([1, 3])), none, "a new item has no old value");
    assert_eq!(
        update(json!({ "text": "AB", "on": true }), json!({ "text": "AB" })),
        none,
        "what stays is not judged again"
    );
    assert_eq!(update(json!({ "text": "AC" }), json!({ "text": "AB" })), ["invalid-field /spec/text"]);
}

#[test]
fn metadata_and_versions() {
    let crds = widgets();
    let with = |key: &str, value: Value| {
        let mut object = widget(json!({}));
        object["metadata"][key] = value;
        told(crds.verdict(&object))
    };
    let none: [&str; 0] = [];
    assert_eq!(with("name", json!("a.b-c")), none);
    assert_eq!(with("labels", json!({ "example.com/a": "", "b": null })), none);
    assert_eq!(with("creationTimestamp", Value::Null), none);
    for (key, value, pointer) in [
        ("name", json!("A"), "/metadata/name"),
        ("name", json!("a".repeat(254)), "/metadata/name"),
        ("name", json!(""), "/metadata"),
        ("namespace", json!("a.b"), "/metadata/namespace"),
        ("labels", json!({ "a": "b c" }), "/metadata/labels/a"),
        ("labels", json!({ "A.b/c": "x" }), "/metadata/labels/A.b~1c"),
        ("labels", json!({ "a": 1 }), "/metadata/labels/a"),
        ("labels", json!({ "a": "x".repeat(64) }), "/metadata/labels/a"),
        ("annotations", json!({ "a": true }), "/metadata/annotations/a"),
        ("annotations", json!({ "a": "x".repeat(1 << 18) }), "/metadata/annotations"),
        ("finalizers", json!(["a b"]), "/metadata/finalizers/0"),
        ("finalizers", json!(["a/b", "a/b"]), "/metadata/finalizers/1"),
        ("ownerReferences", json!([{ "apiVersion": "v1", "kind": "Pod", "name": "x" }]), "/metadata/ownerReferences/0"),
        ("label", json!({}), "/metadata/label"),
        ("managedFields", json!([]), "/metadata/managedFields"),
    ] {
        let told = with(key, value.clone());
        assert!(told.contains(&format!("invalid-metadata {pointer}")), "{key} {value}: {told:?}");
    }
    assert_eq!(with("name", json!("forbidden")), ["cel-rule "], "rules see the name");
    let mut other = widget(json!({}));
    other["apiVersion"] = json!("example.com/v1alpha1");
    assert_eq!(told(crds.verdict(&other)), ["version-not-served /apiVersion"]);
    other["kind"] = json!("Gadget");
    assert_eq!(told(crds.verdict(&other)), ["no-schema"]);
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let rules = |rule: &str| {
        let text = format!(
            "kind: CustomResourceDefinition\nspec: {{group: g, scope: Cluster, names: {{kind: K}}, versions: [{{name: v1, served: true, \
             schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: array, items: {{type: integer}}, \
             x-kubernetes-validations: [{{rule: {rule:?}}}]}}}}}}}}}}]}}\n"
        );
        Crds::read(&[Source::new("k.yaml", text)], None).0
    };
    for rule in ["self.nope()", "self.", "google.Thing{a: 1}.a", "cel.bind(x, 1, x == 1)"] {
        let crds = rules(rule);
        let coverage = crds.coverage();
        assert_eq!((coverage[0].rules, coverage[0].unusable.len()), (0, 1), "{rule}");
        let object = json!({ "apiVersion": "g/v1", "kind": "K", "metadata": { "name": "a" }, "spec": [1] });
        assert_eq!(told(crds.verdict(&object)), ["cel-rule /spec"], "{rule} is never passed in silence");
    }
    // Eight nested walks over a list of 100: the work is bounded before it starts.
    let hostile = (0..8).fold("true".to_owned(), |inner, n| format!("self.all(x{n}, {inner})"));
    let object = json!({ "apiVersion": "g/v1", "kind": "K", "metadata": { "name": "a" }, "spec": vec![1; 100] });
    let start = std::time::Instant::now();
    assert_eq!(told(rules(&hostile).verdict(&object)), ["cel-rule /spec"]);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn definitions_are_found_wherever_they_stand() {
    let text = WIDGETS.to_owned();
    let definition = &kubeyaml::values(&Source::new("w", &*text)).expect("YAML")[0];
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": [{ "kind": "ConfigMap" }, definition] });
    let several = format!("# first\n---\nkind: ConfigMap\n---\n{text}");
    let known = |text: &str, wanted: Option<&BTreeSet<(String, String)>>| {
        Crds::read(&[Source::new("x", text)], wanted).0.namespaced("example.com", "Widget")
    };
    for text in [&*text, &list.to_string(), &several, &yaml::emit(&list)] {
        assert_eq!(known(text, None), Some(true));
        assert_eq!(known(text, Some(&[("example.com".to_owned(), "Widget".to_owned())].into())), Some(true));
        // Another kind of the group may be meant.
        assert_eq!(known(text, Some(&[("example.com".to_owned(), "Gadget".to_owned())].into())), Some(true));
        assert_eq!(known(text, Some(&[("example.org".to_owned(), "Widget".to_owned())].into())), None);
    }
    for (broken, line) in [
        ("kind: CustomResourceDefinition\nspec: {group: [}\n", 2),
        ("a: 1\n---\nkind: CustomResourceDefinition\nmetadata: {name: x}\n", 4),
    ] {
        let (_, findings) = Crds::read(&[Source::new("x.yaml", broken)], None);
        let place = findings[0].place.as_ref().expect("a place");
        assert_eq!(place.line_column().0, line, "{findings:?}");
        assert!(matches!(findings[0].code, Code::CrdFile | Code::YamlSyntax), "{findings:?}");
    }
}

#[test]
fn built_in_kinds_are_known() {
    let crds = Crds::default();
    let deployment = |change: &dyn Fn(&mut Value)| {
        let mut object = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "d", "namespace": "n" },
            "spec": {
                "selector": { "matchLabels": { "app": "d" } },
                "template": {
                    "metadata": { "labels": { "app": "d" } },
                    "spec": {
                        "containers": [{
                            "name": "c", "image": "i", "ports": [{ "name": "http", "containerPort": 80 }],
                            "env": [{ "name": "A", "value": "b" }],
                            "resources": { "requests": { "cpu": "100m" }, "limits": { "cpu": 1 } },
                            "volumeMounts": [{ "name": "v", "mountPath": "/v" }],
                            "livenessProbe": { "httpGet": { "port": "http" } },
                        }],
                        "volumes": [{ "name": "v", "emptyDir": {} }],
                    },
                },
            },
        });
        change(&mut object);
        told(crds.verdict(&object))
    };
    assert_eq!(deployment(&|_| {}), Vec::<String>::new());
    const POD: &str = "/spec/template/spec";
    const CONTAINER: &str = "/spec/template/spec/containers/0";
    for (at, value, pointer) in [
        (
            CONTAINER.to_owned() + "/resources/requests/cpu",
            json!("banana"),
            CONTAINER.to_owned() + "/resources/requests/cpu",
        ),
        (
            CONTAINER.to_owned() + "/resources/requests/cpu",
            json!("2"),
            CONTAINER.to_owned() + "/resources/requests/cpu",
        ),
        (CONTAINER.to_owned() + "/ports/0/containerPort", json!(0), CONTAINER.to_owned() + "/ports/0/containerPort"),
        (CONTAINER.to_owned() + "/ports/0/name", json!("HTTP"), CONTAINER.to_owned() + "/ports/0/name"),
        (CONTAINER.to_owned() + "/volumeMounts/0/name", json!("w"), CONTAINER.to_owned() + "/volumeMounts/0/name"),
        (CONTAINER.to_owned() + "/livenessProbe", json!({}), CONTAINER.to_owned() + "/livenessProbe"),
        (CONTAINER.to_owned() + "/name", json!("C"), CONTAINER.to_owned() + "/name"),
        (CONTAINER.to_owned() + "/env", json!([{ "name": "A" }, { "name": "A" }]), CONTAINER.to_owned() + "/env/1"),
        ("/spec/template/metadata/labels/app".into(), json!("e"), "/spec/template/metadata/labels".into()),
        (POD.to_owned() + "/volumes", json!([{ "name": "v" }, { "name": "v" }]), POD.to_owned() + "/volumes/1"),
        ("/spec/selector/matchLabels".into(), json!({}), "/spec/selector".into()),
        ("/spec/template/spec/containers".into(), json!([]), POD.into()),
    ] {
        let told = deployment(&|object| *object.pointer_mut(&at).expect("it is there") = value.clone());
        assert_eq!(told, [format!("invalid-field {pointer}")], "{at} = {value}");
    }
    let old = json!({ "apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": { "name": "x" } });
    assert_eq!(told(crds.verdict(&old)), ["version-not-served /apiVersion"]);
}

fn files(folder: &str) -> Vec<Arc<Source>> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    files
        .filter(|e| e.path().extension().is_some_and(|x| x == "yaml"))
        .map(|e| Source::new(e.path().display().to_string(), std::fs::read_to_string(e.path()).expect("readable")))
        .collect()
}

/// The pinned CRDs; none, visibly, where they are not there.
fn pinned() -> Option<Vec<Arc<Source>>> {
    let found = Path::new("../shared/crds").is_dir();
    if !found {
        eprintln!("skipped: ../shared/crds is not there");
    }
    found.then(|| files("../shared/crds"))
}

#[test]
fn every_pinned_rule_can_be_evaluated() {
    let Some(sources) = pinned() else { return };
    let (crds, findings) = Crds::read(&sources, None);
    assert!(findings.is_empty(), "{findings:?}");
    let coverage = crds.coverage();
    let (rules, updates) =
        (coverage.iter().map(|c| c.rules).sum::<usize>(), coverage.iter().map(|c| c.update_rules).sum::<usize>());
    assert!(coverage.len() > 60 && rules > 800 && updates > 10, "{} {rules} {updates}", coverage.len());
    assert!(coverage.iter().all(|c| c.unusable.is_empty()), "{coverage:#?}");
}

/// What the binary holds says what the files of the releases say.
#[test]
fn definitions_in_the_binary_are_those_of_the_releases() {
    let Some(mut sources) = pinned() else { return };
    sources.retain(|source| !source.name.contains("/experimental/"));
    let (crds, _) = Crds::read(&sources, None);
    let built_in = Crds::pinned(None, |_| true);
    let coverage = |crds: &Crds, of: &[&str]| {
        let mut coverage = crds.coverage();
        coverage.retain(|kind| of.is_empty() || of.contains(&kind.group.as_str()));
        format!("{coverage:#?}")
    };
    let groups: BTreeSet<String> = crds.coverage().into_iter().map(|kind| kind.group).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    assert_eq!(coverage(&built_in, &groups), coverage(&crds, &[]));
}

#[test]
fn golden_objects_are_accepted() {
    let crds = Crds::pinned(None, |_| true);
    let mut judged = 0;
    for source in files("golden").into_iter().filter(|s| s.name.contains("/rendered/")) {
        for object in kubeyaml::values(&source).expect("golden").iter().filter(|o| o.get("kind").is_some()) {
            match crds.verdict(object) {
                Verdict::Judged(violations) => assert!(violations.is_empty(), "{}: {violations:#?}", source.name),
                Verdict::NoSchema => panic!("{}: no schema for {}", source.name, object["kind"]),
            }
            judged += 1;
        }
    }
    assert!(judged > 500, "{judged}");
}

/// A version that is gone is told once, by the rule that knows what took its place.
#[test]
fn a_version_that_is_gone_is_told_once() {
    let definition =
        WIDGETS.replace("group: example.com", "group: external-secrets.io").replace("Widget", "ExternalSecret");
    let (crds, findings) = Crds::read(&[Source::new("crds.yaml", definition)], None);
    assert!(findings.is_empty(), "{findings:?}");
    let told = |version: &str| {
        let text = format!(
            "apiVersion: external-secrets.io/{version}\nkind: ExternalSecret\nmetadata: {{ name: x, namespace: n }}\n\
             spec: {{ data: [{{ secretKey: a, remoteRef: {{ key: b }} }}] }}\n"
        );
        let (clusters, findings) = manifests(&[Source::new("x.yaml", text)]);
        assert!(findings.is_empty(), "{findings:?}");
        let found = rulebook::check(&World::of_manifests(&clusters[0]), &crds);
        let codes = found.iter().map(|f| f.code.name()).filter(|code| code.ends_with("not-served"));
        codes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told("v1beta1"), ["api-not-served"]);
    assert_eq!(told("v7"), ["version-not-served"]);
}

/// Reading definitions without their descriptions leaves out descriptions alone.
#[test]
fn definitions_without_descriptions_say_the_same() {
    fn empty(value: &mut Value) {
        match value {
            Value::Object(map) => map.iter_mut().for_each(|(key, value)| match value {
                Value::String(text) if key == "description" => text.clear(),
                value => empty(value),
            }),
            Value::Array(items) => items.iter_mut().for_each(empty),
            _ => {}
        }
    }
    let Some(files) = pinned() else { return };
    let mut compared = 0;
    for file in files {
        for range in kubeyaml::documents(&file.text) {
            let text = &file.text[range];
            let mut whole = kubeyaml::value(text).expect("a pinned definition");
            let mut short = kubeyaml::value(&descriptions::emptied(text)).expect("as well without");
            whole.iter_mut().chain(&mut short).for_each(empty);
            assert_eq!(whole, short, "{}", file.name);
            compared += usize::from(whole.is_some());
        }
    }
    assert!(compared > 50, "{compared}");
}

/// Everything that a server of 1.35 serves unasked has a definition; what it does not serve is told with what it does.
#[test]
fn all_stable_kinds_have_definitions() {
    let crds = Crds::default();
    let judged = |object: Value| told(crds.verdict(&object));
    let claim = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": { "name": "a_b", "namespace": "x" },
        "spec": { "devices": { "requests": [{ "name": "gpu", "exactly": { "deviceClassNam": "gpu.example.com" } }] } },
    });
    let claim = judged(claim);
    assert!(claim.contains(&"invalid-metadata /metadata/name".to_owned()), "{claim:?}");
    assert!(claim.contains(&"unknown-field /spec/devices/requests/0/exactly/deviceClassNam".to_owned()), "{claim:?}");
    for (version, kind) in [
        ("resource.k8s.io/v1beta1", "ResourceClaim"),
        ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema"),
        ("extensions/v1beta1", "Ingress"),
        ("v1", "Deployment"),
        ("apps/v1", "Job"),
    ] {
        let object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "a", "namespace": "x" } });
        assert_eq!(judged(object), ["version-not-served /apiVersion"], "{version} {kind}");
    }
    for (version, kind) in
        [("v1", "Config"), ("kustomize.config.k8s.io/v1beta1", "Job"), ("resource.k8s.io/v1alpha3", "DeviceTaintRule")]
    {
        let object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "a" } });
        assert!(matches!(crds.verdict(&object), Verdict::NoSchema), "{version} {kind}");
    }
}

#[test]
fn a_version_above_all_is_told_from_an_older_one() {
    let crds = Crds::pinned(None, |_| true).likely();
    let object =
        |version: &str, kind: &str| json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "a" } });
    for (version, kind) in [
        ("keda.sh/v1", "ScaledObject"),
        ("argoproj.io/v1", "Application"),
        ("inference.networking.x-k8s.io/v1", "InferenceObjective"),
    ] {
        assert!(crds.is_beyond(&object(version, kind)), "{version}");
    }
    for (version, kind) in [
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("external-secrets.io/v1beta1", "ExternalSecret"),
        ("gateway.networking.k8s.io/v1beta1", "HTTPRoute"),
        ("example.com/v9", "Thing"),
        ("v2", "Service"),
        ("keda.sh/next", "ScaledObject"),
    ] {
        assert!(!crds.is_beyond(&object(version, kind)), "{version}");
    }
}

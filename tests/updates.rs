//! What the API server refuses of a change: `oldSelf` in CustomResourceDefinitions, fields of built-in kinds that stay, and
//! both as `diff` tells them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gatewright::text::source::Source;
use gatewright::verdict::crd::{Crds, Verdict};
use serde_json::{Value, json};

fn refused(crds: &Crds, new: &Value, old: &Value) -> Vec<String> {
    match crds.verdict_of_update(new, old) {
        Verdict::NoSchema => panic!("no schema for {}", new["kind"]),
        Verdict::Judged(violations) => violations.iter().map(|v| format!("{} {}", v.code.name(), v.pointer)).collect(),
    }
}

/// Puts a value at a pointer; null takes away what is there.
fn put(object: &mut Value, pointer: &str, value: &Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match object.pointer_mut(parent).expect("a parent") {
        Value::Object(map) if value.is_null() => drop(map.remove(key)),
        Value::Object(map) => drop(map.insert(key.to_owned(), value.clone())),
        Value::Array(items) => items[key.parse::<usize>().expect("an index")] = value.clone(),
        other => panic!("{other} has no {key}"),
    }
}

/// A change of an object: where, what (null: taken away), and whether the server refuses it.
type Change = (&'static str, Value, bool);

fn all(api_version: &str, kind: &str, mut object: Value, changes: &[Change]) {
    let crds = Crds::default();
    object["apiVersion"] = json!(api_version);
    object["kind"] = json!(kind);
    object["metadata"] = match crds.namespaced(api_version.split_once('/').map_or("", |(group, _)| group), kind) {
        Some(true) => json!({ "name": "x", "namespace": "n" }),
        _ => json!({ "name": "x" }),
    };
    for (pointer, value, wanted) in changes {
        let mut new = object.clone();
        put(&mut new, pointer, value);
        let said = refused(&crds, &new, &object);
        assert_eq!(!said.is_empty(), *wanted, "{kind} {pointer} = {value}: {said:?}");
        let within = |said: &String| pointer.starts_with(said.rsplit(' ').next().expect("a pointer"));
        assert!(said.iter().all(|s| s.starts_with("invalid-field ") && within(s)), "{kind} {pointer}: {said:?}");
    }
    assert_eq!(refused(&crds, &object, &object), Vec::<String>::new(), "{kind}: no change");
}

fn template() -> Value {
    json!({
        "metadata": { "labels": { "app": "x", "tier": "y" } },
        "spec": {
            "restartPolicy": "Never",
            "containers": [{ "name": "c", "image": "i:1", "resources": { "limits": { "memory": "1Gi" } } }],
        },
    })
}

/// The verdicts are those of a server of 1.35.4 on a server-side apply over the same old objects.
#[test]
fn fields_of_workloads_that_stay() {
    let mut pods = template();
    put(&mut pods, "/spec/restartPolicy", &Value::Null);
    let keeper = json!({ "spec": { "selector": { "matchLabels": { "app": "x" } }, "template": pods } });
    let (selector, image) = ("/spec/selector/matchLabels/tier", "/spec/template/spec/containers/0/image");
    for kind in ["Deployment", "ReplicaSet", "DaemonSet"] {
        all("apps/v1", kind, keeper.clone(), &[(selector, json!("y"), true), (image, json!("i:2"), false)]);
    }
    let mut set = keeper;
    set["spec"]["serviceName"] = json!("s");
    set["spec"]["volumeClaimTemplates"] = json!([{
        "metadata": { "name": "d" },
        "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } },
    }]);
    let size = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage";
    let changes = [
        (selector, json!("y"), true),
        ("/spec/serviceName", json!("t"), true),
        ("/spec/podManagementPolicy", json!("Parallel"), true),
        ("/spec/podManagementPolicy", json!("OrderedReady"), false),
        (size, json!("2Gi"), true),
        (size, json!("1024Mi"), false),
        ("/spec/volumeClaimTemplates/0/spec/volumeMode", json!("Filesystem"), false),
        ("/spec/volumeClaimTemplates", Value::Null, true),
        ("/spec/replicas", json!(3), false),
        ("/spec/revisionHistoryLimit", json!(3), false),
        (image, json!("i:2"), false),
    ];
    all("apps/v1", "StatefulSet", set, &changes);
    let changes = [
        (image, json!("i:2"), true),
        ("/spec/template/spec/restartPolicy", json!("OnFailure"), true),
        ("/spec/template/metadata/labels/app", json!("z"), true),
        ("/spec/template/spec/dnsPolicy", json!("ClusterFirst"), false),
        ("/spec/template/spec/dnsPolicy", json!("Default"), true),
        ("/spec/template/spec/terminationGracePeriodSeconds", json!(30), false),
        ("/spec/template/spec/terminationGracePeriodSeconds", json!(31), true),
        ("/spec/template/spec/containers/0/resources/limits/memory", json!("1024Mi"), false),
        ("/spec/template/spec/containers/0/env", json!([]), false),
        ("/spec/completions", json!(2), true),
        ("/spec/completions", json!(1), false),
        ("/spec/completionMode", json!("NonIndexed"), false),
        ("/spec/backoffLimit", json!(3), false),
        ("/spec/suspend", json!(true), false),
    ];
    all("batch/v1", "Job", json!({ "spec": { "template": template() } }), &changes);
    let suspended = json!({ "spec": { "suspend": true, "template": template() } });
    all("batch/v1", "Job", suspended, &[("/spec/template/spec/nodeSelector", json!({ "a": "b" }), false)]);
}

#[test]
fn fields_of_other_kinds_that_stay() {
    let claim = json!({ "spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": { "requests": { "storage": "2Gi" } },
    }});
    let changes = [
        ("/spec/accessModes/0", json!("ReadWriteMany"), true),
        ("/spec/volumeMode", json!("Block"), true),
        ("/spec/volumeMode", json!("Filesystem"), false),
        ("/spec/storageClassName", json!("slow"), true),
        ("/spec/storageClassName", Value::Null, true),
        ("/spec/volumeName", json!("v"), false),
        ("/spec/resources/requests/storage", json!("1Gi"), true),
        ("/spec/resources/requests/storage", json!("3Gi"), false),
    ];
    all("v1", "PersistentVolumeClaim", claim, &changes);
    let service = json!({ "spec": { "clusterIP": "10.0.0.9", "ports": [{ "port": 80 }] } });
    let changes = [
        ("/spec/clusterIP", json!("None"), true),
        ("/spec/clusterIP", json!("10.0.0.10"), true),
        ("/spec/clusterIP", Value::Null, false),
        ("/spec", json!({ "type": "ExternalName", "externalName": "a.example.com" }), false),
        ("/spec/ports/0/port", json!(81), false),
    ];
    all("v1", "Service", service, &changes);
    let plain = json!({ "spec": { "ports": [{ "port": 80 }] } });
    all("v1", "Service", plain, &[("/spec/clusterIP", json!("None"), true), ("/spec/type", json!("NodePort"), false)]);
    all("v1", "ConfigMap", json!({ "data": { "a": "b" } }), &[("/data/a", json!("c"), false)]);
    let changes = [
        ("/data/a", json!("c"), true),
        ("/data/b", json!(""), true),
        ("/immutable", json!(false), true),
        ("/immutable", Value::Null, true),
        ("/metadata/labels", json!({ "a": "b" }), false),
    ];
    all("v1", "ConfigMap", json!({ "immutable": true, "data": { "a": "b" } }), &changes);
    let changes = [
        ("/type", json!("example.com/key"), true),
        ("/type", json!("Opaque"), false),
        ("/stringData/a", json!("c"), false),
    ];
    all("v1", "Secret", json!({ "stringData": { "a": "b" } }), &changes);
    let changes = [
        ("/parameters/a", json!("c"), true),
        ("/provisioner", json!("b.example.com"), true),
        ("/reclaimPolicy", json!("Retain"), true),
        ("/reclaimPolicy", json!("Delete"), false),
        ("/volumeBindingMode", json!("WaitForFirstConsumer"), true),
        ("/allowVolumeExpansion", json!(true), false),
    ];
    let object = json!({ "provisioner": "a.example.com", "parameters": { "a": "b" } });
    all("storage.k8s.io/v1", "StorageClass", object, &changes);
    let changes = [("/value", json!(6), true), ("/preemptionPolicy", json!("Never"), true)];
    all("scheduling.k8s.io/v1", "PriorityClass", json!({ "value": 5 }), &changes);
    let role = json!({ "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r" } });
    let changes = [("/roleRef/name", json!("q"), true), ("/roleRef/apiGroup", Value::Null, false)];
    all("rbac.authorization.k8s.io/v1", "RoleBinding", role.clone(), &changes);
    all("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", role, &changes);
}

/// API version, kind, spec, a field of it and its values before and after.
type Pinned = (&'static str, &'static str, Value, &'static str, Value, Value);

/// Every rule on updates of the pinned definitions.
fn pinned_rules() -> Vec<Pinned> {
    let database = json!({ "cluster": { "name": "c" }, "name": "d", "owner": "o" });
    let publication =
        json!({ "cluster": { "name": "c" }, "name": "p", "dbname": "d", "target": { "allTables": true } });
    let subscription = json!({
        "cluster": { "name": "c" }, "name": "s", "dbname": "d", "publicationName": "p", "externalClusterName": "e",
    });
    let text = |kind, spec: &Value, field| ("postgresql.cnpg.io/v1", kind, spec.clone(), field, json!("a"), json!("b"));
    let class = |version| {
        let (old, new) = (json!("a.example.com/b"), json!("a.example.com/c"));
        (version, "GatewayClass", json!({}), "/controllerName", old, new)
    };
    let all_tables = (json!(true), json!(false));
    let mut rules = vec![
        text("Backup", &json!({ "cluster": { "name": "c" } }), "/cluster/name"),
        text("Cluster", &json!({ "instances": 1 }), "/serviceAccountName"),
        text("Pooler", &json!({ "cluster": { "name": "c" }, "pgbouncer": {} }), "/serviceAccountName"),
        text("Publication", &publication, "/dbname"),
        text("Publication", &publication, "/name"),
        ("postgresql.cnpg.io/v1", "Publication", publication, "/target/allTables", all_tables.0, all_tables.1),
        text("Subscription", &subscription, "/dbname"),
        text("Subscription", &subscription, "/name"),
        text("Database", &database, "/name"),
        class("gateway.networking.k8s.io/v1"),
        class("gateway.networking.k8s.io/v1beta1"),
    ];
    let fields = ["/collationVersion", "/encoding", "/locale", "/localeCType", "/localeCollate", "/template"];
    rules.extend(fields.map(|field| text("Database", &database, field)));
    for (field, provider) in [("/builtinLocale", "builtin"), ("/icuLocale", "icu"), ("/icuRules", "icu")] {
        let mut spec = database.clone();
        spec["localeProvider"] = json!(provider);
        rules.push(text("Database", &spec, field));
    }
    let (old, new) = (json!("libc"), json!("icu"));
    rules.push(("postgresql.cnpg.io/v1", "Database", database, "/localeProvider", old, new));
    rules
}

#[test]
fn every_pinned_rule_on_updates_is_broken_by_a_change() {
    let folders = ["../shared/crds/cnpg/v1.29.1", "../shared/crds/gateway-api/v1.5.1/standard"];
    if !folders.iter().all(|folder| Path::new(folder).is_dir()) {
        return eprintln!("skipped: ../shared/crds is not there");
    }
    let files =
        folders.iter().flat_map(|folder| fs::read_dir(folder).expect("readable")).map(|e| e.expect("a file").path());
    let sources: Vec<Arc<Source>> = files
        .map(|path| Source::new(path.display().to_string(), fs::read_to_string(&path).expect("readable")))
        .collect();
    let (crds, findings) = Crds::read(&sources, None);
    assert!(findings.is_empty(), "{findings:?}");
    let rules = pinned_rules();
    assert_eq!(rules.len(), crds.coverage().iter().map(|kind| kind.update_rules).sum::<usize>());
    for (api_version, kind, spec, field, before, after) in rules {
        let mut old = json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "x" }, "spec": spec });
        if crds.namespaced(api_version.split('/').next().unwrap_or_default(), kind) == Some(true) {
            old["metadata"]["namespace"] = json!("n");
        }
        let pointer = format!("/spec{field}");
        put(&mut old, &pointer, &before);
        let mut new = old.clone();
        put(&mut new, &pointer, &after);
        assert_eq!(refused(&crds, &old, &old), Vec::<String>::new(), "{kind} {field}");
        let said = refused(&crds, &new, &old);
        assert!(said.len() == 1 && said[0].starts_with("cel-rule /spec"), "{kind} {field}: {said:?}");
        assert!(
            matches!(crds.verdict(&new), Verdict::Judged(v) if v.is_empty()),
            "{kind} {field}: fine where it is new"
        );
    }
}

const WIDGETS: &str = r#"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets }
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: { type: integer, x-kubernetes-validations: [{ rule: self >= oldSelf, message: the size never sinks }] }
              mode:
                type: string
                x-kubernetes-validations:
                - rule: "!oldSelf.hasValue() || oldSelf.value() == self"
                  optionalOldSelf: true
                  message: the mode stays
              state:
                type: string
                x-kubernetes-validations:
                - rule: "oldSelf.hasValue() || self == 'new'"
                  optionalOldSelf: true
                  message: starts new
"#;

const GROUP: &str = "summary: Faxes
feature: fax
settings:
  type: object
  properties:
    size: { type: integer, default: 3, description: Size }
    mode: { type: string, default: slow, description: Mode }
    state: { type: string, default: new, description: State }
    app: { type: string, default: fax, description: Label }
    image: { type: string, default: 'busybox:1', description: Image }
  additionalProperties: false
components:
  fax: { namespace: fax, path: fax }
";

const TEMPLATES: &str = "apiVersion: example.com/v1
kind: Widget
metadata: { name: fax, namespace: fax }
spec: { size: {{ settings.size }}, mode: {{ settings.mode }}, state: {{ settings.state }} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: fax, namespace: fax }
spec:
  selector: { matchLabels: { app: {{ settings.app }} } }
  template:
    metadata: { labels: { app: {{ settings.app }} } }
    spec: { containers: [{ name: fax, image: {{ settings.image }} }] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: hooked, namespace: fax, annotations: { argocd.argoproj.io/hook: Sync } }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: fax, image: {{ settings.image }} }] } } }
---
apiVersion: batch/v1
kind: Job
metadata: { name: once, namespace: fax }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: fax, image: {{ settings.image }} }] } } }
";

struct Platform {
    folder: PathBuf,
}

impl Platform {
    /// A platform of one group more, rendered.
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        for (path, text) in
            [("groups/fax.yaml", GROUP), ("templates/fax/all.yaml", TEMPLATES), ("widgets.yaml", WIDGETS)]
        {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("cargo's folder is writable");
            fs::write(path, text).expect("writable");
        }
        let platform = Self { folder };
        platform.set("{}");
        let (code, _, err) = platform.run(&["render"]);
        assert_eq!(code, 0, "{err}");
        platform
    }

    fn set(&self, settings: &str) {
        let head =
            "platform: { name: dev, argocd: { repoURL: https://git.example.com/p.git } }\nfeatures: { fax: true }\n";
        let existing = "existing: [{ kind: CustomResourceDefinition, name: widgets.example.com }]\n";
        let text = format!("{head}{existing}settings: {{ fax: {settings} }}\n");
        fs::write(self.folder.join("features.yaml"), text).expect("writable");
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let output = command.current_dir(&self.folder).args(arguments).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn diff_tells_what_the_api_server_would_refuse() {
    let platform = Platform::new("updates");
    let diff = |settings: &str| {
        platform.set(settings);
        platform.run(&["diff", "-o", "patch", "--crds", "widgets.yaml"])
    };
    assert_eq!(diff("{}"), (0, String::new(), String::new()));
    let (code, out, err) = diff("{ size: 2 }");
    assert!(code == 1 && out.contains("-  size: 3\n+  size: 2\n"), "{out}");
    assert!(err.contains("error[cel-rule]: Widget fax/fax: `spec.size`: the size never sinks"), "{err}");
    assert!(err.contains("templates/fax/all.yaml:4"), "the template's line: {err}");
    assert!(err.contains("features.yaml:4") && err.contains("rendered/dev/fax/widget-fax.yaml"), "{err}");
    for (settings, told) in [
        ("{ size: 4, state: old }", None),
        ("{ mode: fast }", Some("cel-rule]: Widget fax/fax: `spec.mode`: the mode stays")),
        ("{ app: telefax }", Some("invalid-field]: Deployment fax/fax: `spec.selector` is changed")),
        // The Job that is a hook is deleted first; the other one is not.
        ("{ image: 'busybox:2' }", Some("invalid-field]: Job fax/once: `spec.template` is changed")),
    ] {
        let (code, out, err) = diff(settings);
        assert!(code == 1 && !out.is_empty(), "{settings}");
        let errors: Vec<&str> = err.lines().filter(|line| line.starts_with("error")).collect();
        assert_eq!(errors.len(), usize::from(told.is_some()), "{settings}: {err}");
        assert!(told.is_none_or(|told| errors[0].contains(told)), "{settings}: {err}");
    }
    // In another file it is the same object.
    fs::write(platform.folder.join("groups/fax.yaml"), GROUP.replace("path: fax", "path: telefax")).expect("writable");
    let (_, out, err) = diff("{ size: 2 }");
    assert!(out.contains("+++ b/rendered/dev/telefax/widget-fax.yaml"), "{out}");
    assert!(err.contains("the size never sinks"), "{err}");
}

#[test]
fn diff_says_what_it_could_not_hold_against_anything() {
    let platform = Platform::new("updates-alone");
    platform.set("{ size: 2, app: telefax }");
    let (code, _, err) = platform.run(&["diff"]);
    assert_eq!(code, 1);
    assert!(err.contains("`spec.selector` is changed") && !err.contains("cel-rule"), "{err}");
    assert!(err.contains("held against no definition, as none was found: Widget (example.com)"), "{err}");
    fs::write(platform.folder.join("rendered/dev/fax/widget-fax.yaml"), "apiVersion: v1\nkind: Widget\na: [\n")
        .expect("writable");
    let (code, out, err) = platform.run(&["diff", "-o", "patch", "--crds", "widgets.yaml"]);
    assert!(code == 1 && out.contains("-a: ["), "{out}");
    assert!(err.contains("error[yaml-syntax]") && err.contains("rendered/dev/fax/widget-fax.yaml"), "{err}");
}

//! schemas/kinds.yaml: that it agrees with what servers and definitions say, and that what is known of one kind is known of
//! all: a faulty vLLM earns the same in whatever runs its pods, at its own place.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use gatewright::command::pipeline;
use gatewright::command::report;
use gatewright::command::rulebook;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::object::kinds::{self, Scopes};
use gatewright::plan::features::Inputs;
use gatewright::references::manifests::manifests;
use gatewright::references::world::World;
use gatewright::text::finding::Finding;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::Crds;
use serde_json::{Value, json};

/// What is said of objects and what exists beside them, where there is nothing else.
fn findings(existing: &Value, objects: &[Value]) -> Vec<Finding> {
    let groups =
        Source::new("groups.yaml", yaml::emit(&json!({ "cluster": "c", "elsewhere": existing, "groups": [] })));
    let text: String = objects.iter().map(|object| format!("---\n{}", yaml::emit(object))).collect();
    let (worlds, unread) = manifests(&[groups, Source::new("objects.yaml", text)]);
    assert!(unread.is_empty(), "{unread:?}");
    worlds.iter().flat_map(|world| rulebook::check(&World::of_manifests(world), &Crds::default())).collect()
}

/// What stands around the model server: a Service whose name vLLM trips over, and a way that takes keys away.
const AROUND: &str = "
{ apiVersion: v1, kind: Service, metadata: { name: vllm, namespace: ai }, spec: { selector: { app: m }, ports: [{ port: 8000 }] } }
---
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: { name: pool, namespace: ai }
spec:
  selector: { matchLabels: { app: m } }
  targetPorts: [{ number: 8000 }]
  endpointPickerRef: { name: epp, port: { number: 9002 }, failureMode: FailOpen }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: route, namespace: ai }
spec:
  parentRefs: [{ name: gateway }]
  rules: [{ backendRefs: [{ group: inference.networking.k8s.io, kind: InferencePool, name: pool }] }]
---
apiVersion: agentgateway.dev/v1alpha1
kind: AgentgatewayPolicy
metadata: { name: keys, namespace: ai }
spec:
  targetRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: route }]
  traffic: { apiKeyAuthentication: { mode: Strict, secretRef: { name: callers } } }
";

/// A pod template with every fault that a rule about pods or vLLM knows of it alone, and one without.
const FAULTY: &str = "
metadata: { labels: { app: m } }
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 120
  securityContext: { runAsUser: 1000 }
  volumes: [{ name: settings, configMap: { name: settings } }]
  containers:
    - name: vllm
      image: vllm/vllm-openai:v0.19.0
      args: [--model, m, --api-key, k, --dtype, int9, --tensor-parallel-size=4]
      env: [{ name: A, value: a }, { name: A, value: b }]
      ports: [{ containerPort: 8000 }]
      resources: { limits: { nvidia.com/gpu: 1 } }
      livenessProbe: { failureThreshold: 1, httpGet: { path: /health, port: http } }
";
const HEALTHY: &str = "
metadata: { labels: { app: other } }
spec: { restartPolicy: Never, containers: [{ name: c, image: 'registry.example.com/worker:1.2.3' }] }
";

fn one(text: &str) -> Value {
    kubeyaml::values(&Source::new("one", text)).expect("YAML").remove(0)
}

/// An object of a kind with the faulty template at a pointer; a template at another place is healthy.
fn owner(api_version: &str, kind: &str, faulty: &str, healthy: &[&str]) -> Value {
    let mut object = json!({ "apiVersion": api_version, "kind": kind, "metadata": { "name": "m", "namespace": "ai" } });
    let mut put = |pointer: &str, value: Value| {
        let at = pointer[1..].split('/').fold(&mut object, |at, key| &mut at[key]);
        *at = value;
    };
    match (api_version, kind) {
        ("batch/v1", "CronJob") => put("/spec/schedule", json!("0 1 * * *")),
        ("apps/v1" | "argoproj.io/v1alpha1", _) => put("/spec/selector", json!({ "matchLabels": { "app": "m" } })),
        _ => {}
    }
    healthy.iter().for_each(|pointer| put(pointer, one(HEALTHY)));
    let mut template = one(FAULTY);
    if ["apps/v1", "argoproj.io/v1alpha1", "leaderworkerset.x-k8s.io/v1", "serving.knative.dev/v1"]
        .contains(&api_version)
    {
        template["spec"].as_object_mut().expect("a map").remove("restartPolicy");
    }
    match faulty {
        "" => {
            object["metadata"]["labels"] = template["metadata"]["labels"].take();
            object["spec"] = template["spec"].take();
        }
        pointer => put(pointer, template),
    }
    object
}

/// Code and place of what is said of the object, the place as one in the template.
fn earned(object: &Value, template: &str) -> BTreeSet<(String, String)> {
    let mut objects = kubeyaml::values(&Source::new("around", AROUND)).expect("YAML");
    objects.push(object.clone());
    let name = format!("{} ai/m", object["kind"].as_str().expect("a kind"));
    let found = findings(&json!([{ "kind": "Namespace", "name": "ai" }]), &objects);
    let of_object = found.iter().filter_map(|f| Some((f, f.about.as_ref().filter(|about| about.object == name)?)));
    let place = |pointer: &str| {
        pointer.strip_prefix(template).unwrap_or_else(|| panic!("{pointer} is in {template}")).to_owned()
    };
    // The schema knows what stands twice as well, of its own kinds.
    let of_object = of_object.filter(|(finding, _)| finding.code.name() != "invalid-field");
    of_object.map(|(finding, about)| (finding.code.name().to_owned(), place(&about.pointer))).collect()
}

const LEADER: &str = "/spec/leaderWorkerTemplate/leaderTemplate";
const WORKER: &str = "/spec/leaderWorkerTemplate/workerTemplate";

#[test]
fn a_faulty_vllm_earns_the_same_in_whatever_runs_it() {
    let wanted = earned(&owner("apps/v1", "Deployment", "/spec/template", &[]), "/spec/template");
    let container = "/spec/containers/0";
    let known: BTreeSet<(String, String)> = [
        ("dangling-reference", "/spec/volumes/0/configMap/name"),
        ("duplicate-env", "/spec/containers/0/env/1/name"),
        ("field-without-effect", "/spec/volumes/0"),
        ("key-behind-gateway", container),
        ("missing-port", "/spec/containers/0/livenessProbe/httpGet/port"),
        ("service-links", "/spec"),
        ("vllm-argument", "/spec/containers/0/args/5"),
        ("vllm-gpus", "/spec/containers/0"),
        ("vllm-gpus", "/spec/containers/0/args"),
        ("vllm-home", container),
        ("vllm-probe", "/spec/containers/0/livenessProbe"),
        ("vllm-shutdown", "/spec/terminationGracePeriodSeconds"),
        ("vllm-start", "/spec/containers/0/livenessProbe"),
    ]
    .map(|(code, place)| (code.to_owned(), place.to_owned()))
    .into();
    assert_eq!(wanted, known);
    for (api_version, kind, template, healthy) in [
        ("v1", "Pod", "", &[][..]),
        ("v1", "ReplicationController", "/spec/template", &[]),
        ("apps/v1", "DaemonSet", "/spec/template", &[]),
        ("apps/v1", "ReplicaSet", "/spec/template", &[]),
        ("apps/v1", "StatefulSet", "/spec/template", &[]),
        ("argoproj.io/v1alpha1", "Rollout", "/spec/template", &[]),
        ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template", &[]),
        ("batch/v1", "Job", "/spec/template", &[]),
        ("keda.sh/v1alpha1", "ScaledJob", "/spec/jobTargetRef/template", &[]),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", WORKER, &[]),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", LEADER, &[WORKER]),
        ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", WORKER, &[LEADER]),
    ] {
        let earned = earned(&owner(api_version, kind, template, healthy), template);
        assert_eq!(earned, wanted, "{kind} {template}");
    }
    // Knative has other defaults.
    let mut of_knative = wanted;
    of_knative.retain(|(code, _)| !["service-links", "vllm-shutdown"].contains(&code.as_str()));
    let earned = earned(&owner("serving.knative.dev/v1", "Service", "/spec/template", &[]), "/spec/template");
    assert_eq!(earned, of_knative);
}

#[test]
fn selectors_know_the_labels_that_controllers_give() {
    let set = owner("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", WORKER, &[]);
    for (selector, empty) in [
        (json!({ "leaderworkerset.sigs.k8s.io/name": "m", "leaderworkerset.sigs.k8s.io/worker-index": "0" }), false),
        (json!({ "leaderworkerset.sigs.k8s.io/name": "n" }), true),
        (json!({ "app": "m", "job-name": "m" }), true),
    ] {
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "leader", "namespace": "ai" },
            "spec": { "selector": selector, "ports": [{ "port": 8000 }] },
        });
        let found = findings(&json!([]), &[set.clone(), service.clone()]);
        assert_eq!(found.iter().any(|f| f.code.name() == "empty-selection"), empty, "{service}");
    }
}

/// Where the server publishes the scope of a kind, the table says the same; so do the definitions of products.
#[test]
fn scopes_are_those_of_the_server_and_of_definitions() {
    let published = one(&fs::read_to_string("schemas/kubernetes.json").expect("a file"));
    for kind in published["kinds"].as_array().expect("kinds") {
        let (group, name) = (kind["group"].as_str().expect("a group"), kind["kind"].as_str().expect("a kind"));
        assert_eq!(kinds::is_cluster_scoped(Some(group), name), kind["namespaced"] == false, "{group} {name}");
        assert!(kinds::is_built_in(group) && kinds::is_known(group), "{group}");
    }
    let folder = Path::new("../shared/crds");
    if !folder.is_dir() {
        eprintln!("skipped: no definitions of products at hand");
        return;
    }
    let mut seen = 0;
    for entry in walkdir::WalkDir::new(folder)
        .into_iter()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "yaml"))
    {
        let source = Source::new("crd.yaml", fs::read_to_string(entry.path()).expect("readable"));
        for definition in kubeyaml::values(&source).unwrap_or_default() {
            if definition["kind"] != "CustomResourceDefinition" {
                continue;
            }
            let text = |pointer: &str| definition.pointer(pointer).and_then(Value::as_str).expect("a definition");
            let (group, kind) = (text("/spec/group"), text("/spec/names/kind"));
            assert_eq!(kinds::is_cluster_scoped(Some(group), kind), text("/spec/scope") == "Cluster", "{group} {kind}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} definitions");
}

#[test]
fn a_definition_says_more_of_a_scope_than_the_table() {
    let definition = |kind: &str, group: &str, scope: &str| {
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "spec": { "group": group, "names": { "kind": kind }, "scope": scope },
        })
    };
    let mut scopes = Scopes::default();
    assert!(scopes.is_cluster("cert-manager.io", "ClusterIssuer") && !scopes.is_cluster("example.com", "Tenant"));
    scopes.learn(&definition("Tenant", "example.com", "Cluster"));
    scopes.learn(&definition("ClusterIssuer", "cert-manager.io", "Namespaced"));
    assert!(!scopes.is_cluster("cert-manager.io", "ClusterIssuer") && scopes.is_cluster("example.com", "Tenant"));
    assert!(!scopes.is_cluster("other.example.com", "Tenant"));
}

/// A group whose chart, in a namespace of its own, brings what the objects of another component name.
fn said_of_a_chart(creates: &str) -> Vec<String> {
    let group = format!(
        "summary: What a chart brings\nfeature: lab\ncomponents:\n  lab: {{ namespace: lab, path: lab, wave: 20 }}\n  brought:\n    \
         namespace: brought\n    wave: 10\n    chart: {{ repo: 'https://charts.example.com', name: c, version: 1.0.0, \
         creates: [{creates}] }}\n"
    );
    let local = BTreeMap::from([
        ("groups/lab.yaml".to_owned(), group),
        ("templates/lab/objects.yaml".to_owned(), NAMING.to_owned()),
    ]);
    let catalog = Catalog::new(&local).unwrap_or_else(|f| panic!("{}", report::text(&f)));
    let features =
        "platform: { name: p, argocd: { repoURL: 'https://git.example.com/p.git' } }\nfeatures: { lab: true }\n";
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let clusters = pipeline::read(&inputs, &catalog).unwrap_or_else(|f| panic!("{}", report::text(&f)));
    let rendered = pipeline::render(&catalog, &clusters[0], &Memo::default());
    let rendered = rendered.unwrap_or_else(|f| panic!("{}", report::text(&f)));
    let found = rendered.findings(&Crds::default());
    let of_lab = |f: &Finding| f.about.as_ref().is_some_and(|about| about.object.contains(" lab/"));
    found.into_iter().filter(|f| f.code.name() == "dangling-reference" && of_lab(f)).map(|f| f.message).collect()
}

const NAMING: &str = "
apiVersion: v1
kind: Pod
metadata: { name: p, namespace: lab }
spec:
  priorityClassName: high
  containers: [{ name: c, image: 'registry.example.com/c:1.0.0', envFrom: [{ secretRef: { name: given } }] }]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: v, namespace: lab }
spec: { storageClassName: fast, accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: i, namespace: lab }
spec: { ingressClassName: front, defaultBackend: { service: { name: s, port: { number: 80 } } } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: b, namespace: lab }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }
subjects: [{ kind: Group, name: g, apiGroup: rbac.authorization.k8s.io }]
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: c, namespace: lab }
spec: { secretName: c, dnsNames: [c.example.com], issuerRef: { kind: ClusterIssuer, name: ca } }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g, namespace: lab }
spec: { gatewayClassName: edge, listeners: [{ name: http, port: 80, protocol: HTTP }] }
---
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: d, namespace: lab }
spec: { instances: 1, storage: { size: 1Gi }, imageCatalogRef: { apiGroup: postgresql.cnpg.io, kind: ClusterImageCatalog, name: images, major: 17 } }
";

#[test]
fn a_chart_brings_what_lies_in_no_namespace_to_all_of_them() {
    let named = [
        ("PriorityClass", "high"),
        ("StorageClass", "fast"),
        ("IngressClass", "front"),
        ("ClusterRole", "reader"),
        ("ClusterIssuer", "ca"),
        ("GatewayClass", "edge"),
        ("ClusterImageCatalog", "images"),
    ];
    let creates = |name: &dyn Fn(&str) -> String| {
        named.map(|(kind, own)| format!("{{ kind: {kind}, name: {} }}", name(own))).join(", ")
    };
    let said = said_of_a_chart(&creates(&str::to_owned));
    // These lie where the chart is installed.
    let missing = ["Secret given", "Service s"];
    assert!(said.len() == missing.len() && missing.iter().all(|m| said.iter().any(|s| s.contains(m))), "{said:?}");
    let given = "{ kind: Secret, name: given }, { kind: Service, name: s, ports: [80] }, ";
    assert_eq!(said_of_a_chart(&(given.to_owned() + &creates(&str::to_owned))).len(), missing.len());
    let given =
        "{ kind: Secret, name: given, namespace: lab }, { kind: Service, name: s, namespace: lab, ports: [80] }, ";
    assert_eq!(said_of_a_chart(&(given.to_owned() + &creates(&str::to_owned))), Vec::<String>::new());
    let said = said_of_a_chart(&(given.to_owned() + &creates(&|own| format!("other-{own}"))));
    for (kind, name) in named {
        assert!(said.iter().any(|s| s.contains(&format!("{kind} {name}"))), "{kind} {name}: {said:?}");
    }
}

//! `prove` with files of a user's own over every feature set.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatewright::command::bends::Bends;
use gatewright::command::prove::{self, Proof};
use gatewright::command::sets::{self, Set};
use gatewright::group::catalog::Catalog;

fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("below the folder")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    folder
}

/// What is said of the sets of both profiles with these two flags, and every provider of LiteLLM.
fn proof(folder: &Path) -> Proof {
    let catalog = Catalog::new(&Default::default()).expect("ours");
    let few = |set: &Set| set.flags.iter().all(|flag| ["egress", "tracing"].contains(&flag.as_str()));
    let providers = catalog.groups["litellm"].variants.keys();
    let with = |provider: &String, mut set: Set| {
        set.providers.insert("litellm".to_owned(), provider.clone());
        set
    };
    let plain: Vec<Set> = sets::of_flags(&catalog).into_iter().filter(few).collect();
    let sets: Vec<Set> = providers.flat_map(|p| plain.iter().cloned().map(move |set| with(p, set))).collect();
    assert_eq!(sets.len(), 16);
    let bends = Bends::read(folder, Path::new("features.yaml")).expect("readable");
    prove::prove_with(&catalog, &bends[0], &sets, |_| {})
}

fn needs(proof: &Proof) -> Vec<String> {
    let catalog = Catalog::new(&Default::default()).expect("ours");
    let words = |set: &Option<Set>| set.as_ref().map_or("nothing".to_owned(), |set| set.describe(&catalog));
    proof.needs.iter().map(|(place, set)| format!("{place} {}", words(set))).collect()
}

#[test]
fn a_patch_names_the_set_that_has_its_target_and_fails_no_other() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: litellm, namespace: litellm, annotations: { a: b } }
---
apiVersion: v1
kind: Service
metadata: { name: otel-collector, namespace: tracing, annotations: { a: b } }
---
apiVersion: v1
kind: Service
metadata: { name: nobody, namespace: tracing, annotations: { a: b } }
---
apiVersion: v1
kind: Namespace
metadata: { name: litellm, annotations: { a: b } }
---
component: external-secrets
values: { replicaCount: 2 }
";
    let found = proof(&folder("bends-needs", &[("patches/a.yaml", patch)]));
    assert_eq!(found.failed, 0, "{:?}", found.failures);
    let said = needs(&found);
    assert_eq!(
        said,
        [
            "patches/a.yaml:1:1 profile cost, features [], litellm manifests",
            "patches/a.yaml:5:1 profile cost, features [tracing]",
            "patches/a.yaml:9:1 nothing",
        ]
    );
}

#[test]
fn what_breaks_a_set_is_shrunk_to_it() {
    let patch = "apiVersion: apps/v1
kind: Deployment
metadata: { name: litellm, namespace: litellm }
spec: { template: { spec: { serviceAccountName: nobody } } }
";
    let object = "apiVersion: v1
kind: ConfigMap
metadata: { name: notes, namespace: tracing }
data: { a: b }
";
    let found =
        proof(&folder("bends-breaks", &[("patches/a.yaml", patch), ("manifests/notes/configmap.yaml", object)]));
    assert_eq!(found.failed, 8, "{:?}", found.failures);
    let [(set, finding)] = &found.failures[..] else { panic!("{:?}", found.failures) };
    assert!(set.flags.is_empty() && set.providers["litellm"] == "manifests", "{set:?}");
    let place = finding.place.as_ref().expect("a place");
    assert_eq!(finding.code.name(), "dangling-reference");
    assert!(place.to_string().starts_with("patches/a.yaml:4:"), "{place}");
}

/// What `check` says of a platform with the defaults and this patch, a line for each finding: where, and what.
fn said(patch: &str) -> Vec<String> {
    of_files(&[("features.yaml", PLATFORM), ("patches/a.yaml", patch)])
}

const PLATFORM: &str =
    "platform:\n  name: dev\n  argocd: { repoURL: https://git.example.com/p.git }\nfeatures: { mcp: true }\n";

/// The same of a folder with these files.
fn of_files(files: &[(&str, &str)]) -> Vec<String> {
    let line = |finding: &serde_json::Value| {
        let word = |pointer: &str| finding.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let number = finding.pointer("/place/line").map_or_else(String::new, ToString::to_string);
        format!("{}:{number} {} ({})", word("/place/file"), word("/message"), word("/help"))
    };
    findings(files).iter().map(line).collect()
}

fn findings(files: &[(&str, &str)]) -> Vec<serde_json::Value> {
    // Tests run at the same time, each in a thread of its name.
    let name = format!("said-{}", std::thread::current().name().expect("a test"));
    let folder = folder(&name, files);
    fs::create_dir_all(folder.join(".git")).expect("writable");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let output = command.current_dir(folder).args(["check", "-o", "json"]).output().expect("it runs");
    let told = serde_json::from_slice(&output.stdout);
    told.unwrap_or_else(|_| panic!("{files:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_readme_bends_a_fresh_platform() {
    let readme = fs::read_to_string("README.md").expect("README.md");
    let (_, patch) = readme.split_once("```yaml\n# patches/").expect("an example of a patch");
    let (patch, _) = patch.split_once("```").expect("its end");
    assert_eq!(said(&format!("# {patch}")), Vec::<String>::new());
}

/// A slip in each kind of bend stands at the line of the patch, with the way out.
#[test]
fn a_slip_is_told_where_it_is() {
    let mcp = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: everything, namespace: mcp-gateway }\n";
    let gateway = "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: { name: inference-gateway, namespace: inference }\n";
    let parameters = "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayParameters\nmetadata: { name: inference-gateway, namespace: inference }\n";
    let database =
        "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: { name: litellm-db, namespace: litellm }\n";
    let argocd = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cm, namespace: argocd }\ndata:\n";
    let operation = "target: { kind: Deployment, namespace: mcp-gateway, name: everything }\npatch:\n";
    for (patch, place, words) in [
        ("component: litellm\nvalues:\n  podAnnotation: { a: b }\n".to_owned(), 3, "did you mean `podAnnotations`?"),
        ("component: litellm\nvalues:\n  tolerations:\n    - { key: a, operater: Exists }\n".to_owned(), 4, "did you mean `operator`?"),
        ("component: litellm\nvalues:\n  resources: { requests: { memory: 4GB } }\n".to_owned(), 3, "it must be a quantity"),
        ("component: litellm\nvalues:\n  extraEnvVars:\n    - { name: A, valueFrom: { secretKeyref: { name: b, key: c } } }\n".to_owned(), 4, "did you mean `secretKeyRef`?"),
        ("component: dex\nvalues:\n  podLabels: { team: 1 }\n".to_owned(), 3, "put it in quotes"),
        ("component: dex\nvalues:\n  config:\n    expiry: { idToken: 30m }\n".to_owned(), 4, "did you mean `idTokens`?"),
        ("component: dex\nvalues:\n  config:\n    expiry:\n      idTokens: 30min\n".to_owned(), 5, "a time of Go"),
        ("component: dex\nvalues:\n  config:\n    loger: { level: debug }\n".to_owned(), 4, "did you mean `logger`?"),
        ("component: dex\nvalues:\n  config:\n    logger: { format: jsn }\n".to_owned(), 4, "did you mean `json`?"),
        ("component: litellm\nvalues:\n  service:\n    type: ClusterIp\n".to_owned(), 4, "did you mean `ClusterIP`?"),
        ("component: litellm\nvalues:\n  proxy_config:\n    litellm_settings:\n      json_logs: ja\n".to_owned(), 5, "it must be true or false"),
        ("component: litellm\nvalues:\n  proxy_config:\n    litellm_settings:\n      request_timeout: ten\n".to_owned(), 5, "it must be a number"),
        (format!("{parameters}spec:\n  service:\n    spec: {{ externalTraficPolicy: Local }}\n"), 6, "did you mean `externalTrafficPolicy`?"),
        (format!("{parameters}spec:\n  service:\n    spec:\n      externalTrafficPolicy: local\n"), 7, "did you mean `Local`?"),
        (format!("{parameters}spec:\n  deployment:\n    spec:\n      minReadySeconds: \"5\"\n"), 7, "without quotes"),
        (format!("{database}spec:\n  storage:\n    storageClass: Fast_x\n"), 6, "lower-case letters"),
        (format!("{database}spec:\n  affinity:\n    podAntiAffinityType: prefered\n"), 6, "did you mean `preferred`?"),
        (format!("{mcp}spec: {{ template: {{ spec: {{ containers: [{{ name: everything, tty: true }}] }} }} }}\n"), 4, "known here: `server`"),
        (format!("{gateway}spec: {{ listeners: [{{ name: htp, port: 81 }}] }}\n"), 4, "did you mean `http`?"),
        (format!("{gateway}spec:\n  listeners:\n    - name: more\n      port: 8081\n      protocol: HTTP\n      allowedRoutes: {{ namespaces: {{ from: Selector, selector: {{ matchLabels: {{ kubernetes.io/metadata.name: servng }} }} }} }}\n"), 9, "did you mean `serving`?"),
        (format!("{operation}  - op: add\n    path: /spec/template/spec/containers/0/arg/-\n    value: a\n"), 4, "`/spec/template/spec/containers/0` has no `arg`"),
        (format!("{operation}  - op: remove\n    path: /spec/template/spec/containers/7/args\n"), 4, "has one item, 0"),
        ("apiVersion: v1\nkind: ServiceAcount\nmetadata: { name: litellm, namespace: litellm }\n".to_owned(), 2, "did you mean `ServiceAccount litellm/litellm`?"),
        ("apiVersion: v1\nkind: ServiceAccount\nmetdata: { name: litellm, namespace: litellm }\n".to_owned(), 3, "did you mean `metadata`?"),
        (format!("{mcp}spec:\n  template:\n    spec:\n      nodeSelector:\n        kubernetes.io/arch: x86_64\n"), 8, "`amd64`"),
        (format!("{mcp}spec:\n  template:\n    spec:\n      volumes:\n        - name: tmp\n          emptyDir:\n            medium: memory\n"), 10, "write `Memory`"),
        (format!("{mcp}spec:\n  template:\n    spec:\n      containers:\n        - name: server\n          env:\n            - name: MEMORY\n              valueFrom: {{ resourceFieldRef: {{ resource: limits.memory, divisor: 3Mi }} }}\n"), 11, "`3Mi`"),
        (format!("{mcp}spec:\n  template:\n    spec:\n      containers:\n        - name: server\n          env:\n            - name: MEMORY\n              valueFrom: {{ resourceFieldRef: {{ containerName: serve, resource: limits.memory }} }}\n"), 11, "leave `containerName` out"),
        (format!("{mcp}spec:\n  template:\n    spec:\n      containers:\n        - name: server\n          env:\n            - {{ name: FOLDER, value: /tmp }}\n          args:\n            - $(FOLDR)\n"), 12, "did you mean `$(FOLDER)`?"),
        (format!("{argocd}  timeout.reconcilation: 120s\n"), 5, "did you mean `timeout.reconciliation`?"),
        (format!("{argocd}  timeout.reconciliation: 120x\n"), 5, "write it as `120s`"),
        (format!("{argocd}  resource.exclusions: |\n    - apiGroup: [cilium.io]\n"), 6, "did you mean `apiGroups`"),
        (format!("{argocd}  resource.customizations.health.a_B: |\n    return {{ status = 'Helthy' }}\n"), 6, "did you mean `Healthy`?"),
        (operation.replace("patch:", "patches: []"), 2, "did you mean `patch`?"),
    ] {
        let found = said(&patch);
        let told = found.iter().any(|line| line.starts_with(&format!("patches/a.yaml:{place} ")) && line.contains(words));
        assert!(told, "{patch}: {found:#?}");
    }
}

/// What scales or guards a workload of a chart finds it by its name, and a slip in the name is told.
#[test]
fn workloads_of_charts_are_known() {
    let features = "platform:\n  name: dev\n  argocd: { repoURL: https://git.example.com/p.git }\nfeatures: { mcp: true, identity: true, tracing: true, observability: true, autoscaling: true }\nsettings: { tracing: { provider: tempo }, observability: { provider: stack } }\n";
    let of = |name: &str, kind: &str, namespace: &str| {
        let scaler = format!(
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: own, namespace: {namespace} }}\nspec:\n  scaleTargetRef: {{ apiVersion: apps/v1, kind: {kind}, name: {name} }}\n  maxReplicas: 2\n  metrics: [{{ type: Resource, resource: {{ name: cpu, target: {{ type: Utilization, averageUtilization: 70 }} }} }}]\n"
        );
        let found = of_files(&[("features.yaml", features), ("manifests/own/a.yaml", &scaler)]);
        found.into_iter().filter(|line| line.starts_with("manifests/")).collect::<Vec<_>>()
    };
    for (kind, namespace, name) in [
        ("Deployment", "litellm", "litellm"),
        ("Deployment", "dex", "dex"),
        ("StatefulSet", "tracing", "tempo"),
        ("Deployment", "llm-observability", "grafana"),
        ("Deployment", "external-secrets", "external-secrets-webhook"),
        ("Deployment", "keda", "keda-operator-metrics-apiserver"),
    ] {
        assert_eq!(of(name, kind, namespace), Vec::<String>::new());
        let slip = format!("{name}x");
        let told = of(&slip, kind, namespace);
        assert!(told.iter().any(|line| line.contains(&slip) && line.contains(&format!("`{name}`"))), "{told:?}");
    }
}

/// What is taken away and is not there stands beside what has effect; in a fleet it may be there in another cluster.
#[test]
fn a_field_that_is_not_there_is_not_taken_away() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: everything, namespace: mcp-gateway }\nspec:\n  replica: null\n  revisionHistoryLimit: 3\n";
    let [told] = &said(patch)[..] else { panic!("{:#?}", said(patch)) };
    assert!(told.starts_with("patches/a.yaml:5 ") && told.ends_with("(did you mean `replicas`?)"), "{told}");
    let more = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: everything, namespace: mcp-gateway }\nspec: { minReadySeconds: 1 }\n";
    let shared = patch.replace("replica:", "minReadySeconds:");
    let fleet = |own: &str| {
        of_files(&[
            ("features.yaml", PLATFORM),
            ("clusters/a.yaml", "{}\n"),
            ("clusters/b.yaml", "{}\n"),
            ("manifests/none/.keep", ""),
            (own, more),
            ("patches/z.yaml", &shared),
        ])
    };
    // Patches of a cluster come after those that all share: there the field is taken away before it is there.
    let found = fleet("clusters/a/patches/a.yaml");
    assert!(found.iter().all(|line| line.starts_with("patches/z.yaml:5 ")) && !found.is_empty(), "{found:#?}");
    assert_eq!(fleet("patches/a.yaml"), Vec::<String>::new());
}

/// What is wrong because a patch took something away stands where it does so.
#[test]
fn what_a_removal_breaks_stands_at_it() {
    let pod = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: everything, namespace: mcp-gateway }\nspec:\n  template:\n    spec:\n      securityContext: null\n      volumes:\n        - name: tmp\n          $patch: delete\n";
    let found = said(pod);
    for (line, words) in [(7, "lacks evidence"), (7, "without `runAsNonRoot: true`"), (9, "mounts the volume tmp")] {
        let place = format!("patches/a.yaml:{line} ");
        assert!(found.iter().any(|told| told.starts_with(&place) && told.contains(words)), "{words}: {found:#?}");
    }
}

/// A slip in an object of the user's own, and in what says where it goes.
#[test]
fn a_slip_in_an_object_of_ones_own_is_told_where_it_is() {
    let scaler = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: { name: everything, namespace: mcp-gateway }\nspec:\n  scaleTargetRef: { name: everything }\n  minReplicaCount: 1\n  triggers:\n    - type: cron\n      metadata:\n        timezone: Europe/Berlin\n        start: 0 8 * * 1-5\n        end: 0 18 * * 1-5\n        desiredReplicas: '3'\n";
    let slice = "apiVersion: v1\nkind: Service\nmetadata: { name: old, namespace: mcp-gateway }\nspec: { ports: [{ name: db, port: 5432 }] }\n---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: old-1\n  namespace: mcp-gateway\n  labels:\n    kubernetes.io/service-name: old\naddressType: IPv4\nports: [{ name: db, port: 5432 }]\nendpoints: [{ addresses: [203.0.113.7] }]\n";
    let hook = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: notes\n  namespace: mcp-gateway\n  annotations:\n    argocd.argoproj.io/hook: PostSync\n    argocd.argoproj.io/hook-delete-policy: BeforeHookCreation\ndata: { a: b }\n";
    let dashboard = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: own, namespace: mcp-gateway }\ndata:\n  own.json: |\n    { \"panels\": [{ \"targets\": [{\n      \"expr\": \"sum by (model_name) (vllm:num_requests_waiting)\" }] }] }\n";
    let backend = "apiVersion: agentgateway.dev/v1alpha1\nkind: AgentgatewayBackend\nmetadata: { name: wiki, namespace: mcp-gateway }\nspec:\n  mcp:\n    targets:\n      - name: wiki\n        static:\n          host: everything.mcp-gateway.svc.cluster.local\n          port: 3001\n          protocol: StreamableHTTP\n  policies:\n    mcp:\n      authorization:\n        action: Allow\n        policy:\n          matchExpressions:\n            - mcp.tool.name in [\"read\"]\n";
    for (text, slips) in [
        (
            scaler,
            &[
                ("type: cron", "type: corn", "did you mean `cron`?"),
                ("1-5\n        end", "1-8\n        end", "five fields"),
                ("0 18", "0 28", "five fields"),
                ("timezone:", "timeZone:", "did you mean `timezone`?"),
                ("desiredReplicas:", "desiredReplica:", "did you mean `desiredReplicas`?"),
                ("'3'", "three", "no number"),
            ][..],
        ),
        (slice, &[("service-name: old", "service-name: odl", "did you mean `old`?")]),
        (
            hook,
            &[
                ("PostSync", "PostSnyc", "did you mean `PostSync`?"),
                ("BeforeHookCreation", "BeforeHookCreate", "did you mean `BeforeHookCreation`?"),
                ("io/hook:", "io/hooks:", "io/hook`?"),
            ],
        ),
        (
            dashboard,
            &[
                ("sum by", "sum bye", "does not parse"),
                ("\"expr\":", "\"expr\"", "is no JSON"),
                ("requests_waiting", "request_waiting", "did you mean"),
            ],
        ),
        (
            backend,
            &[
                (".mcp-gateway.svc", ".mcp-gatway.svc", "did you mean `mcp-gateway`?"),
                ("tool.name", "tool.nam", "did you mean `name`?"),
            ],
        ),
    ] {
        for (right, wrong, words) in slips {
            let at = text.find(right).expect("it is there");
            let line = text[..at].matches('\n').count() + 1;
            let changed = text.replacen(right, wrong, 1);
            let found = of_files(&[("features.yaml", PLATFORM), ("manifests/own/a.yaml", &changed)]);
            let told =
                found.iter().any(|l| l.starts_with(&format!("manifests/own/a.yaml:{line} ")) && l.contains(words));
            assert!(told, "{changed}: {found:#?}");
        }
    }
    let own = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes, namespace: mcp-gateway }\ndata: { a: b }\n";
    let component = "wave: 15\nnamespace: mcp-gatway\n";
    let found = of_files(&[
        ("features.yaml", PLATFORM),
        ("manifests/own/a.yaml", own),
        ("manifests/own/component.yaml", component),
    ]);
    assert!(
        found.iter().any(|l| l.starts_with("manifests/own/component.yaml:2 ") && l.contains("did you mean")),
        "{found:#?}"
    );
}

/// What the group gives stays beside what a patch adds to a list that the chart hands on to its pods.
#[test]
fn lists_of_chart_values_merge_as_those_of_pods() {
    let more = "component: litellm
values:
  extraContainers: [{ name: shipper, image: ghcr.io/example/shipper:1.4.2 }]
  extraEnvVars: [{ name: TZ, value: Europe/Berlin }]
  volumes: [{ name: logs, emptyDir: {} }]
  volumeMounts: [{ name: logs, mountPath: /logs }]
";
    assert_eq!(said(more), Vec::<String>::new());
    let lost = said(
        "component: litellm\nvalues: { extraEnvVars: [{ $patch: replace }, { name: TZ, value: Europe/Berlin }] }\n",
    );
    assert!(lost.iter().any(|line| line.contains("DATABASE_URL")), "{lost:#?}");
}

/// What others run in a namespace that is declared to be there is theirs.
#[test]
fn a_namespace_of_others_earns_nothing() {
    let features = |name: &str| {
        format!(
            "platform:\n  name: dev\n  argocd: {{ repoURL: https://git.example.com/p.git }}\nfeatures: {{ observability: true }}\nexisting:\n  - {{ kind: Namespace, name: {name} }}\n"
        )
    };
    assert_eq!(of_files(&[("features.yaml", &features("monitoring"))]), Vec::<String>::new());
    let told = of_files(&[("features.yaml", &features("Monitoring"))]);
    assert!(told.iter().any(|line| line.starts_with("features.yaml:6 ")), "{told:#?}");
}

/// An object of the user's own comes when what it needs is there, and what others need comes before them, with no further file.
#[test]
fn own_objects_come_in_time() {
    let class = "apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: { name: models }\nvalue: 1000\n";
    let scaler = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: { name: everything, namespace: mcp-gateway }\nspec:\n  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: everything }\n  maxReplicas: 4\n  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 70 } } }]\n";
    let mut own =
        vec![("features.yaml", PLATFORM), ("manifests/class/a.yaml", class), ("manifests/scaler/a.yaml", scaler)];
    // What is applied again and again is no number of a scaler's.
    let told = of_files(&own);
    assert!(matches!(&told[..], [line] if line.contains("a patch takes it away")), "{told:#?}");
    let without = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: everything, namespace: mcp-gateway }\nspec: { replicas: null }\n";
    own.push(("patches/a.yaml", without));
    assert_eq!(of_files(&own), Vec::<String>::new());
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: reader }\nrules:\n  - apiGroups: ['']\n    resources: [pod]\n    verbs: [get]\n";
    let told = of_files(&[("features.yaml", PLATFORM), ("manifests/rights/a.yaml", role)]);
    assert!(
        told.iter().any(|line| line.starts_with("manifests/rights/a.yaml:6 ") && line.contains("`pods`")),
        "{told:#?}"
    );
}

/// What a claim rules out and a user brings all the same is said at the object, and is no error.
#[test]
fn an_ingress_lowers_a_claim_and_is_no_error() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: mcp, namespace: mcp-gateway }\nspec: { defaultBackend: { service: { name: everything, port: { number: 3001 } } } }\n";
    let told = of_files(&[("features.yaml", PLATFORM), ("manifests/ingress/a.yaml", ingress)]);
    assert!(
        told.iter().any(|line| line.starts_with("manifests/ingress/a.yaml:") && line.contains("claim")),
        "{told:#?}"
    );
    assert!(!told.iter().any(|line| line.starts_with("groups/")), "{told:#?}");
}

/// A slip in what a platform team adds, each in one small file, stands at its line.
#[test]
fn a_slip_in_a_fresh_bend_is_told_where_it_is() {
    let own = "manifests/own/a.yaml";
    let patch = "patches/a.yaml";
    let settings = "platform:\n  name: dev\n  argocd: { repoURL: https://git.example.com/p.git }\nfeatures: { mcp: true }\nsettings:\n";
    for (path, text, slips) in [
        (
            own,
            "apiVersion: cert-manager.io/v1\nkind: Issuer\nmetadata: { name: dns, namespace: mcp-gateway }\nspec:\n  acme:\n    server: https://acme-v02.api.letsencrypt.org/directory\n    email: platform@example.com\n    privateKeySecretRef: { name: account }\n    solvers:\n      - dns01:\n          route53: { region: eu-central-1 }\n",
            &[
                ("server: https", "server: htps", "no address"),
                ("platform@", "platform.", "which is none"),
                ("dns01:", "dns1:", "did you mean `dns01`?"),
                ("{ region", "{ regoin", "did you mean `region`?"),
            ][..],
        ),
        (
            own,
            "apiVersion: autoscaling.k8s.io/v1\nkind: VerticalPodAutoscaler\nmetadata: { name: everything, namespace: mcp-gateway }\nspec:\n  targetRef: { apiVersion: apps/v1, kind: Deployment, name: everything }\n  updatePolicy: { updateMode: Initial }\n  resourcePolicy:\n    containerPolicies:\n      - containerName: server\n        controlledResources: [cpu, memory]\n",
            &[
                ("updatePolicy:", "updatePolcy:", "did you mean `updatePolicy`?"),
                ("Initial", "Intial", "did you mean `Initial`?"),
                ("kind: Deployment", "kind: Deploymnt", "is there"),
                ("Name: server", "Name: servr", "did you mean `server`?"),
                ("cpu, memory", "cpu, memry", "did you mean `memory`?"),
            ],
        ),
        (
            own,
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: registry, namespace: mcp-gateway }\nspec:\n  secretStoreRef: { kind: ClusterSecretStore, name: secret-store }\n  target:\n    name: registry\n    template:\n      data:\n        login: |\n          user={{ .user }}\n          auth={{ printf \"%s\" .user | b64enc }}\n  data:\n    - { secretKey: user, remoteRef: { key: registry, property: user, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None, nullBytePolicy: Ignore } }\n",
            &[
                ("b64enc", "b64enk", "did you mean `b64enc`?"),
                ("{{ printf", "{{ pritnf", "did you mean `printf`?"),
                ("={{ .user }}", "={{ .usr }}", "did you mean `user`?"),
            ],
        ),
        (
            own,
            "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: { name: team, namespace: mcp-gateway }\nspec:\n  groups:\n    - name: team\n      rules:\n        - alert: Slow\n          expr: sum by (model_name) (rate(vllm:prompt_tokens_total{namespace=\"mcp-gateway\"}[5m])) > 2\n          annotations:\n            summary: \"{{ $labels.model_name }} {{ $value | humanizeDuration }}\"\n",
            &[
                ("$labels.", "$label.", "did you mean `$labels`?"),
                ("humanize", "humanise", "did you mean `humanizeDuration`?"),
                ("(rate(", "(rat(", "did you mean `rate`?"),
                ("=\"mcp-gateway", "=\"mcp-gatway", "did you mean `mcp-gateway`?"),
            ],
        ),
        (
            own,
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: { name: support, namespace: mcp-gateway }\nrules:\n  - apiGroups: [apps]\n    resources: [deployments]\n    resourceNames: [everything]\n    verbs: [get]\n  - apiGroups: ['']\n    resources: [pods/log]\n    verbs: [get]\n",
            &[
                ("[apps]", "[app]", "did you mean `apps`?"),
                ("[deployments]", "[deployment]", "did you mean `deployments`?"),
                ("[everything]", "[everythin]", "did you mean `everything`?"),
                ("pods/log", "pods/logs", "did you mean `pods/log`?"),
            ],
        ),
        (
            own,
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: report, namespace: mcp-gateway }\nspec:\n  schedule: 15 6 * * 1-5\n  timeZone: Europe/Berlin\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n            - name: report\n              image: curlimages/curl:8.15.0\n              command: [sh, -c]\n              args:\n                - echo \"$TEAM\"\n              env: [{ name: TEAM, value: a }]\n              securityContext:\n                capabilities: { drop: [ALL] }\n",
            &[
                ("Europe/Berlin", "Europe/Berln", "did you mean `Europe/Berlin`?"),
                ("6 * * 1-5", "26 * * 1-5", "no cron schedule"),
                ("curl:8.15.0", "curl:8.15.0@", "no name of an image"),
                ("\"$TEAM\"", "\"$TAEM\"", "did you mean `$TEAM`?"),
                ("[ALL]", "[AL]", "Linux has not"),
            ],
        ),
        (
            own,
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: board\n  namespace: mcp-gateway\n  labels: { grafana_dashboard: \"1\" }\ndata:\n  a.json: |\n    { \"templating\": { \"list\": [{ \"name\": \"model\",\n      \"query\": \"label_values(vllm:num_requests_running, model_name)\" }] },\n      \"panels\": [{ \"targets\": [{\n        \"expr\": \"sum(increase(vllm:prompt_tokens_total{model_name=\\\"$model\\\"}[$__range]))\" }] }]\n    }\n",
            &[
                ("grafana_dashboard", "grafana_dashbord", "did you mean `grafana_dashboard`?"),
                ("requests_running,", "request_running,", "did you mean"),
                ("\"$model", "\"$modle", "did you mean `$model`?"),
                ("$__range", "$__rang", "did you mean `$__range`?"),
            ],
        ),
        (
            patch,
            "apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: { name: litellm-db, namespace: litellm }\nspec:\n  postgresql:\n    parameters:\n      work_mem: 16MB\n      checkpoint_completion_target: \"0.9\"\n      idle_in_transaction_session_timeout: 5min\n",
            &[
                ("work_mem", "work_men", "did you mean `work_mem`?"),
                ("16MB", "16Mb", "its units are"),
                ("0.9", "0,9", "it is a number"),
                ("5min", "5mim", "its units are"),
            ],
        ),
        (
            patch,
            "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: { name: dev, namespace: argocd }\nspec:\n  syncWindows:\n    - kind: deny\n      schedule: 0 22 * * 5\n      duration: 60h\n      timeZone: Europe/Berlin\n      applications: ['*']\n  roles:\n    - name: deployer\n      policies: ['p, proj:dev:deployer, applications, sync, dev/*, allow']\n",
            &[
                ("0 22 *", "0 24 *", "never opens"),
                ("Europe/Berlin", "Europe/Berln", "did you mean `Europe/Berlin`?"),
                ("sync, dev", "synch, dev", "for the action"),
                ("allow", "alow", "`allow` or `deny`"),
            ],
        ),
        (
            patch,
            "component: dex\nvalues:\n  replicaCount: 1\n  config:\n    connectors:\n      - type: oidc\n        id: corp\n        name: Corporate\n        config:\n          issuer: https://login.example.com\n          clientID: dex\n          clientSecret: $DEX_CLIENT_SECRET\n          redirectURI: http://dex.dex.svc:5556/callback\n          insecureEnableGroups: true\n",
            &[
                ("type: oidc", "type: odic", "did you mean `oidc`?"),
                ("https://login", "https//login", "no address"),
                ("$DEX_CLIENT_SECRET", "$DEX_CLIENT_SECRT", "did you mean `$DEX_CLIENT_SECRET`?"),
                ("5556/callback", "5556/calback", "/callback`"),
                ("insecureEnableGroups", "insecureEnableGroup", "did you mean `insecureEnableGroups`?"),
            ],
        ),
        (
            patch,
            "component: external-secrets\nvalues:\n  leaderElect: true\n  concurrent: 4\n  log: { level: info }\n  certController: { requeueInterval: 5m }\n  affinity:\n    podAntiAffinity:\n      preferredDuringSchedulingIgnoredDuringExecution:\n        - weight: 50\n          podAffinityTerm: { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { a: b } } }\n",
            &[
                ("leaderElect: true", "leaderElect: yess", "`true` or `false`"),
                ("concurrent: 4", "concurrent: four", "it is a number"),
                ("level: info", "level: inof", "did you mean `info`?"),
                ("5m }", "5min }", "write it as"),
                ("weight: 50", "weight: 500", "weight"),
            ],
        ),
        (
            "features.yaml",
            &format!(
                "{settings}  serving:\n    models:\n      qwen3:\n        model: Qwen/Qwen3-0.6B\n        args:\n          - --kv-cache-dtype=fp8\n          - --tool-call-parser=hermes\n          - --max-num-seqs=64\n  litellm:\n    configPatch:\n      litellm_settings:\n        success_callback: [lunary]\n      router_settings:\n        retry_policy: {{ TimeoutErrorRetries: 2 }}\n      general_settings:\n        alerting: [slack]\n"
            ),
            &[
                ("=fp8", "=pf8", "did you mean `fp8`?"),
                ("=hermes", "=hermese", "did you mean `hermes`?"),
                ("seqs=64", "seqs=6k4", "a whole number"),
                ("[lunary]", "[lunry]", "did you mean `lunary`?"),
                ("TimeoutErrorRetries", "TimeoutErrorRetry", "did you mean `TimeoutErrorRetries`?"),
                ("[slack]", "[slak]", "did you mean `slack`?"),
            ],
        ),
    ] {
        let features = if path == "features.yaml" { text } else { PLATFORM };
        let of = |text: &str| {
            of_places(&[("features.yaml", if path == "features.yaml" { text } else { features }), (path, text)])
        };
        for (right, wrong, words) in slips {
            let at = text.find(right).expect("it is there");
            let same = right.bytes().zip(wrong.bytes()).take_while(|(a, b)| a == b).count();
            let line = text[..at + same].matches('\n').count() + 1;
            let found = of(&text.replacen(right, wrong, 1));
            let told = found.iter().any(|(place, said)| *place == format!("{path}:{line}") && said.contains(words));
            assert!(told, "{right} -> {wrong} at {path}:{line}: {found:#?}");
        }
    }
}

/// Each place that a finding names, also as where its cause was set, with what is said.
fn of_places(files: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for finding in findings(files) {
        let word = |pointer: &str| finding.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        let said = format!("{} ({})", word("/message"), word("/help"));
        let related = finding["related"].as_array().into_iter().flatten().map(|related| &related["place"]);
        for place in [&finding["place"]].into_iter().chain(related) {
            let file = place["file"].as_str().unwrap_or_default();
            places.push((format!("{file}:{}", place["line"]), said.clone()));
        }
    }
    places
}

//! Repositories that somebody else made, in their smallest form: which files are objects, which objects belong together, and
//! what is an error there. Each case is a list of files and the codes that they earn.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatewright::command::rulebook;
use gatewright::references::manifests::manifests_below;
use gatewright::references::world::World;
use gatewright::text::finding::{Finding, Severity};
use gatewright::text::source::Source;
use gatewright::verdict::crd::Crds;

fn findings(root: &str, files: &[(&str, &str)]) -> (Vec<Finding>, Vec<String>) {
    let sources: Vec<Arc<Source>> =
        files.iter().map(|(name, text)| Source::new(format!("{root}{name}"), *text)).collect();
    let (worlds, mut findings) = manifests_below(root, &sources);
    findings.extend(worlds.iter().flat_map(|world| rulebook::check(&World::of_manifests(world), &Crds::default())));
    (findings, worlds.into_iter().flat_map(|world| world.notes).collect())
}

/// Codes, errors with a `!`; the same from whatever folder they are looked at.
fn codes(files: &[(&str, &str)]) -> BTreeSet<String> {
    let of = |root| {
        let one = |f: Finding| format!("{}{}", f.code.name(), if f.severity == Severity::Error { "!" } else { "" });
        findings(root, files).0.into_iter().map(one).collect::<BTreeSet<String>>()
    };
    let here = of("");
    assert_eq!(here, of("some/where/"));
    here
}

fn earns(files: &[(&str, &str)], wanted: &[&str]) {
    assert_eq!(codes(files), wanted.iter().map(|code| (*code).to_owned()).collect(), "{files:?}");
}

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { ports: [{ port: 80 }] }\n";

const CLAIM: &str = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: shop }\n\
    spec: { accessModes: [ReadWriteOnce], storageClassName: CLASS, resources: { requests: { storage: 1Gi } } }\n";

const CLASS: &str =
    "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: { name: fast }\nprovisioner: demo.example\n";

#[test]
fn two_overlays_are_two_worlds_and_two_files_of_one_are_one() {
    let list = "resources: [web.yaml]\n";
    earns(
        &[
            ("dev/kustomization.yaml", list),
            ("dev/web.yaml", SERVICE),
            ("prod/kustomization.yaml", list),
            ("prod/web.yaml", SERVICE),
        ],
        &[],
    );
    earns(&[("dev/web.yaml", SERVICE), ("prod/web.yaml", SERVICE)], &[]);
    earns(&[("web.yaml", &format!("{SERVICE}---\n{SERVICE}"))], &["duplicate-object!"]);
    earns(&[("a/one.yaml", SERVICE), ("a/two.yaml", SERVICE)], &["duplicate-object"]);
    // Samples: each file is for itself.
    earns(&[("a/1.yaml", SERVICE), ("a/2.yaml", SERVICE), ("a/3.yaml", SERVICE), ("a/4.yaml", CLASS)], &[]);
}

#[test]
fn a_kustomization_gives_a_namespace_and_takes_patches() {
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web }\n\
        spec: { parentRefs: [{ name: edge, namespace: net }], rules: [{ backendRefs: [{ name: web, namespace: shop, port: 80 }] }] }\n";
    let given = "namespace: shop\nresources: [route.yaml]\n";
    earns(&[("kustomization.yaml", given), ("route.yaml", route), ("shop.yaml", SERVICE)], &[]);
    let other = "namespace: office\nresources: [route.yaml]\n";
    earns(&[("kustomization.yaml", other), ("route.yaml", route), ("shop.yaml", SERVICE)], &["not-granted!"]);
    let patch =
        "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { type: LoadBalancer }\n";
    let patched = "resources: [web.yaml]\npatches: [{ path: patch.yaml }]\n";
    earns(&[("kustomization.yaml", patched), ("web.yaml", SERVICE), ("patch.yaml", patch)], &[]);
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [ns.yaml]\n";
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: _ }\n";
    earns(&[("kustomization.yaml", component), ("ns.yaml", namespace)], &[]);
}

#[test]
fn patches_bring_what_a_base_lacks() {
    let base = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: shop }\nspec:\n  template:\n    \
        metadata: { labels: { app: web } }\n    spec: { containers: [{ name: web, image: \"web:1\" }] }\n";
    let list = "resources: [web.yaml]\n";
    earns(&[("kustomization.yaml", list), ("web.yaml", base)], &["invalid-field!"]);
    let patched = "resources: [web.yaml]\npatches: [{ target: { kind: Deployment }, path: more.json }]\n";
    earns(&[("kustomization.yaml", patched), ("web.yaml", base)], &[]);
    // A patch that is not in use.
    earns(&[("kustomization.yaml", "resources: []\n"), ("web.yaml", base)], &[]);
}

#[test]
fn a_patch_may_bring_the_port_and_an_assertion_is_no_object() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\n\
        spec: { selector: { app: web }, ports: [{ port: 80, targetPort: metrics }] }\n";
    let web = |more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: web, namespace: shop }}\nspec:\n  {more}template:\n    \
             metadata: {{ labels: {{ app: web }} }}\n    spec: {{ containers: [{{ name: web, image: \"e.com/web:1.2.3\" }}] }}\n"
        )
    };
    let (base, patch) = (web("selector: { matchLabels: { app: web } }\n  "), web(""));
    let list = "resources: [web.yaml, service.yaml]\n";
    let files = [("base/kustomization.yaml", list), ("base/web.yaml", &base), ("base/service.yaml", service)];
    earns(&files, &["missing-port!"]);
    let patched = "resources: [../base]\npatches: [{ path: proxy.yaml }]\n";
    let more = [("default/kustomization.yaml", patched), ("default/proxy.yaml", &patch)];
    earns(&[files.as_slice(), &more].concat(), &[]);
    // KUTTL and Chainsaw hold parts of objects against a cluster.
    earns(
        &[("test/01-assert.yaml", &patch), ("test/02-web-assert.yaml", &patch), ("test/03-errors.yaml", &patch)],
        &[],
    );
    earns(&[("test/01-web.yaml", &patch)], &["invalid-field!"]);
}

#[test]
fn addresses_in_files_of_a_config_map_lead_to_services() {
    let config = |address: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: app, namespace: shop }}\ndata: {{ app.yaml: \"{address}\" }}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{ name: cache, namespace: shop }}\nspec: {{ ports: [{{ port: 6379 }}] }}\n"
        )
    };
    for right in ["url: http://cache:6379/0", "host: cache", "host: other", "url: https://e.com/cache"] {
        earns(&[("a.yaml", &config(right))], &[]);
    }
    earns(&[("a.yaml", &config("url: http://cache:6380"))], &["missing-port!"]);
    earns(&[("a.yaml", &config("host: caches"))], &["dangling-reference"]);
}

#[test]
fn charts_and_templates_are_noted_once() {
    let template = "{{- if .Values.on }}\napiVersion: v1\nkind: ConfigMap\n{{- end }}\n";
    let files = [
        ("demo/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"),
        ("demo/templates/a.yaml", template),
        ("demo/templates/b.yaml", SERVICE),
        ("demo/values.yaml", "apiVersion: v1\nkind: Secret\n"),
        ("bootstrap/c.yaml", template),
    ];
    let (_, notes) = findings("", &[("Chart.yaml", files[0].1), ("charts/a/Chart.yaml", files[0].1)]);
    assert_eq!(notes, ["not looked at, a Helm chart must be rendered first: ."]);
    let (found, notes) = findings("", &files);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(
        notes,
        [
            "not looked at, a Helm chart must be rendered first: demo",
            "not looked at, as templates are no YAML yet: 1 files"
        ]
    );
}

#[test]
fn what_is_filled_in_later_is_not_judged() {
    let app = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: \"${APP}\" }\n\
        spec: { accessModes: [\"${MODE:=ReadWriteOnce}\"], storageClassName: \"${CLASS:=fast}\", resources: { requests: { storage: \"${SIZE}\" } } }\n";
    earns(&[("a.yaml", &format!("{app}---\n{app}---\n{CLASS}"))], &[]);
    let (_, notes) = findings("", &[("a.yaml", app), ("b.yaml", app)]);
    assert_eq!(notes, ["not judged, as `${...}` is filled in later: values in a.yaml and 1 more files"]);
    let sealed = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: a, namespace: b }\nspec: { data: [] }\n\
        sops: { mac: \"ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]\", version: 3.9.0 }\n";
    assert!(codes(&[("a.yaml", sealed)]).iter().all(|code| !code.starts_with("unknown-field")));
}

#[test]
fn files_of_tools_are_no_objects() {
    let kind = "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: [{ role: worker }]\n";
    let audit = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: []\n";
    let plugin = "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: { name: p }\nspec: {}\n";
    earns(&[("a.yaml", kind), ("b.yaml", audit), ("c.yaml", plugin)], &[]);
    earns(&[("a.yaml", "apiVersion: v1\nkind: Service\nspec: { ports: [{ port: 80 }] }\n")], &["not-an-object!"]);
}

#[test]
fn classes_come_with_charts() {
    let other = CLAIM.replace("CLASS", "block-storage");
    earns(&[("a.yaml", CLASS), ("b.yaml", &other)], &[]);
    // One letter away from one that is there.
    earns(&[("a.yaml", CLASS), ("b.yaml", &CLAIM.replace("CLASS", "fsat"))], &["dangling-reference"]);
}

#[test]
fn another_world_may_have_what_is_missing() {
    let reads = "apiVersion: v1\nkind: Pod\nmetadata: { name: web, namespace: shop }\nspec: { containers: [{ name: web, image: \"web:1\", \
        envFrom: [{ configMapRef: { name: NAME } }] }] }\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings, namespace: shop }\ndata: { a: b }\n";
    let list = "resources: [a.yaml]\n";
    let wrong = reads.replace("NAME", "setings");
    earns(&[("x/kustomization.yaml", list), ("x/a.yaml", &format!("{wrong}---\n{map}"))], &["dangling-reference!"]);
    let made = "resources: [a.yaml]\nconfigMapGenerator: [{ name: setings, literals: [a=b] }]\n";
    earns(&[("x/kustomization.yaml", made), ("x/a.yaml", &format!("{wrong}---\n{map}"))], &[]);
    let right = reads.replace("NAME", "settings");
    earns(&[("x/kustomization.yaml", list), ("x/a.yaml", &right), ("y/a.yaml", map), ("z/a.yaml", map)], &[]);
}

#[test]
fn a_namespace_of_what_lies_in_none_is_ignored() {
    let store = "apiVersion: external-secrets.io/v1\nkind: ClusterSecretStore\nmetadata: { name: store, namespace: eso }\n\
        spec: { provider: { fake: { data: [{ key: a, value: b }] } } }\n";
    let secret = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: app, namespace: shop }\n\
        spec: { secretStoreRef: { kind: ClusterSecretStore, name: store }, target: { name: app }, data: [{ secretKey: a, remoteRef: { key: a } }] }\n";
    earns(&[("a.yaml", store), ("b.yaml", secret)], &[]);
}

#[test]
fn routes_hand_over_without_a_grant() {
    let parent = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: parent, namespace: infra }\nspec: { parentRefs: [{ name: edge }], \
        rules: [{ backendRefs: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, name: NAME, namespace: team }] }] }\n";
    let child = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: child, namespace: team }\nspec: { rules: [{ backendRefs: [{ name: a, port: 80 }] }] }\n";
    for name in ["\"*\"", "child"] {
        earns(&[("a.yaml", &parent.replace("NAME", name)), ("b.yaml", child)], &[]);
    }
    earns(&[("a.yaml", &parent.replace("NAME", "chlid")), ("b.yaml", child)], &["dangling-reference!"]);
}

#[test]
fn waves_count_within_one_sync() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: { name: apps, namespace: argocd }\nspec:\n  goTemplate: true\n  generators: [{ git: \
        { repoURL: \"https://git.example.com/p.git\", revision: main, directories: [{ path: \"apps/*\" }] } }]\n  template:\n    metadata: { name: \"{{.path.basename}}\" }\n    spec: { project: default, \
        source: { repoURL: \"https://git.example.com/p.git\", path: \"{{.path.path}}\" }, destination: { name: in-cluster, namespace: x } }\n";
    let store = "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: { name: store, namespace: db }\nspec: { provider: { fake: { data: [{ key: a, value: b }] } } }\n";
    let secret = "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: app, namespace: db, annotations: { argocd.argoproj.io/sync-wave: \"-4\" } }\nspec:\n  \
        secretStoreRef: { kind: SecretStore, name: store }\n  target: { name: app }\n  \
        data: [{ secretKey: a, remoteRef: { key: a, conversionStrategy: Default, decodingStrategy: None, metadataPolicy: None } }]\n";
    earns(&[("argocd/set.yaml", set), ("apps/store/a.yaml", store), ("apps/db/a.yaml", secret)], &[]);
    earns(&[("argocd/set.yaml", set), ("apps/db/store.yaml", store), ("apps/db/a.yaml", secret)], &["sync-order!"]);
}

#[test]
fn the_server_fills_in_defaults_before_it_compares() {
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web, namespace: shop }\n\
        spec: { parentRefs: [{ name: edge }], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }\n";
    let app = |options: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: routes, namespace: argocd, annotations: {{ {options} }} }}\n\
             spec: {{ project: default, source: {{ repoURL: \"https://git.example.com/p.git\", path: routes }}, destination: {{ name: in-cluster, namespace: shop }} }}\n"
        )
    };
    let on = app("argocd.argoproj.io/compare-options: \"IgnoreExtraneous,ServerSideDiff=true\"");
    earns(&[("app.yaml", &on), ("routes/a.yaml", route)], &[]);
    earns(&[("app.yaml", &on), ("a.yaml", route)], &[]);
    earns(&[("app.yaml", &app("")), ("routes/a.yaml", route)], &["list-defaults"]);
    let all = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: argocd-cmd-params-cm, namespace: argocd }\ndata: { controller.diff.server.side: \"true\" }\n";
    earns(&[("app.yaml", &app("")), ("routes/a.yaml", route), ("cm.yaml", all)], &[]);
}

#[test]
fn an_application_of_the_whole_repository_is_found_from_anywhere() {
    let app = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: root }\nspec: { project: default, source: \
        { repoURL: \"https://git.example.com/p.git\", path: . }, destination: { name: in-cluster, namespace: infra } }\n";
    let web = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: files }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n---\n\
        apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, annotations: { argocd.argoproj.io/sync-wave: \"10\" } }\nspec:\n  strategy: { type: Recreate }\n  \
        selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      \
        containers: [{ name: web, image: \"web:1\", volumeMounts: [{ name: f, mountPath: /f }] }]\n      volumes: [{ name: f, persistentVolumeClaim: { claimName: files } }]\n";
    earns(&[("argocd/root.yaml", app), ("web/web.yaml", web)], &["sync-order"]);
}

#[test]
fn a_rendered_folder_may_be_the_root() {
    let groups = "cluster: a\ngroups: {}\n";
    let other = SERVICE.replace("port: 80", "port: 81");
    earns(
        &[("groups.yaml", groups), ("a.yaml", SERVICE), ("b.yaml", &other)],
        &["duplicate-object!", "unknown-namespace!"],
    );
}

#[test]
fn a_grant_of_another_folder_may_be_for_this() {
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: { name: web, namespace: shop }\n\
        spec: { parentRefs: [{ name: edge }], rules: [{ backendRefs: [{ name: login, namespace: auth, port: 80 }] }] }\n";
    let login = SERVICE.replace("web, namespace: shop", "login, namespace: auth");
    let grant = "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: { name: g }\n\
        spec: { from: [{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop }], to: [{ group: \"\", kind: Service }] }\n";
    earns(&[("a/route.yaml", route), ("b/login.yaml", &login)], &["not-granted!"]);
    earns(&[("a/route.yaml", route), ("b/login.yaml", &login), ("b/grant.yaml", grant)], &[]);
}

#[test]
fn names_that_controllers_read_are_no_ports() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: web, namespace: shop }\nspec: { rules: [{ http: { paths: \
        [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { name: NAME } } } }] } }] }\n";
    earns(&[("a.yaml", SERVICE), ("b.yaml", &ingress.replace("NAME", "use-annotation"))], &[]);
    earns(&[("a.yaml", SERVICE), ("b.yaml", &ingress.replace("NAME", "http"))], &["missing-port!"]);
    let announce = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db, namespace: shop }\nspec:\n  serviceName: db-0\n  selector: { matchLabels: { app: db } }\n  \
        template:\n    metadata: { labels: { app: db } }\n    spec: { containers: [{ name: db, image: \"db:1\", ports: [{ containerPort: 80 }] }] }\n---\n\
        apiVersion: v1\nkind: Service\nmetadata: { name: db-0, namespace: shop }\n\
        spec: { selector: { app: db, statefulset.kubernetes.io/pod-name: db-0 }, ports: [{ port: 80 }] }\n";
    earns(&[("a.yaml", announce)], &[]);
}

#[test]
fn parts_of_objects_and_what_a_generator_merges_are_no_lacks() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: app }\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: app }\nspec:\n  containers: [{ name: a, image: \"a:1.0\", args: [--config=/etc/app/app.yaml], \
        volumeMounts: [{ name: c, mountPath: /etc/app }] }]\n  volumes: [{ name: c, configMap: { name: app } }]\n";
    let merge =
        "resources: [../base]\nconfigMapGenerator: [{ name: app, behavior: merge, files: [app.yaml=settings] }]\n";
    let base = [
        ("base/kustomization.yaml", "resources: [map.yaml, pod.yaml]\n"),
        ("base/map.yaml", map),
        ("base/pod.yaml", pod),
    ];
    earns(&base, &["missing-key!"]);
    earns(&[&base[..], &[("prod/kustomization.yaml", merge)]].concat(), &[]);
    let part = "apiVersion: v1\nkind: Pod\nmetadata: { name: app }\nspec: { nodeSelector: { a: b } }\n";
    earns(&[("app.yaml", part)], &["invalid-field!"]);
    earns(&[("driver-pod-template.yaml", part)], &[]);
    earns(
        &[(
            "app.yaml",
            &part.replace(
                "nodeSelector: { a: b }",
                "containers: [{ name: a, image: \"a:1.0\" }], restartPolicy: FROM_OVERLAY",
            ),
        )],
        &[],
    );
}

#[test]
fn what_a_kustomization_names_is_there() {
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: {name} }}\ndata: {{ a: b }}\n");
    let (one, two) = (map("one"), map("two"));
    let list = ("kustomization.yaml", "resources: [one.yaml, two.yaml]\n");
    earns(&[list, ("one.yaml", &one), ("two.yaml", &two)], &[]);
    earns(&[list, ("one.yaml", &one), ("twoo.yaml", &two)], &["dangling-reference"]);
    // One that is looked at alone.
    earns(&[list], &[]);
}

#[test]
fn what_a_generator_makes_hides_no_slip() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: { name: app, namespace: shop }\nspec: { containers: [{ name: a, image: \"a:1.0\", \
        envFrom: [{ configMapRef: { name: app-config } }] }] }\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: app-confg, namespace: shop }\ndata: { a: b }\n";
    let made = |name: &str| format!("configMapGenerator: [{{ name: {name}, literals: [a=b] }}]\n");
    earns(&[("app.yaml", pod), ("map.yaml", map), ("x/kustomization.yaml", &made("other"))], &["dangling-reference!"]);
    earns(&[("app.yaml", pod), ("map.yaml", map), ("x/kustomization.yaml", &made("app-config"))], &[]);
}

#[test]
fn a_folder_that_is_nearly_there_is_a_slip() {
    let app = |path: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: a, namespace: argocd }}\nspec:\n  project: default\n  \
             source: {{ repoURL: \"https://git.example.com/a.git\", path: {path}, targetRevision: main }}\n  \
             destination: {{ server: \"https://kubernetes.default.svc\", namespace: shop }}\n"
        )
    };
    for (path, wanted) in [("apps/shop", &[][..]), ("apps/shopp", &["dangling-reference"]), ("charts/other", &[])] {
        earns(&[("root/app.yaml", &app(path)), ("apps/shop/web.yaml", SERVICE)], wanted);
    }
}

#[test]
fn a_named_port_of_a_policy_has_the_number_of_its_containers() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: a, namespace: shop }\nspec:\n  podSelector: { matchLabels: { app: web } }\n  \
        ingress: [{ ports: [{ port: http }] }]\n  egress: [{ ports: [{ port: dns }] }]\n";
    let pod = |name: &str, port: u16| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{ name: {name}, namespace: shop, labels: {{ app: {name} }} }}\nspec: {{ containers: [{{ name: a, image: \"a:1.0\", \
             ports: [{{ name: http, containerPort: {port} }}] }}] }}\n"
        )
    };
    let text = [policy.to_owned(), pod("web", 8080), pod("other", 9090)].join("---\n");
    let (worlds, _) = manifests_below("", &[Source::new("a.yaml", text)]);
    let world = World::of_manifests(&worlds[0]);
    let policy = world.objects.of("networking.k8s.io", "NetworkPolicy").next().expect("one");
    let numbered = gatewright::references::port_names::numbered(&world, policy).expect("a name that is told");
    assert_eq!(numbered["spec"]["ingress"][0]["ports"][0]["port"], 8080);
    assert_eq!(numbered["spec"]["egress"][0]["ports"][0]["port"], "dns");
}

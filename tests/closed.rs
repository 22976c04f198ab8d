//! What is closed by default. The NetworkPolicies of rendered trees, simulated on labels and ports: every call that the files name
//! goes through, and pods that are not the platform's reach LiteLLM and what the claims say, and no more. The Pod Security Standard
//! of each namespace is the strictest that its pods pass. The table of docs/network.md is made here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::{report, rulebook};
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::object::kinds::Scopes;
use gatewright::object::object::{Identity, Object, Objects};
use gatewright::object::pod_template;
use gatewright::plan::features::Inputs;
use gatewright::products::kubernetes::standards::{STANDARDS, strictest};
use gatewright::references::calls::calls;
use gatewright::references::fences::{Fences, Way};
use gatewright::references::inventory::Inventory;
use gatewright::references::manifests::Manifests;
use gatewright::references::pods::Pods;
use gatewright::references::running::Running;
use gatewright::references::world::World;
use gatewright::render::claims;
use gatewright::text::finding::Code;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use gatewright::verdict::crd::Crds;
use serde_json::{Value, json};

/// Cases of one cluster with contracts.
const AGENTIC: [&str; 6] = [
    "agentic-agentgateway",
    "agentic-contract",
    "agentic-guarded",
    "agentic-litellm",
    "agentic-patched",
    "agentic-shared",
];

/// Cases whose features.yaml is all there is.
const CASES: [&str; 10] = [
    "autoscaling",
    "cache",
    "default",
    "edge",
    "egress-all-providers",
    "external-everything",
    "full",
    "ha",
    "mcp",
    "simulator",
];

fn rendered<T>(case: &str, then: impl FnOnce(&Rendered<'_>) -> T) -> T {
    let text = fs::read_to_string(format!("golden/{case}/features.yaml")).expect("a golden case");
    let gateways = walkdir::WalkDir::new(format!("golden/{case}/gateways")).sort_by_file_name().into_iter().flatten();
    let files = gateways.filter(|entry| entry.file_type().is_file()).map(|entry| {
        let text = fs::read_to_string(entry.path()).expect("readable");
        Source::new(format!("gateways/{}", entry.file_name().to_string_lossy()), text)
    });
    of_texts(&text, files.collect(), then)
}

fn of_text<T>(text: &str, then: impl FnOnce(&Rendered<'_>) -> T) -> T {
    of_texts(text, Vec::new(), then)
}

fn of_texts<T>(text: &str, manifests: Vec<Arc<Source>>, then: impl FnOnce(&Rendered<'_>) -> T) -> T {
    let told = |findings: Vec<_>| -> ! { panic!("{}", report::text(&findings)) };
    let catalog = Catalog::new(&BTreeMap::default()).unwrap_or_else(|f| told(f));
    let inputs = Inputs { features: Source::new("features.yaml", text), clusters: Vec::new() };
    let mut clusters = pipeline::read(&inputs, &catalog).unwrap_or_else(|f| told(f));
    let (own, contracts): (Vec<_>, Vec<_>) = manifests.into_iter().partition(|s| s.name.starts_with("manifests/"));
    clusters[0].manifests = contracts;
    clusters[0].own.extend((!own.is_empty()).then(|| ("own".to_owned(), own)));
    then(&pipeline::render(&catalog, &clusters[0], &Memo::default()).unwrap_or_else(|f| told(f)))
}

/// Runs with the pods of a tree, and some more.
fn simulated<T>(
    rendered: &Rendered<'_>,
    more: &[Value],
    then: impl FnOnce(&Inventory<'_, '_>, &Running<'_>) -> T,
) -> T {
    let identities: Vec<Identity> = more.iter().map(|pod| Identity::of(pod).expect("an object")).collect();
    let mut world = World::of_bundle(&rendered.plan, &rendered.bundle, "");
    let pod = |(identity, value)| Object { path: "pods.yaml", ..Object::alone(identity, value) };
    let all: Vec<Object<'_>> = world.objects.iter().copied().chain(identities.iter().zip(more).map(pod)).collect();
    world.objects = Objects::new(all).0;
    let inventory = Inventory::new(&world, Scopes::default());
    then(&inventory, &Running::new(&inventory))
}

fn pod(namespace: &str, name: &str, labels: &Value) -> Value {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "namespace": namespace, "name": name, "labels": labels },
        "spec": { "containers": [{ "name": "c", "image": "example.com/c:1" }] } })
}

fn policies<'r>(rendered: &'r Rendered<'_>) -> impl Iterator<Item = (&'r Identity, &'r Value)> {
    let all = rendered.bundle.manifests.iter().map(|(identity, placed)| (identity, &placed.manifest.value));
    all.filter(|(identity, _)| identity.kind == "NetworkPolicy" && identity.name != "default-deny")
}

/// One pod for each policy, with the labels that it selects: also for those that charts run.
fn selected(rendered: &Rendered<'_>) -> Vec<Value> {
    let labels = |spec: &Value| spec["podSelector"].get("matchLabels").cloned().unwrap_or_else(|| json!({}));
    policies(rendered).map(|(id, value)| pod(&id.namespace, &id.name, &labels(&value["spec"]))).collect()
}

fn named<'p, 'a>(pods: &'p [Pods<'a>], name: &str) -> &'p Pods<'a> {
    pods.iter().find(|p| p.owner.identity.kind == "Pod" && p.owner.identity.name == name).expect("one of ours")
}

/// All ports that some policy names, and one that none does.
fn ports(rendered: &Rendered<'_>) -> BTreeSet<i64> {
    let rules = policies(rendered).flat_map(|(_, v)| v["spec"]["ingress"].as_array().into_iter().flatten());
    let ports = rules.flat_map(|rule| rule["ports"].as_array().into_iter().flatten());
    ports.filter_map(|port| port["port"].as_i64()).chain([22]).collect()
}

#[test]
fn every_call_goes_through() {
    for case in CASES.into_iter().chain(AGENTIC) {
        rendered(case, |rendered| {
            simulated(rendered, &[], |inventory, pods| {
                let (fences, mut seen) = (Fences::new(inventory), BTreeSet::new());
                for call in calls(inventory, pods) {
                    let ends = (call.from.owner.identity.to_string(), call.to.owner.identity.to_string(), call.port);
                    assert!(fences.closed(Way::Out, call.from, call.to, call.port).is_none(), "{case}: {ends:?}");
                    assert!(fences.closed(Way::In, call.to, call.from, call.port).is_none(), "{case}: {ends:?}");
                    seen.insert(ends);
                }
                if case == "full" {
                    for (from, to, port) in [
                        ("Deployment litellm/litellm", "Gateway inference/inference-gateway", 80),
                        ("Deployment litellm/litellm", "Cluster litellm/litellm-db", 5432),
                        ("Job litellm/litellm-migrations", "Cluster litellm/litellm-db", 5432),
                        ("Gateway inference/inference-gateway", "Deployment serving/qwen3-4b", 8000),
                        ("Gateway inference/inference-gateway", "Deployment serving/qwen3-4b-epp", 9002),
                        ("Gateway inference/inference-gateway", "Deployment mcp-gateway/everything", 3001),
                        ("Gateway inference/inference-gateway", "Deployment tracing/otel-collector", 4317),
                    ] {
                        let call = (from.to_owned(), to.to_owned(), Some(port));
                        assert!(seen.contains(&call), "{call:?} is not told: {seen:#?}");
                    }
                }
            });
        });
    }
}

#[test]
fn a_stranger_reaches_what_the_claims_say() {
    for case in CASES {
        rendered(case, |rendered| {
            let mut more = selected(rendered);
            let homes: BTreeSet<String> = policies(rendered).map(|(id, _)| id.namespace.clone()).collect();
            let strangers = homes.iter().map(String::as_str).chain(["team-a"]);
            // A pod that says it is ours, in a namespace that is not, is a stranger too.
            more.extend(strangers.map(|home| pod(home, "stranger", &json!({ "app": "stranger" }))));
            more.push(pod("team-b", "stranger", &json!({ "app.kubernetes.io/component": "endpoint-picker" })));
            let reached: BTreeSet<String> = simulated(rendered, &more, |inventory, pods| {
                let (fences, mut reached) = (Fences::new(inventory), BTreeSet::new());
                let strangers = pods.iter().filter(|p| p.owner.identity.name == "stranger");
                for stranger in strangers.filter(|p| p.owner.home().starts_with("team-")) {
                    for (policy, _) in policies(rendered) {
                        let of = named(pods, &policy.name);
                        let open = ports(rendered).into_iter();
                        let open = open.filter(|port| fences.closed(Way::In, of, stranger, Some(*port)).is_none());
                        reached.extend(open.map(|port| format!("{} at {port}", policy.name)));
                    }
                }
                for home in &homes {
                    let other = pods.iter().find(|p| p.owner.identity.name == "stranger" && p.in_namespace(home));
                    let team = pods.iter().find(|p| p.in_namespace("team-a")).expect("a stranger");
                    // A chart's pods are told by their namespace alone.
                    let whole = policies(rendered)
                        .any(|(id, v)| id.namespace == *home && v["spec"]["podSelector"] == json!({}));
                    let closed = fences.closed(Way::In, other.expect("one in each"), team, Some(22));
                    assert!(whole || closed.is_some_and(|p| p.identity.name == "default-deny"), "{case}: {home}");
                }
                reached
            });
            let claims = claims::claims(&rendered.plan, &rendered.bundle, &[]);
            let claim = claims.iter().find(|c| c.control == "Closed by default").expect("a claim");
            assert!(claim.gaps.is_empty(), "{case}: {:?}", claim.gaps);
            let webhooks: BTreeSet<String> =
                ["cert-manager", "certificates", "cloudnative-pg", "external-secrets", "keda"]
                    .into_iter()
                    .flat_map(|name| [6443, 9443, 10250].map(|port| (name, port)))
                    .filter(|(name, port)| reached.contains(&format!("{name} at {port}")))
                    .map(|(name, port)| format!("{name} at {port}"))
                    .collect();
            // A pod may have any address, also one of a network that the edge is open to.
            let from_networks = |call: &&String| claim.detail.contains(&format!("{call} from 203.0.113.0/24"));
            let edge = reached.iter().filter(from_networks).cloned();
            let open = edge.chain(webhooks.iter().cloned()).chain(["litellm at 4000".to_owned()]);
            let expected: BTreeSet<String> = open.collect();
            assert_eq!(reached, expected, "{case}");
            for webhook in &webhooks {
                let (name, port) = webhook.split_once(" at ").expect("a name and a port");
                let said = claim
                    .detail
                    .split(&format!("{name} at "))
                    .skip(1)
                    .any(|rest| rest.split([',', ')']).next().is_some_and(|ports| ports.contains(port)));
                assert!(said, "{case}: {webhook} is not in the claim: {}", claim.detail);
            }
        });
    }
}

#[test]
fn only_the_proxies_of_the_gateway_leave() {
    rendered("full", |rendered| {
        let mut more = selected(rendered);
        more.push(pod("elsewhere", "provider", &json!({})));
        simulated(rendered, &more, |inventory, pods| {
            let fences = Fences::new(inventory);
            let provider = named(pods, "provider");
            let leaves = |name: &str| fences.closed(Way::Out, named(pods, name), provider, Some(443)).is_none();
            assert!(leaves("gateway"));
            for name in ["litellm", "litellm-migrations", "model-servers", "otel-collector"] {
                assert!(!leaves(name), "{name}");
            }
        });
    });
}

/// By the policies of both sides; each pod has the name of its policy, `stranger` has none.
#[test]
fn agents_and_gateways_reach_whom_their_manifests_name_and_no_more() {
    type Ways = &'static [(&'static str, &'static str, i64)];
    let cases: [(&str, Ways, Ways); 4] = [
        (
            "agentic-contract",
            &[
                ("agent-forecaster", "aigateway-ai-gateway", 80),
                ("agent-forecaster", "toolgateway-tools", 80),
                ("toolgateway-tools", "toolserver-weather", 8080),
                ("toolgateway-tools", "agentgateway", 9978),
            ],
            &[
                ("agent-forecaster", "toolserver-weather", 8080),
                ("agent-forecaster", "litellm", 4000),
                ("toolserver-weather", "aigateway-ai-gateway", 80),
                ("stranger", "aigateway-ai-gateway", 80),
                ("stranger", "toolgateway-tools", 80),
                ("stranger", "toolserver-weather", 8080),
                ("stranger", "agent-forecaster", 8000),
                ("forecaster", "aigateway-ai-gateway", 80),
            ],
        ),
        (
            "agentic-shared",
            &[
                ("agent-writer", "aigateway-ai-gateway", 80),
                ("agent-analyst", "aigateway-research", 80),
                ("agent-reviewer", "aigateway-research", 80),
            ],
            &[("agent-editor", "aigateway-research", 80), ("stranger", "aigateway-ai-gateway", 80)],
        ),
        (
            "agentic-agentgateway",
            &[("toolgateway-tools", "guard-pii", 9001), ("toolgateway-tools", "agentgateway", 9978)],
            &[("stranger", "toolgateway-tools", 80), ("stranger", "guard-pii", 9001)],
        ),
        (
            "agentic-litellm",
            &[
                ("aigateway-platform", "gateway", 80),
                ("aigateway-platform", "presidio", 3000),
                ("stranger", "aigateway-chat", 8000),
            ],
            &[
                ("stranger", "aigateway-platform", 80),
                ("stranger", "toolgateway-tools", 4000),
                ("aigateway-platform", "litellm", 4000),
            ],
        ),
    ];
    for (case, open, shut) in cases {
        rendered(case, |rendered| {
            let mut more = selected(rendered);
            more.push(pod("elsewhere", "stranger", &json!({})));
            // It says that it is one of the Agents.
            more.push(pod("elsewhere", "forecaster", &json!({ "app": "forecaster" })));
            for reviewer in more.iter_mut().filter(|pod| pod["metadata"]["name"] == "agent-reviewer") {
                reviewer["metadata"]["labels"]["example.com/gateway"] = json!("research");
            }
            simulated(rendered, &more, |inventory, pods| {
                let fences = Fences::new(inventory);
                let goes = |(from, to, port): &(&str, &str, i64)| {
                    let (from, to) = (named(pods, from), named(pods, to));
                    fences.closed(Way::Out, from, to, Some(*port)).is_none()
                        && fences.closed(Way::In, to, from, Some(*port)).is_none()
                };
                let wrong: Vec<_> = open.iter().filter(|way| !goes(way)).collect();
                assert!(wrong.is_empty(), "{case}: closed: {wrong:?}");
                let wrong: Vec<_> = shut.iter().filter(|way| goes(way)).collect();
                assert!(wrong.is_empty(), "{case}: open: {wrong:?}");
            });
        });
    }
}

#[test]
fn a_namespace_of_others_or_of_an_unknown_controller_is_not_closed_as_a_whole() {
    let text = "platform: { name: dev, argocd: { repoURL: \"https://git.example.com/p.git\" } }\nfeatures: { agentic: true }\n\
        existing: [{ kind: Namespace, name: team-b }]\n\
        settings: { agentic: { overrides: { team-c/tools: { callers: [team-b] } } } }\n";
    let object = |kind: &str, namespace: &str, name: &str, spec: &str| {
        format!(
            "apiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: {kind}\n\
             metadata: {{ name: {name}, namespace: {namespace} }}\nspec: {spec}\n---\n"
        )
    };
    let gateways = [
        object(
            "AiGateway",
            "team-a",
            "other",
            "{ aiGatewayClassName: elsewhere, aiModels: [{ provider: openai, name: a }] }",
        ),
        object(
            "Agent",
            "team-b",
            "writer",
            "{ framework: google-adk, aiGatewayRef: { namespace: team-a, name: other } }",
        ),
        object("ToolGateway", "team-c", "tools", "{ toolGatewayClassName: agentgateway }"),
    ];
    of_texts(text, vec![Source::new("gateways/all.yaml", gateways.concat())], |rendered| {
        let closed = |namespace: &str, name: &str| {
            let mut all = rendered.bundle.manifests.keys().filter(|id| id.kind == "NetworkPolicy");
            all.any(|id| id.namespace == namespace && id.name == name)
        };
        assert!(!closed("team-a", "default-deny") && !closed("team-b", "default-deny"));
        assert!(closed("team-c", "default-deny") && closed("team-b", "agent-writer"));
        let tools = policies(rendered).find(|(id, _)| id.name == "toolgateway-tools").expect("a policy");
        assert!(tools.1["spec"]["ingress"].to_string().contains("team-b"));
    });
}

#[test]
fn a_policy_of_ones_own_that_opens_pods_of_ours_undoes_the_claim() {
    let text = fs::read_to_string("golden/cache/features.yaml").expect("a golden case");
    let policy = |namespace: &str, name: &str, ingress: Value| {
        json!({ "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": { "name": name, "namespace": namespace },
            "spec": { "podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress } })
    };
    let ports = json!([{ "port": 6379 }]);
    let labels = json!({ "kubernetes.io/metadata.name": "litellm", "team": "nobody" });
    let named = json!({ "from": [{ "namespaceSelector": { "matchLabels": labels } }], "ports": [{ "port": 8080 }] });
    let foreign = json!({ "from": [{ "namespaceSelector": { "matchLabels": { "team": "nobody" } } }], "ports": [{ "port": 8081 }] });
    let container = |name: &str| {
        json!({ "name": name, "image": "example.com/shop:1",
            "env": [{ "name": "STORE", "value": "redis://store.shop.svc:6379" }] })
    };
    let workload = |name: &str| {
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name, "namespace": "shop" },
            "spec": { "selector": { "matchLabels": { "app": name } },
                "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [container(name)] } } } })
    };
    let objects = [
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "shop" } }),
        json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "store", "namespace": "shop" },
            "spec": { "selector": { "app": "store" }, "ports": [{ "port": 6379 }] } }),
        workload("store"),
        workload("web"),
        policy("shop", "open", json!([{ "ports": ports }])),
        policy("shop", "named", json!([named, foreign])),
        policy("valkey", "debug", json!([{ "ports": ports }])),
    ];
    let source = Source::new("manifests/own/all.yaml", objects.map(|object| object.to_string()).join("\n---\n"));
    of_texts(&text, vec![source], |rendered| {
        let (plan, bundle, others) = (&rendered.plan, &rendered.bundle, Manifests::default());
        let findings = rulebook::check_with(plan, bundle, &others, &Crds::default());
        let told = |code: Code| {
            let found = findings.iter().filter(move |finding| finding.code == code);
            found.map(|finding| finding.message.as_str()).collect::<Vec<_>>()
        };
        let undone = "NetworkPolicy valkey/debug lets everybody in at port 6379, for which NetworkPolicy valkey/cache names who may call";
        let database = "NetworkPolicy shop/open lets everybody in at port 6379 of Deployment shop/store, a database that Deployment shop/web calls";
        assert_eq!(BTreeSet::from_iter(told(Code::PolicyAdmitsStrangers)), BTreeSet::from([undone, database]));
        let labelled = "NetworkPolicy shop/named is for the namespace litellm with labels that it has not";
        assert_eq!(told(Code::EmptySelection), [labelled]);
        // What is open in a namespace of the user's own undoes nothing of ours.
        let claims = rulebook::claims_of(plan, bundle, &others);
        let claim = claims.iter().find(|c| c.control == "Closed by default").expect("a claim");
        let told = claim.detail.split_once("; undone in part: ").map(|(_, told)| told);
        assert_eq!(told, Some(&*format!("{undone} (policy-admits-strangers)")));
    });
}

#[test]
fn without_policies_there_are_none_and_the_claim_says_so() {
    let text = "platform:\n  name: ai-dev\n  argocd: { repoURL: https://git.example.com/ai-platform.git }\n\
        features: { mcp: true }\nsettings: { network: { policies: false } }\n";
    of_text(text, |rendered| {
        assert_eq!(policies(rendered).count(), 0);
        let claims = claims::claims(&rendered.plan, &rendered.bundle, &[]);
        let claim = claims.iter().find(|c| c.control == "Closed by default").expect("a claim");
        assert!(claim.detail.contains("settings.network.policies"), "{}", claim.detail);
    });
}

#[test]
fn each_namespace_enforces_the_strictest_standard_of_its_pods() {
    let rank = |standard: &str| STANDARDS.iter().position(|s| *s == standard).expect("a standard");
    for case in CASES.into_iter().chain(AGENTIC) {
        rendered(case, |rendered| {
            let world = World::of_bundle(&rendered.plan, &rendered.bundle, "");
            let mut passed: BTreeMap<&str, &str> = BTreeMap::new();
            for template in pod_template::all(&world.objects).filter(|t| !t.kind.overlay) {
                let (home, own) = (template.owner.home(), strictest(&template));
                let least = passed.entry(home).or_insert(own);
                *least = if rank(own) < rank(least) { own } else { least };
            }
            for (home, standard) in passed {
                let namespace = world.objects.get("", "Namespace", "", home).expect("rendered");
                let label = namespace.labels().and_then(|l| l["pod-security.kubernetes.io/enforce"].as_str());
                assert_eq!(label, Some(standard), "{case}: {home}");
            }
        });
    }
}

#[test]
fn litellm_as_a_user_closes_the_last_namespace() {
    let text = "platform:\n  name: ai-dev\n  argocd: { repoURL: https://git.example.com/ai-platform.git }\nsettings:\n  \
        litellm: { provider: manifests, runAsUser: 65534, image: { repository: ghcr.io/berriai/litellm-non_root } }\n";
    of_text(text, |rendered| {
        let world = World::of_bundle(&rendered.plan, &rendered.bundle, "");
        let label = |home: &str| {
            let namespace = world.objects.get("", "Namespace", "", home).expect("rendered");
            namespace.labels().and_then(|l| l["pod-security.kubernetes.io/enforce"].as_str())
        };
        assert_eq!(label("litellm"), Some("restricted"));
        let own = pod_template::all(&world.objects).filter(|t| t.owner.home() == "litellm");
        assert!(own.into_iter().all(|template| strictest(&template) == "restricted"));
        let claims = claims::claims(&rendered.plan, &rendered.bundle, &[]);
        for control in ["Pod Security Standards", "Pods with the least rights"] {
            let claim = claims.iter().find(|c| c.control == control).expect("a claim");
            assert!(claim.gaps.is_empty(), "{control}: {:?}", claim.gaps);
            assert!(!claim.detail.contains("as root") && !claim.detail.contains("baseline"), "{}", claim.detail);
        }
    });
}

#[test]
fn certificates_are_watched_once_wherever_cert_manager_is() {
    let base = "platform:\n  name: ai-dev\n  argocd: { repoURL: https://git.example.com/ai-platform.git }\n\
        features: { edge: true, observability: true }\nsettings:\n  edge: { hostnames: [ai.example.com], issuer: own }\n";
    let backup = "  postgres: { backup: { destinationPath: \"s3://backups/litellm\" } }\n";
    let external =
        "  postgres: { provider: external, host: db.example.com, secretRef: { username: u, password: p } }\n";
    let others = format!("{backup}  operators: {{ existing: [barman-cloud] }}\n");
    for more in ["", backup, external, &others] {
        of_text(&format!("{base}{more}"), |rendered| {
            let world = World::of_bundle(&rendered.plan, &rendered.bundle, "");
            let of = |kind: &str, has: &str| {
                let alike = world.objects.iter().filter(|o| o.identity.kind == kind);
                alike.map(|o| o.value.to_string().matches(has).count()).sum::<usize>()
            };
            assert_eq!(of("PrometheusRule", "\"CertificateExpires\""), 1, "{more}");
            assert_eq!(of("PodMonitor", "\"portNumber\":9402"), 1, "{more}");
            assert_eq!(of("ConfigMap", "Age of certificates"), 1, "{more}");
        });
    }
}

/// Peers of a rule, each by the policy that selects the same pods.
fn peers(rendered: &Rendered<'_>, rule: &Value, key: &str) -> String {
    let Some(peers) = rule[key].as_array() else { return "any address".to_owned() };
    let name = |peer: &Value| {
        if let Some(block) = peer["ipBlock"]["cidr"].as_str() {
            return block.to_owned();
        }
        let namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"].as_str();
        let own = |(id, value): &(&Identity, &Value)| {
            let selector = peer.get("podSelector").cloned().unwrap_or_else(|| json!({}));
            namespace.is_none_or(|n| n == id.namespace) && value["spec"]["podSelector"] == selector
        };
        match (policies(rendered).find(own), namespace) {
            (Some((id, _)), Some(_)) => id.name.clone(),
            (_, Some(namespace)) => format!("pods of {namespace}"),
            (..) if peer.get("podSelector").is_none() => "every pod".to_owned(),
            (..) => "pods of any namespace with labels".to_owned(),
        }
    };
    peers.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn row(rendered: &Rendered<'_>, id: &Identity, spec: &Value) -> String {
    let side = |rules: &str, key: &str| {
        let rules = spec[rules].as_array().into_iter().flatten();
        let told = rules.filter(|rule| rule["ports"][0]["port"] != 53).map(|rule| {
            let ports: Vec<String> =
                rule["ports"].as_array().into_iter().flatten().map(|p| p["port"].to_string()).collect();
            let at = if ports.is_empty() { String::new() } else { format!(" ({})", ports.join(", ")) };
            format!("{}{at}", peers(rendered, rule, key))
        });
        told.collect::<Vec<_>>().join("; ")
    };
    format!("| `{}/{}` | {} | {} |\n", id.namespace, id.name, side("ingress", "from"), side("egress", "to"))
}

#[test]
fn the_table_of_the_documentation_is_that_of_the_full_tree() {
    let made: String =
        rendered("full", |rendered| policies(rendered).map(|(id, value)| row(rendered, id, &value["spec"])).collect());
    let file = "docs/network.md";
    let text = fs::read_to_string(file).expect("the page");
    let (head, rest) = text.split_once("|---|---|---|\n").expect("the table's head");
    let (table, tail) = rest.split_at(rest.find("\n\n").map_or(rest.len(), |at| at + 1));
    #[allow(clippy::disallowed_methods, reason = "as in the golden tests")]
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        fs::write(file, format!("{head}|---|---|---|\n{made}{tail}")).expect("written");
    } else {
        assert_eq!(table, made, "UPDATE_GOLDEN=1 cargo test --test closed writes it anew");
    }
}

/// A key opens the routes of one namespace, and each client has its own.
#[test]
fn no_key_opens_the_routes_of_two_namespaces() {
    const BOTH: &str = "platform: { name: dev, argocd: { repoURL: \"https://git.example.com/p.git\" } }
features: { agentic: true, egress: true }
settings:
  egress: { providers: { anthropic: { models: [claude-haiku-4-5] } } }
  agentic: { platformGateway: {} }
";
    of_text(BOTH, |rendered| {
        let secrets = rendered.bundle.manifests.iter().filter(|(identity, _)| identity.kind == "ExternalSecret");
        let mut readers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (identity, placed) in secrets {
            for key in placed.manifest.value["spec"]["data"].as_array().into_iter().flatten() {
                let remote = key["remoteRef"]["key"].as_str().expect("a key of the store");
                readers.entry(remote).or_default().insert(&identity.namespace);
            }
        }
        for (key, namespaces) in [
            ("litellm-upstream-key", ["litellm", "serving"]),
            ("litellm-egress-key", ["agentgateway-system", "litellm"]),
            ("agents-upstream-key", ["ai-gateway", "serving"]),
            ("agents-egress-key", ["agentgateway-system", "ai-gateway"]),
        ] {
            assert_eq!(readers.get(key), Some(&BTreeSet::from(namespaces)), "{key}");
        }
    });
}

/// Every golden tree, as it lies on the disk: a namespace of its own in which something of the platform runs is closed, in and out.
#[test]
fn each_namespace_of_the_golden_trees_is_closed() {
    let mut closed = 0;
    for folder in fs::read_dir("golden").expect("part of the project").flatten() {
        for cluster in fs::read_dir(folder.path().join("rendered")).expect("rendered").flatten() {
            let case = cluster.path().display().to_string();
            let objects = objects_below(&cluster.path());
            let denied: BTreeSet<&str> = of_kind(&objects, "NetworkPolicy")
                .filter(|o| o["metadata"]["name"] == "default-deny")
                .inspect(|o| assert_eq!(o["spec"], json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"] })))
                .filter_map(|o| o["metadata"]["namespace"].as_str())
                .collect();
            assert!(!denied.is_empty(), "{case}: `settings.network.policies` is on in all of them");
            for namespace in of_kind(&objects, "Namespace").filter_map(|o| o["metadata"]["name"].as_str()) {
                let runs = objects.iter().map(|(_, o)| o).any(|o| {
                    let chart = o["kind"] == "Application" && !o["spec"]["sources"][0]["chart"].is_null();
                    let home = if chart { &o["spec"]["destination"]["namespace"] } else { &o["metadata"]["namespace"] };
                    home == namespace && (chart || WITH_PODS.iter().any(|kind| o["kind"] == *kind))
                });
                assert!(!runs || denied.contains(namespace), "{case}: {namespace} is open");
                closed += usize::from(denied.contains(namespace));
            }
        }
    }
    assert!(closed > 150, "{closed} namespaces are closed");
}

/// Kinds that have pods, those of operators of the agentic contracts among them.
const WITH_PODS: [&str; 11] = [
    "Agent",
    "AiGateway",
    "Cluster",
    "DaemonSet",
    "Deployment",
    "Gateway",
    "Job",
    "LeaderWorkerSet",
    "StatefulSet",
    "ToolGateway",
    "ToolServer",
];

fn of_kind<'o>(objects: &'o [(String, Value)], kind: &'o str) -> impl Iterator<Item = &'o Value> {
    objects.iter().map(|(_, object)| object).filter(move |object| object["kind"] == kind)
}

/// The objects of a folder, each with its path.
fn objects_below(folder: &std::path::Path) -> Vec<(String, Value)> {
    let mut objects = Vec::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
        let path = entry.path().display().to_string();
        if !path.ends_with(".yaml") || path.contains("/charts/") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("readable");
        let read = kubeyaml::values(&Source::new(path.clone(), text)).unwrap_or_else(|f| panic!("{}", f.message));
        objects.extend(read.into_iter().map(|object| (path.clone(), object)));
    }
    objects
}

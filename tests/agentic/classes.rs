//! Which class serves a gateway, what changes with it, and what settings add where the contract has no words.

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewright::agentic::class::{Class, Served, served};
use gatewright::agentic::input::GROUP;
use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::report;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::{Code, Severity};
use gatewright::text::source::Source;
use gatewright::text::yaml;
use gatewright::verdict::crd::Crds;

use crate::{ai, catalog, codes, config, flat, gateway, made, object, render, rendered, try_render};

/// row: class_test, for both kinds.
#[test]
fn classes_are_chosen_as_the_controllers_choose() {
    for (kind, ours) in [
        ("AiGateway", "aigateway.agentic-layer.ai/ai-gateway-litellm-controller"),
        ("ToolGateway", "litellm.agentic-layer.ai/tool-gateway-litellm-controller"),
    ] {
        let class = |name: &str, controller: &str, default: bool| Class {
            kind: kind.into(),
            name: name.into(),
            controller: controller.into(),
            target: "litellm".into(),
            default,
            path: None,
            home: None,
        };
        let ours_plain = class("litellm", ours, false);
        let ours_default = class("litellm", ours, true);
        // Explicit name and our controller: owned.
        assert_eq!(served(std::slice::from_ref(&ours_plain), kind, "litellm"), Served::By(ours_plain.clone()));
        // Explicit `other` with our default class: not owned, no way back to the default.
        assert_eq!(served(std::slice::from_ref(&ours_default), kind, "other"), Served::Unknown("other".into()));
        // Empty and default: owned.
        assert_eq!(served(std::slice::from_ref(&ours_default), kind, ""), Served::By(ours_default.clone()));
        // Empty and the class is not default: not owned.
        assert_eq!(served(std::slice::from_ref(&ours_plain), kind, ""), Served::Nobody);
        // Empty, and the default class is of another controller: not ours.
        let other = class("other", "example.com/other", true);
        assert_eq!(served(&[ours_plain, other.clone()], kind, ""), Served::By(other.clone()));
        // Two default classes of two controllers: both claim it.
        assert!(matches!(served(&[ours_default, other], kind, ""), Served::Several(_)));
    }
}

/// Another class, the same manifests: nothing that the user wrote changes, and what is passed on is what was written.
#[test]
fn swapping_a_class_changes_no_manifest() {
    let catalog = catalog();
    let manifests = ai("models", "chat", "")
        + &made("ToolGateway", "tool-gateway", "tools", "{}")
        + &made(
            "ToolRoute",
            "team",
            "r",
            "{ toolGatewayRef: { name: tools, namespace: tool-gateway }, upstream: { external: { url: http://u/mcp } } }",
        );
    let mut paths = Vec::new();
    for (settings, on_ai, on_tools) in [
        ("defaultClass: { ToolGateway: litellm }", "litellm", "litellm"),
        ("targets: { litellm: contract }, defaultClass: { ToolGateway: litellm }", "contract", "contract"),
        ("", "litellm", "agentgateway"),
        ("targets: { litellm: contract, agentgateway: contract }", "contract", "contract"),
    ] {
        let rendered = render(&catalog, settings, &manifests);
        let gateways = &rendered.plan.agentic.model.gateways;
        assert_eq!(
            (gateways[0].target.as_deref(), gateways[1].target.as_deref()),
            (Some(on_ai), Some(on_tools)),
            "{settings}"
        );
        assert_eq!(codes(&rendered, Severity::Error), [], "{settings}");
        // Callers find both at the same place, whoever serves them; only a route's path belongs to its class.
        assert_eq!(gateways[0].url, "http://chat.models.svc.cluster.local:80");
        assert_eq!(gateways[1].url, "http://tools.tool-gateway.svc.cluster.local");
        paths.push(gateways[1].routes[0].url.clone());
        for input in &rendered.plan.agentic.inputs {
            let passed = object(&rendered, &input.identity.kind, &input.identity.namespace, &input.identity.name);
            let contract = if input.identity.kind == "AiGateway" { on_ai } else { on_tools } == "contract";
            assert_eq!(passed.is_some(), contract, "{settings}: {}", input.identity);
            if let Some(passed) = passed {
                assert_eq!(passed["spec"], input.value["spec"]);
            }
        }
    }
    assert!(paths[0] == paths[1] && paths[2] == paths[3] && paths[0] != paths[2], "{paths:?}");
}

/// A block of docs/groups.md that opens with the name of a file: the file's name and text.
fn documented(name: &str) -> (String, String) {
    let docs = std::fs::read_to_string("docs/groups.md").expect("docs/groups.md");
    let text = docs.split(&format!("```yaml\n# {name}\n")).nth(1).and_then(|rest| rest.split("```").next());
    (name.to_owned(), text.unwrap_or_else(|| panic!("docs/groups.md shows no {name}")).to_owned())
}

/// A fork adds a class with a target of its own, as docs/groups.md shows: one group file, one folder, no Rust.
#[test]
fn a_fork_adds_a_class() {
    let (group, template) = (documented("groups/mine.yaml"), documented("templates/mine/configmap.yaml"));
    let default = group.1.replace("# default: true ", "default: true #");
    let manifests = |class: &str| {
        made("ToolGateway", "d", "gw", class)
            + &made("ToolGateway", "e", "gw", class)
            + &made(
                "ToolRoute",
                "d",
                "r",
                "{ toolGatewayRef: { name: gw }, upstream: { external: { url: http://u/mcp } } }",
            )
    };
    // By name, and as the default class of gateways that name none.
    for (text, settings, class) in [
        (group.1, "", "{ toolGatewayClassName: mine }"),
        (default, "settings: { agentic: { defaultClass: { ToolGateway: none } } }\n", "{}"),
    ] {
        let files = BTreeMap::from([(group.0.clone(), text), template.clone()]);
        let catalog = Catalog::new(&files).unwrap_or_else(|f| panic!("{}", report::text(&f)));
        let features = format!(
            "platform: {{ name: p, argocd: {{ repoURL: https://git.example.com/p.git }} }}\nfeatures: {{ agentic: true, mine: true }}\n{settings}"
        );
        let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
        let mut clusters = pipeline::read(&inputs, &catalog).expect("sound");
        clusters[0].manifests = vec![Source::new("gateways/case.yaml", manifests(class))];
        let rendered = pipeline::render(&catalog, &clusters[0], &Memo::default())
            .unwrap_or_else(|f| panic!("{}", report::text(&f)));
        let findings = rendered.findings(&Crds::default());
        assert!(findings.is_empty(), "{}", report::text(&findings));
        let map = object(&rendered, "ConfigMap", "d", "gw").expect("its own");
        assert_eq!(map["data"]["d.r"], "http://u/mcp");
        assert!(object(&rendered, "ConfigMap", "e", "gw").is_some());
        assert_eq!(gateway(&rendered).routes[0].url.as_deref(), Some("http://gw.d.svc.cluster.local/t/d.r"));
        // Nothing else is made of them, and the contract's own objects stay at home.
        assert!(
            object(&rendered, "Deployment", "d", "gw").is_none() && object(&rendered, "ToolRoute", "d", "r").is_none()
        );
    }
}

/// What the contract cannot say, and a setting for nobody.
#[test]
fn overrides_add_what_the_contract_cannot_say() {
    let catalog = catalog();
    let over = "overrides: { default/gw: { models: { gpt-4: { apiBase: \"http://g/v1\", inputPrice: 2, outputPrice: 8, rpm: 9 } }, replicas: 3, secretHash: d1bdfa9725879973 } }";
    let rendered = render(&catalog, over, &ai("default", "gw", ""));
    let text = config(&rendered);
    assert!(
        flat(&text).contains("api_base: http://g/v1\ninput_cost_per_token: 2e-06\noutput_cost_per_token: 8e-06\n"),
        "{text}"
    );
    // Three pods that count alone have a third each.
    assert!(flat(&text).contains("rpm: 3\n") && text.contains("enforce_model_rate_limits"), "{text}");
    let deployment = object(&rendered, "Deployment", "default", "gw").expect("a Deployment");
    assert_eq!(deployment["spec"]["replicas"], 3);
    assert_eq!(
        deployment["spec"]["template"]["metadata"]["annotations"]["gateway.agentic-layer.ai/secret-hash"],
        "d1bdfa9725879973"
    );
    for (settings, words) in [
        (over.to_owned(), "there is no gateway `default/gw`"),
        (format!("targets: {{ litellm: contract }}, {over}"), "says nothing to the operator"),
    ] {
        let manifests = if words.starts_with("there") { ai("default", "gv", "") } else { ai("default", "gw", "") };
        let findings = try_render(&catalog, &settings, &manifests).expect_err(words);
        assert!(findings[0].message.contains(words), "{}", report::text(&findings));
    }
}

/// A default class among the manifests is the default one, whatever the settings say; two of two controllers are told.
#[test]
fn a_default_class_in_the_manifests_wins() {
    let catalog = catalog();
    let class = |name: &str, controller: &str| {
        format!(
            "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: ToolGatewayClass\nmetadata: {{ name: {name}, annotations: {{ toolgatewayclass.kubernetes.io/is-default-class: \"true\" }} }}\nspec: {{ controller: {controller} }}\n"
        )
    };
    let ours = class("mine", "litellm.agentic-layer.ai/tool-gateway-litellm-controller");
    let gateway_without = made("ToolGateway", "d", "gw", "{}");
    let rendered = render(&catalog, "", &(ours.clone() + &gateway_without));
    assert_eq!(
        (gateway(&rendered).class.as_deref(), gateway(&rendered).target.as_deref()),
        (Some("mine"), Some("litellm"))
    );
    assert_eq!(codes(&rendered, Severity::Error), []);
    let two = ours + &class("other", "example.com/other");
    let rendered = render(&catalog, "", &(two.clone() + &gateway_without));
    assert_eq!(codes(&rendered, Severity::Error), [Code::GatewayClass]);
    // Nobody is hit yet: a warning.
    let named = made("ToolGateway", "d", "gw", "{ toolGatewayClassName: mine }");
    let rendered = render(&catalog, "", &(two + &named));
    assert_eq!(codes(&rendered, Severity::Error), []);
    assert!(codes(&rendered, Severity::Warning).contains(&Code::GatewayClass));
}

/// The inputs of every golden case, under every choice of who serves the classes: what reaches the cluster of a gateway, route,
/// guard or agent is what was written, byte for byte the same under each choice.
#[test]
fn no_golden_manifest_changes_with_its_class() {
    let catalog = catalog();
    let (mut passed, mut swallowed) = (BTreeMap::new(), 0);
    for (case, sources) in golden_inputs() {
        for choice in choices() {
            let rendered = rendered(&catalog, &choice, sources.clone());
            for input in rendered.plan.agentic.inputs.iter().filter(|i| i.identity.group == GROUP) {
                let id = &input.identity;
                let Some(object) = object(&rendered, &id.kind, &id.namespace, &id.name) else {
                    swallowed += 1;
                    continue;
                };
                assert_eq!(object["spec"], input.value["spec"], "{case}: {id} under {choice}");
                let mut written = input.value["metadata"].clone();
                written["annotations"]["argocd.argoproj.io/sync-wave"] =
                    object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"].clone();
                assert_eq!(object["metadata"], written, "{case}: {id} under {choice}");
                let text = yaml::emit(&object);
                let first = passed.entry(format!("{case}: {id}")).or_insert_with(|| text.clone());
                assert_eq!(*first, text, "{case}: {id} under {choice}");
            }
        }
    }
    let kinds = ["AiGateway", "ToolGateway", "ToolRoute", "Guard", "Agent"];
    assert!(kinds.iter().all(|kind| passed.keys().any(|id| id.contains(&format!(": {kind} ")))), "{:?}", passed.keys());
    assert!(swallowed > 20, "{swallowed}");
}

/// The manifests of the golden cases, by case.
fn golden_inputs() -> BTreeMap<String, Vec<Arc<Source>>> {
    let mut inputs: BTreeMap<String, Vec<Arc<Source>>> = BTreeMap::new();
    for entry in walkdir::WalkDir::new("golden").sort_by_file_name().into_iter().flatten() {
        let path = entry.path();
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if let [_, case, folder, _] = &parts[..]
            && folder == "gateways"
        {
            let text = std::fs::read_to_string(path).expect("readable");
            inputs.entry(case.clone()).or_default().push(Source::new(parts[2..].join("/"), text));
        }
    }
    assert!(inputs.len() >= 5, "{:?}", inputs.keys());
    inputs
}

/// Every target of every class with every other, and every default class.
fn choices() -> Vec<String> {
    let choice = |(litellm, agentgateway, ai, tool): (&str, &str, &str, &str)| {
        format!(
            "targets: {{ litellm: {litellm}, agentgateway: {agentgateway} }}, defaultClass: {{ AiGateway: {ai}, ToolGateway: {tool} }}"
        )
    };
    let all = [
        ("litellm", "agentgateway", "none", "agentgateway"),
        ("contract", "agentgateway", "litellm", "litellm"),
        ("litellm", "contract", "litellm", "agentgateway"),
        ("contract", "contract", "none", "litellm"),
        ("contract", "contract", "litellm", "agentgateway"),
    ];
    all.map(choice).into()
}

/// The classes that contracts need come with them, one of them the default one at most.
#[test]
fn classes_come_with_contracts() {
    let catalog = catalog();
    let settings = "targets: { litellm: contract, agentgateway: contract }";
    let named = made("ToolGateway", "d", "gw", "{ toolGatewayClassName: agentgateway }");
    let default = |rendered: &Rendered<'_>, class: &str| {
        let class = object(rendered, "ToolGatewayClass", "", class).expect("a class");
        class["metadata"]["annotations"]["toolgatewayclass.kubernetes.io/is-default-class"] == "true"
    };
    assert!(default(&render(&catalog, settings, &named), "agentgateway"));
    let litellm = "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: ToolGatewayClass\nmetadata: { name: litellm, annotations: { toolgatewayclass.kubernetes.io/is-default-class: \"true\" } }\n\
                   spec: { controller: litellm.agentic-layer.ai/tool-gateway-litellm-controller }\n";
    let both = render(&catalog, settings, &(named + litellm));
    assert!(default(&both, "litellm") && !default(&both, "agentgateway"));
    assert_eq!(codes(&both, Severity::Error), []);
}

/// The API server takes servers and agents without a spec, and so do the lists of what they make.
#[test]
fn what_has_no_spec_is_passed_on() {
    let catalog = catalog();
    let bare = |kind: &str| {
        format!(
            "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: {kind}\nmetadata: {{ name: x-{}, namespace: d }}\n",
            kind.to_lowercase()
        )
    };
    for kind in ["Agent", "ToolServer", "ToolGateway", "ToolRoute", "Guard", "GuardrailProvider"] {
        assert!(try_render(&catalog, "", &bare(kind)).is_ok(), "{kind}");
    }
}

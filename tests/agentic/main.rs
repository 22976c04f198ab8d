//! The AiGateway and ToolGateway contracts, row by row as the operators' own tests pin them (agent-runtime-operator 0.28.1,
//! ai-gateway-litellm-operator 0.10.0, tool-gateway-agentgateway 0.4.0). `row:` names the test upstream.
//!
//! | row upstream | here |
//! |---|---|
//! | class_test, both kinds | `classes` |
//! | config_test, env_test | `configuration` |
//! | patch_test ApplyPatch, LoadPatch, Render; `*_patch_steady_state` | `patches` |
//! | guardrails_test | `guards` |
//! | workload_meta_test, workload_test, aigateway_controller_test | `workloads` |
//! | toolgateway_routes_test, the URLs of toolgateway_controller_test | `routes` |
//! | agent_aigateway_test (resolve), webhooks | `agents` |
//! | tool-gateway-agentgateway: globs as CEL; env, guards | `routes`, `agentgateway` |
//! | e2e: models, tools, the master key | `tests/judges/agentic.py`, where LiteLLM runs |
//!
//! Rows that a renderer does not meet, and why:
//! - workload_test and toolgateway_controller_test, phases of failed writes, retries, conditions, `DeploymentRollingOut`: nothing is
//!   written to a cluster. What would become ConfigPatchInvalid, GuardrailsResolutionFailed, UpstreamUnresolved or DuplicateServerName
//!   is a finding, and has its test.
//! - secret_hash_test: git does not see the Secret. The hash is that of no Secret, or a setting; both have their test.
//! - aigateway_controller_test, ownerReferences: there is no owner. agent_aigateway_test and toolgateway_controller_test, watches and
//!   what they enqueue: the next render sees every change.
//! - agent_config_test: agent-runtime-operator makes Agents whoever serves the gateways. What a gateway adds to them is in `agents`.
//! - e2e, chat and masking: what LiteLLM and Presidio do, given the configuration.

mod agentgateway;
mod agents;
mod classes;
mod configuration;
mod guards;
mod patches;
mod routes;
mod workloads;

use std::collections::BTreeMap;
use std::sync::Arc;

use gatewright::agentic::gateway::Gateway;
use gatewright::command::pipeline::{self, Rendered};
use gatewright::command::report;
use gatewright::group::catalog::Catalog;
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::{Code, Finding, Severity};
use gatewright::text::source::Source;
use gatewright::verdict::crd::Crds;
use serde_json::Value;

fn catalog() -> Catalog {
    Catalog::new(&BTreeMap::new()).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

/// A platform with these settings and manifests.
fn try_render<'a>(catalog: &'a Catalog, settings: &str, manifests: &str) -> Result<Rendered<'a>, Vec<Finding>> {
    try_rendered(catalog, settings, vec![Source::new("gateways/case.yaml", manifests)])
}

fn try_rendered<'a>(
    catalog: &'a Catalog,
    settings: &str,
    manifests: Vec<Arc<Source>>,
) -> Result<Rendered<'a>, Vec<Finding>> {
    let features = format!(
        "platform: {{ name: p, argocd: {{ repoURL: https://git.example.com/p.git }} }}\nfeatures: {{ agentic: true }}\nsettings: {{ agentic: {{ {settings} }} }}\n"
    );
    let inputs = Inputs { features: Source::new("features.yaml", features), clusters: Vec::new() };
    let mut clusters = pipeline::read(&inputs, catalog)?;
    clusters[0].manifests = manifests;
    // A cluster is borrowed by what is rendered from it; a test ends before that matters.
    pipeline::render(catalog, &clusters.leak()[0], &Memo::default())
}

fn rendered<'a>(catalog: &'a Catalog, settings: &str, manifests: Vec<Arc<Source>>) -> Rendered<'a> {
    try_rendered(catalog, settings, manifests).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

fn render<'a>(catalog: &'a Catalog, settings: &str, manifests: &str) -> Rendered<'a> {
    try_render(catalog, settings, manifests).unwrap_or_else(|f| panic!("{}", report::text(&f)))
}

/// An object of the group, with its spec in flow style.
fn made(kind: &str, namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: {kind}\nmetadata: {{ name: {name}, namespace: {namespace} }}\nspec: {spec}\n"
    )
}

/// An AiGateway on LiteLLM with a patch.
fn patched_gateway(patch: &str) -> String {
    let lines: String = patch.lines().map(|l| format!("    {l}\n")).collect();
    let patch = if lines.is_empty() { " \"\"\n".into() } else { format!(" |\n{lines}") };
    format!(
        "---\napiVersion: runtime.agentic-layer.ai/v1alpha1\nkind: AiGateway\nmetadata:\n  name: gw\n  namespace: default\n  annotations: {{ ai-gateway-litellm.agentic-layer.ai/config-patch: patch }}\n\
         spec: {{ aiGatewayClassName: litellm, aiModels: [{{ provider: openai, name: gpt-4 }}] }}\n\
         ---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: patch, namespace: default }}\ndata:\n  patch.yaml:{patch}"
    )
}

fn ai(namespace: &str, name: &str, more: &str) -> String {
    made(
        "AiGateway",
        namespace,
        name,
        &format!("{{ aiGatewayClassName: litellm, aiModels: [{{ provider: openai, name: gpt-4 }}]{more} }}"),
    )
}

fn tool(namespace: &str, name: &str, more: &str) -> String {
    made("ToolGateway", namespace, name, &format!("{{ toolGatewayClassName: litellm{more} }}"))
}

fn object(rendered: &Rendered<'_>, kind: &str, namespace: &str, name: &str) -> Option<Value> {
    let found =
        rendered.bundle.manifests.iter().find(|(i, _)| i.kind == kind && i.namespace == namespace && i.name == name);
    found.map(|(_, placed)| placed.manifest.value.clone())
}

fn gateway<'r>(rendered: &'r Rendered<'_>) -> &'r Gateway {
    &rendered.plan.agentic.model.gateways[0]
}

fn config(rendered: &Rendered<'_>) -> String {
    gateway(rendered).config.clone().expect("a configuration")
}

/// A text without its indentation.
fn flat(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
}

fn codes(rendered: &Rendered<'_>, severity: Severity) -> Vec<Code> {
    rendered.findings(&Crds::default()).iter().filter(|f| f.severity == severity).map(|f| f.code).collect()
}

/// What is said under a code.
fn said(rendered: &Rendered<'_>, code: Code) -> String {
    let found: Vec<Finding> = rendered.findings(&Crds::default()).into_iter().filter(|f| f.code == code).collect();
    found.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n")
}

fn guarded(kind: &str, modes: &str, provider: &str, guard: &str) -> String {
    let more = ", guardrails: [{ name: pii }]";
    let gateway = if kind == "AiGateway" { ai("default", "gw", more) } else { tool("default", "gw", more) };
    gateway
        + &made("Guard", "default", "pii", &format!("{{ mode: [{modes}], providerRef: {{ name: p }}{guard} }}"))
        + &made("GuardrailProvider", "default", "p", provider)
}

const PRESIDIO: &str = "{ type: presidio-api, presidio: { baseUrl: \"http://presidio.svc:5002\" } }";

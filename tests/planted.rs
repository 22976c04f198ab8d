//! Faults planted in a copy of the catalog, one at a time: each is found by the rule that is there for it. In memory.

use std::collections::{BTreeMap, BTreeSet};

use gatewright::command::pipeline;
use gatewright::command::prove;
use gatewright::command::report;
use gatewright::command::sets::{self, Set};
use gatewright::group::catalog::{BUILTIN, Catalog};
use gatewright::group::memo::Memo;
use gatewright::plan::features::Inputs;
use gatewright::text::finding::Finding;
use gatewright::text::source::Source;
use rayon::prelude::*;

/// A fault: what is replaced by what in which file, and the codes of which one must be said.
struct Plant {
    what: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    codes: &'static [&'static str],
}

const fn plant(
    what: &'static str,
    file: &'static str,
    (from, to): (&'static str, &'static str),
    codes: &'static [&'static str],
) -> Plant {
    Plant { what, file, from, to, codes }
}

const PLANTS: &[Plant] = &[
    // Wires that lead nowhere.
    plant(
        "a route names a Gateway of another namespace",
        "templates/egress/httproute.yaml",
        ("namespace: {{ capabilities.gateway.namespace }}", "namespace: serving"),
        &["dangling-reference"],
    ),
    plant(
        "a route names a listener that the Gateway does not have",
        "groups/gateway.yaml",
        ("listener: http\n", "listener: https\n"),
        &["dangling-reference", "not-attached"],
    ),
    plant(
        "the Gateway does not take the routes of one namespace",
        "templates/gateway/gateway.yaml",
        (r#"values: {{ route | collect("namespace") }}"#, "values: [serving, mcp-gateway]"),
        &["not-attached"],
    ),
    plant(
        "a route leads to a backend of another namespace",
        "templates/egress/httproute.yaml",
        (
            "kind: AgentgatewayBackend\n          name: {{ entry.alias }}\n",
            "kind: AgentgatewayBackend\n          name: {{ entry.alias }}\n          namespace: serving\n",
        ),
        &["dangling-reference", "not-granted"],
    ),
    plant(
        "a policy names a route that is not there",
        "templates/egress/agentgatewaypolicy.yaml",
        (
            "kind: HTTPRoute\n      name: {{ entry.alias }}",
            "kind: HTTPRoute\n      name: {{ entry.alias ~ \"-route\" }}",
        ),
        &["dangling-reference"],
    ),
    plant(
        "the Service of a pool's picker has another port",
        "templates/serving/service.yaml",
        ("port: 9002\n      targetPort", "port: 9004\n      targetPort"),
        &["missing-port"],
    ),
    plant(
        "a Service leads to a port that its pods do not name",
        "templates/litellm/service.yaml",
        ("targetPort: http", "targetPort: web"),
        &["missing-port"],
    ),
    plant(
        "a Service selects no pods",
        "templates/litellm/service.yaml",
        ("app.kubernetes.io/instance: litellm", "app.kubernetes.io/instance: litellm-proxy"),
        &["empty-selection"],
    ),
    plant(
        "spans go to a port that the collector's Service lost",
        "templates/tracing/service.yaml",
        ("port: 4317", "port: 4318"),
        &["missing-port", "tracing-port"],
    ),
    plant(
        "a pool takes its own picker for a model server",
        "templates/serving/inferencepool.yaml",
        ("      app.kubernetes.io/component: model-server\n", ""),
        &["picker-in-pool", "pool-selects-picker"],
    ),
    plant(
        "an environment variable reads a key that its Secret does not have",
        "templates/litellm/deployment.yaml",
        ("key: UPSTREAM_API_KEY", "key: UPSTREAM_KEY"),
        &["missing-key"],
    ),
    plant(
        "the database's owner is a Secret that nobody fills",
        "templates/postgres/cluster.yaml",
        ("name: litellm-db-owner", "name: litellm-db-user"),
        &["dangling-reference"],
    ),
    plant(
        "Secrets are read from a store that is not there",
        "templates/external-secret.yaml",
        ("name: {{ capabilities.secret_store.name }}", "name: other-store"),
        &["dangling-reference"],
    ),
    plant(
        "a pod mounts a ConfigMap that is not there",
        "templates/serving/deployment.yaml",
        (
            "configMap:\n            name: {{ alias ~ \"-epp\" }}",
            "configMap:\n            name: {{ alias ~ \"-picker\" }}",
        ),
        &["dangling-reference"],
    ),
    plant(
        "a pod mounts a volume that is not there",
        "templates/vllm/deployment.yaml",
        ("claimName: {{ alias ~ \"-cache\" }}", "claimName: {{ alias ~ \"-weights\" }}"),
        &["dangling-reference"],
    ),
    plant(
        "the migration runs as a ServiceAccount that is not there",
        "templates/litellm/job.yaml",
        ("serviceAccountName: litellm", "serviceAccountName: litellm-migrations"),
        &["dangling-reference"],
    ),
    plant(
        "a RoleBinding names a Role that is not there",
        "templates/serving/rolebinding.yaml",
        ("name: endpoint-picker\nsubjects", "name: picker\nsubjects"),
        &["dangling-reference"],
    ),
    plant(
        "the gateway asks for the alias in place of its model",
        "templates/documents/model-conditions.yaml",
        ("json(request.body).model == ' ~ entry.model", "json(request.body).model == ' ~ entry.alias"),
        &["alias-refused"],
    ),
    plant(
        "a route of the edge opens all of LiteLLM",
        "templates/edge/httproute.yaml",
        (
            "            type: Exact\n            value: /v1/models",
            "            type: PathPrefix\n            value: /",
        ),
        &["admin-route"],
    ),
    plant(
        "TLS ends with a certificate that nobody makes",
        "templates/edge/gateway.yaml",
        ("name: edge-certificate", "name: edge-cert"),
        &["dangling-reference"],
    ),
    plant(
        "an autoscaler names a Deployment that is not there",
        "templates/autoscaling/scaledobject.yaml",
        ("name: {{ target.deployment }}", "name: {{ target.deployment ~ \"-server\" }}"),
        &["dangling-reference"],
    ),
    plant(
        "nothing creates a namespace in use",
        "templates/namespaces/namespace.yaml",
        ("if entry.name != settings.namespace", "if entry.name not in [settings.namespace, \"serving\"]"),
        &["unknown-namespace", "dangling-reference", "not-delivered"],
    ),
    plant(
        "nothing installs the CRDs of a kind in use",
        "groups/operators.yaml",
        ("'gateway-api' in operator | collect('name') and 'gateway-api' not in settings.existing", "false"),
        &["missing-crd", "claim-gap"],
    ),
    // Delivery.
    plant(
        "the Applications point at folders that are not there",
        "templates/argocd/application.yaml",
        (r#""/" ~ platform.cluster ~ "/" ~ app.path"#, r#""/" ~ platform.cluster ~ "/" ~ app.name"#),
        &["not-delivered", "dangling-reference"],
    ),
    plant(
        "the AppProject refuses the repositories of charts",
        "templates/argocd/appproject.yaml",
        (r#" + charts | map(attribute="repo") | list"#, ""),
        &["not-permitted"],
    ),
    plant(
        "the AppProject refuses a cluster-scoped kind",
        "groups/argocd.yaml",
        ("    clusterKinds: [{ group: \"\", kind: Namespace }]\n", ""),
        &["not-permitted"],
    ),
    plant(
        "the AppProject refuses a kind within a namespace",
        "templates/argocd/appproject.yaml",
        (
            "(namespaced_kind + settings.kinds) | unique",
            "namespaced_kind | rejectattr(\"kind\", \"eq\", \"InferencePool\") | list",
        ),
        &["not-permitted"],
    ),
    plant(
        "a route is there before its lock",
        "templates/egress/agentgatewaypolicy.yaml",
        ("argocd.argoproj.io/sync-wave: \"-1\"", "argocd.argoproj.io/sync-wave: \"1\""),
        &["sync-order"],
    ),
    plant(
        "a sync wave that is no number",
        "templates/litellm/job.yaml",
        ("argocd.argoproj.io/sync-wave: \"-1\"", "argocd.argoproj.io/sync-wave: first"),
        &["sync-wave", "sync-order"],
    ),
    plant(
        "a sync may delete the database",
        "templates/postgres/cluster.yaml",
        ("argocd.argoproj.io/sync-options: Prune=false,Delete=false", "argocd.argoproj.io/sync-options: Prune=true"),
        &["data-not-kept"],
    ),
    plant(
        "two templates yield one object",
        "templates/serving/configmap.yaml",
        ("name: {{ alias ~ \"-epp\" }}", "name: picker"),
        &["duplicate-object"],
    ),
    plant(
        "one component's folder lies in another's",
        "groups/serving.yaml",
        ("path: serving/vllm", "path: serving/pools/vllm"),
        &["nested-paths"],
    ),
    // The way of a request.
    plant(
        "a model route without its lock",
        "templates/egress/agentgatewaypolicy.yaml",
        (r#"selectattr("namespace", "eq", "agentgateway-system")"#, r#"selectattr("namespace", "eq", "nowhere")"#),
        &["route-unlocked"],
    ),
    plant(
        "the header policy forgets a model",
        "templates/gateway/agentgatewaypolicy.yaml",
        (
            r#"(model | index_by("model", "base")"#,
            r#"(model | rejectattr("alias", "eq", "claude-haiku") | list | index_by("model", "base")"#,
        ),
        &["model-header", "alias-route"],
    ),
    plant(
        "an alias of LiteLLM leads to a path that no route has",
        "templates/documents/litellm-proxy-config.yaml",
        ("capabilities.gateway.url ~ entry.path", "capabilities.gateway.url ~ \"/model\" ~ entry.path"),
        &["alias-route", "api-base"],
    ),
    plant(
        "LiteLLM calls a Service that is not there",
        "groups/gateway.yaml",
        ("url: http://inference-gateway.inference.svc", "url: http://inference-gateway.gateway.svc"),
        &["alias-route", "api-base", "dangling-reference"],
    ),
    plant(
        "a backend pins another model than its alias promises",
        "templates/egress/agentgatewaybackend.yaml",
        ("model: {{ part.model }}", "model: claude-opus-4-8"),
        &["alias-model"],
    ),
    plant(
        "a model without the price of its answers",
        "templates/documents/litellm-proxy-config.yaml",
        ("      output_cost_per_token: {{ entry.output_price | per_million }}\n", ""),
        &["litellm-price"],
    ),
    plant(
        "a key that LiteLLM does not know",
        "templates/documents/litellm-proxy-config.yaml",
        ("num_retries: ", "num_retry: "),
        &["litellm-unknown-key", "litellm-start"],
    ),
    plant(
        "larger requests find no route",
        "templates/gateway/agentgatewaypolicy.yaml",
        ("  frontend:\n    http:\n      maxBufferSize: {{ settings.maxBodySize }}\n", "  frontend: {}\n"),
        &["small-body-limit"],
    ),
    plant(
        "the gateway gives up before the model server may answer",
        "templates/serving/httproute.yaml",
        ("request: {{ entry.timeout ~ \"s\" }}", "request: 10s"),
        &["timeout-chain", "timeout-order", "timeouts", "short-timeout", "timeout"],
    ),
    plant(
        "an MCP server that the gateway passes over",
        "templates/mcp/service.yaml",
        ("      appProtocol: agentgateway.dev/mcp\n", ""),
        &["mcp-without-app-protocol", "empty-selection", "missing-port"],
    ),
    plant(
        "tokens are checked, and nothing holds when the check falls away",
        "templates/mcp/agentgatewaypolicy.yaml",
        ("action: Require", "action: Allow"),
        &["jwt-without-require", "claim-gap"],
    ),
    plant(
        "keys of tokens are looked for in the discovery document",
        "groups/identity.yaml",
        ("jwks_path: /keys", "jwks_path: /.well-known/openid-configuration"),
        &["jwks-path"],
    ),
    plant(
        "the issuer's Service is not the one that the chart makes",
        "groups/identity.yaml",
        (
            "kind: Service, name: dex, namespace: dex, port: 5556 }",
            "kind: Service, name: dex-web, namespace: dex, port: 5556 }",
        ),
        &["dangling-reference"],
    ),
    // Known traps.
    plant(
        "the picker refuses its flags",
        "templates/serving/deployment.yaml",
        ("--enable-pprof=false", "--kv-cache-usage-percentage-metric=vllm:kv_cache_usage_perc"),
        &["epp-flag"],
    ),
    plant(
        "Argo CD and the autoscaler fight over a number",
        "templates/vllm/deployment.yaml",
        ("{% if capabilities.scale_to_zero is not defined %}", "{% if true %}"),
        &["scaled-replicas"],
    ),
    plant(
        "a password breaks the URL that it stands in",
        "groups/postgres.yaml",
        (
            r#"litellm:{{ .password | urlquery | replace "+" "%20" }}@litellm-db-rw"#,
            "litellm:{{ .password }}@litellm-db-rw",
        ),
        &["unescaped-password"],
    ),
    plant(
        "nobody tells the database of its new password",
        "groups/postgres.yaml",
        ("        labels: { cnpg.io/reload: \"true\" }\n", ""),
        &["database-login"],
    ),
    plant(
        "the owner's Secret is of a type that CloudNativePG does not read",
        "groups/postgres.yaml",
        ("        type: kubernetes.io/basic-auth\n", ""),
        &["database-login"],
    ),
    plant(
        "a key stands in a template",
        "templates/litellm/deployment.yaml",
        ("value: \"True\"", "value: sk-1234567890abcdef"),
        &["secret-material"],
    ),
    plant(
        "a claim lost its evidence",
        "templates/gateway/agentgatewayparameters.yaml",
        ("type: ClusterIP", "type: LoadBalancer"),
        &["claim-gap"],
    ),
    // Mistakes of the catalog itself.
    plant(
        "a group needs what no group provides",
        "groups/tracing.yaml",
        ("requires: [gateway, operators, secret-store]", "requires: [gateway, operators, secret-store, telemetry]"),
        &["group-file"],
    ),
    plant(
        "a template names what does not exist",
        "templates/mcp/httproute.yaml",
        ("capabilities.gateway.listener", "capabilities.gateway.port"),
        &["template-value"],
    ),
    plant(
        "a template yields an object without a name",
        "templates/tracing/service.yaml",
        ("  name: otel-collector\n", ""),
        &["template-output"],
    ),
];

/// The catalog with one fault.
fn planted(plant: &Plant) -> BTreeMap<String, String> {
    let (_, text, _) =
        BUILTIN.iter().find(|(path, ..)| *path == plant.file).unwrap_or_else(|| panic!("no {}", plant.file));
    assert!(text.contains(plant.from), "{}: {} does not say\n{}", plant.what, plant.file, plant.from);
    BTreeMap::from([(plant.file.to_owned(), text.replacen(plant.from, plant.to, 1))])
}

/// Everything that is said about a platform with all features.
fn said(local: &BTreeMap<String, String>) -> Vec<Finding> {
    let catalog = match Catalog::new(local) {
        Ok(catalog) => catalog,
        Err(findings) => return findings,
    };
    let features = Source::new("features.yaml", include_str!("../golden/full/features.yaml"));
    let clusters = match pipeline::read(&Inputs { features, clusters: Vec::new() }, &catalog) {
        Ok(clusters) => clusters,
        Err(findings) => return findings,
    };
    match pipeline::render(&catalog, &clusters[0], &Memo::default()) {
        Ok(rendered) => rendered.findings(&gatewright::verdict::crd::Crds::default()),
        Err(findings) => findings,
    }
}

fn codes(findings: &[Finding]) -> BTreeSet<&'static str> {
    findings.iter().map(|f| f.code.name()).collect()
}

#[test]
fn every_planted_fault_is_found() {
    assert_eq!(codes(&said(&BTreeMap::new())), BTreeSet::new(), "a finding without a fault");
    let missed = PLANTS.par_iter().filter_map(|plant| {
        let codes = codes(&said(&planted(plant)));
        let found = plant.codes.iter().any(|code| codes.contains(code));
        (!found).then(|| format!("{}: wanted one of {:?}, said {codes:?}", plant.what, plant.codes))
    });
    let missed: Vec<String> = missed.collect();
    assert!(missed.is_empty(), "{} of {} faults not found:\n{}", missed.len(), PLANTS.len(), missed.join("\n"));
}

/// A finding about a template's own text stands at the line where the fault was planted.
#[test]
fn a_fault_is_shown_where_it_was_planted() {
    for what in ["a key stands in a template", "the AppProject refuses a cluster-scoped kind"] {
        let plant = PLANTS.iter().find(|p| p.what == what).expect("a plant");
        let findings = said(&planted(plant));
        let place = findings[0].place.as_ref().unwrap_or_else(|| panic!("{}", report::text(&findings)));
        let template = if plant.to.is_empty() { "templates/argocd/application.yaml" } else { plant.file };
        assert_eq!(place.source.name, template, "{}", report::text(&findings));
        assert!(plant.to.is_empty() || place.text().contains("sk-"), "{place}");
    }
}

/// A fault that shows only with two features on is found among all sets of features, and shrunk to these two.
#[test]
fn prove_shrinks_to_the_features_that_matter() {
    let fault = plant(
        "a template fails with two features on",
        "templates/argocd/application.yaml",
        (
            "spec:\n",
            "spec:\n  {% if component | selectattr(\"name\", \"in\", [\"egress\", \"tracing\"]) | list | length == 2 %}\n  x: {{ nothing }}\n  {% endif %}\n",
        ),
        &["template-value"],
    );
    let catalog = Catalog::new(&planted(&fault)).unwrap_or_else(|f| panic!("{}", report::text(&f)));
    const FLAGS: [&str; 4] = ["egress", "mcp", "agentic", "tracing"];
    let cheap = |set: &Set| set.profile == "cost" && set.flags.iter().all(|flag| FLAGS.contains(&flag.as_str()));
    let sets: Vec<Set> = sets::of_flags(&catalog).into_iter().filter(cheap).collect();
    let proof = prove::prove(&catalog, &sets, |_| {});
    assert_eq!((proof.sets, proof.failed), (16, 4));
    let [(set, finding)] = &proof.failures[..] else { panic!("{:?}", proof.failures) };
    assert_eq!(set.flags, BTreeSet::from(["egress".to_owned(), "tracing".to_owned()]));
    assert_eq!(finding.code.name(), "template-value");
}

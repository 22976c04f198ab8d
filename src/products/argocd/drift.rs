//! Defaults that the API server writes into lists. Argo CD can't merge into them, so an object that leaves them out is
//! OutOfSync for ever. Only what Argo CD delivers is looked at.

use serde_json::Value;

use crate::object::api_group::{ARGOCD, ESO, GATEWAY};
use crate::object::object::Object;
use crate::references::application::{Given, chart_value, charts};
use crate::references::delivery::Delivery;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::forms::version;

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[list_defaults];

/// API group, kind, items of a list, the fields that have a default there.
const DEFAULTS: &[(&str, &str, &str, &[&str])] = &[
    (GATEWAY, "HTTPRoute", "/spec/parentRefs/*", &["group", "kind"]),
    (GATEWAY, "HTTPRoute", "/spec/rules/*/backendRefs/*", &["group", "kind", "weight"]),
    (GATEWAY, "GRPCRoute", "/spec/parentRefs/*", &["group", "kind"]),
    (GATEWAY, "GRPCRoute", "/spec/rules/*/backendRefs/*", &["group", "kind", "weight"]),
    (ESO, "ExternalSecret", "/spec/data/*/remoteRef", STRATEGIES),
    (ESO, "ExternalSecret", "/spec/dataFrom/*/extract", STRATEGIES),
];

/// Defaults of the CRDs until 2.8; the last one from 2.3 to 2.6 only.
const STRATEGIES: &[&str] = &["conversionStrategy", "decodingStrategy", "metadataPolicy", "nullBytePolicy"];

fn list_defaults(world: &World<'_>) -> Vec<Finding> {
    let deliverers = || ["Application", "ApplicationSet"].into_iter().flat_map(|kind| world.objects.of(ARGOCD, kind));
    if deliverers().next().is_none() || asks_the_server(world) {
        return Vec::new();
    }
    // Defaults are on both sides then (argo-cd 3.4, docs/user-guide/diff-strategies.md).
    let delivery = deliverers().any(compares_on_server).then(|| Delivery::new(world));
    let unseen = |object: &Object<'_>| {
        delivery.as_ref().is_some_and(|delivery| {
            let of = delivery.of(object.path);
            of.is_empty() || of.iter().all(|application| compares_on_server(&delivery.applications[*application]))
        })
    };
    let operator = charts(world, "external-secrets")
        .into_iter()
        .find_map(|(_, _, source)| version(source["targetRevision"].as_str()?));
    let has_default = |field: &str| match (STRATEGIES.contains(&field), operator) {
        (false, _) => true,
        (true, Some(version)) if field == "nullBytePolicy" => ([2, 3]..=[2, 6]).contains(&version),
        (true, Some(version)) => version < [2, 9],
        // Versions in use share the first three.
        (true, None) => field != "nullBytePolicy",
    };
    let mut findings = Vec::new();
    for (group, kind, items, fields) in DEFAULTS {
        let wanted: Vec<&str> = fields.iter().copied().filter(|field| has_default(field)).collect();
        let seen = world.objects.of(group, kind).filter(|object| !unseen(object));
        findings.extend(seen.filter_map(|object| left_out(object, items, &wanted)));
    }
    findings
}

/// The Application, or the template of an ApplicationSet, lets the API server fill in defaults before it compares.
fn compares_on_server(application: &Object<'_>) -> bool {
    let name = "argocd.argoproj.io/compare-options";
    let of_template = application.at("/spec/template/metadata/annotations").and_then(|a| a[name].as_str());
    let options = of_template.unwrap_or_else(|| application.annotation(name));
    options.split(',').any(|option| option.trim() == "ServerSideDiff=true")
}

/// Argo CD does so for all Applications: told in its ConfigMap, or in the values of its chart.
fn asks_the_server(world: &World<'_>) -> bool {
    const KEY: &str = "controller.diff.server.side";
    let of_map = |map: &Object<'_>| map.at("/data").is_some_and(|data| data[KEY] == "true");
    let mut maps = world.objects.of("", "ConfigMap").filter(|map| map.identity.name == "argocd-cmd-params-cm");
    let is_true = |value: &Value| value == "true" || *value == Value::Bool(true);
    let of_chart = |source: &Value| match chart_value(source, "configs.params") {
        Given::Value(values) => is_true(&values[KEY]),
        _ => false,
    };
    maps.any(of_map) || charts(world, "argo-cd").iter().any(|(_, _, source)| of_chart(source))
}

/// One finding on an object, at the first item that leaves out a field.
fn left_out(object: &Object<'_>, items: &str, wanted: &[&str]) -> Option<Finding> {
    let missing = |item: &Value| wanted.iter().copied().filter(|field| item.get(field).is_none()).collect::<Vec<_>>();
    let (pointer, fields) =
        object.all(items).into_iter().map(|(at, item)| (at, missing(item))).find(|(_, fields)| !fields.is_empty())?;
    let list = items.trim_end_matches("/*").rsplit('/').next().unwrap_or_default();
    let message = format!(
        "{} leaves out {} in `{list}`: Argo CD shows a difference for ever",
        object.identity,
        fields.join(", ")
    );
    let finding = object.warning(Code::ListDefaults, &pointer, message);
    Some(finding.help("write the defaults out: the API server fills them in, and Argo CD can't merge into a list"))
}

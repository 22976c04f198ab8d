//! Defaults that the API server writes into lists. Argo CD can't merge into them, so an object that leaves them out is
//! OutOfSync for ever. Only what Argo CD delivers is looked at.

use serde_json::Value;

use crate::api_group::{ARGOCD, ESO, GATEWAY};
use crate::finding::{Code, Finding};
use crate::object::Object;
use crate::rules::application::{charts, version};
use crate::world::{World, WorldRule};

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
    let delivers = |kind: &str| world.objects.of(ARGOCD, kind).next().is_some();
    if !delivers("Application") && !delivers("ApplicationSet") {
        return Vec::new();
    }
    let operator = charts(world, "external-secrets")
        .into_iter()
        .find_map(|(_, _, source)| version(source["targetRevision"].as_str()?));
    let has_default = |field: &str| match (STRATEGIES.contains(&field), operator) {
        (false, _) => true,
        (true, Some(version)) if field == "nullBytePolicy" => ((2, 3)..=(2, 6)).contains(&version),
        (true, Some(version)) => version < (2, 9),
        // Versions in use share the first three.
        (true, None) => field != "nullBytePolicy",
    };
    let mut findings = Vec::new();
    for (group, kind, items, fields) in DEFAULTS {
        let wanted: Vec<&str> = fields.iter().copied().filter(|field| has_default(field)).collect();
        findings.extend(world.objects.of(group, kind).filter_map(|object| left_out(object, items, &wanted)));
    }
    findings
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

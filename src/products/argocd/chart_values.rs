//! Values that an Application gives to a chart of a pinned release -> those whose key is nearly one that the chart knows (the keys
//! are `schemas/chart-values.json`), and those that its pods cannot have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::object::api_group::ARGOCD;
use crate::object::object::{Object, ObjectRule};
use crate::products::argocd::{chart_words as words, dex_config, dex_connectors};
use crate::references::application::sources;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::{did_you_mean, is_slip};
use crate::verdict::chart_value;
use crate::verdict::pinned;
use crate::verdict::violation::Violation;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[keys];

/// What a chart knows.
#[derive(Deserialize)]
struct Chart {
    version: String,
    /// Maps of keys; `switch` or `number` where the default is one, null where anything may stand below.
    values: Value,
    /// Keys that its comments show, wherever they stand.
    also: BTreeSet<String>,
}

static CHARTS: LazyLock<BTreeMap<String, Chart>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../schemas/chart-values.json")).expect("schemas/chart-values.json is ours")
});

fn keys(object: &Object<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if object.is(ARGOCD, "Application") {
        for (pointer, source) in sources(object) {
            let name = source["chart"].as_str().and_then(|chart| chart.rsplit('/').next()).unwrap_or_default();
            let version = source["targetRevision"].as_str().unwrap_or_default();
            let chart = CHARTS.get(name).filter(|chart| pinned::minor(&chart.version) == pinned::minor(version));
            if let (Some(chart), Some(values)) = (chart, source["helm"].get("valuesObject")) {
                let at = format!("{pointer}/helm/valuesObject");
                slips(object, (name, chart), values, &chart.values, &at, &mut findings);
                if let (true, Some(config)) = (name == "dex", values.get("config")) {
                    findings.extend(dex_config::findings(object, config, &format!("{at}/config")));
                    findings.extend(dex_connectors::findings(object, values, &at));
                }
            }
        }
    }
    findings
}

/// A chart may read more than it shows: only a key that is nearly another one is told.
fn slips(object: &Object<'_>, of: (&str, &Chart), given: &Value, known: &Value, at: &str, findings: &mut Vec<Finding>) {
    let (Value::Object(given), Value::Object(known), (name, chart)) = (given, known, of) else { return };
    for (key, value) in given {
        let (above, at) = (at, format!("{at}/{}", escaped(key)));
        let near = |known: &str| is_slip(&known.to_lowercase(), &key.to_lowercase());
        if let Some(below) = known.get(key) {
            slips(object, of, value, below, &at, findings);
            findings.extend(typed(object, name, &at, value, below));
            if !below.is_object() && !at.contains("Spec/") {
                findings
                    .extend(chart_value::refused(key, value).into_iter().map(|v| handed_on(object, name, above, v)));
            }
            if at.ends_with("/service/type") {
                findings.extend(service_type(object, name, &at, value));
            }
        } else if let Some(near) = known.keys().find(|known| near(known)).filter(|_| !chart.also.contains(key)) {
            let message = format!("{} gives the chart {name} a value `{key}`, which it does not know", object.identity);
            let finding = object.error(Code::UnknownChartValue, &at, message);
            findings.push(finding.help(format!("did you mean `{near}`?")));
        }
    }
}

/// What is a switch or a number by default stays one, and words and times that mean the same in all charts are such.
fn typed(object: &Object<'_>, chart: &str, at: &str, value: &Value, known: &Value) -> Option<Finding> {
    let text = value.as_str().filter(|text| !text.contains("{{") && !text.is_empty());
    let key = at.rsplit('/').next().unwrap_or_default();
    let help = match known.as_str() {
        Some("switch") if text.is_some_and(|text| text != "true") || value.is_number() => {
            "it is `true` or `false`".into()
        }
        Some("number") if value.is_boolean() || text.is_some_and(|text| text.parse::<f64>().is_err()) => {
            "it is a number".into()
        }
        _ => words::help(key, text?)?,
    };
    let message = format!(
        "{} gives the chart {chart} `{key}: {}`, which it cannot take",
        object.identity,
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    );
    Some(object.error(Code::UnknownChartValue, at, message).help(help))
}

/// The type of a Service that the chart makes.
fn service_type(object: &Object<'_>, chart: &str, at: &str, value: &Value) -> Option<Finding> {
    const TYPES: [&str; 4] = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
    let given = value.as_str().filter(|given| !given.contains("{{") && !given.is_empty() && !TYPES.contains(given))?;
    let message = format!("{} gives the chart {chart} a Service of the type `{given}`, which is none", object.identity);
    Some(object.error(Code::InvalidField, at, message).help(did_you_mean(given, &TYPES)))
}

/// About a value that the chart hands on to its pods, of which the API server refuses it. What lies below a `...Spec` goes to
/// custom resources, whose fields of the same name may have more in them.
fn handed_on(object: &Object<'_>, chart: &str, above: &str, violation: Violation) -> Finding {
    let message = format!("{} gives the chart {chart} what no pod can have: {}", object.identity, violation.message);
    let pointer = format!("{above}{}", violation.pointer);
    violation.on(object, &pointer, message)
}

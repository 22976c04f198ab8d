//! Rules about who asks Prometheus: alerts and recordings, dashboards in ConfigMaps, scalers of KEDA. A query parses, and
//! asks for metrics that somebody exports.

use std::collections::BTreeSet;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use crate::object::api_group::{KEDA, MONITORING};
use crate::object::object::Object;
use crate::object::part::{amid, at_line};
use crate::products::kubernetes::names;
use crate::products::prometheus::metrics::{self, missing};
use crate::products::prometheus::promql::{self, Query};
use crate::products::prometheus::variables;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::pointer;
use crate::text::schema::{is_slip, nearest};
use crate::text::source::Source;

/// Rules that look at all objects of a cluster.
pub const OF_WORLDS: &[WorldRule] = &[queries, relabelings];

/// The operator leaves a scrape out whose patterns do not parse (prometheus-operator `pkg/prometheus/validation`).
fn relabelings(world: &World<'_>) -> Vec<Finding> {
    let of = |kind| world.objects.of(MONITORING, kind);
    let mut findings = Vec::new();
    for monitor in of("ServiceMonitor").chain(of("PodMonitor")) {
        let lists = "/spec/endpoints|podMetricsEndpoints/*/relabelings|metricRelabelings/*/regex";
        for (pointer, pattern) in monitor.all(lists) {
            if pattern.as_str().is_some_and(|pattern| !pattern.contains('$') && Regex::new(pattern).is_err()) {
                let message =
                    format!("{} relabels by a pattern that does not parse: nothing is scraped", monitor.identity);
                let finding = monitor.error(Code::PrometheusRefuses, &pointer, message);
                findings.push(finding.help("it is RE2, and holds for the whole value"));
            }
        }
    }
    findings
}

/// What an object asks Prometheus.
#[derive(Default)]
struct Queries {
    asked: Vec<Asked>,
    /// Metrics that its rules record.
    recorded: Vec<String>,
    has_dashboard: bool,
    /// Dashboards that are no JSON: where, and the line at which it ends.
    broken: Vec<(String, usize)>,
}

/// A query and where it stands.
struct Asked {
    pointer: String,
    text: String,
    /// Nobody but Prometheus is asked.
    is_promql: bool,
    /// As [`promql::read`] has it.
    read: Option<Result<Query, String>>,
    /// A variable that its dashboard has not, and the one that was likely meant.
    strange: Option<(String, String)>,
}

impl Queries {
    fn of(object: &Object<'_>) -> Self {
        let mut queries = Self::default();
        match object.identity.kind.as_str() {
            "PrometheusRule" => queries.rules(object.value, "/spec", None),
            "ScaledObject" => queries.triggers(object),
            _ => {
                for (pointer, text) in object.all("/data/*") {
                    queries.text(&pointer, text.as_str().unwrap_or_default());
                }
            }
        }
        queries
    }

    fn ask(&mut self, pointer: &str, text: &str, is_promql: bool) {
        let (pointer, read) = (pointer.to_owned(), promql::read(text));
        self.asked.push(Asked { pointer, text: text.to_owned(), is_promql, read, strange: None });
    }

    /// Groups of rules: an object's own, or those of a file in the text at a pointer; the rules of Loki look the same there.
    fn rules(&mut self, value: &Value, start: &str, file: Option<&str>) {
        pointer::each(value, &format!("{start}/groups/*/rules/*/record"), &mut |_, name| {
            self.recorded.extend(name.as_str().map(str::to_owned));
        });
        pointer::each(value, &format!("{start}/groups/*/rules/*/expr"), &mut |at, text| {
            let text = text.as_str().into_iter();
            text.for_each(|text| self.ask(file.unwrap_or(at), text, file.is_none()));
        });
    }

    fn triggers(&mut self, object: &Object<'_>) {
        for (pointer, trigger) in object.all("/spec/triggers/*").into_iter().filter(|(_, t)| t["type"] == "prometheus")
        {
            if let Some(text) = trigger["metadata"]["query"].as_str() {
                self.ask(&format!("{pointer}/metadata/query"), text, true);
            }
        }
    }

    /// A text of a ConfigMap: rules for a Prometheus that mounts it, or a dashboard.
    fn text(&mut self, pointer: &str, text: &str) {
        if text.starts_with("groups:") || text.contains("\ngroups:") {
            let files = kubeyaml::values(&Source::new("", text)).unwrap_or_default();
            files.iter().for_each(|rules| self.rules(rules, "", Some(pointer)));
        }
        if !text.trim_start().starts_with('{') || !text.contains("\"panels\"") || text.contains("{{ .") {
            return;
        }
        match serde_json::from_str::<Value>(text) {
            Ok(dashboard) => self.dashboard(&dashboard, pointer),
            Err(error) => self.broken.push((pointer.to_owned(), error.line())),
        }
    }

    fn dashboard(&mut self, dashboard: &Value, pointer: &str) {
        let before = self.asked.len();
        self.targets(dashboard, &Value::Null, pointer);
        variables::queries(dashboard).for_each(|text| self.ask(pointer, &text, false));
        for asked in &mut self.asked[before..] {
            let strange = variables::unknown(dashboard, &asked.text);
            asked.strange = strange.map(|(name, near)| (name.to_owned(), near.to_owned()));
        }
        self.has_dashboard = true;
    }

    /// The queries of panels, in rows and beside them; Loki is asked by the same key.
    fn targets(&mut self, value: &Value, source: &Value, pointer: &str) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.targets(item, source, pointer)),
            Value::Object(map) => {
                let source = map.get("datasource").unwrap_or(source);
                if let Some(Value::String(text)) = map.get("expr") {
                    // What begins as a metric of a product that we know is no query of Loki.
                    let is_promql = source["type"] == "prometheus" || metrics::names_any(text);
                    self.ask(pointer, text, is_promql);
                }
                map.values().for_each(|item| self.targets(item, source, pointer));
            }
            _ => {}
        }
    }
}

/// Names that queries may ask for beside those that products export.
struct Known<'w> {
    recorded: BTreeSet<&'w str>,
    namespaces: BTreeSet<&'w str>,
}

fn queries(world: &World<'_>) -> Vec<Finding> {
    let kinds = [(MONITORING, "PrometheusRule"), (KEDA, "ScaledObject"), ("", "ConfigMap")];
    let objects = kinds.into_iter().flat_map(|(group, kind)| world.objects.of(group, kind));
    let all: Vec<(&Object<'_>, Arc<Queries>)> = objects.map(|o| (o, o.fact("", || Queries::of(o)))).collect();
    let known = Known {
        recorded: all.iter().flat_map(|(_, queries)| &queries.recorded).map(String::as_str).collect(),
        namespaces: world.objects.of("", "Namespace").map(|namespace| namespace.identity.name.as_str()).collect(),
    };
    let mut findings: Vec<Finding> = Vec::new();
    for (object, queries) in &all {
        findings.extend(queries.asked.iter().flat_map(|asked| faults(object, asked, &known)));
        findings.extend(queries.broken.iter().map(|(pointer, line)| {
            let message = format!("{} has a dashboard that is no JSON: Grafana does not show it", object.identity);
            let finding = object.warning(Code::Promql, pointer, message).help("export it from Grafana once more");
            at_line(finding, object, pointer, *line)
        }));
        findings.extend(queries.has_dashboard.then(|| variables::unlabelled(object)).flatten());
    }
    findings
}

fn faults(object: &Object<'_>, asked: &Asked, Known { recorded, namespaces }: &Known<'_>) -> Vec<Finding> {
    if let Some((name, near)) = &asked.strange {
        let message = format!("{} asks by `${name}`, a variable that its dashboard has not", object.identity);
        let finding = object.warning(Code::Promql, &asked.pointer, message).help(format!("did you mean `${near}`?"));
        return vec![at_query(finding, object, asked)];
    }
    let query = match &asked.read {
        None => return Vec::new(),
        Some(Err(why)) => {
            let message = format!("{} has PromQL that does not parse: {why}", object.identity);
            let finding = match object.identity.kind.as_str() {
                // One of many in a text.
                "ConfigMap" => {
                    object.warning(Code::Promql, &asked.pointer, message).help(format!("it is `{}`", asked.text.trim()))
                }
                _ => object
                    .error(Code::Promql, &asked.pointer, message)
                    .help("the field for queries of Prometheus marks the place"),
            };
            return Vec::from_iter(asked.is_promql.then(|| at_query(finding, object, asked)));
        }
        Some(Ok(query)) => query,
    };
    let mut findings = Vec::new();
    let strange = query.value("namespace").filter(|name| !namespaces.contains(name));
    if let Some((name, near)) =
        strange.and_then(|name| Some((name, namespaces.iter().find(|near| is_slip(near, name))?)))
    {
        let message = format!("{} asks for the namespace `{name}`, which is not there", object.identity);
        let finding = object.warning(Code::UnknownNamespace, &asked.pointer, message);
        findings.push(at_query(finding.help(format!("did you mean `{near}`?")), object, asked));
    }
    // What it makes of labels itself is known to it.
    for label in query.grouped.iter().filter(|label| !asked.text.contains(&format!("\"{label}\""))) {
        if let Some(near) = names::meant("label of a series", label) {
            let message = format!("{} groups by `{label}`, which is no label that is known", object.identity);
            let finding = object.warning(Code::Promql, &asked.pointer, message);
            findings.push(at_query(finding.help(format!("did you mean `{near}`?")), object, asked));
        }
    }
    for name in query.metrics.iter().filter(|name| !recorded.contains(name.as_str())) {
        let Some(exporter) = missing(name) else {
            if let Some(near) = metrics::meant(name) {
                let message = format!("{} asks for `{name}`, which nobody exports", object.identity);
                let finding = object.warning(Code::UnknownMetric, &asked.pointer, message);
                findings.push(at_query(finding.help(format!("did you mean `{near}`?")), object, asked));
            }
            continue;
        };
        let (product, version) = (&exporter.product, &exporter.version);
        let message = format!("{} asks for `{name}`, which {product} {version} does not export", object.identity);
        let names = exporter.names();
        let help = match nearest(name, &names.iter().map(String::as_str).collect::<Vec<_>>()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its metrics are those of {}", exporter.source),
        };
        let finding = object.warning(Code::UnknownMetric, &asked.pointer, message).help(help);
        findings.push(at_query(finding, object, asked));
    }
    findings
}

/// The finding at the line of the query, where that is one of many in a text of a ConfigMap: as it is, or as JSON.
fn at_query(finding: Finding, object: &Object<'_>, asked: &Asked) -> Finding {
    if object.identity.kind != "ConfigMap" {
        return finding;
    }
    let quoted = Value::from(asked.text.as_str()).to_string();
    let words = if object.text_at(&asked.pointer).contains(&quoted) { &quoted } else { &asked.text };
    amid(finding, object, &asked.pointer, words.lines().next().unwrap_or_default().trim())
}

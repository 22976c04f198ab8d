//! Rules about who asks Prometheus: alerts and recordings, dashboards in ConfigMaps, scalers of KEDA. A query parses, and
//! asks for metrics that somebody exports.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use crate::object::api_group::{KEDA, MONITORING};
use crate::object::object::Object;
use crate::object::part::{amid, at_line};
use crate::products::prometheus::metrics::{self, missing};
use crate::products::prometheus::promql;
use crate::products::prometheus::variables;
use crate::references::world::{World, WorldRule};
use crate::text::finding::{Code, Finding};
use crate::text::pointer;
use crate::text::schema::{is_slip, nearest};
use crate::text::source::Source;
use crate::text::yaml;

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

/// A query and where it stands.
#[derive(Debug)]
struct Asked {
    pointer: String,
    text: String,
    /// Nobody but Prometheus is asked.
    is_promql: bool,
}

/// Names that queries may ask for beside those that products export.
struct Known<'w> {
    recorded: BTreeSet<&'w str>,
    namespaces: BTreeSet<&'w str>,
}

fn queries(world: &World<'_>) -> Vec<Finding> {
    let files = rule_files(world);
    let of_files = files.iter().flat_map(|file| parts(&file.rules, "/groups/*/rules/*/record"));
    let recorded: BTreeSet<&str> = world
        .objects
        .of(MONITORING, "PrometheusRule")
        .flat_map(|rule| rule.all("/spec/groups/*/rules/*/record"))
        .map(|(_, name)| name)
        .chain(of_files)
        .filter_map(Value::as_str)
        .collect();
    let namespaces = world.objects.of("", "Namespace").map(|namespace| namespace.identity.name.as_str()).collect();
    let known = Known { recorded, namespaces };
    let rules = world.objects.of(MONITORING, "PrometheusRule").map(|o| (o, rule_queries(o)));
    let scalers = world.objects.of(KEDA, "ScaledObject").map(|o| (o, trigger_queries(o)));
    let mut findings: Vec<Finding> = Vec::new();
    for (object, asked) in rules.chain(scalers) {
        findings.extend(asked.iter().flat_map(|asked| faults(object, asked, &known)));
    }
    for file in &files {
        let asked = |text: &Value| {
            // The rules of Loki look the same.
            Some(Asked { pointer: file.pointer.clone(), text: text.as_str()?.to_owned(), is_promql: false })
        };
        let all = parts(&file.rules, "/groups/*/rules/*/expr").into_iter().filter_map(asked);
        findings.extend(all.flat_map(|asked| faults(file.object, &asked, &known)));
    }
    for object in world.objects.of("", "ConfigMap") {
        for (pointer, text) in object.all("/data/*") {
            findings.extend(dashboard(object, &pointer, text.as_str().unwrap_or_default(), &known));
        }
    }
    findings
}

/// A file of rules in a ConfigMap, for a Prometheus that mounts it.
struct RuleFile<'w> {
    object: &'w Object<'w>,
    pointer: String,
    rules: Value,
}

fn rule_files<'w>(world: &'w World<'_>) -> Vec<RuleFile<'w>> {
    let mut files = Vec::new();
    for object in world.objects.of("", "ConfigMap") {
        for (pointer, text) in object.all("/data/*") {
            let text = text.as_str().filter(|text| text.starts_with("groups:") || text.contains("\ngroups:"));
            let read = text.and_then(|text| yaml::documents(&Source::new("", text)).ok());
            let rules = read.into_iter().flatten();
            files.extend(rules.map(|rules| RuleFile { object, pointer: pointer.clone(), rules }));
        }
    }
    files
}

fn parts<'v>(value: &'v Value, pattern: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    pointer::each(value, pattern, &mut |_, part| found.push(part));
    found
}

fn rule_queries(object: &Object<'_>) -> Vec<Asked> {
    let all = object.all("/spec/groups/*/rules/*/expr").into_iter();
    all.filter_map(|(pointer, text)| Some(Asked { pointer, text: text.as_str()?.to_owned(), is_promql: true }))
        .collect()
}

fn trigger_queries(object: &Object<'_>) -> Vec<Asked> {
    let triggers = object.all("/spec/triggers/*").into_iter().filter(|(_, t)| t["type"] == "prometheus");
    let asked = |(pointer, trigger): (String, &Value)| {
        let text = trigger["metadata"]["query"].as_str()?.to_owned();
        Some(Asked { pointer: format!("{pointer}/metadata/query"), text, is_promql: true })
    };
    triggers.filter_map(asked).collect()
}

fn dashboard(object: &Object<'_>, pointer: &str, text: &str, known: &Known<'_>) -> Vec<Finding> {
    if !text.trim_start().starts_with('{') || !text.contains("\"panels\"") || text.contains("{{ .") {
        return Vec::new();
    }
    let dashboard = match serde_json::from_str::<Value>(text) {
        Ok(dashboard) => dashboard,
        Err(error) => {
            let message = format!("{} has a dashboard that is no JSON: Grafana does not show it", object.identity);
            let finding = object.warning(Code::Promql, pointer, message).help("export it from Grafana once more");
            return vec![at_line(finding, object, pointer, error.line())];
        }
    };
    let mut asked = Vec::new();
    targets(&dashboard, &Value::Null, pointer, &mut asked);
    if let Some(finding) = variables::unlabelled(object) {
        return vec![finding];
    }
    asked.extend(variables::queries(&dashboard).map(|text| Asked {
        pointer: pointer.to_owned(),
        text,
        is_promql: false,
    }));
    let strange = asked.iter().filter_map(|asked| {
        let (name, near) = variables::unknown(&dashboard, &asked.text)?;
        let message = format!("{} asks by `${name}`, a variable that its dashboard has not", object.identity);
        let finding = object.warning(Code::Promql, pointer, message).help(format!("did you mean `${near}`?"));
        Some(at_query(finding, object, asked))
    });
    let strange: Vec<Finding> = strange.collect();
    if !strange.is_empty() {
        return strange;
    }
    asked.iter().flat_map(|asked| faults(object, asked, known)).collect()
}

/// The queries of panels, in rows and beside them; Loki is asked by the same key.
fn targets(value: &Value, source: &Value, pointer: &str, asked: &mut Vec<Asked>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| targets(item, source, pointer, asked)),
        Value::Object(map) => {
            let source = map.get("datasource").unwrap_or(source);
            if let Some(Value::String(text)) = map.get("expr") {
                // What begins as a metric of a product that we know is no query of Loki.
                let is_promql = source["type"] == "prometheus" || metrics::names_any(text);
                asked.push(Asked { pointer: pointer.to_owned(), text: text.clone(), is_promql });
            }
            map.values().for_each(|item| targets(item, source, pointer, asked));
        }
        _ => {}
    }
}

fn faults(object: &Object<'_>, asked: &Asked, Known { recorded, namespaces }: &Known<'_>) -> Vec<Finding> {
    let query = match promql::read(&asked.text) {
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

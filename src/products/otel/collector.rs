//! Known traps in the configuration of an OpenTelemetry collector that a ConfigMap holds: the collector does not start with a
//! pipeline that names what is not configured (opentelemetry-collector, service/pipelines).

use serde_json::Value;

use crate::object::object::{Object, ObjectRule};
use crate::object::part::amid;
use crate::text::finding::{Code, Finding};
use crate::text::kubeyaml;
use crate::text::schema::did_you_mean;
use crate::text::source::Source;
use crate::text::yaml;

/// Rules that look at one object alone.
pub const OF_OBJECTS: &[ObjectRule] = &[pipelines];

/// What a pipeline may be for.
const SIGNALS: [&str; 4] = ["logs", "metrics", "profiles", "traces"];

fn pipelines(object: &Object<'_>) -> Vec<Finding> {
    if !object.is("", "ConfigMap") {
        return Vec::new();
    }
    let texts = object.all("/data/*").into_iter().filter_map(|(pointer, text)| Some((pointer, text.as_str()?)));
    texts.flat_map(|(pointer, text)| faults(object, &pointer, text)).collect()
}

/// The configuration in a text, where it is one.
fn config(text: &str) -> Option<Value> {
    let looks = ["receivers:", "exporters:", "service:", "pipelines:"].iter().all(|word| text.contains(word));
    let documents = looks.then(|| kubeyaml::values(&Source::new("config", text)).ok())??;
    let is_map = |config: &Value, key: &str| config.get(key).is_some_and(Value::is_object);
    documents.into_iter().find(|c| is_map(c, "receivers") && c["service"].get("pipelines").is_some())
}

fn faults(object: &Object<'_>, pointer: &str, text: &str) -> Vec<Finding> {
    let Some(config) = config(text) else { return Vec::new() };
    let mut findings = Vec::new();
    let mut say = |words: &str, message: String, help: String| {
        let message = format!("a collector does not start with the configuration in {}: {message}", object.identity);
        findings.push(amid(object.error(Code::OtelConfig, pointer, message).help(help), object, pointer, words));
    };
    let names = |key: &str| yaml::object(&config[key]).keys().map(String::as_str).collect::<Vec<_>>();
    let (pipelines, connectors) = (yaml::object(&config["service"]["pipelines"]), names("connectors"));
    if pipelines.is_empty() {
        say("pipelines", "it has no pipeline".into(), "name receivers and exporters under `service.pipelines`".into());
    }
    for (name, pipeline) in pipelines {
        let signal = name.split('/').next().unwrap_or_default();
        if !SIGNALS.contains(&signal) {
            say(name, format!("a pipeline is for `{signal}`"), did_you_mean(signal, &SIGNALS));
        }
        for section in ["receivers", "processors", "exporters"] {
            let used = pipeline[section].as_array();
            if section != "processors" && used.is_none_or(Vec::is_empty) {
                say(name, format!("the pipeline `{name}` has no {section}"), format!("give it one under `{section}`"));
            }
            let mut known = names(section);
            if section != "processors" {
                known.extend(&connectors);
            }
            for item in used.into_iter().flatten().filter_map(Value::as_str).filter(|item| !known.contains(item)) {
                say(
                    item,
                    format!("the pipeline `{name}` names `{item}`, which stands not under `{section}`"),
                    did_you_mean(item, &known),
                );
            }
        }
    }
    for (name, exporter) in yaml::object(&config["exporters"]) {
        let own = ["otlp", "otlphttp"].contains(&name.split('/').next().unwrap_or_default());
        let to = |key: &str| exporter[key].as_str().is_some_and(|address| !address.is_empty());
        if own && !["endpoint", "logs_endpoint", "metrics_endpoint", "traces_endpoint"].into_iter().any(to) {
            say(name, format!("the exporter `{name}` has no endpoint"), "give it one under `endpoint`".into());
        }
    }
    let known = names("extensions");
    for item in config["service"]["extensions"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !known.contains(&item) {
            say(item, format!("there is no extension `{item}`"), did_you_mean(item, &known));
        }
    }
    findings
}

//! What asks Prometheus in the golden trees: each query parses, each metric is one that a pinned release exports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gatewright::products::prometheus::{metrics, promql};
use gatewright::products::seen;
use gatewright::text::kubeyaml;
use gatewright::text::source::Source;
use serde_json::Value;

/// Files that ask, by how their names begin.
const KINDS: [&str; 4] = ["prometheusrule-", "scaledobject-", "configmap-dashboard-", "configmap-llm-platform-alerts"];

/// Metrics of Prometheus itself.
const OWN: [&str; 1] = ["up"];

/// Every `expr` and `query` below a value.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        Value::Object(map) => {
            found.extend(["expr", "query"].iter().filter_map(|key| Some(map.get(*key)?.as_str()?.to_owned())));
            map.values().for_each(|item| queries(item, found));
        }
        _ => {}
    }
}

/// The queries of the golden trees, by the file that they stand in.
fn asked() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in walkdir::WalkDir::new("golden").into_iter().flatten() {
        let name = entry.file_name().to_string_lossy();
        let of = |kind: &str| name.starts_with(kind) && name.ends_with(".yaml");
        if !KINDS.into_iter().any(of) {
            continue;
        }
        let path = entry.path().display().to_string();
        let text = fs::read_to_string(entry.path()).expect("readable");
        let object = kubeyaml::values(&Source::new(path.clone(), text)).expect("YAML").pop().expect("an object");
        let mut found = Vec::new();
        match object["data"]["llm-platform.json"].as_str() {
            Some(json) => {
                let dashboard: Value = serde_json::from_str(json).expect("JSON");
                queries(&dashboard["panels"], &mut found);
            }
            None => match object["data"]["llm-platform.yaml"].as_str() {
                Some(rules) => {
                    let rules = kubeyaml::values(&Source::new(path.clone(), rules)).expect("YAML");
                    queries(&rules[0]["groups"], &mut found);
                }
                None => queries(&object["spec"], &mut found),
            },
        }
        assert!(!found.is_empty(), "{path} asks nothing");
        all.insert(path, found);
    }
    all
}

#[test]
fn every_query_parses_and_asks_for_what_is_exported() {
    let exported: BTreeSet<String> = metrics::exporters().iter().flat_map(metrics::Exporter::names).cloned().collect();
    let asked = asked();
    for kind in KINDS {
        assert!(asked.keys().any(|path| path.contains(kind)), "no {kind} in the golden trees");
    }
    for (path, queries) in asked {
        for text in queries {
            let query = promql::read(&text).expect("nothing is left to fill in");
            let query = query.unwrap_or_else(|why| panic!("{path}: `{text}`: {why}"));
            assert!(!query.metrics.is_empty(), "{path}: `{text}` asks for nothing");
            for name in query.metrics {
                assert!(exported.contains(&name) || OWN.contains(&&*name), "{path}: nobody exports `{name}`");
            }
        }
    }
}

/// The lists are of the releases that the facts were seen on.
#[test]
fn metrics_are_of_the_pinned_releases() {
    let releases: Vec<&str> = metrics::exporters().iter().map(|exporter| exporter.version.as_str()).collect();
    for release in
        [seen::AGENTGATEWAY, seen::CERT_MANAGER, seen::CNPG, seen::ESO, seen::INFERENCE, seen::KEDA, seen::LITELLM]
    {
        assert!(releases.contains(&release), "schemas/metrics.yaml has nothing of {release}: {releases:?}");
    }
    assert!(releases.iter().any(|release| release.starts_with(seen::ARGOCD)), "{releases:?}");
    let vllm = metrics::exporters().iter().find(|exporter| exporter.product == "vLLM").expect("in the lists");
    let serving = fs::read_to_string("groups/serving.yaml").expect("a group");
    assert!(serving.contains(&format!("tag: {{ default: v{} }}", vllm.version)), "vLLM {}", vllm.version);
}

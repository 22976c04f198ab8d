//! Rules about what a KEDA trigger on Prometheus asks: a query that Prometheus takes, about the pool or the model of the
//! workload that it scales (pkg/scalers/prometheus_scaler.go).

use serde_json::Value;

use crate::chain::model_server;
use crate::object::api_group::{INFERENCE, KEDA};
use crate::object::object::Object;
use crate::object::pod_template;
use crate::products::keda::scaled_object::scaled_workload;
use crate::references::world::World;
use crate::text::finding::{Code, Finding};

/// Every trigger of every ScaledObject.
pub fn triggers(world: &World<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for scaled in world.objects.of(KEDA, "ScaledObject") {
        for (pointer, trigger) in scaled.all("/spec/triggers/*") {
            findings.extend(refused(scaled, &pointer, trigger));
            findings.extend(other_subject(world, scaled, &pointer, trigger));
        }
    }
    findings
}

/// A text that somebody else fills in is not looked at.
fn given<'a>(trigger: &'a Value, key: &str) -> Option<&'a str> {
    trigger["metadata"][key].as_str().filter(|text| !text.contains("${") && !text.contains("{{"))
}

fn refused(scaled: &Object<'_>, pointer: &str, trigger: &Value) -> Option<Finding> {
    let kind = trigger["type"].as_str().unwrap_or_default();
    let metadata = &trigger["metadata"];
    let say = |key: &str, why: String, help: &str| {
        let message = format!("KEDA refuses {}: {why}", scaled.identity);
        Some(scaled.error(Code::KedaRefuses, &format!("{pointer}/{key}"), message).help(help))
    };
    let like = ["serverAddress", "query", "threshold"].iter().all(|key| metadata.get(key).is_some());
    // Graphite is asked by the same three.
    if like && !["prometheus", "graphite"].contains(&kind) {
        return say("type", format!("there is no scaler {kind}"), "a query for Prometheus takes `type: prometheus`");
    }
    if kind != "prometheus" {
        return None;
    }
    if let Some(key) = ["serverAddress", "query", "threshold"].iter().find(|key| metadata.get(key).is_none()) {
        return say(
            "metadata",
            format!("a prometheus trigger has no {key}"),
            "all of serverAddress, query and threshold are needed",
        );
    }
    if given(trigger, "serverAddress").is_some_and(|address| !address.contains("://")) {
        return say(
            "metadata/serverAddress",
            "serverAddress is no URL".into(),
            "begin it with `http://` or `https://`",
        );
    }
    for key in ["threshold", "activationThreshold"] {
        if given(trigger, key).is_some_and(|text| text.parse::<f64>().is_err()) {
            return say(&format!("metadata/{key}"), format!("{key} is no number"), "write a number in quotes");
        }
    }
    if given(trigger, "query").is_some_and(|query| !balanced(query)) {
        return say("metadata/query", "its query does not parse".into(), "close each quote, bracket and brace");
    }
    None
}

/// Each quote and bracket of a PromQL text is closed.
fn balanced(query: &str) -> bool {
    let (mut open, mut quote, mut escaped) = (Vec::new(), None, false);
    for c in query.chars() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some('"' | '\''), '\\') => escaped = true,
            (Some(q), c) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '(' | '[' | '{') => open.push(c),
            (None, ')' | ']' | '}') => {
                let wanted =
                    [('(', ')'), ('[', ']'), ('{', '}')].iter().find(|(_, close)| *close == c).map(|(o, _)| *o);
                if open.pop() != wanted {
                    return false;
                }
            }
            _ => {}
        }
    }
    quote.is_none() && open.is_empty() && !query.trim().is_empty()
}

/// The query is about another pool or model than that of the target.
fn other_subject(world: &World<'_>, scaled: &Object<'_>, pointer: &str, trigger: &Value) -> Option<Finding> {
    let query = given(trigger, "query").filter(|_| trigger["type"] == "prometheus")?;
    let target = scaled_workload(world, scaled)?;
    let say = |what: &str, asked: &str, own: Vec<&str>| {
        let message = format!("{} scales {} by the {what} `{asked}`", scaled.identity, target.identity);
        let finding = scaled.warning(Code::ScalerQuery, &format!("{pointer}/metadata/query"), message);
        Some(finding.help(format!("its own: {}", own.join(", "))))
    };
    if let Some(asked) = label(query, "inference_pool") {
        let pods = pod_template::of(target).next()?;
        let near = world.objects.of(INFERENCE, "InferencePool").filter(|p| p.home() == scaled.home());
        let own = near.filter(|p| p.at("/spec/selector").is_some_and(|s| pods.is_selected(s)));
        let own: Vec<&str> = own.map(|p| p.identity.name.as_str()).collect();
        if !own.is_empty() && !own.contains(&asked) {
            return say("pool", asked, own);
        }
    }
    if let Some(asked) = label(query, "model_name").filter(|_| query.contains("vllm:")) {
        let servers = model_server::all_servers(world, &scaled.identity.namespace);
        let server = servers.into_iter().find(|s| s.workload.identity == target.identity)?;
        let own: Vec<&str> = server.names?.into_iter().collect();
        if !own.contains(&asked) {
            return say("model", asked, own);
        }
    }
    None
}

/// The one value that a query wants of a label; none for regular expressions and for several.
fn label<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let mut found = query.match_indices(name).filter_map(|(at, _)| {
        let before = query[..at].chars().next_back()?;
        let rest = query[at + name.len()..].trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let value = &rest[..rest.find('"')?];
        (!before.is_alphanumeric() && before != '_' && !value.contains(['\\', '$', '{'])).then_some(value)
    });
    let value = found.next()?;
    found.all(|other| other == value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::{balanced, label};

    #[test]
    fn a_query_is_closed() {
        for (query, yes) in [
            ("sum(a{b=\"c\"}) or vector(0)", true),
            ("sum(a{b=\"c\"}", false),
            ("a{b=\"}\"}", true),
            ("a{b=\"\\\"\"}", true),
            ("a[5m", false),
            ("", false),
        ] {
            assert_eq!(balanced(query), yes, "{query}");
        }
    }

    #[test]
    fn one_value_of_a_label() {
        assert_eq!(label("a{ pool=\"x\"}", "pool"), Some("x"));
        assert_eq!(label("a{pool=~\"x.*\"}", "pool"), None);
        assert_eq!(label("a{my_pool=\"x\"}", "pool"), None);
        assert_eq!(label("a{pool=\"x\"} + a{pool=\"y\"}", "pool"), None);
    }
}

//! Variables of Grafana's dashboards: which a query names that the dashboard has not, and what those of them ask that are queries; and the
//! label by which a dashboard is found.

use serde_json::Value;

use crate::object::object::Object;
use crate::text::finding::{Code, Finding};
use crate::text::pointer::escaped;
use crate::text::schema::is_slip;

/// What Grafana fills in itself.
const OWN: [&str; 16] = [
    "__all",
    "__dashboard",
    "__data",
    "__field",
    "__from",
    "__interval",
    "__interval_ms",
    "__name",
    "__org",
    "__range",
    "__range_ms",
    "__range_s",
    "__rate_interval",
    "__to",
    "__user",
    "__value",
];

fn variables(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["templating"]["list"].as_array().into_iter().flatten()
}

/// A variable in a query that is nearly one of the dashboard's, and that one.
pub fn unknown<'d>(dashboard: &'d Value, query: &'d str) -> Option<(&'d str, &'d str)> {
    let known: Vec<&str> = variables(dashboard).filter_map(|v| v["name"].as_str()).chain(OWN).collect();
    let named = query.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        &rest[..rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())]
    });
    let strange = named.filter(|name| !known.contains(name));
    strange.filter_map(|name| Some((name, *known.iter().find(|known| is_slip(known, name))?))).next()
}

/// What variables ask Prometheus for: the metric in `label_values(metric, label)`.
pub fn queries(dashboard: &Value) -> impl Iterator<Item = String> {
    let asked = |variable: &Value| {
        let query = variable["query"].as_str().or_else(|| variable["query"]["query"].as_str())?;
        let inner = query.trim().strip_prefix("label_values(")?.strip_suffix(')')?;
        Some(inner.rsplit_once(',')?.0.trim().to_owned())
    };
    variables(dashboard).filter_map(asked)
}

/// The sidecar of Grafana's chart looks for one label.
pub fn unlabelled(object: &Object<'_>) -> Option<Finding> {
    const LABEL: &str = "grafana_dashboard";
    let labels = object.labels()?;
    let near = labels.keys().find(|key| *key != LABEL && is_slip(LABEL, key))?;
    let message = format!("{} has the label `{near}`, by which nobody finds a dashboard", object.identity);
    let at = format!("/metadata/labels/{}", escaped(near));
    Some(object.warning(Code::FieldWithoutEffect, &at, message).help(format!("did you mean `{LABEL}`?")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_the_dashboards_or_grafanas() {
        let dashboard = serde_json::json!({ "templating": { "list": [{ "name": "model", "query": "label_values(a_total{x=\"y\"}, z)" }] } });
        for (query, found) in [
            ("a{m=~\"$model\"}[$__range]", None),
            ("a{m=~\"$modle\"}", Some(("modle", "model"))),
            ("a[$__rang]", Some(("__rang", "__range"))),
            ("a{m=~\"${cluster}\"}", None),
        ] {
            assert_eq!(unknown(&dashboard, query), found, "{query}");
        }
        assert_eq!(queries(&dashboard).collect::<Vec<_>>(), ["a_total{x=\"y\"}"]);
    }
}

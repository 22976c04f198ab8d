//! A PromQL text -> the metrics and labels that it asks for. The parser knows Prometheus 2.45; a function that came later is
//! no mistake, only not read.

use std::collections::BTreeSet;

use promql_parser::label::{METRIC_NAME, MatchOp};
use promql_parser::parser::{Expr, LabelModifier, VectorSelector, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::text::near::is_near;
use crate::text::schema::is_slip;

/// What a query asks for.
#[derive(Debug, Default)]
pub struct Query {
    /// Names of metrics; one that is matched by a regular expression is not among them.
    pub metrics: BTreeSet<String>,
    /// Labels that it groups or joins by.
    pub grouped: BTreeSet<String>,
    /// Labels that have to have a value, with it.
    labels: BTreeSet<(String, String)>,
}

/// Longest text that is read, in bytes: the tree of a deeper one would not fit on a stack.
const LONGEST: usize = 20_000;

/// What Grafana fills in for a duration.
const DURATIONS: [&str; 3] = ["$__rate_interval", "$__interval", "$__range"];

/// Operators that the parser takes for metrics, since they came later.
const NEWER: [&str; 2] = ["limitk", "limit_ratio"];

/// Functions of which a slip is told (prometheus 2.45 `promql/parser/functions.go`).
const FUNCTIONS: &str = "absent absent_over_time avg_over_time clamp_max clamp_min count_over_time day_of_month day_of_week day_of_year
    days_in_month deriv histogram_count histogram_fraction histogram_quantile histogram_sum holt_winters idelta increase irate
    label_join label_replace last_over_time max_over_time min_over_time predict_linear present_over_time quantile_over_time rate
    resets round scalar sort_desc stddev_over_time stdvar_over_time sum_over_time timestamp vector";

/// The query in a text, or why Prometheus refuses it; none where that can't be told: others fill something in, or the parser
/// is older than the text.
pub fn read(text: &str) -> Option<Result<Query, String>> {
    if text.len() > LONGEST || text.contains("{{") || text.contains("${") {
        return None;
    }
    let filled = DURATIONS.iter().fold(text.to_owned(), |text, name| text.replace(name, "5m"));
    // Groups of `label_replace`.
    let filled = (0..10).fold(filled, |text, group| text.replace(&format!("${group}"), "group"));
    match parse(&filled) {
        Ok(expr) => {
            let mut query = Query::default();
            walk_expr(&mut query, &expr).ok()?;
            Some(Ok(query))
        }
        Err(_) if filled.contains('$') => None,
        Err(why) if why.contains("unknown function") => nearly_known(&why).map(Err),
        Err(_) if NEWER.iter().any(|name| filled.contains(name)) => None,
        Err(why) => Some(Err(why.lines().next().unwrap_or_default().to_owned())),
    }
}

/// What is wrong with a function of an unknown name, where that is nearly one that is known.
fn nearly_known(why: &str) -> Option<String> {
    let name = why.split('\'').nth(1)?;
    let near = FUNCTIONS
        .split_whitespace()
        .find(|known| is_slip(known, name) || name.len() == 3 && is_near(known, name, 1))?;
    Some(format!("there is no function `{name}`; did you mean `{near}`?"))
}

impl Query {
    /// The one value that it wants of a label; none for regular expressions and for several.
    pub fn value(&self, label: &str) -> Option<&str> {
        let mut values = self.labels.iter().filter(|(name, _)| name == label).map(|(_, value)| value.as_str());
        values.next().filter(|value| !value.contains('$') && values.next().is_none())
    }

    fn group(&mut self, by: Option<&LabelModifier>) {
        self.grouped.extend(by.into_iter().flat_map(|by| by.labels().labels.iter().cloned()));
    }

    fn selector(&mut self, selector: &VectorSelector) {
        self.metrics.extend(selector.name.clone());
        for matcher in &selector.matchers.matchers {
            match (&matcher.op, matcher.name.as_str()) {
                (MatchOp::Equal, METRIC_NAME) => drop(self.metrics.insert(matcher.value.clone())),
                (MatchOp::Equal, name) => drop(self.labels.insert((name.to_owned(), matcher.value.clone()))),
                _ => {}
            }
        }
    }
}

impl ExprVisitor for Query {
    type Error = std::convert::Infallible;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, Self::Error> {
        match expr {
            Expr::VectorSelector(selector) => self.selector(selector),
            Expr::MatrixSelector(matrix) => self.selector(&matrix.vs),
            Expr::Aggregate(aggregate) => self.group(aggregate.modifier.as_ref()),
            Expr::Binary(binary) => self.group(binary.modifier.as_ref().and_then(|by| by.matching.as_ref())),
            _ => {}
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_query_parses_or_is_left_alone() {
        for (query, verdict) in [
            ("sum(a{b=\"c\"}) or vector(0)", Some(true)),
            ("rate(a[$__rate_interval])", Some(true)),
            ("a{b=\"}\"}", Some(true)),
            ("sum(a{b=\"c\"}", Some(false)),
            ("a[5m", Some(false)),
            ("sum by (a) (b) by", Some(false)),
            ("", Some(false)),
            ("newer_function(a)", None),
            ("histogram_quantle(0.9, a)", Some(false)),
            ("a > $threshold", None),
            ("a{b=\"{{ .Values.x }}\"}", None),
        ] {
            assert_eq!(read(query).map(|read| read.is_ok()), verdict, "{query}");
        }
    }

    #[test]
    fn metrics_and_the_one_value_of_a_label() {
        let query = |text: &str| read(text).expect("readable").expect("a query");
        let both = query("rate(a_total{pool=\"x\"}[5m]) / {__name__=\"b\", pool=\"x\", other=~\"y.*\"}");
        assert_eq!(both.metrics.iter().map(String::as_str).collect::<Vec<_>>(), ["a_total", "b"]);
        assert_eq!(both.value("pool"), Some("x"));
        assert_eq!(both.value("other"), None);
        assert_eq!(query("a{my_pool=\"x\"}").value("pool"), None);
        assert_eq!(query("a{pool=\"x\"} + a{pool=\"y\"}").value("pool"), None);
    }
}

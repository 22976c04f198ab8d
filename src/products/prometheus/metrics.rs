//! The metrics that the pinned releases export. They stand in schemas/metrics.yaml.

use std::collections::BTreeSet;
use std::sync::{LazyLock, OnceLock};

use serde::Deserialize;

use crate::text::kubeyaml;
use crate::text::near::is_near;

/// What a product exports.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exporter {
    /// Its name.
    pub product: String,
    /// The release that was read.
    pub version: String,
    /// The files in its repository that make the metrics.
    pub source: String,
    prefixes: Vec<String>,
    #[serde(default)]
    open: String,
    plain: String,
    #[serde(default)]
    histograms: String,
    #[serde(default)]
    summaries: String,
    #[serde(skip)]
    names: OnceLock<BTreeSet<String>>,
}

static EXPORTERS: LazyLock<Vec<Exporter>> =
    LazyLock::new(|| kubeyaml::ours("metrics.yaml", include_str!("../../../schemas/metrics.yaml")));

/// All that is known of exporters.
pub fn exporters() -> &'static [Exporter] {
    &EXPORTERS
}

impl Exporter {
    /// The names of its series.
    pub fn names(&self) -> &BTreeSet<String> {
        self.names.get_or_init(|| self.all_names())
    }

    fn all_names(&self) -> BTreeSet<String> {
        let with = |names: &str, ends: &[&str]| -> Vec<String> {
            names.split_whitespace().flat_map(|name| ends.iter().map(move |end| format!("{name}{end}"))).collect()
        };
        let mut names: BTreeSet<String> = with(&self.plain, &[""]).into_iter().collect();
        names.extend(with(&self.histograms, &["_bucket", "_sum", "_count", "_created"]));
        names.extend(with(&self.summaries, &["", "_sum", "_count", "_created"]));
        let created = |name: &str| Some(format!("{}_created", name.strip_suffix("_total")?));
        names.extend(self.plain.split_whitespace().filter_map(created));
        names
    }

    fn is_about(&self, name: &str) -> bool {
        let open = || self.open.split_whitespace().any(|prefix| name.starts_with(prefix));
        self.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str())) && !open()
    }
}

/// The product whose metric a name would be, if it exported one of that name. Two colons make a recording rule's name.
pub fn missing(name: &str) -> Option<&'static Exporter> {
    let exporter = EXPORTERS.iter().find(|exporter| exporter.is_about(name))?;
    (name.matches(':').count() < 2 && !exporter.names().contains(name)).then_some(exporter)
}

/// The metric that was meant by a name that begins as none of theirs, where it is that but for a letter or two of its beginning.
pub fn meant(name: &str) -> Option<&'static str> {
    let about = |exporter: &Exporter| exporter.prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()));
    if EXPORTERS.iter().any(|exporter| about(exporter) || exporter.names().contains(name)) {
        return None;
    }
    let names = EXPORTERS.iter().flat_map(Exporter::names).map(String::as_str);
    names.filter(|known| name.len() > 12 && name.len().abs_diff(known.len()) < 3).find(|known| is_near(known, name, 2))
}

/// Whether a query asks for a metric of a product that is known here, or for one that is called like them.
pub fn names_any(query: &str) -> bool {
    let words = query.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    !query.trim_start().starts_with('{') && words.into_iter().any(|word| EXPORTERS.iter().any(|e| e.is_about(word)))
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_metric_is_exported_or_not() {
        for (name, product) in [
            ("litellm_spend_metric_total", None),
            ("litellm_spend_metric", Some("LiteLLM")),
            ("litellm_redis_latency_bucket", None),
            ("litellm_request_total_latency_metric_bucket", None),
            ("litellm_request_total_latency_metric", Some("LiteLLM")),
            ("vllm:num_requests_running", None),
            ("vllm:gpu_cache_usage_perc", Some("vLLM")),
            ("vllm:tokens:rate5m", None),
            ("cnpg_pg_stat_archiver_failed_count", None),
            ("cnpg_my_query_rows", None),
            ("up", None),
        ] {
            assert_eq!(missing(name).map(|exporter| exporter.product.as_str()), product, "{name}");
        }
    }
}

//! Prometheus: the language of queries, the metrics that there are, and what asks for them.

pub mod promql;
pub mod variables;
pub mod alerts;
pub mod metrics;
pub mod queries;

//! The OpenTelemetry collector (seen on 0.153).

pub mod collector;

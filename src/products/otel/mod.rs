//! The OpenTelemetry collector: its configuration.

pub mod collector;

//! LiteLLM in a cluster: where its configuration and its pods are, and the rules on them.

pub mod part;
pub mod address;
pub mod config;
pub mod pods;
pub mod keys;
pub mod models;
pub mod settings;
pub mod rules;
pub mod env;
pub mod database;
pub mod pod_rules;

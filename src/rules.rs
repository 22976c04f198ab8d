//! Known traps: what schemas accept and what then does something else. A file per subject; `check` has the tables.

pub mod application;
pub mod workload;
pub mod cel_text;
pub mod shared;
pub mod backend;
pub mod keys;
pub mod expression;
pub mod policy;
pub mod jwt;
pub mod routing;
pub mod gateway;
pub mod inference;
pub mod vllm;
pub mod keda;
pub mod cnpg_spec;
pub mod cnpg_managed;
pub mod cnpg;
pub mod postgres;
pub mod stores;
pub mod secrets;
pub mod argocd;
pub mod drift;

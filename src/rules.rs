//! Known traps: what schemas accept and what then is refused by a webhook, or does something else. A file for each subject,
//! with the rules in its tables, which `check` gathers. [`application`], [`workload`], [`cel_text`] and [`fields`] have no
//! rules: the others ask them.

pub mod application;
pub mod workload;
pub mod environment;
pub mod cel_text;
pub mod fields;
pub mod backend;
pub mod keys;
pub mod expression;
pub mod policy;
pub mod jwt;
pub mod routing;
pub mod gateway;
pub mod inference;
pub mod listening;
pub mod image;
pub mod vllm;
pub mod vllm_pods;
pub mod keda;
pub mod cnpg_spec;
pub mod cnpg_managed;
pub mod cnpg;
pub mod cnpg_update;
pub mod postgres;
pub mod archive;
pub mod stores;
pub mod secrets;
pub mod argocd_sync;
pub mod argocd;
pub mod picked;
pub mod pods;
pub mod otel;
pub mod nobody;
pub mod drift;

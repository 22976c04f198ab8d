//! LiteLLM in a cluster: where its configuration ([`config`]) and its containers ([`pods`]) are, the rules on a configuration
//! alone ([`rules`] has their table), and those that look at a proxy in its cluster ([`database`], [`proxy`]).

pub mod part;
pub mod address;
pub mod config;
pub mod pods;
pub mod keys;
pub mod models;
pub mod settings;
pub mod rules;
pub mod database;
pub mod proxy;

//! LiteLLM in a cluster: where its containers are ([`pods`]), the rules on a
//! configuration alone ([`config_rules`] has their table), and those that look at a proxy in its cluster ([`database`],
//! [`proxy`], [`replicas`]). [`opening`] is about what lets callers past keys and prices, [`calls`] about what calls cost,
//! [`new_keys`] about what keys get, [`modules`] about
//! files and others that it needs.

pub mod address;
pub mod pods;
pub mod keys;
pub mod models;
pub mod settings;
pub mod spelling;
pub mod words;
pub mod opening;
pub mod calls;
pub mod modules;
pub mod new_keys;
pub mod advisories;
pub mod config_rules;
pub mod replicas;
pub mod database;
pub mod proxy;

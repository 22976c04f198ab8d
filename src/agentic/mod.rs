//! The contracts of runtime.agentic-layer.ai: objects ([`input`]) -> the [`model`] of what serves them -> what is rendered, and
//! the rules on both: [`contract_rules`] has the table, [`guard_rules`], [`name_rules`] and [`master_key`] those of one subject.

pub mod config_patch;
pub mod webhook;
pub mod input;
pub mod class;
pub mod guard;
pub mod route;
pub mod litellm;
pub mod gateway;
pub mod model;
pub mod seen;
pub mod guard_rules;
pub mod master_key;
pub mod name_rules;
pub mod contract_rules;

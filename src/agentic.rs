//! The contracts of runtime.agentic-layer.ai: objects -> model -> what serves them, and the rules on both.

pub mod webhook;
pub mod input;
pub mod class;
pub mod guard;
pub mod route;
pub mod litellm;
pub mod model;
pub mod seen;
pub mod guard_rules;
pub mod master_key;
pub mod name_rules;
pub mod rules;

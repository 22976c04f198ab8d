//! agentgateway and the Gateway API as it acts on it: backends, policies, JWTs, CEL, routes and
//! Gateways. [`cel_text`] only reads.

pub mod cel_text;
pub mod backend;
pub mod expression;
pub mod policy;
pub mod jwt;
pub mod routing;
pub mod entrance;
pub mod gateway;
pub mod nobody;
pub mod overlay;
pub mod global_limit;

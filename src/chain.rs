//! The way from an alias of LiteLLM to its model and back, followed in the objects of a cluster.

pub mod model_header;
pub mod routing;
pub mod model_server;
pub mod way;
pub mod forth;
pub mod back;
pub mod timeouts;
pub mod rules;

//! The way from an alias of LiteLLM to its model and back, followed in the objects of a cluster: [`way`] walks it by what
//! stands above it here and says how far it leads; the files below it say what is wrong, and [`proxies`] asks them in order.

pub mod model_header;
pub mod routing;
pub mod model_server;
pub mod way;
pub mod from_alias;
pub mod from_route;
pub mod timeouts;
pub mod refused;
pub mod scaling;
pub mod proxies;

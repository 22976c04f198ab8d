//! vLLM and its simulator: arguments, and the pods they run in.

pub mod arguments;
pub mod flags;
pub mod values;
pub mod server;
pub mod pods;

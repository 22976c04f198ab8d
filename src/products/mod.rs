//! What is known of each product: facts, versions and rules, a folder each. A rule says what schemas accept and what then is
//! refused by a webhook, or does something else; [`seen`] has the releases that said so. `command::rulebook` gathers the tables.

pub mod seen;
pub mod argocd;
pub mod kubernetes;
pub mod agentgateway;
pub mod inference;
pub mod vllm;
pub mod prometheus;
pub mod keda;
pub mod cnpg;
pub mod eso;
pub mod otel;
pub mod litellm;

//! External Secrets Operator: stores, and what is fetched from them.

pub mod stores;
pub mod external_secret;

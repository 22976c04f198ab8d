//! The rules about what a config.yaml of LiteLLM says by itself: nearly all of it is taken in silence by LiteLLM 1.89.2.

use crate::finding::Finding;
use crate::litellm::calls;
use crate::litellm::config::{Config, of_object};
use crate::litellm::keys;
use crate::litellm::models;
use crate::litellm::modules;
use crate::litellm::opening;
use crate::litellm::settings;
use crate::object::Object;

/// Rules that look at one configuration alone.
const RULES: &[fn(&Config<'_>) -> Vec<Finding>] = &[
    keys::keys,
    models::entries,
    models::prices,
    models::twice,
    models::headers,
    models::printable,
    models::fallbacks,
    settings::shapes,
    settings::callbacks,
    settings::guardrails,
    settings::mcp_servers,
    settings::choices,
    opening::openings,
    opening::literal_keys,
    calls::unasked,
    |config| calls::cached_tokens(config).into_iter().collect(),
    |config| modules::buffer(config).into_iter().collect(),
];

/// What is wrong with the configurations that an object holds.
pub fn config(object: &Object<'_>) -> Vec<Finding> {
    let check = |config| match config {
        Ok(config) => RULES.iter().flat_map(|rule| rule(&config)).collect(),
        Err(finding) => vec![finding],
    };
    of_object(object).into_iter().flat_map(check).collect()
}

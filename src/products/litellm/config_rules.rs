//! The rules about what a config.yaml of LiteLLM says by itself: nearly all of it is taken in silence by LiteLLM.

use crate::object::object::Object;
use crate::products::litellm::calls;
use crate::products::litellm::config::{Config, of_object};
use crate::products::litellm::keys;
use crate::products::litellm::models;
use crate::products::litellm::modules;
use crate::products::litellm::opening;
use crate::products::litellm::settings;
use crate::text::finding::Finding;

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

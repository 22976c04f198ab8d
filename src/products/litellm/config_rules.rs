//! The rules about what a config.yaml of LiteLLM says by itself: nearly all of it is taken in silence by LiteLLM.

use crate::group::pages::Pages;
use crate::group::rule::Around;
use crate::object::litellm_config::{Config, of_object};
use crate::object::object::Object;
use crate::products::litellm::calls;
use crate::products::litellm::keys;
use crate::products::litellm::models;
use crate::products::litellm::modules;
use crate::products::litellm::new_keys;
use crate::products::litellm::opening;
use crate::products::litellm::settings;
use crate::products::litellm::{spelling, words};
use crate::text::finding::Finding;

/// Rules that look at one configuration alone.
const RULES: &[fn(&Config<'_>) -> Vec<Finding>] = &[
    keys::keys,
    models::entries,
    models::prices,
    models::twice,
    models::fallbacks,
    new_keys::new_keys,
    spelling::models,
    spelling::aliases,
    settings::choices,
    settings::types,
    words::words,
    opening::openings,
    opening::literal_keys,
    calls::unasked,
    |config| calls::cached_tokens(config).into_iter().collect(),
    |config| modules::buffer(config).into_iter().collect(),
];

/// What is wrong with the configurations that an object holds, by these rules and those of pages that do not ask for `platform`.
pub fn config(object: &Object<'_>, pages: &Pages, around: &Around<'_>, found: &mut Vec<Finding>) {
    for config in of_object(object) {
        match config {
            Ok(config) => {
                found.extend(RULES.iter().flat_map(|rule| rule(&config)));
                pages.look_at_config(&config.part, false, around, found);
            }
            Err(finding) => found.push(finding),
        }
    }
}

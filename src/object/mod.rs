//! Values into Kubernetes objects: identity, fields with their places ([`object`]), labels, names of API groups,
//! what is known of each kind ([`kinds`]), and the configuration
//! that others hold as a text or as values of a chart ([`litellm_config`]). Knows no group file.

pub mod api_group;
pub mod kinds;
pub mod placeholder;
pub mod existing;
pub mod labels;
pub mod facts;
#[expect(clippy::module_inception, reason = "the object itself")]
pub mod object;
pub mod pod_template;
pub mod selector;
pub mod chart_values;
pub mod fields;
pub mod part;
pub mod litellm_config;

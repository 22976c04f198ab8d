//! Values into Kubernetes objects: identity, fields with their places ([`object`]), labels, names of API groups,
//! and what is known of each kind ([`kinds`]). Knows no
//! product and no group file.

pub mod api_group;
pub mod kinds;
pub mod placeholder;
pub mod existing;
pub mod labels;
#[expect(clippy::module_inception, reason = "the object itself")]
pub mod object;
pub mod pod_template;
pub mod chart_values;
pub mod fields;

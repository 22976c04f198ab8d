//! One object into the API server's word (Kubernetes 1.35), offline: a schema's parts, each a pure function of schema and
//! value; built-in kinds in [`builtin`], definitions that the binary holds in [`pinned`]; all of them gathered in [`crd`]. Knows only the rooms `text` and `object`.

pub mod descriptions;
pub mod violation;
pub mod pattern;
pub mod formats;
pub mod quantity;
pub mod cost;
pub mod cel;
pub mod structural;
pub mod celvalue;
pub mod expression;
pub mod partial;
pub mod defaults;
pub mod fields;
pub mod validate;
pub mod cel_rules;
pub mod names;
pub mod spot;
pub mod metadata;
pub mod builtin;
pub mod pinned;
pub mod chart_value;
pub mod laid;
pub mod merging;
pub mod crd;

//! Bytes into values with places. [`source`] is a text with its lines and places in it, [`finding`] what is said about one, of the kinds in [`mod@code`];
//! [`yaml`] reads what is written for gatewright ([`mod@part_at`] finds what stands at a place of it), [`kubeyaml`] manifests as kubectl reads them, [`goyaml`] writes as yaml.v3
//! does; [`mod@pointer`] is the one language of paths, [`schema`] holds values against JSON Schemas and [`named`] a list as the map that one
//! wants, [`near`] tells how many slips part two words, [`secret`] which text
//! is a secret, [`shown`] how a text may be printed, [`forms`] reads patterns, durations, versions and base64,
//! [`glob`] patterns of paths. Knows no Kubernetes.

pub mod shown;
pub mod forms;
pub mod glob;
pub mod source;
pub mod pointer;
pub mod fences;
pub mod code;
pub mod finding;
pub mod node;
pub mod yaml;
pub mod part_at;
pub mod merge;
pub mod digest;
pub mod goyaml;
pub mod kubeyaml;
pub mod named;
pub mod near;
pub mod schema;
pub mod schedule;
pub mod zones;
pub mod secret;

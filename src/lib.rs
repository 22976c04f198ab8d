//! gatewright turns one `features.yaml` into the complete, checked, Argo CD-ready manifests of a self-hosted LLM platform.
//!
//! # Architecture
//!
//! Data flows one way, and the modules below stand in that order: each uses only those above it (`tests/house.rs` holds
//! it). The unit of purity is one cluster: a [`catalog::Catalog`] and a [`features::Cluster`] in, a
//! [`render::Bundle`] out. Equal inputs give equal bytes; there is no clock, randomness, environment or unordered map in
//! between.
//!
//! ```text
//! features.yaml, clusters/   groups/, templates/     text; every node keeps its place from the first parse
//!          features               catalog            what may be written -> what is meant
//!                `------ choice, plan ------'        which groups, settings, capabilities, lists, components
//!                        render                      templates -> parsed manifests, unique and sorted
//!                   claims, contract, check          they look, they never edit
//!                         tree                       path -> text, the one list that all further steps share
//!                   disk, golden, diff               compare with what is there, or write
//! ```
//!
//! Invariants: only [`disk`] touches files; only [`yaml`] knows the YAML crate, [`template`] and [`filters`] minijinja,
//! [`schema`] the JSON Schema crate, [`report`] the drawing of excerpts. No Kubernetes YAML stands in Rust; even the Argo CD
//! Application is a template. Three kinds of failure: the user's data becomes [`finding::Finding`]s, all of a stage
//! together; the environment an error with context; our own mistake a panic with its reason.

pub mod source;
pub mod finding;
pub mod yaml;
pub mod merge;
pub mod digest;
pub mod schema;
pub mod filters;
pub mod template;
pub mod catalog;
pub mod secret;
pub mod features;
pub mod choice;
pub mod component;
pub mod strata;
pub mod plan;
pub mod cache;
pub mod render;
pub mod claims;
pub mod contract;
pub mod check;
pub mod violation;
pub mod pattern;
pub mod formats;
pub mod quantity;
pub mod cost;
pub mod cel;
pub mod structural;
pub mod celvalue;
pub mod defaults;
pub mod fields;
pub mod validate;
pub mod rules;
pub mod names;
pub mod spot;
pub mod metadata;
pub mod selectors;
pub mod constraints;
pub mod containers;
pub mod pods;
pub mod storage;
pub mod network;
pub mod access;
pub mod workloads;
pub mod builtin;
pub mod crd;
pub mod tree;
pub mod pipeline;
pub mod prove;
pub mod disk;
pub mod golden;
pub mod report;
pub mod explain;
pub mod tables;
pub mod args;
pub mod commands;
pub mod cli;

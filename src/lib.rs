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
//!                        trace                       where in the inputs a finding has its cause
//!                         tree                       path -> text, the one list that all further steps share
//!                   disk, golden, diff               compare with what is there, or write
//! ```
//!
//! Folders hold what belongs to one subject: [`goyaml`] (yaml.v3's bytes), [`kubeyaml`] (manifests as kubectl reads them), [`template`], [`agentic`] (the contracts),
//! [`verdict`] and [`builtin`] (the API server's word on one object, gathered in [`crd`]; on a change, in [`updates`]), [`wiring`] (references),
//! [`rules`] (known traps), [`litellm`] and [`chain`] (from alias to model). [`check`] has the tables of all rules.
//!
//! Invariants: only [`disk`], [`folders`] and [`output`] touch files; only [`yaml`] knows the YAML crate, [`goyaml::tree`] the parser
//! below it, [`template`] minijinja, [`schema`] the JSON Schema crate, [`report`] the drawing of excerpts. No Kubernetes
//! YAML stands in Rust; even the Argo CD Application is a template. Three kinds of failure: the user's data becomes
//! [`finding::Finding`]s, all of a stage together; the environment an error with context; our own mistake a panic with its
//! reason.

pub mod shown;
pub mod source;
pub mod pointer;
pub mod api_group;
pub mod finding;
pub mod placeholder;
pub mod existing;
pub mod yaml;
pub mod merge;
pub mod digest;
pub mod goyaml;
pub mod kubeyaml;
pub mod config_patch;
pub mod schema;
pub mod template;
pub mod catalog;
pub mod secret;
pub mod labels;
pub mod object;
pub mod chart_values;
pub mod agentic;
pub mod features;
pub mod choice;
pub mod component;
pub mod memo;
pub mod sight;
pub mod order;
pub mod weight;
pub mod strata;
pub mod strata_settings;
pub mod strata_agentic;
pub mod strata_claims;
pub mod plan;
pub mod render;
pub mod evidence;
pub mod claims;
pub mod contract;
pub mod verdict;
pub mod builtin;
pub mod crd;
pub mod tree;
pub mod foreign;
pub mod deletions;
pub mod kustomization;
pub mod configuration;
pub mod layout;
pub mod manifests;
pub mod world;
pub mod agentgateway;
pub mod silence;
pub mod wiring;
pub mod rules;
pub mod litellm;
pub mod chain;
pub mod check;
pub mod trace;
pub mod pipeline;
pub mod updates;
pub mod prove;
pub mod disk;
pub mod folders;
pub mod output;
pub mod golden;
pub mod gather;
pub mod baseline;
pub mod report;
pub mod explain;
pub mod sarif;
pub mod github;
pub mod explain_gateway;
pub mod tables;
pub mod args;
pub mod workspace;
pub mod definitions;
pub mod rendering;
pub mod checking;
pub mod commands;
pub mod cli;

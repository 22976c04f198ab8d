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
//! Invariants: only [`disk`] touches files; only [`yaml`] knows the YAML crate, [`template`] and [`filters`] minijinja,
//! [`schema`] the JSON Schema crate, [`report`] the drawing of excerpts. No Kubernetes YAML stands in Rust; even the Argo CD
//! Application is a template. Three kinds of failure: the user's data becomes [`finding::Finding`]s, all of a stage
//! together; the environment an error with context; our own mistake a panic with its reason.

pub mod source;
pub mod finding;
pub mod existing;
pub mod yaml;
pub mod merge;
pub mod digest;
pub mod schema;
pub mod filters;
pub mod marks;
pub mod growth;
pub mod template;
pub mod catalog;
pub mod secret;
pub mod features;
pub mod choice;
pub mod component;
pub mod strata;
pub mod plan;
pub mod cache;
pub mod object;
pub mod render;
pub mod claims;
pub mod contract;
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
pub mod deletions;
pub mod manifests;
pub mod world;
pub mod silence;
pub mod products;
pub mod edges;
pub mod delivery;
pub mod inventory;
pub mod order;
pub mod wiring;
pub mod presence;
pub mod selection;
pub mod attachment;
pub mod trap_attachment;
pub mod application;
pub mod workload;
pub mod trap_quantity;
pub mod cel_text;
pub mod shared_findings;
pub mod rules_backend;
pub mod rules_keys;
pub mod rules_expression;
pub mod rules_policy;
pub mod rules_jwt;
pub mod rules_routing;
pub mod rules_gateway;
pub mod rules_inference;
pub mod rules_vllm;
pub mod rules_keda;
pub mod rules_cnpg;
pub mod rules_postgres;
pub mod rules_secrets;
pub mod rules_argocd;
pub mod rules_drift;
pub mod part;
pub mod address;
pub mod litellm;
pub mod litellm_pods;
pub mod rules_litellm_keys;
pub mod rules_litellm_models;
pub mod rules_litellm_settings;
pub mod rules_litellm;
pub mod rules_env;
pub mod rules_litellm_pods;
pub mod model_header;
pub mod routing;
pub mod model_server;
pub mod chain;
pub mod rules_chain;
pub mod rules_chain_back;
pub mod rules_timeouts;
pub mod rules_ways;
pub mod check;
pub mod trace;
pub mod pipeline;
pub mod prove;
pub mod disk;
pub mod output;
pub mod golden;
pub mod report;
pub mod explain;
pub mod sarif;
pub mod github;
pub mod tables;
pub mod args;
pub mod workspace;
pub mod checking;
pub mod commands;
pub mod cli;

//! gatewright turns one `features.yaml` into the complete, checked, Argo CD-ready manifests of a self-hosted LLM platform.
//!
//! # Architecture
//!
//! Data flows one way. A room is a stage of that flow; rooms stand below in its order, and each uses only those above it
//! (`tests/house.rs` holds it, within a room too). The unit of purity is one cluster: a [`group::catalog::Catalog`] and a
//! [`plan::features::Cluster`] in, a [`render::bundle::Bundle`] out. Equal inputs give equal bytes; there is no clock,
//! randomness, environment or unordered map in between.
//!
//! ```text
//! text          bytes -> values with places, and what is said about them
//!  object        values -> Kubernetes objects
//!   verdict       one object -> the API server's word
//!   agentic       contracts of the agentic layer -> what serves them
//!    group         groups/, shapes/, templates/ -> a catalog
//!     plan          features and a catalog -> a plan: groups, settings, capabilities, lists, components
//!      render        a plan -> objects -> a tree (path -> text), claims, and the cause of each line
//!       references    objects -> the closed world and what leads nowhere in it
//!        products      one product each: facts and rules
//!         chain         alias -> model, through all of them
//!      disk          reads and writes, nothing else
//!          command       one file per command; in [`command::pipeline`] the whole way for one cluster
//! ```
//!
//! Two questions find a file: which stage, and which product? A price of LiteLLM is checked in [`products::litellm`], the
//! listener of a Gateway is matched in [`references::listener`], YAML is read in [`text::yaml`] and [`text::kubeyaml`], a
//! file is written in [`disk::write`].
//!
//! Invariants: only [`disk`] touches files; only [`text::yaml`] knows the YAML crate, [`text::goyaml::tree`] the parser
//! below it, [`group::template`] minijinja, [`text::schema`] the JSON Schema crate, [`verdict`] the CEL crate,
//! [`products::prometheus::promql`] the parser of PromQL, [`command::report`] the drawing of excerpts. No Kubernetes YAML stands in Rust; even the Argo CD Application is a
//! template. Three kinds of failure: the user's data becomes [`text::finding::Finding`]s, all of a stage together; the
//! environment an error with context; our own mistake a panic with its reason.

pub mod text;
pub mod object;
pub mod verdict;
pub mod agentic;
pub mod group;
pub mod plan;
pub mod render;
pub mod references;
pub mod products;
pub mod chain;
pub mod disk;
pub mod command;

//! Argo CD: Applications, projects, synchronization.

pub mod owners;
pub mod projects;
pub mod sync;
pub mod lua;
pub mod words;
pub mod permissions;
pub mod application_set;
pub mod files;
pub mod application;
pub mod drift;
pub mod dex_config;
pub mod dex_connectors;
pub mod windows;
pub mod chart_words;
pub mod ignored;
pub mod chart_values;
pub mod plugin;

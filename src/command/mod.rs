//! The command line: one file per command, output formats, and the order in which the other rooms are asked. [`pipeline`] is
//! the whole way for one cluster, [`rulebook`] all rules over one.

pub mod rulebook;
pub mod pipeline;
pub mod clusters;
pub mod updates;
pub mod review;
pub mod revision;
pub mod prove;
pub mod golden;
pub mod gather;
pub mod baseline;
pub mod report;
pub mod explain;
pub mod sarif;
pub mod github;
pub mod gateway_config;
pub mod tables;
pub mod words;
pub mod args;
pub mod workspace;
pub mod definitions;
pub mod crds;
pub mod seed;
pub mod graph;
pub mod rendering;
pub mod whatif;
pub mod causes;
pub mod seen;
pub mod diff;
pub mod page;
pub mod check;
pub mod run;
pub mod shells;
pub mod cli;
pub mod process;

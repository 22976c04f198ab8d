//! The command line: one file per command, output formats, and the order in which the other rooms are asked. [`pipeline`] is
//! the whole way for one cluster, [`rulebook`] all rules over one.

pub mod rulebook;
pub mod pipeline;
pub mod clusters;
pub mod updates;
pub mod bends;
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
pub mod args;
pub mod which;
pub mod progress;
pub mod workspace;
pub mod definitions;
pub mod beside;
pub mod fleet;
pub mod merge;
pub mod verify;
pub mod runners;
pub mod rendering;
pub mod eject;
pub mod proof;
pub mod check;
pub mod run;
pub mod cli;
pub mod process;

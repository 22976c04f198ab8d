//! Reads what users wrote and what lies in the output folder ([`read`]), and writes it ([`mod@write`], with [`folders`]).

pub mod read;
pub mod optional;
pub mod folders;
pub mod write;
pub mod git;

//! Reads what users wrote and what lies in the output folder ([`read`], by [`files`]), and writes it ([`mod@write`] into the
//! [`output`] folder, with [`folders`]; [`beside`] where others have files too; [`cache`] for the next run).

pub mod files;
pub mod read;
pub mod optional;
pub mod folders;
pub mod output;
pub mod write;
pub mod cache;
pub mod beside;
pub mod git;

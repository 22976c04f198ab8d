//! A plan into objects and a tree: [`bundle`] renders, [`tree`] names the files, [`fleet`] all clusters, [`claims`] and [`evidence`] say what holds, [`kept`] what a hand must leave and [`differs`] whether it did, [`alike`] and [`canonical`] what does the same,
//! [`trace`] finds the cause of a line, and [`said`] where it was said, [`deletions`] and [`foreign`] hold a tree against the one that is there.

pub mod alike;
pub mod kept;
pub mod differs;
pub mod conditions;
pub mod canonical;
pub mod manifest;
pub mod patched;
pub mod bundle;
pub mod evidence;
pub mod claims;
pub mod secret_contract;
pub mod images;
pub mod tree;
pub mod fleet;
pub mod foreign;
pub mod deletions;
pub mod said;
pub mod trace;

//! CloudNativePG: what its webhook refuses ([`webhook`], [`update`]), and traps of a [`cluster`]. What CEL can say of one
//! object stands in pages of rules/.

pub mod webhook;
pub mod update;
pub mod cluster;
pub mod parameters;

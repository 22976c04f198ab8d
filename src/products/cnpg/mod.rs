//! CloudNativePG: what its webhook refuses ([`spec`], [`managed`], [`update`], gathered in [`webhook`]), and traps of
//! a [`cluster`] and its [`archive`].

pub mod spec;
pub mod managed;
pub mod webhook;
pub mod update;
pub mod cluster;
pub mod archive;

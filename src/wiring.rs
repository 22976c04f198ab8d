//! A closed world: what the cluster will have, and every reference that leads nowhere or arrives too early.
//!
//! [`inventory`] is what there will be, made of [`products`] and [`delivery`]; [`references`] resolves the table in [`edges`]
//! against it. What does not fit a table row, a selector or a right or an address in a text, has a file of its own.

pub mod products;
pub mod edges;
pub mod delivery;
pub mod inventory;
pub mod order;
pub mod references;
pub mod presence;
pub mod pods;
pub mod selection;
pub mod transport;
pub mod admission;
pub mod attachment;
pub mod policies;
pub mod containers;
pub mod rights;
pub mod hosts;
pub mod dns;
pub mod go_template;
pub mod filled;
pub mod argocd;
pub mod projects;

//! A closed world: what the cluster will have, and every reference that leads nowhere or arrives too early.

pub mod products;
pub mod edges;
pub mod delivery;
pub mod inventory;
pub mod order;
pub mod references;
pub mod presence;
pub mod pods;
pub mod selection;
pub mod attachment;
pub mod policies;
pub mod containers;
pub mod rights;
pub mod hosts;
pub mod filled;
pub mod argocd;

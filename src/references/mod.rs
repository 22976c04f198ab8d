//! The closed world: what the cluster will have, and every reference that leads nowhere or arrives too early.
//!
//! [`layout`], [`kustomization`] and [`manifests`] find the objects of a repository, [`world`] holds them. [`inventory`] is what
//! there will be, made of [`made`] and [`delivery`]; [`resolver`] resolves the table in [`edges`] against it. What does not fit
//! a row of the table has a file of its own. [`gateways`] and [`application`] only answer
//! questions; [`labelled`] finds by labels.

pub mod kustomization;
pub mod configuration;
pub mod layout;
pub mod manifests;
pub mod world;
pub mod gateways;
pub mod silence;
pub mod made;
pub mod edges;
pub mod delivery;
pub mod well_known;
pub mod holds;
pub mod left_out;
pub mod inventory;
pub mod waves;
pub mod unnamed;
pub mod lone;
pub mod slips;
pub mod resolver;
pub mod presence;
pub mod pods;
pub mod labelled;
pub mod running;
pub mod selection;
pub mod transport;
pub mod hosts;
pub mod calls;
pub mod fences;
pub mod port_names;
pub mod strangers;
pub mod admission;
pub mod listener;
pub mod attachment;
pub mod policies;
pub mod containers;
pub mod rights;
pub mod dns;
pub mod go_template;
pub mod eso_functions;
pub mod filled;
pub mod application;

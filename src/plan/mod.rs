//! Features and a catalog into a plan: which groups are on ([`choice`]), their settings, capabilities and lists ([`strata`]).
//! [`resolve`] has the order of the strata; nothing is rendered here.

pub mod features;
pub mod choice;
pub mod requirement;
pub mod size;
pub mod strata;
pub mod settings_stratum;
pub mod agentic_stratum;
pub mod claims_stratum;
pub mod lay;
pub mod patches;
pub mod own;
pub mod resolve;

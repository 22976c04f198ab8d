//! Features and a catalog into a plan: which groups are on ([`choice`]), their settings, capabilities and lists ([`work`] has
//! the loop over their entries, the strata what each comes to).
//! [`resolve`] has the order of the strata; nothing is rendered here.

pub mod version;
pub mod features;
pub mod choice;
pub mod requirement;
pub mod size;
pub mod work;
pub mod given;
pub mod settings_stratum;
pub mod values_stratum;
pub mod mirror;
pub mod agentic_stratum;
pub mod named_guards;
pub mod objects_stratum;
pub mod claims_stratum;
pub mod keyed;
pub mod origin;
pub mod lay;
pub mod patches;
pub mod own;
pub mod resolve;
pub mod fleet_names;

//! Two states of a cluster -> what a reviewer must know: changes by object and field, what each is caused by, what it risks, one
//! word of verdict first. Pure: who calls it brings the trees. One file for each output format.

pub mod change;
pub mod pairing;
pub mod compare;
pub mod objects;
pub mod delivery;
pub mod routine;
pub mod risk;
pub mod flips;
pub mod told;
pub mod json;
pub mod text;
pub mod markdown;

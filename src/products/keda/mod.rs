//! KEDA: scalers and what they scale.

pub mod scaled_object;
pub mod triggers;

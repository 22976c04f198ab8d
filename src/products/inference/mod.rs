//! The Gateway API Inference Extension: InferencePools and endpoint pickers.

pub mod pool;
pub mod listening;
pub mod picked;

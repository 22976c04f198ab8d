//! The Gateway API Inference Extension (seen on 1.5.0): InferencePools and endpoint pickers.

pub mod pool;
pub mod listening;
pub mod picked;

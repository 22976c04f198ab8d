//! KEDA (seen on 2.20.1).

pub mod scaled_object;

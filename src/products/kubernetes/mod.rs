//! Kubernetes itself: traps of pods and images, whatever runs in them.

pub mod image;
pub mod standards;
pub mod pods;
pub mod names;
pub mod roles;
pub mod scaled;
pub mod scaling;

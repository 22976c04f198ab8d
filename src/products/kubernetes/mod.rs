//! Kubernetes itself: traps of pods, images and environment, whatever runs in them.

pub mod environment;
pub mod image;
pub mod pods;

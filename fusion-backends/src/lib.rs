//! Base protocols for Fusion and the models that they run.
#![forbid(unsafe_code)]

pub mod additive;
pub mod clear;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod model;

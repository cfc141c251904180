//! Base protocols for Fusion and the models that they run.
#![deny(unsafe_code)]

pub mod additive;
pub mod cheetah;
pub mod clear;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod model;

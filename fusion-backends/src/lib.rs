//! Base protocols for Fusion and the models that they run.
#![forbid(unsafe_code)]

pub mod model;

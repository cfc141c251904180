//! Base protocols for Fusion and the models that they run.
#![deny(unsafe_code)]
// Bytes of a peer flow nearly everywhere. Where they do not, a module allows what it needs.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

pub mod additive;
pub mod cheetah;
pub mod clear;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod model;
pub mod nonlinear;
pub mod ot;
pub mod rlwe;

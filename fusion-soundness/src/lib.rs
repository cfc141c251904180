//! What mix-and-check guarantees: pure mathematics, without I/O, floating point in decisions, or
//! dependencies.
//!
//! Mix-and-check ("Fusion: Efficient and Secure Inference Resilient to Malicious Servers", NDSS
//! 2023, arXiv 2205.03040).
//!
//! # Guarantee E: executions
//!
//! A server that makes the slots of any set S wrong, whatever the samples in them, survives with
//! at least one wrong query with probability at most
//!
//! ```text
//! max over s of  sum over c >= 1, 0 <= k <= slack, c*B + k = s  of  C(R,c) * C(T,k) / C(N,s)
//! ```
//!
//! because S must be all copies of c queries plus k checks that the slack forgives, and all
//! C(N,s) places of s slots are equally likely. [`Survival`] computes it.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

mod accuracy;
mod any_server;
mod binomial;
mod bound;
mod draw;
#[cfg(test)]
mod exact;
mod float;
mod interval;
mod inverse;
mod judge;
pub mod mixed;
mod parameters;
mod planner;
mod ratio;
mod risk;
mod search;
mod tails;

pub use accuracy::{AccuracyTargets, AccuracyTest, TargetError};
pub use any_server::AnyServer;
pub use bound::Survival;
pub use interval::Probability;
pub use inverse::{OverheadRow, overheads, queries_for_overhead};
pub use judge::{FAR, Judgement, Weakness, judge};
pub use mixed::ToleratedError;
pub use parameters::{MAX_SLOTS, ParameterError, Parameters};
pub use planner::{CostModel, MAX_SOUNDNESS, Plan, PlanError, Planner};
pub use ratio::{Ratio, RatioError};
pub use risk::{Demands, Missed, RiskTargets};
pub use search::cheapest;

//! What mix-and-check guarantees: pure mathematics, without I/O, floating point in decisions, or
//! dependencies.
//!
//! Mix-and-check ("Fusion: Efficient and Secure Inference Resilient to Malicious Servers", NDSS
//! 2023, arXiv 2205.03040).
//!
//! Everything here assumes a base protocol that is *blind and isolated*: whatever the server does,
//! and for every set of slots, what it sees and what is answered in these slots depend on the
//! samples in them alone. docs/security.md has the definition, what follows, and the proofs.
//!
//! | about | which servers | type |
//! | --- | --- | --- |
//! | a query, a batch | any | [`AnyServer`] |
//! | all batches with one server | any | [`SessionBound`] |
//! | a query, a batch | another model in some or all slots | [`ToleratedError`] |
//! | a batch | blind tampering (guarantee E) | [`Survival`] |
//! | accuracy, in a batch (guarantee A) | one model in all slots | [`AccuracyTest`] |
//! | accuracy, over a session | one model per batch | [`SequentialTest`] |
//!
//! [`Planner`] finds the cheapest batch for all that is asked; [`judge`] says what a batch lacks.
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
//! C(N,s) places of s slots are equally likely. [`Survival`] computes it. It is a statement about
//! a smaller class than any server, and never more than that one's.
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
mod confidence;
mod draw;
#[cfg(test)]
mod exact;
mod float;
mod interval;
mod inverse;
mod judge;
pub mod mixed;
mod parameters;
mod plan_error;
mod planner;
#[cfg(test)]
mod random;
mod ratio;
mod risk;
mod search;
mod sequential;
mod session;
mod tails;

pub use accuracy::{AccuracyTargets, AccuracyTest, TargetError};
pub use any_server::AnyServer;
pub use bound::Survival;
pub use confidence::{wrong_at_most, wrong_at_most_without_a_wrong_check};
pub use interval::Probability;
pub use inverse::{OverheadRow, overheads, queries_for_overhead};
pub use judge::{FAR, Judgement, Weakness, judge};
pub use mixed::ToleratedError;
pub use parameters::{MAX_SLOTS, ParameterError, Parameters};
pub use plan_error::PlanError;
pub use planner::{CostModel, MAX_SOUNDNESS, Plan, Planner};
pub use ratio::{Ratio, RatioError};
pub use risk::{Demands, Missed, RiskTargets};
pub use search::cheapest;
pub use sequential::{SequentialState, SequentialTest, Standing, StateError};
pub use session::{SessionBound, SessionError, average_per_query};

//! The hardening behind Fusion: what the generated code calls, and what can be called by hand.
//!
//! Method: mix-and-check, "Fusion: Efficient and Secure Inference Resilient to Malicious Servers"
//! (NDSS 2023, arXiv 2205.03040). Pure modules ([`soundness`], [`mix`], [`transcript`],
//! [`verify`]) do no I/O; [`Client`] and [`Server`] are the thin drivers that do.
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

pub mod channel;
mod check;
mod client;
mod connection;
mod entropy;
mod error;
mod freshness;
mod handshake;
mod lanes;
#[cfg(feature = "test-kit")]
pub mod misbehave;
pub mod mix;
mod policy;
mod protocol;
mod report;
mod rng;
pub mod semi_honest;
mod server;
mod session;
#[cfg(feature = "test-kit")]
pub mod testing;
pub mod transcript;
pub mod verify;
mod wire;

pub use fusion_soundness as soundness;

pub use channel::{Channel, ChannelError, Network, PollChannel};
pub use check::{Check, Pool};
pub use client::{Answers, Client};
pub use connection::{Connection, Observer};
pub use error::{Cause, Error, Failure, Incompatible, Malformed, Place, Rejection, Sample};
pub use lanes::{ClientLanes, MAX_LANES, ServerLanes};
pub use policy::{Misuse, Policy};
pub use protocol::{
    Batch, ClientRun, ClientSide, Column, Declaration, Declared, Executions, Kept, Left,
    MAX_PHASES, Outputs, Pair, Phase, PhaseError, Privacy, SemiHonest, ServerRun, ServerSide,
    Stage, StateError, Step,
};
pub use report::{
    AnyServerRisk, CheckTally, Costs, GuaranteeA, GuaranteeE, InnerCost, NOT_COVERED, PhaseCost,
    Report, SecondModel, SessionReport, SessionRisk, SessionStanding,
};
pub use rng::PhaseRng;
pub use server::{DEFAULT_MAX_SLOTS, Server};
pub use session::Session;
pub use soundness::{
    AccuracyTargets, AccuracyTest, AnyServer, CostModel, Parameters, Plan, PlanError, Planner,
    Ratio, RiskTargets, Survival, ToleratedError,
};
pub use verify::{Agreement, Compared, Exact, Projected, Projection, Verified};
pub use wire::{InnerPhase, Limits, Wire, WireReader, WireWriter};

/// What generated code calls; not part of the interface.
#[doc(hidden)]
pub mod __private;

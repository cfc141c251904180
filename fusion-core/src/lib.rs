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
mod client;
mod connection;
mod error;
mod handshake;
#[cfg(feature = "test-kit")]
pub mod misbehave;
pub mod mix;
mod policy;
mod protocol;
mod report;
mod rng;
pub mod semi_honest;
mod server;
pub mod transcript;
pub mod verify;
mod wire;

pub use fusion_soundness as soundness;

pub use channel::{Channel, ChannelError, Network};
pub use client::Client;
pub use connection::{Connection, Observer};
pub use error::{Error, Malformed, Place, Rejection};
pub use policy::{Misuse, Policy};
pub use protocol::{
    Batch, ClientRun, Column, Declaration, Declared, Kept, Outputs, Phase, PhaseError, Privacy,
    SemiHonest, ServerRun, Stage, StateError,
};
pub use report::{CheckTally, Costs, NOT_COVERED, PhaseCost, Report};
pub use rng::PhaseRng;
pub use server::{DEFAULT_MAX_SLOTS, Server};
pub use soundness::{
    AccuracyTargets, AccuracyTest, CostModel, Parameters, Plan, PlanError, Planner, Ratio,
    Survival, ToleratedError,
};
pub use verify::{Agreement, Check, Exact, Verified};
pub use wire::{Limits, Wire, WireReader, WireWriter};

/// What generated code calls; not part of the interface.
#[doc(hidden)]
pub mod __private {
    /// The two types in a `Result`, also behind an alias.
    pub trait Outcome {
        /// The type of success.
        type Ok;
        /// The type of failure.
        type Err;
        /// The result itself.
        fn outcome(self) -> Result<Self::Ok, Self::Err>;
    }

    impl<T, E> Outcome for Result<T, E> {
        type Ok = T;
        type Err = E;

        fn outcome(self) -> Result<T, E> {
            self
        }
    }
}

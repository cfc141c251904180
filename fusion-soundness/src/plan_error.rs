//! Why there is no plan, and what to change.

use std::fmt;

use crate::{AccuracyTargets, Demands, MAX_SLOTS, MAX_SOUNDNESS, ParameterError, RiskTargets};

/// Why there is no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// The numbers make no batch.
    Parameters(ParameterError),
    /// More than [`MAX_SOUNDNESS`] bits.
    TooMuchSoundness {
        /// The soundness asked for.
        soundness: u32,
    },
    /// There are not enough checks.
    TooFewChecks {
        /// With so many there is a plan: what the cheapest one takes, or the accuracy targets.
        needed: usize,
        /// How many there are.
        available: usize,
    },
    /// No batch of at most [`MAX_SLOTS`] executions is as sound as wanted.
    OutOfReach {
        /// R.
        queries: usize,
        /// The soundness asked for.
        soundness: u32,
    },
    /// No batch of at most [`MAX_SLOTS`] executions does all that is asked.
    RiskOutOfReach {
        /// R.
        queries: usize,
        /// What was asked for.
        demands: Demands,
    },
    /// A risk per session is asked for, and the slack forgives wrong checks in every batch.
    SessionWithSlack {
        /// The slack, as given or as the accuracy targets need it.
        slack: usize,
    },
    /// An honest server of the claimed accuracy is wrong, and accepted, more often than any server
    /// is to be.
    RiskBelowErrors {
        /// What was claimed.
        targets: AccuracyTargets,
        /// What was asked of any server.
        risk: RiskTargets,
    },
    /// More than [`MAX_SLOTS`] checks would be needed to tell the accuracies apart.
    AccuracyOutOfReach {
        /// What was to be told apart.
        targets: AccuracyTargets,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameters(error) => error.fmt(f),
            Self::TooMuchSoundness { soundness } => {
                write!(f, "soundness = {soundness} is more than {MAX_SOUNDNESS} bits; 40 is usual")
            }
            Self::TooFewChecks { needed, available } => write!(
                f,
                "this takes {needed} checks, {available} are available: supply more samples, or \
                 ask for less"
            ),
            Self::OutOfReach { queries, soundness } => write!(
                f,
                "{soundness} bits for {queries} queries take more than {MAX_SLOTS} executions: \
                 ask for less soundness or slack, or split the queries into several batches"
            ),
            Self::RiskOutOfReach { queries, demands } => write!(
                f,
                "{} bits and at most {} for {queries} queries take more than {MAX_SLOTS} \
                 executions: accept more risk, ask for less soundness or slack, or split the \
                 queries into several batches",
                demands.soundness, demands.risk
            ),
            Self::SessionWithSlack { slack } => write!(
                f,
                "no risk per session can be promised with slack = {slack}, because a server may \
                 do in every batch what is forgiven: ask per query or per batch, or take checks \
                 that hold the model's own answers and slack 0"
            ),
            Self::RiskBelowErrors { targets, risk } => write!(
                f,
                "an honest server of accuracy {} is itself wrong more often than {risk}: accept \
                 more risk, or take checks that hold the model's own answers",
                targets.claimed()
            ),
            Self::AccuracyOutOfReach { targets } => write!(
                f,
                "more than {MAX_SLOTS} checks would be needed to tell an accuracy of {} from {}: \
                 move them apart, or ask for fewer bits",
                targets.claimed(),
                targets.unacceptable()
            ),
        }
    }
}

impl std::error::Error for PlanError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Parameters(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ParameterError> for PlanError {
    fn from(error: ParameterError) -> Self {
        Self::Parameters(error)
    }
}

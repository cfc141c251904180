//! What can go wrong, and whose fault it is.

use std::io;

use crate::cheetah::nonlinear::LayerError;
use crate::cheetah::ot::OtError;
use crate::cheetah::rlwe::RlweError;
use crate::model::ModelError;

/// Why a phase of [`Cheetah`](super::Cheetah) did not finish.
///
/// # Security
///
/// Once the inputs are in play, whether a phase fails depends on what the peer sends and on nothing
/// that is secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheetahError {
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),

    /// The oblivious transfers failed.
    #[error("oblivious transfers: {0}")]
    Transfers(#[from] OtError),

    /// A layer that is not linear failed, or was not prepared.
    #[error("layer {layer}: {source}")]
    Layer {
        /// Position of the layer, from 0.
        layer: usize,
        /// Why.
        source: LayerError,
    },

    /// A linear layer failed.
    #[error("layer {layer} ({kind}): {source}")]
    Linear {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Why.
        source: RlweError,
    },

    /// What the server announced is nothing that a server announces for this architecture.
    #[error("what the server announced is malformed: {0}")]
    Announcement(#[from] Malformed),

    /// The client wants logits, and the server gives labels only; or the other way round.
    #[error(
        "the client wants {wanted:?} and the server gives {given:?}: change one of them \
         (`Cheetah::with_outputs` at the client, `Served::with_logits` at the server)"
    )]
    Outputs {
        /// What the client wants.
        wanted: super::Outputs,
        /// What the server gives.
        given: super::Outputs,
    },

    /// The values of a layer do not fit.
    #[error(
        "layer {layer} ({kind}) takes a ring of {bits} bits, at most {most} are supported; use \
         smaller weights or inputs, or a clamp or a larger shift before it"
    )]
    Ring {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Bits that it takes.
        bits: u32,
        /// Bits that are supported.
        most: u32,
    },

    /// The weights of a layer cannot be hidden from the client under any parameters.
    #[error("layer {layer} ({kind}): {source}; use smaller weights or a smaller batch")]
    Weights {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Why, under the largest parameters.
        source: RlweError,
    },

    /// There would not be enough memory. Nothing was sent.
    #[error(
        "{slots} slots take about {needed_mib} MiB, the limit is {limit_mib} MiB: run fewer slots at a \
         time, or raise the limit (`Cheetah::with_memory`)"
    )]
    Memory {
        /// Slots of the batch.
        slots: usize,
        /// What this party would take.
        needed_mib: u64,
        /// What it may take.
        limit_mib: u64,
    },

    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),

    /// A query has the wrong number of values. Nothing was sent.
    #[error("query {query} has {found} values, the architecture takes {expected}")]
    Width {
        /// Position in the batch.
        query: usize,
        /// Inputs of the architecture.
        expected: usize,
        /// Values in the query.
        found: usize,
    },

    /// A query has a value outside the range that the server announced. Nothing was sent.
    #[error("query {query} has values outside {low}..={high}, for which the model is made")]
    Range {
        /// Position in the batch.
        query: usize,
        /// The least value.
        low: i64,
        /// The largest value.
        high: i64,
    },

    /// There are not as many queries as slots were prepared. Nothing was sent.
    #[error("{found} queries for {expected} prepared slots")]
    Slots {
        /// Slots that were prepared.
        expected: usize,
        /// Queries.
        found: usize,
    },

    /// An earlier phase ran with another model or architecture, or in the other role, or not at all.
    #[error("an earlier phase ran with another model, or not at all")]
    Order,
}

/// What is wrong with an announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is too long.
    #[error("it is too long")]
    Length,
    /// It cannot be decoded, or has bytes left.
    #[error("it cannot be decoded")]
    Encoding,
    /// Its bits are not one for each value, or impossible.
    #[error("its bits do not fit the architecture")]
    Bits,
    /// Its parameters are not one for each linear layer.
    #[error("its parameters do not fit the architecture")]
    Sets,
}

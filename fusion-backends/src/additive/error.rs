//! What can go wrong, for a party and for the dealer.

use std::io;

use fusion_core::channel::ChannelError;
use serde::{Deserialize, Serialize};

/// Why a phase of [`Additive`](super::Additive) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdditiveError {
    /// The connection to the other party failed.
    #[error("the connection to the other party: {0}")]
    Io(#[from] io::Error),
    /// The connection to the dealer failed.
    #[error("the connection to the dealer: {0}")]
    Dealer(#[from] ChannelError),
    /// The dealer refused to serve.
    #[error("the dealer refused: {0}")]
    Refused(Refusal),
    /// The dealer sent something that no correct dealer sends.
    #[error("the dealer sent a malformed message")]
    Malformed,
    /// A query does not have the width of the model's input. Nothing was sent.
    #[error(
        "query {query} has {found} values and the model takes {expected}: \
         pad or crop it to `Architecture::inputs()` values"
    )]
    Width {
        /// Position of the query in the batch.
        query: usize,
        /// What the model takes.
        expected: usize,
        /// What the query has.
        found: usize,
    },
    /// There is not one query per slot. Nothing was sent.
    #[error("{found} queries for {expected} slots: run the offline phase for as many as you ask")]
    Slots {
        /// How many slots the offline phase prepared.
        expected: usize,
        /// How many queries there are.
        found: usize,
    },
    /// There is no such layer in this protocol. Nothing was sent.
    #[error(
        "layer {layer} is a {kind}: this protocol has dense layers, ReLUs and truncations; \
         `cheetah` has all kinds"
    )]
    Unsupported {
        /// Position of the layer.
        layer: usize,
        /// What it does.
        kind: &'static str,
    },
    /// Layers do not take what the one before them gives. Nothing was sent.
    #[error("this protocol runs chains of layers; `cheetah` runs any graph")]
    Graph,
    /// The material of an earlier phase belongs to another architecture.
    #[error("an earlier phase ran with another architecture: run setup and offline with this one")]
    Architecture,
}

/// Why [`Dealer::serve`](super::Dealer::serve) stopped. It has told both parties.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DealerError {
    /// The connection to the client failed.
    #[error("the connection to the client: {0}")]
    Client(#[source] ChannelError),
    /// The connection to the server failed.
    #[error("the connection to the server: {0}")]
    Server(#[source] ChannelError),
    /// The requests cannot be served.
    #[error("refused: {0}")]
    Refused(Refusal),
}

/// Why the dealer does not serve a pair of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// Client and server do not ask for the same.
    #[error("client and server ask for different models or batches")]
    Differ,
    /// Slots were asked for before a model.
    #[error("slots were asked for before a model")]
    NoModel,
    /// More than [`MAX_SLOTS`](super::MAX_SLOTS) slots or
    /// [`MAX_MATERIAL`](super::MAX_MATERIAL) words.
    #[error("the batch is too large: split it")]
    TooLarge,
    /// The model is not a chain of dense layers, ReLUs and truncations.
    #[error("the model has layers that this protocol does not have")]
    Unsupported,
    /// A request cannot be read.
    #[error("a request is malformed")]
    Malformed,
    /// One of the parties is gone or silent.
    #[error("the other party did not ask")]
    Absent,
}

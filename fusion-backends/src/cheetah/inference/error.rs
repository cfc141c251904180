//! What can go wrong, and whose fault it is.

use std::io;

use super::Part;
use crate::model::ModelError;
use crate::nonlinear::LayerError;
use crate::ot::OtError;
use crate::rlwe::RlweError;

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

    /// The parties hold different descriptions of the model. Nobody is to blame, and no query was looked
    /// at.
    #[error(
        "the parties hold different descriptions of the model: {} differ{}. Nothing of the queries was \
         used; give the client the description that belongs to what is served (`Served::description`)",
        list(parts),
        if parts.len() == 1 { "s" } else { "" }
    )]
    Description {
        /// What differs.
        parts: Vec<Part>,
    },

    /// A description describes no model.
    #[error("no model has such a description: {0}; take the one that its vendor published")]
    Invalid(&'static str),

    /// The server announced parameters that are none of the description's, or not for each layer.
    #[error(
        "the server announced parameters of the encryption that are none of those of the description"
    )]
    Sets,

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

    /// No batch can have this layer, whatever its number of slots.
    #[error("layer {layer} ({kind}) cannot be served: {source}; {}", advice(source))]
    Limit {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Why, under the largest parameters.
        source: RlweError,
    },

    /// The weights of a layer cannot be hidden from the client in such a batch under any parameters.
    #[error("layer {layer} ({kind}): {source}; {}", advice(source))]
    Weights {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Why, under the largest parameters.
        source: RlweError,
    },

    /// The model is not the described one.
    #[error("the model is not the described one: {0}")]
    Other(&'static str),

    /// A layer's values take more bits than the description has for them.
    #[error(
        "layer {layer} ({kind}) takes {bits} bits, the description has {most}: publish the description of \
         this model, or one with more bits"
    )]
    Described {
        /// Position of the layer, from 0.
        layer: usize,
        /// What it does.
        kind: &'static str,
        /// Bits that it takes.
        bits: u32,
        /// Bits that are described.
        most: u32,
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

fn list(parts: &[Part]) -> String {
    parts.iter().map(Part::to_string).collect::<Vec<_>>().join(", ")
}

/// What would do.
fn advice(why: &RlweError) -> &'static str {
    match why {
        RlweError::Shape(_) => "use a smaller layer, or cut it into several",
        RlweError::Weight => "use fewer fraction bits for its weights",
        _ => "use smaller weights or a smaller batch",
    }
}

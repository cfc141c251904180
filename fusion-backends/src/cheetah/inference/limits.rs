//! What no batch can have, found before there is one.

use super::batch::{Batch, encoding, shape};
use super::error::CheetahError;
use super::plan::Plan;
use crate::model::{Model, Source};
use crate::rlwe::{RlweError, Set, Weights};

/// Whether there is a way to compute each layer, by its sizes, for a batch of one slot.
///
/// # Errors
///
/// [`CheetahError::Limit`] or [`CheetahError::Layer`] for the first layer without.
pub(super) fn check_sizes(plan: &Plan) -> Result<(), CheetahError> {
    let mut sets = Vec::new();
    for (layer, node) in plan.architecture().nodes().iter().enumerate() {
        let Some(shape) = shape(&node.layer) else { continue };
        let ring = plan.ring(Source::Layer(layer));
        let set = first(plan.description().sets(), |set| encoding(ring, shape, set).map(|_| set));
        let kind = node.layer.kind();
        sets.push(set.map_err(|source| CheetahError::Limit { layer, kind, source })?);
    }
    Batch::new(plan, 1, &sets).map(drop)
}

/// Whether the weights of each layer can be hidden, in a batch of one slot, to so many bits.
///
/// # Errors
///
/// [`CheetahError::Limit`] for the first layer whose cannot.
pub(super) fn check_weights(model: &Model, plan: &Plan, hiding: u32) -> Result<(), CheetahError> {
    for (layer, node) in plan.architecture().nodes().iter().enumerate() {
        let (Some(linear), Some(shape)) = (model.linear(layer), shape(&node.layer)) else {
            continue;
        };
        let (ring, kind) = (plan.ring(Source::Layer(layer)), node.layer.kind());
        let hides = |set| Weights::check(&encoding(ring, shape, set)?, linear.weights(), hiding);
        first(plan.description().sets(), hides).map_err(|source| CheetahError::Limit {
            layer,
            kind,
            source,
        })?;
    }
    Ok(())
}

/// What comes of the first set that suits; why not of the last one, if none does.
pub(super) fn first<T>(
    sets: &[Set],
    mut suits: impl FnMut(Set) -> Result<T, RlweError>,
) -> Result<T, RlweError> {
    let mut failure = RlweError::Noise;
    for set in sets {
        match suits(*set) {
            Ok(found) => return Ok(found),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

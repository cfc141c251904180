//! The online phase, layer by layer: the client's half, then the server's.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::activation::{Activation, Kind};
use super::dense::add_product;
use super::error::AdditiveError;
use super::exchange::Exchange;
use super::link::{Words, decode, encode};
use super::material::{LayerShares, Shares};
use super::{Model, Party};
use crate::model::LayerShape;

/// Starts with the queries as its shares, and ends with the logits.
pub(super) fn client<R: Read, W: Write>(
    shares: &Shares,
    queries: &[Vec<i64>],
    peer: &mut Exchange<'_, R, W>,
) -> Result<Vec<Vec<i64>>, AdditiveError> {
    let mut x: Words =
        Zeroizing::new(queries.iter().flatten().map(|v| v.cast_unsigned()).collect());
    for (shape, layer) in shares.architecture.layers().zip(&shares.layers) {
        x = match layer {
            LayerShares::Dense { mask, output } => {
                let masked = x.iter().zip(mask.iter()).map(|(x, b)| x.wrapping_sub(*b));
                peer.say(encode(&masked.collect::<Vec<_>>()));
                output.clone()
            }
            LayerShares::Activation { .. } => activate(Party::Client, &shape, layer, &x, peer)?,
        };
    }
    let heard = peer.hear()?;
    let logits: Vec<i64> =
        x.iter().zip(decode(&heard)).map(|(a, b)| a.wrapping_add(b).cast_signed()).collect();
    Ok(logits.chunks(shares.architecture.outputs().max(1)).map(<[i64]>::to_vec).collect())
}

/// Starts with zeros as its shares, and ends with its share of the logits at the client.
pub(super) fn server<R: Read, W: Write>(
    model: &Model,
    shares: &Shares,
    peer: &mut Exchange<'_, R, W>,
) -> Result<(), AdditiveError> {
    peer.receive()?;
    let inputs = shares.architecture.inputs().saturating_mul(shares.slots);
    let mut x: Words = Zeroizing::new(vec![0; inputs]);
    let shapes = shares.architecture.layers().enumerate();
    for ((layer, shape), material) in shapes.zip(&shares.layers) {
        x = match (model.linear(layer), material) {
            (Some(dense), LayerShares::Dense { output, .. }) => {
                let heard = peer.hear()?;
                x.iter_mut().zip(decode(&heard)).for_each(|(x, open)| *x = x.wrapping_add(open));
                let mut y = output.clone();
                for slot in y.chunks_exact_mut(shape.outputs().max(1)) {
                    for (y, bias) in slot.iter_mut().zip(dense.bias()) {
                        *y = y.wrapping_add(bias.cast_unsigned());
                    }
                }
                add_product(dense.weights(), (shape.inputs(), shape.outputs()), &x, &mut y);
                y
            }
            _ => activate(Party::Server, &shape, material, &x, peer)?,
        };
    }
    peer.say(encode(&x));
    Ok(peer.send()?)
}

fn activate<R: Read, W: Write>(
    party: Party,
    shape: &LayerShape,
    material: &LayerShares,
    y: &[u64],
    peer: &mut Exchange<'_, R, W>,
) -> Result<Words, AdditiveError> {
    let kind = match shape {
        LayerShape::Relu { .. } => Kind::Relu,
        LayerShape::Truncate { .. } => Kind::Truncate,
        _ => return Err(AdditiveError::Architecture),
    };
    let LayerShares::Activation { layout, records } = material else {
        return Err(AdditiveError::Architecture);
    };
    let activation = Activation { party, kind, layout, records, width: shape.outputs() };
    Ok(activation.run(y, peer)?)
}

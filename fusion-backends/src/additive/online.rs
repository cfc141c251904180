//! The online phase, layer by layer: the client's half, then the server's.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::activation::Activation;
use super::dense::add_product;
use super::error::AdditiveError;
use super::exchange::Exchange;
use super::link::{Words, decode, encode};
use super::material::{LayerShares, Shares};
use super::{Model, Party};

/// Starts with the queries as its shares, and ends with the logits.
pub(super) fn client<R: Read, W: Write>(
    shares: &Shares,
    queries: &[Vec<i64>],
    peer: &mut Exchange<'_, R, W>,
) -> Result<Vec<Vec<i64>>, AdditiveError> {
    let mut x: Words =
        Zeroizing::new(queries.iter().flatten().map(|v| v.cast_unsigned()).collect());
    for layer in &shares.layers {
        x = match layer {
            LayerShares::Dense { mask, output, .. } => {
                let masked = x.iter().zip(mask.iter()).map(|(x, b)| x.wrapping_sub(*b));
                peer.say(encode(&masked.collect::<Vec<_>>()));
                output.clone()
            }
            LayerShares::Activation { kind, width, layout, records } => {
                let (party, kind, width) = (Party::Client, *kind, *width);
                Activation { party, kind, layout, records, width }.run(&x, peer)?
            }
        };
    }
    let heard = peer.hear()?;
    let logits: Vec<i64> =
        x.iter().zip(decode(&heard)).map(|(a, b)| a.wrapping_add(b).cast_signed()).collect();
    Ok(logits.chunks(shares.chain.outputs().max(1)).map(<[i64]>::to_vec).collect())
}

/// Starts with zeros as its shares, and ends with its share of the logits at the client.
pub(super) fn server<R: Read, W: Write>(
    model: &Model,
    shares: &Shares,
    peer: &mut Exchange<'_, R, W>,
) -> Result<(), AdditiveError> {
    peer.receive()?;
    let inputs = shares.chain.inputs().saturating_mul(shares.slots);
    let mut x: Words = Zeroizing::new(vec![0; inputs]);
    for (number, layer) in shares.layers.iter().enumerate() {
        x = match layer {
            LayerShares::Dense { inputs, outputs, output, .. } => {
                let dense = model.linear(number).ok_or(AdditiveError::Architecture)?;
                let heard = peer.hear()?;
                x.iter_mut().zip(decode(&heard)).for_each(|(x, open)| *x = x.wrapping_add(open));
                let mut y = output.clone();
                for slot in y.chunks_exact_mut((*outputs).max(1)) {
                    for (y, bias) in slot.iter_mut().zip(dense.bias()) {
                        *y = y.wrapping_add(bias.cast_unsigned());
                    }
                }
                add_product(dense.weights(), (*inputs, *outputs), &x, &mut y);
                y
            }
            LayerShares::Activation { kind, width, layout, records } => {
                let (party, kind, width) = (Party::Server, *kind, *width);
                Activation { party, kind, layout, records, width }.run(&x, peer)?
            }
        };
    }
    peer.say(encode(&x));
    Ok(peer.send()?)
}

//! The products of weights with requests, added up.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "the encoding's own counts; requests are read as many polynomials as it says"
)]

use std::ops::Range;

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::encode::Encoding;
use super::ntt::{PIECE, Table};
use super::params::Parameters;
use super::poly::Values;
use super::request::Cipher;

/// Weights of which the repeated values are written out at a time, so that they stay in fast memory.
const SPREAD: usize = 8;

/// The sums of the responses to some blocks of outputs.
///
/// For each piece of the values, for each block of outputs, for each patch, they are a piece of both
/// halves. So a piece is work of its own; its weights are read once, and its sums and inputs stay in
/// fast memory.
pub(super) struct Sums {
    responses: usize,
    pieces: Zeroizing<Vec<[u64; PIECE]>>,
}

impl Sums {
    /// Weights are polynomials: for each block of outputs, one for each block of channels.
    pub(super) fn of_polynomials(
        encoding: &Encoding,
        inputs: &[Cipher],
        outputs: Range<usize>,
        weights: &[Values],
    ) -> Self {
        let (channels, patches) = (encoding.channel_blocks(), encoding.patches());
        let gap = encoding.gap();
        let at_once = if gap == 1 { channels } else { SPREAD };
        Self::of_pieces(encoding, outputs.len(), |table, piece, sums| {
            let mut room = Zeroizing::new(Vec::new());
            let blocks = sums.chunks_exact_mut(2 * patches).zip(weights.chunks_exact(channels));
            for (output, (sums, weights)) in outputs.clone().zip(blocks) {
                let inputs = &inputs[encoding.inputs_of(output)];
                for (from, weights) in (0..).step_by(at_once).zip(weights.chunks(at_once)) {
                    let weights = pieces(weights, gap, piece, &mut room);
                    let inputs = inputs.chunks_exact(channels);
                    for ([first, second], inputs) in sums.as_chunks_mut().0.iter_mut().zip(inputs) {
                        let inputs = inputs[from..].iter().take(weights.len());
                        let inputs: Vec<_> = inputs.map(|input| input.pieces(piece)).collect();
                        table.accumulate([first, second], &weights, &inputs);
                    }
                }
            }
        })
    }

    /// Weights are numbers: for each block of outputs, one for each block of channels.
    pub(super) fn of_numbers(
        encoding: &Encoding,
        inputs: &[Cipher],
        outputs: Range<usize>,
        weights: &[i64],
    ) -> Self {
        let (channels, patches) = (encoding.channel_blocks(), encoding.patches());
        let outputs: Vec<_> = outputs.map(|output| encoding.inputs_of(output)).collect();
        Self::of_pieces(encoding, outputs.len(), |table, piece, mut sums| {
            let mut weights = weights;
            // Outputs of one group have the same inputs.
            for group in outputs.chunk_by(|a, b| a == b) {
                let (ours, rest) = sums.split_at_mut(group.len() * 2 * patches);
                let (numbers, others) = weights.split_at(group.len() * channels);
                (sums, weights) = (rest, others);
                let inputs = inputs[group[0].clone()].chunks_exact(channels).enumerate();
                for ((patch, inputs), half) in inputs.flat_map(|each| [(each, 0), (each, 1)]) {
                    let inputs: Vec<_> =
                        inputs.iter().map(|input| input.pieces(piece)[half]).collect();
                    table.combine(&mut ours[2 * patch + half..], 2 * patches, numbers, &inputs);
                }
            }
        })
    }

    fn of_pieces(
        encoding: &Encoding,
        outputs: usize,
        add: impl Fn(&Table, usize, &mut [[u64; PIECE]]) + Sync,
    ) -> Self {
        let parameters = encoding.parameters();
        let responses = outputs * encoding.patches();
        let mut pieces =
            Zeroizing::new(vec![[0; PIECE]; 2 * responses * parameters.numbers() / PIECE]);
        let each = pieces.par_chunks_exact_mut((2 * responses).max(1)).enumerate();
        each.for_each(|(piece, sums)| {
            add(&parameters.tables()[piece * PIECE / parameters.degree()], piece, sums);
        });
        Self { responses, pieces }
    }

    /// How many responses there are.
    pub(super) fn len(&self) -> usize {
        self.responses
    }

    /// The sums of one of them.
    pub(super) fn cipher(&self, parameters: &Parameters, which: usize) -> Cipher {
        let half = |half: usize| {
            let pieces = self.pieces.iter().skip(2 * which + half).step_by(2 * self.responses);
            Values::of_pieces(parameters, pieces)
        };
        Cipher { first: half(0), second: half(1) }
    }
}

/// A piece of the values of some weights; those that come many times in a row are written out in `room`.
fn pieces<'a>(
    weights: &'a [Values],
    gap: usize,
    piece: usize,
    room: &'a mut Vec<[u64; PIECE]>,
) -> Vec<&'a [u64; PIECE]> {
    if gap == 1 {
        return weights.iter().map(|weights| &weights.pieces()[piece]).collect();
    }
    room.resize(weights.len(), [0; PIECE]);
    for (room, weights) in room.iter_mut().zip(weights) {
        weights.spread(gap, piece, room);
    }
    room.iter().collect()
}

//! Sums of polynomials times numbers. A number times a polynomial is that number times each of its
//! values, so a layer all of whose polynomials of weights are numbers is a product of matrices:
//! integers of 31 bits with values below p.
//!
//! A value below 2^50 is cut into two halves of 25 bits, for each of which a sum is kept in 64 bits.
//! A weight is at most 2^30 in magnitude, so after [`TERMS`] terms a sum is at most
//!
//! ```text
//! 256 2^30 (2^25 - 1) < 2^63,
//! ```
//!
//! and is brought below p. That is done for light weights too, so that time does not depend on them.

use super::{PIECE, Prime};

/// Terms after which sums are brought below p.
const TERMS: usize = 256;
/// Sums of different weights that are made of them at once.
pub(super) const ROWS: usize = 4;
/// Bits of the low half of a value.
pub(super) const HALF: u32 = 25;
/// Values of each polynomial that are gathered at a time: a run in memory, of which those of many
/// polynomials fit a fast one.
const SPAN: usize = 64;

/// For each row, the sums of the low halves and of the high ones, of values that are summed at once.
pub(super) type Halves<const LANES: usize> = [[[i64; LANES]; 2]; ROWS];

/// Adds to sums, of which those of one row of weights stand `stride` apart, the sums of inputs times
/// weights. `rows` multiplies a few inputs with as many weights of each of a few rows.
#[inline(always)]
pub(super) fn combine<const LANES: usize>(
    prime: &Prime,
    sums: &mut [[u64; PIECE]],
    stride: usize,
    weights: &[i64],
    inputs: &[&[u64; PIECE]],
    rows: impl Fn(&[[u64; LANES]], [&[i64]; ROWS]) -> Halves<LANES>,
) {
    let channels = inputs.len();
    if channels == 0 {
        return;
    }
    let all: Vec<&[i64]> = weights.chunks_exact(channels).collect();
    let mut gathered = vec![[0; LANES]; channels * SPAN / LANES];
    let reduce = Reduce::new(prime);
    for start in (0..PIECE).step_by(SPAN) {
        for (channel, input) in inputs.iter().enumerate() {
            let lanes = input[start..start + SPAN].as_chunks::<LANES>().0;
            for (group, lanes) in lanes.iter().enumerate() {
                gathered[group * channels + channel] = *lanes;
            }
        }
        for (group, inputs) in gathered.chunks_exact(channels).enumerate() {
            let place = start + group * LANES;
            for (block, weights) in all.chunks(ROWS).enumerate() {
                for (from, inputs) in (0..).step_by(TERMS).zip(inputs.chunks(TERMS)) {
                    // The last block may be short: its first row stands in for the others.
                    let weights = std::array::from_fn(|row| {
                        &weights.get(row).unwrap_or(&weights[0])[from..from + inputs.len()]
                    });
                    let halves = rows(inputs, weights);
                    let sums = sums.iter_mut().step_by(stride).skip(block * ROWS).take(ROWS);
                    for (sum, [low, high]) in sums.zip(halves) {
                        let sum = &mut sum[place..place + LANES];
                        for (sum, (low, high)) in sum.iter_mut().zip(low.into_iter().zip(high)) {
                            *sum = prime.add(*sum, reduce.both(prime, low, high));
                        }
                    }
                }
            }
        }
    }
}

/// A few terms of a few rows.
pub(super) fn rows(inputs: &[[u64; 4]], weights: [&[i64]; ROWS]) -> Halves<4> {
    let mut halves = Halves::default();
    for (halves, weights) in halves.iter_mut().zip(weights) {
        for (input, weight) in inputs.iter().zip(weights) {
            for (lane, input) in input.iter().enumerate() {
                let (low, high) = (input & ((1 << HALF) - 1), input >> HALF);
                halves[0][lane] += low.cast_signed() * weight;
                halves[1][lane] += high.cast_signed() * weight;
            }
        }
    }
    halves
}

/// What brings sums below a prime.
struct Reduce {
    one: super::Factor,
    half: super::Factor,
    /// What 2^63 more in both sums adds.
    bias: u64,
}

impl Reduce {
    fn new(prime: &Prime) -> Self {
        let (one, half) = (prime.factor(1), prime.factor(1 << HALF));
        let bias = prime.add(prime.mul_factor(1 << 63, one), prime.mul_factor(1 << 63, half));
        Self { one, half, bias }
    }

    /// low + 2^25 high, modulo p.
    fn both(&self, prime: &Prime, low: i64, high: i64) -> u64 {
        let above_zero = |sum: i64| sum.cast_unsigned() ^ (1 << 63);
        let low = prime.mul_factor(above_zero(low), self.one);
        let high = prime.mul_factor(above_zero(high), self.half);
        prime.sub(prime.add(low, high), self.bias)
    }
}

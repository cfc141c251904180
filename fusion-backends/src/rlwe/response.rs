//! The server: its responses.

#![allow(
    clippy::indexing_slicing,
    reason = "lengths are the encoding's own, messages are read as many numbers as it says"
)]

use rand::CryptoRng;
use rayon::prelude::*;
use zeroize::Zeroizing;

use super::error::RlweError;
use super::params::Parameters;
use super::poly::{Coefficients, Values};
use super::request::{Cipher, Request};
use super::sample::Sampler;
use super::together;
use super::weights::Weights;
use crate::nonlinear::Shares;
use crate::ot::Width;
use crate::ot::bits::pack;

impl Weights {
    /// The response to a request, and the server's shares of the results.
    ///
    /// # Errors
    ///
    /// [`RlweError::Shape`] if the request is for another layer or other parameters.
    ///
    /// # Security
    ///
    /// The client learns its shares of the results, which are uniform, and of the weights nothing
    /// else, but for the distance that [`Weights::hiding`] says, at each call. That needs a client
    /// that makes its request as the protocol has it. See `noise.rs`.
    ///
    /// # Memory
    ///
    /// The request and the response, and at a time the sums of at most 64 responses, or of one block
    /// of outputs if that is more (then they are not more than the request): 64 times 2 N times the
    /// primes times 8 bytes. Compact weights are transformed at most 32 MiB at a time, or one block of
    /// outputs.
    pub fn answer<R: CryptoRng>(
        &self,
        request: &Request,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Shares), RlweError> {
        let encoding = self.encoding();
        let parameters = encoding.parameters();
        let other = request.encoding();
        if other.shape() != encoding.shape()
            || other.parameters().width() != parameters.width()
            || other.parameters().set() != parameters.set()
        {
            return Err(RlweError::Shape("the request is for another"));
        }
        let mut sampler = Sampler::new(rng);
        let mut bytes = Vec::with_capacity(encoding.response_bytes());
        let mut shares = Zeroizing::new(vec![0; encoding.shape().outputs_len()]);
        for batch in self.batches() {
            let first = batch.start.strict_mul(encoding.patches());
            let sums = self.multiply(&request.ciphers, batch);
            let samplers = sampler.fork(sums.len()).into_par_iter().enumerate();
            let responses = samplers.map(|(at, mut sampler)| {
                let places = encoding.results(first.strict_add(at)).map(|(place, _)| place);
                hide(parameters, &request.zero, sums.cipher(parameters, at), &mut sampler, places)
            });
            for (at, (response, masks)) in responses.collect::<Vec<_>>().into_iter().enumerate() {
                bytes.extend_from_slice(&response);
                let results = encoding.results(first.strict_add(at));
                for ((_, result), mask) in together(results, masks.iter()) {
                    shares[result] = mask.wrapping_neg();
                }
            }
        }
        Ok((bytes, Shares::new(parameters.width(), shares.iter().copied())))
    }
}

/// Adds a fresh encryption of zero, with its error for the second half left out: the flood takes its
/// place. Gives coefficients.
pub(super) fn randomise(
    parameters: &Parameters,
    zero: &Cipher,
    mut sum: Cipher,
    sampler: &mut Sampler,
) -> [Coefficients; 2] {
    let ephemeral = Values::of_small(parameters.tables(), &sampler.ternary(parameters.degree()));
    sum.first.add_product(parameters, &ephemeral, &zero.first);
    sum.second.add_product(parameters, &ephemeral, &zero.second);
    let mut first = sum.first.into_coefficients(parameters);
    first.add_small(parameters, &sampler.errors(parameters.degree()));
    [first, sum.second.into_coefficients(parameters)]
}

/// A response, and its masks: randomised, masked, flooded, rounded to few bits, and with the needed
/// coefficients only.
fn hide(
    parameters: &Parameters,
    zero: &Cipher,
    sum: Cipher,
    sampler: &mut Sampler,
    places: impl Iterator<Item = usize>,
) -> (Vec<u8>, Zeroizing<Vec<u64>>) {
    let [first, second] = randomise(parameters, zero, sum, sampler);
    let rounded = |fraction: u128, width: Width| {
        let half = 1_u128.wrapping_shl(127_u32.wrapping_sub(width.bits()));
        fraction.wrapping_add(half).wrapping_shr(128_u32.wrapping_sub(width.bits())) as u64
    };
    let width = parameters.first_width();
    let numbers = (0..parameters.degree()).map(|at| rounded(first.fraction(parameters, at), width));
    let mut bytes = pack(width, &numbers.collect::<Vec<_>>());

    let width = parameters.second_width();
    let mut masks = Zeroizing::new(Vec::with_capacity(parameters.degree()));
    let numbers = places.map(|place| {
        let (masked, mask) = mask_and_flood(parameters, sampler);
        masks.push(mask);
        rounded(second.fraction(parameters, place).wrapping_add(masked), width)
    });
    bytes.extend_from_slice(&pack(width, &numbers.collect::<Vec<_>>()));
    (bytes, masks)
}

/// A mask and a flood, in units of 2^-128, and the mask alone, below 2^l: the mask is uniform in
/// Z_2^l, and the flood the sum of three numbers that are uniform in [-1/4, 1/4) of 2^-(l + 1).
pub(super) fn mask_and_flood(parameters: &Parameters, sampler: &mut Sampler) -> (u128, u64) {
    let bits = parameters.bits();
    let mask = sampler.word() & parameters.width().mask();
    // Half of 2^-(l + 1).
    let part = 1_u128.wrapping_shl(126_u32.wrapping_sub(bits));
    let mut uniform = || sampler.double_word() & part.wrapping_sub(1);
    let flood = uniform().wrapping_add(uniform()).wrapping_add(uniform());
    let flood = flood.wrapping_sub(part).wrapping_sub(part >> 1);
    (u128::from(mask).wrapping_shl(128_u32.wrapping_sub(bits)).wrapping_add(flood), mask)
}

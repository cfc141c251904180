//! The server: its weights, and its responses.

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::encode::Encoding;
use super::error::RlweError;
use super::noise::{LEAST_HIDING, WEIGHT_BITS, Weight, hiding};
use super::ntt::PIECE;
use super::params::Parameters;
use super::poly::Values;
use super::request::{Cipher, PublicKey, Request};
use super::sample::Sampler;
use crate::cheetah::nonlinear::Shares;
use crate::cheetah::ot::Width;
use crate::cheetah::ot::bits::pack;

/// The weights of a layer, transformed: made once for a model, and used for every request.
pub struct Weights {
    encoding: Encoding,
    /// In the order of use: for each prime and piece of its values, for each block of outputs, one
    /// piece for each block of channels.
    pieces: Zeroizing<Vec<[u64; PIECE]>>,
    hiding: f64,
}

impl Weights {
    /// Transforms the weights: output channels, channels, rows, columns. They are signed integers.
    ///
    /// # Errors
    ///
    /// [`RlweError::Count`] if they are not as many as the layer has; [`RlweError::Weight`] if one is
    /// too large; [`RlweError::Noise`] or [`RlweError::Hiding`] if the modulus is too small for them,
    /// so that a larger [`Set`](super::Set) is needed.
    ///
    /// # Security
    ///
    /// `hiding` is how well the weights are hidden from the client, statistically, in bits, for each
    /// use of the layer; less than [`LEAST_HIDING`] counts as that. See `noise.rs`.
    pub fn prepare(encoding: &Encoding, weights: &[i64], hiding: u32) -> Result<Self, RlweError> {
        let wanted = hiding.max(LEAST_HIDING);
        let (parameters, expected) = (encoding.parameters(), encoding.shape().weights_len());
        if weights.len() != expected {
            return Err(RlweError::Count { expected, found: weights.len() });
        }
        if weights.iter().any(|weight| weight.unsigned_abs() > 1 << WEIGHT_BITS) {
            return Err(RlweError::Weight);
        }
        let bits = Self::hiding_of(encoding, weights)?;
        if bits < f64::from(wanted) {
            return Err(RlweError::Hiding { bits, wanted });
        }
        let (channels, outputs) = (encoding.channel_blocks(), encoding.output_blocks());
        let each = channels.saturating_mul(outputs);
        let mut pieces =
            Zeroizing::new(vec![[0; PIECE]; each.saturating_mul(parameters.numbers() / PIECE)]);
        for output in 0..outputs {
            for channel in 0..channels {
                let numbers = encoding.weights(channel, output, weights);
                let values = Values::of_small(parameters, &numbers);
                let place = output.saturating_mul(channels).saturating_add(channel);
                let places = pieces.iter_mut().skip(place).step_by(each.max(1));
                places.zip(values.pieces()).for_each(|(piece, values)| *piece = *values);
            }
        }
        Ok(Self { pieces, encoding: encoding.clone(), hiding: bits })
    }

    /// To how many bits the weights are hidden from the client at each use, if results are right.
    fn hiding_of(encoding: &Encoding, weights: &[i64]) -> Result<f64, RlweError> {
        let parameters = encoding.parameters();
        let mut heaviness = Vec::with_capacity(encoding.output_blocks());
        for outputs in 0..encoding.output_blocks() {
            let mut weight = Weight::default();
            for channels in 0..encoding.channel_blocks() {
                weight.add(&encoding.weights(channels, outputs, weights));
            }
            weight.check(parameters)?;
            heaviness.push(weight);
        }
        let groups = encoding.groups();
        let each = heaviness.iter().flat_map(|weight| std::iter::repeat_n(*weight, groups));
        let needed = (0..encoding.responses()).map(|which| encoding.needed(which));
        Ok(hiding(parameters, needed.zip(each)))
    }

    /// The layer.
    #[must_use]
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// How well the weights are hidden: the statistical distance is at most 2 to the minus this, at
    /// each use of the layer.
    #[must_use]
    pub fn hiding(&self) -> f64 {
        self.hiding
    }

    /// The response to a request, and the server's shares of the results.
    ///
    /// # Errors
    ///
    /// [`RlweError::Shape`] if the request or the key is for another layer or other parameters.
    ///
    /// # Security
    ///
    /// The client learns its shares of the results, which are uniform, and of the weights nothing
    /// else: see `noise.rs`. That needs a client whose key and request are as the protocol has them.
    pub fn answer<R: CryptoRng>(
        &self,
        key: &PublicKey,
        request: &Request,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Shares), RlweError> {
        let encoding = &self.encoding;
        let parameters = encoding.parameters();
        if request.encoding().shape() != encoding.shape()
            || request.encoding().parameters().width() != parameters.width()
            || [request.encoding().parameters(), key.parameters()]
                .iter()
                .any(|other| other.set() != parameters.set())
        {
            return Err(RlweError::Shape("the request is for another"));
        }
        let mut sampler = Sampler::new(rng);
        let mut bytes = Vec::with_capacity(encoding.response_bytes());
        let mut shares = Zeroizing::new(vec![0; encoding.shape().outputs_len()]);
        let sums = accumulate(encoding, &self.pieces, &request.ciphers);
        for (which, sum) in sums.into_iter().enumerate() {
            let mut mask = |result: usize, mask: u64| {
                if let Some(share) = shares.get_mut(result) {
                    *share = mask.wrapping_neg();
                }
            };
            let places = encoding.results(which);
            hide(parameters, key, sum, &mut sampler, places, &mut mask, &mut bytes);
        }
        Ok((bytes, Shares::new(parameters.width(), shares.iter().copied())))
    }
}

#[cfg(test)]
impl Weights {
    pub(super) fn pieces(&self) -> &[[u64; PIECE]] {
        &self.pieces
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// The sums of the products: for each block of outputs, one for each group.
///
/// Weights are read once and in order; the sums and inputs of one piece stay in fast memory.
pub(super) fn accumulate(
    encoding: &Encoding,
    weights: &[[u64; PIECE]],
    inputs: &[Cipher],
) -> Vec<Cipher> {
    let parameters = encoding.parameters();
    let (channels, groups) = (encoding.channel_blocks().max(1), encoding.groups().max(1));
    let zero = || Cipher { first: Values::zero(parameters), second: Values::zero(parameters) };
    let mut sums: Vec<_> = (0..encoding.responses()).map(|_| zero()).collect();
    let of_piece = channels.saturating_mul(encoding.output_blocks()).max(1);
    let of_prime = (parameters.degree() / PIECE).max(1);
    for (piece, weights) in weights.chunks_exact(of_piece).enumerate() {
        let Some(table) = parameters.tables().get(piece / of_prime) else { break };
        let inputs: Vec<_> = inputs.iter().filter_map(|input| input.pieces(piece)).collect();
        let outputs = sums.chunks_exact_mut(groups).zip(weights.chunks_exact(channels));
        for (sums, weights) in outputs {
            for (sum, inputs) in sums.iter_mut().zip(inputs.chunks_exact(channels)) {
                if let Some(sum) = sum.pieces_mut(piece) {
                    table.accumulate(sum, weights, inputs);
                }
            }
        }
    }
    sums
}

/// Adds a fresh encryption of zero, with its error for the second half left out: the flood takes its
/// place. Gives coefficients.
pub(super) fn randomise(
    parameters: &Parameters,
    key: &PublicKey,
    mut sum: Cipher,
    sampler: &mut Sampler,
) -> [super::poly::Coefficients; 2] {
    let ephemeral = Values::of_small(parameters, &sampler.ternary(parameters.degree()));
    sum.first.add_product(parameters, &ephemeral, &key.zero.first);
    sum.second.add_product(parameters, &ephemeral, &key.zero.second);
    let mut first = sum.first.into_coefficients(parameters);
    first.add_small(parameters, &sampler.errors(parameters.degree()));
    [first, sum.second.into_coefficients(parameters)]
}

/// Appends a response: randomised, masked, flooded, rounded to few bits, and with the needed
/// coefficients only. `mask` is told the mask of each result.
fn hide(
    parameters: &Parameters,
    key: &PublicKey,
    sum: Cipher,
    sampler: &mut Sampler,
    places: impl Iterator<Item = (usize, usize)>,
    mask: &mut impl FnMut(usize, u64),
    bytes: &mut Vec<u8>,
) {
    let [first, second] = randomise(parameters, key, sum, sampler);
    let rounded = |fraction: u128, width: Width| {
        let half = 1_u128.wrapping_shl(127_u32.wrapping_sub(width.bits()));
        fraction.wrapping_add(half).wrapping_shr(128_u32.wrapping_sub(width.bits())) as u64
    };
    let width = parameters.first_width();
    let numbers = (0..parameters.degree()).map(|at| rounded(first.fraction(parameters, at), width));
    bytes.extend_from_slice(&pack(width, &numbers.collect::<Vec<_>>()));

    let width = parameters.second_width();
    let numbers = places.map(|(place, result)| {
        let (masked, of_result) = mask_and_flood(parameters, sampler);
        mask(result, of_result);
        rounded(second.fraction(parameters, place).wrapping_add(masked), width)
    });
    bytes.extend_from_slice(&pack(width, &numbers.collect::<Vec<_>>()));
}

/// A mask and a flood, in units of 2^-128, and the mask alone, below 2^l: the mask is uniform in
/// Z_2^l, and the flood in [-3/4, 3/4) of 2^-(l + 1).
pub(super) fn mask_and_flood(parameters: &Parameters, sampler: &mut Sampler) -> (u128, u64) {
    let bits = parameters.bits();
    let mask = sampler.word() & parameters.width().mask();
    // Three quarters of 2^-l: one of three parts, and a place in it.
    let part = 1_u128.wrapping_shl(126_u32.wrapping_sub(bits));
    let place = sampler.double_word() & part.wrapping_sub(1);
    let flood = part.wrapping_mul(u128::from(sampler.third())).wrapping_add(place);
    let flood = flood.wrapping_sub(part).wrapping_sub(part >> 1);
    (u128::from(mask).wrapping_shl(128_u32.wrapping_sub(bits)).wrapping_add(flood), mask)
}

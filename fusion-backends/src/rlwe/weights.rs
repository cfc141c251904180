//! The server: its weights, and their products with requests.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the encoding's own counts, which `Weights::prepare` compares with the weights"
)]

use std::ops::Range;

use rayon::prelude::*;
use zeroize::Zeroizing;

use super::encode::{Encoding, Path};
use super::error::RlweError;
use super::noise::{LEAST_HIDING, WEIGHT_BITS, Weight, hiding};
use super::poly::Values;
use super::product::Sums;
use super::request::Cipher;
use super::together;

/// How weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Transformed, once for a model. The fastest, and takes [`Encoding::weight_bytes`].
    Transformed,
    /// As the integers that they are, and transformed at each use. For batches, where a use is one for
    /// all slots, and for layers whose polynomials hold few weights each.
    Compact,
}

/// The weights of a layer: made once for a model, and used for every request.
pub struct Weights {
    encoding: Encoding,
    kept: Kept,
    noise: Noise,
}

/// What the noise of a layer leaves.
#[derive(Clone, Copy)]
struct Noise {
    hiding: f64,
    margin: f64,
}

enum Kept {
    /// For each block of outputs, one for each block of channels, with N / g values for each prime.
    Transformed(Vec<Values>),
    Compact(Zeroizing<Vec<i64>>),
    /// Where each polynomial is a number: in the order of transformed ones.
    Numbers(Zeroizing<Vec<i64>>),
}

/// Values of compact weights that are transformed at a time, if one block of outputs is not more.
const VALUES_AT_ONCE: usize = 1 << 22;
/// Responses that are made at a time, if one block of outputs has not more.
const RESPONSES_AT_ONCE: usize = 64;

impl Weights {
    /// Takes the weights: output channels, channels of their group, rows, columns. They are signed
    /// integers. Storage makes no difference where each polynomial of weights is one number, as it is
    /// for images of one channel and a kernel of one pixel: they are kept as they are, and no more is
    /// needed.
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
    /// use of the layer; less than [`LEAST_HIDING`] counts as that. See `noise.rs`. The set is public:
    /// whoever chooses it by the weights tells the client a little of them.
    pub fn prepare(
        encoding: &Encoding,
        weights: &[i64],
        hiding: u32,
        storage: Storage,
    ) -> Result<Self, RlweError> {
        let noise = checked(encoding, weights, hiding)?;
        let kept = match storage {
            _ if encoding.path() == Path::Numbers => Kept::Numbers(numbers(encoding, weights)),
            Storage::Transformed => {
                Kept::Transformed(transform(encoding, weights, 0..encoding.output_blocks()))
            }
            Storage::Compact => Kept::Compact(Zeroizing::new(weights.to_vec())),
        };
        Ok(Self { encoding: encoding.clone(), kept, noise })
    }

    /// Whether the weights can be [prepared](Self::prepare), without doing so.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare).
    pub fn check(encoding: &Encoding, weights: &[i64], hiding: u32) -> Result<(), RlweError> {
        checked(encoding, weights, hiding).map(drop)
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
        self.noise.hiding
    }

    /// [`hiding`](Self::hiding), of so many uses together: floods are independent, so the squares of
    /// their distances add up (see `noise.rs`), and half of the logarithm is lost.
    #[must_use]
    pub fn hiding_of(&self, uses: usize) -> f64 {
        self.noise.hiding - (uses.max(1) as f64).log2() / 2.0
    }

    /// The noise margin, in bits: by how much the noise could be larger than it is in the worst case, and
    /// results still be right. It depends on the weights, so it is for the server alone.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.noise.margin
    }

    /// Blocks of outputs that are computed together.
    pub(super) fn batches(&self) -> impl Iterator<Item = Range<usize>> {
        let encoding = &self.encoding;
        let primes = encoding.parameters().primes();
        let of_weights = match self.kept {
            Kept::Compact(_) => encoding.channel_blocks() * primes * encoding.transformed(),
            Kept::Transformed(_) | Kept::Numbers(_) => 1,
        };
        let most = VALUES_AT_ONCE / of_weights;
        let most = most.min(RESPONSES_AT_ONCE / encoding.patches()).max(1);
        let all = encoding.output_blocks();
        (0..all).step_by(most).map(move |first| first..(first + most).min(all))
    }

    /// The sums of products that the responses to some blocks of outputs are made of.
    pub(super) fn multiply(&self, inputs: &[Cipher], outputs: Range<usize>) -> Sums {
        let encoding = &self.encoding;
        let channels = encoding.channel_blocks();
        let all = outputs.start * channels..outputs.end * channels;
        match &self.kept {
            Kept::Transformed(weights) => {
                Sums::of_polynomials(encoding, inputs, outputs, &weights[all])
            }
            Kept::Compact(weights) => {
                let weights = transform(encoding, weights, outputs.clone());
                Sums::of_polynomials(encoding, inputs, outputs, &weights)
            }
            Kept::Numbers(weights) => Sums::of_numbers(encoding, inputs, outputs, &weights[all]),
        }
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// The noise that the weights leave, if it suffices.
fn checked(encoding: &Encoding, weights: &[i64], hiding: u32) -> Result<Noise, RlweError> {
    let wanted = hiding.max(LEAST_HIDING);
    let expected = encoding.shape().weights_len();
    if weights.len() != expected {
        return Err(RlweError::Count { expected, found: weights.len() });
    }
    if weights.iter().any(|weight| weight.unsigned_abs() > 1 << WEIGHT_BITS) {
        return Err(RlweError::Weight);
    }
    let noise = noise_of(encoding, weights)?;
    if noise.hiding < f64::from(wanted) {
        return Err(RlweError::Hiding { bits: noise.hiding, wanted });
    }
    Ok(noise)
}

/// To how many bits the weights are hidden from the client at each use, and the margin; if results are
/// right.
fn noise_of(encoding: &Encoding, weights: &[i64]) -> Result<Noise, RlweError> {
    let parameters = encoding.parameters();
    let mut all = Vec::with_capacity(encoding.output_blocks());
    for outputs in 0..encoding.output_blocks() {
        let mut weight = Weight::default();
        for channels in 0..encoding.channel_blocks() {
            encoding.each_weight(channels, outputs, |_, number| {
                weight.add(weights[number]);
            });
        }
        weight.check(parameters)?;
        all.push(weight);
    }
    let patches = encoding.patches();
    let each = all.iter().flat_map(|weight| std::iter::repeat_n(*weight, patches));
    let needed = (0..encoding.responses()).map(|which| encoding.needed(which));
    let margins = all.iter().map(|weight| weight.margin(parameters));
    let margin = margins.fold(f64::INFINITY, f64::min);
    Ok(Noise { hiding: hiding(parameters, together(needed, each)), margin })
}

/// Transforms the weights of some blocks of outputs.
fn transform(encoding: &Encoding, weights: &[i64], outputs: Range<usize>) -> Vec<Values> {
    let channels = encoding.channel_blocks();
    let polynomials = outputs.into_par_iter().flat_map(|output| {
        (0..channels).into_par_iter().map(move |channel| {
            let numbers = Zeroizing::new(encoding.weights(channel, output, weights));
            Values::of_small(encoding.transforms(), &numbers)
        })
    });
    polynomials.collect()
}

/// The weights in the order of polynomials, each of which is one of them.
fn numbers(encoding: &Encoding, weights: &[i64]) -> Zeroizing<Vec<i64>> {
    let mut numbers = Zeroizing::new(Vec::with_capacity(weights.len()));
    for output in 0..encoding.output_blocks() {
        for channel in 0..encoding.channel_blocks() {
            encoding.each_weight(channel, output, |_, which| {
                numbers.push(weights[which]);
            });
        }
    }
    numbers
}

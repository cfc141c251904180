//! How much noise there is, what it costs in correctness, and how well it hides the weights.
//!
//! Numbers of the torus R/Z: a result y of Z_2^l is y / 2^l, and a coefficient mod q is divided by q.
//! *Room* is 2^-(l+1): a number that is closer than that to y / 2^l is rounded to y.
//!
//! # What a response is
//!
//! For one response, let w be all its weight polynomials, W the sum of the squares of all their
//! coefficients, and |w| the sum of their magnitudes. A request has (a_i, b_i) with
//! b_i + a_i s = (q / 2^l) x_i + e_i + r_i, where e_i is the client's error and r_i what both parties'
//! roundings add. With a ternary u and an error f of its own, and the client's public key
//! p_0 + p_1 s = g, the server computes
//!
//! ```text
//! a = sum w_i a_i + u p_1 + f,    b = sum w_i b_i + u p_0,
//! b + a s = (q / 2^l) sum w_i x_i + v,    v = sum w_i (e_i + r_i) + u g + f s.
//! ```
//!
//! Then it adds T_j to each needed coefficient b_j / q, in units of 2^-128: a mask y_j uniform in
//! Z_2^l, and a flood F_j uniform in [-3/4 room, 3/4 room). What is sent is a / q rounded to l + 3 +
//! log2 N bits, and (b_j / q + T_j) rounded to l + 4 bits, for needed j only.
//!
//! # Correctness, always
//!
//! What the client computes is off by at most: the flood, 3/4 room; the rounding of a, at most
//! N 2^-(l + 4 + log2 N) = room / 8; the rounding of b, room / 16; v / q, for which room / 32 is left;
//! and units of 2^-128, at most 6 (N + 1) of them, far below room / 32. So a layer is accepted if
//!
//! ```text
//! 23 |w| + 2 N 21 <= 2^(log2 q - l - 7),
//! ```
//!
//! where an error is at most 21, each of two roundings is below 1, and log2 q stands for the bits of
//! q (q is larger than 2^bits (1 - 2^-10), which one of the seven bits pays for). Results are never
//! wrong, not just rarely.
//!
//! # Hiding the weights
//!
//! The client knows s, e, g and all it sent, so it sees a, and from b_j the number
//! (y_j + sum) / 2^l + (V_j + F_j), where V_j is v_j / q with at most 8 units of 2^-128 from the
//! computation of fractions. The mask makes y_j + sum uniform: it is the client's share. Two steps
//! lead to a view that has nothing of the weights but that:
//!
//! 1. *V is dropped.* A uniform number on an interval of length 3/2 room changes by a shift of V_j in
//!    statistical distance |V_j| / (3/2 room) at most. The distance of whole views is at most the mean, over
//!    all that is random, of the sum over the needed coefficients. The mean of |v_j| is at most the
//!    root of the mean of its square, and that is
//!
//!    W (21/2 + 1/4 + 1/4) + 2 N (2/3) (21/2) = 11 W + 14 N:
//!
//!    all terms have mean zero and are uncorrelated, since errors and u are fresh and symmetric, and
//!    each party rounds at random with the right mean, whatever it rounds. (The first rounding is the
//!    client's, so this needs a client that follows the protocol, as does the key.)
//! 2. *a is uniform.* What is left depends on u and f by a = (...) + u p_1 + f alone: an RLWE sample
//!    with a fresh ternary secret and an error, of the same N and q as all others, whose p_1 is a
//!    hash. By RLWE a is indistinguishable from uniform.
//!
//! The distance of a layer is the sum over its responses, with n needed coefficients each, of
//!
//! ```text
//! n (2/3) 2^(l+1) ((11 W + 14 N)^(1/2) / q + 2^-125),
//! ```
//!
//! which is computed with all roundings up and must be at most 2^-40. Distances add up over the
//! layers and slots that one client sees: 10,000 of them at 2^-40 each leave 2^-26. Whoever needs
//! 2^-40 for all asks for more at each layer, and usually gets it, as most layers are well above.
//!
//! Modulus switching comes after the flood, and changes neither step: it is computed from the view.

#![allow(clippy::arithmetic_side_effects, reason = "sums are of bounded weights, in 128 bits")]

use super::error::RlweError;
use super::params::Parameters;
use super::sample::{LARGEST_ERROR, TWICE_VARIANCE};

/// Weights are at most 2 to this in magnitude.
pub(super) const WEIGHT_BITS: u32 = 30;

/// The least statistical security, in bits, with which the weights of a layer are hidden.
pub const LEAST_HIDING: u32 = 40;

/// The weights of a response, as far as they matter here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    /// The sum of the squares of all coefficients: W.
    pub(super) squares: u128,
    /// The sum of their magnitudes: |w|.
    pub(super) magnitudes: u128,
}

impl Weight {
    /// Adds one more weight, which is bounded by [`WEIGHT_BITS`].
    pub(super) fn add(&mut self, weight: i64) {
        let magnitude = u128::from(weight.unsigned_abs());
        self.magnitudes += magnitude;
        self.squares += magnitude * magnitude;
    }

    /// The variance of v is at most this.
    pub(super) fn variance(&self, parameters: &Parameters) -> f64 {
        let error = f64::from(TWICE_VARIANCE) / 2.0;
        let zero = 4.0 / 3.0 * error * parameters.degree() as f64;
        (error + 0.5) * self.squares as f64 + zero
    }

    /// The magnitude of v is at most this.
    pub(super) fn largest(&self, parameters: &Parameters) -> u128 {
        let error = u128::from(LARGEST_ERROR);
        (error + 2) * self.magnitudes + 2 * error * parameters.degree() as u128
    }

    /// Whether results are always right.
    pub(super) fn check(&self, parameters: &Parameters) -> Result<(), RlweError> {
        let bits = parameters.set().modulus_bits() - parameters.bits() - 7;
        if self.largest(parameters) <= 1 << bits { Ok(()) } else { Err(RlweError::Noise) }
    }
}

/// How well a layer's weights are hidden, in bits: from its responses, each with its needed
/// coefficients. Rounded down.
pub(super) fn hiding(
    parameters: &Parameters,
    responses: impl IntoIterator<Item = (usize, Weight)>,
) -> f64 {
    let power = |exponent: u32| 2_f64.powi(exponent.cast_signed());
    let modulus = power(parameters.set().modulus_bits()) * (1.0 - 1.0 / 1024.0);
    let each = |(needed, weight): (usize, Weight)| {
        needed as f64 * (weight.variance(parameters).sqrt() / modulus + 1.0 / power(125))
    };
    let flood = 1.5 / power(parameters.bits() + 1);
    let distance: f64 = responses.into_iter().map(each).sum::<f64>() / flood;
    // Rounding of floats is far below a thousandth, of a logarithm too.
    -distance.log2() - 0.001
}

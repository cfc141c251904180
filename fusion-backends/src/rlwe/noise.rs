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
//! Z_2^l, and a flood F_j, the sum of three numbers uniform in [-room / 4, room / 4). What is sent is
//! a / q rounded to l + 3 + log2 N bits, and (b_j / q + T_j) rounded to l + 4 bits, for needed j only.
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
//! 1. *V is dropped.* Given all but the floods, those are independent, and V shifts them. Let p be the
//!    law of a flood, in units of 2^-128: the sum of three numbers uniform on M = 2^126-l integers. The
//!    squared Hellinger distance of a shift by one unit is
//!
//!    ```text
//!    h^2 = 1/2 sum over i of (p(i + 1)^(1/2) - p(i)^(1/2))^2 <= I / (8 M^2),    I = 4.57,
//!    ```
//!
//!    where I is the Fisher information of the sum of three uniform numbers in [0, 1), 4.5621, rounded up.
//!    (At both ends p(i) = (i + 1)(i + 2) / (2 M^3), so a term is at most (1 + 1 / (2 i + 3))^2 / (2 M^3),
//!    and their sum as in the limit but for a factor of 1 + (2 + ln M) / M. In between p is 1 / (2 M) or
//!    more and a step at most 1 / M^2, so terms are as in the limit but for a factor of 1 + O(1 / M). M is
//!    at least 2^81; a test computes the sum for M up to 2^16.) By the triangle inequality a shift by V units is at most
//!    V times as far; over independent floods the squares add up at most; and the statistical distance
//!    is at most the root of twice the square. So it is at most (I sum of V_j^2)^(1/2) / (2 M), over all
//!    needed coefficients of all responses of the layer. The distance of whole views is at most the mean
//!    of that over all else that is random, which is at most the root of the mean of the square
//!    (Jensen), and the mean of v_j^2 is at most
//!
//!    W (21/2 + 1/4 + 1/4) + 2 N (2/3) (21/2) = 11 W + 14 N:
//!
//!    all terms have mean zero and are uncorrelated, since errors and u are fresh and symmetric, and
//!    each party rounds at random with the right mean, whatever it rounds. (The first rounding is the
//!    client's, so this needs a client that follows the protocol, as does the key.) A uniform flood
//!    would be worse: its distance grows with n, and not with the root of n.
//! 2. *a is uniform.* What is left depends on u and f by a = (...) + u p_1 + f alone: an RLWE sample
//!    with a fresh ternary secret and an error, of the same N and q as all others, whose p_1 is a
//!    hash. By RLWE a is indistinguishable from uniform.
//!
//! With n needed coefficients in each response, the distance of a layer is at most
//!
//! ```text
//! (4.57)^(1/2) 2^(l+1) ((sum of n (11 W + 14 N))^(1/2) / q + (sum of n)^(1/2) 2^-125),
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
        let allowed = 1 << allowed_bits(parameters);
        if self.largest(parameters) <= allowed { Ok(()) } else { Err(RlweError::Noise) }
    }

    /// By how many bits v could be larger than its largest magnitude, and results still be right.
    pub(super) fn margin(&self, parameters: &Parameters) -> f64 {
        f64::from(allowed_bits(parameters)) - (self.largest(parameters) as f64).log2()
    }
}

/// log2 of the largest magnitude of v with which results are always right.
fn allowed_bits(parameters: &Parameters) -> u32 {
    parameters.set().modulus_bits() - parameters.bits() - 7
}

/// The Fisher information of the sum of three uniform numbers in [0, 1), rounded up.
pub(super) const INFORMATION: f64 = 4.57;

/// How well a layer's weights are hidden, in bits: from its responses, each with its needed
/// coefficients. Rounded down.
pub(super) fn hiding(
    parameters: &Parameters,
    responses: impl IntoIterator<Item = (usize, Weight)>,
) -> f64 {
    let power = |exponent: u32| 2_f64.powi(exponent.cast_signed());
    let modulus = power(parameters.set().modulus_bits()) * (1.0 - 1.0 / 1024.0);
    let (mut count, mut squares) = (0.0, 0.0);
    for (needed, weight) in responses {
        count += needed as f64;
        squares += needed as f64 * weight.variance(parameters);
    }
    let shift = squares.sqrt() / modulus + f64::sqrt(count) / power(125);
    let distance = INFORMATION.sqrt() * power(parameters.bits() + 1) * shift;
    // Rounding of floats is far below a thousandth, of a logarithm too.
    -distance.log2() - 0.001
}

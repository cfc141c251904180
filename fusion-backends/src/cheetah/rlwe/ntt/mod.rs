//! The negacyclic number-theoretic transform: polynomials modulo X^N + 1 and a prime, to their
//! values at the roots of X^N + 1 and back. Constant time.
//!
//! The values stand in bit-reversed order. Each function runs on AVX2 where the processor has it and
//! on plain integers elsewhere, with the same results. A kernel for AVX-512 IFMA (52-bit multiplies)
//! is not written: primes below 2^50 leave the room that it would need.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own, never the peer's, and numbers are below their prime"
)]

mod portable;
mod scalar;
mod workloads;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

#[cfg(test)]
mod tests;

use super::prime::{Factor, Prime};
pub use workloads::workloads;

/// Values that are accumulated at a time: few enough that both sums, the weights and the inputs of
/// one term fit the fastest memory.
pub(super) const PIECE: usize = 512;

/// The instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Portable,
    /// Four numbers at a time, with fused multiplication and addition.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Level {
    /// Those that this processor has.
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        if Self::best() != Self::Portable {
            all.push(Self::best());
        }
        all
    }

    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        return x86::best();
        #[cfg(not(target_arch = "x86_64"))]
        return Self::Portable;
    }
}

/// What the transform of one degree and prime needs.
#[derive(Clone, Debug)]
pub(super) struct Table {
    prime: Prime,
    level: Level,
    degree: usize,
    /// Powers of the root, in bit-reversed order of their exponents.
    forward: Vec<Factor>,
    /// Their inverses, in the same order.
    inverse: Vec<Factor>,
    /// 1 / N.
    scale: Factor,
    #[cfg(target_arch = "x86_64")]
    floats: x86::Floats,
}

impl Table {
    /// `degree` is a power of two, at least 8 and at most 8192.
    pub(super) fn new(prime: Prime, degree: usize) -> Self {
        Self::at(Level::best(), prime, degree)
    }

    fn at(level: Level, prime: Prime, degree: usize) -> Self {
        assert!(degree.is_power_of_two() && (8..=8192).contains(&degree), "a degree that suits");
        let powers = |root: u64| {
            let mut factors = vec![prime.factor(1); degree];
            let mut power = 1;
            for exponent in 0..degree {
                let place = exponent.reverse_bits() >> (usize::BITS - degree.trailing_zeros());
                factors[place] = prime.factor(power);
                power = prime.mul(power, root);
            }
            factors
        };
        let root = prime.root(degree);
        let (forward, inverse) = (powers(root), powers(prime.invert(root)));
        let scale = prime.factor(prime.invert(degree as u64));
        #[cfg(target_arch = "x86_64")]
        let floats = x86::Floats::new(prime, &forward, &inverse, scale);
        Self {
            prime,
            level,
            degree,
            forward,
            inverse,
            scale,
            #[cfg(target_arch = "x86_64")]
            floats,
        }
    }

    pub(super) fn prime(&self) -> &Prime {
        &self.prime
    }

    pub(super) fn degree(&self) -> usize {
        self.degree
    }

    /// Coefficients, below p each, to values, below p each.
    pub(super) fn forward(&self, coefficients: &mut [u64]) {
        assert_eq!(coefficients.len(), self.degree);
        match self.level {
            Level::Portable => portable::forward(self, coefficients),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::forward(self, coefficients),
        }
    }

    /// Values, below p each, to coefficients, below p each.
    pub(super) fn inverse(&self, values: &mut [u64]) {
        assert_eq!(values.len(), self.degree);
        match self.level {
            Level::Portable => portable::inverse(self, values),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::inverse(self, values),
        }
    }

    /// Adds, to each of two sums, the products of the same weights with inputs of their own, over all
    /// terms: for a piece of all values, as long as a sum. All are below p and stay so.
    pub(super) fn accumulate(
        &self,
        sums: [&mut [u64; PIECE]; 2],
        weights: &[&[u64; PIECE]],
        inputs: &[[&[u64; PIECE]; 2]],
    ) {
        match self.level {
            Level::Portable => portable::accumulate(self, sums, weights, inputs),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::accumulate(self, sums, weights, inputs),
        }
    }

    /// Adds, to sums that stand `stride` apart, the same inputs times numbers: for each sum, one for
    /// each input. Numbers are at most 2^30 in magnitude; all others are below p and stay so.
    pub(super) fn combine(
        &self,
        sums: &mut [[u64; PIECE]],
        stride: usize,
        numbers: &[i64],
        inputs: &[&[u64; PIECE]],
    ) {
        match self.level {
            Level::Portable => {
                scalar::combine(&self.prime, sums, stride, numbers, inputs, scalar::rows);
            }
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::combine(self, sums, stride, numbers, inputs),
        }
    }

    /// Adds the products of two polynomials' values. All are below p and stay so.
    pub(super) fn multiply_add(&self, sum: &mut [u64], a: &[u64], b: &[u64]) {
        assert!([sum.len(), a.len(), b.len()] == [self.degree; 3]);
        match self.level {
            Level::Portable => portable::multiply_add(self, sum, a, b),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => x86::multiply_add(self, sum, a, b),
        }
    }
}

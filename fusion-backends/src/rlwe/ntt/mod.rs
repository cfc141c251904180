//! The negacyclic number-theoretic transform: polynomials modulo X^N + 1 and a prime, to their
//! values at the roots of X^N + 1 and back. Constant time.
//!
//! The values stand in bit-reversed order. Each function runs on AVX-512 IFMA or AVX2 where the
//! processor has it and on plain integers elsewhere, with the same results. Where no processor has
//! AVX-512, `cargo xtask emulate` tests its kernel.

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
    /// Eight at a time, with 52-bit multiplication and addition.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// Those that this processor has, the fastest last.
    fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let more = x86::levels();
        #[cfg(not(target_arch = "x86_64"))]
        let more = [];
        std::iter::once(Self::Portable).chain(more).collect()
    }
}

/// The factors of both transforms.
#[derive(Clone, Debug)]
struct Roots {
    /// Powers of the root, in bit-reversed order of their exponents.
    forward: Vec<Factor>,
    /// Their inverses, in the same order.
    inverse: Vec<Factor>,
    /// 1 / N.
    scale: Factor,
}

/// The factors as the level keeps them that uses them.
#[derive(Clone, Debug)]
enum Kernel {
    Portable(Roots),
    #[cfg(target_arch = "x86_64")]
    Avx2(x86::avx2::Floats),
    #[cfg(target_arch = "x86_64")]
    Avx512(x86::avx512::Integers),
}

/// What the transform of one degree and prime needs.
#[derive(Clone, Debug)]
pub(super) struct Table {
    prime: Prime,
    degree: usize,
    kernel: Kernel,
}

impl Table {
    /// `degree` is a power of two, at least 16 and at most 8192.
    pub(super) fn new(prime: Prime, degree: usize) -> Self {
        let best = Level::all().pop().unwrap_or(Level::Portable);
        Self::at(best, prime, degree)
    }

    fn at(level: Level, prime: Prime, degree: usize) -> Self {
        assert!(degree.is_power_of_two() && (16..=8192).contains(&degree), "a degree that suits");
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
        let roots = Roots {
            forward: powers(root),
            inverse: powers(prime.invert(root)),
            scale: prime.factor(prime.invert(degree as u64)),
        };
        let kernel = match level {
            Level::Portable => Kernel::Portable(roots),
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => Kernel::Avx2(x86::avx2::Floats::new(prime, &roots)),
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => Kernel::Avx512(x86::avx512::Integers::new(prime, &roots)),
        };
        Self { prime, degree, kernel }
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
        match &self.kernel {
            Kernel::Portable(roots) => portable::forward(&self.prime, roots, coefficients),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(floats) => x86::avx2::forward(floats, coefficients),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(integers) => x86::avx512::forward(integers, coefficients),
        }
    }

    /// Values, below p each, to coefficients, below p each.
    pub(super) fn inverse(&self, values: &mut [u64]) {
        assert_eq!(values.len(), self.degree);
        match &self.kernel {
            Kernel::Portable(roots) => portable::inverse(&self.prime, roots, values),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(floats) => x86::avx2::inverse(floats, values),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(integers) => x86::avx512::inverse(integers, values),
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
        match &self.kernel {
            Kernel::Portable(_) => portable::accumulate(&self.prime, sums, weights, inputs),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(floats) => x86::avx2::accumulate(floats, sums, weights, inputs),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(integers) => x86::avx512::accumulate(integers, sums, weights, inputs),
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
        match &self.kernel {
            Kernel::Portable(_) => {
                scalar::combine(&self.prime, sums, stride, numbers, inputs, scalar::rows);
            }
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(floats) => x86::avx2::combine(floats, sums, stride, numbers, inputs),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(integers) => {
                x86::avx512::combine(integers, sums, stride, numbers, inputs)
            }
        }
    }

    /// Adds the products of two polynomials' values. All are below p and stay so.
    pub(super) fn multiply_add(&self, sum: &mut [u64], a: &[u64], b: &[u64]) {
        assert!([sum.len(), a.len(), b.len()] == [self.degree; 3]);
        match &self.kernel {
            Kernel::Portable(_) => portable::multiply_add(&self.prime, sum, a, b),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2(floats) => x86::avx2::multiply_add(floats, sum, a, b),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512(integers) => x86::avx512::multiply_add(integers, sum, a, b),
        }
    }
}

//! AVX-512 with IFMA, and AVX2 with FMA.
//!
//! Functions with `target_feature` are safe to write and unsafe to call. What makes the calls sound is
//! that each kernel's factors are made where the processor has its instructions, and nowhere else:
//! whoever holds them may call.

/// What others call of a kernel with these factors. All its unsafe calls are here.
macro_rules! entries {
    ($factors:ident) => {
        pub(in super::super) fn forward(factors: &$factors, coefficients: &mut [u64]) {
            // SAFETY: `new` found the instructions, and nothing else makes factors.
            unsafe {
                if factors.reduce {
                    forward_with::<true>(factors, coefficients);
                } else {
                    forward_with::<false>(factors, coefficients);
                }
            }
        }

        pub(in super::super) fn inverse(factors: &$factors, values: &mut [u64]) {
            // SAFETY: `new` found the instructions, and nothing else makes factors.
            unsafe { inverse_with(factors, values) }
        }

        pub(in super::super) fn multiply_add(
            factors: &$factors,
            sum: &mut [u64],
            a: &[u64],
            b: &[u64],
        ) {
            // SAFETY: `new` found the instructions, and nothing else makes factors.
            unsafe { multiply_add_with(factors, sum, a, b) }
        }

        pub(in super::super) fn accumulate(
            factors: &$factors,
            sums: [&mut [u64; PIECE]; 2],
            weights: &[&[u64; PIECE]],
            inputs: &[[&[u64; PIECE]; 2]],
        ) {
            // SAFETY: `new` found the instructions, and nothing else makes factors.
            unsafe { accumulate_with(factors, sums, weights, inputs) }
        }

        pub(in super::super) fn combine(
            factors: &$factors,
            sums: &mut [[u64; PIECE]],
            stride: usize,
            numbers: &[i64],
            inputs: &[&[u64; PIECE]],
        ) {
            // SAFETY: `new` found the instructions, and nothing else makes factors.
            let rows = |inputs: &[_], weights: [&[i64]; ROWS]| unsafe { rows(inputs, weights) };
            scalar::combine(&factors.prime, sums, stride, numbers, inputs, rows);
        }
    };
}

pub(super) mod avx2;
pub(super) mod avx512;

use super::Level;

/// Those that this processor has, the fastest last.
pub(super) fn levels() -> impl Iterator<Item = Level> {
    let all = [(Level::Avx2, avx2::is_present()), (Level::Avx512, avx512::is_present())];
    all.into_iter().filter_map(|(level, is_present)| is_present.then_some(level))
}

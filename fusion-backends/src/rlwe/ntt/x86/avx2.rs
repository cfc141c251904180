//! AVX2 and FMA: integers below 2^50 in floating point, where a product is the sum of its rounded
//! value and its error, and both are exact.
//!
//! # Why the results are exact
//!
//! Numbers are integers of magnitude at most k p, with k p < 2^53. To multiply y by a factor w, whose
//! magnitude is at most p / 2, modulo p: h = y w rounded, e = y w - h (exact, by FMA),
//! c = y (w / p) rounded to an integer, and the result is (h - c p) + e. The quotient w / p and its
//! product with y are each off by at most 2^-53 of themselves, so c is off by at most
//! 1/2 + k p 2^-53 from y w / p (and less than that from the rounding of small terms, which the
//! margins below hold), and the result is at most (1/2 + k p 2^-53) p in magnitude. With p < 2^50
//! that is (1/2 + k/8) p. h - c p is an integer of magnitude below 2^53 and thus exact, and so is the
//! sum.
//!
//! *Forward*, p < 2^50: x is brought to at most 0.51 p first, so k becomes at most 1.01 + k/8, which
//! stays below 1.2. p < 2^46: nothing is brought down; k grows from 1 by at most 1/2 + 10/128 for each
//! of 13 steps, and stays below 10. *Inverse*: sums are brought to at most 0.51 p at every step, and
//! differences of 2 k p are multiplied, so k is at most 1/2 + k/4 and stays below 0.7. *Products* of
//! two numbers below p: c is found from h, which makes it off by at most 1/2 + 3/8, and the result
//! below p in magnitude; a sum that is brought down after four of them stays below 5 p.
//!
//! What is made an integer at the end is above -p and below p, and a zero is +0: it is the difference
//! of two equal numbers, or the sum of zeros of which one is +0. So the sign says whether to add p.

use std::arch::x86_64::*;

use super::super::scalar::{self, HALF, Halves, ROWS};
use super::super::{Factor, PIECE, Prime, Roots};

/// Numbers in a vector.
const LANES: usize = 4;

pub(in super::super) fn is_present() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

entries!(Floats);

/// Factors between -p/2 and p/2, and each divided by p.
#[derive(Clone, Debug)]
struct Factors {
    values: Vec<f64>,
    quotients: Vec<f64>,
}

/// The factors of a table, in floating point. There are none without AVX2 and FMA.
#[derive(Clone, Debug)]
pub(in super::super) struct Floats {
    prime: Prime,
    /// Whether numbers are brought down on the way forward.
    reduce: bool,
    p: f64,
    forward: Factors,
    inverse: Factors,
    /// One factor, 1 / N.
    scale: Factors,
}

impl Floats {
    pub(in super::super) fn new(prime: Prime, roots: &Roots) -> Self {
        assert!(is_present(), "a processor with AVX2 and FMA");
        let p = prime.value();
        let factors = |factors: &[Factor]| {
            let centred = factors.iter().map(|factor| {
                let value = factor.value;
                if value > p / 2 { -((p - value) as f64) } else { value as f64 }
            });
            let values: Vec<_> = centred.collect();
            let quotients = values.iter().map(|value| value / p as f64).collect();
            Factors { values, quotients }
        };
        Self {
            prime,
            reduce: prime.bits() > 46,
            p: p as f64,
            forward: factors(&roots.forward),
            inverse: factors(&roots.inverse),
            scale: factors(&[roots.scale]),
        }
    }
}

/// The prime and its inverse, in every lane.
#[derive(Clone, Copy)]
struct Modulus {
    p: __m256d,
    inverse: __m256d,
}

/// A factor for each lane, and it divided by p.
#[derive(Clone, Copy)]
struct Lanes {
    values: __m256d,
    quotients: __m256d,
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn modulus(floats: &Floats) -> Modulus {
    Modulus { p: _mm256_set1_pd(floats.p), inverse: _mm256_set1_pd(1.0 / floats.p) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn load(four: &[u64; 4]) -> __m256d {
    // SAFETY: there are four numbers of 64 bits, and the load need not be aligned.
    unsafe { _mm256_loadu_pd(four.as_ptr().cast()) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn store(four: &mut [u64; 4], x: __m256d) {
    // SAFETY: there are four numbers of 64 bits, and the store need not be aligned.
    unsafe { _mm256_storeu_pd(four.as_mut_ptr().cast(), x) }
}

/// 2^52: a number below it, in the low bits of its representation, is the float 2^52 plus it.
const SHIFTED: f64 = 4_503_599_627_370_496.0;

/// Integers below 2^52 to floats.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn to_floats(x: __m256d) -> __m256d {
    let shifted = _mm256_set1_pd(SHIFTED);
    _mm256_sub_pd(_mm256_or_pd(x, shifted), shifted)
}

/// Floats from -p (excluded) to p (excluded) to integers below p.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn to_integers(modulus: Modulus, x: __m256d) -> __m256d {
    // The sign of a lane chooses it.
    let positive = _mm256_blendv_pd(x, _mm256_add_pd(x, modulus.p), x);
    let shifted = _mm256_set1_pd(SHIFTED);
    _mm256_xor_pd(_mm256_add_pd(positive, shifted), shifted)
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn round(x: __m256d) -> __m256d {
    _mm256_round_pd::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(x)
}

/// x modulo p, near 0.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn reduce(modulus: Modulus, x: __m256d) -> __m256d {
    let quotient = round(_mm256_mul_pd(x, modulus.inverse));
    _mm256_fnmadd_pd(quotient, modulus.p, x)
}

/// y times the factor modulo p, near 0.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn times(modulus: Modulus, y: __m256d, factor: Lanes) -> __m256d {
    let high = _mm256_mul_pd(y, factor.values);
    let low = _mm256_fmsub_pd(y, factor.values, high);
    let quotient = round(_mm256_mul_pd(y, factor.quotients));
    _mm256_add_pd(_mm256_fnmadd_pd(quotient, modulus.p, high), low)
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn one(factors: &Factors, at: usize) -> Lanes {
    let (value, quotient) = (factors.values[at], factors.quotients[at]);
    Lanes { values: _mm256_set1_pd(value), quotients: _mm256_set1_pd(quotient) }
}

/// Two factors, for two lanes each.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn two(factors: &Factors, at: usize) -> Lanes {
    let pair = |from: &[f64]| _mm256_setr_pd(from[at], from[at], from[at + 1], from[at + 1]);
    Lanes { values: pair(&factors.values), quotients: pair(&factors.quotients) }
}

/// Four factors, of which the middle two change places: so that they meet what `interleaved` gives.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn four(factors: &Factors, at: usize) -> Lanes {
    let lanes = |from: &[f64]| _mm256_setr_pd(from[at], from[at + 2], from[at + 1], from[at + 3]);
    Lanes { values: lanes(&factors.values), quotients: lanes(&factors.quotients) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn butterfly<const REDUCE: bool>(
    modulus: Modulus,
    x: __m256d,
    y: __m256d,
    factor: Lanes,
) -> (__m256d, __m256d) {
    let x = if REDUCE { reduce(modulus, x) } else { x };
    let y = times(modulus, y, factor);
    (_mm256_add_pd(x, y), _mm256_sub_pd(x, y))
}

#[target_feature(enable = "avx2,fma")]
#[inline]
fn inverse_butterfly(
    modulus: Modulus,
    x: __m256d,
    y: __m256d,
    factor: Lanes,
) -> (__m256d, __m256d) {
    (reduce(modulus, _mm256_add_pd(x, y)), times(modulus, _mm256_sub_pd(x, y), factor))
}

#[target_feature(enable = "avx2,fma")]
fn forward_with<const REDUCE: bool>(floats: &Floats, coefficients: &mut [u64]) {
    let modulus = modulus(floats);
    let (fours, _) = coefficients.as_chunks_mut::<4>();
    fours.iter_mut().for_each(|four| store(four, to_floats(load(four))));
    // Steps where the two sides of a butterfly are in vectors of their own.
    let (mut blocks, mut half) = (1, fours.len() / 2);
    while half > 0 {
        for (block, pair) in fours.chunks_exact_mut(2 * half).enumerate() {
            let factor = one(&floats.forward, blocks + block);
            let (low, high) = pair.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                let (x, y) = butterfly::<REDUCE>(modulus, load(low), load(high), factor);
                store(low, x);
                store(high, y);
            }
        }
        (blocks, half) = (2 * blocks, half / 2);
    }
    // The last two steps, on two vectors at a time, which hold four and then eight blocks.
    for (at, [first, second]) in fours.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let (x, y) = halves(load(first), load(second));
        let (x, y) = butterfly::<REDUCE>(modulus, x, y, two(&floats.forward, blocks + 2 * at));
        let (a, b) = halves(x, y);
        let (x, y) = interleaved(a, b);
        let (x, y) = butterfly::<REDUCE>(modulus, x, y, four(&floats.forward, 2 * blocks + 4 * at));
        let (x, y) = interleaved(reduce(modulus, x), reduce(modulus, y));
        store(first, to_integers(modulus, x));
        store(second, to_integers(modulus, y));
    }
}

#[target_feature(enable = "avx2,fma")]
fn inverse_with(floats: &Floats, values: &mut [u64]) {
    let modulus = modulus(floats);
    let (fours, _) = values.as_chunks_mut::<4>();
    let mut blocks = fours.len();
    for (at, [first, second]) in fours.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let (x, y) = interleaved(to_floats(load(first)), to_floats(load(second)));
        let (x, y) = inverse_butterfly(modulus, x, y, four(&floats.inverse, 2 * blocks + 4 * at));
        let (a, b) = interleaved(x, y);
        let (x, y) = halves(a, b);
        let (x, y) = inverse_butterfly(modulus, x, y, two(&floats.inverse, blocks + 2 * at));
        let (a, b) = halves(x, y);
        store(first, a);
        store(second, b);
    }
    let mut half = 1;
    while half < fours.len() {
        blocks /= 2;
        for (block, pair) in fours.chunks_exact_mut(2 * half).enumerate() {
            let factor = one(&floats.inverse, blocks + block);
            let (low, high) = pair.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                let (x, y) = inverse_butterfly(modulus, load(low), load(high), factor);
                store(low, x);
                store(high, y);
            }
        }
        half *= 2;
    }
    let scale = one(&floats.scale, 0);
    for four in fours {
        let x = times(modulus, load(four), scale);
        store(four, to_integers(modulus, x));
    }
}

/// The low halves of both, and the high halves; its own inverse.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn halves(a: __m256d, b: __m256d) -> (__m256d, __m256d) {
    (_mm256_permute2f128_pd::<0x20>(a, b), _mm256_permute2f128_pd::<0x31>(a, b))
}

/// The even lanes of both, one from each in turn, and the odd lanes; its own inverse.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn interleaved(a: __m256d, b: __m256d) -> (__m256d, __m256d) {
    (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b))
}

/// The product of numbers below p, modulo p, near 0.
#[target_feature(enable = "avx2,fma")]
#[inline]
fn product(modulus: Modulus, a: __m256d, b: __m256d) -> __m256d {
    let high = _mm256_mul_pd(a, b);
    let low = _mm256_fmsub_pd(a, b, high);
    let quotient = round(_mm256_mul_pd(high, modulus.inverse));
    _mm256_add_pd(_mm256_fnmadd_pd(quotient, modulus.p, high), low)
}

#[target_feature(enable = "avx2,fma")]
fn multiply_add_with(floats: &Floats, sum: &mut [u64], a: &[u64], b: &[u64]) {
    let modulus = modulus(floats);
    let (sums, _) = sum.as_chunks_mut::<4>();
    let pairs = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
    for (sum, (a, b)) in sums.iter_mut().zip(pairs) {
        let product = product(modulus, to_floats(load(a)), to_floats(load(b)));
        let x = reduce(modulus, _mm256_add_pd(to_floats(load(sum)), product));
        store(sum, to_integers(modulus, x));
    }
}

/// Terms after which a sum is brought down.
const LAZY: usize = 4;

#[target_feature(enable = "avx2,fma")]
fn accumulate_with(
    floats: &Floats,
    [first, second]: [&mut [u64; PIECE]; 2],
    weights: &[&[u64; PIECE]],
    inputs: &[[&[u64; PIECE]; 2]],
) {
    let modulus = modulus(floats);
    let (firsts, _) = first.as_chunks_mut::<4>();
    let (seconds, _) = second.as_chunks_mut::<4>();
    let mut sums = [[_mm256_setzero_pd(); 2]; PIECE / 4];
    for (sum, (first, second)) in sums.iter_mut().zip(firsts.iter().zip(&*seconds)) {
        *sum = [to_floats(load(first)), to_floats(load(second))];
    }
    for (weights, inputs) in weights.chunks(LAZY).zip(inputs.chunks(LAZY)) {
        for (weights, [a, b]) in weights.iter().zip(inputs) {
            let inputs = a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0);
            let fours = weights.as_chunks::<4>().0.iter().zip(inputs);
            for (sum, (weights, (a, b))) in sums.iter_mut().zip(fours) {
                let weights = to_floats(load(weights));
                let a = product(modulus, weights, to_floats(load(a)));
                let b = product(modulus, weights, to_floats(load(b)));
                *sum = [_mm256_add_pd(sum[0], a), _mm256_add_pd(sum[1], b)];
            }
        }
        for sum in &mut sums {
            *sum = [reduce(modulus, sum[0]), reduce(modulus, sum[1])];
        }
    }
    for (sum, (first, second)) in sums.iter().zip(firsts.iter_mut().zip(seconds)) {
        // Of no terms at all, sums are as they were: below p.
        store(first, to_integers(modulus, sum[0]));
        store(second, to_integers(modulus, sum[1]));
    }
}

/// In integers: halves of values and weights fit the 32 bits that are multiplied.
#[target_feature(enable = "avx2,fma")]
fn rows(inputs: &[[u64; LANES]], weights: [&[i64]; ROWS]) -> Halves<LANES> {
    let mask = _mm256_set1_epi64x((1 << HALF) - 1);
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    let [a, b, c, d] = weights;
    let weights = a.iter().zip(b).zip(c.iter().zip(d));
    for (input, ((a, b), (c, d))) in inputs.iter().zip(weights) {
        let input = _mm256_castpd_si256(load(input));
        let halves = [_mm256_and_si256(input, mask), _mm256_srli_epi64::<{ HALF as i32 }>(input)];
        for (sums, weight) in sums.iter_mut().zip([a, b, c, d]) {
            let weight = _mm256_set1_epi64x(*weight);
            for (sum, half) in sums.iter_mut().zip(halves) {
                *sum = _mm256_add_epi64(*sum, _mm256_mul_epi32(half, weight));
            }
        }
    }
    sums.map(|sums| {
        sums.map(|sum| {
            let mut four = [0; LANES];
            store(&mut four, _mm256_castsi256_pd(sum));
            four.map(u64::cast_signed)
        })
    })
}

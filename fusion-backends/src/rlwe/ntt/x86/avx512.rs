//! AVX-512 IFMA: integers below 2^52, eight at a time, and of their products the low 52 bits or the
//! high 52.
//!
//! # Why the results are exact
//!
//! *Times a factor* w below p, after Shoup: let w' = floor(2^52 w / p) and y be below 2^52. Then
//! c = floor(y w' / 2^52) is at most y w / p, and above y w / p - y / 2^52 - 1: less than 2 below
//! it. So y w - c p is at least 0 and below 2 p, which is below 2^52, and its low 52 bits are all of
//! it. They are the low bits of y w plus those of c (2^52 - p).
//!
//! *Forward*, p < 2^50: numbers are below 4 p < 2^52. x is brought below 2 p, and y times a factor is
//! below 2 p, so their sum, and their difference plus 2 p, are below 4 p. p < 2^47: nothing is brought
//! down; numbers grow from p by at most 2 p for each of 13 steps, and stay below 27 p < 2^52. *Inverse*:
//! numbers are below 2 p. Sums are below 4 p and are brought below 2 p; differences plus 2 p are below
//! 4 p < 2^52, and times a factor below 2 p. *At the end* numbers are multiplied, by 1 or by 1 / N, which
//! leaves them below 2 p, and p is taken off once if that leaves something.
//!
//! *Products* of numbers below p: for a sum of at most 8 and a number below p, high halves of products
//! are summed apart from low ones, in 64 bits. The whole is below 8 p^2 + p < 2^104. So what it has from
//! bit 52 on, the high sum plus what the low one carries, is below 2^52, and is multiplied by 2^52 modulo
//! p. The low 52 bits are multiplied by 1. Both results are below 2 p, and their sum is below 4 p.
//!
//! To take k p off once if x is at least that: the smaller of x and x - k p, as unsigned numbers, since a
//! negative difference is huge.

use std::arch::x86_64::*;

use super::super::scalar::{self, HALF, Halves, ROWS};
use super::super::{Factor, PIECE, Prime, Roots};

/// Numbers in a vector.
const LANES: usize = 8;

pub(in super::super) fn is_present() -> bool {
    is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512ifma")
}

entries!(Integers);

/// Factors below p, and for each w of them floor(2^52 w / p).
#[derive(Clone, Debug)]
struct Factors {
    values: Vec<u64>,
    quotients: Vec<u64>,
}

/// The factors of a table. There are none without AVX-512 IFMA.
#[derive(Clone, Debug)]
pub(in super::super) struct Integers {
    prime: Prime,
    /// Whether numbers are brought down on the way.
    reduce: bool,
    forward: Factors,
    inverse: Factors,
    /// 1 / N.
    scale: Factors,
    /// 1, and 2^52 modulo p.
    limbs: Factors,
}

impl Integers {
    pub(in super::super) fn new(prime: Prime, roots: &Roots) -> Self {
        assert!(is_present(), "a processor with AVX-512 IFMA");
        // Floors of the quotients in units of 2^-64 are those of 2^-52 when they lose 12 bits.
        let factors = |factors: &[Factor]| Factors {
            values: factors.iter().map(|factor| factor.value).collect(),
            quotients: factors.iter().map(|factor| factor.quotient >> 12).collect(),
        };
        Self {
            prime,
            reduce: prime.bits() > 47,
            forward: factors(&roots.forward),
            inverse: factors(&roots.inverse),
            scale: factors(&[roots.scale]),
            limbs: factors(&[prime.factor(1), prime.factor((1 << 52) % prime.value())]),
        }
    }
}

/// The prime, in every lane.
#[derive(Clone, Copy)]
struct Modulus {
    p: __m512i,
    twice: __m512i,
    /// 2^52 - p.
    negated: __m512i,
    /// 2^52 - 1.
    mask: __m512i,
    /// 1.
    one: Lanes,
}

/// A factor for each lane.
#[derive(Clone, Copy)]
struct Lanes {
    values: __m512i,
    quotients: __m512i,
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn modulus(integers: &Integers) -> Modulus {
    let p = integers.prime.value();
    let lanes = |x: u64| _mm512_set1_epi64(x.cast_signed());
    Modulus {
        p: lanes(p),
        twice: lanes(2 * p),
        negated: lanes((1 << 52) - p),
        mask: lanes((1 << 52) - 1),
        one: one(&integers.limbs, 0),
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn load(eight: &[u64; LANES]) -> __m512i {
    // SAFETY: there are eight numbers of 64 bits, and the load need not be aligned.
    unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn store(eight: &mut [u64; LANES], x: __m512i) {
    // SAFETY: there are eight numbers of 64 bits, and the store need not be aligned.
    unsafe { _mm512_storeu_si512(eight.as_mut_ptr().cast(), x) }
}

/// x less the multiple of p, if it is at least that.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn once(multiple: __m512i, x: __m512i) -> __m512i {
    _mm512_min_epu64(x, _mm512_sub_epi64(x, multiple))
}

/// y, below 2^52, times the factor modulo p, below 2 p.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn times(modulus: Modulus, y: __m512i, factor: Lanes) -> __m512i {
    let zero = _mm512_setzero_si512();
    let quotient = _mm512_madd52hi_epu64(zero, y, factor.quotients);
    let product = _mm512_madd52lo_epu64(zero, y, factor.values);
    let rest = _mm512_madd52lo_epu64(product, quotient, modulus.negated);
    _mm512_and_si512(rest, modulus.mask)
}

/// y, below 2^52, times the factor modulo p, below p.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn times_exact(modulus: Modulus, y: __m512i, factor: Lanes) -> __m512i {
    once(modulus.p, times(modulus, y, factor))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn one(factors: &Factors, at: usize) -> Lanes {
    let lanes = |from: &[u64]| _mm512_set1_epi64(from[at].cast_signed());
    Lanes { values: lanes(&factors.values), quotients: lanes(&factors.quotients) }
}

/// Which factor each lane takes where two vectors hold two, four and eight blocks, as [`halves`],
/// [`quarters`] and [`interleaved`] bring blocks together.
const TWO: [i64; LANES] = [0, 0, 0, 0, 1, 1, 1, 1];
const FOUR: [i64; LANES] = [0, 0, 2, 2, 1, 1, 3, 3];
const EIGHT: [i64; LANES] = [0, 4, 1, 5, 2, 6, 3, 7];

/// The factors from `at` on, of which there are eight, in that order.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn some(factors: &Factors, at: usize, order: [i64; LANES]) -> Lanes {
    let order = load(&order.map(i64::cast_unsigned));
    let lanes = |from: &[u64]| {
        let eight = from[at..at + LANES].as_chunks::<LANES>().0[0];
        _mm512_permutexvar_epi64(order, load(&eight))
    };
    Lanes { values: lanes(&factors.values), quotients: lanes(&factors.quotients) }
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn butterfly<const REDUCE: bool>(
    modulus: Modulus,
    x: __m512i,
    y: __m512i,
    factor: Lanes,
) -> (__m512i, __m512i) {
    let x = if REDUCE { once(modulus.twice, x) } else { x };
    let y = times(modulus, y, factor);
    (_mm512_add_epi64(x, y), _mm512_sub_epi64(_mm512_add_epi64(x, modulus.twice), y))
}

#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn inverse_butterfly(
    modulus: Modulus,
    x: __m512i,
    y: __m512i,
    factor: Lanes,
) -> (__m512i, __m512i) {
    let difference = _mm512_sub_epi64(_mm512_add_epi64(x, modulus.twice), y);
    (once(modulus.twice, _mm512_add_epi64(x, y)), times(modulus, difference, factor))
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn forward_with<const REDUCE: bool>(integers: &Integers, coefficients: &mut [u64]) {
    let (modulus, factors) = (modulus(integers), &integers.forward);
    let (eights, _) = coefficients.as_chunks_mut::<LANES>();
    // Steps where the two sides of a butterfly are in vectors of their own.
    let (mut blocks, mut half) = (1, eights.len() / 2);
    while half > 0 {
        for (block, pair) in eights.chunks_exact_mut(2 * half).enumerate() {
            let factor = one(factors, blocks + block);
            let (low, high) = pair.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                let (x, y) = butterfly::<REDUCE>(modulus, load(low), load(high), factor);
                store(low, x);
                store(high, y);
            }
        }
        (blocks, half) = (2 * blocks, half / 2);
    }
    // The last three steps, on two vectors at a time, which hold two, four and eight blocks.
    for (at, [first, second]) in eights.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let (x, y) = halves(load(first), load(second));
        let factor = some(factors, blocks + 2 * at, TWO);
        let (x, y) = butterfly::<REDUCE>(modulus, x, y, factor);
        let (a, b) = halves(x, y);
        let (x, y) = quarters(a, b);
        let factor = some(factors, 2 * blocks + 4 * at, FOUR);
        let (x, y) = butterfly::<REDUCE>(modulus, x, y, factor);
        let (a, b) = quarters(x, y);
        let (x, y) = interleaved(a, b);
        let factor = some(factors, 4 * blocks + 8 * at, EIGHT);
        let (x, y) = butterfly::<REDUCE>(modulus, x, y, factor);
        let (a, b) = interleaved(x, y);
        store(first, times_exact(modulus, a, modulus.one));
        store(second, times_exact(modulus, b, modulus.one));
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn inverse_with(integers: &Integers, values: &mut [u64]) {
    let (modulus, factors) = (modulus(integers), &integers.inverse);
    let (eights, _) = values.as_chunks_mut::<LANES>();
    let mut blocks = eights.len();
    for (at, [first, second]) in eights.as_chunks_mut::<2>().0.iter_mut().enumerate() {
        let (x, y) = interleaved(load(first), load(second));
        let factor = some(factors, 4 * blocks + 8 * at, EIGHT);
        let (x, y) = inverse_butterfly(modulus, x, y, factor);
        let (a, b) = interleaved(x, y);
        let (x, y) = quarters(a, b);
        let factor = some(factors, 2 * blocks + 4 * at, FOUR);
        let (x, y) = inverse_butterfly(modulus, x, y, factor);
        let (a, b) = quarters(x, y);
        let (x, y) = halves(a, b);
        let factor = some(factors, blocks + 2 * at, TWO);
        let (x, y) = inverse_butterfly(modulus, x, y, factor);
        let (a, b) = halves(x, y);
        store(first, a);
        store(second, b);
    }
    let mut half = 1;
    while half < eights.len() {
        blocks /= 2;
        for (block, pair) in eights.chunks_exact_mut(2 * half).enumerate() {
            let factor = one(factors, blocks + block);
            let (low, high) = pair.split_at_mut(half);
            for (low, high) in low.iter_mut().zip(high) {
                let (x, y) = inverse_butterfly(modulus, load(low), load(high), factor);
                store(low, x);
                store(high, y);
            }
        }
        half *= 2;
    }
    let scale = one(&integers.scale, 0);
    for eight in eights {
        let x = times_exact(modulus, load(eight), scale);
        store(eight, x);
    }
}

/// The low halves of both, and the high halves; its own inverse.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn halves(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    (_mm512_shuffle_i64x2::<0b01_00_01_00>(a, b), _mm512_shuffle_i64x2::<0b11_10_11_10>(a, b))
}

/// The even pairs of lanes of both, one from each in turn, and the odd pairs; its own inverse.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn quarters(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    let even = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
    let odd = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
    (_mm512_permutex2var_epi64(a, even, b), _mm512_permutex2var_epi64(a, odd, b))
}

/// The even lanes of both, one from each in turn, and the odd lanes; its own inverse.
#[target_feature(enable = "avx512f,avx512ifma")]
#[inline]
fn interleaved(a: __m512i, b: __m512i) -> (__m512i, __m512i) {
    (_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b))
}

/// A sum of products: that of their low 52 bits, and that of the rest.
#[derive(Clone, Copy)]
struct Sum {
    low: __m512i,
    high: __m512i,
}

impl Sum {
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn of(x: __m512i) -> Self {
        Self { low: x, high: _mm512_setzero_si512() }
    }

    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn plus(self, a: __m512i, b: __m512i) -> Self {
        let low = _mm512_madd52lo_epu64(self.low, a, b);
        Self { low, high: _mm512_madd52hi_epu64(self.high, a, b) }
    }

    /// The whole modulo p, below p.
    #[target_feature(enable = "avx512f,avx512ifma")]
    #[inline]
    fn reduce(self, modulus: Modulus, shifted: Lanes) -> __m512i {
        let high = _mm512_add_epi64(self.high, _mm512_srli_epi64::<52>(self.low));
        let low = _mm512_and_si512(self.low, modulus.mask);
        let high = times(modulus, high, shifted);
        let sum = _mm512_add_epi64(times(modulus, low, modulus.one), high);
        once(modulus.p, once(modulus.twice, sum))
    }
}

#[target_feature(enable = "avx512f,avx512ifma")]
fn multiply_add_with(integers: &Integers, sum: &mut [u64], a: &[u64], b: &[u64]) {
    let (modulus, shifted) = (modulus(integers), one(&integers.limbs, 1));
    let (sums, _) = sum.as_chunks_mut::<LANES>();
    let pairs = a.as_chunks::<LANES>().0.iter().zip(b.as_chunks::<LANES>().0);
    for (sum, (a, b)) in sums.iter_mut().zip(pairs) {
        let x = Sum::of(load(sum)).plus(load(a), load(b));
        store(sum, x.reduce(modulus, shifted));
    }
}

/// Terms after which a sum is brought down.
const LAZY: usize = 8;

#[target_feature(enable = "avx512f,avx512ifma")]
fn accumulate_with(
    integers: &Integers,
    [first, second]: [&mut [u64; PIECE]; 2],
    weights: &[&[u64; PIECE]],
    inputs: &[[&[u64; PIECE]; 2]],
) {
    let (modulus, shifted) = (modulus(integers), one(&integers.limbs, 1));
    let (firsts, _) = first.as_chunks_mut::<LANES>();
    let (seconds, _) = second.as_chunks_mut::<LANES>();
    for (weights, inputs) in weights.chunks(LAZY).zip(inputs.chunks(LAZY)) {
        let sums = firsts.iter_mut().zip(&mut *seconds);
        for (at, (first, second)) in sums.enumerate() {
            let (mut a, mut b) = (Sum::of(load(first)), Sum::of(load(second)));
            for (weights, inputs) in weights.iter().zip(inputs) {
                let weights = load(&weights.as_chunks().0[at]);
                let inputs = inputs.map(|input| load(&input.as_chunks().0[at]));
                (a, b) = (a.plus(weights, inputs[0]), b.plus(weights, inputs[1]));
            }
            store(first, a.reduce(modulus, shifted));
            store(second, b.reduce(modulus, shifted));
        }
    }
}

/// Halves of values and weights fit the 32 bits that are multiplied.
#[target_feature(enable = "avx512f,avx512ifma")]
fn rows(inputs: &[[u64; LANES]], weights: [&[i64]; ROWS]) -> Halves<LANES> {
    let mask = _mm512_set1_epi64((1 << HALF) - 1);
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    let [a, b, c, d] = weights;
    let weights = a.iter().zip(b).zip(c.iter().zip(d));
    for (input, ((a, b), (c, d))) in inputs.iter().zip(weights) {
        let input = load(input);
        let halves = [_mm512_and_si512(input, mask), _mm512_srli_epi64::<HALF>(input)];
        for (sums, weight) in sums.iter_mut().zip([a, b, c, d]) {
            let weight = _mm512_set1_epi64(*weight);
            for (sum, half) in sums.iter_mut().zip(halves) {
                *sum = _mm512_add_epi64(*sum, _mm512_mul_epi32(half, weight));
            }
        }
    }
    sums.map(|sums| {
        sums.map(|sum| {
            let mut eight = [0; LANES];
            store(&mut eight, sum);
            eight.map(u64::cast_signed)
        })
    })
}

//! What a party holds of values that nobody knows.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "no index and no length is the peer's, and a panic is better than a share left out"
)]

use rand::{CryptoRng, RngExt};
use zeroize::Zeroizing;

use crate::ot::Width;

/// A party's additive shares: each value is the sum of both parties' shares modulo 2^`width`, and is
/// read as a signed number, -2^(width-1) to 2^(width-1) - 1.
pub struct Shares {
    width: Width,
    values: Zeroizing<Vec<u64>>,
}

impl Shares {
    /// Shares modulo 2^`width`; higher bits do not count.
    #[must_use]
    pub fn new(width: Width, values: impl IntoIterator<Item = u64>) -> Self {
        let values = values.into_iter();
        // Room for all: a vector that grows leaves secrets behind.
        let (least, most) = values.size_hint();
        let mut kept = Zeroizing::new(Vec::with_capacity(most.unwrap_or(least)));
        kept.extend(values.map(|value| value & width.mask()));
        Self { width, values: kept }
    }

    /// Shares of values that this party knows; the peer's are [`zero`](Self::zero).
    #[must_use]
    pub fn of(width: Width, values: &[i64]) -> Self {
        Self::new(width, values.iter().map(|value| value.cast_unsigned()))
    }

    /// Shares of zero, or of values that the peer knows.
    #[must_use]
    pub fn zero(width: Width, count: usize) -> Self {
        Self::new(width, std::iter::repeat_n(0, count))
    }

    /// Cuts values into both parties' shares, each of them random.
    pub fn split<R: CryptoRng>(width: Width, values: &[i64], rng: &mut R) -> [Self; 2] {
        let mask = Self::new(width, values.iter().map(|_| rng.random::<u64>()));
        let rest = Self::of(width, values).minus(&mask);
        [mask, rest]
    }

    /// The values, once both parties' shares are in one place.
    ///
    /// # Panics
    ///
    /// If the other shares are not as many, or in another ring.
    #[must_use]
    pub fn open(&self, other: &Self) -> Vec<i64> {
        self.plus(other).values.iter().map(|value| self.width.signed(*value)).collect()
    }

    /// The ring.
    #[must_use]
    pub fn width(&self) -> Width {
        self.width
    }

    /// How many values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// This party's shares, below 2^width. They are secret.
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// Shares of the sums.
    ///
    /// # Panics
    ///
    /// If the other shares are not as many, or in another ring.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_add)
    }

    /// Shares of the differences.
    ///
    /// # Panics
    ///
    /// As [`plus`](Self::plus).
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_sub)
    }

    /// Shares of the products with a public number.
    #[must_use]
    pub fn times(&self, factor: i64) -> Self {
        let factor = factor.cast_unsigned();
        Self::new(self.width, self.values.iter().map(|value| value.wrapping_mul(factor)))
    }

    /// Shares of the values modulo 2^`width`. In the ring that they are in, if `width` is larger. Nothing
    /// is sent.
    #[must_use]
    pub fn reduce(&self, width: Width) -> Self {
        let width = if width.bits() < self.width.bits() { width } else { self.width };
        Self::new(width, self.values.iter().copied())
    }

    /// [`reduce`](Self::reduce), which takes a copy, into `room`, only where the ring is smaller.
    pub(crate) fn reduced<'a>(&'a self, width: Width, room: &'a mut Option<Self>) -> &'a Self {
        if width.bits() < self.width.bits() { room.insert(self.reduce(width)) } else { self }
    }

    /// The values at these places, in this order.
    ///
    /// # Panics
    ///
    /// If there is no such place.
    #[must_use]
    pub fn gather(&self, places: impl IntoIterator<Item = usize>) -> Self {
        Self::new(self.width, places.into_iter().map(|place| self.values[place]))
    }

    /// Whether the other shares are in the same ring, and as many.
    pub(crate) fn fit(&self, other: &Self) -> bool {
        self.width == other.width && self.len() == other.len()
    }

    fn with(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        assert!(self.fit(other), "{self:?} do not fit {other:?}");
        let pairs = self.values.iter().zip(other.values.iter());
        Self::new(self.width, pairs.map(|(a, b)| f(*a, *b)))
    }
}

impl std::fmt::Debug for Shares {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shares")
            .field("width", &self.width.bits())
            .field("len", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// A party's shares of bits: each bit is the exclusive or of both parties' shares.
pub struct Bits {
    count: usize,
    /// 64 bits each; what is beyond the last is arbitrary.
    words: Zeroizing<Vec<u64>>,
}

impl Bits {
    pub(super) fn new(count: usize, words: Zeroizing<Vec<u64>>) -> Self {
        assert_eq!(words.len(), count.div_ceil(64), "words of {count} bits");
        Self { count, words }
    }

    /// How many bits.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// This party's shares, 0 or 1 each. They are secret.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u64> {
        (0..self.count).map(|bit| self.words[bit >> 6] >> (bit & 63) & 1)
    }

    /// The bits, once both parties' shares are in one place.
    ///
    /// # Panics
    ///
    /// If the other shares are not as many.
    #[must_use]
    pub fn open(&self, other: &Self) -> Vec<bool> {
        assert_eq!(self.len(), other.len(), "shares of bits");
        self.iter().zip(other.iter()).map(|(a, b)| a != b).collect()
    }

    /// Shares of the exclusive or of both.
    pub(super) fn xor(&self, other: &Self) -> Self {
        assert_eq!(self.len(), other.len(), "shares of bits");
        let words = self.words.iter().zip(other.words.iter()).map(|(a, b)| a ^ b);
        Self::new(self.count, Zeroizing::new(words.collect()))
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bits").field("len", &self.count).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(bits: u32, count: usize) -> Shares {
        Shares::zero(Width::new(bits).unwrap(), count)
    }

    #[test]
    #[should_panic = "do not fit"]
    fn sums_of_fewer_shares_are_refused() {
        let _ = shares(8, 3).plus(&shares(8, 2));
    }

    #[test]
    #[should_panic = "do not fit"]
    fn differences_of_more_shares_are_refused() {
        let _ = shares(8, 3).minus(&shares(8, 4));
    }

    #[test]
    #[should_panic = "do not fit"]
    fn sums_of_shares_in_another_ring_are_refused() {
        let _ = shares(8, 3).plus(&shares(9, 3));
    }

    #[test]
    #[should_panic = "do not fit"]
    fn fewer_shares_are_not_opened() {
        let _ = shares(8, 3).open(&shares(8, 2));
    }

    #[test]
    #[should_panic = "out of bounds"]
    fn a_place_that_does_not_exist_is_refused() {
        let _ = shares(8, 3).gather([0, 3]);
    }

    #[test]
    #[should_panic = "shares of bits"]
    fn fewer_bits_are_refused() {
        let bits = |count| Bits::new(count, Zeroizing::new(vec![0]));
        let _ = bits(3).xor(&bits(4));
    }
}

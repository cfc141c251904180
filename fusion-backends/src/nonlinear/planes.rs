//! Numbers as bit planes: bit i of 64 numbers in a word, so that a gate works on 64 at once.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths and shifts are our own, never the peer's"
)]

use zeroize::{Zeroize, Zeroizing};

use super::shares::Bits;
use crate::ot::Width;
use crate::ot::kernel::transpose_squares;

/// The lowest bits of numbers: plane i holds their bits i.
pub(super) struct Planes {
    count: usize,
    words: Zeroizing<Vec<u64>>,
}

impl Planes {
    /// The lowest `planes` bits of `numbers`.
    pub(super) fn of(numbers: impl ExactSizeIterator<Item = u64>, planes: u32) -> Self {
        let (count, planes) = (numbers.len(), planes as usize);
        let run = count.div_ceil(64);
        let mut words = Zeroizing::new(vec![0; run * planes]);
        let mut square = Zeroizing::new([0; 64]);
        let mut numbers = numbers;
        for at in 0..run {
            square.zeroize();
            square.iter_mut().zip(numbers.by_ref().take(64)).for_each(|(row, n)| *row = n);
            transpose_squares(square.as_chunks_mut::<1>().0);
            for plane in 0..planes {
                words[plane * run + at] = square[plane];
            }
        }
        Self { count, words }
    }

    /// These planes, and those of as many other numbers above them.
    pub(super) fn and(self, above: &Self) -> Self {
        assert_eq!(self.count, above.count, "planes of other numbers");
        // A new vector: one that grows leaves secrets behind.
        let words = Zeroizing::new([self.words.as_slice(), above.words.as_slice()].concat());
        Self { count: self.count, words }
    }

    /// The lowest plane.
    pub(super) fn into_bits(self) -> Bits {
        let mut words = self.words;
        words.truncate(self.count.div_ceil(64));
        Bits::new(self.count, words)
    }

    /// How many numbers.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bit i of each number.
    pub(super) fn plane(&self, i: u32) -> &[u64] {
        let run = self.count.div_ceil(64);
        &self.words[i as usize * run..][..run]
    }
}

impl Width {
    /// A number of so many bits, read as a signed one.
    #[must_use]
    pub const fn signed(self, number: u64) -> i64 {
        let unused = 64_u32.wrapping_sub(self.bits());
        number.wrapping_shl(unused).cast_signed().wrapping_shr(unused)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn planes_hold_every_bit(numbers in prop::collection::vec(any::<u64>(), 0..200), planes in 1_u32..=64) {
            let of = Planes::of(numbers.iter().copied(), planes);
            for plane in 0..planes {
                for (j, number) in numbers.iter().enumerate() {
                    prop_assert_eq!(of.plane(plane)[j / 64] >> (j % 64) & 1, number >> plane & 1);
                }
            }
        }
    }

    #[test]
    fn the_highest_bit_is_the_sign() {
        assert_eq!(Width::new(5).unwrap().signed(0b1_0000), -16);
        assert_eq!(Width::new(5).unwrap().signed(0b0_1111), 15);
        assert_eq!(Width::BIT.signed(1), -1);
        assert_eq!(Width::WORD.signed(u64::MAX), -1);
    }
}

//! Numbers of a few bits each, packed.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a width is 1 to 64 by its type, and the peer's bytes are as many as was checked"
)]

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::error::{Malformed, OtError};

/// How many bits a number has, 1 to 64. Numbers are taken modulo 2^bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Width(u32);

impl Width {
    /// One bit.
    pub const BIT: Self = Self(1);
    /// 64 bits.
    pub const WORD: Self = Self(64);

    /// `None` unless 1 <= `bits` <= 64.
    #[must_use]
    pub const fn new(bits: u32) -> Option<Self> {
        if bits >= 1 && bits <= 64 { Some(Self(bits)) } else { None }
    }

    /// How many.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The bits of a number that count.
    #[must_use]
    pub const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.0)
    }

    /// Bytes of `count` numbers.
    pub(crate) fn bytes(self, count: usize) -> usize {
        // In this order nothing overflows for as many numbers as fit into memory.
        count / 8 * self.0 as usize + (count % 8 * self.0 as usize).div_ceil(8)
    }
}

/// Packs numbers, the first in the lowest bits; the last byte is filled up with zeros.
pub(crate) fn pack(width: Width, numbers: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(width.bytes(numbers.len()) + 16);
    if width == Width::WORD {
        numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    } else if 64_u32.is_multiple_of(width.0) {
        // No number lies across two words.
        for numbers in numbers.chunks((64 / width.0) as usize) {
            let numbers = numbers.iter().rev();
            let word = numbers.fold(0, |word, number| word << width.0 | (number & width.mask()));
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    } else {
        let (mut held, mut bits) = (0_u128, 0_u32);
        for number in numbers {
            held |= u128::from(number & width.mask()) << bits;
            bits += width.0;
            if bits >= 64 {
                bytes.extend_from_slice(&(held as u64).to_le_bytes());
                held >>= 64;
                bits -= 64;
            }
        }
        bytes.extend_from_slice(&held.to_le_bytes());
    }
    bytes.truncate(width.bytes(numbers.len()));
    bytes
}

/// `count` numbers, if the bytes are as many as that takes and nothing else is in them.
pub(crate) fn unpack(
    width: Width,
    count: usize,
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u64>>, OtError> {
    if bytes.len() != width.bytes(count) {
        return Err(OtError::Malformed(Malformed::Length));
    }
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).map(|word| u64::from_le_bytes(*word));
    let mut numbers: Zeroizing<Vec<u64>> = Zeroizing::new(Vec::with_capacity(count));
    let mut left = 0;
    if width == Width::WORD {
        numbers.extend(words.take(count));
    } else if 64_u32.is_multiple_of(width.0) {
        let in_word = (64 / width.0) as usize;
        for mut word in words {
            let more = in_word.min(count - numbers.len());
            numbers.extend((0..more).map(|_| {
                let number = word & width.mask();
                word >>= width.0;
                number
            }));
            left |= word;
        }
    } else {
        let (mut held, mut bits) = (0_u128, 0_u32);
        for word in words {
            held |= u128::from(word) << bits;
            bits += 64;
            while bits >= width.0 && numbers.len() < count {
                numbers.push(held as u64 & width.mask());
                held >>= width.0;
                bits -= width.0;
            }
        }
        left = held as u64;
    }
    if numbers.len() != count {
        return Err(OtError::Internal("fewer numbers than their bytes hold"));
    }
    if left == 0 { Ok(numbers) } else { Err(OtError::Malformed(Malformed::Padding)) }
}

pub(crate) fn send<S: Write>(stream: &mut S, width: Width, numbers: &[u64]) -> Result<(), OtError> {
    Ok(stream.write_all(&pack(width, numbers))?)
}

pub(crate) fn receive<S: Read>(
    stream: &mut S,
    width: Width,
    count: usize,
) -> Result<Zeroizing<Vec<u64>>, OtError> {
    let mut bytes = vec![0; width.bytes(count)];
    stream.read_exact(&mut bytes)?;
    unpack(width, count, &bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(bits in 1_u32..=64, numbers in prop::collection::vec(any::<u64>(), 0..50)) {
            let width = Width::new(bits).unwrap();
            let bytes = pack(width, &numbers);
            prop_assert_eq!(bytes.len(), width.bytes(numbers.len()));
            let back = unpack(width, numbers.len(), &bytes).unwrap();
            let expected: Vec<_> = numbers.iter().map(|number| number & width.mask()).collect();
            prop_assert_eq!(&*back, &expected);
        }

        #[test]
        fn garbage_is_refused_or_is_the_only_encoding(
            bits in 1_u32..=64, count in 0_usize..40, bytes in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let width = Width::new(bits).unwrap();
            match unpack(width, count, &bytes) {
                Ok(numbers) => prop_assert_eq!(pack(width, &numbers), bytes),
                Err(OtError::Malformed(Malformed::Length)) => {
                    prop_assert_ne!(bytes.len(), width.bytes(count));
                }
                Err(OtError::Malformed(Malformed::Padding)) => {
                    let mut bytes = bytes;
                    *bytes.last_mut().unwrap() = 0;
                    prop_assert!(unpack(width, count, &bytes).is_ok());
                }
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }

    #[test]
    fn widths_are_bounded() {
        assert_eq!(Width::new(0), None);
        assert_eq!(Width::new(65), None);
        assert_eq!(Width::WORD.mask(), u64::MAX);
        assert_eq!(Width::BIT.mask(), 1);
    }
}

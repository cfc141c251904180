//! What travels: planes of bits, and numbers of a few bits.

use std::io::{Read, Write};

use super::error::Fault;
use super::lengths::paired;
use crate::ot::bits::{pack, unpack};
use crate::ot::{Malformed, Width};

/// A message in the making.
#[derive(Default)]
pub(super) struct Outgoing(Vec<u8>);

impl Outgoing {
    /// Appends a plane of `count` bits: whole bytes, the last one filled up with zeros.
    pub(super) fn plane(
        &mut self,
        count: usize,
        words: impl ExactSizeIterator<Item = u64>,
    ) -> Result<(), Fault> {
        let start = self.0.len();
        self.0.reserve(count.div_ceil(64).saturating_mul(8));
        for (word, _) in paired(words, 0..count.div_ceil(64))? {
            self.0.extend_from_slice(&word.to_le_bytes());
        }
        self.0.truncate(start.saturating_add(count.div_ceil(8)));
        let padding = padding(count);
        if let (true, Some(last)) = (padding != 0, self.0.last_mut()) {
            *last &= !padding;
        }
        Ok(())
    }

    /// Appends numbers, packed.
    pub(super) fn numbers(&mut self, width: Width, numbers: &[u64]) {
        self.0.extend_from_slice(&pack(width, numbers));
    }

    /// Writes what was appended.
    pub(super) fn write<S: Write>(&mut self, stream: &mut S) -> Result<(), Fault> {
        stream.write_all(&self.0)?;
        self.0.clear();
        Ok(())
    }

    /// Writes what was appended, and sends all.
    pub(super) fn send<S: Write>(&mut self, stream: &mut S) -> Result<(), Fault> {
        self.write(stream)?;
        Ok(stream.flush()?)
    }
}

/// Receives planes of `count` bits each, one after the other, each in whole words.
pub(super) fn planes<S: Read>(
    stream: &mut S,
    planes: usize,
    count: usize,
) -> Result<Vec<u64>, Fault> {
    let length = count.div_ceil(8);
    let mut bytes = vec![0; planes.saturating_mul(length)];
    stream.read_exact(&mut bytes)?;
    let mut words = Vec::with_capacity(planes.saturating_mul(count.div_ceil(64)));
    for plane in bytes.chunks_exact(length.max(1)) {
        if plane.last().is_some_and(|last| last & padding(count) != 0) {
            return Err(Fault::Malformed(Malformed::Padding));
        }
        let (whole, rest) = plane.as_chunks();
        words.extend(whole.iter().map(|word| u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last.iter_mut().zip(rest).for_each(|(last, byte)| *last = *byte);
            words.push(u64::from_le_bytes(last));
        }
    }
    Ok(words)
}

/// Receives `count` numbers.
pub(super) fn numbers<S: Read>(
    stream: &mut S,
    width: Width,
    count: usize,
) -> Result<Vec<u64>, Fault> {
    let mut bytes = vec![0; width.bytes(count)];
    stream.read_exact(&mut bytes)?;
    Ok(std::mem::take(&mut *unpack(width, count, &bytes)?))
}

/// The bits of the last byte that are beyond bit number `count`.
fn padding(count: usize) -> u8 {
    let used = (count % 8) as u32;
    if used == 0 { 0 } else { u8::MAX.wrapping_shl(used) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn planes_come_back(words in prop::collection::vec(any::<u64>(), 6), count in 0_usize..=192) {
            let run = count.div_ceil(64);
            let mut outgoing = Outgoing::default();
            for plane in words.chunks_exact(3) {
                outgoing.plane(count, plane[..run].iter().copied()).unwrap();
            }
            prop_assert_eq!(outgoing.0.len(), 2 * count.div_ceil(8));
            let back = planes(&mut &outgoing.0[..], 2, count).unwrap();
            for (plane, words) in words.chunks_exact(3).enumerate() {
                for bit in 0..count {
                    let found = back[plane * run + bit / 64] >> (bit % 64) & 1;
                    prop_assert_eq!(found, words[bit / 64] >> (bit % 64) & 1);
                }
            }
        }

        #[test]
        fn garbage_is_refused_or_is_the_only_encoding(
            bytes in prop::collection::vec(any::<u8>(), 0..40), number in 0_usize..4, count in 0_usize..100,
        ) {
            let needed = number * count.div_ceil(8);
            match planes(&mut &bytes[..], number, count) {
                Ok(words) => {
                    let mut outgoing = Outgoing::default();
                    let run = count.div_ceil(64).max(1);
                    for plane in words.chunks_exact(run) {
                        outgoing.plane(count, plane.iter().copied()).unwrap();
                    }
                    prop_assert_eq!(&outgoing.0, &bytes[..needed]);
                }
                Err(Fault::Io(_)) => prop_assert!(bytes.len() < needed),
                Err(Fault::Malformed(Malformed::Padding)) => prop_assert!(count % 8 != 0),
                Err(other) => prop_assert!(false, "{other:?}"),
            }
        }
    }
}

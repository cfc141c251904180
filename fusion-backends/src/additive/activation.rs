//! ReLU and truncation on shares, the same code for both parties.
//!
//! Let v = y + 2^63, so that the top bit s of v says that y >= 0. The parties open z = v + r. With
//! zl and rl the 63 low bits of z and r, c = (zl < rl) and b = (zl mod 2^f < rl mod 2^f):
//!
//! - s = z63 xor r63 xor c,
//! - floor((v mod 2^63) / 2^f) = T = (zl >> f) - (rl >> f) + c 2^(63-f) - b,
//! - ReLU is s T, and truncation is T - (1-s) 2^(63-f).
//!
//! Tables give c and b, masked by rho and beta; once c xor rho and b xor beta are open, all of the
//! above is linear in what the dealer has shared.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::chain::Kind;
use super::exchange::Exchange;
use super::layout::Layout;
use super::link::{Words, decode, encode};
use super::record::{self, Record, TOP};
use super::tables::lookup;

/// Which of the two parties runs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Party {
    Client,
    Server,
}

/// One activation on the values of all slots.
pub(super) struct Activation<'a> {
    pub(super) party: Party,
    pub(super) kind: Kind,
    pub(super) layout: &'a Layout,
    pub(super) records: &'a [u64],
    pub(super) width: usize,
}

impl Activation<'_> {
    /// A share of the result, from a share of y.
    pub(super) fn run<R: Read, W: Write>(
        &self,
        y: &[u64],
        peer: &mut Exchange<'_, R, W>,
    ) -> io::Result<Words> {
        let own: Vec<u64> =
            self.records().zip(y).map(|(record, y)| self.mask(&record, *y)).collect();
        peer.say(encode(&own));
        let heard = peer.hear()?;
        let z: Vec<u64> = own.iter().zip(decode(&heard)).map(|(a, b)| a.wrapping_add(b)).collect();

        let own: Vec<u8> =
            self.records().zip(&z).flat_map(|(record, z)| self.group_indices(record, *z)).collect();
        peer.say(own.clone());
        let groups = xor(&own, &peer.hear()?);

        let per_value = groups.chunks(self.layout.groups.len().max(1));
        let own: Vec<u8> = (self.records().zip(per_value))
            .flat_map(|(record, groups)| self.last_index(&record, groups).to_le_bytes())
            .collect();
        peer.say(own.clone());
        let last = xor(&own, &peer.hear()?);

        let indices = last.as_chunks().0.iter().map(|bytes| u16::from_le_bytes(*bytes));
        let own: Vec<u8> =
            self.records().zip(indices).map(|(record, last)| self.result(&record, last)).collect();
        let own = pack(&own, self.width);
        peer.say(own.clone());
        let opened = xor(&own, &peer.hear()?);
        let results = unpack(&opened, self.width);

        let finished = self.records().zip(&z).zip(results);
        let mut shares = Zeroizing::new(Vec::with_capacity(z.len()));
        shares.extend(finished.map(|((record, z), result)| self.finish(&record, *z, result)));
        Ok(shares)
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.chunks_exact(record::words(self.layout)).map(Record::new)
    }

    /// A share of z.
    fn mask(&self, record: &Record<'_>, y: u64) -> u64 {
        y.wrapping_add(record.arithmetic.r).wrapping_add(self.public(TOP))
    }

    /// Shares of the masked indices into the tables of the groups.
    fn group_indices<'r>(&'r self, record: Record<'r>, z: u64) -> impl Iterator<Item = u8> + 'r {
        let (masks, (groups, _)) = (record.masks, record.tables(self.layout));
        groups.enumerate().map(move |(i, (group, tables))| {
            let index = group.digits.iter().enumerate().fold(0_u64, |index, (j, digit)| {
                let entry = j.wrapping_mul(16) | small(digit.of(z));
                index.wrapping_shl(2) | lookup(tables.digits, entry)
            });
            let [byte, ..] = (index ^ masks.group(i, group)).to_le_bytes();
            byte
        })
    }

    /// A share of the masked index into the final table.
    fn last_index(&self, record: &Record<'_>, opened: &[u8]) -> u16 {
        let (groups, _) = record.tables(self.layout);
        let index = groups.zip(opened).fold(0_u64, |index, ((_, tables), opened)| {
            index.wrapping_shl(2) | lookup(tables.group, usize::from(*opened))
        });
        u16::try_from(index ^ record.masks.last(self.layout)).unwrap_or(0)
    }

    /// Shares of c xor rho and of b xor beta, in two bits.
    fn result(&self, record: &Record<'_>, opened: u16) -> u8 {
        let (_, table) = record.tables(self.layout);
        let result = lookup(table, usize::from(opened)) ^ record.masks.result();
        u8::try_from(result & 3).unwrap_or(0)
    }

    /// The result, linear in shares now that z and the masked bits are public.
    fn finish(&self, record: &Record<'_>, z: u64, opened: u8) -> u64 {
        let a = record.arithmetic;
        let (c, b) = (u64::from(opened & 1), u64::from(opened.wrapping_shr(1) & 1));
        let carry = |share: u64| share.wrapping_shl(63_u32.wrapping_sub(self.layout.shift));
        let high = (z & !TOP).wrapping_shr(self.layout.shift);
        let p = z.wrapping_shr(63) ^ c;

        let t = self
            .public(high)
            .wrapping_sub(a.h)
            .wrapping_add(carry(flip(c, self.public(1), a.rho)))
            .wrapping_sub(flip(b, self.public(1), a.beta));
        match self.kind {
            Kind::Relu => {
                let tau_t = (a.tau.wrapping_mul(high))
                    .wrapping_sub(a.tau_h)
                    .wrapping_add(carry(flip(c, a.tau, a.tau_rho)))
                    .wrapping_sub(flip(b, a.tau, a.tau_beta));
                flip(p, t, tau_t)
            }
            Kind::Truncate => {
                let s = flip(p, self.public(1), a.tau);
                t.wrapping_sub(carry(self.public(1).wrapping_sub(s)))
            }
        }
    }

    /// A share of a public value: one of the parties has it all.
    fn public(&self, value: u64) -> u64 {
        if self.party == Party::Server { value } else { 0 }
    }
}

/// A share of (bit xor x) y, from shares of y and of x y, where `bit` is public.
fn flip(bit: u64, y: u64, xy: u64) -> u64 {
    if bit == 1 { y.wrapping_sub(xy) } else { xy }
}

fn xor(own: &[u8], peer: &[u8]) -> Vec<u8> {
    own.iter().zip(peer).map(|(a, b)| a ^ b).collect()
}

/// Four values of two bits in a byte, for each slot of `width` values.
fn pack(values: &[u8], width: usize) -> Vec<u8> {
    let bytes = values.chunks(width.max(1)).flat_map(|slot| slot.chunks(4));
    bytes.map(|four| four.iter().rev().fold(0_u8, |byte, v| byte.wrapping_shl(2) | v)).collect()
}

fn unpack(bytes: &[u8], width: usize) -> impl Iterator<Item = u8> {
    let slots = bytes.chunks(width.div_ceil(4).max(1));
    slots.flat_map(move |slot| {
        let values = slot.iter().flat_map(|byte| [0, 2, 4, 6].map(|i| byte.wrapping_shr(i) & 3));
        values.take(width)
    })
}

fn small(digit: u64) -> usize {
    usize::try_from(digit & 15).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The identities at the top of this file, in the clear.
        #[test]
        fn the_identities_hold(y: i64, near in -3_i64..4, k in 0_u32..64, mix: bool, r: u64, f in 0_u32..=62) {
            let y = if mix { near.wrapping_add(1_i64.wrapping_shl(k)) } else { y };
            let v = y.cast_unsigned().wrapping_add(TOP);
            let z = v.wrapping_add(r);
            let (zl, rl, low) = (z & !TOP, r & !TOP, (1 << f) - 1);
            let (c, b) = (u64::from(zl < rl), u64::from(zl & low < rl & low));
            let s = (z >> 63) ^ (r >> 63) ^ c;
            prop_assert_eq!(s == 1, y >= 0);
            let carry = 1_u64 << (63 - f);
            let t = (zl >> f).wrapping_sub(rl >> f).wrapping_add(c.wrapping_mul(carry)).wrapping_sub(b);
            prop_assert_eq!(t, (v & !TOP) >> f);
            prop_assert_eq!(s.wrapping_mul(t).cast_signed(), y.max(0) >> f);
            prop_assert_eq!(t.wrapping_sub((1 - s).wrapping_mul(carry)).cast_signed(), y >> f);
        }

        #[test]
        fn packing_is_undone(values in proptest::collection::vec(0_u8..4, 30), width in 1_usize..7) {
            let whole = values.len() / width * width;
            let packed = pack(&values[..whole], width);
            prop_assert_eq!(packed.len(), whole / width * width.div_ceil(4));
            prop_assert_eq!(unpack(&packed, width).collect::<Vec<_>>(), &values[..whole]);
        }
    }
}

//! Arithmetic on blocks of 128 bits: AES, GF(2^128), bit matrices. All of it in constant time.
//!
//! The one place with unsafe code, and that only below `x86`. Each function runs on the best
//! instructions that the processor has; `portable.rs` is for processors without them, and what the
//! others are tested against.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths and shifts are our own, never the peer's"
)]

mod fold;
mod mask;
mod portable;
mod transpose;
mod workloads;
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
mod x86;

#[cfg(test)]
mod tests;

use zeroize::{Zeroize, ZeroizeOnDrop};

pub(super) use fold::{STRIPE, Stripe, empty_stripe};
pub(super) use mask::{add_at, mark, sum_marked};
pub(crate) use transpose::squares as transpose_squares;
pub use workloads::{Workload, workloads};

/// 128 bits. Byte and bit 0 are the least significant.
pub(super) type Block = u128;

/// The instructions to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Portable,
    /// AES and carry-less multiplication on single blocks.
    #[cfg(target_arch = "x86_64")]
    Narrow,
    /// The same on pairs of blocks, with AVX2.
    #[cfg(target_arch = "x86_64")]
    Wide,
    /// The same on four blocks, with AVX-512.
    #[cfg(target_arch = "x86_64")]
    Widest,
}

impl Level {
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        return x86::best();
        #[cfg(not(target_arch = "x86_64"))]
        return Self::Portable;
    }

    /// All that this processor has.
    fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let more = x86::levels();
        #[cfg(not(target_arch = "x86_64"))]
        let more = [];
        std::iter::once(Self::Portable).chain(more).collect()
    }
}

/// A key of AES-128, expanded.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key {
    /// The first is the key itself. The portable code uses no other.
    rounds: [Block; 11],
    #[zeroize(skip)]
    level: Level,
}

impl Key {
    pub(crate) fn new(key: Block) -> Self {
        Self::at(Level::best(), key)
    }

    fn at(level: Level, key: Block) -> Self {
        let rounds = match level {
            Level::Portable => [key; 11],
            #[cfg(target_arch = "x86_64")]
            _ => x86::expand(level, key),
        };
        Self { rounds, level }
    }

    /// H(tweak, x) = pi(pi(x) + tweak) + pi(x) in place of each x, where pi is AES under this key.
    pub(super) fn hash(&self, blocks: &mut [Block], tweaks: &[Block]) {
        assert_eq!(blocks.len(), tweaks.len(), "a block would not be hashed");
        match self.level {
            Level::Portable => portable::hash(self, blocks, tweaks),
            #[cfg(target_arch = "x86_64")]
            _ => x86::hash(self, blocks, tweaks),
        }
    }

    /// AES of `first`, `first` + 1, ...
    pub(crate) fn stream(&self, first: Block, blocks: &mut [Block]) {
        match self.level {
            Level::Portable => portable::stream(self, first, blocks),
            #[cfg(target_arch = "x86_64")]
            _ => x86::stream(self, first, blocks),
        }
    }

    /// The children of the nodes in the first half: the left ones H(x) in place of each x, the right
    /// ones H(x) + x in the second half. Gives the sum of the left ones, which is that of the right
    /// ones plus that of the parents. Here H(x) = pi(s(x)) + s(x), with s(a, b) = (a + b, a) on the
    /// high and the low half of a block.
    pub(super) fn split(&self, nodes: &mut [Block]) -> Block {
        assert!(nodes.len().is_multiple_of(2), "a node would have no child");
        let (left, right) = nodes.split_at_mut(nodes.len() / 2);
        match self.level {
            Level::Portable => portable::split(self, left, right),
            #[cfg(target_arch = "x86_64")]
            _ => x86::split(self, left, right),
        }
    }

    /// Adds to each row [`TERMS`] entries of the table, which has 1 to [`MOST`]. Which ones: row i of
    /// all takes blocks 2i and 2i + 1 of this key's stream, and each half of a block has three places:
    /// see [`places`]. `first` is the number of the first row.
    pub(super) fn gather(&self, first: u64, table: &[Block], rows: &mut [Block]) {
        assert!((1..=MOST).contains(&table.len()), "places would not be uniform");
        match self.level {
            Level::Portable => portable::gather(self, first, table, rows),
            #[cfg(target_arch = "x86_64")]
            _ => x86::gather(self, first, table, rows),
        }
    }
}

/// Entries that are added to a row.
pub(super) const TERMS: usize = 10;

/// Entries of a table at most.
pub(super) const MOST: usize = 1 << 18;

/// Places that are drawn from 64 bits.
const IN_WORD: usize = 3;

/// Rows whose places are drawn together.
const DRAWN: usize = 16;

/// The places of a row.
type Places = [usize; TERMS];

/// The places of a row in a table of so many entries, from its two blocks of stream. They are public.
///
/// A word of 64 bits is a fraction of 1. Times the length, the whole part is a place, and the rest is
/// the fraction for the next one. So no place is likelier than another by more than length^3 / 2^64 of
/// its probability, which is 2^-10 at [`MOST`] entries.
#[inline(always)]
fn places([a, b]: &[Block; 2], entries: usize) -> Places {
    let words = [*a as u64, (*a >> 64) as u64, *b as u64, (*b >> 64) as u64];
    let mut places = [0; TERMS];
    for (mut fraction, places) in words.into_iter().zip(places.chunks_mut(IN_WORD)) {
        for place in places {
            let product = u128::from(fraction) * entries as u128;
            *place = (product >> 64) as usize;
            fraction = product as u64;
        }
    }
    places
}

/// Two sums over a tree of 2^k keys, where R(x) is the stream of key x from `first`: `all` is the
/// sum of R(x) over all x, and `by_bit[b]` over those x whose bit b is set. Without a key for x = 0
/// (`keys` is one short), R(0) is zero.
pub(super) fn fold(keys: &[Key], first: Block, all: &mut Stripe, by_bit: &mut [Stripe]) {
    let leaves = 1_usize << by_bit.len();
    assert!([leaves, leaves - 1].contains(&keys.len()), "a leaf would be missing");
    match keys[0].level {
        Level::Portable => portable::fold(keys, first, all, by_bit),
        #[cfg(target_arch = "x86_64")]
        level => x86::fold(level, keys, first, all, by_bit),
    }
}

/// The sum of a[i] b[i] in GF(2^128) = GF(2)[x] / (x^128 + x^7 + x^2 + x + 1).
pub(super) fn dot(a: &[Block], b: &[Block]) -> Block {
    dot_at(Level::best(), a, b)
}

fn dot_at(level: Level, a: &[Block], b: &[Block]) -> Block {
    assert_eq!(a.len(), b.len(), "a term would be missing");
    let (low, high) = match level {
        Level::Portable => portable::dot(a, b),
        #[cfg(target_arch = "x86_64")]
        _ => x86::dot(level, a, b),
    };
    reduce(low, high)
}

/// x times `a` in GF(2^128).
pub(super) fn double(a: Block) -> Block {
    let carry = (a >> 127).wrapping_neg();
    (a << 1) ^ (carry & 0x87)
}

fn reduce(low: Block, high: Block) -> Block {
    let times = |a: Block| a ^ (a << 1) ^ (a << 2) ^ (a << 7);
    let carry = (high >> 127) ^ (high >> 126) ^ (high >> 121);
    low ^ times(high) ^ times(carry)
}

/// Transposes 128 x 128 bits: bit i of row j becomes bit j of row i.
pub(super) fn transpose(rows: &mut [[u64; 2]; 128]) {
    match Level::best() {
        #[cfg(target_arch = "x86_64")]
        Level::Wide | Level::Widest => x86::transpose(rows),
        _ => transpose::transpose(rows),
    }
}

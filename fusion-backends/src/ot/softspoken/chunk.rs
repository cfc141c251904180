//! What both parties agree on in a chunk: its size, its message, its challenge.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a chunk is no longer than `BLOCKS`, and its length is our own, never the peer's"
)]

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::super::Block;
use super::super::domain::{Domain, halves};
use super::super::kernel::{self, Key, STRIPE};

/// Columns: bits of the OT sender's secret.
pub(super) const COLUMNS: usize = 128;
/// Stripes of the longest chunk. The columns of a chunk are then 128 KiB, small enough for a cache.
const STRIPES: usize = 4;
/// Blocks of a column in the longest chunk.
pub(super) const BLOCKS: usize = STRIPES * STRIPE;
/// Bytes of the check that ends a message.
pub(super) const CHECK: usize = 16 + 32;

/// A column of the longest chunk.
pub(super) type Column = [Block; BLOCKS];

/// How long a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    stripes: usize,
}

impl Size {
    /// No chunk makes so many transfers more than are wanted.
    pub(super) const SURPLUS: usize = STRIPE * 128;

    /// Of the next chunk, if `wanted` transfers are still to be made.
    pub(super) fn for_transfers(wanted: usize) -> Self {
        // One block of each column hides the others in the check, and is thrown away.
        let blocks = wanted.div_ceil(128) + 1;
        Self { stripes: blocks.div_ceil(STRIPE).clamp(1, STRIPES) }
    }

    pub(super) fn stripes(self) -> usize {
        self.stripes
    }

    /// Blocks of each column.
    pub(super) fn blocks(self) -> usize {
        self.stripes * STRIPE
    }

    /// Transfers that the chunk makes.
    pub(super) fn transfers(self) -> usize {
        (self.blocks() - 1) * 128
    }

    /// Bytes of its message: a correction for each tree but the first, then the check.
    pub(super) fn message(self, trees: usize) -> usize {
        (trees - 1) * self.blocks() * 16 + CHECK
    }
}

/// The columns of a chunk, reused from chunk to chunk.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Columns(Vec<Column>);

impl Columns {
    pub(super) fn new() -> Self {
        Self(vec![[0; BLOCKS]; COLUMNS])
    }

    /// The columns of tree number `tree`, `depth` of them.
    pub(super) fn of_tree(&mut self, tree: usize, depth: usize) -> &mut [Column] {
        &mut self.0[tree * depth..][..depth]
    }

    /// The combination of the blocks of each column. They are secret, and not returned by value, which
    /// would leave copies behind.
    pub(super) fn combine(&self, challenge: &Challenge, combinations: &mut [Block; COLUMNS]) {
        for (column, combination) in combinations.iter_mut().enumerate() {
            *combination = challenge.combine(&self.0[column]);
        }
    }

    /// Row after row, without those of the last block.
    pub(super) fn rows(&self, size: Size, rows: &mut Vec<Block>) {
        let mut square = Zeroizing::new([[0; 2]; COLUMNS]);
        for block in 0..size.blocks() - 1 {
            for (column, row) in square.iter_mut().enumerate() {
                let bits = self.0[column][block];
                *row = [bits as u64, (bits >> 64) as u64];
            }
            kernel::transpose(&mut square);
            rows.extend(
                square.iter().map(|[low, high]| Block::from(*low) | Block::from(*high) << 64),
            );
        }
    }
}

/// Coefficients for the blocks of a column, drawn when the corrections are fixed.
pub(super) struct Challenge(Vec<Block>);

impl Challenge {
    /// `first`: the counter of the chunk's first block; `corrections`: what the receiver sent.
    pub(super) fn new(domain: &Domain, first: Block, size: Size, corrections: &[u8]) -> Self {
        let mut hasher = domain.hasher("chunk: challenge");
        hasher.update(&first.to_le_bytes()).update(corrections);
        let [seed, _] = halves(hasher.finalize().as_bytes());
        let mut coefficients = vec![0; size.blocks() - 1];
        Key::new(seed).stream(0, &mut coefficients);
        Self(coefficients)
    }

    /// The last block, plus each block before it times its coefficient.
    pub(super) fn combine(&self, column: &Column) -> Block {
        let count = self.0.len();
        kernel::dot(&self.0, &column[..count]) ^ column[count]
    }
}

/// What the receiver commits to: the combinations of all columns.
pub(super) fn digest(domain: &Domain, first: Block, combinations: &[Block; COLUMNS]) -> [u8; 32] {
    let mut hasher = domain.hasher("chunk: columns");
    let mut bytes = [[0; 16]; COLUMNS];
    for (bytes, combination) in bytes.iter_mut().zip(combinations) {
        *bytes = combination.to_le_bytes();
    }
    hasher.update(&first.to_le_bytes()).update(bytes.as_flattened());
    hasher.finalize().into()
}

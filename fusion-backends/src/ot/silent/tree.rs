//! Trees of which the receiver lacks one leaf, with the correlation built in: half trees (Guo, Yang,
//! Wang, Zhang, Xie, Liu and Zhao, EUROCRYPT 2023, eprint 2022/1431). One call of AES for each leaf,
//! 16 bytes for each level.
//!
//! The children of a node x are H(x) and H(x) + x, so both together are x again. The first level is
//! a random root and the root plus Delta. So on every level, all nodes together are Delta. For level
//! i the sender uses up a row q: it sends q plus the sum of the left nodes. The receiver's row
//! t = q + b Delta turns this into the sum of the left nodes if b = 0, and of the right ones if
//! b = 1. So its path goes to the other side, and it knows all nodes but those on the path; there it
//! puts the sum of the others, which is the sender's node plus Delta.
//!
//! Node j of level i has its left child at j and its right child at j + 2^i, so that a level is
//! computed in place and the path to leaf a is at a mod 2^i. That is secret: the receiver touches
//! every node (`kernel/mask.rs`).
//!
//! The lowest bit of a leaf is the choice. The sender clears it; the receiver sets it at the leaf it
//! lacks and clears it elsewhere. That is right because the lowest bit of Delta is 1.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "trees, levels and leaves are as many as the size says, and so are the peer's sums"
)]

use zeroize::Zeroizing;

use super::size::Size;
use crate::ot::Block;
use crate::ot::error::OtError;
use crate::ot::kernel::{self, Key};

/// The leaves of some trees, computed when they are needed.
pub(super) trait Trees {
    /// All leaves of a tree; `leaves` are as many.
    fn leaves(&self, tree: usize, leaves: &mut [Block]);
}

/// The sender's trees.
pub(super) struct Whole {
    cipher: Key,
    delta: Zeroizing<Block>,
    roots: Zeroizing<Vec<Block>>,
}

impl Whole {
    pub(super) fn new(cipher: Key, delta: Block, roots: Zeroizing<Vec<Block>>) -> Self {
        Self { cipher, delta: Zeroizing::new(delta), roots }
    }

    /// All leaves of a tree; `left` sees the sum of the left nodes of each level.
    pub(super) fn grow(&self, tree: usize, leaves: &mut [Block], mut left: impl FnMut(Block)) {
        let root = self.roots[tree];
        (leaves[0], leaves[1]) = (root, root ^ *self.delta);
        left(root);
        each_level(leaves, |nodes| left(self.cipher.split(nodes)));
        leaves.iter_mut().for_each(|leaf| *leaf &= !1);
    }
}

impl Trees for Whole {
    fn leaves(&self, tree: usize, leaves: &mut [Block]) {
        self.grow(tree, leaves, |_| {});
    }
}

/// The receiver's trees.
pub(super) struct Punctured {
    cipher: Key,
    /// For each tree and level, the sum of the nodes on the side that the path does not take.
    sums: Zeroizing<Vec<Block>>,
    /// The leaf of each tree that is missing.
    missing: Zeroizing<Vec<u32>>,
    levels: usize,
}

impl Punctured {
    /// `rows`: one for each level of each tree.
    pub(super) fn new(cipher: Key, size: Size, rows: &[Block]) -> Result<Self, OtError> {
        if rows.len() != size.level_rows() {
            return Err(OtError::Internal("trees have not a row for each level"));
        }
        let levels = size.levels as usize;
        let missing = rows.chunks_exact(levels).map(|rows| {
            rows.iter().rev().fold(0, |leaf: u32, row| (leaf << 1) | (!*row as u32 & 1))
        });
        let missing = Zeroizing::new(missing.collect());
        Ok(Self { cipher, sums: Zeroizing::new(rows.to_vec()), missing, levels })
    }

    /// Takes the sender's message for the trees from number `first`: one sum for each level.
    pub(super) fn correct(&mut self, first: usize, message: &[[u8; 16]]) {
        let sums = &mut self.sums[first * self.levels..][..message.len()];
        for (sum, sent) in sums.iter_mut().zip(message) {
            *sum ^= Block::from_le_bytes(*sent);
        }
    }
}

impl Trees for Punctured {
    fn leaves(&self, tree: usize, leaves: &mut [Block]) {
        let sums = &self.sums[tree * self.levels..][..self.levels];
        let missing = self.missing[tree];
        // One is right, and the other one is the sum of the others.
        (leaves[0], leaves[1]) = (sums[0], sums[0]);
        let mut level = 0;
        each_level(leaves, |nodes| {
            level += 1;
            // All nodes together were zero, so that the left ones and the right ones are the same.
            // That holds again if the known child and its sibling change alike.
            let wrong = self.cipher.split(nodes) ^ sums[level];
            let half = nodes.len() >> 1;
            let (left, right) = nodes.split_at_mut(half);
            let path = missing & (half as u32 - 1);
            kernel::add_at(left, right, path, wrong);
        });
        kernel::mark(leaves, missing);
    }
}

/// Shows the first 4, 8, ... of the leaves.
fn each_level(leaves: &mut [Block], mut each: impl FnMut(&mut [Block])) {
    let mut count = 4;
    while let Some(nodes) = leaves.get_mut(..count) {
        each(nodes);
        count *= 2;
    }
}

#[cfg(test)]
impl Whole {
    pub(super) fn root(&self, tree: usize) -> Block {
        self.roots[tree]
    }
}

//! The OT sender: holds the secret, checks chunks.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a message has its one length, which is checked first; no byte of it is an index"
)]

use std::io::{Read, Write};

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::chunk::{CHECK, COLUMNS, Challenge, Columns, Size, digest};
use super::{Block, Depth};
use crate::ot::batch::{OtSender, SenderBatch};
use crate::ot::counter::Counter;
use crate::ot::domain::Domain;
use crate::ot::error::{Check, Malformed, OtError};
use crate::ot::kernel::{self, Key, STRIPE, Stripe, empty_stripe};
use crate::ot::permutations::Permutations;
use crate::ot::stock::SenderStock;

/// The OT sender's end of an extension. Made by [`setup`](super::setup).
pub struct SoftSpokenSender {
    domain: Domain,
    depth: Depth,
    /// The keys of all leaves but the hidden one, for each tree, in the order of `tree::puncture`.
    trees: Vec<Vec<Key>>,
    columns: Columns,
    /// Of the blocks of a column.
    blocks: Counter,
    stock: SenderStock,
    incoming: Vec<u8>,
}

impl SoftSpokenSender {
    pub(super) fn new(domain: Domain, depth: Depth, delta: Block, trees: Vec<Vec<Key>>) -> Self {
        Self {
            stock: SenderStock::new(Permutations::new(&domain), delta),
            domain,
            depth,
            trees,
            columns: Columns::new(),
            blocks: Counter::default(),
            incoming: Vec::new(),
        }
    }

    pub(in crate::ot) fn domain(&self) -> &Domain {
        &self.domain
    }

    pub(in crate::ot) fn delta(&self) -> Block {
        self.stock.delta()
    }

    /// Checks a chunk of the receiver; its transfers are prepared.
    pub(super) fn chunk(&mut self, size: Size, message: &[u8]) -> Result<(), OtError> {
        if message.len() != size.message(self.trees.len()) {
            return Err(OtError::Malformed(Malformed::Length));
        }
        let first = Block::from(self.blocks.advance(size.blocks())?);
        let (corrections, check) = message.split_at(message.len() - CHECK);
        let Some((combined, claimed)) = check.split_first_chunk() else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        let (blocks, _) = corrections.as_chunks();
        for tree in 0..self.trees.len() {
            // The first tree's choices need no correction.
            let correction =
                (tree > 0).then(|| &blocks[(tree - 1) * size.blocks()..][..size.blocks()]);
            self.expand(tree, first, size, correction);
        }
        let challenge = Challenge::new(&self.domain, first, size, corrections);
        let combined = Block::from_le_bytes(*combined);
        let mut expected = Zeroizing::new([0; COLUMNS]);
        self.columns.combine(&challenge, &mut expected);
        for (bit, sum) in expected.iter_mut().enumerate() {
            *sum ^= combined & mask(self.stock.delta(), bit);
        }
        let expected = digest(&self.domain, first, &expected);
        if !bool::from(expected.ct_eq(claimed)) {
            return Err(OtError::Inconsistent(Check::Columns));
        }
        self.columns.rows(size, self.stock.rows(size.transfers()));
        Ok(())
    }

    /// Fills the columns of a tree, as if it had the choices of the first tree.
    fn expand(
        &mut self,
        tree: usize,
        mut first: Block,
        size: Size,
        correction: Option<&[[u8; 16]]>,
    ) {
        let bits = self.depth.bits();
        let secret = self.stock.delta() >> (tree * bits);
        let mut all = empty_stripe();
        let mut by_bit: Zeroizing<Vec<Stripe>> = Zeroizing::new(vec![empty_stripe(); bits]);
        let columns = self.columns.of_tree(tree, bits);
        for stripe in 0..size.stripes() {
            kernel::fold(&self.trees[tree], first, &mut all, &mut by_bit);
            let blocks = correction.map_or(empty_stripe(), |correction| {
                correction.as_chunks::<STRIPE>().0[stripe].map(Block::from_le_bytes)
            });
            for (bit, (column, sums)) in columns.iter_mut().zip(by_bit.iter()).enumerate() {
                let mask = mask(secret, bit);
                let column = &mut column.as_chunks_mut::<STRIPE>().0[stripe];
                for ((to, sum), correction) in column.iter_mut().zip(sums).zip(&blocks) {
                    *to = sum ^ (correction & mask);
                }
            }
            first += STRIPE as Block;
        }
        all.zeroize();
    }

    fn receive<S: Read>(&mut self, end: usize, stream: &mut S) -> Result<(), OtError> {
        while self.prepared() < end {
            let size = Size::for_transfers(end - self.prepared());
            let mut message = std::mem::take(&mut self.incoming);
            message.resize(size.message(self.trees.len()), 0);
            stream.read_exact(&mut message)?;
            self.chunk(size, &message)?;
            self.incoming = message;
        }
        Ok(())
    }
}

impl OtSender for SoftSpokenSender {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        _rng: &mut R,
    ) -> Result<(), OtError> {
        let end = self.stock.begin(count, Size::SURPLUS)?;
        self.receive(end, stream)?;
        self.stock.done();
        Ok(())
    }

    fn prepared(&self) -> usize {
        self.stock.prepared()
    }

    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        self.stock.take(count)
    }
}

/// All ones if that bit of `secret` is set.
fn mask(secret: Block, bit: usize) -> Block {
    (secret >> bit & 1).wrapping_neg()
}

debug_counts!(SoftSpokenSender, "prepared": OtSender::prepared);

#[cfg(test)]
impl SoftSpokenSender {
    /// As if all numbers but so many were used.
    pub(in crate::ot) fn forward(&mut self, blocks: u64, rows: u64) {
        self.blocks = Counter::near_its_end(blocks);
        self.stock.forward(rows);
    }
}

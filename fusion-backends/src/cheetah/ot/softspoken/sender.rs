//! The OT sender: holds the secret, checks chunks.

use std::io::{Read, Write};

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::chunk::{CHECK, COLUMNS, Challenge, Columns, Size, digest};
use super::{Block, Depth};
use crate::cheetah::ot::batch::{OtSender, SenderBatch};
use crate::cheetah::ot::domain::Domain;
use crate::cheetah::ot::error::{Check, Malformed, OtError};
use crate::cheetah::ot::kernel::{self, Key, STRIPE, Stripe, empty_stripe};
use crate::cheetah::ot::stock::SenderStock;

/// The OT sender's end of an extension. Made by [`setup`](super::setup).
pub struct SoftSpokenSender {
    domain: Domain,
    depth: Depth,
    /// The keys of all leaves but the hidden one, for each tree, in the order of `tree::puncture`.
    trees: Vec<Vec<Key>>,
    columns: Columns,
    /// Counts the blocks of a column. Never the same twice.
    next: Block,
    stock: SenderStock,
    incoming: Vec<u8>,
}

impl SoftSpokenSender {
    pub(super) fn new(domain: Domain, depth: Depth, delta: Block, trees: Vec<Vec<Key>>) -> Self {
        Self {
            stock: SenderStock::new(domain.cipher(), delta),
            domain,
            depth,
            trees,
            columns: Columns::new(),
            next: 0,
            incoming: Vec::new(),
        }
    }

    pub(in crate::cheetah::ot) fn domain(&self) -> &Domain {
        &self.domain
    }

    pub(in crate::cheetah::ot) fn delta(&self) -> Block {
        self.stock.delta()
    }

    /// Checks a chunk of the receiver; its transfers are prepared.
    pub(super) fn chunk(&mut self, size: Size, message: &[u8]) -> Result<(), OtError> {
        if message.len() != size.message(self.trees.len()) {
            return Err(OtError::Malformed(Malformed::Length));
        }
        let at = message.len().saturating_sub(CHECK);
        let (corrections, check) = message.split_at_checked(at).unwrap_or_default();
        let Some((combined, claimed)) = check.split_first_chunk() else {
            return Err(OtError::Malformed(Malformed::Length));
        };
        let mut each = corrections.as_chunks::<16>().0.chunks_exact(size.blocks());
        for tree in 0..self.trees.len() {
            // The first tree's choices need no correction.
            let correction = if tree == 0 { None } else { each.next() };
            self.expand(tree, size, correction.unwrap_or_default());
        }
        let challenge = Challenge::new(&self.domain, self.next, size, corrections);
        let combined = Block::from_le_bytes(*combined);
        let expected = self.columns.combine(&challenge).zip(0..COLUMNS);
        let expected = expected.map(|(sum, bit)| sum ^ (combined & mask(self.stock.delta(), bit)));
        let expected = digest(&self.domain, self.next, expected);
        if !bool::from(expected.ct_eq(claimed)) {
            return Err(OtError::Inconsistent(Check::Columns));
        }
        self.columns.rows(size, self.stock.rows(size.transfers()));
        self.next = self.next.wrapping_add(size.blocks() as Block);
        Ok(())
    }

    /// Fills the columns of a tree, as if it had the choices of the first tree.
    fn expand(&mut self, tree: usize, size: Size, correction: &[[u8; 16]]) {
        let Some(keys) = self.trees.get(tree) else { return };
        let bits = self.depth.bits();
        let secret = self.stock.delta() >> tree.saturating_mul(bits).min(127);
        let mut first = self.next;
        let mut all = empty_stripe();
        let mut by_bit: Zeroizing<Vec<Stripe>> = Zeroizing::new(vec![empty_stripe(); bits]);
        let columns = self.columns.of_tree(tree, bits);
        for stripe in 0..size.stripes() {
            kernel::fold(keys, first, &mut all, &mut by_bit);
            let blocks = correction.as_chunks::<STRIPE>().0.get(stripe);
            let blocks = blocks.map_or(empty_stripe(), |blocks| blocks.map(Block::from_le_bytes));
            for (bit, (column, sums)) in columns.iter_mut().zip(by_bit.iter()).enumerate() {
                let mask = mask(secret, bit);
                if let Some(column) = column.as_chunks_mut::<STRIPE>().0.get_mut(stripe) {
                    for ((to, sum), correction) in column.iter_mut().zip(sums).zip(&blocks) {
                        *to = sum ^ (correction & mask);
                    }
                }
            }
            first = first.wrapping_add(STRIPE as Block);
        }
        all.zeroize();
    }

    fn receive<S: Read>(&mut self, end: usize, stream: &mut S) -> Result<(), OtError> {
        while self.prepared() < end {
            let size = Size::for_transfers(end.saturating_sub(self.prepared()));
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
    (secret >> bit.min(127) & 1).wrapping_neg()
}

debug_counts!(SoftSpokenSender, "prepared": OtSender::prepared);

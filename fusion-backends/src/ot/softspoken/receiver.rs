//! The OT receiver: grows the trees, makes chunks.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "lengths are our own: a receiver reads nothing of the peer's"
)]

use std::io::{Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::chunk::{COLUMNS, Challenge, Column, Columns, Size, digest};
use super::{Block, Depth};
use crate::ot::batch::{OtReceiver, ReceiverBatch};
use crate::ot::counter::Counter;
use crate::ot::domain::Domain;
use crate::ot::error::OtError;
use crate::ot::kernel::{self, Key, STRIPE, Stripe, empty_stripe};
use crate::ot::permutations::Permutations;
use crate::ot::stock::ReceiverStock;

/// The OT receiver's end of an extension. Made by [`setup`](super::setup).
pub struct SoftSpokenReceiver {
    domain: Domain,
    depth: Depth,
    /// The keys of all leaves, for each tree.
    trees: Vec<Vec<Key>>,
    columns: Columns,
    /// Of the blocks of a column.
    blocks: Counter,
    stock: ReceiverStock,
}

impl SoftSpokenReceiver {
    pub(super) fn new(domain: Domain, depth: Depth, trees: Vec<Vec<Key>>) -> Self {
        let stock = ReceiverStock::new(Permutations::new(&domain));
        let (columns, blocks) = (Columns::new(), Counter::default());
        Self { domain, depth, trees, columns, blocks, stock }
    }

    pub(in crate::ot) fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Makes a chunk: its transfers are prepared, and its message is for the sender.
    pub(super) fn chunk(&mut self, size: Size) -> Result<Vec<u8>, OtError> {
        let first = Block::from(self.blocks.advance(size.blocks())?);
        let mut choices: Zeroizing<Column> = Zeroizing::new([0; _]);
        let corrections = self.corrections(first, size, &mut choices);
        Ok(self.check(first, size, &choices, corrections))
    }

    /// Fills the columns and the choices; gives what corrects each tree to them.
    fn corrections(&mut self, first: Block, size: Size, choices: &mut Column) -> Vec<u8> {
        self.expand(0, first, size, choices);
        let mut message = Vec::with_capacity(size.message(self.trees.len()));
        let mut sums: Zeroizing<Column> = Zeroizing::new([0; _]);
        for tree in 1..self.trees.len() {
            self.expand(tree, first, size, &mut sums);
            for (sum, choice) in sums.iter().zip(&*choices).take(size.blocks()) {
                message.extend_from_slice(&(sum ^ choice).to_le_bytes());
            }
        }
        message
    }

    /// Ends the message with its check, and keeps the rows.
    fn check(
        &mut self,
        first: Block,
        size: Size,
        choices: &Column,
        mut message: Vec<u8>,
    ) -> Vec<u8> {
        let challenge = Challenge::new(&self.domain, first, size, &message);
        let mut combinations = Zeroizing::new([0; COLUMNS]);
        self.columns.combine(&challenge, &mut combinations);
        message.extend(challenge.combine(choices).to_le_bytes());
        message.extend(digest(&self.domain, first, &combinations));

        let (rows, bits) = self.stock.rows(size.transfers());
        self.columns.rows(size, rows);
        for block in &choices[..size.blocks() - 1] {
            block.to_le_bytes().iter().for_each(|byte| bits.extend_from_slice(&spread(*byte)));
        }
        message
    }

    fn send<S: Write>(&mut self, end: usize, stream: &mut S) -> Result<(), OtError> {
        while self.prepared() < end {
            let size = Size::for_transfers(end - self.prepared());
            let message = self.chunk(size)?;
            stream.write_all(&message)?;
        }
        Ok(stream.flush()?)
    }

    /// Fills the columns of a tree, and `sums` with the sum of all its leaves. A secret that is
    /// filled in place, not returned, leaves no copies behind.
    fn expand(&mut self, tree: usize, mut first: Block, size: Size, sums: &mut Column) {
        let (stripes, _) = sums.as_chunks_mut();
        let mut by_bit: Zeroizing<Vec<Stripe>> =
            Zeroizing::new(vec![empty_stripe(); self.depth.bits()]);
        for (stripe, all) in stripes.iter_mut().enumerate().take(size.stripes()) {
            kernel::fold(&self.trees[tree], first, all, &mut by_bit);
            let columns = self.columns.of_tree(tree, self.depth.bits());
            for (column, bits) in columns.iter_mut().zip(by_bit.iter()) {
                column.as_chunks_mut().0[stripe] = *bits;
            }
            first += STRIPE as Block;
        }
    }
}

impl OtReceiver for SoftSpokenReceiver {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        _rng: &mut R,
    ) -> Result<(), OtError> {
        let end = self.stock.begin(count, Size::SURPLUS)?;
        self.send(end, stream)?;
        self.stock.done();
        Ok(())
    }

    fn speaks_alone(&self) -> bool {
        true
    }

    fn prepared(&self) -> usize {
        self.stock.prepared()
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        self.stock.take(count)
    }
}

debug_counts!(SoftSpokenReceiver, "prepared": OtReceiver::prepared);

/// The bits of a byte, each in a byte.
fn spread(byte: u8) -> [u8; 8] {
    // Bit i in byte i, then moved up to the top of the byte, then down.
    let each = u64::from(byte).wrapping_mul(0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    let top = each.wrapping_add(0x7f7f_7f7f_7f7f_7f7f) >> 7;
    (top & 0x0101_0101_0101_0101).to_le_bytes()
}

#[cfg(test)]
impl SoftSpokenReceiver {
    /// As if all numbers but so many were used.
    pub(in crate::ot) fn forward(&mut self, blocks: u64, rows: u64) {
        self.blocks = Counter::near_its_end(blocks);
        self.stock.forward(rows);
    }

    /// A cheat: another choice in the first transfer of one tree, not the first, and a check for it
    /// that is right if the sender's secret has the bits `guess` there.
    pub(super) fn cheat(&mut self, size: Size, tree: usize, guess: u8) -> Vec<u8> {
        let first = Block::from(self.blocks.advance(size.blocks()).unwrap());
        let mut choices: Zeroizing<Column> = Zeroizing::new([0; _]);
        let mut message = self.corrections(first, size, &mut choices);
        message[(tree - 1) * size.blocks() * 16] ^= 1;
        for (bit, column) in self.columns.of_tree(tree, self.depth.bits()).iter_mut().enumerate() {
            column[0] ^= Block::from(guess >> bit & 1);
        }
        self.check(first, size, &choices, message)
    }
}

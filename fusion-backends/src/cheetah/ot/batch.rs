//! What every extension prepares, and what every kind of transfer is made of: rows.
//!
//! The sender holds a secret Delta and a row q for each transfer; the receiver a random choice b and
//! a row t, with q = t + b Delta. Hashed, these are random transfers: the sender has H(q) and
//! H(q + Delta), and the receiver has H(t), which is one of the two. The other is unknown to it, as
//! is b to the sender.

use std::io::{Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::error::OtError;
use super::hash::{PIECE, hash_rows};
use super::kernel::{Block, Key};

/// A party that sends. The peer has an [`OtReceiver`] at the same place.
pub trait OtSender {
    /// Prepares `count` transfers or somewhat more, all of which the peer prepares too.
    ///
    /// # Errors
    ///
    /// [`OtError`]: the connection failed or the peer cheated. Then nothing can be used any more.
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError>;

    /// How many transfers are prepared and not used.
    fn prepared(&self) -> usize;

    /// Takes the next `count` transfers. The peer must take as many.
    ///
    /// # Errors
    ///
    /// [`OtError::NotPrepared`] if there are fewer; [`OtError::Broken`] after a failure.
    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError>;
}

/// A party that receives. The peer has an [`OtSender`] at the same place.
pub trait OtReceiver {
    /// Prepares `count` transfers or somewhat more, all of which the peer prepares too.
    ///
    /// # Errors
    ///
    /// [`OtError`]: the connection failed or the peer cheated. Then nothing can be used any more.
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        count: usize,
        stream: &mut S,
        rng: &mut R,
    ) -> Result<(), OtError>;

    /// Whether [`prepare`](Self::prepare) only writes. Then both parties can prepare as receivers at
    /// once, each before it prepares as a sender; otherwise they would wait for each other for ever.
    fn speaks_alone(&self) -> bool;

    /// How many transfers are prepared and not used.
    fn prepared(&self) -> usize;

    /// Takes the next `count` transfers. The peer must take as many.
    ///
    /// # Errors
    ///
    /// [`OtError::NotPrepared`] if there are fewer; [`OtError::Broken`] after a failure.
    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError>;
}

/// Transfers at the sender, to be used once.
pub struct SenderBatch {
    cipher: Key,
    delta: Zeroizing<Block>,
    first: u64,
    rows: Zeroizing<Vec<Block>>,
}

impl SenderBatch {
    /// `first`: the number of the first row among all from this setup.
    pub(in crate::cheetah) fn new(
        cipher: Key,
        delta: Block,
        first: u64,
        rows: Zeroizing<Vec<Block>>,
    ) -> Self {
        Self { cipher, delta: Zeroizing::new(delta), first, rows }
    }

    /// Both messages of each random transfer.
    #[must_use]
    pub fn pairs(&self) -> Zeroizing<Vec<[Block; 2]>> {
        let mut pairs = Zeroizing::new(Vec::with_capacity(self.rows.len()));
        self.each_pairs(|piece| pairs.extend_from_slice(piece));
        pairs
    }

    /// Both messages of each random transfer, piece by piece.
    pub fn each_pairs(&self, mut each: impl FnMut(&[[Block; 2]])) {
        let mut zero = Zeroizing::new([0; PIECE]);
        let mut one = Zeroizing::new([0; PIECE]);
        let mut pairs = Zeroizing::new([[0; 2]; PIECE]);
        let mut index = self.first;
        for rows in self.rows.chunks(PIECE) {
            for ((zero, one), row) in zero.iter_mut().zip(one.iter_mut()).zip(rows) {
                (*zero, *one) = (*row, row ^ *self.delta);
            }
            let count = rows.len();
            let (Some(zero), Some(one)) = (zero.get_mut(..count), one.get_mut(..count)) else {
                continue;
            };
            hash_rows(&self.cipher, index, zero);
            hash_rows(&self.cipher, index, one);
            for ((pair, zero), one) in pairs.iter_mut().zip(zero).zip(one) {
                *pair = [*zero, *one];
            }
            each(pairs.get(..count).unwrap_or_default());
            index = index.wrapping_add(PIECE as u64);
        }
    }

    pub(super) fn cipher(&self) -> &Key {
        &self.cipher
    }

    pub(super) fn delta(&self) -> Block {
        *self.delta
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn rows(&self) -> &[Block] {
        &self.rows
    }
}

/// Transfers at the receiver, to be used once.
pub struct ReceiverBatch {
    cipher: Key,
    first: u64,
    rows: Zeroizing<Vec<Block>>,
    choices: Zeroizing<Vec<u8>>,
}

impl ReceiverBatch {
    pub(in crate::cheetah) fn new(
        cipher: Key,
        first: u64,
        rows: Zeroizing<Vec<Block>>,
        choices: Zeroizing<Vec<u8>>,
    ) -> Self {
        Self { cipher, first, rows, choices }
    }

    /// The choice of each transfer, 0 or 1: random.
    #[must_use]
    pub fn choices(&self) -> &[u8] {
        &self.choices
    }

    /// The message that was chosen in each random transfer.
    #[must_use]
    pub fn chosen(&self) -> Zeroizing<Vec<Block>> {
        let mut chosen = self.rows.clone();
        hash_rows(&self.cipher, self.first, &mut chosen);
        chosen
    }

    pub(super) fn cipher(&self) -> &Key {
        &self.cipher
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn rows(&self) -> &[Block] {
        &self.rows
    }
}

debug_counts!(SenderBatch, "transfers": |batch| batch.rows.len());
debug_counts!(ReceiverBatch, "transfers": |batch| batch.rows.len());

//! What every extension prepares, and what every kind of transfer is made of: rows.
//!
//! The sender holds a secret Delta and a row q for each transfer; the receiver a random choice b and
//! a row t, with q = t + b Delta. Hashed, these are random transfers: the sender has H(q) and
//! H(q + Delta), and the receiver has H(t), which is one of the two. The other is unknown to it, as
//! is b to the sender.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "pieces are as long as the type says, and row numbers are below 2^62"
)]

use std::convert::Infallible;
use std::io::{Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::error::OtError;
use super::hash::{PIECE, hash_rows};
use super::kernel::Block;
use super::permutations::Permutations;

/// A party that sends. The peer has an [`OtReceiver`] at the same place.
pub trait OtSender {
    /// Prepares `count` transfers or somewhat more, all of which the peer prepares too.
    ///
    /// # Errors
    ///
    /// [`OtError::TooMany`] or [`OtError::Exhausted`], and nothing was sent. Others: the connection failed
    /// or the peer cheated; then nothing can be used any more.
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
    /// [`OtError::NotPrepared`] if there are fewer; [`OtError::Broken`] after a failure;
    /// [`OtError::Exhausted`] if there are no numbers left for them.
    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError>;
}

/// A party that receives. The peer has an [`OtSender`] at the same place.
pub trait OtReceiver {
    /// Prepares `count` transfers or somewhat more, all of which the peer prepares too.
    ///
    /// # Errors
    ///
    /// [`OtError::TooMany`] or [`OtError::Exhausted`], and nothing was sent. Others: the connection failed
    /// or the peer cheated; then nothing can be used any more.
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
    /// [`OtError::NotPrepared`] if there are fewer; [`OtError::Broken`] after a failure;
    /// [`OtError::Exhausted`] if there are no numbers left for them.
    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError>;
}

/// Transfers at the sender, to be used once: what uses them takes the batch.
///
/// ```compile_fail,E0382
/// # use fusion_backends::ot::SenderBatch;
/// fn twice(batch: SenderBatch) {
///     let _ = batch.pairs();
///     let _ = batch.each_tables(3, |_| Ok(())); // pads of the same rows
/// }
/// ```
///
/// ```compile_fail,E0382
/// # use fusion_backends::ot::SenderBatch;
/// fn twice(batch: SenderBatch) {
///     let _ = batch.each_pairs(|_| Ok(()));
///     let _ = batch.pairs();
/// }
/// ```
pub struct SenderBatch {
    pub(super) permutations: Permutations,
    pub(super) delta: Zeroizing<Block>,
    /// The number of the first row among all from this setup.
    pub(super) first: u64,
    pub(super) rows: Zeroizing<Vec<Block>>,
}

impl SenderBatch {
    pub(crate) fn new(
        permutations: Permutations,
        delta: Block,
        first: u64,
        rows: Zeroizing<Vec<Block>>,
    ) -> Self {
        Self { permutations, delta: Zeroizing::new(delta), first, rows }
    }

    /// Both messages of each random transfer.
    #[must_use]
    pub fn pairs(self) -> Zeroizing<Vec<[Block; 2]>> {
        let mut pairs = Zeroizing::new(Vec::with_capacity(self.rows.len()));
        let Ok(()) = self.pieces(|piece| {
            pairs.extend_from_slice(piece);
            Ok::<_, Infallible>(())
        });
        pairs
    }

    /// Both messages of each random transfer, piece by piece, until `each` fails.
    ///
    /// # Errors
    ///
    /// What `each` gives.
    pub fn each_pairs(
        self,
        each: impl FnMut(&[[Block; 2]]) -> Result<(), OtError>,
    ) -> Result<(), OtError> {
        self.pieces(each)
    }

    fn pieces<E>(mut self, mut each: impl FnMut(&[[Block; 2]]) -> Result<(), E>) -> Result<(), E> {
        let mut zero = Zeroizing::new([0; PIECE]);
        let mut one = Zeroizing::new([0; PIECE]);
        let mut pairs = Zeroizing::new([[0; 2]; PIECE]);
        let mut first = self.first;
        for rows in self.rows.chunks(PIECE) {
            let count = rows.len();
            let (zero, one, pairs) = (&mut zero[..count], &mut one[..count], &mut pairs[..count]);
            zero.copy_from_slice(rows);
            one.copy_from_slice(rows);
            one.iter_mut().for_each(|row| *row ^= *self.delta);
            hash_rows(&mut self.permutations, first, zero);
            hash_rows(&mut self.permutations, first, one);
            for ((pair, zero), one) in pairs.iter_mut().zip(zero).zip(one) {
                *pair = [*zero, *one];
            }
            each(pairs)?;
            first += count as u64;
        }
        Ok(())
    }
}

/// Transfers at the receiver, to be used once: what uses them takes the batch.
///
/// ```compile_fail,E0382
/// # use fusion_backends::ot::ReceiverBatch;
/// fn twice(batch: ReceiverBatch) {
///     let _ = batch.chosen();
///     let _ = batch.chosen();
/// }
/// ```
///
/// ```compile_fail,E0382
/// # use fusion_backends::ot::ReceiverBatch;
/// fn twice(batch: ReceiverBatch) {
///     let _ = batch.each_chosen(3, |_, _| Ok(()));
///     let _ = batch.chosen();
/// }
/// ```
pub struct ReceiverBatch {
    pub(super) permutations: Permutations,
    /// The number of the first row among all from this setup.
    pub(super) first: u64,
    pub(super) rows: Zeroizing<Vec<Block>>,
    pub(super) choices: Zeroizing<Vec<u8>>,
}

impl ReceiverBatch {
    /// There must be a choice for each row.
    pub(crate) fn new(
        permutations: Permutations,
        first: u64,
        rows: Zeroizing<Vec<Block>>,
        choices: Zeroizing<Vec<u8>>,
    ) -> Result<Self, OtError> {
        if rows.len() != choices.len() {
            return Err(OtError::Internal("a batch has not a choice for each row"));
        }
        Ok(Self { permutations, first, rows, choices })
    }

    /// The choice of each transfer, 0 or 1: random. It may be needed before the messages are.
    #[must_use]
    pub fn choices(&self) -> &[u8] {
        &self.choices
    }

    /// The choice of each random transfer, and the message that was chosen.
    #[must_use]
    pub fn chosen(mut self) -> (Zeroizing<Vec<u8>>, Zeroizing<Vec<Block>>) {
        hash_rows(&mut self.permutations, self.first, &mut self.rows);
        (self.choices, self.rows)
    }
}

debug_counts!(SenderBatch, "transfers": |batch| batch.rows.len());
debug_counts!(ReceiverBatch, "transfers": |batch| batch.rows.len());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_choice_is_an_error() {
        for (rows, choices) in [(2, 1), (1, 2), (0, 1)] {
            let (rows, choices) = (Zeroizing::new(vec![7; rows]), Zeroizing::new(vec![1; choices]));
            let made = ReceiverBatch::new(Permutations::of(b"test"), 0, rows, choices);
            assert!(matches!(made, Err(OtError::Internal(_))));
        }
    }
}

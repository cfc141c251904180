//! Random transfers of 1 of 2^k messages: the pads of [`one_of_n`](super::one_of_n) before anybody
//! wants anything, which cost no message at all.
//!
//! The k rows of a transfer are added up in GF(2^128), row j times x^j: with b the number whose bits
//! are the random choices, the sender's sum is Q = T + b Delta, where b is read as a polynomial.
//! Message y is the hash of Q + y Delta (SoftSpokenOT, section 5, puts the same into a field; here any
//! extension will do). So the sender hashes once for each message, and the receiver once for each
//! transfer.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "bits and lengths are checked first; row numbers are below 2^62; nothing is the peer's"
)]

use zeroize::{Zeroize, Zeroizing};

use super::hash::message_tweak;
use super::kernel::double;
use super::permutations::Span;
use super::{Block, OtError, ReceiverBatch, SenderBatch};

/// Transfers that are shown at a time.
pub const RUN: usize = 64;
/// Prepared transfers that one takes at most: messages are numbered in 8 bits.
pub(super) const MOST_BITS: usize = 8;

impl SenderBatch {
    /// The 2^`bits` messages of each transfer, one transfer after the other; `each` sees [`RUN`]
    /// transfers at a time, and at the end what is left. A transfer takes `bits` rows, 1 to 8.
    ///
    /// # Errors
    ///
    /// [`OtError::Rows`] if the batch is not that of a number of transfers; what `each` gives, which
    /// ends it.
    pub fn each_tables(
        mut self,
        bits: usize,
        mut each: impl FnMut(&[Block]) -> Result<(), OtError>,
    ) -> Result<(), OtError> {
        fits(bits, self.rows.len())?;
        let messages = 1 << bits;
        let mut all = Zeroizing::new([0; 1 << MOST_BITS]);
        fill_multiples(*self.delta, &mut all);
        let multiples = &all[..messages];
        let mut pads = Zeroizing::new(Vec::with_capacity(RUN * messages));
        let mut tweaks = Vec::with_capacity(RUN * messages);
        let mut span = Span { first: self.first, rows: bits, pads: messages };
        for rows in self.rows.chunks(RUN * bits) {
            pads.clear();
            tweaks.clear();
            let mut transfer = span.first;
            for rows in rows.chunks_exact(bits) {
                let sum = combine(rows);
                pads.extend(multiples.iter().map(|multiple| sum ^ multiple));
                tweaks.extend((0..messages).map(|at| message_tweak(transfer, at as u8)));
                transfer += bits as u64;
            }
            self.permutations.hash(span, &mut pads, &tweaks);
            each(&pads)?;
            span.first += rows.len() as u64;
        }
        Ok(())
    }
}

impl ReceiverBatch {
    /// Which of 2^`bits` messages each transfer is for, random, and that message. See
    /// [`SenderBatch::each_tables`].
    ///
    /// # Errors
    ///
    /// Those of [`SenderBatch::each_tables`].
    pub fn each_chosen(
        mut self,
        bits: usize,
        mut each: impl FnMut(&[u8], &[Block]) -> Result<(), OtError>,
    ) -> Result<(), OtError> {
        fits(bits, self.rows.len())?;
        let mut pads = Zeroizing::new(Vec::with_capacity(RUN));
        let mut tweaks = Zeroizing::new(Vec::with_capacity(RUN));
        let mut wanted = Zeroizing::new(Vec::with_capacity(RUN));
        let mut span = Span { first: self.first, rows: bits, pads: 1 };
        // There is a choice for each row: see `ReceiverBatch::new`.
        for (rows, choices) in self.rows.chunks(RUN * bits).zip(self.choices.chunks(RUN * bits)) {
            pads.clear();
            tweaks.clear();
            wanted.clear();
            let mut transfer = span.first;
            for (rows, choices) in rows.chunks_exact(bits).zip(choices.chunks_exact(bits)) {
                let choice = choices.iter().rev().fold(0_u8, |number, bit| (number << 1) | bit);
                pads.push(combine(rows));
                tweaks.push(message_tweak(transfer, choice));
                wanted.push(choice);
                transfer += bits as u64;
            }
            self.permutations.hash(span, &mut pads, &tweaks);
            each(&wanted, &pads)?;
            span.first += rows.len() as u64;
        }
        Ok(())
    }
}

/// Whether so many rows are transfers of `bits` rows each.
fn fits(bits: usize, rows: usize) -> Result<(), OtError> {
    if (1..=MOST_BITS).contains(&bits) && rows.is_multiple_of(bits) {
        Ok(())
    } else {
        Err(OtError::Rows { bits, rows })
    }
}

/// The sum of row j times x^j.
fn combine(rows: &[Block]) -> Block {
    rows.iter().rev().fold(0, |sum, row| double(sum) ^ row)
}

/// y Delta for each polynomial y of degree below 8. In place, so that no copy is left behind.
fn fill_multiples(delta: Block, multiples: &mut [Block; 1 << MOST_BITS]) {
    let mut power = delta;
    for bit in 0..MOST_BITS {
        let (known, rest) = multiples.split_at_mut(1 << bit);
        // The rest is at least as long as what is known.
        for (to, from) in rest.iter_mut().zip(known) {
            *to = *from ^ power;
        }
        power = double(power);
    }
    power.zeroize();
}

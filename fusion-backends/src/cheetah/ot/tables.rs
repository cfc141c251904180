//! Random transfers of 1 of 2^k messages: the pads of [`one_of_n`](super::one_of_n) before anybody
//! wants anything, which cost no message at all.
//!
//! The k rows of a transfer are added up in GF(2^128), row j times x^j: with b the number whose bits
//! are the random choices, the sender's sum is Q = T + b Delta, where b is read as a polynomial.
//! Message y is the hash of Q + y Delta (SoftSpokenOT, section 5, puts the same into a field; here any
//! extension will do). So the sender hashes once for each message, and the receiver once for each
//! transfer.

use zeroize::{Zeroize, Zeroizing};

use super::hash::message_tweak;
use super::kernel::double;
use super::{Block, ReceiverBatch, SenderBatch};

/// Transfers that are shown at a time.
pub const RUN: usize = 64;
/// Prepared transfers that one takes at most: messages are numbered in 8 bits.
const MOST_BITS: usize = 8;

impl SenderBatch {
    /// The 2^`bits` messages of each transfer, one transfer after the other; `each` sees [`RUN`]
    /// transfers at a time, and at the end what is left. A transfer takes `bits` rows, 1 to 8.
    pub fn each_tables(&self, bits: usize, mut each: impl FnMut(&[Block])) {
        let bits = bits.clamp(1, MOST_BITS);
        let messages = 1_usize.wrapping_shl(bits as u32);
        let mut all = Zeroizing::new([0; 256]);
        fill_multiples(self.delta(), &mut all);
        let multiples = all.get(..messages).unwrap_or_default();
        let room = RUN.saturating_mul(messages);
        let mut pads = Zeroizing::new(Vec::with_capacity(room));
        let mut tweaks = Vec::with_capacity(room);
        let mut transfer = self.first();
        for rows in self.rows().chunks(RUN.saturating_mul(bits)) {
            pads.clear();
            tweaks.clear();
            for rows in rows.chunks_exact(bits) {
                let sum = combine(rows);
                pads.extend(multiples.iter().map(|multiple| sum ^ multiple));
                tweaks.extend((0..messages).map(|at| message_tweak(transfer, at as u8)));
                transfer = transfer.wrapping_add(bits as u64);
            }
            self.cipher().hash(&mut pads, &tweaks);
            each(&pads);
        }
    }
}

impl ReceiverBatch {
    /// Which of 2^`bits` messages each transfer is for, random, and that message. See
    /// [`SenderBatch::each_tables`].
    pub fn each_chosen(&self, bits: usize, mut each: impl FnMut(&[u8], &[Block])) {
        let bits = bits.clamp(1, MOST_BITS);
        let mut pads = Zeroizing::new(Vec::with_capacity(RUN));
        let mut tweaks = Zeroizing::new(Vec::with_capacity(RUN));
        let mut wanted = Zeroizing::new(Vec::with_capacity(RUN));
        let mut transfer = self.first();
        let run = RUN.saturating_mul(bits);
        for (rows, choices) in self.rows().chunks(run).zip(self.choices().chunks(run)) {
            pads.clear();
            tweaks.clear();
            wanted.clear();
            for (rows, choices) in rows.chunks_exact(bits).zip(choices.chunks_exact(bits)) {
                let choice = choices.iter().rev().fold(0_u8, |number, bit| (number << 1) | bit);
                pads.push(combine(rows));
                tweaks.push(message_tweak(transfer, choice));
                wanted.push(choice);
                transfer = transfer.wrapping_add(bits as u64);
            }
            self.cipher().hash(&mut pads, &tweaks);
            each(&wanted, &pads);
        }
    }
}

/// The sum of row j times x^j.
fn combine(rows: &[Block]) -> Block {
    rows.iter().rev().fold(0, |sum, row| double(sum) ^ row)
}

/// y Delta for each polynomial y of degree below 8. In place, so that no copy is left behind.
fn fill_multiples(delta: Block, multiples: &mut [Block; 256]) {
    let mut power = delta;
    for bit in 0..8 {
        let (known, rest) = multiples.split_at_mut(1_usize.wrapping_shl(bit));
        for (to, from) in rest.iter_mut().zip(known) {
            *to = *from ^ power;
        }
        power = double(power);
    }
    power.zeroize();
}

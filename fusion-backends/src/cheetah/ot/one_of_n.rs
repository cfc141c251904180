//! Transfers of 1 of N short messages, N up to 256.
//!
//! A transfer of 1 of N takes ceil(log2 N) prepared ones. Their rows are added up in GF(2^128),
//! row j times x^j: with b the number whose bits are the random choices, the sender's sum is
//! Q = T + b Delta, where b is read as a polynomial. The pad of message y is the hash of
//! Q + y Delta (SoftSpokenOT, section 5, puts the same into a field; here any extension will do). So
//! the sender hashes once for each message, and the receiver once for each transfer.

use std::io::{Read, Write};

use zeroize::{Zeroize, Zeroizing};

use super::bits::{self, Width};
use super::hash::message_tweak;
use super::kernel::double;
use super::{Block, OtError, OtReceiver, OtSender, in_range};

/// Messages that are packed together, of all transfers.
const PIECE: usize = 1 << 11;

/// How many messages each transfer has, and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    messages: usize,
    width: Width,
}

impl Table {
    /// `None` unless 2 <= `messages` <= 256.
    #[must_use]
    pub const fn new(messages: usize, width: Width) -> Option<Self> {
        if messages >= 2 && messages <= 256 { Some(Self { messages, width }) } else { None }
    }

    /// How many messages each transfer has.
    #[must_use]
    pub const fn messages(self) -> usize {
        self.messages
    }

    /// Prepared transfers that each transfer takes: the bits of a choice.
    #[must_use]
    pub const fn bits(self) -> usize {
        usize::BITS.saturating_sub(self.messages.saturating_sub(1).leading_zeros()) as usize
    }

    fn choice(self) -> Width {
        // 1 to 8 bits.
        Width::new(self.bits() as u32).unwrap_or(Width::BIT)
    }

    /// Transfers whose messages are packed together.
    fn piece(self) -> usize {
        PIECE.checked_div(self.messages).unwrap_or(1)
    }

    fn rows(self, transfers: usize) -> Result<usize, OtError> {
        transfers.checked_mul(self.bits()).ok_or(OtError::TooMany(transfers))
    }
}

/// Sends one of each N of `messages`, by the receiver's choice.
///
/// # Errors
///
/// [`OtError::Messages`], [`OtError::NotPrepared`], or the connection failed, or the peer's message
/// is malformed.
pub fn send<T: OtSender, S: Read + Write>(
    ot: &mut T,
    table: Table,
    messages: &[u64],
    stream: &mut S,
) -> Result<(), OtError> {
    if !messages.len().is_multiple_of(table.messages) {
        let error = OtError::Messages { messages: table.messages, found: messages.len() };
        return Err(error);
    }
    let count = messages.len().checked_div(table.messages).unwrap_or(0);
    let batch = ot.take(table.rows(count)?)?;
    let flips = bits::receive(stream, table.choice(), count)?;
    let mut multiples = Zeroizing::new([0; 256]);
    fill_multiples(batch.delta(), &mut multiples);
    let mut rows = batch.rows().chunks_exact(table.bits());
    let mut flips = flips.iter();
    let mut transfer = batch.first();
    let mut pads: Zeroizing<Vec<Block>> = Zeroizing::new(Vec::with_capacity(PIECE));
    let mut masked: Vec<u64> = Vec::with_capacity(PIECE);
    let mut tweaks = Vec::with_capacity(PIECE);
    for messages in messages.chunks(table.piece().saturating_mul(table.messages)) {
        pads.clear();
        tweaks.clear();
        let transfers = messages.len().checked_div(table.messages).unwrap_or(0);
        for (rows, flip) in rows.by_ref().zip(flips.by_ref()).take(transfers) {
            let sum = combine(rows);
            // The flip is public, so the address may depend on it.
            let at = |message: usize| usize::from(message as u8 ^ *flip as u8);
            let multiple = |message| multiples.get(at(message)).copied().unwrap_or_default();
            pads.extend((0..table.messages).map(|message| sum ^ multiple(message)));
            tweaks
                .extend((0..table.messages).map(|message| message_tweak(transfer, message as u8)));
            transfer = transfer.wrapping_add(table.bits() as u64);
        }
        batch.cipher().hash(&mut pads, &tweaks);
        masked.clear();
        masked.extend(messages.iter().zip(pads.iter()).map(|(message, pad)| message ^ *pad as u64));
        bits::send(stream, table.width, &masked)?;
    }
    Ok(stream.flush()?)
}

/// Receives the message that each choice is for.
///
/// # Errors
///
/// [`OtError::Choice`], [`OtError::NotPrepared`], or the connection failed, or the peer's message
/// is malformed.
pub fn receive<T: OtReceiver, S: Read + Write>(
    ot: &mut T,
    table: Table,
    choices: &[u8],
    stream: &mut S,
) -> Result<Zeroizing<Vec<u64>>, OtError> {
    in_range(choices, table.messages)?;
    let batch = ot.take(table.rows(choices.len())?)?;
    let random = batch.choices().chunks_exact(table.bits());
    let flips = random.zip(choices).map(|(bits, choice)| {
        let random = bits.iter().rev().fold(0, |number: u64, bit| (number << 1) | u64::from(*bit));
        random ^ u64::from(*choice)
    });
    let flips: Vec<_> = flips.collect();
    bits::send(stream, table.choice(), &flips)?;
    stream.flush()?;

    let mut rows = batch.rows().chunks_exact(table.bits());
    let mut transfer = batch.first();
    let mut received = Zeroizing::new(Vec::with_capacity(choices.len()));
    let mut pads = Zeroizing::new(Vec::with_capacity(table.piece()));
    let mut tweaks = Zeroizing::new(Vec::with_capacity(table.piece()));
    for choices in choices.chunks(table.piece()) {
        pads.clear();
        tweaks.clear();
        for (choice, rows) in choices.iter().zip(rows.by_ref()) {
            pads.push(combine(rows));
            tweaks.push(message_tweak(transfer, *choice));
            transfer = transfer.wrapping_add(table.bits() as u64);
        }
        batch.cipher().hash(&mut pads, &tweaks);
        let count = choices.len().saturating_mul(table.messages);
        let masked = bits::receive(stream, table.width, count)?;
        let masked = masked.chunks_exact(table.messages);
        for ((masked, choice), pad) in masked.zip(choices).zip(pads.iter()) {
            received.push((pick(masked, *choice) ^ *pad as u64) & table.width.mask());
        }
    }
    Ok(received)
}

/// The sum of row j times x^j.
pub(super) fn combine(rows: &[Block]) -> Block {
    rows.iter().rev().fold(0, |sum, row| double(sum) ^ row)
}

/// y Delta for each polynomial y of degree below 8. In place, so that no copy is left behind.
pub(super) fn fill_multiples(delta: Block, multiples: &mut [Block; 256]) {
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

/// The item at a secret place: all are read.
fn pick(items: &[u64], place: u8) -> u64 {
    items.iter().zip(0_u64..).fold(0, |picked, (item, at)| {
        // All ones where the difference is zero, since it is below 2^63.
        let here = ((at ^ u64::from(place)).wrapping_sub(1) >> 63).wrapping_neg();
        picked | (item & here)
    })
}

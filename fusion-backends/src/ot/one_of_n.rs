//! Transfers of 1 of N short messages, N up to 256.
//!
//! A transfer of 1 of N takes ceil(log2 N) prepared ones, which make 2^ceil(log2 N) random pads at the
//! sender and one of them, at a random place, at the receiver (see [`tables`](super::tables)). The
//! receiver says by what its choice differs from that place, as bits, and the sender masks message y
//! with the pad whose place differs from y by as much. If N is not a power of two, some pads mask
//! nothing.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a table has 2 to 256 messages, what is multiplied by that is checked or in memory, and \
              the one index that the peer has a part in is compared first"
)]

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::bits::{self, Width};
use super::paired::{paired, used_up};
use super::{OtError, OtReceiver, OtSender, in_range};

/// Messages that are packed together, of all transfers.
const PIECE: usize = 1 << 11;

/// How many messages each transfer has, and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    messages: usize,
    /// Of a choice.
    choice: Width,
    width: Width,
}

impl Table {
    /// `None` unless 2 <= `messages` <= 256.
    #[must_use]
    pub const fn new(messages: usize, width: Width) -> Option<Self> {
        if messages < 2 || messages > 256 {
            return None;
        }
        match Width::new(usize::BITS - (messages - 1).leading_zeros()) {
            Some(choice) => Some(Self { messages, choice, width }),
            None => None,
        }
    }

    /// How many messages each transfer has.
    #[must_use]
    pub const fn messages(self) -> usize {
        self.messages
    }

    /// Prepared transfers that each transfer takes: the bits of a choice.
    #[must_use]
    pub const fn bits(self) -> usize {
        self.choice.bits() as usize
    }

    /// Pads of each transfer.
    fn pads(self) -> usize {
        1 << self.bits()
    }

    /// Transfers whose messages are packed together.
    fn piece(self) -> usize {
        PIECE / self.messages
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
    let count = messages.len() / table.messages;
    let batch = ot.take(table.rows(count)?)?;
    let flips = bits::receive(stream, table.choice, count)?;
    let mut wanted = paired(messages.chunks_exact(table.messages), flips.iter())?;
    let piece = table.piece() * table.messages;
    let mut masked: Vec<u64> = Vec::with_capacity(piece);
    batch.each_tables(table.bits(), |pads| {
        let pads = pads.chunks_exact(table.pads());
        let count = pads.len();
        for (pads, (messages, flip)) in paired(pads, wanted.by_ref().take(count))? {
            // The flip is public, so the address may depend on it. It has as many bits as a place has,
            // so no sum of both is beyond the pads, which are a power of two.
            let flip = *flip as usize;
            if messages.len() > pads.len() || flip >= pads.len() {
                return Err(OtError::Internal("a message has no pad"));
            }
            let pad = |place: usize| pads[place ^ flip] as u64;
            masked.extend(messages.iter().zip(0..).map(|(message, place)| message ^ pad(place)));
            if masked.len() >= piece {
                bits::send(stream, table.width, &masked)?;
                masked.clear();
            }
        }
        Ok(())
    })?;
    used_up(&wanted)?;
    if !masked.is_empty() {
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
    let mut flips = Vec::with_capacity(choices.len());
    let mut received = Zeroizing::new(Vec::with_capacity(choices.len()));
    let mut wanted = choices.iter();
    batch.each_chosen(table.bits(), |random, pads| {
        let flipped = paired(random, wanted.by_ref().take(random.len()))?;
        flips.extend(flipped.map(|(random, choice)| u64::from(random ^ choice)));
        received.extend(pads.iter().map(|pad| *pad as u64));
        Ok(())
    })?;
    used_up(&wanted)?;
    bits::send(stream, table.choice, &flips)?;
    stream.flush()?;

    let pieces = paired(received.chunks_mut(table.piece()), choices.chunks(table.piece()))?;
    for (received, choices) in pieces {
        let masked = bits::receive(stream, table.width, choices.len() * table.messages)?;
        let masked = paired(masked.chunks_exact(table.messages), choices)?;
        for (pad, (masked, choice)) in paired(received, masked)? {
            *pad = (*pad ^ pick(masked, *choice)) & table.width.mask();
        }
    }
    Ok(received)
}

/// The item at a secret place: all are read.
fn pick(items: &[u64], place: u8) -> u64 {
    items.iter().zip(0_u64..).fold(0, |picked, (item, at)| {
        // All ones where the difference is zero, since it is below 2^63.
        let here = ((at ^ u64::from(place)).wrapping_sub(1) >> 63).wrapping_neg();
        picked | (item & here)
    })
}

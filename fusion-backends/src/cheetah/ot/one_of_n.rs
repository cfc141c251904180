//! Transfers of 1 of N short messages, N up to 256.
//!
//! A transfer of 1 of N takes ceil(log2 N) prepared ones, which make 2^ceil(log2 N) random pads at the
//! sender and one of them, at a random place, at the receiver (see [`tables`](super::tables)). The
//! receiver says by what its choice differs from that place, as bits, and the sender masks message y
//! with the pad whose place differs from y by as much. If N is not a power of two, some pads mask
//! nothing.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::bits::{self, Width};
use super::{OtError, OtReceiver, OtSender, in_range};

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

    /// Pads of each transfer.
    fn pads(self) -> usize {
        1_usize.wrapping_shl(self.bits() as u32)
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
    let mut wanted = messages.chunks_exact(table.messages).zip(flips.iter());
    let piece = table.piece().saturating_mul(table.messages);
    let mut masked: Vec<u64> = Vec::with_capacity(piece);
    let mut sent = Ok(());
    let mut send = |masked: &mut Vec<u64>| {
        if sent.is_ok() {
            sent = bits::send(stream, table.width, masked);
        }
        masked.clear();
    };
    batch.each_tables(table.bits(), |pads| {
        for (pads, (messages, flip)) in pads.chunks_exact(table.pads()).zip(wanted.by_ref()) {
            // The flip is public, so the address may depend on it.
            let pad = |message: usize| pads.get(message ^ *flip as usize).copied();
            let pads = (0..).map(|message| pad(message).unwrap_or_default() as u64);
            masked.extend(messages.iter().zip(pads).map(|(message, pad)| message ^ pad));
            if masked.len() >= piece {
                send(&mut masked);
            }
        }
    });
    if !masked.is_empty() {
        send(&mut masked);
    }
    sent?;
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
        let flipped = random.iter().zip(wanted.by_ref());
        flips.extend(flipped.map(|(random, choice)| u64::from(random ^ choice)));
        received.extend(pads.iter().map(|pad| *pad as u64));
    });
    bits::send(stream, table.choice(), &flips)?;
    stream.flush()?;

    for (received, choices) in received.chunks_mut(table.piece()).zip(choices.chunks(table.piece()))
    {
        let count = choices.len().saturating_mul(table.messages);
        let masked = bits::receive(stream, table.width, count)?;
        let masked = masked.chunks_exact(table.messages);
        for ((pad, masked), choice) in received.iter_mut().zip(masked).zip(choices) {
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

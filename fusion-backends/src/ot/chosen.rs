//! Transfers of 1 of 2 messages of 128 bits that the sender chose. For shorter ones see
//! [`one_of_n`](super::one_of_n).

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "the buffer is as long as a piece, and no piece is longer"
)]

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::bits::{self, Width};
use super::correlated::choose;
use super::paired::{paired, used_up};
use super::{Block, OtError, OtReceiver, OtSender};

/// Transfers that are answered in one message.
const PIECE: usize = 1 << 12;

/// Sends one of each pair, by the receiver's choice.
///
/// # Errors
///
/// [`OtError::NotPrepared`], or the connection failed, or the peer's message is malformed.
pub fn send<T: OtSender, S: Read + Write>(
    ot: &mut T,
    messages: &[[Block; 2]],
    stream: &mut S,
) -> Result<(), OtError> {
    let batch = ot.take(messages.len())?;
    let flips = bits::receive(stream, Width::BIT, messages.len())?;
    let mut wanted = paired(messages, flips.iter())?;
    let mut bytes = Vec::new();
    batch.each_pairs(|pairs| {
        bytes.clear();
        for ([zero, one], (messages, flip)) in paired(pairs, wanted.by_ref().take(pairs.len()))? {
            let swap = (zero ^ one) & Block::from(*flip).wrapping_neg();
            let [first, second] = messages;
            bytes.extend((first ^ zero ^ swap).to_le_bytes());
            bytes.extend((second ^ one ^ swap).to_le_bytes());
        }
        Ok(stream.write_all(&bytes)?)
    })?;
    used_up(&wanted)?;
    Ok(stream.flush()?)
}

/// Receives the message that each choice, 0 or 1, is for.
///
/// # Errors
///
/// [`OtError::NotPrepared`], [`OtError::Choice`], or the connection failed.
pub fn receive<T: OtReceiver, S: Read + Write>(
    ot: &mut T,
    choices: &[u8],
    stream: &mut S,
) -> Result<Zeroizing<Vec<Block>>, OtError> {
    let batch = choose(ot, choices, stream)?;
    let (_, mut messages) = batch.chosen();
    let mut bytes = vec![0; PIECE.min(choices.len()) * 32];
    for (messages, choices) in paired(messages.chunks_mut(PIECE), choices.chunks(PIECE))? {
        let bytes = &mut bytes[..choices.len() * 32];
        stream.read_exact(bytes)?;
        let pairs = bytes.as_chunks::<16>().0.as_chunks().0;
        let masked = paired(pairs, choices)?;
        for (message, ([zero, one], choice)) in paired(messages, masked)? {
            let (zero, one) = (Block::from_le_bytes(*zero), Block::from_le_bytes(*one));
            *message ^= zero ^ ((zero ^ one) & Block::from(*choice).wrapping_neg());
        }
    }
    Ok(messages)
}

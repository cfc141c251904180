//! Transfers of 1 of 2 messages of 128 bits that the sender chose. For shorter ones see
//! [`one_of_n`](super::one_of_n).

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::bits::{self, Width};
use super::correlated::choose;
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
    let mut wanted = messages.iter().zip(flips.iter());
    let mut sent = Ok(());
    let mut bytes = Vec::new();
    batch.each_pairs(|pairs| {
        bytes.clear();
        for ([zero, one], (messages, flip)) in pairs.iter().zip(wanted.by_ref()) {
            let swap = (zero ^ one) & Block::from(*flip).wrapping_neg();
            let [first, second] = messages;
            bytes.extend((first ^ zero ^ swap).to_le_bytes());
            bytes.extend((second ^ one ^ swap).to_le_bytes());
        }
        if sent.is_ok() {
            sent = stream.write_all(&bytes);
        }
    });
    sent?;
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
    let mut messages = batch.chosen();
    let mut bytes = vec![0; PIECE.min(choices.len()).saturating_mul(32)];
    for (messages, choices) in messages.chunks_mut(PIECE).zip(choices.chunks(PIECE)) {
        let length = messages.len().saturating_mul(32);
        let bytes = bytes.get_mut(..length).unwrap_or_default();
        stream.read_exact(bytes)?;
        let pairs = bytes.as_chunks::<16>().0.as_chunks().0;
        for ((message, [zero, one]), choice) in messages.iter_mut().zip(pairs).zip(choices) {
            let (zero, one) = (Block::from_le_bytes(*zero), Block::from_le_bytes(*one));
            *message ^= zero ^ ((zero ^ one) & Block::from(*choice).wrapping_neg());
        }
    }
    Ok(messages)
}

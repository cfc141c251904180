//! Correlated transfers: the two messages of each differ by something that the sender knows.

use std::io::{Read, Write};

use zeroize::Zeroizing;

use super::bits::{self, Width};
use super::paired::{paired, used_up};
use super::{Block, OtError, OtReceiver, OtSender, ReceiverBatch, SenderBatch, in_range};

/// The sender's secret Delta, and its row q of each transfer.
pub struct XorSender {
    /// The same for all transfers from one setup.
    pub delta: Zeroizing<Block>,
    /// q.
    pub rows: Zeroizing<Vec<Block>>,
}

debug_counts!(XorSender, "transfers": |sent| sent.rows.len());

/// Sends `count` rows q; the receiver gets t = q + c Delta (bitwise) for its choice c.
///
/// # Security
///
/// Rows are not hashed. A malicious receiver may have guessed bits of Delta, and may have t off by
/// bits of Delta that it guessed; a malicious sender may have told a wrong Delta to others. Rows
/// must not be used in another hash with other tweaks, nor be shown to the receiver.
///
/// # Errors
///
/// [`OtError::NotPrepared`], or the connection failed.
pub fn send_xor<T: OtSender, S: Read + Write>(
    ot: &mut T,
    count: usize,
    stream: &mut S,
) -> Result<XorSender, OtError> {
    let batch = ot.take(count)?;
    let flips = bits::receive(stream, Width::BIT, count)?;
    let SenderBatch { delta, mut rows, .. } = batch;
    for (row, flip) in paired(rows.iter_mut(), flips.iter())? {
        *row ^= *delta & Block::from(*flip).wrapping_neg();
    }
    Ok(XorSender { delta, rows })
}

/// Receives t = q + c Delta for each choice c, 0 or 1. See [`send_xor`].
///
/// # Errors
///
/// [`OtError::NotPrepared`], [`OtError::Choice`], or the connection failed.
pub fn receive_xor<T: OtReceiver, S: Read + Write>(
    ot: &mut T,
    choices: &[u8],
    stream: &mut S,
) -> Result<Zeroizing<Vec<Block>>, OtError> {
    Ok(choose(ot, choices, stream)?.rows)
}

/// Sends, for each of `differences`, x: the sender gets a random s, the receiver s + c x modulo
/// 2^`width`.
///
/// # Errors
///
/// [`OtError::NotPrepared`], or the connection failed, or the peer's message is malformed.
pub fn send_ring<T: OtSender, S: Read + Write>(
    ot: &mut T,
    width: Width,
    differences: &[u64],
    stream: &mut S,
) -> Result<Zeroizing<Vec<u64>>, OtError> {
    let batch = ot.take(differences.len())?;
    let flips = bits::receive(stream, Width::BIT, differences.len())?;
    let mut sums: Zeroizing<Vec<u64>> = Zeroizing::new(Vec::with_capacity(differences.len()));
    let mut answers: Vec<u64> = Vec::with_capacity(differences.len());
    let mut wanted = paired(differences, flips.iter())?;
    batch.each_pairs(|pairs| {
        for ([zero, one], (difference, flip)) in paired(pairs, wanted.by_ref().take(pairs.len()))? {
            let (zero, one) = (*zero as u64, *one as u64);
            let swap = (zero ^ one) & flip.wrapping_neg();
            let (zero, one) = (zero ^ swap, one ^ swap);
            sums.push(zero & width.mask());
            answers.push(zero.wrapping_add(*difference).wrapping_sub(one));
        }
        Ok(())
    })?;
    used_up(&wanted)?;
    bits::send(stream, width, &answers)?;
    stream.flush()?;
    Ok(sums)
}

/// Receives s + c x modulo 2^`width` for each choice c, 0 or 1. See [`send_ring`].
///
/// # Errors
///
/// [`OtError::NotPrepared`], [`OtError::Choice`], or the connection failed, or the peer's message is
/// malformed.
pub fn receive_ring<T: OtReceiver, S: Read + Write>(
    ot: &mut T,
    width: Width,
    choices: &[u8],
    stream: &mut S,
) -> Result<Zeroizing<Vec<u64>>, OtError> {
    let batch = choose(ot, choices, stream)?;
    let (_, chosen) = batch.chosen();
    let answers = bits::receive(stream, width, choices.len())?;
    let answers = paired(answers.iter(), choices)?;
    let sums = paired(chosen.iter(), answers)?.map(|(pad, (answer, choice))| {
        let answer = answer & u64::from(*choice).wrapping_neg();
        (*pad as u64).wrapping_add(answer) & width.mask()
    });
    Ok(Zeroizing::new(sums.collect()))
}

/// Takes a transfer for each choice, 0 or 1, and tells the sender where its random choice is not the
/// one wanted.
pub(super) fn choose<T: OtReceiver, S: Write>(
    ot: &mut T,
    choices: &[u8],
    stream: &mut S,
) -> Result<ReceiverBatch, OtError> {
    in_range(choices, 2)?;
    let batch = ot.take(choices.len())?;
    let flips = paired(batch.choices(), choices)?;
    let flips: Vec<_> = flips.map(|(random, wanted)| u64::from(random ^ wanted)).collect();
    bits::send(stream, Width::BIT, &flips)?;
    stream.flush()?;
    Ok(batch)
}

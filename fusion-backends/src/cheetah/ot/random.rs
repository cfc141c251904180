//! Transfers of random messages at random choices, in any number, in little memory.
//!
//! [`SenderBatch::pairs`](super::SenderBatch::pairs) and
//! [`ReceiverBatch::chosen`](super::ReceiverBatch::chosen) do the same with what is prepared.

use std::io::{Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::{Block, OtError, OtReceiver, OtSender};

/// Prepared at a time: as many as the longest chunk of `softspoken` makes.
pub(in crate::cheetah) const CHUNK: usize = 63 * 128;

/// Makes `count` transfers; `each` sees both messages of each, some at a time and in order.
///
/// # Errors
///
/// Those of [`OtSender::prepare`].
pub fn send<T: OtSender, S: Read + Write, R: CryptoRng>(
    ot: &mut T,
    count: usize,
    stream: &mut S,
    rng: &mut R,
    mut each: impl FnMut(&[[Block; 2]]),
) -> Result<(), OtError> {
    let mut left = count;
    while left > 0 {
        if ot.prepared() == 0 {
            ot.prepare(left.min(CHUNK), stream, rng)?;
        }
        let batch = ot.take(left.min(ot.prepared()))?;
        batch.each_pairs(&mut each);
        left = left.saturating_sub(batch.rows().len());
    }
    Ok(())
}

/// Makes `count` transfers; `each` sees choices (0 or 1) and chosen messages, some at a time and in
/// order.
///
/// # Errors
///
/// Those of [`OtReceiver::prepare`].
pub fn receive<T: OtReceiver, S: Read + Write, R: CryptoRng>(
    ot: &mut T,
    count: usize,
    stream: &mut S,
    rng: &mut R,
    mut each: impl FnMut(&[u8], &[Block]),
) -> Result<(), OtError> {
    let mut left = count;
    while left > 0 {
        if ot.prepared() == 0 {
            ot.prepare(left.min(CHUNK), stream, rng)?;
        }
        let batch = ot.take(left.min(ot.prepared()))?;
        let chosen: Zeroizing<Vec<Block>> = batch.chosen();
        each(batch.choices(), &chosen);
        left = left.saturating_sub(chosen.len());
    }
    Ok(())
}

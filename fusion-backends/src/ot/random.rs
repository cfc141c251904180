//! Transfers of random messages at random choices, in any number, in little memory.
//!
//! [`SenderBatch::pairs`](super::SenderBatch::pairs) and
//! [`ReceiverBatch::chosen`](super::ReceiverBatch::chosen) do the same with what is prepared.

#![allow(clippy::arithmetic_side_effects, reason = "no more are taken than are left")]

use std::io::{Read, Write};

use rand::CryptoRng;

use super::{Block, OtError, OtReceiver, OtSender};

/// Prepared at a time: as many as the longest chunk of `softspoken` makes.
pub(crate) const CHUNK: usize = 63 * 128;

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
        let count = some(left, ot.prepared())?;
        ot.take(count)?.each_pairs(|pairs| {
            each(pairs);
            Ok(())
        })?;
        left -= count;
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
        let count = some(left, ot.prepared())?;
        let (choices, chosen) = ot.take(count)?.chosen();
        each(&choices, &chosen);
        left -= count;
    }
    Ok(())
}

/// How many to take next: all that are left, or all that are prepared.
fn some(left: usize, prepared: usize) -> Result<usize, OtError> {
    // Whoever takes none goes on for ever.
    let count = left.min(prepared);
    if count > 0 { Ok(count) } else { Err(OtError::Internal("nothing was prepared")) }
}

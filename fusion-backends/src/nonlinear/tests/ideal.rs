//! Transfers without a protocol: both ends expand the same seeds. Quick, and not secret.

use std::io::{Read, Write};

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::Role;
use crate::ot::kernel::Key;
use crate::ot::permutations::Permutations;
use crate::ot::{Block, OtError, OtReceiver, OtSender, ReceiverBatch, SenderBatch};

/// One end. It sends if its role is that of the direction.
pub(super) struct Ideal {
    rows: Key,
    choices: Key,
    delta: Block,
    /// Whether the rows are those of the receiver; the sender's are made to fit, or else the other way
    /// round.
    of_receiver: bool,
    first: u64,
    /// How often it can be taken from before it fails.
    pub(super) takes: usize,
}

type Rows = (u64, Zeroizing<Vec<Block>>, Zeroizing<Vec<u8>>);

/// Seeds of the client and of the server. All that the server has follows from its own.
#[derive(Clone, Copy)]
pub(super) struct Seeds {
    pub(super) client: u64,
    pub(super) server: u64,
}

/// A sender and a receiver for a party; the peer's are the other ends of them.
pub(super) fn ends(role: Role, seeds: Seeds) -> (Ideal, Ideal) {
    let direction = |direction: u64| {
        let key = |seed: u64, purpose: u64| {
            Key::new(Block::from(seed) << 64 | Block::from(direction << 8 | purpose))
        };
        let client_sends = direction == 1;
        let (sender, receiver) =
            if client_sends { (seeds.client, seeds.server) } else { (seeds.server, seeds.client) };
        let mut delta = [0];
        key(sender, 0).stream(0, &mut delta);
        let (rows, choices) = (key(seeds.server, 1), key(receiver, 2));
        let of_receiver = client_sends;
        Ideal { rows, choices, delta: delta[0], of_receiver, first: 0, takes: usize::MAX }
    };
    match role {
        Role::Client => (direction(1), direction(2)),
        Role::Server => (direction(2), direction(1)),
    }
}

impl Ideal {
    /// Rows of the sender or of the receiver; their choices are random bits.
    fn rows(&mut self, count: usize, at_receiver: bool) -> Result<Rows, OtError> {
        self.takes = self.takes.checked_sub(1).ok_or(OtError::Broken)?;
        let first = self.first;
        self.first += count as u64;
        let mut rows = Zeroizing::new(vec![0; count]);
        self.rows.stream(Block::from(first), &mut rows);
        let mut random = vec![0; count.div_ceil(128)];
        self.choices.stream(Block::from(first) << 64, &mut random);
        let choices = (0..count).map(|i| (random[i / 128] >> (i % 128) & 1) as u8).collect();
        let choices: Zeroizing<Vec<u8>> = Zeroizing::new(choices);
        if self.of_receiver != at_receiver {
            for (row, choice) in rows.iter_mut().zip(choices.iter()) {
                *row ^= self.delta & Block::from(*choice).wrapping_neg();
            }
        }
        Ok((first, rows, choices))
    }
}

impl OtSender for Ideal {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        _: usize,
        _: &mut S,
        _: &mut R,
    ) -> Result<(), OtError> {
        Ok(())
    }

    fn prepared(&self) -> usize {
        usize::MAX
    }

    fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        let (first, rows, _) = self.rows(count, false)?;
        Ok(SenderBatch::new(Permutations::of(b"ideal"), self.delta, first, rows))
    }
}

impl OtReceiver for Ideal {
    fn prepare<S: Read + Write, R: CryptoRng>(
        &mut self,
        _: usize,
        _: &mut S,
        _: &mut R,
    ) -> Result<(), OtError> {
        Ok(())
    }

    fn speaks_alone(&self) -> bool {
        true
    }

    fn prepared(&self) -> usize {
        usize::MAX
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        let (first, rows, choices) = self.rows(count, true)?;
        ReceiverBatch::new(Permutations::of(b"ideal"), first, rows, choices)
    }
}

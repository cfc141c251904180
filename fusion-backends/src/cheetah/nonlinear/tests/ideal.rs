//! Transfers without a protocol: both ends expand the same seed. Quick, and not secret.

use std::io::{Read, Write};

use rand::{CryptoRng, RngExt, SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::Role;
use crate::cheetah::ot::kernel::Key;
use crate::cheetah::ot::{Block, OtError, OtReceiver, OtSender, ReceiverBatch, SenderBatch};

/// One end. It sends if its role is that of the direction.
pub(super) struct Ideal {
    rng: StdRng,
    delta: Block,
    first: u64,
}

/// A sender and a receiver for a party; the peer's are the other ends of them.
pub(super) fn ends(role: Role, seed: u64) -> (Ideal, Ideal) {
    let direction = |direction: u64| {
        let mut rng = StdRng::seed_from_u64(direction << 32 | seed);
        Ideal { delta: rng.random(), rng, first: 0 }
    };
    match role {
        Role::Client => (direction(1), direction(2)),
        Role::Server => (direction(2), direction(1)),
    }
}

impl Ideal {
    fn rows(&mut self, count: usize) -> (u64, Vec<(Block, u8)>) {
        let first = self.first;
        self.first += count as u64;
        (first, (0..count).map(|_| (self.rng.random(), self.rng.random_range(0..2))).collect())
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
        let (first, rows) = self.rows(count);
        let rows = Zeroizing::new(rows.into_iter().map(|(row, _)| row).collect());
        Ok(SenderBatch::new(Key::new(7), self.delta, first, rows))
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

    fn prepared(&self) -> usize {
        usize::MAX
    }

    fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        let (first, rows) = self.rows(count);
        let (rows, choices): (Vec<_>, Vec<_>) = rows
            .into_iter()
            .map(|(row, choice)| (row ^ self.delta * Block::from(choice), choice))
            .unzip();
        Ok(ReceiverBatch::new(Key::new(7), first, Zeroizing::new(rows), Zeroizing::new(choices)))
    }
}

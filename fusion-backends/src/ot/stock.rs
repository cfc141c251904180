//! What an end of an extension has prepared, and that nothing goes on after a failure.
//!
//! Whatever stops a preparation in the middle, the parties are no longer at the same place; and each
//! check that fails tells the peer a little of the secret. So an end counts as broken from the
//! beginning of a preparation until it is done.

use zeroize::Zeroizing;

use super::batch::{ReceiverBatch, SenderBatch};
use super::error::OtError;
use super::kernel::Block;
use super::permutations::Permutations;
use super::pool::Pool;

/// Of a sender.
pub(super) struct SenderStock {
    permutations: Permutations,
    delta: Zeroizing<Block>,
    rows: Pool<Block>,
    broken: bool,
}

/// Of a receiver.
pub(super) struct ReceiverStock {
    permutations: Permutations,
    rows: Pool<Block>,
    choices: Pool<u8>,
    broken: bool,
}

impl SenderStock {
    pub(super) fn new(permutations: Permutations, delta: Block) -> Self {
        Self { permutations, delta: Zeroizing::new(delta), rows: Pool::default(), broken: false }
    }

    pub(super) fn delta(&self) -> Block {
        *self.delta
    }

    pub(super) fn prepared(&self) -> usize {
        self.rows.len()
    }

    /// Begins to prepare so many, and perhaps a surplus: how many there will be. Nothing happens if
    /// there is no memory for that.
    pub(super) fn begin(&mut self, count: usize, surplus: usize) -> Result<usize, OtError> {
        unless(self.broken)?;
        let end = self.rows.reserve(count, surplus)?;
        self.broken = true;
        Ok(end)
    }

    pub(super) fn done(&mut self) {
        self.broken = false;
    }

    /// Where so many rows are to be put.
    pub(super) fn rows(&mut self, more: usize) -> &mut Vec<Block> {
        self.rows.grow(more)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<SenderBatch, OtError> {
        unless(self.broken)?;
        let first = self.rows.taken();
        let rows = self.rows.take(count)?;
        Ok(SenderBatch::new(self.permutations.clone(), *self.delta, first, rows))
    }
}

impl ReceiverStock {
    pub(super) fn new(permutations: Permutations) -> Self {
        Self { permutations, rows: Pool::default(), choices: Pool::default(), broken: false }
    }

    pub(super) fn prepared(&self) -> usize {
        self.rows.len()
    }

    /// See [`SenderStock::begin`].
    pub(super) fn begin(&mut self, count: usize, surplus: usize) -> Result<usize, OtError> {
        unless(self.broken)?;
        self.choices.reserve(count, surplus)?;
        let end = self.rows.reserve(count, surplus)?;
        self.broken = true;
        Ok(end)
    }

    pub(super) fn done(&mut self) {
        self.broken = false;
    }

    /// Where so many rows are to be put, and their choices.
    pub(super) fn rows(&mut self, more: usize) -> (&mut Vec<Block>, &mut Vec<u8>) {
        (self.rows.grow(more), self.choices.grow(more))
    }

    pub(super) fn take(&mut self, count: usize) -> Result<ReceiverBatch, OtError> {
        unless(self.broken)?;
        let first = self.rows.taken();
        let (rows, choices) = (self.rows.take(count)?, self.choices.take(count)?);
        ReceiverBatch::new(self.permutations.clone(), first, rows, choices)
    }
}

fn unless(broken: bool) -> Result<(), OtError> {
    if broken { Err(OtError::Broken) } else { Ok(()) }
}

#[cfg(test)]
impl SenderStock {
    /// See [`Pool::forward`].
    pub(super) fn forward(&mut self, left: u64) {
        self.rows.forward(left);
    }
}

#[cfg(test)]
impl ReceiverStock {
    /// See [`Pool::forward`].
    pub(super) fn forward(&mut self, left: u64) {
        self.rows.forward(left);
        self.choices.forward(left);
    }
}

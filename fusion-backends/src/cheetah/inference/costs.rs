//! What each layer of a batch cost a party.

use std::io::{Read, Result, Write};
use std::time::{Duration, Instant};

/// The cost of a layer in the online phase, for all slots together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerCost {
    /// Position of the layer; as many as there are layers for what opens the answers.
    pub layer: usize,
    /// What it does.
    pub kind: &'static str,
    /// Bytes that this party sent, without frames.
    pub sent: u64,
    /// Bytes that it received.
    pub received: u64,
    /// From its start to its end, waiting for the peer included.
    pub time: Duration,
}

/// Counts what passes.
pub(super) struct Metered<'a, S> {
    stream: &'a mut S,
    sent: u64,
    received: u64,
    start: Instant,
}

impl<'a, S> Metered<'a, S> {
    pub(super) fn new(stream: &'a mut S) -> Self {
        Self { stream, sent: 0, received: 0, start: Instant::now() }
    }

    /// What passed since the last call.
    pub(super) fn cost(&mut self, layer: usize, kind: &'static str) -> LayerCost {
        let (sent, received) = (std::mem::take(&mut self.sent), std::mem::take(&mut self.received));
        let time = self.start.elapsed();
        self.start = Instant::now();
        LayerCost { layer, kind, sent, received, time }
    }
}

impl<S: Read> Read for Metered<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.stream.read(buffer)?;
        self.received = self.received.saturating_add(count as u64);
        Ok(count)
    }
}

impl<S: Write> Write for Metered<'_, S> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let count = self.stream.write(bytes)?;
        self.sent = self.sent.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}

//! The channel as a phase sees it: `Read` and `Write`. Underneath, all that passes is framed,
//! labelled with phase and slot, counted and hashed.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub(crate) mod frame;
mod link;

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use link::Limits;
pub(crate) use link::{Link, PhasePlan};

/// Both directions of the channel to the peer.
///
/// What is written is sent when a phase reads, flushes or ends, so small writes are cheap and
/// nobody waits for a message that lies in a buffer.
pub struct Wire {
    reader: WireReader,
    writer: WireWriter,
}

/// The incoming direction.
pub struct WireReader(Arc<Mutex<Link>>);

/// The outgoing direction.
pub struct WireWriter(Arc<Mutex<Link>>);

impl Wire {
    pub(crate) fn new(link: Link) -> Self {
        let link = Arc::new(Mutex::new(link));
        Self { reader: WireReader(link.clone()), writer: WireWriter(link) }
    }

    /// The two directions, for protocols that take a reader and a writer.
    pub fn split(&mut self) -> (&mut WireReader, &mut WireWriter) {
        (&mut self.reader, &mut self.writer)
    }

    pub(crate) fn link(&self) -> MutexGuard<'_, Link> {
        lock(&self.reader.0)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Read for WireReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        lock(&self.0).read(buffer).map_err(io::Error::other)
    }
}

impl Write for WireWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).write(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        lock(&self.0).flush().map_err(io::Error::other)
    }
}

fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

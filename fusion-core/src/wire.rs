//! The channel as a phase sees it: `Read` and `Write`, or `AsyncRead` and `AsyncWrite` (feature
//! `async`). Underneath, all that passes is framed, labelled with phase and slot, counted and
//! hashed.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub(crate) mod frame;
#[cfg(feature = "async")]
mod futures;
pub(crate) mod inner;
mod link;

use std::{
    future::poll_fn,
    io::{self, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

pub use inner::InnerPhase;
pub use link::Limits;
#[cfg(feature = "test-kit")]
pub(crate) use link::Mischief;
pub(crate) use link::{Common, Link, Owed, Parts, PhasePlan, SlotEnd};

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
        Self::over(Arc::new(Mutex::new(link)))
    }

    /// A wire that leads nowhere: every read and write fails. For a field that holds a channel,
    /// until the driver puts the real one there.
    #[must_use]
    pub fn closed() -> Self {
        Self::new(Link::closed())
    }

    /// Another handle to the same wire, for protocols that own their channel.
    #[must_use]
    pub fn handle(&self) -> Self {
        Self::over(self.reader.0.clone())
    }

    /// Handles to the two directions, for protocols that own a reader and a writer.
    #[must_use]
    pub fn handles(&self) -> (WireReader, WireWriter) {
        let Self { reader, writer } = self.handle();
        (reader, writer)
    }

    /// The two directions, for protocols that take a reader and a writer.
    pub fn split(&mut self) -> (&mut WireReader, &mut WireWriter) {
        (&mut self.reader, &mut self.writer)
    }

    pub(crate) fn link(&self) -> MutexGuard<'_, Link> {
        lock(&self.reader.0)
    }

    /// Waits for what `poll` waits for; the link is free in between.
    pub(crate) async fn wait<T>(
        &self,
        mut poll: impl FnMut(&mut Link, &mut Context<'_>) -> Poll<T>,
    ) -> T {
        poll_fn(|cx| poll(&mut self.link(), cx)).await
    }

    fn over(link: Arc<Mutex<Link>>) -> Self {
        Self { reader: WireReader(link.clone()), writer: WireWriter(link) }
    }
}

/// Another handle to the same wire.
impl Clone for Wire {
    fn clone(&self) -> Self {
        self.handle()
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
        let mut link = lock(&self.0);
        // A blocking channel is always ready.
        match link.poll_read(&mut Context::from_waker(Waker::noop()), buffer) {
            Poll::Ready(read) => read.map_err(io::Error::other),
            Poll::Pending => Err(io::Error::other(link.cannot_block())),
        }
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

//! Peers that say what was recorded, and how it is recorded.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use fusion::channel::{Channel, ChannelError, Incoming, Outgoing};

/// A stream on which the peer says so much and then hangs up, whatever it is told.
pub(crate) struct Peer {
    says: io::Cursor<Vec<u8>>,
    /// The most that arrives at a time.
    at_a_time: usize,
}

impl Peer {
    pub(crate) fn new(says: Vec<u8>) -> Self {
        Self::in_parts(says, usize::MAX)
    }

    /// One that says no more than `at_a_time` bytes at a time.
    pub(crate) fn in_parts(says: Vec<u8>, at_a_time: usize) -> Self {
        Self { says: io::Cursor::new(says), at_a_time }
    }
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let end = buffer.len().min(self.at_a_time);
        self.says.read(&mut buffer[..end])
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl futures_io::AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.read(buffer))
    }
}

impl futures_io::AsyncWrite for Peer {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A channel on which the peer sends these frames and then hangs up, whatever it is sent.
pub(crate) struct PeerChannel(VecDeque<Vec<u8>>);

impl PeerChannel {
    pub(crate) fn new(frames: Vec<Vec<u8>>) -> Self {
        Self(frames.into())
    }
}

impl Channel for PeerChannel {
    fn send(&mut self, _: Vec<u8>) -> Result<(), ChannelError> {
        Ok(())
    }

    fn recv(&mut self, _: Duration) -> Result<Vec<u8>, ChannelError> {
        self.0.pop_front().ok_or(ChannelError::Closed)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        (Box::new(Self(VecDeque::new())), self)
    }
}

impl Outgoing for PeerChannel {
    fn send(&mut self, _: Vec<u8>) -> Result<(), ChannelError> {
        Ok(())
    }
}

impl Incoming for PeerChannel {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        Channel::recv(self, wait)
    }
}

/// What came over a channel or a stream so far: frames, or one message for all bytes.
#[derive(Clone, Default)]
pub(crate) struct Recording(Arc<Mutex<Vec<Vec<u8>>>>);

impl Recording {
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn frame(&self, frame: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(frame.to_vec());
    }

    fn bytes(&self, bytes: &[u8]) {
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match messages.last_mut() {
            Some(message) => message.extend_from_slice(bytes),
            None => messages.push(bytes.to_vec()),
        }
    }
}

/// A channel or a stream, recorded.
pub(crate) struct Recorded<C> {
    inner: C,
    recording: Recording,
}

impl<C> Recorded<C> {
    pub(crate) fn new(inner: C) -> (Self, Recording) {
        let recording = Recording::default();
        (Self { inner, recording: recording.clone() }, recording)
    }

    pub(crate) fn inner(&self) -> &C {
        &self.inner
    }
}

impl<C: Read> Read for Recorded<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.recording.bytes(&buffer[..count]);
        Ok(count)
    }
}

impl<C: Write> Write for Recorded<C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<C: Channel> Channel for Recorded<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        self.inner.send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let frame = self.inner.recv(wait)?;
        self.recording.frame(&frame);
        Ok(frame)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        let Self { inner, recording } = *self;
        let (outgoing, incoming) = Box::new(inner).split();
        (outgoing, Box::new(Recorded { inner: incoming, recording }))
    }
}

impl Incoming for Recorded<Box<dyn Incoming>> {
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        let frame = self.inner.recv(wait)?;
        self.recording.frame(&frame);
        Ok(frame)
    }
}

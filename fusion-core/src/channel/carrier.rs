use std::{
    task::{Context, Poll},
    time::Duration,
};

use super::{Channel, ChannelError, Incoming, Outgoing};
use crate::lanes::Port;

/// A two-way stream of frames that is polled instead of waited for.
///
/// The asynchronous counterpart of [`Channel`]: `Connection::futures` (feature `async`) makes one of
/// any `AsyncRead + AsyncWrite`.
pub trait PollChannel: Send + 'static {
    /// Queues one frame of at most [`MAX_FRAME`](super::MAX_FRAME) bytes.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] if the channel is closed.
    fn start_send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError>;

    /// Whether so much is queued that the sender should wait for [`poll_flush`](Self::poll_flush).
    fn is_full(&self) -> bool {
        false
    }

    /// Sends what is queued.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] if the peer is gone.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>>;

    /// Receives one frame of at most [`MAX_FRAME`](super::MAX_FRAME) bytes, whole, within `wait`
    /// of the first call for it; meanwhile sends what is queued.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] says whether the peer was late, gone, or sent something malformed.
    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
        wait: Duration,
    ) -> Poll<Result<Vec<u8>, ChannelError>>;
}

/// A channel of any kind.
pub(crate) enum Carrier {
    Blocking(Box<dyn Channel>),
    /// The directions of a channel that phases in lanes have split.
    Halves(Box<dyn Outgoing>, Box<dyn Incoming>),
    /// A slot's part of a connection, while a phase runs in lanes.
    Lane(Port),
    Polled(Box<dyn PollChannel>),
}

impl Carrier {
    pub(crate) fn nowhere() -> Self {
        Self::Blocking(Box::new(super::memory_pair().0))
    }

    pub(crate) fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        match self {
            Self::Blocking(channel) => channel.send(frame),
            Self::Halves(outgoing, _) => outgoing.send(frame),
            Self::Lane(port) => port.send(frame),
            Self::Polled(channel) => channel.start_send(frame),
        }
    }

    #[cfg(feature = "async")]
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Blocking(_) | Self::Halves(..) | Self::Lane(_) => false,
            Self::Polled(channel) => channel.is_full(),
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ChannelError>> {
        match self {
            Self::Blocking(_) | Self::Halves(..) | Self::Lane(_) => Poll::Ready(Ok(())),
            Self::Polled(channel) => channel.poll_flush(cx),
        }
    }

    pub(crate) fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
        wait: Duration,
    ) -> Poll<Result<Vec<u8>, ChannelError>> {
        match self {
            Self::Blocking(channel) => Poll::Ready(channel.recv(wait)),
            Self::Halves(_, incoming) => Poll::Ready(incoming.recv(wait)),
            Self::Lane(port) => Poll::Ready(port.recv()),
            Self::Polled(channel) => channel.poll_recv(cx, wait),
        }
    }
}

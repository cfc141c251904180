//! How frames travel: memory, TCP, and either with an emulated network in between.
//!
//! A channel moves whole frames and knows nothing of protocols. [`Connection`](crate::Connection)
//! sits on top: it labels, counts and hashes.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod carrier;
mod emulate;
#[cfg(feature = "async")]
mod futures;
mod memory;
mod queue;
mod tcp;

use std::{
    io,
    time::{Duration, Instant},
};

pub(crate) use carrier::Carrier;
pub use carrier::PollChannel;
pub use emulate::{Emulated, Network};
#[cfg(feature = "async")]
pub use futures::{FuturesChannel, Timer};
pub use memory::{MemoryChannel, memory_pair};
pub use tcp::TcpChannel;

/// No frame is longer than this; a peer that announces more is cut off before memory is taken.
pub const MAX_FRAME: usize = (1 << 20) + 64;

/// A blocking, two-way stream of frames.
///
/// Sending must not wait for the peer to read, or two parties that write at the same time stop
/// each other: queue the frame and return. Receiving waits no longer than it is told.
pub trait Channel: Send + 'static {
    /// Queues one frame of at most [`MAX_FRAME`] bytes.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] if the channel is closed or the peer has stopped reading.
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError>;

    /// Receives one frame of at most [`MAX_FRAME`] bytes, whole, within `wait`.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] says whether the peer was late, gone, or sent something malformed.
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError>;

    /// The two directions, for two threads: phases in `lanes` send while one of them receives.
    /// Together they are the channel; the connection is over when both are dropped.
    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>);
}

/// The outgoing direction of a [`Channel`].
pub trait Outgoing: Send + 'static {
    /// As [`Channel::send`]. When this direction is dropped, the peer gets what was queued, and
    /// then learns that nothing more comes.
    ///
    /// # Errors
    ///
    /// As [`Channel::send`].
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError>;
}

/// The incoming direction of a [`Channel`].
pub trait Incoming: Send + 'static {
    /// As [`Channel::recv`]. A wait that is over in the middle of a frame loses nothing: the next
    /// call goes on with that frame.
    ///
    /// # Errors
    ///
    /// As [`Channel::recv`].
    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError>;
}

impl<C: Channel + ?Sized> Channel for Box<C> {
    fn send(&mut self, frame: Vec<u8>) -> Result<(), ChannelError> {
        (**self).send(frame)
    }

    fn recv(&mut self, wait: Duration) -> Result<Vec<u8>, ChannelError> {
        (**self).recv(wait)
    }

    fn split(self: Box<Self>) -> (Box<dyn Outgoing>, Box<dyn Incoming>) {
        (*self).split()
    }
}

/// Why a frame did not travel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The peer closed the connection.
    #[error("the peer closed the connection")]
    Closed,
    /// The peer closed the connection in the middle of a frame.
    #[error("the peer closed the connection in the middle of a frame")]
    Truncated,
    /// The peer sent nothing for this long.
    #[error("the peer sent nothing for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// The peer read nothing for this long, with this many bytes waiting for it.
    #[error("the peer read nothing for {} s while {waiting} bytes wait for it", .after.as_secs_f32())]
    NotReading {
        /// How long it read nothing.
        after: Duration,
        /// How many bytes wait.
        waiting: usize,
    },
    /// A frame is longer than [`MAX_FRAME`].
    #[error("a frame of {0} bytes is over the limit of {MAX_FRAME}")]
    TooLong(u64),
    /// The frame is not one of the emulated network.
    #[error("the peer does not run the same network emulation")]
    NotEmulated,
    /// Another lane of the phase failed, so that none goes on. The run reports that lane's error.
    #[error("another lane of this phase failed")]
    Stopped,
    /// A wire was used where nothing can be sent or received.
    #[error(
        "nothing is sent or received here: the step is `local`, or the wire is used outside of a \
         phase"
    )]
    OutsidePhase,
    /// A phase that blocks was run on an asynchronous connection.
    #[error(
        "a blocking phase cannot wait on an asynchronous connection: make the phases `async fn` \
         (without `lanes`), or use a blocking channel"
    )]
    NotBlocking,
    /// The operating system reported an error.
    #[error("{0}")]
    Os(String),
}

/// When a wait that begins now is over. A wait too long for the clock is cut to a century.
pub(crate) fn deadline(wait: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    let now = Instant::now();
    now.checked_add(wait).or_else(|| now.checked_add(CENTURY)).unwrap_or(now)
}

impl ChannelError {
    /// Whether the peer sent something that no correct peer sends.
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(self, Self::TooLong(_) | Self::NotEmulated)
    }
}

impl From<io::Error> for ChannelError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match error.kind() {
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => Self::Closed,
            _ => Self::Os(error.to_string()),
        }
    }
}

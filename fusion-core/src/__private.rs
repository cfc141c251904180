//! What generated code calls. Anything here may change at any time.

#[cfg(feature = "ndarray")]
mod arrays;

use crate::{
    error::Error,
    lanes::{ClientLanes, ServerLanes},
    protocol::{ClientSide, ServerSide},
};

#[cfg(feature = "ndarray")]
pub use arrays::{Unstack, ndarray, stack, stack_numbers};

/// A step of a client whose parts may go to other threads.
///
/// # Errors
///
/// As [`ClientLanes::concurrently`](crate::ClientLanes::concurrently).
pub fn client_lanes<P: ClientSide>(lanes: ClientLanes<'_, P>) -> Result<(), Error<P::ClientError>>
where
    P::Client: Send,
    P::ClientState: Send,
    P::Output: Send,
    P::ClientError: Send,
    P::ClientContext: Sync,
    P::ClientSetup: Sync,
    P::Query: Sync,
{
    lanes.concurrently()
}

/// A step of a server whose parts may go to other threads.
///
/// # Errors
///
/// As [`ServerLanes::concurrently`](crate::ServerLanes::concurrently).
pub fn server_lanes<P: ServerSide>(lanes: ServerLanes<'_, P>) -> Result<(), Error<P::ServerError>>
where
    P::Server: Send,
    P::ServerState: Send,
    P::ServerError: Send,
    P::ServerContext: Sync,
    P::ServerSetup: Sync,
{
    lanes.concurrently()
}

mod samples;

pub use samples::{Classes, Samples, Touch, Valid, Whole};

/// The two types in a `Result`, also behind an alias.
pub trait Outcome {
    /// The type of success.
    type Ok;
    /// The type of failure.
    type Err;
}

impl<T, E> Outcome for Result<T, E> {
    type Ok = T;
    type Err = E;
}

/// What flushing a channel gives: nothing, or a result whose error is the protocol's or converts
/// into it.
pub trait Flushed<E> {
    /// The result.
    ///
    /// # Errors
    ///
    /// If flushing failed.
    fn flushed(self) -> Result<(), E>;
}

impl<E> Flushed<E> for () {
    fn flushed(self) -> Result<(), E> {
        Ok(())
    }
}

impl<E, F: Into<E>> Flushed<E> for Result<(), F> {
    fn flushed(self) -> Result<(), E> {
        self.map_err(Into::into)
    }
}

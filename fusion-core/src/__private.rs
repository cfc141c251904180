//! What generated code calls. Anything here may change at any time.

#[cfg(feature = "ndarray")]
mod arrays;

#[cfg(feature = "ndarray")]
pub use arrays::{Unstack, ndarray, stack, stack_numbers};

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

use std::collections::VecDeque;

/// One value that all executions share: what a setup or batched phase leaves for later ones.
pub struct Kept<T>(Option<T>);

impl<T> Kept<T> {
    /// Leaves a value, replacing an earlier one.
    pub fn put(&mut self, value: T) {
        self.0 = Some(value);
    }

    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`StateError::Missing`] if no phase has left one.
    pub fn get(&self) -> Result<&T, StateError> {
        self.0.as_ref().ok_or(StateError::Missing)
    }

    /// Changes the value in place.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self) -> Result<&mut T, StateError> {
        self.0.as_mut().ok_or(StateError::Missing)
    }

    /// Takes the value out.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn take(&mut self) -> Result<T, StateError> {
        self.0.take().ok_or(StateError::Missing)
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// One value per execution, in slot order: what a phase leaves that runs slot by slot.
pub struct Column<T>(VecDeque<T>);

impl<T> Column<T> {
    /// Leaves the value of the next slot.
    pub fn push(&mut self, value: T) {
        self.0.push_back(value);
    }

    /// Leaves the values of all slots, replacing earlier ones.
    pub fn put_all(&mut self, values: Vec<T>) {
        self.0 = values.into();
    }

    /// Reads the value of a slot.
    ///
    /// # Errors
    ///
    /// [`StateError::Missing`] if no phase has left one.
    pub fn get(&self, slot: usize) -> Result<&T, StateError> {
        self.0.get(slot).ok_or(StateError::Missing)
    }

    /// Changes the value of a slot in place.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_mut(&mut self, slot: usize) -> Result<&mut T, StateError> {
        self.0.get_mut(slot).ok_or(StateError::Missing)
    }

    /// Takes the value of the next slot out. A phase that takes does so for every slot, in order.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn take_next(&mut self) -> Result<T, StateError> {
        self.0.pop_front().ok_or(StateError::Missing)
    }

    /// The values of all slots as one slice.
    pub fn all(&mut self) -> &mut [T] {
        self.0.make_contiguous()
    }

    /// Takes the values of all slots out.
    pub fn take_all(&mut self) -> Vec<T> {
        std::mem::take(&mut self.0).into()
    }
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

/// A phase asked for something that is not there: a mistake in an implementation of
/// [`SemiHonest`](crate::SemiHonest), never the peer's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// No earlier phase left this value, or it was taken before.
    #[error("a phase reads a value that no earlier phase left (or that was taken before)")]
    Missing,
    /// There are no inputs before the online stage.
    #[error("a phase before the online stage reads the query")]
    NoQuery,
    /// Slots that run at the same time share what setup left.
    #[error("a phase in `lanes` changes what setup left, which other slots read meanwhile")]
    Shared,
    /// The queries of a batch have different shapes and cannot be stacked.
    #[error("the queries and checks have different shapes; give all of them the same")]
    Shapes,
    /// The implementation lists more steps than it handles.
    #[error("step {0} is listed but not handled")]
    UnknownPhase(usize),
}

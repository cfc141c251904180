use std::fmt;

use super::{ClientSide, ServerSide, StateError};
use crate::{rng::PhaseRng, wire::Wire};

/// What setup left, as a phase sees it.
pub struct Left<'a, S>(Access<'a, S>);

enum Access<'a, S> {
    Own(&'a mut S),
    Shared(&'a S),
}

impl<'a, S> Left<'a, S> {
    pub(crate) fn own(left: &'a mut S) -> Self {
        Self(Access::Own(left))
    }

    pub(crate) fn shared(left: &'a S) -> Self {
        Self(Access::Shared(left))
    }

    /// Reads it.
    #[must_use]
    pub fn get(&self) -> &S {
        match &self.0 {
            Access::Own(left) => left,
            Access::Shared(left) => left,
        }
    }

    /// Changes it.
    ///
    /// # Errors
    ///
    /// [`StateError::Shared`] in a phase that runs in lanes.
    pub fn get_mut(&mut self) -> Result<&mut S, StateError> {
        match &mut self.0 {
            Access::Own(left) => Ok(left),
            Access::Shared(_) => Err(StateError::Shared),
        }
    }

    pub(crate) fn again(&mut self) -> Left<'_, S> {
        Left(match &mut self.0 {
            Access::Own(left) => Access::Own(left),
            Access::Shared(left) => Access::Shared(left),
        })
    }
}

/// What the client's side of a phase gets to work with.
pub struct ClientRun<'a, P: ClientSide> {
    /// What the phases are called on.
    pub party: &'a mut P::Client,
    /// What the client knows besides its queries.
    pub context: &'a P::ClientContext,
    /// What setup left.
    pub setup: Left<'a, P::ClientSetup>,
    /// What earlier phases of this batch left: of this slot, in a protocol that runs in lanes.
    pub state: &'a mut P::ClientState,
    /// The channel to the server; all that passes is framed, counted and hashed.
    pub wire: &'a mut Wire,
    /// Fresh randomness, seeded from the caller's generator.
    pub rng: &'a mut PhaseRng,
    /// Which slot this is, and what is in it.
    pub batch: Batch<'a, P::Query>,
    /// Where answers go; they stay sealed until the verdict.
    pub outputs: &'a mut Outputs<P::Output>,
}

impl<'a, P: ClientSide> ClientRun<'a, P> {
    /// The same run for another protocol whose client is made of the same types: for protocols
    /// that are put together from others.
    pub fn cast<Q>(&mut self) -> ClientRun<'_, Q>
    where
        Q: ClientSide<
                Client = P::Client,
                ClientContext = P::ClientContext,
                Query = P::Query,
                Output = P::Output,
                ClientSetup = P::ClientSetup,
                ClientState = P::ClientState,
            >,
    {
        ClientRun {
            party: self.party,
            context: self.context,
            setup: self.setup.again(),
            state: self.state,
            wire: self.wire,
            rng: self.rng,
            batch: self.batch,
            outputs: self.outputs,
        }
    }
}

/// What the server's side of a phase gets to work with.
pub struct ServerRun<'a, P: ServerSide> {
    /// What the phases are called on.
    pub party: &'a mut P::Server,
    /// What the server knows, for example the model.
    pub context: &'a P::ServerContext,
    /// What setup left.
    pub setup: Left<'a, P::ServerSetup>,
    /// As [`ClientRun::state`].
    pub state: &'a mut P::ServerState,
    /// The channel to the client; all that passes is framed, counted and hashed.
    pub wire: &'a mut Wire,
    /// Fresh randomness, seeded from the caller's generator.
    pub rng: &'a mut PhaseRng,
    /// Which slot this is. The server never sees queries.
    pub batch: Batch<'a, std::convert::Infallible>,
}

impl<'a, P: ServerSide> ServerRun<'a, P> {
    /// As [`ClientRun::cast`].
    pub fn cast<Q>(&mut self) -> ServerRun<'_, Q>
    where
        Q: ServerSide<
                Server = P::Server,
                ServerContext = P::ServerContext,
                ServerSetup = P::ServerSetup,
                ServerState = P::ServerState,
            >,
    {
        ServerRun {
            party: self.party,
            context: self.context,
            setup: self.setup.again(),
            state: self.state,
            wire: self.wire,
            rng: self.rng,
            batch: self.batch,
        }
    }
}

/// The slots of the batch as a phase sees them: queries, copies and checks look alike.
pub struct Batch<'a, Q> {
    queries: &'a [&'a Q],
    slots: usize,
    slot: usize,
}

impl<'a, Q> Batch<'a, Q> {
    pub(crate) fn new(queries: &'a [&'a Q], slots: usize, slot: usize) -> Self {
        Self { queries, slots, slot }
    }

    /// N, the number of executions.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// The slot that this call is for; 0 in a phase that runs once.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The input of this slot.
    ///
    /// # Errors
    ///
    /// [`StateError::NoQuery`] before the online stage, where there are no inputs yet.
    pub fn query(&self) -> Result<&'a Q, StateError> {
        self.queries.get(self.slot).copied().ok_or(StateError::NoQuery)
    }

    /// The inputs of all slots in slot order; empty before the online stage.
    #[must_use]
    pub fn queries(&self) -> &'a [&'a Q] {
        self.queries
    }

    /// Owned copies of the inputs of all slots, for phases that want one contiguous slice.
    #[must_use]
    pub fn to_queries(&self) -> Vec<Q>
    where
        Q: Clone,
    {
        self.queries.iter().map(|&query| query.clone()).collect()
    }
}

impl<Q> Clone for Batch<'_, Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q> Copy for Batch<'_, Q> {}

impl<Q> fmt::Debug for Batch<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("slot", &self.slot)
            .field("slots", &self.slots)
            .finish_non_exhaustive()
    }
}

/// Answers in slot order, sealed: a phase can add to it and nobody can look before the verdict.
pub struct Outputs<O> {
    /// `None` where the client's own code gave no answer.
    sealed: Vec<Option<O>>,
}

impl<O> Outputs<O> {
    pub(crate) fn with_capacity(slots: usize) -> Self {
        Self { sealed: Vec::with_capacity(slots) }
    }

    /// Adds the answer of the current slot.
    pub fn push(&mut self, output: O) {
        self.sealed.push(Some(output));
    }

    /// Adds the answers of all slots, in slot order.
    pub fn extend(&mut self, outputs: impl IntoIterator<Item = O>) {
        self.sealed.extend(outputs.into_iter().map(Some));
    }

    /// Adds the answers of other slots, which come after these.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.sealed.append(&mut others.sealed);
    }

    /// Seals that this slot has no answer, whatever its step may have left.
    pub(crate) fn fail(&mut self, slot: usize) {
        self.sealed.truncate(slot);
        self.sealed.push(None);
    }

    pub(crate) fn unseal(self) -> Vec<Option<O>> {
        self.sealed
    }
}

/// Why a phase did not finish.
#[derive(Debug)]
#[non_exhaustive]
pub enum PhaseError<E> {
    /// The protocol's own error.
    Protocol(E),
    /// A value that an earlier phase should have left is missing, or there is no such phase.
    State(StateError),
}

impl<E> From<StateError> for PhaseError<E> {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

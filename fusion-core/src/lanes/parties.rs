//! What a party's lanes work on.

use super::work::{Ended, Work};
use crate::{
    connection::block_on,
    error::{Error, Place},
    protocol::{Batch, ClientRun, ClientSide, Left, Outputs, PhaseError, ServerRun, ServerSide},
    rng::PhaseRng,
    wire::{Wire, inner},
};

/// What belongs to one slot alone.
pub(crate) struct Slot<'a, I, S> {
    pub(crate) party: &'a mut I,
    state: &'a mut S,
    pub(crate) rng: PhaseRng,
}

/// An instance, a state and a generator for each slot.
pub(crate) fn slots<'a, I, S, E>(
    instances: &'a mut [I],
    states: &'a mut [S],
    rng: &mut PhaseRng,
) -> Result<Vec<Slot<'a, I, S>>, Error<E>> {
    if instances.len() != states.len() {
        return Err(Error::Internal {
            place: Place::handshake(),
            reason: "a protocol in lanes makes no instance for an execution".into(),
        });
    }
    let both = instances.iter_mut().zip(states);
    Ok(both.map(|(party, state)| Slot { party, state, rng: PhaseRng::fork(rng) }).collect())
}

/// The states of a batch: one for each slot if the protocol runs in lanes, otherwise one for all.
pub(crate) fn states<S: Default>(lanes: usize, slots: usize) -> Vec<S> {
    let count = if lanes > 0 { slots } else { 1 };
    (0..count).map(|_| S::default()).collect()
}

/// A step of the client on all slots, each with an instance, a state, a generator and a
/// [`Wire`] of its own.
pub struct ClientLanes<'a, P: ClientSide> {
    pub(crate) step: usize,
    pub(crate) context: &'a P::ClientContext,
    pub(crate) setup: &'a P::ClientSetup,
    pub(crate) queries: &'a [&'a P::Query],
    pub(crate) slots: Vec<Slot<'a, P::Client, P::ClientState>>,
    pub(crate) outputs: &'a mut Outputs<P::Output>,
    pub(crate) work: &'a Work<'a>,
    pub(crate) ended: &'a mut Ended,
}

impl<'a, P: ClientSide> ClientLanes<'a, P> {
    /// Runs the slots one after the other, on this thread.
    ///
    /// # Errors
    ///
    /// That of the slot that failed.
    pub fn one_by_one(self) -> Result<(), Error<P::ClientError>> {
        let Self { step, context, setup, queries, slots, outputs, work, ended } = self;
        let call = client_call::<P>(step, context, setup, queries, slots.len());
        let answers = work.one_by_one(ended, slots, call)?;
        answers.into_iter().for_each(|answer| outputs.append(answer));
        Ok(())
    }

    /// Runs [`CLIENT_LANES`](ClientSide::CLIENT_LANES) slots at once, each on a thread.
    ///
    /// # Errors
    ///
    /// That of the lowest slot that failed.
    ///
    /// # Panics
    ///
    /// If the step does.
    pub fn concurrently(self) -> Result<(), Error<P::ClientError>>
    where
        P::Client: Send,
        P::ClientState: Send,
        P::Output: Send,
        P::ClientError: Send,
        P::ClientContext: Sync,
        P::ClientSetup: Sync,
        P::Query: Sync,
    {
        let Self { step, context, setup, queries, slots, outputs, work, ended } = self;
        let call = client_call::<P>(step, context, setup, queries, slots.len());
        let answers = work.concurrently(ended, P::CLIENT_LANES, slots, call)?;
        answers.into_iter().for_each(|answer| outputs.append(answer));
        Ok(())
    }

    /// As [`ClientRun::cast`].
    pub fn cast<Q>(self) -> ClientLanes<'a, Q>
    where
        Q: ClientSide<
                Client = P::Client,
                ClientContext = P::ClientContext,
                Query = P::Query,
                Output = P::Output,
                ClientError = P::ClientError,
                ClientSetup = P::ClientSetup,
                ClientState = P::ClientState,
            >,
    {
        let Self { step, context, setup, queries, slots, outputs, work, ended } = self;
        ClientLanes { step, context, setup, queries, slots, outputs, work, ended }
    }
}

fn client_call<'a, P: ClientSide>(
    step: usize,
    context: &'a P::ClientContext,
    setup: &'a P::ClientSetup,
    queries: &'a [&'a P::Query],
    slots: usize,
) -> impl Fn(
    usize,
    Slot<'_, P::Client, P::ClientState>,
    &mut Wire,
) -> Result<Outputs<P::Output>, PhaseError<P::ClientError>> {
    move |slot, own, wire| {
        let Slot { party, state, mut rng } = own;
        let mut outputs = Outputs::with_capacity(1);
        let link = wire.shared();
        let mut run = ClientRun {
            party,
            context,
            setup: Left::shared(setup),
            state,
            wire,
            rng: &mut rng,
            batch: Batch::new(queries, slots, slot),
            outputs: &mut outputs,
        };
        block_on(inner::known(link, P::client_step(step, &mut run)))?;
        Ok(outputs)
    }
}

/// What happens around the step of every slot: a server that cheats.
pub(crate) trait Around: Send + Sync {
    fn before(&self, wire: &Wire);

    fn after(&self, wire: &Wire, succeeded: bool);
}

/// A step of the server on all slots; see [`ClientLanes`].
pub struct ServerLanes<'a, P: ServerSide> {
    pub(crate) step: usize,
    pub(crate) context: &'a P::ServerContext,
    pub(crate) setup: &'a P::ServerSetup,
    pub(crate) slots: Vec<Slot<'a, P::Server, P::ServerState>>,
    pub(crate) work: &'a Work<'a>,
    pub(crate) ended: &'a mut Ended,
    pub(crate) around: Option<Box<dyn Around>>,
}

impl<'a, P: ServerSide> ServerLanes<'a, P> {
    /// As [`ClientLanes::one_by_one`].
    ///
    /// # Errors
    ///
    /// As [`ClientLanes::one_by_one`].
    pub fn one_by_one(self) -> Result<(), Error<P::ServerError>> {
        let Self { step, context, setup, slots, work, ended, around } = self;
        let call = server_call::<P>(step, context, setup, slots.len(), around.as_deref());
        work.one_by_one(ended, slots, call).map(drop)
    }

    /// As [`ClientLanes::concurrently`].
    ///
    /// # Errors
    ///
    /// As [`ClientLanes::concurrently`].
    ///
    /// # Panics
    ///
    /// If the step does.
    pub fn concurrently(self) -> Result<(), Error<P::ServerError>>
    where
        P::Server: Send,
        P::ServerState: Send,
        P::ServerError: Send,
        P::ServerContext: Sync,
        P::ServerSetup: Sync,
    {
        let Self { step, context, setup, slots, work, ended, around } = self;
        let call = server_call::<P>(step, context, setup, slots.len(), around.as_deref());
        work.concurrently(ended, P::SERVER_LANES, slots, call).map(drop)
    }

    /// As [`ServerRun::cast`].
    pub fn cast<Q>(self) -> ServerLanes<'a, Q>
    where
        Q: ServerSide<
                Server = P::Server,
                ServerContext = P::ServerContext,
                ServerError = P::ServerError,
                ServerSetup = P::ServerSetup,
                ServerState = P::ServerState,
            >,
    {
        self.map(|party| party)
    }

    /// The same step of a protocol whose server is a part of this one's.
    pub(crate) fn map<Q>(
        self,
        part: impl Fn(&'a mut P::Server) -> &'a mut Q::Server,
    ) -> ServerLanes<'a, Q>
    where
        Q: ServerSide<
                ServerContext = P::ServerContext,
                ServerError = P::ServerError,
                ServerSetup = P::ServerSetup,
                ServerState = P::ServerState,
            >,
    {
        let Self { step, context, setup, slots, work, ended, around } = self;
        let slots = slots.into_iter().map(|slot| {
            let Slot { party, state, rng } = slot;
            Slot { party: part(party), state, rng }
        });
        ServerLanes { step, context, setup, slots: slots.collect(), work, ended, around }
    }
}

fn server_call<'a, P: ServerSide>(
    step: usize,
    context: &'a P::ServerContext,
    setup: &'a P::ServerSetup,
    slots: usize,
    around: Option<&'a dyn Around>,
) -> impl Fn(
    usize,
    Slot<'_, P::Server, P::ServerState>,
    &mut Wire,
) -> Result<(), PhaseError<P::ServerError>> {
    move |slot, own, wire| {
        let Slot { party, state, mut rng } = own;
        if let Some(around) = around {
            around.before(wire);
        }
        let link = wire.shared();
        let mut run = ServerRun {
            party,
            context,
            setup: Left::shared(setup),
            state,
            wire: &mut *wire,
            rng: &mut rng,
            batch: Batch::new(&[], slots, slot),
        };
        let result = block_on(inner::known(link, P::server_step(step, &mut run)));
        if let Some(around) = around {
            around.after(wire, result.is_ok());
        }
        result
    }
}

use rand::CryptoRng;

use crate::{
    connection::{Connection, End, Observer, Setup, Walk, block_on, caught, caught_async, explain},
    error::{Error, Malformed, Place},
    handshake::{self, Agreed, Mode, Offer},
    lanes::{self, ServerLanes},
    protocol::{Batch, Left, SemiHonest, ServerRun, StateError},
    report::Costs,
    rng::PhaseRng,
    wire::{Wire, inner},
};

/// How many executions a server runs in one batch, unless told otherwise.
pub const DEFAULT_MAX_SLOTS: usize = 1 << 16;

/// The server of a hardened protocol: runs the base protocol on all slots and compares
/// transcripts. It does not learn which slots are checks, nor the verdict.
///
/// `#[fusion::harden] struct Toy` names it `ToyServer`.
pub struct Server<P: SemiHonest> {
    party: P::Server,
    max_slots: usize,
    observer: Box<dyn Observer>,
    setup: Setup<P::ServerSetup>,
}

impl<P: SemiHonest<Server = ()>> Server<P> {
    /// A server for a protocol whose server phases are associated functions.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "mirrors Client::new")]
    pub fn new() -> Self {
        Self::with(())
    }
}

impl<P: SemiHonest> Server<P> {
    /// A server whose phases are called on `party`.
    #[must_use]
    pub fn with(party: P::Server) -> Self {
        let (observer, setup) = (Box::new(()), Setup::default());
        Self { party, max_slots: DEFAULT_MAX_SLOTS, observer, setup }
    }

    /// Refuses batches of more executions than this ([`DEFAULT_MAX_SLOTS`] unless set).
    #[must_use]
    pub fn max_slots(mut self, max_slots: usize) -> Self {
        self.max_slots = max_slots;
        self
    }

    /// Reports progress.
    #[must_use]
    pub fn observe(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Box::new(observer);
        self
    }

    /// Serves one batch; gives what it cost. The setup stage runs in the first batch on a
    /// connection, and again if the client asks for it.
    ///
    /// # Errors
    ///
    /// [`Error::Misbehaved`] if the client's messages make no sense or the transcripts differ;
    /// [`Error::Incompatible`] if it wants something else; otherwise what failed. Every error closes the connection.
    pub fn serve<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ServerContext,
        rng: &mut R,
    ) -> Result<Costs, Error<P::ServerError>> {
        block_on(self.serve_async(connection, context, rng))
    }

    /// As [`serve`](Self::serve), for phases that are `async fn`, on the caller's runtime.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub async fn serve_async<R: CryptoRng + ?Sized>(
        &mut self,
        connection: &mut Connection,
        context: &P::ServerContext,
        rng: &mut R,
    ) -> Result<Costs, Error<P::ServerError>> {
        let result = self.run(connection, context, PhaseRng::fork(rng)).await;
        self.setup.end(connection.id(), result.is_ok());
        connection.end_run(End::of(&result));
        result
    }

    async fn run(
        &mut self,
        connection: &mut Connection,
        context: &P::ServerContext,
        mut rng: PhaseRng,
    ) -> Result<Costs, Error<P::ServerError>> {
        let has_setup = self.setup.is_from(connection.id());
        let wire = connection.begin_run()?;
        let offer = Offer { mode: Mode::Hardened, max_slots: self.max_slots, has_setup };
        let agreed = handshake::welcome::<P>(wire, offer, &mut rng).await?;
        self.setup.begin(agreed.setup);
        let observer = &mut *self.observer;
        let (party, setup) = (&mut self.party, &mut self.setup);
        let (mismatch, costs) =
            run_all::<P>(party, setup, wire, context, agreed, &mut rng, observer).await?;
        match mismatch {
            None => Ok(costs),
            Some(place) => Err(Error::Misbehaved { place, what: Malformed::OtherTranscript }),
        }
    }
}

/// All steps on all slots.
pub(crate) async fn run_all<P: SemiHonest>(
    party: &mut P::Server,
    setup: &mut Setup<P::ServerSetup>,
    wire: &mut Wire,
    context: &P::ServerContext,
    agreed: Agreed,
    rng: &mut PhaseRng,
    observer: &mut dyn Observer,
) -> Result<(Option<Place>, Costs), Error<P::ServerError>> {
    let Agreed { slots, lanes, .. } = agreed;
    let mut states: Vec<P::ServerState> = lanes::states(P::SERVER_LANES, slots);
    let mut forks: Vec<P::Server> = Vec::new();
    let mut walk = Walk::new(P::SERVER_STEPS, P::PHASES, slots, setup.is_fresh());
    while let Some(call) = walk.next(wire, observer) {
        if !call.once && forks.is_empty() {
            let fork = || (0..slots).map_while(|_| P::fork_server(party)).collect();
            let place = wire.link().place();
            forks = caught(fork).map_err(|message| Error::Panicked { place, message })?;
        }
        if call.lanes {
            let each = lanes::slots(&mut forks, &mut states, rng)?;
            lanes::run(wire, slots, lanes, observer, |work, ended| {
                P::server_lanes(ServerLanes {
                    step: call.step,
                    context,
                    setup: &setup.left,
                    slots: each,
                    work,
                    ended,
                    around: None,
                })
            })?;
            walk.done(wire, observer)?;
            continue;
        }
        let own = if call.once { None } else { forks.get_mut(call.slot) };
        let Some(state) = states.get_mut(if P::SERVER_LANES > 0 { call.slot } else { 0 }) else {
            return Err(Error::from_state(Place::handshake(), StateError::Missing));
        };
        let shared = wire.shared();
        let mut run = ServerRun {
            party: own.unwrap_or(&mut *party),
            context,
            setup: Left::own(&mut setup.left),
            state,
            wire: &mut *wire,
            rng: &mut *rng,
            batch: Batch::new(&[], slots, call.slot),
        };
        let step = inner::known(shared, P::server_step(call.step, &mut run));
        match caught_async(step).await {
            Ok(step) => step.map_err(|error| explain(wire, error))?,
            Err(message) => {
                return Err(Error::Panicked { place: wire.link().place(), message });
            }
        }
        walk.done(wire, observer)?;
    }
    Ok(wire.wait(|link, cx| link.poll_end_run(cx)).await?)
}

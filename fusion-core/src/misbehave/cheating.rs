use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
};

use super::plot::{Cheat, Plot, Plotting, lock};
use crate::{
    error::Error,
    lanes::{Around, ClientLanes, ServerLanes},
    protocol::{
        ClientRun, ClientSide, Declaration, Declared, Phase, PhaseError, SemiHonest, ServerRun,
        ServerSide, Stage, StateError, Step,
    },
    wire::Wire,
};

/// The protocol `P` with a server that cheats. Its client is `P`'s own, and so is everything that
/// the handshake and the transcript can see.
pub struct Cheating<P>(PhantomData<P>);

/// What the phases of a cheating server are called on.
pub struct CheatingServer<P: ServerSide> {
    honest: P::Server,
    other: Option<Arc<P::ServerContext>>,
    plot: Arc<Mutex<Plot>>,
}

impl<P: ServerSide> CheatingServer<P> {
    /// The server `honest`, but cheating.
    pub fn new(honest: P::Server, cheat: Cheat) -> Self {
        Self { honest, other: None, plot: Arc::new(Mutex::new(Plot::new(cheat))) }
    }

    /// The model for [`Cheat::OtherModel`].
    #[must_use]
    pub fn with_model(mut self, other: impl Into<Arc<P::ServerContext>>) -> Self {
        self.other = Some(other.into());
        self
    }
}

impl<P: Declared> Declared for Cheating<P> {
    const DECLARATION: Declaration = P::DECLARATION;
}

impl<P: SemiHonest> SemiHonest for Cheating<P> {
    const NAME: &'static str = P::NAME;
    const VERSION: u32 = P::VERSION;
    const PHASES: &'static [Phase] = P::PHASES;

    type Agreement = P::Agreement;
}

impl<P: SemiHonest> ClientSide for Cheating<P> {
    const CLIENT_STEPS: &'static [Step] = P::CLIENT_STEPS;
    const CLIENT_LANES: usize = P::CLIENT_LANES;

    type Client = P::Client;
    type ClientContext = P::ClientContext;
    type Query = P::Query;
    type Output = P::Output;
    type ClientError = P::ClientError;
    type ClientSetup = P::ClientSetup;
    type ClientState = P::ClientState;

    async fn client_step(
        step: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<P::ClientError>> {
        P::client_step(step, &mut run.cast()).await
    }

    fn fork_client(client: &P::Client) -> Option<P::Client> {
        P::fork_client(client)
    }

    fn client_lanes(lanes: ClientLanes<'_, Self>) -> Result<(), Error<P::ClientError>> {
        P::client_lanes(lanes.cast())
    }
}

impl<P: SemiHonest> ServerSide for Cheating<P> {
    const SERVER_STEPS: &'static [Step] = P::SERVER_STEPS;
    const SERVER_LANES: usize = P::SERVER_LANES;

    type Server = CheatingServer<P>;
    type ServerContext = P::ServerContext;
    type ServerError = P::ServerError;
    type ServerSetup = P::ServerSetup;
    type ServerState = P::ServerState;

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<P::ServerError>> {
        let (slot, slots) = (run.batch.slot(), run.batch.slots());
        let CheatingServer { honest, other, plot } = &mut *run.party;
        let (once, online) = P::SERVER_STEPS
            .get(step)
            .map_or((true, false), |step| (step.runs_once(), step.stage == Stage::Online));
        let mut context = run.context;
        {
            let mut plot = lock(plot);
            plot.begin(slots, run.rng);
            let chosen = !once && plot.has_chosen(slot);
            if chosen && online && plot.cheat == Cheat::Fail {
                run.wire.link().close();
                return Err(StateError::Missing.into());
            }
            if let (true, Cheat::OtherModel { .. }, Some(other)) = (chosen, &plot.cheat, &other) {
                context = other;
            }
        }
        run.wire.link().mischief = Some(Box::new(Plotting(plot.clone())));
        let result = P::server_step(
            step,
            &mut ServerRun {
                party: honest,
                context,
                setup: run.setup.again(),
                state: run.state,
                wire: run.wire,
                rng: run.rng,
                batch: run.batch,
            },
        )
        .await;
        uninstall(run.wire, result.is_ok());
        if step.saturating_add(1) == P::SERVER_STEPS.len()
            && (once || slot.saturating_add(1) == slots)
        {
            lock(plot).end();
        }
        result
    }

    /// All forks are in one plot: the slots are chosen once for the batch.
    fn fork_server(server: &CheatingServer<P>) -> Option<CheatingServer<P>> {
        let CheatingServer { honest, other, plot } = server;
        let honest = P::fork_server(honest)?;
        Some(CheatingServer { honest, other: other.clone(), plot: plot.clone() })
    }

    fn server_lanes(mut lanes: ServerLanes<'_, Self>) -> Result<(), Error<P::ServerError>> {
        let (step, slots) = (lanes.step, lanes.slots.len());
        let plot = lanes.slots.first_mut().map(|first| {
            lock(&first.party.plot).begin(slots, &mut first.rng);
            first.party.plot.clone()
        });
        let around = plot.clone().map(|plot| Box::new(InLanes(plot)) as Box<dyn Around>);
        let lanes = lanes.map::<P>(|party| &mut party.honest);
        let result = P::server_lanes(ServerLanes { around, ..lanes });
        if let Some(plot) = plot.filter(|_| step.saturating_add(1) == P::SERVER_STEPS.len()) {
            lock(&plot).end();
        }
        result
    }
}

/// Cheats in every slot, each on its own wire.
struct InLanes(Arc<Mutex<Plot>>);

impl Around for InLanes {
    fn before(&self, wire: &Wire) {
        let mut link = wire.link();
        let (place, plot) = (link.place(), lock(&self.0));
        let fails = plot.cheat == Cheat::Fail && place.stage() == Some(Stage::Online);
        if fails && place.slot().is_some_and(|slot| plot.has_chosen(slot)) {
            link.close();
        }
        drop(plot);
        link.mischief = Some(Box::new(Plotting(self.0.clone())));
    }

    fn after(&self, wire: &Wire, succeeded: bool) {
        uninstall(wire, succeeded);
    }
}

fn uninstall(wire: &Wire, succeeded: bool) {
    // Whatever is still in the buffer is part of the phase, and of the cheating. A failure shows
    // again when the driver ends the slot.
    if succeeded {
        let _ = wire.link().flush();
    }
}

use std::{
    marker::PhantomData,
    sync::{Arc, Mutex},
};

use super::plot::{Cheat, Plot, Plotting, lock};
use crate::protocol::{
    ClientRun, ClientSide, Declaration, Declared, Phase, PhaseError, SemiHonest, ServerRun,
    ServerSide, Stage, StateError, Step,
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
}

impl<P: SemiHonest> ServerSide for Cheating<P> {
    const SERVER_STEPS: &'static [Step] = P::SERVER_STEPS;

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
                setup: run.setup,
                state: run.state,
                wire: run.wire,
                rng: run.rng,
                batch: run.batch,
            },
        )
        .await;
        // Whatever is still in the buffer is part of the phase, and of the cheating. A failure shows
        // again when the driver ends the slot.
        if result.is_ok() {
            let _ = run.wire.link().flush();
        }
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
}

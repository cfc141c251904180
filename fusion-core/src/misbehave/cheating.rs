use std::{
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rand::seq;

use crate::{
    error::{Error, Place},
    lanes::{Around, ClientLanes, ServerLanes},
    protocol::{
        ClientRun, ClientSide, Declaration, Declared, Phase, PhaseError, SemiHonest, ServerRun,
        ServerSide, Stage, Step,
    },
    rng::PhaseRng,
    wire::Wire,
};

/// How a server cheats in the online stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cheat {
    /// Sends something else than it should in so many slots of its choice.
    Flip {
        /// How many.
        slots: usize,
    },
    /// Mixes up so many pairs of slots: in a batched phase each gets what belongs to the other,
    /// in a phase that runs slot by slot the later one gets what belonged to the earlier one.
    Swap {
        /// How many.
        pairs: usize,
    },
}

/// The protocol `P` with a server that cheats. Its client is `P`'s own, and so is everything that
/// the handshake and the transcript can see.
///
/// A server that merely uses another model needs no kit: pass another model as its context.
pub struct Cheating<P>(PhantomData<P>);

/// What the phases of a cheating server are called on.
pub struct CheatingServer<S> {
    honest: S,
    cheat: Cheat,
    plot: Arc<Mutex<Plot>>,
}

/// What a cheating server keeps in mind.
#[derive(Default)]
struct Plot {
    /// The slots that it has chosen.
    chosen: Vec<usize>,
    /// For each pair of them what the earlier one was sent.
    seen: HashMap<usize, Vec<u8>>,
}

impl<S> CheatingServer<S> {
    /// The server `honest`, but cheating.
    pub fn new(honest: S, cheat: Cheat) -> Self {
        Self { honest, cheat, plot: Arc::default() }
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

    type Server = CheatingServer<P::Server>;
    type ServerContext = P::ServerContext;
    type ServerError = P::ServerError;
    type ServerSetup = P::ServerSetup;
    type ServerState = P::ServerState;

    async fn server_step(
        step: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<P::ServerError>> {
        let slots = run.batch.slots();
        let CheatingServer { honest, cheat, plot } = &mut *run.party;
        let cheats = P::SERVER_STEPS.get(step).is_some_and(|step| step.stage == Stage::Online);
        if cheats {
            lock(plot).choose(*cheat, slots, run.rng);
            install(run.wire, *cheat, plot.clone(), slots);
        }
        let result = P::server_step(
            step,
            &mut ServerRun {
                party: honest,
                context: run.context,
                setup: run.setup.again(),
                state: run.state,
                wire: run.wire,
                rng: run.rng,
                batch: run.batch,
            },
        )
        .await;
        if cheats {
            uninstall(run.wire, result.is_ok());
        }
        result
    }

    /// All forks are in one plot: the slots are chosen once for the batch.
    fn fork_server(server: &CheatingServer<P::Server>) -> Option<CheatingServer<P::Server>> {
        let CheatingServer { honest, cheat, plot } = server;
        let honest = P::fork_server(honest)?;
        Some(CheatingServer { honest, cheat: *cheat, plot: plot.clone() })
    }

    fn server_lanes(lanes: ServerLanes<'_, Self>) -> Result<(), Error<P::ServerError>> {
        let cheats =
            P::SERVER_STEPS.get(lanes.step).is_some_and(|step| step.stage == Stage::Online);
        let slots = lanes.slots.len();
        let mut lanes = lanes;
        let around = lanes.slots.first_mut().filter(|_| cheats).map(|first| {
            let CheatingServer { cheat, plot, .. } = &mut *first.party;
            lock(plot).choose(*cheat, slots, &mut first.rng);
            Box::new(InLanes { cheat: *cheat, plot: plot.clone(), slots }) as Box<dyn Around>
        });
        let lanes = lanes.map::<P>(|party| &mut party.honest);
        P::server_lanes(ServerLanes { around, ..lanes })
    }
}

/// Cheats in every slot, each on its own wire.
struct InLanes {
    cheat: Cheat,
    plot: Arc<Mutex<Plot>>,
    slots: usize,
}

impl Around for InLanes {
    fn before(&self, wire: &Wire) {
        install(wire, self.cheat, self.plot.clone(), self.slots);
    }

    fn after(&self, wire: &Wire, succeeded: bool) {
        uninstall(wire, succeeded);
    }
}

impl Plot {
    /// Chooses slots, once.
    fn choose(&mut self, cheat: Cheat, slots: usize, rng: &mut PhaseRng) {
        if self.chosen.is_empty() {
            let wanted = match cheat {
                Cheat::Flip { slots } => slots,
                Cheat::Swap { pairs } => pairs.saturating_mul(2),
            };
            self.chosen = seq::index::sample(rng, slots, wanted.min(slots)).into_vec();
        }
    }
}

fn install(wire: &Wire, cheat: Cheat, plot: Arc<Mutex<Plot>>, slots: usize) {
    let tamper = move |place: Place, message: &mut [u8]| {
        let mut plot = lock(&plot);
        match (place.slot(), cheat) {
            (Some(slot), Cheat::Flip { .. }) if plot.chosen.contains(&slot) => flip(message),
            (Some(_), Cheat::Flip { .. }) => {}
            (Some(slot), Cheat::Swap { .. }) => repeat(message, slot, &mut plot),
            (None, Cheat::Flip { .. }) => {
                let length = message.len() / slots.max(1);
                for &slot in &plot.chosen {
                    flip(message.get_mut(slot * length..(slot + 1) * length).unwrap_or_default());
                }
            }
            (None, Cheat::Swap { .. }) => swap(message, &plot.chosen, slots),
        }
    };
    wire.link().tamper = Some(Box::new(tamper));
}

fn uninstall(wire: &Wire, succeeded: bool) {
    // Whatever is still in the buffer is part of the phase, and of the cheating. A failure shows
    // again when the driver ends the slot.
    let mut link = wire.link();
    if succeeded {
        let _ = link.flush();
    }
    link.tamper = None;
}

fn flip(part: &mut [u8]) {
    part.iter_mut().for_each(|byte| *byte ^= 0x55);
}

fn swap(message: &mut [u8], chosen: &[usize], slots: usize) {
    let length = message.len() / slots.max(1);
    for pair in chosen.chunks_exact(2) {
        if let &[left, right] = pair {
            for byte in 0..length {
                message.swap(left * length + byte, right * length + byte);
            }
        }
    }
}

fn repeat(message: &mut [u8], slot: usize, plot: &mut Plot) {
    let Some(pair) = plot.chosen.iter().position(|&other| other == slot).map(|at| at / 2) else {
        return;
    };
    match plot.seen.get(&pair) {
        Some(earlier) if earlier.len() == message.len() => message.copy_from_slice(earlier),
        _ => {
            plot.seen.insert(pair, message.to_vec());
        }
    }
}

fn lock(plot: &Mutex<Plot>) -> MutexGuard<'_, Plot> {
    plot.lock().unwrap_or_else(PoisonError::into_inner)
}

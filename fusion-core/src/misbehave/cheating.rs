use std::{
    collections::HashMap,
    marker::PhantomData,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rand::seq;

use crate::{
    error::Place,
    protocol::{ClientRun, Declaration, Declared, Phase, PhaseError, SemiHonest, ServerRun, Stage},
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
    /// The same for the instances of all executions.
    chosen: Arc<OnceLock<Vec<usize>>>,
    seen: Seen,
}

/// For each pair of slots what the earlier one was sent.
type Seen = Arc<Mutex<HashMap<usize, Vec<u8>>>>;

impl<S> CheatingServer<S> {
    /// The server `honest`, but cheating.
    pub fn new(honest: S, cheat: Cheat) -> Self {
        Self { honest, cheat, chosen: Arc::default(), seen: Seen::default() }
    }
}

impl<P: Declared> Declared for Cheating<P> {
    const DECLARATION: Declaration = P::DECLARATION;
}

impl<P: SemiHonest> SemiHonest for Cheating<P> {
    const NAME: &'static str = P::NAME;
    const VERSION: u32 = P::VERSION;
    const PHASES: &'static [Phase] = P::PHASES;

    type Client = P::Client;
    type Server = CheatingServer<P::Server>;
    type ClientContext = P::ClientContext;
    type ServerContext = P::ServerContext;
    type Query = P::Query;
    type Output = P::Output;
    type Error = P::Error;
    type Agreement = P::Agreement;
    type ClientSetup = P::ClientSetup;
    type ServerSetup = P::ServerSetup;
    type ClientState = P::ClientState;
    type ServerState = P::ServerState;

    fn client_phase(
        phase: usize,
        run: &mut ClientRun<'_, Self>,
    ) -> Result<(), PhaseError<P::Error>> {
        P::client_phase(
            phase,
            &mut ClientRun {
                party: run.party,
                context: run.context,
                setup: run.setup,
                state: run.state,
                wire: run.wire,
                rng: run.rng,
                batch: run.batch,
                outputs: run.outputs,
            },
        )
    }

    fn server_phase(
        phase: usize,
        run: &mut ServerRun<'_, Self>,
    ) -> Result<(), PhaseError<P::Error>> {
        let slots = run.batch.slots();
        let CheatingServer { honest, cheat, chosen, seen } = &mut *run.party;
        if P::PHASES.get(phase).is_some_and(|phase| phase.stage == Stage::Online) {
            let chosen = chosen.get_or_init(|| {
                let wanted = match *cheat {
                    Cheat::Flip { slots } => slots,
                    Cheat::Swap { pairs } => pairs.saturating_mul(2),
                };
                seq::index::sample(run.rng, slots, wanted.min(slots)).into_vec()
            });
            install(run.wire, *cheat, chosen.clone(), seen.clone(), slots);
        }
        let result = P::server_phase(
            phase,
            &mut ServerRun {
                party: honest,
                context: run.context,
                setup: run.setup,
                state: run.state,
                wire: run.wire,
                rng: run.rng,
                batch: run.batch,
            },
        );
        // Whatever is still in the buffer is part of the phase, and of the cheating.
        if result.is_ok() {
            // A failure shows again when the driver ends the slot.
            let _ = run.wire.link().flush();
        }
        run.wire.link().tamper = None;
        result
    }

    fn fork_client(client: &P::Client) -> Option<P::Client> {
        P::fork_client(client)
    }

    fn fork_server(server: &Self::Server) -> Option<Self::Server> {
        let CheatingServer { honest, cheat, chosen, seen } = server;
        let honest = P::fork_server(honest)?;
        Some(CheatingServer { honest, cheat: *cheat, chosen: chosen.clone(), seen: seen.clone() })
    }
}

fn install(wire: &Wire, cheat: Cheat, chosen: Vec<usize>, seen: Seen, slots: usize) {
    let tamper = move |place: Place, message: &mut [u8]| match (place.slot(), cheat) {
        (Some(slot), Cheat::Flip { .. }) if chosen.contains(&slot) => flip(message),
        (Some(_), Cheat::Flip { .. }) => {}
        (Some(slot), Cheat::Swap { .. }) => repeat(message, slot, &chosen, &seen),
        (None, Cheat::Flip { .. }) => {
            let length = message.len() / slots.max(1);
            for &slot in &chosen {
                flip(message.get_mut(slot * length..(slot + 1) * length).unwrap_or_default());
            }
        }
        (None, Cheat::Swap { .. }) => swap(message, &chosen, slots),
    };
    wire.link().tamper = Some(Box::new(tamper));
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

fn repeat(message: &mut [u8], slot: usize, chosen: &[usize], seen: &Seen) {
    let Some(pair) = chosen.iter().position(|&other| other == slot).map(|at| at / 2) else {
        return;
    };
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    match seen.get(&pair) {
        Some(earlier) if earlier.len() == message.len() => message.copy_from_slice(earlier),
        _ => {
            seen.insert(pair, message.to_vec());
        }
    }
}

//! The suite that every backend runs (feature `conformance`), ours or yours: answers equal the
//! reference bit for bit, and every cheat of the misbehaving-peer kit is caught.
//!
//! ```no_run
//! use fusion_backends::{clear::Clear, conformance::{self, Backend}};
//!
//! // In a test of the backend:
//! conformance::passes::<Clear>(7);
//! ```
//!
//! All functions panic when the backend does not conform: they are tests.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "tests, on data of their own"
)]

mod backends;
mod setting;

use std::{fmt::Debug, thread};

use chacha20::ChaCha20Rng;
use fusion_core::{
    Connection, Error, Exact, Misuse, Rejection, Sample, SemiHonest, Server, Stage,
    channel::memory_pair,
    misbehave::{At, Cheat, Event, Fault, Faulty, Recorded},
    testing::{Subject, assert_hardened},
};
use rand::{Rng, SeedableRng};

use self::setting::{Peer, Setting, architecture, fork, usual};
use crate::model::{Architecture, InputRange, LayerShape, Model};

/// A base protocol that runs an integer [`Model`], and how its parties are made.
pub trait Backend:
    SemiHonest<
        Client: Send,
        Server: Send,
        ClientContext: Sized + Clone + Sync,
        ServerContext: Sized + Send + Sync,
        Query = Vec<i64>,
        Agreement = Exact,
        Output: PartialEq + Debug + Clone + Send + Sync,
        ClientError: Debug + Send,
        ServerError: Debug + Send,
    >
{
    /// Sizes that models and inputs of the suite may have. The second is what most tests take.
    const SIZES: &'static [Size] = &[
        Size { weights: 1, input_bits: 64 },
        Size { weights: 1 << 12, input_bits: 64 },
        Size { weights: 1 << 40, input_bits: 64 },
        Size { weights: i64::MAX, input_bits: 64 },
    ];

    /// Whether it has checks of its own on what travels: they may fire before a digest does.
    const CHECKS_ITSELF: bool = false;

    /// A client and a server that belong together: whatever else they need (a dealer) is there.
    fn parties(seed: u64) -> (Self::Client, Self::Server);

    /// What the server serves.
    fn context(model: Model, input: InputRange) -> Self::ServerContext;

    /// What the client holds of such a model.
    fn public(model: &Model, context: &Self::ServerContext) -> Self::ClientContext;

    /// What a server serves that pretends that another model, of the same architecture, were the one of
    /// which the client holds this.
    fn pretending(
        model: Model,
        input: InputRange,
        public: &Self::ClientContext,
    ) -> Self::ServerContext;

    /// What the client must get for these outputs of the reference executor.
    fn answer(outputs: Vec<i64>) -> Self::Output;
}

/// How large numbers are.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// The largest weight, either sign.
    pub weights: i64,
    /// Bits, with the sign, of an input's values.
    pub input_bits: u32,
}

impl Size {
    /// What inputs may be.
    fn inputs(self) -> InputRange {
        let low = i64::MIN >> (64 - self.input_bits);
        InputRange { low, high: !low }
    }
}

/// Runs the whole suite, from one seed.
///
/// # Panics
///
/// If the backend does not conform.
pub fn passes<B: Backend>(seed: u64) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    equals_the_reference::<B>(&mut rng);
    runs_setup_once_per_connection::<B>(&mut rng);
    has_online_rounds_that_do_not_grow::<B>(&mut rng);
    catches_every_cheat::<B>(&mut rng);
    names_the_phase_of_a_corrupted_link::<B>(&mut rng);
    survives_a_query_of_the_wrong_width::<B>(&mut rng);
    withstands_the_battery::<B>(&mut rng);
}

/// Plain and hardened answers equal [`Model::infer`] bit for bit, with extreme values and weights.
///
/// # Panics
///
/// If one differs.
pub fn equals_the_reference<B: Backend>(rng: &mut ChaCha20Rng) {
    for size in B::SIZES {
        let setting = Setting::<B>::new(&architecture(rng), 3, *size, rng);
        let expected = setting.expected();
        assert_eq!(setting.plain(rng).0, expected, "{:?}", setting.model);
        let answers = setting.against(memory_pair(), Peer::Honest, rng).expect("an honest server");
        assert_eq!(*answers, expected, "{:?}", setting.model);
    }
}

/// Batches after the first on a connection are right, and do not run setup again.
///
/// # Panics
///
/// If an answer differs, or setup costs anything the second time.
pub fn runs_setup_once_per_connection<B: Backend>(rng: &mut ChaCha20Rng) {
    const BATCHES: usize = 3;
    let setting = Setting::<B>::random(2, rng);
    let (client, server) = B::parties(rng.next_u64());
    let (mut here, mut there) = Connection::pair();
    let (mut rng, mut their_rng) = (fork(rng), fork(rng));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut server = Server::<B>::with(server);
            for _ in 0..BATCHES {
                server.serve(&mut there, &setting.context, &mut their_rng).expect("a fair client");
            }
        });
        let mut client = setting.client(client);
        for batch in 0..BATCHES {
            let answers = client
                .infer(&mut here, &setting.public, &setting.queries, &mut rng)
                .expect("an honest server");
            assert_eq!(*answers, setting.expected(), "batch {batch}");
            let setup = answers.report().costs.of_stage(Stage::Setup);
            assert!(batch == 0 || setup.sent + setup.received == 0, "batch {batch}: {setup:?}");
        }
    });
}

/// The rounds of the online stage are the same for any number of executions.
///
/// # Panics
///
/// If they grow.
pub fn has_online_rounds_that_do_not_grow<B: Backend>(rng: &mut ChaCha20Rng) {
    let architecture = architecture(rng);
    let mut rounds = Vec::new();
    for queries in [1, 2, 100] {
        let setting = Setting::<B>::new(&architecture, queries, usual::<B>(), rng);
        rounds.push(setting.plain(rng).1.of_stage(Stage::Online).rounds);
    }
    assert!(rounds.iter().all(|count| *count == rounds[0]), "{rounds:?}");
}

/// Flipped and swapped slots and another model are rejected, and what the client sends does not
/// depend on it.
///
/// # Panics
///
/// If a cheat is accepted, or shows in what passes.
pub fn catches_every_cheat<B: Backend>(rng: &mut ChaCha20Rng) {
    let setting = Setting::<B>::random(4, rng);
    let other = setting.other(4, usual::<B>(), &mut ChaCha20Rng::seed_from_u64(1));
    let mut observed = |setting: &Setting<B>, peer: Peer<'_, B>| -> (Vec<Event>, Seen) {
        let (here, there) = memory_pair();
        let (here, recording) = Recorded::new(here);
        let seen = match setting.against((here, there), peer, rng) {
            Ok(_) => Seen::Accepted,
            Err(Error::Rejected { reason, .. }) => Seen::Rejected(reason),
            Err(Error::Protocol { .. }) if B::CHECKS_ITSELF => Seen::Refused,
            Err(other) => panic!("not a verdict: {other:?}"),
        };
        (recording.events(), seen)
    };
    let (honest, seen) = observed(&setting, Peer::Honest);
    assert!(matches!(seen, Seen::Accepted), "an honest server: {seen:?}");
    // Lengths may be those of the model. It may be wrong by its own checks, if what the client holds
    // leaves no room for it.
    let (with_other, seen) = observed(&other, Peer::Honest);
    assert!(!matches!(seen, Seen::Refused), "no malformed message: {seen:?}");

    for peer in [
        Peer::Cheats(Cheat::Flip { slots: 1 }),
        Peer::Cheats(Cheat::Flip { slots: 20 }),
        Peer::Cheats(Cheat::Swap { pairs: 10 }),
        Peer::Cheats(Cheat::Adapt { slots: 7 }),
        Peer::Cheats(Cheat::LieAboutDigests { phase: 0 }),
        Peer::Uses(&other.context),
    ] {
        let (shown, fair) = match &peer {
            Peer::Cheats(cheat) => (format!("{cheat:?}"), &honest),
            Peer::Uses(_) => ("another model".into(), &with_other),
            Peer::Honest => ("an honest server".into(), &honest),
        };
        let lies = matches!(peer, Peer::Cheats(Cheat::LieAboutDigests { .. }));
        let (events, seen) = observed(&setting, peer);
        let caught = match &seen {
            Seen::Rejected(Rejection::Disagreement { .. } | Rejection::Accuracy(_)) => !lies,
            Seen::Rejected(Rejection::Transcript { .. }) => lies,
            // A message that no correct server sends: the run ended there.
            Seen::Refused => continue,
            _ => false,
        };
        assert!(caught, "{shown}: {seen:?}");
        assert_eq!(&events, fair, "{shown} shows in what passes");
    }
}

/// A bit that flips on the way to the client is noticed, and the phase is named.
///
/// # Panics
///
/// If it is not.
pub fn names_the_phase_of_a_corrupted_link<B: Backend>(rng: &mut ChaCha20Rng) {
    let setting = Setting::<B>::random(2, rng);
    for (index, phase) in B::PHASES.iter().enumerate() {
        let (here, there) = memory_pair();
        let (here, recording) = Recorded::new(here);
        let number = u16::try_from(index).expect("few phases");
        let result = setting.against(
            (here, Faulty::new(there, Fault::Flip, At::data(number))),
            Peer::Honest,
            rng,
        );
        // A digest is sent in every phase; data from the server perhaps not.
        let heard = |event: &&Event| !event.sent && event.phase == Some(number);
        let silent = recording.events().iter().filter(heard).count() < 2;
        match result {
            // The backend's own check may be the one that fires, at the first message: then it is gone.
            Err(Error::Protocol { .. } | Error::Io { .. }) if B::CHECKS_ITSELF => {}
            Ok(_) if silent => {}
            Err(Error::Rejected { reason: Rejection::Transcript { place }, .. }) if !silent => {
                assert_eq!(place.phase(), Some(index), "{phase}");
            }
            Err(other) => panic!("{phase}: {other:?}"),
            Ok(_) => panic!("{phase}: accepted"),
        }
    }
}

/// A query that the model does not take is refused by its number, before anything is sent.
///
/// # Panics
///
/// If it is another one.
pub fn survives_a_query_of_the_wrong_width<B: Backend>(rng: &mut ChaCha20Rng) {
    let mut setting = Setting::<B>::random(2, rng);
    setting.queries[1].push(0);
    match setting.against(memory_pair(), Peer::Honest, rng) {
        Err(Error::Misuse(Misuse::Invalid { of: Sample::Query(1), .. })) => {}
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("a query of the wrong width got an answer"),
    }
}

/// Every attack of [`testing`](fusion_core::testing), once each, and a table of them.
///
/// # Panics
///
/// If one survives.
pub fn withstands_the_battery<B: Backend>(rng: &mut ChaCha20Rng) {
    // A small model: the attacks are many, and on the protocol's messages.
    let dense = LayerShape::Dense { inputs: 2, outputs: 2 };
    let layers = vec![dense, LayerShape::Relu { width: 2, shift: 3 }, dense];
    let architecture = Architecture::new(layers).expect("the widths fit");
    let setting = Setting::<B>::new(&architecture, 2, usual::<B>(), rng);
    let other = setting.other(2, usual::<B>(), rng).context;
    let parties = || B::parties(1);
    let checks = || setting.checks();
    let (served, queries) = (&setting.context, &setting.queries);
    let subject = Subject::<B>::with(parties, &setting.public, served, queries, &checks);
    assert_hardened(subject.other_model(other).tries(1));
}

/// How a run ended.
#[derive(Debug)]
enum Seen {
    Accepted,
    Rejected(Rejection),
    /// By the protocol itself.
    Refused,
}

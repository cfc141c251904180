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

use std::{fmt::Debug, thread};

use chacha20::ChaCha20Rng;
use fusion_core::{
    Channel, Check, Client, Connection, Costs, Error, Policy, Rejection, SemiHonest, Server, Stage,
    Verified,
    channel::memory_pair,
    misbehave::{At, Cheat, Cheating, CheatingServer, Event, Fault, Faulty, Recorded},
    semi_honest,
    testing::{Subject, assert_hardened},
};
use rand::{Rng, RngExt, SeedableRng};

use crate::additive::{Additive, Dealer};
use crate::clear::Clear;
use crate::model::{Architecture, LayerShape, Model};

/// A base protocol that runs an integer [`Model`], and how its parties are made.
pub trait Backend:
    SemiHonest<
        Client: Send,
        Server: Send,
        ClientContext = Architecture,
        ServerContext = Model,
        Query = Vec<i64>,
        Output = Vec<i64>,
        ClientError: Debug + Send,
        ServerError: Debug + Send,
    >
{
    /// A client and a server that belong together: whatever else they need (a dealer) is there.
    fn parties(seed: u64) -> (Self::Client, Self::Server);
}

impl Backend for Clear {
    fn parties(_: u64) -> ((), ()) {
        ((), ())
    }
}

impl Backend for Additive {
    /// With a dealer on a thread, which ends when the client is dropped.
    fn parties(seed: u64) -> (Self, Self) {
        let (client, to_client) = memory_pair();
        let (server, to_server) = memory_pair();
        thread::spawn(move || {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            // A party that gives up leaves the dealer with an error; the suite sees the party's.
            let _ = Dealer::serve(to_client, to_server, &mut rng);
        });
        (Self::new(client), Self::new(server))
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

/// Plain and hardened answers equal [`Model::infer`] bit for bit, with extreme values and weights,
/// for architectures with layers of every kind in every order.
///
/// # Panics
///
/// If one differs.
pub fn equals_the_reference<B: Backend>(rng: &mut ChaCha20Rng) {
    for magnitude in [1, 1 << 12, 1 << 40, i64::MAX] {
        let setting = Setting::<B>::random(3, magnitude, rng);
        let expected = setting.model.infer_batch(&setting.queries).expect("queries have the width");
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
    let setting = Setting::<B>::random(2, 1000, rng);
    let (client, server) = B::parties(rng.next_u64());
    let (mut here, mut there) = Connection::pair();
    let (mut rng, mut their_rng) = (fork(rng), fork(rng));
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut server = Server::<B>::with(server);
            for _ in 0..BATCHES {
                server.serve(&mut there, &setting.model, &mut their_rng).expect("a fair client");
            }
        });
        let mut client = setting.client(client);
        for batch in 0..BATCHES {
            let architecture = setting.model.architecture();
            let answers = client
                .infer(&mut here, architecture, &setting.queries, &mut rng)
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
        let setting = Setting::<B>::new(&architecture, queries, 1000, rng);
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
    let setting = Setting::<B>::random(4, 1 << 12, rng);
    let mut observed = |peer: Peer<'_>| -> (Vec<Event>, Option<Rejection>) {
        let (here, there) = memory_pair();
        let (here, recording) = Recorded::new(here);
        let result = setting.against((here, there), peer, rng);
        let verdict = result.err().map(|error| match error {
            Error::PeerMisbehaved { verdict, .. } => verdict,
            other => panic!("not a verdict: {other:?}"),
        });
        (recording.events(), verdict)
    };
    let (honest, verdict) = observed(Peer::Honest);
    assert_eq!(verdict, None, "an honest server");

    let mut other_rng = ChaCha20Rng::seed_from_u64(1);
    let other = Model::random(setting.model.architecture(), 1 << 12, &mut other_rng);
    for peer in [
        Peer::Cheats(Cheat::Flip { slots: 1 }),
        Peer::Cheats(Cheat::Flip { slots: 20 }),
        Peer::Cheats(Cheat::Swap { pairs: 10 }),
        Peer::Cheats(Cheat::Adapt { slots: 7 }),
        Peer::Cheats(Cheat::LieAboutDigests { phase: 0 }),
        Peer::Uses(&other),
    ] {
        let shown = format!("{peer:?}");
        let lies = matches!(peer, Peer::Cheats(Cheat::LieAboutDigests { .. }));
        let (events, verdict) = observed(peer);
        let caught = match &verdict {
            Some(Rejection::Disagreement { .. } | Rejection::Accuracy(_)) => !lies,
            Some(Rejection::Transcript { .. }) => lies,
            _ => false,
        };
        assert!(caught, "{shown}: {verdict:?}");
        assert_eq!(events, honest, "{shown} shows in what passes");
    }
}

/// A bit that flips on the way to the client is noticed, and the phase is named.
///
/// # Panics
///
/// If it is not.
pub fn names_the_phase_of_a_corrupted_link<B: Backend>(rng: &mut ChaCha20Rng) {
    let setting = Setting::<B>::random(2, 1000, rng);
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
        if recording.events().iter().filter(heard).count() < 2 {
            assert!(result.is_ok(), "nothing was corrupted in the {phase}");
            continue;
        }
        match result {
            Err(Error::PeerMisbehaved { verdict: Rejection::Transcript { place }, .. }) => {
                assert_eq!(place.phase(), Some(index), "{phase}");
            }
            Err(other) => panic!("{phase}: {other:?}"),
            Ok(_) => panic!("{phase}: accepted"),
        }
    }
}

/// A query that the model does not take is the protocol's own error, at the client alone.
///
/// # Panics
///
/// If it is another one.
pub fn survives_a_query_of_the_wrong_width<B: Backend>(rng: &mut ChaCha20Rng) {
    let mut setting = Setting::<B>::random(2, 1000, rng);
    setting.queries[1].push(0);
    match setting.against(memory_pair(), Peer::Honest, rng) {
        Err(Error::Protocol { .. }) => {}
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
    let setting = Setting::<B>::new(&architecture, 2, 1 << 12, rng);
    let other = Model::random(&architecture, 1 << 12, rng);
    let parties = || B::parties(1);
    let checks = || setting.checks();
    let (model, queries) = (&setting.model, &setting.queries);
    let subject = Subject::<B>::with(parties, &architecture, model, queries, &checks);
    assert_hardened(subject.other_model(other).tries(1));
}

/// What the server does.
#[derive(Debug, Clone)]
enum Peer<'a> {
    Honest,
    Cheats(Cheat),
    Uses(&'a Model),
}

/// A model, queries for it, and checks.
struct Setting<B> {
    model: Model,
    queries: Vec<Vec<i64>>,
    samples: Vec<Vec<i64>>,
    backend: std::marker::PhantomData<fn() -> B>,
}

impl<B: Backend> Setting<B> {
    fn random(queries: usize, magnitude: i64, rng: &mut ChaCha20Rng) -> Self {
        Self::new(&architecture(rng), queries, magnitude, rng)
    }

    fn new(
        architecture: &Architecture,
        queries: usize,
        magnitude: i64,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let width = architecture.inputs();
        Self {
            model: Model::random(architecture, magnitude, rng),
            queries: inputs(width, queries, rng),
            samples: inputs(width, 40, rng),
            backend: std::marker::PhantomData,
        }
    }

    fn expected(&self) -> Vec<Vec<i64>> {
        self.model.infer_batch(&self.queries).expect("queries have the width")
    }

    fn client(&self, party: B::Client) -> Client<B> {
        let policy = Policy::cheapest(40, self.queries.len()).expect("a batch that can be run");
        Client::with(party, policy, self.checks())
    }

    fn checks(&self) -> Vec<Check<Vec<i64>, Vec<i64>>> {
        let answers = self.model.infer_batch(&self.samples).expect("samples have the width");
        let checks = self.samples.iter().cloned().zip(answers);
        checks.map(|(x, y)| Check::exact(x, y)).collect()
    }

    /// A hardened batch against `peer`.
    fn against(
        &self,
        (here, there): (impl Channel, impl Channel),
        peer: Peer<'_>,
        rng: &mut ChaCha20Rng,
    ) -> Result<Verified<Vec<Vec<i64>>>, Error<B::ClientError>> {
        let (client, server) = B::parties(rng.next_u64());
        let (mut here, mut there) = (Connection::new(here), Connection::new(there));
        let mut their_rng = fork(rng);
        thread::scope(|scope| {
            scope.spawn(move || {
                let rng = &mut their_rng;
                if let Peer::Cheats(cheat) = peer {
                    let mut server =
                        Server::<Cheating<B>>::with(CheatingServer::new(server, cheat));
                    return drop(server.serve(&mut there, &self.model, rng));
                }
                let model = if let Peer::Uses(other) = peer { other } else { &self.model };
                // How its run ends is for the client to judge, who may have given up.
                drop(Server::<B>::with(server).serve(&mut there, model, rng));
            });
            let result =
                self.client(client).infer(&mut here, self.model.architecture(), &self.queries, rng);
            drop(here);
            result
        })
    }

    /// The base protocol as it is.
    fn plain(&self, rng: &mut ChaCha20Rng) -> (Vec<Vec<i64>>, Costs) {
        let (mut client, mut server) = B::parties(rng.next_u64());
        let (mut here, mut there) = Connection::pair();
        let mut their_rng = fork(rng);
        thread::scope(|scope| {
            scope.spawn(|| {
                semi_honest::serve::<B, _>(&mut server, &mut there, &self.model, &mut their_rng)
                    .expect("a fair client");
            });
            let architecture = self.model.architecture();
            semi_honest::infer::<B, _>(&mut client, &mut here, architecture, &self.queries, rng)
                .expect("an honest server")
        })
    }
}

/// Dense layers with an elementwise one before, between and after, of random widths and shifts.
fn architecture(rng: &mut ChaCha20Rng) -> Architecture {
    let mut width = rng.random_range(2..=6);
    let mut layers = Vec::new();
    for index in 0..5 {
        let shift = rng.random_range(0..=62);
        layers.push(match index {
            1 | 3 => {
                let (inputs, outputs) = (width, rng.random_range(2..=6));
                width = outputs;
                LayerShape::Dense { inputs, outputs }
            }
            // A large last shift would leave all logits equal, and every model right.
            4 => LayerShape::Truncate { width, shift: shift % 3 },
            _ if rng.random() => LayerShape::Relu { width, shift: shift % 20 },
            _ => LayerShape::Truncate { width, shift: shift % 20 },
        });
    }
    Architecture::new(layers).expect("the widths fit")
}

/// Uniform values, small ones, and extremes.
fn inputs(width: usize, count: usize, rng: &mut ChaCha20Rng) -> Vec<Vec<i64>> {
    let mut value = || match rng.random_range(0..4) {
        0 => i64::MIN.wrapping_add(rng.random_range(-1..=1)),
        1 => rng.random_range(-2..=2),
        _ => rng.next_u64().cast_signed(),
    };
    (0..count).map(|_| (0..width).map(|_| value()).collect()).collect()
}

fn fork(rng: &mut ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(rng.next_u64())
}

//! A model with queries and checks, and how it is run.

use std::{marker::PhantomData, thread};

use chacha20::ChaCha20Rng;
use fusion_core::{
    Channel, Check, Client, Connection, Costs, Error, Policy, Server, Verified,
    misbehave::{Cheat, Cheating, CheatingServer},
    semi_honest,
};
use rand::{Rng, RngExt, SeedableRng};

use super::{Backend, Size};
use crate::model::{Architecture, LayerShape, Model};

/// What the server does.
pub(super) enum Peer<'a, B: Backend> {
    Honest,
    Cheats(Cheat),
    Uses(&'a B::ServerContext),
}

/// A model, queries for it, and checks.
pub(super) struct Setting<B: Backend> {
    pub(super) model: Model,
    pub(super) context: B::ServerContext,
    pub(super) public: B::ClientContext,
    pub(super) queries: Vec<Vec<i64>>,
    samples: Vec<Vec<i64>>,
    backend: PhantomData<fn() -> B>,
}

impl<B: Backend> Setting<B> {
    pub(super) fn random(queries: usize, rng: &mut ChaCha20Rng) -> Self {
        Self::new(&architecture(rng), queries, usual::<B>(), rng)
    }

    pub(super) fn new(
        architecture: &Architecture,
        queries: usize,
        size: Size,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let seed = rng.next_u64();
        let context = B::context(model(architecture, size, seed), size.inputs());
        let reference = model(architecture, size, seed);
        let public = B::public(&reference, &context);
        Self::with(reference, context, public, queries, size, rng)
    }

    /// Another model, of which a server pretends that it were this one.
    pub(super) fn other(&self, queries: usize, size: Size, rng: &mut ChaCha20Rng) -> Self {
        let (seed, architecture) = (rng.next_u64(), self.model.architecture());
        let model = || model(architecture, size, seed);
        let context = B::pretending(model(), size.inputs(), &self.public);
        Self::with(model(), context, self.public.clone(), queries, size, rng)
    }

    fn with(
        model: Model,
        context: B::ServerContext,
        public: B::ClientContext,
        queries: usize,
        size: Size,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let (width, bits) = (model.architecture().inputs(), size.input_bits);
        let queries = inputs(width, bits, queries, rng);
        let samples = inputs(width, bits, 40, rng);
        Self { model, context, public, queries, samples, backend: PhantomData }
    }

    pub(super) fn expected(&self) -> Vec<B::Output> {
        let outputs = self.model.infer_batch(&self.queries).expect("queries have the width");
        outputs.into_iter().map(B::answer).collect()
    }

    pub(super) fn client(&self, party: B::Client) -> Client<B> {
        let policy = Policy::against_blind_tampering(40, self.queries.len())
            .expect("a batch that can be run");
        Client::with(party, policy, self.checks())
    }

    pub(super) fn checks(&self) -> Vec<Check<Vec<i64>, B::Output>> {
        let answers = self.model.infer_batch(&self.samples).expect("samples have the width");
        let checks = self.samples.iter().cloned().zip(answers);
        checks.map(|(x, y)| Check::model_answer(x, B::answer(y))).collect()
    }

    /// A hardened batch against `peer`.
    pub(super) fn against(
        &self,
        (here, there): (impl Channel, impl Channel),
        peer: Peer<'_, B>,
        rng: &mut ChaCha20Rng,
    ) -> Result<Verified<Vec<B::Output>>, Error<B::ClientError>> {
        let (client, server) = B::parties(rng.next_u64());
        let (mut here, mut there) = (Connection::new(here), Connection::new(there));
        let mut their_rng = fork(rng);
        thread::scope(|scope| {
            scope.spawn(move || {
                let rng = &mut their_rng;
                if let Peer::Cheats(cheat) = peer {
                    let mut server =
                        Server::<Cheating<B>>::with(CheatingServer::new(server, cheat));
                    return drop(server.serve(&mut there, &self.context, rng));
                }
                let context = if let Peer::Uses(other) = peer { other } else { &self.context };
                // How its run ends is for the client to judge, who may have given up.
                drop(Server::<B>::with(server).serve(&mut there, context, rng));
            });
            let result = self.client(client).infer(&mut here, &self.public, &self.queries, rng);
            drop(here);
            result
        })
    }

    /// The base protocol as it is.
    pub(super) fn plain(&self, rng: &mut ChaCha20Rng) -> (Vec<B::Output>, Costs) {
        let (mut client, mut server) = B::parties(rng.next_u64());
        let (mut here, mut there) = Connection::pair();
        let mut their_rng = fork(rng);
        thread::scope(|scope| {
            scope.spawn(|| {
                semi_honest::serve::<B, _>(&mut server, &mut there, &self.context, &mut their_rng)
                    .expect("a fair client");
            });
            semi_honest::infer::<B, _>(&mut client, &mut here, &self.public, &self.queries, rng)
                .expect("an honest server")
        })
    }
}

/// What most tests take.
pub(super) fn usual<B: Backend>() -> Size {
    B::SIZES[1]
}

/// The same one from the same seed.
fn model(architecture: &Architecture, size: Size, seed: u64) -> Model {
    Model::random(architecture, size.weights, &mut ChaCha20Rng::seed_from_u64(seed))
}

/// Dense layers with an elementwise one before, between and after, of random widths and shifts.
pub(super) fn architecture(rng: &mut ChaCha20Rng) -> Architecture {
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
fn inputs(width: usize, bits: u32, count: usize, rng: &mut ChaCha20Rng) -> Vec<Vec<i64>> {
    let unused = 64 - bits;
    let mut value = || match rng.random_range(0..4) {
        // The least and the largest, and their neighbours.
        0 => i64::MIN.wrapping_add(rng.random_range(-2..=1) << unused) >> unused,
        1 => rng.random_range(-2..=1),
        _ => rng.next_u64().cast_signed() >> unused,
    };
    (0..count).map(|_| (0..width).map(|_| value()).collect()).collect()
}

pub(super) fn fork(rng: &mut ChaCha20Rng) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(rng.next_u64())
}

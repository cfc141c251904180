//! The tax of hardening: the time of a hardened batch of N executions over the time of N plain
//! executions of the same backend in one batch, on the digits network, over a loopback socket.
//!
//!     cargo bench --bench tax
//!
//! Wall times of three threads on two cores scatter, so the ratio of the processor time that both
//! parties and the dealer took, over all runs, stands beside them (Linux).
//!
//! The floor is 1: mixing, transcript and verification would be free. Plain and hardened runs
//! alternate, so that both see the same machine; criterion measures one thing at a time and cannot
//! do that. The spread is that of the ratio of neighbouring runs.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use fusion::{Check, Client, Connection, Policy, Server, semi_honest};
use fusion_backends::{
    additive::Additive,
    cheetah::Cheetah,
    clear::Clear,
    conformance::Backend,
    model::{Architecture, InputRange, LayerShape, Model},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

const RUNS: usize = 201;

fn main() {
    println!(
        "{:<10} {:>5} {:>5} {:>12} {:>12} {:>8} {:>17} {:>10}",
        "backend", "R", "N", "plain", "hardened", "ratio", "middle half", "processor"
    );
    for queries in [16, 128] {
        measure::<Cheetah>(queries);
        measure::<Additive>(queries);
        measure::<Clear>(queries);
    }
}

fn measure<B: Backend>(queries: usize) {
    let setting = Setting::<B>::new(queries);
    let slots = setting.policy.parameters(queries).map(|p| p.slots()).expect("sound");
    let mut ticks = [0; 2];
    let mut counted = |kind: usize, run: &dyn Fn() -> Duration| {
        let before = processor_ticks();
        let time = run();
        ticks[kind] += processor_ticks() - before;
        time
    };
    // The first pair warms up.
    let runs = (0..=RUNS as u64).map(|run| {
        let plain = || setting.plain(slots, run);
        let hardened = || setting.hardened(run);
        let (plain, hardened) = if run.is_multiple_of(2) {
            let plain = counted(0, &plain);
            (plain, counted(1, &hardened))
        } else {
            let hardened = counted(1, &hardened);
            (counted(0, &plain), hardened)
        };
        (plain, hardened, hardened.as_secs_f64() / plain.as_secs_f64())
    });
    let runs: Vec<_> = runs.skip(1).collect();
    let plain = sorted(runs.iter().map(|run| run.0.as_secs_f64()));
    let hardened = sorted(runs.iter().map(|run| run.1.as_secs_f64()));
    let ratios = sorted(runs.iter().map(|run| run.2));
    println!(
        "{:<10} {queries:>5} {slots:>5} {:>9.2} ms {:>9.2} ms {:>8.3} {:>8.3} to {:.3} {:>10.3}",
        B::NAME,
        plain[RUNS / 2] * 1e3,
        hardened[RUNS / 2] * 1e3,
        ratios[RUNS / 2],
        ratios[RUNS / 4],
        ratios[RUNS * 3 / 4],
        ticks[1] as f64 / ticks[0] as f64,
    );
}

/// Processor time of this process so far, in ticks of the kernel; 0 where it does not say.
fn processor_ticks() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    // User and system time are the 12th and 13th after the name.
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// A model of the size of the digits', with queries and checks for it.
struct Setting<B: Backend> {
    public: B::ClientContext,
    context: B::ServerContext,
    inputs: Vec<Vec<i64>>,
    /// To the inputs after the queries: checks.
    answers: Vec<B::Output>,
    queries: usize,
    policy: Policy,
}

impl<B: Backend> Setting<B> {
    fn new(queries: usize) -> Self {
        let architecture = Architecture::new(vec![
            LayerShape::Dense { inputs: 64, outputs: 64 },
            LayerShape::Relu { width: 64, shift: 12 },
            LayerShape::Dense { inputs: 64, outputs: 32 },
            LayerShape::Relu { width: 32, shift: 12 },
            LayerShape::Dense { inputs: 32, outputs: 10 },
        ]);
        let architecture = architecture.expect("it fits");
        let mut rng = StdRng::seed_from_u64(1);
        let input = |_| (0..64).map(|_| rng.random_range(0..4096)).collect();
        let inputs: Vec<Vec<i64>> = (0..1000).map(input).collect();
        let seed = rng.random();
        let model = || Model::random(&architecture, 4096, &mut StdRng::seed_from_u64(seed));
        let reference = model();
        let policy = Policy::against_blind_tampering(40, queries).expect("a batch that can be run");
        let samples = inputs.iter().skip(queries).take(50);
        let logits = samples.map(|sample| reference.infer(sample).expect("the width fits"));
        let answers = logits.map(B::answer).collect();
        let context = B::context(model(), InputRange { low: 0, high: 4095 });
        let public = B::public(&reference, &context);
        Self { public, context, inputs, answers, queries, policy }
    }

    fn hardened(&self, seed: u64) -> Duration {
        let (client, server) = B::parties(seed);
        let (mut here, mut there) = connections().expect("loopback");
        let (queries, samples) = self.inputs.split_at(self.queries);
        let checks = samples.iter().zip(&self.answers);
        let checks = checks.map(|(x, y)| Check::model_answer(x.clone(), y.clone()));
        let mut client = Client::<B>::with(client, self.policy, checks.collect());
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(seed);
                Server::<B>::with(server).serve(&mut there, &self.context, &mut rng).expect("fair");
            });
            let mut rng = StdRng::seed_from_u64(seed + 1);
            let start = Instant::now();
            client.infer(&mut here, &self.public, queries, &mut rng).expect("an honest server");
            start.elapsed()
        })
    }

    fn plain(&self, slots: usize, seed: u64) -> Duration {
        let (mut client, mut server) = B::parties(seed);
        let (mut here, mut there) = connections().expect("loopback");
        let inputs = self.inputs.get(..slots).expect("enough inputs");
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut rng = StdRng::seed_from_u64(seed);
                semi_honest::serve::<B, _>(&mut server, &mut there, &self.context, &mut rng)
                    .expect("fair");
            });
            let mut rng = StdRng::seed_from_u64(seed + 1);
            let (party, public) = (&mut client, &self.public);
            let start = Instant::now();
            semi_honest::infer::<B, _>(party, &mut here, public, inputs, &mut rng)
                .expect("an honest server");
            start.elapsed()
        })
    }
}

fn connections() -> io::Result<(Connection, Connection)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let here = TcpStream::connect(listener.local_addr()?)?;
    Ok((Connection::tcp(here)?, Connection::tcp(listener.accept()?.0)?))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

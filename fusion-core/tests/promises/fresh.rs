//! Executions whose randomness repeats itself.

use std::{
    io::{Read, Write},
    sync::Mutex,
    thread,
};

use fusion_core::{
    Client, Connection, Error, Misuse, Policy, SemiHonest, Server,
    testing::{Subject, assert_hardened},
};
use fusion_macros as fusion;
use rand::{RngExt, SeedableRng, rngs::SmallRng};

use super::{checks, get, io, put};

const FACTOR: u64 = 3;

/// A party that owns its generator.
#[derive(Clone)]
struct Owner(SmallRng);

/// The same, but every execution gets a generator of its own.
struct Forked(SmallRng);

impl Forked {
    fn fork(&self) -> Self {
        Self(SmallRng::from_rng(&mut rand::rng()))
    }
}

/// One that draws from its own generator for the whole batch at once.
struct Whole(SmallRng);

fn ask(x: u64, channel: &mut (impl Read + Write), rng: &mut SmallRng) -> io::Result<u64> {
    let mask: u64 = rng.random();
    put(channel, x.wrapping_add(mask))?;
    Ok(get(channel)?.wrapping_sub(mask.wrapping_mul(FACTOR)))
}

fn answer(channel: &mut (impl Read + Write)) -> io::Result<u64> {
    let x = get(channel)?;
    put(channel, x.wrapping_mul(FACTOR))?;
    Ok(x)
}

#[fusion::harden(soundness = 20, privacy = malicious, executions = isolated, client = Owner, crate = fusion_core)]
struct Cloned;

#[fusion::harden(client, instance = per_slot, crate = fusion_core)]
impl Owner {
    #[fusion::client(online, query = x)]
    fn ask(&mut self, x: u64, channel: &mut (impl Read + Write)) -> io::Result<u64> {
        ask(x, channel, &mut self.0)
    }
}

#[fusion::harden(server, crate = fusion_core)]
impl Cloned {
    #[fusion::server(online)]
    fn answer(seen: &Mutex<Vec<u64>>, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = answer(channel)?;
        seen.lock().unwrap().push(x);
        Ok(())
    }
}

#[fusion::harden(soundness = 20, privacy = malicious, executions = isolated, client = Forked, crate = fusion_core)]
struct Fresh;

#[fusion::harden(client, instance = Forked::fork, crate = fusion_core)]
impl Forked {
    #[fusion::client(online, query = x)]
    fn ask(&mut self, x: u64, channel: &mut (impl Read + Write)) -> io::Result<u64> {
        ask(x, channel, &mut self.0)
    }
}

#[fusion::harden(server, crate = fusion_core)]
impl Fresh {
    #[fusion::server(online)]
    fn answer(channel: &mut (impl Read + Write)) -> io::Result<()> {
        answer(channel).map(drop)
    }
}

#[fusion::harden(soundness = 20, privacy = malicious, executions = isolated, client = Whole, crate = fusion_core)]
struct Batched;

#[fusion::harden(client, crate = fusion_core)]
impl Whole {
    #[fusion::client(online, batch, query = xs)]
    fn ask(&self, xs: &[u64], channel: &mut (impl Read + Write)) -> io::Result<Vec<u64>> {
        let mut rng = self.0.clone();
        let masks: Vec<u64> = xs.iter().map(|_| rng.random()).collect();
        for (x, mask) in xs.iter().zip(&masks) {
            put(channel, x.wrapping_add(*mask))?;
        }
        masks.iter().map(|mask| Ok(get(channel)?.wrapping_sub(mask.wrapping_mul(FACTOR)))).collect()
    }
}

#[fusion::harden(server, crate = fusion_core)]
impl Batched {
    #[fusion::server(online, batch)]
    fn answer(slots: usize, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let inputs: Vec<u64> = (0..slots).map(|_| get(channel)).collect::<io::Result<_>>()?;
        inputs.iter().try_for_each(|x| put(channel, x.wrapping_mul(FACTOR)))
    }
}

fn generator() -> SmallRng {
    SmallRng::from_rng(&mut rand::rng())
}

fn infer<P>(
    client: &mut Client<P>,
    context: &P::ServerContext,
) -> Result<Vec<u64>, Error<io::Error>>
where
    P: SemiHonest<
            ClientContext = (),
            Query = u64,
            Output = u64,
            ClientError = io::Error,
            Server = (),
            ServerContext: Sync,
            Agreement = fusion_core::Exact,
        >,
{
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        let server = scope
            .spawn(move || Server::<P>::new().serve(&mut there, context, &mut rand::rng()).is_ok());
        let answers = client.infer(&mut here, &(), &[70_001, 80_001], &mut rand::rng());
        // It came to its end for the server, whatever the client found.
        assert!(server.join().unwrap());
        answers.map(|answers| answers.into_inner())
    })
}

/// The server sees which slots are copies. The client withholds the answers, after the last message.
#[test]
fn a_cloned_generator_ends_the_run_after_its_last_message() {
    let policy = Policy::against_blind_tampering(20, 2).unwrap();
    let mut client = Client::<Cloned>::with(Owner(generator()), policy, checks(100, FACTOR));
    let seen = Mutex::new(Vec::new());
    let error = infer(&mut client, &seen).unwrap_err();
    assert!(matches!(error, Error::Misuse(Misuse::RepeatedRandomness { phase: "ask" })), "{error}");
    assert!(error.to_string().contains("instance = |it|") && !error.may_retry());
    let mut seen = seen.into_inner().unwrap();
    let slots = policy.parameters(2).unwrap().slots();
    assert_eq!(seen.len(), slots, "every slot was run");
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() < slots, "the attack is real: copies look alike");
    // And the same queries are not asked again by accident.
    assert!(matches!(infer_again(&mut client), Error::Misuse(Misuse::Latched)));
}

fn infer_again(client: &mut Client<Cloned>) -> Error<io::Error> {
    let (mut here, _there) = Connection::pair();
    client.infer(&mut here, &(), &[70_001], &mut rand::rng()).map(drop).unwrap_err()
}

#[test]
fn a_fork_with_fresh_randomness_runs() {
    let policy = Policy::against_blind_tampering(20, 2).unwrap();
    let mut client = Client::<Fresh>::with(Forked(generator()), policy, checks(100, FACTOR));
    for _ in 0..3 {
        assert_eq!(infer(&mut client, &()).unwrap(), [210_003, 240_003]);
    }
}

/// In one batch nothing repeats itself here, so the driver has nothing to see. The battery compares
/// batches.
#[test]
#[should_panic = "the same from run to run"]
fn the_battery_compares_batches() {
    let checks = || checks(100, FACTOR);
    let parties = || (Whole(generator()), ());
    assert_hardened(Subject::<Batched>::with(parties, &(), &(), &[1, 2], &checks).tries(1));
}

#[test]
#[should_panic = "an honest server was rejected: the client repeated itself"]
fn the_battery_finds_a_cloned_generator() {
    let checks = || checks(100, FACTOR);
    let seen = Mutex::new(Vec::new());
    let parties = || (Owner(generator()), ());
    assert_hardened(Subject::<Cloned>::with(parties, &(), &seen, &[1, 2], &checks).tries(1));
}

#[test]
fn the_battery_passes_a_fork_with_fresh_randomness() {
    let checks = || checks(100, FACTOR);
    let parties = || (Forked(generator()), ());
    assert_hardened(Subject::<Fresh>::with(parties, &(), &(), &[1, 2], &checks).tries(1));
}

//! The order is the one secret that everything rests on.

use std::{
    io::{Read, Write},
    sync::Mutex,
};

use fusion_core::{Client, Connection, Policy, Server};
use fusion_macros as fusion;
use rand::{SeedableRng, rngs::StdRng};

use super::{checks, get, io, put, states, thread};

states!(Watched, Public, Isolated);

#[fusion::harden(crate = fusion_core)]
impl Watched {
    #[fusion::client(online, query = x)]
    fn ask(x: u64, channel: &mut (impl Read + Write)) -> io::Result<u64> {
        put(channel, x)?;
        get(channel)
    }

    #[fusion::server(online)]
    fn answer(seen: &Mutex<Vec<u64>>, channel: &mut (impl Read + Write)) -> io::Result<()> {
        let x = get(channel)?;
        seen.lock().unwrap().push(x);
        put(channel, x)
    }
}

/// What is in the slots, for a caller whose generator has this seed.
fn slots(seed: u64) -> Vec<u64> {
    let seen = Mutex::new(Vec::new());
    let (mut here, mut there) = Connection::pair();
    thread::scope(|scope| {
        let seen = &seen;
        scope.spawn(move || {
            Server::<Watched>::new().serve(&mut there, seen, &mut rand::rng()).unwrap();
        });
        let policy = Policy::against_blind_tampering(20, 2).unwrap();
        let mut client = Client::<Watched>::new(policy, checks(300, 1));
        client.infer(&mut here, &(), &[7, 8], &mut StdRng::seed_from_u64(seed)).unwrap();
    });
    seen.into_inner().unwrap()
}

/// Who knows the caller's generator, or has a clone of the process, knows neither the order nor the
/// choice of checks: all runs begin in the same state here, and all differ.
#[test]
fn a_generator_that_repeats_itself_does_not_repeat_the_order() {
    let [first, second, third] = [1, 1, 1].map(slots);
    let places = |slots: &[u64]| -> Vec<bool> { slots.iter().map(|x| *x == 7).collect() };
    assert!(places(&first) != places(&second) || places(&first) != places(&third));
    let choice = |slots: &[u64]| {
        let mut checks: Vec<u64> = slots.iter().copied().filter(|x| *x >= 1000).collect();
        checks.sort_unstable();
        checks
    };
    assert_ne!(choice(&first), choice(&second));
}

/// A known order is for tests, and only there.
#[test]
fn the_kit_can_repeat_a_run() {
    let run = || {
        let seen = Mutex::new(Vec::new());
        let policy = Policy::against_blind_tampering(20, 2).unwrap();
        let mut client = Client::<Watched>::new(policy, checks(300, 1)).order_from_seed(5);
        super::run(&mut client, &seen, &[7, 8]).0.unwrap();
        seen.into_inner().unwrap()
    };
    assert_eq!(run(), run());
}

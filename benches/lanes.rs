//! What lanes save on a slow network: the time of a hardened batch of 100 executions with three
//! rounds each, over the emulated WAN.
//!
//!     cargo bench --bench lanes
//!
//! The floor is the round trips that cannot overlap: that of the handshake, and three for each of
//! the 100 / lanes executions of a lane. Everything is measured in one run.

use std::{
    io::{Read, Result, Write},
    thread,
    time::{Duration, Instant},
};

use fusion::{
    Check, Client, Connection, Network, Policy, SemiHonest, Server,
    channel::{Emulated, memory_pair},
};
use rand::{SeedableRng, rngs::StdRng};

const ROUNDS: usize = 3;
/// 32 x 3 + 4 = 100 executions.
const QUERIES: usize = 32;
const POLICY: Policy = Policy::new(1, 3, 4, 0);
const SLOTS: usize = 100;
const MESSAGE: usize = 4096;

macro_rules! walk {
    ($name:ident $(, $lanes:tt)?) => {
        #[fusion::harden(soundness = 1, privacy = public, executions = isolated)]
        struct $name;

        #[fusion::harden(name = "walk" $(, lanes = $lanes)?)]
        impl $name {
            #[fusion::client(online, query = x)]
            fn ask(x: &u64, channel: &mut (impl Read + Write)) -> Result<u64> {
                let mut at = *x;
                for _ in 0..ROUNDS {
                    put(channel, at)?;
                    at = get(channel)?;
                }
                Ok(at)
            }

            #[fusion::server(online)]
            fn answer(channel: &mut (impl Read + Write)) -> Result<()> {
                for _ in 0..ROUNDS {
                    let at = get(channel)?;
                    put(channel, at + 1)?;
                }
                Ok(())
            }
        }
    };
}

walk!(InOrder);
walk!(One, 1);
walk!(Four, 4);
walk!(Sixteen, 16);

fn put(to: &mut impl Write, value: u64) -> Result<()> {
    let mut message = [0; MESSAGE];
    message[..8].copy_from_slice(&value.to_le_bytes());
    to.write_all(&message)
}

fn get(from: &mut impl Read) -> Result<u64> {
    let mut message = [0; MESSAGE];
    from.read_exact(&mut message)?;
    Ok(message.iter().take(8).rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

fn main() {
    println!("{SLOTS} executions of {ROUNDS} rounds, {}", Network::WAN);
    println!(
        "{:<12} {:>7} {:>10} {:>10} {:>12} {:>10}",
        "lanes", "rounds", "time", "floor", "time/floor", "speed-up"
    );
    let alone = measure::<InOrder>("none", 1, None);
    measure::<One>("1", 1, Some(alone));
    measure::<Four>("4", 4, Some(alone));
    measure::<Sixteen>("16", 16, Some(alone));
}

/// Prints a row and gives the time.
fn measure<P>(name: &str, lanes: usize, alone: Option<Duration>) -> Duration
where
    P: SemiHonest<
            Client = (),
            Server = (),
            ClientContext = (),
            ServerContext = (),
            Query = u64,
            Output = u64,
        >,
    P::ClientError: std::fmt::Debug,
    P::ServerError: std::fmt::Debug,
{
    let network = Network::WAN;
    let (left, right) = memory_pair();
    let [mut here, mut there] =
        [left, right].map(|channel| Connection::new(Emulated::new(channel, network)));
    let (rounds, time) = thread::scope(|scope| {
        scope.spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            Server::<P>::new().serve(&mut there, &(), &mut rng).expect("an honest client");
        });
        let checks = (1000..1004).map(|x| Check::model_answer(x, x + ROUNDS as u64));
        let mut client = Client::<P>::new(POLICY, checks.collect());
        let queries: Vec<u64> = (0..QUERIES as u64).collect();
        let mut rng = StdRng::seed_from_u64(1);
        let start = Instant::now();
        let answers = client.infer(&mut here, &(), &queries, &mut rng).expect("an honest server");
        (answers.report().costs.phases.last().map_or(0, |phase| phase.rounds), start.elapsed())
    });
    let trips = 1 + ROUNDS * SLOTS.div_ceil(lanes);
    let floor = network.round_trip * u32::try_from(trips).expect("a few hundred");
    println!(
        "{name:<12} {rounds:>7} {:>8.2} s {:>8.2} s {:>12.3} {:>10.2}",
        time.as_secs_f64(),
        floor.as_secs_f64(),
        time.as_secs_f64() / floor.as_secs_f64(),
        alone.unwrap_or(time).as_secs_f64() / time.as_secs_f64(),
    );
    time
}

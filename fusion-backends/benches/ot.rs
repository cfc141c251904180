//! Oblivious transfers for each second and bytes for each of them, both parties on this machine,
//! beside their floors. `cargo bench -p fusion-backends --bench ot`
#![allow(missing_docs, reason = "a program")]

#[path = "support/stream.rs"]
mod stream;

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use fusion_backends::cheetah::ot::softspoken::{Depth, SoftSpoken, setup};
use fusion_backends::cheetah::ot::{
    OtError, OtReceiver, OtSender, Width, correlated, one_of_n, random,
};
use fusion_core::channel::{Channel, Emulated, Network, memory_pair};
use fusion_core::transcript::Role;
use rand::{SeedableRng, rngs::StdRng};
use stream::Stream;

/// The best of so many runs.
const RUNS: usize = 3;

struct Party<C> {
    ot: SoftSpoken,
    stream: Stream<C>,
    rng: StdRng,
}

fn main() {
    let all = std::env::args().all(|argument| argument != "--test");
    println!(
        "| network | transfer | depth | count | million / s | busy ns each, client | server | bytes each, up | down | ms setup |"
    );
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let large = if all { 1 << 24 } else { 1 << 14 };
    for depth in [Depth::Two, Depth::Four, Depth::Eight] {
        measure("memory", "random", depth, large, memory_pair(), random_transfers);
    }
    for (name, network, depth) in [
        ("LAN", Network::LAN, Depth::Two),
        ("LAN", Network::LAN, Depth::Four),
        ("LAN", Network::LAN, Depth::Eight),
        ("WAN", Network::WAN, Depth::Four),
        ("WAN", Network::WAN, Depth::Eight),
    ] {
        measure(name, "random", depth, large / 2, emulated(network), random_transfers);
    }
    let count = large / 16;
    for (name, width) in [("ring, 32 bits", 32), ("ring, 64 bits", 64)] {
        let width = Width::new(width).expect("1 to 64");
        measure("memory", name, Depth::Four, count, memory_pair(), |client, server, count| {
            ring(client, server, count, width)
        });
    }
    for (name, messages, bits) in
        [("1 of 2, 8 bits", 2, 8), ("1 of 16, 2 bits", 16, 2), ("1 of 256, 8 bits", 256, 8)]
    {
        let table = Width::new(bits).and_then(|width| one_of_n::Table::new(messages, width));
        let table = table.expect("few and short");
        let count = count * 2 / messages.max(16) * 4;
        measure("memory", name, Depth::Four, count, memory_pair(), |client, server, count| {
            tables(client, server, count, table)
        });
    }
}

fn emulated(network: Network) -> (impl Channel, impl Channel) {
    let (left, right) = memory_pair();
    (Emulated::new(left, network), Emulated::new(right, network))
}

/// The client receives, the server sends.
fn measure<A: Channel, B: Channel>(
    network: &str,
    name: &str,
    depth: Depth,
    count: usize,
    (left, right): (A, B),
    run: impl Fn(&mut Party<A>, &mut Party<B>, usize) -> [f64; 2],
) {
    let start = Instant::now();
    let (mut client, mut server) =
        both(|| party(Role::Client, depth, left), || party(Role::Server, depth, right));
    let setup = start.elapsed();
    let before = [client.stream.sent, server.stream.sent];
    let (mut best, mut least) = (f64::INFINITY, [f64::INFINITY; 2]);
    for _ in 0..RUNS {
        let start = Instant::now();
        let busy = run(&mut client, &mut server, count);
        best = best.min(start.elapsed().as_secs_f64());
        least.iter_mut().zip(busy).for_each(|(least, busy)| *least = least.min(busy));
    }
    let [client_busy, server_busy] = least.map(|busy| busy / count as f64 * 1e9);
    let sent = [client.stream.sent, server.stream.sent];
    let [up, down] = [0, 1].map(|i| (sent[i] - before[i]) as f64 / (RUNS * count) as f64);
    let rate = count as f64 / best / 1e6;
    println!(
        "| {network} | {name} | {depth:?} | {count} | {rate:.2} | {client_busy:.1} | {server_busy:.1} | {up:.2} | {down:.2} | {:.0} |",
        setup.as_secs_f64() * 1e3
    );
}

fn party<C: Channel>(role: Role, depth: Depth, channel: C) -> Party<C> {
    let (mut stream, mut rng) = (Stream::new(channel), StdRng::seed_from_u64(role as u64));
    let ot = setup(role, depth, b"bench", &mut stream, &mut rng).expect("an honest peer");
    Party { ot, stream, rng }
}

/// Runs both parties, each on a thread of its own.
fn both<A: Send, B: Send>(
    client: impl FnOnce() -> A + Send,
    server: impl FnOnce() -> B + Send,
) -> (A, B) {
    thread::scope(|scope| {
        let (client, server) = (scope.spawn(client), scope.spawn(server));
        (client.join().expect("the client is fine"), server.join().expect("the server is fine"))
    })
}

/// Seconds that this thread has had a processor, where the system tells: others may have it too.
fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
}

/// Prepared and hashed, in little memory.
fn random_transfers<A: Channel, B: Channel>(
    client: &mut Party<A>,
    server: &mut Party<B>,
    count: usize,
) -> [f64; 2] {
    let client = || {
        let Party { ot, stream, rng } = client;
        random::receive(&mut ot.receiver, count, stream, rng, |choices, chosen| {
            black_box((choices, chosen));
        })?;
        Ok::<_, OtError>(busy())
    };
    let server = || {
        let Party { ot, stream, rng } = server;
        random::send(&mut ot.sender, count, stream, rng, |pairs| {
            black_box(pairs);
        })?;
        Ok::<_, OtError>(busy())
    };
    let (client, server) = both(client, server);
    [client, server].map(|busy| busy.expect("an honest peer"))
}

/// With what they prepare.
fn ring<A: Channel, B: Channel>(
    client: &mut Party<A>,
    server: &mut Party<B>,
    count: usize,
    width: Width,
) -> [f64; 2] {
    let client = || {
        let Party { ot, stream, rng } = client;
        ot.receiver.prepare(count, stream, rng)?;
        correlated::receive_ring(&mut ot.receiver, width, &vec![1; count], stream)
            .map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let server = || {
        let Party { ot, stream, rng } = server;
        ot.sender.prepare(count, stream, rng)?;
        correlated::send_ring(&mut ot.sender, width, &vec![77; count], stream).map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let (client, server) = both(client, server);
    [client, server].map(|busy| busy.expect("an honest peer"))
}

/// With what they prepare.
fn tables<A: Channel, B: Channel>(
    client: &mut Party<A>,
    server: &mut Party<B>,
    count: usize,
    table: one_of_n::Table,
) -> [f64; 2] {
    let rows = count * table.bits();
    let client = || {
        let Party { ot, stream, rng } = client;
        ot.receiver.prepare(rows, stream, rng)?;
        one_of_n::receive(&mut ot.receiver, table, &vec![1; count], stream).map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let server = || {
        let Party { ot, stream, rng } = server;
        ot.sender.prepare(rows, stream, rng)?;
        one_of_n::send(&mut ot.sender, table, &vec![3; count * table.messages()], stream)?;
        Ok::<_, OtError>(busy())
    };
    let (client, server) = both(client, server);
    [client, server].map(|busy| busy.expect("an honest peer"))
}

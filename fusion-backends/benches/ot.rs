//! Oblivious transfers for each second and bytes for each of them, both parties on this machine,
//! beside their floors. `cargo bench -p fusion-backends --bench ot`, with words to choose rows: a
//! network, a transfer or a depth (`memory "1 of 16, 2 bits"`).
#![allow(missing_docs, reason = "a program")]

#[path = "support/machine.rs"]
mod machine;
#[path = "support/stream.rs"]
mod stream;

use std::hint::black_box;
use std::time::Instant;

use fusion_backends::ot::softspoken::Depth;
use fusion_backends::ot::{
    Ends, OtError, OtReceiver, OtSender, Policy, Width, correlated, one_of_n, random, setup,
};
use fusion_core::channel::{Channel, Network, memory_pair};
use fusion_core::transcript::Role;
use machine::{both, busy, emulated, forget_peak, is_chosen, peak};
use rand::{SeedableRng, rngs::StdRng};
use stream::Stream;

/// The best of so many runs.
const RUNS: usize = 3;

const FLOORS: &str = "\
Floors. Bytes of the paper (SoftSpokenOT with the repetition code): 128 / k bits less one, that is
7.88, 3.88 and 1.88 bytes up for each random transfer. So a network of 3 Gbit/s carries at most 48, 97
and 200 million in a second, and one of 400 Mbit/s 6.3, 12.9 and 26.7 million. Silent transfers: a
sum of 16 bytes for each level of a tree, which is 3072 * 10 * 16 / 2950144 = 0.167 bytes down, so 18
billion over 3 Gbit/s; the time is that of two AES for the places of a row, ten reads from a table of
2.5 MiB, a leaf computed twice (for the check, with a product in GF(2^128), and for its row) and
two hashes at the sender.
What the kernels do in a second: cargo bench -p fusion-backends --bench kernels
";

struct Party<C> {
    ot: Ends,
    stream: Stream<C>,
    rng: StdRng,
}

fn main() {
    let all = std::env::args().all(|argument| argument != "--test");
    println!("{FLOORS}");
    println!(
        "| network | transfer | depth | count | million / s | busy ns each, client | server | bytes each, up | down | ms setup | MiB |"
    );
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let large = if all { 1 << 24 } else { 1 << 14 };
    let [two, four, eight] = [Depth::Two, Depth::Four, Depth::Eight].map(Policy::SoftSpoken);
    for policy in [two, four, eight, Policy::Silent] {
        measure("memory", "random", policy, large, memory_pair(), random_transfers);
    }
    for (name, network, policies) in [
        ("LAN", Network::LAN, &[two, four, eight, Policy::Silent][..]),
        ("WAN", Network::WAN, &[four, eight, Policy::Silent]),
    ] {
        for policy in policies {
            measure(name, "random", *policy, large / 2, emulated(network), random_transfers);
        }
    }
    let count = large / 16;
    for (name, width) in [("ring, 32 bits", 32), ("ring, 64 bits", 64)] {
        let width = Width::new(width).expect("1 to 64");
        let (choices, differences) = (vec![1; count], vec![77; count]);
        measure("memory", name, four, count, memory_pair(), |client, server, _| {
            ring(client, server, &choices, &differences, width)
        });
    }
    for (name, messages, bits) in
        [("1 of 2, 8 bits", 2, 8), ("1 of 16, 2 bits", 16, 2), ("1 of 256, 8 bits", 256, 8)]
    {
        let table = Width::new(bits).and_then(|width| one_of_n::Table::new(messages, width));
        let table = table.expect("few and short");
        let count = count * 2 / messages.max(16) * 4;
        let (choices, words) = (vec![1; count], vec![3; count * messages]);
        measure("memory", name, four, count, memory_pair(), |client, server, _| {
            tables(client, server, &choices, &words, table)
        });
    }
}

/// The client receives, the server sends.
fn measure<A: Channel, B: Channel>(
    network: &str,
    name: &str,
    policy: Policy,
    count: usize,
    (left, right): (A, B),
    run: impl Fn(&mut Party<A>, &mut Party<B>, usize) -> [f64; 2],
) {
    let extension = match policy {
        Policy::SoftSpoken(depth) => format!("{depth:?}"),
        policy => format!("{policy:?}"),
    };
    if !is_chosen(&[network, name, &extension]) {
        return;
    }
    forget_peak();
    let start = Instant::now();
    let (mut client, mut server) =
        both(|| party(Role::Client, policy, left), || party(Role::Server, policy, right));
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
        "| {network} | {name} | {extension} | {count} | {rate:.2} | {client_busy:.1} | {server_busy:.1} | {up:.2} | {down:.2} | {:.0} | {:.0} |",
        setup.as_secs_f64() * 1e3,
        peak()
    );
}

fn party<C: Channel>(role: Role, policy: Policy, channel: C) -> Party<C> {
    let (mut stream, mut rng) = (Stream::new(channel), StdRng::seed_from_u64(role as u64));
    let ot = setup(role, policy, b"bench", &mut stream, &mut rng).expect("an honest peer");
    Party { ot, stream, rng }
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
    choices: &[u8],
    differences: &[u64],
    width: Width,
) -> [f64; 2] {
    let client = || {
        let Party { ot, stream, rng } = client;
        ot.receiver.prepare(choices.len(), stream, rng)?;
        correlated::receive_ring(&mut ot.receiver, width, choices, stream).map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let server = || {
        let Party { ot, stream, rng } = server;
        ot.sender.prepare(differences.len(), stream, rng)?;
        correlated::send_ring(&mut ot.sender, width, differences, stream).map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let (client, server) = both(client, server);
    [client, server].map(|busy| busy.expect("an honest peer"))
}

/// With what they prepare.
fn tables<A: Channel, B: Channel>(
    client: &mut Party<A>,
    server: &mut Party<B>,
    choices: &[u8],
    messages: &[u64],
    table: one_of_n::Table,
) -> [f64; 2] {
    let rows = choices.len() * table.bits();
    let client = || {
        let Party { ot, stream, rng } = client;
        ot.receiver.prepare(rows, stream, rng)?;
        one_of_n::receive(&mut ot.receiver, table, choices, stream).map(black_box)?;
        Ok::<_, OtError>(busy())
    };
    let server = || {
        let Party { ot, stream, rng } = server;
        ot.sender.prepare(rows, stream, rng)?;
        one_of_n::send(&mut ot.sender, table, messages, stream)?;
        Ok::<_, OtError>(busy())
    };
    let (client, server) = both(client, server);
    [client, server].map(|busy| busy.expect("an honest peer"))
}

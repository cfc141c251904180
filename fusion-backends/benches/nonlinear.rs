//! Layers that are not linear: time and bytes, both parties on this machine, beside their floors.
//! `cargo bench -p fusion-backends --bench nonlinear`, with words to choose rows.
#![allow(missing_docs, reason = "a program")]

#[path = "support/stream.rs"]
mod stream;

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use fusion_backends::cheetah::nonlinear::{LayerError, Layers, Material, Need, Shares, Truncation};
use fusion_backends::cheetah::ot::Width;
use fusion_backends::cheetah::ot::softspoken::{Depth, SoftSpoken, setup};
use fusion_core::channel::{Channel, Emulated, Network, memory_pair};
use fusion_core::transcript::Role;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use stream::Stream;

fn main() {
    let all = std::env::args().all(|argument| argument != "--test");
    let counts: &[usize] = if all { &[1 << 20] } else { &[100] };
    for &count in counts {
        for bits in [32] {
            let width = Width::new(bits).unwrap();
            measure("relu", count, width, Need::relu(width, count), &|layers, x| layers.relu(x));
            let t = Truncation::new(width, 12.min(bits - 1), width).unwrap();
            measure("relu+trunc", count, width, Need::relu_truncate(t, count), &|layers, x| {
                layers.relu_truncate(t, x)
            });
        }
    }
}

struct Party<C> {
    ot: SoftSpoken,
    material: Material,
    stream: Stream<C>,
    rng: StdRng,
}

fn measure(
    name: &str,
    count: usize,
    width: Width,
    need: Need,
    run: &(
         dyn Fn(
        &mut Layers<'_, Stream<fusion_core::channel::MemoryChannel>>,
        &Shares,
    ) -> Result<Shares, LayerError>
             + Sync
     ),
) {
    let (left, right) = memory_pair();
    let party = |role, channel| {
        let (mut stream, mut rng) = (Stream::new(channel), StdRng::seed_from_u64(role as u64));
        let ot = setup(role, Depth::Four, b"bench", &mut stream, &mut rng).unwrap();
        Party { ot, material: Material::new(role), stream, rng }
    };
    let (mut client, mut server) =
        both(|| party(Role::Client, left), || party(Role::Server, right));
    let values: Vec<i64> =
        (0..count).map(|_| client.rng.random::<i64>() >> (64 - width.bits())).collect();
    let [a, b] = Shares::split(width, &values, &mut client.rng);
    let before = [client.stream.sent, server.stream.sent];
    let start = Instant::now();
    let busy_off = both(
        || {
            prepare(&mut client, &need);
            busy()
        },
        || {
            prepare(&mut server, &need);
            busy()
        },
    );
    let offline = start.elapsed();
    let middle = [client.stream.sent, server.stream.sent];
    let start = Instant::now();
    let (_, _) = both(|| online(&mut client, &a, run), || online(&mut server, &b, run));
    let online = start.elapsed();
    let after = [client.stream.sent, server.stream.sent];
    let each = |a: [u64; 2], b: [u64; 2]| {
        ((b[0] - a[0]) as f64 / count as f64, (b[1] - a[1]) as f64 / count as f64)
    };
    println!("busy {busy_off:?}");
    println!(
        "{name} {count} {} offline {:?} online {:?} bytes off {:?} on {:?}",
        width.bits(),
        offline,
        online,
        each(before, middle),
        each(middle, after)
    );
}

fn prepare<C: Channel>(party: &mut Party<C>, need: &Need) {
    let Party { ot, material, stream, rng } = party;
    material.prepare(need, &mut ot.sender, &mut ot.receiver, stream, rng).unwrap();
}

fn online<C: Channel>(
    party: &mut Party<C>,
    x: &Shares,
    run: &(dyn Fn(&mut Layers<'_, Stream<C>>, &Shares) -> Result<Shares, LayerError> + Sync),
) -> Shares {
    let Party { material, stream, .. } = party;
    run(&mut Layers::new(material, stream), x).unwrap()
}

/// Seconds that this thread has had a processor, where the system tells.
fn busy() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|first| first.parse::<f64>().ok());
    nanoseconds.map_or(f64::NAN, |nanoseconds| nanoseconds / 1e9)
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

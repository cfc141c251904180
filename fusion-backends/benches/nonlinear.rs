//! Layers that are not linear: time and bytes, both parties on this machine, beside their floors.
//! `cargo bench -p fusion-backends --bench nonlinear`, with words to choose rows (`memory relu 32`).
#![allow(missing_docs, reason = "a program")]

#[path = "support/machine.rs"]
mod machine;
#[path = "support/stream.rs"]
mod stream;

use std::io::{Read, Write};
use std::time::Instant;

use fusion_backends::nonlinear::{
    Clamp, LayerError, Layers, Material, Need, Shares, Truncation, Windows,
};
use fusion_backends::ot::softspoken::Depth;
use fusion_backends::ot::{Ends, Policy, Width, setup};
use fusion_core::channel::{Channel, Network, memory_pair};
use fusion_core::transcript::Role;
use machine::{both, busy, emulated, forget_peak, is_chosen, peak};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use stream::Stream;

const ABOUT: &str = "\
Elements are values that go in. Preparation and use are timed apart, the best of three runs each; silent transfers have had their
first iteration before. The floor of bytes is that of the protocol: bits of flips, tables, opened
operands and masked numbers, without bytes that are filled up. The floor of time is the longer of the
two directions over the bandwidth, and half a round trip for each message that waits for another;
over memory there is none but the processor's. MiB: both parties, with what is between them.
";

/// The layers that are measured.
#[derive(Clone, Copy)]
enum Layer {
    Relu,
    ReluTruncate,
    ReluClamp,
    MaxPool2,
    MaxPool3,
    /// Of activations as clamps leave them.
    MaxPool3Within,
    Argmax,
}

const LAYERS: [Layer; 7] = [
    Layer::Relu,
    Layer::ReluTruncate,
    Layer::ReluClamp,
    Layer::MaxPool2,
    Layer::MaxPool3,
    Layer::MaxPool3Within,
    Layer::Argmax,
];

/// The best of so many runs.
const RUNS: usize = 3;
/// Bits that a truncation takes off.
const SHIFT: u32 = 12;
/// Bits that a clamp takes off, and those that it leaves.
const CLAMP: (u32, u32) = (8, 8);
/// Differences of activations of so many bits take one more.
const WITHIN: u32 = CLAMP.1 + 1;
const CLASSES: usize = 10;

/// The least of all runs, each for itself.
#[derive(Clone, Copy, Default)]
struct Times {
    prepare: Time,
    use_: Time,
}

/// In seconds: on the clock, and of the party that was busier.
#[derive(Clone, Copy)]
struct Time {
    wall: f64,
    busy: f64,
}

impl Default for Time {
    fn default() -> Self {
        Self { wall: f64::INFINITY, busy: f64::INFINITY }
    }
}

impl Time {
    fn least(self, start: Instant, busy: (f64, f64)) -> Self {
        let wall = start.elapsed().as_secs_f64();
        Self { wall: self.wall.min(wall), busy: self.busy.min(busy.0.max(busy.1)) }
    }
}

struct Party<C> {
    ot: Ends,
    material: Material,
    stream: Stream<C>,
    rng: StdRng,
}

fn main() {
    let all = std::env::args().all(|argument| argument != "--test");
    println!("{ABOUT}");
    println!(
        "| network | layer | l | elements | extension | prepare, s | use, s | floor, s | million / s | busy, ns: prepare | use | B each: prepare | use | floor | MiB |"
    );
    println!("|{}", " --- |".repeat(5) + &" ---: |".repeat(10));
    let four = Policy::SoftSpoken(Depth::Four);
    let counts: &[usize] = if all { &[10_000, 1 << 20] } else { &[100] };
    for layer in LAYERS {
        for bits in [20, 32, 37, 64] {
            for &count in counts {
                for policy in [four, Policy::Silent] {
                    let row = Row { network: None, layer, bits, count, policy };
                    row.measure(memory_pair());
                    for (network, suits) in [(Network::LAN, four), (Network::WAN, Policy::Silent)] {
                        if policy == suits {
                            Row { network: Some(network), ..row }.measure(emulated(network));
                        }
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Row {
    network: Option<Network>,
    layer: Layer,
    bits: u32,
    count: usize,
    policy: Policy,
}

impl Row {
    fn measure<A: Channel, B: Channel>(&self, (left, right): (A, B)) {
        let network = match self.network {
            None => "memory",
            Some(Network::LAN) => "LAN",
            Some(_) => "WAN",
        };
        let extension = match self.policy {
            Policy::SoftSpoken(depth) => format!("{depth:?}"),
            policy => format!("{policy:?}"),
        };
        let (layer, count) = (self.layer, self.layer.whole(self.count));
        let (bits, elements) = (self.bits.to_string(), count.to_string());
        if !is_chosen(&[network, layer.name(), &bits, &elements, &extension]) {
            return;
        }
        let width = Width::new(self.bits).expect("1 to 64");
        let need = layer.need(width, count);
        let (mut client, mut server) =
            both(|| self.party(Role::Client, left), || self.party(Role::Server, right));
        // A bit less than the ring holds, so that differences fit; activations are not negative.
        let value = |rng: &mut StdRng| match layer {
            Layer::MaxPool3Within => rng.random::<i64>() & ((1 << CLAMP.1) - 1),
            _ => rng.random::<i64>() >> (65 - self.bits),
        };
        let values: Vec<i64> = (0..count).map(|_| value(&mut client.rng)).collect();
        let [ours, theirs] = Shares::split(width, &values, &mut client.rng);
        forget_peak();

        let mut best = Times::default();
        let mut bytes = [[0; 2]; 2];
        for _ in 0..RUNS {
            let before = [client.stream.sent, server.stream.sent];
            let start = Instant::now();
            let busy = both(|| prepare(&mut client, &need), || prepare(&mut server, &need));
            best.prepare = best.prepare.least(start, busy);
            let middle = [client.stream.sent, server.stream.sent];
            let start = Instant::now();
            let busy = both(
                || layer.run(&mut client, width, &ours),
                || layer.run(&mut server, width, &theirs),
            );
            best.use_ = best.use_.least(start, busy);
            let after = [client.stream.sent, server.stream.sent];
            for party in 0..2 {
                bytes[0][party] += middle[party] - before[party];
                bytes[1][party] += after[party] - middle[party];
            }
        }

        let each = |bytes: [u64; 2]| (bytes[0] + bytes[1]) as f64 / (RUNS * count) as f64;
        let longer = bytes[1].into_iter().max().unwrap_or(0) as f64 / RUNS as f64;
        let floor = self.network.map_or(String::from("-"), |network| {
            let under_way = network.round_trip.as_secs_f64() / 2.0 * layer.messages(self.bits);
            format!("{:.3}", longer * 8.0 / network.bits_per_second + under_way)
        });
        let nanoseconds = |time: Time| time.busy / count as f64 * 1e9;
        println!(
            "| {network} | {} | {bits} | {elements} | {extension} | {:.3} | {:.3} | {floor} | {:.2} | {:.0} | {:.0} | {:.1} | {:.1} | {:.1} | {:.0} |",
            layer.name(),
            best.prepare.wall,
            best.use_.wall,
            count as f64 / best.use_.wall / 1e6,
            nanoseconds(best.prepare),
            nanoseconds(best.use_),
            each(bytes[0]),
            each(bytes[1]),
            layer.bits(self.bits) / 8.0,
            peak(),
        );
    }

    fn party<C: Channel>(&self, role: Role, channel: C) -> Party<C> {
        let (mut stream, mut rng) = (Stream::new(channel), StdRng::seed_from_u64(role as u64));
        let ot = setup(role, self.policy, b"bench", &mut stream, &mut rng).expect("an honest peer");
        let mut party = Party { ot, material: Material::new(role), stream, rng };
        // Whatever comes once for a connection is over.
        prepare(&mut party, &Need::relu(Width::WORD, 1));
        let mut warm = Shares::zero(Width::WORD, 1);
        let mut layers = Layers::new(&mut party.material, &mut party.stream);
        warm = layers.relu(&warm).expect("an honest peer");
        assert_eq!(warm.len(), 1);
        party
    }
}

/// Gives the time that the thread was busy.
fn prepare<C: Channel>(party: &mut Party<C>, need: &Need) -> f64 {
    let start = busy();
    let Party { ot, material, stream, rng } = party;
    let prepared = material.prepare(need, &mut ot.sender, &mut ot.receiver, stream, rng);
    prepared.expect("an honest peer");
    busy() - start
}

impl Layer {
    fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::ReluTruncate => "relu+truncate",
            Self::ReluClamp => "relu+clamp",
            Self::MaxPool2 => "maxpool2x2",
            Self::MaxPool3 => "maxpool3x3",
            Self::MaxPool3Within => "maxpool3x3within9",
            Self::Argmax => "argmax",
        }
    }

    /// About so many elements that make whole images or groups.
    fn whole(self, count: usize) -> usize {
        match self {
            Self::Relu | Self::ReluTruncate | Self::ReluClamp => count,
            Self::MaxPool2 | Self::MaxPool3 | Self::MaxPool3Within => {
                count.next_multiple_of(self.windows().1)
            }
            Self::Argmax => count.next_multiple_of(CLASSES),
        }
    }

    /// Images, and the values of one: 2 x 2 with stride 2, and 3 x 3 with stride 2 and padding.
    fn windows(self) -> (Windows, usize) {
        let windows = match self {
            Self::MaxPool3 | Self::MaxPool3Within => Windows::new(28, 28, 3, 2, 1),
            _ => Windows::new(28, 28, 2, 2, 0),
        };
        (windows.expect("they fit"), 28 * 28)
    }

    fn need(self, width: Width, count: usize) -> Need {
        let (windows, image) = self.windows();
        match self {
            Self::Relu => Need::relu(width, count),
            Self::ReluTruncate => Need::relu_truncate(truncation(width), count),
            Self::ReluClamp => Need::relu_clamp(clamp(width), count),
            Self::MaxPool2 | Self::MaxPool3 => Need::max_pool(width, windows, count / image),
            Self::MaxPool3Within => Need::max_pool_within(windows, within(), count / image),
            Self::Argmax => Need::argmax(width, CLASSES, count / CLASSES),
        }
    }

    /// Gives the time that the thread was busy.
    fn run<C: Channel>(self, party: &mut Party<C>, width: Width, values: &Shares) -> f64 {
        let start = busy();
        let mut layers = Layers::new(&mut party.material, &mut party.stream);
        self.layer(&mut layers, width, values).expect("an honest peer");
        busy() - start
    }

    fn layer<S: Read + Write>(
        self,
        layers: &mut Layers<'_, S>,
        width: Width,
        values: &Shares,
    ) -> Result<(), LayerError> {
        match self {
            Self::Relu => layers.relu(values).map(drop),
            Self::ReluTruncate => layers.relu_truncate(truncation(width), values).map(drop),
            Self::ReluClamp => layers.relu_clamp(clamp(width), values).map(drop),
            Self::MaxPool2 | Self::MaxPool3 => layers.max_pool(self.windows().0, values).map(drop),
            Self::MaxPool3Within => {
                layers.max_pool_within(self.windows().0, within(), values).map(drop)
            }
            Self::Argmax => layers.label(CLASSES, values).map(drop),
        }
    }

    /// Bits that both parties send for each element.
    fn bits(self, l: u32) -> f64 {
        let select = |l: u32| 2.0 * f64::from(l + 1);
        let relu = compared(&[l - 1]) + select(l);
        // A 28 x 28 image: 28 rows of 14 windows, then 14 x 14 windows.
        let pooled = |comparisons: f64| comparisons * (28.0 * 14.0 + 14.0 * 14.0) / (28.0 * 28.0);
        match self {
            Self::Relu => relu,
            // The carry as a number, and the product of the highest bits.
            Self::ReluTruncate => {
                let numbers = f64::from(l - 1 + 1) + f64::from(SHIFT + 1);
                compared(&[SHIFT, l - 1 - SHIFT]) + 6.0 - 2.0 + numbers + select(l)
            }
            // The bits above the limit twice, so that one part more is joined; the sign as a number
            // too; and whether it is positive and too large.
            Self::ReluClamp => {
                let (shift, kept) = CLAMP;
                let above = l - 1 - shift - kept;
                let numbers = 2.0 * f64::from(l - 1 + 1) + f64::from(shift + 1);
                let joined = 3.0 * (6.0 - 2.0) + (6.0 - 2.0);
                compared(&[shift, kept, above, above]) + joined + numbers + select(l)
            }
            Self::MaxPool2 => pooled(1.0) * relu,
            Self::MaxPool3 => pooled(2.0) * relu,
            Self::MaxPool3Within => pooled(2.0) * (compared(&[WITHIN - 1]) + select(l)),
            Self::Argmax => 0.9 * (relu + select(4)) + 0.1 * 4.0,
        }
    }

    /// Messages that wait for one another.
    fn messages(self, l: u32) -> f64 {
        let joins = |bits: u32| f64::from(bits.div_ceil(3).next_power_of_two().trailing_zeros());
        let relu = 2.0 + joins(l - 1) + 1.0;
        match self {
            Self::Relu => relu,
            Self::ReluTruncate => 2.0 + joins(SHIFT).max(joins(l - 1 - SHIFT)) + 1.0 + 2.0,
            Self::ReluClamp => {
                let (shift, kept) = CLAMP;
                let parts = [shift, kept, l - 1 - shift - kept];
                2.0 + parts.map(joins).into_iter().fold(0.0, f64::max) + 2.0 + 3.0
            }
            Self::MaxPool2 => 2.0 * relu,
            Self::MaxPool3 => 4.0 * relu,
            Self::MaxPool3Within => 4.0 * (2.0 + joins(WITHIN - 1) + 1.0),
            Self::Argmax => 4.0 * relu + 1.0,
        }
    }
}

/// Bits of a comparison in segments of so many bits, in leaves of three bits at most; the lowest
/// parts need no equality.
fn compared(segments: &[u32]) -> f64 {
    let of_segment = |(at, bits): (usize, &u32)| {
        let leaves = bits.div_ceil(3);
        let sizes = (0..leaves).map(|leaf| (bits + leaf) / leaves);
        let tables = sizes.map(|m| m + 2 * ((1 << m) - 1)).sum::<u32>();
        let lowest = if at == 0 { bits.div_ceil(leaves) } else { 0 };
        let saved = if at == 0 { (1 << lowest) - 1 } else { 0 };
        let cheap = if at == 0 { leaves.next_power_of_two().trailing_zeros() } else { 0 };
        f64::from(tables - saved + 6 * (leaves - 1) - 2 * cheap)
    };
    segments.iter().enumerate().map(of_segment).sum()
}

fn truncation(width: Width) -> Truncation {
    Truncation::new(width, SHIFT, width).expect("a shift that is less than the ring")
}

fn clamp(width: Width) -> Clamp {
    let (shift, bits) = CLAMP;
    Clamp::new(width, shift, bits, width).expect("bits that are less than the ring")
}

fn within() -> Width {
    Width::new(WITHIN).expect("1 to 64")
}

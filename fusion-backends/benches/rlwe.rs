//! Linear layers under encryption: their parts, and whole layers as both parties see them.
//!
//! `cargo bench -p fusion-backends --bench rlwe -- [words]` measures the rows that all words name.

#[allow(dead_code, reason = "one party after the other takes less of it")]
#[path = "support/machine.rs"]
mod machine;

use std::hint::black_box;
use std::time::Instant;

use fusion_backends::nonlinear::Shares;
use fusion_backends::ot::Width;
use fusion_backends::rlwe::{
    Encoding, LEAST_HIDING, Parameters, Path, Pending, Request, RlweError, Set, Shape, Storage,
    Weights,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use machine::is_chosen;

const ABOUT: &str = "\
The work of both parties is done one after the other, with all processors (RAYON_NUM_THREADS=1: with
one, which is how the parts are measured); the best of three times. Bytes are both ways, for the whole
batch of slots. The floor of time is that of one processor for the products and transforms: a 52-bit
multiplication for each coefficient of each product, of both halves and for every prime, and one for
each butterfly, four at a time at one in each of 2 x 10^9 cycles of a second. The floor of bytes counts
an input as bits of q and a result as l + 4 bits. Weights are uniform from -127 to 127.
";

const LAYERS: [(&str, Shape); 9] = [
    ("fc2048x1000", Shape::dense(2048, 1000, 1)),
    ("fc2048x1000-16slots", Shape::dense(2048, 1000, 16)),
    ("fc2048x1000-64slots", Shape::dense(2048, 1000, 64)),
    ("conv1x1-256-64-56", Shape::square([256, 64], 56, 1, 1, 0)),
    ("conv1x1-512-2048-7", Shape::square([512, 2048], 7, 1, 1, 0)),
    ("conv3x3-64-64-56", Shape::square([64, 64], 56, 3, 1, 1)),
    ("conv3x3-512-512-7", Shape::square([512, 512], 7, 3, 1, 1)),
    ("conv3x3s2-128-128-56", Shape::square([128, 128], 56, 3, 2, 1)),
    ("conv7x7s2-3-64-224", Shape::square([3, 64], 224, 7, 2, 3)),
];

/// Layers that are measured along each path, for each number of slots.
const PATHS: [(&str, Shape, &[usize]); 5] = [
    ("fc784x128", Shape::dense(784, 128, 1), &[1, 8, 64, 512, 4096]),
    ("fc2048x1000", Shape::dense(2048, 1000, 1), &[1, 8, 64]),
    ("conv1x1-256-64-14", Shape::square([256, 64], 14, 1, 1, 0), &[1, 8, 64]),
    ("conv1x1-256-64-56", Shape::square([256, 64], 56, 1, 1, 0), &[1, 4]),
    ("conv3x3-64-64-14", Shape::square([64, 64], 14, 3, 1, 1), &[1, 8, 64]),
];

fn main() {
    let all = std::env::args().all(|argument| argument != "--test");
    println!("{ABOUT}");
    println!(
        "| set | part | picoseconds for each number modulo each prime |\n| --- | --- | ---: |"
    );
    for set in Set::ALL {
        parts(set, if all { 5 } else { 1 });
    }
    println!(
        "\n| layer | slots | path | is chosen | set | weights, MiB | polynomials up | down | products | online, s | MB |"
    );
    println!("|{}", " --- |".repeat(5) + &" ---: |".repeat(6));
    for (name, shape, slots) in PATHS {
        for slots in slots.iter().filter(|slots| all || **slots == 1) {
            if is_chosen(&["paths", name, &slots.to_string()]) {
                paths(name, Shape { slots: *slots, ..shape });
            }
        }
    }
    println!(
        "\n| layer | l | set | weights | hiding, bits | margin, bits | weights, MiB | prepare, s | client: request, s | server, s | client: open, s | online, s | floor, s | MB up | MB down | MB | floor, MB |"
    );
    println!("|{}", " --- |".repeat(4) + &" ---: |".repeat(13));
    for (name, shape) in LAYERS {
        for bits in [20, 28, 37] {
            for storage in [Storage::Transformed, Storage::Compact] {
                let names = ["layer", name, &bits.to_string(), &format!("{storage:?}")];
                if is_chosen(&names) && (all || name == "fc2048x1000") {
                    layer(name, shape, bits, storage);
                }
            }
        }
    }
}

/// What the parts of a layer take of one core: the constants of the cost model (`encode/choose.rs`).
fn parts(set: Set, times: u32) {
    if !is_chosen(&["parts", &format!("{set:?}")]) {
        return;
    }
    let parameters = Parameters::new(set, width(20)).expect("8 to 45");
    let degree = parameters.degree();
    let numbers = (degree * parameters.primes()) as f64;
    let print = |name: &str, seconds: f64| {
        println!("| {set:?} | {name} | {:.0} |", seconds / numbers * 1e12);
    };
    // Light weights, for which each set is enough.
    let layer = |path, shape| Layer::new(&parameters, shape, path, 7).expect("it has that path");
    let each = |seconds: f64, count: usize| seconds / count as f64;
    let transformed = |layer: &Layer| layer.times(times, Storage::Transformed).expect("light");
    // Many polynomials of one kind, and few of the others.
    let up = layer(Some(Path::Full), Shape::dense(8 * degree, 1, 1));
    let (requests, times_up) = (up.encoding.requests(), transformed(&up));
    print("request: client", each(times_up.request, requests + 1));
    print("request: server", each(times_up.read, requests + 1));
    let weights = layer(Some(Path::Full), Shape::square([256, 256], 14, 3, 1, 1));
    let compact = weights.times(times, Storage::Compact).expect("light").answer;
    let transforms = compact - transformed(&weights).answer;
    let polynomials = weights.encoding.weight_polynomials();
    print("weights, for each number transformed", each(transforms, polynomials));
    // Of few needed coefficients, since what one takes is the same for all blocks.
    let down = layer(Some(Path::Full), Shape { slots: 64, ..Shape::square([1, 1], 63, 61, 1, 0) });
    let responses = down.encoding.responses();
    let times_down = transformed(&down);
    print("response: server, with one product", each(times_down.answer, responses));
    print("response: client", each(times_down.open, responses));
    for (name, path, shape) in [
        ("product of transforms", Path::Full, Shape::square([512, 512], 7, 3, 1, 1)),
        ("product with repeated values", Path::Short, Shape::square([1024, 256], 7, 1, 1, 0)),
        ("product with a number", Path::Numbers, Shape::square([256, 64], degree.isqrt(), 1, 1, 0)),
    ] {
        let layer = layer(Some(path), shape);
        let of_responses = each(times_down.answer, responses) * layer.encoding.responses() as f64;
        let products = transformed(&layer).answer - of_responses;
        print(name, each(products, layer.encoding.products()));
    }
}

/// A layer along each path that it has.
fn paths(name: &str, shape: Shape) {
    for path in Path::ALL {
        let Some((layer, times)) = first_set(shape, 20, Some(path), Storage::Transformed) else {
            continue;
        };
        let encoding = &layer.encoding;
        let chosen = Encoding::new(encoding.parameters(), shape).expect("it fits").path();
        println!(
            "| {name} | {} | {path:?} | {} | {:?} | {:.1} | {} | {} | {} | {:.4} | {:.2} |",
            shape.slots,
            if path == chosen { "yes" } else { "" },
            encoding.parameters().set(),
            encoding.weight_bytes() as f64 / (1 << 20) as f64,
            encoding.requests() + 1,
            encoding.responses(),
            encoding.products(),
            times.online(),
            megabytes(encoding.request_bytes() + encoding.response_bytes()),
        );
    }
}

/// A layer as it is chosen, and what limits it.
fn layer(name: &str, shape: Shape, bits: u32, storage: Storage) {
    let (layer, times) = first_set(shape, bits, None, storage).expect("a set that suits");
    let (encoding, parameters) = (&layer.encoding, layer.encoding.parameters());
    let (degree, primes) = (parameters.degree() as f64, parameters.primes() as f64);
    let products = encoding.products() as f64 * 2.0 * primes * degree;
    // Up: at both parties. Down: three of the server, and of the client two for two primes.
    let transforms = encoding.requests() as f64 * 2.0 * primes
        + encoding.responses() as f64 * (3.0 * primes + 4.0);
    let butterflies = transforms * degree / 2.0 * degree.log2();
    let floor_bits = shape.inputs_len() as f64 * f64::from(parameters.set().modulus_bits())
        + shape.outputs_len() as f64 * f64::from(bits + 4);
    println!(
        "| {name} | {bits} | {:?} | {storage:?} | {:.1} | {:.1} | {:.0} | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} | {:.2} |",
        parameters.set(),
        times.hiding,
        times.margin,
        match storage {
            Storage::Transformed => encoding.weight_bytes() as f64,
            Storage::Compact => layer.weights.len() as f64 * 8.0,
        } / (1 << 20) as f64,
        times.prepare,
        times.request,
        times.read + times.answer,
        times.open,
        times.online(),
        (products + butterflies) / 4.0 / 2e9,
        megabytes(encoding.request_bytes()),
        megabytes(encoding.response_bytes()),
        megabytes(encoding.request_bytes() + encoding.response_bytes()),
        floor_bits / 8e6,
    );
}

/// The layer under the first set that hides its weights, as the backend chooses it; `None` if it has no
/// such path.
fn first_set(
    shape: Shape,
    bits: u32,
    path: Option<Path>,
    storage: Storage,
) -> Option<(Layer, Times)> {
    Set::ALL.into_iter().find_map(|set| {
        let parameters = Parameters::new(set, width(bits)).ok()?;
        let layer = Layer::new(&parameters, shape, path, 127)?;
        let times = layer.times(3, storage)?;
        Some((layer, times))
    })
}

fn width(bits: u32) -> Width {
    Width::new(bits).expect("1 to 64")
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// A layer that is measured.
struct Layer {
    encoding: Encoding,
    weights: Vec<i64>,
}

/// Seconds, and what the noise leaves.
#[derive(Clone, Copy)]
struct Times {
    prepare: f64,
    request: f64,
    read: f64,
    answer: f64,
    open: f64,
    hiding: f64,
    margin: f64,
}

impl Times {
    fn online(&self) -> f64 {
        self.request + self.read + self.answer + self.open
    }
}

impl Layer {
    /// `None` if there is no such path.
    fn new(
        parameters: &Parameters,
        shape: Shape,
        path: Option<Path>,
        largest: i64,
    ) -> Option<Self> {
        let encoding = match path {
            Some(path) => Encoding::along(path, parameters, shape).ok()?,
            None => Encoding::new(parameters, shape).ok()?,
        };
        let mut rng = StdRng::seed_from_u64(1);
        let weight = |_| rng.random_range(-largest..=largest);
        let weights = (0..shape.weights_len()).map(weight).collect();
        Some(Self { encoding, weights })
    }

    /// The least of so many times. `None` if the set does not suit the weights.
    fn times(&self, times: u32, storage: Storage) -> Option<Times> {
        let (encoding, mut rng) = (&self.encoding, StdRng::seed_from_u64(1));
        let start = Instant::now();
        let weights = match Weights::prepare(encoding, &self.weights, LEAST_HIDING, storage) {
            Ok(weights) => weights,
            Err(RlweError::Hiding { .. } | RlweError::Noise) => return None,
            Err(other) => panic!("{other}"),
        };
        let prepare = start.elapsed().as_secs_f64();
        let ring = encoding.parameters().width();
        let inputs = (0..encoding.shape().inputs_len()).map(|_| rng.random::<u64>());
        let shares = Shares::new(ring, inputs);
        let mut least = [f64::INFINITY; 4];
        for _ in 0..times {
            let mut moments = vec![Instant::now()];
            let mut moment = || moments.push(Instant::now());
            let (pending, up) = Pending::request(encoding, &shares, &mut rng).expect("it fits");
            moment();
            let mut request = Request::decode(encoding, &up).expect("an honest peer");
            request.add(&shares, &mut rng).expect("it fits");
            moment();
            let down = weights.answer(&request, &mut rng).expect("they fit").0;
            moment();
            black_box(pending.open(&down).expect("an honest peer"));
            moment();
            for (least, pair) in least.iter_mut().zip(moments.windows(2)) {
                *least = least.min((pair[1] - pair[0]).as_secs_f64());
            }
        }
        let [request, read, answer, open] = least;
        let (hiding, margin) = (weights.hiding(), weights.margin());
        Some(Times { prepare, request, read, answer, open, hiding, margin })
    }
}

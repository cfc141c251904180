//! Linear layers under encryption: their parts, and whole layers as both parties see them.
//!
//! `cargo bench -p fusion-backends --bench rlwe -- [words]` measures the rows that all words name.

#[allow(dead_code, reason = "one party after the other takes less of it")]
#[path = "support/machine.rs"]
mod machine;

use std::hint::black_box;
use std::time::Instant;

use fusion_backends::cheetah::nonlinear::Shares;
use fusion_backends::cheetah::ot::Width;
use fusion_backends::cheetah::rlwe::{
    Encoding, LEAST_HIDING, Parameters, Path, Pending, Request, RlweError, Set, Shape, Storage,
    Weights,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use machine::is_chosen;

const ABOUT: &str = "\
The work of both parties is done one after the other, with all processors (RAYON_NUM_THREADS=1: with
one, which is how the parts are measured). Bytes are both ways, for the whole batch of slots. The floor
of time is that of one processor for the products and transforms: a 52-bit multiplication for each coefficient of each product, of both halves and for every
prime, and one for each butterfly, four at a time at one in each of 2 x 10^9 cycles of a second. The
floor of bytes counts an input as bits of q and a result as l + 4 bits.
";

struct Row {
    name: &'static str,
    shape: Shape,
    /// Weights are uniform up to this, either sign.
    weight: i64,
}

const ROWS: [Row; 9] = [
    Row { name: "fc2048x1000", shape: Shape::dense(2048, 1000, 1), weight: 127 },
    Row { name: "fc2048x1000-4slots", shape: Shape::dense(2048, 1000, 4), weight: 127 },
    Row { name: "fc2048x1000-16slots", shape: Shape::dense(2048, 1000, 16), weight: 127 },
    Row { name: "fc2048x1000-64slots", shape: Shape::dense(2048, 1000, 64), weight: 127 },
    Row { name: "conv3x3-64-64-56", shape: Shape::square([64, 64], 56, 3, 1, 1), weight: 127 },
    Row { name: "conv1x1-256-64-56", shape: Shape::square([256, 64], 56, 1, 1, 0), weight: 127 },
    Row { name: "conv7x7s2-3-64-224", shape: Shape::square([3, 64], 224, 7, 2, 3), weight: 127 },
    Row { name: "conv3x3-512-512-7", shape: Shape::square([512, 512], 7, 3, 1, 1), weight: 127 },
    Row {
        name: "conv3x3s2-128-128-56",
        shape: Shape::square([128, 128], 56, 3, 2, 1),
        weight: 127,
    },
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
        "\n| layer | l | set | weights | hiding, bits | weights, MiB | prepare, s | client: request, s | server, s | client: open, s | online, s | floor, s | MB up | MB down | MB | floor, MB |"
    );
    println!("|{}", " --- |".repeat(4) + &" ---: |".repeat(12));
    for row in &ROWS {
        for bits in [20, 32, 37] {
            for storage in [Storage::Transformed, Storage::Compact] {
                let names = ["layer", row.name, &bits.to_string(), &format!("{storage:?}")];
                if is_chosen(&names) && (all || row.name == "fc2048x1000") {
                    row.measure(bits, storage);
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
    let parameters = Parameters::new(set, Width::new(20).expect("1 to 64")).expect("8 to 45");
    let degree = parameters.degree();
    let numbers = (degree * parameters.primes()) as f64;
    let print = |name: &str, seconds: f64| {
        println!("| {set:?} | {name} | {:.0} |", seconds / numbers * 1e12);
    };
    let layer = |path, shape| Layer::new(&parameters, shape, path);
    let each = |seconds: f64, count: usize| seconds / count as f64;
    // Many polynomials of one kind, and few of the others.
    let up = layer(Path::Full, Shape::dense(8 * degree, 1, 1));
    let (requests, times_up) = (up.encoding.requests(), up.times(times, Storage::Transformed));
    print("request: client", each(times_up.request, requests + 1));
    print("request: server", each(times_up.read, requests + 1));
    let weights = layer(Path::Full, Shape::square([256, 256], 14, 3, 1, 1));
    let compact = weights.times(times, Storage::Compact).answer;
    let transforms = compact - weights.times(times, Storage::Transformed).answer;
    let polynomials = weights.encoding.weight_polynomials();
    print("weights, for each number transformed", each(transforms, polynomials));
    // Of few needed coefficients, since what one takes is the same for all blocks.
    let down = layer(Path::Full, Shape { slots: 64, ..Shape::square([1, 1], 63, 61, 1, 0) });
    let responses = down.encoding.responses();
    let times_down = down.times(times, Storage::Transformed);
    print("response: server, with one product", each(times_down.answer, responses));
    print("response: client", each(times_down.open, responses));
    for (name, path, shape) in [
        ("product of transforms", Path::Full, Shape::square([512, 512], 7, 3, 1, 1)),
        ("product with repeated values", Path::Short, Shape::square([1024, 256], 7, 1, 1, 0)),
        ("product with a number", Path::Numbers, Shape::square([256, 64], degree.isqrt(), 1, 1, 0)),
    ] {
        let layer = layer(path, shape);
        let of_responses = each(times_down.answer, responses) * layer.encoding.responses() as f64;
        let products = layer.times(times, Storage::Transformed).answer - of_responses;
        print(name, each(products, layer.encoding.products()));
    }
}

/// A layer whose parts are measured.
struct Layer {
    encoding: Encoding,
    weights: Vec<i64>,
}

/// Seconds.
struct Times {
    request: f64,
    read: f64,
    answer: f64,
    open: f64,
}

impl Layer {
    fn new(parameters: &Parameters, shape: Shape, path: Path) -> Self {
        let encoding = Encoding::along(path, parameters, shape).expect("it has that path");
        let mut rng = StdRng::seed_from_u64(1);
        let weights = (0..shape.weights_len()).map(|_| rng.random_range(-7..=7)).collect();
        Self { encoding, weights }
    }

    /// The least of so many times.
    fn times(&self, times: u32, storage: Storage) -> Times {
        let (encoding, mut rng) = (&self.encoding, StdRng::seed_from_u64(1));
        let shares = Shares::zero(encoding.parameters().width(), encoding.shape().inputs_len());
        let mut least = [f64::INFINITY; 4];
        for _ in 0..times {
            let weights = Weights::prepare(encoding, &self.weights, LEAST_HIDING, storage)
                .expect("light weights");
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
        Times { request, read, answer, open }
    }
}

impl Row {
    fn measure(&self, bits: u32, storage: Storage) {
        let mut rng = StdRng::seed_from_u64(1);
        let weights: Vec<i64> = (0..self.shape.weights_len())
            .map(|_| rng.random_range(-self.weight..=self.weight))
            .collect();
        let sets = Set::ALL.into_iter();
        let suits = sets.filter_map(|set| {
            let parameters = Parameters::new(set, Width::new(bits)?).ok()?;
            let encoding = Encoding::new(&parameters, self.shape).ok()?;
            let start = Instant::now();
            match Weights::prepare(&encoding, &weights, LEAST_HIDING, storage) {
                Ok(weights) => Some((encoding, weights, start.elapsed())),
                Err(RlweError::Hiding { .. } | RlweError::Noise) => None,
                Err(other) => panic!("{other}"),
            }
        });
        let (encoding, prepared, prepare) = { suits }.next().expect("a set that suits");
        let parameters = encoding.parameters();
        let inputs = Shares::new(
            parameters.width(),
            (0..self.shape.inputs_len()).map(|_| rng.random::<u64>()),
        );

        let mut times = vec![Instant::now()];
        let (pending, up) = Pending::request(&encoding, &inputs, &mut rng).expect("it fits");
        times.push(Instant::now());
        let mut request = Request::decode(&encoding, &up).expect("an honest peer");
        request.add(&inputs, &mut rng).expect("it fits");
        let (down, theirs) = prepared.answer(&request, &mut rng).expect("they fit");
        times.push(Instant::now());
        let ours = pending.open(&down).expect("an honest peer");
        times.push(Instant::now());
        assert_eq!(ours.len(), theirs.len());

        let seconds: Vec<f64> =
            times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
        let (degree, primes) = (parameters.degree() as f64, parameters.primes() as f64);
        let products = encoding.products() as f64 * 2.0 * primes * degree;
        // Up: at both parties. Down: three of the server, and of the client two for two primes.
        let transforms = encoding.requests() as f64 * 2.0 * primes
            + encoding.responses() as f64 * (3.0 * primes + 4.0);
        let butterflies = transforms * degree / 2.0 * degree.log2();
        let floor_bits = self.shape.inputs_len() as f64
            * f64::from(parameters.set().modulus_bits())
            + self.shape.outputs_len() as f64 * f64::from(bits + 4);
        println!(
            "| {} | {bits} | {:?} | {storage:?} | {:.1} | {:.0} | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.2} | {:.2} | {:.2} |",
            self.name,
            parameters.set(),
            prepared.hiding(),
            match storage {
                Storage::Transformed => encoding.weight_bytes() as f64,
                Storage::Compact => weights.len() as f64 * 8.0,
            } / (1 << 20) as f64,
            prepare.as_secs_f64(),
            seconds[0],
            seconds[1],
            seconds[2],
            seconds.iter().sum::<f64>(),
            (products + butterflies) / 4.0 / 2e9,
            up.len() as f64 / 1e6,
            down.len() as f64 / 1e6,
            (up.len() + down.len()) as f64 / 1e6,
            floor_bits / 8e6,
        );
    }
}

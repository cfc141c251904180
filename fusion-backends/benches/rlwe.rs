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
    Encoding, LEAST_HIDING, Parameters, Pending, Request, RlweError, Set, Shape, Storage, Weights,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use machine::is_chosen;

const ABOUT: &str = "\
One thread does all the work of both parties, one after the other. Bytes are both ways, for the whole
batch of slots. The floor of time is that of the products and
transforms: a 52-bit multiplication for each coefficient of each product, of both halves and for every
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
    for set in Set::ALL {
        parts(set, if all { 200 } else { 1 });
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

/// A fully connected layer that is one product, and one whose work is all products.
fn parts(set: Set, times: u32) {
    if !is_chosen(&["parts", &format!("{set:?}")]) {
        return;
    }
    let mut rng = StdRng::seed_from_u64(1);
    let parameters = Parameters::new(set, Width::new(20).expect("1 to 64")).expect("8 to 45");
    let degree = parameters.degree();
    let one = Encoding::new(&parameters, Shape::dense(degree, 1, 1)).expect("it fits");
    let shares = Shares::zero(parameters.width(), degree);
    let mut each = |name: &str, run: &mut dyn FnMut(&mut StdRng)| {
        let start = Instant::now();
        (0..times).for_each(|_| run(&mut rng));
        println!(
            "{set:?}: {name}: {:.1} us",
            start.elapsed().as_secs_f64() / f64::from(times) * 1e6
        );
    };
    let mut request = Vec::new();
    let mut pending = Vec::new();
    each("make a key and a request of it and one polynomial", &mut |rng| {
        let (opens, bytes) = Pending::request(&one, &shares, rng).expect("it fits");
        pending.push(opens);
        request = bytes;
    });
    let mut decoded = Request::decode(&one, &request).expect("an honest peer");
    each("read it", &mut |_| {
        decoded = Request::decode(&one, &request).expect("an honest peer");
    });
    let numbers = vec![1; degree];
    let mut weights = Weights::prepare(&one, &numbers, LEAST_HIDING, Storage::Transformed)
        .expect("light weights");
    each("prepare a polynomial of weights", &mut |_| {
        weights = Weights::prepare(&one, &numbers, LEAST_HIDING, Storage::Transformed)
            .expect("light weights");
    });
    let mut response = Vec::new();
    each("multiply and answer", &mut |rng| {
        response = weights.answer(&decoded, rng).expect("they fit").0;
    });
    each("open", &mut |_| {
        let pending = pending.pop().expect("as many as requests");
        black_box(pending.open(&response).expect("an honest peer"));
    });
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
                Storage::Transformed =>
                    encoding.weight_polynomials() as f64 * primes * degree * 8.0,
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

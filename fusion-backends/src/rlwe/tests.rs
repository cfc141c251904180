use proptest::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;
use crate::nonlinear::Shares;
use crate::ot::Width;

/// Each set, with a ring that suits it.
const SETS: [(Set, u32); 4] =
    [(Set::Tiny, 20), (Set::Small, 24), (Set::Medium, 37), (Set::Large, 45)];

fn parameters(set: Set, bits: u32) -> Parameters {
    Parameters::new(set, Width::new(bits).unwrap()).unwrap()
}

/// The layer in integers.
fn reference(shape: &Shape, inputs: &[i64], weights: &[i64]) -> Vec<i64> {
    let Shape { slots, channels, outputs, height, width, kernel, stride, padding, groups } = *shape;
    let (of_group, outputs_of_group) = (channels / groups, outputs / groups);
    let (rows, columns) = shape.result();
    let mut results = Vec::with_capacity(shape.outputs_len());
    for (slot, output) in (0..slots).flat_map(|slot| (0..outputs).map(move |m| (slot, m))) {
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let mut sum = 0_i64;
            for (c, i, j) in (0..of_group)
                .flat_map(|c| (0..kernel).flat_map(move |i| (0..kernel).map(move |j| (c, i, j))))
            {
                let at = |place: usize| place.checked_sub(padding);
                let (Some(row), Some(column)) = (at(y * stride + i), at(x * stride + j)) else {
                    continue;
                };
                if row < height && column < width {
                    let channel = output / outputs_of_group * of_group + c;
                    let input =
                        inputs[((slot * channels + channel) * height + row) * width + column];
                    let weight = weights[((output * of_group + c) * kernel + i) * kernel + j];
                    sum = sum.wrapping_add(input.wrapping_mul(weight));
                }
            }
            results.push(sum);
        }
    }
    results
}

struct Run {
    inputs: Vec<i64>,
    weights: Vec<i64>,
    results: Vec<i64>,
}

fn run(encoding: &Encoding, weight: i64, rng: &mut StdRng) -> Result<Run, RlweError> {
    let (width, shape) = (encoding.parameters().width(), encoding.shape());
    let inputs: Vec<i64> =
        (0..shape.inputs_len()).map(|_| rng.random::<i64>() >> (64 - width.bits())).collect();
    let weights: Vec<i64> =
        (0..shape.weights_len()).map(|_| rng.random_range(-weight..=weight)).collect();
    let [ours, theirs] = Shares::split(width, &inputs, rng);

    let storage = if rng.random() { Storage::Transformed } else { Storage::Compact };
    let prepared = Weights::prepare(encoding, &weights, LEAST_HIDING, storage)?;

    let (pending, request) = Pending::request(encoding, &ours, rng)?;
    assert_eq!(request.len(), encoding.request_bytes());
    let mut request = Request::decode(encoding, &request)?;
    request.add(&theirs, rng)?;
    let (response, theirs) = prepared.answer(&request, rng)?;
    assert_eq!(response.len(), encoding.response_bytes());
    let ours = pending.open(&response)?;
    Ok(Run { inputs, weights, results: ours.open(&theirs) })
}

fn is_exact(parameters: &Parameters, shape: Shape, weight: i64, rng: &mut StdRng) {
    is_exact_with(&Encoding::new(parameters, shape).unwrap(), weight, rng);
}

fn is_exact_with(encoding: &Encoding, weight: i64, rng: &mut StdRng) {
    let (shape, width) = (encoding.shape(), encoding.parameters().width());
    let run = run(encoding, weight, rng).unwrap();
    let reference = reference(shape, &run.inputs, &run.weights);
    let expected = Shares::of(width, &reference);
    let zero = Shares::zero(width, reference.len());
    assert_eq!(run.results, expected.open(&zero), "{shape:?}");
}

#[test]
fn dense_layers_are_exact() {
    let mut rng = StdRng::seed_from_u64(1);
    for (set, bits) in SETS.into_iter().chain([(Set::Small, 8)]) {
        for (inputs, outputs, slots) in
            [(1, 1, 1), (70, 33, 1), (5000, 3, 1), (3, 50, 7), (300, 40, 5)]
        {
            is_exact(&parameters(set, bits), Shape::dense(inputs, outputs, slots), 127, &mut rng);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn convolutions_are_exact(
        seed: u64, which in 0..SETS.len(), slots in 1_usize..4, channels in 1_usize..7, outputs in 1_usize..6,
        groups in 1_usize..5,
        height in 1_usize..14, width in 1_usize..14, kernel in 1_usize..6, stride in 1_usize..4, padding in 0_usize..3,
    ) {
        let (channels, outputs) = (channels.next_multiple_of(groups), outputs.next_multiple_of(groups));
        let shape = Shape { slots, channels, outputs, height, width, kernel, stride, padding, groups };
        prop_assume!(kernel <= height + 2 * padding && kernel <= width + 2 * padding);
        let (set, bits) = SETS[which];
        is_exact(&parameters(set, bits), shape, 100, &mut StdRng::seed_from_u64(seed));
    }
}

#[test]
fn large_images_are_tiled() {
    let shape = Shape {
        slots: 1,
        channels: 2,
        outputs: 3,
        height: 90,
        width: 75,
        kernel: 7,
        stride: 2,
        padding: 3,
        groups: 1,
    };
    is_exact(&parameters(Set::Medium, 37), shape, 127, &mut StdRng::seed_from_u64(2));
    let shape = Shape { kernel: 1, padding: 0, stride: 1, ..shape };
    is_exact(&parameters(Set::Medium, 37), shape, 127, &mut StdRng::seed_from_u64(2));
}

/// Depthwise ones and groups of several channels, of which some are merged, some not, and some are
/// cut into blocks.
#[test]
fn groups_are_exact() {
    let base = Shape { padding: 1, ..Shape::square([12, 12], 9, 3, 1, 1) };
    let shapes = [
        Shape { groups: 12, ..base },
        Shape { groups: 12, outputs: 24, stride: 2, slots: 3, ..base },
        Shape { groups: 4, outputs: 8, ..base },
        Shape { groups: 2, height: 50, width: 40, ..base },
        Shape { groups: 3, height: 70, width: 60, channels: 3, outputs: 6, ..base },
        Shape { groups: 6, height: 60, width: 60, kernel: 1, padding: 0, ..base },
        Shape { groups: 2, channels: 300, outputs: 40, slots: 30, ..Shape::dense(300, 40, 30) },
    ];
    let mut rng = StdRng::seed_from_u64(8);
    for shape in shapes {
        is_exact(&parameters(Set::Medium, 37), shape, 127, &mut rng);
    }
    let merged = |shape| Encoding::new(&parameters(Set::Medium, 37), shape).unwrap();
    assert_eq!(merged(shapes[0]).requests(), 3, "of 12 groups, four share a polynomial");
}

/// A pixel of each channel is multiplied by one number: no transform of weights, for light weights and
/// for the heaviest.
#[test]
fn layers_of_constant_weights_are_exact() {
    let (pixels, slots) = (Shape::square([30, 9], 90, 1, 1, 0), Shape::dense(5, 3, 8000));
    let strided = Shape { slots: 5, ..Shape::square([6, 5], 80, 2, 2, 0) };
    let mut rng = StdRng::seed_from_u64(9);
    for (shape, weight) in [(pixels, 127), (slots, 127), (strided, 127), (pixels, 1 << 30)] {
        let parameters = parameters(Set::Large, 37);
        assert_eq!(Encoding::new(&parameters, shape).unwrap().path(), Path::Numbers, "{shape:?}");
        is_exact(&parameters, shape, weight, &mut rng);
    }
}

/// Each layer along each path that it has, for all gaps that there are: with values that repeat, results
/// are those of full transforms.
#[test]
fn all_paths_are_exact() {
    let mut rng = StdRng::seed_from_u64(11);
    let mut found = std::collections::HashSet::new();
    for (size, slots) in [(1, 1), (1, 50), (7, 1), (14, 3), (40, 1)] {
        for (kernel, stride) in [(1, 1), (2, 2), (3, 1)] {
            if kernel > size {
                continue;
            }
            let shape = Shape { slots, ..Shape::square([13, 11], size, kernel, stride, 0) };
            for (path, set) in
                Path::ALL.into_iter().flat_map(|path| Set::ALL.map(|set| (path, set)))
            {
                let parameters = parameters(set, 24);
                match Encoding::along(path, &parameters, shape) {
                    Ok(encoding) => {
                        assert_eq!(encoding.path(), path);
                        found.insert((path, parameters.degree() / encoding.transformed()));
                        is_exact_with(&encoding, 127, &mut rng);
                    }
                    Err(error) => {
                        assert!(matches!(error, RlweError::Shape(_)));
                        assert!(path != Path::Full && kernel == 3, "{path:?} of {shape:?}");
                    }
                }
            }
        }
    }
    assert!(found.len() > 4, "{found:?}");
}

/// What is sent and what comes out depend on the generator alone, not on how many threads there are.
#[test]
fn threads_make_no_difference() {
    let layer = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut rng = StdRng::seed_from_u64(10);
            let shape = Shape { slots: 2, ..Shape::square([9, 40], 30, 3, 1, 1) };
            let encoding = Encoding::new(&parameters(Set::Small, 20), shape).unwrap();
            let inputs = Shares::zero(Width::new(20).unwrap(), shape.inputs_len());
            let (pending, sent) = Pending::request(&encoding, &inputs, &mut rng).unwrap();
            let mut request = Request::decode(&encoding, &sent).unwrap();
            request.add(&inputs, &mut rng).unwrap();
            let weights = vec![3; shape.weights_len()];
            let weights = Weights::prepare(&encoding, &weights, 40, Storage::Compact).unwrap();
            let (response, theirs) = weights.answer(&request, &mut rng).unwrap();
            let ours = pending.open(&response).unwrap();
            (sent, response, ours.values().to_vec(), theirs.values().to_vec())
        })
    };
    assert!(layer(1) == layer(3));
}

/// More blocks of outputs than are transformed at once, and responses than are made at once.
#[test]
fn storage_makes_no_difference() {
    let (parameters, mut rng) = (parameters(Set::Small, 20), StdRng::seed_from_u64(6));
    let shape = Shape::square([20, 80], 60, 3, 1, 1);
    let encoding = Encoding::new(&parameters, shape).unwrap();
    assert_eq!(encoding.path(), Path::Full);
    assert!(encoding.weight_polynomials() * parameters.numbers() > 1 << 22);
    assert!(encoding.responses() > 64);
    let inputs =
        Shares::new(parameters.width(), (0..shape.inputs_len()).map(|_| rng.random::<u64>()));
    let (_, request) = Pending::request(&encoding, &inputs, &mut rng).unwrap();
    let request = Request::decode(&encoding, &request).unwrap();
    let weights: Vec<i64> = (0..shape.weights_len()).map(|_| rng.random_range(-9..=9)).collect();
    let answers = [Storage::Transformed, Storage::Compact].map(|storage| {
        let weights = Weights::prepare(&encoding, &weights, 40, storage).unwrap();
        weights.answer(&request, &mut StdRng::seed_from_u64(7)).unwrap().0
    });
    assert_eq!(answers[0], answers[1]);
}

mod deviating;
mod hostile;
mod noise;

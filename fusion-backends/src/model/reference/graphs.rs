//! All kinds of layer in any graph, against their definitions.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::model::architecture::{ConvolutionShape, LayerShape, PoolShape, Source};
use crate::model::graph::{Linear, Model};
use crate::model::random::graph;

const RING: i128 = 1 << 64;

/// The representative of `v` modulo 2^64 in -2^63..2^63.
fn signed(v: i128) -> i128 {
    let v = v.rem_euclid(RING);
    if v < RING / 2 { v } else { v - RING }
}

/// The results of all layers, in integers of 128 bits that are reduced after each step.
fn naive(model: &Model, input: &[i64]) -> Vec<Vec<i64>> {
    let input: Vec<i128> = input.iter().map(|v| i128::from(*v)).collect();
    let mut results: Vec<Vec<i128>> = Vec::new();
    for (layer, node) in model.architecture().nodes().iter().enumerate() {
        let of = |source| match source {
            Source::Input => &input,
            Source::Layer(of) => &results[of],
        };
        let (x, y) = (of(node.from), node.with.map(of));
        results.push(apply(node.layer, model.linear(layer), x, y));
    }
    let narrow =
        |result: Vec<i128>| result.into_iter().map(|v| i64::try_from(v).unwrap()).collect();
    results.into_iter().map(narrow).collect()
}

fn apply(
    shape: LayerShape,
    linear: Option<&Linear>,
    x: &[i128],
    y: Option<&Vec<i128>>,
) -> Vec<i128> {
    let each = |f: &dyn Fn(i128) -> i128| x.iter().map(|x| f(*x)).collect();
    match shape {
        LayerShape::Dense { inputs, outputs } => {
            let linear = linear.unwrap();
            let sum = |output: usize| {
                (0..inputs).fold(i128::from(linear.bias()[output]), |sum, i| {
                    signed(sum + i128::from(linear.weights()[output * inputs + i]) * x[i] % RING)
                })
            };
            (0..outputs).map(sum).collect()
        }
        LayerShape::Convolution(shape) => convolution(&shape, linear.unwrap(), x),
        LayerShape::Relu { shift, .. } => each(&|x| x.max(0).div_euclid(1 << shift)),
        LayerShape::Clamp { shift, bits, .. } => {
            each(&|x| x.max(0).div_euclid(1 << shift).min((1 << bits) - 1))
        }
        LayerShape::Truncate { shift, .. } => each(&|x| x.div_euclid(1 << shift)),
        LayerShape::MaxPool(shape) => {
            windows(&shape, x).into_iter().map(|window| window.into_iter().max().unwrap()).collect()
        }
        LayerShape::AveragePool(shape) => {
            let size = i128::try_from(shape.kernel * shape.kernel).unwrap();
            let of_window = |window: Vec<i128>| {
                let sum = window.into_iter().sum::<i128>() + size / 2;
                signed(sum).div_euclid(size)
            };
            windows(&shape, x).into_iter().map(of_window).collect()
        }
        LayerShape::Add { shift, .. } => {
            let sum = |(x, y): (&i128, &i128)| signed(x + y * (1 << shift));
            x.iter().zip(y.unwrap()).map(sum).collect()
        }
        LayerShape::Concat { .. } => [x, y.unwrap()].concat(),
    }
}

/// The value at a place of a channel, zero outside.
fn at(x: &[i128], channel: usize, [height, width]: [usize; 2], place: [i64; 2]) -> Option<i128> {
    let [row, column] = place.map(|place| usize::try_from(place).ok());
    let row = row.filter(|row| *row < height)?;
    let column = column.filter(|column| *column < width)?;
    Some(x[channel * height * width + row * width + column])
}

fn from(place: usize, stride: usize, tap: usize, padding: usize) -> i64 {
    i64::try_from(place * stride + tap).unwrap() - i64::try_from(padding).unwrap()
}

fn convolution(shape: &ConvolutionShape, linear: &Linear, x: &[i128]) -> Vec<i128> {
    let &ConvolutionShape { kernel, stride, padding, height, width, outputs, groups, .. } = shape;
    let (rows, columns) = shape.result();
    let in_group = shape.channels_of_group();
    let mut y = Vec::new();
    for output in 0..outputs {
        let group = output / (outputs / groups);
        for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            let mut sum = i128::from(linear.bias()[output]);
            for channel in 0..in_group {
                for (i, j) in (0..kernel).flat_map(|i| (0..kernel).map(move |j| (i, j))) {
                    let weight = ((output * in_group + channel) * kernel + i) * kernel + j;
                    let place = [from(row, stride, i, padding), from(column, stride, j, padding)];
                    let value = at(x, group * in_group + channel, [height, width], place);
                    let product = i128::from(linear.weights()[weight]) * value.unwrap_or(0);
                    sum = signed(sum + product % RING);
                }
            }
            y.push(signed(sum));
        }
    }
    y
}

/// The values that each window has inside the image.
fn windows(shape: &PoolShape, x: &[i128]) -> Vec<Vec<i128>> {
    let &PoolShape { channels, height, width, kernel, stride, padding } = shape;
    let (rows, columns) = shape.result();
    let mut windows = Vec::new();
    for channel in 0..channels {
        for (row, column) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
            let taps = (0..kernel).flat_map(|i| (0..kernel).map(move |j| (i, j)));
            let value = |(i, j)| {
                let place = [from(row, stride, i, padding), from(column, stride, j, padding)];
                at(x, channel, [height, width], place)
            };
            windows.push(taps.filter_map(value).collect());
        }
    }
    windows
}

/// Small numbers take the way of 16 bits, large ones the other; both wrap only if they should.
#[test]
fn every_layer_of_any_graph_equals_its_definition() {
    let mut rng = StdRng::seed_from_u64(21);
    let mut kinds = std::collections::HashSet::new();
    for _ in 0..3000 {
        let architecture = graph(&mut rng);
        kinds.extend(architecture.layers().map(|shape| shape.kind()));
        let magnitude = [1, 127, 1 << 15, 1 << 40, i64::MAX][rng.random_range(0..5)];
        let model = Model::random(&architecture, magnitude, &mut rng);
        let bound = [1, 255, 1 << 15, 1 << 31, i64::MAX][rng.random_range(0..5)];
        let value = |_| match rng.random_range(0..4) {
            0 => -bound,
            1 => bound,
            _ => rng.random_range(-bound..=bound),
        };
        let input: Vec<i64> = (0..architecture.inputs()).map(value).collect();
        let expected = naive(&model, &input);
        let mut layers = 0;
        let output = model.run(&input, |layer, result| {
            layers += 1;
            assert_eq!(result, expected[layer], "layer {layer} of {architecture:?}");
        });
        assert_eq!((layers, Some(&output)), (expected.len(), expected.last()));
    }
    assert_eq!(kinds.len(), 9);
}

/// At the largest sums that fit 32 bits, and one beyond.
#[test]
fn sums_at_the_edge_of_32_bits_are_right() {
    for (weight, values) in [(i64::from(i16::MIN), 2), (i64::from(i16::MAX), 2), (1 << 14, 4)] {
        for x in [i64::from(i16::MIN), i64::from(i16::MAX), 1 << 15] {
            let shape = ConvolutionShape {
                channels: values,
                outputs: 1,
                height: 1,
                width: 1,
                kernel: 1,
                stride: 1,
                padding: 0,
                groups: 1,
            };
            let shape = crate::model::Architecture::new(vec![LayerShape::Convolution(shape)]);
            let linear = Linear::new(vec![weight; values], vec![i64::from(i32::MIN)]);
            let model = Model::graph(shape.unwrap(), vec![linear]).unwrap();
            let expected = values as i64 * weight * x + i64::from(i32::MIN);
            assert_eq!(model.infer(&vec![x; values]).unwrap(), [expected], "{weight} {x}");
        }
    }
}

#[test]
fn averages_round_to_the_nearest_and_halves_up() {
    let pool = |kernel, height| {
        let shape =
            PoolShape { channels: 1, height, width: kernel, kernel, stride: kernel, padding: 0 };
        let architecture = crate::model::Architecture::new(vec![LayerShape::AveragePool(shape)]);
        Model::graph(architecture.unwrap(), vec![]).unwrap()
    };
    let average = |sum: i64, kernel: usize| {
        let mut window = vec![0; kernel * kernel];
        window[0] = sum;
        pool(kernel, kernel).infer(&window).unwrap()[0]
    };
    for (sum, expected) in [(6, 2), (5, 1), (2, 1), (1, 0), (-1, 0), (-2, 0), (-3, -1), (-6, -1)] {
        assert_eq!(average(sum, 2), expected, "{sum} / 4");
    }
    for (sum, expected) in [(4, 0), (5, 1), (-4, 0), (-5, -1), (13, 1), (14, 2)] {
        assert_eq!(average(sum, 3), expected, "{sum} / 9");
    }
}

/// Only what is inside the image takes memory.
#[test]
fn windows_much_larger_than_the_image_are_fine() {
    let kernel = 1 << 20;
    let shape =
        PoolShape { channels: 1, height: 1, width: 2, kernel, stride: kernel, padding: kernel - 1 };
    for (layer, expected) in
        [(LayerShape::MaxPool(shape), [7, 8]), (LayerShape::AveragePool(shape), [0, 0])]
    {
        let architecture = crate::model::Architecture::new(vec![layer]).unwrap();
        let model = Model::graph(architecture, vec![]).unwrap();
        assert_eq!(model.infer(&[7, 8]).unwrap(), expected);
    }
}

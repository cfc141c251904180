//! Bounds against what models compute.

use ndarray::{Array1, Array2, array};
use proptest::collection::vec;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::model::graph::{Dense, Layer};
use crate::model::random::graph;

fn dense(weights: Array2<i64>, bias: Array1<i64>) -> Layer {
    Layer::Dense(Dense::new(weights, bias).unwrap())
}

fn bits(layers: Vec<Layer>, max_abs_input: u64) -> Result<u32, ModelError> {
    Model::new(layers).unwrap().check_range(max_abs_input)
}

#[test]
fn counts_the_widest_value() {
    assert_eq!(bits(vec![dense(array![[0]], array![0])], 0).unwrap(), 1);
    assert_eq!(bits(vec![dense(array![[0]], array![0])], 255).unwrap(), 9);
    assert_eq!(bits(vec![dense(array![[1]], array![0])], 256).unwrap(), 10);
    assert_eq!(bits(vec![dense(array![[3, -4]], array![5])], 10).unwrap(), 8);
    assert_eq!(bits(vec![dense(array![[0]], array![-128])], 1).unwrap(), 8);
    let wide_inside = vec![dense(array![[1 << 40]], array![0]), Layer::Truncate { shift: 40 }];
    assert_eq!(bits(wide_inside, 1).unwrap(), 42);
}

#[test]
fn relu_drops_the_negative_half() {
    let layers = vec![
        dense(array![[1]], array![-10]),
        Layer::Relu { shift: 0 },
        dense(array![[1 << 62]], array![0]),
    ];
    assert_eq!(bits(layers, 11).unwrap(), 64);
}

#[test]
fn the_edge_of_the_range_is_exact() {
    let half = 1_u64 << 62;
    assert_eq!(bits(vec![dense(array![[1, 1]], array![-1])], half - 1).unwrap(), 64);
    for (weights, bias) in [(array![[1, 1]], 0), (array![[-1, 1]], 0), (array![[1, 1]], 5)] {
        let error = bits(vec![dense(weights, array![bias])], half).unwrap_err();
        assert!(matches!(error, ModelError::LayerRange { layer: 0, kind: "dense" }));
    }
    assert_eq!(bits(vec![dense(array![[0]], array![i64::MIN])], 1).unwrap(), 64);
}

#[test]
fn the_error_names_the_layer() {
    let layers = vec![
        dense(array![[1 << 31]], array![0]),
        Layer::Relu { shift: 0 },
        dense(array![[1 << 33]], array![0]),
    ];
    let error = bits(layers, 1).unwrap_err();
    assert!(error.to_string().starts_with("layer 2 (dense) could exceed 63 bits"), "{error}");
}

#[test]
fn extreme_weights_do_not_overflow_the_analysis() {
    let layers = vec![dense(Array2::from_elem((1, 9), i64::MIN), array![i64::MIN])];
    let error = bits(layers, i64::MAX.unsigned_abs()).unwrap_err();
    assert!(matches!(error, ModelError::LayerRange { layer: 0, .. }));
}

#[test]
fn the_input_must_fit_too() {
    let limit = i64::MAX.unsigned_abs();
    assert_eq!(bits(vec![dense(array![[1]], array![0])], limit).unwrap(), 64);
    let error = bits(vec![dense(array![[0]], array![0])], limit + 1).unwrap_err();
    assert!(matches!(error, ModelError::InputSize { max_abs_input } if max_abs_input == limit + 1));
}

#[test]
fn a_limit_names_the_first_layer_above_it() {
    let layers = vec![
        dense(array![[3]], array![0]),
        Layer::Relu { shift: 1 },
        dense(array![[7]], array![0]),
    ];
    let ranges = Model::new(layers).unwrap().ranges(InputRange { low: 0, high: 255 }).unwrap();
    let bits = [0, 1, 2, 3].map(|layer| ranges.bits(layer));
    assert_eq!((ranges.input_bits(), bits, ranges.most()), (9, [11, 10, 13, 64], 13));
    assert!(ranges.check(13).is_ok());
    let error = ranges.check(12).unwrap_err();
    let expected = "the values of layer 2 (dense) take 13 bits, at most 12 are possible here";
    assert!(error.to_string().starts_with(expected), "{error}");
    let error = ranges.check(8).unwrap_err();
    assert!(matches!(error, ModelError::InputBits { bits: 9, limit: 8 }));
}

#[test]
fn an_empty_range_is_refused() {
    let model = Model::new(vec![dense(array![[1]], array![0])]).unwrap();
    let error = model.ranges(InputRange { low: 1, high: 0 }).unwrap_err();
    assert!(matches!(error, ModelError::InputRange { low: 1, high: 0 }));
}

/// No value of any layer leaves its bits, also for inputs at the ends; and bounds are not idle:
/// sometimes they are reached.
#[test]
fn bounds_hold_for_every_layer_of_any_graph() {
    let mut rng = StdRng::seed_from_u64(41);
    let (mut layers, mut reached) = (0, 0);
    for _ in 0..2000 {
        let architecture = graph(&mut rng);
        let magnitude = [1, 127][rng.random_range(0..2)];
        let model = Model::random(&architecture, magnitude, &mut rng);
        let low = rng.random_range(-300..300);
        let high = low + rng.random_range(0..300);
        // A large shift of an addition may be too much.
        let Ok(ranges) = model.ranges(InputRange { low, high }) else { continue };
        let mut most = vec![0; architecture.nodes().len()];
        for _ in 0..5 {
            let value = |_| match rng.random_range(0..3) {
                0 => low,
                1 => high,
                _ => rng.random_range(low..=high),
            };
            let input: Vec<i64> = (0..architecture.inputs()).map(value).collect();
            model.run(&input, |layer, result| {
                for &value in result {
                    let bits = Interval { low: value, high: value }.bits();
                    assert!(bits <= ranges.bits(layer), "layer {layer} of {architecture:?}");
                    most[layer] = bits.max(most[layer]);
                }
            });
        }
        layers += most.len();
        reached += (0..most.len()).filter(|&layer| most[layer] == ranges.bits(layer)).count();
    }
    assert!(layers > 5000 && reached > layers / 2, "{reached} of {layers}");
}

proptest! {
    /// No input within the bound gives more bits than promised, and the worst one gives them.
    #[test]
    fn one_layer_is_exact(weights in vec(-1000_i64..1000, 3), bias in -9999_i64..9999) {
        let row = Array2::from_shape_vec((1, 3), weights.clone()).unwrap();
        let model = Model::new(vec![dense(row, array![bias])]).unwrap();
        let bits = model.check_range(50).unwrap();
        let worst = [1, -1].map(|sign| {
            let input: Vec<i64> = weights.iter().map(|w| sign * 50 * w.signum()).collect();
            let y = model.infer(&input).unwrap()[0];
            Interval { low: y, high: y }.bits()
        });
        prop_assert_eq!(bits, worst[0].max(worst[1]).max(7));
    }
}

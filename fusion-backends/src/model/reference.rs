//! The reference executor: what every backend must compute, bit for bit.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a checked architecture")]

#[cfg(test)]
mod graphs;
mod products;

use super::architecture::{LayerShape, PoolShape, Source};
use super::error::ModelError;
use super::graph::{Linear, Model};

/// Position of the largest logit; the first one wins a tie. `None` if there are no logits.
pub fn argmax(logits: &[i64]) -> Option<usize> {
    let largest = logits.iter().max()?;
    logits.iter().position(|logit| logit == largest)
}

impl Model {
    /// Runs the model on one input, in the clear, in Z_2^64.
    ///
    /// # Errors
    ///
    /// [`InputWidth`](ModelError::InputWidth) if the input does not have as many values as the
    /// model takes.
    pub fn infer(&self, input: &[i64]) -> Result<Vec<i64>, ModelError> {
        self.architecture().takes(input)?;
        Ok(self.run(input, |_, _| ()))
    }

    /// Runs the model on each input, in order.
    ///
    /// # Errors
    ///
    /// As [`infer`](Self::infer), for the first input that is wrong.
    pub fn infer_batch(&self, inputs: &[Vec<i64>]) -> Result<Vec<Vec<i64>>, ModelError> {
        inputs.iter().map(|input| self.infer(input)).collect()
    }

    /// Runs the model on an input of the right width, and shows the result of each layer.
    pub(super) fn run(&self, input: &[i64], mut show: impl FnMut(usize, &[i64])) -> Vec<i64> {
        let nodes = self.architecture().nodes();
        let last_uses = self.architecture().last_uses();
        let mut results: Vec<Vec<i64>> = Vec::with_capacity(nodes.len());
        for (layer, node) in nodes.iter().enumerate() {
            let of = |source| match source {
                Source::Input => Some(input),
                Source::Layer(of) => results.get(of).map(Vec::as_slice),
            };
            let x = of(node.from).unwrap_or_default();
            let y = node.with.and_then(of).unwrap_or_default();
            let result = apply(node.layer, self.linear(layer), x, y);
            show(layer, &result);
            results.push(result);
            // What no later layer takes is dropped.
            for (result, last) in results.iter_mut().zip(last_uses.iter().skip(1)) {
                if *last == layer && layer + 1 < nodes.len() {
                    *result = Vec::new();
                }
            }
        }
        results.pop().unwrap_or_default()
    }
}

/// What a layer gives, from values that have the widths of its shape; `Model` has checked weights.
fn apply(shape: LayerShape, linear: Option<&Linear>, x: &[i64], y: &[i64]) -> Vec<i64> {
    match (shape, linear) {
        (LayerShape::Dense { inputs, .. }, Some(linear)) => products::dense(inputs, linear, x),
        (LayerShape::Convolution(shape), Some(linear)) => products::convolution(&shape, linear, x),
        (LayerShape::Relu { shift, .. }, _) => map(x, |x| x.max(0).wrapping_shr(shift)),
        (LayerShape::Clamp { shift, bits, .. }, _) => {
            let most = 1_i64.wrapping_shl(bits).wrapping_sub(1);
            map(x, |x| x.max(0).wrapping_shr(shift).min(most))
        }
        (LayerShape::Truncate { shift, .. }, _) => map(x, |x| x.wrapping_shr(shift)),
        (LayerShape::MaxPool(shape), _) => {
            pool(&shape, x, |window| window.iter().copied().max().unwrap_or(0))
        }
        (LayerShape::AveragePool(shape), _) => {
            let divisor = i64::try_from(shape.kernel.saturating_mul(shape.kernel)).unwrap_or(1);
            pool(&shape, x, |window| {
                let sum = window.iter().fold(divisor / 2, |sum, x| sum.wrapping_add(*x));
                sum.div_euclid(divisor.max(1))
            })
        }
        (LayerShape::Add { shift, .. }, _) => {
            let sums = x.iter().zip(y).map(|(x, y)| x.wrapping_add(y.wrapping_shl(shift)));
            sums.collect()
        }
        (LayerShape::Concat { .. }, _) => [x, y].concat(),
        // A model has weights for each linear layer.
        (LayerShape::Dense { .. } | LayerShape::Convolution(_), None) => Vec::new(),
    }
}

fn map(x: &[i64], f: impl Fn(i64) -> i64) -> Vec<i64> {
    x.iter().map(|x| f(*x)).collect()
}

/// `f` of the values that each window has in the image; of average pools the others are zeros.
fn pool(shape: &PoolShape, x: &[i64], f: impl Fn(&[i64]) -> i64) -> Vec<i64> {
    let PoolShape { height, width, kernel, stride, padding, .. } = *shape;
    let (rows, columns) = shape.result();
    let inside = |place: usize, size: usize| {
        let first = (place * stride).saturating_sub(padding);
        first..(place * stride + kernel).saturating_sub(padding).min(size)
    };
    let mut window = Vec::new();
    let mut y = Vec::new();
    for image in x.chunks_exact((height * width).max(1)) {
        for row in 0..rows {
            for column in 0..columns {
                window.clear();
                for line in inside(row, height) {
                    let places = inside(column, width);
                    let places = line * width + places.start..line * width + places.end;
                    window.extend_from_slice(image.get(places).unwrap_or_default());
                }
                y.push(f(&window));
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::super::graph::{Dense, Layer};
    use ndarray::{Array1, Array2, array};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Layers as plain numbers: rows of weights, then biases; or an elementwise step.
    #[derive(Clone, Debug)]
    enum Plain {
        Dense(Vec<Vec<i64>>, Vec<i64>),
        Relu(u32),
        Truncate(u32),
    }

    const RING: i128 = 1 << 64;

    /// The same semantics from their definition: i128 arithmetic, reduced modulo 2^64.
    fn naive(layers: &[Plain], input: &[i64]) -> Vec<i64> {
        let mut x: Vec<i128> = input.iter().map(|&v| i128::from(v)).collect();
        for layer in layers {
            x = match layer {
                Plain::Dense(weights, bias) => {
                    let row = |w: &Vec<i64>| -> i128 {
                        w.iter().zip(&x).map(|(&w, x)| (i128::from(w) * x).rem_euclid(RING)).sum()
                    };
                    weights.iter().zip(bias).map(|(w, &b)| signed(row(w) + i128::from(b))).collect()
                }
                Plain::Relu(shift) => {
                    x.iter().map(|&v| if v < 0 { 0 } else { v.div_euclid(1 << shift) }).collect()
                }
                Plain::Truncate(shift) => x.iter().map(|v| v.div_euclid(1 << shift)).collect(),
            };
        }
        x.into_iter().map(|v| i64::try_from(v).unwrap()).collect()
    }

    /// The representative of `v` modulo 2^64 in -2^63..2^63.
    fn signed(v: i128) -> i128 {
        let v = v.rem_euclid(RING);
        if v < RING / 2 { v } else { v - RING }
    }

    fn build(layers: &[Plain]) -> Model {
        let layer = |plain: &Plain| match plain {
            Plain::Dense(weights, bias) => {
                let shape = (weights.len(), weights[0].len());
                let weights = Array2::from_shape_vec(shape, weights.concat()).unwrap();
                Layer::Dense(Dense::new(weights, Array1::from_vec(bias.clone())).unwrap())
            }
            Plain::Relu(shift) => Layer::Relu { shift: *shift },
            Plain::Truncate(shift) => Layer::Truncate { shift: *shift },
        };
        Model::new(layers.iter().map(layer).collect()).unwrap()
    }

    fn value() -> impl Strategy<Value = i64> {
        prop_oneof![
            Just(i64::MIN),
            Just(i64::MIN + 1),
            Just(i64::MAX),
            Just(0),
            Just(-1),
            -5000_i64..5000,
            any::<i64>(),
        ]
    }

    fn dense(inputs: usize, outputs: usize) -> impl Strategy<Value = Plain> {
        (vec(vec(value(), inputs), outputs), vec(value(), outputs))
            .prop_map(|(weights, bias)| Plain::Dense(weights, bias))
    }

    fn elementwise() -> impl Strategy<Value = Plain> {
        prop_oneof![(0..=62_u32).prop_map(Plain::Relu), (0..=62_u32).prop_map(Plain::Truncate)]
    }

    /// Up to three dense layers, an elementwise one before each, and an input.
    fn case() -> impl Strategy<Value = (Vec<Plain>, Vec<i64>)> {
        vec(1..6_usize, 2..5).prop_flat_map(|widths| {
            let pairs: Vec<_> =
                widths.windows(2).map(|w| (elementwise(), dense(w[0], w[1]))).collect();
            let layers = pairs
                .prop_map(|pairs| pairs.into_iter().flat_map(|(a, b)| [a, b]).collect::<Vec<_>>());
            (layers, vec(value(), widths[0]))
        })
    }

    proptest! {
        #[test]
        fn equals_the_naive_executor((layers, input) in case()) {
            prop_assert_eq!(build(&layers).infer(&input).unwrap(), naive(&layers, &input));
        }
    }

    #[test]
    fn every_shift_of_every_extreme_equals_the_naive_executor() {
        let input = vec![i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX];
        let identity = Array2::<i64>::eye(6).rows().into_iter().map(|row| row.to_vec()).collect();
        let dense = Plain::Dense(identity, vec![0; 6]);
        for shift in 0..=62 {
            for step in [Plain::Relu(shift), Plain::Truncate(shift)] {
                let layers = [dense.clone(), step];
                assert_eq!(build(&layers).infer(&input).unwrap(), naive(&layers, &input));
            }
        }
    }

    #[test]
    fn truncation_rounds_down_and_relu_cuts_first() {
        let run = |layer, x| {
            let one = Dense::new(array![[1]], array![0]).unwrap();
            Model::new(vec![Layer::Dense(one), layer]).unwrap().infer(&[x]).unwrap()
        };
        assert_eq!(run(Layer::Truncate { shift: 2 }, -1), [-1]);
        assert_eq!(run(Layer::Truncate { shift: 2 }, 7), [1]);
        assert_eq!(run(Layer::Relu { shift: 2 }, -1), [0]);
        assert_eq!(run(Layer::Relu { shift: 2 }, 7), [1]);
    }

    #[test]
    fn sums_wrap() {
        let dense = Dense::new(array![[1, 1]], array![1]).unwrap();
        let model = Model::new(vec![Layer::Dense(dense)]).unwrap();
        assert_eq!(model.infer(&[i64::MAX, 0]).unwrap(), [i64::MIN]);
        assert_eq!(model.infer(&[i64::MIN, i64::MIN]).unwrap(), [1]);
    }

    #[test]
    fn weights_in_column_order_give_the_same() {
        let weights = array![[1, 2, 3], [4, 5, 6]];
        let columns = weights.t().as_standard_layout().into_owned().reversed_axes();
        assert!(!columns.is_standard_layout());
        let run = |w| {
            let dense = Dense::new(w, array![0, 0]).unwrap();
            Model::new(vec![Layer::Dense(dense)]).unwrap().infer(&[1, 10, 100]).unwrap()
        };
        assert_eq!(run(weights), [321, 654]);
        assert_eq!(run(columns), [321, 654]);
    }

    #[test]
    fn inputs_must_have_the_width_of_the_model() {
        let model = build(&[Plain::Dense(vec![vec![2, 3]], vec![1])]);
        let batch = model.infer_batch(&[vec![1, 1], vec![0, 2]]).unwrap();
        assert_eq!(batch, [[6], [7]]);
        let error = model.infer_batch(&[vec![1, 1], vec![0]]).unwrap_err();
        assert!(matches!(error, ModelError::InputWidth { expected: 2, found: 1 }));
        assert!(model.infer(&[1, 2, 3]).is_err());
    }

    #[test]
    fn the_first_maximum_wins() {
        assert_eq!(argmax(&[]), None);
        assert_eq!(argmax(&[i64::MIN]), Some(0));
        assert_eq!(argmax(&[1, 3, -2, 3]), Some(1));
    }
}

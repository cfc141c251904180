//! Worst-case analysis: how many bits the values of each layer take, and whether any can leave the
//! range of `i64`.

#![allow(clippy::arithmetic_side_effects, reason = "sizes are those of a checked architecture")]

use serde::{Deserialize, Serialize};

use super::architecture::{Architecture, LayerShape, Source};
use super::error::ModelError;
use super::graph::{Linear, Model};

/// What each value of an input may be: all integers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRange {
    /// The least.
    pub low: i64,
    /// The largest.
    pub high: i64,
}

/// How many bits, with the sign, hold every value of each layer's result, for all inputs of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    input: u32,
    layers: Vec<(u32, &'static str)>,
}

impl Ranges {
    /// Of the input's values.
    pub fn input_bits(&self) -> u32 {
        self.input
    }

    /// Of the result of the layer with this number; 64 if there is none.
    pub fn bits(&self, layer: usize) -> u32 {
        self.layers.get(layer).map_or(64, |(bits, _)| *bits)
    }

    /// The most bits of all.
    pub fn most(&self) -> u32 {
        self.layers.iter().fold(self.input, |most, (bits, _)| most.max(*bits))
    }

    /// Whether all values have at most `limit` bits, with the sign.
    ///
    /// # Errors
    ///
    /// [`InputBits`](ModelError::InputBits), or [`LayerBits`](ModelError::LayerBits) for the first
    /// layer with more.
    pub fn check(&self, limit: u32) -> Result<(), ModelError> {
        if self.input > limit {
            return Err(ModelError::InputBits { bits: self.input, limit });
        }
        match self.layers.iter().enumerate().find(|(_, (bits, _))| *bits > limit) {
            Some((layer, &(bits, kind))) => Err(ModelError::LayerBits { layer, kind, bits, limit }),
            None => Ok(()),
        }
    }
}

impl Model {
    /// Bits for the values of each layer, for all inputs of a range.
    ///
    /// If this succeeds, nothing wraps: the model computes the same as over the integers. The bound
    /// on each value is an interval (for images, one for each channel), exact for one layer and safe for
    /// several.
    ///
    /// # Errors
    ///
    /// [`InputRange`](ModelError::InputRange) if `low` is above `high`,
    /// [`LayerRange`](ModelError::LayerRange) for the first layer whose result could exceed 63 bits and
    /// a sign.
    pub fn ranges(&self, input: InputRange) -> Result<Ranges, ModelError> {
        let InputRange { low, high } = input;
        if low > high {
            return Err(ModelError::InputRange { low, high });
        }
        let input = Interval { low, high };
        let nodes = self.architecture().nodes();
        let last_uses = self.architecture().last_uses();
        let mut results: Vec<Intervals> = Vec::with_capacity(nodes.len());
        let mut layers = Vec::with_capacity(nodes.len());
        let of_input = Intervals::all(input, self.architecture());
        for (layer, node) in nodes.iter().enumerate() {
            let of = |source| match source {
                Source::Input => Some(&of_input),
                Source::Layer(of) => results.get(of),
            };
            let x = of(node.from).unwrap_or(&of_input);
            let y = node.with.and_then(of);
            let kind = node.layer.kind();
            let result = apply(node.layer, self.linear(layer), x, y);
            let result = result.ok_or(ModelError::LayerRange { layer, kind })?;
            layers.push((result.bits(), kind));
            results.push(result);
            // What no later layer takes is dropped.
            for (result, last) in results.iter_mut().zip(last_uses.iter().skip(1)) {
                if *last == layer {
                    result.each = Vec::new();
                }
            }
        }
        Ok(Ranges { input: input.bits(), layers })
    }

    /// Bits, with the sign, that hold every input and every result of every layer, for all inputs
    /// whose values are in `-max_abs_input..=max_abs_input`. See [`ranges`](Self::ranges).
    ///
    /// # Errors
    ///
    /// As [`ranges`](Self::ranges), or [`InputSize`](ModelError::InputSize) if `max_abs_input` exceeds
    /// `i64::MAX`.
    pub fn check_range(&self, max_abs_input: u64) -> Result<u32, ModelError> {
        let high =
            i64::try_from(max_abs_input).map_err(|_| ModelError::InputSize { max_abs_input })?;
        Ok(self.ranges(InputRange { low: high.saturating_neg(), high })?.most())
    }
}

/// All integers from `low` to `high`, both included.
#[derive(Clone, Copy)]
struct Interval {
    low: i64,
    high: i64,
}

/// Values in runs of equal length, for each of which one interval holds.
struct Intervals {
    each: Vec<Interval>,
    run: usize,
}

impl Intervals {
    fn all(interval: Interval, architecture: &Architecture) -> Self {
        Self { each: vec![interval], run: architecture.inputs() }
    }

    /// Of the values from `start` on, `count` of them.
    fn of(&self, start: usize, count: usize) -> Interval {
        let run = self.run.max(1);
        let places = start / run..(start + count).div_ceil(run);
        let intervals = self.each.get(places).unwrap_or(&self.each);
        let mut union = Interval { low: i64::MAX, high: i64::MIN };
        for interval in intervals {
            union.low = union.low.min(interval.low);
            union.high = union.high.max(interval.high);
        }
        union
    }

    fn map(&self, f: impl Fn(i64) -> i64) -> Self {
        let each = self
            .each
            .iter()
            .map(|interval| Interval { low: f(interval.low), high: f(interval.high) });
        Self { each: each.collect(), run: self.run }
    }

    fn bits(&self) -> u32 {
        self.each.iter().map(Interval::bits).fold(1, u32::max)
    }
}

impl Interval {
    /// Bits of the longer end, with the sign.
    fn bits(&self) -> u32 {
        let bits = |v: i64| {
            let magnitude = if v < 0 { !v } else { v };
            65_u32.saturating_sub(magnitude.leading_zeros())
        };
        bits(self.low).max(bits(self.high))
    }

    fn new(low: i128, high: i128) -> Option<Self> {
        Some(Self { low: low.try_into().ok()?, high: high.try_into().ok()? })
    }

    fn with_zero(self) -> Self {
        Self { low: self.low.min(0), high: self.high.max(0) }
    }
}

/// The intervals of a result, or `None` if one does not fit `i64`.
fn apply(
    shape: LayerShape,
    linear: Option<&Linear>,
    x: &Intervals,
    y: Option<&Intervals>,
) -> Option<Intervals> {
    match shape {
        LayerShape::Dense { inputs, .. } => {
            let values: Vec<_> = (0..inputs).map(|at| x.of(at, 1)).collect();
            let sums = linear_sums(linear?, inputs, |_| values.iter().copied().map(|v| (v, 1)))?;
            Some(Intervals { each: sums, run: 1 })
        }
        LayerShape::Convolution(shape) => {
            let pixels = shape.height * shape.width;
            let channels = shape.channels_of_group();
            let of_group = (shape.outputs / shape.groups.max(1)).max(1);
            let of_channel = |channel: usize| {
                let values = x.of(channel * pixels, pixels);
                if shape.padding > 0 { values.with_zero() } else { values }
            };
            let all: Vec<_> = (0..shape.channels).map(of_channel).collect();
            let kernel = shape.kernel * shape.kernel;
            let sums = linear_sums(linear?, channels * kernel, |output| {
                let first = output / of_group * channels;
                let group = all.iter().skip(first).take(channels);
                group.map(move |interval| (*interval, kernel))
            })?;
            let (rows, columns) = shape.result();
            Some(Intervals { each: sums, run: rows * columns })
        }
        LayerShape::Relu { shift, .. } => Some(x.map(|x| x.max(0).wrapping_shr(shift))),
        LayerShape::Clamp { shift, bits, .. } => {
            let most = 1_i64.wrapping_shl(bits).wrapping_sub(1);
            Some(x.map(|x| x.max(0).wrapping_shr(shift).min(most)))
        }
        LayerShape::Truncate { shift, .. } => Some(x.map(|x| x.wrapping_shr(shift))),
        LayerShape::MaxPool(of) | LayerShape::AveragePool(of) => {
            let pixels = of.height * of.width;
            let average = matches!(shape, LayerShape::AveragePool(_));
            let values = (of.kernel * of.kernel) as i128;
            let channel = |channel: usize| {
                let values_in = x.of(channel * pixels, pixels);
                if !average {
                    return Some(values_in);
                }
                let Interval { low, high } = values_in.with_zero();
                // The sum must fit too.
                let half = values / 2;
                Interval::new(values * i128::from(low) + half, values * i128::from(high) + half)?;
                Some(values_in.with_zero())
            };
            let each = (0..of.channels).map(channel).collect::<Option<_>>()?;
            let (rows, columns) = of.result();
            Some(Intervals { each, run: rows * columns })
        }
        LayerShape::Add { width, shift } => {
            let y = y?;
            let same = x.run == y.run && x.each.len() == y.each.len();
            let run = if same { x.run } else { 1 };
            let sums = (0..width / run.max(1)).map(|at| {
                let (a, b) = (x.of(at * run, run), y.of(at * run, run));
                let scaled = |b: i64| i128::from(b) << shift;
                Interval::new(
                    i128::from(a.low) + scaled(b.low),
                    i128::from(a.high) + scaled(b.high),
                )
            });
            Some(Intervals { each: sums.collect::<Option<_>>()?, run })
        }
        LayerShape::Concat { first, second } => {
            let y = y?;
            let same = x.run == y.run;
            let run = if same { x.run } else { 1 };
            let of = |values: &Intervals, count: usize| -> Vec<_> {
                (0..count / run.max(1)).map(|at| values.of(at * run, run)).collect()
            };
            Some(Intervals { each: [of(x, first), of(y, second)].concat(), run })
        }
    }
}

/// For each output the interval of its bias and its products; each interval of `values` is that of so
/// many weights in a row.
fn linear_sums<V: Iterator<Item = (Interval, usize)>>(
    linear: &Linear,
    weights: usize,
    values: impl Fn(usize) -> V,
) -> Option<Vec<Interval>> {
    let rows = linear.weights().chunks_exact(weights.max(1)).zip(linear.bias());
    let sums = rows.enumerate().map(|(output, (mut row, &bias))| {
        let (mut low, mut high) = (i128::from(bias), i128::from(bias));
        for (value, count) in values(output) {
            let (weights, rest) = row.split_at_checked(count)?;
            row = rest;
            let sum = |wanted: fn(&i64) -> bool| {
                let wanted = weights.iter().filter(|weight| wanted(weight));
                wanted.fold(0_i128, |sum, weight| sum + i128::from(*weight))
            };
            let (positive, negative) = (sum(|weight| *weight > 0), sum(|weight| *weight < 0));
            let (least, most) = (i128::from(value.low), i128::from(value.high));
            let product = |sum: i128, value: i128| sum.checked_mul(value);
            low = low.checked_add(product(positive, least)?)?;
            low = low.checked_add(product(negative, most)?)?;
            high = high.checked_add(product(positive, most)?)?;
            high = high.checked_add(product(negative, least)?)?;
        }
        Interval::new(low, high)
    });
    sums.collect()
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};
    use proptest::collection::vec;
    use proptest::prelude::*;
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::super::graph::{Dense, Layer};
    use super::super::random::graph;
    use super::*;

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
        assert!(
            matches!(error, ModelError::InputSize { max_abs_input } if max_abs_input == limit + 1)
        );
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
}

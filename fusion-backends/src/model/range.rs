//! Worst-case analysis: can any value of a model leave the range of `i64`?

use super::error::ModelError;
use super::graph::{Dense, Layer, Model};

impl Model {
    /// Bits, with the sign, that hold every input and every output of every layer, for all inputs
    /// whose values are in `-max_abs_input..=max_abs_input`.
    ///
    /// If this succeeds, nothing wraps: the model computes the same as over the integers. The
    /// bound on each value is an interval, exact for one layer and safe for several.
    ///
    /// # Errors
    ///
    /// [`InputRange`](ModelError::InputRange) if `max_abs_input` exceeds `i64::MAX`,
    /// [`LayerRange`](ModelError::LayerRange) for the first layer whose output could exceed 63
    /// bits and a sign.
    pub fn check_range(&self, max_abs_input: u64) -> Result<u32, ModelError> {
        let high =
            i64::try_from(max_abs_input).map_err(|_| ModelError::InputRange { max_abs_input })?;
        let input = Interval { low: high.saturating_neg(), high };
        let mut values = vec![input; self.architecture().inputs()];
        let mut bits = input.bits();
        for (i, layer) in self.layers().iter().enumerate() {
            let out_of_range = || ModelError::LayerRange { layer: i, kind: layer.kind() };
            values = layer.apply_to_intervals(&values).ok_or_else(out_of_range)?;
            bits = values.iter().map(Interval::bits).fold(bits, u32::max);
        }
        Ok(bits)
    }
}

/// All integers from `low` to `high`, both included.
#[derive(Clone, Copy)]
struct Interval {
    low: i64,
    high: i64,
}

impl Interval {
    fn map(self, f: impl Fn(i64) -> i64) -> Self {
        Self { low: f(self.low), high: f(self.high) }
    }

    /// Bits of the longer end, with the sign.
    fn bits(&self) -> u32 {
        let bits = |v: i64| {
            let magnitude = if v < 0 { !v } else { v };
            65_u32.saturating_sub(magnitude.leading_zeros())
        };
        bits(self.low).max(bits(self.high))
    }
}

impl Layer {
    /// The interval of each output, or `None` if one does not fit `i64`.
    fn apply_to_intervals(&self, values: &[Interval]) -> Option<Vec<Interval>> {
        match *self {
            Self::Dense(ref dense) => dense.apply_to_intervals(values),
            Self::Relu { shift } => {
                Some(values.iter().map(|v| v.map(|x| x.max(0).wrapping_shr(shift))).collect())
            }
            Self::Truncate { shift } => {
                Some(values.iter().map(|v| v.map(|x| x.wrapping_shr(shift))).collect())
            }
        }
    }
}

impl Dense {
    fn apply_to_intervals(&self, values: &[Interval]) -> Option<Vec<Interval>> {
        let rows = self.weights();
        let rows = rows.rows().into_iter().zip(self.bias());
        rows.map(|(row, &bias)| {
            let (mut low, mut high) = (i128::from(bias), i128::from(bias));
            for (&weight, value) in row.into_iter().zip(values) {
                let ends =
                    if weight < 0 { (value.high, value.low) } else { (value.low, value.high) };
                low = low.checked_add(product(weight, ends.0))?;
                high = high.checked_add(product(weight, ends.1))?;
            }
            Some(Interval { low: low.try_into().ok()?, high: high.try_into().ok()? })
        })
        .collect()
    }
}

/// The product in full: at most 2^126 in magnitude.
fn product(a: i64, b: i64) -> i128 {
    i128::from(a).saturating_mul(i128::from(b))
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2, array};
    use proptest::collection::vec;
    use proptest::prelude::*;

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
            matches!(error, ModelError::InputRange { max_abs_input } if max_abs_input == limit + 1)
        );
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

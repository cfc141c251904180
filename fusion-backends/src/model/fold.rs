//! From real weights to integer ones: batch normalisations are folded into the linear layer before
//! them, and the result is rounded.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::error::ModelError;
use super::graph::Linear;

/// Real weights and biases of a dense layer or a convolution.
///
/// # Security
///
/// They are as secret as those of a [`Model`](super::Model): dropping overwrites them.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct RealLinear {
    weights: Vec<f64>,
    bias: Vec<f64>,
}

/// A batch normalisation after training, with one number for each output channel:
///
/// ```text
/// z = gamma (y - mean) / sqrt(variance + epsilon) + beta
/// ```
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BatchNorm {
    /// Scales.
    pub gamma: Vec<f64>,
    /// What is added at the end.
    pub beta: Vec<f64>,
    /// Means that training has seen.
    pub mean: Vec<f64>,
    /// Variances that training has seen.
    pub variance: Vec<f64>,
    /// Added to variances.
    pub epsilon: f64,
}

impl RealLinear {
    /// `weights` in the order of [`Linear::new`], and one bias for each output.
    ///
    /// # Errors
    ///
    /// [`Real`](ModelError::Real) if there are no biases, or not equally many weights for each.
    pub fn new(weights: Vec<f64>, bias: Vec<f64>) -> Result<Self, ModelError> {
        let linear = Self { weights, bias };
        match linear.weights.len().checked_rem(linear.bias.len()) {
            Some(0) if !linear.weights.is_empty() => Ok(linear),
            _ => {
                let reason = "there must be equally many weights for each output";
                Err(ModelError::Real { output: 0, reason })
            }
        }
    }

    /// The layer that computes the same as this one followed by `norm`.
    ///
    /// # Errors
    ///
    /// [`BatchNorm`](ModelError::BatchNorm) if `norm` has not one number of each kind for each
    /// output, [`Real`](ModelError::Real) if variance + epsilon is not positive and finite, or a result is not
    /// finite.
    pub fn fold(mut self, norm: &BatchNorm) -> Result<Self, ModelError> {
        let outputs = self.bias.len();
        for numbers in [&norm.gamma, &norm.beta, &norm.mean, &norm.variance] {
            if numbers.len() != outputs {
                return Err(ModelError::BatchNorm { outputs, found: numbers.len() });
            }
        }
        let numbers = norm.gamma.iter().zip(&norm.beta).zip(norm.mean.iter().zip(&norm.variance));
        let per_output = self.per_output();
        let rows = self.weights.chunks_exact_mut(per_output);
        let layer = rows.zip(&mut self.bias).zip(numbers).enumerate();
        for (output, ((row, bias), ((gamma, beta), (mean, variance)))) in layer {
            let variance = variance + norm.epsilon;
            if !(variance > 0.0 && variance.is_finite()) {
                let reason = "variance + epsilon must be positive and finite";
                return Err(ModelError::Real { output, reason });
            }
            let scale = gamma / variance.sqrt();
            row.iter_mut().for_each(|weight| *weight *= scale);
            *bias = (*bias - mean) * scale + beta;
            if !bias.is_finite() || row.iter().any(|weight| !weight.is_finite()) {
                return Err(ModelError::Real { output, reason: "folded numbers must be finite" });
            }
        }
        Ok(self)
    }

    /// Weights times `weights`, and biases times `weights` and `inputs`, to the nearest integer,
    /// halves to even: for inputs at scale `inputs`, results are at the product of both scales.
    ///
    /// # Errors
    ///
    /// [`Real`](ModelError::Real) if a scaled number is not finite or beyond 62 bits.
    pub fn quantise(&self, weights: f64, inputs: f64) -> Result<Linear, ModelError> {
        let integer = |output: usize, real: f64| {
            let rounded = real.round_ties_even();
            // Below 2^62, every rounded number is an integer of 64 bits.
            let fits = rounded.abs() < (1_u64 << 62) as f64;
            let reason = "scaled numbers must be finite and below 2^62; use smaller scales";
            if fits { Ok(rounded as i64) } else { Err(ModelError::Real { output, reason }) }
        };
        let rows = self.weights.chunks_exact(self.per_output()).enumerate();
        let of_rows = rows.flat_map(|(output, row)| row.iter().map(move |w| (output, w * weights)));
        let of_rows = of_rows.map(|(output, weight)| integer(output, weight));
        let bias = self.bias.iter().enumerate();
        let bias = bias.map(|(output, bias)| integer(output, bias * weights * inputs));
        Ok(Linear::new(of_rows.collect::<Result<_, _>>()?, bias.collect::<Result<_, _>>()?))
    }

    fn per_output(&self) -> usize {
        self.weights.len().checked_div(self.bias.len()).unwrap_or(1).max(1)
    }
}

impl std::fmt::Debug for RealLinear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealLinear").field("outputs", &self.bias.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for BatchNorm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchNorm").field("outputs", &self.gamma.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    const OUTPUTS: usize = 3;
    const INPUTS: usize = 5;

    fn numbers(count: usize, rng: &mut StdRng) -> Vec<f64> {
        (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
    }

    fn norm(rng: &mut StdRng) -> BatchNorm {
        let [gamma, beta, mean] = [(); 3].map(|()| numbers(OUTPUTS, rng));
        let variance = (0..OUTPUTS).map(|_| rng.random_range(0.01..3.0)).collect();
        BatchNorm { gamma, beta, mean, variance, epsilon: 1e-5 }
    }

    fn linear(rng: &mut StdRng) -> RealLinear {
        RealLinear::new(numbers(OUTPUTS * INPUTS, rng), numbers(OUTPUTS, rng)).unwrap()
    }

    fn apply(linear: &RealLinear, x: &[f64]) -> Vec<f64> {
        let rows = linear.weights.chunks(INPUTS).zip(&linear.bias);
        rows.map(|(row, b)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b).collect()
    }

    #[test]
    fn folding_equals_applying_one_after_the_other() {
        let mut rng = StdRng::seed_from_u64(31);
        for _ in 0..100 {
            let (linear, norm, x) = (linear(&mut rng), norm(&mut rng), numbers(INPUTS, &mut rng));
            let expected = apply(&linear, &x).into_iter().enumerate().map(|(i, y)| {
                norm.gamma[i] * (y - norm.mean[i]) / (norm.variance[i] + norm.epsilon).sqrt()
                    + norm.beta[i]
            });
            let expected: Vec<_> = expected.collect();
            let folded = linear.fold(&norm).unwrap();
            for (found, expected) in apply(&folded, &x).into_iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            }
        }
    }

    /// With each number within half of its scaled one, a sum is within the sum of those errors.
    #[test]
    fn integers_approach_the_real_layer() {
        let mut rng = StdRng::seed_from_u64(32);
        let (weights, inputs) = (4096.0, 255.0);
        for _ in 0..100 {
            let linear = linear(&mut rng);
            let integers = linear.quantise(weights, inputs).unwrap();
            let x: Vec<i64> = (0..INPUTS).map(|_| rng.random_range(0..=255)).collect();
            let real: Vec<_> = x.iter().map(|x| *x as f64 / inputs).collect();
            let rows = integers.weights().chunks(INPUTS).zip(integers.bias());
            for ((row, bias), expected) in rows.zip(apply(&linear, &real)) {
                let sum: i64 = row.iter().zip(&x).map(|(w, x)| w * x).sum::<i64>() + bias;
                let bound = 0.5 + 0.5 * x.iter().sum::<i64>() as f64;
                let off = (sum as f64 - expected * weights * inputs).abs();
                assert!(off <= bound + 1e-6, "{off} {bound}");
            }
        }
    }

    #[test]
    fn halves_go_to_even() {
        let linear = RealLinear::new(vec![0.5, 1.5, -0.5, -1.5], vec![2.5]).unwrap();
        let integers = linear.quantise(1.0, 1.0).unwrap();
        assert_eq!((integers.weights(), integers.bias()), (&[0, 2, 0, -2][..], &[2][..]));
    }

    #[test]
    fn numbers_that_make_no_layer_are_refused() {
        let mut rng = StdRng::seed_from_u64(33);
        for (weights, biases) in [(0, 0), (0, 3), (5, 0), (5, 3)] {
            let error = RealLinear::new(vec![1.0; weights], vec![1.0; biases]).unwrap_err();
            assert!(matches!(error, ModelError::Real { output: 0, .. }));
        }
        let fields: [fn(&mut BatchNorm) -> &mut Vec<f64>; 4] =
            [|n| &mut n.gamma, |n| &mut n.beta, |n| &mut n.mean, |n| &mut n.variance];
        for field in fields {
            let mut norm = norm(&mut rng);
            field(&mut norm).pop();
            let error = linear(&mut rng).fold(&norm).unwrap_err();
            assert!(matches!(error, ModelError::BatchNorm { outputs: 3, found: 2 }));
            for bad in [f64::NAN, f64::INFINITY] {
                field(&mut norm).resize(OUTPUTS, bad);
                let error = linear(&mut rng).fold(&norm).unwrap_err();
                assert!(matches!(error, ModelError::Real { output: 2, .. }), "{error}");
                field(&mut norm).pop();
            }
        }
        for variance in [-1.0, -1e-5] {
            let mut norm = norm(&mut rng);
            norm.variance[1] = variance;
            let error = linear(&mut rng).fold(&norm).unwrap_err();
            assert!(matches!(error, ModelError::Real { output: 1, .. }));
        }
        for scale in [f64::INFINITY, f64::NAN, 1e30] {
            let error = linear(&mut rng).quantise(scale, 1.0).unwrap_err();
            assert!(matches!(error, ModelError::Real { output: 0, .. }));
        }
    }

    #[test]
    fn debug_shows_no_numbers() {
        let mut rng = StdRng::seed_from_u64(34);
        let texts = [format!("{:?}", linear(&mut rng)), format!("{:?}", norm(&mut rng))];
        assert_eq!(texts, ["RealLinear { outputs: 3, .. }", "BatchNorm { outputs: 3, .. }"]);
    }
}

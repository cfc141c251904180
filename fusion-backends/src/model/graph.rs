//! The model itself: an architecture with its weights, which are the server's secret.

use std::fmt;

use ndarray::{Array1, Array2};
use rand::{Rng, RngExt};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::architecture::{Architecture, LayerShape};
use super::error::ModelError;

/// A feed-forward integer model: a graph of layers in Z_2^64.
///
/// # Security
///
/// Weights and biases are secret: `Debug` prints the architecture alone, and dropping the model
/// overwrites them.
pub struct Model {
    architecture: Architecture,
    /// For each layer, if it is linear.
    linear: Vec<Option<Linear>>,
}

/// Weights and biases of a dense layer or a convolution.
///
/// If the input has scale 2^f and the weights have scale 2^g, then biases and results have scale
/// 2^(f + g).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Linear {
    weights: Vec<i64>,
    bias: Vec<i64>,
}

/// One step of a chain. All values are `i64` and all arithmetic wraps modulo 2^64.
#[derive(Debug)]
pub enum Layer {
    /// y = W x + b.
    Dense(Dense),
    /// y = floor(max(x, 0) / 2^shift), elementwise. The scale is divided by 2^shift.
    Relu {
        /// Bits to shift by, at most [`MAX_SHIFT`](super::MAX_SHIFT).
        shift: u32,
    },
    /// y = floor(x / 2^shift), elementwise: an arithmetic shift. The scale is divided by 2^shift.
    Truncate {
        /// Bits to shift by, at most [`MAX_SHIFT`](super::MAX_SHIFT).
        shift: u32,
    },
}

/// A dense layer y = W x + b in Z_2^64.
pub struct Dense {
    inputs: usize,
    outputs: usize,
    linear: Linear,
}

impl Model {
    /// A chain of layers. The width of the input is that of the first dense layer.
    ///
    /// # Errors
    ///
    /// [`NoDense`](ModelError::NoDense), and what [`Architecture::new`] returns.
    pub fn new(layers: Vec<Layer>) -> Result<Self, ModelError> {
        if layers.is_empty() {
            return Err(ModelError::Empty);
        }
        let mut width = layers.iter().find_map(Layer::inputs).ok_or(ModelError::NoDense)?;
        let (mut shapes, mut linear) = (Vec::with_capacity(layers.len()), Vec::new());
        for layer in layers {
            let shape = layer.shape(width);
            width = shape.outputs();
            shapes.push(shape);
            if let Layer::Dense(dense) = layer {
                linear.push(dense.linear);
            }
        }
        Self::graph(Architecture::new(shapes)?, linear)
    }

    /// Any graph of layers: `linear` has weights and biases for each dense layer and each convolution,
    /// in the order of the layers.
    ///
    /// # Errors
    ///
    /// [`Weights`](ModelError::Weights) or [`Biases`](ModelError::Biases) if a layer gets not exactly
    /// as many as it has; [`Linear`](ModelError::Linear) if there are not as many as linear layers.
    pub fn graph(architecture: Architecture, linear: Vec<Linear>) -> Result<Self, ModelError> {
        let expected = architecture.layers().filter(LayerShape::is_linear).count();
        if linear.len() != expected {
            return Err(ModelError::Linear { expected, found: linear.len() });
        }
        let mut given = linear.into_iter();
        let mut linear = Vec::with_capacity(architecture.nodes().len());
        for (layer, shape) in architecture.layers().enumerate() {
            let of_layer = if shape.is_linear() { given.next() } else { None };
            if let Some(Linear { weights, bias }) = &of_layer {
                let (expected, found) = (shape.weights(), weights.len());
                if found != expected {
                    return Err(ModelError::Weights { layer, expected, found });
                }
                let (expected, found) = (shape.biases(), bias.len());
                if found != expected {
                    return Err(ModelError::Biases { layer, expected, found });
                }
            }
            linear.push(of_layer);
        }
        Ok(Self { architecture, linear })
    }

    /// A model with weights and biases uniform in `-magnitude..=magnitude`, for tests and
    /// benchmarks. The sign of `magnitude` is ignored.
    pub fn random<R: Rng + ?Sized>(
        architecture: &Architecture,
        magnitude: i64,
        rng: &mut R,
    ) -> Self {
        let bound = magnitude.checked_abs().unwrap_or(i64::MAX);
        let mut draw =
            |count| (0..count).map(|_| rng.random_range(bound.saturating_neg()..=bound)).collect();
        let linear = architecture.layers().map(|shape| {
            let weights = Some(shape.weights()).filter(|weights| *weights > 0)?;
            Some(Linear { weights: draw(weights), bias: draw(shape.biases()) })
        });
        Self { linear: linear.collect(), architecture: architecture.clone() }
    }

    /// The public part of the model.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Weights and biases of a layer, by its number; `None` if it has none.
    pub fn linear(&self, layer: usize) -> Option<&Linear> {
        self.linear.get(layer)?.as_ref()
    }
}

impl Linear {
    /// `weights` in the order of outputs, channels of a group, rows and columns of the kernel (for a
    /// dense layer: outputs, inputs), and one bias for each output.
    #[must_use]
    pub fn new(weights: Vec<i64>, bias: Vec<i64>) -> Self {
        Self { weights, bias }
    }

    /// W: outputs, channels of a group, rows and columns of the kernel; or outputs, inputs.
    pub fn weights(&self) -> &[i64] {
        &self.weights
    }

    /// b, one per output.
    pub fn bias(&self) -> &[i64] {
        &self.bias
    }
}

impl Dense {
    /// A dense layer with `weights` of outputs x inputs and one bias per output.
    ///
    /// # Errors
    ///
    /// [`EmptyDense`](ModelError::EmptyDense) if a side of `weights` is 0,
    /// [`BiasLength`](ModelError::BiasLength) if there is not one bias per row.
    pub fn new(weights: Array2<i64>, bias: Array1<i64>) -> Result<Self, ModelError> {
        let (outputs, inputs) = weights.dim();
        if outputs == 0 || inputs == 0 {
            return Err(ModelError::EmptyDense { outputs, inputs });
        }
        if bias.len() != outputs {
            return Err(ModelError::BiasLength { outputs, found: bias.len() });
        }
        // Row by row, also if columns come first in memory.
        let linear = Linear::new(weights.iter().copied().collect(), bias.to_vec());
        let (mut weights, mut bias) = (weights, bias);
        weights.iter_mut().chain(bias.iter_mut()).for_each(Zeroize::zeroize);
        Ok(Self { inputs, outputs, linear })
    }

    /// Length of x, at least 1.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Length of y, at least 1.
    pub fn outputs(&self) -> usize {
        self.outputs
    }
}

impl Layer {
    fn inputs(&self) -> Option<usize> {
        match self {
            Self::Dense(dense) => Some(dense.inputs()),
            Self::Relu { .. } | Self::Truncate { .. } => None,
        }
    }

    /// The public part, where `width` is the number of values that an elementwise layer gets.
    fn shape(&self, width: usize) -> LayerShape {
        match *self {
            Self::Dense(ref dense) => {
                LayerShape::Dense { inputs: dense.inputs(), outputs: dense.outputs() }
            }
            Self::Relu { shift } => LayerShape::Relu { width, shift },
            Self::Truncate { shift } => LayerShape::Truncate { width, shift },
        }
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("architecture", &self.architecture).finish_non_exhaustive()
    }
}

impl fmt::Debug for Linear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linear")
            .field("weights", &self.weights.len())
            .field("bias", &self.bias.len())
            .finish()
    }
}

impl fmt::Debug for Dense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dense")
            .field("inputs", &self.inputs())
            .field("outputs", &self.outputs())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, array};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn dense(outputs: usize, inputs: usize) -> Layer {
        Layer::Dense(Dense::new(Array::ones((outputs, inputs)), Array::zeros(outputs)).unwrap())
    }

    #[test]
    fn a_dense_layer_needs_weights_and_one_bias_per_row() {
        let new = |shape, biases: usize| Dense::new(Array::zeros(shape), Array::zeros(biases));
        assert!(new((2, 3), 2).is_ok());
        for (outputs, inputs) in [(0, 3), (3, 0)] {
            let error = new((outputs, inputs), outputs).unwrap_err();
            assert!(
                matches!(error, ModelError::EmptyDense { outputs: o, inputs: i } if (o, i) == (outputs, inputs))
            );
        }
        let error = new((2, 3), 3).unwrap_err();
        assert!(matches!(error, ModelError::BiasLength { outputs: 2, found: 3 }));
    }

    #[test]
    fn elementwise_layers_take_their_width_from_the_dense_ones() {
        let layers =
            vec![Layer::Truncate { shift: 1 }, dense(4, 2), Layer::Relu { shift: 2 }, dense(1, 4)];
        let model = Model::new(layers).unwrap();
        assert_eq!(
            model.architecture().layers().collect::<Vec<_>>(),
            [
                LayerShape::Truncate { width: 2, shift: 1 },
                LayerShape::Dense { inputs: 2, outputs: 4 },
                LayerShape::Relu { width: 4, shift: 2 },
                LayerShape::Dense { inputs: 4, outputs: 1 },
            ]
        );
    }

    #[test]
    fn layers_that_do_not_fit_are_refused() {
        let fails = |layers: Vec<Layer>| Model::new(layers).unwrap_err();
        assert!(matches!(fails(vec![]), ModelError::Empty));
        assert!(matches!(fails(vec![Layer::Relu { shift: 0 }]), ModelError::NoDense));
        assert!(matches!(
            fails(vec![dense(3, 2), Layer::Relu { shift: 0 }, dense(1, 4)]),
            ModelError::Chain { layer: 2, expected: 3, found: 4 }
        ));
        assert!(matches!(
            fails(vec![dense(3, 2), Layer::Truncate { shift: 63 }]),
            ModelError::Shift { layer: 1, shift: 63 }
        ));
    }

    #[test]
    fn every_linear_layer_needs_its_weights_and_biases() {
        let shape = LayerShape::Dense { inputs: 2, outputs: 3 };
        let architecture = Architecture::new(vec![shape]).unwrap();
        let fails = |linear: &[(usize, usize)]| {
            let linear = linear.iter().map(|&(w, b)| Linear::new(vec![1; w], vec![1; b]));
            Model::graph(architecture.clone(), linear.collect()).unwrap_err()
        };
        assert!(matches!(fails(&[]), ModelError::Linear { expected: 1, found: 0 }));
        assert!(matches!(fails(&[(6, 3), (6, 3)]), ModelError::Linear { expected: 1, found: 2 }));
        assert!(matches!(
            fails(&[(5, 3)]),
            ModelError::Weights { layer: 0, expected: 6, found: 5 }
        ));
        assert!(matches!(fails(&[(6, 4)]), ModelError::Biases { layer: 0, expected: 3, found: 4 }));
    }

    #[test]
    fn random_models_have_the_architecture_and_stay_in_bounds() {
        let shape = LayerShape::Dense { inputs: 20, outputs: 10 };
        let architecture = Architecture::new(vec![shape]).unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        for (magnitude, bound) in [(0, 0), (2, 2), (-2, 2), (i64::MIN, i64::MAX)] {
            let model = Model::random(&architecture, magnitude, &mut rng);
            assert_eq!(model.architecture(), &architecture);
            let dense = model.linear(0).unwrap();
            assert_eq!((dense.weights().len(), dense.bias().len()), (200, 10));
            assert!(dense.weights().iter().all(|w| (-bound..=bound).contains(w)));
            assert!(bound == 0 || dense.weights().iter().any(|&w| w < 0));
        }
    }

    #[test]
    fn debug_shows_no_weights() {
        let secret = Dense::new(array![[987_654_321]], array![123_456_789]).unwrap();
        let layer = Layer::Dense(secret);
        let texts = [format!("{layer:?}"), format!("{:?}", Model::new(vec![layer]).unwrap())];
        for text in texts {
            assert!(text.contains("Dense { inputs: 1, outputs: 1"), "{text}");
            assert!(!text.contains("987") && !text.contains("123"), "{text}");
        }
    }
}

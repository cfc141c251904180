//! The public part of a model: the kinds, widths and shifts of its layers.

use serde::{Deserialize, Serialize};

use super::error::ModelError;

/// The most values that a layer may take or give.
pub const MAX_WIDTH: usize = 1 << 20;
/// The most layers in a model.
pub const MAX_LAYERS: usize = 1 << 10;
/// The most weights in all dense layers together: 2 GiB of `i64`.
pub const MAX_WEIGHTS: usize = 1 << 28;
/// The most bits that a layer may shift by.
pub const MAX_SHIFT: u32 = 62;

/// What both parties know of a model: everything but weights and biases.
///
/// A value of this type is valid, also when it was deserialised: at least one and at most
/// [`MAX_LAYERS`] layers, widths of 1 to [`MAX_WIDTH`] that fit together, at most [`MAX_WEIGHTS`]
/// weights, shifts of at most [`MAX_SHIFT`] bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<LayerShape>", into = "Vec<LayerShape>")]
pub struct Architecture {
    inputs: usize,
    outputs: usize,
    layers: Vec<LayerShape>,
}

/// The public part of one layer. Values are in Z_2^64, read as `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerShape {
    /// y = W x + b, with W of `outputs` x `inputs`. Scales multiply.
    Dense {
        /// Length of x.
        inputs: usize,
        /// Length of y.
        outputs: usize,
    },
    /// y = floor(max(x, 0) / 2^shift), elementwise. The scale is divided by 2^shift.
    Relu {
        /// Length of x and of y.
        width: usize,
        /// Bits to shift by, at most [`MAX_SHIFT`].
        shift: u32,
    },
    /// y = floor(x / 2^shift), elementwise. The scale is divided by 2^shift.
    Truncate {
        /// Length of x and of y.
        width: usize,
        /// Bits to shift by, at most [`MAX_SHIFT`].
        shift: u32,
    },
}

impl Architecture {
    /// Checks that the layers fit together.
    ///
    /// # Errors
    ///
    /// [`Empty`](ModelError::Empty), [`TooManyLayers`](ModelError::TooManyLayers),
    /// [`Width`](ModelError::Width), [`Shift`](ModelError::Shift), [`Chain`](ModelError::Chain) or
    /// [`TooManyWeights`](ModelError::TooManyWeights), for the first layer that is wrong.
    pub fn new(layers: Vec<LayerShape>) -> Result<Self, ModelError> {
        let [first, ..] = layers.as_slice() else { return Err(ModelError::Empty) };
        if layers.len() > MAX_LAYERS {
            return Err(ModelError::TooManyLayers { found: layers.len() });
        }
        let inputs = first.inputs();
        let mut width = inputs;
        let mut weights = 0_usize;
        for (i, layer) in layers.iter().enumerate() {
            layer.check(i)?;
            if layer.inputs() != width {
                return Err(ModelError::Chain { layer: i, expected: width, found: layer.inputs() });
            }
            width = layer.outputs();
            weights = weights.saturating_add(layer.weights());
            if weights > MAX_WEIGHTS {
                return Err(ModelError::TooManyWeights { layer: i });
            }
        }
        Ok(Self { inputs, outputs: width, layers })
    }

    /// Number of values in an input of the model.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Number of values in an output of the model.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The layers, in the order of execution.
    pub fn layers(&self) -> &[LayerShape] {
        &self.layers
    }
}

impl TryFrom<Vec<LayerShape>> for Architecture {
    type Error = ModelError;

    fn try_from(layers: Vec<LayerShape>) -> Result<Self, ModelError> {
        Self::new(layers)
    }
}

impl From<Architecture> for Vec<LayerShape> {
    fn from(architecture: Architecture) -> Self {
        architecture.layers
    }
}

impl LayerShape {
    /// Number of values that the layer takes.
    pub fn inputs(&self) -> usize {
        match *self {
            Self::Dense { inputs, .. } => inputs,
            Self::Relu { width, .. } | Self::Truncate { width, .. } => width,
        }
    }

    /// Number of values that the layer gives.
    pub fn outputs(&self) -> usize {
        match *self {
            Self::Dense { outputs, .. } => outputs,
            Self::Relu { width, .. } | Self::Truncate { width, .. } => width,
        }
    }

    fn weights(&self) -> usize {
        match *self {
            Self::Dense { inputs, outputs } => inputs.saturating_mul(outputs),
            Self::Relu { .. } | Self::Truncate { .. } => 0,
        }
    }

    fn check(&self, layer: usize) -> Result<(), ModelError> {
        for width in [self.inputs(), self.outputs()] {
            if !(1..=MAX_WIDTH).contains(&width) {
                return Err(ModelError::Width { layer, width });
            }
        }
        match *self {
            Self::Relu { shift, .. } | Self::Truncate { shift, .. } if shift > MAX_SHIFT => {
                Err(ModelError::Shift { layer, shift })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, SeqDeserializer};

    use super::*;

    const RELU: LayerShape = LayerShape::Relu { width: 3, shift: 12 };

    fn dense(inputs: usize, outputs: usize) -> LayerShape {
        LayerShape::Dense { inputs, outputs }
    }

    #[test]
    fn a_valid_chain_knows_its_ends() {
        let layers = vec![dense(2, 3), RELU, dense(3, 1)];
        let architecture = Architecture::new(layers.clone()).unwrap();
        assert_eq!((architecture.inputs(), architecture.outputs()), (2, 1));
        assert_eq!(architecture.layers(), layers);
        assert_eq!(Vec::from(architecture), layers);
    }

    #[test]
    fn the_limits_themselves_are_allowed() {
        let wide = LayerShape::Truncate { width: MAX_WIDTH, shift: MAX_SHIFT };
        assert!(Architecture::new(vec![wide; MAX_LAYERS]).is_ok());
        assert!(Architecture::new(vec![dense(1 << 14, 1 << 14)]).is_ok());
    }

    #[test]
    fn every_rule_is_enforced() {
        let fails = |layers: Vec<LayerShape>| Architecture::new(layers).unwrap_err();
        assert!(matches!(fails(vec![]), ModelError::Empty));
        assert!(matches!(
            fails(vec![RELU; MAX_LAYERS + 1]),
            ModelError::TooManyLayers { found: 1025 }
        ));
        for width in [0, MAX_WIDTH + 1, usize::MAX] {
            for layer in [dense(width, 1), dense(1, width), LayerShape::Relu { width, shift: 0 }] {
                assert!(
                    matches!(fails(vec![layer]), ModelError::Width { layer: 0, width: w } if w == width)
                );
            }
        }
        assert!(matches!(
            fails(vec![dense(2, 3), RELU, dense(4, 1)]),
            ModelError::Chain { layer: 2, expected: 3, found: 4 }
        ));
        for layer in
            [LayerShape::Relu { width: 1, shift: 63 }, LayerShape::Truncate { width: 1, shift: 63 }]
        {
            assert!(matches!(fails(vec![layer]), ModelError::Shift { layer: 0, shift: 63 }));
        }
        let square = dense(1 << 14, 1 << 14);
        assert!(matches!(fails(vec![square, square]), ModelError::TooManyWeights { layer: 1 }));
    }

    #[test]
    fn deserialisation_validates() {
        let none: SeqDeserializer<std::vec::IntoIter<u8>, Error> = Vec::new().into_deserializer();
        let error = Architecture::deserialize(none).unwrap_err();
        assert_eq!(error.to_string(), ModelError::Empty.to_string());
    }
}

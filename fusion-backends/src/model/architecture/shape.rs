//! The public parts of layers.

use serde::{Deserialize, Serialize};

use super::{MAX_SHIFT, MAX_WIDTH};
use crate::model::error::ModelError;

/// The public part of one layer. Values are in Z_2^64, read as `i64`. Images stand channel after
/// channel, row after row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerShape {
    /// y = W x + b, with W of `outputs` x `inputs`. Scales multiply.
    Dense {
        /// Length of x.
        inputs: usize,
        /// Length of y.
        outputs: usize,
    },
    /// y = W * x + b: a cross-correlation with zeros around the image, one bias for each output
    /// channel. Scales multiply.
    Convolution(ConvolutionShape),
    /// y = floor(max(x, 0) / 2^shift), elementwise. The scale is divided by 2^shift.
    Relu {
        /// Length of x and of y.
        width: usize,
        /// Bits to shift by, at most [`MAX_SHIFT`].
        shift: u32,
    },
    /// y = min(floor(max(x, 0) / 2^shift), 2^bits - 1), elementwise: a ReLU that saturates. The scale
    /// is divided by 2^shift.
    Clamp {
        /// Length of x and of y.
        width: usize,
        /// Bits to shift by, at most [`MAX_SHIFT`].
        shift: u32,
        /// Bits of the largest y, 1 to [`MAX_SHIFT`].
        bits: u32,
    },
    /// y = floor(x / 2^shift), elementwise. The scale is divided by 2^shift.
    Truncate {
        /// Length of x and of y.
        width: usize,
        /// Bits to shift by, at most [`MAX_SHIFT`].
        shift: u32,
    },
    /// The largest value of each window; padding counts for nothing.
    MaxPool(PoolShape),
    /// The sum of each window divided by kernel^2, rounded to the nearest, halves up; padding counts
    /// as zeros.
    AveragePool(PoolShape),
    /// z = x + 2^shift y, elementwise, with y from a second source: a residual connection.
    Add {
        /// Length of x, y and z.
        width: usize,
        /// Bits by which y is scaled up to the scale of x, at most [`MAX_SHIFT`].
        shift: u32,
    },
    /// x followed by y, with y from a second source. Of images of one size: the channels of x, then
    /// those of y.
    Concat {
        /// Length of x.
        first: usize,
        /// Length of y.
        second: usize,
    },
}

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvolutionShape {
    /// Channels of the image.
    pub channels: usize,
    /// Channels of the result.
    pub outputs: usize,
    /// Height of the image, without padding.
    pub height: usize,
    /// Width of the image, without padding.
    pub width: usize,
    /// Height and width of the kernel.
    pub kernel: usize,
    /// By how much the kernel moves, both ways.
    pub stride: usize,
    /// Zeros on each of the four sides, fewer than `kernel`.
    pub padding: usize,
    /// Parts into which both kinds of channels are cut; each output sees the channels of its own part
    /// only. 1 for an ordinary convolution, `channels` for a depthwise one.
    pub groups: usize,
}

/// The sizes of a pooling layer, for each channel on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolShape {
    /// Channels of the image and of the result.
    pub channels: usize,
    /// Height of the image, without padding.
    pub height: usize,
    /// Width of the image, without padding.
    pub width: usize,
    /// Height and width of a window.
    pub kernel: usize,
    /// By how much windows move, both ways.
    pub stride: usize,
    /// Places on each of the four sides that belong to no image, fewer than `kernel`.
    pub padding: usize,
}

impl LayerShape {
    /// Number of values that the layer takes, from its first source.
    pub fn inputs(&self) -> usize {
        match *self {
            Self::Dense { inputs, .. } => inputs,
            Self::Convolution(shape) => product([shape.channels, shape.height, shape.width]),
            Self::MaxPool(shape) | Self::AveragePool(shape) => {
                product([shape.channels, shape.height, shape.width])
            }
            Self::Concat { first, .. } => first,
            Self::Relu { width, .. }
            | Self::Clamp { width, .. }
            | Self::Truncate { width, .. }
            | Self::Add { width, .. } => width,
        }
    }

    /// Number of values that the layer takes from a second source, if it has one.
    pub fn second(&self) -> Option<usize> {
        match *self {
            Self::Add { width, .. } => Some(width),
            Self::Concat { second, .. } => Some(second),
            _ => None,
        }
    }

    /// Number of values that the layer gives.
    pub fn outputs(&self) -> usize {
        match *self {
            Self::Dense { outputs, .. } => outputs,
            Self::Convolution(shape) => {
                let (rows, columns) = shape.result();
                product([shape.outputs, rows, columns])
            }
            Self::MaxPool(shape) | Self::AveragePool(shape) => {
                let (rows, columns) = shape.result();
                product([shape.channels, rows, columns])
            }
            Self::Concat { first, second } => first.saturating_add(second),
            Self::Relu { width, .. }
            | Self::Clamp { width, .. }
            | Self::Truncate { width, .. }
            | Self::Add { width, .. } => width,
        }
    }

    /// Whether the layer has weights: dense layers and convolutions.
    pub fn is_linear(&self) -> bool {
        matches!(self, Self::Dense { .. } | Self::Convolution(_))
    }

    /// Number of weights, without biases.
    pub fn weights(&self) -> usize {
        match *self {
            Self::Dense { inputs, outputs } => product([inputs, outputs]),
            Self::Convolution(shape) => {
                product([shape.outputs, shape.channels_of_group(), shape.kernel, shape.kernel])
            }
            _ => 0,
        }
    }

    /// Number of biases.
    pub fn biases(&self) -> usize {
        match *self {
            Self::Dense { outputs, .. } => outputs,
            Self::Convolution(shape) => shape.outputs,
            _ => 0,
        }
    }

    /// What the layer does, in one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dense { .. } => "dense",
            Self::Convolution(_) => "convolution",
            Self::Relu { .. } => "relu",
            Self::Clamp { .. } => "clamp",
            Self::Truncate { .. } => "truncate",
            Self::MaxPool(_) => "max-pool",
            Self::AveragePool(_) => "average-pool",
            Self::Add { .. } => "add",
            Self::Concat { .. } => "concat",
        }
    }

    pub(super) fn check(&self, layer: usize) -> Result<(), ModelError> {
        match self {
            Self::Convolution(shape) => shape.check(layer)?,
            Self::MaxPool(shape) | Self::AveragePool(shape) => shape.check(layer)?,
            _ => {}
        }
        for width in [Some(self.inputs()), self.second(), Some(self.outputs())] {
            if let Some(width) = width.filter(|width| !(1..=MAX_WIDTH).contains(width)) {
                return Err(ModelError::Width { layer, width });
            }
        }
        match *self {
            Self::Relu { shift, .. }
            | Self::Truncate { shift, .. }
            | Self::Add { shift, .. }
            | Self::Clamp { shift, .. }
                if shift > MAX_SHIFT =>
            {
                Err(ModelError::Shift { layer, shift })
            }
            Self::Clamp { bits, .. } if !(1..=MAX_SHIFT).contains(&bits) => {
                Err(ModelError::Shape { layer, reason: "it must clamp to 1 to 62 bits" })
            }
            _ => Ok(()),
        }
    }
}

impl ConvolutionShape {
    /// Height and width of the result.
    pub fn result(&self) -> (usize, usize) {
        let along = |size| windows(size, self.kernel, self.stride, self.padding);
        (along(self.height), along(self.width))
    }

    /// Channels that each output sees.
    pub fn channels_of_group(&self) -> usize {
        self.channels.checked_div(self.groups).unwrap_or(0)
    }

    fn check(&self, layer: usize) -> Result<(), ModelError> {
        let Self { channels, outputs, height, width, kernel, stride, padding, groups } = *self;
        check_window(layer, [channels, height, width, kernel, stride], padding)?;
        let divides = |size: usize| size.checked_rem(groups) == Some(0);
        if outputs == 0 || outputs > MAX_WIDTH || !divides(channels) || !divides(outputs) {
            let reason = "groups must divide both kinds of channels, of which there must be some";
            return Err(ModelError::Shape { layer, reason });
        }
        Ok(())
    }
}

impl PoolShape {
    /// Height and width of the result.
    pub fn result(&self) -> (usize, usize) {
        let along = |size| windows(size, self.kernel, self.stride, self.padding);
        (along(self.height), along(self.width))
    }

    fn check(&self, layer: usize) -> Result<(), ModelError> {
        let Self { channels, height, width, kernel, stride, padding } = *self;
        check_window(layer, [channels, height, width, kernel, stride], padding)
    }
}

/// Sizes are of channels, height, width, kernel and stride.
fn check_window(layer: usize, sizes: [usize; 5], padding: usize) -> Result<(), ModelError> {
    let [_, height, width, kernel, stride] = sizes;
    let fails = |reason| Err(ModelError::Shape { layer, reason });
    if sizes.iter().any(|size| !(1..=MAX_WIDTH).contains(size)) {
        return fails("channels, height, width, kernel and stride must be 1 to 2^22");
    }
    if padding >= kernel {
        return fails("there must be fewer zeros on a side than the kernel is wide");
    }
    if [height, width].iter().any(|size| windows(*size, kernel, stride, padding) == 0) {
        return fails("the kernel must not be larger than the padded image");
    }
    Ok(())
}

/// How many windows there are along a side; none if one does not fit.
fn windows(size: usize, kernel: usize, stride: usize, padding: usize) -> usize {
    let padded = size.saturating_add(padding).saturating_add(padding);
    let steps = padded.checked_sub(kernel).and_then(|room| room.checked_div(stride));
    steps.map_or(0, |steps| steps.saturating_add(1))
}

fn product<const SIZES: usize>(sizes: [usize; SIZES]) -> usize {
    sizes.into_iter().fold(1, usize::saturating_mul)
}

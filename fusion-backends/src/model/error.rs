//! What can be wrong with a model, its file or its input.

use std::path::PathBuf;

use super::architecture::{MAX_LAYERS, MAX_SHIFT, MAX_WEIGHTS, MAX_WIDTH};

/// A model, a model file or an input that cannot be used. The message says what was found and what
/// to do. Layers are counted from 0.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There are no layers.
    #[error("the model has no layers; give at least one")]
    Empty,

    /// There are more than [`MAX_LAYERS`] layers.
    #[error("the model has {found} layers; at most {MAX_LAYERS} are supported")]
    TooManyLayers {
        /// Number of layers.
        found: usize,
    },

    /// The dense layers have more than [`MAX_WEIGHTS`] weights together.
    #[error(
        "layers 0 to {layer} have more than {MAX_WEIGHTS} weights together; use a smaller model"
    )]
    TooManyWeights {
        /// The layer at which the sum passes the limit.
        layer: usize,
    },

    /// A width is 0 or more than [`MAX_WIDTH`].
    #[error("layer {layer} has width {width}; it must be 1 to {MAX_WIDTH}")]
    Width {
        /// Position of the layer.
        layer: usize,
        /// Its number of inputs or outputs.
        width: usize,
    },

    /// A layer takes another number of values than the layer before it gives.
    #[error("layer {layer} takes {found} values, but the layer before it gives {expected}")]
    Chain {
        /// Position of the layer that does not fit.
        layer: usize,
        /// Outputs of the layer before.
        expected: usize,
        /// Inputs of this layer.
        found: usize,
    },

    /// A layer takes values of one that does not come before it.
    #[error(
        "layer {layer} takes values of layer {of}, which does not come before it; list layers in the \
         order of execution"
    )]
    Source {
        /// Position of the layer.
        layer: usize,
        /// The one that it names.
        of: usize,
    },

    /// There are not weights and biases for each linear layer.
    #[error("there are weights for {found} layers, the architecture has {expected} linear ones")]
    Linear {
        /// Linear layers.
        expected: usize,
        /// Layers with weights.
        found: usize,
    },

    /// A layer has too many or too few weights.
    #[error("layer {layer} has {found} weights, its sizes take {expected}")]
    Weights {
        /// Position of the layer.
        layer: usize,
        /// As its sizes have it.
        expected: usize,
        /// As given.
        found: usize,
    },

    /// A layer has too many or too few biases.
    #[error("layer {layer} has {found} biases, its sizes take {expected}, one for each output")]
    Biases {
        /// Position of the layer.
        layer: usize,
        /// As its sizes have it.
        expected: usize,
        /// As given.
        found: usize,
    },

    /// A layer has a second source, or lacks it.
    #[error("layer {layer} must have {expected} source(s); only `Add` and `Concat` take two")]
    Sources {
        /// Position of the layer.
        layer: usize,
        /// How many it takes.
        expected: usize,
    },

    /// The sizes of a layer make no sense.
    #[error("layer {layer}: {reason}")]
    Shape {
        /// Position of the layer.
        layer: usize,
        /// What is wrong.
        reason: &'static str,
    },

    /// A shift is more than [`MAX_SHIFT`].
    #[error("layer {layer} shifts by {shift} bits; it must be 0 to {MAX_SHIFT}")]
    Shift {
        /// Position of the layer.
        layer: usize,
        /// Its shift.
        shift: u32,
    },

    /// No layer is dense, so nothing tells the width of the input.
    #[error("the model has no dense layer, so its width is unknown; add one")]
    NoDense,

    /// The weights of a dense layer are an empty matrix.
    #[error("the weights are {outputs} x {inputs}; both sides must be at least 1")]
    EmptyDense {
        /// Rows of the matrix.
        outputs: usize,
        /// Columns of the matrix.
        inputs: usize,
    },

    /// A dense layer has not exactly one bias per output.
    #[error("the weights have {outputs} rows, but there are {found} biases; give one per row")]
    BiasLength {
        /// Rows of the weights.
        outputs: usize,
        /// Number of biases.
        found: usize,
    },

    /// An input has the wrong number of values.
    #[error("the input has {found} values, but the model takes {expected}")]
    InputWidth {
        /// Inputs of the model.
        expected: usize,
        /// Values in the input.
        found: usize,
    },

    /// An input has values that are not in the range that the model is made for.
    #[error("the input has values outside {low}..={high}, for which the model is made")]
    Outside {
        /// The least value.
        low: i64,
        /// The largest value.
        high: i64,
    },

    /// An output has the wrong number of values.
    #[error("the output has {found} values, but the model gives {expected}")]
    OutputWidth {
        /// Outputs of the model.
        expected: usize,
        /// Values in the output.
        found: usize,
    },

    /// The bound on the input is more than an `i64` can hold.
    #[error("inputs up to {max_abs_input} do not fit a signed 64-bit integer; use a smaller bound")]
    InputSize {
        /// The bound that was asked for.
        max_abs_input: u64,
    },

    /// The range of the input is empty.
    #[error("no input is from {low} to {high}; the lower end must not be above the higher one")]
    InputRange {
        /// The lower end.
        low: i64,
        /// The higher end.
        high: i64,
    },

    /// The output of a layer may leave the range of `i64` and wrap.
    #[error(
        "layer {layer} ({kind}) could exceed 63 bits and wrap; \
         use fewer fraction bits, smaller weights or a larger shift before it"
    )]
    LayerRange {
        /// Position of the layer.
        layer: usize,
        /// What the layer does.
        kind: &'static str,
    },

    /// The values of a layer take more bits than a backend has for them.
    #[error(
        "the values of layer {layer} ({kind}) take {bits} bits, at most {limit} are possible here; use \
         smaller weights, or a clamp or a larger shift before it"
    )]
    LayerBits {
        /// Position of the layer.
        layer: usize,
        /// What the layer does.
        kind: &'static str,
        /// What it takes, with the sign.
        bits: u32,
        /// What there is.
        limit: u32,
    },

    /// Inputs take more bits than a backend has for them.
    #[error("inputs take {bits} bits, at most {limit} are possible here; scale them down")]
    InputBits {
        /// What they take, with the sign.
        bits: u32,
        /// What there is.
        limit: u32,
    },

    /// A batch normalisation has not one number of each kind for each output.
    #[error("a layer of {outputs} outputs has a normalisation of {found}; give one number each")]
    BatchNorm {
        /// Outputs of the layer.
        outputs: usize,
        /// Numbers of one kind.
        found: usize,
    },

    /// Real weights or biases make no layer of integers.
    #[error("output {output} of a real layer: {reason}")]
    Real {
        /// Which output.
        output: usize,
        /// What is wrong.
        reason: &'static str,
    },

    /// The file cannot be read.
    #[error("cannot read the model file {path}: {error}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        error: std::io::Error,
    },

    /// The file can be read, but its content cannot be used.
    #[error("the model file {path} cannot be used: {error}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with its content.
        error: Box<ModelError>,
    },

    /// The bytes are not in the safetensors format.
    #[error("not a safetensors file ({reason}); write one with scripts/train_digits.py")]
    NotSafetensors {
        /// What the safetensors library says.
        reason: String,
    },

    /// A metadata entry is missing.
    #[error("the metadata has no `{key}`; write it as {expected}")]
    MissingMetadata {
        /// Key of the entry.
        key: &'static str,
        /// What its value should be.
        expected: &'static str,
    },

    /// A metadata entry has a value that is not supported.
    #[error("the metadata says `{key}` = `{found}`; it must be {expected}")]
    Metadata {
        /// Key of the entry.
        key: &'static str,
        /// What its value should be.
        expected: &'static str,
        /// Its value.
        found: String,
    },

    /// The list of layers in the metadata cannot be read.
    #[error("the metadata entry `layers` is no JSON array of objects: {reason}")]
    LayerList {
        /// What the JSON library says.
        reason: String,
    },

    /// A layer in the list of the metadata cannot be read.
    #[error("the metadata entry `layers`, layer {layer}: {reason}")]
    LayerEntry {
        /// Position of the layer.
        layer: usize,
        /// What is wrong, and what to write.
        reason: String,
    },

    /// A tensor is missing.
    #[error("the tensor `{tensor}` is missing; each layer needs a weight and a bias")]
    MissingTensor {
        /// Name of the tensor.
        tensor: String,
    },

    /// A tensor has a name that means nothing here.
    #[error(
        "unknown tensor `{tensor}`; only `layers.<i>.weight` and `layers.<i>.bias` may be there"
    )]
    UnknownTensor {
        /// Name of the tensor.
        tensor: String,
    },

    /// A tensor has the wrong element type.
    #[error("the tensor `{tensor}` has type {found}; convert it to {expected}")]
    WrongDtype {
        /// Name of the tensor.
        tensor: String,
        /// The type it should have.
        expected: &'static str,
        /// The type it has.
        found: String,
    },

    /// A tensor has the wrong shape.
    #[error("the tensor `{tensor}` has shape {found:?}; it must be {expected}")]
    WrongShape {
        /// Name of the tensor.
        tensor: String,
        /// The shape it should have.
        expected: String,
        /// The shape it has.
        found: Vec<usize>,
    },
}

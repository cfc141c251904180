//! Loading a model from a safetensors file, of one of two formats.
//!
//! `fusion-model-1`, for dense layers alone, has `layers.<i>.weight` (I32, outputs x inputs, scale 2^f) and `layers.<i>.bias` (I64,
//! scale 2^(2f)) for i from 0, and the metadata `format`, `activation` and `fraction_bits` = f. The
//! model takes inputs at scale 2^f; between two dense layers a ReLU shifts by f, back to scale
//! 2^f; the outputs of the last dense layer stay at scale 2^(2f).
//!
//! `fusion-model-2`, for any graph, has the metadata `format` and `layers`: a JSON array of layers with
//! their kinds and sizes (`examples/data/README.md` has the words). Layer i has its weights, if any, in
//! `layers.<i>.weight` (I32, outputs x inputs, or outputs x channels of a group x kernel x kernel) and
//! `layers.<i>.bias` (I64, one for each output).

mod layers;

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use zeroize::Zeroizing;

use super::architecture::{LayerShape, MAX_LAYERS};
use super::error::ModelError;
use super::graph::{Dense, Layer, Linear, Model};

const FORMAT: (&str, &str) = ("format", "fusion-model-1");
const GRAPH_FORMAT: &str = "fusion-model-2";
const ACTIVATION: (&str, &str) = ("activation", "relu");
const FRACTION_BITS: (&str, &str) = ("fraction_bits", "a number from 0 to 31");
/// The outputs have scale 2^(2f) and a sign.
const MAX_FRACTION_BITS: u32 = 31;

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    ///
    /// [`Read`](ModelError::Read) if the file cannot be read, [`File`](ModelError::File) around
    /// what [`from_safetensors`](Self::from_safetensors) returns. Both name the file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        let bytes = fs::read(path)
            .map(Zeroizing::new)
            .map_err(|error| ModelError::Read { path: path.into(), error })?;
        Self::from_safetensors(&bytes)
            .map_err(|error| ModelError::File { path: path.into(), error: Box::new(error) })
    }

    /// Reads a model from the content of a model file.
    ///
    /// # Errors
    ///
    /// For content that is not safetensors; metadata that are missing or not supported; tensors
    /// that are missing, unknown, or of the wrong type or shape; and what [`Model::new`] returns.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ModelError> {
        if metadata(bytes, FORMAT)? == GRAPH_FORMAT {
            return graph(bytes);
        }
        let shift = read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
        let mut layers = Vec::new();
        let mut width = None;
        for i in 0..count_layers(&tensors)? {
            let dense = read_dense(&tensors, i, width)?;
            if width.is_some() {
                layers.push(Layer::Relu { shift });
            }
            width = Some(dense.outputs());
            layers.push(Layer::Dense(dense));
        }
        Self::new(layers)
    }
}

/// A model of the second format.
fn graph(bytes: &[u8]) -> Result<Model, ModelError> {
    let architecture = layers::parse(&metadata(bytes, ("layers", "a JSON array of layers"))?)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
    let shapes: Vec<_> = architecture.layers().collect();
    let has_weights =
        |layer: usize| shapes.get(layer).is_some_and(|shape: &LayerShape| shape.weights() > 0);
    if let Some(name) =
        tensors.names().into_iter().find(|name| !layer_of(name).is_some_and(has_weights))
    {
        return Err(ModelError::UnknownTensor { tensor: name.to_owned() });
    }
    let mut linear = Vec::new();
    for (layer, shape) in shapes.iter().enumerate() {
        let expected = match *shape {
            LayerShape::Dense { inputs, outputs } => vec![outputs, inputs],
            LayerShape::Convolution(of) => {
                vec![of.outputs, of.channels_of_group(), of.kernel, of.kernel]
            }
            _ => continue,
        };
        let read = |part, dtype, kind, expected: &[usize]| {
            let name = tensor_name(layer, part);
            let tensor = find(&tensors, &name, dtype, kind)?;
            if tensor.shape() == expected {
                Ok(tensor)
            } else {
                Err(wrong_shape(name, format!("{expected:?}, by the list of layers"), &tensor))
            }
        };
        let weights = read("weight", Dtype::I32, "I32", &expected)?;
        let bias = read("bias", Dtype::I64, "I64", &[shape.biases()])?;
        let weights = i32s(weights.data()).map(i64::from).collect();
        linear.push(Linear::new(weights, i64s(bias.data()).collect()));
    }
    Model::graph(architecture, linear)
}

/// An entry of the metadata; `expected` is for the error if there is none.
fn metadata(
    bytes: &[u8],
    (key, expected): (&'static str, &'static str),
) -> Result<String, ModelError> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_safetensors)?;
    let found = header.metadata().as_ref().and_then(|entries| entries.get(key));
    found.cloned().ok_or(ModelError::MissingMetadata { key, expected })
}

/// Checks the metadata and returns the fraction bits.
fn read_metadata(bytes: &[u8]) -> Result<u32, ModelError> {
    for (key, expected) in [FORMAT, ACTIVATION] {
        let found = metadata(bytes, (key, expected))?;
        if found != expected {
            return Err(ModelError::Metadata { key, expected, found });
        }
    }
    let found = metadata(bytes, FRACTION_BITS)?;
    match found.parse() {
        Ok(bits) if bits <= MAX_FRACTION_BITS => Ok(bits),
        _ => {
            let (key, expected) = FRACTION_BITS;
            Err(ModelError::Metadata { key, expected, found })
        }
    }
}

fn not_safetensors(error: safetensors::SafeTensorError) -> ModelError {
    ModelError::NotSafetensors { reason: error.to_string() }
}

/// The number of layers that the names of the tensors speak of, at least 1. Some of their tensors
/// may be missing, but none has another name.
fn count_layers(tensors: &SafeTensors<'_>) -> Result<usize, ModelError> {
    let mut names = tensors.names();
    names.sort_unstable();
    names.into_iter().try_fold(1, |count, name| {
        let layer =
            layer_of(name).ok_or_else(|| ModelError::UnknownTensor { tensor: name.to_owned() })?;
        Ok(count.max(layer.saturating_add(1)))
    })
}

/// The layer that a tensor belongs to, if its name is `layers.<i>.weight` or `layers.<i>.bias`.
fn layer_of(name: &str) -> Option<usize> {
    let (layer, part) = name.strip_prefix("layers.")?.split_once('.')?;
    let layer: usize = layer.parse().ok().filter(|&layer| layer < MAX_LAYERS)?;
    let known = ["weight", "bias"].contains(&part) && name == tensor_name(layer, part);
    known.then_some(layer)
}

fn tensor_name(layer: usize, part: &str) -> String {
    format!("layers.{layer}.{part}")
}

/// Reads weight and bias of a layer; `width` is the number of outputs of the layer before it.
fn read_dense(
    tensors: &SafeTensors<'_>,
    layer: usize,
    width: Option<usize>,
) -> Result<Dense, ModelError> {
    let name = tensor_name(layer, "weight");
    let weight = find(tensors, &name, Dtype::I32, "I32")?;
    let expected = || match width {
        Some(width) => format!("[outputs, {width}], as the layer before has {width} outputs"),
        None => "[outputs, inputs]".to_owned(),
    };
    let &[outputs, inputs] = weight.shape() else {
        return Err(wrong_shape(name, expected(), &weight));
    };
    if outputs == 0 || inputs == 0 || width.is_some_and(|width| width != inputs) {
        return Err(wrong_shape(name, expected(), &weight));
    }
    let values = i32s(weight.data()).map(i64::from).collect();
    let weights = Array2::from_shape_vec((outputs, inputs), values)
        .map_err(|_| wrong_shape(name, expected(), &weight))?;

    let name = tensor_name(layer, "bias");
    let bias = find(tensors, &name, Dtype::I64, "I64")?;
    if bias.shape() != [outputs] {
        return Err(wrong_shape(name, format!("[{outputs}], one per row of the weights"), &bias));
    }
    Dense::new(weights, Array1::from_iter(i64s(bias.data())))
}

fn find<'a>(
    tensors: &SafeTensors<'a>,
    name: &str,
    dtype: Dtype,
    expected: &'static str,
) -> Result<TensorView<'a>, ModelError> {
    let tensor =
        tensors.tensor(name).map_err(|_| ModelError::MissingTensor { tensor: name.to_owned() })?;
    if tensor.dtype() != dtype {
        let found = format!("{:?}", tensor.dtype());
        return Err(ModelError::WrongDtype { tensor: name.to_owned(), expected, found });
    }
    Ok(tensor)
}

fn wrong_shape(tensor: String, expected: String, view: &TensorView<'_>) -> ModelError {
    ModelError::WrongShape { tensor, expected, found: view.shape().to_vec() }
}

fn i32s(data: &[u8]) -> impl Iterator<Item = i32> {
    data.as_chunks().0.iter().map(|&chunk| i32::from_le_bytes(chunk))
}

fn i64s(data: &[u8]) -> impl Iterator<Item = i64> {
    data.as_chunks().0.iter().map(|&chunk| i64::from_le_bytes(chunk))
}

#[cfg(test)]
mod graph_tests;
#[cfg(test)]
mod tests;

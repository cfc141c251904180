//! Loading a model from a safetensors file, of one of two formats. `fusion-model-2`, for any graph, is
//! described in [`layers`].
//!
//! A file of format `fusion-model-1` has `layers.<i>.weight` (I32, outputs x inputs, scale 2^f) and
//! `layers.<i>.bias` (I64, scale 2^(2f)) for i from 0, and the metadata `format`, `activation` and
//! `fraction_bits` = f. The model takes inputs at scale 2^f; between two dense layers a ReLU shifts by
//! f, back to scale 2^f; the outputs of the last dense layer stay at scale 2^(2f).

mod layers;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use zeroize::Zeroizing;

use super::architecture::MAX_LAYERS;
use super::error::ModelError;
use super::graph::{Dense, Layer, Model};

const FORMAT: &str = "format";
const DENSE_FORMAT: &str = "fusion-model-1";
const GRAPH_FORMAT: &str = "fusion-model-2";
const FORMATS: &str = "fusion-model-1 or fusion-model-2";
const LAYERS: (&str, &str) = ("layers", "a JSON array with an object for each layer");
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

    /// Reads a model from the content of a model file: `fusion-model-1`, dense layers with a ReLU
    /// between each two, or `fusion-model-2`, any graph of layers.
    ///
    /// # Errors
    ///
    /// For content that is not safetensors; metadata that are missing or not supported; tensors
    /// that are missing, unknown, or of the wrong type or shape; and what [`Model::new`] or
    /// [`Model::graph`] return.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ModelError> {
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_safetensors)?;
        let metadata = Metadata(header.metadata().as_ref());
        let format = metadata.entry((FORMAT, FORMATS))?;
        let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
        match format {
            DENSE_FORMAT => Self::from_dense(metadata.fraction_bits()?, &tensors),
            GRAPH_FORMAT => layers::read(metadata.entry(LAYERS)?, &tensors),
            found => {
                let found = found.to_owned();
                Err(ModelError::Metadata { key: FORMAT, expected: FORMATS, found })
            }
        }
    }

    fn from_dense(shift: u32, tensors: &SafeTensors<'_>) -> Result<Self, ModelError> {
        let mut layers = Vec::new();
        let mut width = None;
        for i in 0..count_layers(tensors)? {
            let dense = read_dense(tensors, i, width)?;
            if width.is_some() {
                layers.push(Layer::Relu { shift });
            }
            width = Some(dense.outputs());
            layers.push(Layer::Dense(dense));
        }
        Self::new(layers)
    }
}

struct Metadata<'a>(Option<&'a HashMap<String, String>>);

impl<'a> Metadata<'a> {
    fn entry(&self, (key, expected): (&'static str, &'static str)) -> Result<&'a str, ModelError> {
        let found = self.0.and_then(|entries| entries.get(key));
        found.map(String::as_str).ok_or(ModelError::MissingMetadata { key, expected })
    }

    /// Those of `fusion-model-1`, whose activations must be ReLUs.
    fn fraction_bits(&self) -> Result<u32, ModelError> {
        let wrong = |(key, expected), found: &str| {
            Err(ModelError::Metadata { key, expected, found: found.to_owned() })
        };
        let activation = self.entry(ACTIVATION)?;
        if activation != ACTIVATION.1 {
            return wrong(ACTIVATION, activation);
        }
        let found = self.entry(FRACTION_BITS)?;
        match found.parse() {
            Ok(bits) if bits <= MAX_FRACTION_BITS => Ok(bits),
            _ => wrong(FRACTION_BITS, found),
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
mod tests;
